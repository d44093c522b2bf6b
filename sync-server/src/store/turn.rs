//! Whose turn it is to write, among the processes that have the database open.
//!
//! SQLite keeps no queue: who finds it taken looks again now and then, and a busy server begins anew within microseconds of each commit,
//! so a command beside it would never get through. Therefore who found it taken stands in line, by a lock on a file beside the database,
//! and who has just written lets the one in line go first. The line is short: of those who stand behind it, any is the next.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    thread,
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use super::connection::{BUSY_WAIT, without_waiting};
use crate::owner;

/// Who stands in line has to look more often than others come by.
const LOOK_AGAIN: Duration = Duration::from_millis(2);
const LOOKS: u128 = BUSY_WAIT.as_millis() / LOOK_AGAIN.as_millis();
/// Half a second: one in line that does not begin in all this time has been stopped, and so many transactions pass it; twice as many each
/// time that it still stands there.
const LET_GO_FIRST_LOOKS: u32 = 250;
const PASS_IT: u32 = 200;
const PASS_IT_AT_MOST: u32 = 100_000;

#[derive(Debug)]
pub(super) struct Turn {
    line: Option<File>,
    /// So many more transactions pass whoever is in line, and so many the next time.
    passes: u32,
    passes_next: u32,
}

impl Turn {
    pub(super) fn at(database: &Path) -> Self {
        let mut path = OsString::from(database);
        path.push("-turn");
        let line = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let line = line.map_err(|cause| no_line(&cause)).ok();
        if line.is_some()
            && let Err(cause) = owner::give_as(Path::new(&path), database)
        {
            tracing::warn!(%cause, "the line beside the database belongs to another user");
        }
        Self { line, passes: 0, passes_next: PASS_IT }
    }

    /// Begins to write, after whoever stands in line; `SQLITE_BUSY` when that took too long, or when the one who writes `gives_up`.
    pub(super) fn begin<'a>(
        &mut self,
        db: &'a Connection,
        gives_up: impl Fn() -> bool,
    ) -> Result<Transaction<'a>, rusqlite::Error> {
        self.let_go_first(&gives_up);
        let (mut looks, mut standing) = (0, None);
        loop {
            match without_waiting(db, || Transaction::new_unchecked(db, TransactionBehavior::Immediate)) {
                Err(taken) if is_busy(&taken) && looks < LOOKS && !gives_up() => {
                    standing = standing.or_else(|| self.line.as_ref().and_then(|line| Standing::first(line).ok()?));
                    looks += 1;
                    thread::sleep(LOOK_AGAIN);
                }
                begun => return begun,
            }
        }
    }

    fn let_go_first(&mut self, gives_up: impl Fn() -> bool) {
        let Some(line) = &self.line else { return };
        if self.passes > 0 {
            self.passes -= 1;
            return;
        }
        for _ in 0..LET_GO_FIRST_LOOKS {
            match Standing::first(line).map(|standing| standing.is_some()) {
                Ok(true) => {
                    self.passes_next = PASS_IT;
                    return;
                }
                Ok(false) if gives_up() => return,
                Ok(false) => thread::sleep(LOOK_AGAIN),
                // A file system without locks has none the next time either.
                Err(cause) => {
                    no_line(&cause);
                    self.line = None;
                    return;
                }
            }
        }
        self.passes = self.passes_next;
        self.passes_next = self.passes_next.saturating_mul(2).min(PASS_IT_AT_MOST);
    }
}

fn no_line(cause: &io::Error) {
    tracing::warn!(%cause, "no line can be formed: a command may not get through beside a busy server");
}

/// Until it is dropped.
struct Standing<'a>(&'a File);

impl<'a> Standing<'a> {
    /// `None` while somebody else stands there.
    fn first(line: &'a File) -> io::Result<Option<Self>> {
        match line.try_lock() {
            Ok(()) => Ok(Some(Self(line))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(cause),
        }
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        // The end of the process does it, too.
        self.0.unlock().ok();
    }
}

pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::MetadataExt as _,
        path::PathBuf,
        sync::{
            Arc,
            atomic::{AtomicBool, AtomicU32, Ordering},
        },
    };

    use super::*;
    use crate::store::connection;

    /// A database, somebody who writes to it, and where others find both.
    struct Table {
        _dir: tempfile::TempDir,
        path: PathBuf,
        db: Connection,
        turn: Turn,
    }

    impl Table {
        fn lay() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("office.sqlite3");
            let db = connection::writing(&path).unwrap();
            Self { _dir: dir, turn: Turn::at(&path), path, db }
        }

        fn writes(&mut self, gives_up: bool) {
            self.turn.begin(&self.db, || gives_up).unwrap().commit().unwrap();
        }
    }

    /// One that writes without a pause, and one that wants to write once in a while: it gets in after the transaction that is under way.
    #[test]
    fn who_stands_in_line_goes_before_who_has_just_written() {
        let Table { _dir, path, db, mut turn } = Table::lay();
        db.execute_batch("create table line (number)").unwrap();
        let (ends, rounds) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let busy = thread::Builder::new().name("busy".to_owned()).spawn({
            let (path, ends, rounds) = (path.clone(), Arc::clone(&ends), Arc::clone(&rounds));
            move || {
                let (db, mut turn) = (connection::writing(&path).unwrap(), Turn::at(&path));
                while !ends.load(Ordering::Relaxed) {
                    let writing = turn.begin(&db, || false).unwrap();
                    writing.execute("insert into line values (1)", []).unwrap();
                    thread::sleep(Duration::from_millis(30));
                    writing.commit().unwrap();
                    rounds.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        while rounds.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
        for _ in 0..5 {
            let before = rounds.load(Ordering::Relaxed);
            let writing = turn.begin(&db, || false).unwrap();
            let passed = rounds.load(Ordering::Relaxed) - before;
            writing.execute("insert into line values (2)", []).unwrap();
            writing.commit().unwrap();
            // Two; but this thread may have waited for a processor before it stood in line.
            assert!(passed <= 10, "{passed} went before");
        }
        ends.store(true, Ordering::Relaxed);
        busy.unwrap().join().unwrap();
    }

    #[test]
    fn who_gives_up_waits_no_longer_and_is_told_what_to_do() {
        let mut table = Table::lay();
        let other = connection::writing(&table.path).unwrap();
        other.execute_batch("begin immediate").unwrap();
        let taken = table.turn.begin(&table.db, || true).map(drop).unwrap_err();
        let told = crate::store::StoreError::from(taken);
        assert!(told.is_passing() && told.to_string().contains("请过一会再试"), "{told}");
        other.execute_batch("rollback").unwrap();
        table.writes(true);
    }

    #[test]
    fn one_that_was_stopped_in_the_line_holds_nobody_up_for_ever() {
        let mut table = Table::lay();
        let stopped = Turn::at(&table.path);
        let stands = Standing::first(stopped.line.as_ref().unwrap()).unwrap().unwrap();
        table.writes(false);
        assert_eq!(table.turn.passes, PASS_IT, "the next ones go without waiting");
        table.writes(false);
        assert_eq!(table.turn.passes, PASS_IT - 1);
        table.turn.passes = 0;
        table.writes(false);
        assert_eq!(table.turn.passes, 2 * PASS_IT, "it still stands there");
        table.turn.passes = 0;
        drop(stands);
        table.writes(false);
        assert_eq!((table.turn.passes, table.turn.passes_next), (0, PASS_IT), "the line moves again");
    }

    /// As when root runs a command before the server, which is somebody else, is started for the first time.
    #[test]
    fn the_line_belongs_to_whom_the_database_belongs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("office.sqlite3");
        drop(connection::writing(&path).unwrap());
        let may_give_away = std::os::unix::fs::chown(&path, Some(4242), Some(4242)).is_ok();
        let line = Turn::at(&path).line.unwrap().metadata().unwrap();
        let owner = fs::metadata(&path).unwrap();
        assert_eq!((line.uid(), line.gid()), (owner.uid(), owner.gid()));
        assert_eq!(owner.uid() == 4242, may_give_away);
    }

    #[test]
    fn who_gives_up_lets_nobody_go_first() {
        let mut table = Table::lay();
        let other = Turn::at(&table.path);
        let _stands = Standing::first(other.line.as_ref().unwrap()).unwrap().unwrap();
        table.writes(true);
        assert_eq!(table.turn.passes, 0, "it did not wait until the one there had been let go long enough");
    }
}
