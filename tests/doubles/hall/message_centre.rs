//! The message centre with OAuth2: tokens for a client and a scope, which end in time or at a turn of the dial, and messages, each
//! name once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::{
    Form, Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse as _, Response},
    routing::post,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{answered, person};
use crate::{Doubles, Fault, Message, shown::Showing};

pub const NAME: &str = "hall/message_centre";
/// The dial of the tokens alone.
pub const TOKENS: &str = "hall/message_centre/token";
pub const CLIENT: &str = "double-centre-client";
pub const SECRET: &str = "double-centre-secret";
pub const APP_ID: &str = "double-centre-app";
pub const MESSAGE_TYPE: &str = "visit";
pub const SCOPE: &str = "messagecenter:v1:sendMessage";
pub const TOKEN_LASTS_S: u32 = 3600;

#[derive(Debug, Default)]
pub struct Remembered(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Until when each is good.
    tokens: BTreeMap<String, i64>,
    granted: usize,
    sent: BTreeSet<String>,
}

impl Remembered {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many tokens were ever given out.
    pub fn granted(&self) -> usize {
        self.inner().granted
    }
}

pub(crate) fn router(doubles: &Doubles) -> Router {
    Router::new()
        .route("/hall/message_centre/oauth2/token", post(grant))
        .route("/hall/message_centre/apis/messagecenter/v1/poaMessage/messageSend", post(take))
        .with_state(doubles.clone())
}

#[derive(Deserialize)]
struct Asked {
    grant_type: String,
    client_id: String,
    client_secret: String,
    scope: String,
}

async fn grant(State(doubles): State<Doubles>, Form(asked): Form<Asked>) -> Response {
    answered(doubles.dials.take(TOKENS), |_| {
        let fault = |status, error| (status, Json(json!({"error": error}))).into_response();
        if asked.grant_type != "client_credentials" {
            return fault(StatusCode::BAD_REQUEST, "unsupported_grant_type");
        }
        if asked.client_id != CLIENT || asked.client_secret != SECRET {
            return fault(StatusCode::UNAUTHORIZED, "invalid_client");
        }
        if asked.scope != SCOPE {
            return fault(StatusCode::BAD_REQUEST, "invalid_scope");
        }
        let mut inner = doubles.halls.centre.inner();
        inner.granted += 1;
        let token = format!("double-token-{}", inner.granted);
        inner.tokens.insert(token.clone(), doubles.halls.now() + i64::from(TOKEN_LASTS_S));
        Json(json!({"access_token": token, "token_type": "bearer", "expires_in": TOKEN_LASTS_S})).into_response()
    })
    .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    app_id: String,
    #[serde(default)]
    send_id: String,
    #[serde(default)]
    send_type: Vec<String>,
    message_type_code: String,
    to_persons: String,
    data: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    title: String,
    url: String,
    param_value_json: Map<String, Value>,
}

async fn take(State(doubles): State<Doubles>, headers: HeaderMap, body: Bytes) -> Response {
    let fault = doubles.dials.take_of(NAME, &person(&body, "/toPersons"));
    if fault == Some(Fault::TokenDies) {
        doubles.halls.centre.inner().tokens.clear();
    }
    answered(fault, |showing| {
        let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let good = bearer.and_then(|token| doubles.halls.centre.inner().tokens.get(token).copied());
        if good.is_none_or(|until| until <= doubles.halls.now()) {
            return (StatusCode::UNAUTHORIZED, Json(json!({"code": 401, "message": "token 无效"}))).into_response();
        }
        let (code, message) = match check(&doubles, &body) {
            Ok(sent) => {
                show(&doubles, &sent, showing);
                return Json(json!({"code": 0, "message": null, "data": {"sendId": sent.send_id}})).into_response();
            }
            Err(refused) => refused,
        };
        Json(json!({"code": code, "message": message})).into_response()
    })
    .await
}

fn check(doubles: &Doubles, body: &[u8]) -> Result<Sent, (u32, String)> {
    let sent: Sent = serde_json::from_slice(body).map_err(|error| (40000, format!("参数错误：{error}")))?;
    const WAYS: [&str; 6] = ["SMS", "MAIL", "WECHAT", "DINGTALK", "SUPERAPP", "WEBSITE"];
    if sent.app_id != APP_ID || sent.message_type_code != MESSAGE_TYPE {
        return Err((40001, "应用或消息类型未注册".to_owned()));
    }
    if sent.send_type.iter().any(|way| !WAYS.contains(&way.as_str())) {
        return Err((40002, "发送方式不支持".to_owned()));
    }
    if let Some(nobody) = sent.to_persons.split(',').find(|name| !doubles.halls.knows(name)) {
        return Err((40004, format!("接收人 {nobody} 不存在")));
    }
    if !sent.send_id.is_empty() && !doubles.halls.centre.inner().sent.insert(sent.send_id.clone()) {
        return Err((40009, "sendId 重复".to_owned()));
    }
    Ok(sent)
}

fn show(doubles: &Doubles, sent: &Sent, showing: Showing) {
    let text = sent.data.param_value_json.get("text").and_then(Value::as_str).unwrap_or_default();
    for to in sent.to_persons.split(',') {
        let message = Message {
            double: NAME.to_owned(),
            to: to.to_owned(),
            key: sent.send_id.clone(),
            text: format!("{}\n{text}", sent.data.title),
            link: Some(sent.data.url.clone()),
            state: "消息".to_owned(),
        };
        doubles.shown.place(message, showing);
    }
}
