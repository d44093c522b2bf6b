//! A hall that takes the office's own signed calls: everything that `notify/hall/webhook.rs` of the server promises is checked
//! here, from its words and not from its code.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::post,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;

use super::{answered, hex, person};
use crate::{Doubles, Message, shown::Showing};

pub const NAME: &str = "hall/webhook";
pub const KEY: &str = "double-webhook-key";
/// How far a timestamp may be off.
pub const SKEW_S: i64 = 300;

pub const TO_DO: &str = "待办";
pub const DONE: &str = "已办";
pub const NEWS: &str = "消息";

#[derive(Debug, Default)]
pub struct Remembered(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Until when each is remembered.
    nonces: BTreeMap<String, i64>,
    /// By idempotency key, the name it was given.
    taken: BTreeMap<String, String>,
}

impl Remembered {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn router(doubles: &Doubles) -> Router {
    Router::new().route("/hall/webhook", post(take)).with_state(doubles.clone())
}

#[derive(Deserialize)]
struct Told {
    kind: String,
    key: String,
    closes: Option<String>,
    notice: String,
    user: String,
    subject: String,
    text: String,
    url: String,
}

async fn take(State(doubles): State<Doubles>, headers: HeaderMap, body: Bytes) -> Response {
    let fault = doubles.dials.take_of(NAME, &person(&body, "/user"));
    answered(fault, |showing| match check(&doubles, &headers, &body) {
        Ok(told) => {
            let mut inner = doubles.halls.webhook.inner();
            let known = inner.taken.get(&told.key).cloned();
            let id = known.clone().unwrap_or_else(|| format!("W{}", inner.taken.len() + 1));
            inner.taken.insert(told.key.clone(), id.clone());
            if known.is_none() {
                show(&doubles, &told, showing);
            }
            (StatusCode::CREATED, Json(json!({"id": id}))).into_response()
        }
        Err((status, why)) => (status, Json(json!({"error": why}))).into_response(),
    })
    .await
}

fn check(doubles: &Doubles, headers: &HeaderMap, body: &[u8]) -> Result<Told, (StatusCode, &'static str)> {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (timestamp, nonce) = (said("X-Gate-Timestamp"), said("X-Gate-Nonce"));
    let mut mac =
        Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).map_err(|_| (StatusCode::INTERNAL_SERVER_ERROR, "no key"))?;
    for part in [timestamp.as_bytes(), b".", nonce.as_bytes(), b".", body] {
        mac.update(part);
    }
    if said("X-Gate-Signature") != hex(&mac.finalize().into_bytes()) {
        return Err((StatusCode::UNAUTHORIZED, "signature"));
    }
    let now = doubles.halls.now();
    let at: i64 = timestamp.parse().map_err(|_| (StatusCode::UNAUTHORIZED, "timestamp"))?;
    if (at - now).abs() > SKEW_S {
        return Err((StatusCode::UNAUTHORIZED, "timestamp"));
    }
    if nonce.len() != 32 || !nonce.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err((StatusCode::UNAUTHORIZED, "nonce"));
    }
    let mut inner = doubles.halls.webhook.inner();
    inner.nonces.retain(|_, until| *until >= now);
    if inner.nonces.insert(nonce.to_owned(), now + 2 * SKEW_S).is_some() {
        return Err((StatusCode::UNAUTHORIZED, "nonce used"));
    }
    drop(inner);
    let told: Told = serde_json::from_slice(body).map_err(|_| (StatusCode::BAD_REQUEST, "body"))?;
    if said("Idempotency-Key") != told.key || !matches!(told.kind.as_str(), "created" | "settled") {
        return Err((StatusCode::BAD_REQUEST, "kind or key"));
    }
    if !doubles.halls.knows(&told.user) {
        return Err((StatusCode::UNPROCESSABLE_ENTITY, "nobody"));
    }
    Ok(told)
}

fn show(doubles: &Doubles, told: &Told, showing: Showing) {
    if told.kind == "settled" {
        if showing == Showing::Never {
            return;
        }
        let meant = |message: &Message| message.double == NAME && Some(&message.key) == told.closes.as_ref();
        doubles.shown.change(meant, |message| message.state = DONE.to_owned());
        return;
    }
    let message = Message {
        double: NAME.to_owned(),
        to: told.user.clone(),
        key: told.key.clone(),
        text: format!("{}\n{}", told.subject, told.text),
        link: Some(told.url.clone()),
        state: if told.notice == "approval_asked" { TO_DO } else { NEWS }.to_owned(),
    };
    doubles.shown.place(message, showing);
}
