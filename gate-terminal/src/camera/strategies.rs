//! Strategies: the dearer ways of looking at a frame, and whose turn it is.
//!
//! A gate camera sends the next frame in a thirtieth of a second, so a frame tries what its budget has room for, and the next
//! frame goes on from there. What does not fit in what is left lets the next in turn go first, but not for ever.

use image::GrayImage;

use super::budget::Cost;
use super::edges::Edges;
use super::qr::Point;
use super::rendition::{self, Threshold};
use super::tiles::{self, Cut};
use super::zxing::Care;

/// Which pixels of the frame, at which size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Whole,
    Half,
    Quarter,
    WholeTwice,
    /// One tile of the frame, another each time, twice its size.
    Tile,
    /// The small part with the most edges, twice its size.
    Spot,
}

/// What is done to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    None,
    /// Nothing but one threshold for all of it, both ways round.
    OneThreshold,
    Sharpened,
    /// Against the stairs that enlarging leaves, and against grain.
    Smoothed,
    /// Against glare and shadows.
    BlackAndWhite,
    /// Against grain in bad light.
    SmoothedBlackAndWhite,
    /// Against a lens that is out of focus and a hand that moves.
    SharpenedBlackAndWhite,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strategy {
    Rendered(View, Treatment),
    /// The whole frame light on dark: as carefully as it is first looked at the other way round.
    LightOnDark,
    /// An independent reader.
    SecondOpinion,
}

/// At the beginning of every frame of a camera: together they cost less than one look at the whole.
pub(super) const AT_A_GLANCE: [Strategy; 3] = [
    Strategy::Rendered(View::Half, Treatment::OneThreshold),
    Strategy::Rendered(View::Spot, Treatment::None),
    Strategy::Rendered(View::Quarter, Treatment::None),
];

/// In turn on a camera's frames, first what reads the most for what it costs. Tiles come often because they are many.
const OF_FRAMES: [Strategy; 14] = [
    Strategy::Rendered(View::Half, Treatment::BlackAndWhite),
    Strategy::Rendered(View::Tile, Treatment::SmoothedBlackAndWhite),
    Strategy::Rendered(View::Spot, Treatment::SmoothedBlackAndWhite),
    Strategy::Rendered(View::Half, Treatment::OneThreshold),
    Strategy::Rendered(View::Whole, Treatment::OneThreshold),
    Strategy::Rendered(View::Spot, Treatment::OneThreshold),
    Strategy::Rendered(View::Half, Treatment::Smoothed),
    Strategy::Rendered(View::Tile, Treatment::BlackAndWhite),
    Strategy::Rendered(View::Spot, Treatment::BlackAndWhite),
    Strategy::LightOnDark,
    Strategy::Rendered(View::Whole, Treatment::SmoothedBlackAndWhite),
    Strategy::Rendered(View::Tile, Treatment::Smoothed),
    Strategy::Rendered(View::WholeTwice, Treatment::None),
    Strategy::SecondOpinion,
];

/// One after the other on a picture that will not come again, the most fruitful first.
const OF_PICTURES: [Strategy; 14] = [
    Strategy::Rendered(View::Half, Treatment::BlackAndWhite),
    Strategy::Rendered(View::Half, Treatment::OneThreshold),
    Strategy::Rendered(View::Spot, Treatment::Smoothed),
    Strategy::Rendered(View::Spot, Treatment::Sharpened),
    Strategy::Rendered(View::WholeTwice, Treatment::SmoothedBlackAndWhite),
    Strategy::Rendered(View::WholeTwice, Treatment::SharpenedBlackAndWhite),
    Strategy::Rendered(View::Half, Treatment::None),
    Strategy::Rendered(View::Half, Treatment::Sharpened),
    Strategy::Rendered(View::Whole, Treatment::BlackAndWhite),
    Strategy::Rendered(View::Whole, Treatment::SmoothedBlackAndWhite),
    Strategy::Rendered(View::Whole, Treatment::SharpenedBlackAndWhite),
    Strategy::Rendered(View::Whole, Treatment::Sharpened),
    Strategy::Rendered(View::WholeTwice, Treatment::None),
    Strategy::SecondOpinion,
];

pub(super) fn of_pictures() -> impl Iterator<Item = Strategy> {
    OF_PICTURES.into_iter()
}

/// Whose turn it is, and what each has cost.
#[derive(Debug)]
pub(super) struct Turns {
    turns: Vec<Turn>,
    next: usize,
    /// How many tiles were looked at.
    tiles: usize,
}

#[derive(Debug)]
pub(super) struct Turn {
    pub(super) strategy: Strategy,
    pub(super) cost: Cost,
    put_off: u32,
}

/// A strategy that was put off so often is done once whatever it costs: rare enough that 99 of 100 frames keep their budget.
const STARVED: u32 = 600;

/// Enough to begin with on a slow PC; what it really is, is learned at once.
const GUESSED_NS_PER_PIXEL: f64 = 15.0;

impl Turns {
    pub(super) fn new() -> Self {
        let turn = |strategy| Turn { strategy, cost: Cost::guessed(GUESSED_NS_PER_PIXEL), put_off: 0 };
        Self { turns: OF_FRAMES.map(turn).into(), next: 0, tiles: 0 }
    }

    /// What comes next has nothing to do with what was.
    pub(super) fn begin_again(&mut self) {
        (self.next, self.tiles) = (0, 0);
    }

    /// More than these has no frame.
    pub(super) fn count(&self) -> usize {
        self.turns.len()
    }

    /// The next that is affordable, or one that has starved.
    pub(super) fn take(&mut self, affordable: impl Fn(&Turn) -> bool) -> Option<(&mut Turn, usize)> {
        let count = self.turns.len();
        let starved = self.turns.iter().position(|turn| turn.put_off >= STARVED);
        let in_turn = (0..count).map(|ahead| (self.next + ahead) % count.max(1));
        let chosen = starved.or_else(|| in_turn.clone().find(|&at| self.turns.get(at).is_some_and(&affordable)));
        for passed in in_turn.take_while(|at| Some(*at) != chosen) {
            if let Some(turn) = self.turns.get_mut(passed) {
                turn.put_off += 1;
                turn.cost.grow_stale();
            }
        }
        let chosen = chosen?;
        self.next = (chosen + 1) % count.max(1);
        let turn = self.turns.get_mut(chosen)?;
        turn.put_off = 0;
        self.tiles += usize::from(matches!(turn.strategy, Strategy::Rendered(View::Tile, _)));
        Some((turn, self.tiles.saturating_sub(1)))
    }
}

impl View {
    /// What a reader will have to look at.
    pub(super) fn pixels(self, frame: &GrayImage) -> u64 {
        let whole = u64::from(frame.width()) * u64::from(frame.height());
        match self {
            Self::Whole => whole,
            Self::Half => whole / 4,
            Self::Quarter => whole / 16,
            Self::WholeTwice => whole * 4,
            Self::Tile => whole.min(tiles::MAX_PIXELS) * 4,
            Self::Spot => whole.min(tiles::SPOT_PIXELS) * 4,
        }
    }

    pub(super) fn of(self, frame: &GrayImage, edges: &Edges, tile: usize) -> Rendered {
        match self {
            Self::Whole => Rendered { picture: frame.clone(), left: 0, top: 0, scale: Scale::Same },
            Self::Half => Rendered { picture: rendition::half(frame), left: 0, top: 0, scale: Scale::Half },
            Self::Quarter => {
                Rendered { picture: rendition::half(&rendition::half(frame)), left: 0, top: 0, scale: Scale::Quarter }
            }
            Self::WholeTwice => Rendered { picture: rendition::twice(frame), left: 0, top: 0, scale: Scale::Twice },
            Self::Tile => Rendered::enlarged(tiles::cut(frame, edges, tile)),
            Self::Spot => Rendered::enlarged(tiles::spot(frame, edges)),
        }
    }
}

impl Treatment {
    pub(super) fn of(self, Rendered { picture, scale, .. }: &Rendered) -> GrayImage {
        let smoothed = || rendition::smoothed(picture);
        let black_and_white = |picture: &GrayImage| rendition::black_and_white(picture, scale.threshold());
        match self {
            Self::None | Self::OneThreshold => picture.clone(),
            Self::Sharpened => sharpened(picture),
            Self::Smoothed => smoothed(),
            Self::BlackAndWhite => black_and_white(picture),
            Self::SmoothedBlackAndWhite => black_and_white(&smoothed()),
            Self::SharpenedBlackAndWhite => black_and_white(&sharpened(picture)),
        }
    }

    /// How a reader looks at it: what is black and white has no shades that it could weigh.
    pub(super) fn care(self, otherwise: Care) -> Care {
        match self {
            Self::None | Self::Sharpened | Self::Smoothed => otherwise,
            Self::OneThreshold => Care::OneThreshold,
            Self::BlackAndWhite | Self::SmoothedBlackAndWhite | Self::SharpenedBlackAndWhite => Care::BlackAndWhite,
        }
    }
}

fn sharpened(picture: &GrayImage) -> GrayImage {
    rendition::sharpened(picture, UNSHARP_RADIUS_PX, UNSHARP_STRENGTH)
}

/// The blur that the sharpening subtracts, and how often: about a module of a symbol that is just large enough.
const UNSHARP_RADIUS_PX: u32 = 4;
const UNSHARP_STRENGTH: i16 = 3;

#[derive(Debug)]
pub(super) struct Rendered {
    picture: GrayImage,
    left: u32,
    top: u32,
    scale: Scale,
}

#[derive(Debug, Clone, Copy)]
enum Scale {
    Quarter,
    Half,
    Same,
    Twice,
}

impl Scale {
    /// Around a pixel are a few modules of a symbol that is just large enough. Enlarging has already smoothed the grain.
    fn threshold(self) -> Threshold {
        match self {
            Self::Quarter | Self::Half => Threshold { radius: 2, margin: 3 },
            Self::Same => Threshold { radius: 3, margin: 3 },
            Self::Twice => Threshold { radius: 3, margin: 0 },
        }
    }
}

impl Rendered {
    fn enlarged(Cut { left, top, picture }: Cut) -> Self {
        Self { picture: rendition::twice(&picture), left, top, scale: Scale::Twice }
    }

    /// Where corners seen in the rendition stand in the frame.
    pub(super) fn in_frame(&self, corners: [Point; 4]) -> [Point; 4] {
        let scaled = |seen: i32| match self.scale {
            Scale::Quarter => seen.saturating_mul(4),
            Scale::Half => seen.saturating_mul(2),
            Scale::Same => seen,
            Scale::Twice => seen / 2,
        };
        corners.map(|seen| Point {
            x: scaled(seen.x).saturating_add_unsigned(self.left),
            y: scaled(seen.y).saturating_add_unsigned(self.top),
        })
    }
}

#[cfg(test)]
impl Turns {
    /// How many were taken when what is left was put off.
    pub(super) fn taken(&self) -> usize {
        self.turns.iter().filter(|turn| turn.put_off == 0).count()
    }

    pub(super) fn next(&self) -> usize {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(turns: &mut Turns, affordable: impl Fn(Strategy) -> bool) -> Option<Strategy> {
        turns.take(|turn| affordable(turn.strategy)).map(|(turn, _)| turn.strategy)
    }

    #[test]
    fn each_has_its_turn() {
        let mut turns = Turns::new();
        let twice_round: Vec<_> = (0..2 * OF_FRAMES.len()).filter_map(|_| taken(&mut turns, |_| true)).collect();
        assert_eq!(twice_round, [OF_FRAMES, OF_FRAMES].concat());
    }

    #[test]
    fn what_cannot_be_afforded_lets_the_next_go_first_but_not_for_ever() {
        let mut turns = Turns::new();
        let dear = Strategy::Rendered(View::WholeTwice, Treatment::None);
        let taken: Vec<_> = (0..10_000).filter_map(|_| taken(&mut turns, |strategy| strategy != dear)).collect();
        assert_eq!(taken.len(), 10_000);
        let dear_ones = taken.iter().filter(|strategy| **strategy == dear).count();
        assert!((1..=10_000 / 200).contains(&dear_ones), "{dear_ones}");
    }

    #[test]
    fn another_picture_begins_with_the_most_fruitful() {
        let mut turns = Turns::new();
        for _ in 0..5 {
            taken(&mut turns, |_| true);
        }
        turns.begin_again();
        assert_eq!(taken(&mut turns, |_| true), Some(OF_FRAMES[0]));
    }

    #[test]
    fn a_frame_without_time_takes_none_and_starves_none_at_once() {
        let mut turns = Turns::new();
        let taken: Vec<_> = (0..STARVED).filter_map(|_| taken(&mut turns, |_| false)).collect();
        assert_eq!(taken, []);
    }

    #[test]
    fn corners_find_their_way_back() {
        let frame = GrayImage::new(1920, 1080);
        let seen = [Point { x: 100, y: 60 }; 4];
        for (view, tile, expected) in [
            (View::Whole, 0, (100, 60)),
            (View::Half, 0, (200, 120)),
            (View::Quarter, 0, (400, 240)),
            (View::WholeTwice, 0, (50, 30)),
            // The second is the first of those that go round.
            (View::Tile, 1, (50, 30)),
        ] {
            let [found, ..] = view.of(&frame, &Edges::of(&frame), tile).in_frame(seen);
            assert_eq!((found.x, found.y), expected, "{view:?}");
        }
    }
}
