//! What a product did on a recorded disk, and where in the record each of its answers stands.

use std::{path::PathBuf, sync::Arc};

use tempfile::TempDir;

use crate::{
    disk::{Disk, Lie},
    record::Op,
    vfs,
};

/// One call of a store, from the answer before it to its own.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) name: &'static str,
    /// How much had been asked of the disk when it answered.
    pub(super) answered: usize,
    /// Transactions it may take; a call that takes more can be cut in half.
    pub(super) commits: usize,
    /// Whether a start after a cut goes on with it: then its rows are compared and not its pages, which come out in another order.
    pub(super) goes_on: bool,
}

pub(super) struct Journey {
    pub(super) steps: Vec<Step>,
    disk: Arc<Disk>,
    folder: TempDir,
    file: &'static str,
}

impl Journey {
    pub(super) fn begin(file: &'static str, lie: Lie) -> Self {
        let (folder, disk) = (tempfile::tempdir().unwrap(), Arc::new(Disk::new(lie)));
        vfs::mount(folder.path(), Arc::clone(&disk)).unwrap();
        Self { steps: Vec::new(), disk, folder, file }
    }

    pub(super) fn disk(&self) -> Arc<Disk> {
        Arc::clone(&self.disk)
    }

    pub(super) fn database(&self) -> PathBuf {
        self.folder.path().join(self.file)
    }

    /// What was written since the last answer is this call's, which is one transaction.
    pub(super) fn answered(&mut self, name: &'static str) {
        self.answered_after(name, 1, false);
    }

    /// The same in so many transactions, each of which leaves what the next start goes on from.
    pub(super) fn answered_in(&mut self, name: &'static str, transactions: usize) {
        self.answered_after(name, transactions, true);
    }

    /// The same for what begins or ends a store: many transactions, each of which brings it further.
    pub(super) fn started(&mut self, name: &'static str) {
        self.answered_after(name, usize::MAX, true);
    }

    fn answered_after(&mut self, name: &'static str, commits: usize, goes_on: bool) {
        self.steps.push(Step { name, answered: self.disk.asked(), commits, goes_on });
    }

    /// Whether the database itself was written to since the last answer: whether the log is on its way back.
    pub(super) fn writes_back(&self) -> bool {
        let since = self.steps.last().map_or(0, |step| step.answered);
        let record = self.disk.record();
        let main = record.iter().find_map(|op| {
            let Op::Create { file, name } = op else { return None };
            (name == self.file).then_some(*file)
        });
        record.iter().skip(since).any(|op| matches!(op, Op::Write { file, .. } if Some(*file) == main))
    }

    pub(super) fn end(self) -> (Vec<Step>, Vec<Op>) {
        vfs::unmount(self.folder.path());
        (self.steps, self.disk.record())
    }
}
