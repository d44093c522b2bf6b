//! The officer's PIN on its way from the keys to the check.

use std::fmt;

use zeroize::Zeroizing;

/// Six to twelve digits: what can be typed on the number keys of a gate PC. Never printed, and wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(Zeroizing<String>);

impl Pin {
    pub const DIGITS: std::ops::RangeInclusive<usize> = 6..=12;

    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let digits = typed.bytes().all(|byte| byte.is_ascii_digit());
        (digits && Self::DIGITS.contains(&typed.len())).then(|| Self(Zeroizing::new(typed.to_owned())))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_of_a_sensible_number_are_a_pin() {
        for typed in ["123456", "000000000000"] {
            assert_eq!(Pin::parse(typed).unwrap().as_str(), typed);
        }
        for typed in ["", "12345", "1234567890123", "12345a", "１２３４５６", "123 456"] {
            assert!(Pin::parse(typed).is_none(), "{typed}");
        }
        assert_eq!(format!("{:?}", Pin::parse("123456")), "Some(Pin)");
    }
}
