//! How terminals and the server talk: one trait for the whole conversation, both ends implement it.
//!
//! The server implements [`Protocol`] by doing, the terminal by sending; a test joins both without a socket. Over HTTP each
//! call is a POST of JSON to [`ENROL_PATH`], [`PULL_PATH`], [`PUSH_PATH`] or [`WALK_IN_PATH`]; an answer is 200 with the answer's
//! JSON, a [`Refusal`] is 4xx with the refusal's JSON. All but `enrol` are signed by the terminal's own key ([`http_signature`]).
//!
//! A terminal that says it reads [`DEFLATE`] may be answered so (RFC 9110, `deflate`).
//!
//! Download and upload are independent: neither waits for the other, and a refused push never holds up revocations.

pub mod beacon;
pub mod change;
pub mod enrol;
pub mod http_signature;
pub mod pull;
pub mod push;
pub mod snapshot;
pub mod walk_in;
pub mod withdrawal;

use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::time::Moment;
use enrol::{EnrolAnswer, EnrolRequest};
use pull::{PullAnswer, PullRequest};
use push::{PushAnswer, PushRequest};
use walk_in::{WalkInAnswer, WalkInRequest};
use withdrawal::Proof;

pub const ENROL_PATH: &str = "/sync/v1/enrol";
pub const PULL_PATH: &str = "/sync/v1/pull";
/// As `Accept-Encoding` and `Content-Encoding` name it.
pub const DEFLATE: &str = "deflate";
pub const PUSH_PATH: &str = "/sync/v1/push";
/// Since 2026-11; an older server has nothing here.
pub const WALK_IN_PATH: &str = "/sync/v1/walk-in";

/// The whole conversation. The caller of all but `enrol` has proven to be the terminal the request names.
pub trait Protocol {
    /// What can go wrong beside a [`Refusal`]: a cut line on one side, a full disk on the other.
    type Error: std::error::Error + From<Refusal> + Send;

    /// A new terminal trades a one-time code for its number and the trust it starts from.
    fn enrol(&self, request: EnrolRequest) -> impl Future<Output = Result<EnrolAnswer, Self::Error>> + Send;

    /// What has changed since the cursor, and a beacon that proves it.
    fn pull(&self, request: PullRequest) -> impl Future<Output = Result<PullAnswer, Self::Error>> + Send;

    /// Entries, idempotent by (terminal, number).
    fn push(&self, request: PushRequest) -> impl Future<Output = Result<PushAnswer, Self::Error>> + Send;

    /// Somebody without a booking stands at the gate: their host is asked. Idempotent by (terminal, number).
    fn walk_in(&self, request: WalkInRequest) -> impl Future<Output = Result<WalkInAnswer, Self::Error>> + Send;
}

/// A "no" of the server that the terminal understands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "refusal")]
pub enum Refusal {
    #[error("登记码不认识、用过了或过期了 the enrolment code is unknown, used or out of time")]
    Code,
    #[error("请求的写法不对 the request is malformed")]
    Malformed,
    #[error("服务器不认识本机，或签名不对 the server does not know this terminal, or its signature does not verify")]
    Unauthenticated,
    /// With the office's signed word for it, because a terminal that believes it forgets everything.
    #[error("本机已被停用 this terminal has been withdrawn")]
    Withdrawn {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Box<Proof>>,
    },
    /// Pushed after this terminal was withdrawn: held for the office to look at, up to this number, and countersigned by nobody.
    #[error(
        "本机已被停用，到第 {through} 条的记录另存了 this terminal has been withdrawn; its entries up to {through} are set aside"
    )]
    SetAside { through: u64 },
    #[error("这个请求已经答复过 this request was already answered")]
    Replayed,
    /// The request was signed too long ago or in the future; the server's time helps to say so on the screen.
    #[error("本机时间与服务器相差太多 the request's time is too far from the server's")]
    Clock { server_time: Moment },
    #[error(
        "终端知道的比服务器还多：服务器的数据库被直接换成了旧的，请停止服务后用 sync-server restore 恢复它 the terminal has seen more than this server has, whose database was put back by hand"
    )]
    CursorAhead,
    #[error("第 {seq} 条记录与先前送来的不同 entry {seq} was pushed before with other contents")]
    Fork { seq: u64 },
    #[error("服务器等的是第 {expected} 条 the server expects entry {expected} next")]
    Gap { expected: u64 },
    /// The marks of the push say which.
    #[error("第 {seq} 条记录被改动过 entry {seq} is not the one that was chained")]
    Altered { seq: u64 },
    #[error("记录与签名的链尾对不上 the entries do not lead to the signed head")]
    Head,
}
