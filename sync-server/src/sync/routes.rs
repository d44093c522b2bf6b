//! HTTP around the [`Door`]: four POSTs of JSON.
//!
//! A long answer to a pull is deflated for who can read it. What strangers typed and what they may not learn stand in it together,
//! so its length could tell something to who reads along and books again and again: therefore short ones never are. A long one is
//! a gate's first sync or a morning's, hundreds of visitors at once and not at a stranger's bidding.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    response::{IntoResponse as _, Response},
    routing::post,
};
use flate2::{Compression, write::ZlibEncoder};
use http::{HeaderMap, Uri, header};
use serde::de::DeserializeOwned;
use shared::{
    ids::TerminalId,
    sync::{
        DEFLATE, ENROL_PATH, PULL_PATH, PUSH_PATH, Protocol as _, Refusal, WALK_IN_PATH,
        enrol::EnrolAnswer,
        pull::PullRequest,
        push::{PushAnswer, PushRequest},
        walk_in::{WalkInAnswer, WalkInRequest},
    },
};

use super::{
    Closing, Door, DoorFault,
    caller::{Caller, Posted, caller},
};
use crate::state::AppState;

/// Four times the largest push a terminal sends.
const LARGEST_BODY_BYTES: usize = 2 * 1024 * 1024;
/// All else that it asks is short.
const SHORT_BODY_BYTES: usize = 64 * 1024;

/// So many visitors at once that one of them does not show.
const DEFLATED_FROM_LINKS: usize = 200;

pub fn router(state: AppState, closing: Closing) -> Router {
    Router::new()
        .route(ENROL_PATH, post(enrol))
        .route(PULL_PATH, post(pull))
        .route(WALK_IN_PATH, post(walk_in))
        .layer(DefaultBodyLimit::max(SHORT_BODY_BYTES))
        .route(PUSH_PATH, post(push).layer(DefaultBodyLimit::max(LARGEST_BODY_BYTES)))
        .with_state(Door::new(state, closing))
}

async fn enrol(State(door): State<Door>, body: Body) -> Answer<EnrolAnswer> {
    door.enrol(parse(&body?)?).await.map(Json)
}

async fn pull(State(door): State<Door>, uri: Uri, headers: HeaderMap, body: Body) -> Result<Response, DoorFault> {
    let request = signed(&door, &uri, &headers, &body?, |request: &PullRequest| request.terminal).await?;
    let answer = door.pull(request).await?;
    let reads_it = headers.get_all(header::ACCEPT_ENCODING).iter().any(|can| can.as_bytes() == DEFLATE.as_bytes());
    if !reads_it || (answer.links.len() < DEFLATED_FROM_LINKS && answer.snapshot.is_none()) {
        return Ok(Json(answer).into_response());
    }
    let deflated = tokio::task::spawn_blocking(move || -> Result<Vec<u8>, serde_json::Error> {
        let mut deflated = ZlibEncoder::new(Vec::new(), Compression::fast());
        serde_json::to_writer(&mut deflated, &answer)?;
        deflated.finish().map_err(serde_json::Error::io)
    });
    let deflated = deflated.await.map_err(|lost| serde_json::Error::io(lost.into())).flatten()?;
    let said = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_ENCODING, DEFLATE)];
    Ok((said, deflated).into_response())
}

async fn push(State(door): State<Door>, uri: Uri, headers: HeaderMap, body: Body) -> Answer<PushAnswer> {
    let (caller, request) = asked(&door, &uri, &headers, &body?, |request: &PushRequest| request.terminal).await?;
    match caller {
        Caller::Welcome(_) => door.push(request).await.map(Json),
        Caller::Withdrawn { .. } => Err(door.set_aside(request).await?.into()),
    }
}

async fn walk_in(State(door): State<Door>, uri: Uri, headers: HeaderMap, body: Body) -> Answer<WalkInAnswer> {
    let request = signed(&door, &uri, &headers, &body?, |request: &WalkInRequest| request.terminal).await?;
    door.walk_in(request).await.map(Json)
}

type Body = Result<Bytes, BytesRejection>;

type Answer<T> = Result<Json<T>, DoorFault>;

/// The request inside `body`, from the terminal it names and no other, which is welcome.
async fn signed<T: DeserializeOwned>(
    door: &Door,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
    named: impl Fn(&T) -> TerminalId,
) -> Result<T, DoorFault> {
    match asked(door, uri, headers, body, named).await? {
        (Caller::Welcome(_), request) => Ok(request),
        (Caller::Withdrawn { terminal, since }, _) => Err(door.withdrawn(terminal, since)?.into()),
    }
}

async fn asked<T: DeserializeOwned>(
    door: &Door,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
    named: impl Fn(&T) -> TerminalId,
) -> Result<(Caller, T), DoorFault> {
    let posted = Posted { path: uri.path(), headers, body };
    let caller = caller(door.store(), posted, door.now()?).await?;
    let request = parse(body)?;
    let (Caller::Welcome(terminal) | Caller::Withdrawn { terminal, .. }) = caller;
    if named(&request) == terminal { Ok((caller, request)) } else { Err(Refusal::Unauthenticated.into()) }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, DoorFault> {
    serde_json::from_slice(body).map_err(|_| Refusal::Malformed.into())
}

#[cfg(test)]
mod tests;
