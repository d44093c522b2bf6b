//! A booking: what a form without problems came to.
//!
//! Made by [`BookingForm::check`](super::BookingForm::check) alone, so whoever holds a [`Booking`] holds the proof that every field
//! was read and found right. The document stands apart from the [`Facts`], which are all that host and pages ever see.

use shared::{
    identity::{Document, DocumentKind, LastFour, PersonName, Phone, Plate},
    ids::{CampusId, StaffNumber},
    time::{CampusDay, Moment},
};

use super::{Reason, TimeOfDay};

/// What host and visitor may read of a booking for as long as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub visitor: PersonName,
    pub document_kind: DocumentKind,
    pub last_four: LastFour,
    pub phone: Phone,
    pub reason: Reason,
    pub campus: CampusId,
    pub day: CampusDay,
    pub from: TimeOfDay,
    pub until: TimeOfDay,
    pub companions: Vec<PersonName>,
    /// Who come along without being named: at a gate they are counted.
    pub unnamed: u8,
    pub plates: Vec<Plate>,
}

impl Facts {
    /// Everybody but the visitor.
    #[must_use]
    pub fn others(&self) -> usize {
        self.companions.len() + usize::from(self.unnamed)
    }

    /// From this moment on there is nothing left to decide: the day, for all of which a pass is good, is over.
    #[must_use]
    pub fn over_at(&self) -> Moment {
        self.day.end()
    }
}

/// Somebody who comes along, with their document if it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Companion {
    pub name: PersonName,
    pub document: Option<Document>,
}

/// The host as the visitor knows them: at least one of the three is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostAsked {
    number: Option<StaffNumber>,
    name: Option<PersonName>,
    phone: Option<Phone>,
}

impl HostAsked {
    #[must_use]
    pub fn of(number: Option<StaffNumber>, name: Option<PersonName>, phone: Option<Phone>) -> Option<Self> {
        (number.is_some() || name.is_some() || phone.is_some()).then_some(Self { number, name, phone })
    }

    #[must_use]
    pub const fn number(&self) -> Option<&StaffNumber> {
        self.number.as_ref()
    }

    #[must_use]
    pub const fn name(&self) -> Option<&PersonName> {
        self.name.as_ref()
    }

    #[must_use]
    pub const fn phone(&self) -> Option<&Phone> {
        self.phone.as_ref()
    }
}

/// A form without problems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    facts: Facts,
    document: Document,
    companions: Vec<Companion>,
    host: Option<HostAsked>,
}

impl Booking {
    pub(super) const fn new(
        facts: Facts,
        document: Document,
        companions: Vec<Companion>,
        host: Option<HostAsked>,
    ) -> Self {
        Self { facts, document, companions, host }
    }

    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    #[must_use]
    pub const fn document(&self) -> &Document {
        &self.document
    }

    #[must_use]
    pub fn companions(&self) -> &[Companion] {
        &self.companions
    }

    /// Whom the visitor asks for; `None` when the host booked for them.
    #[must_use]
    pub const fn host(&self) -> Option<&HostAsked> {
        self.host.as_ref()
    }
}
