//! The officers' side of the store: a connection of its own that only reads.
//!
//! Each reading is one statement, run to its end before the call returns, so the gate's checkpoints find a moment without a
//! reader. Long lists are read in pages for the same reason.

use std::{fs, path::Path};

use rusqlite::{Connection, OptionalExtension as _, Row};
use shared::{
    entry::EntryId,
    ids::PassId,
    seal::Sealed,
    sync::{
        change::{PassRecord, Places},
        push::EntryReceipt,
    },
    time::Moment,
};

use super::{StoreError, connect_to_look, counted, entries, news, passes, read_hash, stored};
use crate::ports::{EntryLog, KeptEntry, PassMovement, Post, StoreSize};

#[derive(Debug)]
pub struct SqliteLog {
    connection: Connection,
}

impl SqliteLog {
    /// Beside a running terminal, or without one.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { connection: connect_to_look(path)? })
    }

    fn count(&self, sql: &str) -> Result<u64, StoreError> {
        counted(self.connection.query_row(sql, [], |row| row.get(0))?)
    }
}

impl EntryLog for SqliteLog {
    type Error = StoreError;

    fn post(&self) -> Result<Option<Post>, StoreError> {
        super::post(&self.connection)
    }

    fn places(&self) -> Result<Option<Places>, StoreError> {
        news::places(&self.connection)
    }

    fn kept_after(&self, after: u64, limit: usize) -> Result<Vec<KeptEntry>, StoreError> {
        let sql = "select seq, body, hash from entry where seq > ?1 order by seq limit ?2";
        let mut select = self.connection.prepare_cached(sql)?;
        let mut rows = select.query([stored(after)?, i64::try_from(limit).unwrap_or(i64::MAX)])?;
        let mut kept = Vec::new();
        while let Some(row) = rows.next()? {
            kept.push(read_kept(row)?);
        }
        Ok(kept)
    }

    fn kept(&self, seq: u64) -> Result<Option<KeptEntry>, StoreError> {
        let mut select = self.connection.prepare_cached("select seq, body, hash from entry where seq = ?1")?;
        select.query_row([stored(seq)?], |row| Ok(read_kept(row))).optional()?.transpose()
    }

    fn last(&self) -> Result<u64, StoreError> {
        Ok(entries::head(&self.connection)?.seq)
    }

    fn first_since(&self, moment: Moment) -> Result<Option<u64>, StoreError> {
        let mut select = self.connection.prepare_cached("select min(seq) from entry where at_ms >= ?1")?;
        let seq: Option<i64> = select.query_row([moment.unix_ms()], |row| row.get(0))?;
        seq.map(counted).transpose()
    }

    fn record(&self, pass: PassId) -> Result<Option<PassRecord>, StoreError> {
        passes::record(&self.connection, pass)
    }

    fn movements_after(&self, after: Option<EntryId>, limit: usize) -> Result<Vec<PassMovement>, StoreError> {
        passes::movements_after(&self.connection, after, limit)
    }

    /// The receipt was proven before it was kept, so its text is only read here.
    fn receipt(&self) -> Result<Option<(u64, Moment)>, StoreError> {
        let sql = "select sealed from receipt";
        let sealed: Option<String> = self.connection.query_row(sql, [], |row| row.get(0)).optional()?;
        let Some(sealed) = sealed else { return Ok(None) };
        let sealed: Sealed<EntryReceipt> = serde_json::from_str(&sealed).map_err(StoreError::json("receipt"))?;
        let receipt: EntryReceipt = serde_json::from_str(&sealed.body).map_err(StoreError::json("receipt"))?;
        Ok(Some((receipt.head.seq, receipt.at)))
    }

    fn size(&self) -> Result<StoreSize, StoreError> {
        let path = self.connection.path().unwrap_or_default();
        // A file that is not there is empty: after a checkpoint there may be no write-ahead log.
        let bytes = |path: &str| fs::metadata(path).map_or(0, |metadata| metadata.len());
        Ok(StoreSize {
            entries: self.count("select count(*) from entry")?,
            passes: self.count("select count(*) from pass")?,
            database_bytes: bytes(path),
            wal_bytes: bytes(&format!("{path}-wal")),
        })
    }

    /// Table by table, so that no reading is longer than it must be.
    fn damage(&self) -> Result<Option<String>, StoreError> {
        let mut select = self.connection.prepare("select name from sqlite_schema where type = 'table'")?;
        let tables = select.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        for table in tables {
            let sql = "select quick_check from pragma_quick_check(?1)";
            let report: String = self.connection.query_row(sql, [table], |row| row.get(0))?;
            if report != "ok" {
                return Ok(Some(report));
            }
        }
        super::trouble::all(&self.connection)
    }
}

fn read_kept(row: &Row<'_>) -> Result<KeptEntry, StoreError> {
    let body: String = row.get(1)?;
    let entry = serde_json::from_str(&body).map_err(StoreError::json("entry"))?;
    Ok(KeptEntry { seq: counted(row.get(0)?)?, hash: read_hash(row, 2)?, entry })
}
