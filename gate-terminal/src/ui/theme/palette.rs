//! The colours of day and night.

use egui::Color32;

/// Grounds of the verdicts, day and night.
pub const GREEN: Color32 = Color32::from_rgb(0x00, 0x5F, 0x2E);
pub const AMBER: Color32 = Color32::from_rgb(0xFF, 0xB4, 0x00);
pub const RED: Color32 = Color32::from_rgb(0xA3, 0x0F, 0x19);
pub const NEUTRAL: Color32 = Color32::from_rgb(0x33, 0x41, 0x4F);

const BLACK: Color32 = Color32::from_rgb(0x14, 0x1A, 0x22);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    /// What is written.
    pub ink: Color32,
    /// What a value is called.
    pub faint: Color32,
    /// The window's ground.
    pub paper: Color32,
    /// What things stand on.
    pub card: Color32,
    pub line: Color32,
    /// The ground of the header.
    pub band: Color32,
    /// Under the row or the tab that is chosen.
    pub chosen: Color32,
    /// Round what has the keyboard.
    pub focus: Color32,
    /// Signs and words on a card.
    pub good: Color32,
    pub mind: Color32,
    pub bad: Color32,
}

pub const LIGHT: Palette = Palette {
    ink: BLACK,
    faint: Color32::from_rgb(0x4A, 0x54, 0x61),
    paper: Color32::from_rgb(0xEC, 0xEF, 0xF3),
    card: Color32::WHITE,
    line: Color32::from_rgb(0xC3, 0xCB, 0xD4),
    band: BLACK,
    chosen: Color32::from_rgb(0xCF, 0xE3, 0xFA),
    focus: Color32::from_rgb(0x0B, 0x5C, 0xC4),
    good: Color32::from_rgb(0x08, 0x6B, 0x34),
    mind: Color32::from_rgb(0x85, 0x4D, 0x00),
    bad: Color32::from_rgb(0xB0, 0x12, 0x1B),
};

pub const DARK: Palette = Palette {
    ink: Color32::from_rgb(0xE8, 0xED, 0xF2),
    faint: Color32::from_rgb(0xA7, 0xB2, 0xBF),
    paper: Color32::from_rgb(0x0C, 0x11, 0x16),
    card: Color32::from_rgb(0x19, 0x21, 0x2A),
    line: Color32::from_rgb(0x3A, 0x47, 0x55),
    band: Color32::from_rgb(0x05, 0x08, 0x0B),
    chosen: Color32::from_rgb(0x1E, 0x3F, 0x66),
    focus: Color32::from_rgb(0x7C, 0xB7, 0xFF),
    good: Color32::from_rgb(0x4A, 0xDE, 0x80),
    mind: Color32::from_rgb(0xFF, 0xC5, 0x3D),
    bad: Color32::from_rgb(0xFF, 0x8A, 0x80),
};

pub(super) const fn of_theme(theme: egui::Theme) -> &'static Palette {
    match theme {
        egui::Theme::Light => &LIGHT,
        egui::Theme::Dark => &DARK,
    }
}

/// Black on light grounds, white on dark ones.
#[must_use]
pub fn ink_on(ground: Color32) -> Color32 {
    let [red, green, blue, _] = ground.to_array().map(u32::from);
    if red * 299 + green * 587 + blue * 114 > 140_000 { BLACK } else { Color32::WHITE }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As WCAG 2.2 counts it.
    fn contrast(one: Color32, other: Color32) -> f64 {
        let luminance = |colour: Color32| {
            let [red, green, blue, _] = colour.to_array().map(|part| {
                let part = f64::from(part) / 255.0;
                if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
            });
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        (one / other).max(other / one)
    }

    #[test]
    fn the_words_of_the_verdicts_stand_out() {
        for ground in [GREEN, AMBER, RED, NEUTRAL] {
            let found = contrast(ground, ink_on(ground));
            assert!(found >= 7.0, "{ground:?} {found}");
        }
    }

    #[test]
    fn all_else_can_be_read_day_and_night() {
        for palette in [LIGHT, DARK] {
            for ground in [palette.paper, palette.card, palette.chosen] {
                for ink in [palette.ink, palette.faint, palette.good, palette.mind, palette.bad] {
                    let found = contrast(ground, ink);
                    assert!(found >= 4.5, "{ink:?} on {ground:?} {found}");
                }
                assert!(contrast(ground, palette.focus) >= 3.0, "the ring round what has the keyboard");
            }
            assert!(contrast(palette.band, Color32::WHITE) >= 7.0);
        }
    }

    #[test]
    fn a_verdict_stands_out_from_the_window() {
        for palette in [LIGHT, DARK] {
            for ground in [GREEN, AMBER, RED] {
                assert!(contrast(ground, palette.paper) >= 1.5, "{ground:?}");
            }
        }
    }
}
