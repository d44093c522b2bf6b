//! A booking: what a form without problems came to.
//!
//! Made by [`BookingForm::check`](super::BookingForm::check) alone, so whoever holds a [`Booking`] holds the proof that every field
//! was read and found right. The document stands apart from the [`Facts`], which are all that host and pages ever see.

use shared::{
    identity::{Document, DocumentKind, LastFour, PersonName, Phone, Plate},
    ids::{CampusId, StaffNumber},
    time::{CampusDay, Moment},
};
use unicode_normalization::UnicodeNormalization as _;

use super::{Consent, Reason, Staff, TimeOfDay};

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

/// The host as the visitor knows them: at least a number, a name or a phone is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostAsked {
    number: Option<StaffNumber>,
    name: Option<PersonName>,
    phone: Option<Phone>,
    department: Option<String>,
}

impl HostAsked {
    #[must_use]
    pub fn of(number: Option<StaffNumber>, name: Option<PersonName>, phone: Option<Phone>) -> Option<Self> {
        (number.is_some() || name.is_some() || phone.is_some()).then_some(Self {
            number,
            name,
            phone,
            department: None,
        })
    }

    /// Who also said where they work; an empty word is none.
    #[must_use]
    pub fn in_department(self, said: &str) -> Self {
        Self { department: (!said.trim().is_empty()).then(|| said.to_owned()), ..self }
    }

    /// Whether this is enough to ask from afar: a name, and what is known of who bears it. By a name alone one could try who
    /// works here, and by a number alone which numbers there are and whose they are.
    #[must_use]
    pub const fn means_one(&self) -> bool {
        self.name.is_some() && (self.number.is_some() || self.phone.is_some() || self.department.is_some())
    }

    /// Whether everything that was said is true of `staff`.
    #[must_use]
    pub fn is(&self, staff: &Staff) -> bool {
        self.number.as_ref().is_none_or(|number| staff.number == *number)
            && self.phone.as_ref().is_none_or(|phone| staff.phone == *phone)
            && self.name.as_ref().is_none_or(|name| staff.name.folded() == name.folded())
            && self.department.as_ref().is_none_or(|department| folded(&staff.department) == folded(department))
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

/// A department as it is compared: its width, case and spaces are the writer's.
fn folded(department: &str) -> String {
    department.nfkc().flat_map(char::to_lowercase).filter(|symbol| !symbol.is_whitespace()).collect()
}

/// A form without problems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    facts: Facts,
    document: Document,
    companions: Vec<Companion>,
    host: Option<HostAsked>,
    agreed: Vec<Consent>,
}

impl Booking {
    pub(super) const fn new(
        facts: Facts,
        document: Document,
        companions: Vec<Companion>,
        host: Option<HostAsked>,
        agreed: Vec<Consent>,
    ) -> Self {
        Self { facts, document, companions, host, agreed }
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

    /// What was agreed to with it.
    #[must_use]
    pub fn agreed(&self) -> &[Consent] {
        &self.agreed
    }

    /// Whom the visitor asks for; `None` when the host booked for them.
    #[must_use]
    pub const fn host(&self) -> Option<&HostAsked> {
        self.host.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_asked_for_must_be_all_that_was_said() {
        let phone = |text| Phone::parse(text).ok();
        let name = |text| PersonName::parse(text).ok();
        let staff = Staff {
            number: StaffNumber::parse("T1").unwrap(),
            name: PersonName::parse("李文").unwrap(),
            department: "计算机学院（AI 系）".to_owned(),
            phone: Phone::parse("13900130002").unwrap(),
            wecom_id: None,
            hall_id: None,
        };
        for (number, named, telephone, department, means_one, is) in [
            (Some("T1"), None, None, "", false, true),
            (None, None, Some("13900130002"), "", false, true),
            (Some("T1"), None, Some("13900130002"), "计算机学院（AI 系）", false, true),
            (Some("T1"), Some("李文"), None, "", true, true),
            (None, Some("李文"), Some("13900130002"), "", true, true),
            (None, Some("李文"), None, "", false, true),
            (None, Some("李文"), None, "计算机学院（AI系）", true, true),
            (None, Some("李 文"), None, " 计算机学院(ａｉ 系) ", true, true),
            (None, Some("李文"), None, "图书馆", true, false),
            (None, Some("李武"), None, "计算机学院（AI 系）", true, false),
            (Some("T1"), Some("李武"), None, "", true, false),
            (Some("T1"), Some("李文"), Some("13900130003"), "", true, false),
            (Some("T1"), Some("李文"), None, "图书馆", true, false),
            (Some("T2"), Some("李文"), Some("13900130002"), "", true, false),
        ] {
            let asked =
                HostAsked::of(number.and_then(StaffNumber::parse), named.and_then(name), telephone.and_then(phone));
            let asked = asked.unwrap().in_department(department);
            assert_eq!((asked.means_one(), asked.is(&staff)), (means_one, is), "{asked:?}");
        }
        assert_eq!(HostAsked::of(None, None, None), None);
    }
}
