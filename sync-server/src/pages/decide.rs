//! The page behind an approval link: who asks to come, and the host's yes or no.
//!
//! Opening it only shows, however often and by whatever scans mail; only the form's button decides. The link is the right to
//! decide, so nobody need be signed in; but who is signed in as somebody else than whom it was sent to decides nothing by it, because
//! it would be written down under the wrong name. Once somebody has decided, by this link or another, every link says who, when and how.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};

use shared::time::{CampusDay, Moment};

use super::{
    booking,
    decision::{Deciding, Decision, Usual, changed, out_of_date, usual_reasons},
    form::{Heard, Posted},
    issuing,
    language::Language,
    session::Anybody,
    shell::{Shell, page},
    standing_words::{self, Done, Reader},
    wording::{self, Chip, Fact},
};
use crate::{
    error::{AppError, Told},
    office::{Channel, Staff, Standing, Via},
    state::AppState,
    store::{BookingView, LinkToken, LinkView, Outcome},
};

#[derive(Template)]
#[template(path = "decide.html")]
struct Decide {
    shell: Shell,
    /// Why the same page is there again.
    alert: Option<&'static str>,
    heading: &'static str,
    standing: &'static str,
    chip: Chip,
    explained: String,
    facts: Vec<Fact>,
    /// What may be read after deciding.
    details: Vec<Fact>,
    /// Where a pass that was approved by this link can be revoked.
    revoke: Option<String>,
    deciding: Option<Deciding>,
    usual_reasons: [Usual; 4],
}

pub(super) async fn show(
    State(state): State<AppState>,
    Anybody { shell, staff }: Anybody,
    Path(token): Path<String>,
) -> Result<Response, AppError> {
    let (token, view) = found(&state, &token).await?;
    if let Some(told) = for_another(&view, staff.as_ref(), &shell) {
        return Ok(page(&told));
    }
    let form = deciding(&token, &view);
    Ok(page(&whole_page(&state, shell, view, form).await?))
}

pub(super) async fn submit(
    State(state): State<AppState>,
    Anybody { shell, staff }: Anybody,
    Path(token): Path<String>,
    posted: Posted<Decision>,
) -> Result<Response, AppError> {
    let (token, view) = found(&state, &token).await?;
    if let Some(told) = for_another(&view, staff.as_ref(), &shell) {
        return Ok((StatusCode::FORBIDDEN, page(&told)).into_response());
    }
    let lang = shell.lang;
    let decision = match posted.heard(Some(&token.form_token()))? {
        Heard::Confirmed(decision) => decision,
        Heard::Stale(decision) => {
            let form = deciding(&token, &view).with(decision);
            let again = Decide { alert: Some(out_of_date(lang)), ..whole_page(&state, shell, view, form).await? };
            return Ok((StatusCode::FORBIDDEN, page(&again)).into_response());
        }
    };
    let word = match decision.read() {
        Ok(word) => word,
        Err(unclear) => {
            let form = deciding(&token, &view).with(decision).unclear(unclear, lang);
            let again = whole_page(&state, shell, view, form).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&again)).into_response());
        }
    };
    let issuing = issuing::for_campus(&state, view.booking.facts.campus)?;
    let outcome = state.store.decide(&token, word, issuing, state.clock.now()).await?;
    let alert = match outcome {
        Outcome::Decided(_) => return Ok(Redirect::to(&address(&token)).into_response()),
        Outcome::AlreadyDecided(_) | Outcome::TooLate => None,
        Outcome::Changed => Some(changed(lang)),
        Outcome::NotFound => return Err(AppError::told(Told::NotFound)),
    };
    let (token, view) = found(&state, &token.text()).await?;
    let form = deciding(&token, &view).with(decision);
    let again = Decide { alert, ..whole_page(&state, shell, view, form).await? };
    Ok((StatusCode::CONFLICT, page(&again)).into_response())
}

fn deciding(token: &LinkToken, view: &LinkView) -> Deciding {
    Deciding::new(address(token), token.form_token().text(), view.booking.revision)
}

async fn found(state: &AppState, text: &str) -> Result<(LinkToken, LinkView), AppError> {
    let token = LinkToken::parse(text).ok_or(AppError::told(Told::NotFound))?;
    let view = state.store.link(&token, state.clock.now()).await?.ok_or(AppError::told(Told::NotFound))?;
    Ok((token, view))
}

async fn whole_page(state: &AppState, shell: Shell, view: LinkView, mut form: Deciding) -> Result<Decide, AppError> {
    let lang = shell.lang;
    let LinkView { booking, open, holder, channel, as_of } = view;
    let explained = match &booking.standing {
        Standing::Waiting if open => {
            let asks = lang.say("{} 想来访，请您审核。", "{} asks to visit you. Please decide.");
            asks.replace("{}", booking.facts.visitor.as_str())
        }
        Standing::Waiting if holder.is_none() => lang
            .say(
                "这个链接的审核人已不能审核这次来访。",
                "Whom this link was sent to can no longer decide on this visit.",
            )
            .to_owned(),
        Standing::Waiting => lang
            .say("来访日期已过，不再需要审核。", "The day of the visit is over; there is nothing left to decide.")
            .to_owned(),
        Standing::Approved { .. }
        | Standing::Declined { .. }
        | Standing::Cancelled { .. }
        | Standing::Revoked { .. } => standing_words::how_it_came(&booking.standing, Reader::Colleague, lang),
    };
    let over = state.clock.now() >= booking.facts.over_at();
    let done = decided_by(&booking.standing, holder.as_ref(), channel)
        .then(|| standing_words::done(&booking.standing, booking.reaches_the_visitor(), lang))
        .flatten();
    let revoke = (done.is_some() && !over && matches!(booking.standing, Standing::Approved { .. }))
        .then(|| booking::address(booking.id));
    let (heading, explained) = match done {
        Some(Done { heading, said }) => (heading, said),
        None if open => (lang.say("请审核来访", "A visitor for you"), explained),
        // The visit still waits, for somebody else.
        None if holder.is_none() && booking.standing == Standing::Waiting => {
            (lang.say("这个链接已不能审核", "This link decides no more"), explained)
        }
        None => (nothing_left(lang), explained),
    };
    let mut facts = Vec::new();
    // A link outlives its holder's right to decide, and shows nobody's visit after it.
    if holder.is_some() {
        facts = wording::facts(state, &booking.facts, &booking.host, lang);
        facts.extend(booking::replaced(state, &booking, lang).await?);
    }
    let is_host = holder.as_ref().is_some_and(|holder| holder.number == booking.host.number);
    if open {
        let background = state.store.background(booking.id, CampusDay::of(state.clock.now()), as_of).await?;
        facts.extend(wording::booker(&booking, lang));
        facts.extend(wording::background(&background, is_host, lang));
        form.ask_security = background.ask_security;
    }
    let (facts, details) = if open { wording::weighed(facts, is_host) } else { (facts, Vec::new()) };
    Ok(Decide {
        alert: None,
        heading,
        standing: booking.standing.name(),
        chip: wording::chip(&booking.standing, over, lang),
        explained,
        facts,
        details,
        revoke,
        deciding: open.then_some(form),
        usual_reasons: usual_reasons(lang),
        shell,
    })
}

/// Whether this very link was used to decide: who holds it is told what they did, and not that somebody was first.
fn decided_by(standing: &Standing, holder: Option<&Staff>, channel: Channel) -> bool {
    match standing {
        Standing::Approved { by, .. } | Standing::Declined { by, .. } => {
            by.via == Via::Link(channel) && holder.is_some_and(|holder| holder.number == by.number)
        }
        Standing::Waiting | Standing::Cancelled { .. } | Standing::Revoked { .. } => false,
    }
}

/// To a member of staff who is signed in and opens a link that decides in somebody else's name.
fn for_another(view: &LinkView, staff: Option<&Staff>, shell: &Shell) -> Option<Decide> {
    let lang = shell.lang;
    let (staff, holder) = staff.zip(view.holder.as_ref()).filter(|_| view.open)?;
    if staff.number == holder.number {
        return None;
    }
    let explained = lang
        .say(
            "这个链接是发给 {holder} 的，而您是以 {staff} 登录的。用它审核会记在 {holder} 名下，所以不能继续。请由 {holder} 打开；\
             您若是 {holder}，请先在“我的预约”退出登录；若要代为审核，请 {holder} 设您为代理人。",
            "This link was sent to {holder}, and you are signed in as {staff}. A decision made by it is written down as {holder}'s, so \
             it cannot be made here. If you are {holder}, please sign out first (My bookings); to decide for them, ask to be named as deputy.",
        )
        .replace("{holder}", holder.name.as_str())
        .replace("{staff}", staff.name.as_str());
    Some(Decide {
        alert: None,
        heading: lang.say("这个链接是发给别人的", "This link was sent to somebody else"),
        standing: view.booking.standing.name(),
        chip: wording::chip(&view.booking.standing, false, lang),
        explained,
        facts: Vec::new(),
        details: Vec::new(),
        revoke: None,
        deciding: None,
        usual_reasons: usual_reasons(lang),
        shell: shell.clone(),
    })
}

/// To a deputy who was not first: who was, and of the visit no more than that.
pub(super) fn not_the_first(view: &BookingView, shell: Shell, now: Moment) -> Response {
    let lang = shell.lang;
    let told = Decide {
        alert: None,
        heading: nothing_left(lang),
        standing: view.standing.name(),
        chip: wording::chip(&view.standing, now >= view.facts.over_at(), lang),
        explained: standing_words::who_was_first(&view.standing, lang),
        facts: Vec::new(),
        details: Vec::new(),
        revoke: None,
        deciding: None,
        usual_reasons: usual_reasons(lang),
        shell: shell.at("/bookings"),
    };
    (StatusCode::CONFLICT, page(&told)).into_response()
}

fn nothing_left(lang: Language) -> &'static str {
    lang.say("不再需要审核", "Nothing left to decide")
}

pub(super) fn address(token: &LinkToken) -> String {
    format!("/decide/{}", token.text())
}
