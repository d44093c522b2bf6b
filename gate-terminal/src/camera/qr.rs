//! The reader: a frame goes in, the texts of the QR symbols in it come out, with where they stood.
//!
//! zxing-cpp looks first: of the readers tried it reads the most of what gate cameras see, in the least time. Symbols that it
//! locates but cannot read are cut out and looked at again, enlarged; also beside symbols that were read, or a poster in
//! view would hide the phone held up before it. Where nothing was read an independent reader is asked for a second opinion.
//!
//! What a symbol says is not judged here. One whose content is no text is reported all the same, so that the guard
//! hears "not one of ours" instead of silence.

use std::fmt;

use image::{DynamicImage, GrayImage};
use zxingcpp::{Barcode, BarcodeFormat, BarcodeReader, ImageFormat, ImageView, PointI};

use super::closeup::{self, CloseUp};
use super::{contained, frame::GreyFrame, second_opinion};

/// A place in the frame, in pixels from its top left. A symbol cut by the frame's edge may have corners outside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(into = "[i32; 2]")]
pub struct Point {
    pub x: i32,
    pub y: i32,
}

/// One QR symbol that was read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Symbol {
    /// Bytes that are no UTF-8 stand here as U+FFFD, which no pass text has.
    pub text: String,
    /// Top left, top right, bottom right, bottom left of the symbol as printed, however it is turned in the frame.
    pub corners: [Point; 4],
}

/// Reads frames. It holds native memory and stays on the thread that made it.
pub struct Reader {
    zxing: BarcodeReader,
}

impl Reader {
    pub fn new() -> Self {
        let zxing = zxingcpp::read()
            .formats(BarcodeFormat::QRCode)
            .try_harder(true)
            .try_invert(true)
            .try_downscale(true)
            // QR symbols are found at any angle without it; it is meant for linear codes.
            .try_rotate(false)
            .return_errors(true);
        Self { zxing }
    }

    /// Each distinct text once, whatever the number of symbols that say it.
    pub fn read(&mut self, frame: &GreyFrame) -> Vec<Symbol> {
        let Sight { mut read, located } = self.look(frame.image());
        let mut budget_px = closeup::FRAME_BUDGET_PX;
        for corners in &located {
            if read.iter().any(|symbol| closeup::same_place(&symbol.corners, corners)) {
                continue;
            }
            if let Some(closeup) = CloseUp::of(corners, frame.image()) {
                read.extend(self.look_closer(&closeup, &mut budget_px));
            }
        }
        if read.is_empty() {
            read = second_opinion::look(frame.image());
        }
        distinct(read)
    }

    fn look(&self, picture: &GrayImage) -> Sight {
        let seen = contained(|| {
            let view = ImageView::from_slice(picture.as_raw(), picture.width(), picture.height(), ImageFormat::Lum)?;
            self.zxing.from(view).map(|codes| Sight::sorted(&codes))
        });
        match seen {
            Some(Ok(sight)) => sight,
            Some(Err(cause)) => {
                tracing::warn!(%cause, "zxing-cpp refused a frame");
                Sight::default()
            }
            None => {
                tracing::warn!("zxing-cpp panicked on a frame");
                Sight::default()
            }
        }
    }

    fn look_closer(&self, closeup: &CloseUp, budget_px: &mut u64) -> Vec<Symbol> {
        let Some(twice) = closeup.enlarged(2, budget_px) else {
            return Vec::new();
        };
        let look = |enlarged: &DynamicImage, times: i32| {
            let read = enlarged.as_luma8().map(|grey| self.look(grey).read).unwrap_or_default();
            let in_frame =
                read.into_iter().map(|symbol| Symbol { corners: closeup.in_frame(symbol.corners, times), ..symbol });
            Some(in_frame.collect::<Vec<_>>()).filter(|read| !read.is_empty())
        };
        look(&twice, 2)
            .or_else(|| look(&closeup.enlarged(3, budget_px)?, 3))
            .or_else(|| look(&closeup::sharpened(&twice), 2))
            .unwrap_or_default()
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Reader").finish_non_exhaustive()
    }
}

/// What zxing-cpp made of a picture.
#[derive(Default)]
struct Sight {
    read: Vec<Symbol>,
    /// The corners of what looks like a symbol and could not be read.
    located: Vec<[Point; 4]>,
}

impl Sight {
    fn sorted(codes: &[Barcode]) -> Self {
        let mut sight = Self::default();
        for code in codes {
            let at = code.position();
            let corners = [at.top_left, at.top_right, at.bottom_right, at.bottom_left].map(Point::from);
            if code.is_valid() {
                let text = lossy(code.bytes());
                sight.read.push(Symbol { text, corners });
            } else {
                sight.located.push(corners);
            }
        }
        sight
    }
}

/// The bytes as they are: zxing-cpp's own text would be cut at a zero byte, and a pass must not be read out of a longer content.
pub(super) fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|other| String::from_utf8_lossy(other.as_bytes()).into_owned())
}

fn distinct(read: Vec<Symbol>) -> Vec<Symbol> {
    let mut distinct: Vec<Symbol> = Vec::with_capacity(read.len());
    for symbol in read {
        if distinct.iter().all(|seen| seen.text != symbol.text) {
            distinct.push(symbol);
        }
    }
    distinct
}

impl From<PointI> for Point {
    fn from(point: PointI) -> Self {
        Self { x: point.x, y: point.y }
    }
}

impl From<Point> for [i32; 2] {
    fn from(point: Point) -> Self {
        [point.x, point.y]
    }
}

#[cfg(test)]
mod tests {
    use image::imageops;

    use super::*;
    use crate::camera::drawn;

    fn read(picture: &GrayImage) -> Vec<Symbol> {
        Reader::new().read(&drawn::frame(picture))
    }

    fn texts(picture: &GrayImage) -> Vec<String> {
        read(picture).into_iter().map(|symbol| symbol.text).collect()
    }

    /// Where the corners of a symbol drawn at (x, y) with its quiet zone are.
    fn square(x: i32, y: i32, px_per_module: i32) -> [Point; 4] {
        let (near, far) = (4 * px_per_module, 45 * px_per_module);
        [(near, near), (far, near), (far, far), (near, far)].map(|(right, down)| Point { x: x + right, y: y + down })
    }

    fn assert_near(found: [Point; 4], expected: [Point; 4], tolerance_px: u32) {
        for (found, expected) in found.iter().zip(expected) {
            let near = found.x.abs_diff(expected.x) <= tolerance_px && found.y.abs_diff(expected.y) <= tolerance_px;
            assert!(near, "{found:?} is not {expected:?}");
        }
    }

    #[test]
    fn a_pass_is_read_from_three_pixels_a_module_up() {
        for px_per_module in 3..=9 {
            let text = drawn::pass_text(3);
            let picture = drawn::placed(drawn::white(1280, 720), &drawn::symbol(&text, px_per_module), 100, 60);
            let [symbol] = &read(&picture)[..] else { panic!("one symbol at {px_per_module} px a module") };
            assert_eq!(symbol.text, text);
            let side = i32::try_from(px_per_module).expect("small");
            assert_near(symbol.corners, square(100, 60, side), px_per_module);
        }
    }

    #[test]
    fn an_inverted_pass_is_read() {
        let text = drawn::pass_text(1);
        let mut picture = drawn::placed(drawn::white(640, 480), &drawn::symbol(&text, 4), 90, 70);
        imageops::invert(&mut picture);
        assert_eq!(texts(&picture), [text]);
    }

    #[test]
    fn a_pass_on_a_busy_ground_is_read() {
        for (x, y) in [(0, 0), (233, 101), (1133, 573)] {
            let text = drawn::pass_text(2);
            let picture = drawn::placed(drawn::busy(1280, 720), &drawn::symbol(&text, 3), x, y);
            assert_eq!(texts(&picture), [text], "at {x},{y}");
        }
    }

    #[test]
    fn a_turned_pass_is_read_and_its_corners_turn_with_it() {
        let text = drawn::pass_text(4);
        let mut picture = drawn::placed(drawn::busy(800, 800), &drawn::symbol(&text, 4), 100, 200);
        let [mut a, mut b, mut c, mut d] = square(100, 200, 4);
        for _ in 0..4 {
            let [symbol] = &read(&picture)[..] else { panic!("one symbol") };
            assert_eq!(symbol.text, text);
            assert_near(symbol.corners, [a, b, c, d], 4);
            picture = imageops::rotate90(&picture);
            [a, b, c, d] = [a, b, c, d].map(|corner| Point { x: 800 - corner.y, y: corner.x });
        }
    }

    #[test]
    fn two_passes_in_one_frame_are_both_read() {
        let (left, right) = (drawn::pass_text(5), drawn::pass_text(6));
        let one = drawn::placed(drawn::busy(1280, 720), &drawn::symbol(&left, 4), 50, 300);
        let both = drawn::placed(one, &drawn::symbol(&right, 6), 700, 120);
        let mut found = texts(&both);
        found.sort();
        let mut expected = [left, right];
        expected.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_same_text_twice_is_one_symbol() {
        let text = drawn::pass_text(7);
        let one = drawn::placed(drawn::white(1280, 720), &drawn::symbol(&text, 4), 50, 300);
        assert_eq!(texts(&drawn::placed(one, &drawn::symbol(&text, 6), 700, 120)), [text]);
    }

    /// Out of focus by half a module: located and not read until enlarged, at its place in the frame.
    #[test]
    fn a_soft_pass_is_read_by_a_closer_look() {
        for (px_per_module, blur_sigma_px) in [(2, 1.0), (3, 1.6), (4, 2.1)] {
            let text = drawn::pass_text(8);
            let sharp = drawn::placed(drawn::white(1280, 720), &drawn::symbol(&text, px_per_module), 500, 300);
            let soft = imageops::blur(&sharp, blur_sigma_px);
            let first = Reader::new().look(&soft);
            assert!(first.read.is_empty() && !first.located.is_empty());
            let [symbol] = &read(&soft)[..] else { panic!("one symbol at {px_per_module} px a module") };
            assert_eq!(symbol.text, text);
            let side = i32::try_from(px_per_module).expect("small");
            assert_near(symbol.corners, square(500, 300, side), 2 * px_per_module);
        }
    }

    #[test]
    fn a_read_poster_does_not_hide_a_soft_pass() {
        let (poster, pass) = (drawn::pass_text(9), drawn::pass_text(8));
        let sharp = drawn::placed(drawn::white(1280, 720), &drawn::symbol(&pass, 3), 500, 300);
        let both = drawn::placed(imageops::blur(&sharp, 1.6), &drawn::symbol(&poster, 5), 900, 20);
        assert_eq!(texts(&both), [poster, pass]);
    }

    #[test]
    fn content_that_is_no_text_is_still_seen() {
        for (content, expected) in [
            (&b"\xff\xfe\x80\xc3"[..], "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            (b"PASS\0 and more", "PASS\0 and more"),
            ("访客通行码".as_bytes(), "访客通行码"),
            (b"", ""),
        ] {
            let picture = drawn::placed(drawn::white(400, 400), &drawn::symbol(content, 4), 60, 60);
            assert_eq!(texts(&picture), [expected]);
            let second = second_opinion::look(&picture).into_iter().map(|symbol| symbol.text);
            assert_eq!(second.collect::<Vec<_>>(), [expected]);
        }
    }

    #[test]
    fn a_picture_without_a_code_has_none() {
        assert_eq!(read(&drawn::busy(1280, 720)), []);
        assert_eq!(read(&drawn::white(1280, 720)), []);
    }

    #[test]
    fn garbage_of_every_size_is_survived() {
        let small = (1..=24).flat_map(|width| (1..=24).map(move |height| (width, height)));
        let odd = [(1, 8192), (8192, 1), (3, 4099), (4099, 3), (101, 997), (641, 479), (1279, 719)];
        let mut reader = Reader::new();
        for (seed, (width, height)) in (1..).zip(small.chain(odd)) {
            let black = GrayImage::new(width, height);
            for picture in [drawn::noise(width, height, seed), drawn::white(width, height), black] {
                assert_eq!(reader.read(&drawn::frame(&picture)), [], "{width}x{height}");
            }
        }
    }

    #[test]
    fn a_sheet_of_finder_patterns_is_given_up() {
        for px_per_module in [3, 10] {
            assert_eq!(read(&drawn::finder_patterns(640, 480, px_per_module)), []);
        }
    }

    /// Torn symbols lead readers deeper than noise does.
    #[test]
    fn torn_symbols_are_survived() {
        let text = drawn::pass_text(11);
        let whole = drawn::symbol(&text, 3);
        let mut reader = Reader::new();
        for cut in 1..whole.width() / 3 {
            let part =
                imageops::crop_imm(&whole, cut * 3, cut, whole.width() - cut * 3, whole.height() - cut).to_image();
            let noisy = drawn::placed(drawn::noise(200, 200, cut.into()), &part, cut, 10);
            for picture in [part, noisy] {
                let read = reader.read(&drawn::frame(&picture));
                assert!(read.iter().all(|symbol| symbol.text == text));
            }
        }
    }
}
