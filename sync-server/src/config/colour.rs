//! A colour of the university's, and whether people can read what is written in it.
//!
//! Contrast is reckoned as WCAG 2.2 does: of relative luminances, from 1 (none) to 21 (black on white).

use std::fmt;

use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// What the dark pages' cards are made of.
const NIGHT: Colour = Colour { red: 0x1b, green: 0x24, blue: 0x2d };
const READ_WITH_EASE: f64 = 7.0;

impl Colour {
    pub const WHITE: Self = Self { red: 255, green: 255, blue: 255 };

    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Reads `#rrggbb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let part = |at| digits.get(at..at + 2).filter(|part| part.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let part = |at| u8::from_str_radix(part(at)?, 16).ok();
        Some(Self { red: part(0)?, green: part(2)?, blue: part(4)? })
    }

    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// As light as it needs to be to be read with ease on a dark page: on the way to its own pastel, because white alone would turn
    /// every colour into the same grey, and from there to white.
    #[must_use]
    pub fn lightened(self) -> Self {
        let pastel = self.brightest().mixed(50, Self::WHITE);
        let lighter = (0..=100).map(|percent| self.mixed(percent, pastel));
        let lightest = (0..=100).map(|percent| pastel.mixed(percent, Self::WHITE));
        let mut readable = lighter.chain(lightest).filter(|colour| colour.contrast(NIGHT) >= READ_WITH_EASE);
        readable.next().unwrap_or(Self::WHITE)
    }

    /// The same hue with all the light it can have.
    fn brightest(self) -> Self {
        let most = u16::from(self.red.max(self.green).max(self.blue).max(1));
        let scaled = |part: u8| u8::try_from(u16::from(part) * 255 / most).unwrap_or(u8::MAX);
        Self { red: scaled(self.red), green: scaled(self.green), blue: scaled(self.blue) }
    }

    /// With so many percent of another.
    fn mixed(self, percent: u16, other: Self) -> Self {
        let mix = |own: u8, other: u8| {
            let mixed = (u16::from(own) * (100 - percent) + u16::from(other) * percent) / 100;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        let Self { red, green, blue } = self;
        Self { red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue) }
    }

    fn luminance(self) -> f64 {
        let part = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(self.red) + 0.7152 * part(self.green) + 0.0722 * part(self.blue)
    }
}

impl TryFrom<String> for Colour {
    type Error = NoColour;

    fn try_from(text: String) -> Result<Self, NoColour> {
        Self::parse(&text).ok_or(NoColour)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("颜色应写成 \"#rrggbb\"。A colour is written \"#rrggbb\"")]
pub struct NoColour;

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    #[test]
    fn it_is_six_digits_behind_a_hash() {
        assert_eq!(colour("#0A5570").to_string(), "#0a5570");
        for other in ["", "#fff", "0a5570", "#0a557", "#0a55700", "#0a557g", "#+a5570", "#0a5学", "red"] {
            assert_eq!(Colour::parse(other), None, "{other}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        for (one, other, expected) in [
            ("#000000", "#ffffff", 21.0),
            ("#777777", "#ffffff", 4.48),
            ("#0000ff", "#ffffff", 8.59),
            ("#ff0000", "#00ff00", 2.91),
            ("#123456", "#123456", 1.0),
        ] {
            let contrast = colour(one).contrast(colour(other));
            assert!((contrast - expected).abs() < 0.01, "{one} {other}: {contrast}");
        }
    }

    #[test]
    fn every_colour_can_be_lightened_enough_and_none_more_than_it_needs() {
        for text in ["#000000", "#0a5570", "#8a1538", "#0000ff", "#ffffff"] {
            let light = colour(text).lightened();
            assert!(light.contrast(NIGHT) >= READ_WITH_EASE, "{text}: {light}");
        }
        assert_eq!(colour("#85c6de").lightened(), colour("#85c6de"));
        assert_ne!(colour("#0a5570").lightened(), Colour::WHITE);
    }
}
