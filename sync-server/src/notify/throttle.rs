//! How soon one notice after another, so that a provider's limit by the second is kept.
//!
//! A timer is late by a millisecond or so; what was missed by it may be caught up on, and no more.

use std::time::Duration;

/// May be caught up on.
const SLACK: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Throttle {
    apart: Duration,
    next: Duration,
}

impl Throttle {
    pub(super) fn per_second(most: u32) -> Self {
        Self { apart: Duration::from_secs(1) / most.max(1), next: Duration::ZERO }
    }

    /// How long the next notice waits, at `now` since the start.
    pub(super) fn wait(&mut self, now: Duration) -> Duration {
        let at = self.next.max(now.saturating_sub(SLACK));
        self.next = at + self.apart;
        at.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_sees_more_than_its_share_and_what_a_timer_missed() {
        let mut throttle = Throttle::per_second(100);
        let (mut now, mut sent) = (Duration::from_secs(9), Vec::new());
        for number in 0..1000_u64 {
            // A timer that is late by up to three milliseconds.
            now += throttle.wait(now) + Duration::from_millis(number % 4);
            sent.push(now);
        }
        for (at, first) in sent.iter().enumerate() {
            let within = sent.iter().skip(at).take_while(|one| **one < *first + Duration::from_secs(1)).count();
            assert!(within <= 106, "{within} in one second");
        }
        let took = sent[999] - sent[0];
        assert!((Duration::from_millis(9_800)..Duration::from_millis(10_300)).contains(&took), "{took:?}");
    }
}
