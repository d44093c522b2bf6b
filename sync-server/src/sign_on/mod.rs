//! Other houses that can say who is at the browser: the university's CAS, WeCom.
//!
//! A browser is sent there and comes back with a word that only we can have explained, once. What the house says is a staff
//! number, no more: who that is, and what they may do, the directory and the office say.

mod cas;
mod wecom;

use std::{error::Error, fmt, future::Future, pin::Pin, sync::Arc};

use shared::ids::StaffNumber;

pub use cas::Cas;
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
    /// A stranger, or a ticket that is dead or was used.
    #[error("未能确认身份。Refused")]
    Refused,
    /// The house did not answer, or not in a way that can be understood.
    #[error("认证服务没有应答：{why}。Unreachable")]
    Unreachable {
        why: String,
        #[source]
        cause: Option<Box<dyn Error + Send + Sync>>,
    },
}

impl NotKnown {
    #[must_use]
    pub fn unreachable(why: impl Into<String>) -> Self {
        Self::Unreachable { why: why.into(), cause: None }
    }
}

/// Those that the settings name.
#[derive(Clone, Default)]
pub struct SignOns(Arc<[Arc<dyn SignOn>]>);

impl SignOns {
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&dyn SignOn> {
        self.0.iter().map(AsRef::as_ref).find(|house| house.name() == name)
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|house| house.name())
    }
}

impl FromIterator<Arc<dyn SignOn>> for SignOns {
    fn from_iter<I: IntoIterator<Item = Arc<dyn SignOn>>>(houses: I) -> Self {
        Self(houses.into_iter().collect())
    }
}

impl fmt::Debug for SignOns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
