//! The disks of memory as SQLite's default file system, for the whole process: the products open their databases by path and learn
//! nothing of it.
//!
//! A folder's database lies on the disk that was put there; what else a product keeps in that folder (a lock, the empty file with
//! its mode) it makes on the machine's own disk, which holds nothing that a cut could lose.

use std::{
    collections::HashMap,
    ffi::CString,
    path::Path,
    ptr::NonNull,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use sqlite_plugin::{
    flags::{AccessFlags, LockLevel, OpenKind, OpenMode, OpenOpts, ShmLockMode},
    vars,
    vfs::{RegisterOpts, Vfs, VfsHandle, VfsResult, register_static},
};

use crate::{
    disk::Disk,
    record::FileId,
    shared_memory::{HandleId, Locks},
};

type Disks = HashMap<String, Arc<Disk>>;

static DISKS: OnceLock<Mutex<Disks>> = OnceLock::new();

/// Databases in `folder` lie on this disk from now on.
///
/// # Errors
/// SQLite's, when it does not take the file system.
pub fn mount(folder: &Path, disk: Arc<Disk>) -> Result<(), i32> {
    static REGISTERED: OnceLock<Result<(), i32>> = OnceLock::new();
    (*REGISTERED.get_or_init(|| {
        let name = CString::new("power-cut").map_err(|_| vars::SQLITE_INTERNAL)?;
        register_static(name, Folders, RegisterOpts { make_default: true }).map(drop)
    }))?;
    disks().insert(folder.display().to_string(), disk);
    Ok(())
}

pub fn unmount(folder: &Path) {
    disks().remove(&folder.display().to_string());
}

fn disks() -> MutexGuard<'static, Disks> {
    DISKS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

fn disk_of(path: &str) -> Option<(Arc<Disk>, &str)> {
    let (folder, name) = path.rsplit_once('/')?;
    Some((Arc::clone(disks().get(folder)?), name))
}

#[derive(Debug)]
struct Folders;

#[derive(Debug)]
struct Handle {
    disk: Arc<Disk>,
    file: FileId,
    who: HandleId,
    readonly: bool,
}

impl Handle {
    const fn id(&self) -> (FileId, HandleId) {
        (self.file, self.who)
    }

    fn locks<T>(&self, ask: impl FnOnce(&mut Locks) -> T) -> VfsResult<T> {
        self.disk.with_locks(self.file, ask).ok_or(vars::SQLITE_IOERR)
    }
}

impl VfsHandle for Handle {
    fn readonly(&self) -> bool {
        self.readonly
    }

    fn in_memory(&self) -> bool {
        false
    }
}

impl Vfs for Folders {
    type Handle = Handle;

    fn open(&self, path: Option<&str>, opts: OpenOpts) -> VfsResult<Handle> {
        let (disk, name) = match path {
            Some(path) => disk_of(path).map(|(disk, name)| (disk, Some(name))).ok_or(vars::SQLITE_CANTOPEN)?,
            None => (Arc::new(Disk::default()), None),
        };
        // The products make their main file themselves, without SQLite.
        let create = opts.kind() == OpenKind::MainDb
            || matches!(opts.mode(), OpenMode::ReadWrite { create } if create != sqlite_plugin::flags::CreateMode::None);
        let (file, who) = disk.open(name, create).ok_or(vars::SQLITE_CANTOPEN)?;
        Ok(Handle { disk, file, who, readonly: opts.mode().is_readonly() })
    }

    fn delete(&self, path: &str) -> VfsResult<()> {
        let (disk, name) = disk_of(path).ok_or(vars::SQLITE_IOERR_DELETE)?;
        if disk.delete(name) { Ok(()) } else { Err(vars::SQLITE_IOERR_DELETE_NOENT) }
    }

    fn access(&self, path: &str, flags: AccessFlags) -> VfsResult<bool> {
        let len = disk_of(path).and_then(|(disk, name)| disk.len(name));
        // As SQLite's own for Unix: an empty file is none.
        Ok(if flags == AccessFlags::Exists { len.is_some_and(|len| len > 0) } else { len.is_some() })
    }

    fn file_size(&self, handle: &mut Handle) -> VfsResult<usize> {
        Ok(handle.disk.file_len(handle.file))
    }

    fn truncate(&self, handle: &mut Handle, size: usize) -> VfsResult<()> {
        handle.disk.truncate(handle.file, size);
        Ok(())
    }

    fn write(&self, handle: &mut Handle, offset: usize, data: &[u8]) -> VfsResult<usize> {
        handle.disk.write(handle.file, offset, data);
        Ok(data.len())
    }

    fn read(&self, handle: &mut Handle, offset: usize, data: &mut [u8]) -> VfsResult<usize> {
        Ok(handle.disk.read(handle.file, offset, data))
    }

    fn sync(&self, handle: &mut Handle) -> VfsResult<()> {
        handle.disk.sync(handle.file);
        Ok(())
    }

    fn lock(&self, handle: &mut Handle, level: LockLevel) -> VfsResult<()> {
        let who = handle.who;
        if handle.locks(|locks| locks.take(who, level))? { Ok(()) } else { Err(vars::SQLITE_BUSY) }
    }

    fn unlock(&self, handle: &mut Handle, level: LockLevel) -> VfsResult<()> {
        let who = handle.who;
        handle.locks(|locks| locks.lower(who, level))
    }

    fn check_reserved_lock(&self, handle: &mut Handle) -> VfsResult<bool> {
        handle.locks(|locks| locks.is_reserved())
    }

    fn close(&self, handle: Handle) -> VfsResult<()> {
        handle.disk.close(handle.id());
        Ok(())
    }

    /// As SQLite's own for Unix: nothing is atomic, and bytes beside those written stay as they are.
    fn device_characteristics(&self, _: &mut Handle) -> VfsResult<i32> {
        Ok(vars::SQLITE_IOCAP_POWERSAFE_OVERWRITE)
    }

    fn shm_map(
        &self,
        handle: &mut Handle,
        region_idx: usize,
        region_size: usize,
        extend: bool,
    ) -> VfsResult<Option<NonNull<u8>>> {
        Ok(handle.disk.map(handle.id(), region_idx, region_size, extend))
    }

    fn shm_lock(&self, handle: &mut Handle, offset: u32, count: u32, mode: ShmLockMode) -> VfsResult<()> {
        let mask = (offset..offset + count).fold(0_u8, |mask, slot| mask | 1_u8.checked_shl(slot).unwrap_or_default());
        if handle.disk.lock_memory(handle.id(), mask, mode) { Ok(()) } else { Err(vars::SQLITE_BUSY) }
    }

    fn shm_unmap(&self, handle: &mut Handle, _: bool) -> VfsResult<()> {
        handle.disk.unmap(handle.id());
        Ok(())
    }
}
