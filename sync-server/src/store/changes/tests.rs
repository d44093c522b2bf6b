//! What a visitor changes: at once, by a new review, or not at all.

use chrono::TimeDelta;
use shared::{identity::DocumentKind, ids::PassId, sync::change::Change};

use super::*;
use crate::{
    config::Config,
    office::{Choice, Limit, Revision, RevokedBy, notice::NoticeKind},
    store::{
        EndOutcome, Outcome, Target,
        office_days::{self, Office, form, today, with_companions},
    },
};

fn booker() -> Phone {
    Phone::parse("13800130009").unwrap()
}

fn car(plate: &str) -> BookingForm {
    BookingForm {
        plate: vec![plate.to_owned()], ..with_companions(&[("李䶮", ""), ("王五", "440524188001010014")])
    }
}

impl Office {
    async fn change(&self, id: BookingId, form: &BookingForm, by: &Phone, seed: u8) -> Changed {
        self.change_at(id, form, by, seed, self.now).await
    }

    async fn change_at(&self, id: BookingId, form: &BookingForm, by: &Phone, seed: u8, at: Moment) -> Changed {
        let changing = Changing {
            booking: form.check_change(&self.rules(), self.now).unwrap(),
            by: by.clone(),
            notice: "2",
            links: office_days::links(seed),
            issuing: self.issuing(seed),
            limits: BookingLimits { per_phone: Limit::per_day(3), ..Config::default().booking.limits() },
        };
        self.store.change_booking(id, changing, at).await.unwrap()
    }

    async fn approved(&self, form: &BookingForm, seed: u8) -> BookingId {
        let (id, links) = self.submit(form, seed).await;
        let yes = Choice::Approve.on(Revision::FIRST);
        self.store.decide(&links.sms, yes, self.issuing(seed), self.now).await.unwrap();
        id
    }

    async fn view(&self, id: BookingId) -> BookingView {
        BookingView::clone(&*self.store.booking(id).await.unwrap().unwrap())
    }
}

fn records(changes: &[Change]) -> Vec<(PassId, u8, Vec<String>)> {
    let record = |change: &Change| match change {
        Change::PassIssued(record) => Some((record.pass, record.party.get(), record.plates.clone())),
        Change::Places(_)
        | Change::PassRevoked { .. }
        | Change::PassWatched { .. }
        | Change::PassMoved { .. }
        | Change::WalkInDecided { .. } => None,
    };
    changes.iter().filter_map(record).collect()
}

#[tokio::test]
async fn the_form_of_a_booking_is_for_who_made_it() {
    let office = Office::with_host().await;
    let (id, _) = office.submit(&car("京AD12345"), 1).await;
    let said = office.store.booking_said(id, &booker()).await.unwrap().unwrap();
    let yes = || "yes".to_owned();
    let agreed = BookingForm { privacy: yes(), document_consent: yes(), ..said.form };
    let booking = agreed.check_change(&office.rules(), office.now).unwrap();
    assert_eq!(*booking.facts(), said.view.facts);
    assert_eq!(booking.document().number(), form().document_number);
    assert_eq!(booking.companions()[1].document.as_ref().unwrap().number(), "440524188001010014");
    let visitor = Phone::parse(&form().phone).unwrap();
    let said = office.store.booking_said(id, &visitor).await.unwrap().unwrap();
    assert_eq!((said.form.document_number.as_str(), said.form.companion_number.concat().as_str()), ("", ""));
    assert_eq!(said.form.companion_name, ["李䶮", "王五"]);
    assert!(office.store.booking_said(id, &office.host.phone).await.unwrap().is_none());
    let far = today().plus_days(2).start();
    office.store.erase_due(crate::office::Retention::default(), far).await.unwrap();
    let forgotten = office.store.booking_said(id, &booker()).await.unwrap().unwrap();
    assert_eq!(forgotten.form.document_number, "");
}

#[tokio::test]
async fn while_it_waits_everything_changes_and_the_host_s_links_stay_good_for_what_they_show() {
    let office = Office::with_host().await;
    let (id, links) = office.submit(&form(), 1).await;
    let told = office.look("select count(*) from notice");
    assert_eq!(office.change(id, &form(), &booker(), 2).await, Changed::Nothing);
    let other = BookingForm {
        document_number: "440524188001010014".to_owned(),
        visitor_name: "王五".to_owned(),
        day: today().plus_days(1).to_string(),
        ..car("京A54321")
    };
    assert_eq!(office.change(id, &other, &booker(), 2).await, Changed::WhileWaiting(id));
    let view = office.view(id).await;
    assert_eq!(view.facts, *other.check(&office.rules(), office.now).unwrap().facts());
    assert_eq!((view.revision, &view.standing, &view.host), (Revision::new(2), &Standing::Waiting, &office.host));
    assert_eq!(office.look("select count(*) from notice"), told, "the host learns of it when they look");
    assert_eq!(office.look("select count(distinct booking) from consent where notice = '2'"), 1);
    // Whoever is put on the list now is found by the new number alone.
    for (number, watched) in [("440524188001010014", true), ("11010519491231002X", false)] {
        let document = Document::parse(DocumentKind::ResidentId, number, today().date()).unwrap();
        office.store.watch(&document, "纠纷", office.now).await.unwrap();
        let found =
            office.look("select count(*) from party_number n join watched w on w.number_index = n.number_index");
        assert_eq!(found > 0, watched, "{number}");
        office.store.unwatch(&document, office.now).await.unwrap();
    }
    let decide = async |seen: u32| {
        let word = Choice::Approve.on(Revision::new(seen));
        office.store.decide(&links.sms, word, office.issuing(3), office.now).await.unwrap()
    };
    assert_eq!(decide(1).await, Outcome::Changed);
    assert_eq!(office.view(id).await.standing, Standing::Waiting);
    assert!(matches!(decide(2).await, Outcome::Decided(Standing::Approved { .. })));
    let told = office.changes().await;
    assert_eq!(records(&told), [(PassId::from_bytes([3; 8]), 3, vec!["京A54321".to_owned()])]);
}

#[tokio::test]
async fn a_small_change_is_told_to_the_gates_and_the_host_and_asks_nobody() {
    let office = Office::with_host().await;
    let id = office.approved(&car("京A12345"), 1).await;
    let before = office.view(id).await;
    let text = async || {
        let page = before.pass.as_ref().unwrap().page.clone();
        office.store.pass_page(&page).await.unwrap().unwrap().text.unwrap().to_string()
    };
    let old_code = text().await;
    let fewer =
        BookingForm { companion_name: vec!["李䶮".to_owned()], companion_number: Vec::new(), ..car("京A54321") };
    let fewer = BookingForm { until: "18:00".to_owned(), ..fewer };
    assert_eq!(office.change(id, &fewer, &booker(), 2).await, Changed::AtOnce);
    let after = office.view(id).await;
    assert_eq!((&after.standing, after.revision), (&before.standing, Revision::new(2)));
    assert_eq!(after.facts, *fewer.check(&office.rules(), office.now).unwrap().facts());
    let pass = PassId::from_bytes([1; 8]);
    let told = records(&office.changes().await);
    assert_eq!(told, [(pass, 3, vec!["京A12345".to_owned()]), (pass, 2, vec!["京A54321".to_owned()])]);
    assert_ne!(text().await, old_code, "the code says how many they are");
    let sealed = shared::pass::SealedPass::from_text(&shared::pass::PassText::parse(&text().await).unwrap()).unwrap();
    assert!(sealed.as_bytes().len() <= shared::pass::MAX_PASS_BYTES);
    let notices = office.store.due_notices(office.now, 100).await.unwrap();
    let changed: Vec<_> = notices.iter().filter(|notice| notice.kind == NoticeKind::Changed).collect();
    assert_eq!((changed.len(), changed[1].to.as_str()), (2, form().phone.as_str()), "host and visitor");
    assert_eq!((changed[0].to.as_str(), &changed[0].path), (office.host.phone.as_str(), &None));
    assert!(changed[0].text.contains("10:00-18:00，随行 1 人，车牌 京A54321"), "{}", changed[0].text);
    assert_eq!(office.look("select count(*) from pass where record is not null"), 0, "told, it is forgotten here");
}

#[tokio::test]
async fn a_pass_not_told_yet_is_told_on_its_eve_as_it_is_by_then() {
    let office = Office::with_host().await;
    let later = |form: BookingForm| BookingForm { day: today().plus_days(3).to_string(), ..form };
    let id = office.approved(&later(car("京A12345")), 1).await;
    assert_eq!(office.change(id, &later(car("京A54321")), &booker(), 2).await, Changed::AtOnce);
    assert_eq!(office.fed().await.latest, 0);
    assert_eq!(office.store.publish_due(today().plus_days(2).start()).await.unwrap(), 1);
    assert_eq!(records(&office.changes().await), [(PassId::from_bytes([1; 8]), 3, vec!["京A54321".to_owned()])]);
}

#[tokio::test]
async fn a_pass_that_no_longer_brings_a_watched_companion_is_cleared() {
    let office = Office::with_host().await;
    let document = Document::parse(DocumentKind::ResidentId, "440524188001010014", today().date()).unwrap();
    office.store.watch(&document, "纠纷", office.now).await.unwrap();
    let id = office.approved(&car("京A12345"), 1).await;
    let watched = |watched| Change::PassWatched { pass: PassId::from_bytes([1; 8]), watched };
    assert_eq!(office.changes().await.last(), Some(&watched(true)));
    office.change(id, &car("京A54321"), &booker(), 2).await;
    assert_eq!(office.changes().await.last(), Some(&watched(true)), "still there");
    let alone = BookingForm { plate: vec!["京A54321".to_owned()], ..form() };
    office.change(id, &alone, &booker(), 3).await;
    assert_eq!(office.changes().await.last(), Some(&watched(false)));
}

#[tokio::test]
async fn a_large_change_waits_and_takes_the_old_one_s_place_only_when_approved() {
    for (choice, stands) in [(Choice::Approve, false), (Choice::Decline { reason: None }, true)] {
        let office = Office::with_host().await;
        let old = office.approved(&car("京A12345"), 1).await;
        let moved = BookingForm { day: today().plus_days(1).to_string(), ..car("京A12345") };
        let Changed::Asked(new) = office.change(old, &moved, &booker(), 2).await else { panic!("{choice:?}") };
        let view = office.view(new).await;
        assert_eq!((view.replaces, &view.standing, &view.host), (Some(old), &Standing::Waiting, &office.host));
        assert_eq!(office.view(old).await.successor, Some(new));
        assert!(matches!(office.view(old).await.standing, Standing::Approved { .. }), "until then the old one stands");
        let asked = office.store.due_notices(office.now, 100).await.unwrap();
        assert_eq!(asked.iter().filter(|notice| notice.text.contains("修改了已通过的预约")).count(), 3);
        // Changed once more it is the same that waits, and nobody is asked again.
        let later = BookingForm { day: today().plus_days(2).to_string(), ..car("京A12345") };
        for seed in [3, 4] {
            assert_eq!(office.change(old, &later, &booker(), seed).await, Changed::WhileWaiting(new));
            assert_eq!(office.view(new).await.revision, Revision::new(2), "the same again is no news");
        }
        let word = choice.clone().on(Revision::new(2));
        let outcome = office.store.decide_signed_in(new, &office.host, word, office.issuing(2), office.now).await;
        assert!(matches!(outcome.unwrap(), Outcome::Decided(_)));
        let old = office.view(old).await;
        assert_eq!(matches!(old.standing, Standing::Approved { .. }), stands, "{choice:?}");
        let revoked = Change::PassRevoked { pass: PassId::from_bytes([1; 8]), at: office.now };
        assert_eq!(office.changes().await.contains(&revoked), !stands, "{choice:?}");
        assert_eq!(office.look("select count(*) from pass where ended_at is null"), 1, "one good pass at any time");
        assert_eq!(office.look("select count(*) from notice where kind = 'cancelled'"), 0);
    }
}

#[tokio::test]
async fn a_withdrawn_change_leaves_the_old_booking_and_an_ended_one_is_not_changed() {
    let office = Office::with_host().await;
    let old = office.approved(&form(), 1).await;
    let moved = BookingForm { reason: "设备安装".to_owned(), ..form() };
    let Changed::Asked(new) = office.change(old, &moved, &booker(), 2).await else { panic!() };
    assert!(matches!(office.store.cancel(new, &booker(), office.now).await.unwrap(), EndOutcome::Ended(_)));
    assert!(matches!(office.view(old).await.standing, Standing::Approved { .. }));
    assert_eq!(office.view(old).await.successor, None);
    let stranger = Phone::parse("13800139999").unwrap();
    let visitor = Phone::parse(&form().phone).unwrap();
    for by in [&stranger, &visitor, &office.host.phone] {
        assert_eq!(office.change(old, &moved, by, 3).await, Changed::NotFound, "only who booked: {by:?}");
    }
    assert_eq!(office.change_at(old, &moved, &booker(), 3, today().end()).await, Changed::TooLate);
    let by = RevokedBy::Host { number: office.host.number.clone(), name: office.host.name.clone() };
    office.store.revoke(Target::Booking(old), by, office.now).await.unwrap();
    for id in [old, new] {
        assert_eq!(office.change(id, &car("京A12345"), &booker(), 3).await, Changed::TooLate);
    }
}

#[tokio::test]
async fn changes_that_the_host_hears_of_are_limited_as_bookings_are() {
    let office = Office::with_host().await;
    let id = office.approved(&form(), 1).await;
    for plate in ["京A1", "京A2"] {
        assert_eq!(office.change(id, &car_alone(plate), &booker(), 2).await, Changed::AtOnce);
    }
    let retry_at = office.now.plus(TimeDelta::days(1));
    assert_eq!(office.change(id, &car_alone("京A3"), &booker(), 2).await, Changed::Limited { retry_at });
    assert_eq!(office.view(id).await.facts.plates[0].as_str(), "京A2");
}

#[tokio::test]
async fn changes_while_it_waits_are_limited_too() {
    let office = Office::with_host().await;
    let (id, _) = office.submit(&form(), 1).await;
    for plate in ["京A1", "京A2", "京A3"] {
        assert_eq!(office.change(id, &car_alone(plate), &booker(), 2).await, Changed::WhileWaiting(id));
    }
    let retry_at = office.now.plus(TimeDelta::days(1));
    assert_eq!(office.change(id, &car_alone("京A4"), &booker(), 2).await, Changed::Limited { retry_at });
}

#[tokio::test]
async fn who_cancels_a_visit_cancels_the_change_of_it_that_waits() {
    let office = Office::with_host().await;
    let old = office.approved(&form(), 1).await;
    let moved = BookingForm { reason: "设备安装".to_owned(), ..form() };
    let Changed::Asked(new) = office.change(old, &moved, &booker(), 2).await else { panic!() };
    office.store.cancel(old, &booker(), office.now).await.unwrap();
    for id in [old, new] {
        assert!(matches!(office.view(id).await.standing, Standing::Cancelled { .. }), "{id}");
    }
    assert_eq!(office.view(old).await.successor, None);
}

#[tokio::test]
async fn a_change_that_nobody_decided_in_time_is_in_the_way_of_no_other() {
    let office = Office::with_host().await;
    let tomorrow = BookingForm { day: today().plus_days(1).to_string(), ..form() };
    let old = office.approved(&tomorrow, 1).await;
    let Changed::Asked(first) = office.change(old, &form(), &booker(), 2).await else { panic!() };
    let other = BookingForm { reason: "设备安装".to_owned(), ..tomorrow };
    let next_day = today().plus_days(1).at_minute(8 * 60);
    let changed = office.change_at(old, &other, &booker(), 3, next_day).await;
    assert!(matches!(changed, Changed::Asked(second) if second != first), "{changed:?}");
}

fn car_alone(plate: &str) -> BookingForm {
    BookingForm { plate: vec![plate.to_owned()], ..form() }
}
