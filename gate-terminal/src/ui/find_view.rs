//! The find screen: no phone, a dead battery, a code that cannot be read.
//!
//! Whatever is written is asked for at once; the gate answers with the next snapshot. Choosing somebody brings the same
//! verdict panel as their code would, and asks the guard to compare the card. The choice is of a person, not of a row: news may
//! put somebody before them, and for a moment after that nobody is chosen.

use egui::{Event, Id, ImeEvent, Key, Rect, Ui, vec2};

use super::{
    actions,
    command::Command,
    rare,
    rows::{Rows, Shape},
    settling::Settling,
    shapes::{self, Sign},
    snapshot::{Found, Hit, Snapshot},
    theme::{self, Field, Type},
    words::{self, Language, health, reason},
};
use shared::{
    ids::PassId,
    sync::beacon::Freshness,
    time::{CampusDay, Moment},
};

const MARGIN: f32 = 16.0;
const ROW_HEIGHT: f32 = 82.0;
const LONGEST_QUERY: usize = 40;

#[derive(Debug, Default)]
pub(super) struct FindView {
    query: String,
    /// What the gate was asked for last.
    asked: String,
    rows: Rows,
    /// In the chosen row.
    chosen: Option<PassId>,
    /// Who stands in which row.
    listed: Settling<Vec<PassId>>,
    /// An input method is at work: what stands in the field is no name yet.
    composing: bool,
}

impl FindView {
    pub(super) fn show(&mut self, ui: &mut Ui, body: Rect, snapshot: &Snapshot, language: Language) -> Option<Command> {
        let words = words::Find::of(language);
        let palette = theme::of(ui);
        let body = body.shrink(MARGIN);
        let (top, rest) = body.split_top_bottom_at_y(body.top() + 92.0);
        self.show_query(ui, top, words);
        let (line, list) = rest.split_top_bottom_at_y(rest.top() + 48.0);
        show_line(ui, line.with_max_y(line.bottom() - 8.0), snapshot, language);
        theme::card(ui, list);
        self.follow_input_method(ui);
        if self.query.trim() != self.asked && !self.composing {
            self.query.trim().clone_into(&mut self.asked);
            self.rows = Rows::default();
            self.chosen = None;
            return Some(Command::Find(self.asked.clone()));
        }
        let list = list.shrink2(vec2(8.0, 8.0));
        let found = snapshot.found.as_deref().filter(|found| found.query == self.asked && !self.asked.is_empty())?;
        if found.hits.is_empty() {
            theme::told(ui, list.shrink(24.0), words.nothing, Type::new(30.0, palette.ink).rows(2).centred());
            return None;
        }
        if self.listed.follow(ui, Some(found.hits.iter().map(|hit| hit.pass).collect())) {
            let moved_to = found.hits.iter().position(|hit| Some(hit.pass) == self.chosen);
            self.rows.choose(moved_to.unwrap_or(self.rows.chosen));
        }
        let clicked = self.show_hits(ui, list, found, snapshot.now, language);
        self.chosen = found.hits.get(self.rows.chosen).map(|hit| hit.pass);
        let entered = actions::struck(ui, Key::Enter) && self.listed.was_over_at(ui, Key::Enter);
        let entered = entered.then_some(self.rows.chosen);
        let hit = found.hits.get(clicked.or(entered)?)?;
        Some(Command::Choose(hit.pass))
    }

    /// Somebody is being looked for: a new visitor must not take the screen away.
    pub(super) fn is_typing(&self) -> bool {
        !self.query.trim().is_empty()
    }

    /// The next one begins anew; `true` when the gate has to be told.
    pub(super) fn clear(&mut self) -> bool {
        let was_asked = !self.asked.is_empty();
        *self = Self::default();
        was_asked
    }

    fn follow_input_method(&mut self, ui: &Ui) {
        ui.input(|input| {
            for event in &input.events {
                if let Event::Ime(event) = event {
                    self.composing = matches!(event, ImeEvent::Preedit { text, .. } if !text.is_empty());
                }
            }
        });
    }

    fn show_query(&mut self, ui: &mut Ui, place: Rect, words: &words::Find) {
        let spelled = rare::spelled(ui, &self.query);
        let fault = (spelled != self.query).then_some(spelled.as_str());
        let look = Field { size: 34.0, most: LONGEST_QUERY, fault, ..Field::new("", words.query) };
        let id = Id::unique("query");
        theme::field(ui, place, id, &mut self.query, look);
        if ui.memory(|memory| memory.focused().is_none()) {
            ui.memory_mut(|memory| memory.request_focus(id));
        }
    }

    fn show_hits(&mut self, ui: &mut Ui, place: Rect, found: &Found, now: Moment, language: Language) -> Option<usize> {
        let list = if found.more > 0 { place.with_max_y(place.bottom() - 34.0) } else { place };
        let clickable = self.listed.is_over(ui);
        let shape = Shape { id: "hits", count: found.hits.len(), height: ROW_HEIGHT, shares_keys: true, clickable };
        let clicked = self.rows.show(ui, list, shape, |ui, row, index| {
            if let Some(hit) = found.hits.get(index) {
                show_hit(ui, row.shrink2(vec2(16.0, 6.0)), hit, now, language);
            }
        });
        if found.more > 0 {
            let below = place.with_min_y(list.bottom());
            let faint = Type::new(20.0, theme::of(ui).faint).centred();
            theme::told(ui, below, &words::find::more(language, found.more), faint);
        }
        clicked
    }
}

/// How it is done; or that the list may lack somebody.
fn show_line(ui: &Ui, place: Rect, snapshot: &Snapshot, language: Language) {
    let words = words::Find::of(language);
    match snapshot.status.freshness {
        Freshness::Fresh => {
            theme::told(ui, place, words.how, Type::new(20.0, theme::of(ui).faint));
        }
        Freshness::Stale | Freshness::Expired => {
            let as_of = snapshot.status.news_as_of;
            let age =
                as_of.map_or(language.words().news_none.to_owned(), |as_of| health::ago(language, as_of, snapshot.now));
            theme::notice(ui, place, &format!("{}{age}", words.not_fresh), theme::AMBER);
        }
    }
}

fn show_hit(ui: &Ui, row: Rect, hit: &Hit, now: Moment, language: Language) {
    let words = words::Find::of(language);
    let palette = theme::of(ui);
    let record = &hit.record;
    let mut left = row;
    let mut next = |share: f32| {
        let (cell, rest) = left.split_left_right_at_x(left.left() + row.width() * share);
        left = rest;
        cell.with_max_x(cell.right() - 14.0)
    };
    let (name, matched) = next(0.27).split_top_bottom_at_fraction(0.64);
    theme::told(ui, name, &rare::spelled(ui, record.visitor.as_str()), Type::new(36.0, palette.ink).bold());
    let matched_by = format!("{}{}{}", words.matched, language.pick("", " by "), words.by(hit.by));
    theme::told(ui, matched, &matched_by, Type::new(17.0, palette.faint));
    let pair = |cell: Rect, name: &str, value: &str, size: f32| {
        let (above, below) = cell.split_top_bottom_at_fraction(0.34);
        theme::write(ui, above, name, Type::new(16.0, palette.faint));
        theme::told(ui, below, value, Type::new(size, palette.ink).rows(2));
    };
    pair(next(0.12), words.document, &record.last_four.to_string(), 32.0);
    pair(next(0.11), words.phone, &record.phone_tail, 28.0);
    let host = format!("{}　{}", rare::spelled(ui, record.host.as_str()), record.department);
    pair(next(0.26), words.host, &host, 22.0);
    let hours = format!("{}–{}", record.visit_from.campus_clock(), record.day.clock(record.visit_until));
    let is_today = record.day == CampusDay::of(now);
    let time = if is_today { hours } else { format!("{} {hours}", reason::day_as_said(language, record.day, now)) };
    pair(next(0.13), words.time, &time, 22.0);
    let state = match (hit.spent, hit.inside) {
        (true, _) => Some((Sign::Cross, palette.bad, words.spent)),
        (false, true) => Some((Sign::Triangle, palette.mind, words.inside)),
        (false, false) => None,
    };
    if let Some((sign, ink, word)) = state {
        let cell = left;
        shapes::draw(ui.painter(), sign, cell.left_center() + vec2(14.0, 0.0), 12.0, ink, palette.card);
        theme::told(ui, cell.with_min_x(cell.left() + 34.0), word, Type::new(22.0, ink));
    }
}
