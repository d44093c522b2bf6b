//! A visit as a calendar file (RFC 5545): what any phone puts into its calendar, and takes out of it again.
//!
//! A file fetched again carries the same name for the visit and a higher number after every change, so a calendar replaces what it
//! has. It leads to the booking's page, which asks who is there, and never to the pass: calendars are copied to wherever their
//! owner has them.

use axum::{
    extract::{Path, State},
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};
use ics::{
    Event, ICalendar, escape_text,
    properties::{Description, DtEnd, DtStart, Location, Method, Sequence, Status, Summary, URL},
};
use shared::time::Moment;

use super::{booking, language::Language, session::SignedIn, wording};
use crate::{
    error::{AppError, Told},
    office::Standing,
    state::AppState,
    store::BookingView,
};

pub(super) async fn show(
    State(state): State<AppState>,
    asked: SignedIn,
    Path(number): Path<String>,
) -> Result<Response, AppError> {
    let view = booking::of_visitor(&state, &asked, &number).await?;
    let place = wording::campus(&state, view.facts.campus, asked.shell.lang);
    let file =
        file(&view, asked.shell.university(), &place, &state.config.public_url, state.clock.now(), asked.shell.lang);
    let file = file.ok_or(AppError::told(Told::NotFound))?;
    let headers =
        [(CONTENT_TYPE, "text/calendar; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"visit.ics\"")];
    Ok((headers, file).into_response())
}

/// Whether there is something to put into a calendar, or to take out of it.
pub(super) fn has_file(view: &BookingView) -> bool {
    match view.standing {
        Standing::Approved { .. } => true,
        Standing::Cancelled { .. } | Standing::Revoked { .. } => view.pass.is_some(),
        Standing::Waiting | Standing::Declined { .. } => false,
    }
}

/// `None` for a visit that nobody has agreed to.
fn file(view: &BookingView, university: &str, place: &str, site: &str, now: Moment, lang: Language) -> Option<String> {
    if !has_file(view) {
        return None;
    }
    let ended = !matches!(view.standing, Standing::Approved { .. });
    let facts = &view.facts;
    let host = site.split_once("://").map_or(site, |(_, host)| host);
    let mut event = Event::new(format!("booking-{}@{host}", view.id), utc(now));
    // It begins at 0 and grows with every change; the end of the visit is one.
    let sequence = view.revision.get().saturating_sub(1) + u32::from(ended);
    event.push(Sequence::new(sequence.to_string()));
    event.push(if ended { Status::cancelled() } else { Status::confirmed() });
    event.push(DtStart::new(utc(facts.from.on(facts.day))));
    event.push(DtEnd::new(utc(facts.until.on(facts.day))));
    let summary = format!("{}{}（{}）", lang.say("拜访 ", "Visit to "), view.host.name, view.host.department);
    event.push(Summary::new(escape_text(summary)));
    event.push(Location::new(escape_text(format!("{university} {place}"))));
    let advice = lang.say(
        "请带好证件，入校时在预约页打开通行码。",
        "Bring your document; the booking's page opens the pass to show at the gate.",
    );
    event.push(Description::new(escape_text(advice)));
    event.push(URL::new(format!("{site}{}", booking::address(view.id))));
    let mut calendar = ICalendar::new("2.0", "-//campus visitor gate//visit//ZH");
    calendar.push(Method::new(if ended { "CANCEL" } else { "PUBLISH" }));
    calendar.add_event(event);
    Some(calendar.to_string())
}

/// `20261123T010000Z`
fn utc(at: Moment) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at.unix_ms());
    at.map(|at| at.format("%Y%m%dT%H%M%SZ").to_string()).unwrap_or_default()
}
