//! What can happen to a gate: a closed list, so that nothing happens to it unforeseen.
//!
//! Whatever the outside has to say arrives here as plain data: readings of codes, a guard's keys, answers of the store and
//! of the server. The moment it arrives is a separate argument of [`Gate::handle`](super::Gate::handle).

use shared::{
    entry::{Direction, EntryId, GuardReason},
    sync::{Refusal, pull::PullAnswer, push::PushAnswer},
    time::Moment,
};

use super::view::CaseNumber;

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
    /// The entry asked for by [`Effect::Record`](super::Effect::Record) is durable.
    Recorded(EntryId),
    RecordFailed,
    Pulled(Box<PullAnswer>),
    PullFailed(SyncFailure),
    NewsKept,
    NewsNotKept,
    Pushed(PushAnswer),
    PushFailed(SyncFailure),
    ReceiptKept,
    /// The store failed, or the receipt is for a chain that is not ours.
    ReceiptNotKept,
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
    Direction(Direction),
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
