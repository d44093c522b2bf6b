//! A whole office behind its router, and one terminal that knocks: who is heard, what they are told, and when.

mod flood;
mod limits;
mod news;

use std::sync::Arc;

use axum::body::Body as HttpBody;
use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use http::{Request, StatusCode};
use serde::Serialize;
use shared::{
    chain::{ChainName, Head, Link},
    pass::KeySet,
    seal::{PublicKey, Sealed},
    sync::{
        beacon::Beacon,
        change::Change,
        enrol::{EnrolClaim, EnrolRequest, InviteCode},
        http_signature::{
            self, CONTENT_DIGEST, MAX_SKEW_S, Nonce, Parameters, SIGNATURE, SIGNATURE_INPUT, SignatureHeaders,
        },
        pull::{Cursor, PullAnswer, prove},
        push::{EntryHead, EntryReceipt},
        withdrawal::Withdrawal,
    },
    time::Moment,
};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::*;
use crate::{
    clock::{Clock as _, SetClock},
    config::Config,
    random, serve,
};

const NOW: Moment = Moment::from_unix_s(1_795_363_200);

/// An office with one enrolled terminal, its clock standing at [`NOW`].
struct World {
    state: AppState,
    clock: Arc<SetClock>,
    router: Router,
    close: watch::Sender<bool>,
    key: SigningKey,
    terminal: TerminalId,
    _dir: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at(NOW));
        let config = Config { data_dir: dir.path().to_owned(), demo: true, ..Config::default() };
        let state = serve::open(config, clock.clone()).await.unwrap();
        let (close, closing) = watch::channel(false);
        let router = router(state.clone(), closing.clone());
        let key = SigningKey::from_bytes(&[9; 32]);
        let code = InviteCode::from_random([3; 10]);
        invite(&state, &code).await;
        let answer = Door::new(state.clone(), closing).enrol(enrolment(&code, &key)).await.unwrap();
        Self { state, clock, router, close, key, terminal: answer.terminal, _dir: dir }
    }

    fn signed(&self, path: &str, body: &[u8], created: Moment) -> SignatureHeaders {
        let nonce = Nonce::from_random(random::bytes().unwrap());
        let parameters = Parameters { created_s: created.unix_s(), nonce, terminal: self.terminal };
        http_signature::sign(&parameters, "POST", path, body, &self.key)
    }

    fn pull_body(&self) -> Vec<u8> {
        let cursor = Cursor::START;
        json(&PullRequest { terminal: self.terminal, cursor, key_set: 0, wait_s: 0, snapshot: None, ails: Vec::new() })
    }

    async fn post(&self, path: &str, body: Vec<u8>, headers: &SignatureHeaders) -> (StatusCode, Vec<u8>) {
        let response = self.answered(path, body, headers, "identity").await;
        let status = response.status();
        (status, read(response).await)
    }

    async fn answered(&self, path: &str, body: Vec<u8>, headers: &SignatureHeaders, encoding: &str) -> Response {
        let request = Request::post(path)
            .header(header::ACCEPT_ENCODING, encoding)
            .header(CONTENT_DIGEST, &headers.content_digest)
            .header(SIGNATURE_INPUT, &headers.signature_input)
            .header(SIGNATURE, &headers.signature)
            .body(HttpBody::from(body))
            .unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn refused(&self, path: &str, body: Vec<u8>, headers: &SignatureHeaders) -> Refusal {
        let (status, told) = self.post(path, body, headers).await;
        assert!(status.is_client_error(), "{status}");
        serde_json::from_slice(&told).unwrap()
    }

    fn keys(&self) -> KeySet {
        self.state.keys.now().opened.clone()
    }
}

async fn read(response: Response) -> Vec<u8> {
    axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

fn enrolment(code: &InviteCode, key: &SigningKey) -> EnrolRequest {
    let public = PublicKey::of(key);
    let claim = EnrolClaim { code: code.clone(), public };
    EnrolRequest { public, claim: Sealed::seal(&claim, None, key).unwrap() }
}

async fn invite(state: &AppState, code: &InviteCode) {
    let campus = shared::ids::CampusId::new(1);
    let gate = shared::ids::GateIndex::new(0).unwrap();
    state.store.invite(campus, gate, code, NOW.plus(TimeDelta::minutes(10)), NOW).await.unwrap();
}

#[tokio::test]
async fn a_signed_pull_brings_the_key_set_and_proven_places() {
    let world = World::new().await;
    let body = world.pull_body();
    let headers = world.signed(PULL_PATH, &body, NOW);
    let (status, answer) = world.post(PULL_PATH, body, &headers).await;
    assert_eq!(status, StatusCode::OK);
    let answer: PullAnswer = serde_json::from_slice(&answer).unwrap();
    let keys = KeySet::open(&answer.key_set.unwrap(), world.state.keys.now().roots).unwrap();
    let beacon = Beacon::open(&answer.beacon, &keys).unwrap();
    assert!(beacon.is_complete());
    assert_eq!((beacon.server_time, beacon.valid_for_s), (NOW, 300));
    prove(Head::START, 0, &answer.links, &beacon).unwrap();
    let first: Change = serde_json::from_str(answer.links[0].body.get()).unwrap();
    assert!(matches!(first, Change::Places(places) if places.campus_name == "长安校区"));
}

#[tokio::test]
async fn whose_signature_does_not_hold_is_told_nothing() {
    let world = World::new().await;
    let body = world.pull_body();
    let good = world.signed(PULL_PATH, &body, NOW);
    let other_path = world.signed(PUSH_PATH, &body, NOW);
    let other_body = world.signed(PULL_PATH, b"{}", NOW);
    let stranger = good.signature_input.replace("keyid=\"", "keyid=\"7");
    let withdrawn = {
        world.state.store.withdraw(world.terminal, NOW).await.unwrap();
        SignatureHeaders { signature: other_body.signature.clone(), ..good.clone() }
    };
    for (what, headers) in [
        ("another path", other_path),
        ("another body", other_body),
        ("another terminal", SignatureHeaders { signature_input: stranger, ..good.clone() }),
        ("no signature", SignatureHeaders { signature: String::new(), ..good.clone() }),
        ("another profile", SignatureHeaders { signature_input: "sig1=()".to_owned(), ..good }),
        ("a withdrawn terminal's number", withdrawn),
    ] {
        assert_eq!(world.refused(PULL_PATH, body.clone(), &headers).await, Refusal::Unauthenticated, "{what}");
    }
}

#[tokio::test]
async fn a_request_is_answered_once() {
    let world = World::new().await;
    let body = world.pull_body();
    let headers = world.signed(PULL_PATH, &body, NOW);
    assert_eq!(world.post(PULL_PATH, body.clone(), &headers).await.0, StatusCode::OK);
    assert_eq!(world.refused(PULL_PATH, body, &headers).await, Refusal::Replayed);
}

#[tokio::test]
async fn a_request_from_another_time_is_told_the_time() {
    let world = World::new().await;
    let body = world.pull_body();
    for (skew_s, welcome) in
        [(MAX_SKEW_S, true), (-MAX_SKEW_S, true), (MAX_SKEW_S + 1, false), (-MAX_SKEW_S - 1, false)]
    {
        let headers = world.signed(PULL_PATH, &body, NOW.plus(TimeDelta::seconds(skew_s)));
        if welcome {
            assert_eq!(world.post(PULL_PATH, body.clone(), &headers).await.0, StatusCode::OK, "{skew_s}");
        } else {
            let refusal = world.refused(PULL_PATH, body.clone(), &headers).await;
            assert_eq!(refusal, Refusal::Clock { server_time: NOW }, "{skew_s}");
        }
    }
}

#[tokio::test]
async fn while_the_clock_is_in_doubt_no_terminal_is_told_the_time() {
    let world = World::new().await;
    let body = world.pull_body();
    for (leap, status) in
        [(6, StatusCode::SERVICE_UNAVAILABLE), (-6, StatusCode::OK), (-6, StatusCode::SERVICE_UNAVAILABLE)]
    {
        world.clock.leap(TimeDelta::minutes(leap));
        let headers = world.signed(PULL_PATH, &body, world.clock.now());
        assert_eq!(world.post(PULL_PATH, body.clone(), &headers).await.0, status, "{leap}");
    }
}

#[tokio::test]
async fn a_withdrawn_terminal_is_told_so() {
    let world = World::new().await;
    world.state.store.withdraw(world.terminal, NOW).await.unwrap();
    let body = world.pull_body();
    let headers = world.signed(PULL_PATH, &body, NOW);
    let told = world.refused(PULL_PATH, body, &headers).await;
    let Refusal::Withdrawn { proof: Some(proof) } = told else { panic!("{told:?}") };
    let terminal = world.terminal;
    let keys = world.state.keys.now();
    let proven = proof.open(&keys.roots, &keys.opened.floor()).unwrap();
    assert_eq!(proven, Withdrawal { terminal, since: NOW, at: NOW });
}

#[tokio::test]
async fn what_a_withdrawn_terminal_brings_is_set_aside_and_is_no_entry() {
    let world = World::new().await;
    let raw = |text: &str| serde_json::value::RawValue::from_string(text.to_owned()).unwrap();
    let links = vec![Link { seq: 1, body: raw("1") }, Link { seq: 2, body: raw("2") }];
    let head = EntryHead { terminal: world.terminal, head: Head::START };
    let head = Sealed::seal(&head, None, &world.key).unwrap();
    let request = PushRequest { terminal: world.terminal, links, head, marks: String::new() };
    let body = json(&request);
    world.state.store.withdraw(world.terminal, NOW).await.unwrap();
    // It was welcome when it knocked.
    let late = Door::new(world.state.clone(), world.close.subscribe()).push(request).await;
    assert!(matches!(late, Err(DoorFault::Refused(Refusal::SetAside { through: 2 }))), "{late:?}");
    for _ in 0..2 {
        let headers = world.signed(PUSH_PATH, &body, NOW);
        let told = world.refused(PUSH_PATH, body.clone(), &headers).await;
        assert_eq!(told, Refusal::SetAside { through: 2 });
    }
    let aside = world.state.store.entries_set_aside().await.unwrap();
    assert_eq!(aside.iter().map(|row| row.id.seq).collect::<Vec<_>>(), [1, 2], "each once");
    assert!(world.state.store.entries(crate::store::EntryFilter::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn nobody_asks_in_anothers_name() {
    let world = World::new().await;
    let body = json(&PullRequest {
        terminal: TerminalId::new(99),
        cursor: Cursor::START,
        key_set: 0,
        wait_s: 0,
        snapshot: None,
        ails: Vec::new(),
    });
    let headers = world.signed(PULL_PATH, &body, NOW);
    assert_eq!(world.refused(PULL_PATH, body, &headers).await, Refusal::Unauthenticated);
}

#[tokio::test]
async fn an_enrolment_code_serves_one_key_within_its_time() {
    let world = World::new().await;
    let door = Door::new(world.state.clone(), world.close.subscribe());
    let refused = async |request| match door.enrol(request).await {
        Err(DoorFault::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let code = InviteCode::from_random([4; 10]);
    invite(&world.state, &code).await;
    let (key, other) = (SigningKey::from_bytes(&[10; 32]), SigningKey::from_bytes(&[11; 32]));
    let claimed_by_another = EnrolRequest { public: PublicKey::of(&other), ..enrolment(&code, &key) };
    assert_eq!(refused(claimed_by_another).await, Refusal::Unauthenticated);

    let answer = door.enrol(enrolment(&code, &key)).await.unwrap();
    assert_eq!((answer.root, answer.server_time), (world.state.keys.now().roots.root, NOW));
    // Its first answer may have been lost on the way.
    assert_eq!(door.enrol(enrolment(&code, &key)).await.unwrap(), answer);
    assert_eq!(refused(enrolment(&code, &other)).await, Refusal::Code);
    assert_eq!(refused(enrolment(&InviteCode::from_random([5; 10]), &other)).await, Refusal::Code);

    let late = InviteCode::from_random([6; 10]);
    invite(&world.state, &late).await;
    world.state.store.withdraw(answer.terminal, NOW).await.unwrap();
    for code in [&code, &late] {
        let told = refused(enrolment(code, &key)).await;
        assert!(matches!(told, Refusal::Withdrawn { proof: Some(_) }), "{told:?}: its machine makes a new key");
    }
    world.clock.advance(TimeDelta::minutes(11));
    assert_eq!(refused(enrolment(&late, &other)).await, Refusal::Code);
}

#[tokio::test]
async fn a_push_is_receipted_and_pushing_again_brings_the_same_head() {
    let world = World::new().await;
    let text = r#"{"poison":true}"#;
    let link = Link { seq: 1, body: serde_json::value::RawValue::from_string(text.to_owned()).unwrap() };
    let head = Head::START.extend(ChainName::Entries { terminal: world.terminal }, text);
    let signed = EntryHead { terminal: world.terminal, head };
    let request = PushRequest {
        terminal: world.terminal,
        links: vec![link],
        head: Sealed::seal(&signed, None, &world.key).unwrap(),
        marks: String::new(),
    };
    for _ in 0..2 {
        let body = json(&request);
        let headers = world.signed(PUSH_PATH, &body, NOW);
        let (status, answer) = world.post(PUSH_PATH, body, &headers).await;
        assert_eq!(status, StatusCode::OK);
        let answer: PushAnswer = serde_json::from_slice(&answer).unwrap();
        let receipt = world
            .keys()
            .open_sealed(&answer.receipt, shared::pass::KeyUse::Beacon, |receipt: &EntryReceipt| receipt.at)
            .unwrap();
        assert_eq!((receipt.terminal, receipt.head), (world.terminal, head));
    }
    let forged =
        PushRequest { head: Sealed::seal(&signed, None, &SigningKey::from_bytes(&[1; 32])).unwrap(), ..request };
    let body = json(&forged);
    let headers = world.signed(PUSH_PATH, &body, NOW);
    assert_eq!(world.refused(PUSH_PATH, body, &headers).await, Refusal::Head);
}

#[tokio::test]
async fn a_pull_is_held_until_there_is_news_or_the_server_stops() {
    let world = World::new().await;
    let door = Door::new(world.state.clone(), world.close.subscribe());
    let first = PullRequest {
        terminal: world.terminal,
        cursor: Cursor::START,
        key_set: 0,
        wait_s: 0,
        snapshot: None,
        ails: Vec::new(),
    };
    let answer = door.pull(first.clone()).await.unwrap();
    let beacon = Beacon::open(&answer.beacon, &world.keys()).unwrap();
    let cursor = Cursor { epoch: beacon.epoch, seq: beacon.head.seq };
    let waiting = PullRequest { cursor, key_set: beacon.key_set, wait_s: 20, ..first };

    let held = tokio::spawn({
        let (door, request) = (door.clone(), waiting.clone());
        async move { door.pull(request).await }
    });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(!held.is_finished());
    let mut places = world.state.config.places();
    places[0].campus_name = "新校区".to_owned();
    world.state.store.set_places(places, NOW).await.unwrap();
    let answer = tokio::time::timeout(std::time::Duration::from_secs(15), held).await.unwrap().unwrap().unwrap();
    assert_eq!(answer.links.len(), 1);

    let held = tokio::spawn(async move {
        let cursor = Cursor { seq: cursor.seq + 1, ..cursor };
        door.pull(PullRequest { cursor, ..waiting }).await
    });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(!held.is_finished());
    world.close.send_replace(true);
    let answer = tokio::time::timeout(std::time::Duration::from_secs(15), held).await.unwrap().unwrap().unwrap();
    assert!(answer.links.is_empty());
}

#[tokio::test]
async fn a_newer_call_of_a_terminal_ends_the_one_that_is_held() {
    let world = World::new().await;
    let door = Door::new(world.state.clone(), world.close.subscribe());
    let (cursor, key_set) = (Cursor::START, 0);
    let first = PullRequest { terminal: world.terminal, cursor, key_set, wait_s: 0, snapshot: None, ails: Vec::new() };
    let answer = door.pull(first.clone()).await.unwrap();
    let beacon = Beacon::open(&answer.beacon, &world.keys()).unwrap();
    let cursor = Cursor { epoch: beacon.epoch, seq: beacon.head.seq };
    let waiting = PullRequest { cursor, key_set: beacon.key_set, wait_s: 20, ..first };
    let mut held = Vec::new();
    for waiters in 1..=4 {
        let (door, request) = (door.clone(), waiting.clone());
        held.push(tokio::spawn(async move { door.pull(request).await }));
        while world.state.store.feed_waiters() == 0 || held.iter().filter(|held| !held.is_finished()).count() > 1 {
            tokio::time::timeout(Duration::from_secs(5), tokio::task::yield_now()).await.unwrap();
        }
        assert_eq!(world.state.store.feed_waiters(), 1, "of {waiters}");
    }
    let last = held.pop().unwrap();
    for ended in held {
        let answer = ended.await.unwrap().unwrap();
        assert!(answer.links.is_empty() && Beacon::open(&answer.beacon, &world.keys()).unwrap().is_complete());
    }
    let mut places = world.state.config.places();
    places[0].campus_name = "新校区".to_owned();
    world.state.store.set_places(places, NOW).await.unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(15), last).await.unwrap().unwrap().unwrap();
    assert_eq!(answer.links.len(), 1);
}

#[tokio::test]
async fn a_terminal_that_has_seen_more_than_there_is_says_a_backup_was_restored() {
    let world = World::new().await;
    let cursor = Cursor { epoch: 1, seq: 1_000 };
    let body = json(&PullRequest {
        terminal: world.terminal,
        cursor,
        key_set: 1,
        wait_s: 0,
        snapshot: None,
        ails: Vec::new(),
    });
    let headers = world.signed(PULL_PATH, &body, NOW);
    assert_eq!(world.refused(PULL_PATH, body, &headers).await, Refusal::CursorAhead);
}
