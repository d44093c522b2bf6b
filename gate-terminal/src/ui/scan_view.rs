//! The scan screen: preview and way on the left, verdict and keys on the right.
//!
//! All places follow from the window's size alone, never from what stands in them, so nothing moves while a guard reads.

use egui::{Key, Rect, Ui, pos2, vec2};
use shared::entry::Direction;

use super::{
    actions::{self, Actions},
    command::Command,
    counter::Counter,
    preview::Preview,
    shapes,
    snapshot::{Panel, Picture, Shown, Snapshot, Way},
    theme::{self, Type},
    verdict_panel,
    words::{Language, Words},
};

const MARGIN: f32 = 12.0;
const LEFT_SHARE: f32 = 0.41;

#[derive(Debug, Default)]
pub(super) struct ScanView {
    preview: Preview,
    actions: Actions,
    counter: Counter,
}

/// What was pressed on the scan screen.
pub(super) enum Pressed {
    Command(Command),
    OtherLanguage,
}

impl ScanView {
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        body: Rect,
        snapshot: &Snapshot,
        picture: Option<&Picture>,
        language: Language,
    ) -> Option<Pressed> {
        let places = Places::of(body);
        self.preview.show(ui, places.preview, picture, snapshot.status.camera, language.words());
        let turned = show_gate(ui, places.gate, snapshot, language);
        verdict_panel::show(ui, places.verdict, snapshot, language);
        let was_asking = self.actions.is_asking();
        let reasons = verdict_panel::below_banner(places.verdict);
        let decided = self.actions.show(ui, places.actions, reasons, &snapshot.panel, language);
        let counted = if was_asking || self.actions.is_asking() {
            None
        } else {
            self.counter.show(ui, verdict_panel::counter(places.verdict), &snapshot.panel, language)
        };
        decided.or(counted).map(Pressed::Command).or(turned)
    }

    /// A guard is choosing or writing a reason.
    pub(super) const fn is_asking(&self) -> bool {
        self.actions.is_asking()
    }
}

/// Which way people go; a guard who takes over must see it at once.
fn show_gate(ui: &Ui, place: Rect, snapshot: &Snapshot, language: Language) -> Option<Pressed> {
    let (words, palette) = (language.words(), theme::of(ui));
    theme::card(ui, place);
    let inner = place.shrink(14.0);
    let (above, keys) = inner.split_top_bottom_at_y(inner.bottom() - 52.0);
    let centre = pos2(above.left() + 52.0, above.top() + above.height() * 0.46);
    let ink = match snapshot.way {
        Way::In => palette.good,
        Way::Out | Way::Both => palette.ink,
    };
    match snapshot.way {
        Way::In => shapes::direction(ui.painter(), Direction::In, centre, 38.0, ink),
        Way::Out => shapes::direction(ui.painter(), Direction::Out, centre, 38.0, ink),
        Way::Both => shapes::both_ways(ui.painter(), centre, 38.0, ink),
    }
    let beside = Rect::from_min_max(pos2(centre.x + 64.0, above.top()), pos2(above.right(), above.bottom() - 8.0));
    let (way, right) = beside.split_left_right_at_fraction(0.5);
    theme::told(ui, way, words.way(snapshot.way), Type::new(58.0, ink).bold());
    if let Panel::Shown(shown) = &snapshot.panel {
        show_case(ui, right, shown, snapshot, words);
    }
    let (turn, other) = keys.split_left_right_at_fraction(0.55);
    let turn = turn.with_max_x(turn.right() - 5.0);
    let other = other.with_min_x(other.left() + 5.0);
    let turn_label = format!("F8　{}", words.key_direction);
    let turned = theme::small_button(ui, turn, &turn_label, Some(palette.paper)) || actions::struck(ui, Key::F8);
    let other_label = format!("F10　{}", words.key_language);
    if theme::small_button(ui, other, &other_label, Some(palette.paper)) || actions::struck(ui, Key::F10) {
        return Some(Pressed::OtherLanguage);
    }
    turned.then_some(Pressed::Command(Command::Face(match snapshot.way {
        Way::In => Way::Out,
        Way::Out => Way::Both,
        Way::Both => Way::In,
    })))
}

/// How long the guard has; and which way it is for this visitor, where the gate's way does not say so.
fn show_case(ui: &Ui, place: Rect, shown: &Shown, snapshot: &Snapshot, words: &Words) {
    let palette = theme::of(ui);
    let (above, below) = place.split_top_bottom_at_fraction(0.55);
    if snapshot.way == Way::Both || Way::from(snapshot.direction) != snapshot.way {
        theme::told(ui, above, words.direction(snapshot.direction), Type::new(40.0, palette.ink).right().bold());
    }
    if shown.waits_for_the_guard() {
        let seconds = shown.until.since(snapshot.now).num_seconds().max(0);
        theme::told(ui, below, &format!("{seconds} {}", words.seconds_left), Type::new(28.0, palette.ink).right());
    }
}

struct Places {
    preview: Rect,
    gate: Rect,
    verdict: Rect,
    actions: Rect,
}

impl Places {
    fn of(body: Rect) -> Self {
        let (left, right) = body.shrink(MARGIN).split_left_right_at_fraction(LEFT_SHARE);
        let left = left.with_max_x(left.right() - MARGIN);
        let (preview, gate) = left.split_top_bottom_at_y(left.bottom() - 180.0);
        let preview = preview.with_max_y(preview.bottom() - MARGIN);
        let (verdict, actions) = right.split_top_bottom_at_y(right.bottom() - actions::HEIGHT);
        let verdict = Rect::from_min_max(verdict.min, verdict.max - vec2(0.0, MARGIN));
        Self { preview, gate, verdict, actions }
    }
}
