//! Entries as terminals push them: once, in order, and what does not fit set aside.

mod bounds;
mod one_pass;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use serde_json::value::RawValue;
use shared::{
    entry::{GuardReason, PaperCase, Remark, Said},
    ids::GateIndex,
    seal::{PublicKey, Sealed},
    sync::{
        enrol::InviteCode,
        push::{EntryHead, PUSH_BATCH},
    },
    verdict::{RefuseReason, Verdict},
};

use super::*;
use crate::{
    office::{Choice, Revision},
    store::{
        office_days::{CAMPUS, Office, form, today},
        telling::{KNOWN_A_DAY, UNKNOWN_A_DAY},
    },
};

/// A terminal's side of the conversation.
struct Gate {
    id: TerminalId,
    key: SigningKey,
    links: Vec<Link>,
}

impl Gate {
    async fn enrol(office: &Office, seed: u8) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let code = InviteCode::from_random([seed; 10]);
        let soon = office.now.plus(TimeDelta::minutes(1));
        office.store.invite(CAMPUS, GateIndex::new(1).unwrap(), &code, soon, office.now).await.unwrap();
        let terminal = office.store.enrol(&code, PublicKey::of(&key), office.now).await.unwrap().unwrap();
        Self { id: terminal.id, key, links: Vec::new() }
    }

    fn write(&mut self, body: &str) {
        let seq = self.links.len() as u64 + 1;
        self.links.push(Link { seq, body: RawValue::from_string(body.to_owned()).unwrap() });
    }

    fn saw(&mut self, entry: &Entry) {
        self.write(&serde_json::to_string(entry).unwrap());
    }

    fn head(&self, seq: usize) -> Head {
        let name = ChainName::Entries { terminal: self.id };
        self.links[..seq].iter().fold(Head::START, |head, link| head.extend(name, link.body.get()))
    }

    fn request(&self, links: std::ops::Range<usize>) -> PushRequest {
        let head = EntryHead { terminal: self.id, head: self.head(links.end) };
        let head = Sealed::seal(&head, None, &self.key).unwrap();
        let marks = links.clone().map(|link| mark(self.head(link + 1).hash)).collect();
        PushRequest { terminal: self.id, links: self.links[links].to_vec(), head, marks }
    }

    async fn push(&self, office: &Office, links: std::ops::Range<usize>) -> Result<Head, Refusal> {
        office.store.push(self.id, &self.request(links), office.now).await.unwrap()
    }
}

fn entry(at: Moment, direction: Direction, pass: u8) -> Entry {
    Entry {
        at,
        clock_trusted: true,
        gate: GateIndex::new(1).unwrap(),
        direction,
        said: Said {
            verdict: Verdict::Admit,
            pass: Some(PassId::from_bytes([pass; 8])),
            name: None,
            foreign_code: None,
            paper: None,
        },
        outcome: Outcome::Passed,
        party: 1,
    }
}

/// What the other gates hear of a terminal's first entry.
fn first_moved(gate: &Gate, entry: &Entry, party: u8) -> Change {
    let (pass, id) = (entry.said.pass.unwrap(), EntryId { terminal: gate.id, seq: 1 });
    let Entry { direction, at, gate, .. } = *entry;
    Change::PassMoved { pass, direction, at, gate, entry: id, party: Some(party) }
}

fn minutes(office: &Office, minute: i64) -> Moment {
    office.now.plus(TimeDelta::minutes(minute))
}

fn gone_in(office: &Office, minute: usize) -> Entry {
    entry(minutes(office, i64::try_from(minute).unwrap()), Direction::In, 1)
}

/// What a gate that lies writes: `many` entries by one pass, each by its number among them.
fn flood(gate: &mut Gate, many: usize, each: impl Fn(usize) -> Entry) {
    for number in 0..many {
        gate.saw(&each(number));
    }
}

#[tokio::test]
async fn a_push_is_kept_once_however_often_it_comes() {
    let office = Office::open();
    let mut gate = Gate::enrol(&office, 1).await;
    for minute in 0..5 {
        gate.saw(&entry(minutes(&office, minute), Direction::In, u8::try_from(minute).unwrap()));
    }
    assert_eq!(gate.push(&office, 0..3).await, Ok(gate.head(3)));
    // The answer was lost: the same again, then a batch that overlaps, then nothing new at all.
    assert_eq!(gate.push(&office, 0..3).await, Ok(gate.head(3)));
    assert_eq!(gate.push(&office, 1..2).await, Ok(gate.head(2)));
    assert_eq!(gate.push(&office, 1..5).await, Ok(gate.head(5)));
    assert_eq!(gate.push(&office, 5..5).await, Ok(gate.head(5)));
    assert_eq!(gate.push(&office, 0..0).await, Ok(Head::START));
    let rows = office.store.entries(EntryFilter::default()).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(rows[0].entry, Ok(entry(office.now, Direction::In, 0)));
    assert_eq!(office.store.terminal(gate.id).await.unwrap().unwrap().head, gate.head(5));
    assert_eq!(office.look("select count(*) from feed"), 5);
    assert_eq!(office.changes().await[0], first_moved(&gate, &entry(office.now, Direction::In, 0), 1));
}

#[tokio::test]
async fn a_push_that_waited_while_its_terminal_was_withdrawn_is_not_taken() {
    let office = Office::open();
    let mut gate = Gate::enrol(&office, 1).await;
    gate.saw(&entry(office.now, Direction::In, 1));
    gate.saw(&entry(minutes(&office, 1), Direction::In, 1));
    gate.push(&office, 0..1).await.unwrap();
    office.store.withdraw(gate.id, office.now).await.unwrap();
    for links in [1..2, 0..2, 0..1] {
        assert_eq!(gate.push(&office, links).await, Err(Refusal::Withdrawn { proof: None }));
    }
    assert_eq!((office.look("select count(*) from entry"), office.look("select count(*) from feed")), (1, 1));
}

#[tokio::test]
async fn a_head_that_was_signed_for_another_terminal_keeps_nothing() {
    let office = Office::open();
    let mut gate = Gate::enrol(&office, 1).await;
    gate.saw(&entry(office.now, Direction::In, 1));
    let (own, other) = (gate.request(0..1), TerminalId::new(gate.id.get() + 1));
    let head = Sealed::seal(&EntryHead { terminal: other, head: gate.head(1) }, None, &gate.key).unwrap();
    for wrong in [PushRequest { head, ..own.clone() }, PushRequest { terminal: other, ..own.clone() }] {
        assert_eq!(office.store.push(gate.id, &wrong, office.now).await.unwrap(), Err(Refusal::Head));
    }
    assert_eq!(office.look("select count(*) from entry"), 0);
    assert_eq!(office.store.push(gate.id, &own, office.now).await.unwrap(), Ok(gate.head(1)));
}

#[tokio::test]
async fn a_head_that_the_links_do_not_lead_to_is_told_for_what_it_is() {
    let office = Office::open();
    let mut gate = Gate::enrol(&office, 1).await;
    for minute in 0..3 {
        gate.saw(&entry(minutes(&office, minute), Direction::In, 1));
    }
    gate.push(&office, 0..1).await.unwrap();
    let signed = |head| Sealed::seal(&EntryHead { terminal: gate.id, head }, None, &gate.key).unwrap();
    // Nothing new under another hash than the one that is held; then three, of which the last was left out.
    let other = Head { hash: gate.head(2).hash, ..gate.head(1) };
    let turned = PushRequest { head: signed(other), ..gate.request(1..1) };
    let cut = PushRequest { head: signed(gate.head(3)), ..gate.request(1..2) };
    for (request, refusal) in [(turned, Refusal::Head), (cut, Refusal::Gap { expected: 3 })] {
        assert_eq!(office.store.push(gate.id, &request, office.now).await.unwrap(), Err(refusal));
    }
    assert_eq!(office.look("select count(*) from entry"), 1);
}

#[tokio::test]
async fn a_correction_tells_the_gates_how_many_and_moves_nobody() {
    let office = Office::open();
    let mut gate = Gate::enrol(&office, 1).await;
    let went_in = entry(office.now, Direction::In, 1);
    let corrected = |of, pass: u8| Entry {
        at: minutes(&office, 1),
        outcome: Outcome::Corrected { entry: of },
        party: 4,
        ..entry(office.now, Direction::In, pass)
    };
    gate.saw(&went_in);
    gate.saw(&corrected(1, 1));
    // Of nothing that was written, of itself, and of another pass's entry.
    gate.saw(&corrected(77, 1));
    gate.saw(&corrected(4, 1));
    gate.saw(&corrected(1, 2));
    gate.push(&office, 0..5).await.unwrap();
    let moved = |party| first_moved(&gate, &went_in, party);
    assert_eq!(office.changes().await, [moved(1), moved(4)]);
    assert_eq!(office.store.conflicts().await.unwrap(), []);
    assert_eq!(office.look("select count(*) from entry where went_through"), 1);
}

#[tokio::test]
async fn whoever_was_stopped_after_the_light_is_inside_at_no_gate() {
    let office = Office::open();
    let mut gate = Gate::enrol(&office, 1).await;
    let sent_away = |minute, pass| Entry {
        outcome: Outcome::SentAway { reason: GuardReason::CardDiffers },
        party: 0,
        ..entry(minutes(&office, minute), Direction::In, pass)
    };
    let went_in = entry(office.now, Direction::In, 1);
    gate.saw(&went_in);
    // Of another pass; then the same person; an hour later somebody with a copy.
    gate.saw(&sent_away(0, 2));
    gate.saw(&sent_away(0, 1));
    gate.saw(&sent_away(60, 1));
    gate.push(&office, 0..4).await.unwrap();
    let moved = |party| first_moved(&gate, &went_in, party);
    assert_eq!(office.changes().await, [moved(1), moved(0)]);
}

#[tokio::test]
async fn a_paper_case_is_an_entry_without_a_pass() {
    let office = Office::open();
    let mut gate = Gate::enrol(&office, 1).await;
    let paper = PaperCase {
        visitor: shared::identity::PersonName::parse("古丽·买买提").unwrap(),
        phone_tail: "0102".to_owned(),
        host: Remark::parse("后勤").unwrap(),
        reason: Remark::parse("抢修").unwrap(),
        plates: Vec::new(),
    };
    let taken_down = entry(office.now, Direction::In, 1);
    let said = Said { pass: None, paper: Some(Box::new(paper)), ..taken_down.said.clone() };
    let taken_down = Entry { said, ..taken_down };
    gate.saw(&taken_down);
    gate.push(&office, 0..1).await.unwrap();
    let rows = office.store.entries(EntryFilter::default()).await.unwrap();
    assert_eq!(rows[0].entry, Ok(taken_down));
    assert_eq!(office.look("select count(*) from feed"), 0);
}

#[tokio::test]
async fn gaps_forks_and_false_heads_are_refused_and_leave_no_trace() {
    let office = Office::open();
    let mut gate = Gate::enrol(&office, 1).await;
    for minute in 0..6 {
        gate.saw(&entry(minutes(&office, minute), Direction::In, 1));
    }
    gate.push(&office, 0..2).await.unwrap();
    assert_eq!(gate.push(&office, 3..5).await, Err(Refusal::Gap { expected: 3 }));
    let mut holed = gate.request(2..5);
    holed.links.remove(1);
    let push = async |request: &PushRequest| office.store.push(gate.id, request, office.now).await.unwrap();
    assert_eq!(push(&holed).await, Err(Refusal::Gap { expected: 4 }));
    let mut forked = gate.request(0..3);
    forked.links[1].body = RawValue::from_string("{}".to_owned()).unwrap();
    assert_eq!(push(&forked).await, Err(Refusal::Fork { seq: 2 }));
    let mut altered = gate.request(2..5);
    altered.links[2].body = RawValue::from_string("{}".to_owned()).unwrap();
    assert_eq!(push(&altered).await, Err(Refusal::Altered { seq: 5 }));
    altered.marks.clear();
    assert_eq!(push(&altered).await, Err(Refusal::Head), "without marks nobody can say where");
    let mut other_head = gate.request(2..5);
    other_head.head = gate.request(2..4).head;
    assert_eq!(push(&other_head).await, Err(Refusal::Altered { seq: 5 }));
    let stranger = Gate { id: gate.id, key: SigningKey::from_bytes(&[9; 32]), links: gate.links.clone() };
    assert_eq!(stranger.push(&office, 2..5).await, Err(Refusal::Head));
    let absent = Gate { id: TerminalId::new(77), key: SigningKey::from_bytes(&[9; 32]), links: Vec::new() };
    assert_eq!(absent.push(&office, 0..0).await, Err(Refusal::Unauthenticated));
    assert_eq!(office.look("select count(*) from entry"), 2);
    let faults = office.store.push_faults().await.unwrap();
    let told: Vec<_> = faults.iter().map(|fault| (fault.what.as_str(), fault.seq, fault.times)).collect();
    assert_eq!(told, [("fork", 2, 1), ("altered", 5, 2), ("head", 5, 2)], "but that they were is told");
    assert_eq!(gate.push(&office, 2..6).await, Ok(gate.head(6)));
}

#[tokio::test]
async fn a_line_nobody_can_read_is_set_apart_and_holds_nothing_up() {
    let office = Office::open();
    let mut gate = Gate::enrol(&office, 1).await;
    gate.saw(&entry(office.now, Direction::In, 1));
    gate.write(r#"{"at":1,"direction":"11010519491231002X"}"#);
    gate.saw(&entry(minutes(&office, 1), Direction::Out, 1));
    assert_eq!(gate.push(&office, 0..3).await, Ok(gate.head(3)));
    let rows = office.store.entries(EntryFilter::default()).await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.entry.is_err()).map(|row| row.id.seq).collect::<Vec<_>>(), [2]);
    assert_eq!(rows.iter().find_map(|row| row.entry.as_ref().err()).unwrap(), "not an entry, at column 40");
    assert_eq!(office.look("select count(*) from poison where why not like '%1949%'"), 1);
    assert_eq!(office.look("select count(*) from feed"), 2);
}

#[tokio::test]
async fn a_line_longer_than_any_entry_is_not_read() {
    let office = Office::open();
    let mut gate = Gate::enrol(&office, 1).await;
    let plain = serde_json::to_string(&entry(office.now, Direction::In, 1)).unwrap();
    for length in [LONGEST_ENTRY, LONGEST_ENTRY + 1] {
        gate.write(&plain.replacen('{', &format!("{{{}", " ".repeat(length - plain.len())), 1));
    }
    assert_eq!(gate.push(&office, 0..2).await, Ok(gate.head(2)));
    let rows = office.store.entries(EntryFilter::default()).await.unwrap();
    let unread: Vec<_> = rows.iter().filter_map(|row| Some((row.id.seq, row.entry.as_ref().err()?.as_str()))).collect();
    assert_eq!(unread, [(2, "longer than 4096 bytes")]);
    assert_eq!(office.look("select count(*) from feed"), 1);
}

#[tokio::test]
async fn who_did_not_go_through_moves_nothing() {
    let office = Office::open();
    let mut gate = Gate::enrol(&office, 1).await;
    let refused = Entry {
        outcome: Outcome::Refused,
        party: 0,
        said: Said { verdict: Verdict::Refuse(RefuseReason::Revoked), ..entry(office.now, Direction::In, 1).said },
        ..entry(office.now, Direction::In, 1)
    };
    gate.saw(&refused);
    gate.push(&office, 0..1).await.unwrap();
    assert_eq!(office.look("select count(*) from feed"), 0);
    assert_eq!(office.store.entries(EntryFilter::default()).await.unwrap()[0].entry, Ok(refused));
}

#[tokio::test]
async fn where_a_pass_went_is_told_while_its_day_lasts() {
    let office = Office::with_host().await;
    let (_, links) = office.submit(&form(), 1).await;
    let decided = Choice::Approve.on(Revision::FIRST);
    office.store.decide(&links.sms, decided, office.issuing(1), office.now).await.unwrap();
    let mut gate = Gate::enrol(&office, 1).await;
    gate.saw(&entry(minutes(&office, 1), Direction::In, 1));
    gate.saw(&entry(minutes(&office, 2), Direction::Out, 1));
    let moved = "select count(*) from feed where body like '%pass_moved%'";
    gate.push(&office, 0..1).await.unwrap();
    assert_eq!(office.look(moved), 1);
    office.store.push(gate.id, &gate.request(1..2), today().end()).await.unwrap().unwrap();
    assert_eq!((office.look(moved), office.look("select count(*) from entry")), (1, 2), "a day later no gate needs it");
}

#[tokio::test]
async fn entries_are_found_by_day_terminal_and_pass() {
    let office = Office::open();
    let (mut south, mut north) = (Gate::enrol(&office, 1).await, Gate::enrol(&office, 2).await);
    south.saw(&entry(office.now, Direction::In, 1));
    south.saw(&entry(office.now.plus(TimeDelta::days(1)), Direction::In, 2));
    north.saw(&entry(minutes(&office, 1), Direction::In, 3));
    south.push(&office, 0..2).await.unwrap();
    north.push(&office, 0..1).await.unwrap();
    let count = async |filter| office.store.entries(filter).await.unwrap().len();
    assert_eq!(count(EntryFilter { day: Some(CampusDay::of(office.now)), ..EntryFilter::default() }).await, 2);
    assert_eq!(count(EntryFilter { terminal: Some(south.id), ..EntryFilter::default() }).await, 2);
    assert_eq!(count(EntryFilter { pass: Some(PassId::from_bytes([3; 8])), ..EntryFilter::default() }).await, 1);
    let newest = office.store.entries(EntryFilter { limit: Some(1), ..EntryFilter::default() }).await.unwrap();
    assert_eq!(newest[0].id, EntryId { terminal: south.id, seq: 2 });
}
