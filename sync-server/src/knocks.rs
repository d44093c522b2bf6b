//! Knocks at a door that stays shut: said in the log at once, and then once a minute with their number. Whoever knocks decides how
//! often; a line for each would let strangers fill the disk, and hide in it what matters.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

const SAID_EVERY: Duration = Duration::from_secs(60);

/// Of one door, or of one kind.
#[derive(Debug, Default)]
pub(crate) struct Knocks(Mutex<Unsaid>);

#[derive(Debug, Default)]
struct Unsaid {
    count: u64,
    said_at: Option<Instant>,
}

impl Knocks {
    /// Counts one. How many are to be said now, if it is time: this one and those since the last saying.
    pub(crate) fn one(&self, now: Instant) -> Option<u64> {
        let mut unsaid = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        unsaid.count = unsaid.count.saturating_add(1);
        if unsaid.said_at.is_some_and(|at| now.duration_since(at) < SAID_EVERY) {
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
        let (knocks, start) = (Knocks::default(), Instant::now());
        let said: Vec<_> = [0, 0, 59, 60, 61, 119, 120].map(|s| knocks.one(start + Duration::from_secs(s))).into();
        assert_eq!(said, [Some(1), None, None, Some(3), None, None, Some(3)]);
    }
}
