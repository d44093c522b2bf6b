//! The log in short: of each kept entry what filters and conflict marks need, in memory while the lock is open.
//!
//! The entries are JSON in the store, and reading a month of them takes a second; an officer who types into a filter waits for no
//! second. So they are read once, as far back as somebody looks, and from then on only what is new; it all goes when the lock
//! closes.

mod conflicts;
mod words;

use std::collections::HashMap;

use shared::{
    entry::{Direction, Entry, EntryId, Outcome},
    ids::{GateIndex, PassId, TerminalId},
    time::Moment,
    verdict::Verdict,
};

use super::walk::{self, Step};
use crate::{
    ports::{EntryLog, KeptEntry, PassMovement},
    ui::records::{Conflict, LogFilter, OutcomeKind, VerdictKind},
};
pub(super) use words::plain;

/// Few enough to be read in a few milliseconds: the gate's checkpoint waits for nobody, it is only put off.
pub(super) const PAGE: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Digest {
    /// Oldest first.
    rows: Vec<Row>,
    /// The first number that was asked for so far; what is older was not read.
    from: Option<u64>,
    conflicts: HashMap<u64, Conflict>,
}

#[derive(Debug)]
struct Row {
    seq: u64,
    at: Moment,
    pass: Option<PassId>,
    gate: GateIndex,
    direction: Direction,
    verdict: VerdictKind,
    outcome: OutcomeKind,
    went_through: bool,
    step: Option<Step>,
    /// All that can be searched for.
    words: Box<str>,
}

impl Digest {
    /// Reads what is new, and what is older where `from` is earlier than ever before; lets go of what was purged.
    pub(super) fn catch_up<L: EntryLog>(&mut self, log: &L, from: Moment) -> Result<(), L::Error> {
        let first = log.first_since(from)?.unwrap_or(u64::MAX);
        if self.from.is_none_or(|read_from| first < read_from) {
            self.rows = Vec::new();
            self.from = Some(first);
        }
        let oldest = log.kept_after(0, 1)?.first().map_or(u64::MAX, |kept| kept.seq);
        let purged = self.rows.partition_point(|row| row.seq < oldest);
        self.rows.drain(..purged);
        let begin = self.from.unwrap_or_default().saturating_sub(1).min(log.last()?);
        loop {
            let after = self.rows.last().map_or(begin, |row| row.seq);
            let page = log.kept_after(after, PAGE)?;
            let whole = page.len() == PAGE;
            for kept in page {
                self.rows.push(Row::of(kept, log)?);
            }
            if !whole {
                break;
            }
        }
        self.mark_conflicts(log)
    }

    /// The numbers of all entries that the filter lets through, newest first.
    pub(super) fn sift(&self, filter: &LogFilter) -> impl Iterator<Item = u64> {
        let (from, to) = (filter.from.start(), filter.to.end());
        let text = plain(&filter.text);
        let lets_through = move |row: &Row| {
            (from..to).contains(&row.at)
                && filter.minutes.is_none_or(|(from, to)| (from..to).contains(&minute_of_day(row.at)))
                && filter.gate.is_none_or(|gate| gate == row.gate)
                && filter.direction.is_none_or(|direction| direction == row.direction)
                && filter.verdict.is_none_or(|verdict| verdict == row.verdict)
                && filter.outcome.is_none_or(|outcome| outcome == row.outcome)
                && (!filter.only_conflicts || self.conflicts.contains_key(&row.seq))
                && row.words.contains(&text)
        };
        self.rows.iter().rev().filter(move |row| lets_through(row)).map(|row| row.seq)
    }

    pub(super) fn conflict(&self, seq: u64) -> Option<Conflict> {
        self.conflicts.get(&seq).copied()
    }

    fn mark_conflicts<L: EntryLog>(&mut self, log: &L) -> Result<(), L::Error> {
        let own = log.post()?.map_or(TerminalId::new(0), |post| post.terminal);
        let stopped = walk::stopped(self.rows.iter().filter_map(|row| Some((row.seq, row.at, row.pass?, row.step?))));
        let rows = self.rows.iter().filter(|row| !stopped.contains(&row.seq));
        let mut moves: Vec<PassMovement> = rows.filter_map(|row| row.moved(own)).collect();
        moves.extend(walk::told_of_others(log, own)?);
        let by_guard = self.rows.iter().filter(|row| row.outcome == OutcomeKind::LetIn).map(|row| row.seq);
        self.conflicts = conflicts::of(moves, own, &by_guard.collect());
        Ok(())
    }
}

impl Row {
    fn of<L: EntryLog>(KeptEntry { seq, entry, .. }: KeptEntry, log: &L) -> Result<Self, L::Error> {
        let pass = entry.said.pass;
        let record = pass.map(|pass| log.record(pass)).transpose()?.flatten();
        let words = words::of(&entry, record.as_ref());
        let Entry { at, gate, direction, said, outcome, .. } = entry;
        Ok(Self {
            seq,
            at,
            pass,
            gate,
            direction,
            verdict: verdict_kind(&said.verdict),
            outcome: outcome_kind(&outcome),
            went_through: outcome.went_through(),
            step: Step::of(&outcome, direction),
            words,
        })
    }

    fn moved(&self, own: TerminalId) -> Option<PassMovement> {
        let entry = EntryId { terminal: own, seq: self.seq };
        let Self { at, gate, direction, .. } = *self;
        let pass = self.pass.filter(|_| self.went_through)?;
        // Of no weight for who contradicts whom.
        let party = None;
        Some(PassMovement { entry, pass, direction, at, gate, party })
    }
}

const fn verdict_kind(verdict: &Verdict) -> VerdictKind {
    match verdict {
        Verdict::Admit => VerdictKind::Admit,
        Verdict::Ask(_) => VerdictKind::Ask,
        Verdict::Refuse(_) => VerdictKind::Refuse,
    }
}

const fn outcome_kind(outcome: &Outcome) -> OutcomeKind {
    match outcome {
        Outcome::Passed => OutcomeKind::Passed,
        Outcome::Refused => OutcomeKind::Refused,
        Outcome::LetIn { .. } => OutcomeKind::LetIn,
        Outcome::SentAway { .. } => OutcomeKind::SentAway,
        Outcome::Unanswered => OutcomeKind::Unanswered,
        Outcome::Corrected { .. } => OutcomeKind::Corrected,
    }
}

fn minute_of_day(at: Moment) -> u16 {
    let day = shared::time::CampusDay::of(at);
    u16::try_from(at.since(day.start()).num_minutes()).unwrap_or(u16::MAX)
}
