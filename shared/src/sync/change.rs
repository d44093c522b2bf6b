//! What a link of the feed says: one change that the terminals of a campus must know.
//!
//! A pass enters the feed no earlier than the day before it is good, so a terminal carries today and tomorrow and no more; only
//! that a pass was revoked it keeps for as long as the pass can still be shown. No document number is ever in it: the pass carries
//! the last four for the guard's eye and a slow salted hash ([`DocumentTag`]) for a card reader.

use std::{ops::Range, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    entry::{Direction, EntryId},
    identity::{DocumentKind, DocumentTag, LastFour, PersonName},
    ids::{CampusId, GateIndex, GateMask, PassId, TerminalId},
    pass::{EntriesAllowed, PartySize},
    sync::walk_in::WalkInNumber,
    time::{CampusDay, Moment},
};

/// No office takes bookings for a day further ahead.
pub const MAX_DAYS_AHEAD: u16 = 90;

/// For how long a terminal keeps a revocation: a pass may be revoked on the day it was asked for and shown on the day it was for.
/// One day more, because a server's clock may be put right in between.
pub const REVOCATION_KEPT_DAYS: u16 = MAX_DAYS_AHEAD + 1;

/// Who moved when is still of use to a gate on `today`: yesterday they may have stayed, and another clock may be ahead. What is
/// said to come later than that would never be over.
#[must_use]
pub fn movements_kept(today: CampusDay) -> Range<Moment> {
    today.minus_days(1).start()..today.plus_days(1).end()
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Change {
    /// The campus and its gates, whenever their configuration changes.
    Places(Places),
    /// Shared from the start: a terminal holds a hundred thousand, and a copy of each would leave as many holes in its memory.
    PassIssued(#[serde(with = "shared_record")] Arc<PassRecord>),
    PassRevoked {
        pass: PassId,
        /// Perhaps long before the day of the pass, and before anybody was told that there is one.
        at: Moment,
    },
    /// The office found this pass's holder on the watchlist, or cleared them.
    PassWatched { pass: PassId, watched: bool },
    /// Somebody went through a gate with this pass; how the other gates learn of it. Told again of the same entry, it corrects
    /// how many they were.
    PassMoved {
        pass: PassId,
        direction: Direction,
        at: Moment,
        gate: GateIndex,
        entry: EntryId,
        /// When the guard counted; otherwise as many as the pass brings.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        party: Option<u8>,
    },
    /// The host of a visitor who waits at a gate has decided. The record of the pass, where there is one, stands before this.
    WalkInDecided { terminal: TerminalId, number: WalkInNumber, outcome: WalkInOutcome },
}

/// A record is written as it is, shared or not.
mod shared_record {
    use std::sync::Arc;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use super::PassRecord;

    pub(super) fn serialize<S: Serializer>(record: &PassRecord, serializer: S) -> Result<S::Ok, S::Error> {
        record.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<PassRecord>, D::Error> {
        PassRecord::deserialize(deserializer).map(Arc::new)
    }
}

/// What a host said of somebody at the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum WalkInOutcome {
    Approved { pass: PassId },
    Declined,
}

/// Names for the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    pub campus: CampusId,
    pub campus_name: String,
    pub campus_name_en: String,
    pub gates: Vec<PlaceGate>,
    /// The names of the other campuses, for "this pass is for ...".
    pub others: Vec<(CampusId, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceGate {
    pub gate: GateIndex,
    pub name: String,
    pub name_en: String,
}

/// What the guard sees of a pass, and what the gate knows it by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassRecord {
    pub pass: PassId,
    pub day: CampusDay,
    /// Appointed time of day, for the eye only: the pass is good all day.
    pub visit_from: Moment,
    pub visit_until: Moment,
    pub visitor: PersonName,
    pub phone_tail: String,
    pub document: DocumentKind,
    pub last_four: LastFour,
    pub document_tag: DocumentTag,
    pub companions: Vec<PersonName>,
    pub plates: Vec<String>,
    pub party: PartySize,
    pub entries: EntriesAllowed,
    pub gates: GateMask,
    pub host: PersonName,
    pub department: String,
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revocation_outlives_the_day_of_the_pass_that_was_booked_longest_before() {
        let revoked = CampusDay::parse("2026-11-23").unwrap();
        let shown = revoked.plus_days(MAX_DAYS_AHEAD);
        let put_right = shown.plus_days(1);
        assert!(revoked.plus_days(REVOCATION_KEPT_DAYS) >= put_right, "though a clock was a day behind");
    }
}
