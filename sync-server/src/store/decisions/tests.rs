//! One decision, whoever comes first and however they come.

use super::*;
use crate::{
    office::{Choice, Reason, Revision, notice::NoticeKind},
    store::office_days::{Office, form, today},
};

fn tomorrow() -> crate::office::BookingForm {
    crate::office::BookingForm { day: today().plus_days(1).to_string(), ..form() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_decisions_over_three_links_exactly_one_is_first() {
    let office = Office::with_host().await;
    let (booking, links) = office.submit(&form(), 1).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..100_u8 {
        let link = links.of(Channel::ALL[usize::from(number) % 3]).clone();
        let choice = if number % 2 == 0 { Choice::Approve } else { Choice::Decline { reason: None } };
        let (store, issuing, now) = (office.store.clone(), office.issuing(number), office.now);
        tasks.spawn(async move { store.decide(&link, choice.on(Revision::FIRST), issuing, now).await.unwrap() });
    }
    let outcomes = tasks.join_all().await;
    let firsts: Vec<_> = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Decided(_))).collect();
    let [Outcome::Decided(standing)] = firsts.as_slice() else { panic!("{} were first", firsts.len()) };
    for outcome in &outcomes {
        assert!(matches!(outcome, Outcome::Decided(s) | Outcome::AlreadyDecided(s) if s == standing), "{outcome:?}");
    }
    let view = office.store.booking(booking).await.unwrap().unwrap();
    assert_eq!(view.standing, *standing);
    let approved = i64::from(matches!(standing, Standing::Approved { .. }));
    assert_eq!(office.look("select count(*) from pass"), approved);
    assert_eq!(office.look("select count(*) from feed"), approved);
    assert_eq!(office.look("select count(*) from notice where kind in ('approved', 'declined')"), 1);
    for channel in Channel::ALL {
        let link = office.store.link(links.of(channel), office.now).await.unwrap().unwrap();
        assert!(!link.open);
        assert_eq!((link.channel, &link.booking.standing), (channel, standing));
    }
}

#[tokio::test]
async fn approving_issues_a_pass_that_its_page_shows() {
    let office = Office::with_host().await;
    let (booking, links) = office.submit(&form(), 1).await;
    let link = office.store.link(&links.wecom, office.now).await.unwrap().unwrap();
    assert!(link.open);
    let outcome = office
        .store
        .decide(&links.wecom, Choice::Approve.on(Revision::FIRST), office.issuing(5), office.now)
        .await
        .unwrap();
    let Outcome::Decided(Standing::Approved { by, at }) = outcome else { panic!("{outcome:?}") };
    assert_eq!((by.number, by.via, at), (office.host.number.clone(), Via::Link(Channel::Wecom), office.now));
    let view = office.store.booking(booking).await.unwrap().unwrap();
    let issued = view.pass.as_ref().unwrap();
    assert_eq!(issued.pass, PassId::from_bytes([5; 8]));
    let page = office.store.pass_page(&issued.page).await.unwrap().unwrap();
    let text = page.text.unwrap();
    assert!(shared::pass::SealedPass::from_text(&text).is_ok());
    assert_eq!(page.facts.visitor.as_str(), "张晓明");
    let due = office.store.due_notices(office.now, 10).await.unwrap();
    let told = due.iter().find(|notice| notice.kind == NoticeKind::Approved).unwrap();
    assert_eq!(told.path.as_deref(), Some(format!("/pass/{}", issued.page.text()).as_str()));
    assert_eq!(told.to, "13800130000");
}

#[tokio::test]
async fn declining_issues_nothing_and_tells_why() {
    let office = Office::with_host().await;
    let (_, links) = office.submit(&form(), 1).await;
    let reason = Some(Reason::parse("当天出差").unwrap());
    let choice = Choice::Decline { reason: reason.clone() };
    let outcome =
        office.store.decide(&links.sms, choice.on(Revision::FIRST), office.issuing(1), office.now).await.unwrap();
    assert!(matches!(outcome, Outcome::Decided(Standing::Declined { reason: said, .. }) if said == reason));
    assert_eq!(office.look("select count(*) from pass"), 0);
    let due = office.store.due_notices(office.now, 10).await.unwrap();
    assert!(due.iter().any(|notice| notice.kind == NoticeKind::Declined && notice.text.contains("当天出差")));
}

#[tokio::test]
async fn nobody_else_decides_and_nobody_decides_when_the_day_is_over() {
    let office = Office::with_host().await;
    let (booking, links) = office.submit(&form(), 1).await;
    let store = &office.store;
    let unknown = LinkToken::from_random([99; 24]);
    let outcome =
        store.decide(&unknown, Choice::Approve.on(Revision::FIRST), office.issuing(1), office.now).await.unwrap();
    assert_eq!(outcome, Outcome::NotFound);
    let yes = || Choice::Approve.on(Revision::FIRST);
    let other = crate::store::office_days::staff("T2", "李娜", "13800130102");
    let outcome = store.decide_signed_in(booking, &other, yes(), office.issuing(1), office.now).await;
    assert_eq!(outcome.unwrap(), Outcome::NotFound);
    store.import_directory(vec![other], office.now).await.unwrap();
    let gone = store.decide(&links.sms, yes(), office.issuing(1), office.now).await.unwrap();
    assert_eq!(gone, Outcome::NotFound);
    assert!(!store.link(&links.sms, office.now).await.unwrap().unwrap().open);
    store.import_directory(vec![office.host.clone()], office.now).await.unwrap();
    let late =
        store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(1), today().end()).await.unwrap();
    assert_eq!(late, Outcome::TooLate);
    assert!(!store.link(&links.sms, today().end()).await.unwrap().unwrap().open);
    let outcome = store.decide_signed_in(booking, &office.host, yes(), office.issuing(1), office.now).await;
    assert!(matches!(outcome.unwrap(), Outcome::Decided(Standing::Approved { by, .. }) if by.via == Via::SignedIn));
}

#[tokio::test]
async fn a_deputy_gets_links_of_their_own_and_decides_in_their_own_name_on_their_days_only() {
    let office = Office::open();
    let Office { store, now, host, .. } = &office;
    let other = crate::store::office_days::staff("T2", "王芳", "13800130101");
    store.import_directory(vec![host.clone(), other.clone()], *now).await.unwrap();
    let yes = || Choice::Approve.on(Revision::FIRST);
    let away = crate::office::Away { deputy: other.number.clone(), from: today(), through: today() };
    store.name_deputy(&host.number, away, *now).await.unwrap();
    let tomorrow = crate::office::BookingForm { day: today().plus_days(1).to_string(), ..form() };
    let (booking, _) = office.submit(&tomorrow, 1).await;
    let (second, own) = office.submit(&tomorrow, 2).await;
    let deputys = crate::store::office_days::links(1).deputy;
    assert_eq!(
        office.look("select count(*) from notice where \"to\" in ('13800130101', 'T2') and kind = 'approval_asked'"),
        6
    );
    let waiting = store.bookings_waiting_for(&other.number, today()).await.unwrap();
    assert_eq!(waiting.iter().map(|(view, _)| view.id).collect::<Vec<_>>(), [booking, second]);
    // Past their days neither the link nor the page decides any more.
    let later = today().plus_days(1).at_minute(60);
    assert_eq!(store.decide(&deputys.sms, yes(), office.issuing(1), later).await.unwrap(), Outcome::NotFound);
    assert!(!store.link(&deputys.sms, later).await.unwrap().unwrap().open);
    let late = store.decide_signed_in(second, &other, yes(), office.issuing(1), later).await.unwrap();
    assert_eq!(late, Outcome::NotFound);
    assert!(store.bookings_waiting_for(&other.number, today().plus_days(1)).await.unwrap().is_empty());

    let outcome = store.decide(&deputys.hall, yes(), office.issuing(1), *now).await.unwrap();
    let Outcome::Decided(Standing::Approved { by, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!((by.number, by.via), (other.number.clone(), Via::Link(Channel::Hall)));
    let outcome = store.decide_signed_in(second, &other, yes(), office.issuing(2), *now).await.unwrap();
    assert!(matches!(outcome, Outcome::Decided(Standing::Approved { by, .. }) if by.name == other.name));
    let after = store.decide(&own.sms, yes(), office.issuing(3), *now).await.unwrap();
    assert!(matches!(after, Outcome::AlreadyDecided(Standing::Approved { .. })));
}

#[tokio::test]
async fn a_revoked_pass_is_named_to_those_who_know_it() {
    let office = Office::with_host().await;
    let (today_s, links) = office.submit(&form(), 1).await;
    office.store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(1), office.now).await.unwrap();
    let host = RevokedBy::Host { number: office.host.number.clone(), name: office.host.name.clone() };
    let ended = office.store.revoke(Target::Booking(today_s), host.clone(), office.now).await.unwrap();
    let standing = Standing::Revoked { by: host.clone(), at: office.now };
    assert_eq!(ended, EndOutcome::Ended(standing.clone()));
    let view = office.store.booking(today_s).await.unwrap().unwrap();
    assert_eq!(view.standing, standing);
    assert!(office.store.pass_page(&view.pass.as_ref().unwrap().page).await.unwrap().unwrap().text.is_none());
    let revoked = shared::sync::change::Change::PassRevoked { pass: PassId::from_bytes([1; 8]), at: office.now };
    assert_eq!(office.changes().await.last(), Some(&revoked));
    let again = office.store.revoke(Target::Booking(today_s), host, office.now).await.unwrap();
    assert_eq!(again, EndOutcome::AlreadyEnded(standing));
    assert_eq!(office.fed().await.latest, 2);
}

#[tokio::test]
async fn a_pass_revoked_before_it_was_told_is_told_as_revoked_on_the_eve() {
    let office = Office::with_host().await;
    let typed = crate::office::BookingForm { day: today().plus_days(3).to_string(), ..form() };
    let (_, links) = office.submit(&typed, 1).await;
    office.store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(1), office.now).await.unwrap();
    let officer = RevokedBy::Officer { reason: Reason::parse("活动取消").unwrap() };
    let target = Target::Pass(PassId::from_bytes([1; 8]));
    let ended = office.store.revoke(target, officer, office.now).await.unwrap();
    assert!(matches!(ended, EndOutcome::Ended(Standing::Revoked { .. })));
    assert_eq!(office.fed().await.latest, 0);
    let later = today().plus_days(2).start();
    assert_eq!(office.store.publish_due(later).await.unwrap(), 1);
    assert_eq!(office.store.publish_due(later).await.unwrap(), 0);
    let revoked = shared::sync::change::Change::PassRevoked { pass: PassId::from_bytes([1; 8]), at: office.now };
    assert_eq!(office.changes().await, [revoked]);
    let unknown = Target::Pass(PassId::from_bytes([2; 8]));
    assert_eq!(office.store.revoke(unknown, RevokedBy::Visitor, later).await.unwrap(), EndOutcome::NotFound);
}

#[tokio::test]
async fn a_day_that_is_over_is_not_undone() {
    let office = Office::with_host().await;
    let (id, links) = office.submit(&form(), 1).await;
    office.store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(1), office.now).await.unwrap();
    let (over, visitor) = (today().end(), Phone::parse(&form().phone).unwrap());
    let by = RevokedBy::Host { number: office.host.number.clone(), name: office.host.name.clone() };
    for outcome in [
        office.store.cancel(id, &visitor, over).await.unwrap(),
        office.store.revoke(Target::Booking(id), by, over).await.unwrap(),
    ] {
        assert!(matches!(outcome, EndOutcome::AlreadyEnded(Standing::Approved { .. })), "{outcome:?}");
    }
    assert!(matches!(office.store.booking(id).await.unwrap().unwrap().standing, Standing::Approved { .. }));
}

#[tokio::test]
async fn the_visitor_withdraws_their_own_and_the_host_is_told() {
    let office = Office::with_host().await;
    let (waiting, links) = office.submit(&tomorrow(), 1).await;
    let store = &office.store;
    let stranger = Phone::parse("13800139999").unwrap();
    assert_eq!(store.cancel(waiting, &stranger, office.now).await.unwrap(), EndOutcome::NotFound);
    let visitor = Phone::parse(&form().phone).unwrap();
    let cancelled = Standing::Cancelled { at: office.now };
    assert_eq!(store.cancel(waiting, &visitor, office.now).await.unwrap(), EndOutcome::Ended(cancelled.clone()));
    let outcome =
        store.decide(&links.hall, Choice::Approve.on(Revision::FIRST), office.issuing(1), office.now).await.unwrap();
    assert_eq!(outcome, Outcome::AlreadyDecided(cancelled));
    assert_eq!(office.look("select count(*) from notice where kind = 'cancelled'"), 1);
    let (approved, links) = office.submit(&tomorrow(), 2).await;
    store.decide(&links.hall, Choice::Approve.on(Revision::FIRST), office.issuing(2), office.now).await.unwrap();
    let booker = Phone::parse("13800130009").unwrap();
    assert!(matches!(store.cancel(approved, &booker, office.now).await.unwrap(), EndOutcome::Ended(_)));
    assert_eq!(office.fed().await.latest, 2);
}
