//! The walk-in screen: the form with its faults, the host's answer, and the paper case when nobody can be asked.

use egui_kittest::{Harness, kittest::Queryable as _};
use shared::{entry::Way, identity::DocumentKind};

use super::{Desk, asked, desk, find::chosen_is_shown, made, officers_asked, press, settle, stands, write};
use crate::ui::{
    command::Command,
    records::{Answer, Ask, Lock, OfficerSaid, Pin},
    snapshot::{Link, Unsent, WalkIn, WalkInNumber, WalkInStanding},
};

pub(super) fn filled() -> Harness<'static, Desk> {
    let mut harness = desk(made::waiting());
    press(&mut harness, egui::Key::F5);
    for text in ["张小𬭎", "13800138000", made::CARD_NUMBER, "20010023", "送样品", "陕A12345"] {
        write(&mut harness, text);
        press(&mut harness, egui::Key::Enter);
    }
    harness
}

#[test]
fn a_form_filled_with_enter_alone_asks_the_host() {
    let mut harness = filled();
    press(&mut harness, egui::Key::F1);
    let asked = asked(&mut harness);
    let [Command::AskHost(form)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((form.visitor.as_str(), form.host.as_str(), form.party), ("张小𬭎", "20010023", 1));
    assert_eq!((form.document.kind(), form.document.number()), (DocumentKind::ResidentId, made::CARD_NUMBER));
    assert_eq!(form.plates.len(), 1);
    assert!(stands(&harness, "张小𬭎"), "nothing is lost before it is taken");
    listed(&mut harness, 1, WalkInStanding::Sending);
    press(&mut harness, egui::Key::F1);
    assert_eq!(super::asked(&mut harness), [], "it is on its way");
    listed(&mut harness, 1, WalkInStanding::Waiting);
    assert!(!stands(&harness, "张小𬭎"), "the next one begins anew");
}

fn listed(harness: &mut Harness<'_, Desk>, number: u64, standing: WalkInStanding) {
    let line = WalkIn { number: WalkInNumber::new(number), standing, ..made::walk_ins()[0].clone() };
    harness.state_mut().snapshot.walk_ins = [line].into();
    settle(harness);
}

#[test]
fn a_refusal_costs_no_typing_and_can_be_corrected() {
    for refusal in [WalkInStanding::HostUnknown, WalkInStanding::Unsent { why: Unsent::NoLink }] {
        let mut harness = filled();
        press(&mut harness, egui::Key::F1);
        assert_eq!(asked(&mut harness).len(), 1);
        listed(&mut harness, 1, refusal);
        assert!(stands(&harness, "张小𬭎") && stands(&harness, "陕A12345"));
        press(&mut harness, egui::Key::F1);
        assert!(matches!(asked(&mut harness)[..], [Command::AskHost(_)]), "it is sent again");
    }
}

#[test]
fn what_was_typed_is_cleared_by_a_second_press_soon_after() {
    let mut harness = filled();
    press(&mut harness, egui::Key::F3);
    harness.get_by_label("F3 再按一次清空");
    assert!(stands(&harness, "张小𬭎"));
    harness.run_steps(16);
    press(&mut harness, egui::Key::F3);
    assert!(stands(&harness, "张小𬭎"), "too late");
    press(&mut harness, egui::Key::F3);
    assert!(!stands(&harness, "张小𬭎"));
}

#[test]
fn what_other_screens_were_answered_is_not_said_here() {
    let mut harness = desk(made::waiting());
    press(&mut harness, egui::Key::F5);
    let said = OfficerSaid::Exported { path: "/tmp/a.csv".into(), lines: 7 };
    harness.state_mut().records.answer = Some(Answer { number: 9, said });
    settle(&mut harness);
    assert!(harness.query_by_label("已导出 7 条到 /tmp/a.csv").is_none());
}

#[test]
fn faults_stand_at_their_fields_and_nothing_is_asked() {
    let mut harness = desk(made::waiting());
    press(&mut harness, egui::Key::F5);
    press(&mut harness, egui::Key::Enter);
    harness.get_by_label("请填写姓名");
    write(&mut harness, "138");
    press(&mut harness, egui::Key::Enter);
    harness.get_by_label("手机号是 11 位，现在 3 位");
    press(&mut harness, egui::Key::F1);
    assert_eq!(asked(&mut harness), []);
    for fault in ["请填写证件号码", "请填写"] {
        assert!(harness.query_all_by_label(fault).next().is_some(), "{fault}");
    }
}

#[test]
fn the_number_of_the_document_is_masked_once_it_has_been_left() {
    let harness = filled();
    assert!(!stands(&harness, made::CARD_NUMBER));
    let tail = &made::CARD_NUMBER[14..];
    assert!(stands(&harness, &format!("**************{tail}")));
}

#[test]
fn whoever_waits_is_listed_and_the_approved_can_be_checked_in() {
    let mut harness = desk(made::waiting());
    harness.state_mut().snapshot.walk_ins = made::walk_ins();
    settle(&mut harness);
    harness.get_by_label("1");
    press(&mut harness, egui::Key::F5);
    for label in [
        "王㼆",
        "已同意，请核验",
        "等被访人同意",
        "被访人不同意",
        "有几位同名，请改填工号或电话",
        "登记太频繁，请 12:05 以后再试",
    ] {
        harness.get_by_label(label);
    }
    harness.get_all_by_label("移除").next().unwrap().click();
    settle(&mut harness);
    assert_eq!(asked(&mut harness), [Command::ForgetWalkIn(WalkInNumber::new(1))]);
    harness.get_by_label("核验").click();
    settle(&mut harness);
    let asked = asked(&mut harness);
    let [Command::Choose(pass)] = asked.as_slice() else { panic!("{asked:?}") };
    harness.get_by_label("王㼆");
    chosen_is_shown(&mut harness, *pass);
    harness.get_by_label("从名单里找到，没有看到通行码，请核对证件");
}

#[test]
fn offline_it_becomes_a_paper_case_with_the_pin() {
    let mut harness = filled();
    harness.state_mut().snapshot.status.link = Link::Down;
    harness.state_mut().records.lock = Lock::Locked { retry_at: None };
    settle(&mut harness);
    press(&mut harness, egui::Key::F1);
    assert_eq!(asked(&mut harness), [], "nobody can be asked");
    harness.get_by_label("F2 纸质登记：进校");
    harness.state_mut().snapshot.way = Way::Out;
    settle(&mut harness);
    harness.get_by_label("F2 纸质登记：离校");
    harness.state_mut().snapshot.way = Way::In;
    settle(&mut harness);
    press(&mut harness, egui::Key::F2);
    harness.get_by_label("保卫处人员输入密码后记录并放行");
    write(&mut harness, "246810");
    press(&mut harness, egui::Key::Enter);
    assert_eq!(officers_asked(&mut harness), [Ask::Unlock(Pin::parse("246810").unwrap())]);
    harness.state_mut().records.lock = made::open_records().lock;
    settle(&mut harness);
    let asked = officers_asked(&mut harness);
    let [Ask::Paper(paper), Ask::Lock] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((paper.visitor.as_str(), paper.phone_tail.as_str(), paper.party), ("张小𬭎", "8000", 1));
    harness.state_mut().records.lock = Lock::Locked { retry_at: None };
    harness.state_mut().records.answer = Some(Answer { number: 9, said: OfficerSaid::PaperRecorded { seq: 12_041 } });
    settle(&mut harness);
    harness.get_by_label("纸质登记已记录，编号 12041");
    assert!(!stands(&harness, "张小𬭎"), "the form is empty again");
}
