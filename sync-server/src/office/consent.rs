//! What somebody agrees to when a form is sent, each by a tick of its own (PIPL articles 14, 29 and 31).

use chrono::NaiveDate;
use shared::identity::Document;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Consent {
    /// To the notice on personal data.
    Notice,
    /// To the handling of a document's number together with phone and visits, which the law calls sensitive.
    DocumentNumber,
    /// For somebody under fourteen, by who has custody of them.
    Guardian,
}

impl Consent {
    pub const ALL: [Self; 3] = [Self::Notice, Self::DocumentNumber, Self::Guardian];

    /// In the database, and of the form's tick.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "privacy",
            Self::DocumentNumber => "document_consent",
            Self::Guardian => "guardian",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|consent| consent.name() == name)
    }
}

/// Whether this document says that its holder cannot consent alone. Of a number without a birth date nobody knows: the form asks.
#[must_use]
pub fn needs_guardian(document: &Document, today: NaiveDate) -> bool {
    const FROM_THIS_AGE_ALONE: u32 = 14;
    document.age_on(today).is_some_and(|age| age < FROM_THIS_AGE_ALONE)
}

#[cfg(test)]
mod tests {
    use shared::identity::DocumentKind;

    use super::*;

    #[test]
    fn names_lead_back() {
        assert_eq!(Consent::ALL.map(Consent::name).map(Consent::from_name), Consent::ALL.map(Some));
        assert_eq!(Consent::from_name(""), None);
    }

    #[test]
    fn a_child_is_one_until_the_fourteenth_birthday() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let child = Document::parse(DocumentKind::ResidentId, "110105201211240017", day("2026-11-23"));
        let child = child.unwrap();
        assert!(needs_guardian(&child, day("2026-11-23")));
        assert!(!needs_guardian(&child, day("2026-11-24")));
        let passport = Document::parse(DocumentKind::Passport, "E12345678", day("2026-11-23")).unwrap();
        assert!(!needs_guardian(&passport, day("2026-11-23")));
    }
}
