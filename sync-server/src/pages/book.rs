//! Booking a visit: by the visitor, or by a host on a visitor's behalf.
//!
//! Whatever is wrong is said at its field, all of it at once, and what was typed is kept letter by letter: as a draft of the phone
//! that is signed in, and also where the session has ended meanwhile ([`super::unsent`]). It is never sent by itself. The host is
//! said with the rest, as far as the limit on look-ups allows.

use std::net::IpAddr;

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;
use shared::{identity::Phone, ids::BookingId, time::Moment};

use super::{
    address::Client,
    booking,
    booking_form::{FormPage, opening_form},
    draft,
    form::{Heard, Posted},
    issuing,
    language::Language,
    later::later,
    opening, privacy,
    session::SignedIn,
    unsent,
};
use crate::{
    error::{AppError, Told},
    office::{BookingForm, Field, FormKind as Kind, Problem},
    state::AppState,
    store::{BookingLimit, InvitationToken, OnBehalf, Sent, Submission, Submitted},
};

/// `?again=`: the number of a booking to begin from.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Begin {
    again: String,
}

pub(super) async fn show(
    State(state): State<AppState>,
    visitor: SignedIn,
    headers: HeaderMap,
    Query(begin): Query<Begin>,
) -> Result<Response, AppError> {
    if !begin.again.is_empty() {
        let form = again(&state, &visitor, &begin.again).await?;
        return Ok(FormPage::new(&state, visitor, form, Kind::OwnVisit).answer(StatusCode::OK));
    }
    shown(&state, visitor, &headers, Kind::OwnVisit).await
}

pub(super) async fn submit(
    State(state): State<AppState>,
    visitor: Option<SignedIn>,
    Client(address): Client,
    headers: HeaderMap,
    posted: Posted<BookingForm>,
) -> Result<Response, AppError> {
    // Without a phone nothing can be booked here, and what was typed waits for it.
    let visitor = visitor.filter(|visitor| visitor.phone.is_some());
    let heard = posted.heard(visitor.as_ref().map(|visitor| &visitor.form_token))?;
    let (visitor, form) = match (visitor, heard) {
        (Some(visitor), Heard::Confirmed(form)) => (visitor, form),
        (Some(visitor), Heard::Stale(form)) => return Ok(stale(&state, visitor, form, Kind::OwnVisit)),
        (None, Heard::Confirmed(form) | Heard::Stale(form)) => {
            return unsent::keep(&state, &headers, Client(address), Kind::OwnVisit, form).await;
        }
    };
    let now = state.clock.now();
    if draft::wants_no_sending(&form) {
        let (form, found) = draft::stepped(form, &state.config.rules(), now);
        if !found.is_empty() {
            return refused(&state, &headers, visitor, form, Kind::OwnVisit, found).await;
        }
        return draft::press(&state, &headers, visitor, form, Kind::OwnVisit).await;
    }
    let booking = match form.check(&state.config.rules(), now) {
        Ok(booking) => booking,
        Err(found) => {
            let found = with_the_host(&state, (visitor.phone()?, address), &form, found, now).await?;
            return refused(&state, &headers, visitor, form, Kind::OwnVisit, found).await;
        }
    };
    let submission = Submission {
        booking,
        by: (visitor.phone()?.clone(), address),
        limits: state.config.booking.limits(),
        notice: privacy::VERSION,
        links: issuing::links(&state)?,
        form: sent(&form),
    };
    match state.store.submit(submission, now).await? {
        Submitted::Booked(id) => {
            unsent::sent(&state, &headers, &form).await?;
            Ok(Redirect::to(&booking::address(id)).into_response())
        }
        Submitted::HostUnknown => {
            let unknown = vec![(Field::Host, Problem::HostUnknown)];
            refused(&state, &headers, visitor, form, Kind::OwnVisit, unknown).await
        }
        Submitted::Limited { why, retry_at } => {
            let said = too_many(why, retry_at, now, visitor.shell.lang);
            postponed(&state, &headers, visitor, form, Kind::OwnVisit, said).await
        }
    }
}

/// The form behind a host's invitation: the host stands in it already.
pub(super) async fn invited(
    State(state): State<AppState>,
    visitor: SignedIn,
    Path(invitation): Path<String>,
) -> Result<Response, AppError> {
    let host = match InvitationToken::parse(&invitation) {
        Some(token) => state.store.invited_by(&token, state.clock.now()).await?,
        None => None,
    };
    let form = BookingForm { phone: visitor.phone()?.as_str().to_owned(), ..opening_form(&state)? };
    let Some(host) = host else {
        let said = visitor.shell.say(
            "这个邀请已失效。请向被访人索取新的邀请，或者自己填写被访人。",
            "This invitation is no longer good. Ask your host for a new one, or say yourself whom you visit.",
        );
        let said = said.to_owned();
        return Ok(FormPage::new(&state, visitor, form, Kind::OwnVisit).saying(said).answer(StatusCode::GONE));
    };
    let form = BookingForm { host_name: host.name.to_string(), ..form };
    // A staff number is no visitor's to know, unless nothing else tells two colleagues apart.
    let form = if state.store.is_found_by_department(&host).await? {
        BookingForm { host_department: host.department, ..form }
    } else {
        BookingForm { host_number: host.number.to_string(), ..form }
    };
    Ok(FormPage::new(&state, visitor, form, Kind::OwnVisit).answer(StatusCode::OK))
}

/// What is wrong with a form, and whether its host is unknown besides.
async fn with_the_host(
    state: &AppState,
    who: (&Phone, IpAddr),
    form: &BookingForm,
    mut found: Vec<(Field, Problem)>,
    now: Moment,
) -> Result<Vec<(Field, Problem)>, AppError> {
    if let Ok(asked) = form.host()
        && state.store.host_is_unknown_within(&asked, who, state.config.booking.limits(), now).await?
    {
        found.push((Field::Host, Problem::HostUnknown));
        found.sort_by_key(|(field, _)| *field);
    }
    Ok(found)
}

pub(super) async fn show_on_behalf(
    State(state): State<AppState>,
    host: SignedIn,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    host.staff()?;
    shown(&state, host, &headers, Kind::OnBehalf).await
}

pub(super) async fn submit_on_behalf(
    State(state): State<AppState>,
    host: Option<SignedIn>,
    client: Client,
    headers: HeaderMap,
    posted: Posted<BookingForm>,
) -> Result<Response, AppError> {
    let heard = posted.heard(host.as_ref().map(|host| &host.form_token))?;
    let (host, form) = match (host, heard) {
        (Some(host), Heard::Confirmed(form)) => (host, form),
        (Some(host), Heard::Stale(form)) => {
            host.staff()?;
            return Ok(stale(&state, host, form, Kind::OnBehalf));
        }
        (None, Heard::Confirmed(form) | Heard::Stale(form)) => {
            return unsent::keep(&state, &headers, client, Kind::OnBehalf, form).await;
        }
    };
    let staff = host.staff()?.clone();
    if draft::wants_no_sending(&form) {
        return draft::press(&state, &headers, host, form, Kind::OnBehalf).await;
    }
    let now = state.clock.now();
    let booking = match form.check_on_behalf(&state.config.rules(), now) {
        Ok(booking) => booking,
        Err(found) => return refused(&state, &headers, host, form, Kind::OnBehalf, found).await,
    };
    let issuing = issuing::for_campus(&state, booking.facts().campus)?;
    let limits = state.config.booking.limits();
    let on_behalf = OnBehalf { booking, host: staff, limits, notice: privacy::VERSION, issuing, form: sent(&form) };
    match state.store.submit_on_behalf(on_behalf, now).await? {
        Submitted::Booked(id) => {
            unsent::sent(&state, &headers, &form).await?;
            Ok(Redirect::to(&booking::address(id)).into_response())
        }
        Submitted::Limited { why, retry_at } => {
            let said = too_many(why, retry_at, now, host.shell.lang);
            postponed(&state, &headers, host, form, Kind::OnBehalf, said).await
        }
        Submitted::HostUnknown => Err(AppError::told(Told::NotFound)),
    }
}

fn sent(form: &BookingForm) -> Sent {
    Sent { id: form.form_id.clone(), mark: form.mark() }
}

/// What was typed before, else an empty form.
async fn shown(state: &AppState, asked: SignedIn, headers: &HeaderMap, kind: Kind) -> Result<Response, AppError> {
    let on_behalf = kind == Kind::OnBehalf;
    if let Some(form) = unsent::found(state, headers, &asked, kind).await? {
        return Ok(FormPage::new(state, asked, form, kind).unsent().answer(StatusCode::OK));
    }
    if let Some(form) =
        state.store.draft(asked.keeps_forms_of(kind)?, on_behalf, state.clock.now(), asked.as_of).await?
    {
        return Ok(FormPage::new(state, asked, form, kind).draft().answer(StatusCode::OK));
    }
    if !on_behalf && let Some(page) = opening::page(state, &asked)? {
        return Ok(page);
    }
    let phone = if on_behalf { String::new() } else { asked.phone()?.as_str().to_owned() };
    let form = BookingForm { phone, ..opening_form(state)? };
    Ok(FormPage::new(state, asked, form, kind).answer(StatusCode::OK))
}

/// A booking of one's own as a new form: without its day, and with the host as the booking's page names them.
async fn again(state: &AppState, asked: &SignedIn, number: &str) -> Result<BookingForm, AppError> {
    let id = number.parse().map(BookingId::new).map_err(|_| AppError::told(Told::NotFound))?;
    let said = state.store.booking_said(id, asked.phone()?).await?.ok_or(AppError::told(Told::NotFound))?;
    Ok(BookingForm {
        form_id: opening_form(state)?.form_id,
        day: String::new(),
        host_name: said.view.host.name.to_string(),
        host_department: said.view.host.department,
        ..said.form
    })
}

/// A form of a page that was opened in an earlier session: at once there again, with a token of this one.
fn stale(state: &AppState, asked: SignedIn, form: BookingForm, kind: Kind) -> Response {
    FormPage::new(state, asked, form, kind).unsent().answer(StatusCode::FORBIDDEN)
}

async fn refused(
    state: &AppState,
    headers: &HeaderMap,
    asked: SignedIn,
    form: BookingForm,
    kind: Kind,
    found: Vec<(Field, Problem)>,
) -> Result<Response, AppError> {
    draft::keep(state, headers, &asked, &form, kind).await?;
    let page = FormPage::new(state, asked, form, kind).with_problems(state, found);
    Ok(page.answer(StatusCode::UNPROCESSABLE_ENTITY))
}

async fn postponed(
    state: &AppState,
    headers: &HeaderMap,
    asked: SignedIn,
    form: BookingForm,
    kind: Kind,
    said: String,
) -> Result<Response, AppError> {
    draft::keep(state, headers, &asked, &form, kind).await?;
    Ok(FormPage::new(state, asked, form, kind).saying(said).answer(StatusCode::TOO_MANY_REQUESTS))
}

pub(super) fn too_many(why: BookingLimit, retry_at: Moment, now: Moment, lang: Language) -> String {
    let said = match why {
        BookingLimit::Bookings => lang.say(
            "预约次数太多，请 {}再提交。已填写的内容都保留着。",
            "Too many bookings were made. Please send this again {}. What you typed is kept.",
        ),
        // Whoever shares a network address may have done the asking.
        BookingLimit::UnknownHosts => lang.say(
            "查找被访人失败的次数太多。请先向被访人核对，{}再提交。已填写的内容都保留着。",
            "Too many look-ups found no host. Please check with your host and send this again {}. What you typed is kept.",
        ),
    };
    said.replace("{}", &later(retry_at, now, lang))
}
