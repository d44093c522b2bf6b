//! The entries of a terminal lie in two files, and both are cut at the same moment, each in its own way.
//!
//! After every cut a start has all that was acknowledged and at most the one entry that was being written; and with the database gone
//! the journal alone has the same, because nobody is admitted before the second file has the entry, too.

use std::{collections::HashSet, fs, path::Path, sync::Arc};

use gate_terminal::{
    ports::{Oblivion, Store as _},
    store::{Asked, DATABASE_FILE, DiskWatch, SqliteStore},
};
use tempfile::TempDir;

use super::{
    journey::{Journey, Step},
    outcome::mark_of,
    terminal::{at, day, entry, key, news, post, receipt},
};
use crate::{
    cut::Platter,
    disk::{Disk, Image, Lie},
    vfs,
};

const JOURNAL: &str = "entries.journal";

const OWN: u8 = 5;

/// The journal's file as one of the recorded disk's.
#[derive(Debug)]
struct Beside(Arc<Disk>);

impl DiskWatch for Beside {
    fn asked(&self, name: &str, what: Asked<'_>) {
        match what {
            Asked::Made => self.0.also_made(name),
            Asked::Written(bytes) => self.0.also_written(name, bytes),
            Asked::CutTo(len) => self.0.also_cut(name, usize::try_from(len).unwrap()),
            Asked::Synced => self.0.also_synced(name),
            Asked::Renamed(to) => self.0.also_renamed(name, to),
            Asked::Removed => self.0.also_removed(name),
        }
    }
}

struct Day {
    journey: Journey,
    store: Option<SqliteStore>,
    /// After each answer: the newest entry, the oldest that must be there, and whether the journal alone must have them.
    acknowledged: Vec<(u64, u64, bool)>,
    newest: u64,
    oldest: u64,
}

impl Day {
    fn begin(lie: Lie) -> Self {
        let journey = Journey::begin(DATABASE_FILE, lie);
        let mut day = Self { journey, store: None, acknowledged: Vec::new(), newest: 0, oldest: 1 };
        day.opens();
        day
    }

    fn opens(&mut self) {
        let mut store = SqliteStore::open(&self.journey.database()).unwrap();
        store.watch_journal(Arc::new(Beside(self.journey.disk())));
        self.store = Some(store);
        self.answered(false);
    }

    fn store(&mut self) -> &mut SqliteStore {
        self.store.as_mut().unwrap()
    }

    fn answered(&mut self, alone: bool) {
        self.journey.started("");
        self.acknowledged.push((self.newest, self.oldest, alone));
    }

    fn keeps_its_journal(&mut self) {
        self.store().keep_journal(&key(OWN)).unwrap();
        self.answered(true);
    }

    fn writes(&mut self, entries: u64) {
        for _ in 0..entries {
            self.newest += 1;
            let minute = i64::try_from(self.newest).unwrap();
            self.store().append(&entry(minute)).unwrap();
            self.answered(true);
        }
    }

    fn closes(&mut self) {
        drop(self.store.take());
        self.answered(true);
    }
}

/// First days of a terminal: entries, other keys, what was sent, another start, and everything else forgotten.
fn told(lie: Lie) -> Day {
    let mut day = Day::begin(lie);
    day.store().keep_post(&post(), at(0)).unwrap();
    day.answered(false);
    day.keeps_its_journal();
    day.writes(4);
    day.store().keep_news(&news(50, Vec::new())).unwrap();
    day.answered(true);
    day.writes(3);
    let heard = receipt(day.store());
    day.store().keep_receipt(&heard).unwrap();
    day.answered(true);
    day.closes();
    day.opens();
    day.keeps_its_journal();
    day.writes(3);
    // Of what was sent only the last is kept, and that only while nothing was written after it.
    day.oldest = 8;
    day.acknowledged.last_mut().unwrap().2 = false;
    day.store().forget_all(Oblivion::Silent).unwrap();
    day.answered(true);
    day.writes(3);
    day.store().forget(self::day().plus_days(40)).unwrap();
    day.answered(true);
    day.writes(1);
    day.closes();
    day
}

#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) boundaries: usize,
    disks: usize,
    pub(super) lost: Vec<String>,
}

pub(super) fn cut_everywhere(lie: Lie, seeds: u64) -> Found {
    let Day { journey, acknowledged, .. } = told(lie);
    let (steps, record) = journey.end();
    let (mut platter, mut found, mut seen) = (Platter::default(), Found::default(), HashSet::new());
    let both = tempfile::tempdir().unwrap();
    for boundary in 0..=record.len() {
        record.iter().skip(boundary.saturating_sub(1)).take(boundary.min(1)).for_each(|op| platter.take(op));
        found.boundaries += 1;
        let answered = steps.iter().take_while(|Step { answered, .. }| *answered <= boundary).count();
        let Some(before) = answered.checked_sub(1).map(|last| acknowledged[last]) else { continue };
        let next = acknowledged.get(answered).copied().unwrap_or(before);
        for cut in super::trial::cuts(seeds, boundary) {
            let image = platter.cut(cut);
            if !seen.insert((mark_of(&image), before, next)) {
                continue;
            }
            found.disks += 1;
            if let Err(why) = starts(&both, image.clone(), (before, next)) {
                found.lost.push(format!("{cut:?} at {boundary}: {why}"));
            }
            if let Err(why) = alone(&image, before, next).map_or(Ok(()), |alone| alone) {
                found.lost.push(format!("{cut:?} at {boundary}, the journal alone: {why}"));
            }
        }
    }
    found
}

type Acknowledged = (u64, u64, bool);

/// With both files, as a terminal starts.
fn starts(folder: &TempDir, mut image: Image, (before, next): (Acknowledged, Acknowledged)) -> Result<(), String> {
    for left in fs::read_dir(folder.path()).unwrap() {
        fs::remove_file(left.unwrap().path()).unwrap();
    }
    put_beside(folder.path(), &mut image);
    vfs::mount(folder.path(), Arc::new(Disk::of(image))).unwrap();
    let entries = (|| {
        let mut store = SqliteStore::open(&folder.path().join(DATABASE_FILE)).map_err(|error| error.to_string())?;
        if store.post().map_err(|error| error.to_string())?.is_none() {
            return Ok(Vec::new());
        }
        store.keep_journal(&key(OWN)).map_err(|error| format!("its journal: {error}"))?;
        numbers(&mut store)
    })();
    vfs::unmount(folder.path());
    holds(&entries?, before, next)
}

/// With the database gone. `None` where the journal need not have everything, because it is being made anew.
fn alone(image: &Image, before: Acknowledged, next: Acknowledged) -> Option<Result<(), String>> {
    if before.0 == 0 || !before.2 {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    put_beside(folder.path(), &mut image.clone());
    let rebuilt = SqliteStore::rebuild(&folder.path().join(DATABASE_FILE), &key(OWN), "damaged");
    let read = rebuilt.map_err(|error| error.to_string()).and_then(|(mut store, _)| numbers(&mut store));
    // Purged lines stay in it for a while.
    Some(read.and_then(|numbers| holds(&numbers, before, next)))
}

fn numbers(store: &mut SqliteStore) -> Result<Vec<u64>, String> {
    let (links, _) = store.entries_after(0, 1_000).map_err(|error| error.to_string())?;
    let wrong = links.iter().find(|link| {
        let minute = i64::try_from(link.seq).unwrap_or_default();
        link.body.get() != serde_json::to_string(&entry(minute)).unwrap()
    });
    wrong.map_or(Ok(()), |link| Err(format!("entry {} is another", link.seq)))?;
    Ok(links.iter().map(|link| link.seq).collect())
}

fn holds(numbers: &[u64], before: Acknowledged, next: Acknowledged) -> Result<(), String> {
    let (first, last) = (numbers.first().copied().unwrap_or(1), numbers.last().copied().unwrap_or(0));
    let whole = u64::try_from(numbers.len()).unwrap() == (last + 1).saturating_sub(first);
    let is_right =
        whole && (before.0..=next.0.max(before.0)).contains(&last) && (first <= next.1 || numbers.is_empty());
    if is_right {
        return Ok(());
    }
    Err(format!("entries {first} to {last}, {} in all, and {} was acknowledged", numbers.len(), before.0))
}

/// The journal and what was made of it lie on the machine's own disk.
fn put_beside(folder: &Path, image: &mut Image) {
    let names: Vec<String> = image.keys().filter(|name| name.starts_with(JOURNAL)).cloned().collect();
    for name in names {
        fs::write(folder.join(&name), image.remove(&name).unwrap()).unwrap();
    }
}

#[test]
fn no_cut_of_both_files_takes_an_acknowledged_entry() {
    let found = cut_everywhere(Lie::None, super::seeds());
    println!(
        "terminal, database and journal: cut at {} boundaries ({} different disks); acknowledged and lost {}",
        found.boundaries,
        found.disks,
        found.lost.len()
    );
    assert!(found.lost.is_empty(), "{:#?}", &found.lost[..found.lost.len().min(8)]);
}

#[test]
fn a_disk_that_syncs_nothing_loses_the_journal_s_entries_too() {
    let found = cut_everywhere(Lie::NoSync, 1);
    assert!(!found.lost.is_empty());
}
