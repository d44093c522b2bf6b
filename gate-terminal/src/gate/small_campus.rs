//! A small campus for tests: an office with real keys that issues passes and answers pulls, and one terminal's post.

use ed25519_dalek::SigningKey;
use serde_json::value::{RawValue, to_raw_value};
use shared::{
    chain::{ChainName, Head, Link},
    entry::{Entry, EntryId, Way},
    identity::{DocumentKind, DocumentTag, LastFour, MaskedName, PersonName},
    ids::{CampusId, GateIndex, GateMask, KeyId, PassId, TerminalId},
    pass::{
        Claims, EntriesAllowed, Flags, KeyUse, NamedKey, PartySize, PassSigner, Roots, SUITE_1, SealedKeySet, Validity,
        keyset::KeySetBody,
    },
    seal::{PublicKey, Sealed},
    sync::{
        beacon::Beacon,
        change::{Change, PassRecord},
        pull::{PullAnswer, PullRequest},
        push::{EntryReceipt, PushAnswer},
    },
    time::{CampusDay, Moment},
};

use super::{ClockReading, Effect, Event, ForeignCodeSecret, Gate, Held, Panel, Post, Shown, Signal};

pub(crate) const CAMPUS: CampusId = CampusId::new(1);
pub(crate) const OTHER_CAMPUS: CampusId = CampusId::new(2);
pub(crate) const TERMINAL: TerminalId = TerminalId::new(7);
const PASS_KEY: KeyId = KeyId::new(1);
const BEACON_KEY: KeyId = KeyId::new(2);

pub(crate) fn day() -> CampusDay {
    CampusDay::parse("2026-11-23").unwrap()
}

/// What is to be written down.
pub(crate) fn written(effects: &[Effect]) -> Vec<Entry> {
    let entry = |effect: &Effect| if let Effect::Record(entry) = effect { Some((**entry).clone()) } else { None };
    effects.iter().filter_map(entry).collect()
}

pub(crate) fn signals(effects: &[Effect]) -> Vec<Signal> {
    let signal = |effect: &Effect| if let Effect::Shine(signal) = effect { Some(*signal) } else { None };
    effects.iter().filter_map(signal).collect()
}

pub(crate) fn shown(terminal: &Terminal) -> Shown {
    match terminal.gate.view().panel {
        Panel::Shown(shown) => *shown,
        other @ (Panel::Waiting | Panel::Checking) => panic!("nothing is shown: {other:?}"),
    }
}

/// Eight in the morning.
pub(crate) fn morning() -> Moment {
    day().at_minute(8 * 60)
}

pub(crate) fn gate_index(index: u8) -> GateIndex {
    GateIndex::new(index).unwrap()
}

pub(crate) fn pass_id(n: u8) -> PassId {
    PassId::from_bytes([n; 8])
}

#[derive(Debug, Clone)]
pub(crate) struct Office {
    pub(crate) campus: CampusId,
    pub(crate) epoch: u32,
    pub(crate) links: Vec<Link>,
    pub(crate) heads: Vec<Head>,
    pub(crate) root: SigningKey,
    pub(crate) pass_key: SigningKey,
    pub(crate) beacon_key: SigningKey,
    pub(crate) key_set_number: u32,
    pub(crate) min_suite: u8,
    pub(crate) roots: Option<Roots>,
    pub(crate) retired: Vec<PublicKey>,
    pub(crate) batch: usize,
}

impl Office {
    pub(crate) fn open() -> Self {
        let key = |seed| SigningKey::from_bytes(&[seed; 32]);
        Self {
            campus: CAMPUS,
            epoch: 1,
            links: Vec::new(),
            heads: vec![Head::START],
            root: key(1),
            pass_key: key(2),
            beacon_key: key(3),
            key_set_number: 1,
            min_suite: SUITE_1,
            roots: None,
            retired: Vec::new(),
            batch: 2_000,
        }
    }

    pub(crate) fn post(&self) -> Post {
        Post { terminal: TERMINAL, campus: CAMPUS, gate: gate_index(0), roots: Roots::from(&PublicKey::of(&self.root)) }
    }

    pub(crate) fn key_set(&self) -> SealedKeySet {
        let named = |id, r#use, key: &SigningKey| NamedKey {
            id,
            r#use,
            suite: SUITE_1,
            public: PublicKey::of(key),
            not_before: day().minus_days(30).start(),
            not_after: day().plus_days(30).start(),
        };
        let keys =
            vec![named(PASS_KEY, KeyUse::Pass, &self.pass_key), named(BEACON_KEY, KeyUse::Beacon, &self.beacon_key)];
        let (number, min_suite) = (self.key_set_number, self.min_suite);
        let body = KeySetBody { number, min_suite, roots: self.roots, retired: self.retired.clone(), keys };
        Sealed::seal(&body, None, &self.root).unwrap()
    }

    pub(crate) fn head(&self) -> Head {
        *self.heads.last().unwrap()
    }

    pub(crate) fn say(&mut self, change: &Change) {
        self.say_raw(to_raw_value(change).unwrap());
    }

    pub(crate) fn say_raw(&mut self, body: Box<RawValue>) {
        let name = ChainName::Feed { campus: self.campus, epoch: self.epoch };
        let link = Link { seq: self.head().seq + 1, body };
        self.heads.push(self.head().follow(name, &link).unwrap());
        self.links.push(link);
    }

    pub(crate) fn issue(&mut self, n: u8) -> String {
        self.say(&Change::PassIssued(record(n).into()));
        self.seal(&claims(n))
    }

    pub(crate) fn seal(&self, claims: &Claims) -> String {
        PassSigner::new(PASS_KEY, self.pass_key.clone()).seal(claims).text().to_string()
    }

    pub(crate) fn beacon(&self, seq: u64, server_time: Moment) -> Beacon {
        Beacon {
            campus: self.campus,
            epoch: self.epoch,
            head: self.heads[usize::try_from(seq).unwrap()],
            latest: self.head().seq,
            server_time,
            valid_for_s: 300,
            key_set: self.key_set_number,
        }
    }

    pub(crate) fn seal_beacon(&self, beacon: &Beacon) -> Sealed<Beacon> {
        Sealed::seal(beacon, Some(BEACON_KEY), &self.beacon_key).unwrap()
    }

    pub(crate) fn answer(&self, request: &PullRequest, server_time: Moment) -> PullAnswer {
        let from = if request.cursor.epoch == self.epoch { request.cursor.seq } else { 0 };
        let from = usize::try_from(from).unwrap();
        let to = self.links.len().min(from + self.batch);
        PullAnswer {
            key_set: (request.key_set < self.key_set_number).then(|| self.key_set()),
            links: self.links[from..to].to_vec(),
            snapshot: None,
            beacon: self.seal_beacon(&self.beacon(to as u64, server_time)),
        }
    }

    pub(crate) fn receipt(&self, head: Head, at: Moment) -> PushAnswer {
        let receipt = EntryReceipt { terminal: TERMINAL, head, at };
        PushAnswer { receipt: Sealed::seal(&receipt, Some(BEACON_KEY), &self.beacon_key).unwrap() }
    }
}

pub(crate) fn claims(n: u8) -> Claims {
    Claims {
        campus: CAMPUS,
        pass: pass_id(n),
        validity: Validity::whole_day(day()).unwrap(),
        gates: GateMask::of([gate_index(0), gate_index(1)]).unwrap(),
        entries: EntriesAllowed::ONE,
        party: PartySize::new(3).unwrap(),
        flags: Flags::NONE,
        last_four: LastFour::parse("002X").unwrap(),
        name: MaskedName::parse("张*明").unwrap(),
    }
}

pub(crate) fn record(n: u8) -> PassRecord {
    PassRecord {
        pass: pass_id(n),
        day: day(),
        visit_from: morning(),
        visit_until: day().at_minute(10 * 60),
        visitor: PersonName::parse("张䶮明").unwrap(),
        phone_tail: "0000".into(),
        document: DocumentKind::ResidentId,
        last_four: LastFour::parse("002X").unwrap(),
        document_tag: DocumentTag::try_from("0".repeat(32)).unwrap(),
        companions: vec![PersonName::parse("李四").unwrap(), PersonName::parse("王五").unwrap()],
        plates: vec!["陕A12345".into()],
        party: PartySize::new(3).unwrap(),
        entries: EntriesAllowed::ONE,
        gates: GateMask::EVERY,
        host: PersonName::parse("赵六").unwrap(),
        department: "计算机学院".into(),
        reason: "学术交流".into(),
    }
}

/// One terminal at the south gate, with an outside world that always works unless a test says otherwise.
#[derive(Debug)]
pub(crate) struct Terminal {
    pub(crate) gate: Gate,
    pub(crate) office: Office,
    pub(crate) wall: Moment,
    pub(crate) since_boot_ms: u64,
    pub(crate) recorded: u64,
    pub(crate) line_is_up: bool,
    pub(crate) store_works: bool,
}

impl Terminal {
    /// Enrolled, with the office's news so far.
    pub(crate) fn at(office: Office) -> Self {
        let held = Held::fresh(office.post(), morning());
        let mut terminal = Self::stopped(office, held);
        terminal.tell(Event::Tick);
        terminal
    }

    pub(crate) fn stopped(office: Office, held: Held) -> Self {
        let recorded = held.recorded;
        Self {
            gate: Gate::new(held, Way::In, ForeignCodeSecret::derived_from(&[4; 32])),
            office,
            wall: morning(),
            since_boot_ms: 1_000_000,
            recorded,
            line_is_up: true,
            store_works: true,
        }
    }

    pub(crate) fn reading(&self) -> ClockReading {
        ClockReading { wall: self.wall, since_boot_ms: self.since_boot_ms }
    }

    pub(crate) fn wait_ms(&mut self, ms: u32) {
        self.wall = self.wall.plus(chrono::TimeDelta::milliseconds(i64::from(ms)));
        self.since_boot_ms += u64::from(ms);
    }

    /// The event alone.
    pub(crate) fn only(&mut self, event: Event) -> Vec<Effect> {
        self.gate.handle(self.reading(), event)
    }

    /// The event and what the outside world answers; everything the gate wanted, in order. The line is used once per event:
    /// an office with nothing to tell holds the call.
    pub(crate) fn tell(&mut self, event: Event) -> Vec<Effect> {
        let mut all = Vec::new();
        let mut waiting = std::collections::VecDeque::from([event]);
        while let Some(event) = waiting.pop_front() {
            for effect in self.only(event) {
                waiting.extend(self.world(&effect));
                all.push(effect);
            }
        }
        all
    }

    fn world(&mut self, effect: &Effect) -> Option<Event> {
        match effect {
            Effect::Record(_) if self.store_works => {
                self.recorded += 1;
                Some(Event::Recorded(EntryId { terminal: TERMINAL, seq: self.recorded }))
            }
            Effect::Record(_) => Some(Event::RecordFailed),
            Effect::KeepNews(_) if self.store_works => Some(Event::NewsKept),
            Effect::KeepNews(_) => Some(Event::NewsNotKept),
            Effect::KeepReceipt(_) => Some(Event::ReceiptKept),
            Effect::Pull(request) if self.line_is_up && request.wait_s == 0 => {
                Some(Event::Pulled(Box::new(self.office.answer(request, self.wall))))
            }
            Effect::ForgetAll(_) => Some(Event::AllForgotten),
            Effect::Pull(_)
            | Effect::Push { .. }
            | Effect::Forget { .. }
            | Effect::KeepFloor(_)
            | Effect::KeepWalkIns(_)
            | Effect::AskHost(_)
            | Effect::LookUpCard(_)
            | Effect::Shine(_)
            | Effect::Alarm(_) => None,
        }
    }

    /// The office answers the call it was holding.
    pub(crate) fn news_arrives(&mut self) -> Vec<Effect> {
        let request = self.asks();
        self.tell(Event::Pulled(Box::new(self.office.answer(&request, self.wall))))
    }

    /// What a call says that it makes now.
    pub(crate) fn asks(&self) -> PullRequest {
        PullRequest {
            terminal: TERMINAL,
            cursor: self.gate.local().cursor(),
            key_set: self.gate.local().keys().map_or(0, |keys| keys.number()),
            wait_s: 0,
            snapshot: self.gate.local().snapshot(),
            ails: Vec::new(),
        }
    }
}
