//! Moments and campus days.
//!
//! A [`Moment`] is UTC in milliseconds. A [`CampusDay`] is a day at UTC+8, fixed: China keeps one zone and no summer time, and
//! a gate PC set to another zone must not shift the day a pass is good for.

use std::fmt;

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveDateTime, TimeDelta, Timelike as _};
use serde::{Deserialize, Serialize};

const CAMPUS_OFFSET_S: i32 = 8 * 3600;

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    #[must_use]
    pub const fn from_unix_ms(ms: i64) -> Self {
        Self(ms)
    }

    #[must_use]
    pub const fn from_unix_s(s: i64) -> Self {
        Self(s.saturating_mul(1000))
    }

    #[must_use]
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    #[must_use]
    pub const fn unix_s(self) -> i64 {
        self.0.div_euclid(1000)
    }

    #[must_use]
    pub const fn plus(self, span: TimeDelta) -> Self {
        Self(self.0.saturating_add(span.num_milliseconds()))
    }

    #[must_use]
    pub const fn minus(self, span: TimeDelta) -> Self {
        Self(self.0.saturating_sub(span.num_milliseconds()))
    }

    /// How long after `earlier` this is; negative when it is before.
    #[must_use]
    pub fn since(self, earlier: Self) -> TimeDelta {
        let ms = self.0.saturating_sub(earlier.0);
        TimeDelta::try_milliseconds(ms).unwrap_or(if ms < 0 { TimeDelta::MIN } else { TimeDelta::MAX })
    }

    /// Campus wall clock, `14:03`.
    #[must_use]
    pub fn campus_clock(self) -> String {
        self.at_campus().map_or_else(|| "--:--".to_owned(), |at| format!("{:02}:{:02}", at.hour(), at.minute()))
    }

    /// Campus date and wall clock to the second, `2026-11-23 14:03:07`.
    #[must_use]
    pub fn campus_date_and_clock(self) -> String {
        self.at_campus().map_or_else(
            || "----".to_owned(),
            |at| format!("{} {:02}:{:02}:{:02}", at.date(), at.hour(), at.minute(), at.second()),
        )
    }

    /// Not by way of a time zone, which panics in the last hours of chrono's calendar.
    fn at_campus(self) -> Option<NaiveDateTime> {
        let at = DateTime::from_timestamp_millis(self.0)?.naive_utc();
        at.checked_add_offset(FixedOffset::east_opt(CAMPUS_OFFSET_S)?)
    }
}

/// One calendar day at the university, 00:00 to 24:00 campus time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CampusDay(NaiveDate);

impl CampusDay {
    #[must_use]
    pub const fn new(date: NaiveDate) -> Self {
        Self(date)
    }

    /// The day on which `moment` falls; moments outside chrono's calendar are clamped to its ends.
    #[must_use]
    pub fn of(moment: Moment) -> Self {
        let far = if moment.0 < 0 { NaiveDate::MIN } else { NaiveDate::MAX };
        let at = crate::planted!("UTC for the local day", moment.minus(TimeDelta::hours(8)), moment);
        Self(at.at_campus().map_or(far, |at| at.date()))
    }

    /// Reads `2026-11-23`, and only that spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let [thousands, hundreds, tens, years, b'-', ten_months, months, b'-', ten_days, days] = text.as_bytes() else {
            return None;
        };
        let number = |digits: &[&u8]| {
            let digit = |symbol: &u8| symbol.is_ascii_digit().then(|| u32::from(symbol - b'0'));
            digits.iter().try_fold(0, |number, symbol| Some(10 * number + digit(symbol)?))
        };
        let year = i32::try_from(number(&[thousands, hundreds, tens, years])?).ok()?;
        NaiveDate::from_ymd_opt(year, number(&[ten_months, months])?, number(&[ten_days, days])?).map(Self)
    }

    #[must_use]
    pub const fn date(self) -> NaiveDate {
        self.0
    }

    #[must_use]
    pub fn start(self) -> Moment {
        Moment::from_unix_s(self.0.and_time(chrono::NaiveTime::MIN).and_utc().timestamp() - i64::from(CAMPUS_OFFSET_S))
    }

    /// The first moment that is no longer this day.
    #[must_use]
    pub fn end(self) -> Moment {
        self.start().plus(TimeDelta::days(1))
    }

    /// The moment `minute_of_day` minutes after this day's midnight.
    #[must_use]
    pub fn at_minute(self, minute_of_day: u16) -> Moment {
        self.start().plus(TimeDelta::minutes(i64::from(minute_of_day)))
    }

    /// The campus wall clock as this day counts it: the moment it ends is 24:00, not 00:00.
    #[must_use]
    pub fn clock(self, moment: Moment) -> String {
        if moment == self.end() { "24:00".to_owned() } else { moment.campus_clock() }
    }

    #[must_use]
    pub fn plus_days(self, days: u16) -> Self {
        Self(self.0.checked_add_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MAX))
    }

    #[must_use]
    pub fn minus_days(self, days: u16) -> Self {
        Self(self.0.checked_sub_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MIN))
    }
}

impl fmt::Display for CampusDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_turns_at_campus_midnight_not_at_utc_midnight() {
        let day = CampusDay::parse("2026-11-23").unwrap();
        assert_eq!(day.start().unix_ms(), 1_795_363_200_000); // 2026-11-22T16:00:00Z
        assert_eq!(CampusDay::of(day.start()), day);
        assert_eq!(CampusDay::of(day.end()), day.plus_days(1));
        assert_eq!(CampusDay::of(day.end().minus(TimeDelta::milliseconds(1))), day);
        assert_eq!(day.at_minute(8 * 60 + 5).campus_clock(), "08:05");
        let moment = day.at_minute(14 * 60 + 3).plus(TimeDelta::milliseconds(7_500));
        assert_eq!(moment.campus_date_and_clock(), "2026-11-23 14:03:07");
        assert_eq!((moment.unix_s(), Moment::from_unix_ms(-1).unix_s()), (moment.unix_ms() / 1000, -1));
        assert_eq!((day.plus_days(8).minus_days(8), day.minus_days(22).to_string()), (day, "2026-11-01".to_owned()));
        assert_eq!((day.clock(day.start()), day.clock(day.end())), ("00:00".to_owned(), "24:00".to_owned()));
    }

    #[test]
    fn a_day_has_one_spelling() {
        assert_eq!(CampusDay::parse("2026-11-03").map(|day| day.to_string()).as_deref(), Some("2026-11-03"));
        for wrong in [
            "2026-11-2x",
            "2026-00-10",
            "2026/11/03",
            "二026-11",
            "2026-1-2",
            "2026-02-30",
            "+2026-01-02",
            "2026-01-02 ",
            "",
        ] {
            assert_eq!(CampusDay::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn absurd_moments_do_not_panic() {
        // The second and the third are the ends of chrono's calendar.
        let calendar = [DateTime::<chrono::Utc>::MIN_UTC, DateTime::<chrono::Utc>::MAX_UTC];
        let [first, last] = calendar.map(|end| end.timestamp_millis());
        for ms in [i64::MIN, first, last, i64::MAX] {
            let moment = Moment::from_unix_ms(ms);
            let _day = CampusDay::of(moment).start();
            assert!(!moment.campus_clock().is_empty() && !moment.campus_date_and_clock().is_empty());
        }
        assert_eq!(CampusDay::of(Moment::from_unix_ms(last)).date(), NaiveDate::MAX);
        assert_eq!(CampusDay::of(Moment::from_unix_ms(i64::MIN)).date(), NaiveDate::MIN, "long ago, and not to come");
    }

    #[test]
    fn what_is_before_is_never_long_after() {
        let [first, last] = [i64::MIN, i64::MAX].map(Moment::from_unix_ms);
        assert_eq!((first.since(last), last.since(first)), (TimeDelta::MIN, TimeDelta::MAX));
    }
}
