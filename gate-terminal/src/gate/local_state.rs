//! What a terminal knows of its campus: the feed fills it, verdicts ask it.
//!
//! A verdict asks by exact pass id in hash maps, so a hundred thousand passes cost a visitor nothing; a guard who has only a name
//! asks the index beside them. Only changes that are already durable are applied.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use shared::{
    chain::Head,
    entry::{Direction, Entry, EntryId, Outcome},
    ids::{CampusId, GateIndex, PassId, TerminalId},
    pass::{KeySet, KeySetFloor, Roots, SealedKeySet},
    planted,
    sync::{
        beacon::Freshness,
        change::{Change, PassRecord, Places, REVOCATION_KEPT_DAYS},
        pull::Cursor,
        snapshot::SnapshotPlace,
    },
    time::{CampusDay, Moment},
};

use super::{
    find::Index,
    news::News,
    visits::{Movement, Visits},
    walk_in::WalkIn,
};

/// Where a terminal stands, given at its enrolment for good, and whom it trusts: that only the office's roots themselves change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Post {
    pub terminal: TerminalId,
    pub campus: CampusId,
    pub gate: GateIndex,
    pub roots: Roots,
}

/// What a store gives back after a restart.
#[derive(Debug, Clone)]
pub struct Held {
    pub post: Post,
    /// It is not earlier than this.
    pub floor: Moment,
    pub news: HeldNews,
    /// The number of the last entry written down.
    pub recorded: u64,
    /// The number of the last entry the server has countersigned.
    pub receipted: u64,
    /// Own entries of the last days, oldest first: they count before the feed brings them back.
    pub own: Vec<OwnEntry>,
    /// The newest first.
    pub walk_ins: Vec<WalkIn>,
    /// The office has said so: it opens for nobody any more.
    pub withdrawn: bool,
}

impl Held {
    /// A terminal that was just enrolled.
    #[must_use]
    pub const fn fresh(post: Post, server_time: Moment) -> Self {
        let news = HeldNews::NONE;
        Self {
            post,
            floor: server_time,
            news,
            recorded: 0,
            receipted: 0,
            own: Vec::new(),
            walk_ins: Vec::new(),
            withdrawn: false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEntry {
    pub seq: u64,
    pub entry: Entry,
}

/// How far the feed was followed, and what is left of it.
#[derive(Debug, Clone)]
pub struct HeldNews {
    pub key_set: Option<SealedKeySet>,
    /// The least that the next key set must be, also where none is held any more.
    pub key_floor: KeySetFloor,
    pub epoch: u32,
    pub head: Head,
    /// The last time the server proved.
    pub proven: Option<Moment>,
    pub as_of: Option<AsOf>,
    /// What still matters of all changes so far, as if the feed told it now.
    pub changes: Vec<Change>,
}

impl HeldNews {
    pub const NONE: Self = Self {
        key_set: None,
        key_floor: KeySetFloor { number: 0, min_suite: 0, retired: Vec::new() },
        epoch: Cursor::START.epoch,
        head: Head::START,
        proven: None,
        as_of: None,
        changes: Vec::new(),
    };
}

/// When everything there was to know was known, and for how long that may be called fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    pub server_time: Moment,
    pub valid_for_s: u32,
}

#[derive(Debug)]
pub struct LocalState {
    post: Post,
    keys: Option<KeySet>,
    key_floor: KeySetFloor,
    epoch: u32,
    head: Head,
    /// The part that comes next of one that is being told.
    snapshot: Option<SnapshotPlace>,
    as_of: Option<AsOf>,
    places: Option<Arc<Places>>,
    passes: HashMap<PassId, Arc<PassRecord>>,
    revoked: HashMap<PassId, Moment>,
    watched: HashSet<PassId>,
    visits: Visits,
    index: Index,
    /// Grows with whatever changes what is found and who is inside.
    version: u64,
}

impl LocalState {
    #[must_use]
    pub fn new(post: Post, news: HeldNews, own: &[OwnEntry]) -> Self {
        let HeldNews { key_set, key_floor, epoch, head, proven: _, as_of, changes } = news;
        // A set that its own roots do not open is as good as none; the next pull brings another.
        let keys = key_set.and_then(|sealed| KeySet::open(&sealed, post.roots).ok());
        let key_floor = keys.as_ref().map_or(key_floor, KeySet::floor);
        let mut state = Self {
            post,
            keys,
            key_floor,
            epoch,
            head,
            snapshot: None,
            as_of,
            places: None,
            passes: HashMap::with_capacity(changes.len()),
            revoked: HashMap::new(),
            watched: HashSet::new(),
            visits: Visits::default(),
            index: Index::with_room_for(changes.len()),
            version: 0,
        };
        for change in changes {
            state.learn(change);
        }
        for OwnEntry { seq, entry } in own {
            state.went(EntryId { terminal: post.terminal, seq: *seq }, entry);
        }
        state
    }

    #[must_use]
    pub const fn post(&self) -> &Post {
        &self.post
    }

    #[must_use]
    pub const fn keys(&self) -> Option<&KeySet> {
        self.keys.as_ref()
    }

    #[must_use]
    pub const fn key_floor(&self) -> &KeySetFloor {
        &self.key_floor
    }

    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }

    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        Cursor { epoch: self.epoch, seq: self.head.seq }
    }

    #[must_use]
    pub const fn snapshot(&self) -> Option<SnapshotPlace> {
        self.snapshot
    }

    #[must_use]
    pub fn as_of(&self) -> Option<Moment> {
        self.as_of.map(|as_of| as_of.server_time)
    }

    #[must_use]
    pub fn freshness(&self, now: Moment) -> Freshness {
        Freshness::of(self.as_of(), self.as_of.map_or(0, |as_of| as_of.valid_for_s), now)
    }

    #[must_use]
    pub const fn places(&self) -> Option<&Arc<Places>> {
        self.places.as_ref()
    }

    #[must_use]
    pub fn record(&self, pass: PassId) -> Option<&Arc<PassRecord>> {
        self.passes.get(&pass)
    }

    #[must_use]
    pub fn is_revoked(&self, pass: PassId) -> bool {
        self.revoked.contains_key(&pass)
    }

    #[must_use]
    pub fn is_watched(&self, pass: PassId) -> bool {
        self.watched.contains(&pass)
    }

    #[must_use]
    pub const fn visits(&self) -> &Visits {
        &self.visits
    }

    pub(super) const fn index(&self) -> &Index {
        &self.index
    }

    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    /// Takes over news that is durable by now.
    pub fn take(&mut self, news: News) {
        self.version += 1;
        let News { key_set, epoch, head, server_time: _, as_of, restarts, changes, not_understood: _, snapshot } = news;
        if restarts {
            // What a lost epoch said of passes is void. That one was revoked, or somebody went in, stays true.
            self.passes.clear();
            self.index = Index::default();
            self.watched.clear();
        }
        if let Some(newer) = key_set {
            self.post.roots = *newer.opened.roots();
            self.key_floor = newer.opened.floor();
            self.keys = Some(newer.opened);
        }
        self.epoch = epoch;
        self.head = head;
        self.snapshot = snapshot;
        self.as_of = as_of.or(self.as_of);
        for change in changes {
            self.learn(change);
        }
    }

    /// Counts an own entry that is durable by now.
    pub fn went(&mut self, id: EntryId, entry: &Entry) {
        self.version += 1;
        let pass = entry.said.pass;
        if let Outcome::Corrected { entry: seq } = entry.outcome {
            self.visits.correct(pass, EntryId { seq, ..id }, entry.party);
        }
        if let (Outcome::SentAway { .. }, Direction::In) = (&entry.outcome, entry.direction) {
            self.visits.sent_away(pass, id, entry.at);
        }
        if !entry.outcome.went_through() {
            return;
        }
        let Entry { at, gate, direction, .. } = *entry;
        let movement = Movement { entry: id, direction, at, gate, party: entry.party };
        match (pass, &entry.said.paper) {
            (Some(pass), _) => {
                self.visits.moved(pass, movement);
                // The feed may have told of it before, as the office had it then.
                self.visits.correct(Some(pass), id, entry.party);
                entry.said.name.iter().for_each(|masked| self.visits.name(pass, masked));
            }
            (None, Some(paper)) => self.visits.moved_on_paper(paper, movement),
            (None, None) => self.visits.moved_without_pass(movement),
        }
    }

    /// Lets go of what concerned days before `day`.
    pub fn forget(&mut self, day: CampusDay) {
        self.version += 1;
        self.visits.forget(day, self.post.terminal);
        // Of those who never left, the record stays a day longer: somebody looks for them.
        self.passes.retain(|pass, record| record.day >= day || self.visits.stayed_overnight(*pass));
        self.index.forget(|record| record.day >= day);
        self.watched.retain(|pass| self.passes.contains_key(pass));
        // One that was revoked before it was told of has no record here, and may be shown on its day all the same.
        let kept_from = day.minus_days(REVOCATION_KEPT_DAYS);
        self.revoked.retain(|pass, at| self.passes.contains_key(pass) || CampusDay::of(*at) >= kept_from);
    }

    fn learn(&mut self, change: Change) {
        match change {
            Change::Places(places) => self.places = Some(Arc::new(places)),
            Change::PassIssued(record) => {
                self.passes.insert(record.pass, Arc::clone(&record));
                self.index.learn(record);
            }
            Change::PassRevoked { pass, at } => {
                planted!("revocations not heard", None, self.revoked.insert(pass, at));
            }
            Change::PassWatched { pass, watched: true } => {
                self.watched.insert(pass);
            }
            Change::PassWatched { pass, watched: false } => {
                self.watched.remove(&pass);
            }
            Change::PassMoved { pass, direction, at, gate, entry, party } => {
                let own = entry.terminal == self.post.terminal;
                if self.visits.knows(pass, entry) {
                    // Of its own entries a terminal knows best; it may have corrected one since.
                    party.filter(|_| !own).into_iter().for_each(|party| self.visits.correct(Some(pass), entry, party));
                    return;
                }
                let booked = || self.passes.get(&pass).map_or(1, |record| record.party.get());
                let party = party.unwrap_or_else(booked);
                let movement = Movement { entry, direction, at, gate, party };
                planted!("other gates' entries not heard", (), self.visits.moved(pass, movement));
            }
            // Of no use when a visitor stands there: the list of walk-ins hears it.
            Change::WalkInDecided { .. } => {}
        }
    }
}
