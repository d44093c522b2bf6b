//! The find screen: what is asked for while somebody types, and how one of the found is chosen.

use std::sync::Arc;

use egui_kittest::{Harness, kittest::Queryable as _};
use shared::{
    ids::PassId,
    sync::{beacon::Freshness, change::PassRecord},
    verdict::{AskReason, Verdict},
};

use super::{Desk, asked, desk, made, press, settle, stands, write};
use crate::ui::{
    command::Command,
    snapshot::{CaseNumber, Found, Hit, Panel, Snapshot},
};

fn looking_for(query: &str) -> Harness<'static, Desk> {
    let mut harness = desk(made::waiting());
    press(&mut harness, egui::Key::F4);
    write(&mut harness, query);
    harness.state_mut().snapshot.found = Some(made::found(query));
    settle(&mut harness);
    harness
}

#[test]
fn each_letter_is_asked_for_and_the_arrows_choose() {
    let mut harness = looking_for("zx");
    assert_eq!(asked(&mut harness), [Command::Find("z".into()), Command::Find("zx".into())]);
    for label in ["张小𬭎", "张㼆𬀩", "按姓名", "按拼音首字母", "在校内", "不能再进", "另有 17 人，请再输入几个字"]
    {
        harness.get_by_label(label);
    }
    press(&mut harness, egui::Key::ArrowDown);
    press(&mut harness, egui::Key::Enter);
    let second = made::found("zx").hits[1].pass;
    assert_eq!(asked(&mut harness), [Command::Choose(second)]);
    chosen_is_shown(&mut harness, second);
    assert_eq!(asked(&mut harness), [Command::Find(String::new())]);
    harness.get_by_label("从名单里找到，没有看到通行码，请核对证件");
}

#[test]
fn a_visit_of_another_day_says_which() {
    let mut harness = looking_for("zx");
    assert!(harness.get_all_by_label("11:30–13:00").count() > 1, "today");
    let mut found = Found::clone(&made::found("zx"));
    let first = &mut found.hits[0];
    first.record = Arc::new(PassRecord { day: first.record.day.plus_days(1), ..PassRecord::clone(&first.record) });
    let until = first.record.day.clock(first.record.visit_until);
    harness.state_mut().snapshot.found = Some(Arc::new(found));
    settle(&mut harness);
    harness.get_by_label(&format!("明天 11:30–{until}"));
}

/// The gate takes the choice.
pub(super) fn chosen_is_shown(harness: &mut Harness<'_, Desk>, pass: PassId) {
    let snapshot = &mut harness.state_mut().snapshot;
    snapshot.panel = made::found_by_hand().panel;
    snapshot.busy = true;
    if let Panel::Shown(shown) = &mut snapshot.panel {
        shown.record = Some(Arc::new(PassRecord { pass, ..made::record("张小𬭎") }));
    }
    settle(harness);
}

#[test]
fn whoever_waits_for_the_guard_comes_before_whoever_is_chosen() {
    let mut harness = looking_for("zx");
    somebody_scans(&mut harness.state_mut().snapshot, 8);
    harness.state_mut().snapshot.busy = true;
    settle(&mut harness);
    asked(&mut harness);
    press(&mut harness, egui::Key::Enter);
    // The gate takes nobody: nothing moves, and what is pressed for the chosen one meets nobody else.
    press(&mut harness, egui::Key::F1);
    let first = made::found("zx").hits[0].pass;
    assert_eq!(asked(&mut harness), [Command::Choose(first)]);
    assert!(stands(&harness, "zx"));
    harness.get_by_label("张㼆𬀩");
    harness.get_by_label("请核对　张小𬭎　先处理这位，按 Esc 查看");
    // That one has been dealt with.
    harness.state_mut().snapshot.panel = Panel::Waiting;
    harness.state_mut().snapshot.busy = false;
    settle(&mut harness);
    assert!(stands(&harness, "zx"));
    press(&mut harness, egui::Key::Enter);
    assert_eq!(asked(&mut harness), [Command::Choose(first)]);
    chosen_is_shown(&mut harness, first);
    harness.get_by_label("F1 放行（已核对）");
}

#[test]
fn a_code_that_is_quicker_than_the_choice_leaves_the_list_standing() {
    let mut harness = looking_for("zx");
    press(&mut harness, egui::Key::Enter);
    asked(&mut harness);
    somebody_scans(&mut harness.state_mut().snapshot, 8);
    harness.state_mut().snapshot.busy = true;
    settle(&mut harness);
    press(&mut harness, egui::Key::F1);
    assert_eq!(asked(&mut harness), []);
    harness.get_by_label("请核对　张小𬭎　先处理这位，按 Esc 查看");
}

/// News brings somebody whose name comes first.
fn somebody_comes_first(harness: &mut Harness<'_, Desk>) -> PassId {
    let mut found = Found::clone(&made::found("zx"));
    let first = Hit { pass: PassId::from_bytes(*b"newcomer"), ..found.hits[4].clone() };
    let pass = first.pass;
    found.hits.insert(0, first);
    harness.state_mut().snapshot.found = Some(Arc::new(found));
    harness.step();
    pass
}

#[test]
fn the_choice_stays_with_the_person_when_the_rows_move() {
    let hits = made::found("zx").hits.clone();
    for chosen in [0, 1] {
        let mut harness = looking_for("zx");
        (0..chosen).for_each(|_| press(&mut harness, egui::Key::ArrowDown));
        asked(&mut harness);
        let new = somebody_comes_first(&mut harness);
        settle(&mut harness);
        press(&mut harness, egui::Key::Enter);
        assert_eq!(asked(&mut harness), [Command::Choose(hits[chosen].pass)]);
        press(&mut harness, egui::Key::PageUp);
        press(&mut harness, egui::Key::Enter);
        assert_eq!(asked(&mut harness), [Command::Choose(new)], "the guard may choose them");
    }
}

#[test]
fn nobody_is_chosen_from_rows_that_have_just_moved() {
    let mut harness = looking_for("zx");
    asked(&mut harness);
    somebody_comes_first(&mut harness);
    harness.get_by_label("张小𬭎");
    harness.key_press(egui::Key::Enter);
    harness.step();
    settle(&mut harness);
    assert_eq!(asked(&mut harness), []);
    // The chosen one is no longer found, and another stands there.
    let mut found = Found::clone(&made::found("zx"));
    found.hits.remove(0);
    harness.state_mut().snapshot.found = Some(Arc::new(found));
    harness.step();
    harness.key_press(egui::Key::Enter);
    harness.step();
    settle(&mut harness);
    assert_eq!(asked(&mut harness), []);
    press(&mut harness, egui::Key::Enter);
    assert_eq!(asked(&mut harness).len(), 1);
}

#[test]
fn an_input_method_may_write_the_name() {
    let mut harness = desk(made::waiting());
    press(&mut harness, egui::Key::F4);
    let preedit = egui::ImeEvent::Preedit { text: "zhang".to_owned(), active_range_chars: None };
    harness.event(egui::Event::Ime(preedit));
    settle(&mut harness);
    assert_eq!(asked(&mut harness), [], "nothing is looked for before the name is there");
    harness.event(egui::Event::Ime(egui::ImeEvent::Commit("张小𬭎".to_owned())));
    settle(&mut harness);
    assert_eq!(asked(&mut harness), [Command::Find("张小𬭎".into())]);
}

#[test]
fn an_answer_to_an_older_question_is_not_drawn() {
    let mut harness = looking_for("zx");
    write(&mut harness, "q");
    assert!(harness.query_by_label("张小𬭎").is_none());
    press(&mut harness, egui::Key::Enter);
    assert!(!asked(&mut harness).iter().any(|command| matches!(command, Command::Choose(_))));
}

#[test]
fn nobody_found_says_what_to_do_next() {
    let mut harness = looking_for("qq");
    harness.state_mut().snapshot.found = Some(Arc::new(Found { query: "qq".into(), hits: Vec::new(), more: 0 }));
    settle(&mut harness);
    harness.get_by_label("名单里没有这个人。核对写法，或按 F5 现场登记");
}

#[test]
fn a_list_that_is_not_fresh_says_so() {
    let mut harness = desk(made::waiting());
    harness.state_mut().snapshot.status.freshness = Freshness::Stale;
    harness.state_mut().snapshot.status.news_as_of = Some(made::NOON.minus(chrono::TimeDelta::minutes(42)));
    press(&mut harness, egui::Key::F4);
    harness.get_by_label("名单不是最新的，可能不全：42 分钟前");
}

fn somebody_scans(snapshot: &mut Snapshot, case: u64) {
    let shown = made::shown(Verdict::Ask(AskReason::ClockUntrusted), None);
    snapshot.panel = shown.panel;
    if let Panel::Shown(shown) = &mut snapshot.panel {
        shown.case = CaseNumber::new(case);
    }
}

#[test]
fn a_new_visitor_brings_the_scan_screen_back_unless_somebody_is_typing() {
    let mut harness = desk(made::waiting());
    press(&mut harness, egui::Key::F4);
    somebody_scans(&mut harness.state_mut().snapshot, 7);
    settle(&mut harness);
    harness.get_by_label("请核对");

    let mut harness = looking_for("zx");
    somebody_scans(&mut harness.state_mut().snapshot, 8);
    settle(&mut harness);
    harness.get_by_label("请核对　张小𬭎　有人扫码，按 Esc 查看");
    harness.get_by_label("张㼆𬀩");
    press(&mut harness, egui::Key::Escape);
    harness.get_by_label("F1 放行（已核对）");
}
