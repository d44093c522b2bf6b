//! A field to write in: its name above, what is wrong with it below, and large letters.

use egui::{
    Align2, Frame, Id, Rect, Response, Stroke, StrokeKind, TextEdit, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::{CORNER, Type, of, told, write};

/// How a field looks and what it takes.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    pub name: &'a str,
    pub hint: &'a str,
    /// What is wrong with what stands in it.
    pub fault: Option<&'a str>,
    /// Dots instead of letters.
    pub hidden: bool,
    pub size: f32,
    pub most: usize,
}

impl<'a> Field<'a> {
    #[must_use]
    pub const fn new(name: &'a str, hint: &'a str) -> Self {
        Self { name, hint, fault: None, hidden: false, size: 24.0, most: 60 }
    }
}

/// Gives the keyboard to `id` with the next drawing. Not with this one: the field would take the same Enter once more.
pub fn focus_next(ui: &Ui, id: Id) {
    ui.data_mut(|data| data.insert_temp(promised(), Some(id)));
    ui.ctx().request_repaint();
}

/// Keeps what [`focus_next`] promised; before anything is drawn.
pub fn give_focus(ui: &Ui) {
    if let Some(id) = ui.data_mut(|data| data.remove_temp::<Option<Id>>(promised()).flatten()) {
        ui.memory_mut(|memory| memory.request_focus(id));
    }
}

fn promised() -> Id {
    Id::unique("focus next")
}

const NAME_HEIGHT: f32 = 24.0;
const FAULT_HEIGHT: f32 = 22.0;

/// In `place` stand name, box and fault from top to bottom. `id` must be one of its own in the window.
pub fn field(ui: &mut Ui, place: Rect, id: Id, text: &mut String, look: Field<'_>) -> Response {
    let palette = of(ui);
    let named = if look.name.is_empty() { 0.0 } else { NAME_HEIGHT };
    let frame = Rect::from_min_max(pos2(place.left(), place.top() + named), place.max - vec2(0.0, FAULT_HEIGHT));
    if !look.name.is_empty() {
        write(ui, place.with_max_y(frame.top()), look.name, Type::new(18.0, palette.faint));
    }
    let focused = ui.memory(|memory| memory.has_focus(id));
    let edge = match (focused, look.fault) {
        (true, _) => Stroke::new(3.0, palette.focus),
        (false, Some(_)) => Stroke::new(2.5, palette.bad),
        (false, None) => Stroke::new(1.5, palette.faint),
    };
    ui.painter().rect(frame, CORNER, palette.card, edge, StrokeKind::Inside);
    let edit = TextEdit::singleline(text)
        .id(id)
        .char_limit(look.most)
        .password(look.hidden)
        .font(egui::FontId::proportional(look.size))
        .text_color(palette.ink)
        .hint_text(egui::RichText::new(look.hint).size(look.size * 0.8).color(palette.faint))
        .frame(Frame::NONE)
        .align(Align2::LEFT_CENTER);
    let response = ui.put(frame.shrink2(vec2(14.0, 4.0)), edit);
    let name = if look.name.is_empty() { look.hint } else { look.name };
    let value = if look.hidden { "" } else { text.as_str() };
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::TextInput, true, name);
        info.current_text_value = Some(value.to_owned());
        info
    });
    if let Some(fault) = look.fault {
        let below = Rect::from_min_max(pos2(place.left() + 4.0, frame.bottom()), place.max);
        told(ui, below, fault, Type::new(17.0, palette.bad));
    }
    response
}
