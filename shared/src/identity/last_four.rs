//! The last four symbols of a document: all a pass carries of one, for the guard's eye.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::document::normalised;

/// The last four symbols of a document number as they fit in 16 bits of a pass, so that a guard can hold the card
/// against the screen.
///
/// A nibble of 0-9 is that digit, 0xA is `X`, 0xF is any other character or none and shows as `*`; 0xB to 0xE mean
/// nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LastFour(u16);

/// From the last symbol to the first.
const SHIFTS: [u16; 4] = [0, 4, 8, 12];

impl LastFour {
    /// Of a number as stored or as typed; a shorter one is padded on the left.
    pub fn of(number: &str) -> Self {
        let symbols = normalised(number);
        let bits = symbols
            .chars()
            .rev()
            .zip(SHIFTS)
            .fold(u16::MAX, |bits, (symbol, shift)| bits & !(0xF << shift) | nibble(symbol) << shift);
        Self(bits)
    }

    /// The way back from [`LastFour`]'s display.
    pub fn parse(shown: &str) -> Result<Self, LastFourError> {
        match shown.chars().count() {
            4 => match shown.chars().find(|symbol| !matches!(symbol, '0'..='9' | 'X' | '*')) {
                Some(symbol) => Err(LastFourError::Character(symbol)),
                None => Ok(Self::of(shown)),
            },
            found => Err(LastFourError::Length { found }),
        }
    }

    pub fn from_bits(bits: u16) -> Option<Self> {
        SHIFTS.into_iter().all(|shift| matches!(bits >> shift & 0xF, 0..=0xA | 0xF)).then_some(Self(bits))
    }

    pub fn bits(self) -> u16 {
        self.0
    }
}

impl fmt::Display for LastFour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SHIFTS.into_iter().rev().try_for_each(|shift| match self.0 >> shift & 0xF {
            digit @ 0..=9 => write!(f, "{digit}"),
            0xA => f.write_str("X"),
            _ => f.write_str("*"),
        })
    }
}

impl fmt::Debug for LastFour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LastFour({self})")
    }
}

impl From<LastFour> for String {
    fn from(last_four: LastFour) -> Self {
        last_four.to_string()
    }
}

impl TryFrom<String> for LastFour {
    type Error = LastFourError;

    fn try_from(shown: String) -> Result<Self, Self::Error> {
        Self::parse(&shown)
    }
}

/// Why four symbols were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LastFourError {
    #[error("four symbols are wanted, not {found}")]
    Length { found: usize },
    #[error("{0:?} is neither a digit nor X nor *")]
    Character(char),
}

fn nibble(symbol: char) -> u16 {
    match symbol {
        'X' => 0xA,
        _ => symbol.to_digit(10).and_then(|digit| u16::try_from(digit).ok()).unwrap_or(0xF),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_four_fits_a_pass() {
        for (number, shown, bits) in [
            ("11010519491231002X", "002X", 0x002A),
            ("1234", "1234", 0x1234),
            ("002x", "002X", 0x002A),
            ("AB12", "**12", 0xFF12),
            ("12", "**12", 0xFF12),
            ("", "****", 0xFFFF),
        ] {
            let last_four = LastFour::of(number);
            assert_eq!((last_four.to_string().as_str(), last_four.bits()), (shown, bits), "{number}");
            assert_eq!(LastFour::parse(shown), Ok(last_four));
            assert_eq!(format!("{last_four:?}"), format!("LastFour({shown})"));
            assert_eq!(serde_json::to_string(&last_four).unwrap(), format!("\"{shown}\""));
            assert_eq!(serde_json::from_str::<LastFour>(&format!("\"{shown}\"")).unwrap(), last_four);
        }
        assert_eq!(LastFour::parse("02X"), Err(LastFourError::Length { found: 3 }));
        assert_eq!(LastFour::parse("002x"), Err(LastFourError::Character('x')));
        assert_eq!(LastFour::parse("0 2X"), Err(LastFourError::Character(' ')));
    }

    #[test]
    fn every_pattern_of_16_bits_has_one_meaning_or_none() {
        for bits in 0..=u16::MAX {
            let meaningless = format!("{bits:04X}").contains(['B', 'C', 'D', 'E']);
            match LastFour::from_bits(bits) {
                None => assert!(meaningless, "{bits:04X}"),
                Some(last_four) => {
                    assert!(!meaningless, "{bits:04X}");
                    assert_eq!(last_four.bits(), bits);
                    assert_eq!(LastFour::parse(&last_four.to_string()), Ok(last_four));
                }
            }
        }
    }
}
