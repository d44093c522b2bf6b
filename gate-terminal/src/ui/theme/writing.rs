//! Text in fixed places: it shrinks until it fits, so that nothing jumps and nothing is cut off that a guard needs.

use std::sync::Arc;

use egui::{
    Align2, Color32, FontId, Galley, Id, Pos2, Rect, Response, Sense, Ui, Vec2, WidgetInfo,
    accesskit::Role,
    text::{LayoutJob, TextWrapping},
    vec2,
};

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
    pub const fn top(self) -> Self {
        Self { align: Align2::LEFT_TOP, ..self }
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
    // The embedded font has one weight; a second and third strike beside the first make it heavier. Small letters would clot.
    let row_height = galley.size().y / galley.rows.len().max(1) as f32;
    let bold = style.bold && row_height >= SMALLEST_BOLD;
    let strike = row_height * 0.014;
    for shift in [0.0, -strike, strike] {
        painter.galley(origin + vec2(shift, 0.0), Arc::clone(&galley), style.colour);
        if !bold {
            break;
        }
    }
}

/// The height of a row.
const SMALLEST_BOLD: f32 = 44.0;

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
pub(super) fn at(place: Rect) -> [u32; 4] {
    let Pos2 { x, y } = place.min;
    [x.to_bits(), y.to_bits(), place.max.x.to_bits(), place.max.y.to_bits()]
}
