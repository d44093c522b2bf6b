//! What the office should look at: notices that wait, that did not arrive, or that may have arrived twice.

use rusqlite::{Connection, params};
use shared::{ids::BookingId, time::Moment};

use super::{NoticeStatus, Store, StoreError, notices, rows};

/// A notice as the office is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedNotice {
    pub id: i64,
    pub booking: Option<BookingId>,
    pub to: String,
    pub made_at: Moment,
    pub status: NoticeStatus,
    pub tries: u32,
    /// How often it was sent although it may have arrived before.
    pub doubles: u32,
    /// In the provider's words.
    pub why: Option<String>,
}

/// How many there are of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoticeCounts {
    pub waiting: u64,
    pub given_up: u64,
    pub undelivered: u64,
    /// Sendings, not notices.
    pub doubles: u64,
}

const WAITING: &str = "next_try is not null";
const GIVEN_UP: &str = "next_try is null and sent_at is null and coalesce(given_up, 'refused') in ('refused', 'aged')
    and \"to\" <> ''";
const UNDELIVERED: &str = "sent_at is not null and receipt = 'failed'";

impl Store {
    /// The newest `limit`, oldest first, and how many there are in all.
    pub async fn notices_listed(&self, limit: usize) -> Result<(Vec<ListedNotice>, NoticeCounts), StoreError> {
        self.0.readers.read(move |db| Ok((listed(db, limit)?, counts(db)?))).await
    }
}

fn listed(db: &Connection, limit: usize) -> Result<Vec<ListedNotice>, StoreError> {
    let sql = format!(
        "select * from notice where {WAITING} or {GIVEN_UP} or {UNDELIVERED} or doubles > 0 order by id desc limit ?1"
    );
    let mut query = db.prepare_cached(&sql)?;
    let mut found = query.query(params![rows::limit(limit)])?;
    let mut listed = Vec::new();
    while let Some(row) = found.next()? {
        let failure: Option<String> = row.get("failure")?;
        listed.push(ListedNotice {
            id: row.get("id")?,
            booking: row.get::<_, Option<i64>>("booking")?.map(BookingId::new),
            to: row.get("to")?,
            made_at: rows::moment(row, "made_at")?,
            status: notices::status(row)?,
            tries: row.get("tries")?,
            doubles: row.get("doubles")?,
            why: row.get::<_, Option<String>>("receipt_why")?.or(failure),
        });
    }
    listed.reverse();
    Ok(listed)
}

fn counts(db: &Connection) -> Result<NoticeCounts, StoreError> {
    let sql = format!(
        "select count(*) filter (where {WAITING}) as waiting, count(*) filter (where {GIVEN_UP}) as given_up,
             count(*) filter (where {UNDELIVERED}) as undelivered, coalesce(sum(doubles), 0) as doubles from notice"
    );
    let count = |row: &rusqlite::Row<'_>| {
        Ok(NoticeCounts {
            waiting: rows::seq(row, "waiting")?,
            given_up: rows::seq(row, "given_up")?,
            undelivered: rows::seq(row, "undelivered")?,
            doubles: rows::seq(row, "doubles")?,
        })
    };
    let mut query = db.prepare_cached(&sql)?;
    let mut found = query.query([])?;
    found.next()?.map_or_else(|| Ok(NoticeCounts::default()), count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Came, GivenUp, Receipt,
        office_days::{Office, form},
    };

    #[tokio::test]
    async fn what_went_well_is_not_listed_and_the_rest_is_counted() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        office.submit(&form(), 1).await;
        let mut ids = Vec::new();
        for channel in crate::office::Channel::ALL {
            ids.push(store.take_notices(channel, None, 9, *now).await.unwrap()[0].notice.id);
        }
        let (all, counts) = store.notices_listed(9).await.unwrap();
        assert_eq!((all.len(), counts), (3, NoticeCounts { waiting: 3, ..NoticeCounts::default() }));
        let sent = |handle: &str| Came::Sent { adapter: "post", handle: Some(handle.to_owned()) };
        let gone = Came::GivenUp { how: GivenUp::Aged, why: Some("busy".to_owned()), of_number: false, in_doubt: true };
        store.notice_doubles(ids[0]).await.unwrap();
        let came = vec![(ids[0], sent("a")), (ids[1], sent("b")), (ids[2], gone)];
        store.keep_notices(came, *now).await.unwrap();
        store.receipt("post", "a", Receipt::Delivered, *now).await.unwrap();
        store.receipt("post", "b", Receipt::Failed("停机".to_owned()), *now).await.unwrap();
        let (all, counts) = store.notices_listed(9).await.unwrap();
        assert_eq!(counts, NoticeCounts { waiting: 0, given_up: 1, undelivered: 1, doubles: 1 });
        let said: Vec<_> = all.iter().map(|one| (one.id, one.doubles, one.why.as_deref())).collect();
        assert_eq!(said, [(ids[0], 1, None), (ids[1], 0, Some("停机")), (ids[2], 0, Some("busy"))]);
        store.receipt("post", "b", Receipt::Delivered, *now).await.unwrap();
        assert_eq!(store.notices_listed(9).await.unwrap().0.len(), 2);
    }
}
