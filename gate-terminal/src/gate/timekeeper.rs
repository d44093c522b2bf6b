//! What time it is, and whether to believe it.
//!
//! The wall clock can be set by anybody and a spent battery sets it to years ago. The boot clock cannot be set but knows no
//! date. A beacon is the server's signed word. From the three:
//!
//! | since this program started | best time | trusted when |
//! |---|---|---|
//! | a beacon came | its time + boot clock since | the wall clock is within 2 min of the best time |
//! | none yet | max(wall, floor) at the first reading + boot clock since | the wall clock is within 2 min of that, **and** was no more than 2 min below the floor, **and** the last beacon ever is at most 24 h ago |
//!
//! So a wall clock that is set or jumps makes time untrusted until it agrees again; without a beacon in this run only a new one
//! can say that it does. The floor is the latest moment this terminal is sure has passed; it survives restarts. It rises with
//! beacons and with the boot clock, never with the wall clock: one start with that ahead would otherwise make every later one
//! late, however right the clock is by then. Two minutes are more than a machine drifts in a day and less than anybody gains by.

use chrono::TimeDelta;
use shared::{planted, time::Moment};

use super::event::ClockReading;

const TOLERANCE: TimeDelta = TimeDelta::minutes(2);

/// The wall clock alone is believed for this long after the last beacon.
const UNPROVEN_LIMIT: TimeDelta = TimeDelta::hours(24);

/// How often the floor is written down: much more often than news grows old, or a restart under a clock set back would find old
/// news fresh.
const FLOOR_STEP: TimeDelta = TimeDelta::minutes(1);

/// The best answer to "what time is it".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BestTime {
    pub at: Moment,
    pub trusted: bool,
    /// It rests on a beacon that came since this program started.
    pub proven: bool,
}

#[derive(Debug)]
pub(super) struct Timekeeper {
    floor: Moment,
    /// The last time the server proved, ever.
    last_proven: Option<Moment>,
    anchor: Option<Anchor>,
    /// The floor of this run's beginning, and when by the boot clock that was; then each beacon's time.
    sure: Option<(Moment, u64)>,
}

/// A moment pinned to the boot clock.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    at: Moment,
    since_boot_ms: u64,
    proven: bool,
    /// For one without a beacon: whether the wall clock has agreed since.
    agreed: bool,
}

impl Anchor {
    fn now(&self, since_boot_ms: u64) -> Moment {
        later(self.at, self.since_boot_ms, since_boot_ms)
    }
}

fn later(at: Moment, from_boot_ms: u64, to_boot_ms: u64) -> Moment {
    let elapsed_ms = i64::try_from(to_boot_ms.saturating_sub(from_boot_ms)).unwrap_or(i64::MAX);
    at.plus(TimeDelta::try_milliseconds(elapsed_ms).unwrap_or(TimeDelta::MAX))
}

impl Timekeeper {
    #[must_use]
    pub(super) const fn new(floor: Moment, last_proven: Option<Moment>) -> Self {
        Self { floor, last_proven, anchor: None, sure: None }
    }

    pub(super) fn best(&mut self, reading: ClockReading) -> BestTime {
        let ClockReading { wall, since_boot_ms } = reading;
        let (floor, last_proven) = (self.floor, self.last_proven);
        self.sure.get_or_insert((floor, since_boot_ms));
        let anchor = self.anchor.get_or_insert_with(|| Anchor {
            at: planted!("a clock that was turned back is believed", wall, wall.max(floor)),
            since_boot_ms,
            proven: false,
            agreed: wall >= floor.minus(TOLERANCE),
        });
        let at = anchor.now(since_boot_ms);
        let agrees = near(wall, at);
        if anchor.proven {
            return BestTime { at, trusted: planted!("a jump of the clock unnoticed", true, agrees), proven: true };
        }
        anchor.agreed &= agrees;
        let recent = last_proven.is_some_and(|proven| at.since(proven) <= UNPROVEN_LIMIT);
        BestTime {
            at,
            trusted: anchor.agreed && planted!("the wall clock believed for ever", true, recent),
            proven: false,
        }
    }

    /// How long the server has not been heard, by what has surely passed: since a beacon by the boot clock, or by the floors that
    /// were written down.
    #[must_use]
    pub(super) fn silent_for(&self, reading: ClockReading) -> Option<TimeDelta> {
        let (sure, from_boot_ms) = self.sure?;
        Some(later(sure, from_boot_ms, reading.since_boot_ms).since(self.last_proven?))
    }

    /// Whether the server's time may be what a beacon says: time does not go back. Without a beacon in this run only earlier
    /// beacons count, because the best time may rest on a wrong wall clock.
    #[must_use]
    pub(super) fn may_be(&self, server_time: Moment, since_boot_ms: u64) -> bool {
        let passed = match &self.anchor {
            Some(anchor) if anchor.proven => Some(anchor.now(since_boot_ms)),
            Some(_) | None => self.last_proven,
        };
        passed.is_none_or(|passed| {
            planted!("the age of a beacon unchecked", true, server_time >= passed.minus(TOLERANCE))
        })
    }

    /// A beacon's time, proven and stored.
    pub(super) fn proven(&mut self, server_time: Moment, since_boot_ms: u64) {
        self.anchor = Some(Anchor { at: server_time, since_boot_ms, proven: true, agreed: true });
        self.last_proven = Some(server_time);
        self.floor = server_time;
        self.sure = Some((server_time, since_boot_ms));
    }

    /// The floor to write down, when it has risen enough.
    pub(super) fn floor_to_keep(&mut self, since_boot_ms: u64) -> Option<Moment> {
        let (at, from_boot_ms) = self.sure?;
        let passed = later(at, from_boot_ms, since_boot_ms);
        let risen = passed.since(self.floor) >= FLOOR_STEP;
        risen.then(|| {
            self.floor = passed;
            passed
        })
    }
}

fn near(one: Moment, other: Moment) -> bool {
    one.since(other).abs() <= TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_MS: i64 = 60_000;
    const HOUR_MS: i64 = 60 * MINUTE_MS;
    const NOON: Moment = Moment::from_unix_s(1_795_406_400);

    fn after(ms: i64) -> Moment {
        Moment::from_unix_ms(NOON.unix_ms() + ms)
    }

    fn reading(wall_ms: i64, boot_ms: i64) -> ClockReading {
        ClockReading { wall: after(wall_ms), since_boot_ms: u64::try_from(1_000_000 + boot_ms).unwrap() }
    }

    /// No beacon in this run; the last ever, and the floor, at noon. (first wall, wall now, boot ms since, best, trusted)
    #[test]
    fn without_a_beacon_in_this_run() {
        for (name, first, wall, boot, best, trusted) in [
            ("a plain restart", 0, 1_000, 1_000, 1_000, true),
            ("an hour later", HOUR_MS, 2 * HOUR_MS, HOUR_MS, 2 * HOUR_MS, true),
            ("a day later", 24 * HOUR_MS, 24 * HOUR_MS, 0, 24 * HOUR_MS, true),
            ("more than a day later", 24 * HOUR_MS + 1, 24 * HOUR_MS + 1, 0, 24 * HOUR_MS + 1, false),
            ("it becomes more than a day", 23 * HOUR_MS, 25 * HOUR_MS, 2 * HOUR_MS, 25 * HOUR_MS, false),
            ("the battery is spent", -9_000 * HOUR_MS, -9_000 * HOUR_MS, 0, 0, false),
            ("spent, then set right", -9_000 * HOUR_MS, HOUR_MS, HOUR_MS, HOUR_MS, false),
            ("a little below the floor", -MINUTE_MS, -MINUTE_MS, 0, 0, true),
            ("the wall jumps ahead", 0, HOUR_MS, 1_000, 1_000, false),
            ("the wall jumps back", HOUR_MS, 0, 1_000, HOUR_MS + 1_000, false),
            ("the wall is corrected a little", 0, MINUTE_MS, 1_000, 1_000, true),
        ] {
            let mut time = Timekeeper::new(NOON, Some(NOON));
            time.best(reading(first, 0));
            let got = time.best(reading(wall, boot));
            assert_eq!(got, BestTime { at: after(best), trusted, proven: false }, "{name}");
        }
    }

    #[test]
    fn with_a_beacon_the_boot_clock_counts_on_and_the_wall_must_agree() {
        for (name, wall, boot, trusted) in [
            ("agreeing", HOUR_MS, HOUR_MS, true),
            ("two minutes off", HOUR_MS + 2 * MINUTE_MS, HOUR_MS, true),
            ("more", HOUR_MS + 2 * MINUTE_MS + 1, HOUR_MS, false),
            ("set back", -HOUR_MS, HOUR_MS, false),
            ("three days without another", 72 * HOUR_MS, 72 * HOUR_MS, true),
        ] {
            let mut time = Timekeeper::new(after(-HOUR_MS), None);
            time.best(reading(-HOUR_MS, 0));
            time.proven(NOON, reading(0, 0).since_boot_ms);
            let got = time.best(reading(wall, boot));
            assert_eq!(got, BestTime { at: after(boot), trusted, proven: true }, "{name}");
        }
    }

    #[test]
    fn a_jump_stays_untrusted_until_a_beacon_agrees() {
        let mut time = Timekeeper::new(NOON, Some(NOON));
        assert!(time.best(reading(0, 0)).trusted);
        assert!(!time.best(reading(HOUR_MS, 1_000)).trusted);
        assert!(!time.best(reading(2_000, 2_000)).trusted, "it came back, but who knows which of the two was right");
        time.proven(after(3_000), reading(0, 3_000).since_boot_ms);
        assert!(time.best(reading(3_000, 3_000)).trusted);
    }

    #[test]
    fn a_terminal_that_never_heard_a_beacon_trusts_nothing() {
        let mut time = Timekeeper::new(NOON, None);
        assert!(!time.best(reading(0, 0)).trusted);
    }

    #[test]
    fn the_servers_time_does_not_go_back() {
        let boot = |ms| reading(0, ms).since_boot_ms;
        let mut time = Timekeeper::new(after(9_000 * HOUR_MS), Some(NOON));
        assert!(time.may_be(after(1), boot(0)), "a floor from a wrong wall clock does not stand against the server");
        assert!(!time.may_be(after(-HOUR_MS), boot(0)), "an old beacon, replayed after a restart");
        time.proven(after(HOUR_MS), boot(0));
        assert!(!time.may_be(after(HOUR_MS), boot(HOUR_MS)), "the same beacon, replayed an hour later");
        assert!(
            time.may_be(after(2 * HOUR_MS - MINUTE_MS), boot(HOUR_MS)),
            "the server's clock was corrected a little"
        );
        assert_eq!(time.best(reading(HOUR_MS, 0)).at, after(HOUR_MS), "and the floor came down");
    }

    fn boot(ms: i64) -> u64 {
        reading(0, ms).since_boot_ms
    }

    #[test]
    fn the_floor_is_kept_now_and_then_and_rises_with_the_boot_clock() {
        let mut time = Timekeeper::new(NOON, Some(NOON));
        time.best(reading(0, 0));
        assert_eq!(time.floor_to_keep(boot(MINUTE_MS - 1)), None);
        assert_eq!(time.floor_to_keep(boot(MINUTE_MS)), Some(after(MINUTE_MS)));
        assert_eq!(time.floor_to_keep(boot(10 * MINUTE_MS)), Some(after(10 * MINUTE_MS)));
        assert_eq!(time.floor_to_keep(boot(10 * MINUTE_MS)), None);
        time.proven(after(HOUR_MS), boot(20 * MINUTE_MS));
        assert_eq!(time.floor_to_keep(boot(20 * MINUTE_MS)), None, "the beacon itself was stored with its news");
        assert_eq!(time.floor_to_keep(boot(30 * MINUTE_MS)), Some(after(HOUR_MS + 10 * MINUTE_MS)));
    }

    /// Started offline with the wall clock a day ahead, ran for an hour, and the clock was put right before the next start.
    #[test]
    fn one_start_with_the_clock_ahead_does_not_make_the_next_one_late() {
        let ahead = 20 * HOUR_MS;
        let mut time = Timekeeper::new(NOON, Some(NOON));
        assert!(time.best(reading(ahead, 0)).trusted, "nothing here can know better");
        time.best(reading(ahead + HOUR_MS, HOUR_MS));
        let floor = time.floor_to_keep(boot(HOUR_MS)).unwrap();
        assert_eq!(floor, after(HOUR_MS));
        let mut time = Timekeeper::new(floor, Some(NOON));
        let best = time.best(reading(HOUR_MS, 2 * HOUR_MS));
        assert_eq!(best, BestTime { at: after(HOUR_MS), trusted: true, proven: false });
        let mut time = Timekeeper::new(floor, Some(NOON));
        assert!(!time.best(reading(0, 2 * HOUR_MS)).trusted, "turned back below what has surely passed, it is noticed");
    }
}
