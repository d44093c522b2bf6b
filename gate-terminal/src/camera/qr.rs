//! The reader: a frame goes in, the texts of the QR symbols in it come out, with where they stood.
//!
//! A camera's frames come thirty times a second and a gate PC has other work, so each frame has a budget of CPU time. The
//! whole frame is looked at first. Symbols that were located there but not read are cut out and looked at again, enlarged;
//! also beside symbols that were read, or a poster in view would hide the phone held up before it. So are the places where
//! the frames before had one. What is left goes to the dearer strategies in turn: as many as the budget has room for while
//! something is going on before the camera.
//!
//! Where nothing new is expected, a frame begins with a glance at its smaller scales and at the spot where a symbol is most
//! likely: a pass that is held still is known again by it, and a gate at which nobody stands needs no more in three frames of four.
//!
//! A picture that does not come again has no next frame: a [`Reader::thorough`] gives it all the turns at once.
//!
//! What a symbol says is not judged here. One whose content is no text is reported all the same, so that the guard
//! hears "not one of ours" instead of silence.

use std::{fmt, time::Duration};

use image::GrayImage;

use super::budget::{Budget, Cost};
use super::closeup::{self, CloseUp, Step};
use super::edges::Edges;
use super::frame::GreyFrame;
use super::second_opinion;
use super::strategies::{self, Strategy, Turn, Turns};
use super::zxing::{Care, Polarity, Sight, Zxing};

/// What looking at one frame may cost, in CPU time: a thirtieth of a second, so that one core keeps up with a camera.
pub const FRAME_BUDGET: Duration = Duration::from_millis(33);

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
    zxing: Zxing,
    /// `None` for pictures that will not come again.
    limit: Option<Duration>,
    /// Which way round the whole frame is looked at first.
    polarity: Polarity,
    whole: Whole,
    steps: Vec<(Step, Cost)>,
    turns: Turns,
    places: Vec<Place>,
    last_texts: Vec<String>,
    /// How many frames said the same as the one before.
    unchanged: u32,
    /// How many frames ago anything was read.
    read_ago: u32,
    /// Of the last frame.
    edges: Edges,
    /// How many frames ago they moved, or anything was located.
    stirred_ago: u32,
}

/// The first look at all of a frame.
struct Whole {
    cost: Cost,
    /// The last frame's glance left no time for it.
    is_owed: bool,
}

/// Where a symbol was seen, read or not.
struct Place {
    corners: [Point; 4],
    frames_ago: u32,
}

/// A hand that has gone on for half a second is somewhere else.
const REMEMBERED_FRAMES: u32 = 15;

/// Beside the symbols of the frame itself; two phones are the most that anybody holds up.
const REMEMBERED_PLACES: usize = 2;

/// One in so many frames that only say what was known is searched for what they do not say.
const SEARCHED_UNCHANGED: u32 = 4;

/// What is tried on a symbol that was located, at first in this order: the cheapest first. The last is for pictures that will not
/// come again: on a camera's frames a turn reads more in the time that it takes.
const STEPS: [Step; 5] =
    [Step::BlackAndWhite, Step::Twice, Step::TwiceBlackAndWhite, Step::TwiceSharpened, Step::Thrice];
const STEPS_OF_FRAMES: usize = 4;

/// zxing-cpp on a slow PC, until it is known better.
const GUESSED_NS_PER_PIXEL: f64 = 10.0;

impl Reader {
    /// For a camera's frames, [`FRAME_BUDGET`] each.
    pub fn new() -> Self {
        Self::with_limit(Some(FRAME_BUDGET))
    }

    /// For single pictures: as if each were shown again until every strategy had its turn, or all that was located is read.
    pub fn thorough() -> Self {
        Self::with_limit(None)
    }

    fn with_limit(limit: Option<Duration>) -> Self {
        let cost = || Cost::guessed(GUESSED_NS_PER_PIXEL);
        let steps = if limit.is_none() { STEPS.len() } else { STEPS_OF_FRAMES };
        Self {
            zxing: Zxing::new(),
            limit,
            steps: STEPS.into_iter().take(steps).map(|step| (step, cost())).collect(),
            polarity: Polarity::DarkOnLight,
            whole: Whole { cost: cost(), is_owed: false },
            turns: Turns::new(),
            places: Vec::new(),
            last_texts: Vec::new(),
            unchanged: 0,
            read_ago: REMEMBERED_FRAMES,
            edges: Edges::default(),
            stirred_ago: 0,
        }
    }

    /// The next frame shows something else: another camera, another picture. What looks cost is still known.
    pub fn forget(&mut self) {
        self.places.clear();
        self.last_texts.clear();
        self.unchanged = 0;
        self.read_ago = REMEMBERED_FRAMES;
        self.edges = Edges::default();
        self.stirred_ago = 0;
        self.polarity = Polarity::DarkOnLight;
        self.whole.is_owed = false;
        self.turns.begin_again();
        self.steps.sort_by_key(|(step, _)| STEPS.iter().position(|known| known == step));
    }

    /// Each distinct text once, whatever the number of symbols that say it.
    pub fn read(&mut self, frame: &GreyFrame) -> Vec<Symbol> {
        let frame = frame.image();
        let crops_px = if self.limit.is_none() { closeup::PICTURE_BUDGET_PX } else { closeup::FRAME_BUDGET_PX };
        let mut look = Look { frame, budget: Budget::begin(self.limit), crops_px };
        let seen = if self.limit.is_none() { self.read_thoroughly(&mut look) } else { self.read_in_time(&mut look) };
        self.remember(&seen);
        seen.read
    }

    fn read_thoroughly(&mut self, look: &mut Look) -> Sight {
        let mut seen = self.zxing.look(look.frame, Care::Full);
        self.look_closer(look, &seen.located.clone(), self.steps.len(), &mut seen);
        let edges = Edges::of(look.frame);
        for strategy in strategies::of_pictures() {
            if seen.is_all_read() {
                break;
            }
            let found = look_by(strategy, &self.zxing, look.frame, &edges, 0, Care::Full);
            self.add(look, found, &mut seen);
        }
        seen
    }

    fn read_in_time(&mut self, look: &mut Look) -> Sight {
        let edges = Edges::of(look.frame);
        let is_stirred = edges.have_moved_since(&self.edges);
        self.stirred_ago = if is_stirred { 0 } else { self.stirred_ago.saturating_add(1) };
        let was_owed = self.whole.is_owed;
        let is_glance = self.is_calm() && !was_owed;
        let mut seen = if is_glance { self.glance(look, &edges) } else { Sight::default() };
        // Only what helped last: a hand that has gone must not be looked for with everything there is.
        let remembered: Vec<_> = self.places.iter().map(|place| place.corners).collect();
        self.look_closer(look, &remembered, 1, &mut seen);
        let is_enough = !was_owed && self.is_enough(&seen);
        let is_too_dear = || !look.budget.affords(&self.whole.cost, at_all_scales(look.frame));
        self.whole.is_owed = is_glance && !is_enough && is_too_dear();
        if !is_enough && !self.whole.is_owed {
            let whole = self.look_at_the_whole(look);
            self.add(look, whole, &mut seen);
            // The turn of the frame that owes it is due as well.
            if was_owed || self.is_worth_a_search(&seen) {
                self.search(look, &edges, &mut seen);
            }
            if !seen.located.is_empty() {
                self.stirred_ago = 0;
            }
        }
        self.edges = edges;
        seen
    }

    /// On a PC that is too slow for the smaller scales these are left to the turns.
    fn look_at_the_whole(&mut self, look: &Look) -> Sight {
        let Self { zxing, polarity, whole: Whole { cost, .. }, .. } = self;
        let (care, pixels) = match at_all_scales(look.frame) {
            pixels if look.budget.usually_affords(cost, pixels) => (Care::DarkOnLight, pixels),
            _ => (Care::Brief, area(look.frame)),
        };
        look.budget.spend(cost, pixels, || zxing.look_as(*polarity, look.frame, care))
    }

    /// The cheapest looks, until all that they see is read.
    fn glance(&self, look: &Look, edges: &Edges) -> Sight {
        let mut seen = Sight::default();
        for strategy in strategies::AT_A_GLANCE {
            if !seen.is_all_read() {
                seen.add(look_by(strategy, &self.zxing, look.frame, edges, 0, Care::Brief));
            }
        }
        seen
    }

    /// Whether that was all that is worth this frame's time.
    fn is_enough(&self, seen: &Sight) -> bool {
        match seen.read.as_slice() {
            [] => self.is_still() && !self.stirred_ago.is_multiple_of(SEARCHED_UNCHANGED),
            // Where a new one is, there may be another.
            [..] => seen.is_all_read() && self.says_the_same(seen) && !self.is_due(),
        }
    }

    /// What the time that is left is good for, until all that was located is read.
    fn search(&mut self, look: &mut Look, edges: &Edges, seen: &mut Sight) {
        let turns = if self.is_calm() { 1 } else { self.turns.count() };
        let taken = (0..turns).take_while(|_| self.take_a_turn(look, edges, seen) && !seen.is_all_read()).count();
        // On a PC that has time for nothing but the first look, every second is the other way round.
        if taken == 0 && seen.read.is_empty() {
            self.polarity = self.polarity.other();
        }
    }

    /// Whether there was time for one.
    fn take_a_turn(&mut self, look: &mut Look, edges: &Edges, seen: &mut Sight) -> bool {
        let Self { zxing, turns, .. } = self;
        let next = turns.take(|turn| look.budget.affords(&turn.cost, pixels(turn.strategy, look.frame)));
        let Some((turn, tile)) = next else { return false };
        let found = taken(turn, zxing, look, edges, tile);
        self.add(look, found, seen);
        true
    }

    /// What a strategy has located and not read is looked at more closely, too.
    fn add(&mut self, look: &mut Look, found: Sight, seen: &mut Sight) {
        let new: Vec<_> = found.located.iter().filter(|corners| !seen.has_located(corners)).copied().collect();
        seen.add(found);
        self.look_closer(look, &new, self.steps.len(), seen);
    }

    /// At each place where nothing was read yet, with the first so many steps as far as the budget goes: the cheap ones
    /// everywhere before a dear one anywhere, because most of what is located is no symbol.
    fn look_closer(&mut self, look: &mut Look, places: &[[Point; 4]], steps: usize, seen: &mut Sight) {
        let (mut tried, mut helped) = (Vec::<[Point; 4]>::new(), 0);
        for corners in places {
            if !tried.iter().any(|known| closeup::same_place(known, corners)) {
                tried.push(*corners);
            }
        }
        for at in 0..steps {
            for corners in &tried {
                let Self { zxing, steps, .. } = self;
                let Some((step, cost)) = steps.get_mut(at) else { return };
                if seen.read.iter().any(|symbol| closeup::same_place(&symbol.corners, corners)) {
                    continue;
                }
                let Some(closeup) = CloseUp::of(corners, look.frame) else { continue };
                let pixels = closeup.pixels(*step);
                if pixels > look.crops_px || !look.budget.affords(cost, pixels) {
                    continue;
                }
                let Some(read) = look.budget.spend(cost, pixels, || closer(zxing, &closeup, *step)) else { continue };
                look.crops_px -= pixels;
                if !read.is_empty() {
                    seen.add(Sight { read, located: Vec::new() });
                    helped = at;
                }
            }
        }
        // It will help in the next frame, too.
        if let Some(first) = self.steps.get_mut(..=helped) {
            first.rotate_right(1);
        }
    }

    /// A poster that is read in every frame must not end the search for the phone beside it.
    fn is_worth_a_search(&self, seen: &Sight) -> bool {
        seen.read.is_empty() || if self.says_the_same(seen) { self.is_due() } else { !seen.is_all_read() }
    }

    fn says_the_same(&self, seen: &Sight) -> bool {
        seen.read.iter().map(|symbol| &symbol.text).eq(&self.last_texts)
    }

    fn is_due(&self) -> bool {
        self.unchanged.is_multiple_of(SEARCHED_UNCHANGED)
    }

    /// What was read just now only trembled, and what is still was searched already: neither is a reason to heat the PC.
    fn is_calm(&self) -> bool {
        self.read_ago < REMEMBERED_FRAMES || self.is_still()
    }

    fn is_still(&self) -> bool {
        self.stirred_ago >= REMEMBERED_FRAMES
    }

    fn remember(&mut self, seen: &Sight) {
        self.read_ago = if seen.read.is_empty() { self.read_ago.saturating_add(1) } else { 0 };
        let is_unchanged = !seen.read.is_empty() && self.says_the_same(seen);
        self.unchanged = if is_unchanged { self.unchanged.saturating_add(1) } else { 0 };
        for place in &mut self.places {
            place.frames_ago += 1;
        }
        let now = seen.read.iter().map(|symbol| symbol.corners).chain(seen.unread().copied());
        let now: Vec<_> = now.take(REMEMBERED_PLACES).collect();
        self.places.retain(|place| {
            place.frames_ago < REMEMBERED_FRAMES
                && !now.iter().any(|corners| closeup::same_place(&place.corners, corners))
        });
        self.places.splice(0..0, now.into_iter().map(|corners| Place { corners, frames_ago: 0 }));
        self.places.truncate(REMEMBERED_PLACES);
        self.last_texts = seen.read.iter().map(|symbol| symbol.text.clone()).collect();
    }
}

/// One frame, and what may still be spent on it.
struct Look<'frame> {
    frame: &'frame GrayImage,
    budget: Budget,
    crops_px: u64,
}

fn closer(zxing: &Zxing, closeup: &CloseUp, step: Step) -> Option<Vec<Symbol>> {
    let picture = closeup.picture(step)?;
    let read = zxing.look(&picture, step.care()).read.into_iter();
    Some(read.map(|symbol| Symbol { corners: closeup.in_frame(symbol.corners, step), ..symbol }).collect())
}

fn taken(turn: &mut Turn, zxing: &Zxing, look: &Look, edges: &Edges, tile: usize) -> Sight {
    let strategy = turn.strategy;
    let pixels = pixels(strategy, look.frame);
    look.budget.spend(&mut turn.cost, pixels, || look_by(strategy, zxing, look.frame, edges, tile, Care::Brief))
}

fn look_by(strategy: Strategy, zxing: &Zxing, frame: &GrayImage, edges: &Edges, tile: usize, care: Care) -> Sight {
    match strategy {
        Strategy::SecondOpinion => Sight { read: second_opinion::look(frame), located: Vec::new() },
        Strategy::LightOnDark => zxing.look_as(Polarity::LightOnDark, frame, Care::DarkOnLight),
        Strategy::Rendered(view, treatment) => {
            let rendered = view.of(frame, edges, tile);
            let Sight { mut read, mut located } = zxing.look(&treatment.of(&rendered), treatment.care(care));
            for corners in read.iter_mut().map(|symbol| &mut symbol.corners).chain(&mut located) {
                *corners = rendered.in_frame(*corners);
            }
            Sight { read, located }
        }
    }
}

fn pixels(strategy: Strategy, frame: &GrayImage) -> u64 {
    match strategy {
        Strategy::SecondOpinion | Strategy::LightOnDark => area(frame),
        Strategy::Rendered(view, _) => view.pixels(frame),
    }
}

/// zxing-cpp's next scale is a third each way.
fn at_all_scales(frame: &GrayImage) -> u64 {
    area(frame) * 10 / 9
}

fn area(frame: &GrayImage) -> u64 {
    u64::from(frame.width()) * u64::from(frame.height())
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Reader").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl From<Point> for [i32; 2] {
    fn from(point: Point) -> Self {
        [point.x, point.y]
    }
}

#[cfg(test)]
mod tests;
