//! What asked a host, on channels that keep a to-do or a card of it, is told once nothing is asked any more.
//!
//! It is written in the transaction that ends the waiting, one for each card and to-do, also when that has not left yet: it is sent
//! after it. What has waited long to be sent, because of the quiet or of a channel that was down, is not sent any more.

use rusqlite::{Connection, params};
use shared::{
    ids::BookingId,
    time::{CampusDay, Moment},
};

use super::{BookingView, GivenUp, Store, StoreError, bookings, notices, rows, writer::Writing};
use crate::office::{Channel, Standing, notice};

/// What was not sent within so long is not on its way.
const ON_ITS_WAY: chrono::TimeDelta = chrono::TimeDelta::minutes(10);

/// Days that are looked back on for what nobody decided.
const LOOKED_BACK_DAYS: u16 = 7;
const AT_ONCE: usize = 200;

impl Store {
    /// Of the bookings that nobody decided before their day was over; how many there were. Called every minute.
    pub async fn settle_days_over(&self, now: Moment) -> Result<usize, StoreError> {
        if self.0.readers.read(move |db| over(db, now)).await?.is_empty() {
            return Ok(0);
        }
        let key = self.key().clone();
        let settle = move |db: &mut Writing<'_>| {
            let over = over(db, now)?;
            for booking in &over {
                if let Some(view) = bookings::by_id(db, &key, *booking)? {
                    tell(db, &view, &Standing::Waiting, now)?;
                }
            }
            Ok(over.len())
        };
        self.0.writer.write(settle).await
    }
}

/// A notice that asked, may have been shown and is not settled yet.
const ASKS: &str = "n.kind = 'approval_asked' and n.channel in ('hall', 'wecom')
    and (n.given_up is null or n.taken_at is not null) and not exists (select 1 from notice s where s.follows = n.id)";

/// That `view`, which waited, stands like this now; [`Standing::Waiting`] when its day is over.
pub(super) fn tell(
    db: &mut Writing<'_>,
    view: &BookingView,
    standing: &Standing,
    now: Moment,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "update notice set next_try = null, given_up = ?3, path = null
         where booking = ?1 and kind = 'approval_asked' and next_try is not null and taken_at is null and tries = 0
             and made_at < ?2",
    )?
    .execute(params![view.id.get(), now.minus(ON_ITS_WAY).unix_ms(), GivenUp::Needless.name()])?;
    let message = notice::settled(&view.facts, standing);
    let path = format!("/bookings/{}", view.id);
    for (follows, channel, to) in asked(db, view.id)? {
        let notice = notices::New { booking: Some(view.id), channel, to: &to, message: &message, path: Some(&path) };
        notices::add_following(db, &notice, follows, now)?;
    }
    Ok(())
}

fn asked(db: &Connection, booking: BookingId) -> Result<Vec<(i64, Channel, String)>, StoreError> {
    let sql = format!(r#"select n.id, n.channel, n."to" from notice n where n.booking = ?1 and {ASKS} order by n.id"#);
    let mut query = db.prepare_cached(&sql)?;
    let mut found = query.query([booking.get()])?;
    let mut asked = Vec::new();
    while let Some(row) = found.next()? {
        asked.push((row.get("id")?, notices::channel(row)?, row.get("to")?));
    }
    Ok(asked)
}

fn over(db: &Connection, now: Moment) -> Result<Vec<BookingId>, StoreError> {
    let today = CampusDay::of(now);
    let sql = format!(
        "select b.id from booking b where b.standing = 'waiting' and b.day >= ?1 and b.day < ?2 and not b.anonymous
             and exists (select 1 from notice n where n.booking = b.id and {ASKS}) order by b.id limit ?3"
    );
    let mut query = db.prepare_cached(&sql)?;
    let since = today.minus_days(LOOKED_BACK_DAYS).to_string();
    let found = query.query_map(params![since, today.to_string(), rows::limit(AT_ONCE)], |row| row.get(0))?;
    Ok(found.collect::<Result<Vec<i64>, _>>()?.into_iter().map(BookingId::new).collect())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use shared::identity::Phone;

    use super::*;
    use crate::{
        office::{
            Choice, Revision,
            notice::{Fact, NoticeKind},
        },
        store::{
            Came, Notice,
            office_days::{Office, form},
        },
    };

    async fn take(office: &Office, channel: Channel, at: Moment) -> Vec<Notice> {
        let taken = office.store.take_notices(channel, None, 99, at).await.unwrap();
        taken.into_iter().map(|one| one.notice).collect()
    }

    async fn sent(office: &Office, notice: &Notice, handle: &str) {
        let came = Came::Sent { adapter: "hall", handle: Some(handle.to_owned()) };
        office.store.keep_notices(vec![(notice.id, came)], office.now).await.unwrap();
    }

    #[tokio::test]
    async fn each_card_and_to_do_is_settled_after_it_was_shown_and_by_its_handle() {
        let office = Office::with_host().await;
        let (_, links) = office.submit(&form(), 1).await;
        let [hall] = take(&office, Channel::Hall, office.now).await.try_into().unwrap();
        let no = Choice::Decline { reason: None }.on(Revision::FIRST);
        office.store.decide(&links.sms, no, office.issuing(1), office.now).await.unwrap();
        assert_eq!(take(&office, Channel::Hall, office.now).await, [], "the to-do is not there yet");
        sent(&office, &hall, "todo-7").await;
        let [settled] = take(&office, Channel::Hall, office.now).await.try_into().unwrap();
        assert!(settled.kind == NoticeKind::Settled && settled.to == hall.to);
        let follows = settled.follows.clone().unwrap();
        assert_eq!((follows.key, follows.handle.as_deref()), (hall.key(), Some("todo-7")));
        assert_eq!((settled.fact(Fact::By), settled.fact(Fact::Standing)), (Some("李文"), Some("未通过")));
        assert_eq!(office.look("select count(*) from notice where kind = 'settled'"), 2, "hall and WeCom, no SMS");
    }

    #[tokio::test]
    async fn what_was_never_shown_is_not_settled() {
        let office = Office::with_host().await;
        let (booking, _) = office.submit(&form(), 1).await;
        let [hall] = take(&office, Channel::Hall, office.now).await.try_into().unwrap();
        let [wecom] = take(&office, Channel::Wecom, office.now).await.try_into().unwrap();
        let gone = |in_doubt| Came::GivenUp { how: GivenUp::Refused, why: Some("no".to_owned()), in_doubt };
        office.store.keep_notices(vec![(hall.id, gone(false)), (wecom.id, gone(true))], office.now).await.unwrap();
        let visitor = Phone::parse(&form().phone).unwrap();
        office.store.cancel(booking, &visitor, office.now).await.unwrap();
        let settled = "select count(*) from notice where kind = 'settled' and channel = ";
        assert_eq!(office.look(&format!("{settled} 'hall'")), 0);
        assert_eq!(office.look(&format!("{settled} 'wecom'")), 1, "it may have been shown");
    }

    #[tokio::test]
    async fn what_is_given_up_after_the_decision_is_not_settled_either() {
        let office = Office::with_host().await;
        let (booking, _) = office.submit(&form(), 1).await;
        let [hall] = take(&office, Channel::Hall, office.now).await.try_into().unwrap();
        office.store.cancel(booking, &Phone::parse(&form().phone).unwrap(), office.now).await.unwrap();
        let gone = Came::GivenUp { how: GivenUp::Refused, why: Some("no".to_owned()), in_doubt: false };
        office.store.keep_notices(vec![(hall.id, gone)], office.now).await.unwrap();
        assert_eq!(take(&office, Channel::Hall, office.now).await, []);
        assert_eq!(office.look("select count(*) from notice where kind = 'settled' and given_up = 'needless'"), 1);
    }

    #[tokio::test]
    async fn what_waited_for_the_morning_is_not_sent_when_it_was_decided_before() {
        let office = Office::with_host().await;
        let (booking, _) = office.submit(&form(), 1).await;
        let visitor = Phone::parse(&form().phone).unwrap();
        let morning = office.now.plus(TimeDelta::hours(1));
        office.store.cancel(booking, &visitor, morning).await.unwrap();
        assert_eq!(office.look("select count(*) from notice where given_up = 'needless'"), 3);
        assert_eq!(office.look("select count(*) from notice where kind = 'settled'"), 0);
    }

    #[tokio::test]
    async fn a_day_that_is_over_settles_what_nobody_decided_once() {
        let office = Office::with_host().await;
        office.submit(&form(), 1).await;
        let [hall] = take(&office, Channel::Hall, office.now).await.try_into().unwrap();
        sent(&office, &hall, "todo-7").await;
        assert_eq!(office.store.settle_days_over(office.now).await.unwrap(), 0);
        let tomorrow = CampusDay::of(office.now).end();
        assert_eq!(office.store.settle_days_over(tomorrow).await.unwrap(), 1);
        assert_eq!(office.store.settle_days_over(tomorrow).await.unwrap(), 0);
        let [settled] = take(&office, Channel::Hall, tomorrow).await.try_into().unwrap();
        assert!(settled.text.contains("已过期"), "{}", settled.text);
    }
}
