//! Where a form can be wrong, and how: the places in the order of the page. The wording is the page's.

use std::borrow::Cow;

use shared::{
    identity::{DocumentError, NameError, PhoneError, PlateError},
    time::CampusDay,
};

use super::super::{Consent, ReasonError, TimeOfDay};

/// A place of the form where a message can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    VisitKind,
    VisitorName,
    DocumentKind,
    DocumentNumber,
    Phone,
    /// The list as a whole.
    Companions,
    /// In this row of the list, from 0.
    Companion {
        row: usize,
        part: CompanionPart,
    },
    /// The list as a whole.
    Plates,
    Plate {
        row: usize,
    },
    Campus,
    Day,
    From,
    Until,
    Reason,
    /// The host's number, phone, name and department together: which of them was wrong is not told.
    Host,
    Consent(Consent),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CompanionPart {
    Name,
    Number,
}

impl Field {
    #[must_use]
    pub const fn companion_name(row: usize) -> Self {
        Self::Companion { row, part: CompanionPart::Name }
    }

    #[must_use]
    pub const fn companion_number(row: usize) -> Self {
        Self::Companion { row, part: CompanionPart::Number }
    }

    /// What its input is called on the page, where every row has its own.
    #[must_use]
    pub fn id(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::VisitKind => "visit_kind",
            Self::VisitorName => "visitor_name",
            Self::DocumentKind => "document_kind",
            Self::DocumentNumber => "document_number",
            Self::Phone => "phone",
            Self::Reason => "reason",
            Self::Campus => "campus",
            Self::Day => "day",
            Self::From => "from",
            Self::Until => "until",
            Self::Companions => "companions",
            Self::Companion { row, part: CompanionPart::Name } => {
                return Cow::Owned(format!("companion_name-{}", row + 1));
            }
            Self::Companion { row, part: CompanionPart::Number } => {
                return Cow::Owned(format!("companion_number-{}", row + 1));
            }
            Self::Plates => "plates",
            Self::Plate { row } => return Cow::Owned(format!("plate-{}", row + 1)),
            Self::Host => "host",
            Self::Consent(consent) => consent.name(),
        })
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Nothing was typed or chosen.
    Missing,
    Name(NameError),
    DocumentKindUnknown,
    Document(DocumentError),
    Phone(PhoneError),
    /// A code cannot be sent abroad: the host books for visitors with a foreign number.
    PhoneForeign,
    Reason(ReasonError),
    /// A document number stands in a text that gates and colleagues read.
    DocumentElsewhere,
    CampusUnknown,
    DayUnreadable,
    DayPast,
    DayTooFar {
        last: CampusDay,
    },
    TimeUnreadable,
    OutsideHours {
        opens: TimeOfDay,
        closes: TimeOfDay,
    },
    UntilNotAfterFrom,
    /// The whole appointment is over already.
    TimePast,
    TooMany {
        max: usize,
    },
    Plate(PlateError),
    /// No plate of the kind that was chosen.
    PlateOfNoRule,
    /// A number, a phone, or a name with its department is needed.
    HostMissing,
    /// Nobody in the directory, or more than one, answers to what was given.
    HostUnknown,
    /// What must be agreed to was not; who is under fourteen is known by a document's number.
    NotAgreed(Consent),
    /// Group visits are arranged with the office.
    GroupVisit,
    /// Residents' families are registered with the residents' office.
    FamilyVisit,
    VisitKindUnknown,
}
