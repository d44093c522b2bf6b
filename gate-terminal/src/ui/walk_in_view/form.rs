//! What the guard has written of a visitor without a booking, and what is wrong with it.

use shared::{
    entry::Direction,
    identity::{Document, DocumentKind, PersonName, Phone, Plate},
    time::CampusDay,
};

use crate::ui::{
    records::PaperForm,
    snapshot::{WalkInField, WalkInForm},
    words::{self, Language, walk_in},
};

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Form {
    pub visitor: String,
    pub phone: String,
    pub kind: DocumentKind,
    pub document: String,
    pub host: String,
    pub purpose: String,
    pub party: String,
    pub plates: String,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            visitor: String::new(),
            phone: String::new(),
            kind: DocumentKind::ResidentId,
            document: String::new(),
            host: String::new(),
            purpose: String::new(),
            party: "1".to_owned(),
            plates: String::new(),
        }
    }
}

/// A document's number is in it.
impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Form")
    }
}

impl Form {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self { kind: self.kind, ..Self::default() }
    }

    /// What is wrong with `field`, in words.
    pub(super) fn fault(&self, field: WalkInField, today: CampusDay, language: Language) -> Option<String> {
        let words = words::WalkIn::of(language);
        let missing = |text: &str| text.trim().is_empty().then(|| words.needed.to_owned());
        match field {
            WalkInField::Visitor => {
                PersonName::parse(&self.visitor).err().map(|fault| walk_in::name_fault(language, &fault))
            }
            WalkInField::Phone => Phone::parse(&self.phone).err().map(|fault| walk_in::phone_fault(language, fault)),
            WalkInField::Document => {
                let document = Document::parse(self.kind, &self.document, today.date());
                document.err().map(|fault| walk_in::document_fault(language, &fault))
            }
            WalkInField::Host => missing(&self.host),
            WalkInField::Purpose => missing(&self.purpose),
            WalkInField::Party => self.people().is_none().then(|| words.party_fault.to_owned()),
            WalkInField::Plates => self.cars().err().map(|fault| walk_in::plate_fault(language, &fault)),
        }
    }

    /// All of it, when nothing is wrong.
    pub(super) fn checked(&self, today: CampusDay) -> Option<WalkInForm> {
        let host = self.host.trim();
        let purpose = self.purpose.trim();
        Some(WalkInForm {
            visitor: PersonName::parse(&self.visitor).ok()?,
            phone: Phone::parse(&self.phone).ok()?,
            document: Document::parse(self.kind, &self.document, today.date()).ok()?,
            host: (!host.is_empty()).then(|| host.to_owned())?,
            purpose: (!purpose.is_empty()).then(|| purpose.to_owned())?,
            party: self.people()?,
            plates: self.cars().ok()?,
        })
    }

    /// The paper log asks for no document number.
    pub(super) fn for_paper(&self, direction: Direction) -> Option<PaperForm> {
        let (host, reason) = (self.host.trim(), self.purpose.trim());
        Some(PaperForm {
            visitor: PersonName::parse(&self.visitor).ok()?,
            phone_tail: Phone::parse(&self.phone).ok()?.tail().to_owned(),
            host: (!host.is_empty()).then(|| host.to_owned())?,
            reason: (!reason.is_empty()).then(|| reason.to_owned())?,
            plates: self.cars().ok()?.iter().map(|plate| plate.as_str().to_owned()).collect(),
            party: self.people()?,
            direction,
        })
    }

    /// For the screen once the field has been left: the last four symbols.
    pub(super) fn masked(&self) -> String {
        let symbols = self.document.chars().count();
        let mask = |(place, symbol)| if place + 4 < symbols { '*' } else { symbol };
        self.document.chars().enumerate().map(mask).collect()
    }

    fn people(&self) -> Option<u8> {
        self.party.trim().parse().ok().filter(|people| (1..=99).contains(people))
    }

    fn cars(&self) -> Result<Vec<Plate>, shared::identity::PlateError> {
        let written = self.plates.split([',', '，', '、', ';', '；', '\u{3000}']).map(str::trim);
        written.filter(|plate| !plate.is_empty()).map(Plate::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::made;

    fn filled() -> Form {
        Form {
            visitor: "张小𬭎".into(),
            phone: "13800138000".into(),
            document: "11010119900307123X".into(),
            host: "20010023".into(),
            purpose: "送样品".into(),
            plates: "陕A12345、陕AD12345".into(),
            party: "2".into(),
            ..Form::default()
        }
    }

    fn today() -> CampusDay {
        CampusDay::of(made::NOON)
    }

    #[test]
    fn a_filled_form_has_no_fault_and_each_wrong_field_its_own() {
        let good = Form { document: made::CARD_NUMBER.into(), ..filled() };
        assert!(good.checked(today()).is_some_and(|form| form.party == 2 && form.plates.len() == 2));
        type Spoil = fn(&mut Form);
        let spoilt: [(WalkInField, Spoil); 7] = [
            (WalkInField::Visitor, |form| form.visitor = "1".into()),
            (WalkInField::Phone, |form| form.phone = "1380013".into()),
            (WalkInField::Document, |form| form.document = "110101199003071230".into()),
            (WalkInField::Host, |form| form.host = " ".into()),
            (WalkInField::Purpose, |form| form.purpose.clear()),
            (WalkInField::Party, |form| form.party = "0".into()),
            (WalkInField::Plates, |form| form.plates = "A".into()),
        ];
        for (spoilt_field, spoil) in spoilt {
            let mut form = good.clone();
            spoil(&mut form);
            assert_eq!(form.checked(today()), None, "{spoilt_field:?}");
            for field in spoilt.iter().map(|(field, _)| *field) {
                for language in [Language::Zh, Language::En] {
                    let fault = form.fault(field, today(), language);
                    assert_eq!(fault.is_some(), field == spoilt_field, "{field:?}: {fault:?}");
                }
            }
        }
    }

    #[test]
    fn the_paper_case_needs_no_document() {
        let form = Form { document: String::new(), ..filled() };
        let paper = form.for_paper(Direction::In).unwrap();
        assert_eq!((paper.phone_tail.as_str(), paper.party), ("8000", 2));
        assert_eq!(form.checked(today()), None);
    }

    #[test]
    fn only_the_last_four_stay_to_be_seen() {
        assert_eq!(filled().masked(), "**************123X");
        assert!(!format!("{:?}", filled()).contains("1990"));
    }
}
