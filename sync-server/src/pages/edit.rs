//! Changing a booking, for who made it: its own form, the one page that shows the whole document number.
//!
//! What becomes of a change is the office's rule; here it is led to the page that says so.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Redirect, Response},
};
use shared::ids::BookingId;

use super::{
    address::Client,
    book::too_many,
    booking,
    booking_form::{self, FormPage},
    draft,
    form::{Heard, Posted},
    issuing, privacy,
    session::SignedIn,
    unsent,
};
use crate::{
    error::{AppError, Told},
    office::{BookingForm, FormKind as Kind, Standing},
    state::AppState,
    store::{BookingLimit, BookingView, Changed, Changing, Said},
};

pub(super) async fn show(
    State(state): State<AppState>,
    asked: SignedIn,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Result<Response, AppError> {
    let Said { view, form } = found(&state, &asked, &number).await?;
    if !open(&state, &view) {
        return Ok(to_page(view.id));
    }
    // What waits to take its place is what is being changed, or the one change would undo the other.
    if let Some(waiting) = view.successor
        && state.store.booking(waiting).await?.is_some_and(|waiting| open(&state, &waiting))
    {
        return Ok(Redirect::to(&booking_form::address(Kind::Change(waiting))).into_response());
    }
    if let Some(form) = unsent::found(&state, &headers, &asked, Kind::Change(view.id)).await? {
        return Ok(FormPage::new(&state, asked, form, Kind::Change(view.id)).unsent().answer(StatusCode::OK));
    }
    Ok(FormPage::new(&state, asked, form, Kind::Change(view.id)).answer(StatusCode::OK))
}

pub(super) async fn submit(
    State(state): State<AppState>,
    asked: Option<SignedIn>,
    client: Client,
    headers: HeaderMap,
    Path(number): Path<String>,
    posted: Posted<BookingForm>,
) -> Result<Response, AppError> {
    let id = numbered(&number)?;
    let kind = Kind::Change(id);
    // Without a phone nothing can be changed here, and what was typed waits for it.
    let asked = asked.filter(|asked| asked.phone.is_some());
    let heard = posted.heard(asked.as_ref().map(|asked| &asked.form_token))?;
    let (asked, form) = match (asked, heard) {
        (Some(asked), Heard::Confirmed(form)) => (asked, form),
        (Some(asked), Heard::Stale(form)) => {
            found(&state, &asked, &number).await?;
            return Ok(FormPage::new(&state, asked, form, kind).unsent().answer(StatusCode::FORBIDDEN));
        }
        (None, Heard::Confirmed(form) | Heard::Stale(form)) => {
            return unsent::keep(&state, &headers, client, kind, form).await;
        }
    };
    let Said { view, .. } = found(&state, &asked, &number).await?;
    if !open(&state, &view) {
        return Ok(to_page(id));
    }
    if draft::wants_no_sending(&form) {
        let form = form.grown(&state.config.rules());
        return Ok(FormPage::new(&state, asked, form, kind).answer(StatusCode::OK));
    }
    let now = state.clock.now();
    let booking = match form.check_change(&state.config.rules(), now) {
        Ok(booking) => booking,
        Err(problems) => {
            let page = FormPage::new(&state, asked, form, kind).with_problems(&state, problems);
            return Ok(page.answer(StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    // The pass stays only where the campus does.
    let issuing = issuing::for_campus(&state, booking.facts().campus)?;
    let changing = Changing {
        booking,
        by: asked.phone()?.clone(),
        notice: privacy::VERSION,
        links: issuing::links(&state)?,
        issuing,
        limits: state.config.booking.limits(),
    };
    let changed = state.store.change_booking(id, changing, now).await?;
    if !matches!(changed, Changed::Limited { .. }) {
        unsent::sent(&state, &headers, &form).await?;
    }
    match changed {
        Changed::Nothing | Changed::AtOnce | Changed::TooLate => Ok(to_page(id)),
        Changed::WhileWaiting(waiting) | Changed::Asked(waiting) => Ok(to_page(waiting)),
        Changed::Limited { retry_at } => {
            let said = too_many(BookingLimit::Bookings, retry_at, now, asked.shell.lang);
            Ok(FormPage::new(&state, asked, form, kind).saying(said).answer(StatusCode::TOO_MANY_REQUESTS))
        }
        Changed::NotFound => Err(AppError::told(Told::NotFound)),
    }
}

/// Whether who booked may still change it.
pub(super) fn open(state: &AppState, view: &BookingView) -> bool {
    let stands = matches!(view.standing, Standing::Waiting | Standing::Approved { .. });
    stands && state.clock.now() < view.facts.over_at()
}

/// Only who booked: a visitor for whom somebody else did has not seen the rest of the form.
async fn found(state: &AppState, asked: &SignedIn, number: &str) -> Result<Said, AppError> {
    let phone = asked.phone()?;
    let said = state.store.booking_said(numbered(number)?, phone).await?;
    said.filter(|said| said.view.booked_by.as_ref() == Some(phone)).ok_or(AppError::told(Told::NotFound))
}

fn numbered(number: &str) -> Result<BookingId, AppError> {
    number.parse().map(BookingId::new).map_err(|_| AppError::told(Told::NotFound))
}

fn to_page(booking: BookingId) -> Response {
    Redirect::to(&booking::address(booking)).into_response()
}
