//! What can happen to a gate: a closed list, so that nothing happens to it unforeseen.
//!
//! Whatever the outside has to say arrives here as plain data: readings of codes, a guard's keys, answers of the store and
//! of the server. The moment it arrives is a separate argument of [`Gate::handle`](super::Gate::handle).

use shared::{
    entry::{Direction, EntryId, GuardReason, PaperCase, Way},
    ids::PassId,
    sync::{
        Refusal,
        pull::PullAnswer,
        push::PushAnswer,
        walk_in::{WalkInAnswer, WalkInNumber},
    },
    time::Moment,
};

use super::{card::CardAnswer, view::CaseNumber, walk_in::WalkInForm};

/// Both clocks of the machine at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// What the machine believes the time to be; anyone may have set it.
    pub wall: Moment,
    /// Counts through sleep and cannot be set.
    pub since_boot_ms: u64,
}

#[derive(Debug, Clone)]
pub enum Event {
    /// Time passes; a few times a second.
    Tick,
    /// The texts of all codes in one frame. Two codes in one picture are weighed together.
    Codes(Vec<String>),
    /// A frame without a code.
    NoCode,
    Guard(GuardAct),
    /// Behind the officer's PIN, which is checked by whoever reports this.
    Officer(OfficerAct),
    /// The entry asked for by [`Effect::Record`](super::Effect::Record) is durable.
    Recorded(EntryId),
    RecordFailed,
    /// What [`Effect::ForgetAll`](super::Effect::ForgetAll) asked for has left the disk.
    AllForgotten,
    Pulled(Box<PullAnswer>),
    PullFailed(SyncFailure),
    NewsKept,
    NewsNotKept,
    Pushed(PushAnswer),
    PushFailed(SyncFailure),
    ReceiptKept,
    /// The store failed, or the receipt is for a chain that is not ours.
    ReceiptNotKept,
    /// What is to be pushed next is not as it was written.
    EntryAltered {
        seq: u64,
    },
    HostAsked {
        number: WalkInNumber,
        answer: WalkInAnswer,
    },
    HostNotAsked {
        number: WalkInNumber,
        failure: SyncFailure,
    },
    /// The answer to [`Effect::LookUpCard`](super::Effect::LookUpCard).
    CardHashed(CardAnswer),
    Camera(CameraState),
}

impl Event {
    /// One code, as a scanner types it.
    #[must_use]
    pub fn code(text: impl Into<String>) -> Self {
        Self::Codes(vec![text.into()])
    }
}

/// What a guard decides. An act that names another case than the one on the screen does nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuardAct {
    LetIn {
        case: CaseNumber,
        reason: GuardReason,
    },
    SendAway {
        case: CaseNumber,
        reason: GuardReason,
    },
    /// Looks for a reason or writes one: the panel stays a while, and the next visitor waits.
    Hold {
        case: CaseNumber,
    },
    /// Has given that up.
    LetGo {
        case: CaseNumber,
    },
    /// Clears a finished verdict from the screen; a question stays.
    Dismiss {
        case: CaseNumber,
    },
    /// So many people and not as many as booked: before the entry what it will say, after it a correction.
    Count {
        case: CaseNumber,
        party: u8,
    },
    Face(Way),
    /// A whole text from a keyboard-wedge scanner or a card reader.
    Scanned(ScannedText),
    /// Nothing typed ends the looking.
    Find(String),
    /// The person found is the one who stands here.
    Choose(PassId),
    AskHost(Box<WalkInForm>),
    ForgetWalkIn(WalkInNumber),
    /// Whether the view is to say who is inside.
    ListInside(bool),
}

/// It may hold a pass or a document number, so it is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ScannedText(pub String);

impl std::fmt::Debug for ScannedText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScannedText(…)")
    }
}

/// What a security officer does at the terminal and the gate has to know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfficerAct {
    /// Somebody without a booking, while the office cannot be asked: let through, and taken down.
    Paper { paper: Box<PaperCase>, party: u8, direction: Direction },
}

/// Why an exchange with the server brought nothing. Whoever reports it has already waited before the next try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncFailure {
    /// No line, a time-out, or an answer nobody understands.
    Unreachable(String),
    Refused(Refusal),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameraState {
    /// No camera is configured.
    Off,
    Starting,
    Running,
    Failed {
        why: CameraFault,
    },
}

/// Why no picture comes, as far as a guard can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CameraFault {
    /// None is there, or not the one that was chosen.
    NotFound,
    /// Another program has it.
    Busy,
    /// The terminal's user may not open it.
    NotAllowed,
    /// It gives no pictures this terminal can read.
    Unusable,
    /// It is there and no frame comes.
    Stalled,
    /// It was there and is gone.
    Unplugged,
    /// The process that reads the frames died or said what makes no sense.
    ReaderCrashed,
}
