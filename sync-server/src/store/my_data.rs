//! What is kept about who is signed in, for themselves: to look at, to take along, and to have erased.

use rusqlite::{Connection, params};
use shared::{
    identity::Phone,
    ids::BookingId,
    time::{CampusDay, Moment},
};

use super::{
    BookingView, Given, IdentityKey, Store, StoreError, bookings, consents, decisions, retention, writer::Writing,
};
use crate::office::{Erasable, RevokedBy, erasable, notice::NoticeKind};

#[derive(Debug, Clone)]
pub struct MyData {
    /// The latest day first.
    pub bookings: Vec<Mine>,
    /// Devices on which this phone is signed in.
    pub sessions: u32,
    pub drafts: u32,
}

#[derive(Debug, Clone)]
pub struct Mine {
    pub view: BookingView,
    /// What was agreed to, the latest last.
    pub consents: Vec<Given>,
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
                Ok(Mine { consents: consents::of(db, view.id)?, view, number_kept })
            });
            let count = |sql| db.query_row(sql, params![phone.as_str(), now.unix_ms()], |row| row.get(0));
            Ok(MyData {
                bookings: bookings.collect::<Result<_, StoreError>>()?,
                sessions: count("select count(*) from session where phone = ?1 and expires_at > ?2")?,
                drafts: count("select count(*) from draft where phone = ?1 and kept_at <= ?2")?,
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
    let mut erased = ErasedMine::default();
    for view in bookings::several(db, key, "b.phone = ?1", &[&phone.as_str()])? {
        match erasable(&view.facts, &view.standing, now) {
            Erasable::AfterTheVisit => {
                erased.later.push(view.id);
                continue;
            }
            Erasable::AfterCancelling => {
                decisions::end(db, &view, RevokedBy::Visitor, now)?;
                // The host is told all the same, by notices of nobody's booking, which are forgotten in a day.
                db.execute(
                    "update notice set booking = null where booking = ?1 and kind in (?2, ?3) and next_try is not null",
                    params![view.id.get(), NoticeKind::Cancelled.name(), NoticeKind::Settled.name()],
                )?;
            }
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
    for forget in [
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
        office::{BookingForm, Choice, Revision, Standing},
        store::{
            SessionToken,
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
