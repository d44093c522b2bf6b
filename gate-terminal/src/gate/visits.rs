//! Who went in and out, by pass: from own entries at once, from other gates through the feed.
//!
//! Own entries come back through the feed; a movement counts once, by its entry's id.

use std::collections::HashMap;

use shared::{
    entry::{Direction, EntryId},
    ids::{GateIndex, PassId},
    time::{CampusDay, Moment},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    pub entry: EntryId,
    pub direction: Direction,
    pub at: Moment,
    pub gate: GateIndex,
    /// How many people.
    pub party: u8,
}

#[derive(Debug, Default)]
pub struct Visits {
    /// In the order of their moments, but for one terminal's in the order of their numbers: a clock can be wrong.
    by_pass: HashMap<PassId, Vec<Movement>>,
    /// Let in by a guard on a code that was no pass.
    without_pass: Vec<Movement>,
}

impl Visits {
    pub fn moved(&mut self, pass: PassId, movement: Movement) {
        let movements = self.by_pass.entry(pass).or_default();
        if movements.iter().any(|known| known.entry == movement.entry) {
            return;
        }
        let place = place(movements, &movement);
        movements.insert(place, movement);
    }

    pub fn moved_without_pass(&mut self, movement: Movement) {
        self.without_pass.push(movement);
    }

    /// The last time anybody went in or out with this pass.
    #[must_use]
    pub fn last(&self, pass: PassId) -> Option<&Movement> {
        self.by_pass.get(&pass)?.last()
    }

    #[must_use]
    pub fn last_in(&self, pass: PassId) -> Option<&Movement> {
        self.by_pass.get(&pass)?.iter().rev().find(|movement| movement.direction == Direction::In)
    }

    #[must_use]
    pub fn times_in(&self, pass: PassId) -> usize {
        let movements = self.by_pass.get(&pass).map_or(&[][..], Vec::as_slice);
        movements.iter().filter(|movement| movement.direction == Direction::In).count()
    }

    /// People who went in on `day`.
    #[must_use]
    pub fn entered_on(&self, day: CampusDay) -> u32 {
        let (start, end) = (day.start(), day.end());
        let all = self.by_pass.values().flatten().chain(&self.without_pass);
        all.filter(|m| m.direction == Direction::In && (start..end).contains(&m.at)).map(|m| u32::from(m.party)).sum()
    }

    /// People who went in with a pass and have not left.
    #[must_use]
    pub fn inside(&self) -> u32 {
        let last = self.by_pass.values().filter_map(|movements| movements.last());
        last.filter(|m| m.direction == Direction::In).map(|m| u32::from(m.party)).sum()
    }

    pub fn forget(&mut self, before: CampusDay) {
        let stays = |movement: &Movement| CampusDay::of(movement.at) >= before;
        self.by_pass.retain(|_, movements| movements.iter().any(stays));
        self.without_pass.retain(stays);
    }
}

fn place(movements: &[Movement], new: &Movement) -> usize {
    let by_moment = movements.partition_point(|known| known.at <= new.at);
    let same = |known: &Movement| known.entry.terminal == new.entry.terminal;
    let after =
        movements.iter().rposition(|known| same(known) && known.entry.seq < new.entry.seq).map_or(0, |at| at + 1);
    let before = movements.iter().position(|known| same(known) && known.entry.seq > new.entry.seq);
    by_moment.max(after).min(before.unwrap_or(movements.len()))
}

#[cfg(test)]
mod tests {
    use shared::ids::TerminalId;

    use super::*;

    const PASS: PassId = PassId::from_bytes([7; 8]);

    fn movement(terminal: u32, seq: u64, direction: Direction, minute: u16) -> Movement {
        let at = CampusDay::parse("2026-11-23").unwrap().at_minute(minute);
        let entry = EntryId { terminal: TerminalId::new(terminal), seq };
        Movement { entry, direction, at, gate: GateIndex::new(0).unwrap(), party: 2 }
    }

    #[test]
    fn an_own_entry_that_comes_back_through_the_feed_counts_once() {
        let mut visits = Visits::default();
        visits.moved(PASS, movement(1, 1, Direction::In, 480));
        visits.moved(PASS, movement(1, 1, Direction::In, 480));
        assert_eq!(visits.times_in(PASS), 1);
        visits.moved(PASS, movement(2, 1, Direction::In, 481));
        assert_eq!(visits.times_in(PASS), 2);
    }

    #[test]
    fn late_news_of_an_earlier_movement_does_not_become_the_last() {
        let mut visits = Visits::default();
        visits.moved(PASS, movement(1, 2, Direction::Out, 600));
        visits.moved(PASS, movement(2, 1, Direction::In, 480));
        assert_eq!(visits.last(PASS).unwrap().direction, Direction::Out);
        assert_eq!(visits.inside(), 0);
        assert_eq!(visits.entered_on(CampusDay::parse("2026-11-23").unwrap()), 2);
    }

    #[test]
    fn an_exit_counts_even_if_the_clock_was_ahead_at_the_entry() {
        let mut visits = Visits::default();
        visits.moved(PASS, movement(1, 1, Direction::In, 1_200));
        visits.moved(PASS, movement(1, 2, Direction::Out, 480));
        assert_eq!(visits.last(PASS).unwrap().direction, Direction::Out);
        assert_eq!(visits.inside(), 0);
    }

    #[test]
    fn a_day_that_is_over_is_forgotten() {
        let mut visits = Visits::default();
        visits.moved(PASS, movement(1, 1, Direction::In, 480));
        visits.moved_without_pass(movement(1, 2, Direction::In, 481));
        visits.forget(CampusDay::parse("2026-11-23").unwrap());
        assert_eq!((visits.inside(), visits.times_in(PASS)), (2, 1));
        visits.forget(CampusDay::parse("2026-11-24").unwrap());
        assert_eq!((visits.inside(), visits.times_in(PASS)), (0, 0));
        assert_eq!(visits.entered_on(CampusDay::parse("2026-11-23").unwrap()), 0);
    }
}
