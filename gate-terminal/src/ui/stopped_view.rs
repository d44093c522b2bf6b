//! A gate that cannot begin: what the guard does meanwhile, and why, for whoever is called.

use egui::{Rect, Ui, pos2, vec2};

use super::{
    theme::{self, Type},
    words::{self, Language},
};

const SHEET: egui::Vec2 = vec2(1000.0, 560.0);

pub(super) fn show(ui: &Ui, why: &str, language: Language) {
    let (words, palette) = (words::Stopped::of(language), theme::of(ui));
    let window = ui.ctx().content_rect();
    ui.painter().rect_filled(window, 0, palette.paper);
    let sheet = Rect::from_center_size(window.center(), SHEET);
    theme::card(ui, sheet);
    let inner = sheet.shrink(36.0);
    let mut top = inner.top();
    let mut next = |height: f32| {
        let row = Rect::from_min_size(pos2(inner.left(), top), vec2(inner.width(), height));
        top += height;
        row
    };
    let what = next(110.0);
    ui.painter().rect_filled(what, 12, theme::RED);
    theme::told(ui, what.shrink2(vec2(24.0, 8.0)), words.what, Type::new(52.0, egui::Color32::WHITE).bold().centred());
    theme::told(ui, next(110.0), words.instead, Type::new(40.0, palette.ink).centred());
    theme::told(ui, next(190.0), why, Type::new(22.0, palette.ink).rows(6).top());
    theme::told(ui, next(60.0), words.again, Type::new(20.0, palette.faint));
}
