//! One call and what it brought, as an event: what the sync thread does again and again, and a story in a test does by hand.

use shared::sync::{Protocol, pull::PullRequest, push::PushRequest, walk_in::WalkInRequest};

use crate::ports::{Event, SyncFailure};

/// What an error of this line means to the gate.
pub type Meaning<E> = fn(&E) -> SyncFailure;

pub async fn pull_once<P: Protocol>(protocol: &P, request: PullRequest, meaning: Meaning<P::Error>) -> Event {
    match protocol.pull(request).await {
        Ok(answer) => Event::Pulled(Box::new(answer)),
        Err(error) => Event::PullFailed(meaning(&error)),
    }
}

pub async fn push_once<P: Protocol>(protocol: &P, request: PushRequest, meaning: Meaning<P::Error>) -> Event {
    match protocol.push(request).await {
        Ok(answer) => Event::Pushed(answer),
        Err(error) => Event::PushFailed(meaning(&error)),
    }
}

pub async fn walk_in_once<P: Protocol>(protocol: &P, request: WalkInRequest, meaning: Meaning<P::Error>) -> Event {
    let number = request.number;
    match protocol.walk_in(request).await {
        Ok(answer) => Event::HostAsked { number, answer },
        Err(error) => Event::HostNotAsked { number, failure: meaning(&error) },
    }
}
