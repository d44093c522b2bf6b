//! Who is asking: the session behind the cookie, and what a page that needs one does without it.
//!
//! A handler that takes a [`SignedIn`] is only reached by somebody who is; everybody else is led to the sign-in page and back.

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts, State},
    http::{HeaderMap, HeaderValue, header::SET_COOKIE, request::Parts},
    response::{AppendHeaders, IntoResponse as _, Redirect, Response},
};
use chrono::TimeDelta;
use serde::Deserialize;

use super::{
    address::sign_in_and_back,
    around::Settled,
    cookie::{Cookies, Life},
    form::Posted,
    shell::Shell,
};
use crate::{
    error::{AppError, Told},
    office::{FormKind, Staff},
    random,
    state::AppState,
    store::{AsOf, FormToken, Proven, Session, SessionToken},
};
use shared::identity::Phone;

const COOKIE: &str = "session";
/// Of a session that was not to be remembered: a working day and an evening.
const SHORT_SESSION: TimeDelta = TimeDelta::hours(24);

/// Anybody, signed in or not.
pub(super) struct Asked {
    pub(super) shell: Shell,
}

/// The same, and who they are if they are staff and signed in.
pub(super) struct Anybody {
    pub(super) shell: Shell,
    pub(super) staff: Option<Staff>,
}

/// Somebody whose phone number is proven, or whom another house has named.
pub(super) struct SignedIn {
    pub(super) shell: Shell,
    /// `None`: nobody has shown that they have the phone of the directory, and so nothing that belongs to a phone is theirs.
    pub(super) phone: Option<Phone>,
    /// When the directory knows them.
    pub(super) staff: Option<Staff>,
    pub(super) form_token: FormToken,
    /// For a page that only shows, and shows at once.
    pub(super) as_of: Option<AsOf>,
    token: SessionToken,
}

impl SignedIn {
    pub(super) fn staff(&self) -> Result<&Staff, AppError> {
        self.staff.as_ref().ok_or_else(|| AppError::told(Told::StaffOnly))
    }

    pub(super) fn phone(&self) -> Result<&Phone, AppError> {
        self.phone.as_ref().ok_or_else(|| AppError::told(Told::ProvePhone))
    }

    /// Under which phone a form of this kind is kept: what a member of staff types for others is kept with their work, which both
    /// ways to sign in lead to.
    pub(super) fn keeps_forms_of(&self, kind: FormKind) -> Result<&Phone, AppError> {
        match (kind, &self.phone, &self.staff) {
            (FormKind::OnBehalf, None, Some(staff)) => Ok(&staff.phone),
            _ => self.phone(),
        }
    }

    /// For what is not theirs, as far as is known.
    pub(super) const fn not_theirs(&self) -> AppError {
        AppError::told(if self.phone.is_none() { Told::ProvePhone } else { Told::NotFound })
    }
}

/// Opens a session for what is proven; what comes back is its cookie.
pub(super) async fn open(
    state: &AppState,
    proven: impl Into<Proven>,
    remember: bool,
) -> Result<Option<HeaderValue>, AppError> {
    let now = state.clock.now();
    let settings = &state.config.sign_in;
    let token = SessionToken::from_random(random::bytes().map_err(|cause| AppError::caused(Told::Broken, cause))?);
    let (span, life) = if remember {
        let span = TimeDelta::days(i64::from(settings.session_days));
        (span, Life::For(span.num_seconds()))
    } else {
        (SHORT_SESSION, Life::UntilTheBrowserCloses)
    };
    state.store.open_session(&token, proven, now, now.plus(span), settings.idle()).await?;
    Ok(Cookies::under(&state.config.public_url).set(COOKIE, &token.text(), life))
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn close(
    State(state): State<AppState>,
    session: SignedIn,
    posted: Posted<Nothing>,
) -> Result<Response, AppError> {
    let Nothing {} = posted.confirmed_by(&session.form_token)?;
    state.store.close_session(session.token).await?;
    let cookie = Cookies::under(&state.config.public_url).set(COOKIE, "", Life::Over);
    Ok((AppendHeaders(cookie.map(|cookie| (SET_COOKIE, cookie))), Redirect::to("/")).into_response())
}

impl FromRequestParts<AppState> for Asked {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        match SignedIn::found(parts, state).await? {
            Ok(signed_in) => Ok(Self { shell: signed_in.shell }),
            Err(shell) => Ok(Self { shell }),
        }
    }
}

impl FromRequestParts<AppState> for Anybody {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        Ok(match SignedIn::found(parts, state).await? {
            Ok(SignedIn { shell, staff, .. }) => Self { shell, staff },
            Err(shell) => Self { shell, staff: None },
        })
    }
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        match Self::found(parts, state).await {
            Ok(Ok(signed_in)) => Ok(signed_in),
            Ok(Err(_)) => Err(Redirect::to(&sign_in_and_back(&parts.method, &parts.uri)).into_response()),
            Err(error) => Err(error.into_response()),
        }
    }
}

/// For a page that must not lose what was sent to it after the session has ended.
impl OptionalFromRequestParts<AppState> for SignedIn {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Option<Self>, AppError> {
        Ok(Self::found(parts, state).await?.ok())
    }
}

/// The session that the cookie names, whether or not it has ended.
pub(super) fn token(state: &AppState, headers: &HeaderMap) -> Option<SessionToken> {
    Cookies::under(&state.config.public_url).get(headers, COOKIE).and_then(SessionToken::parse)
}

impl SignedIn {
    /// The session of a request, or the shell for a stranger.
    async fn found(parts: &Parts, state: &AppState) -> Result<Result<Self, Shell>, AppError> {
        let settled = parts.extensions.get::<Settled>().copied().unwrap_or_default();
        let mut shell = Shell::of_stranger(state, settled, &parts.uri);
        let Some(token) = token(state, &parts.headers) else { return Ok(Err(shell)) };
        let Some(session) = state.store.session(&token, state.clock.now()).await? else { return Ok(Err(shell)) };
        shell.signed_in = true;
        let Session { phone, staff, form_token, as_of } = session;
        Ok(Ok(Self { shell, phone, staff, form_token, as_of, token }))
    }
}
