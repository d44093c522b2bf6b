//! My bookings: what I asked for and, for a member of staff, who waits for my decision and who visits me.

use askama::Template;
use axum::{extract::State, response::Response};
use shared::{
    identity::Phone,
    time::{CampusDay, Moment},
};

use super::{
    booking,
    decision::{Usual, usual_reasons},
    language::Language,
    session::SignedIn,
    several,
    shell::{Shell, page},
    wording::{self, Chip},
};
use crate::{
    error::AppError,
    office::{Staff, Standing},
    state::AppState,
    store::BookingView,
};

#[derive(Template)]
#[template(path = "bookings.html")]
struct Bookings {
    shell: Shell,
    is_host: bool,
    waiting: Vec<Waiting>,
    hosted: Vec<Row>,
    own: Vec<Row>,
    usual_reasons: [Usual; 4],
    form_token: String,
    /// Whether what belongs to the phone can be shown.
    by_phone: bool,
    signed_in_as: String,
}

/// One that waits, with what is sent when it is ticked.
struct Waiting {
    row: Row,
    /// Nothing to tick where the security office is to be asked first.
    ticked: Option<String>,
    label: String,
}

struct Row {
    address: String,
    day: String,
    hours: String,
    what: String,
    chip: Chip,
}

pub(super) async fn show(State(state): State<AppState>, asked: SignedIn) -> Result<Response, AppError> {
    let (lang, now) = (asked.shell.lang, state.clock.now());
    let own = match &asked.phone {
        Some(phone) => state.store.bookings_of(phone).await?,
        None => Vec::new(),
    };
    let (waiting, hosted) = match &asked.staff {
        Some(staff) => (
            state.store.bookings_waiting_for(&staff.number, CampusDay::of(now)).await?,
            state.store.bookings_hosted_by(&staff.number, CampusDay::of(now)).await?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    Ok(page(&Bookings {
        is_host: asked.staff.is_some(),
        waiting: waiting.iter().map(|(view, asks)| waits(&state, view, *asks, asked.staff.as_ref(), lang)).collect(),
        hosted: soonest_first(&hosted, now)
            .into_iter()
            .map(|view| row(view, named(view, asked.staff.as_ref(), lang), now, lang))
            .collect(),
        own: soonest_first(&own, now).into_iter().map(|view| row(view, visit(&state, view, lang), now, lang)).collect(),
        usual_reasons: usual_reasons(lang),
        form_token: asked.form_token.text(),
        by_phone: asked.phone.is_some(),
        signed_in_as: signed_in_as(&asked),
        shell: asked.shell,
    }))
}

/// What is to come before what is over, and today's before all: it is what somebody at the gate looks for.
fn soonest_first(views: &[BookingView], now: Moment) -> Vec<&BookingView> {
    let today = CampusDay::of(now);
    let (mut ahead, mut over): (Vec<_>, Vec<_>) = views.iter().partition(|view| view.facts.day >= today);
    let gone = |view: &BookingView| !matches!(view.standing, Standing::Waiting | Standing::Approved { .. });
    ahead.sort_by_key(|view| (view.facts.day, gone(view), view.facts.from));
    over.sort_by_key(|view| std::cmp::Reverse((view.facts.day, view.facts.from)));
    ahead.append(&mut over);
    ahead
}

fn signed_in_as(asked: &SignedIn) -> String {
    match (&asked.phone, &asked.staff) {
        (None, Some(staff)) => format!("{}（{}）", staff.name, staff.number),
        (phone, _) => phone.as_ref().map(Phone::masked).unwrap_or_default(),
    }
}

/// All that a tick says yes to stands in its row.
fn waits(state: &AppState, view: &BookingView, ask_security: bool, staff: Option<&Staff>, lang: Language) -> Waiting {
    let facts = &view.facts;
    let mut what = vec![visitor(view), wording::campus(state, facts.campus, lang)];
    what.extend(facts.companions.iter().map(ToString::to_string));
    what.extend(facts.plates.iter().map(ToString::to_string));
    what.extend(for_whom(view, staff, lang));
    what.extend(view.booker().map(|by| format!("{} {}", lang.say("代约人", "booked by"), by.masked())));
    if ask_security {
        what.push(lang.say("审核前请先与保卫处联系", "please ask the security office first").to_owned());
    }
    let now = state.clock.now();
    Waiting {
        row: row(view, what.join(" · "), now, lang),
        ticked: (!ask_security).then(|| several::value(view)),
        label: format!("{} · {}", facts.visitor, wording::when(facts, lang)),
    }
}

fn row(view: &BookingView, what: String, now: Moment, lang: Language) -> Row {
    Row {
        address: booking::address(view.id),
        day: wording::day_from(CampusDay::of(now), view.facts.day, lang),
        hours: wording::hours(&view.facts),
        what,
        chip: wording::chip(&view.standing, now >= view.facts.over_at(), lang),
    }
}

/// Who comes, and to whom where that is a colleague.
fn named(view: &BookingView, staff: Option<&Staff>, lang: Language) -> String {
    let mut what = vec![visitor(view)];
    what.extend(for_whom(view, staff, lang));
    what.join(" · ")
}

/// Whose visitor it is, when decided in somebody's place.
fn for_whom(view: &BookingView, staff: Option<&Staff>, lang: Language) -> Option<String> {
    let is_own = staff.is_some_and(|staff| staff.number == view.host.number);
    (!is_own).then(|| format!("{} {}", lang.say("拜访", "visits"), view.host.name))
}

fn visitor(view: &BookingView) -> String {
    format!("{} · {}", view.facts.visitor, view.facts.reason)
}

/// Who goes where to whom: one phone may book for several people.
fn visit(state: &AppState, view: &BookingView, lang: Language) -> String {
    let campus = wording::campus(state, view.facts.campus, lang);
    let to = lang.say("拜访 ", "visits ");
    format!("{} · {campus} · {to}{}（{}）", view.facts.visitor, view.host.name, view.host.department)
}
