//! What one terminal can know: a plain retelling of what it has stored, kept beside it by the simulation.
//!
//! It is made of the bytes that came over the wire and of the entries that the store has answered for, with plain sets and no
//! thought of how the gate does it. What a gate says to a code is judged by this and by nothing that it could not know.

use std::collections::{BTreeMap, BTreeSet};

use shared::{
    entry::{Direction, Entry, EntryId},
    ids::{KeyId, PassId},
    pass::{KeyUse, keyset::KeySetBody},
    sync::{
        beacon::Beacon,
        change::Change,
        pull::{Cursor, PullAnswer},
    },
    time::{CampusDay, Moment},
};

#[derive(Debug, Clone)]
pub struct Knowledge {
    pub cursor: Cursor,
    pub issued: BTreeMap<PassId, CampusDay>,
    pub revoked: BTreeSet<PassId>,
    pub watched: BTreeSet<PassId>,
    pub went_in: BTreeMap<PassId, BTreeSet<EntryId>>,
    /// Who left with a pass, as it was told.
    pub left: BTreeMap<PassId, BTreeSet<EntryId>>,
    /// When it last knew all there was to know.
    pub as_of: Option<Moment>,
    /// The last time the server proved to it.
    pub proven: Option<Moment>,
    /// The newest key set that it was told, as a root signed it.
    pub keys: Option<KeySetBody>,
    /// No set that it ever held had a higher number or suite.
    pub least_set: (u32, u8),
    /// Under which key the last word came.
    pub told_by: Option<KeyId>,
    /// Its own entries by their numbers, as it has written them.
    pub entries: BTreeMap<u64, String>,
}

impl Default for Knowledge {
    fn default() -> Self {
        Self {
            cursor: Cursor::START,
            issued: BTreeMap::new(),
            revoked: BTreeSet::new(),
            watched: BTreeSet::new(),
            went_in: BTreeMap::new(),
            left: BTreeMap::new(),
            as_of: None,
            proven: None,
            keys: None,
            least_set: (0, 0),
            told_by: None,
            entries: BTreeMap::new(),
        }
    }
}

impl Knowledge {
    /// After this answer, if it is believed.
    #[must_use]
    pub fn after(&self, answer: &PullAnswer, beacon: &Beacon) -> Self {
        let mut next = self.clone();
        let set = answer.key_set.as_ref().and_then(|set| serde_json::from_str::<KeySetBody>(&set.body).ok());
        if let Some(set) = set.filter(|set| self.keys.as_ref().is_none_or(|held| held.number < set.number)) {
            next.least_set = (set.number, set.min_suite);
            next.keys = Some(set);
        }
        next.told_by = answer.beacon.key;
        // A day here is told in one part.
        let snapshot = answer.snapshot.as_ref().map(|part| part.changes.get());
        if beacon.epoch > self.cursor.epoch || snapshot.is_some() {
            next.issued.clear();
            next.watched.clear();
        }
        next.cursor = Cursor { epoch: beacon.epoch, seq: beacon.head.seq };
        next.proven = Some(beacon.server_time);
        if beacon.is_complete() {
            next.as_of = Some(beacon.server_time);
        }
        let told = answer.links.iter().filter_map(|link| serde_json::from_str(link.body.get()).ok());
        told.for_each(|change| next.learn(change));
        let retold: Vec<Change> = snapshot.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        retold.into_iter().for_each(|change| next.learn(change));
        next
    }

    fn learn(&mut self, change: Change) {
        match change {
            Change::PassIssued(record) => _ = self.issued.insert(record.pass, record.day),
            Change::PassRevoked { pass, .. } => _ = self.revoked.insert(pass),
            Change::PassWatched { pass, watched: true } => _ = self.watched.insert(pass),
            Change::PassWatched { pass, watched: false } => _ = self.watched.remove(&pass),
            Change::PassMoved { pass, direction: Direction::In, entry, .. } => {
                self.went_in.entry(pass).or_default().insert(entry);
            }
            Change::PassMoved { pass, direction: Direction::Out, entry, .. } => {
                self.left.entry(pass).or_default().insert(entry);
            }
            Change::Places(_) | Change::WalkInDecided { .. } => {}
        }
    }

    /// Withdrawn, it forgets all but what it wrote, the time, and what no later key set may be below.
    #[must_use]
    pub fn forgotten(self) -> Self {
        Self { entries: self.entries, proven: self.proven, least_set: self.least_set, ..Self::default() }
    }

    /// Whether the newest set names this key for this, at that moment.
    #[must_use]
    pub fn holds_key(&self, id: KeyId, r#use: KeyUse, at: Moment) -> bool {
        let keys = self.keys.iter().flat_map(|set| &set.keys);
        keys.into_iter().any(|key| key.id == id && key.r#use == r#use && (key.not_before..key.not_after).contains(&at))
    }

    /// An entry of its own that the store has answered for.
    pub fn wrote(&mut self, id: EntryId, entry: &Entry, body: String) {
        self.entries.insert(id.seq, body);
        if let (Some(pass), Direction::In, true) = (entry.said.pass, entry.direction, entry.outcome.went_through()) {
            self.went_in.entry(pass).or_default().insert(id);
        }
    }

    #[must_use]
    pub fn times_in(&self, pass: PassId) -> usize {
        self.went_in.get(&pass).map_or(0, BTreeSet::len)
    }

    #[must_use]
    pub fn last_entry(&self) -> u64 {
        self.entries.last_key_value().map_or(0, |(seq, _)| *seq)
    }
}
