//! What stands around every page, from the outside in: the security headers, the language, the elder version, the wording of
//! refusals, and the check that a request which changes something came from our own page.
//!
//! It wraps every handler and is no layer of the router: a layer is copied, with all that lies below it, for every request.

use std::pin::Pin;

use axum::{
    extract::Request,
    handler::Handler,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, SET_COOKIE},
    },
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
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Settled {
    pub(super) lang: Language,
    pub(super) elder: Elder,
    pub(super) nonce: Option<Nonce>,
    pub(super) sender: Sender,
}

/// A page with all that stands around it.
#[derive(Clone)]
pub(super) struct Around<H>(pub(super) H);

impl<H: Handler<T, AppState>, T: 'static> Handler<T, AppState> for Around<H> {
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, state: AppState) -> Self::Future {
        Box::pin(around(self.0, request, state))
    }
}

async fn around<H: Handler<T, AppState>, T: 'static>(page: H, mut request: Request, state: AppState) -> Response {
    let cookies = Cookies::under(&state.config.public_url);
    let (lang, keep_lang) = language::settled(cookies, &request);
    let (elder, keep_elder) = elder::settled(cookies, &request);
    let sender = origin::sender(request.method(), request.headers(), &state.config.public_url);
    let settled = Settled { lang, elder, nonce: Nonce::new(), sender };
    let (method, address) = (request.method().clone(), request.uri().clone());
    let mut response = match sender {
        Sender::Elsewhere => AppError::told(Told::Forbidden).into_response(),
        Sender::OurPage | Sender::Unsaid => {
            request.extensions_mut().insert(settled);
            page.call(request, state.clone()).await
        }
    };
    if let Some(told) = response.extensions().get().copied().or_else(|| unworded(&response)) {
        response = if told == Told::ProvePhone {
            Redirect::to(&prove_phone_and_back(&method, &address)).into_response()
        } else {
            refused::worded(told, Shell::of_stranger(&state, settled, &address))
        };
    }
    for cookie in [keep_lang, keep_elder].into_iter().flatten() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    headers::put_on(&mut response, settled.nonce.as_ref(), cookies.secure());
    response
}

/// A path or a query that the framework could not read is refused by it in plain English.
fn unworded(response: &Response) -> Option<Told> {
    let is_plain = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    (response.status() == StatusCode::BAD_REQUEST && is_plain).then_some(Told::Malformed)
}
