//! The disk forgets: one transaction takes passes, keys and what was sent out of the database, then the files that hold them go.
//!
//! The transaction leaves a mark that is taken off when the last file is gone, and a start that finds the mark goes on. What is
//! deleted is overwritten (`secure_delete`), the database is written anew, and its log is emptied. The last entry stays, because the
//! numbers go on from it, and so do the numbers of revoked passes, which say nothing of anybody.

use std::{fs, io, path::Path};

use rusqlite::{Connection, params};
use shared::chain::Head;

use super::{SqliteStore, StoreError, journal};
use crate::ports::Oblivion;

/// What was set aside when the database or its journal were damaged, lists for a roll-call, and what officers exported here: whoever
/// has the disk has them, too.
const ASIDE: [&str; 3] = [".damaged-", ".journal.before", ".part"];
const FOLDERS: [&str; 1] = ["exports"];

impl SqliteStore {
    pub(super) fn forget_everything(&mut self, why: Oblivion) -> Result<(), StoreError> {
        self.connection.pragma_update(None, "secure_delete", true)?;
        let withdrawn = match why {
            Oblivion::Withdrawn { since } => Some(since.unix_ms()),
            Oblivion::Silent => None,
        };
        let transaction = self.connection.transaction()?;
        transaction
            .execute("update post set forgetting = 1, withdrawn_ms = coalesce(withdrawn_ms, ?1)", [withdrawn])?;
        for table in ["pass", "watched", "movement", "places", "walk_in"] {
            transaction.execute(&format!("delete from {table}"), [])?;
        }
        transaction.execute(
            "update followed set epoch = 0, seq = 0, hash = ?1, as_of_ms = null, valid_for_s = null, key_set = null",
            params![Head::START.hash.as_bytes()],
        )?;
        transaction.execute(
            "delete from entry where seq <= (select seq from receipt) and seq < (select max(seq) from entry)",
            [],
        )?;
        transaction.commit()?;
        self.finish_forgetting()
    }

    /// After the transaction, now or at the next start.
    pub(super) fn finish_forgetting(&mut self) -> Result<(), StoreError> {
        self.connection.execute_batch("vacuum")?;
        self.checkpoint();
        let fault = |cause| StoreError::Lock { path: self.path.clone(), cause };
        self.journal = None;
        self.watched.remove(&self.path.with_file_name(journal::FILE)).map_err(fault)?;
        let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
        remove_aside(folder).map_err(fault)?;
        journal::sync_folder(&self.path).map_err(fault)?;
        if let Some(key) = self.journal_key.clone() {
            // Anew, from what is left.
            self.keep_journal(&key)?;
        }
        self.connection.execute("update post set forgetting = 0", [])?;
        self.checkpoint();
        Ok(())
    }
}

/// Whether a power cut came in between.
pub(super) fn is_unfinished(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.prepare("select 1 from post where forgetting")?.exists([])?)
}

pub(super) fn is_withdrawn(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.prepare("select 1 from post where withdrawn_ms is not null")?.exists([])?)
}

fn remove_aside(folder: &Path) -> io::Result<()> {
    for file in fs::read_dir(folder)? {
        let file = file?;
        let name = file.file_name();
        if ASIDE.iter().any(|part| name.to_string_lossy().contains(part)) {
            remove(&file.path())?;
        }
    }
    for name in FOLDERS {
        match fs::remove_dir_all(folder.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
