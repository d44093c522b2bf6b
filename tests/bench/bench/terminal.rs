//! A gate thread as it runs at a gate, with a full list on a disk, for measurements that hand it events.
//!
//! Controller, store and clock are the terminal's own. Light, line and cards lead nowhere: none of them is waited for at a gate.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, TrySendError, sync_channel},
    },
    time::Duration,
};

use gate_terminal::{
    card,
    clock::SystemClock,
    controller::{Controller, Doors, Handle},
    gate::Signal,
    ports::{Lamp, Observer, Told},
    store::{DATABASE_FILE, SqliteStore},
    sync,
    ui::snapshot::Snapshot,
};
use gatehouse::{
    Trouble,
    machine::now,
    office::{Office, terminal_key},
};
use shared::entry::Direction;
use tempfile::TempDir;

/// Far longer than any turn of the gate.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Terminal {
    pub(crate) gate: Handle,
    woken: Receiver<()>,
    pub(crate) folder: TempDir,
    _lanes: sync::Lanes,
    _cards: card::Asked,
}

impl Terminal {
    /// In a new folder in `within`, which should lie on a real disk.
    pub(crate) fn with(office: &Office, passes: u64, within: &PathBuf) -> Result<Self, Trouble> {
        let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(within)?;
        office.enrol(folder.path(), passes)?;
        let mut store = SqliteStore::open(&folder.path().join(DATABASE_FILE)).map_err(told)?;
        store.keep_journal(&terminal_key()).map_err(told)?;
        let (line, lanes) = sync::line();
        let (questions, cards) = card::desk();
        let doors = Doors {
            clock: Box::new(SystemClock),
            line: Box::new(line),
            cards: Box::new(questions),
            lamp: Box::new(Dark),
            observer: Box::new(Deaf),
            key: terminal_key(),
        };
        let (wake, woken) = sync_channel(1);
        let gate = Controller::open(store, doors, Direction::In).map_err(told)?.spawn(move || {
            // One bell that was not heard yet is enough.
            if let Err(TrySendError::Disconnected(())) = wake.try_send(()) {}
        })?;
        Ok(Self { gate, woken, folder, _lanes: lanes, _cards: cards })
    }

    /// The first snapshot that is what is waited for, and as soon as it is published.
    pub(crate) fn until(&self, what: &str, wanted: impl Fn(&Snapshot) -> bool) -> Result<Arc<Snapshot>, Trouble> {
        let since = now();
        loop {
            let snapshot = self.gate.snapshot();
            if wanted(&snapshot) {
                return Ok(snapshot);
            }
            let left = PATIENCE.saturating_sub(since.elapsed());
            self.woken.recv_timeout(left).map_err(|_| Trouble::Waited(what.to_owned()))?;
        }
    }
}

struct Dark;

impl Lamp for Dark {
    fn shine(&mut self, _: Signal) {}
}

struct Deaf;

impl Observer for Deaf {
    fn hear(&mut self, _: &Told) {}
}

fn told(error: impl std::fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
