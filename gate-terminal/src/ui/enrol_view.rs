//! The enrolment wizard: address and code, then the fingerprints that two people compare over the telephone.

use std::borrow::Cow;

use egui::{Id, Key, Rect, Ui, pos2, vec2};
use shared::sync::enrol::InviteCode;

use super::{
    actions,
    enrolment::{EnrolAsk, EnrolProblem, EnrolStage, Enrolment, Fingerprints},
    theme::{self, Field, Type},
    words::{self, Language, enrol},
};

const SHEET_WIDTH: f32 = 860.0;
const SHEET_HEIGHT: f32 = 640.0;

#[derive(Debug, Default)]
pub struct EnrolView {
    pub language: Language,
    server: Option<String>,
    code: String,
    fault: Option<Fault>,
    /// The server was asked with what stands in the form.
    asked: bool,
    /// The terminal that the last try would have become; its fingerprints were not the office's.
    differed: Option<String>,
}

/// What is wrong, and what whoever is called needs to know.
type Problem<'a> = (&'static str, Option<Cow<'a, str>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Server,
    Code,
}

impl EnrolView {
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self { language, ..Self::default() }
    }

    pub fn show(&mut self, ui: &mut Ui, enrolment: &Enrolment) -> Option<EnrolAsk> {
        theme::give_focus(ui);
        let window = ui.ctx().content_rect();
        let (words, palette) = (words::Enrol::of(self.language), theme::of(ui));
        ui.painter().rect_filled(window, 0, palette.paper);
        let sheet = Rect::from_center_size(window.center(), vec2(SHEET_WIDTH, SHEET_HEIGHT));
        theme::card(ui, sheet);
        let inner = sheet.shrink(36.0);
        let (title, rest) = inner.split_top_bottom_at_y(inner.top() + 56.0);
        let (title, other) = title.split_left_right_at_x(title.right() - 190.0);
        theme::told(ui, title, words.title, Type::new(42.0, palette.ink).bold());
        let other_label = format!("F10　{}", self.language.words().key_language);
        let other_language = theme::small_button(ui, other.shrink2(vec2(0.0, 4.0)), &other_label, Some(palette.paper));
        if other_language || actions::struck(ui, Key::F10) {
            self.language = self.language.other();
        }
        match &enrolment.stage {
            EnrolStage::Typing { problem } => {
                // Only a code that was refused is typed anew.
                if std::mem::take(&mut self.asked) && *problem == Some(EnrolProblem::Code) {
                    self.code.clear();
                }
                let differed = self.differed.as_deref();
                let differed = differed.map(|it| (words.differed, Some(enrol::withdraw(self.language, it).into())));
                let problem = problem.as_ref().map(|problem| enrol::problem(self.language, problem)).or(differed);
                self.show_typing(ui, rest, &enrolment.server, problem)
            }
            EnrolStage::Asking => {
                self.asked = true;
                self.differed = None;
                theme::told(ui, rest, words.asking, Type::new(36.0, palette.ink).centred());
                None
            }
            EnrolStage::Comparing(prints) => {
                self.code.clear();
                show_prints(ui, rest, prints, words);
                let keys = Rect::from_min_max(pos2(rest.left(), rest.bottom() - 78.0), rest.max);
                let (agree, differ) = keys.split_left_right_at_fraction(0.6);
                let agree = agree.with_max_x(agree.right() - 12.0);
                let agreed = theme::key_button(ui, agree, "F1", words.agree, Some(theme::GREEN));
                let differs = theme::key_button(ui, differ, "F3", words.differ, Some(theme::RED));
                if agreed || actions::struck(ui, Key::F1) {
                    return Some(EnrolAsk::Agree);
                }
                let differs = differs || actions::struck(ui, Key::F3);
                if !differs {
                    return None;
                }
                self.differed = Some(prints.terminal.clone());
                Some(EnrolAsk::Differ)
            }
            EnrolStage::Done(prints) => {
                show_prints(ui, rest, prints, words);
                let line = Rect::from_min_max(pos2(rest.left(), rest.bottom() - 70.0), rest.max);
                theme::notice(ui, line, words.done, theme::GREEN);
                None
            }
        }
    }

    fn show_typing(&mut self, ui: &mut Ui, place: Rect, known: &str, problem: Option<Problem<'_>>) -> Option<EnrolAsk> {
        let (words, palette) = (words::Enrol::of(self.language), theme::of(ui));
        let mut top = place.top() + 8.0;
        let mut next = |height: f32| {
            let row = Rect::from_min_size(pos2(place.left(), top), vec2(place.width(), height));
            top += height;
            row
        };
        theme::told(ui, next(48.0), words.how, Type::new(24.0, palette.faint));
        let server = self.server.get_or_insert_with(|| known.to_owned());
        let fault = (self.fault == Some(Fault::Server)).then_some(words.server_fault);
        let look = Field { size: 28.0, most: 200, fault, ..Field::new(words.server, words.server_hint) };
        let (of_server, of_code) = (Id::unique("server"), Id::unique("code"));
        let typed = theme::field(ui, next(112.0), of_server, server, look);
        let enter = ui.input(|input| input.key_pressed(Key::Enter));
        if typed.lost_focus() && enter {
            theme::focus_next(ui, of_code);
        }
        let fault = (self.fault == Some(Fault::Code)).then_some(words.code_fault);
        let look = Field { size: 40.0, most: 24, fault, ..Field::new(words.code, words.code_hint) };
        let coded = theme::field(ui, next(128.0), of_code, &mut self.code, look);
        // Asked before the keyboard is given back to the field.
        let entered = coded.lost_focus() && enter;
        if typed.changed() || coded.changed() {
            self.fault = None;
        }
        if ui.memory(|memory| memory.focused().is_none()) {
            ui.memory_mut(|memory| memory.request_focus(of_code));
        }
        let notice = next(84.0).shrink2(vec2(0.0, 10.0));
        let cause = next(36.0);
        if let Some((problem, why)) = problem {
            theme::notice(ui, notice, problem, theme::RED);
            theme::told(ui, cause, &why.unwrap_or_default(), Type::new(16.0, palette.ink).rows(2));
        }
        let clicked = theme::key_button(ui, next(78.0), "F1", words.begin, Some(theme::GREEN));
        if !(clicked || actions::struck(ui, Key::F1) || entered) {
            return None;
        }
        let server = self.server.as_deref().map_or("", str::trim);
        if !(server.starts_with("https://") || server.starts_with("http://")) {
            self.fault = Some(Fault::Server);
            return None;
        }
        let Some(code) = InviteCode::parse(self.code.trim()) else {
            self.fault = Some(Fault::Code);
            return None;
        };
        Some(EnrolAsk::Enrol { server: server.to_owned(), code })
    }
}

fn show_prints(ui: &Ui, place: Rect, prints: &Fingerprints, words: &words::Enrol) {
    let palette = theme::of(ui);
    let mut top = place.top() + 4.0;
    let mut next = |height: f32| {
        let row = Rect::from_min_size(pos2(place.left(), top), vec2(place.width(), height));
        top += height;
        row
    };
    theme::told(ui, next(52.0), words.compare, Type::new(28.0, palette.ink).bold());
    let where_it_stands = format!(
        "{} {}　{} {}　{} {}",
        words.terminal, prints.terminal, words.campus, prints.campus, words.gate, prints.gate
    );
    theme::told(ui, next(40.0), &where_it_stands, Type::new(22.0, palette.ink));
    for (name, print) in [(words.own, &prints.own), (words.root, &prints.root)] {
        theme::told(ui, next(36.0), name, Type::new(20.0, palette.faint));
        theme::told(ui, next(92.0), print, Type::new(36.0, palette.ink).rows(2));
    }
    theme::told(ui, next(44.0), words.differ_note, Type::new(20.0, palette.mind));
}
