//! What goes wrong, when the seed says so: lines, power, clocks, disks that come back old, and terminals that are stolen.

use chrono::TimeDelta;
use gate_terminal::gate::SILENT_AT_MOST;
use power_cut::cut::Cut;
use shared::{pass::keyset::KeySetBody, sync::pull::Cursor};

use crate::{
    Stopped,
    fuse::Blows,
    talk::read,
    told,
    watch::AROUND,
    world::{Pass, Served, World},
};

/// What is wrong just now, and what ever was.
#[derive(Debug, Default)]
pub struct Trouble {
    /// Whether anything may go wrong at all.
    pub faults: bool,
    /// By how much somebody has put the office's clock.
    pub leapt_s: i64,
    pub office_turned_back: bool,
    pub(crate) copy: Option<OfficeCopy>,
}

/// A backup, and what the office had said by then.
#[derive(Debug)]
pub(crate) struct OfficeCopy {
    bytes: Vec<u8>,
    passes: Vec<Pass>,
    served: std::collections::BTreeMap<shared::ids::TerminalId, Served>,
}

impl World {
    pub(crate) fn draw_a_fault(&mut self) -> Result<(), Stopped> {
        self.trouble.faults = self.plan.faults;
        if !self.plan.faults {
            return Ok(());
        }
        if !self.office.is_up() && self.dice.of_thousand(300) {
            self.office.start()?;
            self.trace.note("the office is back".to_owned());
            self.server_keeps_its_word()?;
        }
        let at = usize::try_from(self.dice.below(u64::try_from(self.terminals.len()).unwrap_or(1))).unwrap_or(0);
        match self.dice.below(1_000) {
            0..60 => self.line_changes(at),
            60..110 => self.power_goes(at)?,
            110..150 => {
                self.tally.fault("terminals without power");
                self.gate_crashes(at)?;
            }
            150..165 => self.office_crashes()?,
            165..205 => self.wall_clock_is_put(at),
            205..215 => self.office_clock_leaps(),
            215..235 => self.a_letter_comes_again()?,
            235..245 => self.an_altered_push(at)?,
            245..290 if self.plan.turned_back => self.disk_is_copied(at)?,
            _ => {}
        }
        Ok(())
    }

    fn line_changes(&mut self, at: usize) {
        let Some(terminal) = self.terminals.get_mut(at) else { return };
        terminal.online = !terminal.online;
        let online = terminal.online;
        if !online {
            self.tally.fault("lines cut");
        }
        self.trace.note(format!("{} online {online}", self.name(at)));
    }

    /// In the middle of what it does next.
    fn power_goes(&mut self, at: usize) -> Result<(), Stopped> {
        let blows = if self.dice.of_thousand(500) { Blows::Before } else { Blows::After };
        if let Some(fuse) = self.terminals.get(at).and_then(crate::terminal::Terminal::fuse) {
            fuse.set(blows);
            self.tally.fault(match blows {
                Blows::Before => "power gone before a write",
                Blows::After => "power gone before an answer",
            });
            self.trace.note(format!("{} will lose its power {blows:?} a write", self.name(at)));
        }
        Ok(())
    }

    pub(crate) fn a_cut(&mut self) -> Cut {
        match self.dice.below(4) {
            0 => Cut::Kept,
            1 => Cut::Lost,
            _ => Cut::Torn { sector: 512, seed: self.dice.below(u64::MAX) },
        }
    }

    /// It comes back at once, with its clock as it was or as a spent battery leaves it.
    pub(crate) fn gate_crashes(&mut self, at: usize) -> Result<(), Stopped> {
        let (cut, now) = (self.a_cut(), self.true_time());
        let wrong = [0, 0, 0, 0, -86_400, 86_400, -3_600 * 5, 3_600, -900_000_000];
        let wrong_s = self.dice.pick(&wrong).copied().unwrap_or(0);
        let wrong_s = if self.trouble.faults { wrong_s } else { 0 };
        if wrong_s != 0 {
            self.tally.fault("starts with a wrong clock");
        }
        self.trace.note(format!("{} starts again after {cut:?}, its clock {wrong_s} s wrong", self.name(at)));
        let Some(terminal) = self.terminals.get_mut(at) else { return Ok(()) };
        self.tally.kills += 1;
        terminal.crash(cut, now.plus(TimeDelta::seconds(wrong_s)))?;
        terminal.start()?;
        self.found_again(at)?;
        self.turn(at, gate_terminal::gate::Event::Tick, None)
    }

    /// What a start finds must be all that was answered for, and at most what was just being written besides.
    pub(crate) fn found_again(&mut self, at: usize) -> Result<(), Stopped> {
        let name = self.name(at);
        let Some(terminal) = self.terminals.get_mut(at) else { return Ok(()) };
        let (stored, held) = (terminal.stored_entries()?, terminal.held()?);
        let served = self.served.get(&terminal.id).map(|served| &served.bodies);
        let first = stored.first().map_or(0, |(seq, _)| *seq);
        let mut wrong = Vec::new();
        for (seq, body) in &terminal.knowledge.entries {
            let found = stored.iter().find(|(stored, _)| stored == seq);
            // A withdrawn gate gets no receipts: it lets go of what the office says it has set aside.
            let is_served = || served.and_then(|bodies| bodies.get(seq)) == Some(body);
            let purged = *seq < first && (terminal.withdrawn || is_served());
            match found {
                Some((_, stored)) if stored == body => {}
                None if purged => {}
                Some(_) => wrong.push(format!("entry {seq} is another")),
                None => wrong.push(format!("entry {seq} is lost")),
            }
        }
        let last = terminal.knowledge.last_entry();
        let more: Vec<_> = stored.into_iter().filter(|(seq, _)| *seq > last).collect();
        if more.len() > 1 {
            wrong.push(format!("{} entries that nobody was told of", more.len()));
        }
        for (seq, body) in more {
            let entry = read(body.as_bytes())?;
            let id = shared::entry::EntryId { terminal: terminal.id, seq };
            terminal.knowledge.wrote(id, &entry, body);
        }
        let cursor = Cursor { epoch: held.news.epoch, seq: held.news.head.seq };
        let candidate = terminal.candidate.take();
        let silent = terminal.silent_for().is_some_and(|span| span >= SILENT_AT_MOST - AROUND);
        let may_forget = terminal.withdrawn || silent;
        if cursor != terminal.knowledge.cursor {
            match candidate {
                Some(next) if next.cursor == cursor => {
                    let entries = std::mem::take(&mut terminal.knowledge.entries);
                    terminal.knowledge = crate::knowledge::Knowledge { entries, ..next };
                    terminal.floor = terminal.knowledge.proven.unwrap_or(terminal.floor);
                    terminal.sure = (terminal.floor, terminal.boot_ms());
                }
                Some(_) | None if may_forget && cursor == Cursor::START => {
                    terminal.knowledge = std::mem::take(&mut terminal.knowledge).forgotten();
                    self.copies.remove(&terminal.id);
                }
                Some(_) | None => {
                    wrong.push(format!("its cursor is {cursor:?} and was {:?}", terminal.knowledge.cursor))
                }
            }
        } else if let Some(next) = candidate.filter(|next| next.cursor == cursor && held.news.proven == next.proven) {
            // The same place and a newer word of the time, and perhaps other keys.
            let number =
                |set: &shared::pass::SealedKeySet| read::<KeySetBody>(set.body.as_bytes()).map(|set| set.number);
            let held_set = held.news.key_set.as_ref().map(number).transpose()?;
            if held_set == next.keys.as_ref().map(|set| set.number) {
                terminal.knowledge.keys = next.keys;
                terminal.knowledge.least_set = next.least_set;
            }
            terminal.knowledge.proven = next.proven;
            terminal.knowledge.as_of = next.as_of.or(terminal.knowledge.as_of);
            terminal.floor = next.proven.unwrap_or(terminal.floor);
            terminal.sure = (terminal.floor, terminal.boot_ms());
        }
        if held.floor < terminal.floor {
            wrong.push(format!("its floor is {} below what it wrote", terminal.floor.since(held.floor)));
        }
        for what in wrong {
            self.violated(format!("{name}, started again: {what}"));
        }
        Ok(())
    }

    pub(crate) fn office_crashes(&mut self) -> Result<(), Stopped> {
        if !self.office.is_up() || self.trouble.leapt_s != 0 {
            return Ok(());
        }
        let cut = self.a_cut();
        self.tally.fault("the office without power");
        self.trace.note(format!("the office loses its power, {cut:?}"));
        self.tally.kills += 1;
        self.office.crash(cut)
    }

    /// Every entry that it has answered for.
    pub(crate) fn server_keeps_its_word(&mut self) -> Result<(), Stopped> {
        let state = self.office.state()?.clone();
        let mut wrong = Vec::new();
        for (terminal, served) in &self.served {
            let filter = sync_server::store::EntryFilter { terminal: Some(*terminal), ..Default::default() };
            let rows = self.office.wait(state.store.entries(filter))?.map_err(told)?;
            let mut found = std::collections::BTreeMap::new();
            for row in rows {
                let body = row.entry.map_err(Stopped)?;
                found.insert(row.id.seq, serde_json::to_string(&body).map_err(told)?);
            }
            let last = found.last_key_value().map_or(0, |(seq, _)| *seq);
            if usize::try_from(last).ok() != Some(found.len()) {
                wrong.push(format!("gate {terminal}: the server has {} entries up to {last}", found.len()));
            }
            for (seq, body) in served.bodies.iter().filter(|(seq, _)| **seq <= served.up_to) {
                match found.get(seq) {
                    Some(found) if found == body => {}
                    Some(_) => wrong.push(format!("gate {terminal}: the server's entry {seq} is another")),
                    None => wrong.push(format!("gate {terminal}: the server lost entry {seq}")),
                }
            }
        }
        wrong.into_iter().for_each(|what| self.violated(what));
        Ok(())
    }

    fn wall_clock_is_put(&mut self, at: usize) {
        let now = self.true_time();
        let spans = [0, 0, 30, -30, 600, -600, 86_400, -86_400, 10 * 86_400];
        let span = self.dice.pick(&spans).copied().unwrap_or(0);
        let Some(terminal) = self.terminals.get_mut(at) else { return };
        terminal.clock.set_wall(now.plus(TimeDelta::seconds(span)));
        self.tally.fault("clocks put at a gate");
        self.trace.note(format!("{} has its clock put {span} s wrong", self.name(at)));
    }

    fn office_clock_leaps(&mut self) {
        if !self.office.is_up() {
            return;
        }
        let leap = if self.trouble.leapt_s == 0 {
            self.tally.fault("leaps of the office's clock");
            self.dice.pick(&[3_600, -3_600, 86_400, -86_400 * 30]).copied().unwrap_or(3_600)
        } else {
            -self.trouble.leapt_s
        };
        self.office.clock.leap(TimeDelta::seconds(leap));
        self.trouble.leapt_s += leap;
        self.trace.note(format!("the office's clock is put, {} s in all", self.trouble.leapt_s));
    }

    pub(crate) fn office_clock_is_put_right(&mut self) {
        self.office.clock.leap(TimeDelta::seconds(-self.trouble.leapt_s));
        self.trouble.leapt_s = 0;
    }

    /// Now and then somebody images a disk, and another time puts it back; a terminal is stolen; the office is restored.
    fn disk_is_copied(&mut self, at: usize) -> Result<(), Stopped> {
        match self.dice.below(10) {
            0..4 => {
                if let Some(terminal) = self.terminals.get_mut(at) {
                    let copy = terminal.copy();
                    self.copies.insert(terminal.id, copy);
                }
                self.trace.note(format!("{} is copied", self.name(at)));
            }
            4..6 => {
                let with_journal = self.dice.of_thousand(600);
                let Some(terminal) = self.terminals.get_mut(at) else { return Ok(()) };
                // The journal of a gate that has forgotten begins after what an older disk holds.
                let with_journal = with_journal || terminal.withdrawn;
                let Some(copy) = self.copies.remove(&terminal.id) else { return Ok(()) };
                terminal.turned_back |= with_journal;
                terminal.turn_back(copy, with_journal)?;
                self.tally.fault(if with_journal {
                    "disks put back"
                } else {
                    "databases put back beside their journal"
                });
                self.trace.note(format!("{} is put back, journal {with_journal}", self.name(at)));
                self.found_again(at)?;
                self.turn(at, gate_terminal::gate::Event::Tick, None)?;
            }
            6 if self.office.is_up() && self.trouble.leapt_s == 0 => {
                let copy =
                    OfficeCopy { bytes: self.office.copy()?, passes: self.passes.clone(), served: self.served.clone() };
                self.trouble.copy = Some(copy);
                self.trace.note("the office is copied".to_owned());
            }
            7 if self.office.is_up() && self.trouble.leapt_s == 0 => {
                if let Some(copy) = self.trouble.copy.take() {
                    self.office_is_restored(copy)?;
                }
            }
            8 => self.terminal_is_stolen(at)?,
            _ => {}
        }
        Ok(())
    }

    fn office_is_restored(&mut self, copy: OfficeCopy) -> Result<(), Stopped> {
        self.office.restore(&copy.bytes)?;
        self.trouble.office_turned_back = true;
        // It has forgotten, too, what it answered since; for the minutes that a signature holds that costs nothing but a repeat.
        self.letters.clear();
        // Pages of past days show what they showed then.
        self.renewals.past.clear();
        for pass in &mut self.passes {
            match copy.passes.iter().find(|old| old.id == pass.id) {
                Some(old) => (pass.revoked, pass.watched) = (old.revoked, old.watched),
                None => pass.lost = true,
            }
        }
        self.served = copy.served;
        self.tally.fault("the office restored");
        self.trace.note("the office is restored".to_owned());
        // A terminal that was withdrawn since is welcome again until somebody withdraws it.
        for at in 0..self.terminals.len() {
            let withdrawn = self.terminals.get(at).filter(|terminal| terminal.withdrawn).map(|terminal| terminal.id);
            if let Some(id) = withdrawn {
                self.office.withdraw(id)?;
            }
        }
        Ok(())
    }

    fn terminal_is_stolen(&mut self, at: usize) -> Result<(), Stopped> {
        let stolen = self.terminals.iter().filter(|terminal| terminal.withdrawn).count();
        if stolen > 0 || !self.office.is_up() {
            return Ok(());
        }
        let Some(terminal) = self.terminals.get_mut(at) else { return Ok(()) };
        terminal.withdrawn = true;
        let id = terminal.id;
        self.office.withdraw(id)?;
        self.tally.fault("terminals stolen");
        self.trace.note(format!("gate {id} is stolen"));
        Ok(())
    }
}
