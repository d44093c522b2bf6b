//! A damaged database is set aside, and another is made from the journal of entries beside it.
//!
//! The entries, the place of the terminal and the keys come from there; what it knew of passes the server tells anew, and until then the gate
//! says that it knows nothing. The new database takes the name only when it is whole, and nothing of the old one is deleted.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use ed25519_dalek::SigningKey;
use rusqlite::{Connection, ErrorCode};
use shared::{chain::Head, seal::PublicKey};

use super::{SqliteStore, StoreError, entries, journal, lock, migrations, news, prepare};
use crate::ports::Store as _;

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Where the damaged one lies, if there was one.
    pub aside: Option<PathBuf>,
    pub entries: usize,
    pub last: u64,
    /// Where lines of the journal did not hold; what stands behind them is among the entries.
    pub flaws: Vec<u64>,
}

impl StoreError {
    /// Whether the file itself is broken: trying again does not help.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } => true,
            Self::Open { cause, .. } | Self::Sql(cause) => {
                matches!(cause.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
            }
            Self::Lock { .. }
            | Self::InUse { .. }
            | Self::Unseen { .. }
            | Self::OldSqlite { .. }
            | Self::NotDurable { .. }
            | Self::NoCopy { .. }
            | Self::Altered { .. }
            | Self::NewerSchema { .. }
            | Self::NotEnrolled
            | Self::AlreadyEnrolled
            | Self::OtherChain { .. }
            | Self::Foreign { .. }
            | Self::Json { .. } => false,
        }
    }
}

impl SqliteStore {
    /// Whether a terminal that has its place, as its own journal says, stands without a database.
    #[must_use]
    pub fn is_lost(path: &Path, key: &SigningKey) -> bool {
        let nothing = match fs::metadata(path) {
            Ok(found) => found.len() == 0,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        nothing && journal::read(&path.with_file_name(journal::FILE), &PublicKey::of(key)).is_some()
    }

    /// In place of the damaged database at `path`, which is kept under a name that ends in `called`.
    pub fn rebuild(path: &Path, key: &SigningKey, called: &str) -> Result<(Self, Rebuilt), StoreError> {
        let held = lock(path)?;
        let read = journal::read(&path.with_file_name(journal::FILE), &PublicKey::of(key));
        let read = read.ok_or_else(|| StoreError::NoCopy { path: path.to_owned() })?;
        // What stands behind a line that does not hold is for people to read.
        let book = path.with_file_name(journal::FILE);
        let kept = journal::unused(with_end(&book, &format!(".{called}")));
        let copied = fs::copy(&book, &kept);
        if let Err(error) = copied {
            tracing::error!(%error, "the journal of entries was not copied before it is used");
        }
        let part = with_end(path, ".part");
        let fault = |cause| StoreError::Lock { path: path.to_owned(), cause };
        for left in [part.clone(), with_end(&part, "-wal"), with_end(&part, "-shm")] {
            fs::remove_file(left).ok();
        }
        write(&part, &read).inspect_err(|_| {
            // Tried again and again on a disk that is full, copies would fill it. The book itself is as it was.
            fs::remove_file(&kept).ok();
            fs::remove_file(&part).ok();
        })?;
        let aside = journal::unused(with_end(path, &format!(".{called}")));
        let there = path.exists();
        if there {
            // A second name and not another: at no moment is there no database at all.
            fs::hard_link(path, &aside).or_else(|_| fs::copy(path, &aside).map(drop)).map_err(fault)?;
        }
        for end in ["-wal", "-shm"] {
            // Left behind it would be read into the new one.
            if with_end(path, end).exists() {
                fs::rename(with_end(path, end), with_end(&aside, end)).map_err(fault)?;
            }
        }
        fs::rename(&part, path).and_then(|()| journal::sync_folder(path)).map_err(fault)?;
        drop(held);
        let last = read.entries.last().map_or(0, |(kept, _)| kept.seq);
        let rebuilt = Rebuilt { aside: there.then_some(aside), entries: read.entries.len(), last, flaws: read.flaws };
        Ok((Self::open(path)?, rebuilt))
    }
}

pub(super) fn write(path: &Path, read: &journal::Read) -> Result<(), StoreError> {
    super::keep_private(path)?;
    let mut connection = Connection::open(path).map_err(|cause| StoreError::open(path, cause))?;
    prepare(&connection)?;
    migrations::run(&mut connection)?;
    let mut store = SqliteStore {
        connection,
        commits_since_checkpoint: 0,
        journal: None,
        journal_key: None,
        watched: journal::Watched::default(),
        unwritten: 0,
        path: path.to_owned(),
        _lock: None,
    };
    store.keep_post(&read.place.post(), read.place.floor)?;
    let transaction = store.connection.transaction()?;
    for (kept, head) in &read.entries {
        entries::take_over(&transaction, &kept.body, *head)?;
    }
    news::keep_key_floor(&transaction, &read.place.key_floor)?;
    if let Some(key_set) = &read.key_set {
        news::keep_key_set(&transaction, key_set, read.place.floor)?;
    }
    transaction.commit()?;
    journal::tell_of_flaws(&store.connection, &read.flaws);
    let (busy, ..) = store.connection.query_row("pragma wal_checkpoint(truncate)", [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    })?;
    if busy != 0 {
        return Err(StoreError::Damaged { report: String::from("what was rebuilt is not in its file yet") });
    }
    drop(store);
    check(path, read)
}

/// The file by itself, before it takes the place of another.
pub(super) fn check(path: &Path, read: &journal::Read) -> Result<(), StoreError> {
    fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|cause| StoreError::Lock { path: path.to_owned(), cause })?;
    let connection = Connection::open(path).map_err(|cause| StoreError::open(path, cause))?;
    super::check_whole(&connection)?;
    let head = read.entries.last().map_or(Head::START, |(_, head)| *head);
    if super::post(&connection)? != Some(read.post()) || entries::head(&connection)? != head {
        return Err(StoreError::Damaged { report: String::from("what was rebuilt is not what the journal says") });
    }
    Ok(())
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}
