//! Aliyun's SMS gateway (dysmsapi 2017-05-25): `SendSms` and `QuerySendDetails`, either signature, and the push of receipts.
//!
//! It answers 200 to whatever it understood and says in `Code` how it came. It knows no message from another: the same one sent
//! twice is two.

mod signature;

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse as _, Response},
    routing::post,
};
use chrono::NaiveDateTime;
use serde_json::{Value, json};

use crate::{
    At, Doubles, Fault, Message,
    caller::{self, From},
    cut,
    shown::Showing,
    sms::{
        Memory, Registered, Taken,
        checks::{Wrong, billed, link},
        registered,
        windows::{Window, full},
    },
    time::campus,
};
use signature::{Arrived, Signed, acs3, rpc};

/// Its name at the dials and in what is shown.
pub const NAME: &str = "aliyun";
/// Calls that ask for the list have a dial of their own.
pub const QUERIES: &str = "aliyun.query";

const VERSION: &str = "2017-05-25";
const SKEW_S: i64 = 15 * 60;
const OF_A_CODE: [(Window, usize); 3] = [(Window::Minute, 1), (Window::Hour, 5), (Window::Day, 10)];
const OF_A_NOTICE: [(Window, usize); 1] = [(Window::Day, 50)];

#[derive(Debug)]
pub struct Aliyun {
    pub key_id: String,
    pub secret: String,
    pub sign_name: String,
    pub templates: Vec<Registered>,
    /// From where it is not listened to.
    pub denied: Vec<IpAddr>,
    pub memory: Memory,
}

impl Default for Aliyun {
    fn default() -> Self {
        Self {
            key_id: "LTAI-made-up".to_owned(),
            secret: "made-up-for-the-aliyun-double".to_owned(),
            sign_name: "某某大学".to_owned(),
            templates: registered(|at| format!("SMS_10000{at:02}"), true),
            denied: Vec::new(),
            memory: Memory::default(),
        }
    }
}

pub(crate) fn router() -> Router<Doubles> {
    Router::new().route("/aliyun", post(call)).route("/aliyun/", post(call))
}

async fn call(State(doubles): State<Doubles>, from: From, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let query = pairs(uri.query().unwrap_or_default().as_bytes());
    let is_form =
        headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form"));
    let form = if is_form { pairs(&body) } else { Vec::new() };
    let all: Vec<_> = query.iter().chain(&form).cloned().collect();
    let arrived = Arrived { method: "POST", path: uri.path(), headers: &headers, query: &query, body: &body };
    let secret = &doubles.aliyun.secret;
    let signed = acs3(&arrived, secret).or_else(|| rpc("POST", &all, secret));
    let signed = match admitted(&doubles, signed) {
        Ok(signed) => signed,
        Err((status, code, message)) => return (status, answer(code, &message, &[])).into_response(),
    };
    if doubles.aliyun.denied.contains(&caller::address(&from)) {
        return answer("isv.DENY_IP_RANGE", "源IP地址所在的地区被禁用", &[]).into_response();
    }
    let parameters: BTreeMap<String, String> = all.into_iter().collect();
    match (signed.action.as_str(), signed.version.as_str()) {
        ("SendSms", VERSION) => send(&doubles, &parameters).await,
        ("QuerySendDetails", VERSION) => list(&doubles, &parameters).await,
        _ => {
            (StatusCode::NOT_FOUND, answer("InvalidAction.NotFound", "Specified api is not found", &[])).into_response()
        }
    }
}

type Refused = (StatusCode, &'static str, String);

fn admitted(doubles: &Doubles, signed: Option<Signed>) -> Result<Signed, Refused> {
    let bad = |code, message: String| Err((StatusCode::BAD_REQUEST, code, message));
    let Some(signed) = signed else {
        return bad("IncompleteSignature", "The request signature does not conform to Aliyun standards".to_owned());
    };
    if signed.key_id != doubles.aliyun.key_id {
        return Err((
            StatusCode::NOT_FOUND,
            "InvalidAccessKeyId.NotFound",
            "Specified access key is not found".to_owned(),
        ));
    }
    if !signed.right {
        return bad(
            "SignatureDoesNotMatch",
            format!(
                "Specified signature is not matched with our calculation. server string to sign is:{}",
                signed.over
            ),
        );
    }
    let Ok(date) = NaiveDateTime::parse_from_str(&signed.date, "%Y-%m-%dT%H:%M:%SZ") else {
        return bad("InvalidTimeStamp.Format", "Specified time stamp is not well formatted".to_owned());
    };
    if (date.and_utc().timestamp() - doubles.time.unix_s()).abs() > SKEW_S {
        return bad("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired".to_owned());
    }
    if !doubles.aliyun.memory.keep_nonce(&signed.nonce) {
        return bad("SignatureNonceUsed", "Specified signature nonce was used already".to_owned());
    }
    Ok(signed)
}

async fn send(doubles: &Doubles, parameters: &BTreeMap<String, String>) -> Response {
    let to = parameters.get("PhoneNumbers").map(String::as_str).unwrap_or_default();
    let fault = doubles.dials.take_of(NAME, to);
    if fault == Some(Fault::Broken) {
        return (StatusCode::INTERNAL_SERVER_ERROR, "<html>502</html>").into_response();
    }
    let taken = match take(doubles, parameters) {
        Ok(taken) => taken,
        Err((code, message)) => return answer(code, &message, &[]).into_response(),
    };
    let said = answer("OK", "OK", &[("BizId", taken.id.clone().into())]);
    if fault == Some(Fault::SilentDrop) {
        return said.into_response();
    }
    let (chars, parts) = billed(&taken.text);
    let message = Message {
        double: NAME.to_owned(),
        to: taken.number.clone(),
        key: taken.key.clone(),
        text: taken.text.clone(),
        link: link(&taken.text),
        state: format!("已受理，{chars} 字，按 {parts} 条计费"),
    };
    doubles.shown.place(message, Showing::with(fault));
    doubles.aliyun.memory.keep(taken.clone());
    tokio::spawn(receipt(doubles.clone(), taken, fault));
    match fault {
        Some(Fault::CutAfterAccept) => return cut::off(),
        Some(Fault::Slow(span)) => tokio::time::sleep(span).await,
        _ => {}
    }
    said.into_response()
}

/// What the gateway checks before it takes a message.
fn take(doubles: &Doubles, parameters: &BTreeMap<String, String>) -> Result<Taken, (&'static str, String)> {
    let Aliyun { sign_name, templates, memory, .. } = &*doubles.aliyun;
    let of = |name: &str| parameters.get(name).map(String::as_str).unwrap_or_default();
    let refused = |code, message: &str| Err((code, message.to_owned()));
    let number = of("PhoneNumbers");
    let mainland = number.trim_start_matches("+86").trim_start_matches("0086");
    let is_mainland = mainland.len() == 11 && mainland.starts_with('1');
    if !mainland.bytes().all(|byte| byte.is_ascii_digit()) || !(is_mainland || (8..=15).contains(&mainland.len())) {
        return refused("isv.MOBILE_NUMBER_ILLEGAL", "手机号码格式错误");
    }
    if of("SignName") != sign_name {
        return refused("isv.SMS_SIGNATURE_ILLEGAL", "该账号下找不到对应签名");
    }
    let Some(template) = templates.iter().find(|template| template.id == of("TemplateCode")) else {
        return refused("isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板");
    };
    let given = if of("TemplateParam").is_empty() { "{}" } else { of("TemplateParam") };
    // Numbers would be taken for strings by some gateways and not by others.
    let Ok(values) = serde_json::from_str::<BTreeMap<String, String>>(given) else {
        return refused("isv.INVALID_JSON_PARAM", "参数格式错误，请修改为字符串值");
    };
    let values: Vec<_> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let text = template.filled(sign_name, &values).map_err(|wrong| {
        let (code, message) = match wrong {
            Wrong::Variables => ("isv.TEMPLATE_MISSING_PARAMETERS", "模板变量缺少对应参数值"),
            Wrong::TooLong | Wrong::Code => ("isv.PARAM_LENGTH_LIMIT", "参数超过长度限制"),
            Wrong::Address => ("isv.PARAM_NOT_SUPPORT_URL", "变量不支持传入URL"),
            Wrong::Symbol | Wrong::Length => ("isv.SMS_CONTENT_ILLEGAL", "短信包含禁止发送内容"),
        };
        (code, message.to_owned())
    })?;
    let (now, before) = (doubles.time.unix_s(), memory.taken());
    let same = |taken: &&Taken| {
        taken.number == mainland && (template.is_code && is_code(templates, taken) || taken.template == template.id)
    };
    let before: Vec<_> = before.iter().filter(same).collect();
    let limits: &[(Window, usize)] = if template.is_code { &OF_A_CODE } else { &OF_A_NOTICE };
    if let Some((window, most)) = full(&before, now, limits) {
        let window = match window {
            Window::Minute => "分钟级",
            Window::Hour => "小时级",
            Window::Day => "天级",
        };
        return Err(("isv.BUSINESS_LIMIT_CONTROL", format!("触发{window}流控Permits:{most}")));
    }
    Ok(Taken {
        number: mainland.to_owned(),
        key: of("OutId").to_owned(),
        id: memory.next_id(now),
        template: template.id.clone(),
        text,
        at: now,
        delivered: None,
    })
}

fn is_code(templates: &[Registered], taken: &Taken) -> bool {
    templates.iter().any(|template| template.is_code && template.id == taken.template)
}

async fn receipt(doubles: Doubles, taken: Taken, fault: Option<Fault>) {
    match fault {
        Some(Fault::NoReceipt) => return,
        Some(Fault::LateReceipt(span)) => tokio::time::sleep(span).await,
        _ => tokio::time::sleep(Duration::from_millis(20)).await,
    }
    let memory = &doubles.aliyun.memory;
    let success = fault != Some(Fault::FailedReceipt) && !memory.is_unreachable(&taken.number);
    memory.report(&taken.id, success);
    let state = if success { "，已送达" } else { "，未送达" };
    doubles.shown.change(
        |message| message.double == NAME && message.key == taken.key && message.to == taken.number,
        |message| message.state.push_str(state),
    );
    let (_, parts) = billed(&taken.text);
    let (code, why) = if success { ("DELIVERED", "用户接收成功") } else { ("MOBILE_NOT_ON_SERVICE", "停机") };
    let pushed = json!([{
        "phone_number": taken.number, "success": success, "err_code": code, "err_msg": why,
        "send_time": campus(taken.at, "%Y-%m-%d %H:%M:%S"),
        "report_time": campus(doubles.time.unix_s(), "%Y-%m-%d %H:%M:%S"),
        "sms_size": parts.to_string(), "biz_id": taken.id, "out_id": taken.key,
    }]);
    let times = if fault == Some(Fault::ReplayedCallback) { 2 } else { 1 };
    for _ in 0..times {
        doubles.stops.receipt(At::Arrival, &taken.number);
        memory.push(&pushed, |answer| answer.get("code") == Some(&json!(0))).await;
        doubles.stops.receipt(At::Answered, &taken.number);
    }
}

async fn list(doubles: &Doubles, parameters: &BTreeMap<String, String>) -> Response {
    let of = |name: &str| parameters.get(name).map(String::as_str).unwrap_or_default();
    match doubles.dials.take_of(QUERIES, of("PhoneNumber")) {
        Some(Fault::Slow(span)) => tokio::time::sleep(span).await,
        Some(Fault::Broken) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Fault::CutAfterAccept) => return cut::off(),
        _ => {}
    }
    let (size, page) = (of("PageSize").parse().unwrap_or(0), of("CurrentPage").parse().unwrap_or(0_usize));
    if of("PhoneNumber").is_empty() || of("SendDate").len() != 8 || !(1..=50).contains(&size) || page == 0 {
        return answer("isv.INVALID_PARAMETERS", "参数异常", &[]).into_response();
    }
    let mut taken = doubles.aliyun.memory.taken();
    taken.retain(|taken| taken.number == of("PhoneNumber") && campus(taken.at, "%Y%m%d") == of("SendDate"));
    let total = taken.len();
    let details: Vec<Value> = taken.iter().rev().skip((page - 1) * size).take(size).map(detail).collect();
    answer("OK", "OK", &[("TotalCount", total.into()), ("SmsSendDetailDTOs", json!({"SmsSendDetailDTO": details}))])
        .into_response()
}

fn detail(taken: &Taken) -> Value {
    let status = match taken.delivered {
        None => 1,
        Some(false) => 2,
        Some(true) => 3,
    };
    json!({
        "PhoneNum": taken.number, "SendStatus": status, "TemplateCode": taken.template, "Content": taken.text,
        "SendDate": campus(taken.at, "%Y-%m-%d %H:%M:%S"), "OutId": taken.key,
    })
}

fn answer(code: &str, message: &str, more: &[(&str, Value)]) -> Json<Value> {
    let mut said = json!({"Code": code, "Message": message, "RequestId": "MADE-UP-REQUEST-ID"});
    if let Some(said) = said.as_object_mut() {
        said.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }
    Json(said)
}

/// A query or a form, decoded.
fn pairs(text: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(text);
    let parts = text.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                if let (Some(high), Some(low)) = (hex(rest.next()), hex(rest.next())) {
                    bytes.extend(u8::try_from(high * 16 + low));
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
