//! What stands around every page, from the outside in: the security headers, the language, the elder version, the wording of
//! refusals, and the check that a request which changes something came from our own page.
//!
//! One layer and not five: every layer is copied for every request.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{
        StatusCode,
        header::{CONTENT_TYPE, SET_COOKIE},
    },
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};

use super::{
    address::prove_phone_and_back,
    cookie::Cookies,
    elder::{self, Elder},
    language::{self, Language},
    origin::{self, Sender},
    refused,
    shell::Shell,
};
use crate::{
    error::{AppError, Told},
    headers::{self, Nonce},
    state::AppState,
};

/// What is known of a request before its page is reached.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub(super) lang: Language,
    pub(super) elder: Elder,
    pub(super) nonce: Option<Nonce>,
}

pub(super) async fn around(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let cookies = Cookies::under(&state.config.public_url);
    let (lang, keep_lang) = language::settled(cookies, &request);
    let (elder, keep_elder) = elder::settled(cookies, &request);
    let settled = Arc::new(Settled { lang, elder, nonce: Nonce::new() });
    let (method, address) = (request.method().clone(), request.uri().clone());
    request.extensions_mut().insert(Arc::clone(&settled));
    let mut response = match origin::sender(request.method(), request.headers(), &state.config.public_url) {
        Sender::Elsewhere => AppError::told(Told::Forbidden).into_response(),
        sender @ (Sender::OurPage | Sender::Unsaid) => {
            request.extensions_mut().insert(sender);
            next.run(request).await
        }
    };
    if let Some(told) = response.extensions().get().copied().or_else(|| unworded(&response)) {
        response = if told == Told::ProvePhone {
            Redirect::to(&prove_phone_and_back(&method, &address)).into_response()
        } else {
            refused::worded(told, Shell::of_stranger(&state, &settled, &address))
        };
    }
    for cookie in [keep_lang, keep_elder].into_iter().flatten() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    if let Some(nonce) = &settled.nonce {
        nonce.admit(&mut response);
    }
    headers::put_on(&mut response, cookies.secure());
    response
}

/// A path or a query that the framework could not read is refused by it in plain English.
fn unworded(response: &Response) -> Option<Told> {
    let is_plain = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    (response.status() == StatusCode::BAD_REQUEST && is_plain).then_some(Told::Malformed)
}
