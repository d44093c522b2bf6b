//! The beacon: the server's signed word on what time it is and how far the feed goes.
//!
//! A beacon names one link of a campus's feed by its hash and so proves it and every link below. When that link is also the
//! latest, the terminal knows *all* there was to know at `server_time`; that moment is the age of its news.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{
    chain::Head,
    ids::CampusId,
    pass::{KeySet, KeyUse},
    seal::{Label, Sealable, Sealed, Unopened},
    time::Moment,
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beacon {
    pub campus: CampusId,
    pub epoch: u32,
    /// The link this beacon proves.
    pub head: Head,
    /// The number of the newest link there was.
    pub latest: u64,
    pub server_time: Moment,
    /// For how long a terminal may call this news fresh.
    pub valid_for_s: u32,
    /// The number of the newest key set.
    pub key_set: u32,
}

impl Sealable for Beacon {
    const LABEL: Label = Label::Beacon;
}

impl Beacon {
    pub fn open(sealed: &Sealed<Self>, keys: &KeySet) -> Result<Self, Unopened> {
        keys.open_sealed(sealed, KeyUse::Beacon, |beacon| beacon.server_time)
    }

    /// Whether the link it proves is the newest one.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.head.seq == self.latest
    }
}

/// How old the news is, as a guard is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// Within what the last beacon allows; five minutes unless the office says otherwise.
    Fresh,
    /// Up to a day: signed passes are compared with the card.
    Stale,
    /// Older, or there never was a beacon: the guard decides.
    Expired,
}

/// Beyond this, news is [`Freshness::Expired`].
pub const STALE_LIMIT: TimeDelta = TimeDelta::hours(24);

impl Freshness {
    #[must_use]
    pub fn of(as_of: Option<Moment>, valid_for_s: u32, now: Moment) -> Self {
        let fresh_for =
            crate::planted!("old news is fresh", TimeDelta::MAX, TimeDelta::seconds(i64::from(valid_for_s)));
        match as_of.map(|as_of| now.since(as_of)) {
            Some(age) if age <= fresh_for => Self::Fresh,
            Some(age) if age <= STALE_LIMIT => Self::Stale,
            Some(_) | None => Self::Expired,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beacon_is_complete_when_nothing_stands_behind_its_link() {
        let head = Head { seq: 5, ..Head::START };
        let server_time = Moment::from_unix_s(0);
        for (latest, complete) in [(5, true), (6, false)] {
            let campus = CampusId::new(1);
            let beacon = Beacon { campus, epoch: 1, head, latest, server_time, valid_for_s: 300, key_set: 1 };
            assert_eq!(beacon.is_complete(), complete, "{latest}");
        }
    }

    #[test]
    fn freshness_has_two_edges() {
        let as_of = Moment::from_unix_s(1_000_000);
        for (age_s, expected) in [
            (0, Freshness::Fresh),
            (300, Freshness::Fresh),
            (301, Freshness::Stale),
            (86_400, Freshness::Stale),
            (86_401, Freshness::Expired),
        ] {
            let now = as_of.plus(TimeDelta::seconds(age_s));
            assert_eq!(Freshness::of(Some(as_of), 300, now), expected, "{age_s} s");
        }
        assert_eq!(Freshness::of(None, 300, as_of), Freshness::Expired);
    }
}
