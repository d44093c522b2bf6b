//! The settings that limit people, as the office reckons with them.

use chrono::TimeDelta;

use super::{BookingSettings, Config, Notify, SignIn};
use crate::office::{BookingLimits, Budget, CodeLimits, Limit};

impl Config {
    /// A limit of nothing is no limit but a locked door, and found out on the busiest morning; its name, if there is one.
    pub(super) fn nothing_allowed(&self) -> Option<&'static str> {
        let Self { sign_in, booking, sync, notify: Notify { approval_code, .. }, .. } = self;
        let limits = [
            ("sign_in.code_minutes", u32::from(sign_in.code_minutes)),
            ("sign_in.attempts", u32::from(sign_in.attempts)),
            ("sign_in.per_phone_minute", u32::from(sign_in.per_phone_minute)),
            ("sign_in.per_phone_hour", u32::from(sign_in.per_phone_hour)),
            ("sign_in.per_phone_day", u32::from(sign_in.per_phone_day)),
            ("sign_in.unused_per_address", u32::from(sign_in.unused_per_address)),
            ("sign_in.unused_per_network", u32::from(sign_in.unused_per_network)),
            ("sign_in.per_minute", u32::from(sign_in.per_minute)),
            ("sign_in.per_hour", u32::from(sign_in.per_hour)),
            ("sign_in.per_day", u32::from(sign_in.per_day)),
            ("sign_in.session_days", u32::from(sign_in.session_days)),
            ("sign_in.session_idle_days", u32::from(sign_in.session_idle_days)),
            ("booking.per_phone_day", u32::from(booking.per_phone_day)),
            ("booking.on_behalf_per_phone_day", u32::from(booking.on_behalf_per_phone_day)),
            ("booking.unknown_hosts_per_phone_day", u32::from(booking.unknown_hosts_per_phone_day)),
            ("booking.unknown_hosts_per_address_hour", u32::from(booking.unknown_hosts_per_address_hour)),
            ("booking.walk_ins_per_terminal_hour", u32::from(booking.walk_ins_per_terminal_hour)),
            ("booking.unknown_hosts_per_terminal_hour", u32::from(booking.unknown_hosts_per_terminal_hour)),
            ("notify.approval_code.wrong_per_address_hour", u32::from(approval_code.wrong_per_address_hour)),
            ("notify.approval_code.wrong_per_network_day", u32::from(approval_code.wrong_per_network_day)),
            ("notify.approval_code.wrong_per_day", u32::from(approval_code.wrong_per_day)),
            ("sync.beacon_valid_s", sync.beacon_valid_s),
        ];
        limits.into_iter().find(|(_, most)| *most == 0).map(|(name, _)| name)
    }
}

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
            unused: [self.unused_per_address, self.unused_per_network],
            budget: Budget { per_minute: self.per_minute, per_hour: self.per_hour, per_day: self.per_day },
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
