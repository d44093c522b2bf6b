//! Movements in the order in which people made them: what is known of all gates, pass by pass.
//!
//! A terminal's own numbers tell the order better than its clock, which somebody may have set; between two terminals there is
//! only the clock.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use shared::{
    entry::{Direction, Outcome, is_stopped},
    ids::TerminalId,
    time::Moment,
};

use super::digest::PAGE;
use crate::ports::{EntryLog, PassMovement};

/// What the feed told of the other terminals.
pub(super) fn told_of_others<L: EntryLog>(log: &L, own: TerminalId) -> Result<Vec<PassMovement>, L::Error> {
    let mut told = Vec::new();
    let mut after = None;
    loop {
        let page = log.movements_after(after, PAGE)?;
        let whole = page.len() == PAGE;
        after = page.last().map(|movement| movement.entry);
        told.extend(page.into_iter().filter(|movement| movement.entry.terminal != own));
        if !whole {
            return Ok(told);
        }
    }
}

pub(super) fn in_order(mut moves: Vec<PassMovement>) -> Vec<PassMovement> {
    moves.sort_unstable_by_key(|moved| (moved.pass, moved.entry));
    let mut before: Option<(PassMovement, Moment)> = None;
    let mut timed: Vec<(Moment, PassMovement)> = Vec::with_capacity(moves.len());
    for moved in moves {
        let same = before.filter(|(last, _)| last.pass == moved.pass && last.entry.terminal == moved.entry.terminal);
        let at = same.map_or(moved.at, |(_, at)| at.max(moved.at));
        before = Some((moved, at));
        timed.push((at, moved));
    }
    timed.sort_unstable_by_key(|(at, moved)| (moved.pass, *at, moved.entry));
    timed.into_iter().map(|(_, moved)| moved).collect()
}

/// What an own entry did with somebody, as far as it matters for who came in after all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    CameIn,
    WentOut,
    /// At a question, or after the light had been green.
    SentAway,
}

impl Step {
    pub(super) const fn of(outcome: &Outcome, direction: Direction) -> Option<Self> {
        match (outcome, direction) {
            (Outcome::Passed | Outcome::LetIn { .. }, Direction::In) => Some(Self::CameIn),
            (Outcome::Passed | Outcome::LetIn { .. }, Direction::Out) => Some(Self::WentOut),
            (Outcome::SentAway { .. }, Direction::In) => Some(Self::SentAway),
            (Outcome::SentAway { .. }, Direction::Out)
            | (Outcome::Refused | Outcome::Unanswered | Outcome::Corrected { .. }, _) => None,
        }
    }
}

/// The numbers of entries that let somebody in who was then stopped, of this terminal's own in their order.
pub(super) fn stopped<Who: Eq + Hash>(steps: impl Iterator<Item = (u64, Moment, Who, Step)>) -> HashSet<u64> {
    let mut came: HashMap<Who, (u64, Moment)> = HashMap::new();
    let mut stopped = HashSet::new();
    for (seq, at, who, step) in steps {
        match step {
            Step::CameIn => _ = came.insert(who, (seq, at)),
            Step::WentOut => _ = came.remove(&who),
            Step::SentAway => {
                if came.get(&who).is_some_and(|(_, came)| is_stopped(*came, at)) {
                    stopped.extend(came.remove(&who).map(|(seq, _)| seq));
                }
            }
        }
    }
    stopped
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use shared::time::CampusDay;

    use super::*;

    #[test]
    fn only_who_came_in_just_before_was_stopped() {
        use Step::{CameIn, SentAway, WentOut};
        let at = |minute: i64| CampusDay::parse("2026-11-23").unwrap().start().plus(TimeDelta::minutes(minute));
        let of = |steps: &[(u64, char, Step)]| {
            let timed = steps.iter().map(|(seq, who, step)| (*seq, at(i64::try_from(*seq).unwrap() / 10), *who, *step));
            let mut stopped: Vec<_> = stopped(timed).into_iter().collect();
            stopped.sort_unstable();
            stopped
        };
        assert_eq!(of(&[(1, 'a', CameIn), (2, 'b', CameIn), (3, 'a', SentAway)]), [1]);
        assert_eq!(of(&[(1, 'a', CameIn), (2, 'a', CameIn), (3, 'a', SentAway), (4, 'a', SentAway)]), [2]);
        assert_eq!(of(&[(1, 'a', CameIn), (2, 'a', WentOut), (3, 'a', SentAway)]), [0_u64; 0], "at a question");
        assert_eq!(of(&[(1, 'a', CameIn), (25, 'a', SentAway)]), [0_u64; 0], "another, with a copy");
    }
}
