//! Gate frames: what a camera at a gate sees of a pass on a phone, drawn by arithmetic from a seed.
//!
//! Photographs of codes belong to whoever took them and hold whatever their codes say. These pictures belong to nobody, and
//! the same seed draws the same ones, so that a figure measured today can be measured again.

mod clip;
mod condition;
mod dice;
mod frame;
mod light;
mod phone;
mod pose;
mod scene;

pub use clip::Clip;
pub use condition::Class;
pub use frame::{DrawError, GateFrame, Size};

#[cfg(test)]
mod tests {
    use gate_terminal::camera::{frame::GreyFrame, qr::Reader};
    use image::GrayImage;

    use super::*;

    fn texts(reader: &mut Reader, picture: GrayImage) -> Vec<String> {
        let frame = GreyFrame::from_picture(picture.into()).unwrap();
        reader.read(&frame).into_iter().map(|symbol| symbol.text).collect()
    }

    #[test]
    fn a_frame_is_drawn_the_same_again_and_another_number_or_seed_draws_another() {
        let drawn = |seed, number| GateFrame::drawn(seed, number, Class::Mix, Size::Hd, 2.5).unwrap();
        let first = drawn(5, 0);
        assert_eq!(first.picture, drawn(5, 0).picture);
        for other in [drawn(6, 0), drawn(5, 1)] {
            assert_ne!(first.picture, other.picture);
            assert_ne!(first.text, other.text);
        }
    }

    #[test]
    fn easy_frames_of_every_version_are_read() {
        let mut versions = Vec::new();
        for number in 0..8 {
            let size = if number % 2 == 0 { Size::Hd } else { Size::FullHd };
            let frame = GateFrame::drawn(3, number, Class::Clean, size, 4.0).unwrap();
            assert_eq!(frame.picture.dimensions(), size.pixels());
            assert_eq!(texts(&mut Reader::thorough(), frame.picture), [frame.text], "number {number}");
            versions.push(frame.version);
        }
        versions.sort_unstable();
        versions.dedup();
        assert_eq!(versions, [5, 6, 7, 8]);
    }

    #[test]
    fn every_class_changes_what_the_camera_sees() {
        let drawn = |class| GateFrame::drawn(3, 0, class, Size::Hd, 3.0).unwrap().picture;
        let pictures: Vec<_> = Class::ALL.into_iter().map(drawn).collect();
        for (at, picture) in pictures.iter().enumerate() {
            assert!(pictures.iter().skip(at + 1).all(|other| other != picture));
        }
    }

    #[test]
    fn a_clip_brings_its_pass_into_view_and_holds_it_there() {
        let clip = Clip::drawn(3, 0, Size::Hd, 4.0).unwrap();
        assert!(clip.in_view_from > 0);
        assert_eq!(clip.frame(7).unwrap(), clip.frame(7).unwrap());
        assert_ne!(clip.frame(7).unwrap(), clip.frame(8).unwrap());
        let mut reader = Reader::thorough();
        assert_eq!(texts(&mut reader, clip.frame(0).unwrap()), [""; 0]);
        assert_eq!(texts(&mut reader, clip.frame(clip.in_view_from + 20).unwrap()), [clip.text]);
    }
}
