//! What stays of a journal when the terminal forgets, and whom it believes afterwards.

use super::*;

/// The office's next sets: one that makes a spare known, and one of the spare's that retires the first root.
fn with_a_spare() -> [News; 2] {
    let office = Office::open();
    let spare = SigningKey::from_bytes(&[8; 32]);
    let lost = PublicKey::of(&office.root);
    let roots = Roots { root: lost, spare: Some(PublicKey::of(&spare)) };
    let introduced = Office { key_set_number: 2, roots: Some(roots), ..office };
    let next = Roots { root: PublicKey::of(&spare), spare: Some(PublicKey::of(&SigningKey::from_bytes(&[7; 32]))) };
    let replaced =
        Office { key_set_number: 3, root: spare, roots: Some(next), retired: vec![lost], ..introduced.clone() };
    let told = |office: &Office, known: Roots| {
        let opened = KeySet::open(&office.key_set(), known).unwrap();
        News { key_set: Some(NewerKeySet { sealed: office.key_set(), opened }), changes: Vec::new(), ..keys() }
    };
    [told(&introduced, introduced.post().roots), told(&replaced, roots)]
}

#[test]
fn whom_it_trusts_comes_back_with_the_database_and_with_the_journal_alone() {
    let (folder, mut store) = at_work();
    for news in with_a_spare() {
        store.keep_news(&news).unwrap();
        let opened = news.key_set.unwrap().opened;
        let holds = |store: &mut SqliteStore| {
            let held = store.load().unwrap();
            assert_eq!((held.post.roots, held.news.key_floor.clone()), (*opened.roots(), opened.floor()));
            let local = LocalState::new(held.post, held.news, &[]);
            assert_eq!(local.keys(), Some(&opened));
        };
        holds(&mut store);
        drop(store);
        store = SqliteStore::open(&database(&folder)).unwrap();
        store.keep_journal(&key()).unwrap();
        holds(&mut store);
        drop(store);
        fs::write(database(&folder), "gone").unwrap();
        (store, _) = SqliteStore::rebuild(&database(&folder), &key(), "damaged-1").unwrap();
        holds(&mut store);
        store.keep_journal(&key()).unwrap();
        assert_eq!(written(&folder), [1, 2, 3]);
    }
    let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let aside = names.filter(|name| name.to_string_lossy().contains("journal.before")).count();
    assert_eq!(aside, 0, "a journal of other roots is this terminal's own all the same");
}

fn set_aside(folder: &TempDir) -> bool {
    folder.path().join("entries.journal.before").exists()
}

#[test]
fn key_sets_that_changed_both_roots_since_the_first_line_are_believed_to_the_last() {
    let (folder, mut store) = at_work();
    let first = Office::open().post();
    let paper = Paper::make(folder.path().join("one.part"), Watched::default()).unwrap();
    let mut journal = Journal::begin(paper, &key(), &first, morning(), KeySetFloor::default()).unwrap();
    for news in with_a_spare() {
        store.keep_news(&news).unwrap();
        journal.write(&Line::KeySet(Box::new(news.key_set.unwrap().sealed))).unwrap();
    }
    let roots = store.post().unwrap().unwrap().roots;
    assert!(!roots.each().any(|root| first.roots.holds(root)));
    fs::copy(&journal.paper.path, book(&folder)).unwrap();
    store.keep_journal(&key()).unwrap();
    assert_eq!((written(&folder), set_aside(&folder)), (vec![1, 2, 3], false));
    drop(store);
    fs::copy(&journal.paper.path, book(&folder)).unwrap();
    fs::write(database(&folder), "gone").unwrap();
    let (store, _) = SqliteStore::rebuild(&database(&folder), &key(), "damaged-1").unwrap();
    assert_eq!(store.post().unwrap().unwrap().roots, roots);
}

#[test]
fn a_journal_without_a_line_yet_is_the_beginning_of_any_book_but_one_that_was_purged() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(&database(&folder)).unwrap();
    store.keep_post(&Office::open().post(), morning()).unwrap();
    store.keep_journal(&key()).unwrap();
    let empty = fs::read(book(&folder)).unwrap();
    store.keep_journal(&key()).unwrap();
    assert!(!set_aside(&folder), "of an empty book");
    for n in 1..=3 {
        store.append(&entry(n)).unwrap();
    }
    fs::write(book(&folder), &empty).unwrap();
    store.keep_journal(&key()).unwrap();
    assert_eq!((written(&folder), set_aside(&folder)), (vec![1, 2, 3], false));
    let (_, head) = chain(&mut store);
    store.keep_receipt(&Receipt { proven: receipt(head), sealed: sealed(head) }).unwrap();
    forget_what_was_countersigned(&mut store);
    fs::write(book(&folder), &empty).unwrap();
    store.keep_journal(&key()).unwrap();
    assert_eq!((written(&folder), set_aside(&folder)), (vec![3], true));
}

#[test]
fn purged_entries_stay_in_the_journal_while_there_are_more_of_the_others() {
    let (folder, mut store) = at_work();
    let (old, young) = (PURGED_AT_MOST + 5, PURGED_AT_MOST + 10);
    let (then, later) = (entry(1), Entry { at: day().plus_days(60).start(), ..entry(1) });
    for seq in 4..=old + young {
        store.append(if seq > old { &later } else { &then }).unwrap();
    }
    let (_, head) = store.entries_after(0, 100_000).unwrap();
    store.keep_receipt(&Receipt { proven: receipt(head), sealed: sealed(head) }).unwrap();
    forget_what_was_countersigned(&mut store);
    store.keep_journal(&key()).unwrap();
    let (left, _) = store.entries_after(0, 100_000).unwrap();
    assert_eq!((left[0].seq, written(&folder)), (old + 1, (1..=old + young).collect()));
}

/// Whether any file of the folder holds the text.
fn anywhere(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).unwrap().map(Result::unwrap).any(|file| {
        let path = file.path();
        if path.is_dir() {
            return anywhere(&path, text);
        }
        fs::read(path).unwrap().windows(text.len()).any(|window| window == text.as_bytes())
    })
}

/// A terminal whose folder holds what it ever may: a list, a set aside database, an officer's export.
fn full() -> (TempDir, SqliteStore, Vec<String>) {
    let (folder, mut store) = at_work();
    let names = |n: u8| pass_record(n).visitor.as_str().to_owned();
    let news = News { changes: vec![Change::PassIssued(pass_record(1).into())], ..keys() };
    store.keep_news(&news).unwrap();
    let (_, head) = store.entries_after(0, 2).unwrap();
    let proven = EntryReceipt { terminal: TERMINAL, head, at: morning() };
    let sealed = Sealed::seal(&proven, None, &Office::open().beacon_key).unwrap();
    store.keep_receipt(&Receipt { proven, sealed }).unwrap();
    fs::create_dir(folder.path().join("exports")).unwrap();
    for name in ["terminal.sqlite3.damaged-1", "entries.journal.before-2", "exports/roll-call_1.html"] {
        fs::write(folder.path().join(name), names(1)).unwrap();
    }
    let key_set = Office::open().key_set().signature;
    let sent = vec![names(1), key_set, pass_id(1).to_string()];
    assert!(sent.iter().all(|text| anywhere(folder.path(), text)));
    (folder, store, sent)
}

#[test]
fn a_terminal_that_forgets_keeps_only_what_it_has_not_sent() {
    for why in [Oblivion::Silent, Oblivion::Withdrawn { since: morning() }] {
        let (folder, mut store, sent) = full();
        store.forget_all(why).unwrap();
        for text in &sent {
            assert!(!anywhere(folder.path(), text), "{why:?}: {text}");
        }
        for restart in [false, true] {
            if restart {
                drop(store);
                store = SqliteStore::open(&database(&folder)).unwrap();
                store.keep_journal(&key()).unwrap();
            }
            let held = store.load().unwrap();
            assert_eq!((held.recorded, held.receipted, held.withdrawn), (3, 2, why != Oblivion::Silent));
            assert_eq!((held.news.key_set, held.news.key_floor.number, held.news.head), (None, 1, Head::START));
            assert!(held.news.proven.is_some(), "time does not go back either");
            assert_eq!(held.news.changes, [Change::PassRevoked { pass: pass_id(9), at: morning() }]);
            let (links, _) = store.entries_after(2, 10).unwrap();
            assert_eq!(links.len(), 1, "which goes up still");
        }
        assert_eq!(written(&folder), [3]);
        let next = store.append(&entry(4)).unwrap();
        assert_eq!(next.seq, 4);
    }
}

/// The transaction is whole and the power goes: what lies in files goes with the next start.
#[test]
fn forgetting_that_was_cut_off_goes_on_at_the_next_start() {
    let (folder, mut store, sent) = full();
    fs::remove_file(book(&folder)).unwrap();
    // What stands in the way of the files is no file: the first half is done, and the second fails.
    fs::create_dir(book(&folder)).unwrap();
    store.forget_all(Oblivion::Silent).unwrap_err();
    assert!(anywhere(folder.path(), &sent[0]), "or this is no test");
    drop(store);
    fs::remove_dir(book(&folder)).unwrap();
    let mut store = SqliteStore::open(&database(&folder)).unwrap();
    for text in &sent {
        assert!(!anywhere(folder.path(), text), "{text}");
    }
    assert_eq!(store.load().unwrap().recorded, 3);
}
