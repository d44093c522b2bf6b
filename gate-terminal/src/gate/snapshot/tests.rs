//! What of a snapshot is believed, and what it does to what was known.

use shared::{
    chain::ChainHash,
    ids::KeyId,
    seal::Sealed,
    sync::{
        pull::{Cursor, PullAnswer},
        snapshot::part_hash,
    },
};

use super::{
    super::{
        local_state::HeldNews,
        news::{News, believe},
        small_campus::{Office, morning, pass_id, record},
    },
    *,
};

const BEACON_KEY: KeyId = KeyId::new(2);

/// An office of nine links, the first five of which are told as a snapshot of two parts.
struct Told {
    office: Office,
    parts: Vec<String>,
}

impl Told {
    fn new() -> Self {
        let mut office = Office::open();
        for n in 1..=9 {
            office.issue(n);
        }
        let revoked = vec![Change::PassRevoked { pass: pass_id(1), at: morning() }];
        let issued: Vec<_> = (3..=5).map(|n| Change::PassIssued(record(n).into())).collect();
        Self { office, parts: [revoked, issued].iter().map(|part| serde_json::to_string(part).unwrap()).collect() }
    }

    fn head(&self) -> SnapshotHead {
        let Beacon { campus, epoch, head, .. } = self.office.beacon(5, morning());
        let parts = self.parts.iter().map(|part| part_hash(part)).collect();
        SnapshotHead { campus, epoch, head, parts, at: morning() }
    }

    fn seal(&self, head: &SnapshotHead) -> Sealed<SnapshotHead> {
        Sealed::seal(head, Some(BEACON_KEY), &self.office.beacon_key).unwrap()
    }

    fn part(&self, number: u32) -> SnapshotPart {
        let text = self.parts[usize::try_from(number).unwrap()].clone();
        SnapshotPart { head: self.seal(&self.head()), part: number, changes: RawValue::from_string(text).unwrap() }
    }

    fn answer(&self, part: SnapshotPart) -> PullAnswer {
        PullAnswer {
            key_set: Some(self.office.key_set()),
            links: Vec::new(),
            snapshot: Some(Box::new(part)),
            beacon: self.office.seal_beacon(&self.office.beacon(5, morning())),
        }
    }

    fn local(&self) -> LocalState {
        LocalState::new(self.office.post(), HeldNews::NONE, &[])
    }

    fn believed(&self, local: &LocalState, part: SnapshotPart) -> Result<News, Alarm> {
        believe(self.answer(part), local, |_| true)
    }
}

#[test]
fn part_by_part_and_then_link_by_link() {
    let told = Told::new();
    let mut local = told.local();
    let first = told.believed(&local, told.part(0)).unwrap();
    assert!(first.restarts && first.as_of.is_none());
    local.take(first);
    assert!(local.is_revoked(pass_id(1)));
    assert_eq!(local.cursor(), Cursor::START, "nothing is followed until all of it is there");
    assert_eq!(local.snapshot().unwrap().part, 1);
    local.take(told.believed(&local, told.part(1)).unwrap());
    assert_eq!((local.cursor(), local.snapshot()), (Cursor { epoch: 1, seq: 5 }, None));
    assert_eq!(local.as_of(), None, "four links are not told yet");
    assert!(local.record(pass_id(5)).is_some() && local.record(pass_id(2)).is_none() && local.is_revoked(pass_id(1)));
    let rest = PullAnswer {
        key_set: None,
        links: told.office.links[5..].to_vec(),
        snapshot: None,
        beacon: told.office.seal_beacon(&told.office.beacon(9, morning())),
    };
    local.take(believe(rest, &local, |_| true).unwrap());
    assert_eq!(local.cursor().seq, 9);
    assert_eq!(local.as_of(), Some(morning()));
}

#[test]
fn a_snapshot_of_all_there_is_makes_a_gate_fresh_with_its_last_part() {
    let mut told = Told::new();
    told.office.links.truncate(5);
    told.office.heads.truncate(6);
    let mut local = told.local();
    local.take(told.believed(&local, told.part(0)).unwrap());
    assert_eq!(local.as_of(), None, "half of it is not all of it");
    local.take(told.believed(&local, told.part(1)).unwrap());
    assert_eq!(local.as_of(), Some(morning()));
    assert!(told.believed(&local, told.part(0)).is_ok_and(|news| news.restarts), "who stands there may be told again");
}

#[test]
fn what_only_a_newer_gate_understands_is_counted_and_hides_nothing() {
    let mut told = Told::new();
    told.parts[0] = told.parts[0].replacen('[', r#"[{"change":"weather","rain":true},"#, 1);
    let news = told.believed(&told.local(), told.part(0)).unwrap();
    assert_eq!((news.changes.len(), news.not_understood), (1, 1));
}

#[test]
fn a_feed_that_ends_before_its_snapshot_was_turned_back() {
    let told = Told::new();
    let beacon = Beacon { latest: 4, ..told.office.beacon(5, morning()) };
    let answer = PullAnswer { beacon: told.office.seal_beacon(&beacon), ..told.answer(told.part(0)) };
    assert_eq!(believe(answer, &told.local(), |_| true).unwrap_err(), Alarm::NewsBackwards);
}

#[test]
fn what_was_signed_differently_is_not_believed() {
    let told = Told::new();
    let local = told.local();
    let mut altered = told.part(0);
    altered.changes = RawValue::from_string(altered.changes.get().replace("revoked", "revoked ")).unwrap();
    let by_another = Sealed::seal(&told.head(), Some(KeyId::new(1)), &told.office.pass_key).unwrap();
    let other_link = SnapshotHead { head: told.office.beacon(4, morning()).head, ..told.head() };
    let other_epoch = SnapshotHead { epoch: 2, ..told.head() };
    let other_campus = SnapshotHead { campus: shared::ids::CampusId::new(9), ..told.head() };
    let with = |head| SnapshotPart { head, ..told.part(0) };
    for (what, part) in [
        ("an altered part", altered),
        ("the second before the first", told.part(1)),
        ("the first as the second", SnapshotPart { part: 1, ..told.part(0) }),
        ("the pass key's signature", with(by_another)),
        ("another link than the beacon's", with(told.seal(&other_link))),
        ("another epoch", with(told.seal(&other_epoch))),
        ("another campus", with(told.seal(&other_campus))),
    ] {
        assert!(matches!(told.believed(&local, part), Err(Alarm::NewsUnproven { .. })), "{what}");
    }
    let mut further = told.local();
    let whole = PullAnswer {
        key_set: Some(told.office.key_set()),
        links: told.office.links.clone(),
        snapshot: None,
        beacon: told.office.seal_beacon(&told.office.beacon(9, morning())),
    };
    further.take(believe(whole, &further, |_| true).unwrap());
    assert_eq!(told.believed(&further, told.part(0)).unwrap_err(), Alarm::NewsBackwards);
}

#[test]
fn a_part_of_another_snapshot_does_not_go_on_with_this_one() {
    let told = Told::new();
    let mut local = told.local();
    local.take(told.believed(&local, told.part(0)).unwrap());
    let mut other = Told::new();
    other.parts[0] = "[]".to_owned();
    assert!(matches!(other.believed(&local, other.part(1)), Err(Alarm::NewsUnproven { .. })));
    assert!(other.believed(&local, other.part(0)).is_ok_and(|news| news.restarts), "but it may begin");
    assert_ne!(local.snapshot().unwrap().whole, ChainHash::START);
}
