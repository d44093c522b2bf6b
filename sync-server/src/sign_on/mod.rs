//! Other houses that can say who is at the browser: the university's CAS, WeCom.
//!
//! A house is asked by sending the browser there and reading what it brings back. Nothing that is brought is believed before the
//! house has confirmed it to us directly, and what it confirms is a member of staff, never a right.

mod wecom;

use std::{error::Error, future::Future, pin::Pin};

use shared::ids::StaffNumber;
pub use wecom::WecomSignOn;

pub trait SignOn: Send + Sync {
    /// As settings and addresses name it: "cas", "wecom".
    fn name(&self) -> &'static str;

    /// Where the browser is sent; it comes back to `back`, which is absolute, with `state` among its query if the house carries one.
    /// At most 128 letters and digits: no house carries more.
    fn away(&self, back: &str, state: &str) -> String;

    /// Who came back with this query.
    fn who<'a>(&'a self, query: &'a str, back: &'a str) -> Who<'a>;
}

pub type Who<'a> = Pin<Box<dyn Future<Output = Result<StaffNumber, NotKnown>> + Send + 'a>>;

/// Why nobody knows who it is.
#[derive(Debug, thiserror::Error)]
pub enum NotKnown {
    /// A stranger to the staff directory, or a ticket that is dead or was used.
    #[error("未能确认身份。Refused")]
    Refused,
    /// The house did not answer, or not so that it could be understood.
    #[error("认证服务没有应答：{why}。Unreachable")]
    Unreachable {
        why: String,
        #[source]
        cause: Option<Box<dyn Error + Send + Sync>>,
    },
}
