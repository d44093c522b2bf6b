//! What a pass says, and its one spelling in bytes.
//!
//! Anyone may write [`Claims`]; they open nothing until the office has sealed them. Each field's type holds that field's rule,
//! so writing cannot fail and reading fails exactly where a rule is broken.

use serde::{Deserialize, Serialize};

use super::{PassFault, SUITE_1};
use crate::{
    identity::{LastFour, MaskedName},
    ids::{CampusId, GateMask, KeyId, PassId},
    time::{CampusDay, Moment},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    pub campus: CampusId,
    pub pass: PassId,
    pub validity: Validity,
    pub gates: GateMask,
    pub entries: EntriesAllowed,
    pub party: PartySize,
    pub flags: Flags,
    pub last_four: LastFour,
    pub name: MaskedName,
}

impl Claims {
    /// The signed body: every byte before the signature.
    pub(super) fn body(&self, key: KeyId) -> Vec<u8> {
        let name = self.name.as_str().as_bytes();
        let mut body = Vec::with_capacity(26 + name.len());
        body.push(SUITE_1);
        body.extend(key.get().to_be_bytes());
        body.extend(self.campus.get().to_be_bytes());
        body.extend(self.pass.as_bytes());
        body.extend(self.validity.from_s.to_be_bytes());
        body.extend(self.validity.minutes.to_be_bytes());
        body.extend(self.gates.bits().to_be_bytes());
        body.push(self.entries.0 << 4 | self.party.0);
        body.push(self.flags.0);
        body.extend(self.last_four.bits().to_be_bytes());
        body.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        body.extend(name);
        body
    }

    /// Reads a body whose signature has been verified. A rule broken under a good signature means a layout newer than this
    /// reader, hence [`PassFault::UnknownSuite`].
    pub(super) fn read(body: &[u8]) -> Result<(KeyId, Self), PassFault> {
        Self::fields(body).ok_or(PassFault::UnknownSuite)
    }

    fn fields(body: &[u8]) -> Option<(KeyId, Self)> {
        let mut fields = Fields(body);
        let [suite] = fields.take()?;
        if suite != SUITE_1 {
            return None;
        }
        let key = KeyId::new(u16::from_be_bytes(fields.take()?));
        let campus = CampusId::new(u16::from_be_bytes(fields.take()?));
        let pass = PassId::from_bytes(fields.take()?);
        let validity = Validity::new(u32::from_be_bytes(fields.take()?), u16::from_be_bytes(fields.take()?))?;
        let gates = GateMask::new(u16::from_be_bytes(fields.take()?))?;
        let [counts] = fields.take()?;
        let [flags] = fields.take()?;
        let last_four = LastFour::from_bits(u16::from_be_bytes(fields.take()?))?;
        let [name_len] = fields.take()?;
        let name = fields.0;
        if name.len() != usize::from(name_len) {
            return None;
        }
        let claims = Self {
            campus,
            pass,
            validity,
            gates,
            entries: EntriesAllowed::new(counts >> 4)?,
            party: PartySize::new(counts & 0x0f)?,
            flags: Flags::from_bits(flags)?,
            last_four,
            name: MaskedName::parse(std::str::from_utf8(name).ok()?).ok()?,
        };
        Some((key, claims))
    }
}

/// The bytes not read yet.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }
}

/// From when and for how long: within one campus day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    from_s: u32,
    minutes: u16,
}

impl Validity {
    pub const MAX_MINUTES: u16 = 1440;

    #[must_use]
    pub fn new(from_s: u32, minutes: u16) -> Option<Self> {
        let validity = Self { from_s, minutes };
        let length_ok = (1..=Self::MAX_MINUTES).contains(&minutes);
        (length_ok && validity.until() <= validity.day().end()).then_some(validity)
    }

    /// All of `day`; `None` for a day that 32 bits of seconds cannot name (before 1970, after 2106).
    #[must_use]
    pub fn whole_day(day: CampusDay) -> Option<Self> {
        Self::new(u32::try_from(day.start().unix_s()).ok()?, Self::MAX_MINUTES)
    }

    #[must_use]
    pub fn from(self) -> Moment {
        Moment::from_unix_s(i64::from(self.from_s))
    }

    /// The first moment at which it no longer holds.
    #[must_use]
    pub fn until(self) -> Moment {
        Moment::from_unix_s(i64::from(self.from_s) + i64::from(self.minutes) * 60)
    }

    #[must_use]
    pub fn day(self) -> CampusDay {
        CampusDay::of(self.from())
    }
}

macro_rules! one_to_fifteen {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "u8", into = "u8")]
        pub struct $name(u8);

        impl $name {
            pub const ONE: Self = Self(1);
            pub const MAX: u8 = 15;

            #[must_use]
            pub const fn new(count: u8) -> Option<Self> {
                if count >= 1 && count <= Self::MAX { Some(Self(count)) } else { None }
            }

            #[must_use]
            pub const fn get(self) -> u8 {
                self.0
            }
        }

        impl TryFrom<u8> for $name {
            type Error = &'static str;

            fn try_from(count: u8) -> Result<Self, Self::Error> {
                Self::new(count).ok_or("a count of 1 to 15")
            }
        }

        impl From<$name> for u8 {
            fn from(count: $name) -> Self {
                count.0
            }
        }
    };
}

one_to_fifteen!(
    /// How often the pass may enter on its day.
    EntriesAllowed
);
one_to_fifteen!(
    /// How many people it brings, the visitor included.
    PartySize
);

/// What the guard should know before reading anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u8);

impl Flags {
    pub const NONE: Self = Self(0);
    pub const VEHICLE: Self = Self(1);
    pub const ESCORT: Self = Self(1 << 1);
    pub const CHECK_CARD: Self = Self(1 << 2);
    const KNOWN: u8 = Self::VEHICLE.0 | Self::ESCORT.0 | Self::CHECK_CARD.0;

    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits & !Self::KNOWN == 0 { Some(Self(bits)) } else { None }
    }

    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity_stays_within_one_campus_day() {
        let day = CampusDay::parse("2026-11-23").unwrap();
        let start_s = u32::try_from(day.start().unix_s()).unwrap();
        for (from_s, minutes, holds) in [
            (start_s, 1440, true),
            (start_s, 0, false),
            (start_s, 1441, false),
            (start_s + 60, 1440, false),
            (start_s + 60, 1439, true),
            (start_s - 60, 2, false),
            (u32::MAX, 1440, false),
        ] {
            assert_eq!(Validity::new(from_s, minutes).is_some(), holds, "{from_s}+{minutes}");
        }
        assert_eq!(Validity::whole_day(day).unwrap().until(), day.end());
    }

    #[test]
    fn flags_are_told_apart_and_added_up() {
        let both = Flags::VEHICLE.with(Flags::CHECK_CARD);
        assert_eq!((both.with(Flags::VEHICLE), both.bits()), (both, 0b101));
        assert!(both.has(Flags::VEHICLE) && both.has(Flags::CHECK_CARD) && both.has(both) && both.has(Flags::NONE));
        assert!(!both.has(Flags::ESCORT) && !both.has(both.with(Flags::ESCORT)) && !Flags::NONE.has(Flags::VEHICLE));
    }

    #[test]
    fn counts_are_one_to_fifteen() {
        for count in 0..=u8::MAX {
            let holds = (1..=15).contains(&count);
            assert_eq!(EntriesAllowed::new(count).map(EntriesAllowed::get), holds.then_some(count));
            assert_eq!(PartySize::new(count).map(PartySize::get), holds.then_some(count));
        }
    }

    #[test]
    fn reserved_flags_are_refused() {
        for bits in 0..=u8::MAX {
            assert_eq!(Flags::from_bits(bits).is_some(), bits < 8, "{bits:#010b}");
        }
    }
}
