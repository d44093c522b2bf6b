//! What can go wrong at the door, and what the terminal is told of it.
//!
//! A refusal is an answer the terminal acts on; `refusals` says it to who runs the office. Everything else is ours: logged here, once,
//! with its cause, and told as "unavailable", upon which the terminal simply tries again.

use std::mem::{Discriminant, discriminant};

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

/// Whoever was turned away was turned away for this, and it is said once a minute.
#[derive(Debug, Clone)]
pub(super) struct Turned {
    pub(super) kind: Kind,
    pub(super) why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Refused(Discriminant<Refusal>),
    Unread,
    Busy,
}

impl DoorFault {
    /// `None` of what is ours.
    pub(super) fn turned(&self) -> Option<Turned> {
        let kind = match self {
            Self::Refused(refusal) => Kind::Refused(discriminant(refusal)),
            Self::Unread(_) => Kind::Unread,
            Self::Busy => Kind::Busy,
            Self::Store(_) | Self::Leapt(_) | Self::Random(_) | Self::Unsealed(_) => return None,
        };
        Some(Turned { kind, why: self.to_string() })
    }
}

impl IntoResponse for DoorFault {
    fn into_response(self) -> Response {
        let turned = self.turned();
        let mut response = match self {
            Self::Refused(refusal) => (status(&refusal), Json(refusal)).into_response(),
            Self::Unread(rejection) => (rejection.status(), Json(Refusal::Malformed)).into_response(),
            Self::Busy => unavailable(),
            Self::Store(_) | Self::Leapt(_) | Self::Random(_) | Self::Unsealed(_) => {
                tracing::error!(cause = &self as &dyn std::error::Error, "a terminal was not answered");
                unavailable()
            }
        };
        if let Some(turned) = turned {
            response.extensions_mut().insert(turned);
        }
        response
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
