//! Every address that providers call.

use axum::{Router, routing::post};

use super::sms;
use crate::state::AppState;

pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/receipts/aliyun/{token}", post(sms::aliyun))
        .route("/receipts/tencent/{token}", post(sms::tencent))
        .with_state(state)
}
