//! Quiet hours: when nobody is to be disturbed by what can wait until morning.
//!
//! What cannot wait goes out all the same: a code, because somebody looks at the page that asks for it; anything about a visitor who
//! stands at a gate, or about a visit that begins before the quiet is over; and what disturbs nobody, a to-do that is closed.

use shared::time::{CampusDay, Moment};

use super::TimeOfDay;

/// From an hour to an hour of every day; over midnight where it begins later than it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    pub from: TimeOfDay,
    pub until: TimeOfDay,
}

impl Quiet {
    /// No quiet at all.
    pub const NONE: Self = Self { from: TimeOfDay::MIDNIGHT, until: TimeOfDay::MIDNIGHT };

    /// When the quiet of `now` ends; `None` when there is none.
    #[must_use]
    pub fn ends(self, now: Moment) -> Option<Moment> {
        let day = CampusDay::of(now);
        let (from, until) = (self.from.on(day), self.until.on(day));
        if from == until {
            None
        } else if from < until {
            (from <= now && now < until).then_some(until)
        } else if now < until {
            Some(until)
        } else {
            (from <= now).then(|| self.until.on(day.plus_days(1)))
        }
    }

    /// When somebody can have heard of what was written at `written`.
    #[must_use]
    pub fn heard(self, written: Moment) -> Moment {
        self.ends(written).unwrap_or(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(from: &str, until: &str) -> Quiet {
        Quiet { from: TimeOfDay::parse(from).unwrap(), until: TimeOfDay::parse(until).unwrap() }
    }

    #[test]
    fn it_ends_in_the_morning_also_over_midnight() {
        let day = CampusDay::parse("2026-11-23").unwrap();
        let night = quiet("22:00", "07:00");
        let (today, tomorrow) = (day.at_minute(7 * 60), day.plus_days(1).at_minute(7 * 60));
        for (hours, minute, ends) in [
            (night, 0, Some(today)),
            (night, 7 * 60 - 1, Some(today)),
            (night, 7 * 60, None),
            (night, 22 * 60 - 1, None),
            (night, 22 * 60, Some(tomorrow)),
            (night, 24 * 60 - 1, Some(tomorrow)),
            (quiet("12:00", "14:00"), 13 * 60, Some(day.at_minute(14 * 60))),
            (quiet("12:00", "14:00"), 14 * 60, None),
            (Quiet::NONE, 0, None),
        ] {
            let now = day.at_minute(minute);
            assert_eq!(hours.ends(now), ends, "{hours:?} at {minute}");
            assert_eq!(hours.heard(now), ends.unwrap_or(now));
        }
    }
}
