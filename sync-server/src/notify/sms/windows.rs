//! How long to wait when a gateway says that one number was sent too much.
//!
//! A minute and an hour are those of the clock, not sixty seconds or minutes from the last message; a day is twenty-four hours from
//! each message, and nobody here knows from which.

use std::time::Duration;

use shared::time::{CampusDay, Moment};

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 60 * MINUTE_S;
/// Clocks differ.
const SLACK_S: i64 = 2;

pub(super) const AN_HOUR: Duration = Duration::from_secs(60 * 60);

/// What an operator has to put right: money, rights, an address that is not on the gateway's list.
pub(super) const SOMEBODY_S_TURN: Duration = Duration::from_secs(10 * 60);

pub(super) fn next_minute(now: Moment) -> Duration {
    until_next(MINUTE_S, now)
}

pub(super) fn next_hour(now: Moment) -> Duration {
    until_next(HOUR_S, now)
}

pub(super) fn next_day(now: Moment) -> Duration {
    let left = CampusDay::of(now).end().since(now).num_seconds() + SLACK_S;
    Duration::from_secs(u64::try_from(left).unwrap_or_default())
}

/// The campus's clock differs from UTC by whole hours.
fn until_next(window_s: i64, now: Moment) -> Duration {
    let left = window_s - now.unix_s().rem_euclid(window_s) + SLACK_S;
    Duration::from_secs(u64::try_from(left).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_with_the_clock_s() {
        let noon = CampusDay::parse("2026-11-23").unwrap().at_minute(12 * 60);
        let at = |seconds| noon.plus(chrono::TimeDelta::seconds(seconds));
        for (now, minute, hour) in [(at(0), 62, 3602), (at(1), 61, 3601), (at(59), 3, 3543), (at(3599), 3, 3)] {
            assert_eq!((next_minute(now).as_secs(), next_hour(now).as_secs()), (minute, hour), "{now:?}");
        }
        assert_eq!(next_day(noon).as_secs(), 12 * 3600 + 2);
    }
}
