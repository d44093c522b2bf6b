//! What WeCom calls: once with a GET to see that it is us, then with a POST for each thing that happened in the app.
//!
//! A call is believed by its envelope alone, never by where it came from. Nothing here decides a booking: a click on a card only tells that the
//! card was seen. Everything else is acknowledged and left alone; without an answer WeCom would call three times more.

mod event;

use std::sync::Arc;

use axum::{
    Extension,
    body::Bytes,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use serde::Deserialize;

use self::event::Fields;
use tokio::time::Instant;

use crate::{
    error::{AppError, Told},
    knocks::Knocks,
    notify::wecom::{Callback, NotOpened, Proof, Wecom},
    office::Channel,
    state::AppState,
    store::NoticeKey,
};

/// A click is some hundred bytes.
pub(super) const LONGEST_BODY_BYTES: usize = 64 * 1024;

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    msg_signature: String,
    timestamp: String,
    nonce: String,
    /// Only when WeCom asks whether it is us.
    echostr: Option<String>,
}

type Said = Result<Query<Asked>, QueryRejection>;

/// Shows WeCom that we can open its envelopes: the answer is what was inside, bare.
pub(super) async fn verify(
    State(state): State<AppState>,
    Extension(knocks): Extension<Arc<Knocks>>,
    asked: Said,
) -> Result<Response, AppError> {
    let (_, callback) = set_up(&state)?;
    let Query(asked) = asked.map_err(|_| AppError::told(Told::Malformed))?;
    let echo = asked.echostr.as_deref().ok_or(AppError::told(Told::Malformed))?;
    let inside = open((&state, &knocks), callback, &asked, echo)?;
    // Else an event that somebody overheard is opened for them.
    if !is_an_echo(&inside) {
        return Err(AppError::told(Told::Malformed));
    }
    Ok(inside.into_response())
}

/// A short word by lot, and neither XML nor JSON.
fn is_an_echo(inside: &str) -> bool {
    inside.len() <= 64 && inside.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'{'))
}

pub(super) async fn receive(
    State(state): State<AppState>,
    Extension(knocks): Extension<Arc<Knocks>>,
    asked: Said,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<StatusCode, AppError> {
    let (wecom, callback) = set_up(&state)?;
    let Query(asked) = asked.map_err(|_| AppError::told(Told::Malformed))?;
    let body = body.map_err(|_| AppError::told(Told::TooLarge))?;
    let outer = std::str::from_utf8(&body).ok().and_then(Fields::read).ok_or(AppError::told(Told::Malformed))?;
    let inside = open((&state, &knocks), callback, &asked, outer.of("Encrypt"))?;
    let event = Fields::read(&inside).ok_or(AppError::told(Told::Malformed))?;
    hear(&state, wecom, callback, &event).await?;
    // Nothing at all is how WeCom wants an answer that says nothing.
    Ok(StatusCode::OK)
}

fn set_up(state: &AppState) -> Result<(&Wecom, &Callback), AppError> {
    let wecom = state.wecom.as_deref().ok_or(AppError::told(Told::NotFound))?;
    Ok((wecom, wecom.callback().ok_or(AppError::told(Told::NotFound))?))
}

fn open(
    (state, knocks): (&AppState, &Knocks),
    callback: &Callback,
    asked: &Asked,
    sealed: &str,
) -> Result<String, AppError> {
    let now = state.clock.now();
    let proof = Proof { signature: &asked.msg_signature, timestamp: &asked.timestamp, nonce: &asked.nonce };
    let refused = |why: &dyn std::fmt::Display| {
        if let Some(count) = knocks.one(Instant::now()) {
            tracing::warn!(count, %why, "calls to the WeCom callback were refused, this one and those since the last line");
        }
        AppError::told(Told::Forbidden)
    };
    let text = callback.envelope.open(proof, sealed).map_err(|why: NotOpened| refused(&why))?;
    // Judged after the signature, which covers it: a stranger learns nothing of our clock.
    if !callback.seen.is_of_now(&asked.timestamp, now) {
        return Err(refused(&"its time is too far from ours"));
    }
    Ok(text)
}

async fn hear(state: &AppState, wecom: &Wecom, callback: &Callback, event: &Fields) -> Result<(), AppError> {
    if event.of("AgentID") != wecom.settings().agent_id.to_string() || event.of("Event") != "template_card_event" {
        return Ok(());
    }
    // As WeCom tells its own calls apart, and by what was clicked: two clicks may fall into one second.
    let name = ["FromUserName", "CreateTime", "EventKey", "TaskId"].map(|name| event.of(name)).join("|");
    if callback.seen.has(&name) {
        return Ok(());
    }
    let now = state.clock.now();
    if let Some(key) = NoticeKey::parse(event.of("TaskId")) {
        let known = state.store.notice_read(Channel::Wecom, key, event.of("FromUserName"), now).await?;
        tracing::debug!(%key, known, "a card was clicked");
    }
    callback.seen.put(&name, now);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_no_echo() {
        assert!(is_an_echo("1616140317555161061"));
        for event in ["<xml><Event>click</Event></xml>", &"1".repeat(65), "1 2"] {
            assert!(!is_an_echo(event), "{event}");
        }
    }
}
