//! The officers' screens: the lock, the log, the settings.

use std::sync::Arc;

use egui_kittest::{Harness, kittest::Queryable as _};
use shared::{entry::Outcome, time::CampusDay, verdict::Verdict};

use super::{Desk, asked, desk, desk_with, made, officers_asked, press, settle, write};
use crate::ui::{
    command::Command,
    records::{
        Answer, Ask, ExportKind, Failed, Lock, LogFilter, LogPage, OfficerSaid, Pin, Settings, ThemeChoice, Tone,
        VerdictKind,
    },
    snapshot::Way,
};

fn locked() -> Harness<'static, Desk> {
    let mut harness = desk(made::waiting());
    harness.state_mut().records.lock = Lock::Locked { retry_at: None };
    press(&mut harness, egui::Key::F6);
    harness
}

fn open(tab: egui::Key) -> Harness<'static, Desk> {
    let mut harness = desk(made::waiting());
    press(&mut harness, tab);
    harness.state_mut().records = made::open_records();
    settle(&mut harness);
    harness
}

fn pin(digits: &str) -> Pin {
    Pin::parse(digits).unwrap()
}

#[test]
fn the_log_stays_behind_the_pin() {
    let mut harness = locked();
    harness.get_by_label("请输入密码");
    assert!(harness.query_by_label("F1 出入记录").is_none());
    write(&mut harness, "12345");
    press(&mut harness, egui::Key::Enter);
    harness.get_by_label("请输入 6 至 12 位数字");
    write(&mut harness, "6");
    press(&mut harness, egui::Key::Enter);
    assert_eq!(officers_asked(&mut harness), [Ask::Unlock(pin("123456"))]);
    harness.state_mut().records.answer = Some(Answer { number: 1, said: OfficerSaid::WrongPin { left_s: 0 } });
    settle(&mut harness);
    harness.get_by_label("密码不对");
    let said = OfficerSaid::Failed { what: Failed::Pin, why: "磁盘满了".into() };
    harness.state_mut().records.answer = Some(Answer { number: 2, said });
    settle(&mut harness);
    harness.get_by_label("密码用不了：磁盘满了");
}

#[test]
fn a_roll_call_that_cannot_be_written_is_shown() {
    let failed = |number| {
        let said = OfficerSaid::Failed { what: Failed::RollCall, why: "磁盘满了".into() };
        Some(Answer { number, said })
    };
    let told = "点名册没有写出，请看下面的在校名单：磁盘满了";
    let mut harness = locked();
    press(&mut harness, egui::Key::F9);
    harness.state_mut().records.answer = failed(1);
    settle(&mut harness);
    assert_eq!(asked(&mut harness), [Command::ListInside(true)]);
    harness.state_mut().snapshot.inside = Some(made::inside(10));
    settle(&mut harness);
    harness.get_by_label(told);
    harness.get_by_label("共 19 人");
    assert!(harness.query_by_label("F1 出入记录").is_none(), "the log itself stays behind the PIN");
    press(&mut harness, egui::Key::Escape);
    assert_eq!(asked(&mut harness), [Command::ListInside(false)]);
    press(&mut harness, egui::Key::F6);
    harness.get_by_label("请输入密码");

    let mut harness = open(egui::Key::F6);
    press(&mut harness, egui::Key::F9);
    harness.state_mut().records.answer = failed(1);
    harness.state_mut().snapshot.inside = Some(made::inside(10));
    settle(&mut harness);
    harness.get_by_label(told);
    harness.get_by_label("共 19 人");
    press(&mut harness, egui::Key::F1);
    assert!(harness.query_by_label("共 19 人").is_none(), "the officer may look at the log");
}

#[test]
fn in_an_emergency_one_key_from_any_screen_writes_the_roll_call_without_a_pin() {
    let mut harness = desk(made::waiting());
    harness.state_mut().records.lock = Lock::Locked { retry_at: None };
    press(&mut harness, egui::Key::F9);
    assert_eq!(officers_asked(&mut harness), [Ask::RollCall]);
    harness.state_mut().records.answer =
        Some(Answer { number: 1, said: OfficerSaid::RollCall { path: "/tmp/a.html".into(), people: 41 } });
    settle(&mut harness);
    harness.get_by_label("点名册 41 人，已写到 /tmp/a.html");
    harness.get_by_label("请输入密码");
    assert!(harness.query_by_label("F1 出入记录").is_none(), "the log itself stays behind the PIN");
    press(&mut harness, egui::Key::F9);
    assert_eq!(officers_asked(&mut harness), [Ask::RollCall]);
}

/// The officers' thread writes to a slow stick, or did not take the ask.
#[test]
fn a_roll_call_that_is_late_is_shown_meanwhile() {
    let told = "点名册还没有写出，请先看下面的在校名单";
    let written = || Some(Answer { number: 1, said: OfficerSaid::RollCall { path: "/tmp/a.html".into(), people: 41 } });
    for is_open in [false, true] {
        let mut harness = if is_open { open(egui::Key::F6) } else { desk(made::waiting()) };
        if !is_open {
            harness.state_mut().records.lock = Lock::Locked { retry_at: None };
        }
        harness.state_mut().snapshot.inside = Some(made::inside(10));
        press(&mut harness, egui::Key::F9);
        assert!(harness.query_by_label(told).is_none());
        for _ in 0..20 {
            harness.step();
        }
        harness.get_by_label(told);
        harness.get_by_label("共 19 人");
        harness.state_mut().records.answer = written();
        settle(&mut harness);
        harness.get_by_label("点名册 41 人，已写到 /tmp/a.html");
        assert!(harness.query_by_label(told).is_none());
        assert_eq!(harness.query_by_label("共 19 人").is_some(), is_open, "behind the PIN it is shown no longer");
    }
}

#[test]
fn a_roll_call_that_is_quicker_than_the_screen_is_said_all_the_same() {
    let mut harness = desk(made::waiting());
    harness.state_mut().records.lock = Lock::Locked { retry_at: None };
    let said = |people| OfficerSaid::RollCall { path: "/tmp/a.html".into(), people };
    harness.state_mut().records.answer = Some(Answer { number: 1, said: said(40) });
    settle(&mut harness);
    harness.key_down(egui::Key::F9);
    while officers_asked(&mut harness).is_empty() {
        harness.step();
    }
    harness.state_mut().records.answer = Some(Answer { number: 2, said: said(41) });
    harness.key_up(egui::Key::F9);
    settle(&mut harness);
    harness.get_by_label("点名册 41 人，已写到 /tmp/a.html");
}

#[test]
fn after_wrong_pins_nothing_is_asked_before_its_time() {
    let mut harness = locked();
    let retry_at = Some(made::NOON.plus(chrono::TimeDelta::seconds(8)));
    harness.state_mut().records.lock = Lock::Locked { retry_at };
    settle(&mut harness);
    harness.get_by_label("输错次数太多，请等 8 秒");
    write(&mut harness, "123456");
    press(&mut harness, egui::Key::Enter);
    assert_eq!(officers_asked(&mut harness), []);
}

#[test]
fn the_first_officer_sets_the_pin_by_writing_it_twice() {
    let mut harness = desk(made::waiting());
    press(&mut harness, egui::Key::F6);
    harness.get_by_label("还没有设置密码。请保卫处人员现在设置");
    for digits in ["246810", "246811"] {
        write(&mut harness, digits);
        press(&mut harness, egui::Key::Enter);
    }
    harness.get_by_label("两次输入不一样");
    assert_eq!(officers_asked(&mut harness), []);
}

#[test]
fn the_log_is_asked_for_filtered_and_exported() {
    let mut harness = open(egui::Key::F6);
    let today = LogFilter::day(CampusDay::of(made::NOON));
    assert_eq!(officers_asked(&mut harness), [Ask::Look(today.clone())]);
    for label in ["张小𬭎", "300 条，显示最近 40 条"] {
        assert!(harness.query_all_by_label(label).next().is_some(), "{label}");
    }
    harness.get_by_label("核验结果 全部").click();
    settle(&mut harness);
    let admitted = LogFilter { verdict: Some(VerdictKind::Admit), ..today };
    assert_eq!(officers_asked(&mut harness), [Ask::Look(admitted.clone())]);
    for _ in 0..20 {
        harness.step();
    }
    let again = officers_asked(&mut harness);
    assert!(!again.is_empty(), "what the officers' thread did not take is asked again");
    assert!(again.iter().all(|ask| *ask == Ask::Look(admitted.clone())), "{again:?}");
    let page = harness.state().records.page.as_deref().unwrap().clone();
    harness.state_mut().records.page = Some(Arc::new(LogPage { filter: admitted.clone(), ..page }));
    for _ in 0..20 {
        harness.step();
    }
    assert_eq!(officers_asked(&mut harness), [], "and what is shown is not");
    press(&mut harness, egui::Key::F12);
    let export = Ask::Export { filter: admitted, kind: ExportKind::Xlsx };
    assert_eq!(officers_asked(&mut harness), [export]);
    press(&mut harness, egui::Key::F9);
    assert_eq!(officers_asked(&mut harness), [Ask::RollCall]);
    harness.state_mut().records.answer =
        Some(Answer { number: 5, said: OfficerSaid::RollCall { path: "/tmp/a.html".into(), people: 41 } });
    settle(&mut harness);
    harness.get_by_label("点名册 41 人，已写到 /tmp/a.html");
}

#[test]
fn a_line_is_chosen_with_the_arrows_and_shown_in_full() {
    let mut harness = open(egui::Key::F6);
    let sixth = made::log_page(40).lines.iter().position(|line| line.conflict.is_some()).unwrap();
    for _ in 0..sixth {
        press(&mut harness, egui::Key::ArrowDown);
    }
    harness.get_by_label("一码多用：11:40 也从东门进入过");
    harness.get_by_label("在本机的记录链上，服务器已核对并签收");
}

#[test]
fn of_ten_thousand_lines_only_those_in_sight_are_drawn() {
    let mut records = made::open_records();
    records.page = Some(std::sync::Arc::new(made::log_page(10_000)));
    let mut harness = desk_with(Desk { records, ..Desk::of(made::waiting()) });
    press(&mut harness, egui::Key::F6);
    let drawn = harness.query_all_by_label("南门").count();
    assert!((5..30).contains(&drawn), "{drawn}");
    for _ in 0..3 {
        press(&mut harness, egui::Key::PageDown);
    }
    let drawn = harness.query_all_by_label("南门").count();
    assert!((5..30).contains(&drawn), "{drawn}");
}

#[test]
fn who_is_inside_is_listed_only_while_it_is_looked_at() {
    let mut harness = open(egui::Key::F6);
    press(&mut harness, egui::Key::F2);
    assert_eq!(asked(&mut harness), [Command::ListInside(true)]);
    harness.state_mut().snapshot.inside = Some(made::inside(10));
    settle(&mut harness);
    harness.get_by_label("共 19 人");
    press(&mut harness, egui::Key::F3);
    harness.get_by_label("共 6 人");
    press(&mut harness, egui::Key::Escape);
    assert_eq!(asked(&mut harness), [Command::ListInside(false)]);
}

#[test]
fn a_setting_is_asked_for_and_shown_once_it_is_kept() {
    let mut harness = open(egui::Key::F7);
    let held = Settings::default();
    for (label, wanted) in [
        ("通行方向 进校", Settings { way: Way::Out, ..held.clone() }),
        ("画面 自动（晚上深色）", Settings { theme: ThemeChoice::Light, ..held.clone() }),
        ("全屏锁定 关", Settings { kiosk: true, ..held.clone() }),
    ] {
        harness.get_by_label(label).click();
        settle(&mut harness);
        assert_eq!(officers_asked(&mut harness), [Ask::Change(wanted)], "{label}");
        harness.get_by_label(label);
    }
    harness.get_by_label("核对").click();
    settle(&mut harness);
    assert_eq!(officers_asked(&mut harness), [Ask::TestSound(Tone::Ask)]);
}

#[test]
fn the_health_of_the_machine_is_told() {
    let harness = open(egui::Key::F7);
    for label in ["磁盘剩余 45.0 GB", "数据检查 完好　42 分钟前", "每秒帧数 28", "识读率 93%", "与服务器时差 1 秒以内"]
    {
        assert!(harness.query_all_by_label(label).next().is_some(), "{label}");
    }
}

#[test]
fn the_program_ends_only_when_asked_twice_behind_the_pin() {
    let mut harness = open(egui::Key::F7);
    harness.get_by_label("退出程序").click();
    settle(&mut harness);
    assert_eq!(officers_asked(&mut harness), []);
    harness.get_by_label("再按一次退出").click();
    settle(&mut harness);
    assert_eq!(officers_asked(&mut harness), [Ask::EndProgram]);
    let mut harness = open(egui::Key::F7);
    harness.get_by_label("退出程序").click();
    settle(&mut harness);
    harness.run_steps(16);
    assert!(harness.query_by_label("再按一次退出").is_none(), "asked once, long ago");
    let mut harness = desk(made::waiting());
    press(&mut harness, egui::Key::F7);
    assert!(harness.query_by_label("退出程序").is_none());
}

#[test]
fn the_theme_follows_the_hour_and_the_choice() {
    let mut harness = desk(made::waiting());
    assert_eq!(harness.ctx.theme(), egui::Theme::Light);
    harness.state_mut().snapshot.now = CampusDay::of(made::NOON).at_minute(22 * 60);
    settle(&mut harness);
    assert_eq!(harness.ctx.theme(), egui::Theme::Dark);
    harness.state_mut().records.settings.theme = ThemeChoice::Light;
    settle(&mut harness);
    assert_eq!(harness.ctx.theme(), egui::Theme::Light);
}

#[test]
fn an_officer_who_goes_to_a_guard_s_screen_has_locked_behind_them() {
    for tab in [egui::Key::F6, egui::Key::F7] {
        let mut harness = open(tab);
        officers_asked(&mut harness);
        press(&mut harness, if tab == egui::Key::F6 { egui::Key::F7 } else { egui::Key::F6 });
        assert!(!officers_asked(&mut harness).contains(&Ask::Lock), "the officer is still there");
        press(&mut harness, egui::Key::Escape);
        assert!(officers_asked(&mut harness).contains(&Ask::Lock), "{tab:?}");
    }
    let mut harness = open(egui::Key::F6);
    officers_asked(&mut harness);
    harness.state_mut().snapshot = made::shown(Verdict::Admit, Some(Outcome::Passed));
    settle(&mut harness);
    assert_eq!(officers_asked(&mut harness), [Ask::Lock], "a visitor brought the scan screen back");
}

#[test]
fn a_setting_a_guard_has_switched_meanwhile_says_both() {
    let mut harness = desk_with(Desk { records: made::open_records(), ..Desk::of(made::waiting()) });
    press(&mut harness, egui::Key::F10);
    harness.state_mut().snapshot.way = Way::Both;
    press(&mut harness, egui::Key::F7);
    harness.get_by_label("Way IN (now IN / OUT)");
    harness.get_by_label("Language Chinese (now English)");
}
