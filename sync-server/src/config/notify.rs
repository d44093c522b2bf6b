//! Through whom the office reaches people: at most one provider a channel, each with settings of its own.
//!
//! A channel without a table is not used. Its secrets are files in `<data_dir>/secrets`, never here.

mod telling;

use serde::Deserialize;

pub use telling::{QuietHours, Remind, TogetherSettings};

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    pub remind: Remind,
    pub quiet: QuietHours,
    pub together: TogetherSettings,
}
