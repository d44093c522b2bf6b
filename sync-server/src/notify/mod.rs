//! How notices leave the office: the outbox is emptied here, each notice through its channel's [`Sender`].
//!
//! A notice is written in the transaction of what it tells about, and sent afterwards, by this room alone: a gateway that is slow or
//! down never holds up a booking, and a server that was killed between the two sends after its next start. A notice may arrive twice
//! (killed between sending and marking); it never gets lost.

mod backoff;
mod console;
mod worker;

use std::{future::Future, pin::Pin};

pub use console::Console;
pub use worker::Outbox;

use crate::{office::Channel, store::Notice};

/// One way of reaching people.
pub trait Sender: Send + Sync {
    fn carries(&self, channel: Channel) -> bool;

    fn send<'a>(&'a self, notice: &'a Notice) -> Sending<'a>;
}

pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), Unsent>> + Send + 'a>>;

/// Why a notice did not leave; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum Unsent {
    #[error("控制台无法写入。The console cannot be written")]
    Console(#[source] std::io::Error),
    #[error("通知无法写成 JSON。The notice cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}
