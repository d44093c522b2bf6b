//! How often a sign-in code may be asked for and guessed at: every message costs money, and strangers would pay with ours; every
//! guess is one of a million, and strangers have the time.

use chrono::TimeDelta;

use super::Limit;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeLimits {
    pub good_for: TimeDelta,
    /// Wrong guesses before a code is void.
    pub attempts: u8,
    /// Codes sent.
    pub per_phone: [Limit; 3],
    pub per_address: Limit,
    /// Wrong guesses at all the codes of one phone.
    pub wrong_per_phone: Limit,
    pub wrong_per_address: Limit,
}
