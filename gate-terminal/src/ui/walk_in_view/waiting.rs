//! Those whose hosts have been asked, and how it stands with each.

use egui::{Rect, ScrollArea, Sense, Ui, UiBuilder, vec2};

use crate::ui::{
    command::Command,
    rare,
    shapes::{self, Sign},
    snapshot::{Snapshot, WalkIn, WalkInStanding},
    theme::{self, Type},
    words::{self, Language},
};

const ROW_HEIGHT: f32 = 112.0;

pub(super) fn show(ui: &mut Ui, place: Rect, snapshot: &Snapshot, language: Language) -> Option<Command> {
    let (words, palette) = (words::WalkIn::of(language), theme::of(ui));
    theme::card(ui, place);
    let (title, list) = place.shrink(14.0).split_top_bottom_at_y(place.top() + 58.0);
    theme::told(ui, title, words.list, Type::new(26.0, palette.ink).bold());
    if snapshot.walk_ins.is_empty() {
        theme::told(ui, list, words.nobody, Type::new(24.0, palette.faint).centred());
        return None;
    }
    let mut asked = None;
    let mut inside = ui.new_child(UiBuilder::new().max_rect(list));
    inside.set_clip_rect(list.intersect(ui.clip_rect()));
    let area = ScrollArea::vertical().id_salt("walk-ins").auto_shrink(false);
    area.show_rows(&mut inside, ROW_HEIGHT, snapshot.walk_ins.len(), |ui, rows| {
        for walk_in in snapshot.walk_ins.get(rows).unwrap_or_default() {
            let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::empty());
            if let Some(command) = show_row(ui, row, walk_in, language) {
                asked = Some(command);
            }
        }
    });
    asked
}

fn show_row(ui: &Ui, row: Rect, walk_in: &WalkIn, language: Language) -> Option<Command> {
    let (words, palette) = (words::WalkIn::of(language), theme::of(ui));
    ui.painter().hline(row.x_range(), row.top(), egui::Stroke::new(1.0, palette.line));
    let row = row.shrink2(vec2(2.0, 8.0));
    let (texts, keys) = row.split_left_right_at_x(row.right() - 112.0);
    let texts = texts.with_max_x(texts.right() - 10.0);
    let (above, standing) = texts.split_top_bottom_at_fraction(0.55);
    let (name, host) = above.split_top_bottom_at_fraction(0.56);
    theme::told(ui, name, &rare::spelled(ui, walk_in.visitor.as_str()), Type::new(28.0, palette.ink).bold());
    let asked = format!("{}　{}", walk_in.since.campus_clock(), rare::spelled(ui, &walk_in.host));
    theme::told(ui, host, &asked, Type::new(20.0, palette.faint));
    let (sign, ink) = match &walk_in.standing {
        WalkInStanding::Sending | WalkInStanding::Waiting => (Sign::Dots, palette.ink),
        WalkInStanding::Approved { .. } => (Sign::Tick, palette.good),
        WalkInStanding::Declined => (Sign::Cross, palette.bad),
        WalkInStanding::HostUnknown | WalkInStanding::NotAllowed { .. } | WalkInStanding::Unsent { .. } => {
            (Sign::Triangle, palette.mind)
        }
    };
    shapes::draw(ui.painter(), sign, standing.left_center() + vec2(13.0, 0.0), 11.0, ink, palette.card);
    let said = words.standing(&walk_in.standing, language);
    theme::told(ui, standing.with_min_x(standing.left() + 34.0), &said, Type::new(21.0, ink).rows(2));
    let (first, second) = keys.split_top_bottom_at_fraction(0.5);
    if let WalkInStanding::Approved { pass } = walk_in.standing
        && theme::small_button(ui, first.shrink2(vec2(0.0, 3.0)), words.let_pass, Some(theme::GREEN))
    {
        return Some(Command::Choose(pass));
    }
    theme::small_button(ui, second.shrink2(vec2(0.0, 3.0)), words.remove, Some(palette.paper))
        .then_some(Command::ForgetWalkIn(walk_in.number))
}
