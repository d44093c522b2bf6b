//! One booking: how it stands, its pass, and what the one who looks may still do with it.
//!
//! Only the visitor and the host see it. To everybody else it does not exist: the answer is the same for a number that was never
//! given out.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use shared::ids::BookingId;

use super::{
    decision::{Deciding, Decision},
    form::Posted,
    issuing,
    progress::{self, Step},
    session::{Nothing, SignedIn},
    shell::{Shell, page},
    wording::{self, Fact},
};
use crate::{
    error::{AppError, Told},
    office::{RevokedBy, Standing},
    state::AppState,
    store::{BookingView, EndOutcome, Outcome, Target},
};

#[derive(Template)]
#[template(path = "booking.html")]
struct Booking {
    shell: Shell,
    address: String,
    day: String,
    hours: String,
    standing: &'static str,
    standing_said: &'static str,
    explained: String,
    pass: Option<String>,
    facts: Vec<Fact>,
    steps: Vec<Step>,
    /// The visitor waits: the page looks again by itself.
    live: bool,
    deciding: Option<Deciding>,
    cancellable: bool,
    revocable: bool,
    form_token: String,
}

pub(super) async fn show(
    State(state): State<AppState>,
    asked: SignedIn,
    Path(number): Path<String>,
) -> Result<Response, AppError> {
    let (view, role) = found(&state, &asked, &number).await?;
    whole_page(&state, asked, view, role, None).await
}

pub(super) async fn cancel(
    State(state): State<AppState>,
    asked: SignedIn,
    Path(number): Path<String>,
    posted: Posted<Nothing>,
) -> Result<Response, AppError> {
    let Nothing {} = posted.confirmed_by(&asked.form_token)?;
    let (view, _) = found(&state, &asked, &number).await?;
    let outcome = state.store.cancel(view.id, &asked.phone, state.clock.now()).await?;
    ended(view.id, &outcome)
}

pub(super) async fn revoke(
    State(state): State<AppState>,
    asked: SignedIn,
    Path(number): Path<String>,
    posted: Posted<Nothing>,
) -> Result<Response, AppError> {
    let Nothing {} = posted.confirmed_by(&asked.form_token)?;
    let (view, _) = found(&state, &asked, &number).await?;
    let host = asked.staff()?;
    let by = RevokedBy::Host { number: host.number.clone(), name: host.name.clone() };
    let outcome = state.store.revoke(Target::Booking(view.id), by, state.clock.now()).await?;
    ended(view.id, &outcome)
}

/// The host's decision on this page instead of by a link.
pub(super) async fn decide(
    State(state): State<AppState>,
    asked: SignedIn,
    Path(number): Path<String>,
    posted: Posted<Decision>,
) -> Result<Response, AppError> {
    let decision = posted.confirmed_by(&asked.form_token)?;
    let (view, role) = found(&state, &asked, &number).await?;
    let choice = match decision.read() {
        Ok(choice) => choice,
        Err(unclear) => {
            let lang = asked.shell.lang;
            let again = decision.again(decide_address(view.id), asked.form_token.text(), unclear, lang);
            let page = whole_page(&state, asked, view, role, Some(again)).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let issuing = issuing::for_campus(&state, view.facts.campus)?;
    let host = &asked.staff()?.number;
    match state.store.decide_signed_in(view.id, host, choice, issuing, state.clock.now()).await? {
        // The page itself says who was first, and when.
        Outcome::Decided(_) | Outcome::AlreadyDecided(_) | Outcome::TooLate => Ok(to_page(view.id)),
        Outcome::NotFound => Err(AppError::told(Told::NotFound)),
    }
}

/// What somebody is to a booking.
#[derive(Debug, Clone, Copy)]
struct Role {
    visitor: bool,
    host: bool,
}

async fn found(state: &AppState, asked: &SignedIn, number: &str) -> Result<(BookingView, Role), AppError> {
    let number = number.parse().map_err(|_| AppError::told(Told::NotFound))?;
    let view = state.store.booking(BookingId::new(number)).await?.ok_or(AppError::told(Told::NotFound))?;
    let role = Role {
        visitor: view.belongs_to(&asked.phone),
        host: asked.staff.as_ref().is_some_and(|staff| staff.number == view.host.number),
    };
    if role.visitor || role.host { Ok((view, role)) } else { Err(AppError::told(Told::NotFound)) }
}

async fn whole_page(
    state: &AppState,
    asked: SignedIn,
    view: BookingView,
    role: Role,
    again: Option<Deciding>,
) -> Result<Response, AppError> {
    let lang = asked.shell.lang;
    let notices = state.store.notices_of(view.id).await?;
    let over = state.clock.now() >= view.facts.over_at();
    let waiting = view.standing == Standing::Waiting && !over;
    let approved = matches!(view.standing, Standing::Approved { .. });
    let address = address(view.id);
    let new_form = || Deciding::new(decide_address(view.id), asked.form_token.text());
    // A visitor booked for may have no phone that we can reach: then the host hands the pass on.
    let sees_pass = role.visitor || view.booked_by.is_none();
    Ok(page(&Booking {
        day: wording::day(view.facts.day, lang),
        hours: wording::hours(&view.facts),
        standing: view.standing.name(),
        standing_said: wording::standing(&view.standing, lang),
        explained: if waiting && role.host {
            lang.say("访客在等您审核。", "The visitor is waiting for your decision.").to_owned()
        } else if view.standing == Standing::Waiting && over {
            lang.say("来访日期已过，没有审核。", "The day of the visit is over; nobody decided.").to_owned()
        } else if approved && over {
            lang.say("来访日期已过，通行码已失效。", "The day of the visit is over, and the pass with it.").to_owned()
        } else {
            wording::how_it_came(&view.standing, lang)
        },
        pass: view.pass.as_ref().filter(|_| approved && sees_pass && !over).map(|pass| pass.page.text()),
        facts: wording::facts(state, &view.facts, &view.host, lang),
        steps: progress::steps(&view, &notices, over, lang),
        // A host who types a reason is not to lose it.
        live: waiting && !role.host,
        deciding: (role.host && waiting).then(|| again.unwrap_or_else(new_form)),
        cancellable: role.visitor && !over && (waiting || approved),
        revocable: role.host && !over && approved,
        form_token: asked.form_token.text(),
        address,
        shell: asked.shell,
    }))
}

fn ended(booking: BookingId, outcome: &EndOutcome) -> Result<Response, AppError> {
    match outcome {
        EndOutcome::Ended(_) | EndOutcome::AlreadyEnded(_) => Ok(to_page(booking)),
        EndOutcome::NotTheirs | EndOutcome::NotFound => Err(AppError::told(Told::NotFound)),
    }
}

fn to_page(booking: BookingId) -> Response {
    Redirect::to(&address(booking)).into_response()
}

fn decide_address(booking: BookingId) -> String {
    format!("{}/decide", address(booking))
}

pub(super) fn address(booking: BookingId) -> String {
    format!("/bookings/{booking}")
}
