//! A host's invitation: a link and its QR code, by which visitors book without knowing the host's number.

use askama::Template;
use axum::{
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse as _, Redirect, Response},
};
use chrono::TimeDelta;
use shared::time::CampusDay;

use super::{
    form::Posted,
    issuing, qr,
    session::{Nothing, SignedIn},
    shell::{Shell, page},
    wording,
};
use crate::{
    error::{AppError, Told},
    state::AppState,
    store::{Invitation, InvitationToken},
};

#[derive(Template)]
#[template(path = "invite.html")]
struct Invite {
    shell: Shell,
    live: Option<Live>,
    form_token: String,
}

struct Live {
    address: String,
    until: String,
}

pub(super) async fn show(State(state): State<AppState>, host: SignedIn) -> Result<Response, AppError> {
    let lang = host.shell.lang;
    let live = found(&state, &host).await?.map(|Invitation { token, expires_at }| {
        let day = wording::day(CampusDay::of(expires_at), lang);
        let until = format!("{}{day} {}", lang.say("有效期至 ", "Good until "), expires_at.campus_clock());
        Live { address: address(&state, &token), until }
    });
    Ok(page(&Invite { live, form_token: host.form_token.text(), shell: host.shell }))
}

pub(super) async fn picture(State(state): State<AppState>, host: SignedIn) -> Result<Response, AppError> {
    let invitation = found(&state, &host).await?.ok_or(AppError::told(Told::NotFound))?;
    let file =
        qr::picture(&address(&state, &invitation.token)).map_err(|cause| AppError::caused(Told::Broken, cause))?;
    Ok(([(CONTENT_TYPE, "image/png")], file).into_response())
}

/// Good for as long as anybody may book ahead.
pub(super) async fn make(
    State(state): State<AppState>,
    host: SignedIn,
    posted: Posted<Nothing>,
) -> Result<Response, AppError> {
    let number = &host.staff()?.number;
    let Nothing {} = posted.confirmed_by(&host.form_token)?;
    let days = state.config.booking.horizon_days.max(1);
    let expires_at = state.clock.now().plus(TimeDelta::days(i64::from(days)));
    state.store.invite_visitors(number, &issuing::invitation()?, expires_at).await?;
    Ok(Redirect::to("/host/invite").into_response())
}

pub(super) async fn end(
    State(state): State<AppState>,
    host: SignedIn,
    posted: Posted<Nothing>,
) -> Result<Response, AppError> {
    let number = &host.staff()?.number;
    let Nothing {} = posted.confirmed_by(&host.form_token)?;
    state.store.end_invitation(number).await?;
    Ok(Redirect::to("/host/invite").into_response())
}

async fn found(state: &AppState, host: &SignedIn) -> Result<Option<Invitation>, AppError> {
    Ok(state.store.invitation(&host.staff()?.number, state.clock.now()).await?)
}

fn address(state: &AppState, token: &InvitationToken) -> String {
    format!("{}/invited/{}", state.config.public_url, token.text())
}
