//! Characters that the font does not have, in people's names.
//!
//! The embedded font covers the standard table of 8,105 characters and all of Unicode's extension A, but a name may hold
//! others. Such a character stays in its place, as the font's empty box, and its number follows, so that a guard can compare it
//! with the card or spell it over the telephone.

use egui::{FontId, Ui};

/// `name`, with `(U+20BB7)` after each character that cannot be drawn.
#[must_use]
pub(super) fn spelled(ui: &Ui, name: &str) -> String {
    let drawable = |symbol| ui.fonts_mut(|fonts| fonts.has_glyph(&FontId::default(), symbol));
    spell(name, drawable)
}

fn spell(name: &str, mut drawable: impl FnMut(char) -> bool) -> String {
    let mut spelled = String::with_capacity(name.len());
    for symbol in name.chars() {
        spelled.push(symbol);
        if !drawable(symbol) {
            spelled.push_str(&format!("(U+{:04X})", u32::from(symbol)));
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_drawn_is_numbered() {
        assert_eq!(spell("王𠮷明", |symbol| symbol != '𠮷'), "王𠮷(U+20BB7)明");
        assert_eq!(spell("张䶮", |_| true), "张䶮");
    }
}
