//! What is known of the network that somebody asks from: the codes it owes, and those that were used there.
//!
//! A network that was never seen is lent a few codes at once. Each that is used is paid back and raises what may be lent next: forty
//! people behind one address are served within minutes, and the campus's own address after a morning like any other. What is not
//! used is forgiven slowly, sooner where more is used: people give up, too. Ten thousand addresses of forty networks are forty tabs.

use chrono::TimeDelta;
use shared::time::{CampusDay, Moment};

use super::code_ledger::{Asker, Room};

/// One network's tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tab {
    /// Codes that left and were not used.
    pub owed: u32,
    /// Codes that were used, lately.
    pub earned: u32,
    /// From when on what is owed waits to be forgiven.
    pub since: Moment,
    /// The day that `earned` is as of.
    pub day: CampusDay,
}

/// How often some of what is owed is forgiven.
const FORGIVEN_EVERY: TimeDelta = TimeDelta::hours(2);
/// As many used codes as make a network one where codes are used.
const WARM: u32 = 3;
const EARNED_AT_MOST: u32 = 400;
/// A code whose every guess was wrong was hardly asked for by its owner.
const GUESSED_AWAY: u32 = 5;

/// Why nothing is lent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The network owes too much.
    Owing { until: Moment },
    /// It would be lent to at a calmer time.
    Short,
}

impl Tab {
    #[must_use]
    pub fn new(now: Moment) -> Self {
        Self { owed: 0, earned: 0, since: now, day: CampusDay::of(now) }
    }

    /// As of `now`.
    #[must_use]
    pub fn at(self, now: Moment) -> Self {
        let today = CampusDay::of(now);
        let days = today.start().since(self.day.start()).num_days();
        let earned = (0..days.clamp(0, 60)).fold(self.earned, |earned, _| earned - earned.div_ceil(8));
        let held = Self { earned, day: today, ..self };
        if held.owed == 0 || held.since > now {
            return Self { since: now, ..held };
        }
        let times = now.since(held.since).num_milliseconds() / FORGIVEN_EVERY.num_milliseconds();
        let times = i32::try_from(times).unwrap_or(i32::MAX);
        let forgiven = u32::try_from(times).unwrap_or(0).saturating_mul(1 + held.earned / 8);
        Self { owed: held.owed.saturating_sub(forgiven), since: held.since.plus(FORGIVEN_EVERY * times), ..held }
    }

    /// Whether one more may be lent, of which `fresh` are to a network that was never seen. The less room there is, the fewer: the
    /// last of a share goes to those who owe nothing.
    pub fn lends(&self, fresh: u16, room: Room) -> Result<(), Refused> {
        let credit = u32::from(fresh) + self.earned;
        if self.owed >= credit {
            return Err(Refused::Owing { until: self.since.plus(FORGIVEN_EVERY) });
        }
        let credit = credit.saturating_mul(room.0).div_ceil(1000).max(1);
        if self.owed < credit { Ok(()) } else { Err(Refused::Short) }
    }

    #[must_use]
    pub const fn asker(&self) -> Asker {
        if self.earned >= WARM { Asker::Warm } else { Asker::Cold }
    }

    pub const fn lent(&mut self) {
        self.owed = self.owed.saturating_add(1);
    }

    /// A code was used, for which so many were lent.
    pub fn paid(&mut self, how_many: u32) {
        self.owed = self.owed.saturating_sub(how_many);
        self.earned = self.earned.saturating_add(1).min(EARNED_AT_MOST);
    }

    pub const fn guessed_away(&mut self) {
        self.owed = self.owed.saturating_add(GUESSED_AWAY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: Room = Room(1000);

    fn morning() -> Moment {
        CampusDay::parse("2026-11-23").unwrap().at_minute(8 * 60)
    }

    #[test]
    fn a_network_whose_people_use_their_codes_is_lent_more_each_time_and_one_that_never_does_a_few() {
        let mut tab = Tab::new(morning());
        let mut rounds = Vec::new();
        for _ in 0..4 {
            let mut lent = 0;
            while tab.lends(6, CALM).is_ok() {
                tab.lent();
                lent += 1;
            }
            rounds.push(lent);
            (0..lent).for_each(|_| tab.paid(1));
        }
        assert_eq!(rounds, [6, 12, 24, 48]);
        assert_eq!(tab.asker(), Asker::Warm);
        let mut pump = Tab::new(morning());
        let mut lent = 0;
        for minute in 0..24 * 60 {
            let now = morning().plus(TimeDelta::minutes(minute));
            pump = pump.at(now);
            if pump.lends(6, CALM).is_ok() {
                pump.lent();
                lent += 1;
            }
        }
        assert_eq!((lent, pump.asker()), (6 + 11, Asker::Cold));
    }

    #[test]
    fn the_less_room_the_fewer_are_lent_and_the_last_to_who_owes_nothing() {
        for (room, owed, lends) in [
            (1000, 5, Ok(())),
            (1000, 6, Err(Refused::Owing { until: morning().plus(TimeDelta::hours(2)) })),
            (500, 2, Ok(())),
            (500, 3, Err(Refused::Short)),
            (1, 0, Ok(())),
            (1, 1, Err(Refused::Short)),
        ] {
            assert_eq!(Tab { owed, ..Tab::new(morning()) }.lends(6, Room(room)), lends, "{room} {owed}");
        }
    }

    #[test]
    fn what_was_earned_fades_over_days_and_what_is_owed_sooner_where_more_is_used() {
        let friday = Tab { owed: 20, earned: 80, ..Tab::new(morning()) };
        assert_eq!(friday.at(morning().plus(TimeDelta::hours(2))).owed, 20 - 11);
        assert_eq!(friday.at(morning().plus(TimeDelta::days(3))).earned, 53);
        assert_eq!(friday.at(morning().plus(TimeDelta::days(90))).earned, 0);
        let small = Tab { owed: 3, ..Tab::new(morning()) };
        assert_eq!(small.at(morning().plus(TimeDelta::minutes(239))).owed, 2);
        // A clock that was put back forgives nothing and forgets nothing.
        assert_eq!(small.at(morning().minus(TimeDelta::days(1))).owed, 3);
    }

    #[test]
    fn a_code_guessed_away_weighs_as_much_as_five_more() {
        let mut tab = Tab::new(morning());
        tab.lent();
        tab.guessed_away();
        assert!(tab.lends(6, CALM).is_err());
    }
}
