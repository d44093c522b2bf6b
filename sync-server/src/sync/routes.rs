//! HTTP around the [`Door`]: four POSTs of JSON.
//!
//! A long answer to a pull is deflated for who can read it. What strangers typed and what they may not learn stand in it together,
//! so its length could tell something to who reads along and books again and again: therefore short ones never are. A long one is
//! a gate's first sync or a morning's, hundreds of visitors at once and not at a stranger's bidding.
//!
//! Of a signed call the head is judged first, and of a stranger's not a byte of the body is held.

use std::{future::poll_fn, pin::Pin, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::{Body, Bytes, HttpBody as _},
    extract::{DefaultBodyLimit, FromRequest as _, Request, State, rejection::BytesRejection},
    middleware,
    response::{IntoResponse as _, Response},
    routing::post,
};
use flate2::{Compression, write::ZlibEncoder};
use http::{header, request::Parts};
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

use tokio::time;

use super::{
    Closing, Door, DoorFault,
    bodies::{Bodies, Room},
    caller::{Caller, Knock},
    refusals::{Refusals, said},
};
use crate::state::AppState;

/// Four times the largest push a terminal sends.
const LARGEST_BODY_BYTES: usize = 2 * 1024 * 1024;
/// All else that it asks is short.
const SHORT_BODY_BYTES: usize = 64 * 1024;

/// How long who was refused may go on sending.
const LINGER: Duration = Duration::from_secs(10);

/// So many visitors at once that one of them does not show.
const DEFLATED_FROM_LINKS: usize = 200;

#[derive(Debug, Clone)]
pub(super) struct Entrance {
    door: Door,
    bodies: Arc<Bodies>,
    pub(super) refusals: Arc<Refusals>,
}

pub fn router(state: AppState, closing: Closing) -> Router {
    let door = Door::new(state, closing);
    let entrance = Entrance { door, bodies: Arc::default(), refusals: Arc::default() };
    Router::new()
        .route(ENROL_PATH, post(enrol))
        .route(PULL_PATH, post(pull))
        .route(WALK_IN_PATH, post(walk_in))
        .layer(DefaultBodyLimit::max(SHORT_BODY_BYTES))
        .route(PUSH_PATH, post(push).layer(DefaultBodyLimit::max(LARGEST_BODY_BYTES)))
        .layer(middleware::from_fn_with_state(entrance.clone(), said))
        .with_state(entrance)
}

async fn enrol(State(at): State<Entrance>, body: Result<Bytes, BytesRejection>) -> Answer<EnrolAnswer> {
    at.door.enrol(parse(&body?)?).await.map(Json)
}

async fn pull(State(at): State<Entrance>, posted: Request) -> Result<Response, DoorFault> {
    let mut encodings = posted.headers().get_all(header::ACCEPT_ENCODING).iter();
    let reads_it = encodings.any(|can| can.as_bytes() == DEFLATE.as_bytes());
    let request = signed(&at, posted, |request: &PullRequest| request.terminal).await?;
    let answer = at.door.pull(request).await?;
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

async fn push(State(at): State<Entrance>, posted: Request) -> Answer<PushAnswer> {
    let asked = asked(&at, posted, LARGEST_BODY_BYTES, |request: &PushRequest| request.terminal);
    // There is as much in it as in its body, so its room is held until it is answered.
    let (caller, request, _room) = asked.await?;
    match caller {
        Caller::Welcome(_) => at.door.push(request).await.map(Json),
        Caller::Withdrawn { .. } => Err(at.door.set_aside(request).await?.into()),
    }
}

async fn walk_in(State(at): State<Entrance>, posted: Request) -> Answer<WalkInAnswer> {
    let request = signed(&at, posted, |request: &WalkInRequest| request.terminal).await?;
    at.door.walk_in(request).await.map(Json)
}

type Answer<T> = Result<Json<T>, DoorFault>;

/// The short request in the body of `posted`, from the terminal it names and no other, which is welcome.
async fn signed<T: DeserializeOwned>(
    at: &Entrance,
    posted: Request,
    named: impl Fn(&T) -> TerminalId,
) -> Result<T, DoorFault> {
    match asked(at, posted, SHORT_BODY_BYTES, named).await? {
        (Caller::Welcome(_), request, _) => Ok(request),
        (Caller::Withdrawn { terminal, since }, ..) => Err(at.door.withdrawn(terminal, since)?.into()),
    }
}

async fn asked<T: DeserializeOwned>(
    at: &Entrance,
    posted: Request,
    largest: usize,
    named: impl Fn(&T) -> TerminalId,
) -> Result<(Caller, T, Room), DoorFault> {
    let (head, body) = posted.into_parts();
    // Of a length that is not told, the largest.
    let bytes = body.size_hint().upper().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(largest).min(largest);
    let (knock, room) = match heard(at, &head, bytes).await {
        Ok(heard) => heard,
        Err(fault) => {
            let_pass(body);
            return Err(fault);
        }
    };
    let body = Bytes::from_request(Request::from_parts(head, body), &()).await?;
    let caller = knock.caller(at.door.store(), &body, at.door.now()?).await?;
    let request = parse(&body)?;
    let (Caller::Welcome(terminal) | Caller::Withdrawn { terminal, .. }) = caller;
    if named(&request) == terminal { Ok((caller, request, room)) } else { Err(Refusal::Unauthenticated.into()) }
}

/// Whoever signed this head, and room for the body that it announces.
async fn heard(at: &Entrance, head: &Parts, bytes: usize) -> Result<(Knock, Room), DoorFault> {
    let knock = Knock::heard(at.door.store(), &head.uri, &head.headers, at.door.now()?).await?;
    let room = Arc::clone(&at.bodies).room(knock.terminal(), bytes).ok_or(DoorFault::Busy)?;
    Ok((knock, room))
}

/// A connection that is closed on who still sends takes our answer with it, and a terminal must learn that its clock is off. So what
/// comes after the answer passes by and is held by nobody.
fn let_pass(mut body: Body) {
    tokio::spawn(time::timeout(LINGER, async move {
        let mut left = LARGEST_BODY_BYTES;
        while let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let came = frame.data_ref().map_or(0, Bytes::len);
            let Some(less) = left.checked_sub(came) else { break };
            left = less;
        }
    }));
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, DoorFault> {
    serde_json::from_slice(body).map_err(|_| Refusal::Malformed.into())
}

#[cfg(test)]
mod tests;
