//! The keys a running server signs with, which may be others at any moment.
//!
//! Whoever signs takes them as they are now; whoever holds a call hears that there are others. A set that is older than the one in use
//! is not taken: terminals would refuse it, and a data directory that went back is for people to look at.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use tokio::sync::watch;

use super::{Keys, KeysFault, places::Places};

#[derive(Debug, Clone)]
pub struct Keyring(Arc<watch::Sender<Arc<Keys>>>);

impl Keyring {
    #[must_use]
    pub fn new(keys: Keys) -> Self {
        Self(Arc::new(watch::Sender::new(Arc::new(keys))))
    }

    #[must_use]
    pub fn now(&self) -> Arc<Keys> {
        Arc::clone(&self.0.borrow())
    }

    /// Changes whenever the keys do.
    #[must_use]
    pub fn signal(&self) -> watch::Receiver<Arc<Keys>> {
        self.0.subscribe()
    }

    /// Keys of an older set are not taken: another has put newer ones meanwhile.
    pub fn put(&self, keys: Keys) {
        self.0.send_if_modified(|held| {
            let is_older = keys.key_set_number < held.key_set_number;
            if !is_older {
                *held = Arc::new(keys);
            }
            !is_older
        });
    }
}

/// Looks whether somebody replaced the set.
#[derive(Debug)]
pub struct Lookout {
    data_dir: PathBuf,
    /// What was taken, or is not to be.
    seen: Option<Mark>,
    /// What could not be loaded, and was said.
    told: Option<Mark>,
}

/// A file that is renamed into place is another file.
type Mark = (SystemTime, u64, u64);

impl Lookout {
    #[must_use]
    pub fn new(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_owned(), seen: None, told: None }
    }

    /// The keys of a set that is another than at the last look. One that cannot be loaded is tried again at each: it may want no more than
    /// another owner.
    pub fn look(&mut self, held: &Keys) -> Result<Option<Keys>, KeysFault> {
        let mark = mark(&self.data_dir);
        if mark == self.seen || mark.is_none() {
            return Ok(None);
        }
        let keys = match Keys::load(&self.data_dir) {
            Ok(keys) => keys,
            Err(_) if self.told == mark => return Ok(None),
            Err(fault) => {
                self.told = mark;
                return Err(fault);
            }
        };
        self.seen = mark;
        if keys.key_set_number == held.key_set_number && keys.opened == held.opened {
            return Ok(None);
        }
        if keys.key_set_number <= held.key_set_number {
            tracing::error!(
                held = held.key_set_number,
                found = keys.key_set_number,
                "the key set on the disk is no newer than the one in use, and is not taken"
            );
            return Ok(None);
        }
        Ok(Some(keys))
    }
}

fn mark(data_dir: &Path) -> Option<Mark> {
    use std::os::unix::fs::MetadataExt as _;
    let found = fs::metadata(Places::of(data_dir).set).ok()?;
    Some((found.modified().ok()?, found.ino(), found.len()))
}
