//! Right forms and wrong ones, each problem at its field.

use shared::identity::PhoneError;

use super::*;

/// 2026-11-23, ten past eight.
fn now() -> Moment {
    CampusDay::parse("2026-11-23").unwrap().at_minute(8 * 60 + 10)
}

fn rules() -> Rules {
    Rules {
        horizon_days: 14,
        opens: TimeOfDay::of(7, 0).unwrap(),
        closes: TimeOfDay::of(22, 0).unwrap(),
        max_companions: 3,
        max_vehicles: 2,
        companion_documents: CompanionDocuments::Optional,
        foreign_phones: false,
        campuses: vec![CampusId::new(1), CampusId::new(2)],
    }
}

/// Fourteen tomorrow.
const CHILD: &str = "110105201211240017";

fn form() -> BookingForm {
    let text = str::to_owned;
    BookingForm {
        document_number: text("11010519491231002x"),
        phone: text("138 0013 0000"),
        from: text("09:00"),
        until: text("10:30"),
        ..sample::form()
    }
}

#[test]
fn a_right_form_becomes_a_booking() {
    let booking = form().check(&rules(), now()).unwrap();
    let facts = booking.facts();
    assert_eq!(facts.visitor.as_str(), "张晓明");
    assert_eq!(facts.last_four.to_string(), "002X");
    assert_eq!(booking.document().number(), "11010519491231002X");
    assert_eq!(facts.phone.as_str(), "13800130000");
    assert_eq!(booking.host().unwrap().number(), StaffNumber::parse("T1").as_ref());
}

#[test]
fn a_booking_said_as_a_form_is_the_same_booking() {
    let typed = BookingForm {
        companion_name: ["李䶮", "John Smith"].map(str::to_owned).to_vec(),
        companion_number: ["", "E12345678"].map(str::to_owned).to_vec(),
        plate: ["京AD12345", "使123456"].map(str::to_owned).to_vec(),
        plate_kind: ["new_energy", "other"].map(str::to_owned).to_vec(),
        ..form()
    };
    let booking = typed.check(&rules(), now()).unwrap();
    let again = BookingForm::of(booking.facts(), Some(booking.document()), booking.companions());
    assert_eq!((again.privacy.as_str(), again.host_number.as_str(), again.form_id.as_str()), ("", "", ""));
    assert_eq!(again.plate_kind, ["new_energy", "other"]);
    let yes = || "yes".to_owned();
    let again = BookingForm {
        privacy: yes(),
        document_consent: yes(),
        host_name: "李文".to_owned(),
        host_number: "T1".to_owned(),
        ..again
    };
    assert_eq!(again.check(&rules(), now()), Ok(booking.clone()));
    let forgotten = BookingForm::of(booking.facts(), None, booking.companions());
    assert_eq!(forgotten.document_number, "");
}

#[test]
fn each_problem_stands_at_its_field() {
    let opens = rules().opens;
    let closes = rules().closes;
    let day = |text| CampusDay::parse(text).unwrap();
    type Spoil = fn(&mut BookingForm);
    let cases: Vec<(Field, Problem, Spoil)> = vec![
        (Field::VisitorName, Problem::Missing, |f| f.visitor_name = "　 ".into()),
        (Field::VisitorName, Problem::Name(NameError::TooLong { max: 100 }), |f| f.visitor_name = "张".repeat(300)),
        (Field::VisitorName, Problem::Name(NameError::Character('<')), |f| f.visitor_name = "<script>".into()),
        (Field::DocumentKind, Problem::DocumentKindUnknown, |f| f.document_kind = "card".into()),
        (Field::DocumentNumber, Problem::Missing, |f| f.document_number = String::new()),
        (Field::DocumentNumber, Problem::Document(DocumentError::CheckDigit), |f| {
            f.document_number = "110105194912310021".into();
        }),
        (Field::Phone, Problem::Phone(PhoneError::Length { found: 3 }), |f| f.phone = "138".into()),
        (Field::Phone, Problem::PhoneForeign, |f| f.phone = "+85291234567".into()),
        (Field::Reason, Problem::Missing, |f| f.reason = "\n".into()),
        (Field::Reason, Problem::Reason(ReasonError::TooLong { max: 200 }), |f| f.reason = "访".repeat(201)),
        (Field::Reason, Problem::DocumentElsewhere, |f| f.reason = "身份证 110105 19491231 002x".into()),
        (Field::Reason, Problem::DocumentElsewhere, |f| f.reason = "110105。19491231/002X".into()),
        (Field::Reason, Problem::DocumentElsewhere, |f| f.reason = "1.1.0.1.0.5.1.9.4.9.1.2.3.1.0.0.2.X".into()),
        (Field::Reason, Problem::DocumentElsewhere, |f| f.reason = "同行 440524/1880、0101(0014)".into()),
        (Field::Reason, Problem::Reason(ReasonError::Character('\u{200b}')), |f| {
            f.reason = "110105\u{200b}19491231002X".into();
        }),
        (Field::Reason, Problem::Reason(ReasonError::Character('\u{2060}')), |f| {
            f.reason = "110105\u{2060}19491231002X".into();
        }),
        (Field::Reason, Problem::Reason(ReasonError::WebAddress), |f| f.reason = "见 http://evil.example/a".into()),
        (Field::Plate { row: 1 }, Problem::DocumentElsewhere, |f| {
            f.plate = vec![String::new(), "１１０１０５１９４９１２３１００２Ｘ".into()];
        }),
        (Field::Campus, Problem::Missing, |f| f.campus = String::new()),
        (Field::Campus, Problem::CampusUnknown, |f| f.campus = "3".into()),
        (Field::Campus, Problem::CampusUnknown, |f| f.campus = "x".into()),
        (Field::Day, Problem::DayUnreadable, |f| f.day = "2026-02-30".into()),
        (Field::Day, Problem::DayPast, |f| f.day = "2026-11-22".into()),
        (Field::Day, Problem::DayTooFar { last: day("2026-12-07") }, |f| f.day = "2026-12-08".into()),
        (Field::From, Problem::TimeUnreadable, |f| f.from = "nine".into()),
        (Field::From, Problem::OutsideHours { opens, closes }, |f| f.from = "06:59".into()),
        (Field::Until, Problem::OutsideHours { opens, closes }, |f| f.until = "22:01".into()),
        (Field::Until, Problem::UntilNotAfterFrom, |f| f.until = "09:00".into()),
        (Field::Until, Problem::TimePast, |f| (f.from, f.until) = ("07:00".into(), "08:10".into())),
        (Field::Host, Problem::HostMissing, |f| f.host_number = String::new()),
        (Field::Host, Problem::HostMissing, |f| f.host_name = String::new()),
        (Field::Host, Problem::HostMissing, |f| (f.host_name, f.host_number) = (" ".into(), "工号".into())),
        (Field::Host, Problem::HostMissing, |f| {
            (f.host_name, f.host_department) = (String::new(), "图书馆".into());
        }),
        (Field::Host, Problem::HostUnknown, |f| f.host_name = "<b>".into()),
        (Field::Host, Problem::HostUnknown, |f| f.host_phone = "12".into()),
        (Field::Host, Problem::HostUnknown, |f| f.host_number = "工号".into()),
        (Field::Consent(Consent::Notice), Problem::NotAgreed(Consent::Notice), |f| f.privacy = String::new()),
        (Field::Consent(Consent::DocumentNumber), Problem::NotAgreed(Consent::DocumentNumber), |f| {
            f.document_consent = "no".into()
        }),
        (Field::Consent(Consent::Guardian), Problem::NotAgreed(Consent::Guardian), |f| {
            f.document_number = CHILD.into()
        }),
        (Field::Consent(Consent::Guardian), Problem::NotAgreed(Consent::Guardian), |f| {
            (f.companion_name, f.companion_number) = (vec!["李䶮".into()], vec![CHILD.into()]);
        }),
        (Field::VisitKind, Problem::GroupVisit, |f| f.visit_kind = "group".into()),
        (Field::VisitKind, Problem::FamilyVisit, |f| f.visit_kind = "family".into()),
        (Field::VisitKind, Problem::VisitKindUnknown, |f| f.visit_kind = "x".into()),
    ];
    for (field, problem, spoil) in cases {
        let mut typed = form();
        spoil(&mut typed);
        assert_eq!(typed.check(&rules(), now()), Err(vec![(field, problem)]));
    }
}

#[test]
fn an_empty_form_is_told_everything_at_once_in_the_order_of_the_page() {
    let problems = BookingForm::default().check(&rules(), now()).unwrap_err();
    let fields: Vec<_> = problems.iter().map(|(field, _)| *field).collect();
    let needed = [
        Field::VisitorName,
        Field::DocumentKind,
        Field::DocumentNumber,
        Field::Phone,
        Field::Campus,
        Field::Day,
        Field::From,
        Field::Until,
        Field::Reason,
        Field::Host,
        Field::Consent(Consent::Notice),
        Field::Consent(Consent::DocumentNumber),
    ];
    assert_eq!(fields, needed);
}

#[test]
fn the_host_books_for_foreign_numbers_and_names_no_host() {
    let typed = BookingForm { phone: "+85291234567".to_owned(), host_number: String::new(), ..form() };
    let booking = typed.check_on_behalf(&rules(), now()).unwrap();
    assert!(booking.host().is_none());
    assert!(!booking.facts().phone.is_mainland());
    let typed = BookingForm { privacy: String::new(), ..typed };
    let unagreed = vec![(Field::Consent(Consent::Notice), Problem::NotAgreed(Consent::Notice))];
    assert_eq!(typed.check_on_behalf(&rules(), now()), Err(unagreed));
}

#[test]
fn what_was_agreed_to_goes_with_the_booking() {
    let agreed = |typed: BookingForm| typed.check(&rules(), now()).unwrap().agreed().to_vec();
    assert_eq!(agreed(form()), [Consent::Notice, Consent::DocumentNumber]);
    let with_child = BookingForm { document_number: CHILD.to_owned(), guardian: "yes".to_owned(), ..form() };
    assert_eq!(agreed(with_child), Consent::ALL);
    let nothing = BookingForm { guardian: "yes".to_owned(), ..form() }.without_consent();
    assert_eq!(nothing.check(&rules(), now()).unwrap_err().len(), 2);
}

#[test]
fn who_comes_late_to_a_visit_under_way_may_still_book_it() {
    let typed = BookingForm { from: "08:00".to_owned(), until: "08:11".to_owned(), ..form() };
    assert!(typed.check(&rules(), now()).is_ok());
    let typed =
        BookingForm { day: "2026-12-07".to_owned(), from: "07:00".to_owned(), until: "22:00".to_owned(), ..form() };
    assert!(typed.check(&rules(), now()).is_ok());
}

#[test]
fn two_telephones_are_no_document() {
    for reason in ["联系 13800138000，13900139000", "电话 029-88460000、2026/11/23 到", "房间 110105"] {
        let typed = BookingForm { reason: reason.to_owned(), ..form() };
        assert!(typed.check(&rules(), now()).is_ok(), "{reason}");
    }
}
