//! Through whom the office reaches people: at most one provider a channel, each with settings of its own.
//!
//! A channel without a table is not used. Its secrets are files in `<data_dir>/secrets`, never here.

mod hall;

use serde::Deserialize;

pub use self::hall::{Hall, HallAdapter, HallChosen, MessageCentre, Pull, Weaver, Webhook, Wisedu};
use super::ConfigError;

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    pub hall: Option<Hall>,
}

impl Notify {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.hall.as_ref().map_or(Ok(()), Hall::check)
    }
}
