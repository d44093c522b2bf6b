//! Through whom the office reaches people: at most one provider a channel, each with settings of its own.
//!
//! A channel without a table is not used. Its secrets are files in `<data_dir>/secrets`, never here.

mod hall;
mod sms;
mod sms_template;
mod telling;
mod wecom;

use serde::Deserialize;

use super::ConfigError;
use crate::office::{ApprovalCodeLimits, Limit};
pub use hall::{Hall, HallAdapter, HallChosen, MessageCentre, Pull, Weaver, Webhook, Wisedu};
pub use sms::{AliyunSigning, Sms, SmsFault, SmsProvider};
pub use sms_template::{
    Piece, SmsTemplate, Template, Variable, holds_address, is_address, is_forbidden, is_of_address, parts,
};
pub use telling::{QuietHours, Remind, TogetherSettings};
pub use wecom::{Wecom, WecomCard, WecomMistake};

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    pub remind: Remind,
    pub quiet: QuietHours,
    pub together: TogetherSettings,
    pub approval_code: ApprovalCodes,
    pub hall: Option<Hall>,
    pub sms: Option<Sms>,
    pub wecom: Option<Wecom>,
}

/// How many wrong approval codes are borne.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApprovalCodes {
    pub wrong_per_address_hour: u16,
    /// From the network around an address, a /24 or a /48.
    pub wrong_per_network_day: u16,
    pub wrong_per_day: u16,
}

impl Notify {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.remind.check()?;
        self.hall.as_ref().map_or(Ok(()), Hall::check)?;
        Ok(self.wecom.as_ref().map_or(Ok(()), Wecom::check)?)
    }

    /// Whether text messages hold a code instead of a link to the visit that waits.
    #[must_use]
    pub fn texts_hold_codes(&self) -> bool {
        self.sms.as_ref().is_some_and(Sms::holds_codes)
    }
}

impl ApprovalCodes {
    #[must_use]
    pub const fn limits(&self) -> ApprovalCodeLimits {
        ApprovalCodeLimits {
            per_address: Limit::per_hour(self.wrong_per_address_hour),
            per_network: Limit::per_day(self.wrong_per_network_day),
            together: Limit::per_day(self.wrong_per_day),
        }
    }
}

impl Default for ApprovalCodes {
    /// A code is one of 2^40, some 1.1e12. With 10,000 good ones about, which is 2,000 visits that wait, each with a host's and a
    /// deputy's and two reminders, 10,000 wrong ones a day hit once in 11,000 days: 10,000 * 10,000 / 2^40 = 9.1e-5. A network has
    /// few of them, so that it takes 167 networks to use them up for everybody, and then whoever is signed in still opens their own.
    fn default() -> Self {
        Self { wrong_per_address_hour: 30, wrong_per_network_day: 60, wrong_per_day: 10_000 }
    }
}
