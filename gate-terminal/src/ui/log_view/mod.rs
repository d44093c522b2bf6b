//! The log screen for security officers, behind their PIN: entries, who is inside, who is overdue.
//!
//! Only what the filter asks for is fetched, by the officer thread and never by this one; here it is drawn, chosen from and
//! asked for.

mod details;
mod entries;
mod filters;
mod inside;

use std::time::Duration;

use egui::{Key, Rect, Ui, pos2, vec2};
use shared::time::CampusDay;

use super::{
    actions,
    command::Command,
    pin_view::{PinView, Purpose},
    records::{Answer, Ask, ExportKind, Failed, LogFilter, OfficerSaid, Records},
    rows::Rows,
    screens::Wish,
    snapshot::Snapshot,
    theme::{self, Type},
    words::{self, Language, log, reason::Teller},
};
use filters::Filters;

const MARGIN: f32 = 14.0;
const BAR_HEIGHT: f32 = 46.0;
const LINE_HEIGHT: f32 = 32.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum List {
    #[default]
    Entries,
    Inside,
    Overdue,
}

/// The filter the officer thread was asked with last, and when.
#[derive(Debug)]
struct Asked {
    filter: LogFilter,
    at_s: f64,
}

/// The officer thread takes no more asks than it can answer; one that it did not take is made again.
const ASKED_AGAIN: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct LogView {
    list: List,
    filters: Option<Filters>,
    asked: Option<Asked>,
    rows: Rows,
    pin: PinView,
    listing_inside: bool,
    /// Answers up to this one were given before this screen was opened.
    answered: Option<u64>,
    /// The answer that brought the list of who is inside.
    fell_back: Option<u64>,
    roll_call: Option<RollCall>,
}

/// What there is to draw, and in which language.
#[derive(Clone, Copy)]
struct Shown<'a> {
    snapshot: &'a Snapshot,
    records: &'a Records,
    /// The newest that was given since the screen was opened.
    answer: Option<&'a Answer>,
    language: Language,
}

impl<'a> Shown<'a> {
    fn teller(self) -> Teller<'a> {
        let Snapshot { now, direction, .. } = *self.snapshot;
        Teller { language: self.language, places: self.snapshot.places.as_deref(), now, direction, day: None }
    }
}

/// A roll-call that was asked for when `newest` was the last answer, and has none of its own yet.
#[derive(Debug)]
struct RollCall {
    newest: u64,
    at_s: f64,
    is_late: bool,
}

/// The officer thread may be writing to a slow stick; a fire waits for none.
const ROLL_CALL_WITHIN: Duration = Duration::from_secs(3);

impl LogView {
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        body: Rect,
        snapshot: &Snapshot,
        records: &Records,
        language: Language,
    ) -> Vec<Wish> {
        let newest = records.answer.as_ref().map_or(0, |answer| answer.number);
        let answered = *self.answered.get_or_insert(newest);
        let answer = records.answer.as_ref().filter(|answer| answer.number > answered);
        let shown = Shown { snapshot, records, answer, language };
        let became_late = self.follow_roll_call(ui, records);
        let wishes = if records.lock.is_open() {
            if became_late {
                self.turn_to(List::Inside);
            }
            self.show_open(ui, body, shown)
        } else {
            self.show_locked(ui, body, shown)
        };
        if wishes.contains(&Wish::Ask(Ask::RollCall)) {
            self.roll_call_was_asked(ui, records);
        }
        wishes
    }

    /// The log, which an officer has opened.
    fn show_open(&mut self, ui: &mut Ui, body: Rect, shown: Shown<'_>) -> Vec<Wish> {
        let Shown { snapshot, records, language, .. } = shown;
        if let Some(Answer { number, said: OfficerSaid::Failed { what: Failed::RollCall, .. } }) = shown.answer
            && self.fell_back.replace(*number) != Some(*number)
        {
            self.turn_to(List::Inside);
        }
        let inner = body.shrink(MARGIN);
        let (bar, rest) = inner.split_top_bottom_at_y(inner.top() + BAR_HEIGHT);
        let mut wishes = self.show_bar(ui, bar, language);
        let (line, rest) = rest.split_top_bottom_at_y(rest.top() + LINE_HEIGHT);
        self.show_line(ui, line, shown.answer, language);
        wishes.extend(self.list_inside(self.list != List::Entries));
        match self.list {
            List::Entries => {
                let today = CampusDay::of(snapshot.now);
                let filters = self.filters.get_or_insert_with(|| Filters::today(today));
                entries::show(ui, rest, filters, &mut self.rows, shown);
                let (wanted, at_s) = (&filters.filter, ui.input(|input| input.time));
                let is_shown = records.page.as_ref().is_some_and(|page| page.filter == *wanted);
                let waits = |asked: &Asked| is_shown || at_s - asked.at_s < ASKED_AGAIN.as_secs_f64();
                if !self.asked.as_ref().is_some_and(|asked| asked.filter == *wanted && waits(asked)) {
                    self.asked = Some(Asked { filter: wanted.clone(), at_s });
                    wishes.push(Wish::Ask(Ask::Look(wanted.clone())));
                }
                if !is_shown {
                    ui.ctx().request_repaint_after(ASKED_AGAIN);
                }
            }
            List::Inside => inside::show(ui, rest, false, &mut self.rows, shown),
            List::Overdue => inside::show(ui, rest, true, &mut self.rows, shown),
        }
        wishes
    }

    /// The next answer belongs to this screen, even if it comes before the screen is drawn.
    pub(super) fn await_roll_call(&mut self, ui: &Ui, records: &Records) {
        self.answered = Some(records.answer.as_ref().map_or(0, |answer| answer.number));
        self.roll_call_was_asked(ui, records);
    }

    fn roll_call_was_asked(&mut self, ui: &Ui, records: &Records) {
        let newest = records.answer.as_ref().map_or(0, |answer| answer.number);
        self.roll_call = Some(RollCall { newest, at_s: ui.input(|input| input.time), is_late: false });
    }

    /// Whether it is late from now on.
    fn follow_roll_call(&mut self, ui: &Ui, records: &Records) -> bool {
        let Some(waiting) = &mut self.roll_call else { return false };
        if records.answer.as_ref().is_some_and(|answer| answer.number > waiting.newest && is_of_roll_call(&answer.said))
        {
            self.roll_call = None;
            return false;
        }
        let is_late = ui.input(|input| input.time) - waiting.at_s >= ROLL_CALL_WITHIN.as_secs_f64();
        if !is_late {
            ui.ctx().request_repaint_after(ROLL_CALL_WITHIN);
        }
        !std::mem::replace(&mut waiting.is_late, is_late) && is_late
    }

    fn is_roll_call_late(&self) -> bool {
        self.roll_call.as_ref().is_some_and(|waiting| waiting.is_late)
    }

    fn show_line(&self, ui: &Ui, line: Rect, answer: Option<&Answer>, language: Language) {
        if self.is_roll_call_late() {
            show_told(ui, line, words::Log::of(language).late_roll_call);
        } else if let Some(answer) = answer {
            show_told(ui, line, &log::answer(language, &answer.said));
        }
    }

    pub(super) fn is_typing(&self) -> bool {
        self.pin.is_typing()
    }

    /// The screen is left: nothing has to be listed any more.
    pub(super) fn leave(&mut self) -> Option<Wish> {
        self.pin.clear();
        self.answered = None;
        self.asked = None;
        self.roll_call = None;
        self.list_inside(false)
    }

    /// The roll-call and the PIN. A roll-call that cannot be written is shown: whom to look for does not hang on a disk.
    fn show_locked(&mut self, ui: &mut Ui, body: Rect, shown: Shown<'_>) -> Vec<Wish> {
        let Shown { snapshot, records, answer, language } = shown;
        self.filters = None;
        self.asked = None;
        let inner = body.shrink(MARGIN);
        let (bar, rest) = inner.split_top_bottom_at_y(inner.top() + BAR_HEIGHT);
        let (line, rest) = rest.split_top_bottom_at_y(rest.top() + LINE_HEIGHT);
        let button = bar.with_min_x(bar.right() - 150.0);
        let mut wishes = Vec::new();
        if roll_call_asked(ui, button, language) {
            wishes.push(Wish::Ask(Ask::RollCall));
        }
        // What was said to a wrong PIN stands under the PIN.
        let answer = answer.filter(|answer| is_of_roll_call(&answer.said));
        self.show_line(ui, line, answer, language);
        let failed = answer.is_some_and(|answer| matches!(answer.said, OfficerSaid::Failed { .. }));
        let unwritten = failed || self.is_roll_call_late();
        wishes.extend(self.list_inside(unwritten));
        if unwritten {
            inside::show(ui, rest, false, &mut self.rows, shown);
        } else {
            let purpose = Purpose::Open(words::Log::of(language).locked);
            let asked = self.pin.show(ui, rest, records, snapshot.now, purpose, language);
            wishes.extend(asked.map(Wish::Ask));
        }
        wishes
    }

    fn turn_to(&mut self, list: List) {
        self.list = list;
        self.rows = Rows::default();
    }

    fn list_inside(&mut self, wanted: bool) -> Option<Wish> {
        let changed = std::mem::replace(&mut self.listing_inside, wanted) != wanted;
        changed.then_some(Wish::Command(Command::ListInside(wanted)))
    }

    fn show_bar(&mut self, ui: &Ui, place: Rect, language: Language) -> Vec<Wish> {
        let (words, palette) = (words::Log::of(language), theme::of(ui));
        let mut left = place.left();
        for (list, key, name, text) in [
            (List::Entries, Key::F1, "F1", words.entries),
            (List::Inside, Key::F2, "F2", words.inside),
            (List::Overdue, Key::F3, "F3", words.overdue),
        ] {
            let button = Rect::from_min_size(pos2(left, place.top()), vec2(150.0, place.height()));
            left += 158.0;
            let fill = if self.list == list { palette.chosen } else { palette.card };
            let clicked = theme::small_button(ui, button, &format!("{name} {text}"), Some(fill));
            if (clicked || actions::struck(ui, key)) && self.list != list {
                self.turn_to(list);
            }
        }
        let filter = self.filters.as_ref().map(|filters| filters.filter.clone());
        let mut wishes = Vec::new();
        let mut right = place.right();
        let mut pressed = |width: f32, text: &str, key: Option<Key>| {
            let button = Rect::from_min_size(pos2(right - width, place.top()), vec2(width, place.height()));
            right -= width + 8.0;
            let clicked = theme::small_button(ui, button, text, Some(palette.card));
            clicked || key.is_some_and(|key| actions::struck(ui, key))
        };
        if pressed(92.0, words.lock, None) {
            wishes.push(Wish::Ask(Ask::Lock));
        }
        let xlsx = pressed(188.0, words.xlsx, Some(Key::F12));
        let csv = pressed(176.0, words.csv, Some(Key::F11));
        for (asked, kind) in [(csv, ExportKind::Csv), (xlsx, ExportKind::Xlsx)] {
            if let (true, Some(filter)) = (asked, &filter) {
                wishes.push(Wish::Ask(Ask::Export { filter: filter.clone(), kind }));
            }
        }
        if pressed(150.0, words.roll_call, Some(Key::F9)) {
            wishes.push(Wish::Ask(Ask::RollCall));
        }
        wishes
    }
}

/// Needs no PIN: a fire waits for none.
fn roll_call_asked(ui: &Ui, place: Rect, language: Language) -> bool {
    let clicked = theme::small_button(ui, place, words::Log::of(language).roll_call, Some(theme::of(ui).card));
    clicked || actions::struck(ui, Key::F9)
}

const fn is_of_roll_call(said: &OfficerSaid) -> bool {
    matches!(said, OfficerSaid::RollCall { .. } | OfficerSaid::Failed { what: Failed::RollCall, .. })
}

fn show_told(ui: &Ui, line: Rect, told: &str) {
    theme::told(ui, line.shrink2(vec2(4.0, 2.0)), told, Type::new(20.0, theme::of(ui).ink));
}

/// Cells of a row from left to right, by share of its width.
struct Cells {
    left: Rect,
    width: f32,
}

impl Cells {
    fn of(row: Rect) -> Self {
        Self { left: row, width: row.width() }
    }

    fn next(&mut self, share: f32) -> Rect {
        let (cell, rest) = self.left.split_left_right_at_x(self.left.left() + self.width * share);
        self.left = rest;
        cell.with_max_x(cell.right() - 8.0)
    }
}
