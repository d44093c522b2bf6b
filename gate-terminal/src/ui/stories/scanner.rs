//! A wedge scanner at the real window: its text goes to the gate from every screen and into no field.

use egui_kittest::{Harness, kittest::Queryable as _};

use super::{Desk, asked, install, made, stands};
use crate::ui::{
    command::Command,
    screens::{HEIGHT, WIDTH},
};

/// Drawings twenty milliseconds apart.
fn quick() -> Harness<'static, Desk> {
    let builder = Harness::builder().with_size([WIDTH, HEIGHT]).with_context_setup(install).with_step_dt(0.02);
    let mut harness = builder.build_ui_state(Desk::draw, Desk::of(made::waiting()));
    harness.run_steps(40);
    harness
}

fn press(harness: &mut Harness<'_, Desk>, key: egui::Key) {
    harness.key_press(key);
    harness.run_steps(10);
}

/// One letter a drawing, each with its key.
fn scan(harness: &mut Harness<'_, Desk>, text: &str) {
    for letter in text.chars() {
        harness.event(egui::Event::Text(letter.to_string()));
        harness.step();
    }
    press(harness, egui::Key::Enter);
}

fn type_slowly(harness: &mut Harness<'_, Desk>, text: &str) {
    for letter in text.chars() {
        harness.event(egui::Event::Text(letter.to_string()));
        harness.run_steps(6);
    }
}

#[test]
fn a_scan_goes_to_the_gate_from_every_screen() {
    for tab in [egui::Key::Escape, egui::Key::F4, egui::Key::F5, egui::Key::F6, egui::Key::F7] {
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
    press(&mut harness, egui::Key::F4);
    type_slowly(&mut harness, "20481357");
    harness.run_steps(10);
    assert!(stands(&harness, "20481357"));
    assert!(!asked(&mut harness).iter().any(|command| matches!(command, Command::Scanned(_))));
}

#[test]
fn a_scan_leaves_what_was_typed_before_it() {
    let mut harness = quick();
    press(&mut harness, egui::Key::F4);
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
    press(&mut harness, egui::Key::F5);
    scan(&mut harness, made::CARD_NUMBER);
    assert_eq!(asked(&mut harness), []);
    let tail = &made::CARD_NUMBER[14..];
    assert!(stands(&harness, &format!("**************{tail}")));
}

#[test]
fn a_scanner_that_types_into_an_input_method_is_noticed() {
    let mut harness = quick();
    press(&mut harness, egui::Key::F4);
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
