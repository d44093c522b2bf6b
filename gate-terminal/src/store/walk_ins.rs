//! Visitors without a booking whom a guard asked for: who asked is still standing there when the program starts again.
//!
//! The list is short and changes a few times an hour, so it is written as a whole. No document number is in it.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use shared::sync::{change::WalkInOutcome, walk_in::WalkInNumber};

use super::{StoreError, stored};
use crate::ports::WalkIn;

pub(super) fn keep(transaction: &Transaction<'_>, walk_ins: &[WalkIn]) -> Result<(), StoreError> {
    transaction.execute("delete from walk_in", [])?;
    walk_ins.iter().try_for_each(|walk_in| put(transaction, walk_in))
}

/// The host's word on one of ours, in the same step as the rest of the news that brought it.
pub(super) fn decided(
    transaction: &Transaction<'_>,
    number: WalkInNumber,
    outcome: WalkInOutcome,
) -> Result<(), StoreError> {
    let sql = "select body from walk_in where number = ?1";
    let body: Option<String> = transaction.query_row(sql, [stored(number.get())?], |row| row.get(0)).optional()?;
    let Some(body) = body else { return Ok(()) };
    let mut walk_in = read(&body)?;
    walk_in.standing = outcome.into();
    put(transaction, &walk_in)
}

/// The newest first.
pub(super) fn load(connection: &Connection) -> Result<Vec<WalkIn>, StoreError> {
    let mut select = connection.prepare("select body from walk_in order by number desc")?;
    let mut rows = select.query([])?;
    let mut walk_ins = Vec::new();
    while let Some(row) = rows.next()? {
        walk_ins.push(read(&row.get::<_, String>(0)?)?);
    }
    Ok(walk_ins)
}

fn put(transaction: &Transaction<'_>, walk_in: &WalkIn) -> Result<(), StoreError> {
    let body = serde_json::to_string(walk_in).map_err(StoreError::json("walk-in"))?;
    transaction
        .prepare_cached("insert or replace into walk_in (number, body) values (?1, ?2)")?
        .execute(params![stored(walk_in.number.get())?, body])?;
    Ok(())
}

fn read(body: &str) -> Result<WalkIn, StoreError> {
    serde_json::from_str(body).map_err(StoreError::json("walk-in"))
}
