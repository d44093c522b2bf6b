//! Who is inside, longest first, and who should have left: the same table with fewer rows.

use egui::{Rect, Ui, vec2};

use super::{Cells, Shown};
use crate::ui::{
    rare,
    rows::{Rows, Shape},
    shapes::{self, Sign},
    snapshot::Inside,
    theme::{self, Type},
    words::{self, health, log, reason::Teller},
};

const ROW_HEIGHT: f32 = 48.0;
const HEAD_HEIGHT: f32 = 34.0;
const FOOT_HEIGHT: f32 = 40.0;

/// Shares of the columns: name, people, since, gate, host, phone, plate; the rest is the state.
const COLUMNS: [f32; 7] = [0.2, 0.06, 0.15, 0.1, 0.22, 0.09, 0.1];

pub(super) fn show(ui: &mut Ui, place: Rect, only_overdue: bool, rows: &mut Rows, shown: Shown<'_>) {
    let Shown { snapshot, language, .. } = shown;
    let (words, palette) = (words::Log::of(language), theme::of(ui));
    theme::card(ui, place);
    let (head, rest) = place.shrink2(vec2(8.0, 4.0)).split_top_bottom_at_y(place.top() + HEAD_HEIGHT);
    let names = [words.name, words.party, words.since, words.gate, words.host, words.phone, words.plate];
    let mut cells = Cells::of(head.with_max_x(head.right() - 10.0).shrink2(vec2(12.0, 0.0)));
    for (share, name) in COLUMNS.into_iter().zip(names) {
        theme::write(ui, cells.next(share), name, Type::new(17.0, palette.faint));
    }
    let Some(all) = snapshot.inside.as_deref() else { return };
    let listed: Vec<&Inside> = all.iter().filter(|inside| inside.overdue || !only_overdue).collect();
    let (list, foot) = rest.split_top_bottom_at_y(rest.bottom() - FOOT_HEIGHT);
    if listed.is_empty() {
        theme::told(ui, list, words.nobody_inside, Type::new(24.0, palette.faint).centred());
        return;
    }
    let teller = shown.teller();
    let shape = Shape { id: "inside", count: listed.len(), height: ROW_HEIGHT, shares_keys: false, clickable: true };
    rows.show(ui, list, shape, |ui, row, index| {
        if let Some(inside) = listed.get(index) {
            show_row(ui, row.shrink2(vec2(12.0, 2.0)), inside, teller);
        }
    });
    let people = listed.iter().map(|inside| u32::from(inside.party)).sum();
    theme::told(ui, foot.shrink2(vec2(12.0, 2.0)), &log::people(language, people), Type::new(22.0, palette.ink));
}

fn show_row(ui: &Ui, row: Rect, inside: &Inside, teller: Teller<'_>) {
    let (words, palette) = (words::Log::of(teller.language), theme::of(ui));
    let plain = Type::new(21.0, palette.ink);
    let mut cells = Cells::of(row);
    let [name, people, since, gate, host, phone, plate] = COLUMNS.map(|share| cells.next(share));
    theme::told(ui, name, &rare::spelled(ui, &inside.name), Type::new(24.0, palette.ink).bold());
    theme::told(ui, people, &inside.party.to_string(), plain);
    let age = health::ago(teller.language, inside.since, teller.now);
    theme::told(ui, since, &format!("{}　{age}", teller.when(inside.since)), plain);
    theme::told(ui, gate, &teller.gate(inside.gate), plain);
    if let Some(record) = &inside.record {
        let met = format!("{}　{}", rare::spelled(ui, record.host.as_str()), record.department);
        theme::told(ui, host, &met, plain);
        theme::told(ui, phone, &record.phone_tail, plain);
        theme::told(ui, plate, &record.plates.join(" "), plain);
    }
    if inside.overdue {
        let state = cells.left;
        shapes::draw(
            ui.painter(),
            Sign::Triangle,
            state.left_center() + vec2(11.0, 0.0),
            10.0,
            palette.mind,
            palette.card,
        );
        theme::told(ui, state.with_min_x(state.left() + 28.0), words.late, Type::new(20.0, palette.mind));
    }
}
