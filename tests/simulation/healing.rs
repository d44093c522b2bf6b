//! The end of a run: every fault is mended, and everybody must agree.
//!
//! The server has every entry of every gate; each gate has the passes of its campus for today and tomorrow, all that was taken back,
//! and answers each code as the office would. A gate whose disk was turned back has told of it.

use std::collections::BTreeMap;

use gate_terminal::gate::{Alarm, Panel};
use shared::{
    entry::{Direction, Way},
    ids::PassId,
    sync::change::Change,
    time::CampusDay,
    verdict::{RefuseReason, Verdict},
};

use crate::{
    Stopped,
    acts::Presented,
    watch::lists_passes,
    world::{Pass, World},
};

/// Enough for the longest wait of a failure and everything that is to be told.
const ROUNDS: usize = 40;

const BETWEEN_ROUNDS_S: u64 = 16;

impl World {
    pub(crate) fn heal(&mut self) -> Result<(), Stopped> {
        self.trace.note("all is mended".to_owned());
        self.plan.faults = false;
        self.trouble.faults = false;
        self.office_clock_is_put_right();
        if !self.office.is_up() {
            self.office.start()?;
        }
        let now = self.true_time();
        for terminal in &mut self.terminals {
            terminal.online = true;
            terminal.clock.set_wall(now);
            if let Some(fuse) = terminal.fuse() {
                fuse.unset();
            }
        }
        // What they know must lie on their disks.
        for at in 0..self.terminals.len() {
            self.gate_crashes(at)?;
        }
        // Whoever was turned back writes something, so that it meets what the server has.
        for _ in 0..3 {
            self.somebody_books()?;
        }
        self.all_talk()?;
        self.somebody_stands_at_every_gate()?;
        self.all_talk()?;
        self.server_keeps_its_word()?;
        self.pages_follow_the_keys()?;
        for at in 0..self.terminals.len() {
            self.agrees(at)?;
            self.answers_as_the_office_would(at)?;
        }
        self.walk_ins_go_through()?;
        self.all_talk()?;
        self.server_has_everything()?;
        self.office_has_the_forks()?;
        self.clones_are_withdrawn()
    }

    fn all_talk(&mut self) -> Result<(), Stopped> {
        for _ in 0..ROUNDS {
            self.pass_time(BETWEEN_ROUNDS_S)?;
            for at in 0..self.terminals.len() {
                self.talk(at)?;
            }
        }
        Ok(())
    }

    fn somebody_stands_at_every_gate(&mut self) -> Result<(), Stopped> {
        for at in 0..self.terminals.len() {
            self.show(at, "HTTPS://EXAMPLE.EDU.CN/BUS", None)?;
        }
        Ok(())
    }

    /// The list of a gate beside the office's.
    fn agrees(&mut self, at: usize) -> Result<(), Stopped> {
        let today = CampusDay::of(self.true_time());
        let name = self.name(at);
        let Some(terminal) = self.terminals.get_mut(at) else { return Ok(()) };
        if terminal.withdrawn {
            let news = terminal.held()?.news;
            if lists_passes(&news.changes) || news.key_set.is_some() {
                self.violated(format!("{name}, all mended: it is withdrawn and has not forgotten"));
            }
            return Ok(());
        }
        let (campus, held) = (terminal.campus, terminal.held()?);
        let newest = self.office.state()?.keys.now().key_set.body.clone();
        let is_newest = held.news.key_set.is_some_and(|set| set.body == newest);
        let (mut listed, mut revoked, mut watched) = (BTreeMap::new(), Vec::new(), Vec::new());
        for change in held.news.changes {
            match change {
                Change::PassIssued(record) => _ = listed.insert(record.pass, record.day),
                Change::PassRevoked { pass, .. } => revoked.push(pass),
                Change::PassWatched { pass, watched: true } => watched.push(pass),
                Change::PassWatched { .. }
                | Change::Places(_)
                | Change::PassMoved { .. }
                | Change::WalkInDecided { .. } => {}
            }
        }
        let mut wrong = Vec::new();
        if !is_newest {
            wrong.push("it does not hold the newest key set".to_owned());
        }
        let here =
            |pass: &&Pass| pass.campus == campus && !pass.lost && (today..=today.plus_days(1)).contains(&pass.day);
        for Pass { id, day, revoked: is_revoked, watched: is_watched, .. } in self.passes.iter().filter(here) {
            if *is_revoked && !revoked.contains(id) {
                wrong.push(format!("it does not know that {id} is taken back"));
            }
            if !is_revoked && listed.get(id) != Some(day) {
                wrong.push(format!("it does not know {id} of {day}"));
            }
            if !is_revoked && watched.contains(id) != *is_watched {
                wrong.push(format!("{id} is watched: {is_watched}"));
            }
        }
        let foreign = |(id, day): &(&PassId, &CampusDay)| {
            **day > today.plus_days(1)
                || **day < today.minus_days(1)
                || self.passes.iter().any(|pass| pass.id == **id && pass.campus != campus)
        };
        wrong.extend(listed.iter().filter(foreign).map(|(id, day)| format!("it carries {id} of {day}")));
        self.tally.count("lists compared");
        wrong.into_iter().for_each(|what| self.violated(format!("{name}, all mended: {what}")));
        Ok(())
    }

    fn answers_as_the_office_would(&mut self, at: usize) -> Result<(), Stopped> {
        let today = CampusDay::of(self.true_time());
        let Some((campus, way, gone)) = self
            .terminals
            .get(at)
            .map(|terminal| (terminal.campus, terminal.way, terminal.withdrawn || terminal.turned_back))
        else {
            return Ok(());
        };
        if gone || way != Way::In {
            return Ok(());
        }
        let passes: Vec<Pass> = self
            .passes
            .iter()
            .filter(|pass| pass.campus == campus && pass.day == today && !pass.lost)
            .cloned()
            .collect();
        for pass in passes {
            if self.is_stale(&pass) {
                self.stale_code_is_refused(at, &pass)?;
            }
            let pass = self.refreshed(&pass)?;
            // One that was taken back, too, has no other code any more.
            if self.is_stale(&pass) {
                continue;
            }
            let Some(known) = self.terminals.get(at).map(|terminal| &terminal.knowledge) else { return Ok(()) };
            let (revoked, times_in) = (known.revoked.contains(&pass.id), known.times_in(pass.id));
            self.show(at, &pass.text, Some(Presented { pass: pass.id, genuine: true }))?;
            let said = match self.terminals.get(at).and_then(crate::terminal::Terminal::panel) {
                Some(Panel::Shown(shown)) if shown.direction == Direction::In => Some(shown.verdict),
                Some(_) | None => None,
            };
            let right = match &said {
                Some(Verdict::Refuse(RefuseReason::Revoked)) => revoked,
                Some(Verdict::Refuse(RefuseReason::Watchlist)) => !revoked && pass.watched,
                Some(Verdict::Refuse(RefuseReason::Inside { .. })) => !revoked && !pass.watched && times_in > 0,
                Some(Verdict::Refuse(RefuseReason::Used { .. })) => {
                    !revoked && !pass.watched && times_in >= usize::from(pass.entries)
                }
                Some(Verdict::Admit) => !revoked && !pass.watched,
                Some(Verdict::Ask(_) | Verdict::Refuse(_)) | None => false,
            };
            self.tally.count("answers compared");
            if !right {
                let what = format!("{}, all mended: {} of {} gets {said:?}", self.name(at), pass.id, pass.day);
                self.violated(what);
            }
        }
        Ok(())
    }

    fn server_has_everything(&mut self) -> Result<(), Stopped> {
        self.server_keeps_its_word()?;
        let mut wrong = Vec::new();
        for (at, terminal) in self.terminals.iter().enumerate() {
            if self.clones.is_one_of_two(at) {
                continue;
            }
            let (id, up_to) = (terminal.id, self.served.get(&terminal.id).map_or(0, |served| served.up_to));
            let last = terminal.knowledge.last_entry();
            if terminal.turned_back {
                // It met what the server has from before, or it wrote nothing that differs.
                let bodies = self.served.get(&id).map(|served| &served.bodies);
                let differs = terminal.knowledge.entries.iter().any(|(seq, body)| {
                    bodies.is_some_and(|bodies| bodies.get(seq).is_some_and(|served| served != body))
                });
                if differs && !terminal.withdrawn && !matches!(terminal.alarm(), Some(Alarm::Fork { .. })) {
                    wrong.push(format!("gate {id}: its disk was turned back, and it says {:?}", terminal.alarm()));
                }
            } else if !terminal.withdrawn && (up_to != last || terminal.unsent() > 0) {
                wrong.push(format!(
                    "gate {id}: of {last} entries the server has {up_to}, and it says {:?}",
                    terminal.alarm()
                ));
            }
        }
        self.tally.count("runs mended");
        wrong.into_iter().for_each(|what| self.violated(what));
        Ok(())
    }
}
