//! Visitors without a pass: the guard asks their host through the office, the host's word comes back by the feed, and they go in by hand.
//!
//! However often a request was lost, doubled or sent again, the office books it once or not at all; a line at the gate says what the host
//! said and nothing else; and whoever was approved goes in only after the guard has compared their card. Their entries are entries like
//! all others and are held against the same rules. At the end one is asked for at every gate where people come in, and all of it must go
//! through.

use gate_terminal::{
    gate::{Event, GuardAct, Panel, SyncFailure, WalkIn, WalkInForm, WalkInStanding},
    ports::Told,
};
use shared::{
    entry::{Direction, GuardReason, Way},
    identity::{Document, DocumentKind, PersonName, Phone},
    ids::{GateMask, PassId, TerminalId},
    pass::EntriesAllowed,
    sync::{
        WALK_IN_PATH,
        walk_in::{WalkInAnswer, WalkInNumber, WalkInRequest},
    },
    time::CampusDay,
    verdict::Verdict,
};
use sync_server::{
    office::Choice,
    store::{BookingView, EntryFilter, Issuing, Outcome, PageToken},
};

use crate::{
    Stopped,
    acts::Presented,
    flight::failure,
    people,
    talk::{read, written},
    told,
    world::{Pass, World},
};

#[derive(Debug, Default)]
pub struct WalkIns {
    asked: Vec<Asked>,
}

#[derive(Debug)]
struct Asked {
    terminal: TerminalId,
    number: WalkInNumber,
    visitor: u64,
    host: u64,
    /// The office said that it has asked the host, whether anybody heard that or not.
    accepted: bool,
    /// The host's word: a pass, or none.
    decided: Option<Option<PassId>>,
    /// Nobody said anything, and its day has passed.
    over: bool,
}

/// Beyond whoever books in a run.
const VISITORS: u64 = 5_000;

/// In the directory there is nobody of this number.
const NOBODY: u64 = 7;

fn phone(visitor: u64) -> String {
    format!("138{:08}", 10_000 + visitor)
}

impl World {
    pub(crate) fn perhaps_walk_in(&mut self) -> Result<(), Stopped> {
        if !self.plan.walk_ins {
            return Ok(());
        }
        if self.more_dice.of_thousand(80) {
            let gates: Vec<usize> = (0..self.terminals.len())
                .filter(|at| self.terminals.get(*at).is_some_and(|terminal| terminal.way != Way::Out))
                .collect();
            if let Some(at) = self.more_dice.pick(&gates).copied() {
                self.somebody_has_no_pass(at)?;
            }
        }
        if self.more_dice.of_thousand(250) {
            let waiting: Vec<usize> = self.undecided();
            if let Some(which) = self.more_dice.pick(&waiting).copied() {
                let yes = self.more_dice.of_thousand(750);
                self.host_decides(which, yes)?;
            }
        }
        for at in 0..self.terminals.len() {
            if let Some(pass) = self.approved_at(at)
                && self.more_dice.of_thousand(300)
            {
                self.goes_in_by_hand(at, pass)?;
            }
        }
        Ok(())
    }

    fn undecided(&self) -> Vec<usize> {
        let asked = self.walk_ins.asked.iter().enumerate();
        asked
            .filter(|(_, asked)| asked.accepted && !asked.over && asked.decided.is_none())
            .map(|(which, _)| which)
            .collect()
    }

    fn somebody_has_no_pass(&mut self, at: usize) -> Result<(), Stopped> {
        self.turn(at, Event::NoCode, None)?;
        self.pass_time(3)?;
        let wrong = |_| Stopped("a walk-in's form".to_owned());
        let visitor = self.seed % 1_000 * 10_000 + VISITORS + u64::try_from(self.walk_ins.asked.len()).map_err(told)?;
        let host = if self.more_dice.of_thousand(100) { NOBODY } else { visitor % 4 };
        let today = CampusDay::of(self.true_time());
        let form = WalkInForm {
            visitor: PersonName::parse("赵小川").map_err(wrong)?,
            phone: Phone::parse(&phone(visitor)).map_err(|_| Stopped("a walk-in's phone".to_owned()))?,
            document: Document::parse(DocumentKind::Passport, &people::passport(visitor), today.date())
                .map_err(|_| Stopped("a walk-in's document".to_owned()))?,
            host: format!("T{host}"),
            purpose: "送样品".to_owned(),
            party: 1,
            plates: Vec::new(),
        };
        self.tally.count("walk-ins");
        self.turn(at, Event::Guard(GuardAct::AskHost(Box::new(form))), None)?;
        let Some(terminal) = self.terminals.get(at) else { return Ok(()) };
        // Nothing stands there where the machine died of it.
        let new = |line: &&WalkIn| {
            self.walk_ins.asked.iter().all(|asked| (asked.terminal, asked.number) != (terminal.id, line.number))
        };
        let Some(number) = terminal.walk_ins().iter().find(new).map(|line| line.number) else { return Ok(()) };
        let asked = Asked { terminal: terminal.id, number, visitor, host, accepted: false, decided: None, over: false };
        self.trace.note(format!("{} asks T{host} for {visitor}", self.name(at)));
        self.walk_ins.asked.push(asked);
        Ok(())
    }

    /// What the gate has asked hosts through its line; tried once more and then reported, as its own client does.
    pub(crate) fn hosts_are_asked(&mut self, at: usize) -> Result<(), Stopped> {
        while let Some(request) =
            self.terminals.get_mut(at).and_then(|terminal| terminal.lanes()).and_then(|lanes| lanes.next_walk_in())
        {
            let number = request.number;
            let answer = match self.host_is_asked(at, &request)? {
                Err(SyncFailure::Unreachable(_)) => self.host_is_asked(at, &request)?,
                answer => answer,
            };
            self.trace.note(format!("{} hears {answer:?}", self.name(at)));
            let event = match answer {
                Ok(answer) => Event::HostAsked { number, answer },
                Err(failure) => Event::HostNotAsked { number, failure },
            };
            self.turn(at, event, None)?;
        }
        Ok(())
    }

    fn host_is_asked(
        &mut self,
        at: usize,
        request: &WalkInRequest,
    ) -> Result<Result<WalkInAnswer, SyncFailure>, Stopped> {
        let unreached = |why: &str| Ok(Err(SyncFailure::Unreachable(why.to_owned())));
        if !self.terminals.get(at).is_some_and(|terminal| terminal.online) {
            return unreached("no line");
        }
        if self.trouble.faults && self.more_dice.of_thousand(100) {
            self.tally.fault("walk-ins lost on the way");
            return unreached("lost");
        }
        let doubled = self.trouble.faults && self.more_dice.of_thousand(60);
        let Some(said) = self.send(at, WALK_IN_PATH, &written(request)?, doubled)? else { return unreached("nobody") };
        if said.status != 200 {
            return Ok(Err(failure(&said)));
        }
        let answer: WalkInAnswer = read(&said.body)?;
        let of = (request.terminal, request.number);
        let known = self.walk_ins.asked.iter_mut().find(|asked| (asked.terminal, asked.number) == of);
        if let Some(asked) = known
            && answer == WalkInAnswer::Accepted
        {
            asked.accepted = true;
        }
        if self.trouble.faults && self.more_dice.of_thousand(250) {
            self.tally.fault("answers to walk-ins lost");
            return unreached("answer lost");
        }
        Ok(Ok(answer))
    }

    /// All that the office has booked for this visitor.
    fn booked_for(&self, visitor: u64) -> Result<Vec<BookingView>, Stopped> {
        let phone = Phone::parse(&phone(visitor)).map_err(|_| Stopped("a walk-in's phone".to_owned()))?;
        self.office.wait(self.office.state()?.store.bookings_of(&phone))?.map_err(told)
    }

    fn host_decides(&mut self, which: usize, yes: bool) -> Result<(), Stopped> {
        if !self.office.is_up() || self.trouble.leapt_s != 0 {
            return Ok(());
        }
        let Some((visitor, host)) = self.walk_ins.asked.get(which).map(|asked| (asked.visitor, asked.host)) else {
            return Ok(());
        };
        let booked = self.booked_for(visitor)?;
        let Some(booking) = booked.first().filter(|_| booked.len() == 1) else {
            self.violated(format!("a walk-in that was accepted is booked {} times", booked.len()));
            return Ok(());
        };
        let (state, now) = (self.office.state()?.clone(), self.office.now());
        let (id, page) = (PassId::from_bytes(self.more_dice.bytes()), PageToken::from_random(self.more_dice.bytes()));
        let issuing = Issuing {
            signer: state.keys.now().signs.pass.clone(),
            pass: id,
            page: page.clone(),
            gates: GateMask::EVERY,
            entries: EntriesAllowed::ONE,
        };
        let host = people::host(host).ok_or_else(|| Stopped("no host".to_owned()))?;
        let choice = if yes { Choice::Approve } else { Choice::Decline { reason: None } };
        let word = choice.on(booking.revision);
        let decided = self.office.wait(state.store.decide_signed_in(booking.id, &host, word, issuing, now))?;
        let decided = decided.map_err(told)?;
        if !matches!(decided, Outcome::Decided(_)) {
            // Its day is over.
            if let Some(asked) = self.walk_ins.asked.get_mut(which) {
                asked.over = decided == Outcome::TooLate;
            }
            return Ok(());
        }
        let (campus, day) = (booking.facts.campus, booking.facts.day);
        if let Some(asked) = self.walk_ins.asked.get_mut(which) {
            asked.decided = Some(yes.then_some(id));
        }
        self.tally.count(if yes { "walk-ins approved" } else { "walk-ins declined" });
        self.trace.note(format!("the host of {visitor} says {yes}: {id} for {campus} on {day}"));
        if yes {
            let view = self.office.wait(state.store.pass_page(&page))?.map_err(told)?;
            let text = view.and_then(|view| view.text).ok_or_else(|| Stopped("a pass has no page".to_owned()))?;
            self.passes.push(Pass {
                id,
                campus,
                day,
                text: text.to_string(),
                booking: booking.id,
                page,
                visitor,
                entries: 1,
                revoked: false,
                watched: false,
                lost: false,
            });
        }
        Ok(())
    }

    fn approved_at(&self, at: usize) -> Option<PassId> {
        self.terminals
            .get(at)?
            .walk_ins()
            .iter()
            .find_map(|line| if let WalkInStanding::Approved { pass } = line.standing { Some(pass) } else { None })
    }

    /// The guard takes them from the list, compares the card and lets them in.
    fn goes_in_by_hand(&mut self, at: usize, pass: PassId) -> Result<(), Stopped> {
        let presented = Some(Presented { pass, genuine: true });
        self.turn(at, Event::NoCode, None)?;
        self.pass_time(3)?;
        self.shown_under = None;
        self.turn(at, Event::Guard(GuardAct::Choose(pass)), presented)?;
        let Some(Panel::Shown(shown)) = self.terminals.get(at).and_then(|terminal| terminal.panel()) else {
            return Ok(());
        };
        if !shown.subject.is_by_hand() || shown.subject.pass() != Some(pass) || shown.outcome.is_some() {
            return Ok(());
        }
        if shown.direction == Direction::In && shown.verdict == Verdict::Admit {
            self.violated(format!("{}: {pass} goes in by hand and nobody compares the card", self.name(at)));
        }
        if matches!(shown.verdict, Verdict::Ask(_)) {
            let act = GuardAct::LetIn { case: shown.case, reason: GuardReason::CardChecked };
            self.turn(at, Event::Guard(act), presented)?;
            self.tally.count("walk-ins let in");
        }
        Ok(())
    }

    /// A line says what the host said.
    pub(crate) fn walk_in_stands(&mut self, at: usize, told: &Told) {
        let (Told::WalkIn(line), Some(id)) = (told, self.terminals.get(at).map(|terminal| terminal.id)) else { return };
        let asked = self.walk_ins.asked.iter().find(|asked| asked.terminal == id && asked.number == line.number);
        let is_right = match (&line.standing, asked) {
            (WalkInStanding::Approved { pass }, Some(asked)) => asked.decided == Some(Some(*pass)),
            (WalkInStanding::Declined, Some(asked)) => asked.decided == Some(None),
            (WalkInStanding::Waiting, Some(asked)) => asked.accepted || asked.decided.is_some(),
            (WalkInStanding::HostUnknown, Some(asked)) => asked.host == NOBODY,
            (WalkInStanding::Refused(_) | WalkInStanding::NotAllowed { .. } | WalkInStanding::Limited { .. }, _) => {
                true
            }
            (WalkInStanding::Sending | WalkInStanding::Unreached, _) => true,
            (_, None) => false,
        };
        if !is_right {
            self.violated(format!("{}: of {} its line says {:?}", self.name(at), line.number, line.standing));
        }
    }

    /// One more at every gate, from the question to the entry at the office; and none of all was booked twice.
    pub(crate) fn walk_ins_go_through(&mut self) -> Result<(), Stopped> {
        if !self.plan.walk_ins {
            return Ok(());
        }
        let mut wrong = Vec::new();
        for at in 0..self.terminals.len() {
            let may_come = |terminal: &&crate::terminal::Terminal| terminal.way != Way::Out && !terminal.withdrawn;
            if self.terminals.get(at).filter(may_come).is_none() {
                continue;
            }
            let before = self.walk_ins.asked.len();
            self.somebody_has_no_pass(at)?;
            self.hosts_are_asked(at)?;
            let last = self.walk_ins.asked.get(before).map(|asked| (asked.accepted, asked.host));
            match last {
                Some((true, _)) => self.host_decides(before, true)?,
                Some((false, NOBODY)) => continue,
                Some((false, _)) | None => {
                    let lines = self.terminals.get(at).map(crate::terminal::Terminal::walk_ins);
                    wrong.push(format!("{}: its host was not asked: {lines:?}", self.name(at)));
                    continue;
                }
            }
            let pass = self.walk_ins.asked.get(before).and_then(|asked| asked.decided).flatten();
            for _ in 0..4 {
                self.pass_time(8)?;
                self.talk(at)?;
            }
            let Some(pass) = pass.filter(|pass| self.approved_at(at) == Some(*pass)) else {
                wrong.push(format!("{}: it does not know that {pass:?} was approved", self.name(at)));
                continue;
            };
            self.goes_in_by_hand(at, pass)?;
            for _ in 0..4 {
                self.pass_time(8)?;
                self.talk(at)?;
            }
            let filter = EntryFilter { pass: Some(pass), ..EntryFilter::default() };
            let rows = self.office.wait(self.office.state()?.store.entries(filter))?.map_err(told)?;
            let is_forked = self.terminals.get(at).is_some_and(|terminal| terminal.forked.is_some());
            if rows.len() != 1 && !is_forked {
                wrong.push(format!("{}: the office has {} entries of the walk-in {pass}", self.name(at), rows.len()));
            }
            self.tally.count("walk-ins followed to the office");
        }
        for asked in &self.walk_ins.asked {
            let booked = self.booked_for(asked.visitor)?.len();
            if booked > 1 || booked == 0 && (asked.accepted || asked.decided.is_some()) {
                wrong.push(format!("walk-in {} is booked {booked} times", asked.number));
            }
        }
        wrong.into_iter().for_each(|what| self.violated(format!("{what}, all mended")));
        Ok(())
    }
}
