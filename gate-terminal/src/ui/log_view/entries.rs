//! The table of entries, newest first; beside it all that is known of the chosen one.

use egui::{Color32, Rect, Ui, vec2};

use super::{
    Cells, Shown, details,
    filters::{self, Filters},
};
use crate::ui::{
    rare,
    records::{LogFilter, LogLine, Proof, VerdictKind},
    rows::{Rows, Shape},
    shapes::{self, Sign},
    theme::{self, Type},
    words::{self, log, reason::Teller},
};

const DETAILS_WIDTH: f32 = 392.0;
const ROW_HEIGHT: f32 = 42.0;
const HEAD_HEIGHT: f32 = 32.0;
const FOOT_HEIGHT: f32 = 40.0;

/// Shares of the columns: time, name, verdict, outcome, way, people, gate, plate; the rest is the signature.
const COLUMNS: [f32; 8] = [0.11, 0.18, 0.12, 0.125, 0.075, 0.075, 0.1, 0.135];

pub(super) fn show(ui: &mut Ui, place: Rect, filters: &mut Filters, rows: &mut Rows, shown: Shown<'_>) {
    let Shown { records, language, .. } = shown;
    let (words, palette, teller) = (words::Log::of(language), theme::of(ui), shown.teller());
    filters.show(ui, place.with_max_y(place.top() + filters::HEIGHT), teller);
    let (table, side) = filters::below(place).split_left_right_at_x(place.right() - DETAILS_WIDTH);
    let table = table.with_max_x(table.right() - 12.0);
    theme::card(ui, table);
    theme::card(ui, side);
    let (head, rest) = table.shrink2(vec2(8.0, 2.0)).split_top_bottom_at_y(table.top() + HEAD_HEIGHT);
    // The rows are narrower by the scroll bar.
    show_head(ui, head.with_max_x(head.right() - 10.0).shrink2(vec2(10.0, 0.0)), words);
    let Some(page) = records.page.as_deref() else { return };
    let (list, foot) = rest.split_top_bottom_at_y(rest.bottom() - FOOT_HEIGHT);
    if page.lines.is_empty() {
        theme::told(ui, list, words.nothing, Type::new(24.0, palette.faint).centred());
    }
    let shape =
        Shape { id: "entries", count: page.lines.len(), height: ROW_HEIGHT, shares_keys: false, clickable: true };
    rows.show(ui, list, shape, |ui, row, index| {
        if let Some(line) = page.lines.get(index) {
            show_line(ui, row.shrink2(vec2(10.0, 2.0)), line, teller);
        }
    });
    if let Some(line) = page.lines.get(rows.chosen) {
        details::show(ui, side.shrink(14.0), line, teller);
    }
    let (counted, more) = foot.split_left_right_at_fraction(0.6);
    let counted = counted.shrink2(vec2(10.0, 2.0));
    theme::told(ui, counted, &log::counted(language, page.lines.len(), page.total), Type::new(18.0, palette.faint));
    if page.lines.len() < page.total
        && theme::small_button(ui, more.shrink2(vec2(4.0, 3.0)), words.more, Some(palette.paper))
    {
        filters.filter.most = page.lines.len().saturating_add(LogFilter::STEP);
    }
}

fn show_head(ui: &Ui, row: Rect, words: &words::Log) {
    let names =
        [words.time, words.name, words.verdict, words.outcome, words.direction, words.party, words.gate, words.plate];
    let faint = Type::new(17.0, theme::of(ui).faint);
    let mut cells = Cells::of(row);
    for (share, name) in COLUMNS.into_iter().zip(names) {
        theme::write(ui, cells.next(share), name, faint);
    }
    theme::write(ui, cells.left, words.proof, faint);
}

fn show_line(ui: &Ui, row: Rect, line: &LogLine, teller: Teller<'_>) {
    let (words, palette) = (words::Log::of(teller.language), theme::of(ui));
    let entry = &line.entry;
    let plain = Type::new(20.0, palette.ink);
    let mut cells = Cells::of(row);
    let [time, name, verdict, outcome, way, people, gate, plate] = COLUMNS.map(|share| cells.next(share));
    theme::told(ui, time, &teller.when(entry.at), plain);
    theme::told(ui, name, &name_of(ui, line, words), plain);
    let kind = log::verdict_kind(&entry.said.verdict);
    let (sign, ink) = sign(kind, ui);
    shapes::draw(ui.painter(), sign, verdict.left_center() + vec2(10.0, 0.0), 9.0, ink, palette.card);
    theme::told(ui, verdict.with_min_x(verdict.left() + 26.0), words.kind(kind), Type::new(20.0, ink));
    theme::told(ui, outcome, words.outcome_kind(log::outcome_kind(&entry.outcome)), plain);
    theme::told(ui, way, teller.language.words().direction(entry.direction), plain);
    theme::told(ui, people, &entry.party.to_string(), plain);
    theme::told(ui, gate, &teller.gate(entry.gate), plain);
    theme::told(ui, plate, &line.plates.join(" "), plain);
    let proof = cells.left;
    if line.conflict.is_some() {
        theme::told(ui, proof, words.conflict, Type::new(18.0, palette.bad).bold());
    } else {
        let ink = match line.proof {
            Proof::Countersigned => palette.good,
            Proof::Unsent => palette.mind,
        };
        theme::told(ui, proof, words.proof(line.proof), Type::new(18.0, ink));
    }
}

pub(super) fn name_of(ui: &Ui, line: &LogLine, words: &words::Log) -> String {
    let full = line.visitor.as_ref().map(|name| name.as_str());
    let masked = line.entry.said.name.as_ref().map(|name| name.as_str());
    full.or(masked).map_or_else(|| words.no_name.to_owned(), |name| rare::spelled(ui, name))
}

pub(super) fn sign(kind: VerdictKind, ui: &Ui) -> (Sign, Color32) {
    let palette = theme::of(ui);
    match kind {
        VerdictKind::Admit => (Sign::Tick, palette.good),
        VerdictKind::Ask => (Sign::Triangle, palette.mind),
        VerdictKind::Refuse => (Sign::Cross, palette.bad),
    }
}
