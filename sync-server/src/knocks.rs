//! Knocks without the right key: said in the log once a minute and with their number, for whoever knocks decides how often.

use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use shared::time::Moment;

const SAID_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Of one door.
#[derive(Debug, Default)]
pub(super) struct Knocks(Mutex<Unsaid>);

#[derive(Debug, Default)]
struct Unsaid {
    count: u64,
    said_at: Option<Moment>,
}

impl Knocks {
    /// Counts one. How many are to be said now, if it is time: this one and those since the last saying.
    pub(super) fn one(&self, now: Moment) -> Option<u64> {
        let mut unsaid = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        unsaid.count = unsaid.count.saturating_add(1);
        // A clock that was set back silences nothing for long.
        if unsaid.said_at.is_some_and(|at| now.since(at).abs() < SAID_EVERY) {
            return None;
        }
        unsaid.said_at = Some(now);
        Some(std::mem::take(&mut unsaid.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_said_and_then_one_line_a_minute_for_all() {
        let knocks = Knocks::default();
        let said: Vec<_> = [0, 0, 59, 60, 61, 119, 120, 30].map(|s| knocks.one(Moment::from_unix_s(1000 + s))).into();
        assert_eq!(said, [Some(1), None, None, Some(3), None, None, Some(3), Some(1)]);
    }
}
