//! Visits are booked, changed, decided and ended.

use shared::ids::StaffNumber;
use sync_server::{
    office::{ApprovalCode, BookingForm, Choice, HostAsked, Reason, Revision, RevokedBy},
    store::{Changed, Changing, EndOutcome, OnBehalf, Outcome, Sent, Submitted, Target},
};

use super::days::{Day, HERE, form, links, phone, today, told};

pub(super) async fn are_made(day: &mut Day) {
    let first = day.submits(&with_companion(), 1).await;
    changes(day, first, 2).await;
    let word = Choice::Approve.on(Revision::new(2));
    let outcome = told!(day, decide(&links(1).own.sms, word, day.issuing(1), day.now));
    assert!(matches!(outcome, Outcome::Decided(_)), "{outcome:?}");
    changes(day, first, 3).await;
    let second = day.submits(&form(), 4).await;
    let (host, no) = (day.host.clone(), Choice::Decline { reason: None }.on(Revision::FIRST));
    let outcome = told!(day, decide_signed_in(second, &host, no, day.issuing(4), day.now));
    assert!(matches!(outcome, Outcome::Decided(_)), "{outcome:?}");
    let third = day.submits(&form(), 5).await;
    assert!(matches!(told!(day, cancel(third, &phone(), day.now)), EndOutcome::Ended(_)));
    let fourth = on_behalf(day, 6).await;
    let officer = RevokedBy::Officer { reason: Reason::parse("核查").unwrap() };
    assert!(matches!(told!(day, revoke(Target::Booking(fourth), officer, day.now)), EndOutcome::Ended(_)));
    let nobody = HostAsked::of(StaffNumber::parse("T9"), None, None).unwrap();
    told!(day, host_is_unknown_within(&nobody, (&phone(), HERE), day.config.booking.limits(), day.now));
    let code = ApprovalCode::from_bytes([1, 2, 3, 4, 5]);
    told!(day, link_by_code(code, (HERE, None), day.config.notify.approval_code.limits(), day.now));
}

fn with_companion() -> BookingForm {
    BookingForm {
        companion_name: vec!["王小二".to_owned()],
        companion_number: vec![String::new()],
        plate: vec!["京A12345".to_owned()],
        ..form()
    }
}

async fn changes(day: &mut Day, booking: shared::ids::BookingId, seed: u8) {
    let form = BookingForm { plate: vec![format!("京A1234{seed}")], ..with_companion() };
    let changing = Changing {
        booking: form.check_change(&day.rules(), day.now).unwrap(),
        by: phone(),
        notice: "1",
        links: links(seed),
        issuing: day.issuing(seed),
        limits: day.config.booking.limits(),
    };
    let changed = told!(day, change_booking(booking, changing, day.now));
    assert!(matches!(changed, Changed::WhileWaiting(_) | Changed::AtOnce), "{changed:?}");
}

async fn on_behalf(day: &mut Day, seed: u8) -> shared::ids::BookingId {
    let form = BookingForm { day: today().plus_days(1).to_string(), ..form() };
    let on_behalf = OnBehalf {
        booking: form.check_on_behalf(&day.rules(), day.now).unwrap(),
        host: day.host.clone(),
        limits: day.config.booking.limits(),
        notice: "1",
        issuing: day.issuing(seed),
        form: Sent { id: format!("form-{seed}"), mark: None },
    };
    match told!(day, submit_on_behalf(on_behalf, day.now)) {
        Submitted::Booked(id) => id,
        other @ (Submitted::HostUnknown | Submitted::InvitationOver | Submitted::Limited { .. }) => panic!("{other:?}"),
    }
}
