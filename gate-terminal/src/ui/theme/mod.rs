//! Colour, type and shape: what a guard recognises from three metres before reading a word.
//!
//! Two palettes: light for the day, because a gate house has windows, and dark for the night. The grounds of the verdicts are
//! the same in both and always carry their word at 7:1 or more. Each verdict has a colour, a drawn shape and a word, so that
//! nobody depends on seeing red from green.

mod field;
mod key;
mod palette;
mod writing;

use std::sync::Arc;

use egui::{Color32, Context, FontData, FontDefinitions, FontFamily, Stroke, Ui};
use shared::time::Moment;

pub use field::{Field, field, focus_next, give_focus};
pub use key::{chooser, key_button, sign_button, small_button, stepped};
pub use palette::{AMBER, DARK, GREEN, LIGHT, NEUTRAL, Palette, RED, ink_on};
pub use writing::{Type, told, write};

use super::records::ThemeChoice;

pub const CORNER: u8 = 10;

/// Noto Sans SC, whole: a subset would drop characters that stand in people's names.
pub const FONT: &[u8] = include_bytes!("../../../../assets/fonts/NotoSansSC-Regular.otf");

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
    for theme in [egui::Theme::Light, egui::Theme::Dark] {
        let palette = palette::of_theme(theme);
        ctx.style_mut_of(theme, |style| {
            let visuals = &mut style.visuals;
            visuals.panel_fill = palette.paper;
            visuals.override_text_color = Some(palette.ink);
            visuals.selection.bg_fill = palette.chosen;
            visuals.selection.stroke = Stroke::new(1.0, palette.ink);
            visuals.text_cursor.stroke = Stroke::new(3.0, palette.ink);
            // It would blink, and each blink is a drawing.
            visuals.text_cursor.blink = false;
            style.interaction.selectable_labels = false;
            style.spacing.item_spacing = egui::vec2(0.0, 0.0);
            style.spacing.scroll = egui::style::ScrollStyle::solid();
            // A fade is a frame in which the verdict can be misread.
            style.animation_time = 0.0;
        });
    }
}

/// The colours in use.
#[must_use]
pub fn of(ui: &Ui) -> &'static Palette {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

/// What the choice means at this hour.
#[must_use]
pub fn at(choice: ThemeChoice, now: Moment) -> egui::Theme {
    const DAY: std::ops::Range<&str> = "06:30".."18:30";
    match choice {
        ThemeChoice::Light => egui::Theme::Light,
        ThemeChoice::Dark => egui::Theme::Dark,
        ThemeChoice::Auto if DAY.contains(&now.campus_clock().as_str()) => egui::Theme::Light,
        ThemeChoice::Auto => egui::Theme::Dark,
    }
}

/// A sheet that things stand on.
pub fn card(ui: &Ui, place: egui::Rect) {
    let palette = of(ui);
    let edge = Stroke::new(1.0, palette.line);
    ui.painter().rect(place, CORNER, palette.card, edge, egui::StrokeKind::Inside);
}

/// A line of notice in a verdict's colour.
pub fn notice(ui: &Ui, place: egui::Rect, text: &str, ground: Color32) {
    ui.painter().rect_filled(place, CORNER, ground);
    told(ui, place.shrink2(egui::vec2(16.0, 4.0)), text, Type::new(24.0, ink_on(ground)).rows(2));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_night_is_dark_when_nobody_chose() {
        let day = shared::time::CampusDay::parse("2026-11-23").unwrap();
        for (minute, theme) in [
            (0, egui::Theme::Dark),
            (6 * 60 + 29, egui::Theme::Dark),
            (6 * 60 + 30, egui::Theme::Light),
            (18 * 60 + 29, egui::Theme::Light),
            (18 * 60 + 30, egui::Theme::Dark),
        ] {
            assert_eq!(at(ThemeChoice::Auto, day.at_minute(minute)), theme, "{minute}");
            assert_eq!(at(ThemeChoice::Light, day.at_minute(minute)), egui::Theme::Light);
            assert_eq!(at(ThemeChoice::Dark, day.at_minute(minute)), egui::Theme::Dark);
        }
    }
}
