//! Roll-calls that nobody needs any more: whole names, telephone tails and plates stand in them.
//!
//! They go by the rule of the lists they were made from: who moved yesterday is looked for today, and what is older is
//! forgotten. What an officer exported on purpose is the officer's to delete.

use std::{fs, io, path::Path};

use shared::time::{CampusDay, Moment};

use super::export;

const BEGINS: &str = "roll-call_";

/// By the moment it was made, which is in its name.
pub(super) fn name(now: Moment) -> String {
    format!("{BEGINS}{}.html", export::stamp(now))
}

/// Deletes those of days before yesterday, half-written ones too; how many.
pub(super) fn forget(folder: &Path, today: CampusDay) -> io::Result<usize> {
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let kept_from = export::stamp(today.minus_days(1).start());
    let mut forgotten = 0;
    for file in listed {
        let file = file?;
        let name = file.file_name();
        let stamp = name.to_str().and_then(|name| name.strip_prefix(BEGINS));
        if stamp.is_some_and(|stamp| stamp < kept_from.as_str()) {
            fs::remove_file(file.path())?;
            forgotten += 1;
        }
    }
    Ok(forgotten)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_yesterday_stay_and_older_ones_go_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let today = CampusDay::parse("2026-11-23").unwrap();
        let of = |day: CampusDay, minute| name(day.at_minute(minute));
        let yesterday = today.minus_days(1);
        let kept = [of(today, 480), of(yesterday, 0), of(today.plus_days(1), 0), "entries_2026-01-01.csv".to_owned()];
        let before = of(yesterday.minus_days(1), 1_439);
        let gone = [before.clone(), format!("{before}.part"), of(CampusDay::parse("2025-12-31").unwrap(), 700)];
        for file in kept.iter().chain(&gone) {
            fs::write(folder.path().join(file), "张晓明").unwrap();
        }
        assert_eq!(forget(folder.path(), today).unwrap(), gone.len());
        assert!(kept.iter().all(|file| folder.path().join(file).exists()));
        assert!(gone.iter().all(|file| !folder.path().join(file).exists()));
        assert_eq!(forget(&folder.path().join("none"), today).unwrap(), 0);
    }
}
