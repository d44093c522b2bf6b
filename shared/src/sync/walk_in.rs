//! Walk-in: a visitor without a booking, for whom the gate asks the host.
//!
//! The guard takes the facts down, the server makes a booking of them for this day, from now on, at this campus, by the rules of
//! every booking, and sends the host the usual three links. The host's word comes back through the feed, as
//! [`Change::WalkInDecided`](super::change::Change::WalkInDecided) after the record of the pass, so it arrives as fast as a
//! revocation does. The document's number goes up in this one request and rests nowhere on the terminal. A request that is sent
//! again under the same number books nothing twice.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    identity::{Document, PersonName, Phone, Plate},
    ids::TerminalId,
    pass::PartySize,
    time::Moment,
};

/// What a terminal calls a walk-in: never used twice by the same terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WalkInNumber(u64);

impl WalkInNumber {
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for WalkInNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WalkInRequest {
    pub terminal: TerminalId,
    pub number: WalkInNumber,
    pub visitor: PersonName,
    pub document: Document,
    pub phone: Phone,
    /// A staff number, a name or a telephone number, as the visitor says it.
    pub host: String,
    pub reason: String,
    /// The visitor included; nobody but the visitor is named.
    pub party: PartySize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plates: Vec<Plate>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
pub enum WalkInAnswer {
    /// The host has been asked, now or when this came before.
    Accepted,
    /// Nobody in the directory, or more than one, answers to what was given.
    HostUnknown,
    NotAllowed {
        why: Vec<WalkInFault>,
    },
    /// Too many were asked for from this terminal.
    Limited {
        retry_at: Moment,
    },
}

/// What the office's rules have against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WalkInFault {
    Visitor,
    Document,
    Phone,
    Host,
    Reason,
    Party,
    Plates,
    /// Reason or plate holds a document number, which gates and colleagues would read.
    DocumentElsewhere,
    /// Visits are not received at this time.
    OutsideHours,
    /// A rule that is newer than this terminal.
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_in_is_called_by_its_number() {
        let number = WalkInNumber::new(1_795_392_000_007);
        assert_eq!((number.get(), number.to_string()), (1_795_392_000_007, "1795392000007".to_owned()));
    }

    #[test]
    fn a_rule_of_a_newer_office_is_still_a_no() {
        let answer = r#"{"answer":"not_allowed","why":["visitor","moon_phase"]}"#;
        let answer: WalkInAnswer = serde_json::from_str(answer).unwrap();
        assert_eq!(answer, WalkInAnswer::NotAllowed { why: vec![WalkInFault::Visitor, WalkInFault::Other] });
    }
}
