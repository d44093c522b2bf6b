//! What the database knows of the server's clock: the newest moments in it, when the chores were last done, and an operator's
//! word that the clock is right.

use rusqlite::{Connection, params};
use shared::time::Moment;

use super::{Store, StoreError, rows, writer::Writing};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockKept {
    /// When the minute's chores were last done.
    pub chores: Option<Moment>,
    /// How often an operator has said that the clock is right.
    pub accepted: u32,
}

impl Store {
    pub async fn clock_kept(&self) -> Result<ClockKept, StoreError> {
        self.0.readers.read(kept).await
    }

    /// The newest moment this server has written, but for those that a clock wrote which an operator has called wrong. Looks at
    /// every entry: for the start.
    pub async fn newest_moment(&self) -> Result<Option<Moment>, StoreError> {
        self.0.readers.read(believed).await
    }

    pub async fn chores_done(&self, now: Moment) -> Result<(), StoreError> {
        let done = move |db: &mut Writing<'_>| {
            db.prepare_cached("update clock_kept set chores_at = ?1")?.execute([now.unix_ms()])?;
            Ok(())
        };
        self.0.writer.write(done).await
    }

    /// An operator's word that the clock is right: what was written later than it says was written by a wrong one. Returns what
    /// was known before.
    pub async fn accept_clock(&self, now: Moment) -> Result<ClockKept, StoreError> {
        let accept = move |db: &mut Writing<'_>| {
            let before = kept(db)?;
            let wrong_through = newest(db, None, None)?.max(before.chores);
            db.execute(
                "update clock_kept set chores_at = ?1, accepted = accepted + 1, wrong_after = ?1, wrong_through = ?2",
                params![now.unix_ms(), wrong_through.map(Moment::unix_ms)],
            )?;
            Ok(before)
        };
        self.0.writer.write(accept).await
    }
}

fn kept(db: &Connection) -> Result<ClockKept, StoreError> {
    let mut query = db.prepare_cached("select chores_at, accepted from clock_kept")?;
    let mut found = query.query([])?;
    let row = rows::stored("clock_kept", found.next()?)?;
    Ok(ClockKept { chores: rows::maybe_moment(row, "chores_at")?, accepted: row.get("accepted")? })
}

fn believed(db: &Connection) -> Result<Option<Moment>, StoreError> {
    let (after, through) =
        db.query_row("select wrong_after, wrong_through from clock_kept", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(newest(db, after, through)?.max(kept(db)?.chores))
}

/// Written by this server's clock: entries as they came in, terminals as they were answered, bookings as they were made.
fn newest(db: &Connection, wrong_after: Option<i64>, wrong_through: Option<i64>) -> Result<Option<Moment>, StoreError> {
    let newest: Option<i64> = db
        .prepare_cached(
            "select max(at) from (select received_at as at from entry union all select seen_at from terminal
                 union all select made_at from booking)
             where coalesce(at <= ?1 or at > ?2, true)",
        )?
        .query_row(params![wrong_after, wrong_through], |row| row.get(0))?;
    Ok(newest.map(Moment::from_unix_ms))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::store::office_days::{Office, form};

    #[tokio::test]
    async fn an_operator_s_word_takes_back_what_a_wrong_clock_wrote() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        let newest = async || store.newest_moment().await.unwrap();
        assert_eq!(store.clock_kept().await.unwrap(), ClockKept { chores: None, accepted: 0 });
        assert_eq!(newest().await, None);
        let before = now.minus(TimeDelta::hours(1));
        store.chores_done(before).await.unwrap();
        office.submit(&form(), 1).await;
        assert_eq!(newest().await, Some(*now));
        let right = now.minus(TimeDelta::minutes(30));
        assert_eq!(store.accept_clock(right).await.unwrap(), ClockKept { chores: Some(before), accepted: 0 });
        assert_eq!(store.clock_kept().await.unwrap(), ClockKept { chores: Some(right), accepted: 1 });
        assert_eq!(newest().await, Some(right));
        // What the right clock writes afterwards counts.
        store.chores_done(right.plus(TimeDelta::minutes(1))).await.unwrap();
        assert_eq!(newest().await, Some(right.plus(TimeDelta::minutes(1))));
    }
}
