//! Before the gate can run: whether this terminal has its place, and the window in which it gets one.

use std::sync::Arc;

use super::{Bell, RunError, opening, premises, unopened};
use crate::{
    commands::wizard::Wizard,
    config::Config,
    ports::Store as _,
    store::{DATABASE_FILE, SqliteStore},
    ui::window::{self, EnrolSurroundings},
};

pub(super) fn is_enrolled(config: &Config) -> Result<bool, RunError> {
    let database = config.data_dir.join(DATABASE_FILE);
    // A store is opened and not only looked at: one that a wizard left half made is made whole.
    Ok((SqliteStore::is_there(&database)? || opening::is_lost(config)) && opening::open(config)?.post()?.is_some())
}

/// `false` when the window was closed before it was done.
pub(super) fn enrol(config: &Config, bell: &Arc<Bell>) -> Result<bool, RunError> {
    let wake = Arc::clone(bell);
    let wizard = Wizard::spawn(config, move || wake.ring())?;
    let (seen, asked, done) = (wizard.clone(), wizard.clone(), wizard.clone());
    let (ending, started) = (Arc::clone(bell), Arc::clone(bell));
    let language = premises::settings(config).language;
    window::enrol(
        language,
        EnrolSurroundings {
            enrolment: Box::new(move || seen.enrolment()),
            ask: Box::new(move |ask| asked.ask(ask)),
            ending: Box::new(move || ending.is_the_end() || done.is_done()),
            started: Box::new(move |wake| started.hang(wake)),
        },
    )
    .map_err(unopened)?;
    Ok(wizard.is_done())
}

#[cfg(test)]
mod tests {
    use shared::causes;

    use super::*;
    use crate::gate::small_campus::{Office, morning};

    #[test]
    fn a_terminal_has_its_place_once_it_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
        assert!(!is_enrolled(&config).unwrap());
        SqliteStore::open(&folder.path().join(DATABASE_FILE)).unwrap();
        assert!(!is_enrolled(&config).unwrap());
        let mut store = SqliteStore::open(&folder.path().join(DATABASE_FILE)).unwrap();
        store.keep_post(&Office::open().post(), morning()).unwrap();
        drop(store);
        assert!(is_enrolled(&config).unwrap());
        // What cannot be looked at is not taken for what is not there.
        let unseen = Config { data_dir: folder.path().join(DATABASE_FILE).join("x"), ..config };
        let told = causes::in_one_line(&is_enrolled(&unseen).unwrap_err());
        assert!(told.contains("看不到") && told.contains("路径里有一段不是文件夹"), "{told}");
    }
}
