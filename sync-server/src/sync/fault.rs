//! What can go wrong at the door, and what the terminal is told of it.
//!
//! A refusal is an answer the terminal acts on. Everything else is ours: logged here, once, with its cause, and told as
//! "unavailable", upon which the terminal simply tries again.

use axum::{
    Json,
    extract::rejection::BytesRejection,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::json;
use shared::sync::Refusal;

use crate::{random::NoRandomness, store::StoreError, timekeeper::Leapt};

#[derive(Debug, thiserror::Error)]
pub enum DoorFault {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("请求内容读不了。The body cannot be read")]
    Unread(#[from] BytesRejection),
    #[error("正在接收的内容太多。Too much is being read already")]
    Busy,
    #[error("数据库。The store")]
    Store(#[from] StoreError),
    #[error("变更流的一环无法生成。A link cannot be made")]
    Random(#[from] NoRandomness),
    #[error(transparent)]
    Leapt(#[from] Leapt),
    #[error("应答无法签名封装。The answer cannot be sealed")]
    Unsealed(#[from] serde_json::Error),
}

impl IntoResponse for DoorFault {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => {
                tracing::warn!(%refusal, "a terminal was refused");
                (status(&refusal), Json(refusal)).into_response()
            }
            Self::Unread(rejection) => {
                tracing::warn!(%rejection, "a terminal's request was not read");
                (rejection.status(), Json(Refusal::Malformed)).into_response()
            }
            Self::Busy => {
                tracing::warn!("a terminal has to wait: too much is being read already");
                unavailable()
            }
            Self::Store(_) | Self::Leapt(_) | Self::Random(_) | Self::Unsealed(_) => {
                tracing::error!(cause = &self as &dyn std::error::Error, "a terminal was not answered");
                unavailable()
            }
        }
    }
}

fn unavailable() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": "unavailable" }))).into_response()
}

const fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Malformed => StatusCode::BAD_REQUEST,
        Refusal::Unauthenticated | Refusal::Clock { .. } => StatusCode::UNAUTHORIZED,
        Refusal::Code | Refusal::Withdrawn { .. } | Refusal::SetAside { .. } => StatusCode::FORBIDDEN,
        Refusal::Replayed | Refusal::CursorAhead | Refusal::Fork { .. } | Refusal::Gap { .. } => StatusCode::CONFLICT,
        Refusal::Head | Refusal::Altered { .. } => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
