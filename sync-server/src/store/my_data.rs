//! What is kept about who is signed in, for themselves: to look at, to take along, and to have erased.

use rusqlite::{Connection, params};
use shared::{
    identity::Phone,
    ids::BookingId,
    time::{CampusDay, Moment},
};

use super::{
    BookingView, Given, IdentityKey, NoticeStatus, Store, StoreError, bookings, consents, decisions, notices,
    retention, settled, writer::Writing,
};
use crate::office::{Erasable, RevokedBy, Standing, erasable, notice::NoticeKind};

#[derive(Debug, Clone)]
pub struct MyData {
    /// The latest day first.
    pub bookings: Vec<Mine>,
    /// Devices on which this phone is signed in.
    pub sessions: u32,
    pub drafts: u32,
    /// Browsers that are known again because the phone has signed in by them.
    pub browsers: u32,
}

#[derive(Debug, Clone)]
pub struct Mine {
    pub view: BookingView,
    /// What was agreed to, the latest last.
    pub consents: Vec<Given>,
    /// What was written to visitor and host about it, the latest last.
    pub notices: Vec<NoticeStatus>,
    /// Whether the whole document number is still kept.
    pub number_kept: bool,
}

/// What erasing came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErasedMine {
    pub bookings: usize,
    /// These only from the day after their visit: today's, and what was booked for somebody else who still comes.
    pub later: Vec<BookingId>,
}

const MINE: &str = "(b.phone = ?1 or b.booked_by = ?1 and b.booked_by is not b.phone)";

impl Store {
    pub async fn my_data(&self, phone: &Phone, now: Moment) -> Result<MyData, StoreError> {
        let (phone, key) = (phone.clone(), self.key().clone());
        let look = move |db: &Connection| {
            let which = format!("{MINE} order by b.day desc, b.id desc");
            let views = bookings::several(db, &key, &which, &[&phone.as_str()])?;
            let mut kept = db.prepare_cached("select document is not null from booking where id = ?1")?;
            let bookings = views.into_iter().map(|view| {
                let number_kept = kept.query_row([view.id.get()], |row| row.get(0))?;
                let (consents, notices) = (consents::of(db, view.id)?, notices::of(db, view.id)?);
                Ok(Mine { consents, notices, view, number_kept })
            });
            let count = |sql| db.query_row(sql, params![phone.as_str(), now.unix_ms()], |row| row.get(0));
            Ok(MyData {
                bookings: bookings.collect::<Result<_, StoreError>>()?,
                sessions: count("select count(*) from session where phone = ?1 and expires_at > ?2")?,
                drafts: count("select count(*) from draft where phone = ?1 and kept_at <= ?2")?,
                browsers: count("select count(*) from known_browser where phone = ?1 and ?2 is not null")?,
            })
        };
        self.0.readers.read(look).await
    }

    /// Everything that no visit needs any more, with sessions and drafts; visits to come are cancelled first.
    pub async fn erase_mine(&self, phone: &Phone, now: Moment) -> Result<ErasedMine, StoreError> {
        let (phone, key) = (phone.clone(), self.key().clone());
        self.0.writer.write(move |db| erase(db, &key, &phone, now)).await
    }
}

fn erase(db: &mut Writing<'_>, key: &IdentityKey, phone: &Phone, now: Moment) -> Result<ErasedMine, StoreError> {
    db.touch_erased();
    let mut erased = ErasedMine::default();
    for view in bookings::several(db, key, "b.phone = ?1", &[&phone.as_str()])? {
        match erasable(&view.facts, &view.standing, now) {
            Erasable::AfterTheVisit => {
                erased.later.push(view.id);
                continue;
            }
            Erasable::AfterCancelling => {
                decisions::end(db, &view, RevokedBy::Visitor, now)?;
                // The host is told all the same, by notices of nobody's booking, which are forgotten when they were, or in a day.
                db.execute(
                    "update notice set booking = null where booking = ?1 and kind = ?2 and next_try is not null",
                    params![view.id.get(), NoticeKind::Cancelled.name()],
                )?;
            }
            // Its day is over, and that has not been told yet.
            Erasable::Now if view.standing == Standing::Waiting => settled::tell(db, &view, &Standing::Waiting, now)?,
            Erasable::Now => {}
        }
        erased.bookings += retention::anonymise(db, "id = ?1", &view.id.get())?;
    }
    let mut kept = db.prepare_cached(
        "select id from booking where booked_by = ?1 and booked_by is not phone and not anonymous
             and (day = ?2 and standing <> 'declined' or day > ?2 and standing in ('waiting', 'approved'))",
    )?;
    let kept = kept.query_map(params![phone.as_str(), CampusDay::of(now).to_string()], |row| row.get(0))?;
    erased.later.extend(kept.collect::<Result<Vec<i64>, _>>()?.into_iter().map(BookingId::new));
    // Whom they booked for keeps their own data; that this phone did it is forgotten once the visit is over or will not be.
    db.execute(
        "update booking set booked_by = null where booked_by = ?1 and booked_by is not phone
             and (day < ?2 or standing = 'declined' or day > ?2 and standing in ('cancelled', 'revoked'))",
        params![phone.as_str(), CampusDay::of(now).to_string()],
    )?;
    notices::unsay(db, r#"booking is null and "to" = ?1"#, &[&phone.as_str()])?;
    for forget in [
        r#"update notice set "to" = '', path = null, next_try = null, failure = null, receipt_why = null, handle = null
               where booking is null and "to" = ?1"#,
        "delete from session where phone = ?1",
        "delete from draft where phone = ?1",
        "delete from unsent_form where phone = ?1",
        "delete from sign_in_code where phone = ?1",
        "delete from known_browser where phone = ?1",
    ] {
        db.execute(forget, [phone.as_str()])?;
    }
    Ok(erased)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use shared::sync::change::Change;

    use super::*;
    use crate::{
        office::{BookingForm, Channel, Choice, Revision, notice::Fact},
        store::{
            Came, SessionToken, Taken,
            office_days::{Office, form, today},
        },
    };

    #[tokio::test]
    async fn what_no_visit_needs_is_erased_at_once_and_today_s_from_tomorrow() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        let phone = Phone::parse(&form().phone).unwrap();
        let other = BookingForm { phone: "13800130077".to_owned(), ..form() };
        let on = |days: u16| BookingForm { day: today().plus_days(days).to_string(), ..form() };
        let yes = || Choice::Approve.on(Revision::FIRST);
        let mut ids = Vec::new();
        for (typed, seed) in [(on(0), 1), (on(1), 2), (on(2), 3), (other, 4)] {
            let (id, links) = office.submit(&typed, seed).await;
            ids.push(id);
            if seed < 3 {
                store.decide(&links.sms, yes(), office.issuing(seed), *now).await.unwrap();
            }
        }
        let [of_today, approved, waiting, of_another] = ids.as_slice() else { panic!("{ids:?}") };
        let day = TimeDelta::days(1);
        let token = SessionToken::from_random([1; 32]);
        store.open_session(&token, phone.clone(), *now, now.plus(day), day).await.unwrap();
        store.keep_draft(&phone, false, &form(), *now).await.unwrap();
        let mine = store.my_data(&phone, *now).await.unwrap();
        assert_eq!(mine.bookings.iter().map(|one| one.view.id).collect::<Vec<_>>(), [*waiting, *approved, *of_today]);
        for one in &mine.bookings {
            assert!(one.number_kept && !one.consents.is_empty());
            assert!(one.consents.iter().all(|given| given.notice == "1" && given.at == *now));
        }
        assert_eq!((mine.sessions, mine.drafts), (1, 1));

        let erased = store.erase_mine(&phone, *now).await.unwrap();
        assert_eq!(erased, ErasedMine { bookings: 2, later: vec![*of_today] });
        for id in [approved, waiting] {
            assert!(store.booking(*id).await.unwrap().is_none());
        }
        let due = store.due_notices(*now, 100).await.unwrap();
        let told = due.iter().filter(|notice| notice.kind == NoticeKind::Cancelled && !notice.text.is_empty());
        assert_eq!(told.count(), 2, "the host is told all the same");
        let still = store.booking(*of_today).await.unwrap().unwrap();
        assert!(matches!(still.standing, Standing::Approved { .. }));
        assert!(store.booking(*of_another).await.unwrap().is_some());
        assert!(office.changes().await.iter().any(|change| matches!(change, Change::PassRevoked { .. })));
        assert!(store.session(&token, *now).await.unwrap().is_none());
        let empty = store.my_data(&phone, *now).await.unwrap();
        assert_eq!((empty.bookings.len(), empty.sessions, empty.drafts), (1, 0, 0));
        assert_eq!(office.look("select count(*) from booking where document is null and anonymous"), 2);
        let tomorrow = today().plus_days(1).at_minute(1);
        assert_eq!(store.erase_mine(&phone, tomorrow).await.unwrap(), ErasedMine { bookings: 1, later: vec![] });
    }

    /// Whether anything in the database still says it; what is counted for a day is not forgotten, or erasing would lift a limit.
    async fn left(office: &Office) -> Vec<String> {
        let rows = office.store.every_row().await.unwrap();
        let rows = rows.into_iter().filter(|(table, _)| table != "attempt").flat_map(|(_, rows)| rows);
        rows.filter(|row| row.contains("张晓明") || row.contains(&form().phone)).collect()
    }

    #[tokio::test]
    async fn what_asked_is_closed_after_an_erasure_by_its_own_name_and_then_nothing_is_left() {
        for decided_before in [false, true] {
            let office = Office::with_host().await;
            let Office { store, now, .. } = &office;
            let phone = Phone::parse(&form().phone).unwrap();
            let (id, links) = office.submit(&form(), 1).await;
            let mut asked = Vec::new();
            for channel in [Channel::Hall, Channel::Wecom] {
                let [one] = store.take_notices(channel, None, 99, *now).await.unwrap().try_into().unwrap();
                let came = Came::Sent { adapter: "it", handle: Some(format!("张晓明 at {}", channel.name())) };
                // The card is in hand while all is erased.
                if channel == Channel::Hall {
                    store.keep_notices(vec![(one.notice.id, came.clone())], *now).await.unwrap();
                }
                asked.push((one.notice, came));
            }
            if decided_before {
                let no = Choice::Decline { reason: None }.on(Revision::FIRST);
                store.decide(&links.sms, no, office.issuing(1), *now).await.unwrap();
            }
            assert_eq!(store.erase_mine(&phone, *now).await.unwrap().bookings, 1);
            assert!(store.booking(id).await.unwrap().is_none());
            let [_, (card, came)] = asked.as_slice() else { panic!("{asked:?}") };
            assert_eq!(store.take_notices(Channel::Wecom, None, 99, *now).await.unwrap(), [], "it is not there yet");
            store.keep_notices(vec![(card.id, came.clone())], *now).await.unwrap();
            for (first, _) in &asked {
                let [closing] = store.take_notices(first.channel, None, 99, *now).await.unwrap().try_into().unwrap();
                let closing = closing.notice;
                let follows = closing.follows.clone().unwrap();
                assert_eq!(follows.key, first.key());
                assert_eq!(follows.handle, Some(format!("张晓明 at {}", first.channel.name())), "or it closes nothing");
                let stands = if decided_before { "未通过" } else { "访客已取消" };
                assert_eq!(closing.fact(Fact::Standing), Some(stands));
                assert!(!format!("{} {:?}", closing.text, closing.facts).contains("张晓明"), "{closing:?}");
                assert_eq!(closing.path.as_deref(), Some("/bookings"), "its own page is gone");
                let again =
                    Came::Again { why: "张晓明 ?".to_owned(), next_try: *now, of_number: false, in_doubt: false };
                let done = Came::Sent { adapter: "it", handle: None };
                store.keep_notices(vec![(closing.id, again), (closing.id, done)], *now).await.unwrap();
                assert_eq!(store.take_notices(first.channel, None, 99, *now).await.unwrap(), [], "once");
            }
            let told = store.take_notices(Channel::Sms, None, 99, *now).await.unwrap();
            let done = |one: &Taken| (one.notice.id, Came::Sent { adapter: "it", handle: None });
            store.keep_notices(told.iter().map(done).collect(), *now).await.unwrap();
            assert_eq!(left(&office).await, Vec::<String>::new());
        }
    }

    #[tokio::test]
    async fn what_nobody_was_shown_is_not_closed_and_what_may_have_been_is_not_sent_again() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        office.submit(&form(), 1).await;
        let [card] = store.take_notices(Channel::Wecom, None, 99, *now).await.unwrap().try_into().unwrap();
        let later = now.plus(TimeDelta::minutes(1));
        store.erase_mine(&Phone::parse(&form().phone).unwrap(), *now).await.unwrap();
        assert_eq!(store.take_notices(Channel::Hall, None, 99, later).await.unwrap(), [], "it was never there");
        // The server falls over before the card's answer is known.
        store.notices_let_go(later).await.unwrap();
        assert_eq!(store.take_notices(Channel::Wecom, None, 99, later).await.unwrap(), []);
        let [closing] = store.take_notices(Channel::Wecom, None, 99, later).await.unwrap().try_into().unwrap();
        assert_eq!(closing.notice.follows.unwrap().key, card.notice.key());
    }

    #[tokio::test]
    async fn what_was_booked_for_somebody_who_still_comes_is_said_to_stay() {
        let office = Office::with_host().await;
        let friend = BookingForm { phone: "13800130077".to_owned(), ..form() };
        let (id, _) = office.submit(&friend, 1).await;
        let booker = Phone::parse("13800130009").unwrap();
        let erased = office.store.erase_mine(&booker, office.now).await.unwrap();
        assert_eq!(erased, ErasedMine { bookings: 0, later: vec![id] });
        let tomorrow = today().plus_days(1).at_minute(1);
        assert_eq!(office.store.erase_mine(&booker, tomorrow).await.unwrap(), ErasedMine::default());
        assert_eq!(office.store.booking(id).await.unwrap().unwrap().booked_by, None);
        // One that will not take place keeps nothing.
        for (days, seed) in [(0, 2), (1, 3)] {
            let next = BookingForm { day: today().plus_days(days).to_string(), ..friend.clone() };
            let (declined, links) = office.submit(&next, seed).await;
            let no = Choice::Decline { reason: None }.on(Revision::FIRST);
            office.store.decide(&links.sms, no, office.issuing(seed), office.now).await.unwrap();
            assert_eq!(office.store.erase_mine(&booker, office.now).await.unwrap(), ErasedMine::default());
            assert_eq!(office.store.booking(declined).await.unwrap().unwrap().booked_by, None);
        }
    }
}
