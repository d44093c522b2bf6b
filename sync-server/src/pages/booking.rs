//! One booking: how it stands, its pass, and what the one who looks may still do with it.
//!
//! Only the visitor, the host and who stands in for them see it. To everybody else it does not exist: the answer is the same for a number that was never
//! given out.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use shared::{ids::BookingId, time::CampusDay};

use super::{
    calendar, decide,
    decision::{Deciding, Decision, Usual, changed, out_of_date, usual_reasons},
    edit,
    form::{Heard, Posted},
    issuing,
    language::Language,
    progress::{self, Step},
    session::{Nothing, SignedIn},
    shell::{Shell, page},
    standing_words::{self, Reader},
    wording::{self, Chip, Fact, Weight},
};
use crate::{
    error::{AppError, Told},
    office::{RevokedBy, Staff, Standing},
    state::AppState,
    store::{AsOf, BookingView, EndOutcome, NoticeStatus, Outcome, Target},
};

#[derive(Template)]
#[template(path = "booking.html")]
struct Booking {
    shell: Shell,
    address: String,
    day: String,
    hours: String,
    standing: &'static str,
    chip: Chip,
    explained: String,
    pass: Option<String>,
    facts: Vec<Fact>,
    /// What who decides may read after it.
    details: Vec<Fact>,
    steps: Vec<Step>,
    /// The visitor waits: the page looks again by itself.
    live: bool,
    deciding: Option<Deciding>,
    usual_reasons: [Usual; 4],
    /// Why the same page is there again.
    alert: Option<&'static str>,
    /// What it takes the place of, or what takes its place.
    related: Option<Related>,
    changeable: bool,
    again: Option<String>,
    /// What its calendar file is good for.
    calendar: Option<&'static str>,
    cancellable: bool,
    revocable: bool,
    /// Whether the visitor can be told of anything.
    reached: bool,
    form_token: String,
}

struct Related {
    said: &'static str,
    address: String,
}

pub(super) async fn show(
    State(state): State<AppState>,
    asked: SignedIn,
    Path(number): Path<String>,
) -> Result<Response, AppError> {
    let found = found_as_of(&state, &asked, &number, asked.as_of).await?;
    Ok(page(&whole_page(&state, asked, found).await?))
}

pub(super) async fn cancel(
    State(state): State<AppState>,
    asked: SignedIn,
    Path(number): Path<String>,
    posted: Posted<Nothing>,
) -> Result<Response, AppError> {
    let found = found(&state, &asked, &number).await?;
    if let Heard::Stale(Nothing {}) = posted.heard(Some(&asked.form_token))? {
        return shown_again(&state, asked, found).await;
    }
    let view = found.view;
    let outcome = state.store.cancel(view.id, asked.phone()?, state.clock.now()).await?;
    ended(view.id, &outcome)
}

pub(super) async fn revoke(
    State(state): State<AppState>,
    asked: SignedIn,
    Path(number): Path<String>,
    posted: Posted<Nothing>,
) -> Result<Response, AppError> {
    let found = found(&state, &asked, &number).await?;
    if let Heard::Stale(Nothing {}) = posted.heard(Some(&asked.form_token))? {
        return shown_again(&state, asked, found).await;
    }
    let view = found.view;
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
    let heard = posted.heard(Some(&asked.form_token))?;
    let seen = match (found(&state, &asked, &number).await, &heard) {
        (Ok(seen), _) => seen,
        (Err(error), Heard::Confirmed(_)) => return not_the_first(&state, asked, &number).await?.ok_or(error),
        (Err(error), Heard::Stale(_)) => return Err(error),
    };
    let lang = asked.shell.lang;
    let decision = match heard {
        Heard::Confirmed(decision) => decision,
        Heard::Stale(decision) => {
            let mut again = whole_page(&state, asked, seen).await?;
            again.alert = Some(out_of_date(lang));
            again.deciding = again.deciding.map(|deciding| deciding.with(decision));
            return Ok((StatusCode::FORBIDDEN, page(&again)).into_response());
        }
    };
    let word = match decision.read() {
        Ok(word) => word,
        Err(unclear) => {
            let mut again = whole_page(&state, asked, seen).await?;
            again.deciding = again.deciding.map(|deciding| deciding.with(decision).unclear(unclear, lang));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response());
        }
    };
    let Found { view, role, .. } = seen;
    let issuing = issuing::for_campus(&state, view.facts.campus)?;
    let staff = asked.staff()?;
    match state.store.decide_signed_in(view.id, staff, word, issuing, state.clock.now()).await? {
        Outcome::AlreadyDecided(standing) if role.deputy && !standing.is_the_word_of(&staff.number) => {
            not_the_first(&state, asked, &number).await?.ok_or(AppError::told(Told::NotFound))
        }
        // The page itself says who was first, and when.
        Outcome::Decided(_) | Outcome::AlreadyDecided(_) | Outcome::TooLate => Ok(to_page(view.id)),
        Outcome::Changed => {
            let changed_meanwhile = found(&state, &asked, &number).await?;
            let mut again = whole_page(&state, asked, changed_meanwhile).await?;
            again.alert = Some(changed(lang));
            again.deciding = again.deciding.map(|deciding| deciding.with(decision));
            Ok((StatusCode::CONFLICT, page(&again)).into_response())
        }
        Outcome::NotFound => Err(AppError::told(Told::NotFound)),
    }
}

/// A deputy pressed after somebody else: the booking is not theirs to see any more, only who was first. So it is while they can
/// have had it before them: on the day it was settled.
async fn not_the_first(state: &AppState, asked: SignedIn, number: &str) -> Result<Option<Response>, AppError> {
    let (Some(staff), Ok(number)) = (&asked.staff, number.parse()) else { return Ok(None) };
    let Some(view) = state.store.booking(BookingId::new(number)).await? else { return Ok(None) };
    let now = state.clock.now();
    let today = CampusDay::of(now);
    let was_settled_today = view.standing.settled_at().is_some_and(|at| CampusDay::of(at) == today);
    if !was_settled_today || !state.store.stands_in(&staff.number, &view.host.number, today).await? {
        return Ok(None);
    }
    Ok(Some(decide::not_the_first(&view, asked.shell, now)))
}

/// The booking, for who comes or has booked it.
pub(super) async fn of_visitor(state: &AppState, asked: &SignedIn, number: &str) -> Result<Arc<BookingView>, AppError> {
    let Found { view, role, .. } = found(state, asked, number).await?;
    if role.visitor { Ok(view) } else { Err(asked.not_theirs()) }
}

/// What a booking is to take the place of, as a line of its facts.
pub(super) async fn replaced(state: &AppState, view: &BookingView, lang: Language) -> Result<Option<Fact>, AppError> {
    let Some(replaced) = view.replaces else { return Ok(None) };
    let old = state.store.booking(replaced).await?;
    let said = lang.say("通过后代替原预约", "Once approved, takes the place of");
    Ok(old.map(|old| Fact { name: said, value: wording::when(&old.facts, lang), weight: Weight::First }))
}

/// What somebody is to a booking.
#[derive(Debug, Clone, Copy)]
struct Role {
    visitor: bool,
    host: bool,
    /// Who stands in for the host today; of what is decided they see what they decided themselves.
    deputy: bool,
    /// Who said yes and, until the day is over, may take it back, whether they still stand in or not.
    approver: bool,
    /// Whose yes or no it was.
    decided: bool,
}

impl Role {
    const fn decides(self) -> bool {
        self.host || self.deputy
    }
}

/// A booking, as it is there for who asks.
struct Found {
    view: Arc<BookingView>,
    notices: Vec<NoticeStatus>,
    role: Role,
}

async fn found(state: &AppState, asked: &SignedIn, number: &str) -> Result<Found, AppError> {
    found_as_of(state, asked, number, None).await
}

async fn found_as_of(state: &AppState, asked: &SignedIn, number: &str, as_of: Option<AsOf>) -> Result<Found, AppError> {
    let number = number.parse().map_err(|_| AppError::told(Told::NotFound))?;
    let found = state.store.booking_with_notices(BookingId::new(number), as_of).await?;
    let (view, notices) = found.ok_or_else(|| asked.not_theirs())?;
    let host = asked.staff.as_ref().is_some_and(|staff| staff.number == view.host.number);
    let deputy = match &asked.staff {
        Some(staff) if !host && concerns(&view.standing, staff) => {
            let today = CampusDay::of(state.clock.now());
            state.store.stands_in(&staff.number, &view.host.number, today).await?
        }
        Some(_) | None => false,
    };
    let approver = asked.staff.as_ref().is_some_and(|staff| view.standing.is_the_word_of(&staff.number))
        && state.clock.now() < view.facts.over_at();
    let visitor = asked.phone.as_ref().is_some_and(|phone| view.belongs_to(phone));
    let decided = asked.staff.as_ref().is_some_and(|staff| match &view.standing {
        Standing::Approved { by, .. } | Standing::Declined { by, .. } => by.number == staff.number,
        Standing::Waiting | Standing::Cancelled { .. } | Standing::Revoked { .. } => false,
    });
    let role = Role { visitor, host, deputy, approver, decided };
    if role.visitor || role.approver || role.decides() {
        Ok(Found { view, notices, role })
    } else {
        Err(asked.not_theirs())
    }
}

/// Whether it is a deputy's to see: to be decided, or decided by them.
fn concerns(standing: &Standing, deputy: &Staff) -> bool {
    match standing {
        Standing::Waiting => true,
        Standing::Approved { by, .. } | Standing::Declined { by, .. } => by.number == deputy.number,
        Standing::Cancelled { .. } | Standing::Revoked { .. } => false,
    }
}

/// A form of a page that was open for too long does nothing but bring the page again.
async fn shown_again(state: &AppState, asked: SignedIn, found: Found) -> Result<Response, AppError> {
    let alert = Some(out_of_date(asked.shell.lang));
    let again = Booking { alert, ..whole_page(state, asked, found).await? };
    Ok((StatusCode::FORBIDDEN, page(&again)).into_response())
}

async fn whole_page(state: &AppState, asked: SignedIn, found: Found) -> Result<Booking, AppError> {
    let Found { view, notices, role } = found;
    let lang = asked.shell.lang;
    let over = state.clock.now() >= view.facts.over_at();
    let waiting = view.standing == Standing::Waiting && !over;
    let approved = matches!(view.standing, Standing::Approved { .. });
    let reached = view.reaches_the_visitor();
    let address = address(view.id);
    let mut facts = wording::facts(state, &view.facts, &view.host, lang);
    facts.extend(replaced(state, &view, lang).await?);
    let mut ask_security = false;
    if role.decides() && waiting {
        let background = state.store.background(view.id, CampusDay::of(state.clock.now()), None).await?;
        facts.extend(wording::booker(&view, lang));
        facts.extend(wording::background(&background, role.host, lang));
        ask_security = background.ask_security;
    }
    let (facts, details) =
        if role.decides() && waiting { wording::weighed(facts, role.host) } else { (facts, Vec::new()) };
    // A visitor booked for may have no phone that we can reach: then the host hands the pass on.
    let sees_pass = role.visitor || (role.host && view.booked_by.is_none());
    let booked = asked.phone.is_some() && view.booked_by == asked.phone;
    Ok(Booking {
        alert: None,
        related: related(state, &view, lang).await?,
        changeable: booked && edit::open(state, &view),
        again: role.visitor.then(|| format!("/book?again={}", view.id)),
        calendar: (role.visitor && !over && calendar::has_file(&view)).then(|| {
            if approved {
                lang.say("加入日历", "Add to calendar")
            } else {
                lang.say("从日历中删除", "Take it out of the calendar")
            }
        }),
        day: wording::day(view.facts.day, lang),
        hours: wording::hours(&view.facts),
        standing: view.standing.name(),
        chip: wording::chip(&view.standing, over, lang),
        explained: if waiting && role.decides() {
            lang.say("访客在等您审核。", "The visitor is waiting for your decision.").to_owned()
        } else if view.standing == Standing::Waiting && over {
            lang.say("来访日期已过，没有审核。", "The day of the visit is over; nobody decided.").to_owned()
        } else if approved && over {
            lang.say("来访日期已过，通行码已失效。", "The day of the visit is over, and the pass with it.").to_owned()
        } else if waiting {
            progress::telling(&notices, lang).to_owned()
        } else if let Some(done) = role.decided.then(|| standing_words::done(&view.standing, reached, lang)).flatten() {
            done.said
        } else {
            let reader = if role.visitor { Reader::Visitor } else { Reader::Colleague };
            standing_words::how_it_came(&view.standing, reader, lang)
        },
        pass: view.pass.as_ref().filter(|_| approved && sees_pass && !over).map(|pass| pass.page.text()),
        facts,
        details,
        reached,
        steps: progress::steps(&view, &notices, over, lang),
        // A host who types a reason is not to lose it.
        live: waiting && !role.decides(),
        deciding: (role.decides() && waiting).then(|| Deciding {
            ask_security,
            ..Deciding::new(format!("{address}/decide"), asked.form_token.text(), view.revision)
        }),
        usual_reasons: usual_reasons(lang),
        cancellable: role.visitor && !over && (waiting || approved),
        revocable: !over && approved && (role.host || role.approver),
        form_token: asked.form_token.text(),
        shell: asked.shell.at(&address),
        address,
    })
}

async fn related(state: &AppState, view: &BookingView, lang: Language) -> Result<Option<Related>, AppError> {
    let successor = match view.successor {
        Some(id) => state.store.booking(id).await?,
        None => None,
    };
    // A change that nobody decided in time takes no place.
    let is_over =
        |change: &BookingView| change.standing == Standing::Waiting && state.clock.now() >= change.facts.over_at();
    let successor = successor.filter(|change| !is_over(change));
    let (said, other) = match (&view.standing, successor.as_deref(), view.replaces) {
        (Standing::Approved { .. }, Some(successor), _) => (
            lang.say(
                "修改后的预约在等被访人审核，通过之前这份预约仍然有效。查看修改后的预约",
                "A change waits for the host; until they agree, this booking stands. See the changed booking",
            ),
            successor.id,
        ),
        (_, Some(BookingView { id, standing: Standing::Waiting, .. }), _) => {
            (lang.say("另有一份修改后的预约在等审核，点此查看", "A changed booking waits for the host; see it"), *id)
        }
        (_, Some(successor), _) => {
            (lang.say("已由修改后的预约代替，点此查看", "Another booking has taken its place; see it"), successor.id)
        }
        (_, None, Some(replaced)) => (lang.say("查看原来的预约", "See the earlier booking"), replaced),
        (_, None, None) => return Ok(None),
    };
    Ok(Some(Related { said, address: address(other) }))
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

pub(super) fn address(booking: BookingId) -> String {
    format!("/bookings/{booking}")
}
