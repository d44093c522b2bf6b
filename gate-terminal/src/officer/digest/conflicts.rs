//! Conflicts: one pass in twice without going out between, as the server finds them, but from what this terminal knows.
//!
//! That is its own entries of a month, and of the other gates what the feed told of today. A guard who lets more people in on
//! a pass that came in by the same gate has seen them, and contradicts nobody.

use std::collections::{HashMap, HashSet};

use shared::{entry::Direction, ids::TerminalId};

use super::walk;
use crate::{ports::PassMovement, ui::records::Conflict};

/// Of each own entry that is half of a conflict, the other half. `by_guard` are the own ones that a guard decided.
pub(super) fn of(moves: Vec<PassMovement>, own: TerminalId, by_guard: &HashSet<u64>) -> HashMap<u64, Conflict> {
    let moves = walk::in_order(moves);
    let mut conflicts = HashMap::new();
    for (first, second) in moves.iter().zip(moves.iter().skip(1)) {
        let both_in = first.direction == Direction::In && second.direction == Direction::In;
        let seen = first.gate == second.gate && second.entry.terminal == own && by_guard.contains(&second.entry.seq);
        if first.pass != second.pass || !both_in || seen {
            continue;
        }
        for (half, other) in [(first, second), (second, first)] {
            if half.entry.terminal == own {
                conflicts.insert(half.entry.seq, Conflict { gate: other.gate, at: other.at });
            }
        }
    }
    conflicts
}

#[cfg(test)]
mod tests {
    use shared::{
        entry::EntryId,
        ids::{GateIndex, PassId},
        time::Moment,
    };

    use super::*;

    const OWN: TerminalId = TerminalId::new(7);

    fn moved(pass: u8, terminal: u8, seq: u64, direction: Direction, minute: i64) -> PassMovement {
        PassMovement {
            entry: EntryId { terminal: TerminalId::new(terminal.into()), seq },
            pass: PassId::from_bytes([pass; 8]),
            direction,
            at: Moment::from_unix_s(minute * 60),
            gate: GateIndex::new(terminal).unwrap(),
            party: None,
        }
    }

    fn marked(moves: &[PassMovement]) -> Vec<u64> {
        let mut marked: Vec<_> = of(moves.to_vec(), OWN, &HashSet::new()).into_keys().collect();
        marked.sort_unstable();
        marked
    }

    #[test]
    fn twice_in_is_one_and_in_out_in_is_none() {
        use Direction::{In, Out};
        assert_eq!(marked(&[moved(1, 7, 1, In, 10), moved(1, 7, 2, In, 11)]), [1, 2]);
        assert!(marked(&[moved(1, 7, 1, In, 10), moved(1, 7, 2, Out, 11), moved(1, 7, 3, In, 12)]).is_empty());
        assert!(marked(&[moved(1, 7, 1, In, 10), moved(2, 7, 2, In, 11)]).is_empty());
        assert!(marked(&[moved(1, 7, 1, Out, 10), moved(1, 7, 2, Out, 11)]).is_empty());
    }

    #[test]
    fn another_gate_s_entry_is_the_other_half() {
        use Direction::{In, Out};
        let conflicts = of(vec![moved(1, 7, 5, In, 20), moved(1, 3, 9, In, 10)], OWN, &HashSet::new());
        let theirs = Conflict { gate: GateIndex::new(3).unwrap(), at: Moment::from_unix_s(600) };
        assert_eq!(conflicts, HashMap::from([(5, theirs)]));
        assert!(marked(&[moved(1, 7, 5, In, 20), moved(1, 3, 9, In, 10), moved(1, 3, 10, Out, 15)]).is_empty());
    }

    #[test]
    fn a_guard_who_lets_more_in_by_the_same_gate_contradicts_nobody() {
        use Direction::In;
        let here = [moved(1, 7, 1, In, 10), moved(1, 7, 2, In, 11)];
        let marked = |moves: &[PassMovement], by_guard| of(moves.to_vec(), OWN, &HashSet::from([by_guard])).len();
        assert_eq!(marked(&here, 2), 0);
        assert_eq!(marked(&here, 1), 2, "the second was the pass's own doing");
        assert_eq!(marked(&[moved(1, 3, 9, In, 10), moved(1, 7, 2, In, 11)], 2), 1, "of another gate");
    }

    #[test]
    fn a_clock_set_back_between_does_not_swap_in_and_out() {
        use Direction::{In, Out};
        assert!(marked(&[moved(1, 7, 1, In, 100), moved(1, 7, 2, Out, 50), moved(1, 7, 3, In, 60)]).is_empty());
    }
}
