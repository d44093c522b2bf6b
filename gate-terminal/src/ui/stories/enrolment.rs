//! The enrolment wizard, from the address to the fingerprints.

use egui_kittest::{Harness, kittest::Queryable as _};

use super::install;
use crate::ui::{
    enrol_view::EnrolView,
    enrolment::{EnrolAsk, EnrolProblem, EnrolStage, Enrolment, Fingerprints},
    screens::{HEIGHT, WIDTH},
    words::Language,
};

pub(super) struct Wizard {
    view: EnrolView,
    pub enrolment: Enrolment,
    asked: Vec<EnrolAsk>,
}

impl Wizard {
    pub(super) fn at(stage: EnrolStage) -> Self {
        let enrolment = Enrolment { server: "https://visit.example.edu.cn".into(), stage };
        Self { view: EnrolView::new(Language::Zh), enrolment, asked: Vec::new() }
    }

    pub(super) fn draw(ui: &mut egui::Ui, wizard: &mut Self) {
        let asked = wizard.view.show(ui, &wizard.enrolment);
        wizard.asked.extend(asked);
    }
}

pub(super) fn prints() -> Box<Fingerprints> {
    Box::new(Fingerprints {
        terminal: "7".into(),
        campus: "1".into(),
        gate: "2".into(),
        own: "3a1f 09bc 77de 4410 9c2e 51aa 0f3d e8b6".into(),
        root: "c4d2 8b71 e0f9 6a35 1177 fe20 93ab 5c48".into(),
    })
}

fn wizard(stage: EnrolStage) -> Harness<'static, Wizard> {
    let builder = Harness::builder().with_size([WIDTH, HEIGHT]).with_context_setup(install);
    let mut harness = builder.build_ui_state(Wizard::draw, Wizard::at(stage));
    harness.run_steps(3);
    harness
}

fn press(harness: &mut Harness<'_, Wizard>, key: egui::Key) {
    harness.key_press(key);
    harness.run_steps(3);
}

fn write(harness: &mut Harness<'_, Wizard>, text: &str) {
    for letter in text.chars() {
        harness.event(egui::Event::Text(letter.to_string()));
        harness.run_steps(3);
    }
}

#[test]
fn a_code_is_checked_before_it_is_spent() {
    let mut harness = wizard(EnrolStage::Typing { problem: None });
    write(&mut harness, "ABCD");
    press(&mut harness, egui::Key::Enter);
    harness.get_by_label("登记码是四组，每组四位");
    assert_eq!(harness.state_mut().asked, []);
    let code = shared::sync::enrol::InviteCode::from_random([7; 10]);
    let rest: String = code.as_str().to_owned();
    let mut harness = wizard(EnrolStage::Typing { problem: None });
    write(&mut harness, &rest);
    press(&mut harness, egui::Key::Enter);
    let server = "https://visit.example.edu.cn".to_owned();
    assert_eq!(harness.state_mut().asked, [EnrolAsk::Enrol { server, code }]);
}

#[test]
fn each_problem_is_said_in_words() {
    for (problem, said) in [
        (EnrolProblem::Code, "登记码不对，或已经用过、过期：请向管理员要新的"),
        (EnrolProblem::Unreachable { why: "timeout".into() }, "联系不上服务器，请检查网络和地址"),
        (EnrolProblem::Unreachable { why: "timeout".into() }, "timeout"),
        (EnrolProblem::OtherRoot { terminal: "7".into() }, "管理员请停用 7 号终端：sync-server terminal withdraw 7"),
        (EnrolProblem::OtherRoot { terminal: "7".into() }, "服务器的根密钥与配置不符：不要继续，请联系管理员"),
        (EnrolProblem::Withdrawn, "本机上次的登记已停用，密钥已换新：请再按一次登记"),
        (EnrolProblem::Clock, "本机时间与服务器相差太多，请先校准时间"),
    ] {
        wizard(EnrolStage::Typing { problem: Some(problem) }).get_by_label(said);
    }
}

#[test]
fn the_fingerprints_are_compared_before_anything_is_kept() {
    for (key, asked) in [(egui::Key::F1, EnrolAsk::Agree), (egui::Key::F3, EnrolAsk::Differ)] {
        let mut harness = wizard(EnrolStage::Comparing(prints()));
        harness.get_by_label("3a1f 09bc 77de 4410 9c2e 51aa 0f3d e8b6");
        harness.get_by_label("c4d2 8b71 e0f9 6a35 1177 fe20 93ab 5c48");
        press(&mut harness, key);
        assert_eq!(harness.state_mut().asked, [asked]);
    }
}

#[test]
fn the_code_is_typed_anew_only_when_it_was_refused() {
    let code = shared::sync::enrol::InviteCode::from_random([7; 10]);
    for (problem, stays) in [(EnrolProblem::Unreachable { why: "timeout".into() }, true), (EnrolProblem::Code, false)] {
        let mut harness = wizard(EnrolStage::Typing { problem: None });
        write(&mut harness, code.as_str());
        press(&mut harness, egui::Key::F1);
        assert_eq!(harness.state_mut().asked.len(), 1);
        for stage in [EnrolStage::Asking, EnrolStage::Typing { problem: Some(problem) }] {
            harness.state_mut().enrolment.stage = stage;
            harness.run_steps(3);
        }
        let standing = harness.query_all_by_value(code.as_str()).next().is_some();
        assert_eq!(standing, stays);
    }
}

#[test]
fn fingerprints_that_differ_are_said_to_have_differed() {
    let mut harness = wizard(EnrolStage::Comparing(prints()));
    press(&mut harness, egui::Key::F3);
    harness.state_mut().enrolment.stage = EnrolStage::Typing { problem: None };
    harness.run_steps(3);
    harness.get_by_label("指纹不一致，本机什么都没有保存。请打电话给管理员，要新的登记码");
    let its = prints().terminal;
    harness.get_by_label(&format!("管理员请停用 {its} 号终端：sync-server terminal withdraw {its}"));
}
