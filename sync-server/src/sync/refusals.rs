//! What was refused at the door, for who runs it: each kind at once, and then once a minute with how often it was meanwhile.
//!
//! A line for each would let strangers fill the disk, and hide in it what matters. Who it was stands beside it: the peer, and the
//! terminal that a request names, which nothing may have proven.

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
use tokio::time::{Duration, Instant};

use super::{
    caller::claimed,
    fault::{Kind, Turned},
    routes::Entrance,
};

const ONCE_IN: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<HashMap<Kind, Said>>);

#[derive(Debug, Clone, Copy)]
struct Said {
    at: Instant,
    unsaid: u64,
}

/// Stands around every call and says what came of it where it was turned away.
pub(super) async fn said(State(at): State<Entrance>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
    let signed = request.headers().get(SIGNATURE_INPUT).cloned();
    let response = next.run(request).await;
    if let Some(Turned { kind, why }) = response.extensions().get()
        && let Some(unsaid) = at.refusals.say(*kind, Instant::now())
    {
        let terminal = signed.as_ref().and_then(claimed);
        tracing::warn!(why, ?peer, terminal = ?terminal.map(|id| id.get()), unsaid, "a call was turned away");
    }
    response
}

impl Refusals {
    /// How many of a kind went unsaid since the last, if this one is to be said.
    fn say(&self, kind: Kind, now: Instant) -> Option<u64> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = kinds.get_mut(&kind) else {
            kinds.insert(kind, Said { at: now, unsaid: 0 });
            return Some(0);
        };
        if now.duration_since(last.at) < ONCE_IN {
            last.unsaid = last.unsaid.saturating_add(1);
            return None;
        }
        let unsaid = last.unsaid;
        *last = Said { at: now, unsaid: 0 };
        Some(unsaid)
    }
}

#[cfg(test)]
mod tests {
    use shared::sync::Refusal;

    use super::*;
    use crate::sync::DoorFault;

    #[test]
    fn each_kind_is_said_at_once_and_then_once_a_minute_with_its_number() {
        let refusals = Refusals::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let say =
            |refusal: Refusal, seconds| refusals.say(DoorFault::from(refusal).turned().unwrap().kind, at(seconds));
        assert_eq!(say(Refusal::Unauthenticated, 0), Some(0));
        assert_eq!(say(Refusal::Gap { expected: 1 }, 1), Some(0));
        assert_eq!(say(Refusal::Gap { expected: 2 }, 2), None, "one kind, whatever the number");
        for second in 1..60 {
            assert_eq!(say(Refusal::Unauthenticated, second), None);
        }
        assert_eq!(say(Refusal::Unauthenticated, 60), Some(59));
        assert_eq!(say(Refusal::Unauthenticated, 61), None);
        assert_eq!(say(Refusal::Unauthenticated, 3600), Some(1));
    }
}
