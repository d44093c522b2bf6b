//! The one place of the server that reads the time.
//!
//! Everything else is handed a [`Moment`], so every rule about time can be tested on any day of any year.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::TimeDelta;
use shared::time::Moment;

pub trait Clock: std::fmt::Debug + Send + Sync {
    fn now(&self) -> Moment;

    /// How long the machine has run, which nobody can put forward or back; time asleep counts.
    fn running(&self) -> TimeDelta;
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

    fn running(&self) -> TimeDelta {
        let since_boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        TimeDelta::seconds(since_boot.tv_sec) + TimeDelta::nanoseconds(since_boot.tv_nsec)
    }
}

/// A clock that stands still until it is moved: for tests and stories.
#[derive(Debug)]
pub struct SetClock {
    wall_ms: AtomicI64,
    running_ms: AtomicI64,
}

impl SetClock {
    #[must_use]
    pub const fn at(moment: Moment) -> Self {
        Self { wall_ms: AtomicI64::new(moment.unix_ms()), running_ms: AtomicI64::new(0) }
    }

    /// Time passes.
    pub fn advance(&self, span: TimeDelta) {
        self.running_ms.fetch_add(span.num_milliseconds(), Ordering::SeqCst);
        self.leap(span);
    }

    /// Somebody puts the clock, and no time passes.
    pub fn leap(&self, span: TimeDelta) {
        self.wall_ms.fetch_add(span.num_milliseconds(), Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Moment {
        Moment::from_unix_ms(self.wall_ms.load(Ordering::SeqCst))
    }

    fn running(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.running_ms.load(Ordering::SeqCst))
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
        clock.leap(TimeDelta::seconds(-2));
        assert_eq!((clock.now(), clock.running()), (Moment::from_unix_s(103), TimeDelta::seconds(5)));
    }

    #[test]
    fn the_machine_knows_the_century() {
        assert!(SystemClock.now() > Moment::from_unix_s(1_700_000_000));
        let before = SystemClock.running();
        assert!(before > TimeDelta::zero() && SystemClock.running() >= before);
    }
}
