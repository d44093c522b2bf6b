//! Names of things: one newtype each, so that a gate is never passed where a terminal is meant.
//!
//! Numbers are given out by the office (configuration or database); nothing here invents one.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            #[must_use]
            pub const fn new(number: $inner) -> Self {
                Self(number)
            }

            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// A campus; the audience of a pass.
    CampusId(u16)
);
number!(
    /// A terminal, numbered at its enrolment and never again.
    TerminalId(u32)
);
number!(
    /// A signing key, by its sequence number inside the key set.
    KeyId(u16)
);
number!(
    /// A booking in the office's database.
    BookingId(i64)
);

/// A gate of a campus, 0 to 15: the bit it has in a [`GateMask`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct GateIndex(u8);

impl GateIndex {
    pub const MAX: u8 = 15;

    #[must_use]
    pub const fn new(index: u8) -> Option<Self> {
        if index <= Self::MAX { Some(Self(index)) } else { None }
    }

    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for GateIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<u8> for GateIndex {
    type Error = &'static str;

    fn try_from(index: u8) -> Result<Self, Self::Error> {
        Self::new(index).ok_or("a gate's index is 0 to 15")
    }
}

impl From<GateIndex> for u8 {
    fn from(gate: GateIndex) -> Self {
        gate.0
    }
}

/// The gates of one campus that a pass opens; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct GateMask(u16);

impl GateMask {
    pub const EVERY: Self = Self(u16::MAX);

    #[must_use]
    pub const fn new(bits: u16) -> Option<Self> {
        if bits == 0 { None } else { Some(Self(bits)) }
    }

    #[must_use]
    pub fn of(gates: impl IntoIterator<Item = GateIndex>) -> Option<Self> {
        Self::new(gates.into_iter().fold(0, |bits, gate| bits | 1 << gate.get()))
    }

    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    #[must_use]
    pub const fn holds(self, gate: GateIndex) -> bool {
        self.0 >> gate.0 & 1 == 1
    }
}

impl TryFrom<u16> for GateMask {
    type Error = &'static str;

    fn try_from(bits: u16) -> Result<Self, Self::Error> {
        Self::new(bits).ok_or("a gate mask names at least one gate")
    }
}

impl From<GateMask> for u16 {
    fn from(mask: GateMask) -> Self {
        mask.0
    }
}

/// A pass: 8 random bytes, printed as 16 lower-case hex digits. Revocation, re-use and the log all go by it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PassId([u8; 8]);

impl PassId {
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }

    #[must_use]
    pub fn parse(hex: &str) -> Option<Self> {
        (hex.len() == 16 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
            .then(|| u64::from_str_radix(hex, 16).ok().map(|number| Self(number.to_be_bytes())))
            .flatten()
    }
}

impl fmt::Display for PassId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl fmt::Debug for PassId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PassId({self})")
    }
}

impl TryFrom<String> for PassId {
    type Error = &'static str;

    fn try_from(hex: String) -> Result<Self, Self::Error> {
        Self::parse(&hex).ok_or("a pass id is 16 lower-case hex digits")
    }
}

impl From<PassId> for String {
    fn from(id: PassId) -> Self {
        id.to_string()
    }
}

/// A staff number as the directory writes it: 1 to 32 ASCII letters, digits, `-` or `_`, upper-cased.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StaffNumber(String);

impl StaffNumber {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        ((1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'))
            .then(|| Self(text.to_ascii_uppercase()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StaffNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for StaffNumber {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a staff number is 1 to 32 letters and digits")
    }
}

impl From<StaffNumber> for String {
    fn from(number: StaffNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_holds_just_the_gates_it_was_made_of() {
        let gates: Vec<_> = [0, 3, 15].into_iter().filter_map(GateIndex::new).collect();
        let mask = GateMask::of(gates.iter().copied()).unwrap();
        for index in 0..=GateIndex::MAX {
            let gate = GateIndex::new(index).unwrap();
            assert_eq!(mask.holds(gate), gates.contains(&gate), "gate {index}");
        }
        assert_eq!(GateMask::of([]), None);
        assert_eq!(GateIndex::new(16), None);
    }

    #[test]
    fn a_pass_id_has_one_spelling() {
        let id = PassId::from_bytes([0, 1, 2, 3, 0xab, 0xcd, 0xef, 0xff]);
        assert_eq!(id.to_string(), "00010203abcdefff");
        assert_eq!(PassId::parse("00010203abcdefff"), Some(id));
        for wrong in ["00010203ABCDEFFF", "10203abcdefff", "+0010203abcdefff", "00010203abcdefff0", ""] {
            assert_eq!(PassId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn staff_numbers_are_folded_to_upper_case() {
        assert_eq!(StaffNumber::parse(" t2019a ").unwrap().as_str(), "T2019A");
        assert_eq!(StaffNumber::parse("张三"), None);
        assert_eq!(StaffNumber::parse(""), None);
    }
}
