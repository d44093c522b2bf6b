//! The head of the log's index: what every commit of every process rewrites last, and so what says whether there was one.
//!
//! SQLite answers the same with `pragma data_version`, which takes a lock and gives it back: longer than all else that a page asks
//! of the store. In WAL mode which state of the database is the newest stands in the first 96 bytes of the file beside it, twice over
//! (sqlite.org/walformat.html, "The WAL-Index Header"), and one read fetches both. Whoever comes upon them half written finds them
//! different from before and after, asks the database itself, and finds them different again the next time.

use std::{
    fs::File,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

const BYTES: usize = 96;
/// The only version there has been of what these bytes mean.
const VERSION: u32 = 3_007_000;

/// Compared and never read.
pub(super) type State = [u8; BYTES];

/// Never closed: a process that closes any handle of a file loses every lock it has on it, SQLite's, too.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head(&'static File);

impl Head {
    /// Of a database that somebody has open already; `None` where it is not as it is known here.
    pub(super) fn of(database: &Path) -> Option<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push("-shm");
        let head = Self(Box::leak(Box::new(File::open(PathBuf::from(path)).ok()?)));
        let state = head.state()?;
        let version = state.first_chunk().copied().map(u32::from_ne_bytes);
        (version == Some(VERSION)).then_some(head)
    }

    pub(super) fn state(self) -> Option<State> {
        let mut state = [0; BYTES];
        self.0.read_exact_at(&mut state, 0).ok()?;
        Some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection;

    #[test]
    fn the_head_is_another_after_every_commit_and_only_then() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("office.sqlite3");
        let db = connection::writing(&path).unwrap();
        db.execute_batch("create table t (a)").unwrap();
        let head = Head::of(&path).expect("it is as it is known here");
        let mut seen = vec![head.state().unwrap()];
        for round in 0..50 {
            db.execute_batch(
                "begin immediate; insert into t values (zeroblob(5000)); rollback; begin; select * from t; commit",
            )
            .unwrap();
            assert_eq!(head.state().as_ref(), seen.last(), "nothing was committed");
            db.execute_batch("insert into t values (1)").unwrap();
            assert!(!seen.contains(&head.state().unwrap()), "round {round}");
            seen.push(head.state().unwrap());
            if round % 7 == 0 {
                // The log begins anew, and is as short again as it was.
                connection::write_back(&db).unwrap();
            }
        }
    }
}
