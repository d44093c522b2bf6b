//! What was agreed to: kept with every form that was sent, for as long as anybody may ask.

use rusqlite::{Connection, params};
use shared::{ids::BookingId, time::Moment};

use super::{StoreError, rows, writer::Writing};
use crate::office::Consent;

/// One tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub consent: Consent,
    /// The version of the notice on personal data.
    pub notice: String,
    pub at: Moment,
}

pub(super) fn keep(
    db: &Writing<'_>,
    booking: BookingId,
    agreed: &[Consent],
    notice: &str,
    now: Moment,
) -> Result<(), StoreError> {
    let mut insert = db
        .prepare_cached("insert or ignore into consent (booking, given_at, consent, notice) values (?1, ?2, ?3, ?4)")?;
    for consent in agreed {
        insert.execute(params![booking.get(), now.unix_ms(), consent.name(), notice])?;
    }
    Ok(())
}

/// The latest last.
pub(super) fn of(db: &Connection, booking: BookingId) -> Result<Vec<Given>, StoreError> {
    let mut query =
        db.prepare_cached("select consent, notice, given_at from consent where booking = ?1 order by given_at")?;
    let mut found = query.query([booking.get()])?;
    let mut given = Vec::new();
    while let Some(row) = found.next()? {
        let name: String = row.get(0)?;
        given.push(Given {
            consent: rows::stored("consent", Consent::from_name(&name))?,
            notice: row.get(1)?,
            at: Moment::from_unix_ms(row.get(2)?),
        });
    }
    Ok(given)
}
