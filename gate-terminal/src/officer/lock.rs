//! The officers' lock: one PIN, and a wait after each wrong one.
//!
//! The PIN lies salted and hashed by argon2id in a file of its own, not in the gate's database: that has one writer, and an
//! entry must never wait for somebody's wrong PIN. Six digits can be searched by whoever takes the file away; the hash only
//! makes that take days. What protects the log at the screen is the wait.
//!
//! A try is counted, durably, before it is looked at, so pulling the plug costs as much as a wrong PIN. A full disk must not
//! shut the officers out, who may have come for it: what it does not take is counted as long as the program runs. The wait is
//! counted by the clock since boot, which nobody can set: after a restart of the machine only what has passed since then counts.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use shared::causes;
use zeroize::Zeroizing;

use super::private_file;
use crate::ui::records::Pin;

/// The file's name inside the data directory.
pub const PIN_FILE: &str = "officer-pin.json";

const LONGEST_WAIT_MS: u64 = 300_000;

const SALT_BYTES: usize = 16;

/// A file that asks for more is not one of ours.
const MOST_MEMORY_KIB: u32 = 256 * 1024;
const MOST_PASSES: u32 = 16;

/// How dear a try is: 0.1 s on a gate PC, in memory that it has to spare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory_kib: 32 * 1024, passes: 3 }
    }
}

#[derive(Debug)]
pub struct PinLock {
    path: PathBuf,
    cost: Cost,
    /// As the file was last read: `gate-terminal pin` may have written another.
    kept: Option<Kept>,
    /// Newer than the file, which could not be written.
    unwritten: Option<Kept>,
    unreadable: bool,
}

/// What is in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u8,
    cost: Cost,
    salt: [u8; SALT_BYTES],
    hash: [u8; 32],
    /// Wrong ones since the last right one.
    failures: u32,
    /// By the clock since boot, at the last of them.
    failed_at_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    Right,
    Wrong,
    /// Not looked at: it was too early.
    Early,
}

impl PinLock {
    /// A file that is none of ours is a PIN that nothing fits.
    #[must_use]
    pub fn open(data_dir: &Path, cost: Cost) -> Self {
        let mut lock = Self::anew(data_dir, cost);
        lock.read_again().inspect_err(|error| tracing::error!(%error, "the officers' PIN")).ok();
        lock
    }

    /// As if nobody had ever set a PIN: for whoever may write in the data directory anyway.
    #[must_use]
    pub fn anew(data_dir: &Path, cost: Cost) -> Self {
        Self { path: data_dir.join(PIN_FILE), cost, kept: None, unwritten: None, unreadable: false }
    }

    #[must_use]
    pub const fn is_set(&self) -> bool {
        self.kept.is_some() || self.unreadable
    }

    /// How long no PIN is looked at.
    #[must_use]
    pub fn left_ms(&self, since_boot_ms: u64) -> u64 {
        let Some(Kept { failures: failures @ 1.., failed_at_ms, .. }) = &self.kept else { return 0 };
        let wait_ms = (1_000_u64 << failures.saturating_sub(1).min(9)).min(LONGEST_WAIT_MS);
        // Before it, the machine was started anew: only this boot's time is proven.
        let passed_ms = since_boot_ms.checked_sub(*failed_at_ms).unwrap_or(since_boot_ms);
        wait_ms.saturating_sub(passed_ms)
    }

    /// `Wrong` also while there is no PIN.
    pub fn try_pin(&mut self, pin: &Pin, since_boot_ms: u64) -> Result<Tried, PinError> {
        self.read_again()?;
        if self.left_ms(since_boot_ms) > 0 {
            return Ok(Tried::Early);
        }
        let Some(kept) = self.kept.clone() else { return Ok(Tried::Wrong) };
        let failures = kept.failures.saturating_add(1);
        self.count(Kept { failures, failed_at_ms: since_boot_ms, ..kept.clone() })?;
        if !same(&*hash(pin, kept.salt, kept.cost)?, &kept.hash) {
            return Ok(Tried::Wrong);
        }
        self.count(Kept { failures: 0, ..kept })?;
        Ok(Tried::Right)
    }

    /// The caller has made sure that this is allowed.
    pub fn set(&mut self, pin: &Pin) -> Result<(), PinError> {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(PinError::NoRandomness)?;
        let hash = *hash(pin, salt, self.cost)?;
        self.keep(Kept { version: 1, cost: self.cost, salt, hash, failures: 0, failed_at_ms: 0 })
    }

    fn read_again(&mut self) -> Result<(), PinError> {
        let read = read_file(&self.path);
        self.unreadable = read.is_err();
        self.kept = read?;
        // Only of the same PIN.
        let salt = self.kept.as_ref().map(|kept| kept.salt);
        self.unwritten = self.unwritten.take().filter(|unwritten| Some(unwritten.salt) == salt);
        if self.unwritten.is_some() {
            self.kept.clone_from(&self.unwritten);
        }
        Ok(())
    }

    fn count(&mut self, kept: Kept) -> Result<(), PinError> {
        match self.keep(kept.clone()) {
            Err(error @ PinError::Unwritable { .. }) => {
                tracing::error!(error = causes::in_one_line(&error), "a try of the PIN is counted in memory only");
                self.unwritten = Some(kept.clone());
                self.kept = Some(kept);
                Ok(())
            }
            kept => kept,
        }
    }

    fn keep(&mut self, kept: Kept) -> Result<(), PinError> {
        let bytes = serde_json::to_vec(&kept).map_err(PinError::Words)?;
        private_file::write(&self.path, &bytes)
            .map_err(|cause| PinError::Unwritable { path: self.path.clone(), cause })?;
        self.kept = Some(kept);
        self.unwritten = None;
        Ok(())
    }
}

fn read_file(path: &Path) -> Result<Option<Kept>, PinError> {
    match fs::read(path) {
        Ok(bytes) => read(&bytes).map(Some).ok_or_else(|| PinError::Misunderstood { path: path.to_owned() }),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(PinError::Unreadable { path: path.to_owned(), cause }),
    }
}

fn read(bytes: &[u8]) -> Option<Kept> {
    let kept: Kept = serde_json::from_slice(bytes).ok()?;
    let Cost { memory_kib, passes } = kept.cost;
    (kept.version == 1 && memory_kib <= MOST_MEMORY_KIB && passes <= MOST_PASSES).then_some(kept)
}

fn hash(pin: &Pin, salt: [u8; SALT_BYTES], Cost { memory_kib, passes }: Cost) -> Result<Zeroizing<[u8; 32]>, PinError> {
    let params = Params::new(memory_kib, passes, 1, Some(32)).map_err(|error| PinError::Hash(error.to_string()))?;
    let mut hash = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(pin.as_str().as_bytes(), &salt, hash.as_mut_slice())
        .map_err(|error| PinError::Hash(error.to_string()))?;
    Ok(hash)
}

/// Takes as long wherever they differ.
fn same(left: &[u8; 32], right: &[u8; 32]) -> bool {
    left.iter().zip(right).fold(0, |differing, (left, right)| differing | (left ^ right)) == 0
}

#[derive(Debug, thiserror::Error)]
pub enum PinError {
    #[error("密码文件读不出来 {} cannot be read", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("密码文件已损坏 {} is damaged; set a new PIN with: gate-terminal pin", path.display())]
    Misunderstood { path: PathBuf },
    #[error("密码文件写不进去 {} cannot be written", path.display())]
    Unwritable {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("密码文件写不出来 the PIN's file could not be put into words")]
    Words(#[source] serde_json::Error),
    #[error("密码算不出散列 the PIN cannot be hashed: {0}")]
    Hash(String),
    #[error("本机给不出随机数 the machine gives no random numbers")]
    NoRandomness(#[source] getrandom::Error),
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const CHEAP: Cost = Cost { memory_kib: 64, passes: 1 };

    fn pin(digits: &str) -> Pin {
        Pin::parse(digits).unwrap()
    }

    fn set(folder: &TempDir) -> PinLock {
        let mut lock = PinLock::open(folder.path(), CHEAP);
        lock.set(&pin("246810")).unwrap();
        lock
    }

    #[test]
    fn the_right_pin_opens_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!PinLock::open(folder.path(), CHEAP).is_set());
        let mut lock = set(&folder);
        assert_eq!(lock.try_pin(&pin("246810"), 5_000).unwrap(), Tried::Right);
        assert_eq!(lock.try_pin(&pin("246811"), 5_000).unwrap(), Tried::Wrong);
        assert_eq!(lock.try_pin(&pin("246810"), 5_999).unwrap(), Tried::Early);
        assert_eq!(lock.try_pin(&pin("246810"), 6_000).unwrap(), Tried::Right);
        assert_eq!(lock.left_ms(6_000), 0);
    }

    #[test]
    fn each_wrong_one_doubles_the_wait_up_to_five_minutes() {
        let folder = tempfile::tempdir().unwrap();
        let mut lock = set(&folder);
        let mut now_ms = 1_000_000;
        for expected_s in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            assert_eq!(lock.try_pin(&pin("000000"), now_ms).unwrap(), Tried::Wrong);
            assert_eq!(lock.left_ms(now_ms), expected_s * 1_000);
            now_ms += expected_s * 1_000;
        }
        lock.kept.as_mut().unwrap().failures = u32::MAX;
        assert_eq!(lock.left_ms(now_ms - 300_000), 300_000);
    }

    #[test]
    fn three_wrong_ones_are_waited_for_after_a_restart_too() {
        let folder = tempfile::tempdir().unwrap();
        let mut lock = set(&folder);
        for now_ms in [10_000, 11_000, 13_000] {
            assert_eq!(lock.try_pin(&pin("000000"), now_ms).unwrap(), Tried::Wrong);
        }
        drop(lock);
        let mut again = PinLock::open(folder.path(), CHEAP);
        assert_eq!(again.left_ms(14_000), 3_000, "the program was started anew");
        assert_eq!(again.try_pin(&pin("246810"), 14_000).unwrap(), Tried::Early);
        assert_eq!(again.left_ms(500), 3_500, "the machine was started anew");
        assert_eq!(again.try_pin(&pin("246810"), 4_000).unwrap(), Tried::Right);
    }

    #[test]
    fn tries_the_disk_does_not_take_are_counted_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let mut lock = set(&folder);
        // Where the new file would be written stands a folder.
        let in_the_way = folder.path().join(format!("{PIN_FILE}.part"));
        fs::create_dir(&in_the_way).unwrap();
        for (now_ms, wait_ms) in [(10_000, 1_000), (11_000, 2_000), (13_000, 4_000)] {
            assert_eq!(lock.try_pin(&pin("000000"), now_ms).unwrap(), Tried::Wrong);
            assert_eq!(lock.left_ms(now_ms), wait_ms);
        }
        assert_eq!(lock.try_pin(&pin("246810"), 16_999).unwrap(), Tried::Early);
        assert_eq!(lock.try_pin(&pin("246810"), 17_000).unwrap(), Tried::Right);
        assert_eq!(lock.left_ms(17_000), 0);
        assert!(matches!(lock.set(&pin("135790")), Err(PinError::Unwritable { .. })), "another PIN has to be kept");
        fs::remove_dir(&in_the_way).unwrap();
        assert_eq!(lock.try_pin(&pin("000000"), 20_000).unwrap(), Tried::Wrong);
        assert_eq!(PinLock::open(folder.path(), CHEAP).left_ms(20_000), 1_000, "the disk takes it again");
    }

    #[test]
    fn a_pin_set_from_the_command_line_holds_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut running = set(&folder);
        assert_eq!(running.try_pin(&pin("111111"), 1).unwrap(), Tried::Wrong);
        PinLock::anew(folder.path(), CHEAP).set(&pin("135790")).unwrap();
        assert_eq!(running.try_pin(&pin("135790"), 2).unwrap(), Tried::Right);
    }

    #[test]
    fn the_file_tells_no_pin_and_a_broken_one_is_not_no_pin() {
        let folder = tempfile::tempdir().unwrap();
        set(&folder);
        let path = folder.path().join(PIN_FILE);
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("246810"));
        for broken in ["", "{}", &text.replace("64", "99999999"), &text.replace("\"version\":1", "\"version\":2")] {
            fs::write(&path, broken).unwrap();
            let mut lock = PinLock::open(folder.path(), CHEAP);
            assert!(lock.is_set());
            assert!(matches!(lock.try_pin(&pin("246810"), 1), Err(PinError::Misunderstood { .. })), "{broken}");
        }
    }
}
