//! Rhythms: no person's is taken for a scan, no scanner's is missed, whatever the drawings do to the moments.

use proptest::prelude::*;

use super::*;

const CARD: &str = "11010119900307123X";

/// Plays keys in a window whose drawings take so long in turn, and gives what came out: scans, and letters as they reached it.
fn play(keys: &[(u64, Stroke)], drawings_ms: &[u64]) -> (Vec<String>, String) {
    let mut scanner = Scanner::default();
    let (mut out, mut drawing) = (Vec::new(), Drawing::default());
    let mut keys = keys.iter().peekable();
    let mut took_ms = drawings_ms.iter().cycle();
    while keys.peek().is_some() || scanner.is_listening() {
        let drawn_ms = drawing.at_ms + took_ms.next().unwrap();
        // A window that was not asked to go on sleeps until a key wakes it.
        let woken_ms = keys.peek().filter(|_| !scanner.is_listening()).map_or(drawn_ms, |(at_ms, _)| *at_ms);
        drawing = drawing.next(drawn_ms.max(woken_ms));
        scanner.begin(drawing);
        while let Some((_, stroke)) = keys.next_if(|(at_ms, _)| *at_ms <= drawing.at_ms) {
            scanner.hear(*stroke, *stroke, &mut out);
        }
        scanner.end(&mut out);
    }
    let mut scans = Vec::new();
    let mut reached = String::new();
    for heard in out {
        match heard {
            Heard::Scan(text) => scans.push(text),
            Heard::Event(Stroke::Letter(letter)) => reached.push(letter),
            Heard::Event(Stroke::End) => reached.push('\n'),
            Heard::Event(Stroke::Before | Stroke::After | Stroke::Break) => {}
        }
    }
    (scans, reached)
}

/// Keys of `text` with these gaps, and Enter `end_ms` behind the last of them.
fn typed(text: &str, gaps_ms: &[u64], end_ms: Option<u64>) -> Vec<(u64, Stroke)> {
    let mut at_ms = 1_000_u64;
    let mut keys = Vec::new();
    let mut gaps = gaps_ms.iter().cycle();
    for letter in text.chars() {
        keys.extend([(at_ms, Stroke::Before), (at_ms, Stroke::Letter(letter)), (at_ms, Stroke::After)]);
        at_ms += gaps.next().unwrap();
    }
    let last_ms = keys.last().unwrap().0;
    keys.extend(end_ms.map(|end_ms| (last_ms + end_ms, Stroke::End)));
    keys
}

fn pass() -> String {
    let pass = "6BF %$*+-./:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".repeat(4);
    pass[..150].to_owned()
}

fn scanned() -> impl Strategy<Value = String> {
    prop_oneof![Just(CARD.to_owned()), Just(pass()), "[0-9]{3}[1-4][5-9][0-9]{3}"]
}

/// Drawings of a window that keeps up.
fn quick() -> impl Strategy<Value = Vec<u64>> {
    (1_u64..50).prop_map(|took_ms| vec![took_ms])
}

/// Drawings of a PC that does not.
fn slow() -> impl Strategy<Value = Vec<u64>> {
    prop_oneof![prop::collection::vec(61_u64..300, 1..9), prop::collection::vec(1_u64..1_500, 1..9)]
}

proptest! {
    #[test]
    fn no_hand_is_taken_for_a_scanner(
        text in prop_oneof![scanned(), "[0-9A-Za-z ./:-]{1,60}"],
        // The quickest hand all along, and hands as they are.
        gaps_ms in prop_oneof![prop::collection::vec(60_u64..64, 1..40), prop::collection::vec(60_u64..400, 1..40)],
        drawings_ms in quick(),
        end_ms in prop::option::of(100_u64..400),
    ) {
        let (scans, reached) = play(&typed(&text, &gaps_ms, end_ms), &drawings_ms);
        prop_assert_eq!(scans, Vec::<String>::new());
        prop_assert_eq!(reached.trim_end_matches('\n'), text.trim_end_matches('\n'));
        prop_assert_eq!(reached.ends_with('\n'), end_ms.is_some());
    }

    #[test]
    fn every_burst_is_a_scan_and_reaches_no_field(
        text in scanned(),
        gaps_ms in prop::collection::vec(0_u64..=35, 1..40),
        drawings_ms in prop_oneof![quick(), slow()],
        end_ms in prop::option::of(0_u64..=35),
    ) {
        let (scans, reached) = play(&typed(&text, &gaps_ms, end_ms), &drawings_ms);
        prop_assert_eq!(scans, vec![text]);
        prop_assert_eq!(reached, "");
    }

    #[test]
    fn what_a_hand_types_while_the_window_stands_still_is_no_scan(
        text in "[a-z]{8,20}",
        gaps_ms in prop::collection::vec(60_u64..250, 1..20),
        drawings_ms in slow(),
        end_ms in prop::option::of(100_u64..400),
    ) {
        let (scans, reached) = play(&typed(&text, &gaps_ms, end_ms), &drawings_ms);
        // Enter may be lost, and is pressed again; two or three letters that woke the window may be anybody's.
        let letters: usize = scans.iter().map(|scan| scan.chars().count()).sum();
        prop_assert!(scans.iter().all(|scan| scan.chars().count() < 4), "{scans:?}");
        prop_assert_eq!(reached.trim_end_matches('\n').len() + letters, text.len());
    }

    #[test]
    fn however_little_a_scanner_types_its_enter_presses_nothing(
        text in "[0-9a-z]{1,7}",
        gap_ms in 0_u64..=20,
        drawings_ms in prop_oneof![quick(), slow()],
    ) {
        let (scans, reached) = play(&typed(&text, &[gap_ms], Some(gap_ms)), &drawings_ms);
        prop_assert!(!reached.contains('\n'), "{scans:?} {reached:?}");
        prop_assert!(scans.is_empty() || reached.is_empty());
    }

    #[test]
    fn nothing_is_lost_and_nothing_turns_over(
        keys in prop::collection::vec((0_u64..120, prop_oneof![
            prop::char::range('0', 'Z').prop_map(Stroke::Letter),
            Just(Stroke::End),
            Just(Stroke::Break),
        ]), 0..80),
    ) {
        let mut at_ms = 0;
        let keys: Vec<_> = keys.into_iter().map(|(gap_ms, stroke)| { at_ms += gap_ms; (at_ms, stroke) }).collect();
        let mut given = String::new();
        for (_, stroke) in &keys {
            match stroke {
                Stroke::Letter(letter) => given.push(*letter),
                Stroke::End => given.push('\n'),
                Stroke::Before | Stroke::After | Stroke::Break => {}
            }
        }
        let (scans, reached) = play(&keys, &[10]);
        if scans.is_empty() {
            prop_assert_eq!(reached, given);
        }
    }
}

#[test]
fn a_foreign_code_is_delivered_too_so_that_the_gate_can_refuse_it() {
    for text in ["https://weixin.qq.com/x", "ok", "3", "88"] {
        let (scans, reached) = play(&typed(text, &[5], Some(5)), &[10]);
        assert_eq!((scans, reached.as_str()), (vec![text.to_owned()], ""));
    }
}

#[test]
fn enter_presses_nothing_where_a_drawing_of_fifty_milliseconds_brought_it() {
    assert_eq!(play(&typed("a", &[3], Some(3)), &[49, 2]), (vec!["a".to_owned()], String::new()));
    assert_eq!(play(&typed("aa0aa0a", &[13], Some(13)), &[1_078, 51]).1, "aa0aa0a");
}

#[test]
fn two_scans_in_a_row_are_two() {
    let mut keys = typed(CARD, &[4], Some(4));
    let end_ms = keys.last().unwrap().0;
    keys.extend(
        typed("20481357", &[4], Some(4)).into_iter().map(|(at_ms, stroke)| (at_ms - 1_000 + end_ms + 30, stroke)),
    );
    for drawings_ms in [[1], [16], [300]] {
        assert_eq!(play(&keys, &drawings_ms).0, [CARD, "20481357"]);
    }
}

#[test]
fn a_key_held_down_is_nobodys_code() {
    let mut keys: Vec<_> = typed("88888888", &[33], Some(33));
    keys.retain(|(_, stroke)| *stroke != Stroke::After);
    let (scans, reached) = play(&keys, &[1]);
    assert_eq!((scans.len(), reached.as_str()), (0, "88888888\n"));
}

#[test]
fn the_line_feed_behind_enter_presses_nothing() {
    let mut keys = typed(CARD, &[4], Some(4));
    let end_ms = keys.last().unwrap().0;
    keys.push((end_ms + 3, Stroke::End));
    for drawings_ms in [[1], [16], [300]] {
        assert_eq!(play(&keys, &drawings_ms), (vec![CARD.to_owned()], String::new()));
    }
}

#[test]
fn what_no_scanner_types_is_never_held_back() {
    let mut scanner = Scanner::default();
    let mut out = Vec::new();
    scanner.hear(Stroke::Break, "Delete", &mut out);
    assert_eq!(out, [Heard::Event("Delete")]);
    assert!(!scanner.is_listening());
}

#[test]
fn an_input_method_may_commit_a_pass_and_nothing_else() {
    assert_eq!(whole(&pass().to_ascii_lowercase()), Some(pass()));
    assert_eq!(whole("12345678"), None, "a person chose that");
}
