//! A wedge scanner at the real window: its text goes to the gate from every screen and into no field.

mod keyboard;

use egui::Key;
use egui_kittest::{Harness, kittest::Queryable as _};
use shared::{
    entry::Outcome,
    verdict::{AskReason, RefuseReason, Verdict},
};

use super::{Desk, asked, install, made, stands};
use crate::ui::{
    command::Command,
    made::CASE,
    screens::{HEIGHT, WIDTH},
    snapshot::Snapshot,
};
use keyboard::{Keyboard, play, strike};

/// Drawings twenty milliseconds apart.
fn quick_with(snapshot: Snapshot) -> Harness<'static, Desk> {
    let builder = Harness::builder().with_size([WIDTH, HEIGHT]).with_context_setup(install).with_step_dt(0.02);
    let mut harness = builder.build_ui_state(Desk::draw, Desk::of(snapshot));
    harness.run_steps(40);
    harness
}

fn quick() -> Harness<'static, Desk> {
    quick_with(made::waiting())
}

/// As a hand does: eighty milliseconds down.
fn press(harness: &mut Harness<'_, Desk>, key: Key) {
    play(harness, &strike(key, 80), 20);
}

/// At five milliseconds a key.
fn scan(harness: &mut Harness<'_, Desk>, text: &str) {
    let keyboard = Keyboard { pace_ms: 5, caps_lock: false };
    play(harness, &keyboard.types(text, true), 20);
}

fn type_slowly(harness: &mut Harness<'_, Desk>, text: &str) {
    for letter in text.chars() {
        harness.event(egui::Event::Text(letter.to_string()));
        harness.run_steps(6);
    }
}

fn pass() -> String {
    let pass = "6BF %$*+-./:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".repeat(4);
    pass[..150].to_owned()
}

fn refused() -> Snapshot {
    made::shown(Verdict::Refuse(RefuseReason::Revoked), Some(Outcome::Refused))
}

fn asking() -> Snapshot {
    made::shown(Verdict::Ask(AskReason::NewsStale { since: made::NOON }), None)
}

#[test]
fn a_pass_is_read_whatever_the_scanner_and_the_pc() {
    let mut harness = quick_with(refused());
    press(&mut harness, Key::F2);
    asked(&mut harness);
    for pace_ms in [2, 20] {
        for (caps_lock, text) in [(false, pass()), (true, pass()), (false, pass().to_lowercase())] {
            for (drawing_ms, entered) in [(4, true), (16, false), (16, true), (45, true), (120, false), (300, true)] {
                let keys = Keyboard { pace_ms, caps_lock }.types(&text, entered);
                play(&mut harness, &keys, drawing_ms);
                let case = (pace_ms, caps_lock, drawing_ms, entered);
                assert_eq!(asked(&mut harness), [Command::Scanned(pass())], "{case:?}");
            }
        }
    }
    harness.get_by_label("为什么放行？");
}

#[test]
fn what_a_stranger_printed_lets_nobody_in() {
    for (writing, text) in [(false, "3"), (false, "1"), (true, "ok"), (false, "4"), (true, "3")] {
        for pace_ms in [2, 20] {
            for drawing_ms in [16, 45, 300] {
                let mut harness = quick_with(refused());
                press(&mut harness, Key::F2);
                if writing {
                    press(&mut harness, Key::Num4);
                    harness.get_by_label("确认");
                }
                asked(&mut harness);
                let keyboard = Keyboard { pace_ms, caps_lock: false };
                play(&mut harness, &keyboard.types(text, true), drawing_ms);
                let decided = |command: &Command| matches!(command, Command::LetIn { .. } | Command::SendAway { .. });
                let asked = asked(&mut harness);
                assert!(!asked.iter().any(decided), "{text} {pace_ms} {drawing_ms}: {asked:?}");
            }
        }
    }
}

#[test]
fn function_keys_count_when_a_hand_presses_them() {
    for held_ms in [1, 5, 20] {
        let mut harness = quick_with(asking());
        play(&mut harness, &strike(Key::F1, held_ms), 8);
        assert_eq!(asked(&mut harness), [], "held for {held_ms}");
    }
    // Among letters, even if it is held long.
    let mut harness = quick_with(asking());
    let mut typed = Keyboard { pace_ms: 5, caps_lock: false }.types("AB", false);
    typed.extend(strike(Key::F1, 60).into_iter().map(|(at_ms, event)| (at_ms + 15, event)));
    play(&mut harness, &typed, 16);
    assert_eq!(asked(&mut harness), []);
    for drawing_ms in [4, 16, 45, 120, 300] {
        let mut harness = quick_with(asking());
        play(&mut harness, &strike(Key::F1, 80), drawing_ms);
        assert!(matches!(asked(&mut harness)[..], [Command::LetIn { case: CASE, .. }]), "{drawing_ms}");
    }
}

#[test]
fn a_plus_is_counted_whichever_key_goes_up_first() {
    let mut harness = quick_with(made::shown(Verdict::Admit, Some(Outcome::Passed)));
    for party in [4, 5, 6] {
        play(&mut harness, &keyboard::plus_with_shift_up_first(), 16);
        assert_eq!(asked(&mut harness), [Command::Count { case: CASE, party }]);
    }
    press(&mut harness, Key::Minus);
    assert_eq!(asked(&mut harness), [Command::Count { case: CASE, party: 5 }]);
}

#[test]
fn a_scan_goes_to_the_gate_from_every_screen() {
    for tab in [Key::Escape, Key::F4, Key::F5, Key::F6, Key::F7] {
        let mut harness = quick();
        press(&mut harness, tab);
        scan(&mut harness, "20481357");
        assert_eq!(asked(&mut harness), [Command::Scanned("20481357".into())], "{tab:?}");
        assert!(!stands(&harness, "20481357"), "{tab:?}: it stands in a field");
    }
}

#[test]
fn what_a_hand_types_stays_in_its_field() {
    let mut harness = quick();
    press(&mut harness, Key::F4);
    type_slowly(&mut harness, "20481357");
    harness.run_steps(10);
    assert!(stands(&harness, "20481357"));
    assert!(!asked(&mut harness).iter().any(|command| matches!(command, Command::Scanned(_))));
}

#[test]
fn a_scan_leaves_what_was_typed_before_it() {
    let mut harness = quick();
    press(&mut harness, Key::F4);
    type_slowly(&mut harness, "zx");
    harness.run_steps(10);
    asked(&mut harness);
    scan(&mut harness, "20481357");
    assert_eq!(asked(&mut harness), [Command::Scanned("20481357".into())]);
    assert!(stands(&harness, "zx"));
}

#[test]
fn the_walk_in_form_takes_the_number_of_a_card() {
    let mut harness = quick();
    press(&mut harness, Key::F5);
    scan(&mut harness, made::CARD_NUMBER);
    assert_eq!(asked(&mut harness), []);
    let tail = &made::CARD_NUMBER[14..];
    assert!(stands(&harness, &format!("**************{tail}")));
}

#[test]
fn a_scanner_that_types_into_an_input_method_is_noticed() {
    let mut harness = quick();
    press(&mut harness, Key::F4);
    let mut typed = String::new();
    for letter in "abcdefghij".chars() {
        typed.push(letter);
        let preedit = egui::ImeEvent::Preedit { text: typed.clone(), active_range_chars: None };
        harness.event(egui::Event::Ime(preedit));
        harness.step();
    }
    harness.run_steps(3);
    harness.get_by_label("扫码枪正在输入法里打字：请切换到英文输入后再扫一次");
}
