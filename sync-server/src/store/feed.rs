//! The feed: every change the terminals of a campus must know, numbered and chained.
//!
//! A link is appended in the transaction of the change it tells of, so the feed and the bookings can never disagree.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::{
    chain::{ChainName, Head, Link},
    ids::CampusId,
    planted,
    sync::{
        Refusal,
        change::{Change, Places},
        pull::Cursor,
        snapshot::SnapshotPlace,
    },
    time::Moment,
};

use super::{
    Store, StoreError, rows,
    snapshots::{self, ToldSnapshot},
    writer::Writing,
};

/// What follows a cursor.
#[derive(Debug, Clone)]
pub struct Fed {
    pub epoch: u32,
    pub links: Vec<Link>,
    /// In place of links.
    pub snapshot: Option<ToldSnapshot>,
    /// Where the last of `links` leads, or the snapshot; the cursor's own place when there is neither.
    pub head: Head,
    /// The number of the newest link there is.
    pub latest: u64,
}

/// How far an office has come. In one numbering of its feeds none of the others is ever less than it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reached {
    pub epoch: u32,
    /// Links, of all campuses together.
    pub told: u64,
    pub terminals: u64,
    pub withdrawn: u64,
}

impl Reached {
    /// Whether this is an older state of an office than `other`.
    #[must_use]
    pub const fn is_behind(self, other: Self) -> bool {
        let less = self.told < other.told || self.terminals < other.terminals || self.withdrawn < other.withdrawn;
        self.epoch < other.epoch || self.epoch == other.epoch && less
    }
}

impl Store {
    /// At most `limit` links after `cursor`, from the start when the numbering is a newer one. A cursor beyond the end is refused:
    /// the terminal knows more than this server, which must have been restored from a backup.
    pub async fn feed_after(
        &self,
        campus: CampusId,
        cursor: Cursor,
        limit: usize,
    ) -> Result<Result<Fed, Refusal>, StoreError> {
        self.feed_from(campus, cursor, None, limit).await
    }

    /// The same for one that is in the middle of a snapshot.
    pub async fn feed_from(
        &self,
        campus: CampusId,
        cursor: Cursor,
        place: Option<SnapshotPlace>,
        limit: usize,
    ) -> Result<Result<Fed, Refusal>, StoreError> {
        let ask = move |db: &Connection| after(db, campus, (cursor, place), limit);
        // Whoever follows is told a few links by their key; who begins, a long list.
        let follows = cursor.seq > 0 && place.is_none();
        if follows { self.0.readers.look(ask).await } else { self.0.readers.read(ask).await }
    }

    /// How far the office has come.
    pub async fn reached(&self) -> Result<Reached, StoreError> {
        self.0.readers.look(reached).await
    }

    /// Tells the terminals the names of places, where they differ from what was told last.
    pub async fn set_places(&self, places: Vec<Places>, _now: Moment) -> Result<(), StoreError> {
        let set = move |db: &mut Writing<'_>| {
            for place in &places {
                let body = serde_json::to_string(place)?;
                let changed = db.execute(
                    "insert into places (campus, body) values (?1, ?2)
                     on conflict (campus) do update set body = ?2 where body <> ?2",
                    params![place.campus.get(), body],
                )?;
                if changed > 0 {
                    append(db, place.campus, &Change::Places(place.clone()))?;
                }
            }
            Ok(())
        };
        self.0.writer.write(set).await
    }
}

pub(super) fn append(db: &mut Writing<'_>, campus: CampusId, change: &Change) -> Result<(), StoreError> {
    append_all(db, campus, std::slice::from_ref(change))
}

pub(super) fn append_all(db: &mut Writing<'_>, campus: CampusId, changes: &[Change]) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let (epoch, mut head) = match db.tail(campus) {
        Some(tail) => tail,
        None => {
            let epoch = epoch(db)?;
            (epoch, latest(db, campus, epoch)?)
        }
    };
    {
        let mut insert =
            db.prepare_cached("insert into feed (campus, epoch, seq, body, hash) values (?1, ?2, ?3, ?4, ?5)")?;
        for change in changes {
            let body = serde_json::to_string(change)?;
            head = head.extend(ChainName::Feed { campus, epoch }, &body);
            insert.execute(params![campus.get(), epoch, rows::number(head.seq), body, head.hash.as_bytes()])?;
        }
    }
    db.keep_tail(campus, epoch, head);
    db.touch_feed();
    Ok(())
}

pub(super) fn reached(db: &Connection) -> Result<Reached, StoreError> {
    let epoch = epoch(db)?;
    let mut campuses = db.prepare_cached("select campus from places")?;
    let campuses = campuses.query_map([], |row| row.get(0))?.collect::<Result<Vec<u16>, _>>()?;
    let told = campuses.into_iter().map(|campus| Ok(latest(db, CampusId::new(campus), epoch)?.seq));
    let told = told.sum::<Result<u64, StoreError>>()?;
    let (terminals, withdrawn): (i64, i64) =
        db.query_row("select count(*), count(withdrawn_at) from terminal", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Reached { epoch, told, terminals: terminals.unsigned_abs(), withdrawn: withdrawn.unsigned_abs() })
}

pub(super) fn epoch(db: &Connection) -> Result<u32, rusqlite::Error> {
    db.prepare_cached("select epoch from feed_epoch")?.query_row([], |row| row.get(0))
}

pub(super) fn latest(db: &Connection, campus: CampusId, epoch: u32) -> Result<Head, StoreError> {
    let mut query =
        db.prepare_cached("select seq, hash from feed where campus = ?1 and epoch = ?2 order by seq desc limit 1")?;
    let mut found = query.query(params![campus.get(), epoch])?;
    found.next()?.map_or(Ok(Head::START), |row| rows::head(row, "seq", "hash"))
}

fn after(
    db: &Connection,
    campus: CampusId,
    (cursor, place): (Cursor, Option<SnapshotPlace>),
    limit: usize,
) -> Result<Result<Fed, Refusal>, StoreError> {
    let epoch = epoch(db)?;
    let newest = latest(db, campus, epoch)?;
    let start = match cursor.epoch.cmp(&epoch) {
        std::cmp::Ordering::Greater => return Ok(Err(Refusal::CursorAhead)),
        std::cmp::Ordering::Equal => cursor.seq,
        std::cmp::Ordering::Less => planted!("a new numbering told from the old place", cursor.seq, 0),
    };
    if start > newest.seq {
        return Ok(Err(Refusal::CursorAhead));
    }
    if start < newest.seq
        && let Some(told) = snapshots::instead(db, (campus, epoch), cursor, place)?
    {
        let head = told.head;
        return Ok(Ok(Fed { epoch, links: Vec::new(), snapshot: Some(told), head, latest: newest.seq }));
    }
    let mut query = db.prepare_cached(
        "select seq, body, hash from feed where campus = ?1 and epoch = ?2 and seq > ?3 order by seq limit ?4",
    )?;
    let mut found = query.query(params![campus.get(), epoch, rows::number(start), rows::limit(limit)])?;
    let mut links = Vec::new();
    let mut head = None;
    while let Some(row) = found.next()? {
        let body: String = row.get("body")?;
        links.push(Link { seq: rows::seq(row, "seq")?, body: RawValue::from_string(body)? });
        head = Some(rows::head(row, "seq", "hash")?);
    }
    let head = match head {
        Some(head) => head,
        None => at(db, campus, epoch, start)?,
    };
    Ok(Ok(Fed { epoch, links, snapshot: None, head, latest: newest.seq }))
}

pub(super) fn at(db: &Connection, campus: CampusId, epoch: u32, seq: u64) -> Result<Head, StoreError> {
    if seq == 0 {
        return Ok(Head::START);
    }
    let hash: Option<[u8; 32]> = db
        .prepare_cached("select hash from feed where campus = ?1 and epoch = ?2 and seq = ?3")?
        .query_row(params![campus.get(), epoch, rows::number(seq)], |row| row.get(0))
        .optional()?;
    let hash = rows::stored("feed", hash)?;
    Ok(Head { seq, hash: shared::chain::ChainHash::from_bytes(hash) })
}

#[cfg(test)]
mod tests {
    use shared::sync::change::PlaceGate;

    use super::*;
    use crate::{
        config::Config,
        store::office_days::{CAMPUS, Office},
    };

    #[test]
    fn an_office_is_behind_another_by_its_numbering_or_by_anything_within_it() {
        let now = Reached { epoch: 2, told: 5, terminals: 3, withdrawn: 1 };
        for less in [
            Reached { told: 4, ..now },
            Reached { terminals: 2, ..now },
            Reached { withdrawn: 0, ..now },
            Reached { epoch: 1, told: 9, ..now },
        ] {
            assert!(less.is_behind(now), "{less:?}");
            assert!(!now.is_behind(less), "{less:?}");
        }
        // In another numbering nothing is compared.
        assert!(!Reached { epoch: 3, ..Reached::default() }.is_behind(now) && !now.is_behind(now));
    }

    #[tokio::test]
    async fn places_are_told_when_they_change_and_each_campus_has_its_chain() {
        let Office { store, now, .. } = &Office::open();
        let mut places = Config::default().places();
        for _ in 0..2 {
            store.set_places(places.clone(), *now).await.unwrap();
        }
        let ask =
            async |campus, epoch, seq, limit| store.feed_after(campus, Cursor { epoch, seq }, limit).await.unwrap();
        assert_eq!(ask(CAMPUS, 1, 0, 9).await.unwrap().latest, 1);
        assert_eq!(ask(CampusId::new(2), 1, 0, 9).await.unwrap().latest, 1);
        let gate = shared::ids::GateIndex::new(5).unwrap();
        places[0].gates.push(PlaceGate { gate, name: "西门".to_owned(), name_en: "West Gate".to_owned() });
        store.set_places(places, *now).await.unwrap();
        let fed = ask(CAMPUS, 1, 0, 9).await.unwrap();
        assert_eq!(fed.latest, 2);
        let name = ChainName::Feed { campus: CAMPUS, epoch: 1 };
        let end = fed.links.iter().try_fold(Head::START, |head, link| head.follow(name, link)).unwrap();
        assert_eq!(end, fed.head);
        assert_eq!(ask(CampusId::new(2), 1, 0, 9).await.unwrap().latest, 1);
    }

    #[tokio::test]
    async fn any_place_of_the_chain_can_be_asked_from() {
        let Office { store, now, .. } = &Office::open();
        let mut places = Config::default().places();
        for round in 0..5 {
            places[0].campus_name = format!("{round}");
            store.set_places(places.clone(), *now).await.unwrap();
        }
        let ask = async |epoch, seq, limit| store.feed_after(CAMPUS, Cursor { epoch, seq }, limit).await.unwrap();
        let whole = ask(1, 0, 9).await.unwrap();
        let name = ChainName::Feed { campus: CAMPUS, epoch: 1 };
        let first = ask(1, 0, 2).await.unwrap();
        assert_eq!((first.links.len(), first.head.seq, first.latest), (2, 2, 5));
        let rest = ask(1, 2, 9).await.unwrap();
        let end = rest.links.iter().try_fold(first.head, |head, link| head.follow(name, link)).unwrap();
        assert_eq!(end, whole.head);
        let nothing = ask(1, 5, 9).await.unwrap();
        assert!(nothing.links.is_empty());
        assert_eq!(nothing.head, whole.head);
        assert_eq!(ask(0, 77, 9).await.unwrap().links.len(), 5);
        assert_eq!(ask(1, 6, 9).await.unwrap_err(), Refusal::CursorAhead);
        assert_eq!(ask(2, 0, 9).await.unwrap_err(), Refusal::CursorAhead);
        let empty = store.feed_after(CampusId::new(9), Cursor { epoch: 1, seq: 0 }, 9).await.unwrap().unwrap();
        assert_eq!((empty.head, empty.latest), (Head::START, 0));
    }

    #[tokio::test]
    async fn who_waits_is_told_after_the_commit_of_this_process_and_of_another() {
        let office = Office::open();
        let mut signal = office.store.feed_signal();
        office.store.set_places(Config::default().places(), office.now).await.unwrap();
        signal.changed().await.unwrap();
        assert_eq!(office.fed().await.latest, 1);
        // The command line, as another connection to the same file.
        let other = Store::open(&office.path, crate::store::office_days::key()).unwrap();
        let mut places = Config::default().places();
        places[0].campus_name = "新".to_owned();
        other.set_places(places, office.now).await.unwrap();
        tokio::time::timeout(std::time::Duration::from_secs(60), signal.changed()).await.unwrap().unwrap();
        assert_eq!(office.fed().await.latest, 2);
    }
}
