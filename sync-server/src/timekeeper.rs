//! Whether the clock may be believed while the server runs: the wall clock held against the time the machine has run.
//!
//! Gates take their time from here, so a wall clock that was put is told to nobody until it is back or an operator has said that it
//! is right. What went as it should is settled every minute: only leaps count, not the seconds that time servers correct over
//! months.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use shared::{planted, time::Moment};

use crate::{clock::Clock, office::leap::Reading};

#[derive(Debug)]
pub struct Timekeeper {
    clock: Arc<dyn Clock>,
    /// What the clock said of the machine's running when this server began.
    began: TimeDelta,
    settled: Mutex<Settled>,
}

#[derive(Debug, Clone, Copy)]
struct Settled {
    reading: Reading,
    /// How often an operator had said that the clock is right.
    accepted: u32,
}

impl Timekeeper {
    #[must_use]
    pub fn start(clock: Arc<dyn Clock>, accepted: u32) -> Self {
        let reading = read(clock.as_ref());
        Self { clock, began: reading.running, settled: Mutex::new(Settled { reading, accepted }) }
    }

    /// For how long this server has been there, whatever the wall clock says.
    #[must_use]
    pub fn there_for(&self) -> TimeDelta {
        self.clock.running() - self.began
    }

    /// The time, for those who will believe it.
    pub fn now(&self) -> Result<Moment, Leapt> {
        let settled = *self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        checked(settled.reading, read(self.clock.as_ref()))
    }

    /// The same, and from here on only what comes after counts. A new word of the operator settles everything before it.
    pub fn settle(&self, accepted: u32) -> Result<Moment, Leapt> {
        let reading = read(self.clock.as_ref());
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        if settled.accepted == accepted {
            checked(settled.reading, reading)?;
        }
        *settled = Settled { reading, accepted };
        Ok(reading.wall)
    }
}

/// The wall clock went other than time did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "时钟突跳 {by} s，现在显示 {to}；时钟恢复之前不应答任何校门；若现在是准的，请运行 sync-server clock accept。\
     The clock leapt by {by} s; no gate is answered until it is back or accepted",
    by = .by.num_seconds(), to = .to.campus_date_and_clock()
)]
pub struct Leapt {
    pub by: TimeDelta,
    pub to: Moment,
}

fn read(clock: &dyn Clock) -> Reading {
    Reading { wall: clock.now(), running: clock.running() }
}

fn checked(settled: Reading, reading: Reading) -> Result<Moment, Leapt> {
    let leap = planted!("a leap of the clock is told to the gates", None, settled.leap_to(reading));
    leap.map_or(Ok(reading.wall), |by| Err(Leapt { by, to: reading.wall }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SetClock;

    const START: Moment = Moment::from_unix_s(1_795_363_200);

    #[test]
    fn a_leap_holds_until_the_clock_is_back_or_accepted() {
        let clock = Arc::new(SetClock::at(START));
        let keeper = Timekeeper::start(clock.clone(), 3);
        clock.advance(TimeDelta::days(2));
        assert_eq!(keeper.now(), Ok(clock.now()));
        clock.leap(TimeDelta::hours(1));
        let leapt = Leapt { by: TimeDelta::hours(1), to: clock.now() };
        assert_eq!((keeper.now(), keeper.settle(3), keeper.now()), (Err(leapt), Err(leapt), Err(leapt)));
        assert!(leapt.to_string().contains("3600 s") && leapt.to_string().contains("sync-server clock accept"));
        clock.leap(TimeDelta::hours(-1));
        assert_eq!(keeper.now(), Ok(clock.now()));
        clock.leap(TimeDelta::hours(-1));
        assert!(keeper.now().is_err());
        assert_eq!(keeper.settle(4), Ok(clock.now()));
        assert_eq!(keeper.now(), Ok(clock.now()));
    }

    #[test]
    fn what_time_servers_correct_does_not_add_up() {
        let clock = Arc::new(SetClock::at(START));
        let keeper = Timekeeper::start(clock.clone(), 0);
        for _ in 0..10 {
            clock.leap(TimeDelta::minutes(1));
            assert!(keeper.settle(0).is_ok());
        }
        assert_eq!(keeper.now(), Ok(clock.now()));
    }
}
