//! A walk-in: a booking that a guard takes down at the gate, for now.
//!
//! By the rules of every booking, from this minute for some hours, at the campus where the visitor stands. The guard shows them
//! the notice on personal data; its version says so.

use shared::{
    identity::{PersonName, Phone},
    ids::{CampusId, StaffNumber},
    sync::walk_in::{WalkInFault, WalkInRequest},
    time::{CampusDay, Moment},
};

use super::{Booking, BookingForm, Field, HostAsked, Problem, Rules, TimeOfDay};

/// What a visitor agreed to who was shown the notice at the gate.
pub const CONSENT_AT_THE_GATE: &str = "gate";

/// A visit without an appointment is over by then, or the guard sees that it is not.
const HOURS: u16 = 4;

/// A request without problems.
#[derive(Debug)]
pub struct WalkIn {
    pub booking: Booking,
    pub host: HostSaid,
}

/// What the guard was told of the host, as each thing it may be, the surest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostSaid(Vec<HostAsked>);

impl HostSaid {
    /// `None` for what is no telephone, no staff number and no name.
    #[must_use]
    pub fn parse(said: &str) -> Option<Self> {
        let phone = HostAsked::of(None, None, Phone::parse(said).ok());
        let number = HostAsked::of(StaffNumber::parse(said), None, None);
        let name = HostAsked::of(None, PersonName::parse(said).ok(), None);
        let asked: Vec<_> = [phone, number, name].into_iter().flatten().collect();
        (!asked.is_empty()).then_some(Self(asked))
    }

    #[must_use]
    pub fn each(&self) -> &[HostAsked] {
        &self.0
    }
}

pub fn check(
    request: &WalkInRequest,
    campus: CampusId,
    rules: &Rules,
    now: Moment,
) -> Result<WalkIn, Vec<WalkInFault>> {
    let (form, unnamed) = (form(request, campus, rules, now), request.party.get() - 1);
    let mut faults = Vec::new();
    if usize::from(unnamed) > rules.max_companions {
        faults.push(WalkInFault::Party);
    }
    let host = HostSaid::parse(&request.host);
    if host.is_none() {
        faults.push(WalkInFault::Host);
    }
    match (form.check_walk_in(unnamed, rules, now), host) {
        (Ok(booking), Some(host)) if faults.is_empty() => Ok(WalkIn { booking, host }),
        (checked, _) => {
            let problems = checked.err().unwrap_or_default();
            for (field, problem) in &problems {
                let fault = fault(*field, problem);
                if !faults.contains(&fault) {
                    faults.push(fault);
                }
            }
            Err(faults)
        }
    }
}

fn form(request: &WalkInRequest, campus: CampusId, rules: &Rules, now: Moment) -> BookingForm {
    let day = CampusDay::of(now);
    let minutes = now.since(day.start()).num_minutes();
    let from = u16::try_from(minutes).ok().and_then(TimeOfDay::from_minutes).unwrap_or(TimeOfDay::MIDNIGHT);
    let until = TimeOfDay::from_minutes(from.minutes() + HOURS * 60).unwrap_or(TimeOfDay::DAY_END).min(rules.closes);
    BookingForm {
        visitor_name: request.visitor.to_string(),
        document_kind: request.document.kind().name().to_owned(),
        document_number: request.document.number().to_owned(),
        phone: request.phone.as_str().to_owned(),
        reason: request.reason.clone(),
        campus: campus.to_string(),
        day: day.to_string(),
        from: from.to_string(),
        until: until.to_string(),
        plate: request.plates.iter().map(ToString::to_string).collect(),
        ..BookingForm::default()
    }
}

const fn fault(field: Field, problem: &Problem) -> WalkInFault {
    match (field, problem) {
        (_, Problem::DocumentElsewhere) => WalkInFault::DocumentElsewhere,
        (Field::VisitorName, _) => WalkInFault::Visitor,
        (Field::DocumentKind | Field::DocumentNumber, _) => WalkInFault::Document,
        (Field::Phone, _) => WalkInFault::Phone,
        (Field::Reason, _) => WalkInFault::Reason,
        (Field::Day | Field::From | Field::Until, _) => WalkInFault::OutsideHours,
        (Field::Companions | Field::Companion { .. }, _) => WalkInFault::Party,
        (Field::Plates | Field::Plate { .. }, _) => WalkInFault::Plates,
        (Field::Host, _) => WalkInFault::Host,
        (Field::VisitKind | Field::Campus | Field::Consent(_), _) => WalkInFault::Other,
    }
}

#[cfg(test)]
mod tests {
    use shared::{
        identity::{Document, DocumentKind, Plate},
        ids::TerminalId,
        pass::PartySize,
        sync::walk_in::WalkInNumber,
    };

    use super::*;

    fn day() -> CampusDay {
        CampusDay::parse("2026-11-23").unwrap()
    }

    fn rules() -> Rules {
        Rules {
            horizon_days: 14,
            opens: TimeOfDay::of(7, 0).unwrap(),
            closes: TimeOfDay::of(22, 0).unwrap(),
            max_companions: 9,
            max_vehicles: 1,
            companion_documents: crate::office::CompanionDocuments::No,
            foreign_phones: false,
            campuses: vec![CampusId::new(1)],
        }
    }

    fn request() -> WalkInRequest {
        WalkInRequest {
            terminal: TerminalId::new(1),
            number: WalkInNumber::new(1),
            visitor: PersonName::parse("王𬭎").unwrap(),
            document: Document::parse(DocumentKind::ResidentId, "11010519491231002X", day().date()).unwrap(),
            phone: Phone::parse("+85291234567").unwrap(),
            host: "T1".to_owned(),
            reason: "送样品".to_owned(),
            party: PartySize::new(3).unwrap(),
            plates: Vec::new(),
        }
    }

    fn check_at(request: &WalkInRequest, minute: u16) -> Result<WalkIn, Vec<WalkInFault>> {
        check(request, CampusId::new(1), &rules(), day().at_minute(minute))
    }

    #[test]
    fn a_walk_in_is_a_booking_for_now_and_some_hours() {
        for (minute, hours) in [(8 * 60 + 5, "08:05-12:05"), (7 * 60, "07:00-11:00"), (21 * 60 + 59, "21:59-22:00")] {
            let booking = check_at(&request(), minute).unwrap().booking;
            let facts = booking.facts();
            assert_eq!(format!("{}-{}", facts.from, facts.until), hours);
            assert_eq!((facts.day, facts.others(), facts.campus), (day(), 2, CampusId::new(1)));
        }
        for minute in [0, 6 * 60 + 59, 22 * 60, 23 * 60] {
            assert_eq!(check_at(&request(), minute).unwrap_err(), [WalkInFault::OutsideHours], "{minute}");
        }
    }

    #[test]
    fn the_rules_of_a_booking_hold_at_the_gate() {
        let plate = |text: &str| Plate::parse(text).unwrap();
        for (request, fault) in [
            (WalkInRequest { reason: String::new(), ..request() }, WalkInFault::Reason),
            (WalkInRequest { reason: "证件 110105 194912310038".into(), ..request() }, WalkInFault::DocumentElsewhere),
            (WalkInRequest { host: "!".into(), ..request() }, WalkInFault::Host),
            (WalkInRequest { party: PartySize::new(11).unwrap(), ..request() }, WalkInFault::Party),
            (WalkInRequest { plates: vec![plate("京A12345"), plate("京A12346")], ..request() }, WalkInFault::Plates),
        ] {
            assert_eq!(check_at(&request, 600).unwrap_err(), [fault]);
        }
        let elsewhere = check(&request(), CampusId::new(9), &rules(), day().at_minute(600));
        assert_eq!(elsewhere.unwrap_err(), [WalkInFault::Other]);
    }

    #[test]
    fn a_host_is_named_in_whatever_way_the_visitor_knows() {
        let kinds = |said: &str| {
            HostSaid::parse(said).map(|said| {
                let kind = |asked: &HostAsked| match (asked.phone(), asked.number(), asked.name()) {
                    (Some(_), ..) => 'p',
                    (_, Some(_), _) => 'n',
                    _ => 'a',
                };
                said.each().iter().map(kind).collect::<String>()
            })
        };
        for (said, expected) in [
            ("13900000001", Some("pn")),
            ("T2001", Some("n")),
            ("Smith", Some("na")),
            ("王建国", Some("a")),
            ("2001", Some("n")),
            ("", None),
            ("!?", None),
        ] {
            assert_eq!(kinds(said).as_deref(), expected, "{said}");
        }
    }
}
