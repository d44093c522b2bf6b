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
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use crate::{
    config::SmsProvider,
    state::AppState,
    store::{Receipt, ReceiptKept, StoreError},
};

/// More is nobody's push.
const MOST: usize = 1000;
pub(super) const LONGEST_BODY_BYTES: usize = 512 * 1024;

/// Aliyun's `SmsReport`.
pub(super) async fn aliyun(State(state): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    let reports: Vec<AliyunReport> = match heard(&state, SmsProvider::Aliyun, &token, request).await {
        Ok(reports) => reports,
        Err(refused) => return refused.into_response(),
    };
    let told = reports.into_iter().filter_map(|report| {
        let why = format!("{}: {}", report.err_code, report.err_msg);
        Some((report.out_id?, if report.success { Receipt::Delivered } else { Receipt::Failed(why) }))
    });
    match keep(&state, SmsProvider::Aliyun, told).await {
        Ok(()) => Json(json!({"code": 0, "msg": "成功"})).into_response(),
        Err(cause) => not_kept(&cause),
    }
}

/// Tencent's callback of a message's state.
pub(super) async fn tencent(State(state): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    let reports: Vec<TencentReport> = match heard(&state, SmsProvider::Tencent, &token, request).await {
        Ok(reports) => reports,
        Err(refused) => return refused.into_response(),
    };
    let told = reports.into_iter().map(|report| {
        let why = format!("{}: {}", report.errmsg, report.description);
        let delivered = report.report_status == "SUCCESS";
        (report.sid, if delivered { Receipt::Delivered } else { Receipt::Failed(why) })
    });
    match keep(&state, SmsProvider::Tencent, told).await {
        Ok(()) => Json(json!({"result": 0, "errmsg": "OK"})).into_response(),
        Err(cause) => not_kept(&cause),
    }
}

/// What was pushed, if its address was the right one. A wrong one is told nothing, not even that there is a right one, and what it
/// sends is not read.
async fn heard<T: DeserializeOwned>(
    state: &AppState,
    provider: SmsProvider,
    token: &str,
    request: Request,
) -> Result<Vec<T>, StatusCode> {
    let here = state.config.notify.sms.as_ref().is_some_and(|sms| sms.provider == provider);
    if !here || !state.sms_receipts.as_ref().is_some_and(|expected| expected.is(token)) {
        return Err(StatusCode::NOT_FOUND);
    }
    let body = Bytes::from_request(request, &()).await.map_err(|refused| refused.into_response().status())?;
    let reports: Vec<T> = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    if reports.len() > MOST { Err(StatusCode::PAYLOAD_TOO_LARGE) } else { Ok(reports) }
}

async fn keep(
    state: &AppState,
    provider: SmsProvider,
    told: impl Iterator<Item = (String, Receipt)>,
) -> Result<(), StoreError> {
    for (handle, receipt) in told {
        let kept = state.store.receipt(provider.name(), &handle, receipt, state.clock.now()).await?;
        if kept == ReceiptKept::Early {
            tracing::debug!(handle, "a receipt of a message that nobody here has sent yet");
        }
    }
    Ok(())
}

/// The gateway comes again.
fn not_kept(cause: &StoreError) -> Response {
    tracing::error!(cause = cause as &dyn std::error::Error, "receipts could not be kept");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

#[derive(Deserialize)]
struct AliyunReport {
    out_id: Option<String>,
    success: bool,
    #[serde(default)]
    err_code: String,
    #[serde(default)]
    err_msg: String,
}

#[derive(Deserialize)]
struct TencentReport {
    sid: String,
    report_status: String,
    #[serde(default)]
    errmsg: String,
    #[serde(default)]
    description: String,
}
