//! What a guard can ask for at the screen. The window returns it; the gate thread decides what becomes of it.

use shared::entry::{Direction, GuardReason};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Let the person shown through.
    LetIn {
        reason: GuardReason,
    },
    SendAway {
        reason: GuardReason,
    },
    /// The next person may come: back to waiting.
    Dismiss,
    /// From now on people go this way.
    Face(Direction),
}
