//! Which movements of a gate the other gates are told of.
//!
//! A gate's key may be in wrong hands, and what is told of passes counts at every gate until the next day is over. So a gate speaks of
//! itself, of no more people than a guard can count, and not without end. All else is kept as it was written, told to nobody and
//! shown among the faults.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, params};
use shared::{
    entry::{Direction, EntryId, MOST_COUNTED},
    ids::{GateIndex, PassId},
    sync::change::Change,
    time::{CampusDay, Moment},
};

use super::{StoreError, Terminal, push_faults, writer::Writing};

/// More than walk through any gate. A gate compares each movement with those of the same pass.
pub(super) const KNOWN_A_DAY: u32 = 20_000;
/// A busy day by passes that were lost with an older copy.
pub(super) const UNKNOWN_A_DAY: u32 = 500;

/// What an entry says of a pass.
pub(super) struct Moved {
    pub(super) entry: EntryId,
    pub(super) pass: PassId,
    pub(super) direction: Direction,
    pub(super) at: Moment,
    pub(super) gate: GateIndex,
    pub(super) party: u8,
}

impl From<Moved> for Change {
    fn from(moved: Moved) -> Self {
        let Moved { entry, pass, direction, at, gate, party } = moved;
        Self::PassMoved { pass, direction, at, gate, entry, party: Some(party) }
    }
}

/// Of one push.
pub(super) struct Telling<'a> {
    terminal: &'a Terminal,
    now: Moment,
    told: Told,
    told_before: Told,
    /// Of each kind the first, and how many.
    untold: BTreeMap<&'static str, (EntryId, u32)>,
}

/// How many movements of a terminal's today, of passes that the office knows and of others.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
struct Told {
    known: u32,
    unknown: u32,
}

impl<'a> Telling<'a> {
    pub(super) fn of(db: &Writing<'_>, terminal: &'a Terminal, now: Moment) -> Result<Self, StoreError> {
        let told = db
            .prepare_cached("select known, unknown from told where terminal = ?1 and day = ?2")?
            .query_row(params![terminal.id.get(), CampusDay::of(now).to_string()], |row| {
                Ok(Told { known: row.get(0)?, unknown: row.get(1)? })
            })
            .optional()?
            .unwrap_or_default();
        Ok(Self { terminal, now, told, told_before: told, untold: BTreeMap::new() })
    }

    pub(super) fn is_told(&mut self, moved: &Moved, is_known: bool) -> bool {
        let why_not = self.why_not(moved, is_known);
        if let Some(why) = why_not {
            self.untold.entry(why).or_insert((moved.entry, 0)).1 += 1;
        }
        why_not.is_none()
    }

    fn why_not(&mut self, moved: &Moved, is_known: bool) -> Option<&'static str> {
        if moved.gate != self.terminal.gate {
            return Some("gate");
        }
        // Of one pass more may leave at once than came at once.
        if moved.direction == Direction::In && moved.party > MOST_COUNTED {
            return Some("party");
        }
        let (told, at_most, why) = if is_known {
            (&mut self.told.known, KNOWN_A_DAY, "many")
        } else {
            (&mut self.told.unknown, UNKNOWN_A_DAY, "unknown")
        };
        if *told >= at_most {
            return Some(why);
        }
        *told += 1;
        None
    }

    pub(super) fn end(self, db: &Writing<'_>) -> Result<(), StoreError> {
        let Self { terminal, now, told, told_before, untold } = self;
        if told != told_before {
            db.prepare_cached(
                "insert into told (terminal, day, known, unknown) values (?1, ?2, ?3, ?4) on conflict (terminal)
                 do update set day = excluded.day, known = excluded.known, unknown = excluded.unknown",
            )?
            .execute(params![
                terminal.id.get(),
                CampusDay::of(now).to_string(),
                told.known,
                told.unknown
            ])?;
        }
        for (what, (first, times)) in untold {
            tracing::warn!(terminal = %terminal.id, first = first.seq, what, times, "entries are told to no gate");
            push_faults::told_to_nobody(db, first, what, times, now)?;
        }
        Ok(())
    }
}
