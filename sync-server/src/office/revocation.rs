//! Ending a booking early: who may, and what follows.
//!
//! The visitor may withdraw what is theirs, the host may revoke what they host and a deputy what they approved, a security officer
//! may revoke anything that still opens a gate. A revoked pass that terminals already carry is named in the feed; one they never saw is simply never sent.

use shared::{identity::PersonName, ids::StaffNumber, time::Moment};

use super::{Reason, Standing};

/// Who ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevokedBy {
    Visitor,
    /// Or who stood in for the host.
    Host {
        number: StaffNumber,
        name: PersonName,
    },
    Officer {
        reason: Reason,
    },
}

impl RevokedBy {
    /// The name in the database.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Host { .. } => "host",
            Self::Officer { .. } => "officer",
        }
    }
}

/// What ending it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The booking stands like this from now on, and its pass, if it had one, ends.
    Ends(Standing),
    /// They may not: it is somebody else's, or still waits for a decision.
    NotTheirs,
    /// It had ended before.
    AlreadyEnded(Standing),
}

/// `host` is the host of the booking; that a [`RevokedBy::Visitor`] is this booking's visitor is for the caller to have checked.
#[must_use]
pub fn end(standing: Standing, host: &StaffNumber, by: RevokedBy, at: Moment) -> Ending {
    match (standing, by) {
        (Standing::Waiting | Standing::Approved { .. }, RevokedBy::Visitor) => Ending::Ends(Standing::Cancelled { at }),
        (Standing::Approved { by: approver, .. }, RevokedBy::Host { number, .. })
            if number != *host && number != approver.number =>
        {
            Ending::NotTheirs
        }
        (Standing::Approved { .. }, by) => Ending::Ends(Standing::Revoked { by, at }),
        (Standing::Waiting, RevokedBy::Host { .. } | RevokedBy::Officer { .. }) => Ending::NotTheirs,
        (ended, _) => Ending::AlreadyEnded(ended),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::{Approver, Via};

    #[test]
    fn who_may_end_what() {
        let at = Moment::from_unix_s(1);
        let number = |text| StaffNumber::parse(text).unwrap();
        let name = PersonName::parse("李文").unwrap();
        let host = || RevokedBy::Host { number: number("T1"), name: name.clone() };
        let other = || RevokedBy::Host { number: number("T2"), name: name.clone() };
        let officer = || RevokedBy::Officer { reason: Reason::parse("丢失").unwrap() };
        let approver = Approver { number: number("T1"), name: name.clone(), via: Via::SignedIn };
        let approved = || Standing::Approved { by: approver.clone(), at };
        let by_deputy = || Standing::Approved { by: Approver { number: number("T2"), ..approver.clone() }, at };
        let declined = || Standing::Declined { by: approver.clone(), at, reason: None };
        let cancelled = Ending::Ends(Standing::Cancelled { at });
        let revoked = |by| Ending::Ends(Standing::Revoked { by, at });
        for (standing, by, expected) in [
            (Standing::Waiting, RevokedBy::Visitor, cancelled.clone()),
            (approved(), RevokedBy::Visitor, cancelled),
            (approved(), host(), revoked(host())),
            (approved(), officer(), revoked(officer())),
            (approved(), other(), Ending::NotTheirs),
            (by_deputy(), other(), revoked(other())),
            (by_deputy(), host(), revoked(host())),
            (Standing::Waiting, host(), Ending::NotTheirs),
            (Standing::Waiting, officer(), Ending::NotTheirs),
            (declined(), RevokedBy::Visitor, Ending::AlreadyEnded(declined())),
            (Standing::Cancelled { at }, host(), Ending::AlreadyEnded(Standing::Cancelled { at })),
        ] {
            assert_eq!(end(standing.clone(), &number("T1"), by.clone(), at), expected, "{standing:?} by {by:?}");
        }
    }
}
