//! The line between a gate and the office, call by call: signed as the terminal signs, and lost, doubled or late as the seed says.

use chrono::TimeDelta;
use gate_terminal::gate::{Event, SyncFailure};
use serde::{Serialize, de::DeserializeOwned};
use shared::{
    sync::{
        PULL_PATH, PUSH_PATH, Refusal,
        beacon::Beacon,
        http_signature::{Nonce, Parameters, SignatureHeaders, sign},
        pull::PullAnswer,
        push::{EntryReceipt, PushAnswer, PushRequest},
    },
    time::Moment,
};

use crate::{
    Stopped,
    flight::{Flight, GIVEN_UP_MS, failure},
    office::Said,
    told,
    world::World,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    Pull,
    Push,
}

impl World {
    /// Each lane of a gate goes on by as much as its line lets it.
    pub(crate) fn talk(&mut self, at: usize) -> Result<(), Stopped> {
        for lane in [Lane::Pull, Lane::Push] {
            self.go_on(at, lane)?;
        }
        self.hosts_are_asked(at)
    }

    fn go_on(&mut self, at: usize, lane: Lane) -> Result<(), Stopped> {
        let Some(terminal) = self.terminals.get_mut(at) else { return Ok(()) };
        let boot_ms = terminal.boot_ms();
        let slot = match lane {
            Lane::Pull => &mut terminal.pull,
            Lane::Push => &mut terminal.push,
        };
        match std::mem::replace(slot, Flight::None) {
            Flight::None => {}
            Flight::Failing { until_boot_ms, failure } if boot_ms >= until_boot_ms => {
                let event = match lane {
                    Lane::Pull => Event::PullFailed(failure),
                    Lane::Push => Event::PushFailed(failure),
                };
                self.turn(at, event, None)?;
            }
            waits @ Flight::Failing { .. } => {
                *slot = waits;
                return Ok(());
            }
            Flight::Answer { said, since_boot_ms, forged } => {
                return if boot_ms.saturating_sub(since_boot_ms) > GIVEN_UP_MS {
                    self.tally.fault("answers that came too late");
                    self.fails(at, lane, "too late")
                } else {
                    self.deliver(at, lane, said, forged)
                };
            }
        }
        self.ask(at, lane)
    }

    pub(crate) fn fails(&mut self, at: usize, lane: Lane, why: &str) -> Result<(), Stopped> {
        let wait_ms = self.dice.between(1_000, 30_000);
        let Some(terminal) = self.terminals.get_mut(at) else { return Ok(()) };
        let failing = Flight::failing(terminal.boot_ms(), wait_ms, why);
        match lane {
            Lane::Pull => terminal.pull = failing,
            Lane::Push => terminal.push = failing,
        }
        self.trace.note(format!("{} {lane:?} fails: {why}", self.name(at)));
        Ok(())
    }

    pub(crate) fn name(&self, at: usize) -> String {
        self.terminals.get(at).map(|terminal| format!("gate {}", terminal.id)).unwrap_or_default()
    }

    /// What the gate has asked for goes out.
    fn ask(&mut self, at: usize, lane: Lane) -> Result<(), Stopped> {
        let Some(terminal) = self.terminals.get_mut(at) else { return Ok(()) };
        let Some(lanes) = terminal.lanes() else { return Ok(()) };
        let (path, body, pushed) = match lane {
            Lane::Pull => {
                let Some(mut request) = lanes.next_pull() else { return Ok(()) };
                // A call is held between two steps, so that here it is answered at once.
                request.wait_s = 0;
                (PULL_PATH, written(&request)?, None)
            }
            Lane::Push => {
                let Some(request) = lanes.next_push() else { return Ok(()) };
                (PUSH_PATH, written(&request)?, Some(request))
            }
        };
        if !self.terminals.get(at).is_some_and(|terminal| terminal.online) {
            return self.fails(at, lane, "no line");
        }
        if self.trouble.faults && self.dice.of_thousand(40) {
            self.tally.fault("calls lost on the way");
            return self.fails(at, lane, "lost");
        }
        let doubled = self.trouble.faults && self.dice.of_thousand(60);
        let Some(said) = self.send(at, path, &body, doubled)? else { return self.fails(at, lane, "nobody there") };
        self.served(at, pushed.as_ref(), &said)?;
        if self.trouble.faults && self.dice.of_thousand(50) {
            self.tally.fault("answers lost on the way back");
            if lane == Lane::Pull {
                self.remember_answer(at, &said);
            }
            if self.dice.of_thousand(100) {
                self.office_crashes()?;
            }
            return self.fails(at, lane, "answer lost");
        }
        if self.trouble.faults && self.dice.of_thousand(120) {
            let Some(terminal) = self.terminals.get_mut(at) else { return Ok(()) };
            let answer = Flight::Answer { said, since_boot_ms: terminal.boot_ms(), forged: None };
            match lane {
                Lane::Pull => terminal.pull = answer,
                Lane::Push => terminal.push = answer,
            }
            self.tally.fault("answers on the way for a while");
            return Ok(());
        }
        let (said, forged) = if lane == Lane::Pull { self.perhaps_forged(at, said)? } else { (said, None) };
        let (said, forged) =
            if lane == Lane::Pull { self.perhaps_by_a_stolen_key(at, said, forged)? } else { (said, forged) };
        self.deliver(at, lane, said, forged)
    }

    /// Signs by the terminal's clock, and once more by the server's where that refuses the time; perhaps the message comes twice.
    pub(crate) fn send(&mut self, at: usize, path: &str, body: &[u8], doubled: bool) -> Result<Option<Said>, Stopped> {
        for _ in 0..2 {
            let Some(headers) = self.signed(at, path, body) else { return Ok(None) };
            let Some(said) = self.office.post(path, body.to_vec(), Some(&headers))? else { return Ok(None) };
            if doubled {
                self.tally.fault("messages that came twice");
                let again = self.office.post(path, body.to_vec(), Some(&headers))?;
                let refusal = again.as_ref().map(|again| serde_json::from_slice::<Refusal>(&again.body));
                if said.status == 200 && !matches!(refusal, Some(Ok(Refusal::Replayed | Refusal::Withdrawn { .. }))) {
                    self.violated(format!(
                        "{}: a message that came twice was answered twice: {again:?}",
                        self.name(at)
                    ));
                }
            }
            // Whatever was not answered may come as often as it likes.
            if said.status == 200 {
                self.keep_letter(path, body, headers);
            }
            let Ok(Refusal::Clock { server_time }) = serde_json::from_slice(&said.body) else { return Ok(Some(said)) };
            if let Some(terminal) = self.terminals.get_mut(at) {
                terminal.ahead_ms = server_time.since(terminal.wall()).num_milliseconds();
            }
        }
        self.violated(format!("{}: refused by its clock with the server's own time", self.name(at)));
        Ok(None)
    }

    pub(crate) fn signed(&mut self, at: usize, path: &str, body: &[u8]) -> Option<SignatureHeaders> {
        let nonce = Nonce::from_random(self.dice.bytes());
        let terminal = self.terminals.get(at)?;
        let created = terminal.wall().plus(TimeDelta::milliseconds(terminal.ahead_ms));
        let parameters = Parameters { created_s: created.unix_s(), nonce, terminal: terminal.id };
        Some(sign(&parameters, "POST", path, body, &terminal.key))
    }

    fn keep_letter(&mut self, path: &str, body: &[u8], headers: SignatureHeaders) {
        const KEPT: usize = 24;
        if self.letters.len() == KEPT {
            self.letters.remove(0);
        }
        self.letters.push((path.to_owned(), body.to_vec(), headers));
    }

    /// Somebody has written a message down and sends it again, a moment or a day later.
    pub(crate) fn a_letter_comes_again(&mut self) -> Result<(), Stopped> {
        let Some((path, body, headers)) = self.dice.pick(&self.letters).cloned() else { return Ok(()) };
        let Some(said) = self.office.post(&path, body, Some(&headers))? else { return Ok(()) };
        self.tally.fault("messages sent again by a stranger");
        self.trace.note(format!("a message comes again: {}", said.status));
        if said.status == 200 {
            self.violated("a message was answered that was answered before".to_owned());
        }
        Ok(())
    }

    /// A gate whose disk lies: one of its entries is another than the head it signs says.
    pub(crate) fn an_altered_push(&mut self, at: usize) -> Result<(), Stopped> {
        let Some(terminal) = self.terminals.get_mut(at) else { return Ok(()) };
        let Some(mut request) = terminal.lanes().and_then(gate_terminal::sync::Lanes::next_push) else { return Ok(()) };
        let Some(link) = request.links.last_mut() else { return self.fails(at, Lane::Push, "lost") };
        let body = link.body.get().replace("\"party\":", "\"party\": ");
        link.body = serde_json::value::RawValue::from_string(body).map_err(told)?;
        self.tally.fault("entries altered on their way");
        if let Some(said) = self.send(at, PUSH_PATH, &written(&request)?, false)? {
            if said.status == 200 {
                self.violated(format!("{}: entries were taken that its head does not prove", self.name(at)));
            }
            let before = self.terminals.get(at).and_then(|terminal| terminal.forked);
            self.forks_are_told(at, &request, &said);
            // The gate itself hears nothing of it.
            self.terminals.get_mut(at).into_iter().for_each(|terminal| terminal.forked = before);
        }
        self.fails(at, Lane::Push, "altered")
    }

    /// What the server has said it must stand by from now on, whether the answer arrives or not.
    pub(crate) fn served(&mut self, at: usize, pushed: Option<&PushRequest>, said: &Said) -> Result<(), Stopped> {
        if let Some(pushed) = pushed {
            self.forks_are_told(at, pushed, said);
        }
        if said.status != 200 {
            self.refused(at, pushed, said);
            return Ok(());
        }
        let Some((id, withdrawn)) = self.terminals.get(at).map(|terminal| (terminal.id, terminal.withdrawn)) else {
            return Ok(());
        };
        if withdrawn {
            self.violated(format!("gate {id}: a withdrawn terminal was answered"));
        }
        let Some(pushed) = pushed else {
            let answer: PullAnswer = read(&said.body)?;
            let beacon: Beacon = read(answer.beacon.body.as_bytes())?;
            if beacon.server_time != self.true_time() {
                self.violated(format!("gate {id}: it was told {}", beacon.server_time.campus_date_and_clock()));
            }
            return Ok(());
        };
        let answer: PushAnswer = read(&said.body)?;
        let receipt: EntryReceipt = read(answer.receipt.body.as_bytes())?;
        let served = self.served.entry(id).or_default();
        served.up_to = served.up_to.max(receipt.head.seq);
        for link in &pushed.links {
            served.bodies.insert(link.seq, link.body.get().to_owned());
        }
        Ok(())
    }

    /// Whoever sends again what the server has, or what follows it, has left nothing out.
    fn refused(&mut self, at: usize, pushed: Option<&PushRequest>, said: &Said) {
        let Some(terminal) = self.terminals.get(at).filter(|terminal| !terminal.turned_back) else { return };
        let Some(first) = pushed.and_then(|pushed| pushed.links.first()) else { return };
        let up_to = self.served.get(&terminal.id).map_or(0, |served| served.up_to);
        if let Ok(Refusal::Gap { expected }) = serde_json::from_slice(&said.body)
            && first.seq <= up_to + 1
        {
            let (name, first) = (self.name(at), first.seq);
            self.violated(format!(
                "{name}: it sent entries from {first}, the server has {up_to} and misses {expected}"
            ));
        }
    }

    pub(crate) fn deliver(
        &mut self,
        at: usize,
        lane: Lane,
        said: Said,
        forged: Option<&'static str>,
    ) -> Result<(), Stopped> {
        if said.status != 200 {
            let failure = failure(&said);
            let why = match &failure {
                // Its proof is signed by a key that nobody drew.
                SyncFailure::Refused(Refusal::Withdrawn { .. }) => "withdrawn".to_owned(),
                SyncFailure::Refused(_) | SyncFailure::Unreachable(_) => format!("{failure:?}"),
            };
            self.trace.note(format!("{} {lane:?} refused: {why}", self.name(at)));
            // The terminal waits before it tells the gate.
            let event = match lane {
                Lane::Pull => Event::PullFailed(failure),
                Lane::Push => Event::PushFailed(failure),
            };
            return self.turn(at, event, None);
        }
        match lane {
            Lane::Push => {
                let answer: PushAnswer = read(&said.body)?;
                self.turn(at, Event::Pushed(answer), None)
            }
            Lane::Pull => {
                let answer: PullAnswer = read(&said.body)?;
                let beacon: Beacon = read(answer.beacon.body.as_bytes())?;
                self.remember_answer(at, &said);
                if let Some(terminal) = self.terminals.get_mut(at) {
                    terminal.candidate = forged.is_none().then(|| terminal.knowledge.after(&answer, &beacon));
                }
                self.given = forged;
                self.turn(at, Event::Pulled(Box::new(answer)), None)?;
                self.given = None;
                Ok(())
            }
        }
    }

    fn remember_answer(&mut self, at: usize, said: &Said) {
        const KEPT: usize = 8;
        let Some(terminal) = self.terminals.get_mut(at) else { return };
        if said.status == 200 {
            // The first is kept: nothing need be known before it.
            if terminal.old_answers.len() == KEPT {
                terminal.old_answers.remove(1);
            }
            terminal.old_answers.push(said.body.clone());
        }
    }
}

pub(crate) fn written<T: Serialize>(request: &T) -> Result<Vec<u8>, Stopped> {
    serde_json::to_vec(request).map_err(told)
}

pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Stopped> {
    serde_json::from_slice(body).map_err(told)
}

/// Within what the gate bears of a server's clock that is corrected.
pub(crate) const TOLERANCE: TimeDelta = TimeDelta::minutes(2);

/// Whether a gate may take this for the time, which has passed for sure.
pub(crate) fn may_be(time: Moment, surely: Moment) -> bool {
    time >= surely.minus(TOLERANCE)
}
