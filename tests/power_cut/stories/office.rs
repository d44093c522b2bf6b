//! All that the server's store ever writes: an office and its hosts, visitors, notices and gates, each told in its own room.

mod days;
mod gates;
mod notices;
mod people;
mod visits;

use std::path::Path;

use sync_server::store::{IdentityKey, Store};

use super::{journey::Journey, kinds, trial};
use crate::disk::Lie;
use days::Day;

pub(super) const FILE: &str = "office.sqlite3";

pub(super) fn start(path: &Path) -> Result<(), String> {
    Store::open(path, key()).map(drop).map_err(|cause| format!("{cause}: {:?}", std::error::Error::source(&cause)))
}

fn key() -> IdentityKey {
    IdentityKey::from_bytes(&[3; 32])
}

/// Each room closes the office behind itself, so that its log goes back into the database and the next begins with a start.
pub(super) fn journey(lie: Lie) -> Journey {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut day = Day::begin(Journey::begin(FILE, lie)).await;
        people::come(&mut day).await;
        day.close_and_open();
        visits::are_made(&mut day).await;
        day.close_and_open();
        notices::leave(&mut day).await;
        day.close_and_open();
        gates::report(&mut day).await;
        day.end_is_near().await;
        day.end()
    })
}

#[test]
fn no_cut_takes_what_the_server_s_store_has_answered_for() {
    let found = trial::cut_everywhere(journey(Lie::None), FILE, start, super::seeds());
    found.show("server");
    kinds::assert_all_told(&kinds::of_server(), &found.commits);
    found.assert_clean();
}
