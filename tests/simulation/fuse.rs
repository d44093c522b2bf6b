//! A terminal's store that loses its power in the middle of a turn: before the next write, or after it and before it is answered.
//!
//! From then on nothing is written, and what the gate makes of that is seen by nobody: its machine is dead.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU8, Ordering},
};

use gate_terminal::{
    ports::{Held, News, Oblivion, Post, Receipt, Store, WalkIn},
    store::SqliteStore,
};
use shared::{
    chain::{Head, Link},
    entry::{Entry, EntryId},
    time::{CampusDay, Moment},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blows {
    Before = 1,
    After = 2,
}

#[derive(Debug, Clone, Default)]
pub struct Fuse {
    /// 0 while nothing is to happen.
    next: Arc<AtomicU8>,
    blown: Arc<AtomicBool>,
}

impl Fuse {
    pub fn set(&self, blows: Blows) {
        self.next.store(blows as u8, Ordering::SeqCst);
    }

    #[must_use]
    pub fn is_blown(&self) -> bool {
        self.blown.load(Ordering::SeqCst)
    }

    /// Whoever had it set and wrote nothing goes on.
    pub fn unset(&self) {
        self.next.store(0, Ordering::SeqCst);
    }
}

#[derive(Debug)]
pub struct Fused {
    pub store: SqliteStore,
    pub fuse: Fuse,
}

#[derive(Debug, thiserror::Error)]
pub enum NoPower {
    #[error("the power is gone")]
    Gone,
    #[error(transparent)]
    Store(#[from] gate_terminal::store::StoreError),
}

impl Fused {
    fn write<T>(
        &mut self,
        write: impl FnOnce(&mut SqliteStore) -> Result<T, gate_terminal::store::StoreError>,
    ) -> Result<T, NoPower> {
        if self.fuse.is_blown() {
            return Err(NoPower::Gone);
        }
        let blows = self.fuse.next.swap(0, Ordering::SeqCst);
        if blows == Blows::Before as u8 {
            self.fuse.blown.store(true, Ordering::SeqCst);
            return Err(NoPower::Gone);
        }
        let written = write(&mut self.store)?;
        if blows == Blows::After as u8 {
            self.fuse.blown.store(true, Ordering::SeqCst);
            return Err(NoPower::Gone);
        }
        Ok(written)
    }
}

impl Store for Fused {
    type Error = NoPower;

    fn post(&self) -> Result<Option<Post>, NoPower> {
        Ok(self.store.post()?)
    }

    fn keep_post(&mut self, post: &Post, server_time: Moment) -> Result<(), NoPower> {
        self.write(|store| store.keep_post(post, server_time))
    }

    fn load(&mut self) -> Result<Held, NoPower> {
        Ok(self.store.load()?)
    }

    fn append(&mut self, entry: &Entry) -> Result<EntryId, NoPower> {
        self.write(|store| store.append(entry))
    }

    fn entries_after(&mut self, after: u64, limit: usize) -> Result<(Vec<Link>, Head), NoPower> {
        Ok(self.store.entries_after(after, limit)?)
    }

    fn keep_receipt(&mut self, receipt: &Receipt) -> Result<(), NoPower> {
        self.write(|store| store.keep_receipt(receipt))
    }

    fn keep_news(&mut self, news: &News) -> Result<(), NoPower> {
        self.write(|store| store.keep_news(news))
    }

    fn forget(&mut self, before: CampusDay) -> Result<(), NoPower> {
        self.write(|store| store.forget(before))
    }

    fn forget_all(&mut self, why: Oblivion) -> Result<(), NoPower> {
        self.write(|store| store.forget_all(why))
    }

    fn keep_floor(&mut self, floor: Moment) -> Result<(), NoPower> {
        self.write(|store| store.keep_floor(floor))
    }

    fn keep_walk_ins(&mut self, walk_ins: &[WalkIn]) -> Result<(), NoPower> {
        self.write(|store| store.keep_walk_ins(walk_ins))
    }
}
