//! Databases that broke, made again of their journal.

use super::*;

#[test]
fn a_damaged_database_is_set_aside_and_the_chain_goes_on_from_the_journal() {
    for damage in [b"no database ".repeat(2_000), Vec::from(b"SQLite format 3\0 and not much more")] {
        let (folder, mut store) = at_work();
        let before = chain(&mut store);
        drop(store);
        fs::write(database(&folder), &damage).unwrap();
        fs::write(folder.path().join(format!("{DATABASE_FILE}-wal")), "left behind").unwrap();
        assert!(SqliteStore::open(&database(&folder)).unwrap_err().is_damage());
        let (mut store, Rebuilt { aside, entries, last, .. }) =
            SqliteStore::rebuild(&database(&folder), &key(), "damaged-1").unwrap();
        assert_eq!((entries, last, fs::read(aside.unwrap()).unwrap()), (3, 3, damage.clone()));
        assert_eq!(chain(&mut store), before);
        let held = store.load().unwrap();
        assert_eq!((held.post, held.floor, held.recorded, held.receipted), (Office::open().post(), morning(), 3, 0));
        assert_eq!(held.news.changes, [], "the server tells them anew");
        assert_eq!(held.news.key_set, Some(Office::open().key_set()), "passes are read meanwhile");
        store.keep_journal(&key()).unwrap();
        assert_eq!(store.append(&entry(4)).unwrap().seq, 4);
        assert_eq!(written(&folder), [1, 2, 3, 4]);
    }
}

#[test]
fn a_rebuilding_that_fails_half_way_leaves_a_database_in_its_place() {
    let (folder, store) = at_work();
    drop(store);
    fs::write(database(&folder), "gone").unwrap();
    fs::write(folder.path().join(format!("{DATABASE_FILE}-wal")), "left behind").unwrap();
    let in_the_way = folder.path().join(format!("{DATABASE_FILE}.damaged-1-wal"));
    fs::create_dir(&in_the_way).unwrap();
    SqliteStore::rebuild(&database(&folder), &key(), "damaged-1").unwrap_err();
    assert_eq!(fs::read_to_string(database(&folder)).unwrap(), "gone");
    fs::remove_dir(in_the_way).unwrap();
    let (_, Rebuilt { aside, .. }) = SqliteStore::rebuild(&database(&folder), &key(), "damaged-1").unwrap();
    assert_eq!(aside, Some(folder.path().join(format!("{DATABASE_FILE}.damaged-1-2"))));
}

#[test]
fn what_is_not_whole_in_its_file_takes_no_other_s_place() {
    let (folder, store) = at_work();
    drop(store);
    let mut read = read(&book(&folder), &own()).unwrap();
    let part = folder.path().join("made");
    drop(SqliteStore::open(&part).unwrap());
    let reader = Connection::open(&part).unwrap();
    reader.execute_batch("begin; select count(*) from entry").unwrap();
    assert!(rebuild::write(&part, &read).unwrap_err().is_damage(), "most of it is beside the file");
    drop(reader);
    rebuild::check(&part, &read).unwrap();
    read.entries.pop();
    assert!(rebuild::check(&part, &read).unwrap_err().is_damage(), "of another length");
}

#[test]
fn an_entry_that_was_taken_out_of_the_book_comes_back_unless_it_was_countersigned() {
    for (countersigned, told) in [(1, vec![2, 3]), (2, vec![3])] {
        let (_folder, mut store) = at_work();
        let (_, head) = store.entries_after(0, countersigned).unwrap();
        store.keep_receipt(&Receipt { proven: receipt(head), sealed: sealed(head) }).unwrap();
        store.connection.execute("delete from entry where seq = 2", []).unwrap();
        let (links, _) = store.entries_after(1, 10).unwrap();
        assert_eq!(links.iter().map(|link| link.seq).collect::<Vec<_>>(), told, "{countersigned} countersigned");
    }
}

#[test]
fn pages_overwritten_in_the_middle_are_noticed_and_lose_no_entry() {
    let (folder, mut store) = at_work();
    for n in 4..=120 {
        store.append(&entry(n)).unwrap();
    }
    let before = chain(&mut store);
    drop(store);
    let mut bytes = fs::read(database(&folder)).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 8192].fill(0xa5);
    fs::write(database(&folder), bytes).unwrap();
    assert!(SqliteStore::open(&database(&folder)).unwrap_err().is_damage());
    let (mut store, _) = SqliteStore::rebuild(&database(&folder), &key(), "damaged-1").unwrap();
    assert_eq!(chain(&mut store), before);
}

#[test]
fn what_is_left_of_a_journal_goes_on_from_the_entry_it_follows_and_from_no_other() {
    for another in [false, true] {
        let (folder, acknowledged) = gone_back();
        let text = fs::read_to_string(book(&folder)).unwrap();
        let left = text.lines().enumerate().map(|(at, line)| if [1, 3, 4].contains(&at) { "no line" } else { line });
        fs::write(book(&folder), left.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        assert_eq!(written(&folder), [4, 5]);
        let mut store = SqliteStore::open(&database(&folder)).unwrap();
        if another {
            store.connection.execute("delete from entry where seq = 3", []).unwrap();
            store.append(&entry(9)).unwrap();
        }
        let before = chain(&mut store);
        assert_eq!(before.1.seq, 3);
        store.keep_journal(&key()).unwrap();
        let stands = if another { before } else { acknowledged };
        assert_eq!(entries::head(&store.connection).unwrap(), stands.1, "another course: {another}");
        assert_eq!(chain(&mut store), stands);
    }
}

#[test]
fn without_a_journal_of_its_own_a_damaged_database_stays_where_it_is() {
    let (folder, store) = at_work();
    drop(store);
    fs::write(database(&folder), b"no database ".repeat(2_000)).unwrap();
    let other = SigningKey::from_bytes(&[8; 32]);
    let refused = SqliteStore::rebuild(&database(&folder), &other, "damaged-1");
    assert!(matches!(refused, Err(StoreError::NoCopy { .. })));
    fs::remove_file(book(&folder)).unwrap();
    assert!(matches!(SqliteStore::rebuild(&database(&folder), &key(), "x"), Err(StoreError::NoCopy { .. })));
    assert!(fs::read(database(&folder)).unwrap().starts_with(b"no database"));
}
