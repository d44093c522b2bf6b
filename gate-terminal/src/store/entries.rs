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
    sync::push::mark,
    time::CampusDay,
};

use super::{StoreError, counted, read_hash, stored};
use crate::ports::{OwnEntry, Receipt};

/// What a terminal needs to know who is inside: more people than go through a gate in two days. Counted, not dated, because one
/// entry under a wrong clock must not make all others look old; and only those who went through, because strangers with codes of
/// their own must not push them out.
const RECENT: i64 = 20_000;

/// Countersigned entries stay on the spot this long, for questions at the gate, and for a server that comes back from an older copy.
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

/// What to do about a number that is not here and was not purged, where it is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holes {
    Told,
    Passed,
}

/// As far as they hold: what stands before one that was altered on the disk is told, and then it is named.
pub(super) fn after(
    connection: &Connection,
    (terminal, holes): (TerminalId, Holes),
    after: u64,
    limit: usize,
) -> Result<(Vec<Link>, Head), StoreError> {
    let mut select =
        connection.prepare_cached("select seq, body, hash from entry where seq > ?1 order by seq limit ?2")?;
    let mut rows = select.query(params![stored(after)?, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    // Of the oldest that is left the hash before it is not known any more.
    let mut before = at(connection, after)?;
    let (mut links, mut end) = (Vec::new(), None);
    let (mut expected, purged) = (after, receipted(connection)?);
    while let Some(row) = rows.next()? {
        expected = expected.saturating_add(1);
        let (seq, body, hash) = (counted(row.get(0)?)?, row.get::<_, String>(1)?, read_hash(row, 2)?);
        if links.is_empty() && seq > expected && (seq <= purged.saturating_add(1) || holes == Holes::Passed) {
            (before, expected) = (None, seq);
        }
        let holds = |before: Head| before.extend(ChainName::Entries { terminal }, &body) == Head { seq, hash };
        let body = RawValue::from_string(body.clone()).ok().filter(|_| seq == expected && before.is_none_or(holds));
        let Some(body) = body else {
            return end.map(|end| (links, end)).ok_or(StoreError::Altered { seq: expected });
        };
        links.push(Link { seq, body });
        before = Some(Head { seq, hash });
        end = before;
    }
    let end = end.map_or_else(|| head(connection), Ok)?;
    Ok((links, end))
}

pub(super) fn marks(connection: &Connection, after: u64, links: usize) -> Result<String, StoreError> {
    let mut select = connection.prepare_cached("select hash from entry where seq > ?1 order by seq limit ?2")?;
    let hashes =
        select.query_map(params![stored(after)?, i64::try_from(links).unwrap_or(i64::MAX)], |row| read_hash(row, 0))?;
    hashes.map(|hash| Ok(mark(hash?))).collect()
}

/// The head at a number, where its entry is still here.
fn at(connection: &Connection, seq: u64) -> Result<Option<Head>, StoreError> {
    if seq == 0 {
        return Ok(Some(Head::START));
    }
    let mut select = connection.prepare_cached("select hash from entry where seq = ?1")?;
    let hash = select.query_row([stored(seq)?], |row| read_hash(row, 0)).optional()?;
    Ok(hash.map(|hash| Head { seq, hash }))
}

/// Puts an entry back as it was written, in place of whatever stands there.
pub(super) fn put_back(connection: &Connection, body: &str, Head { seq, hash }: Head) -> Result<(), StoreError> {
    let entry: Entry = serde_json::from_str(body).map_err(StoreError::json("entry"))?;
    connection.execute(
        "insert or replace into entry (seq, body, hash, at_ms) values (?1, ?2, ?3, ?4)",
        params![stored(seq)?, body, hash.as_bytes(), entry.at.unix_ms()],
    )?;
    Ok(())
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
    // What was purged had been countersigned before.
    if ours.is_none() && head.seq <= receipted(&transaction)? {
        return Ok(());
    }
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

/// Purges what is old and was countersigned as long ago: what the server got lately, it may lose again with its database.
pub(super) fn forget(transaction: &Transaction<'_>, today: CampusDay) -> Result<(), StoreError> {
    let old = today.minus_days(KEPT_DAYS);
    let noted = "insert or ignore into countersigned (day, seq) select ?1, seq from receipt";
    transaction.execute(noted, [today.to_string()])?;
    let since_long: Option<i64> =
        transaction
            .query_row("select max(seq) from countersigned where day <= ?1", [old.to_string()], |row| row.get(0))?;
    let through = planted!("purged before it is countersigned", Some(i64::MAX), since_long);
    transaction.execute(
        "delete from entry where at_ms < ?1 and seq <= ?2 and seq < (select max(seq) from entry)",
        params![old.start().unix_ms(), through],
    )?;
    let passed = "delete from countersigned where day < (select max(day) from countersigned where day <= ?1)";
    transaction.execute(passed, [old.to_string()])?;
    Ok(())
}
