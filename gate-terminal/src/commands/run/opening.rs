//! Opening the store, or another in its place when it is damaged.
//!
//! Nobody stands beside most gates who could: a power cut that broke the file at night must not close the gate in the morning.

use std::path::Path;

use ed25519_dalek::SigningKey;

use super::RunError;
use crate::{
    clock::SystemClock,
    config::Config,
    enrol::load_key,
    ports::Clock as _,
    store::{DATABASE_FILE, Rebuilt, SqliteStore},
};

pub(super) fn open(config: &Config) -> Result<SqliteStore, RunError> {
    let database = config.data_dir.join(DATABASE_FILE);
    if is_lost(config) {
        tracing::error!("the database is gone, and the journal of entries is there");
        return rebuild(config, &database);
    }
    match SqliteStore::open(&database) {
        Err(damage) if damage.is_damage() => {
            tracing::error!(error = &damage as &dyn std::error::Error, "the database is damaged");
            rebuild(config, &database)
        }
        opened => Ok(opened?),
    }
}

/// Not the same as never enrolled: this terminal's own key and journal say that it has its place.
pub(super) fn is_lost(config: &Config) -> bool {
    let database = config.data_dir.join(DATABASE_FILE);
    load_key(&config.data_dir).is_ok_and(|key| SqliteStore::is_lost(&database, &key))
}

fn rebuild(config: &Config, database: &Path) -> Result<SqliteStore, RunError> {
    let key = load_key(&config.data_dir)?;
    let called = format!("damaged-{}", SystemClock.read().wall.unix_ms() / 1000);
    let (store, Rebuilt { aside, entries, last, flaws }) = SqliteStore::rebuild(database, &key, &called)?;
    tracing::error!(
        aside = aside.map(|aside| aside.display().to_string()),
        entries,
        last,
        ?flaws,
        "数据库损坏，已另存；出入记录已从旁边的副本恢复，通行码名单将从服务器重新取得 \
         it was set aside and rebuilt from the journal of entries; passes come from the server again"
    );
    Ok(store)
}

/// A gate without its second book is still a gate.
pub(super) fn keep_journal(store: &mut SqliteStore, key: &SigningKey) {
    if let Err(error) = store.keep_journal(key) {
        tracing::error!(error = &error as &dyn std::error::Error, "the journal of entries cannot be kept");
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{
        commands::run::enrolling,
        enrol::KEY_FILE,
        gate::small_campus::{Office, morning},
        ports::Store as _,
    };

    #[test]
    fn a_terminal_whose_database_broke_overnight_opens_in_the_morning() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        std::io::Write::write_all(&mut options.open(folder.path().join(KEY_FILE)).unwrap(), &[9; 32]).unwrap();
        let mut store = SqliteStore::open(&folder.path().join(DATABASE_FILE)).unwrap();
        store.keep_post(&Office::open().post(), morning()).unwrap();
        keep_journal(&mut store, &load_key(&config.data_dir).unwrap());
        drop(store);
        fs::write(folder.path().join(DATABASE_FILE), b"no database ".repeat(2_000)).unwrap();
        assert!(enrolling::is_enrolled(&config).unwrap());
        assert_eq!(open(&config).unwrap().post().unwrap(), Some(Office::open().post()));
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let called = format!("{DATABASE_FILE}.damaged-");
        let aside = |name: &std::ffi::OsString| name.to_string_lossy().starts_with(&called);
        assert_eq!(names.filter(aside).count(), 1);
        // Gone altogether, or nothing but its name left, it is no terminal that was never enrolled.
        for nothing in [None, Some("")] {
            fs::remove_file(folder.path().join(DATABASE_FILE)).unwrap();
            if let Some(nothing) = nothing {
                fs::write(folder.path().join(DATABASE_FILE), nothing).unwrap();
            }
            assert!(enrolling::is_enrolled(&config).unwrap());
            assert_eq!(open(&config).unwrap().post().unwrap(), Some(Office::open().post()));
        }
    }
}
