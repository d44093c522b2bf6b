//! How terminals and the server talk: one trait for the whole conversation, both ends implement it.
//!
//! The server implements [`Protocol`] by doing, the terminal by sending; a test joins both without a socket. Over HTTP each
//! call is a POST of JSON to [`ENROL_PATH`], [`PULL_PATH`] or [`PUSH_PATH`]; an answer is 200 with the answer's JSON, a
//! [`Refusal`] is 4xx with the refusal's JSON. `pull` and `push` are signed by the terminal's own key ([`http_signature`]).
//!
//! Download and upload are independent: neither waits for the other, and a refused push never holds up revocations.

pub mod beacon;
pub mod change;
pub mod enrol;
pub mod http_signature;
pub mod pull;
pub mod push;

use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::time::Moment;
use enrol::{EnrolAnswer, EnrolRequest};
use pull::{PullAnswer, PullRequest};
use push::{PushAnswer, PushRequest};

pub const ENROL_PATH: &str = "/sync/v1/enrol";
pub const PULL_PATH: &str = "/sync/v1/pull";
pub const PUSH_PATH: &str = "/sync/v1/push";

/// The whole conversation. The caller of `pull` and `push` has proven to be the terminal the request names.
pub trait Protocol {
    /// What can go wrong beside a [`Refusal`]: a cut line on one side, a full disk on the other.
    type Error: std::error::Error + From<Refusal> + Send;

    /// A new terminal trades a one-time code for its number and the trust it starts from.
    fn enrol(&self, request: EnrolRequest) -> impl Future<Output = Result<EnrolAnswer, Self::Error>> + Send;

    /// What has changed since the cursor, and a beacon that proves it.
    fn pull(&self, request: PullRequest) -> impl Future<Output = Result<PullAnswer, Self::Error>> + Send;

    /// Entries, idempotent by (terminal, number).
    fn push(&self, request: PushRequest) -> impl Future<Output = Result<PushAnswer, Self::Error>> + Send;
}

/// A "no" of the server that the terminal understands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "refusal")]
pub enum Refusal {
    #[error("the enrolment code is unknown, used or out of time")]
    Code,
    #[error("the request is malformed")]
    Malformed,
    #[error("the server does not know this terminal, or its signature does not verify")]
    Unauthenticated,
    #[error("this terminal has been withdrawn")]
    Withdrawn,
    #[error("this request was already answered")]
    Replayed,
    /// The request was signed too long ago or in the future; the server's time helps to say so on the screen.
    #[error("the request's time is too far from the server's")]
    Clock { server_time: Moment },
    #[error("the terminal has seen more than this server has; the server was restored from a backup")]
    CursorAhead,
    #[error("entry {seq} was pushed before with other contents")]
    Fork { seq: u64 },
    #[error("the server expects entry {expected} next")]
    Gap { expected: u64 },
    #[error("the entries do not lead to the signed head")]
    Head,
}
