//! What a pull brings, and how it is written.

use std::{io::Read as _, time::Duration};

use flate2::read::ZlibDecoder;
use shared::{
    ids::CampusId,
    sync::{change::Places, snapshot::SnapshotHead},
};

use super::*;

impl World {
    fn door(&self) -> Door {
        Door::new(self.state.clone(), self.close.subscribe())
    }

    /// Of a terminal that holds the newest key set and waits for more.
    fn asks_from(&self, cursor: Cursor) -> PullRequest {
        let key_set = self.state.keys.now().key_set_number;
        PullRequest { terminal: self.terminal, cursor, key_set, wait_s: 20, snapshot: None, ails: Vec::new() }
    }

    async fn end(&self) -> Cursor {
        let answer = self.door().pull(PullRequest { wait_s: 0, ..self.asks_from(Cursor::START) }).await.unwrap();
        let beacon = Beacon::open(&answer.beacon, &self.keys()).unwrap();
        Cursor { epoch: beacon.epoch, seq: beacon.head.seq }
    }

    /// The campus of the terminal is called by one name after another.
    async fn renamed(&self, times: usize) {
        let mut places = self.state.config.places().into_iter().filter(|places| places.campus == CampusId::new(1));
        let places = places.next().unwrap();
        let named = |time| Places { campus_name: format!("第{time}校区"), ..places.clone() };
        self.state.store.set_places((0..times).map(named).collect(), NOW).await.unwrap();
    }

    /// A day later there is one of all that was told.
    async fn makes_a_snapshot(&self) {
        for day in 0..=1 {
            self.state.store.keep_snapshots(NOW.plus(TimeDelta::days(day))).await.unwrap();
        }
    }
}

/// What is said without waiting for more.
async fn at_once(door: &Door, request: PullRequest) -> PullAnswer {
    tokio::time::timeout(Duration::from_secs(5), door.pull(request)).await.unwrap().unwrap()
}

#[tokio::test]
async fn newer_keys_are_told_at_once_and_what_a_terminal_says_it_holds_is_kept() {
    let world = World::new().await;
    let holds = async || world.state.store.terminal(world.terminal).await.unwrap().unwrap().key_set;
    let first = world.asks_from(Cursor::START);
    at_once(&world.door(), PullRequest { key_set: first.key_set + 1, ..first }).await;
    assert_eq!(holds().await, 0, "nobody holds a set that was never made");
    let up_to_date = world.asks_from(world.end().await);
    let newest = up_to_date.key_set;
    assert_eq!(holds().await, newest);
    let without = PullRequest { key_set: newest - 1, ..up_to_date };
    let answer = at_once(&world.door(), without).await;
    assert!(answer.links.is_empty() && answer.key_set.is_some());
    assert_eq!(holds().await, newest, "a terminal made again of its journal asks for the set it had");
}

#[tokio::test]
async fn a_numbering_that_has_no_link_yet_is_told_at_once() {
    let world = World::new().await;
    let code = InviteCode::from_random([4; 10]);
    let (campus, gate) = (CampusId::new(7), shared::ids::GateIndex::new(0).unwrap());
    world.state.store.invite(campus, gate, &code, NOW.plus(TimeDelta::minutes(10)), NOW).await.unwrap();
    let far_away = world.door().enrol(enrolment(&code, &SigningKey::from_bytes(&[10; 32]))).await.unwrap().terminal;
    let answer = at_once(&world.door(), PullRequest { terminal: far_away, ..world.asks_from(Cursor::START) }).await;
    let beacon = Beacon::open(&answer.beacon, &world.keys()).unwrap();
    assert_eq!((beacon.campus, beacon.epoch, beacon.head), (campus, 1, Head::START));
}

#[tokio::test]
async fn who_begins_is_told_a_snapshot_that_the_office_signed() {
    let world = World::new().await;
    let end = world.end().await;
    world.makes_a_snapshot().await;
    let answer = at_once(&world.door(), world.asks_from(Cursor { seq: 0, ..end })).await;
    let told = answer.snapshot.unwrap();
    let head = SnapshotHead::open(&told.head, &world.keys()).unwrap();
    assert_eq!((head.campus, head.epoch, head.head.seq, head.at), (CampusId::new(1), end.epoch, end.seq, NOW));
    assert!(head.proves(told.part, told.changes.get()) && answer.links.is_empty());
}

#[tokio::test]
async fn only_what_is_long_is_deflated_and_only_for_who_reads_it() {
    let world = World::new().await;
    let body = world.pull_body();
    let written = async |encoding| {
        let headers = world.signed(PULL_PATH, &body, NOW);
        let response = world.answered(PULL_PATH, body.clone(), &headers, encoding).await;
        let deflated = response.headers().get(header::CONTENT_ENCODING).is_some_and(|said| said == DEFLATE);
        let mut text = read(response).await;
        if deflated {
            let deflated = std::mem::take(&mut text);
            ZlibDecoder::new(deflated.as_slice()).read_to_end(&mut text).unwrap();
        }
        let answer: PullAnswer = serde_json::from_slice(&text).unwrap();
        (deflated, answer.links.len(), answer.snapshot.is_some())
    };
    // The first link is the name it has.
    world.renamed(DEFLATED_FROM_LINKS - 2).await;
    assert_eq!(written(DEFLATE).await, (false, DEFLATED_FROM_LINKS - 1, false));
    world.renamed(1).await;
    assert_eq!(written(DEFLATE).await, (true, DEFLATED_FROM_LINKS, false));
    for other in ["identity", "gzip, deflate"] {
        assert_eq!(written(other).await, (false, DEFLATED_FROM_LINKS, false), "{other}");
    }
    world.makes_a_snapshot().await;
    assert_eq!(written(DEFLATE).await, (true, 0, true), "which is all there is to tell");
}
