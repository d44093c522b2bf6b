//! Stand-ins for those who carry the office's notices: each checks what the real one checks, refuses what it refuses, and has
//! dials for the ways in which real ones fail.
//!
//! Nothing here shares code with the server: a mistake made twice would else be found by nobody. What arrived is kept in
//! [`Shown`] as its reader would see it, for tests to read and for people to watch at `/`.

pub mod aliyun;
mod caller;
pub mod cas;
mod contract;
mod cut;
mod dials;
pub mod hall;
mod page;
mod shown;
pub mod sms;
mod stops;
pub mod tencent;
mod time;
pub mod wecom;

use std::{io, sync::Arc};

use axum::{Router, middleware::from_fn_with_state};
pub use contract::{Gateway, Hall, PULL_CODE, TEMPLATES};
pub use dials::{Dials, Fault, own_dial};
pub use shown::{Message, Shown};
pub use stops::{At, Stops};
pub use time::Time;
use tokio::net::TcpListener;

/// All doubles of one rehearsal.
#[derive(Debug, Clone, Default)]
pub struct Doubles {
    pub shown: Arc<Shown>,
    pub dials: Arc<Dials>,
    pub stops: Arc<Stops>,
    pub wecom: Arc<wecom::Wecom>,
    pub time: Arc<Time>,
    pub aliyun: Arc<aliyun::Aliyun>,
    pub tencent: Arc<tencent::Tencent>,
    pub halls: Arc<hall::Halls>,
    pub cas: Arc<cas::Cas>,
}

impl Doubles {
    /// Every double below a path of its own, and what arrived at `/`.
    pub fn router(&self) -> Router {
        let doubles = Router::new().merge(aliyun::router()).merge(tencent::router()).merge(wecom::router());
        let doubles = doubles.with_state(self.clone());
        let doubles = doubles.merge(hall::router(self)).merge(cas::router(self));
        doubles.layer(from_fn_with_state(self.clone(), stops::watch)).merge(page::router(self))
    }

    /// Answers on `listener` for as long as it is polled.
    pub async fn answer(self, listener: TcpListener) -> io::Result<()> {
        axum::serve(listener, self.router()).await
    }

    /// For all of them it is this moment until they are told of another.
    pub fn set_time(&self, unix_s: i64) {
        self.time.set(unix_s);
        self.halls.set_clock(Some(unix_s));
        self.wecom.set(|set| set.clock = Arc::new(move || unix_s));
    }
}
