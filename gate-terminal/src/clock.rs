//! The clock room: the one place that reads the machine's clocks.
//!
//! Two of them, because one alone cannot be trusted: the wall clock says what time it is and can be set by anybody, the boot
//! clock cannot be set and counts through sleep but knows no date. The gate compares them.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use shared::time::Moment;

use crate::ports::{Clock, ClockReading};

#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn read(&self) -> ClockReading {
        ClockReading { wall: wall(), since_boot_ms: since_boot_ms() }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock room")]
fn wall() -> Moment {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Moment::from_unix_ms(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(target_os = "linux")]
fn since_boot_ms() -> u64 {
    let since_boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let s = u64::try_from(since_boot.tv_sec).unwrap_or_default();
    let ns = u64::try_from(since_boot.tv_nsec).unwrap_or_default();
    s.saturating_mul(1000).saturating_add(ns / 1_000_000)
}

/// Elsewhere the process's own steady clock stands in; it may not count sleep, and then the wall clock counts as having jumped.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::disallowed_methods, reason = "this is the clock room")]
fn since_boot_ms() -> u64 {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let start = START.get_or_init(std::time::Instant::now);
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// A clock that stands until it is set: for stories that last a day and run in a second.
#[derive(Debug, Clone)]
pub struct SetClock {
    wall_ms: Arc<AtomicI64>,
    since_boot_ms: Arc<AtomicU64>,
}

impl SetClock {
    #[must_use]
    pub fn at(wall: Moment) -> Self {
        Self { wall_ms: Arc::new(AtomicI64::new(wall.unix_ms())), since_boot_ms: Arc::new(AtomicU64::new(60_000)) }
    }

    /// Both clocks go on.
    pub fn advance_ms(&self, ms: u32) {
        self.wall_ms.fetch_add(i64::from(ms), Ordering::Relaxed);
        self.since_boot_ms.fetch_add(u64::from(ms), Ordering::Relaxed);
    }

    /// Somebody sets the wall clock; the boot clock does not notice.
    pub fn set_wall(&self, wall: Moment) {
        self.wall_ms.store(wall.unix_ms(), Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn read(&self) -> ClockReading {
        ClockReading {
            wall: Moment::from_unix_ms(self.wall_ms.load(Ordering::Relaxed)),
            since_boot_ms: self.since_boot_ms.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_of_the_machine_go_forward() {
        let earlier = SystemClock.read();
        std::thread::sleep(std::time::Duration::from_millis(5));
        let later = SystemClock.read();
        assert!(later.since_boot_ms > earlier.since_boot_ms);
        assert!(later.wall > earlier.wall);
        assert!(earlier.wall > Moment::from_unix_s(1_700_000_000), "the year is past 2023");
    }

    #[test]
    fn a_set_wall_clock_leaves_the_boot_clock_alone() {
        let clock = SetClock::at(Moment::from_unix_s(1_000));
        clock.advance_ms(500);
        let boot = clock.read().since_boot_ms;
        clock.set_wall(Moment::from_unix_s(1));
        assert_eq!(clock.read(), ClockReading { wall: Moment::from_unix_s(1), since_boot_ms: boot });
    }
}
