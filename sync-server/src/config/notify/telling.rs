//! When people are told: hosts asked again, hours of quiet, and many bookings told of in one.

use chrono::TimeDelta;
use serde::Deserialize;
use shared::identity::Phone;

use super::super::{ConfigError, misread};
use crate::office::{Ladder, Quiet, TimeOfDay, Together};

/// Of a booking that nobody has decided; minutes since its host could hear of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Remind {
    pub host_after_min: Vec<u16>,
    /// 0: not at all.
    pub deputy_after_min: u16,
    pub duty_after_min: u16,
    /// Without one nobody is told.
    #[serde(deserialize_with = "misread::phone")]
    pub duty_phone: Option<Phone>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuietHours {
    pub from: TimeOfDay,
    pub until: TimeOfDay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TogetherSettings {
    /// A host with more bookings waiting is told of them in one notice. 0: never.
    pub more_than: u32,
    pub every_min: u16,
}

impl Default for Remind {
    fn default() -> Self {
        Self { host_after_min: vec![30, 120], deputy_after_min: 180, duty_after_min: 240, duty_phone: None }
    }
}

impl Default for QuietHours {
    fn default() -> Self {
        let hour = |hour| TimeOfDay::of(hour, 0).unwrap_or(TimeOfDay::MIDNIGHT);
        Self { from: hour(22), until: hour(7) }
    }
}

impl Default for TogetherSettings {
    fn default() -> Self {
        Self { more_than: 10, every_min: 30 }
    }
}

impl Remind {
    #[must_use]
    pub fn ladder(&self) -> Ladder {
        let minutes = |minutes: u16| TimeDelta::minutes(i64::from(minutes));
        let after = |at: u16| (at > 0).then(|| minutes(at));
        Ladder {
            host: self.host_after_min.iter().copied().map(minutes).collect(),
            deputy: after(self.deputy_after_min),
            duty: after(self.duty_after_min).zip(self.duty_phone.clone()),
        }
    }

    /// A ladder is climbed upwards.
    pub(in crate::config) fn check(&self) -> Result<(), ConfigError> {
        let rungs = [self.deputy_after_min, self.duty_after_min].into_iter().filter(|after| *after > 0);
        let rungs: Vec<u16> = self.host_after_min.iter().copied().chain(rungs).collect();
        if rungs.is_sorted_by(|one, next| one < next) && rungs.first() != Some(&0) {
            return Ok(());
        }
        Err(ConfigError::Ladder)
    }
}

impl QuietHours {
    #[must_use]
    pub const fn quiet(self) -> Quiet {
        Quiet { from: self.from, until: self.until }
    }
}

impl TogetherSettings {
    #[must_use]
    pub fn together(self) -> Option<Together> {
        let every = TimeDelta::minutes(i64::from(self.every_min));
        (self.more_than > 0).then_some(Together { more_than: self.more_than, every })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn a_ladder_rises_and_what_is_not_wanted_is_left_out() {
        for (text, rungs) in [
            ("", Some(3)),
            ("duty_phone = '13800130007'", Some(4)),
            ("host_after_min = []", Some(1)),
            ("deputy_after_min = 0", Some(2)),
            ("host_after_min = []\ndeputy_after_min = 0", Some(0)),
            ("host_after_min = [30, 30]", None),
            ("host_after_min = [0]", None),
            ("host_after_min = [30, 200]", None),
            ("duty_after_min = 10", None),
        ] {
            match (Config::parse(&format!("[notify.remind]\n{text}")), rungs) {
                (Ok(config), Some(rungs)) => assert_eq!(config.notify.remind.ladder().rungs(), rungs, "{text}"),
                (Err(told), None) => assert!(told.to_string().contains("notify.remind"), "{told}"),
                (other, _) => panic!("{text}: {other:?}"),
            }
        }
        assert!(Config::parse("[notify.remind]\nduty_phone = '110'").is_err());
    }
}
