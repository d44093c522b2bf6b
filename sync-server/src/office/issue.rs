//! From an approval to what the pass says: the claims that are signed, and the record that terminals carry.

use shared::{
    identity::DocumentTag,
    ids::{GateMask, PassId},
    pass::{Claims, EntriesAllowed, Flags, PartySize, Validity},
    sync::change::PassRecord,
};

use super::{Approved, Facts, Staff};

/// What is chosen for a pass beside what the booking says.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub pass: PassId,
    pub gates: GateMask,
    pub entries: EntriesAllowed,
    pub tag: DocumentTag,
}

/// `None` for a party of more than fifteen or a day that a pass cannot name (after 2106); the form's rules let neither through.
#[must_use]
pub fn issue(_approved: &Approved, facts: &Facts, host: &Staff, terms: Terms) -> Option<(Claims, PassRecord)> {
    let party = u8::try_from(facts.others()).ok()?.checked_add(1).and_then(PartySize::new)?;
    let flags = if facts.plates.is_empty() { Flags::NONE } else { Flags::VEHICLE };
    let claims = Claims {
        campus: facts.campus,
        pass: terms.pass,
        validity: Validity::whole_day(facts.day)?,
        gates: terms.gates,
        entries: terms.entries,
        party,
        flags,
        last_four: facts.last_four,
        name: facts.visitor.masked(),
    };
    let record = PassRecord {
        pass: terms.pass,
        day: facts.day,
        visit_from: facts.from.on(facts.day),
        visit_until: facts.until.on(facts.day),
        visitor: facts.visitor.clone(),
        phone_tail: facts.phone.tail().to_owned(),
        document: facts.document_kind,
        last_four: facts.last_four,
        document_tag: terms.tag,
        companions: facts.companions.clone(),
        plates: facts.plates.iter().map(ToString::to_string).collect(),
        party,
        entries: terms.entries,
        gates: terms.gates,
        host: host.name.clone(),
        department: host.department.clone(),
        reason: facts.reason.to_string(),
    };
    Some((claims, record))
}

#[cfg(test)]
mod tests {
    use shared::{
        identity::{Document, DocumentKind, LastFour, PersonName, Phone, Plate},
        ids::{BookingId, CampusId, StaffNumber},
        time::{CampusDay, Moment},
    };

    use super::*;
    use crate::office::{Approver, Reason, Standing, TimeOfDay, Via};

    fn facts(companions: usize, plates: &[&str]) -> Facts {
        Facts {
            visitor: PersonName::parse("王𬭎").unwrap(),
            document_kind: DocumentKind::ResidentId,
            last_four: LastFour::of("11010519491231002X"),
            phone: Phone::parse("13800130000").unwrap(),
            reason: Reason::parse("学术报告").unwrap(),
            campus: CampusId::new(2),
            day: CampusDay::parse("2026-11-23").unwrap(),
            from: TimeOfDay::of(10, 0).unwrap(),
            until: TimeOfDay::of(11, 30).unwrap(),
            companions: vec![PersonName::parse("李䶮").unwrap(); companions],
            unnamed: 0,
            plates: plates.iter().map(|plate| Plate::parse(plate).unwrap()).collect(),
        }
    }

    fn issued(facts: &Facts) -> Option<(Claims, PassRecord)> {
        let name = PersonName::parse("李文").unwrap();
        let number = StaffNumber::parse("T1").unwrap();
        let by = Approver { number: number.clone(), name: name.clone(), via: Via::SignedIn };
        let standing = Standing::Approved { by, at: Moment::from_unix_s(0) };
        let approved = Approved::from_store(BookingId::new(1), &standing).unwrap();
        let phone = Phone::parse("13800130100").unwrap();
        let host = Staff { number, name, department: "图书馆".to_owned(), phone, wecom_id: None, hall_id: None };
        let document = Document::parse(DocumentKind::Passport, "E12345678", facts.day.date()).unwrap();
        let terms = Terms {
            pass: PassId::from_bytes([1; 8]),
            gates: GateMask::new(0b11).unwrap(),
            entries: EntriesAllowed::ONE,
            tag: DocumentTag::of(&document, facts.campus, facts.day).unwrap(),
        };
        issue(&approved, facts, &host, terms)
    }

    #[test]
    fn a_pass_says_what_was_approved_and_is_good_all_day() {
        let facts = facts(2, &["京A12345"]);
        let (claims, record) = issued(&facts).unwrap();
        assert_eq!(claims.campus, facts.campus);
        assert_eq!((claims.validity.from(), claims.validity.until()), (facts.day.start(), facts.day.end()));
        assert_eq!((claims.party.get(), claims.flags), (3, Flags::VEHICLE));
        assert_eq!((claims.name.as_str(), claims.last_four.to_string().as_str()), ("王*", "002X"));
        assert_eq!((record.party, record.gates, record.pass), (claims.party, claims.gates, claims.pass));
        assert_eq!((record.visitor, record.phone_tail.as_str()), (facts.visitor.clone(), "0000"));
        assert_eq!((record.visit_from, record.visit_until), (facts.day.at_minute(600), facts.day.at_minute(690)));
    }

    #[test]
    fn on_foot_there_is_no_vehicle_and_sixteen_are_too_many() {
        assert_eq!(issued(&facts(0, &[])).unwrap().0.flags, Flags::NONE);
        assert_eq!(issued(&facts(14, &[])).unwrap().0.party.get(), 15);
        assert!(issued(&facts(15, &[])).is_none());
        let counted = Facts { unnamed: 3, ..facts(1, &[]) };
        assert_eq!(issued(&counted).unwrap().0.party.get(), 5, "who is not named is counted");
    }
}
