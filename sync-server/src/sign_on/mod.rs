//! Other houses that can say who is at the browser: the university's CAS, WeCom.
//!
//! A browser is sent there and comes back with a word that only we can have explained, once. What the house says is a staff
//! number, no more: who that is, and what they may do, the directory and the office say.

mod asking;
mod begun;
mod cas;
mod wecom;

use std::{error::Error, fmt, future::Future, net::IpAddr, pin::Pin, sync::Arc};

use shared::{ids::StaffNumber, time::Moment};

use self::{asking::Asking, begun::Begun};
pub use begun::BEGUN_FOR;
pub use cas::{Answer as CasAnswer, Cas, Person as CasPerson};
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
    /// The house knows them, and our directory does not.
    #[error("名录中没有此人。Not in the directory")]
    Unlisted,
    /// The house did not answer, or not in a way that can be understood.
    #[error("认证服务没有应答：{why}。Unreachable")]
    Unreachable {
        why: String,
        #[source]
        cause: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The house was not asked: too many are asked about at once, or too much that came from this address was rubbish.
    #[error("此刻登录的人太多。Too many at once")]
    Busy,
}

impl NotKnown {
    #[must_use]
    pub fn unreachable(why: impl Into<String>) -> Self {
        Self::Unreachable { why: why.into(), cause: None }
    }
}

/// Those that the settings name.
#[derive(Debug, Clone)]
pub struct SignOns(Arc<All>);

#[derive(Debug)]
struct All {
    houses: Vec<House>,
    begun: Begun,
}

/// One of them, with what keeps strangers from having it asked all day long.
pub struct House {
    sign_on: Arc<dyn SignOn>,
    asking: Asking,
}

/// Whoever comes back, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// What the browser's cookie holds of its setting out.
    pub secret: &'a str,
    /// What the address says of it.
    pub state: &'a str,
    pub from: IpAddr,
    pub now: Moment,
}

impl SignOns {
    /// `key` is made anew at every start.
    #[must_use]
    pub fn new(houses: impl IntoIterator<Item = Arc<dyn SignOn>>, key: [u8; 64]) -> Self {
        let house = |sign_on| House { sign_on, asking: Asking::new() };
        Self(Arc::new(All { houses: houses.into_iter().map(house).collect(), begun: Begun::new(key) }))
    }

    #[must_use]
    pub fn named(&self, name: &str) -> Option<&House> {
        self.0.houses.iter().find(|house| house.name() == name)
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.houses.iter().map(House::name)
    }

    /// Where a browser with this secret is sent; it comes back to `back`.
    #[must_use]
    pub fn away(&self, house: &House, back: &str, secret: &str, now: Moment) -> String {
        house.sign_on.away(back, &self.0.begun.state(house.name(), secret, now))
    }

    /// Whether this is the return of somebody who set out here, the first one. A state is used by it, whatever comes of it.
    #[must_use]
    pub fn returns(&self, house: &House, Arrival { secret, state, now, .. }: Arrival<'_>) -> bool {
        self.0.begun.ends(house.name(), secret, state, now)
    }
}

impl House {
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.sign_on.name()
    }

    /// Who came back with this query, once it is this address's turn to ask.
    pub async fn who(
        &self,
        query: &str,
        back: &str,
        Arrival { from, now, .. }: Arrival<'_>,
    ) -> Result<StaffNumber, NotKnown> {
        let _turn = self.asking.turn(from, now).await.map_err(|asking::TooMany| NotKnown::Busy)?;
        let known = self.sign_on.who(query, back).await;
        match &known {
            Ok(_) => self.asking.known(from),
            Err(NotKnown::Refused) => self.asking.refused(from, now),
            Err(NotKnown::Unlisted | NotKnown::Unreachable { .. } | NotKnown::Busy) => {}
        }
        known
    }
}

impl fmt::Debug for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
