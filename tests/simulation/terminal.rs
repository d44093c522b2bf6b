//! A gate's machine: the real controller, gate and store on a disk that can lose its power, with a clock that anybody can set.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use gate_terminal::{
    card,
    clock::SetClock,
    controller::{Controller, Doors},
    gate::{Event, Panel, Signal, WalkIn},
    ports::{Clock as _, Held, Lamp, Observer, Post, Store as _, Told},
    store::{DATABASE_FILE, SqliteStore},
    sync::{self, Lanes},
};
use power_cut::{cut::Cut, disk::Image};
use shared::{
    entry::Way,
    ids::{CampusId, GateIndex, TerminalId},
    pass::Roots,
    sync::enrol::EnrolAnswer,
    time::Moment,
};

use crate::{
    Stopped,
    flight::Flight,
    fuse::{Fuse, Fused},
    knowledge::Knowledge,
    machine::Machine,
    talk::TOLERANCE,
    told,
};

/// Without a word of the server the wall clock is believed for so long.
const UNPROVEN_LIMIT: TimeDelta = TimeDelta::hours(24);

const JOURNAL: &str = "entries.journal";

#[derive(Debug)]
pub struct Terminal {
    pub id: TerminalId,
    pub campus: CampusId,
    pub gate: GateIndex,
    pub way: Way,
    pub key: SigningKey,
    pub clock: SetClock,
    pub knowledge: Knowledge,
    /// What it will know once it has stored the answer that it was given last.
    pub candidate: Option<Knowledge>,
    /// The server's last proven time, and the boot clock then; of this run.
    pub proven: Option<(Moment, u64)>,
    /// A moment that had passed for sure when it started, and the boot clock then.
    pub sure: (Moment, u64),
    /// What the wall clock said when it started.
    pub wall_then: Moment,
    /// The floor that it must have written down.
    pub floor: Moment,
    pub pull: Flight,
    pub push: Flight,
    /// What its signatures' time is ahead of its clock.
    pub ahead_ms: i64,
    pub online: bool,
    pub withdrawn: bool,
    /// Its disk was put back to an older state.
    pub turned_back: bool,
    /// Where the office said that its entries part from those it holds.
    pub forked: Option<u64>,
    /// Answers it was given before.
    pub old_answers: Vec<Vec<u8>>,
    machine: Machine,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    controller: Controller<Fused>,
    lanes: Lanes,
    fuse: Fuse,
    witness: Witness,
}

/// All that lies on a terminal, and what it knew then.
#[derive(Debug, Clone)]
pub struct Copy {
    image: Image,
    journal: Option<Vec<u8>>,
    knowledge: Knowledge,
    floor: Moment,
}

/// In the order in which it was seen.
#[derive(Debug, Clone)]
pub enum Seen {
    Light(Signal),
    Told(Box<Told>),
}

impl Terminal {
    pub fn enrolled(answer: &EnrolAnswer, way: Way, key: SigningKey, now: Moment) -> Result<Self, Stopped> {
        let EnrolAnswer { terminal, campus, gate, root, spare, server_time } = *answer;
        let machine = Machine::new()?;
        let mut store = SqliteStore::open(&machine.folder().join(DATABASE_FILE)).map_err(told)?;
        store.keep_post(&Post { terminal, campus, gate, roots: Roots { root, spare } }, server_time).map_err(told)?;
        drop(store);
        let clock = SetClock::at(now);
        let boot_ms = clock.read().since_boot_ms;
        let mut terminal = Self {
            id: terminal,
            campus,
            gate,
            way,
            key,
            clock,
            knowledge: Knowledge::default(),
            candidate: None,
            proven: None,
            sure: (server_time, boot_ms),
            wall_then: now,
            floor: server_time,
            pull: Flight::None,
            push: Flight::None,
            ahead_ms: 0,
            online: true,
            withdrawn: false,
            turned_back: false,
            forked: None,
            old_answers: Vec::new(),
            machine,
            running: None,
        };
        terminal.start()?;
        Ok(terminal)
    }

    pub fn start(&mut self) -> Result<(), Stopped> {
        let path = self.machine.folder().join(DATABASE_FILE);
        let mut store = SqliteStore::open(&path).map_err(|fault| Stopped(format!("a store does not open: {fault}")))?;
        store.keep_journal(&self.key).map_err(told)?;
        let (calls, lanes) = sync::line();
        let (fuse, witness) = (Fuse::default(), Witness::default());
        let doors = Doors {
            clock: Box::new(self.clock.clone()),
            line: Box::new(calls),
            cards: Box::new(card::desk().0),
            lamp: Box::new(witness.clone()),
            observer: Box::new(witness.clone()),
            key: self.key.clone(),
        };
        let controller = Controller::open(Fused { store, fuse: fuse.clone() }, doors, self.way).map_err(told)?;
        self.running = Some(Running { controller, lanes, fuse, witness });
        (self.pull, self.push, self.ahead_ms) = (Flight::None, Flight::None, 0);
        (self.proven, self.sure) = (None, (self.floor, self.clock.read().since_boot_ms));
        self.wall_then = self.wall();
        self.machine.settle();
        Ok(())
    }

    /// The power goes. What comes back has the boot clock of a new start, and the wall clock that is said.
    pub fn crash(&mut self, cut: Cut, wall: Moment) -> Result<(), Stopped> {
        let left = self.machine.cut(cut);
        self.running = None;
        self.machine.put(left)?;
        self.clock = SetClock::at(wall);
        Ok(())
    }

    pub fn turn(&mut self, event: Event) -> Vec<Seen> {
        let Some(running) = &mut self.running else { return Vec::new() };
        running.controller.turn(event);
        self.machine.settle();
        running.witness.take()
    }

    pub fn fuse(&self) -> Option<&Fuse> {
        self.running.as_ref().map(|running| &running.fuse)
    }

    #[must_use]
    pub fn panel(&self) -> Option<Panel> {
        self.running.as_ref().map(|running| running.controller.view().panel)
    }

    #[must_use]
    pub fn alarm(&self) -> Option<gate_terminal::gate::Alarm> {
        self.running.as_ref().and_then(|running| running.controller.view().alarm)
    }

    /// Those without a pass for whom it has asked their hosts.
    #[must_use]
    pub fn walk_ins(&self) -> Arc<[WalkIn]> {
        self.running.as_ref().map_or_else(|| Arc::from([]), |running| running.controller.view().walk_ins)
    }

    #[must_use]
    pub fn unsent(&self) -> u64 {
        self.running.as_ref().map_or(0, |running| running.controller.view().unsent)
    }

    pub fn lanes(&mut self) -> Option<&mut Lanes> {
        self.running.as_mut().map(|running| &mut running.lanes)
    }

    #[must_use]
    pub fn boot_ms(&self) -> u64 {
        self.clock.read().since_boot_ms
    }

    #[must_use]
    pub fn wall(&self) -> Moment {
        self.clock.read().wall
    }

    /// A moment that has passed for sure, by the server's word and the boot clock.
    #[must_use]
    pub fn surely(&self) -> Moment {
        let (at, boot_ms) = self.proven.unwrap_or(self.sure);
        let since = i64::try_from(self.boot_ms().saturating_sub(boot_ms)).unwrap_or(0);
        Moment::from_unix_ms(at.unix_ms().saturating_add(since))
    }

    /// Whether its wall clock contradicts what it can know of the time.
    #[must_use]
    pub fn doubts_its_clock(&self) -> bool {
        let surely = self.surely();
        if self.proven.is_some() {
            return self.wall().since(surely).abs() > TOLERANCE;
        }
        // Nothing but the wall clock said more than the floor when it started.
        let (floor, boot_ms) = self.sure;
        let since = i64::try_from(self.boot_ms().saturating_sub(boot_ms)).unwrap_or(0);
        let best = Moment::from_unix_ms(self.wall_then.max(floor).unix_ms().saturating_add(since));
        let last_word = self.knowledge.proven.is_none_or(|proven| best.since(proven) > UNPROVEN_LIMIT);
        self.wall_then < floor.minus(TOLERANCE) || self.wall().since(best).abs() > TOLERANCE || last_word
    }

    /// How long the office has surely not been heard.
    #[must_use]
    pub fn silent_for(&self) -> Option<TimeDelta> {
        self.knowledge.proven.map(|proven| self.surely().since(proven))
    }

    /// What its store gives to a start.
    pub fn held(&mut self) -> Result<Held, Stopped> {
        let running = self.running.as_mut().ok_or_else(|| Stopped("it does not run".to_owned()))?;
        running.controller.store_mut().load().map_err(told)
    }

    /// Every entry that its store still has.
    pub fn stored_entries(&mut self) -> Result<Vec<(u64, String)>, Stopped> {
        let running = self.running.as_mut().ok_or_else(|| Stopped("it does not run".to_owned()))?;
        let (links, _) = running.controller.store_mut().entries_after(0, usize::MAX >> 1).map_err(told)?;
        Ok(links.into_iter().map(|link| (link.seq, link.body.get().to_owned())).collect())
    }

    pub fn copy(&mut self) -> Copy {
        let image = self.machine.cut(Cut::Kept);
        let journal = std::fs::read(self.machine.folder().join(JOURNAL)).ok();
        Copy { image, journal, knowledge: self.knowledge.clone(), floor: self.floor }
    }

    /// Another machine, with all that lay on this one's disk then: its name, its key and its entries.
    pub fn cloned(&self, copy: Copy, now: Moment) -> Result<Self, Stopped> {
        let Copy { image, journal, knowledge, floor } = copy;
        let mut machine = Machine::new()?;
        machine.put(image)?;
        if let Some(journal) = journal {
            std::fs::write(machine.folder().join(JOURNAL), journal).map_err(told)?;
        }
        let clock = SetClock::at(now);
        let mut clone = Self {
            key: self.key.clone(),
            sure: (floor, clock.read().since_boot_ms),
            clock,
            knowledge,
            candidate: None,
            proven: None,
            wall_then: now,
            floor,
            pull: Flight::None,
            push: Flight::None,
            ahead_ms: 0,
            online: true,
            withdrawn: false,
            turned_back: false,
            forked: None,
            old_answers: Vec::new(),
            machine,
            running: None,
            ..*self
        };
        clone.start()?;
        Ok(clone)
    }

    /// An old copy of the disk comes back; with its journal, or beside the newer one.
    pub fn turn_back(&mut self, copy: Copy, with_journal: bool) -> Result<(), Stopped> {
        let Copy { image, journal, knowledge: mut known, floor } = copy;
        self.running = None;
        self.machine.put(image)?;
        if with_journal {
            let path = self.machine.folder().join(JOURNAL);
            match journal {
                Some(journal) => std::fs::write(path, journal).map_err(told)?,
                None => std::fs::remove_file(path).map_err(told)?,
            }
        } else {
            // What it knew of others then, and all that it wrote itself, which the journal gives back.
            for (pass, entries) in &self.knowledge.went_in {
                let own = entries.iter().filter(|entry| entry.terminal == self.id);
                known.went_in.entry(*pass).or_default().extend(own);
            }
            known.entries = std::mem::take(&mut self.knowledge.entries);
        }
        (self.knowledge, self.floor, self.candidate) = (known, floor, None);
        self.start()
    }
}

#[derive(Debug, Clone, Default)]
struct Witness(Arc<Mutex<Vec<Seen>>>);

impl Witness {
    fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, seen: Seen) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }
}

impl Lamp for Witness {
    fn shine(&mut self, signal: Signal) {
        self.note(Seen::Light(signal));
    }
}

impl Observer for Witness {
    fn hear(&mut self, told: &Told) {
        self.note(Seen::Told(Box::new(told.clone())));
    }
}
