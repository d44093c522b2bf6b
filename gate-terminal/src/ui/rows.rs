//! A long list of which one row is chosen: only the rows that can be seen are drawn.
//!
//! The arrow keys move the choice while nothing else has the keyboard, or while the caller says that a field shares it.

use egui::{Id, Key, Rect, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, vec2};

use super::theme;

#[derive(Debug, Default)]
pub(super) struct Rows {
    pub chosen: usize,
    /// The choice was moved and not by its own keys.
    moved: bool,
    offset: f32,
}

/// What a list is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub id: &'static str,
    pub count: usize,
    pub height: f32,
    /// The field that has the keyboard needs no arrow keys itself.
    pub shares_keys: bool,
    pub clickable: bool,
}

impl Rows {
    /// The chosen one stands in another row now; it stays in sight.
    pub(super) fn choose(&mut self, row: usize) {
        self.moved |= self.chosen != row;
        self.chosen = row;
    }

    /// Draws each row that can be seen; the row that was clicked.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        place: Rect,
        shape: Shape,
        mut draw: impl FnMut(&mut Ui, Rect, usize),
    ) -> Option<usize> {
        let Shape { id, count, height, shares_keys, clickable } = shape;
        let sense = if clickable { Sense::CLICK } else { Sense::hover() };
        let last = count.saturating_sub(1);
        self.chosen = self.chosen.min(last);
        let list = ui.interact(place, Id::unique((id, "list")), Sense::focusable_noninteractive());
        if list.has_focus() {
            let filter = egui::EventFilter { vertical_arrows: true, ..Default::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(list.id, filter));
        }
        let free = ui.memory(|memory| memory.focused().is_none());
        let keys = shares_keys || free || list.has_focus();
        let moved = std::mem::take(&mut self.moved) | (keys && self.follow_keys(ui, place.height() / height, last));
        let mut area = ScrollArea::vertical().id_salt(id).auto_shrink(false);
        if moved {
            let top = self.chosen as f32 * height;
            let lowest = top + height - place.height();
            self.offset = self.offset.clamp(lowest.min(top), top);
            area = area.vertical_scroll_offset(self.offset);
        }
        let mut clicked = None;
        let mut inside = ui.new_child(UiBuilder::new().max_rect(place));
        inside.set_clip_rect(place.intersect(ui.clip_rect()));
        let output = area.show_rows(&mut inside, height, count, |ui, range| {
            for row in range {
                let (of_row, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), sense);
                if row == self.chosen {
                    ui.painter().rect_filled(of_row, theme::CORNER, theme::of(ui).chosen);
                }
                draw(ui, of_row, row);
                if response.clicked() {
                    self.chosen = row;
                    clicked = Some(row);
                }
            }
        });
        self.offset = output.state.clamped_offset().y;
        if list.has_focus() {
            let ring = Stroke::new(3.0, theme::of(ui).focus);
            ui.painter().rect_stroke(place, theme::CORNER, ring, StrokeKind::Outside);
        }
        clicked
    }

    fn follow_keys(&mut self, ui: &Ui, rows_in_sight: f32, last: usize) -> bool {
        // Rows in sight are few and never negative.
        let page = (1..=last).take_while(|rows| *rows as f32 <= rows_in_sight - 1.0).last().unwrap_or(1);
        let pressed = |key| ui.input(|input| input.key_pressed(key));
        let chosen = if pressed(Key::ArrowDown) {
            self.chosen.saturating_add(1)
        } else if pressed(Key::ArrowUp) {
            self.chosen.saturating_sub(1)
        } else if pressed(Key::PageDown) {
            self.chosen.saturating_add(page)
        } else if pressed(Key::PageUp) {
            self.chosen.saturating_sub(page)
        } else {
            return false;
        };
        self.chosen = chosen.min(last);
        true
    }
}
