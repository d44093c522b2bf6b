//! The real store on a real disk: restarts, receipts, a full disk, a second process.

use shared::{
    chain::ChainName,
    entry::{Direction, Outcome, Said},
    ids::PassId,
    seal::Sealed,
    sync::{
        change::{Change, PassRecord, REVOCATION_KEPT_DAYS, WalkInOutcome},
        push::{EntryReceipt, mark},
        walk_in::WalkInNumber,
    },
    verdict::{RefuseReason, Verdict},
};
use tempfile::TempDir;

use super::*;
use crate::gate::{
    AsOf, NewerKeySet, WalkInStanding,
    small_campus::{Office, TERMINAL, day, gate_index, morning, pass_id, record},
};
use crate::ports::OwnEntry;

fn enrolled() -> (TempDir, SqliteStore) {
    let directory = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(&directory.path().join(DATABASE_FILE)).unwrap();
    store.keep_post(&Office::open().post(), morning()).unwrap();
    (directory, store)
}

fn reopened(directory: &TempDir, store: SqliteStore) -> SqliteStore {
    drop(store);
    SqliteStore::open(&directory.path().join(DATABASE_FILE)).unwrap()
}

fn entry(at: Moment, pass: Option<PassId>) -> Entry {
    let verdict = if pass.is_some() { Verdict::Admit } else { Verdict::Refuse(RefuseReason::NotOurs) };
    Entry {
        at,
        clock_trusted: true,
        gate: gate_index(0),
        direction: Direction::In,
        said: Said { verdict, pass, name: None, foreign_code: None, paper: None },
        outcome: if pass.is_some() { Outcome::Passed } else { Outcome::Refused },
        party: u8::from(pass.is_some()),
    }
}

fn news(seq: u64, changes: Vec<Change>) -> News {
    let office = Office::open();
    let opened = shared::pass::KeySet::open(&office.key_set(), office.post().roots).unwrap();
    News {
        key_set: Some(NewerKeySet { sealed: office.key_set(), opened }),
        epoch: 1,
        head: Head { seq, hash: ChainHash::from_bytes([9; 32]) },
        server_time: morning(),
        as_of: Some(AsOf { server_time: morning(), valid_for_s: 300 }),
        restarts: false,
        changes,
        not_understood: 0,
        snapshot: None,
    }
}

fn receipt(head: Head) -> Receipt {
    let proven = EntryReceipt { terminal: TERMINAL, head, at: morning() };
    let sealed = Sealed::seal(&proven, None, &Office::open().beacon_key).unwrap();
    Receipt { proven, sealed }
}

#[test]
fn numbers_and_hashes_go_on_after_a_restart() {
    let (directory, mut store) = enrolled();
    for expected in 1..=3 {
        assert_eq!(store.append(&entry(morning(), None)).unwrap(), EntryId { terminal: TERMINAL, seq: expected });
    }
    let mut store = reopened(&directory, store);
    assert_eq!(store.append(&entry(morning(), Some(pass_id(1)))).unwrap().seq, 4);
    let (links, head) = store.entries_after(0, 100).unwrap();
    let name = ChainName::Entries { terminal: TERMINAL };
    assert_eq!(links.iter().try_fold(Head::START, |head, link| head.follow(name, link)).unwrap(), head);
    let (links, head) = store.entries_after(1, 2).unwrap();
    assert_eq!((links.len(), head.seq), (2, 3));
    let two = store.entries_after(1, 1).unwrap().1;
    assert_eq!(store.marks(1, 2).unwrap(), format!("{}{}", mark(two.hash), mark(head.hash)));
    let held = store.load().unwrap();
    assert_eq!((held.recorded, held.receipted), (4, 0));
    assert_eq!(held.own, [OwnEntry { seq: 4, entry: entry(morning(), Some(pass_id(1))) }]);
}

#[test]
fn who_went_in_is_known_after_a_restart_however_many_were_turned_away_since() {
    let (directory, mut store) = enrolled();
    store.append(&entry(morning(), Some(pass_id(1)))).unwrap();
    let refused = serde_json::to_string(&entry(morning(), None)).unwrap();
    // Straight into the table: the chain is not what this is about, and 20,000 durable commits take a minute.
    store
        .connection
        .execute(
            "with recursive n (i) as (select 2 union all select i + 1 from n where i < 20100)
             insert into entry (seq, body, hash, at_ms) select i, ?1, zeroblob(32), 0 from n",
            [refused],
        )
        .unwrap();
    let held = reopened(&directory, store).load().unwrap();
    assert_eq!(held.recorded, 20_100);
    assert_eq!(held.own.iter().map(|own| own.seq).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_terminal_is_enrolled_once() {
    let (directory, mut store) = enrolled();
    let post = store.post().unwrap().unwrap();
    assert_eq!(post, Office::open().post());
    assert!(matches!(store.keep_post(&post, morning()), Err(StoreError::AlreadyEnrolled)));
    assert_eq!(reopened(&directory, store).load().unwrap().floor, morning());
    let fresh = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(&fresh.path().join(DATABASE_FILE)).unwrap();
    assert!(store.post().unwrap().is_none());
    assert!(matches!(store.load(), Err(StoreError::NotEnrolled)));
    assert!(matches!(store.append(&entry(morning(), None)), Err(StoreError::NotEnrolled)));
}

#[test]
fn what_the_feed_taught_comes_back_after_a_restart() {
    let (directory, mut store) = enrolled();
    let moved = Change::PassMoved {
        pass: pass_id(2),
        direction: Direction::Out,
        at: morning(),
        gate: gate_index(1),
        entry: EntryId { terminal: TerminalId::new(8), seq: 3 },
        party: Some(2),
    };
    let changes = vec![
        Change::Places(shared::sync::change::Places {
            campus: CampusId::new(1),
            campus_name: "长安校区".into(),
            campus_name_en: "Chang'an Campus".into(),
            gates: Vec::new(),
            others: vec![(CampusId::new(2), "雁塔校区".into())],
        }),
        Change::PassIssued(record(1).into()),
        Change::PassIssued(record(2).into()),
        Change::PassRevoked { pass: pass_id(1), at: morning() },
        Change::PassWatched { pass: pass_id(2), watched: true },
        moved,
    ];
    store.keep_news(&news(6, changes.clone())).unwrap();
    store.keep_news(&News { as_of: None, key_set: None, ..news(7, vec![]) }).unwrap();
    let held = reopened(&directory, store).load().unwrap().news;
    assert_eq!(held.changes, changes);
    assert_eq!((held.epoch, held.head.seq, held.proven), (1, 7, Some(morning())));
    assert_eq!(held.as_of, Some(AsOf { server_time: morning(), valid_for_s: 300 }), "kept from the news before");
    assert_eq!(held.key_set, Some(Office::open().key_set()));
}

#[test]
fn telling_the_same_change_again_changes_nothing() {
    let (_directory, mut store) = enrolled();
    let cleared = Change::PassWatched { pass: pass_id(1), watched: false };
    let watched = Change::PassWatched { pass: pass_id(1), watched: true };
    let issued = Change::PassIssued(record(1).into());
    store.keep_news(&news(4, vec![issued.clone(), issued.clone(), watched.clone(), watched, cleared])).unwrap();
    assert_eq!(store.load().unwrap().news.changes, [issued]);
}

#[test]
fn a_pass_that_is_told_again_comes_back_as_it_was_told_last() {
    let (directory, mut store) = enrolled();
    let changed = PassRecord { plates: vec!["陕A54321".into()], companions: Vec::new(), ..record(1) };
    for (seq, record) in [(1, record(1)), (2, changed.clone())] {
        store.keep_news(&news(seq, vec![Change::PassIssued(record.into())])).unwrap();
    }
    let held = reopened(&directory, store).load().unwrap();
    assert_eq!(held.news.changes, [Change::PassIssued(changed.into())]);
}

#[test]
fn a_new_epoch_voids_passes_and_keeps_revocations() {
    let (_directory, mut store) = enrolled();
    let revoked = Change::PassRevoked { pass: pass_id(1), at: morning() };
    let watched = Change::PassWatched { pass: pass_id(1), watched: true };
    store.keep_news(&news(3, vec![Change::PassIssued(record(1).into()), revoked.clone(), watched])).unwrap();
    store.keep_news(&News { epoch: 2, restarts: true, ..news(0, vec![]) }).unwrap();
    let held = store.load().unwrap().news;
    assert_eq!((held.changes, held.epoch, held.head.seq), (vec![revoked], 2, 0));
}

#[test]
fn days_that_are_over_are_forgotten() {
    let (_directory, mut store) = enrolled();
    let mut tomorrow = record(2);
    tomorrow.day = day().plus_days(1);
    let tomorrow = Change::PassIssued(tomorrow.into());
    let revoked = Change::PassRevoked { pass: pass_id(2), at: morning() };
    store
        .keep_news(&news(
            4,
            vec![
                Change::PassIssued(record(1).into()),
                tomorrow.clone(),
                Change::PassRevoked { pass: pass_id(1), at: morning() },
                revoked.clone(),
                Change::PassWatched { pass: pass_id(1), watched: true },
            ],
        ))
        .unwrap();
    store.forget(day()).unwrap();
    assert_eq!(store.load().unwrap().news.changes.len(), 5);
    store.forget(day().plus_days(1)).unwrap();
    let revoked_too = Change::PassRevoked { pass: pass_id(1), at: morning() };
    assert_eq!(store.load().unwrap().news.changes, [tomorrow, revoked_too.clone(), revoked.clone()]);
    store.forget(day().plus_days(REVOCATION_KEPT_DAYS)).unwrap();
    assert_eq!(store.load().unwrap().news.changes, [revoked_too, revoked], "for as long as a pass may lie ahead");
    store.forget(day().plus_days(REVOCATION_KEPT_DAYS + 1)).unwrap();
    assert_eq!(store.load().unwrap().news.changes, []);
}

#[test]
fn an_entry_waits_for_another_program_that_writes() {
    let (directory, mut store) = enrolled();
    let other = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    other.execute_batch("begin immediate").unwrap();
    let lets_go = std::thread::Builder::new().name("another program".to_owned()).spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        other.execute_batch("commit").unwrap();
    });
    assert_eq!(store.append(&entry(morning(), None)).unwrap().seq, 1);
    lets_go.unwrap().join().unwrap();
}

#[test]
fn who_moved_yesterday_is_forgotten_a_day_later() {
    let (_directory, mut store) = enrolled();
    let issued = |n| Change::PassIssued(record(n).into());
    let moved = |party| Change::PassMoved {
        pass: pass_id(1),
        direction: Direction::In,
        at: morning(),
        gate: gate_index(1),
        entry: EntryId { terminal: TerminalId::new(8), seq: 3 },
        party,
    };
    store.keep_news(&news(4, vec![issued(1), issued(2), moved(Some(3)), moved(Some(5)), moved(None)])).unwrap();
    store.forget(day().plus_days(1)).unwrap();
    assert_eq!(store.load().unwrap().news.changes, [issued(1), moved(Some(5))], "counted last as five");
    store.forget(day().plus_days(2)).unwrap();
    assert_eq!(store.load().unwrap().news.changes, []);
}

#[test]
fn who_moves_at_a_time_that_is_still_to_come_is_forgotten_today() {
    let (_directory, mut store) = enrolled();
    let moved = |seq, at| Change::PassMoved {
        pass: pass_id(1),
        direction: Direction::In,
        at,
        gate: gate_index(1),
        entry: EntryId { terminal: TerminalId::new(8), seq },
        party: Some(255),
    };
    let tomorrow = moved(1, day().plus_days(1).at_minute(480));
    let never = moved(2, Moment::from_unix_ms(i64::MAX));
    store.keep_news(&news(2, vec![tomorrow.clone(), never])).unwrap();
    store.forget(day()).unwrap();
    assert_eq!(store.load().unwrap().news.changes, [tomorrow], "a clock may be a little ahead");
}

#[test]
fn a_receipt_is_kept_only_for_our_own_chain() {
    let (directory, mut store) = enrolled();
    for _ in 0..3 {
        store.append(&entry(morning(), None)).unwrap();
    }
    let two = store.entries_after(0, 2).unwrap().1;
    let three = store.entries_after(0, 3).unwrap().1;
    for foreign in
        [Head { hash: three.hash, ..two }, Head { seq: 4, ..three }, Head { hash: ChainHash::START, ..three }]
    {
        assert!(matches!(store.keep_receipt(&receipt(foreign)), Err(StoreError::OtherChain { .. })), "{foreign:?}");
        assert_eq!(store.load().unwrap().receipted, 0);
    }
    store.keep_receipt(&receipt(three)).unwrap();
    store.keep_receipt(&receipt(two)).unwrap();
    assert_eq!(reopened(&directory, store).load().unwrap().receipted, 3, "an older one changes nothing");
}

#[test]
fn an_entry_is_purged_when_it_has_been_countersigned_for_thirty_days_and_the_chain_goes_on() {
    let (directory, mut store) = enrolled();
    for _ in 0..3 {
        store.append(&entry(morning(), None)).unwrap();
    }
    let left = |store: &mut SqliteStore| store.entries_after(0, 10).unwrap().0.len();
    store.forget(day().plus_days(40)).unwrap();
    assert_eq!(left(&mut store), 3, "nothing is countersigned");
    let head = store.entries_after(0, 10).unwrap().1;
    store.keep_receipt(&receipt(head)).unwrap();
    // The server may come back from a copy of yesterday.
    for later in [40, 41, 69, 70] {
        store.forget(day().plus_days(later)).unwrap();
        assert_eq!(left(&mut store), if later < 70 { 3 } else { 1 }, "{later} days later");
        store = reopened(&directory, store);
    }
    let (links, end) = store.entries_after(0, 10).unwrap();
    assert_eq!((links.len(), end), (1, head));
    assert_eq!(store.append(&entry(day().plus_days(70).start(), None)).unwrap().seq, 4);
    let name = ChainName::Entries { terminal: TERMINAL };
    let (links, end) = store.entries_after(3, 10).unwrap();
    assert_eq!(head.follow(name, &links[0]).unwrap(), end);
    store.forget(day().plus_days(100)).unwrap();
    let noted: i64 = store.connection.query_row("select count(*) from countersigned", [], |row| row.get(0)).unwrap();
    assert_eq!(noted, 2, "what is older than thirty days is said by the latest of it");
    store.keep_receipt(&receipt(head)).unwrap();
    assert_eq!((left(&mut store), store.load().unwrap().receipted), (1, 3), "it was shown again before it was purged");
}

#[test]
fn an_entry_that_was_altered_on_the_disk_is_named_and_nothing_behind_it_is_told() {
    let (_directory, mut store) = enrolled();
    for _ in 0..4 {
        store.append(&entry(morning(), None)).unwrap();
    }
    let alter = "update entry set body = replace(body, '\"party\":0', '\"party\":9') where seq = ?1";
    assert_eq!(store.connection.execute(alter, [3]).unwrap(), 1);
    let (links, head) = store.entries_after(0, 10).unwrap();
    assert_eq!((links.len(), head.seq), (2, 2));
    assert!(matches!(store.entries_after(2, 10), Err(StoreError::Altered { seq: 3 })));
    assert_eq!(store.connection.execute(alter, [1]).unwrap(), 1);
    assert!(matches!(store.entries_after(0, 10), Err(StoreError::Altered { seq: 1 })), "the first is like any other");
}

#[test]
fn the_floor_rises_as_the_gate_says_and_with_no_entry_and_the_server_corrects_it() {
    let (_directory, mut store) = enrolled();
    let later = |minutes| morning().plus(chrono::TimeDelta::minutes(minutes));
    let floor = |store: &mut SqliteStore| store.load().unwrap().floor;
    store.append(&entry(later(500), None)).unwrap();
    assert_eq!(floor(&mut store), morning(), "that an entry's clock was believed proves nothing");
    store.keep_floor(later(5)).unwrap();
    assert_eq!(floor(&mut store), later(5));
    store.keep_floor(later(4)).unwrap();
    assert_eq!(floor(&mut store), later(5));
    store.keep_floor(later(600)).unwrap();
    store.keep_news(&news(0, vec![])).unwrap();
    assert_eq!(floor(&mut store), morning());
}

#[test]
fn a_host_s_word_is_on_the_list_as_soon_as_it_is_durable_that_it_was_heard() {
    let (directory, mut store) = enrolled();
    let walk_in = |number, standing| WalkIn {
        number: WalkInNumber::new(number),
        visitor: shared::identity::PersonName::parse("李四").unwrap(),
        host: "T2001".into(),
        since: morning(),
        standing,
    };
    store.keep_walk_ins(&[walk_in(9, WalkInStanding::Waiting), walk_in(8, WalkInStanding::Waiting)]).unwrap();
    let decided = |terminal, number| {
        let number = WalkInNumber::new(number);
        Change::WalkInDecided { terminal, number, outcome: WalkInOutcome::Approved { pass: pass_id(1) } }
    };
    let changes = vec![decided(TERMINAL, 8), decided(TerminalId::new(99), 9), decided(TERMINAL, 1)];
    store.keep_news(&news(3, changes)).unwrap();
    let mut store = reopened(&directory, store);
    let approved = walk_in(8, WalkInStanding::Approved { pass: pass_id(1) });
    assert_eq!(store.load().unwrap().walk_ins, [walk_in(9, WalkInStanding::Waiting), approved.clone()]);
    store.keep_walk_ins(std::slice::from_ref(&approved)).unwrap();
    assert_eq!(reopened(&directory, store).load().unwrap().walk_ins, [approved]);
}

#[test]
fn a_full_disk_refuses_and_uses_up_no_number() {
    let (_directory, mut store) = enrolled();
    store.append(&entry(morning(), None)).unwrap();
    store.connection.pragma_update(None, "max_page_count", 1).unwrap();
    let mut written = 1;
    let error = loop {
        match store.append(&entry(morning(), None)) {
            Ok(id) => written = id.seq,
            Err(error) => break error,
        }
        assert!(written < 10_000, "the disk never was full");
    };
    let StoreError::Sql(rusqlite::Error::SqliteFailure(cause, _)) = &error else { panic!("{error:?}") };
    assert_eq!(cause.code, rusqlite::ErrorCode::DiskFull);
    assert!(store.keep_news(&news(1, (0..200).map(|n| Change::PassIssued(record(n).into())).collect())).is_err());
    assert_eq!(store.load().unwrap().news.head.seq, 0, "news is stored whole or not at all");
    store.connection.pragma_update(None, "max_page_count", 1_000_000).unwrap();
    assert_eq!(store.append(&entry(morning(), None)).unwrap().seq, written + 1);
}

#[test]
fn two_processes_do_not_number_the_same_entries() {
    let (directory, mut store) = enrolled();
    let path = directory.path().join(DATABASE_FILE);
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::InUse { .. })));
    store.append(&entry(morning(), None)).unwrap();
    let mut looking = SqliteStore::open_to_look(&path).unwrap();
    assert_eq!(looking.load().unwrap().recorded, 1);
    assert!(looking.append(&entry(morning(), None)).is_err());
    drop(store);
    assert_eq!(SqliteStore::open(&path).unwrap().append(&entry(morning(), None)).unwrap().seq, 2);
}

#[cfg(unix)]
#[test]
fn nobody_else_reads_who_visits_whom() {
    use std::os::unix::fs::PermissionsExt as _;
    let (directory, mut store) = enrolled();
    store.append(&entry(morning(), None)).unwrap();
    for name in [DATABASE_FILE.to_owned(), format!("{DATABASE_FILE}-wal")] {
        let mode = fs::metadata(directory.path().join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[test]
fn a_connection_that_would_not_survive_a_power_cut_is_none() {
    let volatile = Connection::open_in_memory().unwrap();
    assert!(matches!(prepare(&volatile), Err(StoreError::NotDurable { journal, .. }) if journal == "memory"));
    let (directory, store) = enrolled();
    assert_durable(&store.connection).unwrap();
    for sql in ["pragma synchronous = normal", "pragma foreign_keys = off", "pragma wal_autocheckpoint = 1000"] {
        prepare(&store.connection).unwrap();
        store.connection.execute_batch(sql).unwrap();
        assert!(matches!(assert_durable(&store.connection), Err(StoreError::NotDurable { .. })), "{sql}");
    }
    drop(store);
    let path = directory.path().join(DATABASE_FILE);
    SqliteLog::open(&path).unwrap();
    Connection::open(&path).unwrap().query_row("pragma journal_mode = delete", [], |_| Ok(())).unwrap();
    assert!(matches!(SqliteLog::open(&path), Err(StoreError::NotDurable { .. })));
}

#[test]
fn damage_is_noticed_at_the_start() {
    let (directory, mut store) = enrolled();
    let path = directory.path().join(DATABASE_FILE);
    for n in 0..200 {
        store.append(&entry(morning(), Some(pass_id(n)))).unwrap();
    }
    store.checkpoint();
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    let page = 4096;
    for byte in &mut bytes[page * 3..page * 6] {
        *byte ^= 0x5a;
    }
    fs::write(&path, bytes).unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. } | StoreError::Sql(_)), "{error:?}");
}

#[test]
fn a_database_of_a_newer_program_is_left_alone() {
    let (directory, store) = enrolled();
    store.connection.pragma_update(None, "user_version", 99).unwrap();
    drop(store);
    let path = directory.path().join(DATABASE_FILE);
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::NewerSchema { found: 99 })));
}

#[test]
fn the_wal_does_not_grow_for_ever() {
    let (directory, mut store) = enrolled();
    for _ in 0..500 {
        store.append(&entry(morning(), None)).unwrap();
    }
    let wal = directory.path().join(format!("{DATABASE_FILE}-wal"));
    assert!(fs::metadata(wal).unwrap().len() < 2_000_000);
    assert!(store.commits_since_checkpoint < COMMITS_BETWEEN_CHECKPOINTS);
}

#[test]
fn a_reader_that_stays_holds_up_no_entry() {
    use crate::ports::Clock as _;
    let (directory, mut store) = enrolled();
    store.append(&entry(morning(), None)).unwrap();
    let reader = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    reader.execute_batch("begin; select count(*) from entry").unwrap();
    let clock = crate::clock::SystemClock;
    let mut slow = 0;
    for _ in 0..COMMITS_BETWEEN_CHECKPOINTS + 8 {
        let before = clock.read().since_boot_ms;
        store.append(&entry(morning(), None)).unwrap();
        slow += u32::from(clock.read().since_boot_ms - before > 900);
    }
    // Each of the last eight tries again; one or two may meet a disk that is busy.
    assert!(slow < 4, "{slow} entries waited");
    reader.execute_batch("commit").unwrap();
    store.append(&entry(morning(), None)).unwrap();
    assert_eq!(store.commits_since_checkpoint, 0, "the next commit clears the log");
}
