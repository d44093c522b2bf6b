//! A limit: so many within so long.

use chrono::TimeDelta;
use shared::time::Moment;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub most: u16,
    pub within: TimeDelta,
}

impl Limit {
    #[must_use]
    pub const fn per_minute(most: u16) -> Self {
        Self { most, within: TimeDelta::minutes(1) }
    }

    #[must_use]
    pub const fn per_hour(most: u16) -> Self {
        Self { most, within: TimeDelta::hours(1) }
    }

    #[must_use]
    pub const fn per_day(most: u16) -> Self {
        Self { most, within: TimeDelta::days(1) }
    }

    /// A part of it, and one at least where there is one.
    #[must_use]
    pub fn tenths(self, tenths: u16) -> Self {
        let most = u32::from(self.most) * u32::from(tenths) / 10;
        Self { most: u16::try_from(most).unwrap_or(u16::MAX).max(self.most.min(1)), ..self }
    }

    /// From when on there may be another, if not now. `first` is the moment of the first of as many as are allowed, counted from
    /// the latest, where there have been so many.
    pub fn again_at(self, first: Option<Moment>, now: Moment) -> Option<Moment> {
        if self.most == 0 {
            return Some(now.plus(self.within));
        }
        let again_at = first?.plus(self.within);
        (again_at > now).then_some(again_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_as_many_as_are_allowed_says_when_there_may_be_another() {
        let at = Moment::from_unix_s;
        for (most, first, now, again_at) in [
            (1, None, 0, None),
            (1, Some(100), 159, Some(160)),
            (1, Some(100), 160, None),
            (2, Some(100), 131, Some(160)),
            (2, Some(70), 131, None),
            (0, None, 5, Some(65)),
        ] {
            let found = Limit::per_minute(most).again_at(first.map(at), at(now));
            assert_eq!(found, again_at.map(at), "{most} {first:?} {now}");
        }
    }
}
