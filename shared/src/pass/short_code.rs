//! The short code: a pass as eight digits, for a phone that is dead, cracked or at home.
//!
//! It is the pass id, read as one big-endian number, modulo 100,000,000, in eight decimal digits with leading zeros; people see
//! it in two groups of four, `1234 5678`. It stands in the approval SMS and below the QR code. It names a pass and proves
//! nothing: a gate that finds one by it compares the card, and of two passes with the same code it lets the guard choose.

use std::fmt;

use crate::{identity::half_width, ids::PassId};

const DIGITS: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShortCode(u32);

impl ShortCode {
    #[must_use]
    pub fn of(pass: PassId) -> Self {
        let number = u64::from_be_bytes(*pass.as_bytes()) % 10_u64.pow(8);
        Self(u32::try_from(number).unwrap_or_default())
    }

    /// As people type it: blanks, hyphens and full-width digits are no fault; anything but eight digits is.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let digits: String =
            typed.chars().map(half_width).filter(|symbol| !symbol.is_whitespace() && *symbol != '-').collect();
        let eight = digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit());
        eight.then(|| digits.parse().ok()).flatten().map(Self)
    }

    /// The eight digits without the gap.
    #[must_use]
    pub fn digits(self) -> String {
        format!("{:08}", self.0)
    }
}

impl fmt::Display for ShortCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04} {:04}", self.0 / 10_000, self.0 % 10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_id_modulo_a_hundred_million() {
        for (id, shown) in [
            ("0000000000000000", "0000 0000"),
            ("0000000000000007", "0000 0007"),
            ("0000000005f5e0ff", "9999 9999"),
            ("0000000005f5e100", "0000 0000"),
            ("0123456789abcdef", "1648 6895"),
            ("ffffffffffffffff", "0955 1615"),
        ] {
            let code = ShortCode::of(PassId::parse(id).unwrap());
            assert_eq!(code.to_string(), shown, "{id}");
            assert_eq!(ShortCode::parse(shown), Some(code));
            assert_eq!(ShortCode::parse(&code.digits()), Some(code));
        }
    }

    #[test]
    fn it_is_read_as_people_type_it() {
        let code = ShortCode::parse("12345678");
        assert!(code.is_some());
        for typed in [" 1234 5678", "1234-5678", "１２３４　５６７８", "1 2 3 4 5 6 7 8"] {
            assert_eq!(ShortCode::parse(typed), code, "{typed}");
        }
        for wrong in ["", "1234567", "123456789", "1234567a", "+1234567", "一二三四五六七八"] {
            assert_eq!(ShortCode::parse(wrong), None, "{wrong}");
        }
    }
}
