//! Approve or decline, once.
//!
//! A booking is decided by the first word that comes, by whichever channel; everything after learns who was first and when. An
//! [`Approved`] is the proof that somebody entitled said yes: it is made here, or read back from a row that was written because of
//! one, and without it no pass can be issued.

use shared::{
    identity::PersonName,
    ids::{BookingId, StaffNumber},
    time::Moment,
};

use super::{Reason, RevokedBy};

/// A road by which a notice reaches somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    Sms,
    Hall,
    Wecom,
}

impl Channel {
    pub const ALL: [Self; 3] = [Self::Sms, Self::Hall, Self::Wecom];

    /// The name in the database and on the console.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Hall => "hall",
            Self::Wecom => "wecom",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

/// How a decision came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// By the approval link sent over this channel.
    Link(Channel),
    /// The host made the booking, which is the approval.
    OnBehalf,
    /// On the host's own page, signed in.
    SignedIn,
}

impl Via {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Link(channel) => channel.name(),
            Self::OnBehalf => "on_behalf",
            Self::SignedIn => "signed_in",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "on_behalf" => Some(Self::OnBehalf),
            "signed_in" => Some(Self::SignedIn),
            channel => Channel::from_name(channel).map(Self::Link),
        }
    }
}

/// What the host says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    Approve,
    Decline { reason: Option<Reason> },
}

/// Which state of its facts a booking is in: the visitor may mend them while they wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision(u32);

impl Revision {
    pub const FIRST: Self = Self::new(1);

    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// A choice, and what was seen when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub choice: Choice,
    pub seen: Revision,
}

impl Choice {
    #[must_use]
    pub const fn on(self, seen: Revision) -> Word {
        Word { choice: self, seen }
    }
}

/// Who decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver {
    pub number: StaffNumber,
    pub name: PersonName,
    pub via: Via,
}

/// How it stands with a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Waiting,
    Approved {
        by: Approver,
        at: Moment,
    },
    Declined {
        by: Approver,
        at: Moment,
        reason: Option<Reason>,
    },
    /// By the visitor.
    Cancelled {
        at: Moment,
    },
    Revoked {
        by: RevokedBy,
        at: Moment,
    },
}

impl Standing {
    /// The name in the database and in a page's `data-standing`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved { .. } => "approved",
            Self::Declined { .. } => "declined",
            Self::Cancelled { .. } => "cancelled",
            Self::Revoked { .. } => "revoked",
        }
    }

    /// When it came to stand so; a visit that waits has not yet.
    #[must_use]
    pub const fn settled_at(&self) -> Option<Moment> {
        match self {
            Self::Waiting => None,
            Self::Approved { at, .. }
            | Self::Declined { at, .. }
            | Self::Cancelled { at }
            | Self::Revoked { at, .. } => Some(*at),
        }
    }

    /// Whose yes it is that stands, or who took it back.
    #[must_use]
    pub fn is_the_word_of(&self, staff: &StaffNumber) -> bool {
        match self {
            Self::Approved { by, .. } => by.number == *staff,
            Self::Revoked { by: RevokedBy::Host { number, .. }, .. } => number == staff,
            Self::Waiting | Self::Declined { .. } | Self::Cancelled { .. } | Self::Revoked { .. } => false,
        }
    }
}

/// Proof that `booking` was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    booking: BookingId,
    by: Approver,
    at: Moment,
}

impl Approved {
    /// The one door back from the database: a row that stands approved was written because of an [`Approved`].
    #[must_use]
    pub fn from_store(booking: BookingId, standing: &Standing) -> Option<Self> {
        match standing {
            Standing::Approved { by, at } => Some(Self { booking, by: by.clone(), at: *at }),
            Standing::Waiting | Standing::Declined { .. } | Standing::Cancelled { .. } | Standing::Revoked { .. } => {
                None
            }
        }
    }

    #[must_use]
    pub const fn booking(&self) -> BookingId {
        self.booking
    }

    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing::Approved { by: self.by.clone(), at: self.at }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declined {
    by: Approver,
    at: Moment,
    reason: Option<Reason>,
}

impl Declined {
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing::Declined { by: self.by.clone(), at: self.at, reason: self.reason.clone() }
    }
}

/// What came of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    Approved(Approved),
    Declined(Declined),
    /// Somebody was first, or the visitor withdrew.
    AlreadyDecided(Standing),
    /// The visitor has changed what was seen: nobody has said yes to what it says now.
    Changed,
}

/// `now_says` is the state that the booking's facts are in.
#[must_use]
pub fn decide(
    booking: BookingId,
    (standing, now_says): (Standing, Revision),
    Word { choice, seen }: Word,
    by: Approver,
    at: Moment,
) -> Decided {
    match (standing, choice) {
        (Standing::Waiting, _) if seen != now_says => Decided::Changed,
        (Standing::Waiting, Choice::Approve) => Decided::Approved(Approved { booking, by, at }),
        (Standing::Waiting, Choice::Decline { reason }) => Decided::Declined(Declined { by, at, reason }),
        (ended, _) => Decided::AlreadyDecided(ended),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOKING: BookingId = BookingId::new(7);
    const EIGHT: Moment = Moment::from_unix_s(1_795_363_200);

    fn by(via: Via) -> Approver {
        Approver { number: StaffNumber::parse("T1").unwrap(), name: PersonName::parse("李文").unwrap(), via }
    }

    #[test]
    fn only_a_waiting_booking_is_decided() {
        let first = by(Via::Link(Channel::Sms));
        let ended = [
            Standing::Approved { by: first.clone(), at: EIGHT },
            Standing::Declined { by: first.clone(), at: EIGHT, reason: None },
            Standing::Cancelled { at: EIGHT },
            Standing::Revoked { by: RevokedBy::Visitor, at: EIGHT },
        ];
        for standing in ended {
            for choice in [Choice::Approve, Choice::Decline { reason: None }] {
                for seen in [1, 2].map(Revision::new) {
                    let now_says = (standing.clone(), Revision::FIRST);
                    let word = choice.clone().on(seen);
                    let second = decide(BOOKING, now_says, word, by(Via::SignedIn), Moment::from_unix_s(0));
                    assert_eq!(second, Decided::AlreadyDecided(standing.clone()));
                }
            }
        }
        let waiting = || (Standing::Waiting, Revision::FIRST);
        let yes = Choice::Approve.on(Revision::FIRST);
        let Decided::Approved(approved) = decide(BOOKING, waiting(), yes, first.clone(), EIGHT) else {
            panic!("a waiting booking is approved");
        };
        assert_eq!(Approved::from_store(BOOKING, &approved.standing()), Some(approved));
        assert!(matches!(
            decide(BOOKING, waiting(), Choice::Decline { reason: None }.on(Revision::FIRST), first, EIGHT),
            Decided::Declined(_)
        ));
    }

    #[test]
    fn nobody_decides_on_what_they_did_not_see() {
        for choice in [Choice::Approve, Choice::Decline { reason: None }] {
            for (seen, now_says) in
                [(1, 2), (2, 1), (0, 1)].map(|(seen, now)| (Revision::new(seen), Revision::new(now)))
            {
                let decided =
                    decide(BOOKING, (Standing::Waiting, now_says), choice.clone().on(seen), by(Via::SignedIn), EIGHT);
                assert_eq!(decided, Decided::Changed, "{seen:?} of {now_says:?}");
            }
        }
    }

    #[test]
    fn only_an_approved_row_gives_back_the_proof() {
        for standing in [
            Standing::Waiting,
            Standing::Cancelled { at: EIGHT },
            Standing::Revoked { by: RevokedBy::Visitor, at: EIGHT },
        ] {
            assert_eq!(Approved::from_store(BOOKING, &standing), None);
        }
    }

    #[test]
    fn stored_names_lead_back() {
        for via in [Via::OnBehalf, Via::SignedIn].into_iter().chain(Channel::ALL.map(Via::Link)) {
            assert_eq!(Via::from_name(via.name()), Some(via));
        }
        assert_eq!(Via::from_name("pigeon"), None);
    }
}
