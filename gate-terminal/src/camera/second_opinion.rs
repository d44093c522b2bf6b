//! A second opinion: rqrr, an independent reader, looks where zxing-cpp read nothing.
//!
//! It has two bad habits. It panics on some pictures, which is contained. And it tries finder patterns three by three, each
//! time on a fresh copy of the frame, so that a sheet of paper covered with them keeps it busy for minutes or hours. It cannot be told
//! to stop; so the picture that it works on is rationed, and ends the look by unwinding when too much was asked of it.

use std::{cell::Cell, panic::resume_unwind, rc::Rc};

use image::{GenericImage, GenericImageView, GrayImage, Luma};

use super::{
    contained,
    qr::{Point, Symbol},
    zxing::lossy,
};

/// Of 272 photographs of codes the middle look touched each pixel 7 times, and all but three looks at most 27 times.
const TOUCHES_PER_PIXEL: u64 = 30;

pub(super) fn look(frame: &GrayImage) -> Vec<Symbol> {
    let pixels = u64::from(frame.width()) * u64::from(frame.height());
    look_within(frame, &Ration::of(pixels * TOUCHES_PER_PIXEL))
}

fn look_within(frame: &GrayImage, ration: &Ration) -> Vec<Symbol> {
    let rationed = Rationed { grey: frame.clone(), ration: ration.clone() };
    let read = contained(|| {
        let mut prepared = rqrr::PreparedImage::prepare(rationed);
        let grids = prepared.detect_grids();
        let read = grids.into_iter().filter_map(|grid| {
            let mut content = Vec::new();
            grid.decode_to(&mut content).ok()?;
            let corners = grid.bounds.map(|corner| Point { x: corner.x, y: corner.y });
            Some(Symbol { text: lossy(content), corners })
        });
        read.collect()
    });
    if read.is_none() && !ration.is_spent() {
        tracing::warn!("rqrr panicked on a frame");
    }
    read.unwrap_or_default()
}

/// Pixels that may still be touched, shared by all copies of a picture.
#[derive(Clone)]
struct Ration(Rc<Cell<u64>>);

impl Ration {
    fn of(touches: u64) -> Self {
        Self(Rc::new(Cell::new(touches)))
    }

    fn is_spent(&self) -> bool {
        self.0.get() == 0
    }

    /// Unwinds without the panic hook: nothing went wrong, it was only enough.
    fn spend(&self, touches: u64) {
        self.0.set(self.0.get().saturating_sub(touches));
        if self.is_spent() {
            resume_unwind(Box::new("the ration is spent"));
        }
    }
}

struct Rationed {
    grey: GrayImage,
    ration: Ration,
}

impl Clone for Rationed {
    fn clone(&self) -> Self {
        self.ration.spend(u64::from(self.grey.width()) * u64::from(self.grey.height()));
        Self { grey: self.grey.clone(), ration: self.ration.clone() }
    }
}

impl GenericImageView for Rationed {
    type Pixel = Luma<u8>;

    fn dimensions(&self) -> (u32, u32) {
        self.grey.dimensions()
    }

    fn get_pixel(&self, x: u32, y: u32) -> Luma<u8> {
        self.ration.spend(1);
        *self.grey.get_pixel(x, y)
    }
}

impl GenericImage for Rationed {
    fn get_pixel_mut(&mut self, x: u32, y: u32) -> &mut Luma<u8> {
        self.ration.spend(1);
        self.grey.get_pixel_mut(x, y)
    }

    fn put_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.ration.spend(1);
        self.grey.put_pixel(x, y, pixel);
    }

    fn blend_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.put_pixel(x, y, pixel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::drawn;

    #[test]
    fn it_reads_and_finds_the_corners() {
        let text = drawn::pass_text(10);
        let picture = drawn::placed(drawn::white(640, 480), &drawn::symbol(&text, 5), 120, 80);
        let [symbol] = &look(&picture)[..] else { panic!("one symbol") };
        assert_eq!(symbol.text, text);
        let expected = [(140, 100), (345, 100), (345, 305), (140, 305)];
        for (found, (x, y)) in symbol.corners.iter().zip(expected) {
            assert!(found.x.abs_diff(x) <= 8 && found.y.abs_diff(y) <= 8, "{:?}", symbol.corners);
        }
    }

    #[test]
    fn a_sheet_of_finder_patterns_spends_the_ration_and_no_more() {
        let sheet = drawn::finder_patterns(1280, 720, 3);
        let ration = Ration::of(1280 * 720 * TOUCHES_PER_PIXEL);
        assert_eq!(look_within(&sheet, &ration), []);
        assert!(ration.is_spent());
    }

    #[test]
    fn an_ordinary_look_spends_less_than_half_of_it() {
        for picture in [drawn::busy(1280, 720), drawn::noise(1280, 720, 5), drawn::white(1280, 720)] {
            let ration = Ration::of(1280 * 720 * TOUCHES_PER_PIXEL / 2);
            look_within(&picture, &ration);
            assert!(!ration.is_spent());
        }
    }
}
