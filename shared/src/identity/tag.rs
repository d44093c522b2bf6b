//! The document tag: lets a card read at the gate be compared with a pass without the number ever being there.
//!
//! Document numbers have little entropy, so a plain hash could be searched in minutes. The tag is Argon2id over the number,
//! salted by campus and day: a reader at the gate pays the price once per card, a thief of a terminal once per guess, and
//! yesterday's tags say nothing about today's.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};

use super::document::Document;
use crate::{ids::CampusId, time::CampusDay};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// 16 bytes, written as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentTag([u8; 16]);

impl DocumentTag {
    /// Slow on purpose (tens of milliseconds): never inside a transaction or on the gate's thread. `None` never occurs with the
    /// parameters above; it is here because the library may say no.
    #[must_use]
    pub fn of(document: &Document, campus: CampusId, day: CampusDay) -> Option<Self> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(16)).ok()?;
        let salt = format!("campus-gate/document/v1/{campus}/{day}");
        let secret = format!("{}\0{}", document.kind().code(), document.number());
        let mut tag = [0; 16];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(secret.as_bytes(), salt.as_bytes(), &mut tag)
            .ok()?;
        Some(Self(tag))
    }
}

impl fmt::Display for DocumentTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for DocumentTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DocumentTag(…)")
    }
}

impl TryFrom<String> for DocumentTag {
    type Error = &'static str;

    fn try_from(hex: String) -> Result<Self, Self::Error> {
        let all_hex = hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let number = all_hex.then(|| u128::from_str_radix(&hex, 16).ok()).flatten();
        number.map(|number| Self(number.to_be_bytes())).ok_or("a document tag is 32 lower-case hex digits")
    }
}

impl From<DocumentTag> for String {
    fn from(tag: DocumentTag) -> Self {
        tag.to_string()
    }
}
