//! The terminal's own chain of entries, and the server's countersignature on it.
//!
//! The number and the hash of an entry come from the row before it inside one transaction, never from memory. The last row is
//! never deleted, so the chain goes on from it however much was purged.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use serde_json::value::RawValue;
use shared::{
    chain::{ChainHash, ChainName, Head, Link},
    entry::Entry,
    ids::TerminalId,
    planted,
    time::CampusDay,
};

use super::{StoreError, counted, read_hash, stored};
use crate::ports::{OwnEntry, Receipt};

/// What a terminal needs to know who is inside: more people than go through a gate in two days. Counted, not dated, because one
/// entry under a wrong clock must not make all others look old; and only those who went through, because strangers with codes of
/// their own must not push them out.
const RECENT: i64 = 20_000;

/// Countersigned entries stay on the spot this long, for questions at the gate.
const KEPT_DAYS: u16 = 30;

pub(super) fn head(connection: &Connection) -> Result<Head, StoreError> {
    let last = connection
        .query_row("select seq, hash from entry order by seq desc limit 1", [], |row| {
            Ok((row.get(0)?, read_hash(row, 1)?))
        })
        .optional()?;
    last.map_or(Ok(Head::START), |(seq, hash)| Ok(Head { seq: counted(seq)?, hash }))
}

/// A link of the chain as it was written.
pub(super) struct Appended {
    /// The hash before it.
    pub(super) after: ChainHash,
    pub(super) body: String,
    pub(super) head: Head,
}

pub(super) fn append(
    transaction: &Transaction<'_>,
    terminal: TerminalId,
    entry: &Entry,
) -> Result<Appended, StoreError> {
    let body = serde_json::to_string(entry).map_err(StoreError::json("entry"))?;
    let last = head(transaction)?;
    let next = last.extend(ChainName::Entries { terminal }, &body);
    transaction
        .prepare_cached("insert into entry (seq, body, hash, at_ms) values (?1, ?2, ?3, ?4)")?
        .execute(params![stored(next.seq)?, body, next.hash.as_bytes(), entry.at.unix_ms()])?;
    Ok(Appended { after: last.hash, body, head: next })
}

/// What was appended once and is written again from the journal, as it was.
pub(super) fn take_over(transaction: &Transaction<'_>, body: &str, Head { seq, hash }: Head) -> Result<(), StoreError> {
    let entry: Entry = serde_json::from_str(body).map_err(StoreError::json("entry"))?;
    transaction
        .prepare_cached("insert into entry (seq, body, hash, at_ms) values (?1, ?2, ?3, ?4)")?
        .execute(params![stored(seq)?, body, hash.as_bytes(), entry.at.unix_ms()])?;
    Ok(())
}

pub(super) fn after(connection: &Connection, after: u64, limit: usize) -> Result<(Vec<Link>, Head), StoreError> {
    let mut select =
        connection.prepare_cached("select seq, body, hash from entry where seq > ?1 order by seq limit ?2")?;
    let mut rows = select.query(params![stored(after)?, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut links = Vec::new();
    let mut end = None;
    while let Some(row) = rows.next()? {
        let seq = counted(row.get(0)?)?;
        let body = RawValue::from_string(row.get(1)?).map_err(StoreError::json("entry"))?;
        links.push(Link { seq, body });
        end = Some(Head { seq, hash: read_hash(row, 2)? });
    }
    let end = end.map_or_else(|| head(connection), Ok)?;
    Ok((links, end))
}

/// The last who went through, how many they were in truth, and who was sent away, oldest first.
pub(super) fn recent(connection: &Connection) -> Result<Vec<OwnEntry>, StoreError> {
    let mut select = connection.prepare(
        "select seq, body from
             (select seq, body from entry where body ->> '$.outcome.kind' in ('passed', 'let_in', 'corrected', 'sent_away')
              order by seq desc limit ?1)
         order by seq",
    )?;
    let mut rows = select.query([planted!("who went in is forgotten with a restart", 0, RECENT)])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let body: String = row.get(1)?;
        let entry = serde_json::from_str(&body).map_err(StoreError::json("entry"))?;
        entries.push(OwnEntry { seq: counted(row.get(0)?)?, entry });
    }
    Ok(entries)
}

pub(super) fn receipted(connection: &Connection) -> Result<u64, StoreError> {
    connection.query_row("select seq from receipt", [], |row| row.get(0)).optional()?.map_or(Ok(0), counted)
}

/// An older receipt than the one kept changes nothing.
pub(super) fn keep_receipt(connection: &mut Connection, receipt: &Receipt) -> Result<(), StoreError> {
    let head = receipt.proven.head;
    let seq = stored(head.seq)?;
    let transaction = connection.transaction()?;
    let ours =
        transaction.query_row("select hash from entry where seq = ?1", [seq], |row| read_hash(row, 0)).optional()?;
    if ours != Some(head.hash) {
        return Err(StoreError::OtherChain { seq: head.seq });
    }
    let sealed = serde_json::to_string(&receipt.sealed).map_err(StoreError::json("receipt"))?;
    transaction.execute(
        "insert into receipt (one, seq, sealed) values (1, ?1, ?2)
         on conflict (one) do update set seq = excluded.seq, sealed = excluded.sealed where excluded.seq > receipt.seq",
        params![seq, sealed],
    )?;
    transaction.commit()?;
    Ok(())
}

/// Purges what the server has countersigned and nobody asks for any more.
pub(super) fn forget(transaction: &Transaction<'_>, before: CampusDay) -> Result<(), StoreError> {
    let old = before.minus_days(KEPT_DAYS).start();
    let sql = planted!(
        "purged before it is countersigned",
        "delete from entry where at_ms < ?1 and seq < (select max(seq) from entry)",
        "delete from entry where at_ms < ?1 and seq <= (select seq from receipt) and seq < (select max(seq) from entry)",
    );
    transaction.execute(sql, [old.unix_ms()])?;
    Ok(())
}
