//! SQLite's view of a file system, in C: each function takes its arguments apart and asks [`crate::vfs`].
//!
//! All unsafe code of the project stands here. What it relies on is said by SQLite of its file systems (`sqlite3_vfs`,
//! `sqlite3_io_methods`): it hands over memory of `szOsFile` bytes for a file, calls no method of a file before its `xOpen` said yes
//! or after its `xClose`, and one connection uses a file from one thread at a time. Locks, time and chance stay SQLite's own for Unix.

#![expect(unsafe_code, reason = "SQLite asks for its file system in C")]

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    mem::size_of,
    ptr, slice,
    sync::atomic::{AtomicPtr, Ordering},
};

use rusqlite::ffi;

use crate::{
    shared_memory::{LockLevel, MemoryLock},
    vfs::{self, Code, Handle},
};

/// Begins as SQLite's own does.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    handle: *mut Handle,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// SQLite's own file system, for paths where no disk of memory lies.
static UNIX: AtomicPtr<ffi::sqlite3_vfs> = AtomicPtr::new(ptr::null_mut());

fn unix() -> *mut ffi::sqlite3_vfs {
    UNIX.load(Ordering::Acquire)
}

/// Makes the disks of memory the default. Called once.
pub(crate) fn register() -> Result<(), Code> {
    // SAFETY: SQLite's default file system lives as long as the process; it is copied, and the copy is never freed. The functions
    // of it that are kept (libraries, chance, sleep, time) look at nothing of the file system that they are called with.
    let code = unsafe {
        let found = ffi::sqlite3_vfs_find(ptr::null());
        let Some(unix) = found.as_ref() else { return Err(ffi::SQLITE_ERROR) };
        UNIX.store(found, Ordering::Release);
        let ours = Box::leak(Box::new(*unix));
        ours.szOsFile = c_int::try_from(size_of::<File>()).unwrap_or(c_int::MAX).max(unix.szOsFile);
        ours.pNext = ptr::null_mut();
        ours.zName = c"power-cut".as_ptr();
        ours.xOpen = Some(open);
        ours.xDelete = Some(delete);
        ours.xAccess = Some(access);
        ours.xFullPathname = Some(full_pathname);
        ffi::sqlite3_vfs_register(ours, 1)
    };
    told(code)
}

const fn told(code: Code) -> Result<(), Code> {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
}

fn code(result: Result<(), Code>) -> c_int {
    result.err().unwrap_or(ffi::SQLITE_OK)
}

/// SQLite's texts are UTF-8 and end with a zero.
fn text<'a>(name: *const c_char) -> Option<&'a str> {
    // SAFETY: a name that is not null is a text that lives during the call.
    (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }).and_then(|name| name.to_str().ok())
}

/// SQLite's own file system, when the path is named and lies on none of ours.
fn elsewhere<'a>(name: *const c_char) -> Option<&'a ffi::sqlite3_vfs> {
    let theirs = text(name).is_some_and(|name| !vfs::is_ours(name));
    // SAFETY: set before ours is registered, and never freed.
    theirs.then(|| unsafe { unix().as_ref() }).flatten()
}

fn handle<'a>(file: *mut ffi::sqlite3_file) -> &'a Handle {
    // SAFETY: called by methods only, so `open` has put a handle there and `close` has not taken it yet.
    unsafe { &*(*file.cast::<File>()).handle }
}

fn size(number: impl TryInto<usize>) -> usize {
    number.try_into().unwrap_or_default()
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    if let Some(theirs) = elsewhere(name) {
        // SAFETY: the file's memory is large enough for either, and from here on SQLite calls the methods that are put there now.
        return unsafe { theirs.xOpen.map_or(ffi::SQLITE_CANTOPEN, |open| open(unix(), name, file, flags, flags_out)) };
    }
    let (opened, methods) = match Handle::open(text(name), flags) {
        Ok(handle) => (Ok(Box::into_raw(Box::new(handle))), &raw const METHODS),
        // Without methods SQLite does not close it.
        Err(code) => (Err(code), ptr::null()),
    };
    let made = File { base: ffi::sqlite3_file { pMethods: methods }, handle: opened.unwrap_or(ptr::null_mut()) };
    // SAFETY: there is memory for a file, as large and aligned as `szOsFile` asks for; `flags_out` may be null.
    unsafe {
        file.cast::<File>().write(made);
        if let Some(out) = flags_out.as_mut() {
            *out = flags;
        }
    }
    code(opened.map(drop))
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: the handle was made by `open`, and is taken once.
    unsafe {
        drop(Box::from_raw((*file.cast::<File>()).handle));
        (*file).pMethods = ptr::null();
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    if let Some(theirs) = elsewhere(name) {
        // SAFETY: handed on as it came.
        return unsafe { theirs.xDelete.map_or(ffi::SQLITE_IOERR_DELETE, |delete| delete(unix(), name, sync)) };
    }
    code(text(name).ok_or(ffi::SQLITE_IOERR_DELETE).and_then(vfs::delete))
}

unsafe extern "C" fn access(_: *mut ffi::sqlite3_vfs, name: *const c_char, flags: c_int, out: *mut c_int) -> c_int {
    if let Some(theirs) = elsewhere(name) {
        // SAFETY: handed on as it came.
        return unsafe { theirs.xAccess.map_or(ffi::SQLITE_IOERR_ACCESS, |access| access(unix(), name, flags, out)) };
    }
    let is_there = text(name).is_some_and(|name| vfs::is_there(name, flags != ffi::SQLITE_ACCESS_EXISTS));
    // SAFETY: SQLite waits for an answer there.
    unsafe { *out = c_int::from(is_there) };
    ffi::SQLITE_OK
}

/// Paths are whole already: stories use no other.
unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    let Some(name) = text(name) else { return ffi::SQLITE_CANTOPEN };
    if name.len() >= size(room) {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: there are `room` bytes, which are more than the name and its zero.
    unsafe {
        ptr::copy_nonoverlapping(name.as_ptr().cast(), out, name.len());
        out.add(name.len()).write(0);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, into: *mut c_void, amount: c_int, at: i64) -> c_int {
    // SAFETY: SQLite owns `amount` bytes there.
    let into = unsafe { slice::from_raw_parts_mut(into.cast::<u8>(), size(amount)) };
    let count = handle(file).read(size(at), into);
    let short = count < into.len();
    // What is not there reads as zeros, and SQLite is told.
    into.iter_mut().skip(count).for_each(|byte| *byte = 0);
    if short { ffi::SQLITE_IOERR_SHORT_READ } else { ffi::SQLITE_OK }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, amount: c_int, at: i64) -> c_int {
    // SAFETY: SQLite owns `amount` bytes there.
    let bytes = unsafe { slice::from_raw_parts(from.cast::<u8>(), size(amount)) };
    handle(file).write(size(at), bytes);
    ffi::SQLITE_OK
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, len: i64) -> c_int {
    handle(file).truncate(size(len));
    ffi::SQLITE_OK
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    handle(file).sync();
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, out: *mut i64) -> c_int {
    // SAFETY: SQLite waits for an answer there.
    unsafe { *out = i64::try_from(handle(file).len()).unwrap_or(i64::MAX) };
    ffi::SQLITE_OK
}

const fn level(number: c_int) -> LockLevel {
    match number {
        ffi::SQLITE_LOCK_SHARED => LockLevel::Shared,
        ffi::SQLITE_LOCK_RESERVED => LockLevel::Reserved,
        ffi::SQLITE_LOCK_PENDING => LockLevel::Pending,
        ffi::SQLITE_LOCK_EXCLUSIVE => LockLevel::Exclusive,
        _ => LockLevel::Unlocked,
    }
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, number: c_int) -> c_int {
    code(handle(file).lock(level(number)))
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, number: c_int) -> c_int {
    handle(file).unlock(level(number));
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite waits for an answer there.
    unsafe { *out = c_int::from(handle(file).is_reserved()) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    4096
}

/// As SQLite's own for Unix: nothing is atomic, and bytes beside those written stay as they are.
unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    let found = handle(file).map(size(region), size(bytes), extend != 0);
    // SAFETY: SQLite waits for an answer there. The region stays where it is until the last who mapped it has let go.
    unsafe { *out = found.map_or(ptr::null_mut(), |region| region.as_ptr().cast()) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(file: *mut ffi::sqlite3_file, first: c_int, count: c_int, flags: c_int) -> c_int {
    let mask = (first..first + count)
        .filter_map(|slot| u32::try_from(slot).ok().and_then(|slot| 1_u8.checked_shl(slot)))
        .fold(0, |mask, bit| mask | bit);
    let shared = flags & ffi::SQLITE_SHM_SHARED != 0;
    let mode = match (flags & ffi::SQLITE_SHM_LOCK != 0, shared) {
        (true, true) => MemoryLock::TakeShared,
        (true, false) => MemoryLock::TakeAlone,
        (false, true) => MemoryLock::GiveShared,
        (false, false) => MemoryLock::GiveAlone,
    };
    code(handle(file).lock_memory(mask, mode))
}

/// The other connections' threads are to see what was written; a lock that is taken and given is a barrier.
unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    handle(file).is_reserved();
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    handle(file).unmap();
    ffi::SQLITE_OK
}
