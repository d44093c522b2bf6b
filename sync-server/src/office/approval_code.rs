//! The approval code: a few characters instead of a link, for text messages whose template may hold no personal link.
//!
//! 40 bits in eight characters of an alphabet without look-alikes (no I, L, O, U). People type it from one screen into another, so
//! small letters, blanks, hyphens and full-width letters are no fault, and an O, I or L is the digit it was taken for. It is short
//! enough to be guessed by a machine that may try for ever, so trying is limited.

use std::fmt;

use super::Limit;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 8;

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ApprovalCode([u8; 5]);

/// How many wrong codes are borne.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovalCodeLimits {
    pub per_address: Limit,
    /// Of the network around an address.
    pub per_network: Limit,
    /// From everywhere.
    pub together: Limit,
}

impl ApprovalCode {
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 5]) -> Self {
        Self(bytes)
    }

    /// As people type it.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let mut bits: u64 = 0;
        let mut length = 0;
        for symbol in typed.chars().filter(|symbol| !symbol.is_whitespace() && !matches!(symbol, '-' | '－')) {
            let at = ALPHABET.iter().position(|known| char::from(*known) == read(symbol))?;
            (bits, length) = ((bits << 5) | u64::try_from(at).ok()?, length + 1);
            if length > LENGTH {
                return None;
            }
        }
        let [_, _, _, bytes @ ..] = bits.to_be_bytes();
        (length == LENGTH).then_some(Self(bytes))
    }

    /// The eight characters, for a message. Never for a log.
    #[must_use]
    pub fn text(self) -> String {
        let [a, b, c, d, e] = self.0;
        let bits = u64::from_be_bytes([0, 0, 0, a, b, c, d, e]);
        let symbol = |at: usize| {
            let index = usize::try_from((bits >> (5 * (LENGTH - 1 - at))) & 31).unwrap_or_default();
            ALPHABET.get(index).copied().map_or('0', char::from)
        };
        (0..LENGTH).map(symbol).collect()
    }

    #[must_use]
    pub const fn bytes(&self) -> &[u8; 5] {
        &self.0
    }
}

impl fmt::Debug for ApprovalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApprovalCode(…)")
    }
}

fn read(symbol: char) -> char {
    let half = match symbol {
        '！'..='～' => char::from_u32(u32::from(symbol) - 0xFEE0).unwrap_or(symbol),
        _ => symbol,
    };
    match half.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_characters_are_forty_bits() {
        for (bytes, text) in [
            ([0; 5], "00000000"),
            ([255; 5], "ZZZZZZZZ"),
            ([0, 0, 0, 0, 1], "00000001"),
            ([0x08, 0x42, 0x10, 0x84, 0x21], "11111111"),
            ([0x52, 0xd8, 0xd0, 0x1b, 0xef], "ABCD06ZF"),
        ] {
            let code = ApprovalCode::from_bytes(bytes);
            assert_eq!(code.text(), text);
            assert_eq!(ApprovalCode::parse(text), Some(code));
        }
        assert_eq!(format!("{:?}", ApprovalCode::from_bytes([7; 5])), "ApprovalCode(…)");
    }

    #[test]
    fn it_is_read_as_people_type_it() {
        let code = ApprovalCode::parse("AB10 CD01");
        assert!(code.is_some());
        for typed in [" ab10cd01", "abio-cdol", "ＡＢ１０ＣＤ０１", "a b 1 0 c d 0 1", "AB1OCDOI"] {
            assert_eq!(ApprovalCode::parse(typed), code, "{typed}");
        }
        for wrong in ["", "AB10CD0", "AB10CD011", "AB10CD0U", "验证码", "AB10CD0!", &"0".repeat(1000)] {
            assert_eq!(ApprovalCode::parse(wrong), None, "{wrong}");
        }
    }
}
