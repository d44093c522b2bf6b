//! How long to wait after a failure: longer each time, up to half a minute, and never in step with the other gates.
//!
//! When the server comes back, all terminals have been waiting for it; half of each wait is drawn by lot so that they do not
//! come at once.

use std::time::Duration;

/// A revocation should not wait longer than this after the server is back.
const LONGEST_MS: u64 = 30_000;

const FIRST_MS: u64 = 1_000;

#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    pub const fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Counts a failure and says how long to wait.
    pub fn failed(&mut self) -> Duration {
        let mut lot = [0; 8];
        // Without randomness the wait is merely not spread.
        getrandom::fill(&mut lot).ok();
        self.wait(u64::from_le_bytes(lot))
    }

    fn wait(&mut self, lot: u64) -> Duration {
        let whole = FIRST_MS.saturating_mul(1 << self.failures.min(16)).min(LONGEST_MS);
        self.failures = self.failures.saturating_add(1);
        let half = whole / 2;
        Duration::from_millis(FIRST_MS.max(half + lot % (half + 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_half_a_minute_and_are_spread() {
        let waits = |lot| {
            let mut backoff = Backoff::default();
            (0..40).map(|_| backoff.wait(lot).as_millis()).collect::<Vec<_>>()
        };
        let (shortest, longest) = (waits(0), waits(15_000));
        assert_eq!(shortest[..6], [1_000, 1_000, 2_000, 4_000, 8_000, 15_000]);
        assert_eq!(*shortest.last().unwrap(), 15_000);
        assert_eq!(*longest.last().unwrap(), 30_000);
        assert!((0..10_000).all(|lot| Backoff { failures: 3 }.wait(lot * 7).as_millis() <= 8_000));
    }

    #[test]
    fn success_starts_over() {
        let mut backoff = Backoff::default();
        for _ in 0..9 {
            backoff.failed();
        }
        backoff.succeeded();
        assert_eq!(backoff.wait(0), Duration::from_secs(1));
    }
}
