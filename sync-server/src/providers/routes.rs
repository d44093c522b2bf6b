//! Every address that providers call.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};

use super::{hall, sms, wecom};
use crate::{knocks::Knocks, state::AppState};

pub fn router(state: AppState) -> Router {
    let wecom = Router::new()
        .route("/providers/wecom", get(wecom::verify).post(wecom::receive))
        .layer(DefaultBodyLimit::max(wecom::LONGEST_BODY_BYTES))
        .layer(Extension(Arc::<Knocks>::default()));
    let hall =
        Router::new().route("/providers/hall/todos", get(hall::todos)).layer(Extension(Arc::<Knocks>::default()));
    let receipts = Router::new()
        .route("/receipts/aliyun/{token}", post(sms::aliyun))
        .route("/receipts/tencent/{token}", post(sms::tencent))
        .layer(DefaultBodyLimit::max(sms::LONGEST_BODY_BYTES));
    hall.merge(wecom).merge(receipts).with_state(state)
}
