//! What withdrawn terminals brought: kept for the office to look at, apart from the entry log, and believed by nobody.
//!
//! A terminal that was stolen can say anything, and one that was merely replaced may still hold an hour of the gate's truth. Nothing of
//! it is chained, countersigned or told to other gates.

use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};
use shared::{chain::Link, entry::Entry, ids::TerminalId, planted, sync::push::LONGEST_ENTRY, time::Moment};

use super::{EntryRow, Store, StoreError, entries::unreadable, rows, writer::Writing};

/// Of one terminal. Whoever stole it shall not fill the disk.
const AT_MOST: i64 = 20_000;
const AT_MOST_BYTES: i64 = 16 * 1024 * 1024;

impl Store {
    /// Up to which number; what was brought before changes nothing, and from where there is no room nothing is kept.
    pub async fn set_aside(&self, terminal: TerminalId, links: Vec<Link>, now: Moment) -> Result<u64, StoreError> {
        let set_aside = move |db: &mut Writing<'_>| {
            let held = "select count(*), coalesce(sum(octet_length(body)), 0) from set_aside where terminal = ?1";
            let (rows, bytes) = db.query_row(held, [terminal.get()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let mut held = Held { rows, bytes };
            let before = "select coalesce(max(seq), 0) from set_aside where terminal = ?1 and seq < ?2";
            let first = links.first().map_or(0, |first| rows::number(first.seq));
            let before: i64 = db.query_row(before, params![terminal.get(), first], |row| row.get(0))?;
            let mut through = u64::try_from(before).unwrap_or(0);
            for link in &links {
                if !planted!("set aside and not kept", true, held.is_kept(db, terminal, link, now)?) {
                    break;
                }
                through = link.seq;
            }
            Ok(through)
        };
        self.0.writer.write(set_aside).await
    }

    /// As the terminals numbered them.
    pub async fn entries_set_aside(&self) -> Result<Vec<EntryRow>, StoreError> {
        let all = |db: &Connection| {
            let mut query = db.prepare_cached("select * from set_aside order by terminal, seq, received_at")?;
            let mut found = query.query([])?;
            let mut entries = Vec::new();
            while let Some(row) = found.next()? {
                entries.push(EntryRow {
                    id: rows::entry_id(row, "terminal", "seq")?,
                    received_at: rows::moment(row, "received_at")?,
                    entry: serde_json::from_str::<Entry>(&rows::text(row, "body")?).map_err(|why| unreadable(&why)),
                });
            }
            Ok(entries)
        };
        self.0.readers.read(all).await
    }
}

/// Of one terminal.
struct Held {
    rows: i64,
    bytes: i64,
}

impl Held {
    /// `false` where there is no room. Of what is longer than any entry, it is kept that it was brought.
    fn is_kept(
        &mut self,
        db: &Writing<'_>,
        terminal: TerminalId,
        link: &Link,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let (seq, body) = (rows::number(link.seq), link.body.get());
        let hash: [u8; 32] = Sha256::digest(body).into();
        let same = "select exists (select 1 from set_aside where terminal = ?1 and seq = ?2 and hash = ?3)";
        if db.prepare_cached(same)?.query_row(params![terminal.get(), seq, hash], |row| row.get(0))? {
            return Ok(true);
        }
        let body = if body.len() > LONGEST_ENTRY { "" } else { body };
        let bytes = self.bytes.saturating_add(i64::try_from(body.len()).unwrap_or(i64::MAX));
        if self.rows >= AT_MOST || bytes > AT_MOST_BYTES {
            return Ok(false);
        }
        db.prepare_cached(
            "insert into set_aside (terminal, seq, hash, body, received_at) values (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![terminal.get(), seq, hash, body, now.unix_ms()])?;
        *self = Self { rows: self.rows + 1, bytes };
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;
    use shared::{
        ids::GateIndex,
        seal::PublicKey,
        sync::{enrol::InviteCode, push::PUSH_BATCH},
    };

    use super::*;
    use crate::store::office_days::{CAMPUS, Office};

    async fn withdrawn(office: &Office) -> TerminalId {
        let code = InviteCode::from_random([1; 10]);
        let public = PublicKey::of(&ed25519_dalek::SigningKey::from_bytes(&[1; 32]));
        let soon = office.now.plus(chrono::TimeDelta::minutes(1));
        office.store.invite(CAMPUS, GateIndex::new(1).unwrap(), &code, soon, office.now).await.unwrap();
        let terminal = office.store.enrol(&code, public, office.now).await.unwrap().unwrap().id;
        office.store.withdraw(terminal, office.now).await.unwrap();
        terminal
    }

    /// From that number on, so many that are so long.
    fn links(from: u64, many: usize, bytes: usize) -> Vec<Link> {
        let body = || RawValue::from_string(format!("\"{}\"", "a".repeat(bytes - 2))).unwrap();
        (from..).take(many).map(|seq| Link { seq, body: body() }).collect()
    }

    #[tokio::test]
    async fn what_there_is_no_room_for_is_not_said_to_be_kept_and_what_is_kept_is_kept_once() {
        let office = Office::open();
        let terminal = withdrawn(&office).await;
        let room = u64::try_from(AT_MOST_BYTES).unwrap() / LONGEST_ENTRY as u64;
        let mut told = Vec::new();
        for from in (1..room + 1_000).step_by(PUSH_BATCH) {
            let brought = links(from, PUSH_BATCH, LONGEST_ENTRY);
            told.push(office.store.set_aside(terminal, brought, office.now).await.unwrap());
        }
        assert_eq!(told[..3], [500, 1_000, 1_500]);
        assert_eq!(told[told.len() - 2..], [room, room], "nothing beyond what is kept");
        let again = office.store.set_aside(terminal, links(1, 2, LONGEST_ENTRY), office.now).await.unwrap();
        assert_eq!(again, 2);
        let bytes = office.look("select sum(length(body)) from set_aside");
        assert_eq!(
            (bytes, office.look("select count(*) from set_aside")),
            (AT_MOST_BYTES, i64::try_from(room).unwrap())
        );
    }

    #[tokio::test]
    async fn of_what_is_longer_than_an_entry_it_is_kept_that_it_was() {
        let office = Office::open();
        let terminal = withdrawn(&office).await;
        let mut brought = links(1, 1, LONGEST_ENTRY + 1);
        brought.extend(links(2, 1, LONGEST_ENTRY));
        for _ in 0..2 {
            assert_eq!(office.store.set_aside(terminal, brought.clone(), office.now).await.unwrap(), 2);
        }
        assert_eq!(office.look("select sum(length(body)) from set_aside"), i64::try_from(LONGEST_ENTRY).unwrap());
        let rows = office.store.entries_set_aside().await.unwrap();
        let why: Vec<_> = rows.iter().map(|row| (row.id.seq, row.entry.as_ref().unwrap_err().as_str())).collect();
        assert_eq!(why[0], (1, "cut short, at column 0"));
        assert_eq!(why.len(), 2);
    }
}
