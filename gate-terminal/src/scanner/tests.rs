//! Rhythms: no person's is taken for a scan, no scanner's is missed, whatever the drawings do to the moments.

use proptest::prelude::*;

use super::*;

const CARD: &str = "11010119900307123X";

/// Plays keys and gives what came out: scans, and letters as they reached the window.
fn play(keys: &[(u64, Stroke)]) -> (Vec<String>, String) {
    let mut scanner = Scanner::default();
    let mut out = Vec::new();
    let mut now_ms = 0;
    for (at_ms, stroke) in keys {
        // The window wakes when it was asked to.
        while let Some(wakes_ms) = scanner.wakes_at_ms().filter(|wakes_ms| wakes_ms < at_ms && *wakes_ms > now_ms) {
            now_ms = wakes_ms;
            scanner.pass_time(wakes_ms, &mut out);
        }
        now_ms = *at_ms;
        scanner.hear(*at_ms, *stroke, *stroke, &mut out);
    }
    scanner.pass_time(now_ms + 1_000, &mut out);
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

/// Keys of `text` with these gaps, seen only when a drawing begins.
fn typed(text: &str, gaps_ms: &[u64], drawing_ms: u64, ended: bool) -> Vec<(u64, Stroke)> {
    let mut at_ms = 1_000_u64;
    let mut keys = Vec::new();
    let mut gaps = gaps_ms.iter().cycle();
    for letter in text.chars() {
        let seen_ms = at_ms.div_ceil(drawing_ms) * drawing_ms;
        keys.extend([(seen_ms, Stroke::Before), (seen_ms, Stroke::Letter(letter)), (seen_ms, Stroke::After)]);
        at_ms += gaps.next().unwrap();
    }
    if ended {
        let seen_ms = at_ms.div_ceil(drawing_ms) * drawing_ms;
        keys.push((seen_ms, Stroke::End));
    }
    keys
}

fn pass() -> String {
    let pass = "6BF %$*+-./:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".repeat(4);
    pass[..150].to_owned()
}

fn scanned() -> impl Strategy<Value = String> {
    prop_oneof![Just(CARD.to_owned()), Just(pass()), "[0-9]{3}[1-4][5-9][0-9]{3}"]
}

proptest! {
    #[test]
    fn no_hand_is_taken_for_a_scanner(
        text in prop_oneof![scanned(), "[0-9A-Za-z ./:-]{1,60}"],
        // The quickest hand all along, and hands as they are.
        gaps_ms in prop_oneof![prop::collection::vec(60_u64..64, 1..40), prop::collection::vec(60_u64..400, 1..40)],
        drawing_ms in 1_u64..50,
        ended: bool,
    ) {
        let (scans, reached) = play(&typed(&text, &gaps_ms, drawing_ms, ended));
        prop_assert_eq!(scans, Vec::<String>::new());
        prop_assert_eq!(reached.trim_end_matches('\n'), text.trim_end_matches('\n'));
        prop_assert_eq!(reached.ends_with('\n'), ended);
    }

    #[test]
    fn every_burst_is_a_scan_and_reaches_no_field(
        text in scanned(),
        gaps_ms in prop::collection::vec(0_u64..=35, 1..40),
        drawing_ms in 1_u64..50,
        ended: bool,
    ) {
        let (scans, reached) = play(&typed(&text, &gaps_ms, drawing_ms, ended));
        prop_assert_eq!(scans, vec![text]);
        prop_assert_eq!(reached, "");
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
        let (scans, reached) = play(&keys);
        if scans.is_empty() {
            prop_assert_eq!(reached, given);
        }
    }
}

#[test]
fn a_foreign_code_is_delivered_too_so_that_the_gate_can_refuse_it() {
    let (scans, reached) = play(&typed("https://weixin.qq.com/x", &[5], 1, true));
    assert_eq!((scans, reached.as_str()), (vec!["https://weixin.qq.com/x".to_owned()], ""));
}

#[test]
fn two_scans_in_a_row_are_two() {
    let mut keys = typed(CARD, &[4], 1, true);
    let end_ms = keys.last().unwrap().0;
    keys.extend(
        typed("20481357", &[4], 1, true).into_iter().map(|(at_ms, stroke)| (at_ms - 1_000 + end_ms + 30, stroke)),
    );
    assert_eq!(play(&keys).0, [CARD, "20481357"]);
}

#[test]
fn a_key_held_down_is_nobodys_code() {
    let (scans, reached) = play(&typed("88888888", &[33], 1, true));
    assert_eq!((scans.len(), reached.as_str()), (0, "88888888\n"));
}

#[test]
fn the_line_feed_behind_enter_presses_nothing() {
    let mut keys = typed(CARD, &[4], 1, true);
    let end_ms = keys.last().unwrap().0;
    keys.push((end_ms + 3, Stroke::End));
    assert_eq!(play(&keys), (vec![CARD.to_owned()], String::new()));
}

#[test]
fn a_function_key_is_never_held_back() {
    let mut scanner = Scanner::default();
    let mut out = Vec::new();
    scanner.hear(5, Stroke::Break, "F1", &mut out);
    assert_eq!(out, [Heard::Event("F1")]);
    assert_eq!(scanner.wakes_at_ms(), None);
}

#[test]
fn an_input_method_may_commit_a_pass_and_nothing_else() {
    assert_eq!(whole(&pass().to_ascii_lowercase()), Some(pass()));
    assert_eq!(whole("12345678"), None, "a person chose that");
}
