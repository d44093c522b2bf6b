//! Opening a connection that keeps its word: the version, the log and the syncing are asserted, not hoped for.
//!
//! SQLite before 3.51.3 can corrupt a database in WAL mode, and with `synchronous` below FULL a power cut loses what was
//! acknowledged; both settings are per connection, so every connection passes through here.

use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt as _, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, config::DbConfig};
use shared::planted;

use super::StoreError;
use crate::owner;

/// The first version without the WAL-reset fault.
pub(super) const OLDEST_SQLITE: &str = "3.51.3";
const OLDEST_SQLITE_NUMBER: i32 = 3_051_003;

/// The command line may write while the server does; each waits for the other (see [`super::turn`]).
pub(super) const BUSY_WAIT: Duration = Duration::from_secs(30);

const WRITERS_CACHE_KIB: u32 = 64 * 1024;

/// The one connection that writes.
pub(super) fn writing(path: &Path) -> Result<Connection, StoreError> {
    // Names and phones are in it: nobody else on the machine reads it. The log takes its mode from the database.
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(|cause| StoreError::File { path: path.to_owned(), cause })?;
    // Made by root's command, it is to be of use to the server. What cannot be given away stays as it is.
    path.parent().and_then(|folder| owner::give_as(path, folder).ok());
    let db = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mode: String = db.query_row("pragma journal_mode = wal", [], |row| row.get(0))?;
    holds("journal_mode = wal", mode == "wal", &mode)?;
    // Failures of SQLite's own checkpoints are swallowed; ours are seen (see `writer`).
    let pages: i64 = db.query_row("pragma wal_autocheckpoint = 0", [], |row| row.get(0))?;
    holds("wal_autocheckpoint = 0", pages == 0, pages)?;
    // What a job may have to take back is noted before it is done, a page for each it touches: in memory, not in a file.
    db.execute_batch("pragma temp_store = memory")?;
    // What is erased is overwritten, and not only found no more.
    let overwrites: i64 = db.query_row("pragma secure_delete = on", [], |row| row.get(0))?;
    holds("secure_delete = on", overwrites == 1, overwrites)?;
    // What is written to is read before; and a transaction that outgrows its cache writes its pages more than once.
    db.execute_batch(&format!("pragma cache_size = -{WRITERS_CACHE_KIB}"))?;
    let checked: String = db.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
    if checked == "ok" { Ok(db) } else { Err(StoreError::Damaged(checked)) }
}

/// One that cannot write.
pub(super) fn reading(path: &Path) -> Result<Connection, StoreError> {
    let db = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    db.execute_batch("pragma query_only = on")?;
    let mode: String = db.query_row("pragma journal_mode", [], |row| row.get(0))?;
    holds("journal_mode = wal", mode == "wal", &mode)?;
    Ok(db)
}

/// One that is read from end to end into a copy. It writes the copy, so it is not told to change nothing.
pub(super) fn copying(path: &Path) -> Result<Connection, StoreError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// How many pages of the log are not in the database yet.
pub(super) fn log_pages(db: &Connection) -> Result<i64, rusqlite::Error> {
    checkpoint(db, "pragma wal_checkpoint(noop)")
}

/// Writes the log back as far as no reader hinders, and returns how many pages are left.
pub(super) fn write_back(db: &Connection) -> Result<i64, rusqlite::Error> {
    checkpoint(db, "pragma wal_checkpoint(passive)")
}

/// The same, and leaves nothing in the log; whether no reader hindered.
pub(super) fn empty_log(db: &Connection) -> Result<bool, rusqlite::Error> {
    // Nobody waits for a long read to end.
    without_waiting(db, || db.query_row("pragma wal_checkpoint(truncate)", [], |row| Ok(row.get::<_, i64>(0)? == 0)))
}

/// What somebody else has taken is not waited for.
pub(super) fn without_waiting<T>(
    db: &Connection,
    todo: impl FnOnce() -> Result<T, rusqlite::Error>,
) -> Result<T, rusqlite::Error> {
    db.busy_timeout(Duration::ZERO)?;
    let done = todo();
    db.busy_timeout(BUSY_WAIT)?;
    done
}

fn checkpoint(db: &Connection, pragma: &str) -> Result<i64, rusqlite::Error> {
    db.prepare_cached(pragma)?.query_row([], |row| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?))
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let found = rusqlite::version_number();
    if found < OLDEST_SQLITE_NUMBER {
        return Err(StoreError::TooOld { found });
    }
    let db = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(BUSY_WAIT)?;
    db.set_prepared_statement_cache_capacity(128);
    // Else a statement is planned anew whenever it is asked with other values.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.pragma_update(None, "synchronous", planted!("a server with NORMAL", "normal", "full"))?;
    db.execute_batch("pragma foreign_keys = on; pragma trusted_schema = off")?;
    let level: i64 = db.query_row("pragma synchronous", [], |row| row.get(0))?;
    holds("synchronous = full", level == planted!("a server with NORMAL", 1, 2), level)?;
    let keys: i64 = db.query_row("pragma foreign_keys", [], |row| row.get(0))?;
    holds("foreign_keys = on", keys == 1, keys)?;
    Ok(db)
}

fn holds(expected: &'static str, is: bool, found: impl ToString) -> Result<(), StoreError> {
    if is { Ok(()) } else { Err(StoreError::Setting { expected, found: found.to_string() }) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_file_is_ours_alone_a_reader_cannot_write_and_what_is_no_database_is_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("office.sqlite3");
        let db = writing(&path).unwrap();
        db.execute_batch("create table t (a); insert into t values (1)").unwrap();
        for end in ["", "-wal"] {
            let mode = std::fs::metadata(format!("{}{end}", path.display())).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{end}");
        }
        let reader = reading(&path).unwrap();
        assert_eq!(reader.query_row("select a from t", [], |row| row.get::<_, i64>(0)).unwrap(), 1);
        assert!(reader.execute_batch("insert into t values (2)").is_err());
        drop((db, reader));
        Connection::open(&path).unwrap().query_row("pragma journal_mode = delete", [], |_| Ok(())).unwrap();
        assert!(matches!(reading(&path), Err(StoreError::Setting { expected: "journal_mode = wal", .. })));
        let other = dir.path().join("other.sqlite3");
        std::fs::write(&other, "this is no database, and long enough to be sure of it ".repeat(100)).unwrap();
        assert!(writing(&other).is_err());
    }
}
