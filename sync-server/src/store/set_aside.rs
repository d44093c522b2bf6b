//! What withdrawn terminals brought: kept for the office to look at, apart from the entry log, and believed by nobody.
//!
//! A terminal that was stolen can say anything, and one that was merely replaced may still hold an hour of the gate's truth. Nothing of
//! it is chained, countersigned or told to other gates.

use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};
use shared::{chain::Link, ids::TerminalId, planted, sync::push::LONGEST_ENTRY, time::Moment};

use super::{EntryRow, Store, StoreError, entries::read_all, rows, writer::Writing};

/// Of one terminal. Whoever stole it shall not fill the disk.
const MOST_ENTRIES: i64 = 20_000;
const MOST_BYTES: i64 = 16 * 1024 * 1024;

impl Store {
    /// Up to which number; what was brought before changes nothing, and from where there is no room nothing is kept.
    pub async fn set_aside(&self, terminal: TerminalId, links: Vec<Link>, now: Moment) -> Result<u64, StoreError> {
        let set_aside = move |db: &mut Writing<'_>| {
            let mut held = Held::of(db, terminal)?;
            let mut through = links.first().map_or(0, |first| first.seq.saturating_sub(1));
            for link in &links {
                if !planted!("set aside and not kept", true, held.keeps(db, link, now)?) {
                    break;
                }
                through = link.seq;
            }
            held.write(db)?;
            Ok(through)
        };
        self.0.writer.write(set_aside).await
    }

    /// As the terminals numbered them.
    pub async fn entries_set_aside(&self) -> Result<Vec<EntryRow>, StoreError> {
        let all = |db: &Connection| {
            let mut query =
                db.prepare_cached("select *, null as why from set_aside order by terminal, seq, received_at")?;
            read_all(query.query([])?)
        };
        self.0.readers.read(all).await
    }
}

/// How much of a terminal is set aside.
struct Held {
    terminal: TerminalId,
    entries: i64,
    bytes: i64,
}

impl Held {
    fn of(db: &Writing<'_>, terminal: TerminalId) -> Result<Self, StoreError> {
        let held = db
            .prepare_cached("select entries, bytes from held_aside where terminal = ?1")?
            .query_row([terminal.get()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (entries, bytes) = held.unwrap_or_default();
        Ok(Self { terminal, entries, bytes })
    }

    /// `false` where there is no room. Of what is longer than any entry, it is kept that it was brought.
    fn keeps(&mut self, db: &Writing<'_>, link: &Link, now: Moment) -> Result<bool, StoreError> {
        let (terminal, seq, body) = (self.terminal.get(), rows::number(link.seq), link.body.get());
        let hash: [u8; 32] = Sha256::digest(body).into();
        let same = "select exists (select 1 from set_aside where terminal = ?1 and seq = ?2 and hash = ?3)";
        if db.prepare_cached(same)?.query_row(params![terminal, seq, hash], |row| row.get(0))? {
            return Ok(true);
        }
        let body = if body.len() > LONGEST_ENTRY { "" } else { body };
        let bytes = self.bytes.saturating_add(i64::try_from(body.len()).unwrap_or(i64::MAX));
        if self.entries >= MOST_ENTRIES || bytes > MOST_BYTES {
            return Ok(false);
        }
        db.prepare_cached(
            "insert into set_aside (terminal, seq, hash, body, received_at) values (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![terminal, seq, hash, body, now.unix_ms()])?;
        self.entries = self.entries.saturating_add(1);
        self.bytes = bytes;
        Ok(true)
    }

    fn write(self, db: &Writing<'_>) -> Result<(), StoreError> {
        db.prepare_cached(
            "insert into held_aside (terminal, entries, bytes) values (?1, ?2, ?3)
             on conflict (terminal) do update set entries = excluded.entries, bytes = excluded.bytes",
        )?
        .execute(params![self.terminal.get(), self.entries, self.bytes])?;
        Ok(())
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

    async fn withdrawn(office: &Office, seed: u8) -> TerminalId {
        let code = InviteCode::from_random([seed; 10]);
        let public = PublicKey::of(&ed25519_dalek::SigningKey::from_bytes(&[seed; 32]));
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
        let terminal = withdrawn(&office, 1).await;
        let set_aside = async |links| office.store.set_aside(terminal, links, office.now).await.unwrap();
        assert_eq!(set_aside(links(1, 2, 100)).await, 2);
        // Two short ones take the room of a long one and leave some over.
        let most = usize::try_from(MOST_BYTES).unwrap();
        let long = most / LONGEST_ENTRY - 1;
        let mut after = 2;
        for _ in 0..long / PUSH_BATCH + 2 {
            after = set_aside(links(after + 1, PUSH_BATCH, LONGEST_ENTRY)).await;
        }
        assert_eq!(after, 2 + long as u64, "nothing beyond what is kept");
        assert_eq!(set_aside(links(1, 2, 100)).await, 2, "though it is full");
        let left = most - long * LONGEST_ENTRY - 200;
        let too_long = [links(after + 1, 1, left + 1), links(after + 2, 1, 100)].concat();
        assert_eq!(set_aside(too_long).await, after, "nor anything that follows it");
        assert_eq!(set_aside(links(after + 1, 1, left)).await, after + 1, "to the last byte");
        assert_eq!(office.look("select sum(octet_length(body)) from set_aside"), MOST_BYTES);
        let miscounted = "select count(*) from held_aside where (terminal, entries, bytes) not in
             (select terminal, count(*), sum(octet_length(body)) from set_aside group by terminal)";
        assert_eq!((office.look("select count(*) from held_aside"), office.look(miscounted)), (1, 0));
    }

    #[tokio::test]
    async fn those_as_short_as_entries_are_are_kept_so_many_of_each_terminal() {
        let office = Office::open();
        let terminal = withdrawn(&office, 1).await;
        assert_eq!(office.store.set_aside(terminal, links(1, 1, 100), office.now).await.unwrap(), 1);
        let db = rusqlite::Connection::open(&office.path).unwrap();
        db.execute("update held_aside set entries = ?1, bytes = ?1 * 500", [MOST_ENTRIES - 1]).unwrap();
        assert_eq!(office.store.set_aside(terminal, links(2, 3, 500), office.now).await.unwrap(), 2);
        assert_eq!(office.look("select count(*) from set_aside"), 2);
        let other = withdrawn(&office, 2).await;
        assert_eq!(office.store.set_aside(other, links(1, 2, 100), office.now).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn of_what_is_longer_than_an_entry_it_is_kept_that_it_was() {
        let office = Office::open();
        let terminal = withdrawn(&office, 1).await;
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
