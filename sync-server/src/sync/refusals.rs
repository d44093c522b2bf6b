//! What was refused at the door, for who runs it: each kind apart, so that what is loud hides nothing else. Who it was stands beside
//! it: the peer, and the terminal that a request names, which nothing may have proven.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};

use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::Response,
};
use shared::sync::http_signature::SIGNATURE_INPUT;
use tokio::time::Instant;

use super::{
    caller::claimed,
    fault::{Kind, Turned},
    routes::Entrance,
};
use crate::knocks::Knocks;

#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<HashMap<Kind, Knocks>>);

/// Stands around every call and says what came of it where it was turned away.
pub(super) async fn said(State(at): State<Entrance>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
    let signed = request.headers().get(SIGNATURE_INPUT).cloned();
    let response = next.run(request).await;
    if let Some(Turned { kind, why }) = response.extensions().get()
        && let Some(count) = at.refusals.one(*kind, Instant::now())
    {
        let terminal = signed.as_ref().and_then(claimed);
        tracing::warn!(why, ?peer, terminal = ?terminal.map(|id| id.get()), count, "calls were turned away");
    }
    response
}

impl Refusals {
    /// How many of a kind are to be said now, if it is time.
    fn one(&self, kind: Kind, now: Instant) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default().one(now)
    }
}

#[cfg(test)]
mod tests {
    use shared::sync::Refusal;
    use tokio::time::Duration;

    use super::*;
    use crate::sync::DoorFault;

    #[test]
    fn each_kind_is_said_apart_whatever_its_number() {
        let (refusals, start) = (Refusals::default(), Instant::now());
        let one = |refusal: Refusal, seconds| {
            refusals.one(DoorFault::from(refusal).turned().unwrap().kind, start + Duration::from_secs(seconds))
        };
        assert_eq!(one(Refusal::Unauthenticated, 0), Some(1));
        assert_eq!(one(Refusal::Gap { expected: 1 }, 1), Some(1));
        assert_eq!(one(Refusal::Gap { expected: 2 }, 2), None);
        for second in 1..60 {
            assert_eq!(one(Refusal::Unauthenticated, second), None);
        }
        assert_eq!(one(Refusal::Unauthenticated, 60), Some(60));
    }
}
