//! A booking form that came after its sign-in had ended: kept while the sender signs in, and shown again, never sent by itself.
//!
//! Only what a page of ours sent is kept: another site can neither book in somebody's name nor put its words into their form.
//! What the browser holds is a secret of its own in a cookie; what was typed stays here, sealed.

use axum::{
    http::{HeaderMap, header::SET_COOKIE},
    response::{AppendHeaders, IntoResponse as _, Redirect, Response},
};
use shared::identity::Phone;

use super::{
    address::Client,
    booking_form,
    cookie::{Cookies, Life},
    session::{self, SignedIn},
};
use crate::{
    error::{AppError, Told},
    office::{BookingForm, FormKind},
    random,
    state::AppState,
    store::{BrowserToken, UNSENT_FOR, Unsent},
};

const COOKIE: &str = "unsent";

/// Keeps the form and leads to the sign-in page, which leads back to it.
pub(super) async fn keep(
    state: &AppState,
    headers: &HeaderMap,
    Client(address): Client,
    kind: FormKind,
    form: BookingForm,
) -> Result<Response, AppError> {
    let to_sign_in = Redirect::to(&format!("/sign-in?next={}", booking_form::address(kind)));
    if form == BookingForm::default() {
        return Ok(to_sign_in.into_response());
    }
    let browser = match browser(state, headers) {
        Some(browser) => browser,
        None => BrowserToken::from_random(random::bytes().map_err(|cause| AppError::caused(Told::Broken, cause))?),
    };
    let life = Life::For(UNSENT_FOR.num_seconds());
    let cookie = Cookies::under(&state.config.public_url).set(COOKIE, &browser.text(), life);
    let unsent = Unsent { browser, session: session::token(state, headers), kind, form };
    if !state.store.keep_unsent(unsent, address, state.clock.now()).await? {
        // Going back, the browser still has what was typed.
        return Err(AppError::told(Told::TooMany));
    }
    Ok((AppendHeaders(cookie.map(|cookie| (SET_COOKIE, cookie))), to_sign_in).into_response())
}

/// Whether the sign-in page may promise that nothing is lost.
pub(super) async fn waits(state: &AppState, headers: &HeaderMap) -> Result<bool, AppError> {
    match browser(state, headers) {
        Some(browser) => Ok(state.store.has_unsent(&browser, state.clock.now()).await?),
        None => Ok(false),
    }
}

/// Somebody has signed in: what this browser sent before is theirs.
pub(super) async fn claim(state: &AppState, headers: &HeaderMap, phone: &Phone) -> Result<(), AppError> {
    if let Some(browser) = browser(state, headers) {
        state.store.claim_unsent(&browser, phone).await?;
    }
    Ok(())
}

pub(super) async fn found(
    state: &AppState,
    headers: &HeaderMap,
    asked: &SignedIn,
    kind: FormKind,
) -> Result<Option<BookingForm>, AppError> {
    match browser(state, headers) {
        Some(browser) => Ok(state.store.unsent(&browser, asked.keeps_forms_of(kind)?, kind, state.clock.now()).await?),
        None => Ok(None),
    }
}

/// The form was sent again and is a booking now.
pub(super) async fn sent(state: &AppState, headers: &HeaderMap, form: &BookingForm) -> Result<(), AppError> {
    if let Some(browser) = browser(state, headers) {
        state.store.forget_unsent(&browser, form).await?;
    }
    Ok(())
}

fn browser(state: &AppState, headers: &HeaderMap) -> Option<BrowserToken> {
    Cookies::under(&state.config.public_url).get(headers, COOKIE).and_then(BrowserToken::parse)
}
