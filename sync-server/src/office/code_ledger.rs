//! What sign-in codes cost the office: how many left in this minute, hour and day, for whom, and how many of them nobody used.
//!
//! A stranger's code is a loan. Whoever can read the message types the code, and the loan is paid back; whoever only makes messages
//! leave cannot, whatever number of addresses they have. So strangers' shares of the budget are counted by codes that nobody has
//! used, and those who are better known keep a reserve that strangers do not reach: see [`Asker`].
//!
//! Guesses are loans, too. A code has a million values, and wrong guesses that no right one followed add up to the chance that one
//! of the day's guesses hits. Once fifty stand open, a stranger's right code is answered with a second one, to be typed as well:
//! the day's guesses together hit once in 20,000 days, from however many addresses, and nobody is locked out for another's guessing.

use serde::{Deserialize, Serialize};
use shared::time::{CampusDay, Moment};

/// Who asks, in order of how long they are served as the budget runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asker {
    /// An unknown phone, from a network of which nothing good is known.
    Cold,
    /// A known phone, from such a network: whoever has the directory can ask for these.
    KnownFromAfar,
    /// An unknown phone, from a network where codes are used.
    Warm,
    /// The phone has signed in before, has a visit to come or stands in the directory, and is asked for where codes are used.
    Known,
    /// A browser in which this phone has signed in before: its owner.
    Proven,
}

impl Asker {
    pub const ALL: [Self; 5] = [Self::Cold, Self::KnownFromAfar, Self::Warm, Self::Known, Self::Proven];

    /// Of a window's codes, in percent: how many may have left altogether for one more to leave to these, and how many may have
    /// left to these and to those before them without being used.
    const fn shares(self) -> (u32, u32) {
        match self {
            Self::Cold => (80, 30),
            Self::KnownFromAfar => (85, 36),
            Self::Warm => (90, 65),
            Self::Known => (95, 80),
            Self::Proven => (100, 100),
        }
    }

    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Cold => 0,
            Self::KnownFromAfar => 1,
            Self::Warm => 2,
            Self::Known => 3,
            Self::Proven => 4,
        }
    }

    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|asker| asker.number() == number)
    }
}

/// Messages for sign-in codes altogether.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub per_minute: u16,
    pub per_hour: u16,
    pub per_day: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    Minute,
    Hour,
    Day,
}

impl Span {
    const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    fn start(self, now: Moment) -> Moment {
        let within = |ms: i64| Moment::from_unix_ms(now.unix_ms() - now.unix_ms().rem_euclid(ms));
        match self {
            Self::Minute => within(60_000),
            Self::Hour => within(3_600_000),
            Self::Day => CampusDay::of(now).start(),
        }
    }

    fn end(self, now: Moment) -> Moment {
        let after = |ms: i64| Moment::from_unix_ms(self.start(now).unix_ms() + ms);
        match self {
            Self::Minute => after(60_000),
            Self::Hour => after(3_600_000),
            Self::Day => CampusDay::of(now).end(),
        }
    }
}

/// No room for one more of these, until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    pub span: Span,
    pub until: Moment,
}

/// How much of their share strangers have left, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room(pub u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Window {
    start: Moment,
    /// For each kind of asker.
    sent: [u32; 5],
    unused: [u32; 5],
}

impl Window {
    const fn new(start: Moment) -> Self {
        Self { start, sent: [0; 5], unused: [0; 5] }
    }

    fn all(&self) -> u32 {
        self.sent.iter().sum()
    }

    fn unused_up_to(&self, asker: Asker) -> u32 {
        self.unused.iter().take(usize::from(asker.number()) + 1).sum()
    }
}

/// Wrong guesses at strangers' codes that may stand open on one day before a code alone is not enough.
pub const GUESSES_OPEN: u32 = 50;

/// The office's book of the codes it sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    minute: Window,
    hour: Window,
    day: Window,
    guesses: u32,
}

impl Ledger {
    #[must_use]
    pub fn new(now: Moment) -> Self {
        let window = |span: Span| Window::new(span.start(now));
        Self { minute: window(Span::Minute), hour: window(Span::Hour), day: window(Span::Day), guesses: 0 }
    }

    /// As of `now`: a window that is over begins anew. So does one that a wrong clock began in the future.
    #[must_use]
    pub fn at(self, now: Moment) -> Self {
        let fresh = Self::new(now);
        let of = |held: Window, fresh: Window| if held.start == fresh.start { held } else { fresh };
        let guesses = if self.day.start == fresh.day.start { self.guesses } else { 0 };
        Self {
            minute: of(self.minute, fresh.minute),
            hour: of(self.hour, fresh.hour),
            day: of(self.day, fresh.day),
            guesses,
        }
    }

    const fn window(&self, span: Span) -> &Window {
        match span {
            Span::Minute => &self.minute,
            Span::Hour => &self.hour,
            Span::Day => &self.day,
        }
    }

    const fn windows(&mut self) -> [&mut Window; 3] {
        [&mut self.minute, &mut self.hour, &mut self.day]
    }

    /// Whether one more may leave, and how much of the share is left then.
    pub fn admits(&self, asker: Asker, budget: &Budget, now: Moment) -> Result<Room, Full> {
        let (of_all, of_unused) = asker.shares();
        let (mut room, mut full) = (Room(1000), None);
        for span in Span::ALL {
            let most = budget.most(span);
            let (all_most, unused_most) = (part(most, of_all), part(most, of_unused));
            let (all, unused) = (self.window(span).all(), self.window(span).unused_up_to(asker));
            if all >= all_most || unused >= unused_most {
                full = Some(Full { span, until: span.end(now) });
            } else {
                room = Room(room.0.min(1000 - 1000 * unused / unused_most));
            }
        }
        full.map_or(Ok(room), Err)
    }

    /// One leaves.
    pub fn sent(&mut self, asker: Asker) {
        for window in self.windows() {
            for count in [&mut window.sent, &mut window.unused] {
                if let Some(count) = count.get_mut(usize::from(asker.number())) {
                    *count += 1;
                }
            }
        }
    }

    /// So many, the first of which left at `since`, were sent to somebody who has now typed the last of them.
    pub fn used(&mut self, asker: Asker, how_many: u32, since: Moment) {
        for window in self.windows() {
            if let Some(unused) = window.unused.get_mut(usize::from(asker.number()))
                && window.start <= since
            {
                *unused = unused.saturating_sub(how_many);
            }
        }
    }

    pub const fn guessed_wrong(&mut self) {
        self.guesses = self.guesses.saturating_add(1);
    }

    /// So many guesses were the owner's own, mistyped.
    pub const fn guesses_explained(&mut self, how_many: u32) {
        self.guesses = self.guesses.saturating_sub(how_many);
    }

    #[must_use]
    pub const fn guesses_open(&self) -> u32 {
        self.guesses
    }

    /// Whether so much is guessed that a stranger has to type two codes.
    #[must_use]
    pub const fn asks_twice(&self) -> bool {
        self.guesses >= GUESSES_OPEN
    }

    /// Codes that left, and those of them that nobody has used.
    #[must_use]
    pub fn counts(&self, span: Span) -> (u32, u32) {
        let window = self.window(span);
        (window.all(), window.unused.iter().sum())
    }
}

impl Budget {
    #[must_use]
    pub fn most(&self, span: Span) -> u32 {
        u32::from(match span {
            Span::Minute => self.per_minute,
            Span::Hour => self.per_hour,
            Span::Day => self.per_day,
        })
    }
}

/// Rounded up: a share of a small budget is one code, not none.
const fn part(whole: u32, percent: u32) -> u32 {
    (whole * percent).div_ceil(100)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const BUDGET: Budget = Budget { per_minute: 100, per_hour: 150, per_day: 200 };

    fn morning() -> Moment {
        CampusDay::parse("2026-11-23").unwrap().at_minute(8 * 60)
    }

    /// Asks for each until there is no room, and says how many left.
    fn leave(ledger: &mut Ledger, asker: Asker) -> u32 {
        let mut left = 0;
        while ledger.admits(asker, &BUDGET, morning()).is_ok() {
            ledger.sent(asker);
            left += 1;
        }
        left
    }

    #[test]
    fn each_keeps_a_reserve_that_those_before_do_not_reach_and_nothing_exceeds_the_whole() {
        let mut ledger = Ledger::new(morning());
        let left = Asker::ALL.map(|asker| leave(&mut ledger, asker));
        assert_eq!(left, [30, 6, 29, 15, 20]);
        assert_eq!(ledger.counts(Span::Minute), (100, 100));
        let full = Full { span: Span::Minute, until: morning().plus(TimeDelta::minutes(1)) };
        assert_eq!(ledger.admits(Asker::Proven, &BUDGET, morning()), Err(full));
    }

    #[test]
    fn codes_that_are_used_give_back_their_share_and_still_cost() {
        let mut ledger = Ledger::new(morning());
        let mut left = 0;
        while ledger.admits(Asker::Cold, &BUDGET, morning()).is_ok() {
            ledger.sent(Asker::Cold);
            ledger.used(Asker::Cold, 1, morning());
            left += 1;
        }
        assert_eq!((left, ledger.counts(Span::Day)), (80, (80, 0)));
    }

    #[test]
    fn windows_begin_anew_and_the_longest_that_is_full_is_named() {
        let mut ledger = Ledger::new(morning());
        leave(&mut ledger, Asker::Cold);
        let mut left = 30;
        for (minute, more) in [(1, 15), (2, 0), (60, 15), (61, 0)] {
            let now = morning().plus(TimeDelta::minutes(minute));
            ledger = ledger.at(now);
            for _ in 0..more {
                ledger.admits(Asker::Cold, &BUDGET, now).unwrap();
                ledger.sent(Asker::Cold);
                left += 1;
            }
            if minute > 2 && more == 0 {
                let until = CampusDay::of(now).end();
                assert_eq!(ledger.admits(Asker::Cold, &BUDGET, now), Err(Full { span: Span::Day, until }));
            }
        }
        assert_eq!(left, 60);
        let tomorrow = morning().plus(TimeDelta::days(1));
        assert_eq!(ledger.at(tomorrow).admits(Asker::Cold, &BUDGET, tomorrow), Ok(Room(1000)));
        // A clock that ran ahead and was put back leaves no debt.
        assert_eq!(ledger.at(tomorrow).at(morning()), Ledger::new(morning()));
    }

    #[test]
    fn guesses_that_a_right_one_followed_are_no_risk_and_a_new_day_forgets_them() {
        let mut ledger = Ledger::new(morning());
        (0..GUESSES_OPEN).for_each(|_| ledger.guessed_wrong());
        assert!(ledger.asks_twice());
        ledger.guesses_explained(1);
        assert!(!ledger.asks_twice());
        ledger.guessed_wrong();
        assert!(ledger.at(morning().plus(TimeDelta::hours(2))).asks_twice());
        assert!(!ledger.at(morning().plus(TimeDelta::days(1))).asks_twice());
    }

    #[test]
    fn a_code_of_the_window_before_pays_nothing_into_this_one() {
        let mut ledger = Ledger::new(morning());
        ledger.sent(Asker::Warm);
        let next = morning().plus(TimeDelta::minutes(1));
        ledger = ledger.at(next);
        ledger.sent(Asker::Warm);
        ledger.used(Asker::Warm, 1, morning());
        assert_eq!([Span::Minute, Span::Hour].map(|span| ledger.counts(span)), [(1, 1), (2, 1)]);
    }
}
