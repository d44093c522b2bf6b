//! What terminals and the server say to each other, as JSON and in headers.
//!
//! What was read is written, read again and written the same; no link of a chain and no part of a request changes unnoticed.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use shared::{
    chain::{ChainName, Head, Link},
    entry::Entry,
    ids::CampusId,
    pass::{KeySetFloor, Roots, SealedKeySet, keyset::KeySetBody},
    seal::PublicKey,
    sync::{
        Refusal,
        beacon::{Beacon, Freshness},
        change::Change,
        enrol::{EnrolAnswer, EnrolRequest},
        http_signature::{self, Parameters, SignatureHeaders},
        pull::{Cursor, PullAnswer, PullRequest, prove},
        push::{EntryHead, PushAnswer, PushRequest, mark},
        snapshot::{SnapshotHead, SnapshotPart, part_hash},
        walk_in::{WalkInAnswer, WalkInRequest},
        withdrawal::Proof,
    },
    time::Moment,
};

use crate::{chosen, office_keys as keys, text};

pub(crate) fn look(bytes: &[u8]) {
    let Some((reader, bytes)) = chosen(bytes, 21) else { return };
    match reader {
        0 => signature_input(bytes),
        1 => signed_request(bytes),
        2 => feed(bytes),
        3 => travels::<EnrolRequest>(bytes),
        4 => travels::<EnrolAnswer>(bytes),
        5 => travels::<PullRequest>(bytes),
        6 => travels::<PullAnswer>(bytes),
        7 => travels::<PushRequest>(bytes),
        8 => travels::<PushAnswer>(bytes),
        9 => travels::<WalkInRequest>(bytes),
        10 => travels::<WalkInAnswer>(bytes),
        11 => travels::<Refusal>(bytes),
        12 => travels::<Change>(bytes),
        13 => travels::<Vec<Change>>(bytes),
        14 => travels::<Entry>(bytes),
        15 => travels::<SealedKeySet>(bytes),
        16 => travels::<KeySetBody>(bytes),
        17 => travels::<SnapshotPart>(bytes),
        18 => travels::<(Roots, KeySetFloor)>(bytes),
        19 => withdrawn(bytes),
        _ => beacons(bytes),
    }
}

fn travels<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    let Ok(read) = serde_json::from_slice::<T>(bytes) else { return };
    let written = serde_json::to_string(&read).expect("what was read is JSON");
    let again: T = serde_json::from_str(&written).expect("what was written is read");
    assert_eq!(serde_json::to_string(&again).expect("JSON"), written, "read as something else");
    assert!(written.len() <= 4 * bytes.len() + 512, "{} bytes became {}", bytes.len(), written.len());
}

fn signature_input(bytes: &[u8]) {
    let Some(header) = text(bytes) else { return };
    let Some(parameters) = Parameters::parse(header) else { return };
    let signed = http_signature::sign(&parameters, "POST", "/sync/v1/pull", b"{}", &keys::TERMINAL);
    assert_eq!(signed.signature_input, header, "two spellings of one header");
}

/// A signed request, over one part of which the input is laid as a mask, or in whose place it stands.
fn signed_request(bytes: &[u8]) {
    let Some((part, bytes)) = chosen(bytes, 7) else { return };
    let header = r#"sig1=("@method" "@path" "content-digest");created=1795363200;nonce="AAAAAAAAAAAAAAAAAAAAAA";keyid="7";alg="ed25519";tag="campus-gate""#;
    let parameters = Parameters::parse(header).expect("of this profile");
    let good = http_signature::sign(&parameters, METHOD, PATH, BODY, &keys::TERMINAL);
    let (mut method, mut path, mut body, mut headers) =
        (METHOD.to_owned(), PATH.to_owned(), BODY.to_vec(), good.clone());
    let Some(word) = text(bytes) else { return };
    // What an HTTP parser lets through.
    let is_token = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
    match part {
        0 if is_token => method = word.to_owned(),
        1 if is_token => path = word.to_owned(),
        2 => body = bytes.to_vec(),
        3 => headers.content_digest = word.to_owned(),
        4 => headers.signature = word.to_owned(),
        5 => headers.signature = masked(&good.signature, bytes),
        6 => headers.content_digest = masked(&good.content_digest, bytes),
        _ => return,
    }
    let same = (method.as_str(), path.as_str(), body.as_slice(), &headers) == (METHOD, PATH, BODY, &good);
    let public = PublicKey::of(&keys::TERMINAL);
    let holds =
        |headers: &SignatureHeaders| http_signature::verifies(&parameters, headers, &method, &path, &body, &public);
    assert_eq!(holds(&headers), same, "altered and believed, or not and refused");
}

const METHOD: &str = "POST";
const PATH: &str = "/sync/v1/push";
const BODY: &[u8] = b"{}";

fn masked(text: &str, mask: &[u8]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask & 0x7f);
    String::from_utf8(bytes).expect("ASCII stays ASCII")
}

/// A chain of whatever bodies there are, one of which is then altered, dropped, doubled or moved.
fn feed(bytes: &[u8]) {
    let Some((&how, bytes)) = bytes.split_first() else { return };
    let Some((&at, bytes)) = bytes.split_first() else { return };
    let bodies =
        bytes.split(|byte| *byte == b'\n').filter_map(|body| serde_json::from_slice::<Box<RawValue>>(body).ok());
    let links: Vec<Link> = bodies.zip(1..).map(|(body, seq)| Link { seq, body }).collect();
    if links.is_empty() {
        return;
    }
    let name = ChainName::Feed { campus: CampusId::new(1), epoch: 1 };
    let follow = |links: &[Link]| links.iter().try_fold(Head::START, |head, link| head.follow(name, link));
    let head = follow(&links).expect("numbered without a gap");
    let beacon = Beacon {
        campus: CampusId::new(1),
        epoch: 1,
        head,
        latest: head.seq,
        server_time: Moment::from_unix_s(0),
        valid_for_s: 300,
        key_set: 1,
    };
    assert_eq!(prove(Head::START, 0, &links, &beacon), Ok(head));
    let (mut other, at) = (links.clone(), usize::from(at) % links.len());
    match how % 5 {
        0 => drop(other.remove(at)),
        1 => other.insert(at, other[at].clone()),
        2 => other[at].seq = other[at].seq.wrapping_add(u64::from(how)),
        3 => {
            other[at].body =
                RawValue::from_string(format!(" {}", links[at].body)).unwrap_or_else(|_| links[at].body.clone())
        }
        _ => {
            let to = usize::from(how) % other.len();
            let (one, two) = (other[at].body.clone(), other[to].body.clone());
            (other[at].body, other[to].body) = (two, one);
        }
    }
    let same = serde_json::to_string(&other).expect("JSON") == serde_json::to_string(&links).expect("JSON");
    assert_eq!(prove(Head::START, 0, &other, &beacon).is_ok(), same, "altered and believed, or not and refused");
    assert!(prove(head, 2, &links, &beacon).is_err(), "an older numbering was followed");
}

fn beacons(bytes: &[u8]) {
    travels::<Beacon>(bytes);
    travels::<SnapshotHead>(bytes);
    travels::<EntryHead>(bytes);
    travels::<Cursor>(bytes);
    if let Ok(head) = serde_json::from_slice::<SnapshotHead>(bytes) {
        for part in 0..3 {
            assert!(head.after(part).is_none_or(|place| place.part == part + 1 && place.seq == head.head.seq));
        }
        assert!(!head.proves(0, "nobody hashed this"));
    }
    if let Ok(beacon) = serde_json::from_slice::<Beacon>(bytes) {
        let fresh = |now: Moment| Freshness::of(Some(beacon.server_time), beacon.valid_for_s, now);
        assert_eq!(fresh(beacon.server_time), Freshness::Fresh);
        let _far = fresh(Moment::from_unix_ms(i64::MAX));
        let moved = prove(beacon.head, beacon.epoch, &[], &beacon);
        assert_eq!(moved.is_ok(), beacon.latest >= beacon.head.seq);
    }
    assert_eq!(mark(part_hash(&String::from_utf8_lossy(bytes))).len(), 8);
}

/// Nobody signed it, so nobody is withdrawn by it.
fn withdrawn(bytes: &[u8]) {
    travels::<Proof>(bytes);
    let Ok(proof) = serde_json::from_slice::<Proof>(bytes) else { return };
    let roots = Roots::from(&PublicKey::of(&keys::TERMINAL));
    assert!(proof.open(&roots, &KeySetFloor::default()).is_err(), "believed by roots that signed nothing");
}
