//! How notices leave the office: the outbox is emptied here, each notice through its channel's [`Sender`].
//!
//! A notice is written in the transaction of what it tells about, and sent afterwards, by this room alone: a gateway that is slow or
//! down never holds up a booking, and a server that was killed between the two sends after its next start.
//!
//! A provider that was cut off while it answered may have taken the notice or not. So a sender says what kind of failure it met, and
//! where its provider can be asked, the outbox asks before it sends again.

mod attempt;
mod backoff;
mod console;
mod desk;
pub mod hall;
mod lane;
mod line;
mod plain;
pub mod sms;
mod throttle;
pub mod wecom;
mod worker;

#[cfg(test)]
mod stories;

use std::{future::Future, pin::Pin, time::Duration};

pub use console::Console;
pub use line::{Line, Trouble};
pub use worker::Outbox;

use crate::{office::Channel, store::Notice};

/// One provider of one channel.
pub trait Sender: Send + Sync {
    fn about(&self) -> About;

    fn send<'a>(&'a self, notice: &'a Notice) -> Sending<'a>;

    /// What became of a notice that may have been taken, where the provider can tell.
    fn ask<'a>(&'a self, _notice: &'a Notice) -> Asking<'a> {
        Box::pin(std::future::ready(Ok(Fate::Untold)))
    }
}

/// What a sender is to the outbox.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// As settings, logs and receipts name the provider.
    pub adapter: &'static str,
    /// What it carries; without one, all.
    pub channel: Option<Channel>,
    /// How much the provider takes at once.
    pub pace: Pace,
}

impl About {
    #[must_use]
    pub fn carries(&self, channel: Channel) -> bool {
        self.channel.is_none_or(|carried| carried == channel)
    }
}

pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Accepted, Unsent>> + Send + 'a>>;
pub type Asking<'a> = Pin<Box<dyn Future<Output = Result<Fate, Unsent>> + Send + 'a>>;

/// The provider has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// How the provider calls it: what its receipts name, and what changes or closes it later.
    pub handle: Option<String>,
}

/// What a provider says of a notice that it may have taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Taken(Accepted),
    /// It never arrived; it may be sent again.
    NotTaken,
    /// The provider has no way to tell, or sending the same key again does no harm.
    Untold,
}

/// How many at once, and how soon one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub at_once: usize,
    pub per_second: u32,
}

impl Pace {
    pub const UNHURRIED: Self = Self { at_once: 8, per_second: 100 };
}

/// Why a notice did not leave, or may not have.
#[derive(Debug, thiserror::Error)]
#[error("通知{}：{why}。{}", .kind.said().0, .kind.said().1)]
pub struct Unsent {
    pub kind: Failure,
    /// In the provider's words, without anything secret: it is logged and shown to the office.
    pub why: String,
    /// Only a person can mend it: trying again alone will not.
    pub somebody: bool,
    #[source]
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What a failure means for the next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It will never be taken: a number that does not exist, a template that was refused.
    Permanent,
    /// It was not taken; later it may be. Not before so long, where the provider says so.
    Later { after: Option<Duration> },
    /// The same, because this number has had enough for now: that says nothing of the channel.
    Enough { after: Duration },
    /// Nobody knows whether it was taken: the line broke after it had been sent.
    Unknown,
}

impl Failure {
    /// In Chinese and in English.
    const fn said(self) -> (&'static str, &'static str) {
        match self {
            Self::Permanent => ("被拒绝，不再发送", "It was refused"),
            Self::Later { .. } | Self::Enough { .. } => ("没有送出，稍后再发", "It was not sent and is tried again"),
            Self::Unknown => ("可能已送到，也可能没有", "It may have arrived, or not"),
        }
    }
}

impl Unsent {
    #[must_use]
    pub fn permanent(why: impl Into<String>) -> Self {
        Self { kind: Failure::Permanent, why: why.into(), somebody: false, cause: None }
    }

    #[must_use]
    pub fn later(why: impl Into<String>) -> Self {
        Self { kind: Failure::Later { after: None }, why: why.into(), somebody: false, cause: None }
    }

    #[must_use]
    pub fn later_after(wait: Duration, why: impl Into<String>) -> Self {
        Self { kind: Failure::Later { after: Some(wait) }, why: why.into(), somebody: false, cause: None }
    }

    #[must_use]
    pub fn enough(wait: Duration, why: impl Into<String>) -> Self {
        Self { kind: Failure::Enough { after: wait }, why: why.into(), somebody: false, cause: None }
    }

    #[must_use]
    pub fn unknown(why: impl Into<String>) -> Self {
        Self { kind: Failure::Unknown, why: why.into(), somebody: false, cause: None }
    }

    /// It is somebody's turn: what to put right stands before the provider's words.
    #[must_use]
    pub fn to_mend(self, what: &str) -> Self {
        Self { why: format!("{what}：{}", self.why), ..self.for_somebody() }
    }

    /// The same where the words say already what that is.
    #[must_use]
    pub fn for_somebody(self) -> Self {
        Self { somebody: true, ..self }
    }

    #[must_use]
    pub fn caused(self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_arrived_is_not_said_to_be_unsent() {
        let cut = Unsent::unknown("cut off").to_string();
        assert!(cut.contains("可能已送到") && cut.contains("may have arrived") && !cut.contains("没有送出"), "{cut}");
        assert!(Unsent::later("busy").to_string().contains("没有送出"));
    }
}
