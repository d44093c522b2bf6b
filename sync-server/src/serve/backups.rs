//! Copies of the database that are made by themselves: one when the newest is old enough, and of all only the newest.
//!
//! The folder says what there is: a restart makes none too many, and a folder that somebody emptied gets one at once.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use chrono::TimeDelta;
use shared::time::Moment;

use crate::{
    config::{BackupSettings, Config},
    store::{self, BackupFault},
};

/// The folders into which a copy is being made.
static UNDER_WAY: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Until it is dropped, also by a panic, nobody else makes a copy into this folder.
struct Alone(PathBuf);

impl Alone {
    fn at(folder: &Path) -> Option<Self> {
        under_way(|folders| folders.insert(folder.to_owned())).then(|| Self(folder.to_owned()))
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        under_way(|folders| folders.remove(&self.0));
    }
}

fn under_way(change: impl FnOnce(&mut BTreeSet<PathBuf>) -> bool) -> bool {
    change(&mut UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner))
}

const BEGINS: &str = "office-";
const ENDS: &str = ".sqlite3";

/// Makes the copy that is due; where it lies, if one was. Those that are too many go only where the clock is `trusted`. Blocks.
pub(super) fn due(config: &Config, now: Moment, trusted: bool) -> Result<Option<PathBuf>, BackupsFault> {
    let Some(BackupSettings { folder, every_hours, keep }) = &config.backup else { return Ok(None) };
    // A large database may take longer than a minute.
    let Some(_alone) = Alone::at(folder) else { return Ok(None) };
    let fault = |cause| BackupsFault::Folder { folder: folder.clone(), cause };
    fs::create_dir_all(folder).map_err(fault)?;
    let mut there = names(folder).map_err(fault)?;
    // A minute early is on time: the chores come by the minute.
    let old = name(now.minus(TimeDelta::hours(i64::from(every_hours.get()))).plus(TimeDelta::minutes(1)));
    let made = name(now);
    // What a clock wrote that ran ahead is neither the newest nor too many.
    there.retain(|name| *name <= made);
    if there.iter().max().is_some_and(|newest| *newest > old) {
        return Ok(None);
    }
    forget_halves(folder).map_err(fault)?;
    let path = folder.join(&made);
    store::backup(&config.database(), &path)?;
    if !trusted {
        return Ok(Some(path));
    }
    there.push(made);
    there.sort();
    let too_many = there.len().saturating_sub(usize::from(keep.get()));
    for name in there.iter().take(too_many) {
        fs::remove_file(folder.join(name)).map_err(fault)?;
    }
    Ok(Some(path))
}

/// The newest copy there is; a folder that cannot be read has none to show. What a clock wrote that ran ahead comes after all others.
pub(super) fn newest(config: &Config, now: Moment) -> Option<PathBuf> {
    let folder = &config.backup.as_ref()?.folder;
    let (there, now) = (names(folder).ok()?, name(now));
    there.into_iter().max_by_key(|name| (*name <= now, name.clone())).map(|name| folder.join(name))
}

/// Sorted by name they are sorted by time.
fn name(at: Moment) -> String {
    let digits: String = at.campus_date_and_clock().chars().filter(char::is_ascii_digit).collect();
    format!("{BEGINS}{digits}{ENDS}")
}

/// Of copies that a server was killed over.
fn forget_halves(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let half = entry?.file_name().to_string_lossy().into_owned();
        if half.strip_suffix(store::HALF).is_some_and(is_ours) {
            fs::remove_file(folder.join(half))?;
        }
    }
    Ok(())
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    Ok(names.collect::<io::Result<Vec<String>>>()?.into_iter().filter(|name| is_ours(name)).collect())
}

fn is_ours(name: &str) -> bool {
    let digits = name.strip_prefix(BEGINS).and_then(|name| name.strip_suffix(ENDS));
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[derive(Debug, thiserror::Error)]
pub(super) enum BackupsFault {
    #[error("备份文件夹 {} 用不了。The folder for backups cannot be used", folder.display())]
    Folder {
        folder: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error(transparent)]
    Backup(#[from] BackupFault),
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use super::*;
    use crate::store::{IdentityKey, Store};

    #[test]
    fn a_copy_is_made_when_the_newest_is_a_day_old_and_only_the_newest_stay() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("copies");
        let number = |number| NonZeroU16::new(number).unwrap();
        let backup = BackupSettings { folder: folder.clone(), every_hours: number(24), keep: number(2) };
        let config = Config { data_dir: dir.path().to_owned(), backup: Some(backup), ..Config::default() };
        let _store = Store::open(&config.database(), IdentityKey::from_bytes(&[3; 32])).unwrap();
        let start = Moment::from_unix_s(1_795_363_200);
        let at = |hours| start.plus(TimeDelta::hours(hours));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("office-notes.sqlite3"), "somebody else's").unwrap();
        let made = |hours| due(&config, at(hours), true).unwrap().is_some();
        assert_eq!([0, 1, 23, 24, 25, 47, 48, 72].map(made), [true, false, false, true, false, false, true, true]);
        let mut left = names(&folder).unwrap();
        left.sort();
        assert_eq!(left, [name(at(48)), name(at(72))]);
        assert!(folder.join("office-notes.sqlite3").exists());
        // Written by a clock that ran ahead, two hold nothing up and put no older one away, and are none of the newest.
        let half = folder.join(name(at(59)) + store::HALF);
        fs::write(&half, "a server was killed over it").unwrap();
        for (hours, trusted, made, left) in [
            (1, true, true, vec![1, 48, 72]),
            (1, true, false, vec![1, 48, 72]),
            (25, false, true, vec![1, 25, 48, 72]),
            (73, true, false, vec![1, 25, 48, 72]),
            (96, true, true, vec![72, 96]),
        ] {
            assert_eq!(due(&config, at(hours), trusted).unwrap().is_some(), made, "{hours}");
            let mut there = names(&folder).unwrap();
            there.sort();
            assert_eq!(there, left.into_iter().map(|hours| name(at(hours))).collect::<Vec<_>>(), "{hours}");
        }
        assert!(!half.exists());
        let none = Config { backup: None, ..config.clone() };
        assert_eq!(due(&none, at(999), true).unwrap(), None);
        fs::remove_dir_all(&folder).unwrap();
        fs::write(&folder, "no folder").unwrap();
        assert!(matches!(due(&config, at(100), true), Err(BackupsFault::Folder { .. })));
    }
}
