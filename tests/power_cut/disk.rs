//! A disk of memory that writes down what is asked of it.
//!
//! It believes every write at once, as a kernel does; what of it would have outlived a cut is for [`crate::cut`] to say.

use std::{
    collections::{BTreeMap, HashMap},
    ptr::NonNull,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    record::{FileId, Op, put},
    shared_memory::{HandleId, LockLevel, Locks, MemoryLock, SharedMemory},
};

/// What lies on a disk: the bytes of each file by its name.
pub type Image = BTreeMap<String, Vec<u8>>;

/// How a disk deceives who writes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lie {
    #[default]
    None,
    /// Syncs of the write-ahead log wait until the database itself is written to: what `synchronous=NORMAL` leaves.
    LateLog,
    /// Every sync is said to be done, and none is.
    NoSync,
}

#[derive(Debug, Default)]
pub struct Disk {
    state: Mutex<State>,
    lie: Lie,
}

#[derive(Debug, Default)]
struct State {
    names: BTreeMap<String, FileId>,
    files: HashMap<FileId, File>,
    handles: HandleId,
    record: Vec<Op>,
    /// Logs whose sync was put off.
    owed: Vec<FileId>,
}

#[derive(Debug, Default)]
struct File {
    name: String,
    bytes: Vec<u8>,
    locks: Locks,
    memory: SharedMemory,
}

impl Disk {
    #[must_use]
    pub fn new(lie: Lie) -> Self {
        Self { lie, ..Self::default() }
    }

    /// As it was found after a cut.
    #[must_use]
    pub fn of(image: Image) -> Self {
        let disk = Self::default();
        let mut state = disk.state();
        for (name, bytes) in image {
            let file = state.files.len();
            state.files.insert(file, File { name: name.clone(), bytes, ..File::default() });
            state.names.insert(name, file);
        }
        drop(state);
        disk
    }

    /// How much was asked of it so far.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.state().record.len()
    }

    #[must_use]
    pub fn record(&self) -> Vec<Op> {
        self.state().record.clone()
    }

    /// What was asked of it since the last time, which it forgets: for whoever writes for days.
    #[must_use]
    pub fn drain(&self) -> Vec<Op> {
        std::mem::take(&mut self.state().record)
    }

    #[must_use]
    pub fn image(&self) -> Image {
        let state = self.state();
        let bytes = |file| state.files.get(file).map(|file| file.bytes.clone()).unwrap_or_default();
        state.names.iter().map(|(name, file)| (name.clone(), bytes(file))).collect()
    }

    /// Opens a file, which is made when `create`; `None` is a file without a name.
    pub(crate) fn open(&self, name: Option<&str>, create: bool) -> Option<(FileId, HandleId)> {
        let mut state = self.state();
        state.handles += 1;
        let known = name.and_then(|name| state.names.get(name).copied());
        let file = match (known, name) {
            (Some(file), _) => file,
            (None, Some(_)) if !create => return None,
            (None, name) => {
                let file = state.files.len();
                let name = name.unwrap_or_default().to_owned();
                if !name.is_empty() {
                    state.names.insert(name.clone(), file);
                    state.record.push(Op::Create { file, name: name.clone() });
                }
                state.files.insert(file, File { name, ..File::default() });
                file
            }
        };
        Some((file, state.handles))
    }

    pub(crate) fn delete(&self, name: &str) -> bool {
        let mut state = self.state();
        let was = state.names.remove(name).is_some();
        if was {
            state.record.push(Op::Delete { name: name.to_owned() });
        }
        was
    }

    /// A file that lies elsewhere and is written beside SQLite was made, empty; any before it is gone.
    pub fn also_made(&self, name: &str) {
        self.delete(name);
        self.open(Some(name), true);
    }

    /// At its end.
    pub fn also_written(&self, name: &str, bytes: &[u8]) {
        self.with_file(name, |disk, file| disk.write(file, disk.file_len(file), bytes));
    }

    pub fn also_cut(&self, name: &str, len: usize) {
        self.with_file(name, |disk, file| disk.truncate(file, len));
    }

    pub fn also_synced(&self, name: &str) {
        self.with_file(name, Self::sync);
    }

    /// As a journalling file system does it: at no moment has it no name.
    pub fn also_renamed(&self, from: &str, to: &str) {
        let mut state = self.state();
        let Some(file) = state.names.remove(from) else { return };
        state.names.insert(to.to_owned(), file);
        state.record.push(Op::Create { file, name: to.to_owned() });
        state.record.push(Op::Delete { name: from.to_owned() });
    }

    pub fn also_removed(&self, name: &str) {
        self.delete(name);
    }

    fn with_file(&self, name: &str, ask: impl FnOnce(&Self, FileId)) {
        let file = self.state().names.get(name).copied();
        if let Some(file) = file {
            ask(self, file);
        }
    }

    pub(crate) fn len(&self, name: &str) -> Option<usize> {
        let state = self.state();
        state.names.get(name).and_then(|file| state.files.get(file)).map(|file| file.bytes.len())
    }

    pub(crate) fn file_len(&self, file: FileId) -> usize {
        self.state().files.get(&file).map_or(0, |file| file.bytes.len())
    }

    pub(crate) fn read(&self, file: FileId, at: usize, into: &mut [u8]) -> usize {
        let state = self.state();
        let bytes = state.files.get(&file).and_then(|file| file.bytes.get(at..)).unwrap_or_default();
        into.iter_mut().zip(bytes).map(|(to, from)| *to = *from).count()
    }

    pub(crate) fn write(&self, file: FileId, at: usize, bytes: &[u8]) {
        let mut state = self.state();
        state.pay(file);
        let Some(target) = state.files.get_mut(&file) else { return };
        put(&mut target.bytes, at, bytes, || 0);
        if !target.name.is_empty() {
            state.record.push(Op::Write { file, at, bytes: bytes.to_vec() });
        }
    }

    pub(crate) fn truncate(&self, file: FileId, len: usize) {
        let mut state = self.state();
        let Some(target) = state.files.get_mut(&file) else { return };
        target.bytes.truncate(len);
        if !target.name.is_empty() {
            state.record.push(Op::Truncate { file, len });
        }
    }

    pub(crate) fn sync(&self, file: FileId) {
        let mut state = self.state();
        let is_log = state.files.get(&file).is_some_and(|file| file.name.ends_with("-wal"));
        match self.lie {
            Lie::NoSync => {}
            Lie::LateLog if is_log => state.owed.push(file),
            Lie::None | Lie::LateLog => state.record.push(Op::Sync { file }),
        }
    }

    pub(crate) fn with_locks<T>(&self, file: FileId, ask: impl FnOnce(&mut Locks) -> T) -> Option<T> {
        self.state().files.get_mut(&file).map(|file| ask(&mut file.locks))
    }

    pub(crate) fn map(
        &self,
        (file, who): (FileId, HandleId),
        region: usize,
        size: usize,
        extend: bool,
    ) -> Option<NonNull<u8>> {
        self.state().files.get_mut(&file)?.memory.map(who, region, size, extend)
    }

    pub(crate) fn lock_memory(&self, (file, who): (FileId, HandleId), mask: u8, mode: MemoryLock) -> bool {
        self.state().files.get_mut(&file).is_some_and(|file| file.memory.lock(who, mask, mode))
    }

    pub(crate) fn unmap(&self, (file, who): (FileId, HandleId)) {
        if let Some(file) = self.state().files.get_mut(&file) {
            file.memory.unmap(who);
        }
    }

    pub(crate) fn close(&self, (file, who): (FileId, HandleId)) {
        if let Some(file) = self.state().files.get_mut(&file) {
            file.locks.lower(who, LockLevel::Unlocked);
            file.locks.forget(who);
            file.memory.unmap(who);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Before the database is written to, its log is synced at the latest.
    fn pay(&mut self, writing_to: FileId) {
        if !self.owed.contains(&writing_to) {
            let paid = std::mem::take(&mut self.owed).into_iter().map(|file| Op::Sync { file });
            self.record.extend(paid);
        }
    }
}
