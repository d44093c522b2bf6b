//! What asked a host, on channels that keep a to-do or a card of it, is told once nothing is asked any more.
//!
//! It is written in the transaction that ends the waiting, one for each card and to-do, also when that has not left yet: it is sent
//! after it. What has waited long to be sent, because of the quiet or of a channel that was down, is not sent any more.

use rusqlite::{Connection, OptionalExtension as _, ToSql, params};
use shared::{
    ids::{BookingId, StaffNumber},
    time::{CampusDay, Moment},
};

use super::{BookingView, GivenUp, Store, StoreError, bookings, directory, notices, rows, writer::Writing};
use crate::office::{
    Channel, Staff, Standing,
    notice::{self, Fact, NoticeKind},
};

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

/// That `former` decides for `host` no more: what asked them and has not left yet does not leave, and the rest is closed. Whoever
/// shares an address with the host keeps what is the host's.
pub(super) fn tell_former(
    db: &mut Writing<'_>,
    (former, host): (&Staff, &StaffNumber),
    now: Moment,
) -> Result<(), StoreError> {
    let own = directory::by_number(db, host)?;
    let message = notice::settled_for_former_deputy();
    for channel in Channel::ALL {
        let to = former.address(channel);
        if own.as_ref().is_some_and(|host| host.address(channel) == to) {
            continue;
        }
        let theirs = r#"n."to" = ?1 and n.channel = ?2
            and n.booking in (select id from booking where host = ?3 and standing = 'waiting')"#;
        db.prepare_cached(&format!(
            "update notice as n set next_try = null, given_up = ?4, path = null where {theirs} and n.kind = 'approval_asked'
                 and n.next_try is not null and n.taken_at is null"
        ))?
        .execute(params![to, channel.name(), host.as_str(), GivenUp::Needless.name()])?;
        let shown = {
            let mut query = db.prepare_cached(&format!(
                "select n.id, n.booking from notice n where {theirs} and {ASKS} order by n.id"
            ))?;
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            let found = query.query_map(params![to, channel.name(), host.as_str()], read)?;
            found.collect::<Result<Vec<(i64, i64)>, _>>()?
        };
        for (follows, booking) in shown {
            let booking = Some(BookingId::new(booking));
            let notice = notices::New { booking, channel, to, message: &message, path: Some("/bookings") };
            notices::add_following(db, &notice, follows, now)?;
        }
    }
    Ok(())
}

/// What is still to be told of bookings that are forgotten, those of `these` with `value`: nobody's from now on, and without a name.
/// What asked stays for it to be told by, as far as it may have been shown, and goes when it was.
pub(super) fn let_go(db: &Writing<'_>, these: &str, value: &dyn ToSql) -> Result<(), StoreError> {
    // In hand it ends by itself; in doubt it is not sent again, and closed in case it was.
    let shown_no_more = format!(
        "update notice set next_try = null, given_up = ?2, path = null where booking in {these} and kind = ?3
             and next_try is not null and (taken_at is null or in_hand_until is null)"
    );
    let asks = NoticeKind::ApprovalAsked.name();
    db.execute(&shown_no_more, params![value, GivenUp::Needless.name(), asks])?;
    let to_be_told = format!(
        "select n.id, n.follows, s.facts from notice n join said s on s.id = n.said
         where n.booking in {these} and n.kind = ?2 and n.next_try is not null and n.follows is not null"
    );
    let mut told = Vec::new();
    {
        let mut query = db.prepare_cached(&to_be_told)?;
        let mut found = query.query(params![value, NoticeKind::Settled.name()])?;
        while let Some(row) = found.next()? {
            let stands =
                notices::facts(&rows::text(row, "facts")?)?.into_iter().find(|(fact, _)| *fact == Fact::Standing);
            let stands = stands.map(|(_, stands)| stands).unwrap_or_default();
            told.push((row.get::<_, i64>("id")?, row.get::<_, i64>("follows")?, stands));
        }
    }
    for (id, follows, stands) in told {
        notices::say_instead(db, id, &notice::settled_of_nobody(&stands))?;
        notices::unsay(db, "id = ?1", &[&follows])?;
        db.execute("update notice set booking = null, path = '/bookings', failure = null where id = ?1", [id])?;
        db.execute(
            "update notice set booking = null, path = null, failure = null, receipt_why = null where id = ?1",
            [follows],
        )?;
    }
    Ok(())
}

/// After `notice` has left or never will: of nobody's booking it says nothing any more, nor does what it closed.
pub(super) fn forget_of_nobody(db: &Writing<'_>, notice: i64) -> Result<(), StoreError> {
    let closing = "id = ?1 and booking is null and next_try is null and kind in (?2, ?3)";
    let (settled, cancelled) = (NoticeKind::Settled.name(), NoticeKind::Cancelled.name());
    let gone = db
        .prepare_cached(&format!(
            "update notice set path = null, failure = null, handle = null where {closing} returning follows"
        ))?
        .query_row(params![notice, settled, cancelled], |row| row.get::<_, Option<i64>>(0))
        .optional()?;
    let Some(follows) = gone else { return Ok(()) };
    notices::unsay(db, closing, &[&notice, &settled, &cancelled])?;
    let forget = "update notice set handle = null, failure = null, receipt_why = null where id = ?1";
    follows.map_or(Ok(()), |follows| db.execute(forget, [follows]).map(drop).map_err(StoreError::from))
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
        office::{Choice, Revision},
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
        let gone =
            |in_doubt| Came::GivenUp { how: GivenUp::Refused, why: Some("no".to_owned()), of_number: false, in_doubt };
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
        let gone =
            Came::GivenUp { how: GivenUp::Refused, why: Some("no".to_owned()), of_number: false, in_doubt: false };
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
