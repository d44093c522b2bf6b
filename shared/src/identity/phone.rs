//! A telephone number that can be called or sent a code.
//!
//! The mainland rule is deliberately loose (segments open every year) because the code sent by SMS proves the rest.
//! Foreign numbers are kept as typed in E.164; domestic SMS cannot reach them, so a page that needs a code asks
//! [`Phone::is_mainland`].

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{half_width, is_hyphen};

const MAINLAND_DIGITS: usize = 11;
/// E.164 allows fifteen; no country's numbers have fewer than seven with the country code.
const FOREIGN_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// A mainland mobile number (eleven digits) or a foreign one (`+` and digits). Serde writes it whole; there is no
/// `Display`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

impl Phone {
    pub fn parse(typed: &str) -> Result<Self, PhoneError> {
        let number: String =
            typed.chars().map(half_width).filter(|symbol| !symbol.is_whitespace() && !is_hyphen(*symbol)).collect();
        let digits = number.strip_prefix('+').unwrap_or(&number);
        if digits.is_empty() {
            return Err(PhoneError::Empty);
        }
        if let Some(symbol) = digits.chars().find(|symbol| !symbol.is_ascii_digit()) {
            return Err(PhoneError::Character(symbol));
        }
        // A mainland mobile number begins with 1, so a leading 86 or 0086 can only be the country.
        match number.strip_prefix('+') {
            Some(digits) => match digits.strip_prefix("86") {
                Some(national) => mainland(national),
                None => foreign(digits),
            },
            None => mainland(number.strip_prefix("0086").or_else(|| number.strip_prefix("86")).unwrap_or(&number)),
        }
    }

    /// The whole number as stored: `13800130000` or `+85291234567`. Not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_mainland(&self) -> bool {
        !self.0.starts_with('+')
    }

    /// For the eye: 138****0000; of a foreign number at most half of the digits.
    pub fn masked(&self) -> String {
        let (head, tail) = if self.is_mainland() {
            (3, 4)
        } else {
            let shown = (self.0.len() - 1) / 2;
            (1 + shown.saturating_sub(4), shown.min(4))
        };
        let length = self.0.len();
        let mask = |(place, symbol)| if place < head || place >= length - tail { symbol } else { '*' };
        self.0.chars().enumerate().map(mask).collect()
    }

    /// The last four digits.
    pub fn tail(&self) -> &str {
        self.0.get(self.0.len() - 4..).unwrap_or_default()
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// Why a telephone number was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PhoneError {
    #[error("no telephone number")]
    Empty,
    #[error("{0:?} cannot stand in a telephone number")]
    Character(char),
    #[error("a mainland mobile number has {MAINLAND_DIGITS} digits, this one {found}")]
    Length { found: usize },
    #[error("a mainland mobile number begins with 13 to 19")]
    NotMobile,
    #[error("a foreign number has {} to {} digits, this one {found}", FOREIGN_DIGITS.start(), FOREIGN_DIGITS.end())]
    ForeignLength { found: usize },
    #[error("no country code begins with 0")]
    ForeignCountry,
}

fn mainland(digits: &str) -> Result<Phone, PhoneError> {
    let found = digits.len();
    if found != MAINLAND_DIGITS {
        return Err(PhoneError::Length { found });
    }
    let mut leading = digits.chars();
    match (leading.next(), leading.next()) {
        (Some('1'), Some('3'..='9')) => Ok(Phone(digits.to_owned())),
        _ => Err(PhoneError::NotMobile),
    }
}

fn foreign(digits: &str) -> Result<Phone, PhoneError> {
    if digits.starts_with('0') {
        return Err(PhoneError::ForeignCountry);
    }
    let found = digits.len();
    if !FOREIGN_DIGITS.contains(&found) {
        return Err(PhoneError::ForeignLength { found });
    }
    Ok(Phone(format!("+{digits}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_that_hold() {
        for (typed, stored, mainland) in [
            ("13800130000", "13800130000", true),
            ("138 0013 0000", "13800130000", true),
            ("138-0013-0000", "13800130000", true),
            ("138\u{2011}0013\u{2013}0000", "13800130000", true),
            ("１３８００１３００００", "13800130000", true),
            ("+8613800130000", "13800130000", true),
            ("＋８６　１３８００１３００００", "13800130000", true),
            ("008613800130000", "13800130000", true),
            ("8613800130000", "13800130000", true),
            ("+86 138 0013 0000", "13800130000", true),
            ("19900130000", "19900130000", true),
            ("+852 9123 4567", "+85291234567", false),
            ("+1-202-555-0100", "+12025550100", false),
            ("+6834567", "+6834567", false),
            ("+123456789012345", "+123456789012345", false),
        ] {
            let phone = Phone::parse(typed).unwrap();
            assert_eq!((phone.as_str(), phone.is_mainland()), (stored, mainland), "{typed}");
        }
    }

    #[test]
    fn numbers_that_do_not_hold_say_why() {
        for (typed, error) in [
            ("", PhoneError::Empty),
            (" - ", PhoneError::Empty),
            ("+", PhoneError::Empty),
            ("1380013000", PhoneError::Length { found: 10 }),
            ("138001300000", PhoneError::Length { found: 12 }),
            ("86", PhoneError::Length { found: 0 }),
            ("+86 1380013", PhoneError::Length { found: 7 }),
            ("12800130000", PhoneError::NotMobile),
            ("01062770000", PhoneError::NotMobile),
            ("+86 01062770000", PhoneError::NotMobile),
            ("1380013000O", PhoneError::Character('O')),
            ("138٠0130000", PhoneError::Character('٠')),
            ("138+0130000", PhoneError::Character('+')),
            ("++8613800130000", PhoneError::Character('+')),
            ("138\u{202E}00130000", PhoneError::Character('\u{202E}')),
            ("+0123456789", PhoneError::ForeignCountry),
            ("+852912", PhoneError::ForeignLength { found: 6 }),
            ("+1234567890123456", PhoneError::ForeignLength { found: 16 }),
        ] {
            assert_eq!(Phone::parse(typed), Err(error), "{typed}");
        }
    }

    #[test]
    fn masks() {
        for (typed, masked, tail) in [
            ("13800131234", "138****1234", "1234"),
            ("+85291234567", "+8******4567", "4567"),
            ("+6834567", "+****567", "4567"),
            ("+123456789012345", "+123********2345", "2345"),
        ] {
            let phone = Phone::parse(typed).unwrap();
            assert_eq!((phone.masked().as_str(), phone.tail()), (masked, tail));
            assert_eq!(format!("{phone:?}"), format!("Phone({masked})"));
        }
    }

    #[test]
    fn serde_goes_through_the_parser() {
        let phone: Phone = serde_json::from_str("\"+86 138 0013 0000\"").unwrap();
        assert_eq!(serde_json::to_string(&phone).unwrap(), "\"13800130000\"");
        assert!(serde_json::from_str::<Phone>("\"110\"").is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(typed: String) {
            drop(Phone::parse(&typed));
        }

        #[test]
        fn what_is_stored_reads_as_itself(typed in "[+＋]?(86|0086)?[0-9０-９ -]{5,18}") {
            if let Ok(phone) = Phone::parse(&typed) {
                let logged = format!("{phone:?}");
                prop_assert!(!logged.contains(phone.as_str()));
                prop_assert_eq!(phone.tail().len(), 4);
                prop_assert_eq!(Phone::parse(phone.as_str()), Ok(phone));
            }
        }

        #[test]
        fn every_mainland_segment_holds(second in 3..=9_u8, rest in "[0-9]{9}", prefix in "(\\+86|0086|86)?") {
            let number = format!("1{second}{rest}");
            let phone = Phone::parse(&format!("{prefix}{number}")).unwrap();
            prop_assert_eq!(phone.as_str(), number);
            prop_assert!(phone.is_mainland());
        }
    }
}
