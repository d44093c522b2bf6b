//! What a door answers when it cannot answer properly: a status, words for the person, and the cause for the log.
//!
//! The words are a closed list and never made from the cause, so that a query or a path cannot reach a stranger's screen. The
//! cause is logged once, here, when the answer leaves.

use std::{error::Error, sync::Arc};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use shared::causes;

use crate::store::StoreError;

type Cause = Arc<dyn Error + Send + Sync>;

/// What the person is told; each door has the wording in its own language or format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// There is no such page, booking or link, or it is not theirs: the two are not told apart.
    NotFound,
    /// They must sign in first.
    SignIn,
    /// They are signed in, but not by the phone whose this is.
    ProvePhone,
    /// It is there for members of staff alone.
    StaffOnly,
    /// The form did not come from our page, or came too late.
    Forbidden,
    /// The request cannot be read.
    Malformed,
    TooLarge,
    MethodNotAllowed,
    /// Too many requests; a later one may be heard.
    TooMany,
    /// The server cannot keep anything just now.
    Unavailable,
    /// Our fault.
    Broken,
}

impl Told {
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::NotFound | Self::StaffOnly => StatusCode::NOT_FOUND,
            Self::SignIn | Self::ProvePhone => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

#[derive(Debug, Clone)]
pub struct AppError {
    pub status: StatusCode,
    pub told: Told,
    pub cause: Option<Cause>,
}

impl AppError {
    /// For what the person caused or can mend.
    #[must_use]
    pub const fn told(told: Told) -> Self {
        Self { status: told.status(), told, cause: None }
    }

    /// For what is ours to mend.
    #[must_use]
    pub fn caused(told: Told, cause: impl Error + Send + Sync + 'static) -> Self {
        Self { status: told.status(), told, cause: Some(Arc::new(cause)) }
    }

    /// Writes the cause to the log, once; called where the answer is made.
    pub fn log(&self) {
        if let Some(cause) = &self.cause {
            let cause = causes::in_one_line(cause.as_ref());
            tracing::error!(status = self.status.as_u16(), %cause, "a request failed");
        }
    }
}

impl From<StoreError> for AppError {
    fn from(cause: StoreError) -> Self {
        let told = if cause.is_passing() { Told::Unavailable } else { Told::Broken };
        Self::caused(told, cause)
    }
}

/// A bare answer. A door that speaks to people finds [`Told`] among the response's extensions and puts its words there.
impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        self.log();
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self.told);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_logged_and_never_told() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] std::io::Error);
        let error = AppError::caused(Told::Broken, Outer(std::io::Error::other("/srv/secret")));
        assert_eq!(causes::in_one_line(error.cause.as_ref().unwrap().as_ref()), "outer: /srv/secret");
        let response = error.into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.extensions().get::<Told>(), Some(&Told::Broken));
        assert_eq!(axum::body::HttpBody::size_hint(response.body()).exact(), Some(0));
    }
}
