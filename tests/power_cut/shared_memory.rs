//! The memory and the locks that connections to one database share.
//!
//! It is lost with the power, so nothing of it is recorded. The rules are those of SQLite's own for a process with several
//! connections.

use std::{collections::BTreeMap, ptr::NonNull};

pub type HandleId = usize;

/// SQLite's five levels of a lock on a file, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockLevel {
    Unlocked,
    Shared,
    Reserved,
    Pending,
    Exclusive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryLock {
    TakeShared,
    TakeAlone,
    GiveShared,
    GiveAlone,
}

/// Who holds what of the file's five levels.
#[derive(Debug, Default)]
pub struct Locks(BTreeMap<HandleId, LockLevel>);

impl Locks {
    /// Whether it was given.
    pub fn take(&mut self, who: HandleId, level: LockLevel) -> bool {
        let highest = self.others(who).max().unwrap_or(LockLevel::Unlocked);
        let free = match level {
            LockLevel::Unlocked => true,
            LockLevel::Shared => highest < LockLevel::Pending,
            LockLevel::Reserved | LockLevel::Pending => highest < LockLevel::Reserved,
            LockLevel::Exclusive => {
                if highest == LockLevel::Shared {
                    self.0.insert(who, LockLevel::Pending);
                }
                highest < LockLevel::Shared
            }
        };
        if free && self.0.get(&who).is_none_or(|held| *held < level) {
            self.0.insert(who, level);
        }
        free
    }

    pub fn lower(&mut self, who: HandleId, level: LockLevel) {
        self.0.insert(who, level);
    }

    pub fn forget(&mut self, who: HandleId) {
        self.0.remove(&who);
    }

    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.0.values().any(|level| *level >= LockLevel::Reserved)
    }

    fn others(&self, who: HandleId) -> impl Iterator<Item = LockLevel> {
        self.0.iter().filter(move |(holder, _)| **holder != who).map(|(_, level)| *level)
    }
}

/// The index of the write-ahead log, and its eight locks.
#[derive(Debug, Default)]
pub struct SharedMemory {
    /// Boxed, so that a region stays where it is when more are added; of words, because SQLite looks at it in words.
    regions: Vec<Box<[u64]>>,
    /// By who has it mapped: bits of what they hold shared, and alone.
    held: BTreeMap<HandleId, (u8, u8)>,
}

impl SharedMemory {
    pub fn map(&mut self, who: HandleId, region: usize, size: usize, extend: bool) -> Option<NonNull<u8>> {
        self.held.entry(who).or_default();
        while extend && self.regions.len() <= region {
            self.regions.push(vec![0; size.div_ceil(8)].into_boxed_slice());
        }
        NonNull::new(self.regions.get_mut(region)?.as_mut_ptr()).map(NonNull::cast)
    }

    pub fn lock(&mut self, who: HandleId, mask: u8, mode: MemoryLock) -> bool {
        let others = self.held.iter().filter(|(holder, _)| **holder != who);
        let (shared, alone) = others.fold((0, 0), |(shared, alone), (_, held)| (shared | held.0, alone | held.1));
        let held = self.held.entry(who).or_default();
        match mode {
            MemoryLock::TakeShared if alone & mask == 0 => held.0 |= mask,
            MemoryLock::TakeAlone if (alone | shared) & mask == 0 => held.1 |= mask,
            MemoryLock::TakeShared | MemoryLock::TakeAlone => return false,
            MemoryLock::GiveShared => held.0 &= !mask,
            MemoryLock::GiveAlone => held.1 &= !mask,
        }
        true
    }

    /// With the last who had it mapped it is gone.
    pub fn unmap(&mut self, who: HandleId) {
        self.held.remove(&who);
        if self.held.is_empty() {
            self.regions.clear();
        }
    }
}
