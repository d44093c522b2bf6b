//! How far the feed was followed, and what it taught.
//!
//! News is stored in one transaction with the head it leads to, before the gate acts on it: after a power cut the terminal has
//! seen all of it or none, and its cursor says which.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use shared::{
    chain::Head,
    ids::TerminalId,
    pass::{KeySet, KeySetFloor, Roots, SealedKeySet},
    planted,
    seal::PublicKey,
    sync::change::{Change, Places},
    time::Moment,
};

use super::{StoreError, counted, passes, read_hash, stored, walk_ins};
use crate::ports::{AsOf, HeldNews, News};

pub(super) fn keep(transaction: &Transaction<'_>, news: &News, own: Option<TerminalId>) -> Result<(), StoreError> {
    if news.restarts {
        passes::void_old_epoch(transaction)?;
    }
    for change in &news.changes {
        match change {
            Change::Places(places) => keep_places(transaction, places)?,
            Change::PassIssued(record) => passes::issued(transaction, record)?,
            Change::PassRevoked { pass, at } => passes::revoked(transaction, *pass, *at)?,
            Change::PassWatched { pass, watched } => passes::watched(transaction, *pass, *watched)?,
            Change::PassMoved { pass, direction, at, gate, entry, party } => {
                let movement = passes::Moved { direction: *direction, at: *at, gate: *gate, party: *party };
                passes::moved(transaction, *pass, *entry, &movement)?;
            }
            // The feed tells it once: a gate that is killed before it heard must find it when it starts again.
            Change::WalkInDecided { terminal, number, outcome } if own == Some(*terminal) => {
                walk_ins::decided(transaction, *number, *outcome)?;
            }
            Change::WalkInDecided { .. } => {}
        }
    }
    if let Some(newer) = &news.key_set {
        trust(transaction, &newer.opened)?;
    }
    keep_place_in_feed(transaction, news)
}

/// Whom a key set says to believe from now on, and the least that its successor must be.
fn trust(transaction: &Transaction<'_>, opened: &KeySet) -> Result<(), StoreError> {
    let Roots { root, spare } = opened.roots();
    let floor = serde_json::to_string(&opened.floor()).map_err(StoreError::json("key set's floor"))?;
    transaction.execute(
        "update post set root = ?1, spare = ?2, key_floor = ?3",
        params![root.as_bytes(), spare.as_ref().map(PublicKey::as_bytes), floor],
    )?;
    Ok(())
}

pub(super) fn key_floor(connection: &Connection) -> Result<KeySetFloor, StoreError> {
    let text: Option<Option<String>> =
        connection.query_row("select key_floor from post", [], |row| row.get(0)).optional()?;
    let floor = text.flatten().map(|text| serde_json::from_str(&text)).transpose();
    Ok(floor.map_err(StoreError::json("key set's floor"))?.unwrap_or_default())
}

fn keep_place_in_feed(transaction: &Transaction<'_>, news: &News) -> Result<(), StoreError> {
    let key_set = news.key_set.as_ref().map(|newer| serde_json::to_string(&newer.sealed));
    let key_set = key_set.transpose().map_err(StoreError::json("key set"))?;
    transaction.execute(
        "insert into followed (one, epoch, seq, hash, proven_ms, as_of_ms, valid_for_s, key_set)
         values (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)
         on conflict (one) do update set
             epoch = excluded.epoch, seq = excluded.seq, hash = excluded.hash, proven_ms = excluded.proven_ms,
             as_of_ms = coalesce(excluded.as_of_ms, as_of_ms),
             valid_for_s = coalesce(excluded.valid_for_s, valid_for_s),
             key_set = coalesce(excluded.key_set, key_set)",
        params![
            news.epoch,
            stored(planted!("a cursor that stays behind", 0, news.head.seq))?,
            news.head.hash.as_bytes(),
            news.server_time.unix_ms(),
            news.as_of.map(|as_of| as_of.server_time.unix_ms()),
            news.as_of.map(|as_of| as_of.valid_for_s),
            key_set,
        ],
    )?;
    Ok(())
}

fn keep_places(transaction: &Transaction<'_>, places: &Places) -> Result<(), StoreError> {
    let body = serde_json::to_string(places).map_err(StoreError::json("list of places"))?;
    transaction.execute("insert or replace into places (one, body) values (1, ?1)", [body])?;
    Ok(())
}

/// What the next key set must be, where none is held.
pub(super) fn keep_key_floor(transaction: &Transaction<'_>, floor: &KeySetFloor) -> Result<(), StoreError> {
    let floor = serde_json::to_string(floor).map_err(StoreError::json("key set's floor"))?;
    transaction.execute("update post set key_floor = ?1", [floor])?;
    Ok(())
}

/// With nothing else that was known: the feed is followed from its start.
pub(super) fn keep_key_set(
    transaction: &Transaction<'_>,
    (key_set, opened): &(SealedKeySet, KeySet),
    proven: Moment,
) -> Result<(), StoreError> {
    trust(transaction, opened)?;
    let text = serde_json::to_string(key_set).map_err(StoreError::json("key set"))?;
    transaction.execute(
        "insert into followed (one, epoch, seq, hash, proven_ms, key_set) values (1, 0, 0, ?1, ?2, ?3)",
        params![Head::START.hash.as_bytes(), proven.unix_ms(), text],
    )?;
    Ok(())
}

pub(super) fn key_set(connection: &Connection) -> Result<Option<SealedKeySet>, StoreError> {
    let text: Option<Option<String>> =
        connection.query_row("select key_set from followed", [], |row| row.get(0)).optional()?;
    text.flatten().map(|text| serde_json::from_str(&text)).transpose().map_err(StoreError::json("key set"))
}

pub(super) fn load(connection: &Connection) -> Result<HeldNews, StoreError> {
    let sql = "select epoch, seq, hash, proven_ms, as_of_ms, valid_for_s, key_set from followed";
    let mut select = connection.prepare(sql)?;
    let mut rows = select.query([])?;
    let key_floor = key_floor(connection)?;
    let Some(row) = rows.next()? else { return Ok(HeldNews { key_floor, ..HeldNews::NONE }) };
    let as_of = match (row.get::<_, Option<i64>>(4)?, row.get(5)?) {
        (Some(ms), Some(valid_for_s)) => Some(AsOf { server_time: Moment::from_unix_ms(ms), valid_for_s }),
        (Some(_) | None, Some(_) | None) => None,
    };
    let key_set: Option<String> = row.get(6)?;
    let key_set = key_set.map(|text| serde_json::from_str(&text)).transpose().map_err(StoreError::json("key set"))?;
    Ok(HeldNews {
        key_set,
        key_floor,
        epoch: row.get(0)?,
        head: Head { seq: counted(row.get(1)?)?, hash: read_hash(row, 2)? },
        proven: Some(Moment::from_unix_ms(row.get(3)?)),
        as_of,
        changes: changes(connection)?,
    })
}

pub(super) fn places(connection: &Connection) -> Result<Option<Places>, StoreError> {
    let body: Option<String> = connection.query_row("select body from places", [], |row| row.get(0)).optional()?;
    body.map(|body| serde_json::from_str(&body)).transpose().map_err(StoreError::json("list of places"))
}

fn changes(connection: &Connection) -> Result<Vec<Change>, StoreError> {
    let mut changes: Vec<_> = places(connection)?.map(Change::Places).into_iter().collect();
    passes::load(connection, &mut changes)?;
    Ok(changes)
}
