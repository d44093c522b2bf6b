//! Through whom the office reaches people: at most one provider a channel, each with settings of its own.
//!
//! A channel without a table is not used. Its secrets are files in `<data_dir>/secrets`, never here.

mod telling;
mod wecom;

use serde::Deserialize;

use super::ConfigError;
pub use telling::{QuietHours, Remind, TogetherSettings};
pub use wecom::{Wecom, WecomCard, WecomMistake};

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    pub remind: Remind,
    pub quiet: QuietHours,
    pub together: TogetherSettings,
    pub wecom: Option<Wecom>,
}

impl Notify {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.remind.check()?;
        Ok(self.wecom.as_ref().map_or(Ok(()), Wecom::check)?)
    }
}
