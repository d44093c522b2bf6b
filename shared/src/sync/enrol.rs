//! Enrolment: a terminal makes its own key and trades a one-time code for its number.
//!
//! The code is 80 random bits in Crockford's base32, in four groups of four so that it can be read over the telephone. The
//! request is signed with the new key under its own label, so nobody enrols a key they do not hold. The answer names the root
//! keys that everything later hangs on, the one in use and the spare; terminal and office show the fingerprint of both together for two
//! people to compare.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    ids::{CampusId, GateIndex, TerminalId},
    pass::{RootKey, Roots},
    seal::{Label, PublicKey, Sealable, Sealed},
    time::Moment,
};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_CHARACTERS: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The key that signs `claim`.
    pub public: PublicKey,
    pub claim: Sealed<EnrolClaim>,
}

/// What the new terminal signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolClaim {
    pub code: InviteCode,
    pub public: PublicKey,
}

impl Sealable for EnrolClaim {
    const LABEL: Label = Label::Enrolment;
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolAnswer {
    pub terminal: TerminalId,
    pub campus: CampusId,
    pub gate: GateIndex,
    pub root: RootKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spare: Option<RootKey>,
    pub server_time: Moment,
}

impl EnrolAnswer {
    #[must_use]
    pub const fn roots(&self) -> Roots {
        Roots { root: self.root, spare: self.spare }
    }
}

/// A one-time enrolment code, `XXXX-XXXX-XXXX-XXXX`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InviteCode(String);

impl InviteCode {
    /// From 80 random bits.
    #[must_use]
    pub fn from_random(bits: [u8; 10]) -> Self {
        let mut number = bits.iter().fold(0_u128, |number, &byte| number << 8 | u128::from(byte));
        let mut symbols = Vec::with_capacity(CODE_CHARACTERS);
        for _ in 0..CODE_CHARACTERS {
            symbols.extend(ALPHABET.get((number & 31) as usize).map(|&byte| char::from(byte)));
            number >>= 5;
        }
        Self(symbols.into_iter().collect())
    }

    /// Forgives lower case, missing hyphens, spaces, and O, I, L written for 0 and 1.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text
            .chars()
            .filter(|c| !matches!(c, '-' | ' '))
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        (plain.len() == CODE_CHARACTERS && plain.bytes().all(|b| ALPHABET.contains(&b))).then_some(Self(plain))
    }

    /// As it is stored and compared: 16 characters, no hyphens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InviteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<&str> = (0..4).filter_map(|i| self.0.get(i * 4..i * 4 + 4)).collect();
        f.write_str(&groups.join("-"))
    }
}

/// A secret: kept out of logs.
impl fmt::Debug for InviteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteCode(…)")
    }
}

impl TryFrom<String> for InviteCode {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("an enrolment code is 16 letters and digits")
    }
}

impl From<InviteCode> for String {
    fn from(code: InviteCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_survives_a_telephone_call() {
        let code = InviteCode::from_random([0, 1, 2, 3, 4, 5, 6, 7, 8, 255]);
        let shown = code.to_string();
        assert_eq!(shown.len(), 19);
        for heard in [shown.clone(), shown.to_lowercase(), shown.replace('-', " "), shown.replace('0', "o")] {
            assert_eq!(InviteCode::parse(&heard), Some(code.clone()), "{heard}");
        }
        for wrong in ["", "0000-0000-0000-000", "UUUU-UUUU-UUUU-UUUU", "0000-0000-0000-00000"] {
            assert_eq!(InviteCode::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_code_is_kept_and_sent_as_its_sixteen_letters() {
        let code = InviteCode::parse("abcd-efgh-0123-4567").unwrap();
        assert_eq!((code.as_str(), code.to_string().as_str()), ("ABCDEFGH01234567", "ABCD-EFGH-0123-4567"));
        assert_eq!(serde_json::to_value(&code).unwrap(), "ABCDEFGH01234567");
    }

    #[test]
    fn every_random_bit_counts() {
        let zero = InviteCode::from_random([0; 10]);
        for bit in 0..80 {
            let mut bits = [0; 10];
            bits[bit / 8] = 1 << (bit % 8);
            assert_ne!(InviteCode::from_random(bits), zero, "bit {bit}");
        }
    }
}
