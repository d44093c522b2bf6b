//! The officers' PIN: entering it, setting the first one, changing it.
//!
//! What was typed is dropped as soon as it has been handed over, and whenever the screen is left.

use egui::{Id, Key, Rect, Ui, pos2, vec2};
use shared::time::Moment;
use zeroize::Zeroizing;

use super::{
    records::{Answer, Ask, Failed, Lock, OfficerSaid, Pin, Records},
    theme::{self, Field, Type},
    words::{self, Language, log},
};

const WIDTH: f32 = 460.0;
const FIELD_HEIGHT: f32 = 100.0;
/// Title, line, key and margins.
const FRAME_HEIGHT: f32 = 184.0;
/// Below the sheet, where something failed.
const NOTICE_HEIGHT: f32 = 64.0;

/// A PIN that was not answered by then never arrived; hashing one takes a fraction of it.
const LOST_AFTER_S: f64 = 10.0;

#[derive(Debug, Default)]
pub(super) struct PinView {
    old: Secret,
    pin: Secret,
    again: Secret,
    fault: Option<Fault>,
    /// The last answer that was there when something was asked: only a newer one is about it.
    answered: u64,
    /// When the lock was last asked to open.
    asked_s: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Form,
    Differs,
}

/// Digits while they are typed.
#[derive(Default)]
struct Secret(Zeroizing<String>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// What the PIN is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose<'a> {
    /// To open the lock; under the title stands why.
    Open(&'a str),
    Change,
}

impl PinView {
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        place: Rect,
        records: &Records,
        now: Moment,
        purpose: Purpose<'_>,
        language: Language,
    ) -> Option<Ask> {
        let (words, palette) = (words::Log::of(language), theme::of(ui));
        let width = WIDTH.min(place.width());
        let first = records.lock == Lock::NoPin;
        let changing = purpose == Purpose::Change && !first;
        let rows = 1.0 + f32::from(u8::from(first || changing)) + f32::from(u8::from(changing));
        let height = (FRAME_HEIGHT + rows * FIELD_HEIGHT).min(place.height());
        let sheet = Rect::from_center_size(place.center(), vec2(width, height));
        theme::card(ui, sheet);
        let inner = sheet.shrink2(vec2(28.0, 18.0));
        let mut top = inner.top();
        let mut next = |height: f32| {
            let row = Rect::from_min_size(pos2(inner.left(), top), vec2(inner.width(), height));
            top += height;
            row
        };
        let (title, below) = match purpose {
            _ if first => (words.locked_title, words.no_pin),
            Purpose::Open(why) => (words.locked_title, why),
            Purpose::Change => (language.pick("更改密码", "Change the PIN"), ""),
        };
        theme::told(ui, next(44.0), title, Type::new(32.0, palette.ink).bold());
        if !below.is_empty() {
            theme::told(ui, next(44.0), below, Type::new(20.0, palette.faint).rows(2));
        }
        let wait_s = match records.lock {
            Lock::Locked { retry_at: Some(at) } => at.since(now).num_seconds(),
            Lock::Locked { retry_at: None } | Lock::NoPin | Lock::Open { .. } => 0,
        };
        let answer = self.answer(records).filter(|_| !self.is_typing());
        let fault = self.fault_in_words(answer, wait_s, language);
        if let Some(Answer { said: said @ OfficerSaid::Failed { .. }, .. }) = answer {
            let below = Rect::from_min_size(sheet.left_bottom() + vec2(0.0, 10.0), vec2(width, NOTICE_HEIGHT));
            theme::notice(ui, below, &log::answer(language, said), theme::RED);
        }
        let mut fields: Vec<(&str, Id, &mut Secret)> = Vec::new();
        if changing {
            fields.push((words::Settings::of(language).pin_old, Id::unique("old pin"), &mut self.old));
        }
        let name = if changing { words::Settings::of(language).pin_new } else { words.pin };
        fields.push((name, Id::unique("pin"), &mut self.pin));
        if first || changing {
            fields.push((words.pin_again, Id::unique("pin again"), &mut self.again));
        }
        let last = fields.len().saturating_sub(1);
        let ids: Vec<Id> = fields.iter().map(|(_, id, _)| *id).collect();
        let mut entered = false;
        for (index, (name, id, secret)) in fields.into_iter().enumerate() {
            let fault = fault.as_deref().filter(|_| index == last);
            let look = Field { hidden: true, size: 34.0, most: *Pin::DIGITS.end(), fault, ..Field::new(name, "") };
            let response = theme::field(ui, next(FIELD_HEIGHT), id, &mut secret.0, look);
            if response.changed() {
                self.fault = None;
            }
            if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
                match ids.get(index + 1) {
                    Some(following) => theme::focus_next(ui, *following),
                    None => entered = true,
                }
            }
        }
        if ui.memory(|memory| memory.focused().is_none())
            && let Some(id) = ids.first()
        {
            ui.memory_mut(|memory| memory.request_focus(*id));
        }
        let fill = (wait_s <= 0).then_some(theme::GREEN);
        let clicked = theme::small_button(ui, next(56.0), words.enter, fill);
        if wait_s > 0 || !(clicked || entered) {
            return None;
        }
        self.answered = records.answer.as_ref().map_or(0, |answer| answer.number);
        let asked = self.ask(first, changing);
        self.asked_s = asked.is_some().then(|| ui.input(|input| input.time));
        asked
    }

    /// The keyboard goes to its first field.
    pub(super) fn focus(ui: &Ui) {
        theme::focus_next(ui, Id::unique("pin"));
    }

    pub(super) fn is_typing(&self) -> bool {
        [&self.old, &self.pin, &self.again].iter().any(|secret| !secret.0.is_empty())
    }

    /// A PIN was entered and nobody has said yet whether it is right.
    pub(super) fn awaits_answer(&mut self, ui: &Ui, records: &Records) -> bool {
        let now_s = ui.input(|input| input.time);
        let answered = records.lock.is_open() || self.answer(records).is_some();
        self.asked_s = self.asked_s.filter(|asked_s| !answered && now_s - asked_s < LOST_AFTER_S);
        self.asked_s.is_some()
    }

    pub(super) fn clear(&mut self) {
        *self = Self { answered: self.answered, asked_s: self.asked_s, ..Self::default() };
    }

    /// What was said to the PIN that was entered last.
    fn answer<'a>(&self, records: &'a Records) -> Option<&'a Answer> {
        let of_pin = |said: &OfficerSaid| {
            matches!(said, OfficerSaid::WrongPin { .. } | OfficerSaid::Failed { what: Failed::Pin, .. })
        };
        records.answer.as_ref().filter(|answer| answer.number > self.answered && of_pin(&answer.said))
    }

    fn ask(&mut self, first: bool, changing: bool) -> Option<Ask> {
        let Some(new) = Pin::parse(&self.pin.0) else {
            self.fault = Some(Fault::Form);
            return None;
        };
        if (first || changing) && *self.pin.0 != *self.again.0 {
            self.fault = Some(Fault::Differs);
            return None;
        }
        let old = Pin::parse(&self.old.0);
        self.clear();
        Some(if first || changing { Ask::SetPin { old, new } } else { Ask::Unlock(new) })
    }

    fn fault_in_words(&self, answer: Option<&Answer>, wait_s: i64, language: Language) -> Option<String> {
        let words = words::Log::of(language);
        if wait_s > 0 {
            return Some(log::wait(language, wait_s));
        }
        match self.fault {
            Some(Fault::Form) => return Some(words.pin_form.to_owned()),
            Some(Fault::Differs) => return Some(words.pin_differs.to_owned()),
            None => {}
        }
        matches!(answer?.said, OfficerSaid::WrongPin { .. })
            .then(|| log::answer(language, &OfficerSaid::WrongPin { left_s: 0 }))
    }
}
