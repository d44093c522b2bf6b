//! Reading values back from rows, each through its own parser: a row that fails it is an error, never a guess.

use rusqlite::{Row, types::FromSql};
use shared::{
    chain::{ChainHash, Head},
    entry::{Direction, EntryId},
    identity::{PersonName, Phone},
    ids::{CampusId, GateIndex, PassId, StaffNumber, TerminalId},
    time::{CampusDay, Moment},
};

use super::StoreError;
use crate::office::Staff;

pub(super) fn stored<T>(what: &'static str, read: Option<T>) -> Result<T, StoreError> {
    read.ok_or(StoreError::Stored { what })
}

pub(super) fn moment(row: &Row<'_>, column: &'static str) -> Result<Moment, StoreError> {
    Ok(Moment::from_unix_ms(row.get(column)?))
}

pub(super) fn maybe_moment(row: &Row<'_>, column: &'static str) -> Result<Option<Moment>, StoreError> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Moment::from_unix_ms))
}

pub(super) fn text(row: &Row<'_>, column: &'static str) -> Result<String, StoreError> {
    stored(column, row.get(column)?)
}

pub(super) fn day(row: &Row<'_>, column: &'static str) -> Result<CampusDay, StoreError> {
    stored(column, CampusDay::parse(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?))
}

pub(super) fn campus(row: &Row<'_>, column: &'static str) -> Result<CampusId, StoreError> {
    Ok(CampusId::new(row.get(column)?))
}

pub(super) fn terminal(row: &Row<'_>, column: &'static str) -> Result<TerminalId, StoreError> {
    Ok(TerminalId::new(row.get(column)?))
}

pub(super) fn gate(row: &Row<'_>, column: &'static str) -> Result<GateIndex, StoreError> {
    stored(column, GateIndex::new(row.get(column)?))
}

pub(super) fn pass(row: &Row<'_>, column: &'static str) -> Result<PassId, StoreError> {
    Ok(PassId::from_bytes(row.get(column)?))
}

pub(super) fn seq(row: &Row<'_>, column: &'static str) -> Result<u64, StoreError> {
    stored(column, u64::try_from(row.get::<_, i64>(column)?).ok())
}

pub(super) fn hash(row: &Row<'_>, column: &'static str) -> Result<ChainHash, StoreError> {
    Ok(ChainHash::from_bytes(row.get(column)?))
}

pub(super) fn head(row: &Row<'_>, number: &'static str, hash_column: &'static str) -> Result<Head, StoreError> {
    Ok(Head { seq: seq(row, number)?, hash: hash(row, hash_column)? })
}

pub(super) fn name(row: &Row<'_>, column: &'static str) -> Result<PersonName, StoreError> {
    parsed(row, column, |text: String| PersonName::parse(&text).ok())
}

pub(super) fn phone(row: &Row<'_>, column: &'static str) -> Result<Phone, StoreError> {
    parsed(row, column, |text: String| Phone::parse(&text).ok())
}

pub(super) fn staff_number(row: &Row<'_>, column: &'static str) -> Result<StaffNumber, StoreError> {
    parsed(row, column, |text: String| StaffNumber::parse(&text))
}

pub(super) fn parsed<S: FromSql, T>(
    row: &Row<'_>,
    column: &'static str,
    parse: impl FnOnce(S) -> Option<T>,
) -> Result<T, StoreError> {
    stored(column, parse(row.get(column)?))
}

/// Of a query that selects all of `staff`, its number and name as `staff_number` and `staff_name`.
pub(super) fn staff(row: &Row<'_>) -> Result<Staff, StoreError> {
    Ok(Staff {
        number: staff_number(row, "staff_number")?,
        name: name(row, "staff_name")?,
        department: row.get("staff_department")?,
        phone: phone(row, "staff_phone")?,
        wecom_id: row.get("wecom_id")?,
        hall_id: row.get("hall_id")?,
    })
}

/// As SQLite counts; chains do not reach its end.
pub(super) fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

pub(super) fn limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn entry_id(row: &Row<'_>, terminal: &'static str, seq: &'static str) -> Result<EntryId, StoreError> {
    Ok(EntryId { terminal: self::terminal(row, terminal)?, seq: self::seq(row, seq)? })
}

pub(super) const fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
    }
}
