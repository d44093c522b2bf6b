//! The terminal's memory: one SQLite file, all its SQL in this room.
//!
//! What is acknowledged has survived a power cut: WAL with `synchronous=FULL`, and both are asserted, because each connection
//! has its own setting and a default would lose entries silently. Checkpoints are run from here and their result looked at:
//! SQLite's own automatic ones swallow errors. Only one process may write, or two would number the same entry.

mod entries;
mod fault;
mod journal;
mod log;
mod migrations;
mod news;
mod oblivion;
mod passes;
mod rebuild;
mod trouble;
mod walk_ins;

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ed25519_dalek::SigningKey;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row, TransactionBehavior, params};
use shared::{
    chain::{ChainHash, Head, Link},
    entry::{Entry, EntryId},
    ids::{CampusId, GateIndex, TerminalId},
    pass::Roots,
    planted,
    seal::PublicKey,
    sync::pull::Ailment,
    time::{CampusDay, Moment},
};

use crate::ports::{Held, News, Oblivion, Post, Receipt, Store, WalkIn};
use entries::Holes;
pub use fault::StoreError;
pub use journal::{Asked, DiskWatch, Read as JournalRead, heard as journal_heard};
use journal::{Journal, Watched};
pub use log::SqliteLog;
pub use rebuild::Rebuilt;

/// The file's name inside the data directory.
pub const DATABASE_FILE: &str = "terminal.sqlite3";

/// Before it, two connections could corrupt a WAL database ("WAL reset", fixed 2026-03).
const SQLITE_AT_LEAST: i32 = 3_051_003;

const LOCK_TRIES: u32 = 20;
const BETWEEN_LOCK_TRIES: Duration = Duration::from_millis(50);

/// An entry is about two pages; this bounds the WAL to a few hundred.
const COMMITS_BETWEEN_CHECKPOINTS: u32 = 64;

/// To make a journal level is to read it whole, and somebody stands at the gate.
const ENTRIES_BETWEEN_LEVELLINGS: u32 = 16;

#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    commits_since_checkpoint: u32,
    journal: Option<Journal>,
    /// To be kept with this key, whether it can be or not.
    journal_key: Option<SigningKey>,
    watched: Watched,
    unwritten: u32,
    path: PathBuf,
    /// Held as long as this store may write.
    _lock: Option<File>,
}

impl SqliteStore {
    /// A folder that may not be looked into is not taken for one without a database.
    pub fn is_there(path: &Path) -> Result<bool, StoreError> {
        path.try_exists().map_err(|cause| StoreError::Unseen { path: path.to_owned(), cause })
    }

    /// Creates the database where there is none. Fails when another process has it open to write.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        assert_sqlite()?;
        let lock = lock(path)?;
        keep_private(path)?;
        let mut connection = Connection::open(path).map_err(|cause| StoreError::open(path, cause))?;
        prepare(&connection)?;
        // One that reads before it writes does not wait for another's lock, but fails at once.
        connection.set_transaction_behavior(TransactionBehavior::Immediate);
        check_whole(&connection)?;
        migrations::run(&mut connection)?;
        let mut store = Self::on(connection, path, Some(lock));
        store.checkpoint();
        if oblivion::is_unfinished(&store.connection)? {
            store.finish_forgetting()?;
        }
        Ok(store)
    }

    /// From now on every entry goes into the journal beside the database, too, signed with the terminal's own key; what it lacks is
    /// written at once.
    pub fn keep_journal(&mut self, key: &SigningKey) -> Result<(), StoreError> {
        self.journal_key = Some(key.clone());
        let levelled = Journal::level(&self.path, &mut self.connection, key, &self.watched);
        self.tell_of_the_journal(levelled.as_ref().err());
        self.journal = Some(levelled?);
        Ok(())
    }

    /// From now on `watch` is told what the disk does for the journal.
    pub fn watch_journal(&mut self, watch: Arc<dyn DiskWatch>) {
        self.watched = Watched(Some(watch));
    }

    /// Where the journal at this database does not hold, by this terminal's own signatures and by the chain: the numbers that were to
    /// come. `None` when there is none that is this terminal's.
    #[must_use]
    pub fn journal_flaws(path: &Path, own: &PublicKey) -> Option<Vec<u64>> {
        journal::read(&path.with_file_name(journal::FILE), own).map(|read| read.flaws)
    }

    /// For the officers' page.
    fn tell_of_the_journal(&self, failure: Option<&StoreError>) {
        let says =
            failure.map(|failure| format!("出入记录副本写不了 the journal of entries is not written: {failure}"));
        trouble::note(&self.connection, Ailment::JournalUnwritten, says.as_deref());
    }

    /// For looking beside a running terminal; every writing method fails.
    pub fn open_to_look(path: &Path) -> Result<Self, StoreError> {
        Ok(Self::on(connect_to_look(path)?, path, None))
    }

    fn on(connection: Connection, path: &Path, lock: Option<File>) -> Self {
        Self {
            connection,
            commits_since_checkpoint: 0,
            journal: None,
            journal_key: None,
            watched: Watched::default(),
            unwritten: 0,
            path: path.to_owned(),
            _lock: lock,
        }
    }

    /// The entry is in the database by now; a journal that does not take it is worth a line in the log, and made level with a
    /// later one.
    fn journal(&mut self, entry: &entries::Appended) {
        let Some(key) = self.journal_key.clone() else { return };
        let written = match &mut self.journal {
            Some(journal) if !journal.is_to_be_levelled(u64::MAX) => {
                journal.append(entry.after, &entry.body, entry.head)
            }
            Some(_) | None => {
                self.unwritten = self.unwritten.saturating_add(1);
                if self.unwritten % ENTRIES_BETWEEN_LEVELLINGS != 1 {
                    return;
                }
                self.keep_journal(&key)
            }
        };
        match written {
            Ok(()) => self.unwritten = 0,
            Err(error) => {
                self.tell_of_the_journal(Some(&error));
                tracing::error!(error = &error as &dyn std::error::Error, "the journal of entries was not written");
            }
        }
    }

    /// Whether the journal had the entry of this number as it was written.
    fn put_back(&mut self, seq: u64) -> Result<bool, StoreError> {
        let Some(key) = &self.journal_key else { return Ok(false) };
        let read = journal::read(&self.path.with_file_name(journal::FILE), &PublicKey::of(key));
        let Some((kept, head)) = read.iter().flat_map(|read| &read.entries).find(|(kept, _)| kept.seq == seq) else {
            return Ok(false);
        };
        entries::put_back(&self.connection, &kept.body, *head)?;
        tracing::error!(seq, "an entry had been altered on the disk; it was put back from the journal");
        self.committed(1);
        Ok(true)
    }

    /// Once a day, after the purge.
    fn trim_journal(&mut self) -> Result<(), StoreError> {
        let Some(key) = self.journal_key.clone() else { return Ok(()) };
        let entries = counted(self.connection.query_row("select count(*) from entry", [], |row| row.get(0))?)?;
        if self.journal.as_ref().is_none_or(|journal| journal.is_to_be_levelled(entries)) {
            self.keep_journal(&key)?;
        }
        Ok(())
    }

    /// The entry is durable by now, whatever becomes of the checkpoint; a WAL that only grows is worth a line in the log.
    fn committed(&mut self, commits: u32) {
        self.commits_since_checkpoint = self.commits_since_checkpoint.saturating_add(commits);
        if self.commits_since_checkpoint >= COMMITS_BETWEEN_CHECKPOINTS {
            self.checkpoint();
        }
    }

    /// Does not wait for a reader: somebody stands at the gate, and the next commits try again.
    fn checkpoint(&mut self) {
        let result = self.connection.busy_timeout(Duration::ZERO).and_then(|()| {
            self.connection.query_row("pragma wal_checkpoint(truncate)", [], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
            })
        });
        if let Err(error) = self.connection.busy_timeout(BUSY) {
            tracing::error!(%error, "the time to wait for a reader could not be set");
        }
        match result {
            Ok((0, ..)) => self.commits_since_checkpoint = 0,
            Ok((_, frames, moved)) => tracing::warn!(frames, moved, "a checkpoint was held up by a reader"),
            Err(error) => tracing::error!(%error, "a checkpoint failed"),
        }
    }
}

impl Store for SqliteStore {
    type Error = StoreError;

    fn post(&self) -> Result<Option<Post>, StoreError> {
        post(&self.connection)
    }

    fn keep_post(&mut self, post: &Post, server_time: Moment) -> Result<(), StoreError> {
        if self.post()?.is_some() {
            return Err(StoreError::AlreadyEnrolled);
        }
        let Post { terminal, campus, gate, roots: Roots { root, spare } } = post;
        self.connection.execute(
            "insert into post (one, terminal, campus, gate, root, spare, floor_ms) values (1, ?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                terminal.get(),
                campus.get(),
                gate.get(),
                root.as_bytes(),
                spare.as_ref().map(PublicKey::as_bytes),
                server_time.unix_ms()
            ],
        )?;
        self.committed(1);
        Ok(())
    }

    fn load(&mut self) -> Result<Held, StoreError> {
        let post = self.post()?.ok_or(StoreError::NotEnrolled)?;
        let floor = self.connection.query_row("select floor_ms from post", [], |row| row.get(0))?;
        Ok(Held {
            post,
            floor: Moment::from_unix_ms(floor),
            news: news::load(&self.connection)?,
            recorded: entries::head(&self.connection)?.seq,
            receipted: entries::receipted(&self.connection)?,
            own: entries::recent(&self.connection)?,
            walk_ins: walk_ins::load(&self.connection)?,
            withdrawn: oblivion::is_withdrawn(&self.connection)?,
        })
    }

    fn append(&mut self, entry: &Entry) -> Result<EntryId, StoreError> {
        let terminal = self.post()?.ok_or(StoreError::NotEnrolled)?.terminal;
        let transaction = self.connection.transaction()?;
        let appended = entries::append(&transaction, terminal, entry)?;
        planted!("an entry answered for and not committed", transaction.rollback(), transaction.commit())?;
        self.journal(&appended);
        self.committed(1);
        Ok(EntryId { terminal, seq: appended.head.seq })
    }

    fn entries_after(&mut self, after: u64, limit: usize) -> Result<(Vec<Link>, Head), StoreError> {
        let terminal = self.post()?.ok_or(StoreError::NotEnrolled)?.terminal;
        let read = |store: &Self, holes| entries::after(&store.connection, (terminal, holes), after, limit);
        match read(self, Holes::Told) {
            Err(StoreError::Altered { seq }) if self.put_back(seq)? => read(self, Holes::Told),
            // The server may have what is missing, and says so if it has not.
            Err(StoreError::Altered { .. }) => read(self, Holes::Passed),
            read => read,
        }
    }

    fn marks(&self, after: u64, links: usize) -> Result<String, StoreError> {
        entries::marks(&self.connection, after, links)
    }

    fn ails(&self) -> Vec<Ailment> {
        trouble::ails(&self.connection)
    }

    fn altered(error: &StoreError) -> Option<u64> {
        if let StoreError::Altered { seq } = error { Some(*seq) } else { None }
    }

    fn keep_receipt(&mut self, receipt: &Receipt) -> Result<(), StoreError> {
        entries::keep_receipt(&mut self.connection, receipt)?;
        self.committed(1);
        Ok(())
    }

    fn keep_news(&mut self, news: &News) -> Result<(), StoreError> {
        let own = self.post()?.map(|post| post.terminal);
        let transaction = self.connection.transaction()?;
        news::keep(&transaction, news, own)?;
        // The server's word stands above what this machine thought: a floor raised by a wrong clock comes down again.
        let (floor, floor_ms) = ("update post set floor_ms = ?1", news.server_time.unix_ms());
        planted!(
            "the floor of the clock apart from its news",
            transaction.commit().and_then(|()| self.connection.execute(floor, [floor_ms]).map(drop)),
            transaction.execute(floor, [floor_ms]).and_then(|_| transaction.commit())
        )?;
        if news.key_set.is_some()
            && let Some(key) = self.journal_key.clone()
            && let Err(error) = self.keep_journal(&key)
        {
            tracing::error!(error = &error as &dyn std::error::Error, "the journal of entries has not the new keys");
        }
        self.committed(u32::try_from(news.changes.len()).unwrap_or(u32::MAX).max(1));
        Ok(())
    }

    fn forget(&mut self, before: CampusDay) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        passes::forget(&transaction, before)?;
        entries::forget(&transaction, before)?;
        transaction.commit()?;
        self.committed(COMMITS_BETWEEN_CHECKPOINTS);
        if let Err(error) = self.trim_journal() {
            tracing::error!(error = &error as &dyn std::error::Error, "the journal of entries was not shortened");
        }
        Ok(())
    }

    fn forget_all(&mut self, why: Oblivion) -> Result<(), StoreError> {
        self.forget_everything(why)
    }

    fn keep_floor(&mut self, floor: Moment) -> Result<(), StoreError> {
        let floor_ms = planted!("the floor of the clock not kept", 0, floor.unix_ms());
        self.connection.execute("update post set floor_ms = max(floor_ms, ?1)", [floor_ms])?;
        self.committed(1);
        Ok(())
    }

    fn keep_walk_ins(&mut self, walk_ins: &[WalkIn]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        walk_ins::keep(&transaction, walk_ins)?;
        transaction.commit()?;
        self.committed(1);
        Ok(())
    }
}

fn assert_sqlite() -> Result<(), StoreError> {
    if rusqlite::version_number() < SQLITE_AT_LEAST {
        return Err(StoreError::OldSqlite { version: rusqlite::version() });
    }
    Ok(())
}

/// Beside the database and not the database itself: SQLite's own locks come and go, and must not be disturbed.
fn lock(path: &Path) -> Result<File, StoreError> {
    let path = path.with_extension("lock");
    let unlockable = |cause| StoreError::Lock { path: path.clone(), cause };
    let file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(unlockable)?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            // A child that a killed gate was just starting may hold it for a moment more, and a supervisor starts us at once.
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_LOCK_TRIES),
            Err(TryLockError::Error(cause)) => return Err(unlockable(cause)),
        }
    }
    Err(StoreError::InUse { path })
}

/// Names and phone tails are in it. SQLite gives its side files the mode of the database.
fn keep_private(path: &Path) -> Result<(), StoreError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let made = options.open(path);
    made.map(drop).map_err(|cause| StoreError::Lock { path: path.to_owned(), cause })
}

/// A person stands at the gate: rather a clear "use the paper log" than a long wait.
const BUSY: Duration = Duration::from_secs(1);

fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", planted!("a gate with NORMAL", "normal", "full"))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    // What is forgotten is overwritten: the machine may be carried away.
    connection.pragma_update(None, "secure_delete", true)?;
    assert_durable(connection)
}

/// Read back: each setting is the connection's own, and SQLite says nothing of one that it did not take.
fn assert_durable(connection: &Connection) -> Result<(), StoreError> {
    let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    let foreign_keys: bool = connection.pragma_query_value(None, "foreign_keys", |row| row.get(0))?;
    let automatic: i64 = connection.pragma_query_value(None, "wal_autocheckpoint", |row| row.get(0))?;
    if journal != "wal" || synchronous != planted!("a gate with NORMAL", 1, 2) || !foreign_keys || automatic != 0 {
        return Err(StoreError::NotDurable { journal, synchronous });
    }
    Ok(())
}

fn check_whole(connection: &Connection) -> Result<(), StoreError> {
    let report: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if report == "ok" { Ok(()) } else { Err(StoreError::Damaged { report }) }
}

fn connect_to_look(path: &Path) -> Result<Connection, StoreError> {
    assert_sqlite()?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|cause| StoreError::open(path, cause))?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    assert_durable(&connection)?;
    Ok(connection)
}

fn post(connection: &Connection) -> Result<Option<Post>, StoreError> {
    let sql = "select terminal, campus, gate, root, spare from post";
    connection.query_row(sql, [], |row| Ok(read_post(row))).optional()?.transpose()
}

fn read_post(row: &Row<'_>) -> Result<Post, StoreError> {
    let gate = GateIndex::new(row.get(2)?).ok_or(StoreError::Foreign { what: "gate" })?;
    let read = |bytes: [u8; 32]| PublicKey::from_bytes(&bytes).map_err(|_| StoreError::Foreign { what: "root key" });
    let roots = Roots { root: read(row.get(3)?)?, spare: row.get::<_, Option<_>>(4)?.map(read).transpose()? };
    Ok(Post { terminal: TerminalId::new(row.get(0)?), campus: CampusId::new(row.get(1)?), gate, roots })
}

fn read_hash(row: &Row<'_>, column: usize) -> rusqlite::Result<ChainHash> {
    row.get(column).map(ChainHash::from_bytes)
}

/// SQLite's integers are signed; no number here comes near the end of either.
fn stored(seq: u64) -> Result<i64, StoreError> {
    i64::try_from(seq).map_err(|_| StoreError::Foreign { what: "number" })
}

fn counted(seq: i64) -> Result<u64, StoreError> {
    u64::try_from(seq).map_err(|_| StoreError::Foreign { what: "number" })
}

#[cfg(test)]
mod tests;
