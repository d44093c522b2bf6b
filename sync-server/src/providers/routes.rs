//! Every address that providers call.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};

use super::{hall, sms, wecom};
use crate::state::AppState;

pub fn router(state: AppState) -> Router {
    let wecom = get(wecom::verify).post(wecom::receive).layer(DefaultBodyLimit::max(wecom::LONGEST_BODY_BYTES));
    let receipts = Router::new()
        .route("/receipts/aliyun/{token}", post(sms::aliyun))
        .route("/receipts/tencent/{token}", post(sms::tencent))
        .layer(DefaultBodyLimit::max(sms::LONGEST_BODY_BYTES));
    Router::new()
        .route("/providers/hall/todos", get(hall::todos))
        .route("/providers/wecom", wecom)
        .merge(receipts)
        .with_state(state)
}
