//! The band on top of every screen: which screens there are, where this is, what time it is.
//!
//! An alarm takes the place of gate and time, on every screen, because it must not be overlooked; the tabs stay.

use egui::{Id, Rect, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::{
    snapshot::Snapshot,
    status_bar,
    theme::{self, Type},
    words::{Language, Words},
};

pub(super) const HEIGHT: f32 = 56.0;

const TAB_WIDTH: f32 = 148.0;

/// What can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tab {
    #[default]
    Scan,
    Find,
    WalkIn,
    Log,
    Settings,
}

impl Tab {
    pub(super) const ALL: [Self; 5] = [Self::Scan, Self::Find, Self::WalkIn, Self::Log, Self::Settings];

    pub(super) const fn key(self) -> egui::Key {
        match self {
            Self::Scan => egui::Key::Escape,
            Self::Find => egui::Key::F4,
            Self::WalkIn => egui::Key::F5,
            Self::Log => egui::Key::F6,
            Self::Settings => egui::Key::F7,
        }
    }

    /// Whoever stands there may be anybody.
    pub(super) const fn is_guards(self) -> bool {
        match self {
            Self::Scan | Self::Find | Self::WalkIn => true,
            Self::Log | Self::Settings => false,
        }
    }

    const fn key_name(self) -> &'static str {
        match self {
            Self::Scan => "Esc",
            Self::Find => "F4",
            Self::WalkIn => "F5",
            Self::Log => "F6",
            Self::Settings => "F7",
        }
    }

    const fn name(self, words: &Words) -> &'static str {
        match self {
            Self::Scan => words.tab_scan,
            Self::Find => words.tab_find,
            Self::WalkIn => words.tab_walk_in,
            Self::Log => words.tab_log,
            Self::Settings => words.tab_settings,
        }
    }
}

/// The tab that was clicked. `approved` walk-ins wait behind theirs.
pub(super) fn show(
    ui: &Ui,
    place: Rect,
    chosen: Tab,
    approved: usize,
    snapshot: &Snapshot,
    language: Language,
) -> Option<Tab> {
    let (words, palette) = (language.words(), theme::of(ui));
    ui.painter().rect_filled(place, 0, palette.band);
    let mut clicked = None;
    let mut left = place.left() + 6.0;
    for tab in Tab::ALL {
        let cell = Rect::from_min_size(pos2(left, place.top() + 6.0), vec2(TAB_WIDTH, place.height() - 6.0));
        left += TAB_WIDTH + 2.0;
        let badge = if tab == Tab::WalkIn { approved } else { 0 };
        if show_tab(ui, cell, tab, tab == chosen, badge, words) {
            clicked = Some(tab);
        }
    }
    let rest = Rect::from_min_max(pos2(left + 8.0, place.top()), place.max);
    if let Some(alarm) = snapshot.status.alarm {
        ui.painter().rect_filled(rest, 0, theme::RED);
        let text = status_bar::alarm(alarm, words);
        theme::told(ui, rest.shrink2(vec2(14.0, 3.0)), text, Type::new(24.0, theme::ink_on(theme::RED)).rows(2).bold());
        return clicked;
    }
    let rest = rest.shrink2(vec2(14.0, 4.0));
    let (here, now) = rest.split_left_right_at_x(rest.right() - 222.0);
    let white = theme::ink_on(palette.band);
    theme::told(ui, here, &place_name(snapshot, language), Type::new(24.0, white));
    theme::write(ui, now, &snapshot.now.campus_date_and_clock(), Type::new(21.0, white).right());
    clicked
}

fn show_tab(ui: &Ui, cell: Rect, tab: Tab, chosen: bool, badge: usize, words: &Words) -> bool {
    let palette = theme::of(ui);
    let response = ui.interact(cell, Id::unique(("tab", tab.key_name())), Sense::click());
    let label = format!("{} {}", tab.key_name(), tab.name(words));
    response.widget_info(|| WidgetInfo::labeled(Role::Tab, true, &label));
    let (ground, ink) =
        if chosen { (palette.chosen, palette.ink) } else { (palette.band, theme::ink_on(palette.band)) };
    let corner = egui::CornerRadius { nw: theme::CORNER, ne: theme::CORNER, sw: 0, se: 0 };
    ui.painter().rect_filled(cell, corner, ground);
    if response.has_focus() {
        ui.painter().rect_stroke(cell, corner, Stroke::new(4.0, palette.focus), egui::StrokeKind::Inside);
    }
    let inner = cell.shrink2(vec2(10.0, 0.0));
    let (key, name) = inner.split_left_right_at_x(inner.left() + 34.0);
    theme::write(ui, key, tab.key_name(), Type::new(16.0, ink));
    theme::write(ui, name, tab.name(words), Type::new(21.0, ink));
    if badge > 0 {
        let dot = pos2(cell.right() - 12.0, cell.top() + 12.0);
        ui.painter().circle_filled(dot, 11.0, theme::AMBER);
        let number = Rect::from_center_size(dot, vec2(20.0, 20.0));
        theme::told(ui, number, &badge.to_string(), Type::new(16.0, theme::ink_on(theme::AMBER)).centred());
    }
    response.clicked()
}

fn place_name(snapshot: &Snapshot, language: Language) -> String {
    let Some(places) = &snapshot.places else { return language.words().title.to_owned() };
    let gate = places.gates.iter().find(|known| known.gate == snapshot.gate);
    let (campus, gate) = language.pick(
        (&places.campus_name, gate.map_or("", |gate| &gate.name)),
        (&places.campus_name_en, gate.map_or("", |gate| &gate.name_en)),
    );
    format!("{campus}　{gate}")
}
