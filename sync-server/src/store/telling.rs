//! Which movements of a gate the other gates are told of.
//!
//! A gate's key may be in wrong hands, and what is told of passes counts at every gate. So a gate speaks of itself, of no more people
//! than a guard can count, and of passes that the office does not know, having lost them with an older copy, so often a day. All
//! else is kept as it was written, told to nobody and shown among the faults.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, params};
use shared::{
    entry::{Direction, EntryId, MOST_COUNTED},
    sync::change::Change,
    time::{CampusDay, Moment},
};

use super::{StoreError, Terminal, push_faults, writer::Writing};

/// A busy day by passes that were lost with a copy; more is nobody's day.
pub(super) const UNKNOWN_A_DAY: u32 = 500;

pub(super) struct Telling<'a> {
    terminal: &'a Terminal,
    today: CampusDay,
    /// How often it spoke today of passes that are unknown, and how often before this push.
    unknown: u32,
    before: u32,
    /// Of each kind the first, and how many.
    untold: BTreeMap<&'static str, (EntryId, u32)>,
}

impl<'a> Telling<'a> {
    pub(super) fn of(db: &Writing<'_>, terminal: &'a Terminal, now: Moment) -> Result<Self, StoreError> {
        let today = CampusDay::of(now);
        let told = db
            .prepare_cached("select times from unknown_told where terminal = ?1 and day = ?2")?
            .query_row(params![terminal.id.get(), today.to_string()], |row| row.get(0))
            .optional()?;
        let before = told.unwrap_or(0);
        Ok(Self { terminal, today, unknown: before, before, untold: BTreeMap::new() })
    }

    /// Whether they are told of what entry `id` brought.
    pub(super) fn is_told(&mut self, id: EntryId, moved: &Change, is_known: bool) -> bool {
        let Change::PassMoved { direction, gate, party, .. } = moved else { return true };
        let why = if *gate != self.terminal.gate {
            "gate"
        } else if *direction == Direction::In && party.is_some_and(|party| party > MOST_COUNTED) {
            "party"
        } else if is_known {
            return true;
        } else if self.unknown < UNKNOWN_A_DAY {
            self.unknown += 1;
            return true;
        } else {
            "unknown"
        };
        self.untold.entry(why).or_insert((id, 0)).1 += 1;
        false
    }

    pub(super) fn end(self, db: &Writing<'_>, now: Moment) -> Result<(), StoreError> {
        if self.unknown != self.before {
            db.prepare_cached(
                "insert into unknown_told (terminal, day, times) values (?1, ?2, ?3)
                 on conflict (terminal) do update set day = excluded.day, times = excluded.times",
            )?
            .execute(params![self.terminal.id.get(), self.today.to_string(), self.unknown])?;
        }
        for (what, (first, times)) in self.untold {
            tracing::warn!(terminal = %first.terminal, first = first.seq, what, times, "entries are told to no gate");
            push_faults::told_to_nobody(db, first, what, times, now)?;
        }
        Ok(())
    }
}
