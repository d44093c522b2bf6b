//! Colour, type and shape: what a guard recognises from three metres before reading a word.
//!
//! Light and of strong contrast, because a gate house has windows. Each verdict has a colour, a drawn shape and a word, so that
//! nobody depends on seeing red from green. Text shrinks until it fits its fixed place: nothing jumps and nothing is cut off
//! that a guard needs.

use std::sync::Arc;

use egui::{
    Align2, Color32, Context, FontData, FontDefinitions, FontFamily, FontId, Galley, Id, Pos2, Rect, Response, Sense,
    Stroke, StrokeKind, Ui, Vec2, WidgetInfo, accesskit::Role, text::LayoutJob, text::TextWrapping, vec2,
};

pub const INK: Color32 = Color32::from_rgb(0x14, 0x1A, 0x22);
pub const FAINT: Color32 = Color32::from_rgb(0x52, 0x5C, 0x69);
pub const PAPER: Color32 = Color32::from_rgb(0xF4, 0xF6, 0xF8);
pub const CARD: Color32 = Color32::WHITE;
pub const LINE: Color32 = Color32::from_rgb(0xC9, 0xD0, 0xD8);
pub const NEUTRAL: Color32 = Color32::from_rgb(0x3C, 0x4A, 0x5C);
pub const GREEN: Color32 = Color32::from_rgb(0x08, 0x7A, 0x3A);
pub const AMBER: Color32 = Color32::from_rgb(0xFF, 0xB4, 0x00);
pub const RED: Color32 = Color32::from_rgb(0xBE, 0x12, 0x1C);

pub const CORNER: u8 = 10;

/// Noto Sans SC, whole: a subset would drop characters that stand in people's names.
pub const FONT: &[u8] = include_bytes!("../../../assets/fonts/NotoSansSC-Regular.otf");

pub fn install(ctx: &Context) {
    let mut fonts = FontDefinitions::empty();
    fonts.font_data.insert("NotoSansSC".to_owned(), Arc::new(FontData::from_static(FONT)));
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        fonts.families.insert(family, vec!["NotoSansSC".to_owned()]);
    }
    ctx.set_fonts(fonts);
    ctx.set_theme(egui::Theme::Light);
    // A guard who leans on the keyboard must not shrink the verdict.
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
    ctx.all_styles_mut(|style| {
        style.visuals.panel_fill = PAPER;
        style.interaction.selectable_labels = false;
        // A fade is a frame in which the verdict can be misread.
        style.animation_time = 0.0;
    });
}

/// How a text stands in its place.
#[derive(Debug, Clone, Copy)]
pub struct Type {
    pub size: f32,
    pub colour: Color32,
    pub align: Align2,
    pub rows: usize,
    pub bold: bool,
}

impl Type {
    #[must_use]
    pub const fn new(size: f32, colour: Color32) -> Self {
        Self { size, colour, align: Align2::LEFT_CENTER, rows: 1, bold: false }
    }

    #[must_use]
    pub const fn centred(self) -> Self {
        Self { align: Align2::CENTER_CENTER, ..self }
    }

    #[must_use]
    pub const fn right(self) -> Self {
        Self { align: Align2::RIGHT_CENTER, ..self }
    }

    #[must_use]
    pub const fn rows(self, rows: usize) -> Self {
        Self { rows, ..self }
    }

    #[must_use]
    pub const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }
}

/// Writes `text` into `place`, smaller if it must be, and tells it to screen readers and tests.
pub fn told(ui: &Ui, place: Rect, text: &str, style: Type) -> Response {
    write(ui, place, text, style);
    let response = ui.interact(place, Id::unique(("told", at(place))), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    response
}

/// Only the ink.
pub fn write(ui: &Ui, place: Rect, text: &str, style: Type) {
    let galley = fitting(ui, place.size(), text, style);
    let origin = style.align.align_size_within_rect(galley.size(), place).min;
    let painter = ui.painter().with_clip_rect(place.expand(2.0).intersect(ui.clip_rect()));
    // The embedded font has one weight; a second and third strike beside the first make it heavier.
    let strike = if style.bold { galley.size().y / galley.rows.len().max(1) as f32 * 0.018 } else { 0.0 };
    for shift in [-strike, strike, 0.0] {
        painter.galley(origin + vec2(shift, 0.0), Arc::clone(&galley), style.colour);
        if !style.bold {
            break;
        }
    }
}

/// A key and what it does. `None` when it cannot be pressed now.
pub fn key_button(ui: &Ui, place: Rect, key: &str, text: &str, fill: Option<Color32>) -> bool {
    let enabled = fill.is_some();
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let response = ui.interact(place, Id::unique(("key", at(place))), sense);
    let label = if key.is_empty() { text.to_owned() } else { format!("{key} {text}") };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, &label));
    let (ground, ink, edge) = match fill {
        Some(ground) => (ground, ink_on(ground), FAINT),
        None => (PAPER, LINE, LINE),
    };
    let ground = if response.hovered() && enabled { ground.gamma_multiply(0.9) } else { ground };
    ui.painter().rect(place, CORNER, ground, Stroke::new(1.5, edge), StrokeKind::Inside);
    let inner = place.shrink2(vec2(10.0, 4.0));
    if key.is_empty() {
        write(ui, inner, text, Type::new(22.0, ink).centred());
    } else {
        let (of_key, of_text) = inner.split_top_bottom_at_fraction(0.42);
        write(ui, of_key, key, Type::new(20.0, ink).centred());
        write(ui, of_text, text, Type::new(24.0, ink).centred());
    }
    response.clicked()
}

/// Black on light grounds, white on dark ones.
#[must_use]
pub fn ink_on(ground: Color32) -> Color32 {
    let [red, green, blue, _] = ground.to_array().map(u32::from);
    if red * 299 + green * 587 + blue * 114 > 140_000 { INK } else { Color32::WHITE }
}

fn fitting(ui: &Ui, room: Vec2, text: &str, style: Type) -> Arc<Galley> {
    const SMALLEST: f32 = 13.0;
    let mut size = style.size;
    loop {
        let mut job = LayoutJob::simple(text.to_owned(), FontId::proportional(size), style.colour, room.x);
        if style.rows == 1 {
            job.wrap = TextWrapping::truncate_at_width(room.x);
        } else {
            job.wrap.max_rows = style.rows;
        }
        job.halign = egui::Align::LEFT;
        let galley = ui.painter().layout_job(job);
        if (!galley.elided && galley.size().y <= room.y) || size <= SMALLEST {
            return galley;
        }
        size = (size - (size * 0.06).max(1.0)).max(SMALLEST);
    }
}

/// Places are fixed, so a place names what stands in it.
fn at(place: Rect) -> [u32; 4] {
    let Pos2 { x, y } = place.min;
    [x.to_bits(), y.to_bits(), place.max.x.to_bits(), place.max.y.to_bits()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_is_readable_on_each_ground() {
        for (ground, ink) in
            [(GREEN, Color32::WHITE), (RED, Color32::WHITE), (NEUTRAL, Color32::WHITE), (AMBER, INK), (CARD, INK)]
        {
            assert_eq!(ink_on(ground), ink, "{ground:?}");
        }
    }
}
