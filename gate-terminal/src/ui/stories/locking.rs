//! The officers' lock and who stands before it: a PIN takes a moment to be looked at, and a screen is left in no time.

use egui_kittest::{Harness, kittest::Queryable as _};

use super::{Desk, desk, made, officers_asked, press, settle, stands, walk_in::filled, write};
use crate::ui::records::{Answer, Ask, Lock, OfficerSaid, Pin};

const CLOSED: Lock = Lock::Locked { retry_at: None };

fn enter_pin(harness: &mut Harness<'_, Desk>) {
    write(harness, "246810");
    press(harness, egui::Key::Enter);
    assert_eq!(officers_asked(harness), [Ask::Unlock(Pin::parse("246810").unwrap())]);
}

fn turns(harness: &mut Harness<'_, Desk>, lock: Lock) {
    harness.state_mut().records.lock = lock;
    settle(harness);
}

#[test]
fn a_pin_that_is_found_right_after_the_officer_has_gone_opens_nothing_for_long() {
    for (officers, guards) in [(egui::Key::F6, egui::Key::F4), (egui::Key::F7, egui::Key::Escape)] {
        let mut harness = desk(made::waiting());
        turns(&mut harness, CLOSED);
        press(&mut harness, officers);
        enter_pin(&mut harness);
        press(&mut harness, guards);
        assert_eq!(officers_asked(&mut harness), []);
        turns(&mut harness, made::open_records().lock);
        assert_eq!(officers_asked(&mut harness), [Ask::Lock], "{officers:?}");
        settle(&mut harness);
        assert_eq!(officers_asked(&mut harness), [], "it may have been heard");
        // It was not taken, since the thread had too much to do.
        harness.run_steps(20);
        assert_eq!(officers_asked(&mut harness), [Ask::Lock], "{officers:?}");
        turns(&mut harness, CLOSED);
        assert_eq!(officers_asked(&mut harness), []);
        press(&mut harness, egui::Key::F6);
        harness.get_by_label("请输入密码");
    }
}

/// A form that waits for an officer's PIN, which has been entered.
fn paper_with_pin() -> Harness<'static, Desk> {
    let mut harness = filled();
    harness.state_mut().snapshot.status.link = crate::ui::snapshot::Link::Down;
    turns(&mut harness, CLOSED);
    press(&mut harness, egui::Key::F2);
    enter_pin(&mut harness);
    harness
}

#[test]
fn a_paper_case_is_recorded_wherever_the_guard_has_gone_meanwhile() {
    for key in [egui::Key::F4, egui::Key::F6, egui::Key::Escape] {
        let mut harness = paper_with_pin();
        press(&mut harness, key);
        turns(&mut harness, made::open_records().lock);
        let mut asked = officers_asked(&mut harness);
        asked.retain(|ask| !matches!(ask, Ask::Look(_)));
        assert!(matches!(asked.as_slice(), [Ask::Paper(_), Ask::Lock]), "{key:?} {asked:?}");
        harness.state_mut().records.answer = Some(Answer { number: 9, said: OfficerSaid::PaperRecorded { seq: 1 } });
        turns(&mut harness, CLOSED);
        press(&mut harness, egui::Key::F5);
        assert!(!stands(&harness, "张小𬭎"), "the next one begins anew");
    }
}

#[test]
fn a_pin_for_something_else_records_no_paper_case_that_was_left() {
    let mut harness = paper_with_pin();
    press(&mut harness, egui::Key::F6);
    harness.state_mut().records.answer = Some(Answer { number: 9, said: OfficerSaid::WrongPin { left_s: 0 } });
    settle(&mut harness);
    enter_pin(&mut harness);
    turns(&mut harness, made::open_records().lock);
    assert!(matches!(officers_asked(&mut harness).as_slice(), [Ask::Look(_)]));
    press(&mut harness, egui::Key::F5);
    assert!(stands(&harness, "张小𬭎"), "what was written stays");
}
