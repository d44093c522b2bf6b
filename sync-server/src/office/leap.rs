//! Leaps of the server's clock, and what must not follow from one.
//!
//! What is erased does not come back, and a gate that believed a wrong time refuses the right one. So a clock that went other than
//! time itself is not told to anybody, and after a gap that a leap could explain as well as a server that was off nothing is
//! erased, until an operator has said that the clock is right.

use chrono::TimeDelta;
use shared::time::Moment;

/// Time servers correct by less, and the gates' rules about freshness forgive as much.
const FORGIVEN: TimeDelta = TimeDelta::minutes(5);

/// A day and a night's repairs: longer than that no server that is looked after is silent.
const SILENT_AT_MOST: TimeDelta = TimeDelta::hours(26);

/// What the wall clock says, and how long the machine has run, read together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    pub wall: Moment,
    pub running: TimeDelta,
}

impl Reading {
    /// By how much the wall clock went further than time did, where that is too much; back is less than nothing.
    #[must_use]
    pub fn leap_to(self, later: Self) -> Option<TimeDelta> {
        let leap = later.wall.since(self.wall) - (later.running - self.running);
        (leap.abs() > FORGIVEN).then_some(leap)
    }
}

/// Whether the clock stands behind what is already written.
#[must_use]
pub fn turned_back(newest: Option<Moment>, now: Moment) -> Option<Moment> {
    newest.filter(|newest| newest.since(now) > FORGIVEN)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasing {
    Due,
    /// Nothing is known of the time since then.
    Held {
        since: Moment,
    },
}

impl Erasing {
    /// `last` is when the chores were done last; a new office has none to erase.
    #[must_use]
    pub fn after(last: Option<Moment>, now: Moment) -> Self {
        match last {
            Some(since) if now.since(since) > SILENT_AT_MOST => Self::Held { since },
            Some(_) | None => Self::Due,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Moment = Moment::from_unix_s(1_795_363_200);

    fn later(minutes: i64) -> Moment {
        START.plus(TimeDelta::minutes(minutes))
    }

    #[test]
    fn time_that_passes_is_no_leap_and_a_clock_that_is_put_is() {
        let start = Reading { wall: START, running: TimeDelta::hours(7) };
        for (wall, ran, leap) in [
            (0, 0, None),
            (600, 600, None),
            (5, 0, None),
            (6, 0, Some(6)),
            (-5, 0, None),
            (-6, 0, Some(-6)),
            (600, 60, Some(540)),
            (60, 66, Some(-6)),
        ] {
            let reading = Reading { wall: later(wall), running: TimeDelta::hours(7) + TimeDelta::minutes(ran) };
            assert_eq!(start.leap_to(reading), leap.map(TimeDelta::minutes), "{wall} {ran}");
        }
    }

    #[test]
    fn a_clock_behind_what_is_written_was_turned_back() {
        assert_eq!(turned_back(None, START), None);
        assert_eq!(turned_back(Some(later(-900)), START), None);
        assert_eq!(turned_back(Some(later(5)), START), None);
        assert_eq!(turned_back(Some(later(6)), START), Some(later(6)));
    }

    #[test]
    fn a_day_off_erases_and_more_waits_for_a_word() {
        assert_eq!(Erasing::after(None, START), Erasing::Due);
        assert_eq!(Erasing::after(Some(START), later(-60)), Erasing::Due);
        assert_eq!(Erasing::after(Some(START), later(26 * 60)), Erasing::Due);
        assert_eq!(Erasing::after(Some(START), later(26 * 60 + 1)), Erasing::Held { since: START });
    }
}
