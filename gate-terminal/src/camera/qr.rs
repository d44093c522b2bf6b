//! The reader: a frame goes in, the texts of the QR symbols in it come out, with where they stood.
//!
//! A camera's frames come thirty times a second and a gate PC has other work, so each frame has a budget of CPU time. The
//! whole frame is looked at first. Symbols that were located there but not read are cut out and looked at again, enlarged;
//! also beside symbols that were read, or a poster in view would hide the phone held up before it. So are the places where
//! the frames before had one. What is left goes to the dearer strategies in turn: as many as the budget has room for while
//! something is going on before the camera.
//!
//! Where nothing new is expected, a frame begins with a glance at its smaller scales and at the spot where a symbol is most
//! likely: a pass that is held still is known again by it, and a gate at which nobody stands needs no more in every second frame.
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
    steps: [(Step, Cost); 5],
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

/// What is tried on a symbol that was located, at first in this order: the cheapest first.
const STEPS: [Step; 5] =
    [Step::BlackAndWhite, Step::Twice, Step::TwiceBlackAndWhite, Step::TwiceSharpened, Step::Thrice];

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
        Self {
            zxing: Zxing::new(),
            limit,
            steps: STEPS.map(|step| (step, cost())),
            polarity: Polarity::DarkOnLight,
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
        self.look_closer(look, &seen.located.clone(), STEPS.len(), &mut seen);
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
        let mut seen = if self.is_calm() { self.glance(look, &edges) } else { Sight::default() };
        // Only what helped last: a hand that has gone must not be looked for with everything there is.
        let remembered: Vec<_> = self.places.iter().map(|place| place.corners).collect();
        self.look_closer(look, &remembered, 1, &mut seen);
        if !self.is_enough(&seen) {
            let whole = self.zxing.look_as(self.polarity, look.frame);
            self.add(look, whole, &mut seen);
            if self.is_worth_a_search(&seen) {
                self.search(look, &edges, &mut seen);
            }
            if !seen.located.is_empty() {
                self.stirred_ago = 0;
            }
        }
        self.edges = edges;
        seen
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
            [] => self.is_still() && !self.stirred_ago.is_multiple_of(2),
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
        self.look_closer(look, &new, STEPS.len(), seen);
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
        Strategy::LightOnDark => zxing.look_as(Polarity::LightOnDark, frame),
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
mod tests {
    use image::imageops;

    use super::*;
    use crate::camera::drawn;

    fn read(picture: &GrayImage) -> Vec<Symbol> {
        Reader::thorough().read(&drawn::frame(picture))
    }

    fn texts(picture: &GrayImage) -> Vec<String> {
        read(picture).into_iter().map(|symbol| symbol.text).collect()
    }

    fn look_at(frame: &GrayImage, limit: Option<Duration>) -> Look<'_> {
        Look { frame, budget: Budget::begin(limit), crops_px: closeup::FRAME_BUDGET_PX }
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
            let first = Zxing::new().look(&soft, Care::Full);
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
    fn a_place_is_remembered_until_the_hand_has_gone() {
        let text = drawn::pass_text(3);
        let picture = drawn::placed(drawn::white(1280, 720), &drawn::symbol(&text, 4), 100, 60);
        let mut reader = Reader::new();
        assert_eq!(reader.read(&drawn::frame(&picture)).len(), 1);
        assert_eq!(reader.places.len(), 1);
        for _ in 0..REMEMBERED_FRAMES {
            reader.read(&drawn::frame(&drawn::white(1280, 720)));
        }
        assert_eq!(reader.places.len(), 0);
        reader.read(&drawn::frame(&picture));
        reader.forget();
        assert_eq!(reader.places.len(), 0);
    }

    /// With no time at all there is still the first look.
    #[test]
    fn a_clear_pass_is_read_on_any_budget() {
        let text = drawn::pass_text(3);
        let picture = drawn::placed(drawn::busy(1280, 720), &drawn::symbol(&text, 4), 100, 60);
        let mut reader = Reader::with_limit(Some(Duration::ZERO));
        for _ in 0..3 {
            assert_eq!(reader.read(&drawn::frame(&picture)).len(), 1);
        }
    }

    #[test]
    fn every_turn_finds_a_clear_pass_at_its_place_in_the_frame() {
        let text = drawn::pass_text(8);
        let picture = drawn::placed(drawn::white(1280, 720), &drawn::symbol(&text, 3), 560, 280);
        let mut reader = Reader::with_limit(Some(Duration::from_secs(3600)));
        let found: Vec<bool> = (0..reader.turns.count())
            .map(|_| {
                let mut seen = Sight::default();
                reader.take_a_turn(&mut look_at(&picture, reader.limit), &Edges::of(&picture), &mut seen);
                for symbol in &seen.read {
                    assert_eq!(symbol.text, text);
                    assert_near(symbol.corners, square(560, 280, 3), 8);
                }
                !seen.read.is_empty()
            })
            .collect();
        // May miss it: the tile that goes round, light on dark, a quarter of the size, and smoothing of modules that small.
        assert!(found.iter().filter(|found| **found).count() >= reader.turns.count() - 5, "{found:?}");
    }

    /// Every frame has time for one look at it; the way round that reads is kept.
    #[test]
    fn an_inverted_pass_is_read_in_the_second_frame_where_one_has_no_time() {
        let text = drawn::pass_text(1);
        let mut picture = drawn::placed(drawn::white(640, 480), &drawn::symbol(&text, 4), 90, 70);
        imageops::invert(&mut picture);
        let mut reader = Reader::with_limit(Some(Duration::ZERO));
        let read: Vec<usize> = (0..4).map(|_| reader.read(&drawn::frame(&picture)).len()).collect();
        assert_eq!(read, [0, 1, 1, 1]);
        assert_eq!(Reader::with_limit(Some(Duration::from_secs(60))).read(&drawn::frame(&picture)).len(), 1);
    }

    #[test]
    fn a_read_poster_does_not_hide_an_inverted_pass_for_long() {
        let (poster, pass) = (drawn::pass_text(9), drawn::pass_text(8));
        let mut dark = drawn::symbol(&pass, 4);
        imageops::invert(&mut dark);
        let one = drawn::placed(drawn::white(1280, 720), &drawn::symbol(&poster, 5), 900, 20);
        let both = drawn::placed(one, &dark, 200, 300);
        let mut reader = Reader::with_limit(Some(Duration::from_secs(60)));
        assert!((0..12).any(|_| reader.read(&drawn::frame(&both)).iter().any(|symbol| symbol.text == pass)));
    }

    #[test]
    fn a_frame_takes_turns_until_one_reads_or_its_time_is_up() {
        let frame = drawn::frame(&drawn::white(640, 480));
        let turns_of = |limit| {
            let mut reader = Reader::with_limit(Some(limit));
            reader.read(&frame);
            reader.turns.taken()
        };
        assert_eq!(turns_of(Duration::ZERO), 0);
        assert_eq!(turns_of(Duration::from_secs(60)), Turns::new().count());
    }

    /// How many turns a reader took in each of the next frames; none where it took all there are.
    fn turns_in(reader: &mut Reader, frames: impl Iterator<Item = GrayImage>) -> Vec<usize> {
        let mut turns = Vec::new();
        for picture in frames {
            let before = reader.turns.next();
            reader.read(&drawn::frame(&picture));
            turns.push((reader.turns.next() + reader.turns.count() - before) % reader.turns.count());
        }
        turns
    }

    #[test]
    fn what_was_read_just_now_leaves_a_frame_one_turn() {
        let text = drawn::pass_text(3);
        let ground = drawn::white(640, 480);
        let picture = drawn::placed(ground.clone(), &drawn::symbol(&text, 4), 100, 60);
        let mut reader = Reader::with_limit(Some(Duration::from_secs(60)));
        assert_eq!(reader.read(&drawn::frame(&picture)).len(), 1);
        // Something moves all the time.
        let moving = (0..17).map(|at| drawn::placed(ground.clone(), &drawn::noise(80, 80, 1), at * 30, 200));
        let turns = turns_in(&mut reader, moving);
        assert_eq!(turns[..15], [1; 15]);
        assert_eq!(turns[15..], [0; 2], "all there are");
    }

    #[test]
    fn a_gate_at_which_nobody_stands_costs_one_turn_in_every_second_frame() {
        let ground = drawn::busy(640, 480);
        let mut reader = Reader::with_limit(Some(Duration::from_secs(60)));
        let grainy = |seed| drawn::grain(&ground, seed);
        for seed in 0..15 {
            reader.read(&drawn::frame(&grainy(seed)));
            assert_eq!(reader.turns.taken(), reader.turns.count(), "frame {seed} was searched with all there is");
        }
        assert_eq!(turns_in(&mut reader, (15..21).map(grainy)), [0, 1, 0, 1, 0, 1]);
        let coming = drawn::placed(grainy(21), &drawn::noise(120, 120, 1), 300, 200);
        let before = reader.turns.next();
        reader.read(&drawn::frame(&coming));
        assert_eq!((reader.turns.next(), reader.turns.taken()), (before, reader.turns.count()));
    }

    #[test]
    fn a_pass_held_still_is_known_again_at_a_glance() {
        let text = drawn::pass_text(3);
        let picture = drawn::placed(drawn::busy(1280, 720), &drawn::symbol(&text, 4), 100, 60);
        let mut reader = Reader::with_limit(Some(Duration::from_secs(60)));
        let is_enough: Vec<bool> = (0..9)
            .map(|_| {
                let edges = Edges::of(&picture);
                let seen = reader.glance(&look_at(&picture, reader.limit), &edges);
                assert_eq!(seen.read.iter().map(|symbol| &symbol.text).collect::<Vec<_>>(), [&text]);
                let is_enough = reader.is_enough(&seen);
                assert_eq!(reader.read(&drawn::frame(&picture)).len(), 1);
                is_enough
            })
            .collect();
        let (first, later) = (false, [false, true, true, true]);
        assert_eq!(is_enough, [&[first][..], &later, &later].concat(), "every fourth is searched for another");
    }

    #[test]
    fn a_second_code_that_was_located_keeps_the_first_from_ending_the_search() {
        let mut reader = Reader::new();
        let read = |text: &str| Symbol { text: text.to_owned(), corners: square(100, 100, 4) };
        let one = || Sight { read: vec![read("one")], located: vec![square(105, 95, 4)] };
        let beside = || Sight { located: vec![square(600, 100, 4)], ..one() };
        assert!(reader.is_worth_a_search(&Sight::default()));
        assert!(!reader.is_worth_a_search(&one()), "what was located there is what was read");
        assert!(reader.is_worth_a_search(&beside()));
        let again: Vec<bool> = (0..9)
            .map(|_| {
                reader.remember(&beside());
                reader.is_worth_a_search(&beside())
            })
            .collect();
        assert_eq!(again, [true, false, false, false, true, false, false, false, true]);
    }

    #[test]
    fn nothing_beyond_the_first_look_is_done_without_time() {
        let mut reader = Reader::with_limit(Some(Duration::ZERO));
        let picture = drawn::placed(drawn::white(1280, 720), &drawn::symbol(drawn::pass_text(8), 3), 560, 280);
        let (mut seen, mut look) = (Sight::default(), look_at(&picture, reader.limit));
        assert!(!reader.take_a_turn(&mut look, &Edges::of(&picture), &mut seen));
        reader.look_closer(&mut look, &[square(560, 280, 3)], STEPS.len(), &mut seen);
        assert!(seen.read.is_empty());
        let mut look = look_at(&picture, Some(Duration::from_secs(60)));
        reader.look_closer(&mut look, &[square(560, 280, 3)], STEPS.len(), &mut seen);
        assert_eq!(seen.read.len(), 1, "with time it would have been");
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
        let mut reader = Reader::thorough();
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
        let mut reader = Reader::thorough();
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
