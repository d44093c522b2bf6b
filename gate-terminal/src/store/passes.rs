//! Passes and what became of them: issued, revoked, watched, moved.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use shared::{
    entry::{Direction, EntryId},
    ids::{GateIndex, PassId, TerminalId},
    planted,
    sync::change::{Change, PassRecord, REVOCATION_KEPT_DAYS, movements_kept},
    time::{CampusDay, Moment},
};

use super::{StoreError, counted, stored};
use crate::ports::PassMovement;

pub(super) fn issued(transaction: &Transaction<'_>, record: &PassRecord) -> Result<(), StoreError> {
    let text = serde_json::to_string(record).map_err(StoreError::json("pass"))?;
    transaction
        .prepare_cached("insert or replace into pass (id, day, record) values (?1, ?2, ?3)")?
        .execute(params![record.pass.as_bytes(), record.day.to_string(), text])?;
    Ok(())
}

pub(super) fn revoked(transaction: &Transaction<'_>, pass: PassId, at: Moment) -> Result<(), StoreError> {
    transaction
        .prepare_cached("insert or replace into revoked (pass, at_ms) values (?1, ?2)")?
        .execute(params![pass.as_bytes(), at.unix_ms()])?;
    Ok(())
}

pub(super) fn watched(transaction: &Transaction<'_>, pass: PassId, watched: bool) -> Result<(), StoreError> {
    let sql = if watched {
        "insert or ignore into watched (pass) values (?1)"
    } else {
        "delete from watched where pass = ?1"
    };
    transaction.prepare_cached(sql)?.execute([pass.as_bytes()])?;
    Ok(())
}

/// What the feed says of a movement, beside whose it is.
pub(super) struct Moved {
    pub direction: Direction,
    pub at: Moment,
    pub gate: GateIndex,
    pub party: Option<u8>,
}

/// Told again, it corrects how many they were and nothing else.
pub(super) fn moved(
    transaction: &Transaction<'_>,
    pass: PassId,
    entry: EntryId,
    movement: &Moved,
) -> Result<(), StoreError> {
    let Moved { direction, at, gate, party } = movement;
    let went = match direction {
        Direction::In => "in",
        Direction::Out => "out",
    };
    transaction
        .prepare_cached(
            "insert into movement (terminal, seq, pass, went, at_ms, gate, party) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             on conflict (terminal, seq) do update set party = coalesce(excluded.party, party)",
        )?
        .execute(params![
            entry.terminal.get(),
            stored(entry.seq)?,
            pass.as_bytes(),
            went,
            at.unix_ms(),
            gate.get(),
            party
        ])?;
    Ok(())
}

/// A new epoch tells anew which passes there are; that one was revoked, or somebody went in, stays true.
pub(super) fn void_old_epoch(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute("delete from pass", [])?;
    transaction.execute("delete from watched", [])?;
    Ok(())
}

pub(super) fn forget(transaction: &Transaction<'_>, before: CampusDay) -> Result<(), StoreError> {
    // Who moved yesterday may be inside still; their record and movement stay until they are looked for no more.
    let yesterday = before.minus_days(1);
    transaction.execute(
        "delete from pass where day < ?1 and (day < ?2 or id not in
             (select pass from movement where at_ms >= ?3 group by pass
              having sum(coalesce(party, 1) * iif(went = 'in', 1, -1)) > 0))",
        params![before.to_string(), yesterday.to_string(), yesterday.start().unix_ms()],
    )?;
    transaction.execute("delete from watched where pass not in (select id from pass)", [])?;
    // One that was revoked before it was told of has no record here, and may be shown on its day all the same.
    let kept_from_ms = before.minus_days(REVOCATION_KEPT_DAYS).start().unix_ms();
    transaction
        .execute("delete from revoked where at_ms < ?1 and pass not in (select id from pass)", [kept_from_ms])?;
    let kept = movements_kept(before);
    let (from_ms, to_ms) = (kept.start.unix_ms(), kept.end.unix_ms());
    transaction.execute("delete from movement where at_ms < ?1 or at_ms >= ?2", [from_ms, to_ms])?;
    Ok(())
}

/// In an order in which each makes sense after those before it.
pub(super) fn load(connection: &Connection, changes: &mut Vec<Change>) -> Result<(), StoreError> {
    // All at once: what grows step by step leaves the steps behind in memory.
    let count: i64 = connection.query_row("select count(*) from pass", [], |row| row.get(0))?;
    changes.reserve(usize::try_from(count).unwrap_or_default());
    each(connection, "select record from pass", |row| {
        let text = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        let record: PassRecord = serde_json::from_str(text).map_err(StoreError::json("pass"))?;
        changes.push(Change::PassIssued(record.into()));
        Ok(())
    })?;
    let revoked = "select pass, at_ms from revoked";
    each(connection, planted!("revocations forgotten with a restart", "select 0, 0 where 0", revoked), |row| {
        changes.push(Change::PassRevoked { pass: read_pass(row)?, at: Moment::from_unix_ms(row.get(1)?) });
        Ok(())
    })?;
    each(connection, "select pass from watched", |row| {
        changes.push(Change::PassWatched { pass: read_pass(row)?, watched: true });
        Ok(())
    })?;
    each(connection, "select pass, went, at_ms, gate, terminal, seq, party from movement", |row| {
        let PassMovement { entry, pass, direction, at, gate, party } = read_movement(row)?;
        changes.push(Change::PassMoved { pass, direction, at, gate, entry, party });
        Ok(())
    })
}

pub(super) fn record(connection: &Connection, pass: PassId) -> Result<Option<PassRecord>, StoreError> {
    let mut select = connection.prepare_cached("select record from pass where id = ?1")?;
    let text: Option<String> = select.query_row([pass.as_bytes()], |row| row.get(0)).optional()?;
    text.map(|text| serde_json::from_str(&text)).transpose().map_err(StoreError::json("pass"))
}

pub(super) fn movements_after(
    connection: &Connection,
    after: Option<EntryId>,
    limit: usize,
) -> Result<Vec<PassMovement>, StoreError> {
    let (terminal, seq) = match after {
        Some(EntryId { terminal, seq }) => (i64::from(terminal.get()), stored(seq)?),
        None => (-1, 0),
    };
    let mut select = connection.prepare_cached(
        "select pass, went, at_ms, gate, terminal, seq, party from movement where (terminal, seq) > (?1, ?2)
         order by terminal, seq limit ?3",
    )?;
    let mut rows = select.query(params![terminal, seq, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut movements = Vec::new();
    while let Some(row) = rows.next()? {
        movements.push(read_movement(row)?);
    }
    Ok(movements)
}

fn read_movement(row: &Row<'_>) -> Result<PassMovement, StoreError> {
    Ok(PassMovement {
        pass: read_pass(row)?,
        direction: if row.get::<_, String>(1)? == "out" { Direction::Out } else { Direction::In },
        at: Moment::from_unix_ms(row.get(2)?),
        gate: GateIndex::new(row.get(3)?).ok_or(StoreError::Foreign { what: "gate" })?,
        entry: EntryId { terminal: TerminalId::new(row.get(4)?), seq: counted(row.get(5)?)? },
        party: row.get(6)?,
    })
}

fn each(
    connection: &Connection,
    sql: &str,
    mut take: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut select = connection.prepare(sql)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

fn read_pass(row: &Row<'_>) -> Result<PassId, StoreError> {
    Ok(PassId::from_bytes(row.get(0)?))
}
