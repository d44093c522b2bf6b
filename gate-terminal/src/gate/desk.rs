//! The desk: the one person who stands before the gate, from the code they show to the panel's end.
//!
//! ```text
//! waiting ──admit, refuse──▶ recording ──recorded──▶ shown ──time──▶ waiting
//!    └─────ask──▶ asking ──guard, or 30 s──▶ recording      └──guard──▶ recording
//! ```
//!
//! While a question waits or an entry is being written, other codes change nothing. A finished panel gives way to the next
//! visitor at once, unless the guard holds it to write a reason: held, it stays a minute from the last sign of the guard, five
//! minutes at most. If an entry cannot be written, whoever would have gone through does not; a refusal stays what it was.
//!
//! Every case has a number, and the guard's acts name it: the desk holds one case and takes acts for no other.
//!
//! The guard counts heads. Before the entry the count is what it will say; after it, each new count is an entry of its own that
//! corrects the first, written while the panel stands as it is.

use chrono::TimeDelta;
use shared::{
    entry::{Direction, Entry, GuardReason, MOST_COUNTED, Outcome, Said},
    ids::GateIndex,
    verdict::{AskReason, RefuseReason, Verdict},
};

use super::{
    effect::{Effect, Signal},
    timekeeper::BestTime,
    view::{CaseNumber, Panel, Shown, Subject},
};

/// Long enough to fetch a card and compare it; then the next in the queue has a right to be seen.
const ASK_MS: u32 = 30_000;

/// A visitor has looked and walked.
const ADMITTED_MS: u32 = 6_000;

/// A guard has read why and pressed a key, if they want to.
const REFUSED_MS: u32 = 10_000;

/// A guard who looks for a reason or writes one, from the last key of theirs.
const HELD_MS: u32 = 60_000;

/// What is left of a panel that is no longer held: it must not go, nor a question end, under the guard's eyes.
const LET_GO_MS: u32 = 10_000;

/// However often it is held: a key that is stuck must not close the gate.
const LONGEST_MS: u32 = 300_000;

/// Who stands there, what the gate says to them, which way they go and how many they are.
#[derive(Debug, Clone)]
pub(super) struct Case {
    verdict: Verdict,
    subject: Subject,
    direction: Direction,
    count: u8,
}

impl Case {
    pub(super) fn new(verdict: Verdict, subject: Subject, direction: Direction) -> Self {
        let count = subject.party();
        Self { verdict, subject, direction, count }
    }

    /// Counted before.
    pub(super) fn of(self, count: u8) -> Self {
        Self { count, ..self }
    }

    fn said(&self) -> Said {
        Said {
            verdict: self.verdict.clone(),
            pass: self.subject.pass(),
            name: self.subject.masked_name(),
            foreign_code: self.subject.foreign_code.clone(),
            paper: None,
        }
    }
}

/// The moment of a step, by both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub best: BestTime,
    pub since_boot_ms: u64,
}

#[derive(Debug)]
pub(super) struct Desk {
    gate: GateIndex,
    /// Of the case that was last received: the only one a stage can hold.
    number: CaseNumber,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Waiting,
    Recording(Box<(Case, Entry)>),
    Asking(Box<Stand>),
    Shown(Box<Stand>),
}

/// A case on the screen until a moment.
#[derive(Debug)]
struct Stand {
    case: Case,
    outcome: Option<Outcome>,
    /// Their entry and how many it now says they are, once they went through.
    counted: Option<Counted>,
    since_boot_ms: u64,
    /// Its own time, when nobody holds it.
    span_ms: u32,
    until_boot_ms: u64,
    held: bool,
    shown: Shown,
}

#[derive(Debug, Clone, Copy)]
struct Counted {
    seq: u64,
    party: u8,
}

impl Desk {
    #[must_use]
    pub(super) const fn new(gate: GateIndex) -> Self {
        Self { gate, number: CaseNumber::new(0), stage: Stage::Waiting }
    }

    /// Whether another code must wait.
    #[must_use]
    pub(super) fn is_busy(&self) -> bool {
        match &self.stage {
            Stage::Recording(_) | Stage::Asking(_) => true,
            Stage::Shown(stand) => stand.held,
            Stage::Waiting => false,
        }
    }

    /// The next person stands before the gate.
    pub(super) fn receive(&mut self, case: Case, now: Now) -> Vec<Effect> {
        self.take_number(now);
        match case.verdict {
            Verdict::Admit => self.record(case, Outcome::Passed, now),
            Verdict::Refuse(_) => self.record(case, Outcome::Refused, now),
            Verdict::Ask(_) => {
                self.stage = Stage::Asking(Stand::new(self.number, case, None, ASK_MS, now));
                vec![Effect::Shine(Signal::Ask)]
            }
        }
    }

    /// Seen again, with what they did already written down, as the entry `seq` if it is one of ours.
    pub(super) fn show_again(&mut self, case: Case, seq: Option<u64>, now: Now) -> Vec<Effect> {
        self.take_number(now);
        let party = case.count;
        let mut stand = Stand::new(self.number, case, Some(Outcome::Passed), ADMITTED_MS, now);
        stand.counted = seq.map(|seq| Counted { seq, party });
        self.stage = Stage::Shown(stand);
        vec![Effect::Shine(Signal::Admit)]
    }

    /// Never a number of before a restart: the machine has run longer since.
    fn take_number(&mut self, now: Now) {
        self.number = CaseNumber::new(now.since_boot_ms.max(self.number.get() + 1));
    }

    /// A question nobody answered, a panel whose time is over.
    pub(super) fn pass_time(&mut self, now: Now) -> Vec<Effect> {
        match &self.stage {
            Stage::Asking(stand) if now.since_boot_ms >= stand.until_boot_ms => {
                let case = stand.case.clone();
                self.record(case, Outcome::Unanswered, now)
            }
            Stage::Shown(stand) if now.since_boot_ms >= stand.until_boot_ms => {
                self.stage = Stage::Waiting;
                Vec::new()
            }
            Stage::Waiting | Stage::Recording(_) | Stage::Asking(_) | Stage::Shown(_) => Vec::new(),
        }
    }

    /// Answers a question, or overrides a refusal.
    pub(super) fn let_in(&mut self, number: CaseNumber, reason: GuardReason, now: Now) -> Vec<Effect> {
        match &self.stage {
            Stage::Asking(stand) | Stage::Shown(stand) if number == self.number && !stand.went_through() => {
                let case = stand.case.clone();
                self.record(case, Outcome::LetIn { reason }, now)
            }
            Stage::Waiting | Stage::Recording(_) | Stage::Asking(_) | Stage::Shown(_) => Vec::new(),
        }
    }

    /// Answers a question, or stops somebody who was admitted: their pass stays used, since it was in the wrong hands.
    pub(super) fn send_away(&mut self, number: CaseNumber, reason: GuardReason, now: Now) -> Vec<Effect> {
        if number != self.number {
            return Vec::new();
        }
        match &self.stage {
            Stage::Asking(stand) => {
                let case = stand.case.clone();
                self.record(case, Outcome::SentAway { reason }, now)
            }
            Stage::Shown(stand) if stand.went_through() => {
                let case = stand.case.clone();
                self.record(case, Outcome::SentAway { reason }, now)
            }
            Stage::Shown(_) => {
                self.stage = Stage::Waiting;
                Vec::new()
            }
            Stage::Waiting | Stage::Recording(_) => Vec::new(),
        }
    }

    pub(super) fn dismiss(&mut self, number: CaseNumber) {
        if number == self.number && matches!(self.stage, Stage::Shown(_)) {
            self.stage = Stage::Waiting;
        }
    }

    pub(super) fn hold(&mut self, number: CaseNumber, now: Now) {
        if let Some(stand) = self.stand(number) {
            stand.held = true;
            stand.stay(HELD_MS, now);
        }
    }

    pub(super) fn let_go(&mut self, number: CaseNumber, now: Now) {
        if let Some(stand) = self.stand(number).filter(|stand| stand.held) {
            stand.held = false;
            stand.stay(LET_GO_MS, now);
        }
    }

    /// How many they are, as the guard sees.
    pub(super) fn count(&mut self, number: CaseNumber, party: u8, now: Now) -> Vec<Effect> {
        let gate = self.gate;
        let Some(stand) = self.stand(number) else { return Vec::new() };
        let party = party.clamp(1, MOST_COUNTED);
        if stand.case.count == party {
            return Vec::new();
        }
        stand.set_count(party);
        stand.stay(if stand.held { HELD_MS } else { LET_GO_MS }, now);
        let Some(counted) = stand.counted else { return Vec::new() };
        let outcome = Outcome::Corrected { entry: counted.seq };
        vec![Effect::Record(Box::new(entry(&stand.case, outcome, party, gate, now)))]
    }

    /// What came of a correction: it stands, or the count goes back to what is written.
    pub(super) fn correction_kept(&mut self, of: u64, party: u8, kept: bool) {
        let (Stage::Shown(stand) | Stage::Asking(stand)) = &mut self.stage else { return };
        let Some(counted) = stand.counted.as_mut().filter(|counted| counted.seq == of) else { return };
        if kept {
            counted.party = party;
        } else {
            let written = counted.party;
            stand.set_count(written);
        }
    }

    /// The entry is durable: now, and only now, it is shown.
    pub(super) fn recorded(&mut self, seq: u64, now: Now) -> Vec<Effect> {
        let Stage::Recording(pending) = std::mem::replace(&mut self.stage, Stage::Waiting) else {
            return Vec::new();
        };
        let (case, entry) = *pending;
        let (span_ms, signal) =
            if entry.outcome.went_through() { (ADMITTED_MS, Signal::Admit) } else { (REFUSED_MS, Signal::Refuse) };
        let counted = entry.outcome.went_through().then_some(Counted { seq, party: entry.party });
        let mut stand = Stand::new(self.number, case, Some(entry.outcome), span_ms, now);
        stand.counted = counted;
        self.stage = Stage::Shown(stand);
        vec![Effect::Shine(signal)]
    }

    pub(super) fn record_failed(&mut self, now: Now) -> Vec<Effect> {
        let Stage::Recording(pending) = std::mem::replace(&mut self.stage, Stage::Waiting) else { return Vec::new() };
        let (mut case, entry) = *pending;
        let signal = match case.direction {
            // Leaving is never refused; the paper log holds what this one cannot.
            Direction::Out => {
                case.verdict = Verdict::Ask(AskReason::LeavingWith { instead: RefuseReason::NotRecorded });
                Signal::Ask
            }
            Direction::In => {
                if entry.outcome != Outcome::Refused {
                    case.verdict = Verdict::Refuse(RefuseReason::NotRecorded);
                }
                Signal::Refuse
            }
        };
        self.stage = Stage::Shown(Stand::new(self.number, case, None, REFUSED_MS, now));
        vec![Effect::Shine(signal)]
    }

    /// Which way the person on the panel goes.
    #[must_use]
    pub(super) fn direction(&self) -> Option<Direction> {
        match &self.stage {
            Stage::Waiting => None,
            Stage::Recording(pending) => Some(pending.0.direction),
            Stage::Asking(stand) | Stage::Shown(stand) => Some(stand.case.direction),
        }
    }

    #[must_use]
    pub(super) fn panel(&self) -> Panel {
        match &self.stage {
            Stage::Waiting => Panel::Waiting,
            Stage::Recording(_) => Panel::Checking,
            Stage::Asking(stand) | Stage::Shown(stand) => Panel::Shown(Box::new(stand.shown.clone())),
        }
    }

    fn stand(&mut self, number: CaseNumber) -> Option<&mut Stand> {
        match &mut self.stage {
            Stage::Asking(stand) | Stage::Shown(stand) if number == self.number => Some(stand),
            Stage::Waiting | Stage::Recording(_) | Stage::Asking(_) | Stage::Shown(_) => None,
        }
    }

    fn record(&mut self, case: Case, outcome: Outcome, now: Now) -> Vec<Effect> {
        let party = if outcome.went_through() { case.count } else { 0 };
        let entry = entry(&case, outcome, party, self.gate, now);
        self.stage = Stage::Recording(Box::new((case, entry.clone())));
        vec![Effect::Record(Box::new(entry))]
    }
}

fn entry(case: &Case, outcome: Outcome, party: u8, gate: GateIndex, now: Now) -> Entry {
    let Now { best, .. } = now;
    let (direction, said) = (case.direction, case.said());
    Entry { at: best.at, clock_trusted: best.trusted, gate, direction, said, outcome, party }
}

impl Stand {
    fn new(number: CaseNumber, case: Case, outcome: Option<Outcome>, span_ms: u32, now: Now) -> Box<Self> {
        let shown = Shown {
            case: number,
            verdict: case.verdict.clone(),
            subject: case.subject.clone(),
            direction: case.direction,
            count: case.count,
            outcome: outcome.clone(),
            until: now.best.at.plus(TimeDelta::milliseconds(i64::from(span_ms))),
        };
        let since_boot_ms = now.since_boot_ms;
        let until_boot_ms = since_boot_ms + u64::from(span_ms);
        Box::new(Self { case, outcome, counted: None, since_boot_ms, span_ms, until_boot_ms, held: false, shown })
    }

    /// For so much longer; never less than its own time, never beyond the longest.
    fn stay(&mut self, ms: u32, now: Now) {
        let age_ms = u32::try_from(now.since_boot_ms.saturating_sub(self.since_boot_ms)).unwrap_or(u32::MAX);
        let left_ms = ms.max(self.span_ms.saturating_sub(age_ms)).min(LONGEST_MS.saturating_sub(age_ms));
        self.until_boot_ms = now.since_boot_ms + u64::from(left_ms);
        self.shown.until = now.best.at.plus(TimeDelta::milliseconds(i64::from(left_ms)));
    }

    fn set_count(&mut self, party: u8) {
        self.case.count = party;
        self.shown.count = party;
    }

    fn went_through(&self) -> bool {
        self.outcome.as_ref().is_some_and(Outcome::went_through)
    }
}
