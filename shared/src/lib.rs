//! The words both sides of the visitor gate speak: the office (`sync-server`) and the gate (`gate-terminal`).
//!
//! Everything here is pure: no I/O, no clock, no randomness. Time, keys and random bytes are arguments, so every rule can be
//! tested as a table, and a turnstile vendor can implement the formats from these pages alone:
//!
//! | what | where |
//! |---|---|
//! | the pass in the QR code, byte by byte | [`pass`] |
//! | which keys may sign it | [`pass::keyset`] |
//! | signatures and their labels | [`seal`] |
//! | numbered, hash-chained lists | [`chain`] |
//! | what a gate may answer | [`verdict`] |
//! | what a gate writes down | [`entry`] |
//! | how terminals and the server talk | [`sync`] |
//! | what is said of a mistake in the settings | [`settings`] |
//! | what is said of a failure | [`causes`] |
//! | documents, names, phones, plates | [`identity`] |

pub mod causes;
pub mod chain;
pub mod entry;
pub mod identity;
pub mod ids;
pub mod pass;
pub mod planted;
pub mod seal;
pub mod settings;
pub mod sync;
pub mod time;
pub mod verdict;
