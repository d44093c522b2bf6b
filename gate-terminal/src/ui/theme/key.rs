//! What can be pressed: a key with its name, a plain button, and a chooser that steps through a few values.
//!
//! Each can be pressed by mouse, by its own key where it has one, and by Tab and Enter or the space bar; what has the keyboard
//! wears a ring.

use egui::{Color32, Id, Key, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, vec2};

use super::{CORNER, Type, ink_on, of, write, writing::at};

/// A key and what it does. `None` when it cannot be pressed now.
pub fn key_button(ui: &Ui, place: Rect, key: &str, text: &str, fill: Option<Color32>) -> bool {
    let label = if key.is_empty() { text.to_owned() } else { format!("{key} {text}") };
    let (response, ink) = button(ui, place, &label, fill);
    let inner = place.shrink2(vec2(8.0, 4.0));
    if key.is_empty() {
        write(ui, inner, text, Type::new(22.0, ink).centred());
    } else {
        let (of_key, of_text) = inner.split_top_bottom_at_fraction(0.42);
        write(ui, of_key, key, Type::new(20.0, ink).centred());
        write(ui, of_text, text, Type::new(24.0, ink).centred());
    }
    response.clicked()
}

/// One line: a key's name, if it has one, and what it does.
pub fn small_button(ui: &Ui, place: Rect, label: &str, fill: Option<Color32>) -> bool {
    let (response, ink) = button(ui, place, label, fill);
    write(ui, place.shrink2(vec2(10.0, 2.0)), label, Type::new(20.0, ink).centred());
    response.clicked()
}

/// Only the first sign of its label is drawn, large.
pub fn sign_button(ui: &Ui, place: Rect, label: &str, fill: Option<Color32>) -> bool {
    let (response, ink) = button(ui, place, label, fill);
    let sign: String = label.chars().take(1).collect();
    write(ui, place, &sign, Type::new(34.0, ink).bold().centred());
    response.clicked()
}

/// `name` over `value`; `+1` or `-1` when the next or the last value is asked for.
pub fn chooser(ui: &Ui, place: Rect, name: &str, value: &str) -> Option<i8> {
    let palette = of(ui);
    let (response, ink) = button(ui, place, &format!("{name} {value}"), Some(palette.card));
    let inner = place.shrink2(vec2(12.0, 4.0));
    let (of_name, of_value) = inner.split_top_bottom_at_fraction(0.4);
    write(ui, of_name, name, Type::new(15.0, palette.faint));
    let of_value = of_value.with_max_x(of_value.right() - 26.0);
    write(ui, of_value, value, Type::new(20.0, ink));
    // Two small arrow heads: it steps both ways.
    let centre = place.right_center() - vec2(18.0, 0.0);
    for way in [-1.0, 1.0] {
        let tip = centre + vec2(0.0, way * 10.0);
        let wing = |x: f32| tip + vec2(x, -way * 6.0);
        ui.painter().line(vec![wing(-6.0), tip, wing(6.0)], Stroke::new(2.0, palette.faint));
    }
    if response.has_focus() {
        let filter = egui::EventFilter { vertical_arrows: true, horizontal_arrows: true, ..Default::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let pressed = |key| ui.input(|input| input.key_pressed(key));
        if pressed(Key::ArrowLeft) || pressed(Key::ArrowUp) {
            return Some(-1);
        }
        if pressed(Key::ArrowRight) || pressed(Key::ArrowDown) {
            return Some(1);
        }
    }
    if response.secondary_clicked() {
        return Some(-1);
    }
    response.clicked().then_some(1)
}

/// The value after or before `value` in `all`, round and round.
#[must_use]
pub fn stepped<T: Copy + PartialEq>(all: &[T], value: T, step: i8) -> T {
    let at = all.iter().position(|known| *known == value).unwrap_or(0);
    let next = if step < 0 { at.checked_sub(1).unwrap_or(all.len().saturating_sub(1)) } else { at + 1 };
    all.get(next).or_else(|| all.first()).copied().unwrap_or(value)
}

fn button(ui: &Ui, place: Rect, label: &str, fill: Option<Color32>) -> (Response, Color32) {
    let palette = of(ui);
    let enabled = fill.is_some();
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let response = ui.interact(place, Id::unique(("key", at(place))), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
    let (ground, ink, edge) = match fill {
        Some(ground) => (ground, ink_on(ground), Stroke::new(1.5, palette.faint)),
        None => (palette.paper, palette.line, Stroke::new(1.0, palette.line)),
    };
    let ground = if response.hovered() && enabled { ground.gamma_multiply(0.88) } else { ground };
    let edge = if response.has_focus() { Stroke::new(4.0, palette.focus) } else { edge };
    ui.painter().rect(place, CORNER, ground, edge, StrokeKind::Inside);
    (response, ink)
}
