//! Numbered, hash-chained lists: the server's feed of a campus, and each terminal's entry log.
//!
//! Links are numbered from 1 without gaps. The hash of link `n` covers the chain's name, the number, the hash of link `n-1`
//! (32 zero bytes before the first) and the exact JSON text of the link's body:
//!
//! `SHA-256( name ‖ 0x00 ‖ seq as u64 big-endian ‖ previous hash ‖ body )`
//!
//! Whoever proves the hash at `n` (a signed beacon, a signed head) proves every link below it. The body travels as the text
//! that was hashed ([`RawValue`]), so a reader that does not know every field still checks the same bytes.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::ids::{CampusId, TerminalId};

/// Which chain a link belongs to; part of every hash, so a link cannot be moved to another chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChainName {
    Feed { campus: CampusId, epoch: u32 },
    Entries { terminal: TerminalId },
}

impl ChainName {
    fn text(self) -> String {
        match self {
            Self::Feed { campus, epoch } => format!("campus-gate/feed/v1/{campus}/{epoch}"),
            Self::Entries { terminal } => format!("campus-gate/entries/v1/{terminal}"),
        }
    }
}

/// The hash of a link, written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChainHash([u8; 32]);

impl ChainHash {
    /// What stands before the first link.
    pub const START: Self = Self([0; 32]);

    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    #[must_use]
    pub fn parse(hex: &str) -> Option<Self> {
        if hex.len() != 64 || !hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let mut bytes = [0; 32];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(hex.get(i * 2..i * 2 + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainHash({self})")
    }
}

impl TryFrom<String> for ChainHash {
    type Error = &'static str;

    fn try_from(hex: String) -> Result<Self, Self::Error> {
        Self::parse(&hex).ok_or("a chain hash is 64 lower-case hex digits")
    }
}

impl From<ChainHash> for String {
    fn from(hash: ChainHash) -> Self {
        hash.to_string()
    }
}

/// One numbered piece of a chain.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub seq: u64,
    pub body: Box<RawValue>,
}

/// How far a chain is known: its last number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub seq: u64,
    pub hash: ChainHash,
}

impl Head {
    pub const START: Self = Self { seq: 0, hash: ChainHash::START };

    /// The head after `link`, or why it does not follow.
    pub fn follow(self, name: ChainName, link: &Link) -> Result<Self, Gap> {
        let expected = self.seq.saturating_add(1);
        if crate::planted!("numbers of links unchecked", false, link.seq != expected) {
            return Err(Gap { expected, got: link.seq });
        }
        Ok(self.extend(name, link.body.get()))
    }

    /// The head after one more body, numbered next.
    #[must_use]
    pub fn extend(self, name: ChainName, body: &str) -> Self {
        let seq = self.seq.saturating_add(1);
        let mut sha = Sha256::new();
        sha.update(name.text().as_bytes());
        sha.update([0]);
        sha.update(seq.to_be_bytes());
        sha.update(self.hash.0);
        sha.update(body.as_bytes());
        Self { seq, hash: ChainHash(sha.finalize().into()) }
    }
}

/// A number is missing, doubled or out of order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected number {expected}, got {got}")]
pub struct Gap {
    pub expected: u64,
    pub got: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(seq: u64, json: &str) -> Link {
        Link { seq, body: RawValue::from_string(json.to_owned()).unwrap() }
    }

    const NAME: ChainName = ChainName::Entries { terminal: TerminalId::new(7) };

    #[test]
    fn any_change_of_name_number_order_or_body_changes_the_head() {
        let head = |name, bodies: &[&str]| bodies.iter().fold(Head::START, |head, body| head.extend(name, body)).hash;
        let plain = head(NAME, &["1", "2"]);
        assert_eq!(plain, head(NAME, &["1", "2"]));
        for other in [
            head(NAME, &["2", "1"]),
            head(NAME, &["1", "2 "]),
            head(NAME, &["12"]),
            head(ChainName::Entries { terminal: TerminalId::new(8) }, &["1", "2"]),
            head(ChainName::Feed { campus: CampusId::new(7), epoch: 1 }, &["1", "2"]),
        ] {
            assert_ne!(plain, other);
        }
    }

    #[test]
    fn a_hash_has_one_spelling() {
        let hex = "0123456789abcdef".repeat(4);
        let hash = ChainHash::parse(&hex).unwrap();
        assert_eq!((hash.to_string(), serde_json::to_value(hash).unwrap()), (hex.clone(), hex.clone().into()));
        assert_eq!(ChainHash::from_bytes(*hash.as_bytes()), hash);
        for wrong in [&hex[1..], &format!("{hex}00"), &hex.to_uppercase(), &hex.replace('f', "g"), "", &"０".repeat(64)]
        {
            assert_eq!(ChainHash::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_gap_is_named() {
        let one = Head::START.follow(NAME, &link(1, "{}")).unwrap();
        assert_eq!(one.follow(NAME, &link(3, "{}")), Err(Gap { expected: 2, got: 3 }));
        assert_eq!(one.follow(NAME, &link(1, "{}")), Err(Gap { expected: 2, got: 1 }));
    }

    #[test]
    fn the_text_that_was_hashed_survives_the_wire() {
        let text = r#"{"seq":1,"body":{"b" : 1.0, "a":"é"}}"#;
        let link: Link = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&link).unwrap(), text);
    }
}
