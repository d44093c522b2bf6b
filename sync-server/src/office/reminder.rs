//! When a host who has not decided is asked again, and who is asked after them.
//!
//! A ladder: the host some times, then their deputy, then the duty office, which can only telephone. Its time runs from when the host
//! could have heard. No rung is taken around the full or the half hour, when everybody's messages go out and wait in line, nor so
//! soon after another that both would come at once when the server was down.

use chrono::TimeDelta;
use shared::{identity::Phone, time::Moment};

use super::Quiet;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ladder {
    /// After the host was told; rising.
    pub host: Vec<TimeDelta>,
    pub deputy: Option<TimeDelta>,
    pub duty: Option<(TimeDelta, Phone)>,
}

/// Who is told next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rung {
    Host,
    Deputy,
    Duty(Phone),
}

/// Between two rungs at least.
const APART: TimeDelta = TimeDelta::minutes(15);

/// What is said in several notices is read in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Together {
    /// A host with more bookings waiting is told of all of them in one.
    pub more_than: u32,
    pub every: TimeDelta,
}

impl Ladder {
    /// The rung after `taken` of them.
    #[must_use]
    pub fn next(&self, taken: usize) -> Option<(TimeDelta, Rung)> {
        let host = self.host.iter().map(|after| (*after, Rung::Host));
        let deputy = self.deputy.map(|after| (after, Rung::Deputy));
        let duty = self.duty.iter().map(|(after, phone)| (*after, Rung::Duty(phone.clone())));
        host.chain(deputy).chain(duty).nth(taken)
    }

    #[must_use]
    pub fn rungs(&self) -> usize {
        self.host.len() + usize::from(self.deputy.is_some()) + usize::from(self.duty.is_some())
    }

    /// The rung that is due for a booking of `made_at`, of which `taken` were, the last one `last`.
    #[must_use]
    pub fn due(
        &self,
        made_at: Moment,
        (taken, last): (usize, Option<Moment>),
        quiet: Quiet,
        now: Moment,
    ) -> Option<Rung> {
        let (after, rung) = self.next(taken)?;
        let rested = last.is_none_or(|last| now >= quiet.heard(last).plus(APART));
        (rested && now >= quiet.heard(made_at).plus(after)).then_some(rung)
    }
}

/// Whether it is not around the full or half hour.
#[must_use]
pub fn off_the_hour(now: Moment) -> bool {
    (2..29).contains(&(now.unix_s().div_euclid(60).rem_euclid(30)))
}

#[cfg(test)]
mod tests {
    use shared::time::CampusDay;

    use super::*;
    use crate::office::TimeOfDay;

    fn ladder() -> Ladder {
        let phone = Phone::parse("13800130007").unwrap();
        let min = TimeDelta::minutes;
        Ladder { host: vec![min(30), min(120)], deputy: Some(min(180)), duty: Some((min(240), phone)) }
    }

    #[test]
    fn each_rung_in_its_time_and_none_twice() {
        let made = CampusDay::parse("2026-11-23").unwrap().at_minute(8 * 60);
        let at = |minutes| made.plus(TimeDelta::minutes(minutes));
        let duty = Rung::Duty(Phone::parse("13800130007").unwrap());
        for (taken, last, minutes, due) in [
            (0, None, 29, None),
            (0, None, 30, Some(Rung::Host)),
            (1, Some(30), 119, None),
            (1, Some(30), 120, Some(Rung::Host)),
            (1, Some(110), 120, None),
            (1, Some(110), 125, Some(Rung::Host)),
            (2, Some(120), 180, Some(Rung::Deputy)),
            (3, Some(180), 239, None),
            (3, Some(180), 500, Some(duty)),
            (4, Some(240), 9999, None),
        ] {
            assert_eq!(ladder().due(made, (taken, last.map(at)), Quiet::NONE, at(minutes)), due, "{taken} {minutes}");
        }
        assert_eq!(ladder().rungs(), 4);
        assert_eq!(Ladder::default().next(0), None);
    }

    #[test]
    fn who_was_told_in_the_morning_is_not_reminded_in_the_same_minute() {
        let clock = |text| TimeOfDay::parse(text).unwrap();
        let quiet = Quiet { from: clock("22:00"), until: clock("07:00") };
        let day = CampusDay::parse("2026-11-23").unwrap();
        let (made, seven) = (day.at_minute(23 * 60), day.plus_days(1).at_minute(7 * 60));
        let due = |minutes| ladder().due(made, (0, None), quiet, seven.plus(TimeDelta::minutes(minutes)));
        assert_eq!((due(2), due(30)), (None, Some(Rung::Host)));
    }

    #[test]
    fn never_on_the_full_or_half_hour() {
        let hour = CampusDay::parse("2026-11-23").unwrap().at_minute(9 * 60);
        for (minute, off) in [
            (0, false),
            (1, false),
            (2, true),
            (28, true),
            (29, false),
            (30, false),
            (31, false),
            (32, true),
            (59, false),
        ] {
            for second in [0, 59] {
                let now = hour.plus(TimeDelta::seconds(minute * 60 + second));
                assert_eq!(off_the_hour(now), off, "{minute}:{second}");
            }
        }
    }
}
