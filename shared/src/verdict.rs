//! What a gate may answer to a code, and why: admit, ask the guard, or refuse.
//!
//! The wording for people lives where it is shown; here are the facts the wording needs. The order in which a terminal comes
//! to one is policy and is written down where it is decided, in the terminal's `gate::verdict`.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{CampusId, GateIndex, GateMask},
    pass::PassFault,
    time::Moment,
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict", content = "reason")]
pub enum Verdict {
    Admit,
    Ask(AskReason),
    Refuse(RefuseReason),
}

/// Why the guard must decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum AskReason {
    /// Well signed, but a list that is fresh does not know it: a stolen signing key would look like this.
    UnknownToFreshNews,
    /// The terminal cannot tell the time, so "today" is a guess.
    ClockUntrusted,
    /// The last proven word from the server is older than five minutes: compare the card.
    NewsStale { since: Moment },
    /// It is older than a day, or there never was one.
    NewsExpired { since: Option<Moment> },
    /// Found by hand on the list, or by the card, and not by a signed code: compare the card.
    FoundOnList,
    /// Nobody's code was read: an officer takes a paper case down, because the office cannot be asked.
    NoBooking,
    /// Somebody leaves with a code that would not have let them in; leaving is never refused.
    LeavingWith { instead: RefuseReason },
}

/// Why nobody passes on this code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum RefuseReason {
    NotOurs,
    UnknownSuite,
    UnknownKey,
    BadSignature,
    OtherCampus {
        campus: CampusId,
    },
    WrongGate {
        open: GateMask,
    },
    Early {
        from: Moment,
    },
    Expired {
        until: Moment,
    },
    Revoked,
    Watchlist,
    /// The holder is inside already: since when, and by which gate.
    Inside {
        since: Moment,
        gate: GateIndex,
    },
    /// Every entry the pass allows has been used; the last one when, and by which gate.
    Used {
        last: Moment,
        gate: GateIndex,
    },
    /// The entry could not be written down: nobody is admitted off the record. Use the paper log.
    NotRecorded,
}

impl From<PassFault> for RefuseReason {
    fn from(fault: PassFault) -> Self {
        match fault {
            PassFault::NotOurs => Self::NotOurs,
            PassFault::UnknownSuite => Self::UnknownSuite,
            PassFault::UnknownKey => Self::UnknownKey,
            PassFault::BadSignature => Self::BadSignature,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_is_no_pass_is_refused_for_what_it_is() {
        for (fault, reason) in [
            (PassFault::NotOurs, RefuseReason::NotOurs),
            (PassFault::UnknownSuite, RefuseReason::UnknownSuite),
            (PassFault::UnknownKey, RefuseReason::UnknownKey),
            (PassFault::BadSignature, RefuseReason::BadSignature),
        ] {
            assert_eq!(RefuseReason::from(fault), reason);
        }
    }
}
