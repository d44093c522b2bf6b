//! A time of day on the campus clock, as people type it: `14:05`.

use std::fmt;

use serde::{Deserialize, Serialize};
use shared::time::{CampusDay, Moment};

/// Minutes since midnight, 00:00 to 24:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    pub const MIDNIGHT: Self = Self(0);
    /// 24:00.
    pub const DAY_END: Self = Self(24 * 60);

    #[must_use]
    pub const fn from_minutes(minutes: u16) -> Option<Self> {
        if minutes <= Self::DAY_END.0 { Some(Self(minutes)) } else { None }
    }

    #[must_use]
    pub const fn of(hour: u8, minute: u8) -> Option<Self> {
        if minute < 60 { Self::from_minutes(hour as u16 * 60 + minute as u16) } else { None }
    }

    /// Reads `14:05` and `9:05`; browsers may add seconds, which are dropped.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split([':', '：']);
        let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next());
        let digits = |part: &str, least| (least..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        let seconds_fit = second.is_none_or(|second| digits(second, 2));
        if parts.next().is_some() || !digits(hour, 1) || !digits(minute, 2) || !seconds_fit {
            return None;
        }
        Self::of(hour.parse().ok()?, minute.parse().ok()?)
    }

    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.0
    }

    #[must_use]
    pub fn on(self, day: CampusDay) -> Moment {
        day.at_minute(self.0)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("时间应写成 14:05。A time of day is written 14:05")
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_people_type() {
        for (typed, shown) in
            [("07:00", "07:00"), ("7:05", "07:05"), ("24:00", "24:00"), ("09：30", "09:30"), ("10:00:00", "10:00")]
        {
            assert_eq!(TimeOfDay::parse(typed).unwrap().to_string(), shown);
        }
        for wrong in ["", "7", "25:00", "24:01", "10:60", "-1:00", "+1:00", "10:5", "10:00:0", "1:2:3:4", "十点"] {
            assert_eq!(TimeOfDay::parse(wrong), None, "{wrong}");
        }
    }
}
