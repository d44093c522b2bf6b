//! All that is known of one entry, and who vouches for it.

use egui::{Rect, Ui, pos2, vec2};
use shared::{entry::Outcome, time::CampusDay};

use super::entries::name_of;
use crate::ui::{
    rare,
    records::LogLine,
    theme::{self, Type},
    words::{self, log, reason::Teller},
};

const NAME_WIDTH: f32 = 92.0;

pub(super) fn show(ui: &Ui, place: Rect, line: &LogLine, teller: Teller<'_>) {
    let language = teller.language;
    let (words, palette) = (words::Log::of(language), theme::of(ui));
    let entry = &line.entry;
    let teller = Teller { direction: entry.direction, day: Some(CampusDay::of(entry.at)), ..teller };
    let mut top = place.top();
    let mut next = |height: f32| {
        let row = Rect::from_min_size(pos2(place.left(), top), vec2(place.width(), height));
        top += height;
        row
    };
    theme::told(ui, next(40.0), &name_of(ui, line, words), Type::new(28.0, palette.ink).bold());
    let row = |place: Rect, name: &str, value: &str, rows: usize| {
        let (of_name, of_value) = place.split_left_right_at_x(place.left() + NAME_WIDTH);
        theme::write(ui, of_name, name, Type::new(17.0, palette.faint));
        theme::told(ui, of_value, value, Type::new(19.0, palette.ink).rows(rows));
    };
    row(next(28.0), words.time, &entry.at.campus_date_and_clock(), 1);
    let way = language.words().direction(entry.direction);
    row(next(28.0), words.gate, &format!("{}　{way}", teller.gate(entry.gate)), 1);
    row(next(50.0), words.note, &said(line, teller), 2);
    let host = line.host.as_deref().map(|host| rare::spelled(ui, host)).unwrap_or_default();
    row(next(28.0), words.host, &host, 1);
    row(next(28.0), words.plate, &line.plates.join("　"), 1);
    row(next(28.0), words.number, &format!("{}　{} {}", line.seq, words.party, entry.party), 1);
    if !entry.clock_trusted {
        theme::told(ui, next(28.0), words.clock_doubted, Type::new(18.0, palette.mind));
    }
    if let Some(conflict) = line.conflict {
        let (when, gate) = (teller.when(conflict.at), teller.gate(conflict.gate));
        let said = language.pick(
            format!("一码多用：{when} 也从{gate}进入过"),
            format!("The same pass also entered by {gate} at {when}"),
        );
        theme::notice(ui, next(52.0), &said, theme::RED);
    }
    theme::told(ui, next(48.0), words.proof_long(line.proof), Type::new(17.0, palette.ink).rows(2));
    if let Some(hash) = line.chain_hash {
        let hash: Vec<char> = hash.to_string().chars().collect();
        let groups: Vec<String> = hash.chunks(8).map(|group| group.iter().collect()).collect();
        let told = format!("{} {}", words.chain, groups.join(" "));
        theme::told(ui, next(46.0), &told, Type::new(14.0, palette.faint).rows(3));
    }
}

/// What the gate said, and what the guard did of it.
fn said(line: &LogLine, teller: Teller<'_>) -> String {
    let verdict = teller.verdict(&line.entry.said.verdict);
    let done = log::outcome_kind(&line.entry.outcome);
    let done = words::Log::of(teller.language).outcome_kind(done);
    match &line.entry.outcome {
        Outcome::LetIn { reason } | Outcome::SentAway { reason } => {
            format!("{verdict}；{done}：{}", words::guard_reason(teller.language, reason))
        }
        Outcome::Passed | Outcome::Refused => verdict,
        Outcome::Unanswered => format!("{verdict}；{done}"),
        Outcome::Corrected { entry } => {
            let of = teller.language.pick(format!("第 {entry} 条"), format!("entry {entry}"));
            format!("{done}：{of}")
        }
    }
}
