//! Where copies of the database are put by themselves, and how often.

use std::{num::NonZeroU16, path::PathBuf};

use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupSettings {
    /// Best on another disk.
    pub folder: PathBuf,
    #[serde(default = "BackupSettings::a_day")]
    pub every_hours: NonZeroU16,
    /// The newest so many stay.
    #[serde(default = "BackupSettings::two_weeks")]
    pub keep: NonZeroU16,
}

impl BackupSettings {
    fn a_day() -> NonZeroU16 {
        NonZeroU16::MIN.saturating_add(23)
    }

    fn two_weeks() -> NonZeroU16 {
        NonZeroU16::MIN.saturating_add(13)
    }
}
