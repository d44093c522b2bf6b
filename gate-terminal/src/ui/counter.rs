//! The guard corrects how many people go through: two keys, and the same on the number pad.
//!
//! Presses may come faster than the gate answers, so what was asked for last is counted on, until the gate has said it too.

use egui::{Event, Key, Rect, Ui};
use shared::verdict::Verdict;

use super::{
    command::Command,
    settling::Settling,
    snapshot::{CaseNumber, Panel, Shown},
    theme,
    words::Language,
};

const MOST: u8 = 99;

#[derive(Debug, Default)]
pub(super) struct Counter {
    /// Whom the keys count: not before the guard has seen them.
    shown: Settling<CaseNumber>,
    asked: Option<Asked>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    case: CaseNumber,
    from: u8,
    to: u8,
}

impl Counter {
    pub(super) fn show(&mut self, ui: &Ui, place: Rect, panel: &Panel, language: Language) -> Option<Command> {
        let shown = match panel {
            Panel::Shown(shown) if may_be_counted(shown) => Some(shown),
            Panel::Shown(_) | Panel::Waiting | Panel::Checking => None,
        };
        self.shown.follow(ui, shown.map(|shown| shown.case));
        let shown = shown?;
        let settled = self.shown.is_over(ui);
        // An answer, a further correction, or another visitor ends it.
        self.asked = self.asked.filter(|asked| asked.case == shown.case && asked.from == shown.count);
        let count = self.asked.map_or(shown.count, |asked| asked.to);
        let (words, palette) = (language.words(), theme::of(ui));
        let (less, more) = place.split_left_right_at_fraction(0.5);
        let less = less.with_max_x(less.right() - 4.0);
        let more = more.with_min_x(more.left() + 4.0);
        let button = |place, label: &str, allowed: bool| {
            theme::sign_button(ui, place, label, (allowed && settled).then_some(palette.paper))
        };
        let typed = |wanted: &[Key]| wanted.iter().any(|key| typed(ui, *key) && self.shown.was_over_at(ui, *key));
        let fewer = button(less, words.one_less, count > 1) || (count > 1 && typed(&[Key::Minus]));
        let further = button(more, words.one_more, count < MOST) || (count < MOST && typed(&[Key::Plus, Key::Equals]));
        let party = match (fewer, further) {
            (true, false) => count.saturating_sub(1),
            (false, true) => count.saturating_add(1),
            (true, true) | (false, false) => return None,
        };
        self.asked = Some(Asked { case: shown.case, from: shown.count, to: party });
        Some(Command::Count { case: shown.case, party })
    }
}

/// Only where people go through or may.
fn may_be_counted(shown: &Shown) -> bool {
    let known = shown.booked().is_some();
    match (&shown.outcome, &shown.verdict) {
        (Some(outcome), _) => known && outcome.went_through(),
        (None, Verdict::Ask(_)) => known,
        (None, Verdict::Admit | Verdict::Refuse(_)) => false,
    }
}

/// The plus of the letter keys needs the shift key.
fn typed(ui: &Ui, wanted: Key) -> bool {
    let down = |event: &Event| {
        matches!(event, Event::Key { key, pressed: true, repeat: false, modifiers, .. }
            if *key == wanted && !modifiers.ctrl && !modifiers.alt)
    };
    ui.input(|input| input.events.iter().any(down))
}
