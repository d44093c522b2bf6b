//! The disk of one machine, from which the power can be taken at any moment.
//!
//! It is the recording disk of the power cut: SQLite writes to it as to any other, and what of it outlives a cut is what its syncs
//! made durable, and of the rest as much as the cut says. A whole disk can be copied and put back later.

use std::{path::Path, sync::Arc};

use power_cut::{
    cut::{Cut, Platter},
    disk::{Disk, Image},
    vfs,
};
use tempfile::TempDir;

use crate::{Stopped, told};

#[derive(Debug)]
pub struct Machine {
    folder: TempDir,
    disk: Arc<Disk>,
    platter: Platter,
}

impl Machine {
    pub fn new() -> Result<Self, Stopped> {
        // What is not a database lies on the machine's own disk and is synced as often as the products do: in memory that is free.
        let memory = Path::new("/dev/shm");
        let mut named = tempfile::Builder::new();
        named.prefix("simulation-");
        let folder = if memory.is_dir() { named.tempdir_in(memory) } else { named.tempdir() }.map_err(told)?;
        let machine = Self { folder, disk: Arc::default(), platter: Platter::default() };
        machine.mount()?;
        Ok(machine)
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Takes up what was written since.
    pub fn settle(&mut self) {
        self.disk.drain().iter().for_each(|op| self.platter.take(op));
    }

    /// What is found on it when the power is taken now.
    pub fn cut(&mut self, cut: Cut) -> Image {
        self.settle();
        self.platter.cut(cut)
    }

    /// All that lies on it. Of an open database only what a cut would leave, too, can be told from it.
    #[must_use]
    pub fn image(&self) -> Image {
        self.disk.image()
    }

    /// Another disk in its place. Whoever has a file open goes on writing to the one before.
    pub fn put(&mut self, image: Image) -> Result<(), Stopped> {
        self.platter = Platter::of(image.clone());
        self.disk = Arc::new(Disk::of(image));
        self.mount()
    }

    fn mount(&self) -> Result<(), Stopped> {
        vfs::mount(self.folder.path(), Arc::clone(&self.disk)).map_err(|code| Stopped(format!("vfs: {code}")))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        vfs::unmount(self.folder.path());
    }
}
