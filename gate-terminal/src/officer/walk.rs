//! Movements in the order in which people made them: what is known of all gates, pass by pass.
//!
//! A terminal's own numbers tell the order better than its clock, which somebody may have set; between two terminals there is
//! only the clock.

use shared::{ids::TerminalId, time::Moment};

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
