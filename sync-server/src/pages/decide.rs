//! The page behind an approval link: who asks to come, and the host's yes or no.
//!
//! Opening it only shows, however often and by whatever scans mail; only the form's button decides. The link is the right to
//! decide, so nobody need be signed in. Once somebody has decided, by this link or another, every link says who, when and how.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};

use super::{
    decision::{Deciding, Decision},
    form::Posted,
    issuing,
    session::Asked,
    shell::{Shell, page},
    wording::{self, Fact},
};
use crate::{
    error::{AppError, Told},
    office::Standing,
    state::AppState,
    store::{LinkToken, LinkView, Outcome},
};

#[derive(Template)]
#[template(path = "decide.html")]
struct Decide {
    shell: Shell,
    heading: &'static str,
    standing: &'static str,
    standing_said: &'static str,
    explained: String,
    facts: Vec<Fact>,
    deciding: Option<Deciding>,
}

pub(super) async fn show(
    State(state): State<AppState>,
    Asked { shell }: Asked,
    Path(token): Path<String>,
) -> Result<Response, AppError> {
    let (token, view) = found(&state, &token).await?;
    let form = Deciding::new(address(&token), token.form_token().text());
    Ok(page(&whole_page(&state, shell, view, form)))
}

pub(super) async fn submit(
    State(state): State<AppState>,
    Asked { shell }: Asked,
    Path(token): Path<String>,
    posted: Posted<Decision>,
) -> Result<Response, AppError> {
    let (token, view) = found(&state, &token).await?;
    let decision = posted.confirmed_by(&token.form_token())?;
    let choice = match decision.read() {
        Ok(choice) => choice,
        Err(unclear) => {
            let again = decision.again(address(&token), token.form_token().text(), unclear, shell.lang);
            return Ok(
                (StatusCode::UNPROCESSABLE_ENTITY, page(&whole_page(&state, shell, view, again))).into_response()
            );
        }
    };
    let issuing = issuing::for_campus(&state, view.booking.facts.campus)?;
    match state.store.decide(&token, choice, issuing, state.clock.now()).await? {
        Outcome::Decided(_) => Ok(Redirect::to(&address(&token)).into_response()),
        Outcome::AlreadyDecided(_) | Outcome::TooLate => {
            let (token, view) = found(&state, &token.text()).await?;
            let form = Deciding::new(address(&token), token.form_token().text());
            Ok((StatusCode::CONFLICT, page(&whole_page(&state, shell, view, form))).into_response())
        }
        Outcome::NotFound => Err(AppError::told(Told::NotFound)),
    }
}

async fn found(state: &AppState, text: &str) -> Result<(LinkToken, LinkView), AppError> {
    let token = LinkToken::parse(text).ok_or(AppError::told(Told::NotFound))?;
    let view = state.store.link(&token, state.clock.now()).await?.ok_or(AppError::told(Told::NotFound))?;
    Ok((token, view))
}

fn whole_page(state: &AppState, shell: Shell, view: LinkView, form: Deciding) -> Decide {
    let lang = shell.lang;
    let LinkView { booking, open, channel: _ } = view;
    let explained = match &booking.standing {
        Standing::Waiting if open => {
            let asks = lang.say(
                "{} 想在以下时间来访，请您审核。同意后，通行码在来访当天全天有效。",
                "{} asks to visit you. Please decide. If you approve, the pass is good the whole day of the visit.",
            );
            asks.replace("{}", booking.facts.visitor.as_str())
        }
        Standing::Waiting => lang
            .say("来访日期已过，不再需要审核。", "The day of the visit is over; there is nothing left to decide.")
            .to_owned(),
        Standing::Approved { .. }
        | Standing::Declined { .. }
        | Standing::Cancelled { .. }
        | Standing::Revoked { .. } => wording::how_it_came(&booking.standing, lang),
    };
    Decide {
        heading: if open {
            lang.say("请审核来访", "A visitor for you")
        } else {
            lang.say("不再需要审核", "Nothing left to decide")
        },
        standing: booking.standing.name(),
        standing_said: wording::standing(&booking.standing, lang),
        explained,
        facts: wording::facts(state, &booking.facts, &booking.host, lang),
        deciding: open.then_some(form),
        shell,
    }
}

fn address(token: &LinkToken) -> String {
    format!("/decide/{}", token.text())
}
