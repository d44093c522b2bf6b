//! Steps at which a story stops a call: as it arrives, once it was taken, or as it is answered. The story is told, and may do to the
//! office what it likes while the call hangs.
//!
//! A call is known by words that stand in its address, its action or its body; a receipt that is pushed by `receipt` and its number.

use std::sync::{Mutex, PoisonError};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use tokio::sync::oneshot;

use crate::Doubles;

/// How far the call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// Nothing was looked at yet; it never will be.
    Arrival,
    /// Its answer never leaves.
    Taken,
    /// Its answer is on the line.
    Answered,
}

#[derive(Debug, Default)]
pub struct Stops(Mutex<Vec<Stop>>);

#[derive(Debug)]
struct Stop {
    at: At,
    words: Vec<String>,
    reached: oneshot::Sender<()>,
}

/// Longer than any call.
const MOST_BYTES: usize = 4 * 1024 * 1024;

impl Stops {
    /// Tells when the first call with all these words comes so far.
    pub fn at(&self, at: At, words: &[&str]) -> oneshot::Receiver<()> {
        let (reached, told) = oneshot::channel();
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Stop { at, words, reached });
        told
    }

    /// What was not reached is not waited for any more.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// A receipt goes by, which nobody stops.
    pub(crate) fn receipt(&self, at: At, number: &str) {
        if let Some(stop) = self.taken(&format!("receipt {number}"), Some(at)) {
            stop.reached.send(()).ok();
        }
    }

    fn taken(&self, call: &str, at: Option<At>) -> Option<Stop> {
        let mut stops = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let meant =
            |stop: &Stop| at.is_none_or(|at| at == stop.at) && stop.words.iter().all(|word| call.contains(word));
        let place = stops.iter().position(meant)?;
        Some(stops.remove(place))
    }

    fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

pub(crate) async fn watch(State(doubles): State<Doubles>, request: Request, next: Next) -> Response {
    if doubles.stops.is_empty() {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let body = to_bytes(body, MOST_BYTES).await.unwrap_or_default();
    let action = head.headers.get("x-acs-action").and_then(|action| action.to_str().ok()).unwrap_or_default();
    let call = format!("{} {action} {}", head.uri, String::from_utf8_lossy(&body));
    let stop = doubles.stops.taken(&call, None);
    let request = Request::from_parts(head, Body::from(body));
    let Some(Stop { at, reached, .. }) = stop else { return next.run(request).await };
    // Whoever waited may have gone.
    if at == At::Arrival {
        reached.send(()).ok();
        return std::future::pending().await;
    }
    let answer = next.run(request).await;
    reached.send(()).ok();
    if at == At::Taken { std::future::pending().await } else { answer }
}
