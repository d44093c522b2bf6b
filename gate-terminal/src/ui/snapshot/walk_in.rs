//! A visitor without a booking, from the form at the gate to the host's answer.
//!
//! The form holds the document's number only as long as it takes to hand it over; what stays on the screen does not have it.

use shared::{
    identity::{Document, PersonName, Phone, Plate},
    ids::PassId,
    time::Moment,
};

/// What the guard asks the host's consent to. Every field has passed the check of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkInForm {
    pub visitor: PersonName,
    pub phone: Phone,
    pub document: Document,
    /// Staff number, name or telephone number: the server finds out which.
    pub host: String,
    pub purpose: String,
    /// The visitor counted.
    pub party: u8,
    pub plates: Vec<Plate>,
}

/// Which of this terminal's walk-ins it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WalkInNumber(u64);

impl WalkInNumber {
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkIn {
    pub number: WalkInNumber,
    pub visitor: PersonName,
    /// As the guard wrote it.
    pub host: String,
    pub since: Moment,
    pub standing: WalkInStanding,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalkInStanding {
    /// On its way to the server.
    Sending,
    /// The host has been asked.
    Waiting,
    Approved {
        pass: PassId,
    },
    Declined,
    /// Nobody of that number, name or telephone number can be visited.
    HostUnknown,
    NotAllowed {
        why: WalkInProblem,
    },
    /// The server was not reached, and the form is gone: it is asked anew, or recorded as a paper case.
    Unsent {
        why: Unsent,
    },
}

/// Why the server does not ask the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalkInProblem {
    /// Several members of staff are called so.
    HostAmbiguous,
    /// This field was refused.
    Field(WalkInField),
    /// The campus takes no visitor without a booking, or not now.
    Closed,
    /// Whatever else the server's rules say.
    Rules,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalkInField {
    Visitor,
    Phone,
    Document,
    Host,
    Purpose,
    Party,
    Plates,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsent {
    NoLink,
    /// Too many were asked for in a short time.
    Limited {
        retry_at: Moment,
    },
    /// The server does not accept this terminal.
    Refused,
}
