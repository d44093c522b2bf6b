//! How far the office had come, in a file beside its database: one that is gone, or is older than it was, is noticed at the start.
//!
//! An empty database in the place of a lost one would know no gates. One that was copied into place by hand tells gates numbers that they
//! have heard otherwise, and they believe nothing more; `restore` gives its feed a numbering of its own.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::MetadataExt as _,
    path::PathBuf,
    time::Duration,
};

use shared::time::Moment;
use tokio::time::{self, MissedTickBehavior};

use super::{ServeFault, backups};
use crate::{
    config::Config,
    owner,
    state::AppState,
    store::{self, Reached, Store, StoreError},
};

fn place(config: &Config) -> PathBuf {
    config.data_dir.join("standing.json")
}

/// Whether there is a database where there has been one. An empty file is none.
pub fn not_gone(config: &Config, now: Moment) -> Result<(), ServeFault> {
    let database = config.database();
    let there = database.try_exists().map_err(|cause| ServeFault::Unseen { path: database.clone(), cause })?;
    if there && !store::is_empty(&database) {
        return Ok(());
    }
    let mark = place(config);
    match backups::newest(config, now) {
        Some(newest) => Err(ServeFault::Gone { database, mark, newest }),
        None if mark.exists() => Err(ServeFault::GoneWhole { database, mark }),
        None => Ok(()),
    }
}

/// Whether it is the one that there was, or what came of it.
pub(super) async fn not_older(config: &Config, store: &Store) -> Result<(), ServeFault> {
    if store.reached().await?.is_behind(heard_of(config)) {
        return Err(ServeFault::Older { database: config.database() });
    }
    Ok(())
}

/// How far the office had come, as far as it is known beside the database.
#[must_use]
pub fn heard_of(config: &Config) -> Reached {
    fs::read(place(config)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

/// What cannot be kept is only missed where the database is lost as well.
pub(super) async fn keep(config: &Config, store: &Store) -> Result<(), StoreError> {
    let reached = store.reached().await?;
    if heard_of(config) != reached
        && let Err(cause) = write(config, reached)
    {
        tracing::warn!(%cause, "how far the office has come is not kept beside its database");
    }
    Ok(())
}

fn write(config: &Config, reached: Reached) -> io::Result<()> {
    let (path, new) = (place(config), config.data_dir.join("standing.json.new"));
    let mut file = fs::File::create(&new)?;
    file.write_all(&serde_json::to_vec(&reached)?)?;
    // Else a power cut may leave an empty one under its name.
    file.sync_all()?;
    owner::give_as(&new, &config.data_dir).ok();
    fs::rename(new, path)
}

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Ends when the file that is written to is no longer the one in its place: what is answered from then on would be lost with it.
pub(super) async fn watch(state: AppState) {
    let database = state.config.database();
    let identity = || fs::metadata(&database).map(|found| (found.dev(), found.ino()));
    let opened = identity().ok();
    let mut tick = time::interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let is_gone = match identity() {
            Ok(found) => Some(found) != opened,
            Err(cause) => cause.kind() == io::ErrorKind::NotFound,
        };
        if is_gone {
            tracing::error!(path = %database.display(), "数据库文件被删除或换掉了，服务停止 the database was removed or replaced");
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroU16, sync::Arc};

    use super::*;
    use crate::{
        clock::SetClock,
        config::BackupSettings,
        serve::open,
        store::{backup, restore},
    };

    const NOW: Moment = Moment::from_unix_s(1_795_363_200);

    fn office(dir: &tempfile::TempDir) -> Config {
        Config { data_dir: dir.path().join("data"), demo: true, ..Config::default() }
    }

    async fn opened(config: &Config) -> Result<AppState, ServeFault> {
        open(config.clone(), Arc::new(SetClock::at(NOW))).await
    }

    #[tokio::test]
    async fn in_the_place_of_one_that_is_gone_no_empty_one_begins() {
        let dir = tempfile::tempdir().unwrap();
        let config = office(&dir);
        drop(opened(&config).await.unwrap());
        drop(opened(&config).await.unwrap());
        fs::remove_file(config.database()).unwrap();
        for empty in [false, true] {
            if empty {
                fs::write(config.database(), "").unwrap();
            }
            let told = opened(&config).await.unwrap_err().to_string();
            assert!(told.contains("restore") && told.contains("standing.json"), "{told}");
            assert_eq!(config.database().exists(), empty, "and nothing was made");
        }
        fs::rename(place(&config), dir.path().join("aside")).unwrap();
        opened(&config).await.unwrap();
    }

    #[tokio::test]
    async fn where_copies_are_left_the_newest_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let number = |number| NonZeroU16::new(number).unwrap();
        let backup = BackupSettings { folder: dir.path().join("copies"), every_hours: number(24), keep: number(2) };
        let config = Config { backup: Some(backup), ..office(&dir) };
        drop(opened(&config).await.unwrap());
        let copy = backups::due(&config, NOW, true).unwrap().unwrap();
        fs::remove_file(config.database()).unwrap();
        fs::remove_file(place(&config)).unwrap();
        let told = opened(&config).await.unwrap_err().to_string();
        assert!(told.contains(&format!("restore {}", copy.display())), "{told}");
    }

    #[tokio::test]
    async fn one_that_was_put_back_by_hand_is_not_served_until_it_was_restored() {
        let dir = tempfile::tempdir().unwrap();
        let config = office(&dir);
        drop(opened(&config).await.unwrap());
        let copy = dir.path().join("copy.sqlite3");
        backup(&config.database(), &copy).unwrap();
        let mut renamed = config.clone();
        renamed.campus[0].name = "新校区".to_owned();
        drop(opened(&renamed).await.unwrap());
        for end in ["", "-wal", "-shm"] {
            fs::remove_file(format!("{}{end}", config.database().display())).ok();
        }
        fs::copy(&copy, config.database()).unwrap();
        let told = opened(&config).await.unwrap_err().to_string();
        assert!(told.contains(&format!("restore {}", config.database().display())), "{told}");
        restore(&config.database(), &config.database(), NOW, heard_of(&config)).unwrap();
        opened(&config).await.unwrap();
    }

    #[tokio::test]
    async fn a_server_whose_database_is_removed_ends() {
        let dir = tempfile::tempdir().unwrap();
        let config = office(&dir);
        let state = opened(&config).await.unwrap();
        let watching = tokio::spawn(watch(state));
        time::sleep(Duration::from_millis(100)).await;
        assert!(!watching.is_finished());
        fs::remove_file(config.database()).unwrap();
        time::timeout(Duration::from_secs(60), watching).await.unwrap().unwrap();
    }
}
