//! Copies of the database that are made by themselves: one when the newest is old enough, and of all only the newest.
//!
//! The folder says what there is: a restart makes none too many, and a folder that somebody emptied gets one at once.

use std::{fs, io, path::PathBuf, sync::Mutex};

use chrono::TimeDelta;
use shared::time::Moment;

use crate::{
    config::{BackupSettings, Config},
    store::{self, BackupFault},
};

static UNDER_WAY: Mutex<()> = Mutex::new(());

const BEGINS: &str = "office-";
const ENDS: &str = ".sqlite3";

/// Makes the copy that is due; where it lies, if one was. Blocks.
pub(super) fn due(config: &Config, now: Moment) -> Result<Option<PathBuf>, BackupsFault> {
    let Some(BackupSettings { folder, every_hours, keep }) = &config.backup else { return Ok(None) };
    // A large database may take longer than a minute.
    let Ok(_alone) = UNDER_WAY.try_lock() else { return Ok(None) };
    let fault = |cause| BackupsFault::Folder { folder: folder.clone(), cause };
    fs::create_dir_all(folder).map_err(fault)?;
    let mut there = names(folder).map_err(fault)?;
    // A minute early is on time: the chores come by the minute.
    let old = name(now.minus(TimeDelta::hours(i64::from(every_hours.get()))).plus(TimeDelta::minutes(1)));
    let newest = there.iter().max().filter(|newest| **newest <= name(now));
    if newest.is_some_and(|newest| *newest > old) {
        return Ok(None);
    }
    let made = name(now);
    let path = folder.join(&made);
    store::backup(&config.database(), &path)?;
    there.push(made);
    there.sort();
    let too_many = there.len().saturating_sub(usize::from(keep.get()));
    for name in there.iter().take(too_many) {
        fs::remove_file(folder.join(name)).map_err(fault)?;
    }
    Ok(Some(path))
}

/// Sorted by name they are sorted by time.
fn name(at: Moment) -> String {
    let digits: String = at.campus_date_and_clock().chars().filter(char::is_ascii_digit).collect();
    format!("{BEGINS}{digits}{ENDS}")
}

fn names(folder: &std::path::Path) -> io::Result<Vec<String>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let ours = |name: &String| {
        let digits = name.strip_prefix(BEGINS).and_then(|name| name.strip_suffix(ENDS));
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    Ok(names.collect::<io::Result<Vec<String>>>()?.into_iter().filter(ours).collect())
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
        let made = |hours| due(&config, at(hours)).unwrap().is_some();
        assert_eq!([0, 1, 23, 24, 25, 47, 48, 72].map(made), [true, false, false, true, false, false, true, true]);
        let mut left = names(&folder).unwrap();
        left.sort();
        assert_eq!(left, [name(at(48)), name(at(72))]);
        assert!(folder.join("office-notes.sqlite3").exists());
        // Written by a clock that went wrong, it holds nothing up.
        assert!(due(&config, at(60)).unwrap().is_some());
        let none = Config { backup: None, ..config.clone() };
        assert_eq!(due(&none, at(999)).unwrap(), None);
        fs::remove_dir_all(&folder).unwrap();
        fs::write(&folder, "no folder").unwrap();
        assert!(matches!(due(&config, at(100)), Err(BackupsFault::Folder { .. })));
    }
}
