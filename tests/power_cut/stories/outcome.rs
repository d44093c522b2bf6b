//! What the product makes of a disk after a cut.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{Connection, types::Value};
use tempfile::TempDir;

use crate::{
    disk::{Disk, Image},
    vfs,
};

/// A product's start on its database, and its orderly end.
pub(super) type Start = fn(&Path) -> Result<(), String>;

/// What a start came to: a mark of all that the database holds then, or why it did not start.
pub(super) type Outcome = Result<u64, String>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum By {
    Pages,
    Rows,
}

/// Starts a product on disks, one after another, each disk once.
pub(super) struct Bench {
    file: &'static str,
    start: Start,
    folder: TempDir,
}

/// What is known already, by all benches.
pub(super) type Known = Mutex<HashMap<(u64, By), Outcome>>;

impl Bench {
    pub(super) fn new(file: &'static str, start: Start) -> Self {
        Self { file, start, folder: tempfile::tempdir().unwrap() }
    }

    pub(super) fn try_out(&self, image: Image, by: By, known: &Known) -> Outcome {
        let mark = (mark_of(&image), by);
        if let Some(outcome) = known.lock().unwrap_or_else(PoisonError::into_inner).get(&mark) {
            return outcome.clone();
        }
        let outcome = self.look(image, by);
        known.lock().unwrap_or_else(PoisonError::into_inner).insert(mark, outcome.clone());
        outcome
    }

    fn look(&self, image: Image, by: By) -> Outcome {
        let disk = Arc::new(Disk::of(image));
        vfs::mount(self.folder.path(), Arc::clone(&disk)).map_err(|code| format!("vfs: {code}"))?;
        let path = self.folder.path().join(self.file);
        let outcome = (self.start)(&path).and_then(|()| match by {
            By::Pages => {
                let mut image = disk.image();
                let log = image.remove(&format!("{}-wal", self.file)).unwrap_or_default();
                if log.is_empty() { Ok(mark_of(&image)) } else { Err("the log was left behind".to_owned()) }
            }
            By::Rows => rows(&path).map_err(|cause| cause.to_string()),
        });
        vfs::unmount(self.folder.path());
        outcome
    }
}

pub(super) fn mark_of(image: &Image) -> u64 {
    let mut hasher = DefaultHasher::new();
    image.hash(&mut hasher);
    hasher.finish()
}

/// A mark of every row of every table.
fn rows(path: &Path) -> rusqlite::Result<u64> {
    let db = Connection::open(path)?;
    let mut all = BTreeMap::new();
    let mut names =
        db.prepare("select name, sql from sqlite_schema where type in ('table', 'index') and sql is not null")?;
    let tables =
        names.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<(String, String)>, _>>()?;
    for (name, sql) in tables {
        let mut lines = Vec::new();
        if sql.to_lowercase().starts_with("create table") {
            let mut select = db.prepare(&format!("select * from \"{name}\""))?;
            let columns = select.column_count();
            let mut found = select.query([])?;
            while let Some(row) = found.next()? {
                let line: Vec<Value> = (0..columns).map(|column| row.get(column)).collect::<Result<_, _>>()?;
                lines.push(format!("{line:?}"));
            }
            lines.sort();
        }
        all.insert(name, (sql, lines));
    }
    let mut hasher = DefaultHasher::new();
    all.hash(&mut hasher);
    Ok(hasher.finish())
}
