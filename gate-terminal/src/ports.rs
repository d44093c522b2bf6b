//! The outside world on one page: what the gate thread asks of a clock, a store, a line to the server, a light.
//!
//! Adapters know this page and the shared words, and nothing of each other. The types that cross it are the gate's own and
//! are named here so that an adapter need not look into the gate.

use std::{error::Error, sync::Arc};

use shared::{
    chain::{ChainHash, Head, Link},
    entry::{Direction, Entry, EntryId},
    ids::{GateIndex, PassId},
    sync::{
        change::{PassRecord, Places},
        pull::{Ailment, PullRequest},
        push::PushRequest,
        walk_in::WalkInRequest,
    },
    time::{CampusDay, Moment},
};

pub use crate::gate::{
    Alarm, AsOf, CameraFault, CameraState, CardAnswer, CardQuestion, ClockReading, Event, Found, Held, HeldNews,
    NewerKeySet, News, Oblivion, OwnEntry, Post, Receipt, Shown, Signal, SyncFailure, WalkIn,
};

pub trait Clock {
    fn read(&self) -> ClockReading;
}

/// What survives a power cut. Every method returns only when what it did is durable, or was not done at all.
pub trait Store {
    type Error: Error + Send + Sync + 'static;

    /// Where this terminal stands, once it has been enrolled.
    fn post(&self) -> Result<Option<Post>, Self::Error>;

    /// Once in a store's life; `server_time` becomes the first floor of the clock.
    fn keep_post(&mut self, post: &Post, server_time: Moment) -> Result<(), Self::Error>;

    /// All the gate starts from; fails when the terminal has not been enrolled.
    fn load(&mut self) -> Result<Held, Self::Error>;

    /// Numbers the entry next after the last one in the store, and chains it.
    fn append(&mut self, entry: &Entry) -> Result<EntryId, Self::Error>;

    /// At most `limit` links numbered above `after`, and the head they lead to.
    /// What was altered on the disk is not among them, nor what stands behind it.
    fn entries_after(&mut self, after: u64, limit: usize) -> Result<(Vec<Link>, Head), Self::Error>;

    /// The marks of so many links numbered above `after`.
    fn marks(&self, _after: u64, _links: usize) -> Result<String, Self::Error> {
        Ok(String::new())
    }

    /// What is wrong and closes no gate, for the office to hear.
    fn ails(&self) -> Vec<Ailment> {
        Vec::new()
    }

    /// The number of the entry, if it is one that was altered on the disk.
    fn altered(_: &Self::Error) -> Option<u64> {
        None
    }

    /// Fails when the receipt's hash is not the one our chain has under its number.
    fn keep_receipt(&mut self, receipt: &Receipt) -> Result<(), Self::Error>;

    fn keep_news(&mut self, news: &News) -> Result<(), Self::Error>;

    fn forget(&mut self, before: CampusDay) -> Result<(), Self::Error>;

    /// All but the terminal's place and what it has not sent, for good; begun again at the next start if it is cut off.
    fn forget_all(&mut self, why: Oblivion) -> Result<(), Self::Error>;

    fn keep_floor(&mut self, floor: Moment) -> Result<(), Self::Error>;

    /// All there are; those kept before and not among them are forgotten.
    fn keep_walk_ins(&mut self, walk_ins: &[WalkIn]) -> Result<(), Self::Error>;
}

/// The entry log as officers read it beside the running gate. Nothing here writes, and each call is one short reading: a reader
/// that stays keeps the gate from clearing its write-ahead log.
pub trait EntryLog {
    type Error: Error + Send + Sync + 'static;

    fn post(&self) -> Result<Option<Post>, Self::Error>;

    fn places(&self) -> Result<Option<Places>, Self::Error>;

    /// At most `limit` entries numbered above `after`, oldest first.
    fn kept_after(&self, after: u64, limit: usize) -> Result<Vec<KeptEntry>, Self::Error>;

    /// The entry of this number, unless it was purged.
    fn kept(&self, seq: u64) -> Result<Option<KeptEntry>, Self::Error>;

    /// The number of the newest entry; 0 before the first.
    fn last(&self) -> Result<u64, Self::Error>;

    /// The lowest number among the entries of `moment` and later.
    fn first_since(&self, moment: Moment) -> Result<Option<u64>, Self::Error>;

    /// What the list still holds of this pass.
    fn record(&self, pass: PassId) -> Result<Option<PassRecord>, Self::Error>;

    /// What the feed told of who went through, this terminal's own entries among it: at most `limit`, by terminal and number.
    fn movements_after(&self, after: Option<EntryId>, limit: usize) -> Result<Vec<PassMovement>, Self::Error>;

    /// The last entry the server has signed for, and when it did.
    fn receipt(&self) -> Result<Option<(u64, Moment)>, Self::Error>;

    fn size(&self) -> Result<StoreSize, Self::Error>;

    /// Reads the whole store and says what is wrong with it, or `None`. Slow.
    fn damage(&self) -> Result<Option<String>, Self::Error>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEntry {
    pub seq: u64,
    pub hash: ChainHash,
    pub entry: Entry,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassMovement {
    pub entry: EntryId,
    pub pass: PassId,
    pub direction: Direction,
    pub at: Moment,
    pub gate: GateIndex,
    /// When it was counted; otherwise as many as were booked.
    pub party: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreSize {
    pub entries: u64,
    pub passes: u64,
    pub database_bytes: u64,
    pub wal_bytes: u64,
}

/// The line to the server. Answers come back as events; at most one call of each kind is under way.
pub trait Line {
    fn pull(&mut self, request: PullRequest);

    fn push(&mut self, request: PushRequest);

    /// Beside the other two, which it never holds up; `false` when too many are under way.
    fn walk_in(&mut self, request: WalkInRequest) -> bool;
}

/// Whoever hashes the number of a card, which takes longer than a gate may stand still. The answer comes back as an event.
pub trait Cards {
    fn look_up(&mut self, question: CardQuestion);
}

/// Light and sound. Never the only sign: the screen says the same.
pub trait Lamp {
    fn shine(&mut self, signal: Signal);
}

/// Whoever wants to hear what happens beside what is on the screen: the log, the headless printer.
pub trait Observer {
    fn hear(&mut self, told: &Told);
}

/// What is worth a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A new verdict stands on the screen; for an admission and a refusal its entry is durable by now.
    Verdict(Box<Shown>),
    Recorded {
        id: EntryId,
        entry: Box<Entry>,
    },
    /// The store did not take it; whoever asked for it must hear.
    NotRecorded {
        entry: Box<Entry>,
    },
    Found(Arc<Found>),
    /// New, or standing differently.
    WalkIn(Box<WalkIn>),
    News {
        seq: u64,
        as_of: Option<Moment>,
    },
    Receipt {
        seq: u64,
    },
    Alarm(Alarm),
    Link {
        up: bool,
    },
    Camera(CameraState),
}
