//! The number plate of a vehicle (GA 36).
//!
//! A rule recognises the plates that have one; it refuses nobody. Embassy, military, emergency and temporary plates and
//! vehicles not yet plated are free text, and the guard confirms them by eye.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{half_width, is_hidden, is_hyphen, is_middle_dot, is_space};

const MIN_CHARACTERS: usize = 2;
const MAX_CHARACTERS: usize = 20;

/// What a rule made of the plate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlateKind {
    Ordinary,
    NewEnergySmall,
    NewEnergyLarge,
    /// No rule knows it: the guard confirms it.
    Other,
}

/// A plate without its dot, spaces and hyphens, in capitals: 京A12345.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Plate {
    kind: PlateKind,
    text: String,
}

impl Plate {
    pub fn parse(typed: &str) -> Result<Self, PlateError> {
        if let Some(symbol) = typed.chars().find(|symbol| is_hidden(*symbol)) {
            return Err(PlateError::Character(symbol));
        }
        let text: String = typed
            .chars()
            // Before the width: a full-width full stop is a dot here.
            .filter(|symbol| !is_middle_dot(*symbol))
            .map(half_width)
            .filter(|symbol| !is_space(*symbol) && !is_hyphen(*symbol) && *symbol != '.')
            .map(|symbol| symbol.to_ascii_uppercase())
            .collect();
        match text.chars().count() {
            0 => Err(PlateError::Empty),
            1 => Err(PlateError::TooShort { min: MIN_CHARACTERS }),
            MIN_CHARACTERS..=MAX_CHARACTERS => Ok(Self { kind: kind_of(&text), text }),
            _ => Err(PlateError::TooLong { max: MAX_CHARACTERS }),
        }
    }

    pub fn kind(&self) -> PlateKind {
        self.kind
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn guard_to_confirm(&self) -> bool {
        self.kind == PlateKind::Other
    }
}

impl fmt::Display for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Plate> for String {
    fn from(plate: Plate) -> Self {
        plate.text
    }
}

impl TryFrom<String> for Plate {
    type Error = PlateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// Why a plate was refused: never because a rule did not know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PlateError {
    #[error("no plate")]
    Empty,
    #[error("a plate has at least {min} characters")]
    TooShort { min: usize },
    #[error("a plate has at most {max} characters")]
    TooLong { max: usize },
    #[error("{0:?} cannot be seen, so it cannot stand in a plate")]
    Character(char),
}

fn kind_of(text: &str) -> PlateKind {
    let mut symbols = text.chars();
    let (Some(region), Some(office)) = (symbols.next(), symbols.next()) else { return PlateKind::Other };
    if !is_region(region) || !is_letter(office) {
        return PlateKind::Other;
    }
    let serial: Vec<char> = symbols.collect();
    match serial.as_slice() {
        [a, b, c, d, last]
            if [a, b, c, d].into_iter().all(|symbol| is_serial(*symbol)) && (is_serial(*last) || is_purpose(*last)) =>
        {
            PlateKind::Ordinary
        }
        [power, free, digits @ ..] if is_power(*power) && is_serial(*free) && are_digits(digits, 4) => {
            PlateKind::NewEnergySmall
        }
        [digits @ .., power] if are_digits(digits, 5) && is_power(*power) => PlateKind::NewEnergyLarge,
        _ => PlateKind::Other,
    }
}

fn is_region(symbol: char) -> bool {
    "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼".contains(symbol)
}

/// I and O are left out: they read as 1 and 0.
fn is_letter(symbol: char) -> bool {
    symbol.is_ascii_uppercase() && !matches!(symbol, 'I' | 'O')
}

fn is_serial(symbol: char) -> bool {
    is_letter(symbol) || symbol.is_ascii_digit()
}

/// Trailer, learner, police, and vehicles of Hong Kong and Macao.
fn is_purpose(symbol: char) -> bool {
    matches!(symbol, '挂' | '学' | '警' | '港' | '澳')
}

/// A to E electric, F to K other new energy.
fn is_power(symbol: char) -> bool {
    matches!(symbol, 'A'..='H' | 'J' | 'K')
}

fn are_digits(symbols: &[char], count: usize) -> bool {
    symbols.len() == count && symbols.iter().all(char::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plates_by_rule() {
        use PlateKind::*;
        for (typed, text, kind) in [
            ("京A12345", "京A12345", Ordinary),
            ("京A·12345", "京A12345", Ordinary),
            ("京Ａ．１２３４５", "京A12345", Ordinary),
            ("京a.12345", "京A12345", Ordinary),
            (" 京A - 1234Z ", "京A1234Z", Ordinary),
            ("京A・12345", "京A12345", Ordinary),
            ("粤Z1234港", "粤Z1234港", Ordinary),
            ("粤Z1234澳", "粤Z1234澳", Ordinary),
            ("沪B1234挂", "沪B1234挂", Ordinary),
            ("沪B1234学", "沪B1234学", Ordinary),
            ("沪B1234警", "沪B1234警", Ordinary),
            ("京AD12345", "京AD12345", NewEnergySmall),
            ("京AF·A2345", "京AFA2345", NewEnergySmall),
            ("京AK12345", "京AK12345", NewEnergySmall),
            ("京A12345D", "京A12345D", NewEnergyLarge),
            ("京a12345f", "京A12345F", NewEnergyLarge),
            ("京AL12345", "京AL12345", Other),
            ("京AI2345", "京AI2345", Other),
            ("京A1O345", "京A1O345", Other),
            ("京A1234", "京A1234", Other),
            ("京A挂2345", "京A挂2345", Other),
            ("使123456", "使123456", Other),
            ("123456使", "123456使", Other),
            ("京A1234领", "京A1234领", Other),
            ("WJ京12345", "WJ京12345", Other),
            ("京A1234应急", "京A1234应急", Other),
            ("未上牌", "未上牌", Other),
            ("ab-123 cd", "AB123CD", Other),
            ("京A", "京A", Other),
        ] {
            let plate = Plate::parse(typed).unwrap();
            assert_eq!((plate.as_str(), plate.kind()), (text, kind), "{typed}");
            assert_eq!(plate.guard_to_confirm(), kind == Other, "{typed}");
        }
    }

    #[test]
    fn few_are_refused() {
        for (typed, error) in [
            ("", PlateError::Empty),
            (" ·-", PlateError::Empty),
            ("京", PlateError::TooShort { min: 2 }),
            ("京A\n12345", PlateError::Character('\n')),
            ("京A\u{202E}12345", PlateError::Character('\u{202E}')),
            ("京A\u{200B}12345", PlateError::Character('\u{200B}')),
            (&"车".repeat(21), PlateError::TooLong { max: 20 }),
        ] {
            assert_eq!(Plate::parse(typed), Err(error), "{typed:?}");
        }
        assert!(Plate::parse(&"车".repeat(20)).is_ok());
        assert!(Plate::parse(&format!("{}{}", " ".repeat(50), "京A12345")).is_ok());
    }

    #[test]
    fn serde_goes_through_the_parser() {
        let plate: Plate = serde_json::from_str("\"京a·12345\"").unwrap();
        assert_eq!(serde_json::to_string(&plate).unwrap(), "\"京A12345\"");
        assert_eq!(serde_json::to_string(&plate.kind()).unwrap(), "\"ordinary\"");
        assert_eq!(serde_json::to_string(&PlateKind::NewEnergySmall).unwrap(), "\"new_energy_small\"");
        assert!(serde_json::from_str::<Plate>("\"\"").is_err());
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_as_itself(typed in "\\PC{0,24}") {
            if let Ok(plate) = Plate::parse(&typed) {
                prop_assert_eq!(Plate::parse(&plate.to_string()), Ok(plate));
            }
        }

        #[test]
        fn no_text_panics(typed: String) {
            drop(Plate::parse(&typed));
        }

        #[test]
        fn nothing_visible_of_fitting_length_is_refused(typed in "[京沪使领A-Za-z0-9挂]{2,20}") {
            prop_assert!(Plate::parse(&typed).is_ok());
        }

        #[test]
        fn ordinary_plates_hold(region in "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]",
                                rest in "[A-HJ-NP-Z][A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]") {
            let plate = Plate::parse(&format!("{region}{rest}")).unwrap();
            prop_assert_eq!(plate.kind(), PlateKind::Ordinary);
        }

        #[test]
        fn new_energy_plates_hold(small in "[京沪粤][A-HJ-NP-Z][A-HJK][A-HJ-NP-Z0-9][0-9]{4}", large in "[京沪粤][A-HJ-NP-Z][0-9]{5}[A-HJK]") {
            prop_assert_eq!(Plate::parse(&small).unwrap().kind(), PlateKind::NewEnergySmall);
            prop_assert_eq!(Plate::parse(&large).unwrap().kind(), PlateKind::NewEnergyLarge);
        }
    }
}
