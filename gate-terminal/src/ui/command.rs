//! What a guard can ask for at the screen. The window returns it; the gate thread decides what becomes of it.

use shared::entry::{Direction, GuardReason};

use super::snapshot::CaseNumber;

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
    /// From now on people go this way.
    Face(Direction),
}
