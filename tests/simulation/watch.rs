//! What a gate did in a turn, held against what it can know.
//!
//! | what is seen | what must hold |
//! |---|---|
//! | a light for "come in" | an entry was written for it in the same turn, or the same person is shown again a moment later |
//! | an entry | its number follows the last one that the store has answered for; its time has not surely passed, and its clock is trusted only where nothing contradicts it |
//! | a verdict on who comes in | "no", and no question, where the pass is of another campus, or the gate was told that it is taken back or its holder watched |
//! | an admission | a genuine pass of this campus and day, told to this gate and not taken back, not watched, with an entry left, by news that is fresh by every clock that cannot be put |
//! | news | proven by the office, not before what was known, at a time that has not passed |
//! | an alarm | somebody has given a reason for it |

use chrono::TimeDelta;
use gate_terminal::{
    gate::{Alarm, Event, SILENT_AT_MOST, Signal},
    ports::Told,
};
use shared::{
    chain::Head,
    entry::{Direction, Entry, EntryId, Outcome},
    pass::KeyUse,
    sync::{change::Change, pull::Cursor},
    time::CampusDay,
    verdict::Verdict,
};

use crate::{Stopped, acts::Presented, talk::may_be, terminal::Seen, world::World};

/// News is fresh for so long, by the office's settings.
const FRESH: TimeDelta = TimeDelta::seconds(300);

/// A gate writes its floor down at least as often while it has turns.
const FLOOR_STEP: TimeDelta = TimeDelta::minutes(1);

/// How exactly the model knows the time of a gate.
pub(crate) const AROUND: TimeDelta = TimeDelta::minutes(5);

pub(crate) fn lists_passes(changes: &[Change]) -> bool {
    changes.iter().any(|change| matches!(change, Change::PassIssued(_)))
}

impl World {
    /// Whether the gate's machine was alive at the end of it.
    pub(crate) fn turn(&mut self, at: usize, event: Event, presented: Option<Presented>) -> Result<(), Stopped> {
        let Some(terminal) = self.terminals.get_mut(at) else { return Ok(()) };
        let seen = terminal.turn(event);
        let died = terminal.fuse().is_some_and(crate::fuse::Fuse::is_blown);
        self.judge(at, &seen, presented, died)?;
        if died {
            return self.gate_crashes(at);
        }
        if let Some(terminal) = self.terminals.get_mut(at) {
            let surely = terminal.surely();
            if surely.since(terminal.floor) >= FLOOR_STEP {
                terminal.floor = surely;
            }
        }
        self.perhaps_forgets(at)
    }

    /// A fortnight without a word empties a gate; it may be some minutes early, because its own floor may stand above the model's.
    fn perhaps_forgets(&mut self, at: usize) -> Result<(), Stopped> {
        let Some(terminal) = self.terminals.get_mut(at) else { return Ok(()) };
        let silent = terminal.silent_for().filter(|span| *span >= SILENT_AT_MOST - AROUND);
        let Some(silent) = silent.filter(|_| !terminal.withdrawn && terminal.knowledge.cursor != Cursor::START) else {
            return Ok(());
        };
        let news = terminal.held()?.news;
        if news.head == Head::START && news.key_set.is_none() && !lists_passes(&news.changes) {
            terminal.knowledge = std::mem::take(&mut terminal.knowledge).forgotten();
            // An older disk would not fit the journal that was begun anew.
            self.copies.remove(&terminal.id);
            self.tally.count("gates that forgot");
            self.trace.note(format!("{} has forgotten", self.name(at)));
        } else if silent > SILENT_AT_MOST + AROUND {
            let days = silent.num_days();
            self.violated(format!("{}: it has heard nothing for {days} days and holds passes or keys", self.name(at)));
        }
        Ok(())
    }

    fn judge(&mut self, at: usize, seen: &[Seen], presented: Option<Presented>, died: bool) -> Result<(), Stopped> {
        let mut written = None;
        for seen in seen {
            match seen {
                Seen::Told(told) => match &**told {
                    Told::Recorded { id, entry } => {
                        self.recorded(at, *id, entry, presented)?;
                        written = Some(entry.clone());
                    }
                    Told::News { seq, .. } => self.news(at, *seq),
                    Told::Alarm(alarm) if !died => self.alarmed(at, alarm),
                    Told::Verdict(shown) => {
                        let name = self.name(at);
                        self.trace.note(format!("{name} says {:?} {:?}", shown.verdict, shown.direction));
                        let is_refused =
                            matches!(shown.verdict, Verdict::Refuse(_)) || shown.direction == Direction::Out;
                        if let Some(why) = self.must_refuse(at, presented).filter(|_| !is_refused) {
                            self.violated(format!("{name}: it says {:?} though {why}", shown.verdict));
                        }
                    }
                    told @ Told::WalkIn(_) if !died => self.walk_in_stands(at, told),
                    Told::NotRecorded { .. } if !died => {
                        self.violated(format!("{}: an entry was not taken", self.name(at)))
                    }
                    Told::NotRecorded { .. }
                    | Told::Alarm(_)
                    | Told::Found(_)
                    | Told::WalkIn(_)
                    | Told::Receipt { .. }
                    | Told::Link { .. }
                    | Told::Camera(_) => {}
                },
                // What a dead machine shows nobody sees.
                Seen::Light(Signal::Admit) if !died => {
                    let again = self.admitted_a_moment_ago(at, presented);
                    if written.is_none() && !again {
                        self.violated(format!("{}: a light without an entry", self.name(at)));
                    }
                }
                Seen::Light(_) => {}
            }
        }
        Ok(())
    }

    fn admitted_a_moment_ago(&self, at: usize, presented: Option<Presented>) -> bool {
        let (Some(terminal), Some(presented)) = (self.terminals.get(at), presented) else { return false };
        let own = &terminal.knowledge.entries;
        let went = |body: &String| {
            let entry = serde_json::from_str::<Entry>(body).ok();
            entry.filter(|entry| entry.said.pass == Some(presented.pass) && entry.outcome.went_through())
        };
        // Of two machines with one disk, one was told what the other saw.
        let mut left = terminal.knowledge.left.get(&presented.pass).into_iter().flatten();
        // What was written under a clock that was ahead may be of this moment once the clock is right.
        let now = |entry: Entry| entry.at.since(terminal.surely()).abs() < AROUND;
        own.values().rev().take(8).any(|body| went(body).is_some())
            || own.values().filter_map(went).any(now)
            || left.any(|left| left.terminal == terminal.id && own.get(&left.seq).and_then(went).is_none())
    }

    fn recorded(&mut self, at: usize, id: EntryId, entry: &Entry, presented: Option<Presented>) -> Result<(), Stopped> {
        self.tally.count("entries");
        let admitted = entry.direction == Direction::In && entry.verdict_alone() && presented.is_some();
        if admitted && let Some(why) = self.forbids(at, entry, presented) {
            let name = self.name(at);
            self.violated(format!("{name}: admitted {:?} though {why}", entry.said.pass));
        }
        if let Some(terminal) = self.terminals.get(at) {
            let (doubts, surely) = (terminal.doubts_its_clock(), terminal.surely());
            if entry.clock_trusted && doubts {
                let name = self.name(at);
                self.violated(format!("{name}: it trusts a clock that contradicts what it knows of the time"));
            }
            if entry.at < surely {
                let name = self.name(at);
                self.violated(format!("{name}: it wrote {} long after", entry.at.campus_date_and_clock()));
            }
        }
        if admitted {
            self.tally.count("admissions");
        }
        let body = serde_json::to_string(entry).map_err(crate::told)?;
        let name = self.name(at);
        // The mark of a code that nobody knows holds its signature, and renewed keys are drawn by nobody.
        let drawn = body.split(",\"foreign_code\":\"").enumerate();
        let drawn: String =
            drawn.map(|(n, part)| if n == 0 { part } else { part.get(16..).unwrap_or_default() }).collect();
        self.trace.note(format!("{name} writes {} {drawn}", id.seq));
        let Some(terminal) = self.terminals.get_mut(at) else { return Ok(()) };
        let expected = terminal.knowledge.last_entry() + 1;
        terminal.knowledge.wrote(id, entry, body);
        if id.seq != expected {
            self.violated(format!("{name}: entry {} was written where {expected} was next", id.seq));
        }
        Ok(())
    }

    /// What leaves nothing to ask the guard about.
    fn must_refuse(&self, at: usize, presented: Option<Presented>) -> Option<&'static str> {
        let terminal = self.terminals.get(at)?;
        let presented = presented.filter(|presented| presented.genuine)?;
        let pass = self.passes.iter().find(|pass| pass.id == presented.pass)?;
        let is_today = pass.day == CampusDay::of(self.true_time());
        if pass.campus != terminal.campus {
            Some("the pass is for another campus")
        } else if is_today && terminal.knowledge.revoked.contains(&pass.id) {
            Some("it was told that the pass is taken back")
        } else if is_today && terminal.knowledge.watched.contains(&pass.id) {
            Some("it was told that the holder is watched")
        } else if terminal.knowledge.keys.is_some() && !self.is_under_a_key_known_to(at, pass) {
            Some("it was told of a key set without the key that sealed it")
        } else {
            None
        }
    }

    /// What of all that this gate can know speaks against letting somebody in by the verdict alone.
    fn forbids(&self, at: usize, entry: &Entry, presented: Option<Presented>) -> Option<String> {
        let terminal = self.terminals.get(at)?;
        let Some(presented) = presented.filter(|presented| presented.genuine) else {
            return Some("nobody made that pass".to_owned());
        };
        let pass = self.passes.iter().find(|pass| pass.id == presented.pass)?;
        let (known, surely) = (&terminal.knowledge, terminal.surely());
        if entry.said.pass != Some(pass.id) {
            return Some("another pass was shown".to_owned());
        }
        if pass.campus != terminal.campus {
            return Some("it is for another campus".to_owned());
        }
        if known.revoked.contains(&pass.id) {
            return Some("it was told that it is taken back".to_owned());
        }
        if known.watched.contains(&pass.id) {
            return Some("it was told that its holder is watched".to_owned());
        }
        if !known.issued.contains_key(&pass.id) {
            return Some("it was never told of it".to_owned());
        }
        if !self.is_under_a_key_known_to(at, pass) {
            return Some("the key that sealed it is in no key set that it was told".to_owned());
        }
        if known.times_in(pass.id) >= usize::from(pass.entries) {
            return Some(format!("it knows of {} entries", known.times_in(pass.id)));
        }
        if surely >= pass.day.end() {
            return Some("its day has surely passed".to_owned());
        }
        if terminal.proven.is_some() && CampusDay::of(surely) != pass.day {
            return Some("it is for another day".to_owned());
        }
        if terminal.doubts_its_clock() {
            return Some("its clock contradicts what it knows of the time".to_owned());
        }
        match known.as_of {
            None => Some("it never knew all there is".to_owned()),
            Some(as_of) if surely.since(as_of) > FRESH => {
                Some(format!("its news is {} s old", surely.since(as_of).num_seconds()))
            }
            Some(_) => None,
        }
    }

    fn news(&mut self, at: usize, seq: u64) {
        let (given, name) = (self.given, self.name(at));
        let Some(terminal) = self.terminals.get_mut(at) else { return };
        let Some(next) = terminal.candidate.take() else {
            return self.violated(format!("{name}: it believed what it was given: {given:?}"));
        };
        let (before, surely, boot_ms) = (terminal.knowledge.cursor, terminal.surely(), terminal.boot_ms());
        let time = next.proven.unwrap_or(surely);
        let ran = terminal.proven.is_some();
        let least = terminal.knowledge.least_set;
        let set = next.keys.as_ref().map_or((0, 0), |set| (set.number, set.min_suite));
        let unknown_key = next.told_by.filter(|key| !next.holds_key(*key, KeyUse::Beacon, time));
        let last = if ran { Some(surely) } else { terminal.knowledge.proven };
        let (cursor, believed) = (next.cursor, seq == next.cursor.seq);
        // What it wrote itself since.
        let entries = std::mem::take(&mut terminal.knowledge.entries);
        terminal.knowledge = next;
        terminal.knowledge.entries = entries;
        terminal.proven = Some((time, boot_ms));
        terminal.floor = time;
        self.trace.note(format!("{name} knows {}/{}", cursor.epoch, cursor.seq));
        self.tally.count("news");
        if cursor < before || !believed {
            self.violated(format!("{name}: its cursor went from {before:?} to {cursor:?}, and it says {seq}"));
        }
        if set.0 < least.0 || set.1 < least.1 {
            self.violated(format!("{name}: after key set and suite {least:?} it took {set:?}"));
        }
        if let Some(key) = unknown_key {
            self.violated(format!("{name}: it believed key {key}, which its key set {} does not name", set.0));
        }
        if last.is_some_and(|last| !may_be(time, last)) {
            self.violated(format!("{name}: it took {} for the time", time.campus_date_and_clock()));
        }
    }

    fn alarmed(&mut self, at: usize, alarm: &Alarm) {
        let name = self.name(at);
        self.trace.note(format!("{name} alarm {alarm:?}"));
        self.tally.count("alarms");
        let Some(terminal) = self.terminals.get(at) else { return };
        let expected = match alarm {
            Alarm::NewsUnproven { .. } | Alarm::NewsBackwards => self.given.is_some(),
            Alarm::Fork { seq } => terminal.turned_back || terminal.forked == Some(*seq),
            Alarm::EntriesMissing { .. } => self.trouble.office_turned_back || terminal.turned_back,
            Alarm::Withdrawn => terminal.withdrawn,
            Alarm::CursorAhead
            | Alarm::NewsNotUnderstood { .. }
            | Alarm::ReceiptUnproven
            | Alarm::Unauthenticated
            | Alarm::EntryAltered { .. }
            | Alarm::ClockRefused { .. }
            | Alarm::Misunderstood
            | Alarm::StoreFailing => false,
        };
        if !expected {
            self.violated(format!("{name}: a false alarm: {alarm:?}"));
        }
    }
}

trait ByVerdict {
    fn verdict_alone(&self) -> bool;
}

impl ByVerdict for Entry {
    fn verdict_alone(&self) -> bool {
        self.said.verdict == Verdict::Admit && self.outcome == Outcome::Passed
    }
}
