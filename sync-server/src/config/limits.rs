//! The settings that limit people, as the office reckons with them.

use chrono::TimeDelta;

use super::{BookingSettings, SignIn};
use crate::office::{BookingLimits, CodeLimits, Limit};

impl SignIn {
    #[must_use]
    pub fn limits(&self) -> CodeLimits {
        CodeLimits {
            good_for: TimeDelta::minutes(i64::from(self.code_minutes)),
            attempts: self.attempts,
            per_phone: [
                Limit::per_minute(self.per_phone_minute),
                Limit::per_hour(self.per_phone_hour),
                Limit::per_day(self.per_phone_day),
            ],
            per_address: Limit::per_hour(self.per_address_hour),
            wrong_per_phone: Limit::per_day(self.wrong_per_phone_day),
            wrong_per_address: Limit::per_hour(self.wrong_per_address_hour),
        }
    }

    #[must_use]
    pub fn idle(&self) -> TimeDelta {
        TimeDelta::days(i64::from(self.session_idle_days))
    }
}

impl BookingSettings {
    #[must_use]
    pub const fn limits(&self) -> BookingLimits {
        BookingLimits {
            per_phone: Limit::per_day(self.per_phone_day),
            on_behalf_per_phone: Limit::per_day(self.on_behalf_per_phone_day),
            unknown_hosts_per_phone: Limit::per_day(self.unknown_hosts_per_phone_day),
            unknown_hosts_per_address: Limit::per_hour(self.unknown_hosts_per_address_hour),
            walk_ins_per_terminal: Limit::per_hour(self.walk_ins_per_terminal_hour),
            unknown_hosts_per_terminal: Limit::per_hour(self.unknown_hosts_per_terminal_hour),
        }
    }
}
