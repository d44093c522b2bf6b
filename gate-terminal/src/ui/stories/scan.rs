//! The scan screen: each verdict by its words, each key by what it asks for.

use egui_kittest::{Harness, kittest::Queryable as _};
use shared::{
    entry::{Direction, GuardReason, Outcome, Remark},
    sync::beacon::Freshness,
    time::CampusDay,
    verdict::{AskReason, RefuseReason, Verdict},
};

use super::{Desk, asked, desk, install, press, settle};
use crate::ui::{
    command::Command,
    made::{self, CASE},
    screens::{HEIGHT, WIDTH},
    snapshot::{Alarm, Camera, CameraLoss, CaseNumber, Link, Panel, Picture, Snapshot, Way},
    theme,
    words::{self, Language},
};

/// The same panel for the visitor after the one it was made for.
fn next(mut snapshot: Snapshot) -> Snapshot {
    if let Panel::Shown(shown) = &mut snapshot.panel {
        shown.case = CaseNumber::new(CASE.get() + 1);
    }
    snapshot
}

fn stale() -> Snapshot {
    made::shown(Verdict::Ask(AskReason::NewsStale { since: made::NOON }), None)
}

#[test]
fn each_verdict_has_its_word_and_its_sentence() {
    let let_in = Some(Outcome::LetIn { reason: GuardReason::HostCalled });
    let sent_away = Some(Outcome::SentAway { reason: GuardReason::CardDiffers });
    let ask = Verdict::Ask(AskReason::NewsStale { since: made::NOON });
    let refuse = Verdict::Refuse(RefuseReason::Revoked);
    let mut blind = made::waiting();
    blind.status.camera = Camera::Lost(CameraLoss::Unplugged);
    for (snapshot, word, sentence) in [
        (made::waiting(), "请出示通行码", "把手机上的通行码对准取景框"),
        (Snapshot { code_stays: true, ..made::waiting() }, "请出示通行码", "这个码已看过：拿开两秒，再出示一次"),
        (blind, "摄像头中断", "请用扫码枪，或按 F4 查找访客"),
        (Snapshot { panel: Panel::Checking, ..made::waiting() }, "核验中", "正在写入记录，请稍候"),
        (made::shown(Verdict::Admit, Some(Outcome::Passed)), "通行", "核验通过，请进"),
        (stale(), "请核对", "名单停在 12:00，请核对证件后四位"),
        (made::shown(refuse.clone(), Some(Outcome::Refused)), "禁止通行", "预约已经撤销，不能进"),
        (made::shown(refuse, let_in), "通行", "门卫放行：已电话联系被访人"),
        (made::shown(ask.clone(), sent_away), "已劝返", "门卫劝返：证件不符"),
        (made::shown(ask, Some(Outcome::Unanswered)), "未放行", "超时没有处理，未放行，请重新扫码"),
        (
            made::shown_stranger(Verdict::Refuse(RefuseReason::NotOurs)),
            "禁止通行",
            "不是本校的访客通行码，请访客打开预约页面上的通行码",
        ),
        (made::shown(Verdict::Refuse(RefuseReason::NotRecorded), None), "禁止通行", "无法写入记录，请用纸质登记本登记"),
    ] {
        let harness = desk(snapshot);
        harness.get_by_label(word);
        harness.get_by_label(sentence);
    }
}

#[test]
fn an_admission_without_a_record_is_not_shown_as_one() {
    let harness = desk(made::shown(Verdict::Admit, None));
    harness.get_by_label("核验中");
    assert!(harness.query_by_label("通行").is_none());
}

#[test]
fn the_guard_sees_who_stands_there() {
    let harness = desk(made::shown(Verdict::Admit, Some(Outcome::Passed)));
    for label in [
        "张小𬭎",
        "123X",
        "陈老师　计算机科学与技术学院",
        "参加学术报告会并参观实验室",
        "11:30–13:00",
        "3",
        "随行 李䶮、王㼆",
        "陕A12345",
        "8000",
        "请核对证件",
        "有车辆",
        "长安校区　南门",
    ] {
        harness.get_by_label(label);
    }
}

#[test]
fn the_bar_says_what_can_be_relied_on() {
    let mut snapshot = made::waiting();
    let harness = desk(snapshot.clone());
    for label in ["摄像头 正常", "网络 正常", "名单 刚刚更新", "时间 准确", "待上传 0", "今日进校 128", "在校 41"]
    {
        harness.get_by_label(label);
    }
    snapshot.status.camera = Camera::Lost(CameraLoss::Unplugged);
    snapshot.status.link = Link::Down;
    snapshot.status.freshness = Freshness::Stale;
    snapshot.status.news_as_of = Some(made::NOON.minus(chrono::TimeDelta::minutes(42)));
    snapshot.status.clock_trusted = false;
    snapshot.status.unsent = 17;
    snapshot.status.alarm = Some(Alarm::NotRecording);
    let harness = desk(snapshot);
    for label in [
        "摄像头 被拔出，请插好",
        "网络 断开，可照常核验",
        "名单 42 分钟前，旧，请核对证件",
        "时间 不可信",
        "待上传 17",
        "无法写入记录，请用纸质登记本登记",
        "没有画面",
    ] {
        harness.get_by_label(label);
    }
}

#[test]
fn keys_and_buttons_ask_for_the_same() {
    let mut by_key = desk(stale());
    press(&mut by_key, egui::Key::F1);
    let mut by_button = desk(stale());
    by_button.get_by_label("F1 放行（已核对）").click();
    settle(&mut by_button);
    let let_in = vec![Command::LetIn { case: CASE, reason: GuardReason::CardChecked }];
    assert_eq!(asked(&mut by_key), let_in);
    assert_eq!(asked(&mut by_button), let_in);
}

#[test]
fn letting_in_with_a_reason_and_sending_away_take_two_keys() {
    for (first, second, command) in [
        (egui::Key::F2, egui::Key::Num1, Command::LetIn { case: CASE, reason: GuardReason::HostCalled }),
        (egui::Key::F2, egui::Key::Num2, Command::LetIn { case: CASE, reason: GuardReason::OfficeCalled }),
        (egui::Key::F3, egui::Key::Num1, Command::SendAway { case: CASE, reason: GuardReason::CardDiffers }),
        (egui::Key::F3, egui::Key::Num2, Command::SendAway { case: CASE, reason: GuardReason::HostCalled }),
    ] {
        let mut harness = desk(stale());
        press(&mut harness, first);
        assert_eq!(asked(&mut harness), [Command::Hold { case: CASE }]);
        press(&mut harness, second);
        assert_eq!(asked(&mut harness), [command]);
    }
}

#[test]
fn somebody_admitted_by_their_code_can_still_be_stopped() {
    let mut harness = desk(made::shown(Verdict::Admit, Some(Outcome::Passed)));
    press(&mut harness, egui::Key::F3);
    press(&mut harness, egui::Key::Num1);
    let send_away = Command::SendAway { case: CASE, reason: GuardReason::CardDiffers };
    assert_eq!(asked(&mut harness), [Command::Hold { case: CASE }, send_away]);
}

#[test]
fn another_reason_is_written_and_kept() {
    let mut harness = desk(stale());
    harness.get_by_label("F2 放行并注明").click();
    settle(&mut harness);
    harness.get_by_label("4　其他原因").click();
    settle(&mut harness);
    asked(&mut harness);
    harness.event(egui::Event::Text("送样品".to_owned()));
    settle(&mut harness);
    press(&mut harness, egui::Key::Enter);
    let reason = GuardReason::Other { text: Remark::parse("送样品").unwrap() };
    assert_eq!(asked(&mut harness), [Command::Hold { case: CASE }, Command::LetIn { case: CASE, reason }]);
}

#[test]
fn a_reason_that_cannot_be_kept_says_why() {
    let mut harness = desk(stale());
    press(&mut harness, egui::Key::F2);
    press(&mut harness, egui::Key::Num4);
    harness.event(egui::Event::Text(format!("证件 {}", made::CARD_NUMBER)));
    settle(&mut harness);
    harness.get_by_label("这里不能写证件号码或通行码，请删去");
}

#[test]
fn the_panel_is_held_by_each_sign_of_the_guard_and_by_nothing_else() {
    let refused = made::shown(Verdict::Refuse(RefuseReason::Revoked), Some(Outcome::Refused));
    let mut harness = desk(refused);
    let hold = [Command::Hold { case: CASE }];
    press(&mut harness, egui::Key::F2);
    assert_eq!(asked(&mut harness), hold, "the reasons are opened");
    press(&mut harness, egui::Key::Num4);
    assert_eq!(asked(&mut harness), hold, "another reason is to be written");
    let preedit = egui::ImeEvent::Preedit { text: "song".to_owned(), active_range_chars: None };
    for typed in [egui::Event::Text("送".to_owned()), egui::Event::Ime(preedit)] {
        harness.event(typed);
        settle(&mut harness);
        assert_eq!(asked(&mut harness), hold, "something is typed");
        // The gate answers with a later end; the guard goes on writing.
        if let Panel::Shown(shown) = &mut harness.state_mut().snapshot.panel {
            shown.until = shown.until.plus(chrono::TimeDelta::seconds(50));
        }
        harness.run_steps(20);
        assert_eq!(asked(&mut harness), [], "a guard who went away does not hold it");
    }
    harness.get_by_label("为什么放行？");
}

#[test]
fn what_is_pressed_names_the_visitor_it_was_pressed_for() {
    let mut harness = desk(stale());
    press(&mut harness, egui::Key::F1);
    harness.state_mut().snapshot = next(stale());
    settle(&mut harness);
    press(&mut harness, egui::Key::F1);
    let cases = [CASE, CaseNumber::new(CASE.get() + 1)];
    assert_eq!(asked(&mut harness), cases.map(|case| Command::LetIn { case, reason: GuardReason::CardChecked }));
}

#[test]
fn escape_leaves_the_reasons_before_it_leaves_the_visitor() {
    let mut harness = desk(made::shown(Verdict::Refuse(RefuseReason::Revoked), Some(Outcome::Refused)));
    press(&mut harness, egui::Key::F2);
    harness.get_by_label("为什么放行？");
    press(&mut harness, egui::Key::Escape);
    assert!(harness.query_by_label("为什么放行？").is_none());
    assert_eq!(asked(&mut harness), [Command::Hold { case: CASE }, Command::LetGo { case: CASE }]);
    press(&mut harness, egui::Key::Escape);
    assert_eq!(asked(&mut harness), [Command::Dismiss { case: CASE }]);
}

#[test]
fn keys_that_are_not_offered_do_nothing() {
    let refused = made::shown(Verdict::Refuse(RefuseReason::Revoked), Some(Outcome::Refused));
    let passed = made::shown(Verdict::Admit, Some(Outcome::Passed));
    let unrecorded = made::shown(Verdict::Refuse(RefuseReason::NotRecorded), None);
    for (snapshot, keys) in [
        (made::waiting(), vec![egui::Key::F1, egui::Key::F2, egui::Key::F3, egui::Key::Escape]),
        (Snapshot { panel: Panel::Checking, ..made::waiting() }, vec![egui::Key::F1, egui::Key::F2, egui::Key::F3]),
        (passed, vec![egui::Key::F1, egui::Key::F2]),
        (refused, vec![egui::Key::F1, egui::Key::F3]),
        (unrecorded, vec![egui::Key::F1, egui::Key::F2, egui::Key::F3]),
        (stale(), vec![egui::Key::Escape, egui::Key::Enter, egui::Key::Num1, egui::Key::Space]),
    ] {
        let mut harness = desk(snapshot);
        for key in keys {
            press(&mut harness, key);
            press(&mut harness, egui::Key::Num1);
            assert_eq!(asked(&mut harness), [], "{key:?}");
        }
    }
}

#[test]
fn a_key_meant_for_the_last_visitor_does_not_let_the_next_one_in() {
    let mut harness = desk(made::waiting());
    harness.state_mut().snapshot = stale();
    harness.step();
    harness.key_press(egui::Key::F1);
    harness.step();
    assert_eq!(asked(&mut harness), []);
    settle(&mut harness);
    press(&mut harness, egui::Key::F1);
    assert_eq!(asked(&mut harness).len(), 1);
}

#[test]
fn a_key_held_down_decides_once() {
    let mut harness = desk(stale());
    let held = |repeat| egui::Event::Key {
        key: egui::Key::F1,
        physical_key: None,
        pressed: true,
        repeat,
        modifiers: egui::Modifiers::NONE,
    };
    harness.event(held(false));
    harness.step();
    for _ in 0..5 {
        harness.event(held(true));
        harness.step();
    }
    assert_eq!(asked(&mut harness).len(), 1);
}

#[test]
fn the_next_visitor_closes_the_reasons_of_the_last() {
    // Also when they look alike: two strangers, one after the other.
    for following in [made::shown(Verdict::Ask(AskReason::ClockUntrusted), None), next(stale())] {
        let mut harness = desk(stale());
        press(&mut harness, egui::Key::F2);
        asked(&mut harness);
        harness.state_mut().snapshot = following;
        settle(&mut harness);
        press(&mut harness, egui::Key::Num1);
        assert_eq!(asked(&mut harness), []);
    }
}

#[test]
fn the_direction_turns_both_ways() {
    let mut harness = desk(made::waiting());
    harness.get_by_label("进校");
    press(&mut harness, egui::Key::F8);
    assert_eq!(asked(&mut harness), [Command::Face(Way::Out)]);
    harness.state_mut().snapshot.direction = Direction::Out;
    harness.state_mut().snapshot.way = Way::Out;
    settle(&mut harness);
    harness.get_by_label("离校");
    harness.get_by_label("F8　进/出/双向").click();
    settle(&mut harness);
    assert_eq!(asked(&mut harness), [Command::Face(Way::Both)]);
    harness.state_mut().snapshot.way = Way::Both;
    settle(&mut harness);
    harness.get_by_label("进出");
    press(&mut harness, egui::Key::F8);
    assert_eq!(asked(&mut harness), [Command::Face(Way::In)]);
}

#[test]
fn the_way_of_the_case_is_said_where_the_gate_s_does_not_say_it() {
    let going = |way, direction| {
        let mut harness = desk(Snapshot { way, direction, ..stale() });
        settle(&mut harness);
        let said = |label| harness.query_all_by_label(label).count();
        (said("进校"), said("离校"))
    };
    assert_eq!(going(Way::In, Direction::In), (1, 0));
    assert_eq!(going(Way::Both, Direction::In), (1, 0), "while the guard is asked, too");
    assert_eq!(going(Way::Both, Direction::Out), (0, 1));
    assert_eq!(going(Way::Out, Direction::In), (1, 1), "turned while the case was on show");
}

#[test]
fn the_language_turns_without_the_gate() {
    let mut harness = desk(made::shown(Verdict::Admit, Some(Outcome::Passed)));
    press(&mut harness, egui::Key::F10);
    harness.get_by_label("PASS");
    harness.get_by_label("Chang'an Campus　South Gate");
    assert_eq!(asked(&mut harness), []);
    press(&mut harness, egui::Key::F10);
    harness.get_by_label("通行");
}

#[test]
fn the_countdown_of_a_question_is_shown() {
    desk(stale()).get_by_label("30 秒内处理");
}

#[test]
fn the_preview_follows_the_newest_picture_and_survives_a_broken_one() {
    let mut harness = desk(made::waiting());
    harness.get_by_label("没有画面");
    harness.state_mut().picture = Some(Picture { rgb: vec![0; 5], ..made::picture(1) });
    settle(&mut harness);
    harness.get_by_label("没有画面");
    harness.state_mut().picture = Some(made::picture(2));
    settle(&mut harness);
    assert!(harness.query_by_label("没有画面").is_none());
}

#[test]
fn an_idle_window_sleeps() {
    let mut harness = desk(made::waiting());
    harness.run();
    let delay = harness.output().viewport_output.values().map(|output| output.repaint_delay).min();
    assert_eq!(delay, Some(std::time::Duration::MAX));
}

#[test]
fn a_name_the_font_lacks_is_numbered() {
    let snapshot = made::shown_to(Verdict::Admit, Some(Outcome::Passed), "王𠮷明");
    let builder = Harness::builder().with_size([WIDTH, HEIGHT]).with_context_setup(install).allow_missing_glyphs();
    let mut harness = builder.build_ui_state(Desk::draw, Desk::of(snapshot));
    harness.run_steps(2);
    harness.get_by_label("王𠮷(U+20BB7)明");
}

fn every_text(language: Language) -> impl Iterator<Item = &'static str> {
    let desk = language.words().all().chain(words::Find::of(language).all()).chain(words::WalkIn::of(language).all());
    let office = words::Log::of(language).all().chain(words::Settings::of(language).all());
    desk.chain(office)
        .chain(words::Health::of(language).all())
        .chain(words::Enrol::of(language).all())
        .chain(words::Stopped::of(language).all())
}

#[test]
fn every_text_and_the_rare_names_can_be_drawn() {
    let texts: String = [Language::Zh, Language::En].into_iter().flat_map(every_text).collect();
    // 通用规范汉字表 (2013), the characters a new name may be registered with, in the table's order.
    let table: String = include_str!("../../../../tests/fixtures/tgh8105.txt").lines().collect();
    assert_eq!(table.chars().count(), 8_105);
    let rare = format!("𬭎䶮㼆𬀩㛃𫖯𬱖𫍯〇·{table}");
    let missing = std::rc::Rc::new(std::cell::RefCell::new(String::new()));
    let found = std::rc::Rc::clone(&missing);
    let mut harness = Harness::builder().with_context_setup(theme::install).build_ui(move |ui| {
        let id = egui::FontId::default();
        let lacking = |symbol: &char| !ui.fonts_mut(|fonts| fonts.has_glyph(&id, *symbol));
        *found.borrow_mut() = texts.chars().chain(rare.chars()).filter(lacking).collect();
    });
    harness.run();
    assert_eq!(*missing.borrow(), "");
}

#[test]
fn the_guard_counts_the_party_before_and_after_the_entry() {
    for snapshot in [stale(), made::shown(Verdict::Admit, Some(Outcome::Passed))] {
        let mut harness = desk(snapshot);
        press(&mut harness, egui::Key::Plus);
        // Faster than the gate answers: counted on from what was asked for.
        press(&mut harness, egui::Key::Equals);
        harness.get_by_label("－ 减一人").click();
        settle(&mut harness);
        let counts = [4, 5, 4].map(|party| Command::Count { case: CASE, party });
        assert_eq!(asked(&mut harness), counts);
        if let Panel::Shown(shown) = &mut harness.state_mut().snapshot.panel {
            shown.count = 4;
        }
        settle(&mut harness);
        harness.get_by_label("4");
        harness.get_by_label("预约 3　随行 李䶮、王㼆");
        press(&mut harness, egui::Key::Minus);
        assert_eq!(asked(&mut harness), [Command::Count { case: CASE, party: 3 }]);
    }
}

#[test]
fn nobody_is_counted_who_does_not_go_through() {
    let refused = made::shown(Verdict::Refuse(RefuseReason::Revoked), Some(Outcome::Refused));
    for snapshot in [refused, made::waiting(), made::shown_stranger(Verdict::Refuse(RefuseReason::NotOurs))] {
        let mut harness = desk(snapshot);
        press(&mut harness, egui::Key::Plus);
        press(&mut harness, egui::Key::Minus);
        assert_eq!(asked(&mut harness), []);
    }
    let mut alone = stale();
    if let Panel::Shown(shown) = &mut alone.panel {
        shown.count = 1;
    }
    let mut harness = desk(alone);
    press(&mut harness, egui::Key::Minus);
    assert_eq!(asked(&mut harness), [], "a party has at least its visitor");
}

#[test]
fn a_minus_in_a_reason_counts_nobody() {
    let mut harness = desk(stale());
    press(&mut harness, egui::Key::F2);
    press(&mut harness, egui::Key::Num4);
    asked(&mut harness);
    press(&mut harness, egui::Key::Minus);
    assert!(asked(&mut harness).iter().all(|command| !matches!(command, Command::Count { .. })));
}

#[test]
fn somebody_found_by_hand_is_to_show_their_card() {
    let mut harness = desk(made::found_by_hand());
    harness.get_by_label("从名单里找到，没有看到通行码，请核对证件");
    harness.get_by_label("请核对证件");
    for known in ["张小𬭎", "123X", "王㼆", "陈老师"] {
        harness.get_by_label_contains(known);
    }
    press(&mut harness, egui::Key::Plus);
    assert_eq!(asked(&mut harness), [Command::Count { case: CASE, party: 4 }]);
}

#[test]
fn whoever_comes_on_the_day_but_hours_off_is_noted() {
    let day = CampusDay::of(made::NOON);
    for (minute, direction, noted) in [
        (8 * 60, Direction::In, true),
        (11 * 60 + 15, Direction::In, false),
        (12 * 60, Direction::In, false),
        (13 * 60, Direction::In, true),
        (13 * 60, Direction::Out, false),
    ] {
        let shown = made::shown(Verdict::Admit, Some(Outcome::Passed));
        let harness = desk(Snapshot { now: day.at_minute(minute), direction, ..shown });
        assert_eq!(harness.query_by_label("非预约时段").is_some(), noted, "{minute}");
    }
}

#[test]
fn everything_can_be_pressed_with_tab_and_enter_alone() {
    let mut harness = desk(stale());
    for _ in 0..40 {
        press(&mut harness, egui::Key::Tab);
        if harness.get_by_label("F1 放行（已核对）").is_focused() {
            press(&mut harness, egui::Key::Enter);
            break;
        }
    }
    assert_eq!(asked(&mut harness), [Command::LetIn { case: CASE, reason: GuardReason::CardChecked }]);
}
