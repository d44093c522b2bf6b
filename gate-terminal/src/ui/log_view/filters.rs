//! What of the log is looked at: two rows of choosers and fields. Each change is asked for at once.

use egui::{Id, Rect, Ui, pos2, vec2};
use shared::{entry::Direction, ids::GateIndex, sync::change::Places, time::CampusDay};

use crate::ui::{
    records::{LogFilter, OutcomeKind, VerdictKind},
    theme::{self, Field},
    words::{self, reason::Teller},
};

pub(super) const HEIGHT: f32 = 2.0 * BOX_HEIGHT + 2.0 * BELOW;

const BOX_HEIGHT: f32 = 52.0;
/// Room for what is wrong with a field.
const BELOW: f32 = 22.0;
const GAP: f32 = 8.0;

#[derive(Debug)]
pub(super) struct Filters {
    pub filter: LogFilter,
    /// As written, even when it is none yet.
    times: String,
}

impl Filters {
    pub(super) fn today(today: CampusDay) -> Self {
        Self { filter: LogFilter::day(today), times: String::new() }
    }

    pub(super) fn show(&mut self, ui: &mut Ui, place: Rect, teller: Teller<'_>) {
        let language = teller.language;
        let words = words::Log::of(language);
        let before = self.filter.clone();
        let cell = |row: f32, from: f32, to: f32| {
            let top = place.top() + row * (BOX_HEIGHT + BELOW);
            let (left, right) = (place.left() + place.width() * from, place.left() + place.width() * to - GAP);
            Rect::from_min_max(pos2(left, top), pos2(right, top + BOX_HEIGHT))
        };
        self.show_days(ui, cell(0.0, 0.0, 0.2), cell(0.0, 0.2, 0.4), teller);
        let faulty = !self.times.trim().is_empty() && self.filter.minutes.is_none();
        let look =
            Field { size: 20.0, most: 11, fault: faulty.then_some(words.times_fault), ..Field::new("", words.times) };
        let times = cell(0.0, 0.4, 0.6);
        let times = times.with_max_y(times.bottom() + BELOW);
        if theme::field(ui, times, Id::unique("log times"), &mut self.times, look).changed() {
            self.filter.minutes = minutes(&self.times);
        }
        self.filter.gate = choose(
            ui,
            cell(0.0, 0.6, 0.8),
            words.gate,
            &gates(teller.places),
            self.filter.gate,
            |gate| teller.gate(gate),
            words.all,
        );
        let ways = [Direction::In, Direction::Out];
        let way = |direction| language.words().direction(direction).to_owned();
        let place = cell(0.0, 0.8, 1.0);
        self.filter.direction = choose(ui, place, words.direction, &ways, self.filter.direction, way, words.all);
        let kinds = [VerdictKind::Admit, VerdictKind::Ask, VerdictKind::Refuse];
        let kind = |kind| words.kind(kind).to_owned();
        let place = cell(1.0, 0.0, 0.2);
        self.filter.verdict = choose(ui, place, words.verdict, &kinds, self.filter.verdict, kind, words.all);
        let outcomes = [
            OutcomeKind::Passed,
            OutcomeKind::LetIn,
            OutcomeKind::Refused,
            OutcomeKind::SentAway,
            OutcomeKind::Unanswered,
            OutcomeKind::Corrected,
        ];
        let outcome = |kind| words.outcome_kind(kind).to_owned();
        let place = cell(1.0, 0.2, 0.4);
        self.filter.outcome = choose(ui, place, words.outcome, &outcomes, self.filter.outcome, outcome, words.all);
        let only = if self.filter.only_conflicts { words.yes } else { words.no };
        if theme::chooser(ui, cell(1.0, 0.4, 0.6), words.conflicts, only).is_some() {
            self.filter.only_conflicts = !self.filter.only_conflicts;
        }
        let text = cell(1.0, 0.6, 1.0);
        let text = text.with_max_y(text.bottom() + BELOW);
        let look = Field { size: 20.0, ..Field::new("", words.text) };
        theme::field(ui, text, Id::unique("log text"), &mut self.filter.text, look);
        if (LogFilter { most: before.most, ..self.filter.clone() }) != before {
            self.filter.most = LogFilter::STEP;
        }
    }

    fn show_days(&mut self, ui: &Ui, from: Rect, to: Rect, teller: Teller<'_>) {
        let words = words::Log::of(teller.language);
        let today = CampusDay::of(teller.now);
        let moved = |day: CampusDay, step: i8| {
            let day = if step < 0 { day.minus_days(1) } else { day.plus_days(1) };
            day.min(today)
        };
        // The last value leads forward to the first: a day has no first.
        if let Some(step) = theme::chooser(ui, from, words.from, &self.filter.from.to_string()) {
            self.filter.from = moved(self.filter.from, step);
            self.filter.to = self.filter.to.max(self.filter.from);
        }
        if let Some(step) = theme::chooser(ui, to, words.to, &self.filter.to.to_string()) {
            self.filter.to = moved(self.filter.to, step);
            self.filter.from = self.filter.from.min(self.filter.to);
        }
    }
}

fn choose<T: Copy + PartialEq>(
    ui: &Ui,
    place: Rect,
    name: &str,
    all: &[T],
    value: Option<T>,
    word: impl Fn(T) -> String,
    any: &str,
) -> Option<T> {
    let said = value.map_or_else(|| any.to_owned(), word);
    let Some(step) = theme::chooser(ui, place, name, &said) else { return value };
    let every: Vec<Option<T>> = std::iter::once(None).chain(all.iter().copied().map(Some)).collect();
    theme::stepped(&every, value, step)
}

fn gates(places: Option<&Places>) -> Vec<GateIndex> {
    places.map_or_else(Vec::new, |places| places.gates.iter().map(|gate| gate.gate).collect())
}

/// `08:00-18:00`, also with the signs of a Chinese keyboard.
fn minutes(text: &str) -> Option<(u16, u16)> {
    let clock = |text: &str| {
        let (hours, minutes) = text.trim().split_once([':', '：'])?;
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours < 24 && minutes < 60 || hours == 24 && minutes == 0).then_some(hours * 60 + minutes)
    };
    let (from, to) = text.trim().split_once(['-', '－', '—', '~', '至'])?;
    let (from, to) = (clock(from)?, clock(to)?);
    (from < to).then_some((from, to))
}

/// The row below the filters begins here.
pub(super) fn below(place: Rect) -> Rect {
    Rect::from_min_max(place.min + vec2(0.0, HEIGHT), place.max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_as_people_write_them() {
        for (text, read) in [
            ("08:00-18:00", Some((480, 1080))),
            (" 8:30－9：00 ", Some((510, 540))),
            ("00:00-24:00", Some((0, 1440))),
            ("18:00-08:00", None),
            ("8-9", None),
            ("08:60-09:00", None),
            ("25:00-26:00", None),
            ("", None),
        ] {
            assert_eq!(minutes(text), read, "{text}");
        }
    }
}
