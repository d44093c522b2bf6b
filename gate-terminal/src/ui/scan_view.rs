//! The scan window: preview on the left, verdict on the right, the bar below; drawn from one snapshot.
//!
//! All places follow from the window's size alone, never from what stands in them, so nothing moves while a guard reads.

use egui::{Key, Rect, Stroke, Ui, pos2, vec2};
use shared::entry::Direction;

use super::{
    actions::{self, Actions},
    command::Command,
    preview::Preview,
    shapes,
    snapshot::{Panel, Picture, Shown, Snapshot, Way},
    status_bar,
    theme::{self, Type},
    verdict_panel,
    words::Language,
};

/// What everything is laid out for; larger and smaller windows scale it.
pub const WIDTH: f32 = 1280.0;
pub const HEIGHT: f32 = 800.0;

const HEADER_HEIGHT: f32 = 48.0;
const MARGIN: f32 = 12.0;
const LEFT_SHARE: f32 = 0.41;

#[derive(Debug, Default)]
pub struct ScanView {
    pub language: Language,
    preview: Preview,
    actions: Actions,
}

impl ScanView {
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self { language, ..Self::default() }
    }

    pub fn show(&mut self, ui: &mut Ui, snapshot: &Snapshot, picture: Option<&Picture>) -> Option<Command> {
        let places = Places::of(ui.max_rect());
        ui.painter().rect_filled(ui.max_rect(), 0, theme::PAPER);
        let words = self.language.words();
        show_header(ui, places.header, snapshot, self.language);
        self.preview.show(ui, places.preview, picture, snapshot.status.camera, words);
        let turned = self.show_gate(ui, places.gate, snapshot);
        verdict_panel::show(ui, places.verdict, snapshot, self.language);
        let reasons = verdict_panel::below_banner(places.verdict);
        let decided = self.actions.show(ui, places.actions, reasons, &snapshot.panel, self.language);
        status_bar::show(ui, places.status, &snapshot.status, snapshot.now, self.language);
        decided.or(turned)
    }

    /// Where this is and which way people go; a guard who takes over must see it at once.
    fn show_gate(&mut self, ui: &Ui, place: Rect, snapshot: &Snapshot) -> Option<Command> {
        let words = self.language.words();
        ui.painter().rect(place, theme::CORNER, theme::CARD, Stroke::new(1.0, theme::LINE), egui::StrokeKind::Inside);
        let inner = place.shrink(16.0);
        let (above, keys) = inner.split_top_bottom_at_y(inner.bottom() - 60.0);
        let centre = pos2(above.left() + 52.0, above.top() + above.height() * 0.46);
        let ink = match snapshot.direction {
            Direction::In => theme::GREEN,
            Direction::Out => theme::NEUTRAL,
        };
        shapes::direction(ui.painter(), snapshot.direction, centre, 40.0, ink);
        let way = Rect::from_min_max(pos2(centre.x + 64.0, above.top()), pos2(above.right(), above.bottom() - 8.0));
        theme::told(ui, way, words.direction(snapshot.direction), Type::new(60.0, ink).bold());
        if let Panel::Shown(shown) = &snapshot.panel
            && shown.waits_for_the_guard()
        {
            show_countdown(ui, way, shown, snapshot, words.seconds_left);
        }
        let (turn, language) = keys.split_left_right_at_fraction(0.5);
        let turn = Rect::from_min_max(turn.min, turn.max - vec2(5.0, 0.0));
        let language = Rect::from_min_max(language.min + vec2(5.0, 0.0), language.max);
        let turn_label = format!("F8　{}", words.key_direction);
        let turned = theme::key_button(ui, turn, "", &turn_label, Some(theme::PAPER)) || actions::struck(ui, Key::F8);
        let language_label = format!("F10　{}", words.key_language);
        if theme::key_button(ui, language, "", &language_label, Some(theme::PAPER)) || actions::struck(ui, Key::F10) {
            self.language = self.language.other();
            ui.ctx().request_repaint();
        }
        turned.then_some(Command::Face(match snapshot.way {
            Way::In => Way::Out,
            Way::Out | Way::Both => Way::In,
        }))
    }
}

fn show_countdown(ui: &Ui, place: Rect, shown: &Shown, snapshot: &Snapshot, words: &str) {
    let seconds = shown.until.since(snapshot.now).num_seconds().max(0);
    theme::told(ui, place, &format!("{seconds} {words}"), Type::new(30.0, theme::INK).right());
}

/// Campus, gate and time; an alarm takes their place, because it must not be overlooked.
fn show_header(ui: &Ui, place: Rect, snapshot: &Snapshot, language: Language) {
    let words = language.words();
    if let Some(alarm) = snapshot.status.alarm {
        ui.painter().rect_filled(place, 0, theme::RED);
        let text = status_bar::alarm(alarm, words);
        theme::told(ui, place.shrink2(vec2(16.0, 4.0)), text, Type::new(26.0, theme::ink_on(theme::RED)).bold());
        return;
    }
    ui.painter().rect_filled(place, 0, theme::INK);
    let inner = place.shrink2(vec2(16.0, 4.0));
    let (left, right) = inner.split_left_right_at_fraction(0.75);
    theme::told(ui, left, &here(snapshot, language), Type::new(24.0, theme::CARD));
    theme::write(ui, right, &snapshot.now.campus_date_and_clock(), Type::new(24.0, theme::CARD).right());
}

fn here(snapshot: &Snapshot, language: Language) -> String {
    let title = language.words().title;
    let Some(places) = &snapshot.places else { return title.to_owned() };
    let gate = places.gates.iter().find(|known| known.gate == snapshot.gate);
    let (campus, gate) = match language {
        Language::Zh => (&places.campus_name, gate.map_or("", |gate| &gate.name)),
        Language::En => (&places.campus_name_en, gate.map_or("", |gate| &gate.name_en)),
    };
    format!("{campus}　{gate}　{title}")
}

struct Places {
    header: Rect,
    preview: Rect,
    gate: Rect,
    verdict: Rect,
    actions: Rect,
    status: Rect,
}

impl Places {
    fn of(window: Rect) -> Self {
        let (header, rest) = window.split_top_bottom_at_y(window.top() + HEADER_HEIGHT);
        let (body, status) = rest.split_top_bottom_at_y(rest.bottom() - status_bar::HEIGHT);
        let (left, right) = body.shrink(MARGIN).split_left_right_at_fraction(LEFT_SHARE);
        let left = Rect::from_min_max(left.min, left.max - vec2(MARGIN, 0.0));
        let (preview, gate) = left.split_top_bottom_at_y(left.bottom() - 200.0);
        let preview = Rect::from_min_max(preview.min, preview.max - vec2(0.0, MARGIN));
        let (verdict, actions) = right.split_top_bottom_at_y(right.bottom() - actions::HEIGHT);
        let verdict = Rect::from_min_max(verdict.min, verdict.max - vec2(0.0, MARGIN));
        Self { header, preview, gate, verdict, actions, status }
    }
}
