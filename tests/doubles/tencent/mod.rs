//! Tencent's SMS gateway (2021-01-11): `SendSms`, `PullSmsSendStatusByPhoneNumber`, and the callback with receipts.
//!
//! Everything is answered with 200. A call fails by `Response.Error`, a number by its own `Code` in an answer that went well; of what
//! was taken there is no list before a carrier has reported it.

mod signature;

use std::time::Duration;

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse as _, Response},
    routing::post,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    At, Doubles, Fault, Message, cut,
    shown::Showing,
    sms::{
        Memory, Registered, Taken,
        checks::{Wrong, billed, link},
        registered,
        windows::{Window, full},
    },
    time::campus,
};
use signature::tc3;

/// Its name at the dials and in what is shown.
pub const NAME: &str = "tencent";
/// Calls that ask for what was reported have a dial of their own.
pub const QUERIES: &str = "tencent.query";

const SERVICE: &str = "sms";
const VERSION: &str = "2021-01-11";
const SKEW_S: i64 = 5 * 60;
const SAME_CONTENT_S: i64 = 30;
const A_DAY: [(Window, usize); 1] = [(Window::Day, 10)];

#[derive(Debug)]
pub struct Tencent {
    pub key_id: String,
    pub secret: String,
    pub app_id: String,
    pub sign_name: String,
    pub templates: Vec<Registered>,
    /// Numbers that asked not to be written to.
    pub blacklist: Vec<String>,
    pub memory: Memory,
}

impl Default for Tencent {
    fn default() -> Self {
        Self {
            key_id: "AKID-made-up".to_owned(),
            secret: "made-up-for-the-tencent-double".to_owned(),
            app_id: "1400000000".to_owned(),
            sign_name: "某某大学".to_owned(),
            templates: registered(|at| format!("20000{at:02}"), false),
            blacklist: vec!["+8613800130999".to_owned()],
            memory: Memory::default(),
        }
    }
}

pub(crate) fn router() -> Router<Doubles> {
    Router::new().route("/tencent", post(call)).route("/tencent/", post(call))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendSms {
    phone_number_set: Vec<String>,
    sms_sdk_app_id: String,
    template_id: String,
    #[serde(default)]
    sign_name: String,
    #[serde(default)]
    template_param_set: Vec<String>,
    #[serde(default)]
    session_context: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pull {
    begin_time: i64,
    end_time: i64,
    offset: usize,
    limit: usize,
    phone_number: String,
    sms_sdk_app_id: String,
}

/// As dials and telephones write it.
fn domestic(number: &str) -> &str {
    number.strip_prefix("+86").unwrap_or(number)
}

type Refused = (&'static str, &'static str);

async fn call(State(doubles): State<Doubles>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    if let Err((code, message)) = admitted(&doubles, uri.path(), &headers, &body) {
        return failed(code, message);
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match (header("x-tc-action"), header("x-tc-version")) {
        ("SendSms", VERSION) => match serde_json::from_slice(&body) {
            Ok(asked) => send(&doubles, asked).await,
            Err(_) => failed("InvalidParameter", "The parameters are not of the types they must be"),
        },
        ("PullSmsSendStatusByPhoneNumber", VERSION) => match serde_json::from_slice(&body) {
            Ok(asked) => pull(&doubles, &asked).await,
            Err(_) => failed("InvalidParameter", "The parameters are not of the types they must be"),
        },
        _ => failed("InvalidAction", "The action does not exist"),
    }
}

fn admitted(doubles: &Doubles, path: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
    let is_json = headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let signed = tc3(path, headers, body, SERVICE, &doubles.tencent.secret).filter(|_| is_json);
    let signed = signed.ok_or(("AuthFailure.InvalidAuthorization", "The authorization header is not valid"))?;
    if (signed.timestamp_s - doubles.time.unix_s()).abs() > SKEW_S {
        return Err(("AuthFailure.SignatureExpire", "The signature has expired"));
    }
    if signed.key_id != doubles.tencent.key_id {
        return Err(("AuthFailure.SecretIdNotFound", "The SecretId is not found"));
    }
    if !signed.right {
        return Err(("AuthFailure.SignatureFailure", "The provided credentials could not be validated"));
    }
    if headers.get("x-tc-region").is_none() {
        return Err(("MissingParameter", "The region is missing"));
    }
    Ok(())
}

async fn send(doubles: &Doubles, asked: SendSms) -> Response {
    let fault = doubles.dials.take_of(NAME, asked.phone_number_set.first().map_or("", |number| domestic(number)));
    if fault == Some(Fault::Broken) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    if let Err((code, message)) = whole_call(doubles, &asked) {
        return failed(code, message);
    }
    let mut statuses = Vec::new();
    for number in &asked.phone_number_set {
        let (id, code, message) = match take(doubles, &asked, number) {
            Ok(taken) => {
                let id = taken.id.clone();
                if fault != Some(Fault::SilentDrop) {
                    show(doubles, &taken, Showing::with(fault));
                    doubles.tencent.memory.keep(taken.clone());
                    tokio::spawn(receipt(doubles.clone(), taken, fault));
                }
                (id, "Ok", "send success")
            }
            Err((code, message)) => (String::new(), code, message),
        };
        statuses.push(json!({
            "SerialNo": id, "PhoneNumber": number, "Fee": u8::from(code == "Ok"),
            "SessionContext": asked.session_context, "Code": code, "Message": message, "IsoCode": "CN",
        }));
    }
    match fault {
        Some(Fault::CutAfterAccept) => return cut::off(),
        Some(Fault::Slow(span)) => tokio::time::sleep(span).await,
        _ => {}
    }
    done(json!({"SendStatusSet": statuses}))
}

/// What is wrong with all of it.
fn whole_call(doubles: &Doubles, asked: &SendSms) -> Result<(), Refused> {
    let numbers = &asked.phone_number_set;
    let count = numbers.iter().filter(|number| number.starts_with("+86")).count();
    if numbers.is_empty() || numbers.len() > 200 {
        return Err(("LimitExceeded.PhoneNumberCountLimit", "1 to 200 numbers"));
    }
    if count != 0 && count != numbers.len() {
        return Err(("UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber", "Not both in one call"));
    }
    if asked.sms_sdk_app_id != doubles.tencent.app_id {
        return Err(("InvalidParameterValue.SdkAppIdNotExist", "The application does not exist"));
    }
    if asked.session_context.len() >= 512 {
        return Err(("InvalidParameterValue", "The session context is too long"));
    }
    Ok(())
}

/// What is wrong with it for one number.
fn take(doubles: &Doubles, asked: &SendSms, number: &str) -> Result<Taken, Refused> {
    let Tencent { sign_name, templates, blacklist, memory, .. } = &*doubles.tencent;
    let digits = number.strip_prefix('+').unwrap_or_default();
    let of_mainland = digits.strip_prefix("86").is_none_or(|rest| rest.len() == 11 && rest.starts_with('1'));
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.len() < 8 || !of_mainland {
        return Err(("InvalidParameterValue.IncorrectPhoneNumber", "incorrect phone number"));
    }
    if blacklist.iter().any(|listed| listed == number) {
        return Err(("FailedOperation.PhoneNumberInBlacklist", "the number is in the blacklist"));
    }
    if asked.sign_name != *sign_name {
        return Err(("FailedOperation.SignatureIncorrectOrUnapproved", "signature is incorrect or unapproved"));
    }
    let template = templates.iter().find(|template| template.id == asked.template_id);
    let template = template.ok_or(("FailedOperation.TemplateIncorrectOrUnapproved", "template is unapproved"))?;
    let names = template.names();
    if names.len() != asked.template_param_set.len() {
        return Err(("FailedOperation.TemplateParamSetNotMatchApprovedTemplate", "as many parameters as variables"));
    }
    let values: Vec<_> = names.into_iter().zip(asked.template_param_set.iter().map(String::as_str)).collect();
    let text = template.filled(sign_name, &values).map_err(|wrong| match wrong {
        Wrong::Variables | Wrong::Code | Wrong::TooLong => {
            ("InvalidParameterValue.TemplateParameterFormatError", "a parameter is not of the template's format")
        }
        Wrong::Address => ("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", "no address in a parameter"),
        Wrong::Symbol => ("FailedOperation.ContainSensitiveWord", "a sensitive word"),
        Wrong::Length => ("InvalidParameterValue.ContentLengthLimit", "the message is too long"),
    })?;
    let (now, before) = (doubles.time.unix_s(), memory.taken());
    let before: Vec<_> = before.iter().filter(|taken| taken.number == number).collect();
    if before.iter().any(|taken| taken.text == text && now - taken.at < SAME_CONTENT_S) {
        return Err(("LimitExceeded.PhoneNumberThirtySecondLimit", "the number of the same message within 30 seconds"));
    }
    if full(&before, now, &A_DAY).is_some() {
        return Err(("LimitExceeded.PhoneNumberDailyLimit", "the number of messages in a day"));
    }
    Ok(Taken {
        number: number.to_owned(),
        key: asked.session_context.clone(),
        id: memory.next_id(now),
        template: template.id.clone(),
        text,
        at: now,
        delivered: None,
    })
}

fn show(doubles: &Doubles, taken: &Taken, showing: Showing) {
    let (chars, parts) = billed(&taken.text);
    let message = Message {
        double: NAME.to_owned(),
        to: taken.number.clone(),
        key: taken.key.clone(),
        text: taken.text.clone(),
        link: link(&taken.text),
        state: format!("已受理，{chars} 字，按 {parts} 条计费"),
    };
    doubles.shown.place(message, showing);
}

async fn receipt(doubles: Doubles, taken: Taken, fault: Option<Fault>) {
    match fault {
        Some(Fault::NoReceipt) => return,
        Some(Fault::LateReceipt(span)) => tokio::time::sleep(span).await,
        _ => tokio::time::sleep(Duration::from_millis(20)).await,
    }
    let memory = &doubles.tencent.memory;
    let success = fault != Some(Fault::FailedReceipt) && !memory.is_unreachable(&taken.number);
    memory.report(&taken.id, success);
    let state = if success { "，已送达" } else { "，未送达" };
    doubles.shown.change(
        |message| message.double == NAME && message.key == taken.key && message.to == taken.number,
        |message| message.state.push_str(state),
    );
    let (status, errmsg, why) =
        if success { ("SUCCESS", "DELIVRD", "用户短信送达成功") } else { ("FAIL", "MK:0001", "停机") };
    let pushed = json!([{
        "user_receive_time": campus(doubles.time.unix_s(), "%Y-%m-%d %H:%M:%S"), "nationcode": "86",
        "mobile": taken.number.trim_start_matches("+86"), "report_status": status, "errmsg": errmsg,
        "description": why, "sid": taken.id,
    }]);
    let times = if fault == Some(Fault::ReplayedCallback) { 2 } else { 1 };
    for _ in 0..times {
        doubles.stops.receipt(At::Arrival, domestic(&taken.number));
        memory.push(&pushed, |answer| answer.get("result") == Some(&json!(0))).await;
        doubles.stops.receipt(At::Answered, domestic(&taken.number));
    }
}

async fn pull(doubles: &Doubles, asked: &Pull) -> Response {
    match doubles.dials.take_of(QUERIES, domestic(&asked.phone_number)) {
        Some(Fault::Slow(span)) => tokio::time::sleep(span).await,
        Some(Fault::Broken) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Fault::CutAfterAccept) => return cut::off(),
        _ => {}
    }
    if asked.limit > 100 || asked.sms_sdk_app_id != doubles.tencent.app_id {
        return failed("InvalidParameterValue", "1 to 100 of one's own application");
    }
    let reported = doubles.tencent.memory.taken().into_iter().filter_map(|taken| {
        let delivered = taken.delivered?;
        let meant = taken.number == asked.phone_number && (asked.begin_time..=asked.end_time).contains(&taken.at);
        meant.then(|| {
            json!({
                "UserReceiveTime": taken.at, "CountryCode": "86", "SubscriberNumber": taken.number.trim_start_matches("+86"),
                "PhoneNumber": taken.number, "SerialNo": taken.id, "ReportStatus": if delivered { "SUCCESS" } else { "FAIL" },
                "Description": "", "SessionContext": taken.key,
            })
        })
    });
    let page: Vec<Value> = reported.skip(asked.offset).take(asked.limit).collect();
    done(json!({"PullSmsSendStatusSet": page}))
}

fn done(mut answer: Value) -> Response {
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("RequestId".to_owned(), "made-up-request-id".into());
    }
    Json(json!({"Response": answer})).into_response()
}

fn failed(code: &str, message: &str) -> Response {
    done(json!({"Error": {"Code": code, "Message": message}}))
}
