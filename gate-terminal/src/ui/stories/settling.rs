//! What is pressed for one visitor as the next one comes: it counts for neither.

use egui_kittest::{Harness, kittest::Queryable as _};
use shared::{entry::Outcome, verdict::Verdict};

use super::{Desk, asked, desk, made, press, settle};
use crate::ui::{
    command::Command,
    made::CASE,
    snapshot::{CaseNumber, Panel, Snapshot},
};

const NEXT: CaseNumber = CaseNumber::new(CASE.get() + 1);

fn admitted(case: CaseNumber) -> Snapshot {
    let mut snapshot = made::shown(Verdict::Admit, Some(Outcome::Passed));
    if let Panel::Shown(shown) = &mut snapshot.panel {
        shown.case = case;
    }
    snapshot
}

/// The panel of one visitor has given way to the next one's a moment ago.
fn next_one_comes() -> Harness<'static, Desk> {
    let mut harness = desk(admitted(CASE));
    harness.state_mut().snapshot = admitted(NEXT);
    harness.step();
    harness
}

#[test]
fn a_count_meant_for_the_last_visitor_does_not_correct_the_next_one() {
    for (key, label, party) in [(egui::Key::Plus, "＋ 加一人", 4), (egui::Key::Minus, "－ 减一人", 2)] {
        let mut harness = next_one_comes();
        harness.key_press(key);
        harness.step();
        settle(&mut harness);
        assert_eq!(asked(&mut harness), [], "{key:?}");
        press(&mut harness, key);
        assert_eq!(asked(&mut harness), [Command::Count { case: NEXT, party }]);

        let mut harness = next_one_comes();
        harness.get_by_label(label).click();
        harness.step();
        settle(&mut harness);
        assert_eq!(asked(&mut harness), [], "{label}");
        harness.get_by_label(label).click();
        settle(&mut harness);
        assert_eq!(asked(&mut harness), [Command::Count { case: NEXT, party }]);
    }
}
