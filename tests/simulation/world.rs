//! A campus under a seed: who is there, how a day goes, and what a step is.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use gate_terminal::gate::Event;
use shared::{
    entry::Way,
    ids::{BookingId, CampusId, GateIndex, KeyId, PassId, TerminalId},
    sync::http_signature::SignatureHeaders,
    time::{CampusDay, Moment},
};
use sync_server::store::PageToken;
use tokio::runtime::Runtime;

use crate::{
    Stopped,
    clones::Clones,
    dice::Dice,
    faults::Trouble,
    office::Office,
    renewals::Renewals,
    tally::{Tally, Violation},
    terminal::{Copy, Terminal},
    told,
    trace::Trace,
    walk_ins::WalkIns,
};

/// Which faults a run has; a run without any must not even raise an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    pub days: u16,
    pub steps_a_day: u64,
    /// Lines that fail, machines that lose their power, clocks that are wrong.
    pub faults: bool,
    /// Whether disks and backups may come back in an older state, and terminals be stolen.
    pub turned_back: bool,
    /// Whether somebody copies a terminal's disk and lets both machines run on.
    pub clones: bool,
    /// Whether the office renews its keys, and revokes such as were stolen.
    pub renewals: bool,
    /// Whether people come without a pass, for whom their hosts are asked.
    pub walk_ins: bool,
}

impl Plan {
    #[must_use]
    pub const fn of(seed: u64) -> Self {
        let (faults, turned_back) = (!seed.is_multiple_of(10), seed % 3 == 1);
        // So rare a thing as a restored office is to be among the first forty as it ever was.
        let renewals = seed % 4 > 1 && (!turned_back || seed >= 100);
        let walk_ins = !turned_back && seed.is_multiple_of(2);
        // Where old disks come back it would not be known which of the two made a fork.
        Self { days: 10, steps_a_day: 40, faults, turned_back, clones: seed % 6 == 2, renewals, walk_ins }
    }

    /// Every other one with disks that come back. Those below a hundred do what they did before there was anything else.
    #[must_use]
    pub const fn short(seed: u64) -> Self {
        let (turned_back, newer) = (seed % 2 == 1, seed >= 100);
        Self {
            days: 4,
            turned_back,
            clones: newer && !turned_back,
            renewals: newer,
            walk_ins: newer && !turned_back,
            ..Self::of(seed)
        }
    }
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub tally: Tally,
    /// Of all that happened.
    pub mark: String,
    /// The last lines before its first violation.
    pub led_to_it: Vec<String>,
}

/// A pass as the simulation knows it.
#[derive(Debug, Clone)]
pub struct Pass {
    pub id: PassId,
    pub campus: CampusId,
    pub day: CampusDay,
    pub text: String,
    pub booking: BookingId,
    /// Where the visitor finds it.
    pub page: PageToken,
    pub visitor: u64,
    pub entries: u8,
    pub revoked: bool,
    pub watched: bool,
    /// The office came back from a copy that does not have it.
    pub lost: bool,
}

/// What the server has answered for, of one terminal.
#[derive(Debug, Clone, Default)]
pub struct Served {
    pub up_to: u64,
    pub bodies: BTreeMap<u64, String>,
    /// Nothing of what it says is taken from here on.
    pub withdrawn_at: Option<u64>,
}

#[derive(Debug)]
pub struct World {
    pub seed: u64,
    pub plan: Plan,
    pub step: u64,
    pub dice: Dice,
    /// For what was added later, so that what a seed threw before it throws still.
    pub more_dice: Dice,
    pub trace: Trace,
    pub tally: Tally,
    pub office: Office,
    pub terminals: Vec<Terminal>,
    pub passes: Vec<Pass>,
    pub served: BTreeMap<TerminalId, Served>,
    pub trouble: Trouble,
    pub copies: BTreeMap<TerminalId, Copy>,
    pub clones: Clones,
    pub renewals: Renewals,
    pub walk_ins: WalkIns,
    /// The key that the code before the camera names.
    pub shown_under: Option<KeyId>,
    pub visitors: u64,
    /// What somebody on the line has made of the answer that is being given.
    pub given: Option<&'static str>,
    /// What was sent, for whoever wants to send it again.
    pub letters: Vec<(String, Vec<u8>, SignatureHeaders)>,
    led_to_it: Vec<String>,
}

/// 长安校区 with a gate in, one of both ways and one out; 雁塔校区 with a gate in and one of both ways.
const GATES: [(u16, u8, Way); 5] =
    [(1, 0, Way::In), (1, 1, Way::Both), (1, 2, Way::Out), (2, 0, Way::In), (2, 1, Way::Both)];

/// Makes another seed of a seed.
const MORE: u64 = 0x0c10_4e00_5eed_5eed;

/// A seed's whole life.
#[must_use]
pub fn run(seed: u64, plan: Plan) -> Run {
    match World::new(seed, plan, false) {
        Ok(mut world) => world.live(),
        Err(stopped) => Run {
            tally: Tally {
                violations: vec![Violation { seed, step: 0, what: stopped.to_string() }],
                ..Tally::default()
            },
            mark: String::new(),
            led_to_it: Vec::new(),
        },
    }
}

impl World {
    pub fn new(seed: u64, plan: Plan, shown: bool) -> Result<Self, Stopped> {
        let mut dice = Dice::of(seed);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(told)?;
        let runtime: Arc<Runtime> = Arc::new(runtime);
        let begin = first_day().plus_days(u16::try_from(dice.below(5)).unwrap_or(0)).at_minute(6 * 60 + 45);
        let office = Office::new(begin, &mut dice, runtime)?;
        let mut world = Self {
            seed,
            plan,
            step: 0,
            dice,
            more_dice: Dice::of(seed ^ MORE),
            trace: Trace::new(shown),
            tally: Tally::default(),
            office,
            terminals: Vec::new(),
            passes: Vec::new(),
            served: BTreeMap::new(),
            trouble: Trouble::default(),
            copies: BTreeMap::new(),
            clones: Clones::default(),
            renewals: Renewals::default(),
            walk_ins: WalkIns::default(),
            shown_under: None,
            visitors: seed % 1_000 * 10_000,
            given: None,
            letters: Vec::new(),
            led_to_it: Vec::new(),
        };
        for (campus, gate, way) in GATES {
            let key = SigningKey::from_bytes(&world.dice.bytes());
            let gate = GateIndex::new(gate).ok_or_else(|| Stopped("no such gate".to_owned()))?;
            let code = world.dice.bytes();
            let answer = world.office.enrol(CampusId::new(campus), gate, &key, code)?;
            world.terminals.push(Terminal::enrolled(&answer, way, key, begin)?);
            world.served.insert(answer.terminal, Served::default());
            world.turn(world.terminals.len() - 1, Event::Tick, None)?;
        }
        Ok(world)
    }

    pub fn live(&mut self) -> Run {
        if let Err(stopped) = self.days() {
            self.violated(stopped.to_string());
        }
        let mark = self.trace.mark();
        Run { tally: std::mem::take(&mut self.tally), mark, led_to_it: std::mem::take(&mut self.led_to_it) }
    }

    fn days(&mut self) -> Result<(), Stopped> {
        for day in 0..self.plan.days {
            self.day(day)?;
            if !self.tally.violations.is_empty() {
                return Ok(());
            }
        }
        self.heal()
    }

    /// From a quarter to seven until the gates close, and then the night.
    fn day(&mut self, day: u16) -> Result<(), Stopped> {
        self.trace.note(format!("day {day}: {}", self.office.now().campus_date_and_clock()));
        self.book_for_the_day()?;
        if self.plan.renewals && self.office.is_up() && self.trouble.leapt_s == 0 {
            self.pages_follow_the_keys()?;
        }
        for _ in 0..self.plan.steps_a_day {
            self.step += 1;
            let seconds =
                if self.dice.of_thousand(930) { self.dice.between(3, 60) } else { self.dice.between(61, 7_200) };
            self.pass_time(seconds)?;
            self.one_step()?;
            if !self.tally.violations.is_empty() {
                return Ok(());
            }
        }
        self.tally.terminal_days += u64::try_from(self.terminals.len()).unwrap_or(0);
        let now = self.true_time();
        let morning = CampusDay::of(now).plus_days(1).at_minute(6 * 60 + 45);
        let left = morning.since(now).num_seconds().unsigned_abs();
        // Twice, so that midnight is met by gates that run.
        self.pass_time(left / 2)?;
        self.pass_time(left - left / 2)?;
        if self.plan.faults && self.dice.of_thousand(30) {
            self.holidays()?;
        }
        Ok(())
    }

    /// More days than entries stay at a gate that the server has, and than a gate remembers that hears nothing: some have no line, or
    /// nobody sees that theirs is dead.
    fn holidays(&mut self) -> Result<(), Stopped> {
        self.tally.fault("holidays");
        self.trace.note("holidays".to_owned());
        // Copies are made every day. What gates have purged since an older one they cannot give back; see README.
        self.trouble.copy = None;
        if !self.office.is_up() {
            self.office.start()?;
        }
        let mut quiet: Vec<bool> = self.terminals.iter().map(|_| self.dice.of_thousand(500)).collect();
        // What an office that came back from a copy still lacks, a gate that forgets cannot give it; see README.
        if self.trouble.office_turned_back {
            quiet.fill(false);
            self.terminals.iter_mut().for_each(|terminal| terminal.online = true);
            self.office_clock_is_put_right();
        }
        for _ in 0..33 {
            if self.trouble.office_turned_back && !self.office.is_up() {
                self.office.start()?;
            }
            self.pass_time(86_400)?;
            for (at, _) in quiet.iter().enumerate().filter(|(_, quiet)| !**quiet) {
                for _ in 0..4 {
                    self.talk(at)?;
                }
            }
        }
        Ok(())
    }

    /// What the office's clock says when nobody has put it.
    #[must_use]
    pub fn true_time(&self) -> Moment {
        self.office.now().minus(TimeDelta::seconds(self.trouble.leapt_s))
    }

    pub fn pass_time(&mut self, seconds: u64) -> Result<(), Stopped> {
        let span = TimeDelta::seconds(i64::try_from(seconds).map_err(told)?);
        self.office.clock.advance(span);
        let ms = u32::try_from(seconds * 1_000).map_err(told)?;
        self.office.second()?;
        self.office.minute()?;
        for at in 0..self.terminals.len() {
            if let Some(terminal) = self.terminals.get(at) {
                terminal.clock.advance_ms(ms);
            }
            self.turn(at, Event::Tick, None)?;
        }
        Ok(())
    }

    fn one_step(&mut self) -> Result<(), Stopped> {
        self.draw_a_fault()?;
        self.perhaps_cloned()?;
        self.perhaps_renewed()?;
        self.perhaps_walk_in()?;
        for at in 0..self.terminals.len() {
            if self.dice.of_thousand(500) {
                self.talk(at)?;
            }
        }
        match self.dice.below(100) {
            0..55 => self.somebody_comes(),
            55..68 => self.somebody_leaves(),
            68..78 => self.somebody_is_taken_back(),
            78..84 => self.somebody_books(),
            84..88 => self.watchlist_changes(),
            _ => self.somebody_is_odd(),
        }
    }

    pub fn violated(&mut self, what: String) {
        if self.tally.violations.is_empty() {
            self.led_to_it = self.trace.tail();
        }
        self.trace.note(format!("VIOLATION {what}"));
        self.tally.violations.push(Violation { seed: self.seed, step: self.step, what });
    }
}

fn first_day() -> CampusDay {
    CampusDay::parse("2026-11-23").unwrap_or(CampusDay::of(Moment::from_unix_s(0)))
}
