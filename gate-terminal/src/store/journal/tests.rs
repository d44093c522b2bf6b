//! The journal on a real disk, and databases that are made of it again.

mod damage;
mod forgetting;

use shared::{
    chain::Link,
    entry::{Direction, Outcome, Said},
    sync::{change::Change, push::EntryReceipt},
    verdict::Verdict,
};
use tempfile::TempDir;

use super::*;
use crate::{
    gate::{
        LocalState,
        small_campus::{Office, TERMINAL, day, gate_index, morning, pass_id, record as pass_record},
    },
    ports::{NewerKeySet, News, Oblivion, Receipt, Store as _},
    store::{DATABASE_FILE, Rebuilt, SqliteStore, rebuild},
};

fn key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

fn own() -> PublicKey {
    PublicKey::of(&key())
}

fn entry(n: u8) -> Entry {
    Entry {
        at: morning(),
        clock_trusted: true,
        gate: gate_index(0),
        direction: Direction::In,
        said: Said { verdict: Verdict::Admit, pass: Some(pass_id(n)), name: None, foreign_code: None, paper: None },
        outcome: Outcome::Passed,
        party: 1,
    }
}

fn receipt(head: Head) -> shared::sync::push::EntryReceipt {
    shared::sync::push::EntryReceipt { terminal: Office::open().post().terminal, head, at: morning() }
}

fn sealed(head: Head) -> Sealed<shared::sync::push::EntryReceipt> {
    Sealed::seal(&receipt(head), None, &Office::open().beacon_key).unwrap()
}

fn keys() -> News {
    let office = Office::open();
    let opened = KeySet::open(&office.key_set(), office.post().roots).unwrap();
    News {
        key_set: Some(NewerKeySet { sealed: office.key_set(), opened }),
        epoch: 1,
        head: Head::START,
        server_time: morning(),
        as_of: None,
        restarts: false,
        changes: vec![Change::PassRevoked { pass: pass_id(9), at: morning() }],
        not_understood: 0,
        snapshot: None,
    }
}

fn database(folder: &TempDir) -> PathBuf {
    folder.path().join(DATABASE_FILE)
}

fn book(folder: &TempDir) -> PathBuf {
    folder.path().join(FILE)
}

/// Enrolled, with a journal and three entries in it.
fn at_work() -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(&database(&folder)).unwrap();
    store.keep_post(&Office::open().post(), morning()).unwrap();
    store.keep_journal(&key()).unwrap();
    store.append(&entry(1)).unwrap();
    store.keep_news(&keys()).unwrap();
    for n in 2..=3 {
        store.append(&entry(n)).unwrap();
    }
    (folder, store)
}

fn written(folder: &TempDir) -> Vec<u64> {
    read(&book(folder), &own()).unwrap().entries().map(|(seq, _)| seq).collect()
}

fn chain(store: &mut SqliteStore) -> (Vec<String>, Head) {
    let (links, head) = store.entries_after(0, 100).unwrap();
    (links.iter().map(|Link { seq, body }| format!("{seq} {body}")).collect(), head)
}

#[test]
fn every_entry_is_in_the_journal_and_what_it_lacks_is_written_at_a_start() {
    let (folder, mut store) = at_work();
    assert_eq!(written(&folder), [1, 2, 3]);
    drop(store);
    store = SqliteStore::open(&database(&folder)).unwrap();
    store.append(&entry(4)).unwrap();
    assert_eq!(written(&folder), [1, 2, 3], "nobody keeps it yet");
    store.keep_journal(&key()).unwrap();
    store.append(&entry(5)).unwrap();
    assert_eq!(written(&folder), [1, 2, 3, 4, 5]);
    let read = read(&book(&folder), &own()).unwrap();
    assert_eq!((read.place.post(), read.place.floor), (Office::open().post(), morning()));
    assert_eq!(read.entries.last().unwrap().1, chain(&mut store).1);
}

fn forget_what_was_countersigned(store: &mut SqliteStore) {
    for later in [40, 70] {
        store.forget(day().plus_days(later)).unwrap();
    }
}

#[test]
fn a_journal_that_is_level_is_gone_on_with_and_not_written_anew() {
    use std::os::unix::fs::MetadataExt as _;
    let (folder, store) = at_work();
    drop(store);
    let written_once = fs::metadata(book(&folder)).unwrap().ino();
    let mut store = SqliteStore::open(&database(&folder)).unwrap();
    store.keep_journal(&key()).unwrap();
    store.append(&entry(4)).unwrap();
    assert_eq!((fs::metadata(book(&folder)).unwrap().ino(), written(&folder)), (written_once, vec![1, 2, 3, 4]));
    // A few lines of what was purged are carried along.
    let (_, head) = chain(&mut store);
    store.keep_receipt(&Receipt { proven: receipt(head), sealed: sealed(head) }).unwrap();
    forget_what_was_countersigned(&mut store);
    store.keep_journal(&key()).unwrap();
    assert_eq!((chain(&mut store).0.len(), written(&folder)), (1, vec![1, 2, 3, 4]));
}

#[test]
fn a_journal_that_somebody_removed_or_replaced_is_written_anew_with_the_next_entry() {
    let (folder, mut store) = at_work();
    fs::remove_file(book(&folder)).unwrap();
    store.append(&entry(4)).unwrap();
    assert_eq!(written(&folder), [1, 2, 3, 4]);
    let other = folder.path().join("other");
    fs::write(&other, "somebody's notes").unwrap();
    fs::rename(&other, book(&folder)).unwrap();
    store.append(&entry(5)).unwrap();
    assert_eq!(written(&folder), [1, 2, 3, 4, 5]);
    assert!(folder.path().join("entries.journal.before").exists());
}

/// The database as it was after three entries, and beside it a journal of five.
fn gone_back() -> (TempDir, (Vec<String>, Head)) {
    let (folder, store) = at_work();
    drop(store);
    let earlier = fs::read(database(&folder)).unwrap();
    let mut store = SqliteStore::open(&database(&folder)).unwrap();
    store.keep_journal(&key()).unwrap();
    for n in 4..=5 {
        store.append(&entry(n)).unwrap();
    }
    let acknowledged = chain(&mut store);
    drop(store);
    fs::write(database(&folder), earlier).unwrap();
    for end in ["-wal", "-shm"] {
        fs::remove_file(folder.path().join(format!("{DATABASE_FILE}{end}"))).ok();
    }
    (folder, acknowledged)
}

#[test]
fn what_only_the_journal_has_comes_back_and_no_number_is_given_out_twice() {
    let (folder, acknowledged) = gone_back();
    let mut store = SqliteStore::open(&database(&folder)).unwrap();
    assert_eq!(chain(&mut store).1.seq, 3);
    store.keep_journal(&key()).unwrap();
    assert_eq!(chain(&mut store), acknowledged);
    assert_eq!(store.append(&entry(6)).unwrap().seq, 6);
    assert_eq!(written(&folder), [1, 2, 3, 4, 5, 6]);
    assert!(!folder.path().join("entries.journal.before").exists());
}

#[test]
fn a_journal_of_another_course_is_set_aside_and_never_overwritten() {
    let (folder, _) = gone_back();
    let other_course = fs::read(book(&folder)).unwrap();
    let mut store = SqliteStore::open(&database(&folder)).unwrap();
    store.append(&entry(9)).unwrap();
    let ours = chain(&mut store);
    for aside in ["entries.journal.before", "entries.journal.before-2", "entries.journal.before-3"] {
        store.keep_journal(&key()).unwrap();
        assert_eq!((chain(&mut store), written(&folder)), (ours.clone(), vec![1, 2, 3, 4]));
        assert_eq!(fs::read(folder.path().join(aside)).unwrap(), other_course);
        fs::write(book(&folder), &other_course).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_journal_of_another_post_is_set_aside() {
    let post = Office::open().post();
    let strangers = Roots::from(&PublicKey::of(&SigningKey::from_bytes(&[8; 32])));
    for other in [Post { gate: gate_index(1), ..post }, Post { roots: strangers, ..post }] {
        let (folder, mut store) = at_work();
        let paper = Paper::make(book(&folder), Watched::default()).unwrap();
        Journal::begin(paper, &key(), &other, morning(), KeySetFloor::default()).unwrap();
        let theirs = fs::read(book(&folder)).unwrap();
        store.keep_journal(&key()).unwrap();
        assert_eq!(fs::read(folder.path().join("entries.journal.before")).unwrap(), theirs, "{other:?}");
        assert_eq!(written(&folder), [1, 2, 3]);
    }
}

#[test]
fn nobody_else_reads_the_journal() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, _store) = at_work();
    assert_eq!(fs::metadata(book(&folder)).unwrap().permissions().mode() & 0o077, 0);
}

#[cfg(unix)]
#[test]
fn a_name_that_may_not_be_on_the_disk_is_a_fault() {
    let (folder, _store) = at_work();
    sync_folder(&book(&folder)).unwrap();
    sync_folder(&folder.path().join("taken away").join(FILE)).unwrap_err();
}

#[test]
fn cut_off_anywhere_it_holds_all_lines_before_and_is_made_level() {
    let (folder, mut store) = at_work();
    let whole = fs::read(book(&folder)).unwrap();
    let ends: Vec<usize> = (1..=whole.len()).filter(|at| whole[at - 1] == b'\n').collect();
    for at in 0..whole.len() {
        fs::write(book(&folder), &whole[..at]).unwrap();
        let lines = ends.iter().filter(|end| **end <= at).count();
        let found = read(&book(&folder), &own()).map(|read| read.entries.len());
        // Of five lines the first says where, the third with which keys.
        let entries = lines.checked_sub(1).map(|lines| if lines > 1 { lines - 1 } else { lines });
        assert_eq!(found, entries, "at {at}");
        // A start with each of them would take its time.
        if at % 97 == 0 || ends.contains(&at) {
            store.keep_journal(&key()).unwrap();
            assert_eq!(written(&folder), [1, 2, 3], "at {at}");
        }
    }
    store.keep_journal(&key()).unwrap();
    store.append(&entry(4)).unwrap();
    assert_eq!(written(&folder), [1, 2, 3, 4]);
}

#[test]
fn no_line_is_believed_that_this_terminal_did_not_sign() {
    let (folder, mut store) = at_work();
    let text = fs::read_to_string(book(&folder)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let other = r#"\"party\":1"#;
    for (forged, left) in [
        (text.replace(other, r#"\"party\":2"#), Some(0)),
        (lines.iter().enumerate().filter(|(at, _)| *at != 3).map(|(_, line)| format!("{line}\n")).collect(), Some(2)),
        ([lines[0], lines[1], lines[1], lines[2]].join("\n") + "\n", Some(1)),
        (text.replacen("\\\"gate\\\":0", "\\\"gate\\\":1", 1), None),
        (text.replacen("place", "plaice", 1), None),
    ] {
        assert_ne!(forged, text);
        fs::write(book(&folder), &forged).unwrap();
        assert_eq!(read(&book(&folder), &own()).map(|read| read.entries.len()), left);
    }
    fs::write(book(&folder), &text).unwrap();
    assert!(read(&book(&folder), &PublicKey::of(&SigningKey::from_bytes(&[8; 32]))).is_none());
    // Of another terminal, it is set aside and not written on.
    store.keep_journal(&SigningKey::from_bytes(&[8; 32])).unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("entries.journal.before")).unwrap(), text);
}

#[test]
fn signed_lines_behind_a_bad_one_are_kept() {
    let (folder, mut store) = at_work();
    let text = fs::read_to_string(book(&folder)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let damaged = [lines[0], lines[1], "no line", lines[2], lines[3], lines[4]].join("\n") + "\n";
    fs::write(book(&folder), &damaged).unwrap();
    store.keep_journal(&key()).unwrap();
    assert_eq!(written(&folder), [1, 2, 3]);
    assert_eq!(fs::read_to_string(folder.path().join("entries.journal.before")).unwrap(), damaged);
    drop(store);
    fs::write(book(&folder), &damaged).unwrap();
    fs::write(database(&folder), "gone").unwrap();
    let (store, rebuilt) = SqliteStore::rebuild(&database(&folder), &key(), "damaged-1").unwrap();
    let Rebuilt { last, entries, flaws, .. } = rebuilt;
    assert_eq!((last, entries, flaws), (3, 3, vec![2]), "what proves itself comes back, too");
    let told = trouble::all(&store.connection).unwrap().unwrap();
    assert!(told.contains("第 2 条"), "{told}");
    assert_eq!(fs::read_to_string(folder.path().join("entries.journal.damaged-1")).unwrap(), damaged);
}

#[test]
fn a_number_that_is_missing_between_two_lines_is_named_and_none_before_the_first() {
    let (folder, _store) = at_work();
    let text = fs::read_to_string(book(&folder)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for (left_out, flaws) in [(3, vec![2]), (1, vec![])] {
        let kept = lines.iter().enumerate().filter(|(at, _)| *at != left_out);
        fs::write(book(&folder), kept.map(|(_, line)| format!("{line}\n")).collect::<String>()).unwrap();
        let read = read(&book(&folder), &own()).unwrap();
        assert_eq!((read.entries.len(), read.flaws), (2, flaws), "{left_out}");
    }
}

#[test]
fn a_line_of_another_course_of_this_terminal_does_not_go_on_from_this_one() {
    let course = |further: [u8; 2]| {
        let (folder, mut store) = at_work();
        for n in further {
            store.append(&entry(n)).unwrap();
        }
        let text = fs::read_to_string(book(&folder)).unwrap();
        (folder, text.lines().map(str::to_owned).collect::<Vec<_>>())
    };
    let ((folder, ours), (_, theirs)) = (course([4, 6]), course([5, 6]));
    let (last, before) = (theirs.last().unwrap(), ours.len() - 1);
    fs::write(book(&folder), [&ours[..before], std::slice::from_ref(last)].concat().join("\n") + "\n").unwrap();
    let read = read(&book(&folder), &own()).unwrap();
    assert_eq!((read.entries.len(), read.flaws), (4, vec![5]));
}

#[test]
fn a_first_line_after_a_purge_that_is_no_entry_keeps_no_gate_from_opening() {
    let (folder, store) = at_work();
    drop(store);
    let paper = Paper::make(book(&folder), Watched::default()).unwrap();
    let mut journal = Journal::begin(paper, &key(), &Office::open().post(), morning(), KeySetFloor::default()).unwrap();
    let head = Head { seq: 7, hash: ChainHash::from_bytes([7; 32]) };
    journal.put(None, "no entry", head).unwrap();
    assert_eq!(read(&book(&folder), &own()).unwrap().flaws, [1]);
    fs::write(database(&folder), "gone").unwrap();
    let (store, Rebuilt { entries, .. }) = SqliteStore::rebuild(&database(&folder), &key(), "damaged-1").unwrap();
    assert_eq!((entries, store.post().unwrap()), (0, Some(Office::open().post())));
}

#[test]
fn a_journal_that_cannot_be_kept_is_tried_again_but_not_with_every_entry() {
    let (folder, store) = at_work();
    drop(store);
    fs::remove_file(book(&folder)).unwrap();
    let in_the_way = folder.path().join("entries.journal.part");
    fs::create_dir(&in_the_way).unwrap();
    let mut store = SqliteStore::open(&database(&folder)).unwrap();
    store.keep_journal(&key()).unwrap_err();
    assert!(trouble::all(&store.connection).unwrap().unwrap().contains("写不了"), "an officer is told");
    store.append(&entry(4)).unwrap();
    fs::remove_dir(&in_the_way).unwrap();
    store.append(&entry(5)).unwrap();
    assert!(!book(&folder).exists(), "one was tried in vain just now");
    for n in 6..=40 {
        store.append(&entry(n)).unwrap();
    }
    assert_eq!(written(&folder), (1..=40).collect::<Vec<_>>());
    assert_eq!(trouble::all(&store.connection).unwrap(), None, "it is over");
}

#[test]
fn the_first_line_after_a_purge_is_signed_body_and_all() {
    let (folder, mut store) = at_work();
    let (_, head) = chain(&mut store);
    store.keep_receipt(&Receipt { proven: receipt(head), sealed: sealed(head) }).unwrap();
    forget_what_was_countersigned(&mut store);
    assert_eq!(store.connection.query_row("select min(seq) from entry", [], |row| row.get::<_, i64>(0)).unwrap(), 3);
    fs::remove_file(book(&folder)).unwrap();
    store.keep_journal(&key()).unwrap();
    let text = fs::read_to_string(book(&folder)).unwrap();
    assert_eq!(written(&folder), [3]);
    for (what, with) in [(r#"\"party\":1"#, r#"\"party\":2"#), (r#"\\\"party\\\":1"#, r#"\\\"party\\\":2"#)] {
        let forged = text.replacen(what, with, 1);
        assert_ne!(forged, text, "{text}");
        fs::write(book(&folder), forged).unwrap();
        let read = read(&book(&folder), &own()).unwrap();
        assert_eq!((read.entries.len(), read.flaws), (0, vec![1]), "{what}");
    }
}

#[test]
fn purged_entries_leave_the_journal_once_there_are_many() {
    let (folder, mut store) = at_work();
    let many = u8::MAX;
    let rounds = usize::try_from(PURGED_AT_MOST).unwrap() / usize::from(many) + 1;
    for _ in 0..rounds {
        for n in 0..many {
            store.append(&entry(n)).unwrap();
        }
    }
    let (_, head) = store.entries_after(0, 100_000).unwrap();
    let proven =
        shared::sync::push::EntryReceipt { terminal: crate::gate::small_campus::TERMINAL, head, at: morning() };
    let sealed = Sealed::seal(&proven, None, &Office::open().beacon_key).unwrap();
    store.keep_receipt(&Receipt { proven, sealed }).unwrap();
    forget_what_was_countersigned(&mut store);
    assert_eq!(written(&folder), [head.seq], "the last, from which the chain goes on");
    store.append(&entry(1)).unwrap();
    assert_eq!(written(&folder), [head.seq, head.seq + 1]);
    let before = chain(&mut store);
    drop(store);
    fs::write(database(&folder), "gone").unwrap();
    let (mut store, _) = SqliteStore::rebuild(&database(&folder), &key(), "damaged-1").unwrap();
    assert_eq!(chain(&mut store), before);
}
