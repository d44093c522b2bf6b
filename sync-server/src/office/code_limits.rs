//! How often a sign-in code may be asked for and guessed at: every message costs money, and strangers would pay with ours; every
//! guess is one of a million, and strangers have the time.
//!
//! A guess is looked at only from the browser that was sent a code, so the codes bound the guesses. As the settings stand, ten codes
//! a day for a phone and five guesses each: whoever guesses at one phone all day is right once in 20,000 days, and each code they
//! ask for rings at its owner. Thirty codes an hour for an address: once in 6,667 hours at any of the phones tried.

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
}
