//! What withdrawn terminals brought: kept for the office to look at, apart from the entry log, and believed by nobody.
//!
//! A terminal that was stolen can say anything, and one that was merely replaced may still hold an hour of the gate's truth. Nothing of
//! it is chained, countersigned or told to other gates.

use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};
use shared::{chain::Link, entry::Entry, ids::TerminalId, planted, time::Moment};

use super::{EntryRow, Store, StoreError, entries::unreadable, rows, writer::Writing};

/// Of one terminal. Whoever stole it shall not fill the disk.
const AT_MOST: i64 = 20_000;

impl Store {
    /// Up to which number; what was brought before changes nothing.
    pub async fn set_aside(&self, terminal: TerminalId, links: Vec<Link>, now: Moment) -> Result<u64, StoreError> {
        let set_aside = move |db: &mut Writing<'_>| {
            let count = "select count(*) from set_aside where terminal = ?1";
            let held: i64 = db.query_row(count, [terminal.get()], |row| row.get(0))?;
            let free = usize::try_from(AT_MOST.saturating_sub(held)).unwrap_or(0);
            for link in links.iter().take(planted!("set aside and not kept", 0, free)) {
                let body = link.body.get();
                let hash: [u8; 32] = Sha256::digest(body).into();
                db.prepare_cached(
                    "insert or ignore into set_aside (terminal, seq, hash, body, received_at) values (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![terminal.get(), rows::number(link.seq), hash, body, now.unix_ms()])?;
            }
            Ok(links.last().map_or(0, |last| last.seq))
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
