//! What is forgotten when (PIPL articles 6, 19 and 47).
//!
//! The whole document number is needed until the visit is surely over: the guard may have to compare it. Then a keyed index and
//! the last four are enough to answer "was this person here?", and after that nobody needs to know who it was.

use serde::{Deserialize, Serialize};
use shared::time::{CampusDay, Moment};

/// Days, counted from the day of the visit. Settings: the university decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// For how many whole days after the visit's day the document number stays readable.
    pub number_days: u16,
    /// For how many days after that the row still says who it was.
    pub row_days: u16,
}

impl Default for Retention {
    fn default() -> Self {
        Self { number_days: 1, row_days: 90 }
    }
}

impl Retention {
    /// Document numbers of visits on this day and before are erased.
    #[must_use]
    pub fn numbers_through(self, now: Moment) -> CampusDay {
        CampusDay::of(now).minus_days(self.number_days.saturating_add(1))
    }

    /// Rows of visits on this day and before are made anonymous.
    #[must_use]
    pub fn rows_through(self, now: Moment) -> CampusDay {
        self.numbers_through(now).minus_days(self.row_days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_outlives_the_day_after_the_visit_by_nothing() {
        let visit = CampusDay::parse("2026-11-23").unwrap();
        let held = Retention::default();
        let last_moment = visit.plus_days(1).at_minute(23 * 60 + 59);
        assert!(held.numbers_through(last_moment) < visit);
        assert_eq!(held.numbers_through(visit.plus_days(2).start()), visit);
        assert!(held.rows_through(visit.plus_days(91).at_minute(1)) < visit);
        assert_eq!(held.rows_through(visit.plus_days(92).start()), visit);
    }
}
