//! The disks of memory as SQLite's default file system, for the whole process: the products open their databases by path and learn
//! nothing of it.
//!
//! A folder's database lies on the disk that was put there; what else a product keeps in that folder (a lock, the empty file with
//! its mode) it makes on the machine's own disk, which holds nothing that a cut could lose. Where no disk was put, databases lie on
//! the machine's own as ever.

use std::{
    collections::HashMap,
    path::Path,
    ptr::NonNull,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use rusqlite::ffi;

use crate::{
    disk::Disk,
    glue,
    record::FileId,
    shared_memory::{HandleId, LockLevel, Locks, MemoryLock},
};

type Disks = HashMap<String, Arc<Disk>>;

static DISKS: OnceLock<Mutex<Disks>> = OnceLock::new();

/// A result code of SQLite's that is not "ok".
pub(crate) type Code = i32;

/// Databases in `folder` lie on this disk from now on.
///
/// # Errors
/// SQLite's code, when it does not take the file system.
pub fn mount(folder: &Path, disk: Arc<Disk>) -> Result<(), i32> {
    static REGISTERED: OnceLock<Result<(), Code>> = OnceLock::new();
    (*REGISTERED.get_or_init(glue::register))?;
    disks().insert(folder.display().to_string(), disk);
    Ok(())
}

pub fn unmount(folder: &Path) {
    disks().remove(&folder.display().to_string());
}

/// Whether this path lies on a disk of memory.
pub(crate) fn is_ours(path: &str) -> bool {
    disk_of(path).is_some()
}

fn disks() -> MutexGuard<'static, Disks> {
    DISKS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

fn disk_of(path: &str) -> Option<(Arc<Disk>, &str)> {
    let (folder, name) = path.rsplit_once('/')?;
    Some((Arc::clone(disks().get(folder)?), name))
}

pub(crate) fn delete(path: &str) -> Result<(), Code> {
    let (disk, name) = disk_of(path).ok_or(ffi::SQLITE_IOERR_DELETE)?;
    if disk.delete(name) { Ok(()) } else { Err(ffi::SQLITE_IOERR_DELETE_NOENT) }
}

/// As SQLite's own for Unix: who asks whether it exists is told of no empty file.
pub(crate) fn is_there(path: &str, also_empty: bool) -> bool {
    disk_of(path).and_then(|(disk, name)| disk.len(name)).is_some_and(|len| also_empty || len > 0)
}

/// An open file.
#[derive(Debug)]
pub(crate) struct Handle {
    disk: Arc<Disk>,
    file: FileId,
    who: HandleId,
}

impl Handle {
    pub(crate) fn open(path: Option<&str>, flags: i32) -> Result<Self, Code> {
        let (disk, name) = match path {
            Some(path) => disk_of(path).map(|(disk, name)| (disk, Some(name))).ok_or(ffi::SQLITE_CANTOPEN)?,
            None => (Arc::default(), None),
        };
        // The products make their main file themselves, without SQLite.
        let create = flags & (ffi::SQLITE_OPEN_MAIN_DB | ffi::SQLITE_OPEN_CREATE) != 0;
        let (file, who) = disk.open(name, create).ok_or(ffi::SQLITE_CANTOPEN)?;
        Ok(Self { disk, file, who })
    }

    pub(crate) fn len(&self) -> usize {
        self.disk.file_len(self.file)
    }

    pub(crate) fn read(&self, at: usize, into: &mut [u8]) -> usize {
        self.disk.read(self.file, at, into)
    }

    pub(crate) fn write(&self, at: usize, bytes: &[u8]) {
        self.disk.write(self.file, at, bytes);
    }

    pub(crate) fn truncate(&self, len: usize) {
        self.disk.truncate(self.file, len);
    }

    pub(crate) fn sync(&self) {
        self.disk.sync(self.file);
    }

    pub(crate) fn lock(&self, level: LockLevel) -> Result<(), Code> {
        free(self.locks(|locks| locks.take(self.who, level)).unwrap_or_default())
    }

    pub(crate) fn unlock(&self, level: LockLevel) {
        self.locks(|locks| locks.lower(self.who, level));
    }

    pub(crate) fn is_reserved(&self) -> bool {
        self.locks(|locks| locks.is_reserved()).unwrap_or_default()
    }

    fn locks<T>(&self, ask: impl FnOnce(&mut Locks) -> T) -> Option<T> {
        self.disk.with_locks(self.file, ask)
    }

    pub(crate) fn map(&self, region: usize, size: usize, extend: bool) -> Option<NonNull<u8>> {
        self.disk.map((self.file, self.who), region, size, extend)
    }

    pub(crate) fn lock_memory(&self, mask: u8, mode: MemoryLock) -> Result<(), Code> {
        free(self.disk.lock_memory((self.file, self.who), mask, mode))
    }

    pub(crate) fn unmap(&self) {
        self.disk.unmap((self.file, self.who));
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.disk.close((self.file, self.who));
    }
}

const fn free(is: bool) -> Result<(), Code> {
    if is { Ok(()) } else { Err(ffi::SQLITE_BUSY) }
}
