//! A close-up: a symbol that was located but not read, cut out of its frame and enlarged.
//!
//! A code on a small or distant screen has modules of two pixels, and readers want three. Enlarging costs time by the pixel, so
//! a picture may have only so many of them, and the symbols that already stand large get none: what ails those is not their size.

use image::{DynamicImage, GrayImage, imageops};

use super::qr::Point;
use super::rendition::{self, Threshold};
use super::zxing::Care;

/// All that one picture may cost here, whatever time there is: a sheet of a hundred symbols is no pass.
pub(super) const PICTURE_BUDGET_PX: u64 = 6_000_000;

/// All that a camera's frame may: looks at more than what was located must have their share of its time.
pub(super) const FRAME_BUDGET_PX: u64 = 1_000_000;

/// Of the test photographs' symbols, none that was larger than this after enlarging was read by it.
const ENLARGED_MAX_SIDE_PX: u32 = 1200;

/// The smallest QR symbol has 21 modules; at less than a pixel each there is nothing to enlarge.
const LOCATED_MIN_SIDE_PX: i64 = 21;

/// The blur that the sharpening subtracts: about a module of a symbol enlarged twice, and how often.
const UNSHARP_RADIUS_PX: u32 = 4;
const UNSHARP_STRENGTH: i16 = 3;

/// A few modules.
const THRESHOLD: Threshold = Threshold { radius: 4, margin: 0 };

pub(super) struct CloseUp<'frame> {
    frame: &'frame GrayImage,
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl<'frame> CloseUp<'frame> {
    /// The symbol with its quiet zone, as far as the frame shows it.
    pub(super) fn of(corners: &[Point; 4], frame: &'frame GrayImage) -> Option<Self> {
        let bounds = Bounds::of(corners);
        let side = (bounds.right - bounds.left).max(bounds.bottom - bounds.top);
        if side < LOCATED_MIN_SIDE_PX {
            return None;
        }
        // Four modules of quiet zone are a tenth to a fifth of a symbol; the rest is for corners located a little off.
        let margin = side / 4 + 8;
        let left = (bounds.left - margin).max(0);
        let top = (bounds.top - margin).max(0);
        let right = (bounds.right + margin).min(frame.width().into());
        let bottom = (bounds.bottom + margin).min(frame.height().into());
        Some(Self {
            frame,
            left: u32::try_from(left).ok()?,
            top: u32::try_from(top).ok()?,
            width: u32::try_from(right - left).ok().filter(|&width| width > 0)?,
            height: u32::try_from(bottom - top).ok().filter(|&height| height > 0)?,
        })
    }

    /// What a step makes of it; `None` when that would be too large to help.
    pub(super) fn picture(&self, step: Step) -> Option<GrayImage> {
        let (width, height) = (self.width * step.times(), self.height * step.times());
        if width.max(height) > ENLARGED_MAX_SIDE_PX {
            return None;
        }
        let cut = imageops::crop_imm(self.frame, self.left, self.top, self.width, self.height).to_image();
        Some(match step {
            Step::Twice => rendition::twice(&cut),
            Step::TwiceSharpened => rendition::sharpened(&rendition::twice(&cut), UNSHARP_RADIUS_PX, UNSHARP_STRENGTH),
            Step::BlackAndWhite => rendition::black_and_white(&cut, THRESHOLD),
            Step::TwiceBlackAndWhite => {
                rendition::black_and_white(&rendition::smoothed(&rendition::twice(&cut)), THRESHOLD)
            }
            Step::Thrice => {
                DynamicImage::from(cut).resize_exact(width, height, imageops::FilterType::CatmullRom).into_luma8()
            }
        })
    }

    pub(super) fn pixels(&self, step: Step) -> u64 {
        let times = u64::from(step.times());
        u64::from(self.width) * u64::from(self.height) * times * times
    }

    /// Where corners seen in a step's picture stand in the frame.
    pub(super) fn in_frame(&self, corners: [Point; 4], step: Step) -> [Point; 4] {
        let times = step.times().cast_signed();
        corners.map(|seen| Point {
            x: (seen.x / times).saturating_add_unsigned(self.left),
            y: (seen.y / times).saturating_add_unsigned(self.top),
        })
    }
}

/// What is done to a close-up before it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Twice,
    TwiceSharpened,
    /// As large as it is: for those that need no enlarging, against glare and shadows.
    BlackAndWhite,
    /// Without the stairs that enlarging leaves.
    TwiceBlackAndWhite,
    Thrice,
}

impl Step {
    /// How a reader looks at it: what is black and white has no shades that it could weigh.
    pub(super) fn care(self) -> Care {
        match self {
            Self::BlackAndWhite | Self::TwiceBlackAndWhite => Care::BlackAndWhite,
            Self::Twice | Self::TwiceSharpened | Self::Thrice => Care::Full,
        }
    }

    fn times(self) -> u32 {
        match self {
            Self::BlackAndWhite => 1,
            Self::Twice | Self::TwiceSharpened | Self::TwiceBlackAndWhite => 2,
            Self::Thrice => 3,
        }
    }
}

/// Whether the middle of `other` lies within the upright box around `corners`: two guesses at one symbol.
pub(super) fn same_place(corners: &[Point; 4], other: &[Point; 4]) -> bool {
    let (around, other) = (Bounds::of(corners), Bounds::of(other));
    let (x, y) = ((other.left + other.right) / 2, (other.top + other.bottom) / 2);
    (around.left..=around.right).contains(&x) && (around.top..=around.bottom).contains(&y)
}

/// The upright box around four corners, in numbers that margins cannot overflow.
struct Bounds {
    left: i64,
    top: i64,
    right: i64,
    bottom: i64,
}

impl Bounds {
    fn of([first, rest @ ..]: &[Point; 4]) -> Self {
        let (x, y) = (i64::from(first.x), i64::from(first.y));
        let point = Self { left: x, top: y, right: x, bottom: y };
        rest.iter().fold(point, |bounds, corner| Self {
            left: bounds.left.min(corner.x.into()),
            top: bounds.top.min(corner.y.into()),
            right: bounds.right.max(corner.x.into()),
            bottom: bounds.bottom.max(corner.y.into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corners(left: i32, top: i32, side: i32) -> [Point; 4] {
        [(0, 0), (side, 0), (side, side), (0, side)].map(|(x, y)| Point { x: left + x, y: top + y })
    }

    #[test]
    fn a_close_up_stays_within_its_frame() {
        let frame = GrayImage::new(200, 100);
        for (located, expected) in [
            (corners(50, 30, 40), Some((76, 76))),
            (corners(0, 0, 40), Some((58, 58))),
            (corners(180, 80, 40), Some((38, 38))),
            (corners(-500, -500, 5000), Some((200, 100))),
            (corners(50, 50, 8), None),
            (corners(900, 900, 40), None),
            (corners(-900, -900, 40), None),
            ([Point { x: i32::MIN, y: i32::MIN }; 4], None),
        ] {
            let seen = CloseUp::of(&located, &frame).map(|closeup| (closeup.width, closeup.height));
            assert_eq!(seen, expected, "{located:?}");
        }
        let [first, ..] = corners(0, 0, 0);
        let absurd = [Point { x: i32::MIN, y: i32::MIN }, first, Point { x: i32::MAX, y: i32::MAX }, first];
        assert!(CloseUp::of(&absurd, &frame).is_some_and(|closeup| closeup.width == 200));
    }

    #[test]
    fn enlarging_ends_at_the_largest_side() {
        let frame = GrayImage::new(1000, 1000);
        let closeup = CloseUp::of(&corners(100, 100, 100), &frame).expect("a close-up");
        let steps = [
            (Step::BlackAndWhite, 166),
            (Step::Twice, 332),
            (Step::TwiceSharpened, 332),
            (Step::TwiceBlackAndWhite, 332),
            (Step::Thrice, 498),
        ];
        for (step, side) in steps {
            assert_eq!(closeup.picture(step).map(|picture| picture.dimensions()), Some((side, side)));
            assert_eq!(closeup.pixels(step), u64::from(side * side));
        }
        let large = CloseUp::of(&corners(100, 100, 600), &frame).expect("a close-up");
        assert!(large.picture(Step::Twice).is_none());
    }

    #[test]
    fn corners_find_their_way_back() {
        let frame = GrayImage::new(1000, 1000);
        let closeup = CloseUp::of(&corners(100, 200, 80), &frame).expect("a close-up");
        // The margin is 28 pixels.
        assert_eq!(closeup.in_frame(corners(84, 84, 240), Step::Thrice), corners(100, 200, 80));
    }
}
