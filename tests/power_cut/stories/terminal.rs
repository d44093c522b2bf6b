//! All that a terminal's store ever writes.

use std::path::Path;

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use gate_terminal::{
    ports::{AsOf, NewerKeySet, News, Oblivion, Post, Receipt, Store as _, WalkIn},
    store::{DATABASE_FILE, SqliteStore},
};
use shared::{
    chain::{ChainHash, Head},
    entry::{Direction, Entry, EntryId, Outcome, Said},
    identity::{DocumentKind, DocumentTag, LastFour, PersonName},
    ids::{CampusId, GateIndex, GateMask, KeyId, PassId, TerminalId},
    pass::{EntriesAllowed, KeySet, KeyUse, NamedKey, PartySize, Roots, SUITE_1, keyset::KeySetBody},
    seal::{PublicKey, Sealed},
    sync::{
        change::{Change, PassRecord, WalkInOutcome},
        push::EntryReceipt,
        walk_in::WalkInNumber,
    },
    time::{CampusDay, Moment},
    verdict::Verdict,
};

use super::{journey::Journey, kinds, trial};
use crate::disk::Lie;

const TERMINAL: TerminalId = TerminalId::new(7);

pub(super) fn start(path: &Path) -> Result<(), String> {
    let mut store =
        SqliteStore::open(path).map_err(|cause| format!("{cause}: {:?}", std::error::Error::source(&cause)))?;
    match store.post().map_err(|cause| cause.to_string())? {
        Some(_) => store.load().map(drop).map_err(|cause| cause.to_string()),
        None => Ok(()),
    }
}

pub(super) fn day() -> CampusDay {
    CampusDay::parse("2026-11-23").unwrap()
}

pub(super) fn at(minutes: i64) -> Moment {
    day().at_minute(8 * 60).plus(TimeDelta::minutes(minutes))
}

pub(super) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn pass(number: u64) -> PassId {
    PassId::from_bytes(number.to_be_bytes())
}

pub(super) fn entry(minute: i64) -> Entry {
    let pass = Some(pass(minute.unsigned_abs()));
    Entry {
        at: at(minute),
        clock_trusted: true,
        gate: GateIndex::new(0).unwrap(),
        direction: Direction::In,
        said: Said { verdict: Verdict::Admit, pass, name: None, foreign_code: None, paper: None },
        outcome: Outcome::Passed,
        party: 1,
    }
}

fn record(number: u64) -> PassRecord {
    PassRecord {
        pass: pass(number),
        day: day(),
        visit_from: at(0),
        visit_until: at(600),
        visitor: PersonName::parse("张晓明").unwrap(),
        phone_tail: format!("{number:04}"),
        document: DocumentKind::ResidentId,
        last_four: LastFour::parse("002X").unwrap(),
        document_tag: DocumentTag::try_from(format!("{number:032x}")).unwrap(),
        companions: Vec::new(),
        plates: Vec::new(),
        party: PartySize::ONE,
        entries: EntriesAllowed::ONE,
        gates: GateMask::EVERY,
        host: PersonName::parse("李文").unwrap(),
        department: "计算机学院".to_owned(),
        reason: "学术报告".to_owned(),
    }
}

pub(super) fn news(seq: u64, changes: Vec<Change>) -> News {
    let named = |id, r#use, seed| NamedKey {
        id: KeyId::new(id),
        r#use,
        suite: SUITE_1,
        public: PublicKey::of(&key(seed)),
        not_before: day().minus_days(30).start(),
        not_after: day().plus_days(30).start(),
    };
    let keys = vec![named(1, KeyUse::Pass, 2), named(2, KeyUse::Beacon, 3)];
    let sealed = KeySetBody { number: 1, min_suite: SUITE_1, roots: None, retired: Vec::new(), keys };
    let sealed = Sealed::seal(&sealed, None, &key(1)).unwrap();
    let opened = KeySet::open(&sealed, &PublicKey::of(&key(1))).unwrap();
    News {
        key_set: (seq < 60).then_some(NewerKeySet { sealed, opened }),
        epoch: 1,
        head: Head { seq, hash: ChainHash::from_bytes([9; 32]) },
        server_time: at(1),
        as_of: Some(AsOf { server_time: at(1), valid_for_s: 300 }),
        restarts: seq == 90,
        changes,
        not_understood: 0,
        snapshot: None,
    }
}

pub(super) fn receipt(store: &mut SqliteStore) -> Receipt {
    let (_, head) = store.entries_after(0, 1_000).unwrap();
    let proven = EntryReceipt { terminal: TERMINAL, head, at: at(9) };
    let sealed = Sealed::seal(&proven, None, &key(3)).unwrap();
    Receipt { proven, sealed }
}

fn walk_in(number: u64) -> WalkIn {
    serde_json::from_value(serde_json::json!({
        "number": number, "visitor": "李四", "host": "T2001", "since": at(3), "standing": "waiting"
    }))
    .unwrap()
}

pub(super) fn post() -> Post {
    Post {
        terminal: TERMINAL,
        campus: CampusId::new(1),
        gate: GateIndex::new(0).unwrap(),
        roots: Roots::from(&PublicKey::of(&key(1))),
    }
}

/// A day of a terminal, its log written back now and then, and a second start.
pub(super) fn journey(lie: Lie) -> Journey {
    let mut journey = Journey::begin(DATABASE_FILE, lie);
    let mut store = SqliteStore::open(&journey.database()).unwrap();
    journey.started("a first start");
    store.keep_post(&post(), at(0)).unwrap();
    journey.answered("keep_post");
    store.keep_news(&news(50, (0..50).map(|number| Change::PassIssued(record(number).into())).collect())).unwrap();
    journey.answered("keep_news");
    for minute in 0..12 {
        store.append(&entry(minute)).unwrap();
        journey.answered("append");
    }
    let movement = EntryId { terminal: TerminalId::new(8), seq: 4 };
    let gate = GateIndex::new(1).unwrap();
    store
        .keep_news(&news(
            54,
            vec![
                Change::PassRevoked { pass: pass(3), at: at(2) },
                Change::PassWatched { pass: pass(4), watched: true },
                Change::PassMoved {
                    pass: pass(5),
                    direction: Direction::In,
                    at: at(2),
                    gate,
                    entry: movement,
                    party: None,
                },
            ],
        ))
        .unwrap();
    journey.answered("keep_news");
    store.keep_walk_ins(&[walk_in(1), walk_in(2)]).unwrap();
    journey.answered("keep_walk_ins");
    let decided = WalkInOutcome::Approved { pass: pass(7) };
    let decided = Change::WalkInDecided { terminal: TERMINAL, number: WalkInNumber::new(1), outcome: decided };
    store.keep_news(&news(55, vec![decided])).unwrap();
    journey.answered("keep_news");
    store.keep_floor(at(7)).unwrap();
    journey.answered("keep_floor");
    let heard = receipt(&mut store);
    store.keep_receipt(&heard).unwrap();
    journey.answered("keep_receipt");
    store.forget(day().plus_days(40)).unwrap();
    assert!(journey.writes_back(), "the log is written back while the terminal runs");
    journey.answered("forget");
    // Into a log that begins anew, over what it held before.
    for minute in 12..18 {
        store.append(&entry(minute)).unwrap();
        journey.answered("append");
    }
    store.keep_news(&news(90, vec![Change::PassIssued(record(99).into())])).unwrap();
    journey.answered("keep_news");
    drop(store);
    journey.started("an orderly end");
    let mut store = SqliteStore::open(&journey.database()).unwrap();
    journey.started("another start");
    store.append(&entry(19)).unwrap();
    journey.answered("append");
    store.forget_all(Oblivion::Silent).unwrap();
    journey.answered_in("forget_all", 3);
    for minute in 30..33 {
        store.append(&entry(minute)).unwrap();
        journey.answered("append");
    }
    drop(store);
    journey.started("an orderly end");
    journey
}

#[test]
fn no_cut_takes_what_the_terminal_s_store_has_answered_for() {
    let found = trial::cut_everywhere(journey(Lie::None), DATABASE_FILE, start, super::seeds());
    found.show("terminal");
    kinds::assert_all_told(&kinds::of_terminal(), &found.commits);
    found.assert_clean();
}
