//! A copy of the database while it is in use, and its way back.
//!
//! SQLite itself writes the copy, out of one moment of the running office and page by page, so that nothing in it is half done and
//! nothing erased is left in it. A copy counts only when it was read through again and is on the disk. It comes back by one rename,
//! and what lay there before is kept beside it: a wrong file can be taken back.
//!
//! The feed gets a new numbering with it. Gates have seen more than the copy knows and would refuse it as an old one; so they begin
//! again, and what was revoked stays revoked at them. So do terminals: whoever was withdrawn since is not welcome again, and no number is
//! given to a second one.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File, OpenOptions},
    io, iter,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{
    chain::{ChainName, Head},
    ids::CampusId,
    time::Moment,
};

use super::{Reached, StoreError, connection, migrations, rows, snapshots};
use crate::owner;

mod gone;

use gone::Gone;

/// What a copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    pub bytes: u64,
    pub bookings: u64,
    pub entries: u64,
    pub terminals: u64,
}

/// What came back, and where the one before lies, if there was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    pub copied: Copied,
    pub aside: Option<PathBuf>,
    /// Whether what came of the terminals since the copy was still known.
    pub terminals_known: bool,
}

/// What the name of a copy ends with while it is written.
pub const HALF: &str = ".part";

/// Whether nothing was ever written to it. What cannot be read is not empty.
#[must_use]
pub fn is_empty(database: &Path) -> bool {
    let tables =
        |db: Connection| Ok(db.query_row("select count(*) from sqlite_schema", [], |row| row.get::<_, i64>(0))?);
    connection::copying(database).and_then(tables).is_ok_and(|tables| tables == 0)
}

/// Copies the database to `to`, which must not be there yet. Blocks.
pub fn backup(database: &Path, to: &Path) -> Result<Copied, BackupFault> {
    if to.exists() {
        return Err(BackupFault::Exists { path: to.to_owned() });
    }
    let part = with_end(to, HALF);
    let copied = copy(database, &part)?;
    fs::rename(&part, to).and_then(|()| sync_folder_of(to)).map_err(BackupFault::file(to))?;
    Ok(copied)
}

/// Puts `from` in the database's place; the caller holds the lock that keeps servers out. `heard` is what is known of the office
/// otherwise. Blocks.
pub fn restore(from: &Path, database: &Path, now: Moment, heard: Reached) -> Result<Restored, BackupFault> {
    let part = with_end(database, ".restoring");
    let restored = copy(from, &part).and_then(|copied| {
        // What is put back in its own place says nothing of what it was before.
        let gone = if same_file(from, database) { None } else { Gone::read(database).ok() };
        let (aside, terminals_known) = put_in_place(&part, database, gone.as_ref(), now, heard)?;
        Ok(Restored { copied, aside, terminals_known })
    });
    if restored.is_err() {
        for end in ["", "-wal", "-shm"] {
            fs::remove_file(with_end(&part, end)).ok();
        }
    }
    restored
}

fn put_in_place(
    part: &Path,
    database: &Path,
    gone: Option<&Gone>,
    now: Moment,
    heard: Reached,
) -> Result<(Option<PathBuf>, bool), BackupFault> {
    let aside = database.exists().then(|| free_name(database, now));
    let terminals_known = renumber(part, gone, now, heard)?;
    give_to_the_owner_of(database, part)?;
    if let Some(aside) = &aside {
        set_aside(database, aside)?;
    }
    fs::rename(part, database).and_then(|()| sync_folder_of(database)).map_err(BackupFault::file(database))?;
    Ok((aside, terminals_known))
}

fn same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino())).ok();
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

/// Where what makes way goes: nothing lies there yet, though two come back in one second.
fn free_name(database: &Path, now: Moment) -> PathBuf {
    let first = with_end(database, format!(".before-{}", now.unix_s()));
    let further = (2..=u32::MAX).map(|number| with_end(&first, format!("-{number}")));
    iter::once(first.clone()).chain(further).find(|name| !name.exists()).unwrap_or(first)
}

/// Whoever puts it back may be another than who serves from it.
fn give_to_the_owner_of(database: &Path, part: &Path) -> Result<(), BackupFault> {
    let folder = database.parent().unwrap_or(database);
    owner::give_as(part, if database.exists() { database } else { folder }).map_err(BackupFault::file(part))
}

/// Writes the copy, reads it through and brings it to the disk; half a one is not left behind.
fn copy(from: &Path, to: &Path) -> Result<Copied, BackupFault> {
    written(from, to).inspect_err(|_| {
        fs::remove_file(to).ok();
    })
}

fn written(from: &Path, to: &Path) -> Result<Copied, BackupFault> {
    if !from.try_exists().map_err(BackupFault::unseen(from))? {
        return Err(BackupFault::Missing { path: from.to_owned() });
    }
    match fs::remove_file(to) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(BackupFault::file(to)(cause)),
        Ok(()) | Err(_) => {}
    }
    let source = connection::copying(from)?;
    ours(&source, from)?;
    // Names and phones are in it.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(BackupFault::file(to))?;
    let copied = source.execute("vacuum into ?1", [to.to_string_lossy()]);
    copied.map_err(|cause| BackupFault::Copy { path: to.to_owned(), cause: cause.into() })?;
    drop(source);
    let copied = read_through(to)?;
    file.sync_all().and_then(|()| sync_folder_of(to)).map_err(BackupFault::file(to))?;
    Ok(copied)
}

/// Whether it is a database of this program, and none of a newer one.
fn ours(db: &Connection, path: &Path) -> Result<(), BackupFault> {
    let foreign = || BackupFault::NotOurs { path: path.to_owned() };
    let found: u32 = db.query_row("pragma user_version", [], |row| row.get(0)).map_err(|_| foreign())?;
    let known = migrations::known();
    let table = "select 1 from sqlite_schema where type = 'table' and name = 'feed_epoch'";
    let is_office = db.query_row(table, [], |_| Ok(())).optional().map_err(|_| foreign())?.is_some();
    match found {
        _ if !is_office => Err(foreign()),
        found if found > known => Err(StoreError::Newer { found, known }.into()),
        _ => Ok(()),
    }
}

fn read_through(path: &Path) -> Result<Copied, BackupFault> {
    let db = connection::copying(path)?;
    let look = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0));
    let checked: String = db.query_row("pragma integrity_check(1)", [], |row| row.get(0)).map_err(StoreError::from)?;
    if checked != "ok" {
        return Err(StoreError::Damaged(checked).into());
    }
    let count = |sql| look(sql).map(i64::unsigned_abs).map_err(StoreError::from);
    let bytes = fs::metadata(path).map_err(BackupFault::file(path))?.len();
    Ok(Copied {
        bytes,
        bookings: count("select count(*) from booking")?,
        entries: count("select count(*) from entry")?,
        terminals: count("select count(*) from terminal")?,
    })
}

/// Greater than any that was told before, where nobody can say which were: minutes since 1970, and a copy does not come back twice
/// in one.
fn unheard_of(now: Moment) -> u32 {
    u32::try_from(now.unix_s() / 60).unwrap_or(u32::MAX)
}

/// Tells all of the feed again under a number that no gate has heard of. Whoever was signed in is signed out: whom the copy knows
/// may have signed out since. Whether what came of the terminals since is known.
fn renumber(path: &Path, gone: Option<&Gone>, now: Moment, heard: Reached) -> Result<bool, BackupFault> {
    let mut db = connection::writing(path)?;
    let work = |db: &mut Connection| -> Result<bool, StoreError> {
        migrations::run(db)?;
        let transaction = db.transaction()?;
        let held: u32 = transaction.query_row("select epoch from feed_epoch", [], |row| row.get(0))?;
        let next = gone.map_or(0, Gone::epoch).max(held).max(heard.epoch).saturating_add(1);
        // Also where something makes way: it may be an empty one that somebody began meanwhile.
        let epoch = next.max(unheard_of(now));
        tell_again(&transaction, held, epoch)?;
        transaction.execute("update feed_epoch set epoch = ?1", [epoch])?;
        for table in ["feed", "snapshot", "snapshot_part"] {
            transaction.execute(&format!("delete from {table} where epoch <> ?1"), [epoch])?;
        }
        let known = match gone {
            Some(gone) => gone.carry_over(&transaction, heard)?,
            None => false,
        };
        if !known {
            gone::leap(&transaction)?;
        }
        transaction.execute("delete from session", [])?;
        transaction.execute("delete from sign_in_code", [])?;
        transaction.commit()?;
        // One file and no log beside it: the rename takes all of it.
        let journal: String = db.query_row("pragma journal_mode = delete", [], |row| row.get(0))?;
        if journal == "delete" {
            Ok(known)
        } else {
            Err(StoreError::Setting { expected: "journal_mode = delete", found: journal })
        }
    };
    let known = work(&mut db)?;
    drop(db);
    File::open(path).and_then(|file| file.sync_all()).map_err(BackupFault::file(path))?;
    Ok(known)
}

fn tell_again(db: &Connection, held: u32, epoch: u32) -> Result<(), StoreError> {
    let mut campuses = db.prepare("select distinct campus from feed where epoch = ?1")?;
    let campuses = campuses.query_map([held], |row| row.get(0))?.collect::<Result<Vec<u16>, _>>()?;
    let mut query = db.prepare("select body from feed where campus = ?1 and epoch = ?2 and seq > ?3 order by seq")?;
    let mut insert = db.prepare("insert into feed (campus, epoch, seq, body, hash) values (?1, ?2, ?3, ?4, ?5)")?;
    for campus in campuses.into_iter().map(CampusId::new) {
        // What lay before it is told by the snapshot alone.
        let (after, mut bodies) = snapshots::newest_bodies(db, campus, held)?;
        let rest = query.query_map(params![campus.get(), held, rows::number(after)], |row| row.get(0))?;
        bodies.extend(rest.collect::<Result<Vec<String>, _>>()?);
        let mut head = Head::START;
        for body in bodies {
            head = head.extend(ChainName::Feed { campus, epoch }, &body);
            insert.execute(params![campus.get(), epoch, rows::number(head.seq), body, head.hash.as_bytes()])?;
        }
    }
    Ok(())
}

/// The database keeps its name until another takes it, so that no server ever finds an empty place and begins anew.
fn set_aside(database: &Path, aside: &Path) -> Result<(), BackupFault> {
    let log = |path: &Path| with_end(path, "-wal");
    fs::hard_link(database, aside).map_err(BackupFault::file(aside))?;
    // SQLite may do away with a log that it can make nothing of.
    if log(database).exists() {
        fs::copy(log(database), log(aside)).map_err(BackupFault::file(aside))?;
    }
    let whole = connection::writing(database).is_ok();
    if log(database).exists() {
        // Left behind it would be read into the other database.
        fs::rename(log(database), log(aside)).map_err(BackupFault::file(aside))?;
    } else if whole && log(aside).exists() {
        fs::remove_file(log(aside)).map_err(BackupFault::file(aside))?;
    }
    let memory = with_end(database, "-shm");
    if memory.exists() {
        fs::remove_file(&memory).map_err(BackupFault::file(&memory))?;
    }
    sync_folder_of(database).map_err(BackupFault::file(database))
}

fn with_end(path: &Path, end: impl AsRef<OsStr>) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

/// A name is on the disk when its folder is.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(folder)?.sync_all()
}

#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    #[error("{} 已存在，不会覆盖。It is there already and is not overwritten", path.display())]
    Exists { path: PathBuf },
    #[error("没有 {}。There is no such file", path.display())]
    Missing { path: PathBuf },
    #[error("{} 不是本服务的数据库。It is no database of this server", path.display())]
    NotOurs { path: PathBuf },
    #[error("{} 写不进去。It cannot be written", path.display())]
    File {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("{} 看不到，也许没有权限。It cannot be looked for", path.display())]
    Unseen {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("备份写不进 {}。The copy cannot be written there", path.display())]
    Copy {
        path: PathBuf,
        #[source]
        cause: StoreError,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BackupFault {
    fn unseen(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Unseen { path, cause }
    }

    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::File { path, cause }
    }
}

#[cfg(test)]
mod tests;
