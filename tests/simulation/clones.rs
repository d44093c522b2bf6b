//! Two machines with one identity: a terminal's disk is copied, and both run on.
//!
//! Unlike a disk that was put back, nothing is older than it was: each writes its entries under the next numbers of one chain, and
//! the office can hold only one of two. The rule is plain: of two bodies under one number the office takes the first, names that
//! number to whoever brings the other, and writes down that it did; nobody else is ever told of a fork. What it did not take stays on
//! its machine until the office withdraws the two, and is set aside then.

use std::collections::{BTreeMap, BTreeSet};

use gate_terminal::gate::{Alarm, Event};
use shared::{
    ids::TerminalId,
    sync::{Refusal, push::PushRequest},
};

use crate::{Stopped, office::Said, terminal::Copy, told, world::World};

/// Enough for what two machines have left to bring.
const ROUNDS: usize = 12;

const BETWEEN_ROUNDS_S: u64 = 32;

#[derive(Debug, Default)]
pub struct Clones {
    /// Of whom, and what lies in somebody's drawer.
    image: Option<(usize, Copy)>,
    /// The first machine and the other.
    pair: Option<[usize; 2]>,
    /// The numbers that the office named.
    told: BTreeMap<TerminalId, BTreeSet<u64>>,
}

impl Clones {
    #[must_use]
    pub fn is_one_of_two(&self, at: usize) -> bool {
        self.pair.is_some_and(|pair| pair.contains(&at))
    }
}

impl World {
    /// Once in a run somebody copies a disk, and some time later starts another machine with it.
    pub(crate) fn perhaps_cloned(&mut self) -> Result<(), Stopped> {
        if !self.plan.clones || self.clones.pair.is_some() {
            return Ok(());
        }
        let Some((of, copy)) = self.clones.image.take() else {
            if self.more_dice.of_thousand(30) {
                let of = usize::try_from(self.more_dice.below(u64::try_from(self.terminals.len()).unwrap_or(1)));
                let of = of.unwrap_or(0);
                self.clones.image = self.terminals.get_mut(of).map(|terminal| (of, terminal.copy()));
                self.trace.note(format!("{}'s disk is copied", self.name(of)));
            }
            return Ok(());
        };
        if !self.more_dice.of_thousand(60) {
            self.clones.image = Some((of, copy));
            return Ok(());
        }
        let now = self.true_time();
        let Some(first) = self.terminals.get(of) else { return Ok(()) };
        let other = self.terminals.len();
        self.terminals.push(first.cloned(copy, now)?);
        self.clones.pair = Some([of, other]);
        self.tally.fault("terminals cloned");
        self.trace.note(format!("{} runs twice from now on", self.name(of)));
        self.found_again(other)?;
        self.turn(other, Event::Tick, None)
    }

    /// Of every push that was answered: what it brings is held against what the office took before.
    pub(crate) fn forks_are_told(&mut self, at: usize, pushed: &PushRequest, said: &Said) {
        let Some(id) = self.terminals.get(at).map(|terminal| terminal.id) else { return };
        let bodies = self.served.get(&id).map(|served| &served.bodies);
        let held = |seq| bodies.and_then(|bodies| bodies.get(&seq));
        let differs = pushed.links.iter().find(|link| held(link.seq).is_some_and(|held| held != link.body.get()));
        let differs = differs.map(|link| link.seq);
        let refusal = serde_json::from_slice(&said.body).ok();
        let what = match (differs, refusal) {
            (Some(seq), Some(Refusal::Fork { seq: told })) if told == seq => {
                self.clones.told.entry(id).or_default().insert(seq);
                self.tally.count("forks told at the office");
                if let Some(terminal) = self.terminals.get_mut(at) {
                    terminal.forked = Some(seq);
                }
                return;
            }
            (_, Some(Refusal::Fork { seq })) => format!("a fork at {seq} was told where it is at {differs:?}"),
            (Some(seq), Some(Refusal::Gap { .. } | Refusal::Altered { .. } | Refusal::Head)) => {
                format!("the fork at {seq} was taken for something else")
            }
            (Some(seq), None) if said.status == 200 => format!("two entries were taken under number {seq}"),
            _ => return,
        };
        self.violated(format!("{}: {what}", self.name(at)));
    }

    /// The office's own list has each fork that was told, and none besides.
    pub(crate) fn office_has_the_forks(&mut self) -> Result<(), Stopped> {
        let faults = self.office.wait(self.office.state()?.store.push_faults())?.map_err(told)?;
        let mut listed: BTreeMap<TerminalId, BTreeSet<u64>> = BTreeMap::new();
        for fault in faults.into_iter().filter(|fault| fault.what == "fork") {
            listed.entry(fault.terminal).or_default().insert(fault.seq);
        }
        // An office that came back from a copy tells of those it was told of since.
        let no_more = listed.iter().all(|(id, seqs)| self.clones.told.get(id).is_some_and(|told| seqs.is_subset(told)));
        if !no_more || !self.trouble.office_turned_back && listed != self.clones.told {
            let told = &self.clones.told;
            self.violated(format!("the office lists the forks {listed:?}, and told of {told:?}"));
        }
        Ok(())
    }

    /// Of two machines one has brought all it wrote; what the other wrote besides is still on it, and it says where they part. When
    /// both are withdrawn, that lies at the office, too.
    pub(crate) fn clones_are_withdrawn(&mut self) -> Result<(), Stopped> {
        let Some(pair) = self.clones.pair else { return Ok(()) };
        let (mut apart, mut wrong) = (Vec::new(), Vec::new());
        for at in pair {
            let name = self.name(at);
            let Some(terminal) = self.terminals.get_mut(at) else { return Ok(()) };
            let (stored, served) = (terminal.stored_entries()?, self.served.get(&terminal.id));
            let is_served = |seq: &u64, body: &String| served.and_then(|served| served.bodies.get(seq)) == Some(body);
            let entries = terminal.knowledge.entries.clone();
            let apart_here: Vec<_> = entries.into_iter().filter(|(seq, body)| !is_served(seq, body)).collect();
            let alarm = terminal.alarm();
            match apart_here.first().map(|(seq, _)| *seq) {
                Some(seq) if alarm != Some(Alarm::Fork { seq }) => {
                    wrong.push(format!("{name}: its entries part at {seq}, and it says {alarm:?}"));
                }
                None if terminal.unsent() > 0 || served.map(|s| s.up_to) != Some(terminal.knowledge.last_entry()) => {
                    wrong.push(format!("{name}: the office has all its entries, and it says {alarm:?}"));
                }
                Some(_) | None => {}
            }
            wrong.extend(
                apart_here
                    .iter()
                    .filter(|entry| !stored.contains(entry))
                    .map(|(seq, _)| format!("{name}: entry {seq} is neither at the office nor on it")),
            );
            apart.push(apart_here);
        }
        if apart.iter().filter(|entries| entries.is_empty()).count() != 1 {
            wrong.push("of two machines not one has brought everything, and not the other".to_owned());
        }
        wrong.into_iter().for_each(|what| self.violated(format!("{what}, all mended")));
        self.withdrawn_and_set_aside(pair, &apart.concat())
    }

    fn withdrawn_and_set_aside(&mut self, pair: [usize; 2], apart: &[(u64, String)]) -> Result<(), Stopped> {
        let Some(id) = self.terminals.get(pair[0]).map(|terminal| terminal.id) else { return Ok(()) };
        self.office.withdraw(id)?;
        for at in pair {
            self.terminals.get_mut(at).into_iter().for_each(|terminal| terminal.withdrawn = true);
        }
        for _ in 0..ROUNDS {
            self.pass_time(BETWEEN_ROUNDS_S)?;
            for at in pair {
                self.talk(at)?;
            }
        }
        let rows = self.office.wait(self.office.state()?.store.entries_set_aside())?.map_err(told)?;
        let mut aside = BTreeSet::new();
        for row in rows.into_iter().filter(|row| row.id.terminal == id) {
            aside.insert((row.id.seq, serde_json::to_string(&row.entry.map_err(Stopped)?).map_err(told)?));
        }
        for entry in apart {
            self.tally.count("entries set aside");
            if !aside.contains(entry) {
                self.violated(format!("gate {id}, withdrawn: its other entry {} was not set aside", entry.0));
            }
        }
        Ok(())
    }
}
