//! The terminal without a window: what happens goes out as JSON lines, what a guard decides comes in as JSON lines.
//!
//! For demonstrations, tests, and gates that something else steers. The gate thread hands its news over a bounded channel and
//! never waits for whoever reads the lines.
//!
//! Out: `{"event":"ready"|"verdict"|"recorded"|"not_recorded"|"found"|"walk_in"|"news"|"receipt"|"alarm"|"link"|"camera", ..}`. A
//! verdict that needed an entry comes after the line of that entry, and names its `case`.
//!
//! In: `{"act":"let_in"|"send_away","case":7,"reason":{"why":"card_checked"}}`, `{"act":"hold"|"let_go"|"dismiss","case":7}`,
//! `{"act":"count","case":7,"party":3}`, `{"act":"way","way":"in"|"out"|"both"}` (or, as before there were both,
//! `{"act":"direction","direction":"out"}`), `{"act":"scanned","text":".."}`, `{"act":"find","query":"zxm"}`,
//! `{"act":"choose","pass":"0123456789abcdef"}`, `{"act":"ask_host","visitor":"..","phone":"..","document":"resident_id:..",
//! "host":"T2001","purpose":"..","party":1,"plates":[]}`, `{"act":"forget_walk_in","number":7}`, `{"act":"quit"}`. An act for a case
//! that is no longer on the screen does nothing.

use std::{
    io::{self, BufRead, Read as _, Write},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender},
    time::Duration,
};

use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    entry::{Direction, GuardReason, Way},
    identity::{Document, PersonName, Phone, Plate},
    ids::PassId,
};

use crate::{
    gate::{Alarm, FoundBy, Hit, Shown, WalkIn, WalkInStanding},
    ports::{CameraFault, CameraState, Observer, Told},
    ui::{
        command::Command,
        snapshot::{CaseNumber, Snapshot, WalkInForm, WalkInNumber},
        words::{Language, reason::Teller},
    },
};

/// Lines that may wait for a slow reader; a whole crowd's worth.
pub const LINES_WAITING: usize = 4_096;

/// What reaches the printing thread.
#[derive(Debug)]
pub enum Heard {
    Told(Told),
    Asked(Command),
    NotUnderstood(String),
    Quit,
}

/// The gate's end.
#[derive(Debug)]
pub struct Ear(pub SyncSender<Heard>);

impl Observer for Ear {
    fn hear(&mut self, told: &Told) {
        if self.0.try_send(Heard::Told(told.clone())).is_err() {
            tracing::error!("a line was dropped: nobody reads them, or the printer has ended");
        }
    }
}

/// What the printer needs of the gate.
pub trait Desk {
    fn snapshot(&self) -> Snapshot;

    /// `false` when the gate does not take it now.
    fn act(&self, command: Command) -> bool;

    fn is_running(&self) -> bool;
}

/// Prints until it is told to quit; an error means that the reader is gone or the gate has ended by itself.
pub fn print(desk: &impl Desk, heard: &Receiver<Heard>, out: &mut dyn Write) -> io::Result<()> {
    const LOOK_AFTER_THE_GATE: Duration = Duration::from_secs(1);
    let Snapshot { campus, gate, way, .. } = desk.snapshot();
    write_line(out, &json!({"event": "ready", "campus": campus, "gate": gate, "direction": way}))?;
    loop {
        match heard.recv_timeout(LOOK_AFTER_THE_GATE) {
            Ok(Heard::Told(told)) => write_line(out, &line(&told, &desk.snapshot()))?,
            Ok(Heard::Asked(command)) => {
                if !desk.act(command) {
                    if !desk.is_running() {
                        return Err(ended());
                    }
                    write_line(out, &json!({"event": "not_taken", "why": "the gate is busy"}))?;
                }
            }
            Ok(Heard::NotUnderstood(why)) => write_line(out, &json!({"event": "not_taken", "why": why}))?,
            Ok(Heard::Quit) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) if desk.is_running() => {}
            Err(RecvTimeoutError::Timeout) => return Err(ended()),
        }
    }
}

fn ended() -> io::Error {
    io::Error::other("the gate thread has ended")
}

/// Reads acts until the input ends, which ends nothing else: a service has no input.
/// What is no act, be it no text at all, is answered and read past.
pub fn listen(mut input: impl BufRead, heard: &SyncSender<Heard>) {
    let mut line = Vec::new();
    loop {
        line.clear();
        match input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line.trim_ascii().is_empty() => continue,
            Ok(_) => {}
        }
        let said =
            serde_json::from_slice(&line).map_or_else(|error| Heard::NotUnderstood(error.to_string()), Act::heard);
        if heard.send(said).is_err() {
            return;
        }
    }
}

/// No act is nearly as long; a longer line is read as several, none of them understood.
const LONGEST_LINE: u64 = 16 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", tag = "act")]
enum Act {
    LetIn { case: u64, reason: GuardReason },
    SendAway { case: u64, reason: GuardReason },
    Hold { case: u64 },
    LetGo { case: u64 },
    Dismiss { case: u64 },
    Direction { direction: Direction },
    Way { way: Way },
    Count { case: u64, party: u8 },
    Scanned { text: String },
    Find { query: String },
    Choose { pass: PassId },
    AskHost(Box<WalkInAct>),
    ForgetWalkIn { number: u64 },
    Quit,
}

#[derive(Deserialize)]
struct WalkInAct {
    visitor: PersonName,
    phone: Phone,
    document: Document,
    host: String,
    purpose: String,
    party: u8,
    #[serde(default)]
    plates: Vec<Plate>,
}

impl Act {
    fn heard(self) -> Heard {
        Heard::Asked(match self {
            Self::LetIn { case, reason } => Command::LetIn { case: CaseNumber::new(case), reason },
            Self::SendAway { case, reason } => Command::SendAway { case: CaseNumber::new(case), reason },
            Self::Hold { case } => Command::Hold { case: CaseNumber::new(case) },
            Self::LetGo { case } => Command::LetGo { case: CaseNumber::new(case) },
            Self::Dismiss { case } => Command::Dismiss { case: CaseNumber::new(case) },
            Self::Direction { direction } => Command::Face(direction.into()),
            Self::Way { way } => Command::Face(way),
            Self::Count { case, party } => Command::Count { case: CaseNumber::new(case), party },
            Self::Scanned { text } => Command::Scanned(text),
            Self::Find { query } => Command::Find(query),
            Self::Choose { pass } => Command::Choose(pass),
            Self::AskHost(act) => {
                let WalkInAct { visitor, phone, document, host, purpose, party, plates } = *act;
                Command::AskHost(Box::new(WalkInForm { visitor, phone, document, host, purpose, party, plates }))
            }
            Self::ForgetWalkIn { number } => Command::ForgetWalkIn(WalkInNumber::new(number)),
            Self::Quit => return Heard::Quit,
        })
    }
}

fn write_line(out: &mut dyn Write, line: &Value) -> io::Result<()> {
    writeln!(out, "{line}")?;
    out.flush()
}

fn line(told: &Told, snapshot: &Snapshot) -> Value {
    match told {
        Told::Verdict(shown) => verdict(shown, snapshot),
        Told::Recorded { id, entry } => json!({
            "event": "recorded",
            "seq": id.seq,
            "outcome": entry.outcome,
            "direction": entry.direction,
            "pass": entry.said.pass,
            "party": entry.party,
        }),
        Told::NotRecorded { entry } => json!({
            "event": "not_recorded",
            "outcome": entry.outcome,
            "pass": entry.said.pass,
        }),
        Told::Found(found) => json!({
            "event": "found",
            "query": found.query,
            "hits": found.hits.iter().map(hit).collect::<Vec<_>>(),
            "more": found.more,
        }),
        Told::WalkIn(walk_in) => self::walk_in(walk_in),
        Told::News { seq, as_of } => {
            json!({"event": "news", "seq": seq, "as_of": as_of.map(shared::time::Moment::campus_date_and_clock)})
        }
        Told::Receipt { seq } => json!({"event": "receipt", "seq": seq}),
        Told::Alarm(alarm) => json!({"event": "alarm", "alarm": alarm_name(alarm), "detail": format!("{alarm:?}")}),
        Told::Link { up } => json!({"event": "link", "up": up}),
        Told::Camera(state) => camera(state),
    }
}

fn hit(hit: &Hit) -> Value {
    let by = match hit.by {
        FoundBy::Name => "name",
        FoundBy::Initials => "initials",
        FoundBy::PhoneTail => "phone_tail",
        FoundBy::Plate => "plate",
        FoundBy::ShortCode => "short_code",
        FoundBy::Card => "card",
    };
    let name = hit.record.visitor.as_str();
    json!({"pass": hit.record.pass, "name": name, "by": by, "inside": hit.inside, "spent": hit.spent})
}

fn walk_in(walk_in: &WalkIn) -> Value {
    let (standing, detail) = match &walk_in.standing {
        WalkInStanding::Sending => ("sending", Value::Null),
        WalkInStanding::Waiting => ("waiting", Value::Null),
        WalkInStanding::Approved { pass } => ("approved", json!(pass)),
        WalkInStanding::Declined => ("declined", Value::Null),
        WalkInStanding::HostUnknown => ("host_unknown", Value::Null),
        WalkInStanding::NotAllowed { why } => ("not_allowed", json!(why)),
        WalkInStanding::Limited { retry_at } => ("limited", json!(retry_at.campus_date_and_clock())),
        WalkInStanding::Unreached => ("unreached", Value::Null),
        WalkInStanding::Refused(refusal) => ("refused", json!(refusal)),
    };
    let (number, visitor) = (walk_in.number, walk_in.visitor.as_str());
    json!({"event": "walk_in", "number": number, "visitor": visitor, "standing": standing, "detail": detail})
}

/// The verdict's own JSON, and what the screen says.
fn verdict(shown: &Shown, snapshot: &Snapshot) -> Value {
    let teller = Teller {
        language: Language::Zh,
        places: snapshot.places.as_deref(),
        now: snapshot.now,
        direction: shown.direction,
        day: shown.subject.claims.as_ref().map(|claims| claims.validity.day()),
    };
    let mut line = json!({
        "event": "verdict",
        "case": shown.case.get(),
        "name": shown.subject.name(),
        "pass": shown.subject.pass(),
        "direction": shown.direction,
        "count": shown.count,
        "reason_zh": teller.verdict(&shown.verdict),
        "reason_en": Teller { language: Language::En, ..teller }.verdict(&shown.verdict),
    });
    if let (Value::Object(line), Ok(Value::Object(verdict))) = (&mut line, serde_json::to_value(&shown.verdict)) {
        line.extend(verdict);
    }
    line
}

fn camera(state: &CameraState) -> Value {
    let (state, why) = match state {
        CameraState::Off => ("off", None),
        CameraState::Starting => ("starting", None),
        CameraState::Running => ("running", None),
        CameraState::Failed { why } => ("failed", Some(fault_name(*why))),
    };
    json!({"event": "camera", "state": state, "why": why})
}

const fn fault_name(fault: CameraFault) -> &'static str {
    match fault {
        CameraFault::NotFound => "not_found",
        CameraFault::Busy => "busy",
        CameraFault::NotAllowed => "not_allowed",
        CameraFault::Unusable => "unusable",
        CameraFault::Stalled => "stalled",
        CameraFault::Unplugged => "unplugged",
        CameraFault::ReaderCrashed => "reader_crashed",
    }
}

const fn alarm_name(alarm: &Alarm) -> &'static str {
    match alarm {
        Alarm::NewsUnproven { .. } => "news_unproven",
        Alarm::NewsBackwards => "news_backwards",
        Alarm::NewsNotUnderstood { .. } => "news_not_understood",
        Alarm::CursorAhead => "cursor_ahead",
        Alarm::Fork { .. } => "fork",
        Alarm::EntriesMissing { .. } => "entries_missing",
        Alarm::EntryAltered { .. } => "entry_altered",
        Alarm::ReceiptUnproven => "receipt_unproven",
        Alarm::Withdrawn => "withdrawn",
        Alarm::Unauthenticated => "unauthenticated",
        Alarm::ClockRefused { .. } => "clock_refused",
        Alarm::Misunderstood => "misunderstood",
        Alarm::StoreFailing => "store_failing",
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, sync::mpsc::sync_channel};

    use shared::{
        entry::{Outcome, Remark},
        ids::{CampusId, GateIndex},
        time::Moment,
        verdict::{RefuseReason, Verdict},
    };

    use super::*;
    use crate::gate::{self, Subject};

    struct Counter {
        asked: RefCell<Vec<Command>>,
        running: bool,
    }

    impl Desk for Counter {
        fn snapshot(&self) -> Snapshot {
            Snapshot::starting(CampusId::new(1), GateIndex::new(2).unwrap(), Direction::In)
        }

        fn act(&self, command: Command) -> bool {
            self.asked.borrow_mut().push(command);
            self.asked.borrow().len() < 12
        }

        fn is_running(&self) -> bool {
            self.running
        }
    }

    fn printed(desk: &Counter, heard: Vec<Heard>) -> Vec<Value> {
        let (sender, receiver) = sync_channel(64);
        heard.into_iter().for_each(|heard| sender.send(heard).unwrap());
        drop(sender);
        let mut out = Vec::new();
        print(desk, &receiver, &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn what_is_no_act_is_answered_and_read_past() {
        let (sender, receiver) = sync_channel(64);
        let mut input = b"\xff\xfe\n".to_vec();
        input.extend(std::iter::repeat_n(b'x', 40_000));
        input.extend(
            b"\n{\"act\":\"let_in\",\"case\":1,\"reason\":{\"why\":\"other\",\"text\":\"11010519491231002X\"}}\n",
        );
        input.extend(b"{\"act\":\"quit\"}\n");
        listen(input.as_slice(), &sender);
        let heard: Vec<Heard> = receiver.try_iter().collect();
        let (last, others) = heard.split_last().unwrap();
        assert!(matches!(last, Heard::Quit));
        assert_eq!(others.len(), 5, "no text, one line in three pieces, a document number as a reason");
        assert!(others.iter().all(|heard| matches!(heard, Heard::NotUnderstood(_))));
    }

    #[test]
    fn what_happens_is_one_line_each() {
        let desk = Counter { asked: RefCell::default(), running: true };
        let shown = Shown {
            case: gate::CaseNumber::new(9_007_199_254_740_993),
            verdict: Verdict::Refuse(RefuseReason::NotOurs),
            subject: Subject::default(),
            direction: Direction::In,
            count: 1,
            outcome: Some(Outcome::Refused),
            until: Moment::from_unix_s(9),
        };
        let lines = printed(
            &desk,
            vec![
                Heard::Told(Told::Link { up: true }),
                Heard::Told(Told::News { seq: 7, as_of: Some(Moment::from_unix_s(1_795_406_400)) }),
                Heard::Told(Told::Verdict(Box::new(shown))),
                Heard::Told(Told::Alarm(Alarm::Fork { seq: 3 })),
                Heard::Told(Told::Camera(CameraState::Failed { why: CameraFault::Unplugged })),
                Heard::NotUnderstood("why".into()),
                Heard::Quit,
                Heard::Told(Told::Receipt { seq: 1 }),
            ],
        );
        assert_eq!(lines[0], json!({"event": "ready", "campus": 1, "gate": 2, "direction": "in"}));
        assert_eq!(lines[1], json!({"event": "link", "up": true}));
        assert_eq!(lines[2], json!({"event": "news", "seq": 7, "as_of": "2026-11-23 12:00:00"}));
        assert_eq!(lines[3]["case"], 9_007_199_254_740_993_u64);
        assert_eq!(lines[3]["verdict"], "refuse");
        assert_eq!(lines[3]["reason"]["why"], "not_ours");
        assert_eq!(lines[3]["reason_zh"], "不是本校的访客通行码，请访客打开预约页面上的通行码");
        assert_eq!(lines[4]["alarm"], "fork");
        assert_eq!(lines[5], json!({"event": "camera", "state": "failed", "why": "unplugged"}));
        assert_eq!(lines[6]["event"], "not_taken");
        assert_eq!(lines.len(), 7, "nothing after quit");
    }

    #[test]
    fn acts_come_in_as_lines_and_a_bad_one_is_answered() {
        let input = concat!(
            "{\"act\":\"let_in\",\"case\":1,\"reason\":{\"why\":\"card_checked\"}}\n\n",
            "{\"act\":\"let_in\",\"reason\":{\"why\":\"card_checked\"}}\n",
            "{\"act\":\"hold\",\"case\":2}\n",
            "{\"act\":\"let_go\",\"case\":2}\n",
            "{\"act\":\"send_away\",\"case\":2,\"reason\":{\"why\":\"other\",\"text\":\"太晚\"}}\n",
            "{\"act\":\"direction\",\"direction\":\"out\"}\n",
            "{\"act\":\"open the gate\"}\n",
            "{\"act\":\"way\",\"way\":\"both\"}\n",
            "{\"act\":\"count\",\"case\":2,\"party\":4}\n",
            "{\"act\":\"scanned\",\"text\":\"1234 5678\"}\n",
            "{\"act\":\"find\",\"query\":\"zxm\"}\n",
            "{\"act\":\"choose\",\"pass\":\"0123456789abcdef\"}\n",
            "{\"act\":\"ask_host\",\"visitor\":\"李四\",\"phone\":\"13800130000\",\"document\":\"passport:E12345678\",",
            "\"host\":\"T2001\",\"purpose\":\"送样品\",\"party\":2}\n",
            "{\"act\":\"dismiss\",\"case\":3}\n",
            "{\"act\":\"quit\"}\n",
        );
        let (sender, receiver) = sync_channel(64);
        listen(input.as_bytes(), &sender);
        let desk = Counter { asked: RefCell::default(), running: true };
        let lines = printed(&desk, receiver.try_iter().collect());
        let case = CaseNumber::new;
        let passport: Document = serde_json::from_str("\"passport:E12345678\"").unwrap();
        let walk_in = Command::AskHost(Box::new(WalkInForm {
            visitor: PersonName::parse("李四").unwrap(),
            phone: Phone::parse("13800130000").unwrap(),
            document: passport,
            host: "T2001".into(),
            purpose: "送样品".into(),
            party: 2,
            plates: Vec::new(),
        }));
        assert_eq!(
            *desk.asked.borrow(),
            [
                Command::LetIn { case: case(1), reason: GuardReason::CardChecked },
                Command::Hold { case: case(2) },
                Command::LetGo { case: case(2) },
                Command::SendAway {
                    case: case(2),
                    reason: GuardReason::Other { text: Remark::parse("太晚").unwrap() }
                },
                Command::Face(Way::Out),
                Command::Face(Way::Both),
                Command::Count { case: case(2), party: 4 },
                Command::Scanned("1234 5678".into()),
                Command::Find("zxm".into()),
                Command::Choose(PassId::parse("0123456789abcdef").unwrap()),
                walk_in,
                Command::Dismiss { case: case(3) },
            ]
        );
        let refused: Vec<_> = lines.iter().filter(|line| line["event"] == "not_taken").collect();
        assert_eq!(refused.len(), 3, "one without a case, one not understood, one the gate did not take");
    }

    #[test]
    fn a_gate_that_has_ended_ends_the_printing() {
        let desk = Counter { asked: RefCell::default(), running: false };
        let (_sender, receiver) = sync_channel(1);
        assert!(print(&desk, &receiver, &mut Vec::new()).is_err());
    }
}
