//! What the window shows, as plain data: the gate thread makes it, the window only draws it.
//!
//! Everything is in the words of `shared`, already decided and already recorded: nothing here has to be judged again, so any
//! screen can be made by hand in a test. Two equal snapshots draw the same picture; `now` counts whole seconds, so that an idle
//! gate makes one new snapshot a second at most and the window sleeps in between.

mod found;
mod inside;
mod walk_in;

use std::sync::Arc;

pub use found::{Found, FoundBy, Hit};
pub use inside::Inside;
pub use shared::entry::Way;
use shared::{
    entry::{Direction, Outcome},
    identity::LastFour,
    ids::{CampusId, GateIndex, PassId},
    pass::{Claims, PartySize},
    sync::{
        beacon::Freshness,
        change::{PassRecord, Places},
    },
    time::{CampusDay, Moment},
    verdict::Verdict,
};
pub use walk_in::{Unsent, WalkIn, WalkInField, WalkInForm, WalkInNumber, WalkInProblem, WalkInStanding};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The terminal's best time, in whole seconds.
    pub now: Moment,
    /// Which way people go at this gate.
    pub way: Way,
    /// Of the visitor on the panel; at a gate of one way always that way.
    pub direction: Direction,
    pub campus: CampusId,
    pub gate: GateIndex,
    /// Names of campus and gates, once the feed has brought them.
    pub places: Option<Arc<Places>>,
    pub panel: Panel,
    /// A code that had its turn is still held before the camera.
    pub code_stays: bool,
    /// Whoever is on the panel comes first: nobody else can be chosen now.
    pub busy: bool,
    /// What the guard looks for, and whom the list has of it; `None` while nothing is looked for.
    pub found: Option<Arc<Found>>,
    /// Visitors without a booking who were asked for from here, the newest first.
    pub walk_ins: Arc<[WalkIn]>,
    /// Everybody who went in and not out, longest first; only while [`Command::ListInside`](super::command::Command) holds.
    pub inside: Option<Arc<[Inside]>>,
    pub status: Status,
}

impl Snapshot {
    /// Before the gate thread has said anything.
    #[must_use]
    pub fn starting(campus: CampusId, gate: GateIndex, direction: Direction) -> Self {
        Self {
            now: Moment::from_unix_s(0),
            way: Way::from(direction),
            direction,
            campus,
            gate,
            places: None,
            panel: Panel::Waiting,
            code_stays: false,
            busy: false,
            found: None,
            walk_ins: Arc::new([]),
            inside: None,
            status: Status::STARTING,
        }
    }
}

/// The right side of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Panel {
    /// Nobody is before the camera.
    Waiting,
    /// A code was read; the entry is being written down. Nothing is promised yet.
    Checking,
    Shown(Box<Shown>),
}

/// Which visitor it is. Whatever the guard asks for gives the number back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseNumber(u64);

impl CaseNumber {
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// A verdict and all the guard may know of who stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub case: CaseNumber,
    pub verdict: Verdict,
    /// From the pass itself; absent for a code that is no pass of ours.
    pub claims: Option<Claims>,
    /// From the feed; absent when the list does not hold this pass.
    pub record: Option<Arc<PassRecord>>,
    /// What was written down; `None` only while the guard is asked.
    pub outcome: Option<Outcome>,
    /// How many people are to go through or went: as booked, or as the guard counted.
    pub count: u8,
    /// Found on the list by a person or a card, not by the signed code: the card has to be compared.
    pub by_hand: bool,
    /// When the panel returns to waiting, or the question counts as unanswered.
    pub until: Moment,
}

impl Shown {
    /// In full where the list has it, else as the pass masks it; `None` for a code that is no pass of ours.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let full = self.record.as_ref().map(|record| record.visitor.as_str());
        full.or_else(|| self.claims.as_ref().map(|claims| claims.name.as_str()))
    }

    /// Of the document, as the pass says; found by hand, as the list says.
    #[must_use]
    pub fn last_four(&self) -> Option<&LastFour> {
        let listed = || self.record.as_ref().map(|record| &record.last_four);
        self.claims.as_ref().map(|claims| &claims.last_four).or_else(listed)
    }

    /// How many people it is for.
    #[must_use]
    pub fn booked(&self) -> Option<PartySize> {
        let listed = || self.record.as_ref().map(|record| record.party);
        self.claims.as_ref().map(|claims| claims.party).or_else(listed)
    }

    #[must_use]
    pub fn day(&self) -> Option<CampusDay> {
        let listed = || self.record.as_ref().map(|record| record.day);
        self.claims.as_ref().map(|claims| claims.validity.day()).or_else(listed)
    }

    /// Whose visit the guard chose from the list.
    #[must_use]
    pub fn chosen(&self) -> Option<PassId> {
        self.record.as_ref().filter(|_| self.by_hand).map(|record| record.pass)
    }

    /// Whether the guard has to press a key.
    #[must_use]
    pub fn waits_for_the_guard(&self) -> bool {
        self.outcome.is_none() && matches!(self.verdict, Verdict::Ask(_))
    }
}

/// The bar below: whether this terminal can be relied on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub camera: Camera,
    pub link: Link,
    /// The moment up to which everything the server knew has arrived.
    pub news_as_of: Option<Moment>,
    pub freshness: Freshness,
    pub clock_trusted: bool,
    /// Entries the server has not acknowledged yet.
    pub unsent: u64,
    /// People who went in today by this terminal's entries and those the feed told of.
    pub entered_today: u32,
    pub inside_now: u32,
    pub alarm: Option<Alarm>,
}

impl Status {
    pub const STARTING: Self = Self {
        camera: Camera::Starting,
        link: Link::NotYet,
        news_as_of: None,
        freshness: Freshness::Expired,
        clock_trusted: false,
        unsent: 0,
        entered_today: 0,
        inside_now: 0,
        alarm: None,
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Camera {
    /// None is configured.
    Off,
    Starting,
    Running,
    /// No frame comes; the guard types or uses the paper log.
    Lost(CameraLoss),
}

/// What the guard can do about it, or wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CameraLoss {
    NotFound,
    Busy,
    NotAllowed,
    Unusable,
    Stalled,
    Unplugged,
    ReaderCrashed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// No answer and no failure since the start.
    NotYet,
    Up,
    Down,
    /// The server answers, but refuses this terminal.
    Refused,
}

/// Something the guard's superior must hear of; it stays until it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// News or a receipt came that does not prove itself; the terminal kept what it had.
    Unproven,
    /// The server knows less than this terminal has seen: it was restored from an old copy.
    CursorAhead,
    /// The server holds other entries than this terminal.
    EntriesDiffer,
    /// The server does not accept this terminal, or no longer does.
    NotAccepted,
    /// This machine's time is too far from the server's.
    ClockWrong,
    /// The server says things this terminal is too old to understand.
    TooOld,
    /// Entries cannot be written down: nobody is admitted, use the paper log.
    NotRecording,
}

/// One picture of the camera; it comes from the camera thread directly and never waits for the gate.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Grows with every picture: the window uploads each once.
    pub number: u64,
    pub width: u32,
    pub height: u32,
    /// Three bytes a pixel, row by row.
    pub rgb: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} of {}x{})", self.number, self.width, self.height)
    }
}
