//! The outbox: notices are written in the transaction of what they tell of, and sent afterwards.
//!
//! So there is never a notice of something that was rolled back, nor a decision nobody heard of because the server fell over in
//! between. Once sent, the link it carried is forgotten.

use rusqlite::{Connection, Row, params};
use shared::{ids::BookingId, time::Moment};

use super::{Store, StoreError, rows, writer::Writing};
use crate::office::{Channel, notice::NoticeKind};

/// A notice to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub id: i64,
    pub channel: Channel,
    /// A phone number, or the channel's own name for a member of staff.
    pub to: String,
    pub kind: NoticeKind,
    pub booking: Option<BookingId>,
    pub text: String,
    /// Where it leads: the path of a page, to be put after the site's address.
    pub path: Option<String>,
    /// How often sending it has failed.
    pub failed: u32,
}

/// What became of a notice, for the booking's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeStatus {
    pub channel: Channel,
    pub kind: NoticeKind,
    pub state: NoticeState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeState {
    Waiting { failed: u32 },
    Sent { at: Moment },
    GivenUp,
}

pub(super) struct New<'a> {
    pub(super) booking: Option<BookingId>,
    pub(super) kind: NoticeKind,
    pub(super) channel: Channel,
    pub(super) to: &'a str,
    pub(super) text: &'a str,
    pub(super) path: Option<&'a str>,
}

impl Store {
    pub async fn due_notices(&self, now: Moment, limit: usize) -> Result<Vec<Notice>, StoreError> {
        let due = move |db: &rusqlite::Connection| {
            let mut query = db.prepare_cached(
                r#"select id, booking, kind, channel, "to", body, path, tries from notice
                   where next_try is not null and next_try <= ?1 order by next_try, id limit ?2"#,
            )?;
            let mut found = query.query(params![now.unix_ms(), rows::limit(limit)])?;
            let mut notices = Vec::new();
            while let Some(row) = found.next()? {
                notices.push(read(row)?);
            }
            Ok(notices)
        };
        self.0.readers.read(due).await
    }

    pub async fn notice_sent(&self, id: i64, now: Moment) -> Result<(), StoreError> {
        let sent = move |db: &mut Writing<'_>| {
            db.prepare_cached(
                "update notice set next_try = null, sent_at = ?1, path = null, failure = null,
                     body = case kind when ?2 then '' else body end
                 where id = ?3",
            )?
            .execute(params![now.unix_ms(), NoticeKind::SignInCode.name(), id])?;
            Ok(())
        };
        self.0.writer.write(sent).await
    }

    /// Without a next try the notice is given up.
    pub async fn notice_failed(&self, id: i64, why: &str, next_try: Option<Moment>) -> Result<(), StoreError> {
        let why = why.to_owned();
        let failed = move |db: &mut Writing<'_>| {
            db.execute(
                "update notice set next_try = ?1, tries = tries + 1, failure = ?2,
                     path = case when ?1 is null then null else path end,
                     body = case when ?1 is null and kind = ?3 then '' else body end
                 where id = ?4",
                params![next_try.map(Moment::unix_ms), why, NoticeKind::SignInCode.name(), id],
            )?;
            Ok(())
        };
        self.0.writer.write(failed).await
    }
}

/// What was written about a booking, oldest first.
pub(super) fn of(db: &Connection, booking: BookingId) -> Result<Vec<NoticeStatus>, StoreError> {
    let mut query =
        db.prepare_cached("select kind, channel, next_try, sent_at, tries from notice where booking = ?1 order by id")?;
    let mut found = query.query([booking.get()])?;
    let mut notices = Vec::new();
    while let Some(row) = found.next()? {
        notices.push(status(row)?);
    }
    Ok(notices)
}

pub(super) fn add(db: &mut Writing<'_>, notice: &New<'_>, now: Moment) -> Result<(), StoreError> {
    db.prepare_cached(
        r#"insert into notice (booking, kind, channel, "to", body, path, made_at, next_try)
           values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)"#,
    )?
    .execute(params![
        notice.booking.map(BookingId::get),
        notice.kind.name(),
        notice.channel.name(),
        notice.to,
        notice.text,
        notice.path,
        now.unix_ms()
    ])?;
    db.touch_notices();
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Notice, StoreError> {
    Ok(Notice {
        id: row.get("id")?,
        channel: channel(row)?,
        to: row.get("to")?,
        kind: kind(row)?,
        booking: row.get::<_, Option<i64>>("booking")?.map(BookingId::new),
        text: row.get("body")?,
        path: row.get("path")?,
        failed: row.get("tries")?,
    })
}

fn status(row: &Row<'_>) -> Result<NoticeStatus, StoreError> {
    let waits = row.get::<_, Option<i64>>("next_try")?.is_some();
    let state = match rows::maybe_moment(row, "sent_at")? {
        Some(at) => NoticeState::Sent { at },
        None if waits => NoticeState::Waiting { failed: row.get("tries")? },
        None => NoticeState::GivenUp,
    };
    Ok(NoticeStatus { channel: channel(row)?, kind: kind(row)?, state })
}

fn channel(row: &Row<'_>) -> Result<Channel, StoreError> {
    rows::parsed(row, "channel", |name: String| Channel::from_name(&name))
}

fn kind(row: &Row<'_>) -> Result<NoticeKind, StoreError> {
    rows::parsed(row, "kind", |name: String| NoticeKind::from_name(&name))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::store::office_days::{Office, form};

    #[tokio::test]
    async fn a_notice_is_due_until_it_is_sent_or_given_up_and_then_forgets_its_link() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        let (booking, _) = office.submit(&form(), 1).await;
        let due = store.due_notices(*now, 10).await.unwrap();
        assert_eq!(due.iter().map(|notice| notice.channel).collect::<Vec<_>>(), Channel::ALL);
        assert!(due.iter().all(|notice| notice.path.as_ref().is_some_and(|path| path.starts_with("/decide/"))));
        let later = now.plus(TimeDelta::minutes(1));
        store.notice_sent(due[0].id, *now).await.unwrap();
        store.notice_failed(due[1].id, "slow", Some(later)).await.unwrap();
        store.notice_failed(due[2].id, "gone", None).await.unwrap();
        assert_eq!(store.due_notices(*now, 10).await.unwrap(), []);
        let again = store.due_notices(later, 10).await.unwrap();
        assert_eq!(again.len(), 1);
        assert_eq!((again[0].id, again[0].failed), (due[1].id, 1));
        let states: Vec<_> = store
            .booking_with_notices(booking, None)
            .await
            .unwrap()
            .unwrap()
            .1
            .into_iter()
            .map(|notice| notice.state)
            .collect();
        let sent = NoticeState::Sent { at: *now };
        assert_eq!(states, [sent, NoticeState::Waiting { failed: 1 }, NoticeState::GivenUp]);
        let paths = office.look("select count(*) from notice where path is not null");
        assert_eq!(paths, 1);
    }
}
