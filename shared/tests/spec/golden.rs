//! Golden files: every wire format, written down once and compared ever after.
//!
//! A change that alters one of these bytes breaks deployed terminals; it needs a new suite, label or path, not a new golden
//! file. To write files for a *new* format, run with `UPDATE_GOLDEN=1` and read what it wrote.

use std::{fs, path::PathBuf};

use serde_json::{Value, json, value::RawValue};
use shared::{
    chain::{ChainName, Head, Link},
    entry::{Direction, Entry, EntryId, GuardReason, Outcome, PaperCase, Remark, Said},
    identity::{Document, DocumentKind, DocumentTag, MaskedName, PersonName, Phone, Plate},
    ids::{CampusId, GateIndex, GateMask, PassId, TerminalId},
    pass::{Claims, EntriesAllowed, KeySetFloor, PartySize, Roots, ShortCode, keyset::KeySetBody},
    seal::{PublicKey, Sealable, Sealed},
    sync::{
        Refusal,
        beacon::Beacon,
        change::{Change, PassRecord, PlaceGate, Places, WalkInOutcome},
        enrol::{EnrolAnswer, EnrolClaim, EnrolRequest, InviteCode},
        http_signature::{self, Nonce, Parameters},
        pull::{Cursor, PullAnswer, PullRequest},
        push::{EntryHead, EntryReceipt, PushAnswer, PushRequest},
        walk_in::{WalkInAnswer, WalkInFault, WalkInNumber, WalkInRequest},
        withdrawal::{Proof, Withdrawal},
    },
    verdict::{AskReason, RefuseReason, Verdict},
};

use crate::campus;

const TERMINAL: TerminalId = TerminalId::new(7);

#[test]
fn passes() {
    let vector = |what: &str, claims: &Claims| {
        let sealed = campus::signer().seal(claims);
        let hex: String = sealed.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        json!({
            "what": what,
            "pass": claims.pass,
            "from": claims.validity.from(),
            "until": claims.validity.until(),
            "name": claims.name,
            "last_four": claims.last_four.to_string(),
            "bytes": hex,
            "text": sealed.text().as_str(),
        })
    };
    compare(
        "pass-v1",
        &json!({
            "secret_key": "02 repeated 32 times",
            "public_key": PublicKey::of(&campus::pass_key()),
            "key_id": campus::PASS_KEY,
            "passes": [vector("a party of three by car", &campus::greatest()), vector("the smallest", &campus::smallest())],
        }),
    );
}

#[test]
fn signed_objects() {
    compare("key-set", &json!(campus::sealed_key_set(&campus::key_set_body())));
    compare("beacon", &json!(sealed(&beacon(Head::START), Some(campus::BEACON_KEY), &campus::beacon_key())));
    let head = EntryHead { terminal: TERMINAL, head: entry_chain().1 };
    compare("entry-head", &json!(sealed(&head, None, &campus::terminal_key())));
    compare("entry-receipt", &json!(receipt()));
}

#[test]
fn changes_and_their_chain() {
    let name = ChainName::Feed { campus: CampusId::new(1), epoch: 1 };
    let mut head = Head::START;
    let lines: Vec<Value> = changes()
        .iter()
        .map(|change| {
            head = head.extend(name, &serde_json::to_string(change).unwrap());
            let read: Change = serde_json::from_str(&serde_json::to_string(change).unwrap()).unwrap();
            assert_eq!(&read, change);
            json!({"seq": head.seq, "hash": head.hash, "body": exact(change)})
        })
        .collect();
    compare("feed", &json!(lines));
}

#[test]
fn entries_and_their_chain() {
    let (links, head) = entry_chain();
    for (link, entry) in links.iter().zip(entries()) {
        assert_eq!(serde_json::from_str::<Entry>(link.body.get()).unwrap(), entry);
    }
    let bodies: Vec<&str> = links.iter().map(|link| link.body.get()).collect();
    compare("entries", &json!({"bodies": bodies, "head": head}));
}

#[test]
fn the_conversation() {
    let code = InviteCode::from_random([5; 10]);
    let public = PublicKey::of(&campus::terminal_key());
    let claim = sealed(&EnrolClaim { code, public }, None, &campus::terminal_key());
    let (links, head) = entry_chain();
    let feed: Vec<Link> = changes()
        .iter()
        .zip(1..)
        .map(|(change, seq)| Link { seq, body: RawValue::from_string(serde_json::to_string(change).unwrap()).unwrap() })
        .collect();
    let name = ChainName::Feed { campus: CampusId::new(1), epoch: 1 };
    let feed_head = feed.iter().fold(Head::START, |head, link| head.follow(name, link).unwrap());
    let pull = PullAnswer {
        key_set: Some(campus::sealed_key_set(&campus::key_set_body())),
        links: feed,
        snapshot: None,
        beacon: sealed(&beacon(feed_head), Some(campus::BEACON_KEY), &campus::beacon_key()),
    };
    let head = sealed(&EntryHead { terminal: TERMINAL, head }, None, &campus::terminal_key());
    let enrolled = EnrolAnswer {
        terminal: TERMINAL,
        campus: CampusId::new(1),
        gate: gate(0),
        root: PublicKey::of(&campus::root()),
        spare: None,
        server_time: campus::now(),
    };
    let refusals = [
        Refusal::Code,
        Refusal::Malformed,
        Refusal::Unauthenticated,
        Refusal::Withdrawn { proof: None },
        Refusal::Replayed,
        Refusal::Clock { server_time: campus::now() },
        Refusal::CursorAhead,
        Refusal::Fork { seq: 3 },
        Refusal::Gap { expected: 4 },
        Refusal::Head,
    ];
    compare(
        "conversation",
        &json!({
            "enrol": [exact(&EnrolRequest { public, claim }), exact(&enrolled)],
            "pull": [
                exact(&PullRequest { terminal: TERMINAL, cursor: Cursor::START, key_set: 0, wait_s: 25, snapshot: None, ails: Vec::new() }),
                exact(&pull),
            ],
            "push": [exact(&PushRequest { terminal: TERMINAL, links, head, marks: String::new() }), exact(&PushAnswer { receipt: receipt() })],
            "refusals": refusals.iter().map(exact).collect::<Vec<_>>(),
        }),
    );
}

#[test]
fn a_signed_request() {
    let parameters = Parameters {
        created_s: campus::now().unix_s(),
        nonce: Nonce::from_random(*b"0123456789abcdef"),
        terminal: TERMINAL,
    };
    let headers = http_signature::sign(&parameters, "POST", "/sync/v1/pull", b"{}", &campus::terminal_key());
    compare(
        "http-signature",
        &json!({
            "request": "POST /sync/v1/pull with the body {}",
            "public_key": PublicKey::of(&campus::terminal_key()),
            "content-digest": headers.content_digest,
            "signature-input": headers.signature_input,
            "signature": headers.signature,
        }),
    );
}

#[test]
fn the_document_tag() {
    let document = Document::parse(DocumentKind::ResidentId, "11010519491231002X", campus::day().date()).unwrap();
    let tag = DocumentTag::of(&document, CampusId::new(1), campus::day()).unwrap();
    assert_ne!(Some(tag), DocumentTag::of(&document, CampusId::new(2), campus::day()));
    assert_ne!(Some(tag), DocumentTag::of(&document, CampusId::new(1), campus::day().plus_days(1)));
    compare("document-tag", &json!({"number": "11010519491231002X", "campus": 1, "day": campus::day(), "tag": tag}));
}

/// What came after the first formats, in files of its own: those that are deployed do not change.
#[test]
fn since_terminals_find_count_and_ask_hosts() {
    let pass = campus::greatest().pass;
    let said = |verdict, pass: Option<PassId>| Said {
        verdict,
        pass,
        name: pass.map(|_| MaskedName::parse("欧*娜").unwrap()),
        foreign_code: None,
        paper: None,
    };
    let entry = |said, outcome, party| Entry {
        at: campus::now(),
        clock_trusted: true,
        gate: gate(0),
        direction: Direction::In,
        said,
        outcome,
        party,
    };
    let found = Verdict::Ask(AskReason::FoundOnList);
    let paper = PaperCase {
        visitor: PersonName::parse("古丽·买买提").unwrap(),
        phone_tail: "0102".into(),
        host: Remark::parse("后勤王师傅").unwrap(),
        reason: Remark::parse("抢修水管").unwrap(),
        plates: vec![Plate::parse("陕A12345").unwrap()],
    };
    let paper = Said { paper: Some(Box::new(paper)), ..said(Verdict::Ask(AskReason::NoBooking), None) };
    let agreed = Outcome::LetIn { reason: GuardReason::OfficerAgreed };
    let entries = [
        entry(said(found.clone(), Some(pass)), Outcome::LetIn { reason: GuardReason::CardChecked }, 3),
        entry(said(found, Some(pass)), Outcome::Corrected { entry: 6 }, 2),
        entry(paper, agreed, 1),
    ];
    for entry in &entries {
        assert_eq!(&serde_json::from_str::<Entry>(&exact(entry)).unwrap(), entry);
    }
    let number = WalkInNumber::new(1_795_392_000_000);
    let decided = |outcome| Change::WalkInDecided { terminal: TERMINAL, number, outcome };
    let moved = Change::PassMoved {
        pass,
        direction: Direction::In,
        at: campus::now(),
        gate: gate(0),
        entry: EntryId { terminal: TERMINAL, seq: 6 },
        party: Some(2),
    };
    let changes = [moved, decided(WalkInOutcome::Approved { pass }), decided(WalkInOutcome::Declined)];
    for change in &changes {
        assert_eq!(&serde_json::from_str::<Change>(&exact(change)).unwrap(), change);
    }
    compare(
        "since-2026-11",
        &json!({
            "short_code": {"pass": pass, "code": ShortCode::of(pass).to_string()},
            "entries": entries.iter().map(exact).collect::<Vec<_>>(),
            "changes": changes.iter().map(exact).collect::<Vec<_>>(),
            "walk_in": walk_ins(number),
        }),
    );
}

/// A spare root, and the office's word that a terminal is withdrawn.
#[test]
fn since_there_is_a_spare_root() {
    let body = KeySetBody {
        number: 2,
        roots: Some(campus::roots()),
        retired: vec![PublicKey::of(&campus::terminal_key())],
        ..campus::key_set_body()
    };
    let enrolled = EnrolAnswer {
        terminal: TERMINAL,
        campus: CampusId::new(1),
        gate: gate(0),
        root: campus::roots().root,
        spare: campus::roots().spare,
        server_time: campus::now(),
    };
    let withdrawal = Withdrawal { terminal: TERMINAL, since: campus::day().start(), at: campus::now() };
    let proof = Proof {
        withdrawal: sealed(&withdrawal, Some(campus::BEACON_KEY), &campus::beacon_key()),
        key_set: campus::sealed_key_set(&body),
    };
    let floor = |number| KeySetFloor { number, ..KeySetFloor::default() };
    assert_eq!(proof.open(&campus::roots(), &floor(2)).unwrap(), withdrawal);
    assert!(proof.open(&campus::roots(), &floor(3)).is_err(), "an old set proves nothing");
    assert!(proof.open(&Roots::from(&PublicKey::of(&campus::spare())), &floor(0)).is_err(), "nor a stranger's");
    let refusals = [Refusal::Withdrawn { proof: Some(Box::new(proof)) }, Refusal::SetAside { through: 9 }];
    for refusal in &refusals {
        assert_eq!(&serde_json::from_str::<Refusal>(&exact(refusal)).unwrap(), refusal);
    }
    compare(
        "since-2026-12",
        &json!({
            "key_set": campus::sealed_key_set(&body),
            "roots": {"roots": campus::roots(), "fingerprint": campus::roots().fingerprint()},
            "enrolled": exact(&enrolled),
            "refusals": refusals.iter().map(exact).collect::<Vec<_>>(),
        }),
    );
}

fn walk_ins(number: WalkInNumber) -> Vec<String> {
    let request = WalkInRequest {
        terminal: TERMINAL,
        number,
        visitor: PersonName::parse("欧阳娜").unwrap(),
        document: Document::parse(DocumentKind::ResidentId, "11010519491231002X", campus::day().date()).unwrap(),
        phone: Phone::parse("13800130000").unwrap(),
        host: "T2001".into(),
        reason: "送样品".into(),
        party: PartySize::new(2).unwrap(),
        plates: vec![Plate::parse("陕A12345").unwrap()],
    };
    assert_eq!(serde_json::from_str::<WalkInRequest>(&exact(&request)).unwrap(), request);
    let answers = [
        WalkInAnswer::Accepted,
        WalkInAnswer::HostUnknown,
        WalkInAnswer::NotAllowed { why: vec![WalkInFault::OutsideHours, WalkInFault::DocumentElsewhere] },
        WalkInAnswer::Limited { retry_at: campus::now() },
    ];
    [exact(&request)].into_iter().chain(answers.iter().map(exact)).collect()
}

/// The text as it travels: the order of its fields is part of what is hashed and signed.
fn exact(message: &impl serde::Serialize) -> String {
    serde_json::to_string(message).unwrap()
}

fn gate(index: u8) -> GateIndex {
    GateIndex::new(index).unwrap()
}

fn sealed<T: Sealable>(object: &T, key: Option<shared::ids::KeyId>, signer: &ed25519_dalek::SigningKey) -> Sealed<T> {
    Sealed::seal(object, key, signer).unwrap()
}

fn receipt() -> Sealed<EntryReceipt> {
    let receipt = EntryReceipt { terminal: TERMINAL, head: entry_chain().1, at: campus::now() };
    sealed(&receipt, Some(campus::BEACON_KEY), &campus::beacon_key())
}

fn beacon(head: Head) -> Beacon {
    Beacon {
        campus: CampusId::new(1),
        epoch: 1,
        head,
        latest: head.seq,
        server_time: campus::now(),
        valid_for_s: 300,
        key_set: 1,
    }
}

fn changes() -> Vec<Change> {
    let pass = campus::greatest().pass;
    let document = Document::parse(DocumentKind::ResidentId, "11010519491231002X", campus::day().date()).unwrap();
    let name = |text| PersonName::parse(text).unwrap();
    vec![
        Change::Places(Places {
            campus: CampusId::new(1),
            campus_name: "长安校区".into(),
            campus_name_en: "Chang'an Campus".into(),
            gates: vec![PlaceGate { gate: gate(0), name: "南门".into(), name_en: "South Gate".into() }],
            others: vec![(CampusId::new(2), "雁塔校区".into())],
        }),
        Change::PassIssued(
            PassRecord {
                pass,
                day: campus::day(),
                visit_from: campus::day().at_minute(9 * 60),
                visit_until: campus::day().at_minute(11 * 60),
                visitor: name("欧阳娜"),
                phone_tail: "0000".into(),
                document: DocumentKind::ResidentId,
                last_four: document.last_four(),
                document_tag: DocumentTag::of(&document, CampusId::new(1), campus::day()).unwrap(),
                companions: vec![name("𬭎䶮"), name("阿依古丽·买买提")],
                plates: vec!["陕AD12345".into()],
                party: PartySize::new(3).unwrap(),
                entries: EntriesAllowed::ONE,
                gates: GateMask::EVERY,
                host: name("王老师"),
                department: "计算机学院".into(),
                reason: "学术交流".into(),
            }
            .into(),
        ),
        Change::PassMoved {
            pass,
            direction: Direction::In,
            at: campus::now(),
            gate: gate(0),
            entry: EntryId { terminal: TERMINAL, seq: 1 },
            party: None,
        },
        Change::PassWatched { pass, watched: true },
        Change::PassRevoked { pass, at: campus::now() },
    ]
}

fn entries() -> Vec<Entry> {
    let said = |verdict, pass: Option<PassId>| Said {
        verdict,
        pass,
        name: pass.map(|_| MaskedName::parse("欧*娜").unwrap()),
        foreign_code: pass.is_none().then(|| "00112233445566ff".into()),
        paper: None,
    };
    let entry = |said, outcome: Outcome, party| Entry {
        at: campus::now(),
        clock_trusted: true,
        gate: gate(0),
        direction: Direction::In,
        said,
        outcome,
        party,
    };
    let pass = Some(campus::greatest().pass);
    let inside = RefuseReason::Inside { since: campus::now(), gate: gate(0) };
    vec![
        entry(said(Verdict::Admit, pass), Outcome::Passed, 3),
        entry(said(Verdict::Refuse(inside.clone()), pass), Outcome::Refused, 0),
        entry(said(Verdict::Refuse(RefuseReason::NotOurs), None), Outcome::Refused, 0),
        entry(
            said(Verdict::Ask(AskReason::NewsStale { since: campus::now() }), pass),
            Outcome::LetIn { reason: GuardReason::CardChecked },
            3,
        ),
        entry(
            said(Verdict::Ask(AskReason::LeavingWith { instead: inside }), pass),
            Outcome::SentAway { reason: GuardReason::Other { text: Remark::parse("证件不符").unwrap() } },
            0,
        ),
    ]
}

fn entry_chain() -> (Vec<Link>, Head) {
    let name = ChainName::Entries { terminal: TERMINAL };
    let mut head = Head::START;
    let links = entries()
        .iter()
        .map(|entry| {
            let body = RawValue::from_string(serde_json::to_string(entry).unwrap()).unwrap();
            head = head.extend(name, body.get());
            Link { seq: head.seq, body }
        })
        .collect();
    (links, head)
}

fn compare(name: &str, value: &Value) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.json"));
    let text = format!("{}\n", serde_json::to_string_pretty(value).unwrap());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, text).unwrap();
        return;
    }
    let golden = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(text, golden, "{} differs: a deployed terminal would not understand this", path.display());
}
