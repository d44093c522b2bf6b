//! How often a sign-in code may be asked for: every message costs money, and strangers would pay with ours.

use chrono::TimeDelta;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeLimits {
    pub good_for: TimeDelta,
    /// Wrong guesses before a code is void.
    pub attempts: u8,
    /// Each: so many within so long.
    pub per_phone: [(u16, TimeDelta); 3],
    pub per_address: (u16, TimeDelta),
}
