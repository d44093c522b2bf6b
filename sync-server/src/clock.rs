//! The one place of the server that reads the time.
//!
//! Everything else is handed a [`Moment`], so every rule about time can be tested on any day of any year.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::TimeDelta;
use shared::time::Moment;

pub trait Clock: std::fmt::Debug + Send + Sync {
    fn now(&self) -> Moment;
}

/// The machine's clock. A server is expected to keep time by NTP.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock room")]
    fn now(&self) -> Moment {
        let ms = |span: std::time::Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Moment::from_unix_ms(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => ms(after),
            Err(before) => -ms(before.duration()),
        })
    }
}

/// A clock that stands still until it is moved: for tests and stories.
#[derive(Debug)]
pub struct SetClock(AtomicI64);

impl SetClock {
    #[must_use]
    pub const fn at(moment: Moment) -> Self {
        Self(AtomicI64::new(moment.unix_ms()))
    }

    pub fn set(&self, moment: Moment) {
        self.0.store(moment.unix_ms(), Ordering::SeqCst);
    }

    pub fn advance(&self, span: TimeDelta) {
        self.0.fetch_add(span.num_milliseconds(), Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Moment {
        Moment::from_unix_ms(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_clock_moves_only_when_told() {
        let clock = SetClock::at(Moment::from_unix_s(100));
        assert_eq!(clock.now(), clock.now());
        clock.advance(TimeDelta::seconds(5));
        assert_eq!(clock.now(), Moment::from_unix_s(105));
        clock.set(Moment::from_unix_s(1));
        assert_eq!(clock.now(), Moment::from_unix_s(1));
    }

    #[test]
    fn the_machine_knows_the_century() {
        assert!(SystemClock.now() > Moment::from_unix_s(1_700_000_000));
    }
}
