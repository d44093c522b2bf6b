//! Halls that fetch: nothing is sent, and what is open is read from the store when the hall asks (`providers/hall.rs`).

use crate::{
    notify::{About, Accepted, Pace, Sender, Sending},
    office::Channel,
    store::Notice,
};

/// Nothing to do: the hall finds it where it asks.
pub(super) struct Fetched;

impl Sender for Fetched {
    fn about(&self) -> About {
        About { adapter: "pull", channel: Some(Channel::Hall), pace: Pace::UNHURRIED }
    }

    fn send<'a>(&'a self, _notice: &'a Notice) -> Sending<'a> {
        Box::pin(std::future::ready(Ok(Accepted::default())))
    }
}
