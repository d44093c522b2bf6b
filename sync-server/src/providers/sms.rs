//! Receipts of text messages, as the gateways push them: whether the telephone got what the gateway took.
//!
//! Neither gateway signs what it pushes, so the address itself is the secret. What comes is idempotent: gateways repeat a push until
//! they are told it was heard. A receipt of a message that is not ours, such as another system's under the same account, is heard
//! and means nothing.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest as _, Path, Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use crate::{
    config::SmsProvider,
    office::harmless,
    state::AppState,
    store::{Receipt, ReceiptKept, StoreError},
};

/// More is nobody's push.
const MOST: usize = 1000;
pub(super) const LONGEST_BODY_BYTES: usize = 512 * 1024;

/// In characters; a longer one is no handle of ours.
const LONGEST_HANDLE: usize = 64;

/// Aliyun's `SmsReport`.
pub(super) async fn aliyun(State(state): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    match take(&state, SmsProvider::Aliyun, &token, request).await {
        Ok(()) => Json(json!({"code": 0, "msg": "成功"})).into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// Tencent's callback of a message's state.
pub(super) async fn tencent(State(state): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    match take(&state, SmsProvider::Tencent, &token, request).await {
        Ok(()) => Json(json!({"result": 0, "errmsg": "OK"})).into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// Takes what was pushed, if its address was the right one. A wrong one is told nothing, not even that there is a right one, and
/// what it sends is not read.
async fn take(state: &AppState, provider: SmsProvider, token: &str, request: Request) -> Result<(), StatusCode> {
    let here = state.config.notify.sms.as_ref().is_some_and(|sms| sms.provider == provider);
    if !here || !state.sms_receipts.as_ref().is_some_and(|expected| expected.is(token)) {
        return Err(StatusCode::NOT_FOUND);
    }
    let body = Bytes::from_request(request, &()).await.map_err(|refused| refused.into_response().status())?;
    let Push { told, odd } = Push::read(provider, &body)?;
    if odd > 0 {
        // Answered as taken all the same: a repetition would be as odd, and the gateway would give up the good ones with it.
        tracing::warn!(rows = odd, "receipts that cannot be read were passed over");
    }
    let kept =
        state.store.receipts(provider.name(), told, state.clock.now()).await.map_err(|cause| not_kept(&cause))?;
    let early = kept.iter().filter(|kept| **kept == ReceiptKept::Early).count();
    tracing::debug!(kept = kept.len(), early, "receipts; the early ones are of messages that nobody here has sent yet");
    Ok(())
}

/// The gateway comes again.
fn not_kept(cause: &StoreError) -> StatusCode {
    tracing::error!(cause = cause as &dyn std::error::Error, "receipts could not be kept");
    StatusCode::SERVICE_UNAVAILABLE
}

/// Each row is read for itself: an odd one costs no other its receipt.
#[derive(Debug, PartialEq, Eq)]
struct Push {
    /// By handle.
    told: Vec<(String, Receipt)>,
    odd: usize,
}

impl Push {
    fn read(provider: SmsProvider, body: &[u8]) -> Result<Self, StatusCode> {
        let text = String::from_utf8_lossy(body);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let rows: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| StatusCode::BAD_REQUEST)?;
        if rows.len() > MOST {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let mut push = Self { told: Vec::new(), odd: 0 };
        for row in rows {
            let read = match provider {
                SmsProvider::Aliyun => aliyun_row(row),
                SmsProvider::Tencent => tencent_row(row),
            };
            match read {
                Some(Some((handle, _))) if handle.chars().nth(LONGEST_HANDLE).is_some() => push.odd += 1,
                Some(told) => push.told.extend(told),
                None => push.odd += 1,
            }
        }
        Ok(push)
    }
}

/// None where it cannot be read, and nothing inside where it is of no message that we could know.
type Row = Option<Option<(String, Receipt)>>;

fn aliyun_row(row: &RawValue) -> Row {
    #[derive(Deserialize)]
    struct Report {
        out_id: Option<Value>,
        success: Value,
        err_code: Option<Value>,
        err_msg: Option<Value>,
    }
    let report: Report = serde_json::from_str(row.get()).ok()?;
    let delivered = match &report.success {
        Value::Bool(said) => *said,
        Value::String(said) => said.parse().ok()?,
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let receipt = if delivered { Receipt::Delivered } else { failed(report.err_code, report.err_msg) };
    Some(match report.out_id {
        None => None,
        Some(out_id) => Some((word(out_id)?, receipt)),
    })
}

fn tencent_row(row: &RawValue) -> Row {
    #[derive(Deserialize)]
    struct Report {
        sid: Value,
        report_status: String,
        errmsg: Option<Value>,
        description: Option<Value>,
    }
    let report: Report = serde_json::from_str(row.get()).ok()?;
    let delivered = report.report_status == "SUCCESS";
    let receipt = if delivered { Receipt::Delivered } else { failed(report.errmsg, report.description) };
    Some(Some((word(report.sid)?, receipt)))
}

/// In the gateway's words, which an operator will read.
fn failed(code: Option<Value>, said: Option<Value>) -> Receipt {
    let [code, said] = [code, said].map(|said| said.and_then(word).unwrap_or_default());
    Receipt::Failed(harmless(&format!("{code}: {said}")))
}

/// Gateways write codes as texts and now and then as numbers.
fn word(said: Value) -> Option<String> {
    match said {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(provider: SmsProvider, rows: &[&str]) -> (Vec<(String, Receipt)>, usize) {
        let push = Push::read(provider, format!("\u{feff}[{}]", rows.join(",")).as_bytes()).unwrap();
        (push.told, push.odd)
    }

    fn why(why: &str) -> Receipt {
        Receipt::Failed(why.to_owned())
    }

    #[test]
    fn an_odd_row_costs_no_other_its_receipt() {
        let good = r#"{"out_id":"1-1","success":true}"#;
        let long = format!(r#"{{"out_id":"{}","success":true}}"#, "1".repeat(LONGEST_HANDLE + 1));
        for odd in [
            "null",
            "7",
            "{}",
            r#"{"out_id":"1-2"}"#,
            r#"{"out_id":"1-2","success":null}"#,
            r#"{"out_id":"1-2","success":1}"#,
            r#"{"out_id":["1-2"],"success":true}"#,
            r#"{"out_id":"1-2","success":false,"err_msg":"\ud83d"}"#,
            r#"{"out_id":"1-2","success":false,"err_code":1e999}"#,
            &long,
        ] {
            let told = vec![("1-1".to_owned(), Receipt::Delivered); 2];
            assert_eq!(read(SmsProvider::Aliyun, &[good, odd, good]), (told, 1), "{odd}");
        }
        let odd = r#"{"sid":"2:1","report_status":null}"#;
        let good = r#"{"sid":"2:2","report_status":"FAIL","errmsg":null,"description":"停机"}"#;
        assert_eq!(read(SmsProvider::Tencent, &[odd, good]), (vec![("2:2".to_owned(), why(": 停机"))], 1));
    }

    #[test]
    fn what_can_be_understood_is() {
        for (row, told) in [
            (r#"{"out_id":"1-1","success":true,"err_code":null,"err_msg":null}"#, Some(Receipt::Delivered)),
            (r#"{"out_id":"1-1","success":"true"}"#, Some(Receipt::Delivered)),
            (r#"{"out_id":"1-1","success":"false","err_code":7}"#, Some(why("7: "))),
            (
                r#"{"out_id":"1-1","success":false,"err_code":"\u001b[2JX","err_msg":"\u202e停机"}"#,
                Some(why("[2JX: 停机")),
            ),
            (r#"{"out_id":null,"success":false}"#, None),
            (r#"{"success":true}"#, None),
        ] {
            let told: Vec<_> = told.into_iter().map(|receipt| ("1-1".to_owned(), receipt)).collect();
            assert_eq!(read(SmsProvider::Aliyun, &[row]), (told, 0), "{row}");
        }
        let wordy = format!(r#"{{"out_id":"1-1","success":false,"err_msg":"{}"}}"#, "x".repeat(300_000));
        let (told, _) = read(SmsProvider::Aliyun, &[&wordy]);
        assert!(matches!(&told[0].1, Receipt::Failed(why) if why.len() == 200), "{}", told.len());
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for body in ["", "{}", "null", "[{}", "[] []"] {
            assert_eq!(Push::read(SmsProvider::Aliyun, body.as_bytes()), Err(StatusCode::BAD_REQUEST), "{body}");
        }
        let many = format!("[{}null]", "null,".repeat(MOST));
        assert_eq!(Push::read(SmsProvider::Aliyun, many.as_bytes()), Err(StatusCode::PAYLOAD_TOO_LARGE));
    }
}
