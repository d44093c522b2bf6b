//! Somebody pulls the plug of a running gate, again and again, while people go through; afterwards the books are checked.
//!
//! The program is the real one, killed with `kill -9` at a moment drawn by lot, between its start and well into the work. What it
//! said was recorded before it died must be in its log once, under the number it said; the numbers must go on without a
//! gap, and the chain must hold. Everybody leaves: a good pass leaves by any gate without a list, so that a start is short
//! and more moments fit into a minute. The entry goes the same way to the disk as of somebody coming in.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
    time::Duration,
};

use gate_terminal::{
    ports::Store as _,
    store::{DATABASE_FILE, SqliteStore},
};
use serde_json::{Value, json};
use shared::{
    chain::{ChainName, Head},
    entry::Entry,
    ids::PassId,
};

use crate::{
    Trouble,
    chance::Chance,
    machine::now,
    office::{Office, TERMINAL},
    program::Program,
    trouble::hold,
};

/// Passes on their way into the program: enough that it never waits, and few are lost with it.
const UNDER_WAY: usize = 4;

/// How long people go through, at most, before the plug is pulled; longer where the machine is slow.
const AT_WORK: Duration = Duration::from_millis(60);
const ENTRIES_AT_WORK: u32 = 8;

#[derive(Debug, Clone, Copy)]
pub struct Kills {
    pub times: u32,
    /// What the moments are drawn from.
    pub seed: u64,
}

#[derive(Debug, Default, Clone)]
pub struct Survived {
    /// Entries that the program said were recorded.
    pub acknowledged: usize,
    /// Entries in the log.
    pub recorded: usize,
    /// How often it died before it was ready.
    pub in_the_start: u32,
    /// From its start to its first line, where there was one.
    pub to_ready: Vec<Duration>,
}

/// The folder is of a terminal that `office` enrolled.
pub fn survive(office: &Office, folder: &Path, kills: Kills) -> Result<Survived, Trouble> {
    let mut books = Books { office, folder, next: 0, acknowledged: BTreeMap::new(), survived: Survived::default() };
    let (first_start, entry) = books.measure()?;
    let mut chance = Chance::of(kills.seed);
    for _ in 0..kills.times {
        // A machine that was busy at first, or gets busy, moves the moments along.
        let start = books.survived.to_ready.last().copied().unwrap_or(first_start);
        let at_work = AT_WORK.max(start).max((entry * ENTRIES_AT_WORK).min(start * 4));
        books.run_and_kill(chance.moment(start + at_work))?;
    }
    let before = books.log()?.0.len();
    books.go_on_once_more(before)?;
    books.check()?;
    books.go_on_with_another_database()?;
    books.check()?;
    Ok(books.survived)
}

struct Books<'a> {
    office: &'a Office,
    folder: &'a Path,
    /// The next visitor; nobody comes twice.
    next: u64,
    acknowledged: BTreeMap<u64, PassId>,
    survived: Survived,
}

impl Books<'_> {
    /// How long a start takes, and how long an entry.
    fn measure(&mut self) -> Result<(Duration, Duration), Trouble> {
        let since = now();
        let mut gate = Program::leaving(self.folder)?;
        gate.next("the gate", |line| says(line, "ready"))?;
        let (start, since) = (since.elapsed(), now());
        self.somebody_leaves(&mut gate)?;
        let (line, _) = gate.next("an entry", |line| says(line, "recorded"))?;
        let entry = since.elapsed();
        self.note(&line)?;
        Ok((start, entry))
    }

    fn run_and_kill(&mut self, after: Duration) -> Result<(), Trouble> {
        let since = now();
        let mut gate = Program::leaving(self.folder)?;
        let (mut under_way, mut ready) = (0, None);
        loop {
            while under_way < UNDER_WAY {
                self.somebody_leaves(&mut gate)?;
                under_way += 1;
            }
            let left = after.saturating_sub(since.elapsed());
            let Some(line) = gate.within(left) else { break };
            ready = ready.or_else(|| says(&line, "ready").then(|| since.elapsed()));
            under_way -= usize::from(self.note(&line)?);
        }
        for line in gate.kill() {
            ready = ready.or_else(|| says(&line, "ready").then(|| since.elapsed()));
            self.note(&line)?;
        }
        self.survived.in_the_start += u32::from(ready.is_none());
        self.survived.to_ready.extend(ready);
        Ok(())
    }

    /// The log continues where it was, whatever the last kill left behind.
    fn go_on_once_more(&mut self, before: usize) -> Result<(), Trouble> {
        let mut gate = Program::leaving(self.folder)?;
        self.somebody_leaves(&mut gate)?;
        let (line, _) = gate.next("an entry", |line| says(line, "recorded"))?;
        self.note(&line)?;
        let seq = number(&line);
        hold(seq == u64::try_from(before + 1).ok(), &format!("entry {seq:?} follows {before} others"))
    }

    /// As if the last cut had broken the file: what was recorded comes from the journal beside it.
    fn go_on_with_another_database(&mut self) -> Result<(), Trouble> {
        let (before, database) = (self.log()?.0.len(), self.folder.join(DATABASE_FILE));
        std::fs::write(&database, b"no database any more ".repeat(500))?;
        self.go_on_once_more(before)
    }

    fn check(&mut self) -> Result<(), Trouble> {
        let (log, head) = self.log()?;
        let mut seen = HashSet::new();
        let twice = log.iter().find(|pass| !seen.insert(**pass));
        hold(twice.is_none(), &format!("{twice:?} left twice"))?;
        for (seq, pass) in &self.acknowledged {
            let place = usize::try_from(*seq).ok().and_then(|seq| seq.checked_sub(1));
            let kept = place.and_then(|place| log.get(place));
            hold(kept == Some(pass), &format!("entry {seq} of {pass} was said to be recorded, the log has {kept:?}"))?;
        }
        hold(u64::try_from(log.len()).ok() == Some(head.seq), "the numbers have no gap")?;
        (self.survived.acknowledged, self.survived.recorded) = (self.acknowledged.len(), log.len());
        Ok(())
    }

    fn somebody_leaves(&mut self, gate: &mut Program) -> Result<(), Trouble> {
        let text = self.office.pass(self.next)?;
        self.next += 1;
        gate.say(&json!({"act": "scanned", "text": text}));
        Ok(())
    }

    /// Whether an entry was recorded.
    fn note(&mut self, line: &Value) -> Result<bool, Trouble> {
        hold(!says(line, "not_recorded"), "the disk took every entry")?;
        if !says(line, "recorded") {
            return Ok(false);
        }
        let seq = number(line).ok_or_else(|| Trouble::NotHeld(format!("no number: {line}")))?;
        let pass = serde_json::from_value(line.get("pass").cloned().unwrap_or_default())?;
        let before = self.acknowledged.insert(seq, pass);
        hold(before.is_none(), &format!("entry {seq} is of {pass}, and before it was of {before:?}"))?;
        Ok(true)
    }

    /// Whose entries are in the log, in their order, and its head; every number and every hash is looked at.
    fn log(&self) -> Result<(Vec<PassId>, Head), Trouble> {
        const AT_ONCE: usize = 2_000;
        let told = |error: &dyn std::fmt::Display| Trouble::NotHeld(error.to_string());
        let mut store = SqliteStore::open_to_look(&self.folder.join(DATABASE_FILE)).map_err(|error| told(&error))?;
        let (mut passes, mut chain) = (Vec::new(), Head::START);
        loop {
            let (links, head) = store.entries_after(chain.seq, AT_ONCE).map_err(|error| told(&error))?;
            for link in &links {
                let follows = chain.follow(ChainName::Entries { terminal: TERMINAL }, link);
                chain = follows.map_err(|gap| Trouble::NotHeld(format!("the numbers have a gap: {gap}")))?;
                let entry: Entry = serde_json::from_str(link.body.get())?;
                passes.extend(entry.said.pass);
            }
            hold(links.is_empty() || chain == head, "the chain holds")?;
            if links.len() < AT_ONCE {
                return Ok((passes, chain));
            }
        }
    }
}

fn says(line: &Value, event: &str) -> bool {
    line.get("event").and_then(Value::as_str) == Some(event)
}

fn number(line: &Value) -> Option<u64> {
    line.get("seq").and_then(Value::as_u64)
}
