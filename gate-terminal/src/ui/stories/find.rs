//! The find screen: what is asked for while somebody types, and how one of the found is chosen.

use egui_kittest::kittest::Queryable as _;
use shared::{
    sync::beacon::Freshness,
    verdict::{AskReason, Verdict},
};

use super::{asked, desk, made, press, settle, write};
use crate::ui::{
    command::Command,
    snapshot::{CaseNumber, Found, Panel, Snapshot},
};

fn looking_for(query: &str) -> egui_kittest::Harness<'static, super::Desk> {
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
    for label in ["张小𬭎", "张㼆𬀩", "按姓名", "按拼音首字母", "在校内", "已失效", "另有 17 人，请再输入几个字"]
    {
        harness.get_by_label(label);
    }
    press(&mut harness, egui::Key::ArrowDown);
    press(&mut harness, egui::Key::Enter);
    let second = made::found("zx").hits[1].pass;
    assert_eq!(asked(&mut harness), [Command::Choose(second), Command::Find(String::new())]);
    harness.get_by_label("请出示通行码");
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
    harness.state_mut().snapshot.found =
        Some(std::sync::Arc::new(Found { query: "qq".into(), hits: Vec::new(), more: 0 }));
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
