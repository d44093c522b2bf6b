//! Snapshots of the feed: made every so often, told to whoever begins, and the reason why old links may go.
//!
//! One is made of the one before it and the links since: once a day, and whenever a quarter of it would be new. It is kept until
//! two newer ones are there, so that nobody is left in the middle of one; links are kept for two days before the oldest that is
//! still needed, so that a gate that was cut off over a night goes on link by link.

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::value::RawValue;
use shared::{
    chain::{ChainHash, Head},
    ids::CampusId,
    sync::{
        change::Change,
        pull::Cursor,
        snapshot::{SNAPSHOT_PART, SnapshotPlace, part_hash, whole},
    },
    time::{CampusDay, Moment},
};

use super::{Store, StoreError, feed, rows, writer::Writing};
use crate::office::snapshot::Gathered;

/// A part of a snapshot, and what is signed of the whole.
#[derive(Debug, Clone)]
pub struct ToldSnapshot {
    pub head: Head,
    pub parts: Vec<ChainHash>,
    pub part: u32,
    pub changes: Box<RawValue>,
}

/// How long links stay behind the snapshot that took their place.
const LINKS_KEPT: TimeDelta = TimeDelta::hours(48);

/// Fewer links are told as they are.
const LINKS_AT_LEAST: u64 = 2_000;

/// One made and ready to be kept.
struct Made {
    campus: CampusId,
    epoch: u32,
    seq: u64,
    parts: Vec<(String, ChainHash)>,
}

impl Store {
    /// Makes the snapshots that are due and lets go of what they stand for; how many were made. Called every minute, while the
    /// clock may be trusted: what is over is left out.
    pub async fn keep_snapshots(&self, now: Moment) -> Result<usize, StoreError> {
        let (due, old) = self.0.readers.read(move |db| Ok((make_due(db, now)?, has_old(db, now)?))).await?;
        if due.is_empty() && !old {
            return Ok(0);
        }
        let keep = move |db: &mut Writing<'_>| {
            for made in &due {
                keep(db, made, now)?;
            }
            let_go(db, now)?;
            Ok(due.len())
        };
        self.0.writer.write(keep).await
    }
}

/// The part of a snapshot to tell in place of links: to who asks for one, begins, or asks from before the oldest link.
pub(super) fn instead(
    db: &Connection,
    (campus, epoch): (CampusId, u32),
    cursor: Cursor,
    place: Option<SnapshotPlace>,
) -> Result<Option<ToldSnapshot>, StoreError> {
    if let Some(place) = place.filter(|place| place.epoch == epoch)
        && let Some(told) = part(db, (campus, epoch, place.seq), place.part)?
        && whole(&told.parts) == place.whole
    {
        return Ok(Some(told));
    }
    if cursor.epoch == epoch && cursor.seq > 0 && cursor.seq.saturating_add(1) >= oldest(db, campus, epoch)? {
        return Ok(None);
    }
    let Some(seq) = newest(db, campus, epoch)?.map(|(seq, _)| seq).filter(|seq| *seq > 0) else { return Ok(None) };
    part(db, (campus, epoch, seq), 0)
}

/// The text of every change that the newest snapshot tells, and the link it tells up to.
pub(super) fn newest_bodies(db: &Connection, campus: CampusId, epoch: u32) -> Result<(u64, Vec<String>), StoreError> {
    let Some((seq, _)) = newest(db, campus, epoch)? else { return Ok((0, Vec::new())) };
    let mut bodies = Vec::new();
    for text in texts(db, (campus, epoch, seq))? {
        let changes: Vec<&RawValue> = serde_json::from_str(&text)?;
        bodies.extend(changes.iter().map(|change| change.get().to_owned()));
    }
    Ok((seq, bodies))
}

type Which = (CampusId, u32, u64);

fn part(db: &Connection, (campus, epoch, seq): Which, part: u32) -> Result<Option<ToldSnapshot>, StoreError> {
    let text: Option<String> = db
        .prepare_cached(
            "select body from snapshot_part where campus = ?1 and epoch = ?2 and seq = ?3 and part = ?4 and exists
                 (select 1 from snapshot s where s.campus = ?1 and s.epoch = ?2 and s.seq = ?3)",
        )?
        .query_row(params![campus.get(), epoch, rows::number(seq), part], |row| row.get(0))
        .optional()?;
    let Some(text) = text else { return Ok(None) };
    let mut hashes = db
        .prepare_cached("select hash from snapshot_part where campus = ?1 and epoch = ?2 and seq = ?3 order by part")?;
    let hashes = hashes.query_map(params![campus.get(), epoch, rows::number(seq)], |row| row.get(0))?;
    let parts = hashes.map(|hash| hash.map(ChainHash::from_bytes)).collect::<Result<_, _>>()?;
    let head = feed::at(db, campus, epoch, seq)?;
    Ok(Some(ToldSnapshot { head, parts, part, changes: RawValue::from_string(text)? }))
}

fn texts(db: &Connection, (campus, epoch, seq): Which) -> Result<Vec<String>, StoreError> {
    let mut query = db
        .prepare_cached("select body from snapshot_part where campus = ?1 and epoch = ?2 and seq = ?3 order by part")?;
    let texts = query.query_map(params![campus.get(), epoch, rows::number(seq)], |row| row.get(0))?;
    Ok(texts.collect::<Result<_, _>>()?)
}

/// The link that the newest snapshot tells up to, and as of which day.
fn newest(db: &Connection, campus: CampusId, epoch: u32) -> Result<Option<(u64, CampusDay)>, StoreError> {
    let mut query =
        db.prepare_cached("select seq, day from snapshot where campus = ?1 and epoch = ?2 order by seq desc limit 1")?;
    let mut found = query.query(params![campus.get(), epoch])?;
    found.next()?.map(|row| Ok((rows::seq(row, "seq")?, rows::day(row, "day")?))).transpose()
}

fn oldest(db: &Connection, campus: CampusId, epoch: u32) -> Result<u64, StoreError> {
    let mut query = db.prepare_cached("select seq from feed where campus = ?1 and epoch = ?2 order by seq limit 1")?;
    let mut found = query.query(params![campus.get(), epoch])?;
    found.next()?.map_or(Ok(0), |row| rows::seq(row, "seq"))
}

fn make_due(db: &Connection, now: Moment) -> Result<Vec<Made>, StoreError> {
    let epoch = feed::epoch(db)?;
    let mut campuses = db.prepare_cached("select campus from places")?;
    let campuses = campuses.query_map([], |row| row.get(0))?.collect::<Result<Vec<u16>, _>>()?;
    let mut due = Vec::new();
    for campus in campuses.into_iter().map(CampusId::new) {
        due.extend(make(db, campus, epoch, now)?);
    }
    Ok(due)
}

fn make(db: &Connection, campus: CampusId, epoch: u32, now: Moment) -> Result<Option<Made>, StoreError> {
    let latest = feed::latest(db, campus, epoch)?.seq;
    let Some((before, day)) = newest(db, campus, epoch)? else {
        // Nothing to tell instead yet; from this day on it is known how old the links are.
        return Ok(Some(Made { campus, epoch, seq: 0, parts: Vec::new() }));
    };
    let today = CampusDay::of(now);
    let (links, is_new_day) = (latest.saturating_sub(before), day < today);
    if !is_new_day && links < LINKS_AT_LEAST {
        return Ok(None);
    }
    let parts = texts(db, (campus, epoch, before))?;
    let told = u64::try_from(parts.len().saturating_mul(SNAPSHOT_PART)).unwrap_or(u64::MAX);
    if !is_new_day && links < told / 4 {
        return Ok(None);
    }
    let mut gathered = Gathered::default();
    for text in &parts {
        let changes: Vec<Change> = serde_json::from_str(text)?;
        changes.into_iter().for_each(|change| gathered.learn(change));
    }
    if is_new_day {
        gathered.next_day();
    }
    let mut query =
        db.prepare_cached("select body from feed where campus = ?1 and epoch = ?2 and seq > ?3 order by seq")?;
    let mut found = query.query(params![campus.get(), epoch, rows::number(before)])?;
    while let Some(row) = found.next()? {
        gathered.learn(serde_json::from_str(&rows::text(row, "body")?)?);
    }
    let told = gathered.told(today);
    // Even of nothing there is a part: it says so.
    let parts = if told.is_empty() {
        vec![written(&[])?]
    } else {
        told.chunks(SNAPSHOT_PART).map(written).collect::<Result<_, _>>()?
    };
    Ok(Some(Made { campus, epoch, seq: latest, parts }))
}

fn written(changes: &[Change]) -> Result<(String, ChainHash), StoreError> {
    let text = serde_json::to_string(changes)?;
    let hash = part_hash(&text);
    Ok((text, hash))
}

fn keep(db: &Writing<'_>, made: &Made, now: Moment) -> Result<(), StoreError> {
    let Made { campus, epoch, seq, parts } = made;
    if feed::epoch(db)? != *epoch {
        return Ok(());
    }
    let which = (campus.get(), epoch, rows::number(*seq));
    db.execute(
        "insert into snapshot (campus, epoch, seq, made_at, day) values (?1, ?2, ?3, ?4, ?5)
         on conflict (campus, epoch, seq) do update set day = excluded.day",
        params![which.0, which.1, which.2, now.unix_ms(), CampusDay::of(now).to_string()],
    )?;
    db.execute(
        "delete from snapshot_part where campus = ?1 and epoch = ?2 and seq = ?3",
        params![which.0, which.1, which.2],
    )?;
    let mut insert = db.prepare_cached(
        "insert into snapshot_part (campus, epoch, seq, part, body, hash) values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (part, (body, hash)) in (0_u32..).zip(parts) {
        insert.execute(params![which.0, which.1, which.2, part, body, hash.as_bytes()])?;
    }
    Ok(())
}

/// The newest snapshot of each campus that is old enough that nobody needs the links before it.
const MARKS: &str = "select campus, epoch, max(seq) as seq from snapshot where made_at <= ?1 group by campus, epoch";

fn has_old(db: &Connection, now: Moment) -> Result<bool, StoreError> {
    let before = now.minus(LINKS_KEPT).unix_ms();
    let sql = format!(
        "select 1 from ({MARKS}) m where exists (select 1 from feed f where f.campus = m.campus and f.epoch = m.epoch and f.seq < m.seq)"
    );
    Ok(db.prepare_cached(&sql)?.exists([before])?)
}

fn let_go(db: &Writing<'_>, now: Moment) -> Result<(), StoreError> {
    let before = now.minus(LINKS_KEPT).unix_ms();
    for what in [
        // The link itself stays: whoever was told the snapshot goes on from it.
        format!(
            "delete from feed where exists (select 1 from ({MARKS}) m where m.campus = feed.campus and m.epoch = feed.epoch and feed.seq < m.seq)"
        ),
        format!(
            "delete from snapshot where exists (select 1 from ({MARKS}) m where m.campus = snapshot.campus and m.epoch = snapshot.epoch and snapshot.seq < m.seq)"
        ),
    ] {
        db.execute(&what, [before])?;
    }
    db.execute(
        "delete from snapshot_part where seq < coalesce((select s.seq from snapshot s where s.campus = snapshot_part.campus
             and s.epoch = snapshot_part.epoch order by s.seq desc limit 1 offset 1), 0)",
        [],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests;
