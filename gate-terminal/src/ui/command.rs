//! What a guard can ask for at the screen. The window returns it; the gate thread decides what becomes of it.

use shared::{entry::GuardReason, ids::PassId};

use super::snapshot::{CaseNumber, WalkInForm, WalkInNumber, Way};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Let the person shown through.
    LetIn {
        case: CaseNumber,
        reason: GuardReason,
    },
    SendAway {
        case: CaseNumber,
        reason: GuardReason,
    },
    /// The guard is choosing or writing a reason: keep the panel, let the next person wait.
    Hold {
        case: CaseNumber,
    },
    /// The guard went back without a reason.
    LetGo {
        case: CaseNumber,
    },
    /// The next person may come: back to waiting.
    Dismiss {
        case: CaseNumber,
    },
    /// So many people, not as many as booked: before the entry what will be written, after it a correction of it.
    Count {
        case: CaseNumber,
        party: u8,
    },
    /// From now on people go this way.
    Face(Way),
    /// A whole text from a keyboard-wedge scanner or card reader: a pass, a short code, a document number, or anything.
    Scanned(String),
    /// Look on the list for this; empty ends the looking.
    Find(String),
    /// The person found is the one who stands here.
    Choose(PassId),
    /// Ask the host of a visitor without a booking.
    AskHost(Box<WalkInForm>),
    /// Take this walk-in off the screen.
    ForgetWalkIn(WalkInNumber),
    /// Whether the snapshot is to say who is inside.
    ListInside(bool),
}
