//! How often a sign-in code may be asked for and guessed at: every message costs money, and strangers would pay with ours; every
//! guess is one of a million, and strangers have the time.
//!
//! A guess is looked at only from the browser that was sent a code, so the codes bound the guesses at one phone: ten a day and five
//! guesses each. All phones together are bounded by [`Ledger`](super::code_ledger::Ledger), which also holds the budget; what a
//! network is lent by [`Tab`](super::code_tab::Tab). Browsers in which a phone has signed in before have its limits to themselves:
//! strangers use up none of theirs.

use chrono::TimeDelta;

use super::{Limit, code_ledger::Budget};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeLimits {
    pub good_for: TimeDelta,
    /// Wrong guesses before a code is void.
    pub attempts: u8,
    /// Codes sent; counted for strangers and for its own browsers apart.
    pub per_phone: [Limit; 3],
    /// Codes that nobody has used yet, of an address and of the network around it, neither of which was seen before.
    pub unused: [u16; 2],
    /// All codes together.
    pub budget: Budget,
}
