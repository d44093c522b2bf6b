//! A call that a gate has open while somebody is taken back: it must end with that, and not with its time.
//!
//! All other calls are answered at once, because between two steps nothing happens that they could wait for.

use std::time::Duration;

use shared::{
    ids::PassId,
    sync::{
        PULL_PATH,
        change::Change,
        pull::{PullAnswer, PullRequest},
    },
};

use crate::{
    Stopped,
    flight::Flight,
    office::Call,
    talk::{Lane, read, written},
    world::World,
};

/// Of real time, which only passes where nobody is told.
const WAIT_S: u16 = 20;

/// A call that is still open by then has not heard, and would be told all the same once its time is over.
const HEARD_WITHIN: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(crate) struct Held {
    at: usize,
    call: Call,
}

impl World {
    /// One of the gates that know this pass asks for more, and there is no more yet.
    pub(crate) fn a_call_is_held(&mut self, pass: PassId) -> Result<Option<Held>, Stopped> {
        let waits = |terminal: &&crate::terminal::Terminal| {
            terminal.online
                && !terminal.withdrawn
                && matches!(terminal.pull, Flight::None)
                && terminal.knowledge.issued.contains_key(&pass)
        };
        let waiting: Vec<usize> =
            (0..self.terminals.len()).filter(|at| self.terminals.get(*at).filter(waits).is_some()).collect();
        let Some(at) = self.dice.pick(&waiting).copied() else { return Ok(None) };
        let Some(lanes) = self.terminals.get_mut(at).and_then(crate::terminal::Terminal::lanes) else {
            return Ok(None);
        };
        let Some(request) = lanes.next_pull() else { return Ok(None) };
        let at_once = written(&PullRequest { wait_s: 0, ..request.clone() })?;
        let Some(said) = self.send(at, PULL_PATH, &at_once, false)? else {
            self.fails(at, Lane::Pull, "nobody there")?;
            return Ok(None);
        };
        self.served(at, None, &said)?;
        let is_news = said.status != 200 || {
            let answer: PullAnswer = read(&said.body)?;
            !answer.links.is_empty() || answer.snapshot.is_some() || answer.key_set.is_some()
        };
        if is_news {
            self.deliver(at, Lane::Pull, said, None)?;
            return Ok(None);
        }
        let body = written(&PullRequest { wait_s: WAIT_S, ..request })?;
        let Some(headers) = self.signed(at, PULL_PATH, &body) else { return Ok(None) };
        self.tally.count("calls held open");
        Ok(self.office.call(PULL_PATH, body, &headers)?.map(|call| Held { at, call }))
    }

    pub(crate) fn held_call_ends(&mut self, held: Held, pass: PassId) -> Result<(), Stopped> {
        let Held { at, call } = held;
        let (said, is_soon) = self.office.answer(call, HEARD_WITHIN)?;
        if !is_soon {
            self.violated(format!("{}: its open call went on, and {pass} was taken back", self.name(at)));
        }
        self.served(at, None, &said)?;
        let told = said.status == 200 && {
            let answer: PullAnswer = read(&said.body)?;
            let mut changes = answer.links.iter().filter_map(|link| serde_json::from_str(link.body.get()).ok());
            changes.any(|change| matches!(change, Change::PassRevoked { pass: revoked, .. } if revoked == pass))
        };
        if !told {
            self.violated(format!("{}: its open call ended without {pass}, which was taken back", self.name(at)));
        }
        self.deliver(at, Lane::Pull, said, None)
    }
}
