//! How much a terminal may bring at once, and that each walk-in is one.

use std::collections::BTreeSet;

use shared::{
    identity::{Document, DocumentKind, PersonName, Phone},
    ids::StaffNumber,
    pass::PartySize,
    sync::{push::PUSH_BATCH, walk_in::WalkInNumber},
    time::CampusDay,
};

use super::*;
use crate::office::Staff;

#[tokio::test]
async fn what_cannot_be_read_is_malformed_and_what_is_too_large_is_not_read() {
    let world = World::new().await;
    for (path, largest) in [(PUSH_PATH, 2 << 20), (PULL_PATH, 64 << 10), (WALK_IN_PATH, 64 << 10)] {
        for (body, status) in [
            (b"{".to_vec(), StatusCode::BAD_REQUEST),
            (vec![b' '; largest], StatusCode::BAD_REQUEST),
            (vec![b' '; largest + 1], StatusCode::PAYLOAD_TOO_LARGE),
        ] {
            let headers = world.signed(path, &body, NOW);
            let length = body.len();
            let (told, refusal) = world.post(path, body, &headers).await;
            let refusal: Refusal = serde_json::from_slice(&refusal).unwrap();
            assert_eq!((told, refusal), (status, Refusal::Malformed), "{length} bytes to {path}");
        }
    }
}

/// So many entries that nobody can read, and the head they lead to.
pub(super) fn batch(world: &World, entries: usize) -> (Vec<u8>, Head) {
    let (name, mut head, mut links) = (ChainName::Entries { terminal: world.terminal }, Head::START, Vec::new());
    for number in 1..=entries {
        let text = number.to_string();
        head = head.extend(name, &text);
        links.push(Link { seq: head.seq, body: serde_json::value::RawValue::from_string(text).unwrap() });
    }
    let signed = Sealed::seal(&EntryHead { terminal: world.terminal, head }, None, &world.key).unwrap();
    (json(&PushRequest { terminal: world.terminal, links, head: signed, marks: String::new() }), head)
}

#[tokio::test]
async fn a_whole_batch_is_taken_and_a_larger_one_is_not_before_and_after_a_terminal_is_withdrawn() {
    let world = World::new().await;
    let (whole, head) = batch(&world, PUSH_BATCH);
    let (larger, _) = batch(&world, PUSH_BATCH + 1);
    let larger_is_refused = async || {
        let headers = world.signed(PUSH_PATH, &larger, NOW);
        assert_eq!(world.refused(PUSH_PATH, larger.clone(), &headers).await, Refusal::Malformed);
    };
    larger_is_refused().await;
    let headers = world.signed(PUSH_PATH, &whole, NOW);
    assert_eq!(world.post(PUSH_PATH, whole.clone(), &headers).await.0, StatusCode::OK);
    assert_eq!(world.state.store.terminal(world.terminal).await.unwrap().unwrap().head, head);

    world.state.store.withdraw(world.terminal, NOW).await.unwrap();
    larger_is_refused().await;
    let headers = world.signed(PUSH_PATH, &whole, NOW);
    let aside = Refusal::SetAside { through: head.seq };
    assert_eq!(world.refused(PUSH_PATH, whole, &headers).await, aside);
}

#[tokio::test]
async fn walk_ins_of_one_minute_are_each_taken_down_once() {
    let world = World::new().await;
    world.clock.advance(TimeDelta::hours(9));
    let now = world.clock.now();
    let host = Staff {
        number: StaffNumber::parse("T1").unwrap(),
        name: PersonName::parse("李文").unwrap(),
        department: "计算机学院".to_owned(),
        phone: Phone::parse("13800130100").unwrap(),
        wecom_id: None,
        hall_id: None,
    };
    world.state.store.import_directory(vec![host], now).await.unwrap();
    let today = CampusDay::of(now).date();
    let asked = |number, document| WalkInRequest {
        terminal: world.terminal,
        number: WalkInNumber::new(number),
        visitor: PersonName::parse("张晓明").unwrap(),
        document: Document::parse(DocumentKind::ResidentId, document, today).unwrap(),
        phone: Phone::parse("13800130001").unwrap(),
        host: "T1".to_owned(),
        reason: "送样品".to_owned(),
        party: PartySize::ONE,
        plates: Vec::new(),
    };
    let (one, other) = ("11010519491231002X", "110105194912310038");
    for (number, document) in [(1, one), (2, other), (1, one)] {
        let body = json(&asked(number, document));
        let headers = world.signed(WALK_IN_PATH, &body, now);
        let (status, answer) = world.post(WALK_IN_PATH, body, &headers).await;
        assert_eq!(status, StatusCode::OK, "{number}");
        assert_eq!(serde_json::from_slice::<WalkInAnswer>(&answer).unwrap(), WalkInAnswer::Accepted, "{number}");
    }
    let told = world.state.store.due_notices(now, 100).await.unwrap();
    let links: BTreeSet<_> = told.iter().filter_map(|notice| notice.path.as_deref()).collect();
    assert_eq!((told.len(), links.len()), (6, 6), "two bookings in three ways, each by a link of its own");
    let body = json(&asked(1, other));
    let headers = world.signed(WALK_IN_PATH, &body, now);
    assert_eq!(world.refused(WALK_IN_PATH, body, &headers).await, Refusal::Malformed, "one number, two visitors");
}
