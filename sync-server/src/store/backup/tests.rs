//! Copies of a running office, and offices that come back from them.

use std::os::unix::fs::PermissionsExt as _;

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use shared::{
    ids::{GateIndex, TerminalId},
    seal::PublicKey,
    sync::{Refusal, enrol::InviteCode, http_signature::Nonce, pull::Cursor},
};

use super::*;
use crate::{
    office::{Choice, Revision},
    store::{
        Store,
        office_days::{CAMPUS, Office, form, key},
    },
};

/// With one approved visit, and another that waits.
async fn busy() -> Office {
    let office = Office::with_host().await;
    let (_, links) = office.submit(&form(), 1).await;
    let word = Choice::Approve.on(Revision::FIRST);
    office.store.decide(&links.sms, word, office.issuing(1), office.now).await.unwrap();
    office.submit(&form(), 2).await;
    office
}

fn beside(office: &Office, name: &str) -> PathBuf {
    office.path.with_file_name(name)
}

#[tokio::test]
async fn a_copy_of_a_running_office_is_whole_ours_alone_and_never_written_over_another() {
    let office = busy().await;
    let to = beside(&office, "copy.sqlite3");
    let copied = backup(&office.path, &to).unwrap();
    assert_eq!((copied.bookings, copied.entries), (2, 0));
    let metadata = fs::metadata(&to).unwrap();
    assert_eq!((metadata.len(), metadata.permissions().mode() & 0o777), (copied.bytes, 0o600));
    assert!(!beside(&office, "copy.sqlite3.part").exists());
    assert!(matches!(backup(&office.path, &to), Err(BackupFault::Exists { .. })));
    // The office went on meanwhile, and so it does afterwards.
    office.submit(&form(), 3).await;
    assert_eq!(read_through(&to).unwrap().bookings, 2);
}

#[tokio::test]
async fn a_copy_that_comes_back_is_the_office_of_then_and_what_lay_there_is_kept() {
    let office = busy().await;
    let copy = beside(&office, "copy.sqlite3");
    backup(&office.path, &copy).unwrap();
    let (late, _) = office.submit(&form(), 3).await;
    let before = office.fed().await;
    let Office { store, path, _dir, .. } = office;
    drop(store);
    let Restored { copied, aside, .. } = restore(&copy, &path, Moment::from_unix_s(1), Reached::default()).unwrap();
    assert_eq!(copied.bookings, 2);
    let store = Store::open(&path, key()).unwrap();
    assert!(store.booking(late).await.unwrap().is_none());
    // The gates had heard of more; under the new numbering they hear all of it again.
    let seen = Cursor { epoch: before.epoch, seq: before.head.seq };
    let fed = store.feed_after(CAMPUS, seen, 100).await.unwrap().unwrap();
    assert_eq!((fed.epoch, fed.links.len()), (before.epoch + 1, before.links.len()));
    let name = ChainName::Feed { campus: CAMPUS, epoch: fed.epoch };
    assert_eq!(fed.links.iter().try_fold(Head::START, |head, link| head.follow(name, link)).unwrap(), fed.head);
    let ahead = Cursor { epoch: fed.epoch + 1, seq: 0 };
    assert!(matches!(store.feed_after(CAMPUS, ahead, 1).await.unwrap(), Err(Refusal::CursorAhead)));
    drop(store);
    let kept = Store::open(&aside.unwrap(), key()).unwrap();
    assert!(kept.booking(late).await.unwrap().is_some());
}

#[tokio::test]
async fn two_that_come_back_in_one_second_keep_what_lay_there_each() {
    let office = busy().await;
    let copy = beside(&office, "copy.sqlite3");
    backup(&office.path, &copy).unwrap();
    let Office { store, path, _dir, now, .. } = office;
    drop(store);
    let [first, second] = [(); 2].map(|()| restore(&copy, &path, now, Reached::default()).unwrap().aside.unwrap());
    assert!(first != second && first.exists() && second.exists(), "{first:?} {second:?}");
    // What was put back by hand is restored in its place: gates have heard of its numbers.
    let before = fed_epoch(&path);
    restore(&path, &path, now, Reached::default()).unwrap();
    assert!(fed_epoch(&path) > before);
    // As after a restore by a clock that was years ahead.
    restore(&copy, &path, now, Reached { epoch: 40_000_000, ..Reached::default() }).unwrap();
    assert_eq!(fed_epoch(&path), 40_000_001);
}

fn fed_epoch(path: &Path) -> u32 {
    let db = connection::copying(path).unwrap();
    db.query_row("select epoch from feed_epoch", [], |row| row.get(0)).unwrap()
}

/// As an older state of the office, put back by hand, that makes way for a copy or is restored in its own place.
#[tokio::test]
async fn an_older_state_does_not_say_what_became_of_the_terminals() {
    let office = busy().await;
    let copy = beside(&office, "copy.sqlite3");
    let Office { store, path, _dir, now, .. } = office;
    let stolen = enrolled(&store, 1, now).await;
    backup(&path, &copy).unwrap();
    let older = store.reached().await.unwrap();
    store.withdraw(stolen, now).await.unwrap();
    let heard = store.reached().await.unwrap();
    assert!(older.is_behind(heard) && !heard.is_behind(older) && !heard.is_behind(heard));
    drop(store);
    for end in ["", "-wal", "-shm"] {
        fs::remove_file(with_end(&path, end)).ok();
    }
    fs::copy(&copy, &path).unwrap();
    assert!(!restore(&path, &path, now, heard).unwrap().terminals_known);
    fs::copy(&copy, &path).unwrap();
    assert!(!restore(&copy, &path, now, heard).unwrap().terminals_known);
    let store = Store::open(&path, key()).unwrap();
    assert!(enrolled(&store, 2, now).await.get() > stolen.get() + 1000, "no number is given twice");
}

/// As a command or an older server began it in the lost one's place.
#[tokio::test]
async fn an_empty_office_is_not_taken_for_what_became_of_the_copy() {
    let office = busy().await;
    let copy = beside(&office, "copy.sqlite3");
    let Office { store, path, _dir, now, .. } = office;
    enrolled(&store, 1, now).await;
    backup(&path, &copy).unwrap();
    drop(store);
    fs::remove_file(&path).unwrap();
    let empty = Store::open(&path, key()).unwrap();
    enrolled(&empty, 2, now).await;
    drop(empty);
    let restored = restore(&copy, &path, now, Reached::default()).unwrap();
    assert!(!restored.terminals_known && restored.aside.is_some(), "{restored:?}");
    assert_eq!(fed_epoch(&path), unheard_of(now), "gates may have heard of any below");
    let store = Store::open(&path, key()).unwrap();
    assert_eq!(store.terminals().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_database_that_is_broken_is_set_aside_with_its_log_and_replaced() {
    let office = busy().await;
    let copy = beside(&office, "copy.sqlite3");
    backup(&office.path, &copy).unwrap();
    let Office { store, path, _dir, .. } = office;
    drop(store);
    fs::write(&path, b"no database at all ".repeat(500)).unwrap();
    fs::write(with_end(&path, "-wal"), b"nor a log").unwrap();
    let noon = Moment::from_unix_s(1_795_363_200);
    let aside = restore(&copy, &path, noon, Reached::default()).unwrap().aside.unwrap();
    assert!(fs::read(&aside).unwrap().starts_with(b"no database"));
    assert_eq!(fs::read(with_end(&aside, "-wal")).unwrap(), b"nor a log");
    let store = Store::open(&path, key()).unwrap();
    let fed = store.feed_after(CAMPUS, Cursor { epoch: 1, seq: 9 }, 100).await.unwrap().unwrap();
    assert_eq!(fed.epoch, 29_922_720, "nobody knows any more what was told");
    // And once more where nothing is left to ask.
    drop(store);
    fs::remove_file(&path).unwrap();
    assert_eq!(restore(&copy, &path, noon.plus(TimeDelta::hours(1)), Reached::default()).unwrap().aside, None);
    let store = Store::open(&path, key()).unwrap();
    let fed = store.feed_after(CAMPUS, Cursor { epoch: 1, seq: 9 }, 100).await.unwrap().unwrap();
    assert_eq!(fed.epoch, 29_922_780);
}

/// The terminal that this key becomes.
async fn enrolled(store: &Store, seed: u8, now: Moment) -> TerminalId {
    let code = InviteCode::from_random([seed; 10]);
    store.invite(CAMPUS, GateIndex::new(0).unwrap(), &code, now.plus(TimeDelta::minutes(1)), now).await.unwrap();
    let public = PublicKey::of(&SigningKey::from_bytes(&[seed; 32]));
    store.enrol(&code, public, now).await.unwrap().unwrap().id
}

#[tokio::test]
async fn who_was_withdrawn_stays_so_who_was_enrolled_is_known_and_no_number_is_given_twice() {
    let office = busy().await;
    let copy = beside(&office, "copy.sqlite3");
    let Office { store, path, _dir, now, .. } = office;
    let stolen = enrolled(&store, 1, now).await;
    backup(&path, &copy).unwrap();
    let (kept, gone) = (enrolled(&store, 2, now).await, enrolled(&store, 3, now).await);
    for id in [stolen, gone] {
        store.withdraw(id, now).await.unwrap();
    }
    let nonce = Nonce::from_random([1; 16]);
    assert!(store.remember_nonce(kept, &nonce, now).await.unwrap());
    drop(store);
    assert!(restore(&copy, &path, now, Reached::default()).unwrap().terminals_known);
    let store = Store::open(&path, key()).unwrap();
    let withdrawn = async |id| store.terminal(id).await.unwrap().unwrap().withdrawn;
    assert_eq!([withdrawn(stolen).await, withdrawn(kept).await, withdrawn(gone).await], [Some(now), None, Some(now)]);
    assert!(!store.remember_nonce(kept, &nonce, now).await.unwrap(), "it was signed before");
    assert_eq!(store.terminal(kept).await.unwrap().unwrap().head, Head::START, "it tells all anew");
    assert_eq!(enrolled(&store, 4, now).await.get(), gone.get() + 1);
    // Where nobody can say, numbers leap.
    drop(store);
    fs::write(&path, b"no database at all ".repeat(500)).unwrap();
    assert!(!restore(&copy, &path, now.plus(TimeDelta::hours(1)), Reached::default()).unwrap().terminals_known);
    let store = Store::open(&path, key()).unwrap();
    assert_eq!(enrolled(&store, 5, now).await.get(), stolen.get() + 1001);
}

#[tokio::test]
async fn what_is_no_whole_copy_of_an_office_changes_nothing() {
    let office = busy().await;
    let copy = beside(&office, "copy.sqlite3");
    backup(&office.path, &copy).unwrap();
    let Office { store, path, _dir, .. } = office;
    drop(store);
    let before = fs::read(&path).unwrap();
    let mut bytes = fs::read(&copy).unwrap();
    for broken in [Vec::new(), b"text".to_vec(), bytes[..bytes.len() / 2].to_vec(), {
        let middle = bytes.len() / 2;
        bytes[middle..middle + 8192].fill(0xa5);
        bytes
    }] {
        let from = path.with_file_name("broken.sqlite3");
        fs::write(&from, broken).unwrap();
        restore(&from, &path, Moment::from_unix_s(1), Reached::default()).unwrap_err();
    }
    let other = path.with_file_name("other.sqlite3");
    Connection::open(&other).unwrap().execute_batch("create table t (a)").unwrap();
    assert!(matches!(
        restore(&other, &path, Moment::from_unix_s(1), Reached::default()),
        Err(BackupFault::NotOurs { .. })
    ));
    assert!(matches!(
        restore(Path::new("/none"), &path, Moment::from_unix_s(1), Reached::default()),
        Err(BackupFault::Missing { .. })
    ));
    Connection::open(&copy).unwrap().execute_batch("pragma user_version = 999").unwrap();
    assert!(matches!(
        restore(&copy, &path, Moment::from_unix_s(1), Reached::default()),
        Err(BackupFault::Store(StoreError::Newer { found: 999, .. }))
    ));
    // What turns out too late, when the copy lies there already.
    let full = path.with_file_name("full.sqlite3");
    Connection::open(&copy).unwrap().execute_batch(&format!("pragma user_version = {}", migrations::known())).unwrap();
    fs::copy(&copy, &full).unwrap();
    Connection::open(&full).unwrap().execute_batch("drop table session").unwrap();
    restore(&full, &path, Moment::from_unix_s(1), Reached::default()).unwrap_err();
    let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("restoring")), "{left:?}");
    assert_eq!(fs::read(&path).unwrap(), before);
}
