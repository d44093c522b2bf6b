//! The reader before drawn pictures: what it reads, where it says it was, and what it leaves to the next frame.

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
fn a_gate_at_which_nobody_stands_costs_one_turn_in_every_fourth_frame() {
    let ground = drawn::busy(640, 480);
    let mut reader = Reader::with_limit(Some(Duration::from_secs(60)));
    let grainy = |seed| drawn::grain(&ground, seed);
    for seed in 0..15 {
        reader.read(&drawn::frame(&grainy(seed)));
        assert_eq!(reader.turns.taken(), reader.turns.count(), "frame {seed} was searched with all there is");
    }
    assert_eq!(turns_in(&mut reader, (15..24).map(grainy)), [0, 1, 0, 0, 0, 1, 0, 0, 0]);
    let coming = drawn::placed(grainy(24), &drawn::noise(120, 120, 1), 300, 200);
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
fn what_a_glance_leaves_no_time_for_is_the_first_look_at_the_next_frame() {
    let (known, new) = (drawn::pass_text(3), drawn::pass_text(4));
    let noisy = drawn::placed(drawn::white(1280, 720), &drawn::noise(400, 400, 1), 800, 40);
    let before = drawn::placed(drawn::white(1280, 720), &drawn::symbol(&known, 4), 100, 60);
    // Too small for half the frame, and what has the most edges is elsewhere.
    let after = drawn::placed(noisy, &drawn::symbol(&new, 1), 300, 500);
    let mut reader = Reader::with_limit(Some(Duration::ZERO));
    let texts: Vec<Vec<String>> = [&before, &after, &after, &after]
        .map(|picture| reader.read(&drawn::frame(picture)).into_iter().map(|symbol| symbol.text).collect())
        .into();
    assert_eq!(texts, [vec![known], vec![], vec![new], vec![]]);
}

#[test]
fn a_frame_that_owes_its_first_look_takes_the_turn_that_was_due_with_it() {
    let text = drawn::pass_text(3);
    let picture = drawn::placed(drawn::white(640, 480), &drawn::symbol(&text, 4), 100, 60);
    let mut reader = Reader::with_limit(Some(Duration::from_secs(60)));
    for _ in 0..2 {
        assert_eq!(reader.read(&drawn::frame(&picture)).len(), 1);
    }
    let again = || std::iter::once(picture.clone());
    assert_eq!(turns_in(&mut reader, again()), [0], "what is known needs none");
    reader.whole.is_owed = true;
    assert_eq!(turns_in(&mut reader, again()), [1]);
    assert!(!reader.whole.is_owed);
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
        let part = imageops::crop_imm(&whole, cut * 3, cut, whole.width() - cut * 3, whole.height() - cut).to_image();
        let noisy = drawn::placed(drawn::noise(200, 200, cut.into()), &part, cut, 10);
        for picture in [part, noisy] {
            let read = reader.read(&drawn::frame(&picture));
            assert!(read.iter().all(|symbol| symbol.text == text));
        }
    }
}
