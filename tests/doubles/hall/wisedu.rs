//! Wisedu (金智): takes a message whose header, school and md5 sign fit, for people it knows. It keeps no names of messages, so
//! what is sent twice is shown twice.

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Response},
    routing::post,
};
use md5::{Digest as _, Md5};
use serde::Deserialize;
use serde_json::json;

use super::{answered, hex, person};
use crate::{Doubles, Message, shown::Showing};

pub const NAME: &str = "hall/wisedu";
pub const APP_ID: &str = "double-wisedu-app";
pub const TOKEN: &str = "double-wisedu-token";
pub const SCHOOL: &str = "19999";

const PATH: &str = "/hall/wisedu/mp_message_pocket_web-mp-restful-message-send/ProxyService/message_pocket_web-mp-restful-message-sendProxyService";

pub(crate) fn router(doubles: &Doubles) -> Router {
    Router::new().route(PATH, post(take)).with_state(doubles.clone())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    app_id: String,
    subject: String,
    content: String,
    pc_url: String,
    mobile_url: String,
    send_type: u8,
    receivers: Vec<Receiver>,
    school_code: String,
    sign: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receiver {
    user_id: String,
}

async fn take(State(doubles): State<Doubles>, headers: HeaderMap, body: Bytes) -> Response {
    let fault = doubles.dials.take_of(NAME, &person(&body, "/receivers/0/userId"));
    answered(fault, |showing| match check(&doubles, &headers, &body) {
        Ok(sent) => {
            show(&doubles, &sent, showing);
            Json(json!({"status": "200", "msg": "发送成功"})).into_response()
        }
        Err((code, msg)) => Json(json!({"status": code, "msg": msg})).into_response(),
    })
    .await
}

fn check(doubles: &Doubles, headers: &HeaderMap, body: &[u8]) -> Result<Sent, (&'static str, String)> {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if said("appId") != APP_ID || said("accessToken") != TOKEN {
        return Err(("401", "appId 或 accessToken 不正确".to_owned()));
    }
    let sent: Sent = serde_json::from_slice(body).map_err(|error| ("400", format!("参数错误：{error}")))?;
    let first = sent.receivers.first().ok_or(("400", "receivers 为空".to_owned()))?;
    let sign = hex(&Md5::digest(format!("{TOKEN}{SCHOOL}{}", first.user_id)));
    if sent.sign != sign || sent.school_code != SCHOOL || sent.app_id != APP_ID {
        return Err(("403", "sign 校验失败".to_owned()));
    }
    if sent.subject.is_empty() || sent.content.is_empty() || sent.send_type > 5 {
        return Err(("400", "参数错误".to_owned()));
    }
    match sent.receivers.iter().find(|receiver| !doubles.halls.knows(&receiver.user_id)) {
        Some(nobody) => Err(("500", format!("用户 {} 不存在", nobody.user_id))),
        None => Ok(sent),
    }
}

fn show(doubles: &Doubles, sent: &Sent, showing: Showing) {
    for receiver in &sent.receivers {
        let message = Message {
            double: NAME.to_owned(),
            to: receiver.user_id.clone(),
            key: String::new(),
            text: format!("{}\n{}", sent.subject, sent.content),
            link: Some(if sent.send_type == 2 { &sent.mobile_url } else { &sent.pc_url }.clone()),
            state: "消息".to_owned(),
        };
        doubles.shown.place(message, showing);
    }
}
