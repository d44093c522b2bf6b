//! A booking form that is begun: kept for its phone when it is refused, when it grows by a row, and when somebody asks for it.
//!
//! There is one for each phone and kind of form, on whatever device it goes on; the form that is sent takes it along.

use axum::{
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Redirect, Response},
};

use super::{
    booking_form::{FormPage, address},
    session::SignedIn,
    unsent,
};
use crate::{
    error::AppError,
    office::{BookingForm, Field, FormKind as Kind, Problem, Rules, Step},
    state::AppState,
};
use shared::time::Moment;

/// What the links above the page ask for; pressed by the page's script, so that what was typed goes along.
const SWITCHES: [&str; 4] = ["elder=yes", "elder=no", "lang=en", "lang=zh"];

/// Whether another button of the form was pressed than the one that sends it.
pub(super) fn wants_no_sending(form: &BookingForm) -> bool {
    !(form.add.is_empty() && form.press.is_empty())
}

/// Does what that other button says; nothing of the form is judged.
pub(super) async fn press(
    state: &AppState,
    headers: &HeaderMap,
    asked: SignedIn,
    form: BookingForm,
    kind: Kind,
) -> Result<Response, AppError> {
    let form = form.grown(&state.config.rules());
    if form.press == "clear" {
        sent(state, headers, &asked, &form, kind).await?;
        return Ok(Redirect::to(&address(kind)).into_response());
    }
    let form = if form.press == "uninvited" { form.uninvited() } else { form };
    let stays = !form.add.is_empty();
    let kept = keep(state, headers, &asked, &form, kind).await?;
    if kept && !stays {
        let switch = SWITCHES.into_iter().find(|switch| *switch == form.press);
        let question = switch.map(|switch| format!("?{switch}")).unwrap_or_default();
        return Ok(Redirect::to(&format!("{}{question}", address(kind))).into_response());
    }
    Ok(FormPage::new(state, asked, form, kind).answer(StatusCode::OK))
}

/// Where the questions are asked one by one: the form at the question that was asked for next, and what is to be mended first.
pub(super) fn stepped(form: BookingForm, rules: &Rules, now: Moment) -> (BookingForm, Vec<(Field, Problem)>) {
    let Some(step) = Step::from_name(&form.step) else { return (form, Vec::new()) };
    let to = match form.press.as_str() {
        "next" => {
            let found = form.check(rules, now).err().unwrap_or_default();
            let found: Vec<_> = found.into_iter().filter(|(field, _)| Step::of(*field) == step).collect();
            if !found.is_empty() {
                return (form, found);
            }
            step.next()
        }
        "back" => step.back(),
        named => Step::from_name(named).unwrap_or(step),
    };
    (BookingForm { step: to.name().to_owned(), ..form }, Vec::new())
}

/// Whether it could be. What is longer than any form can be is not kept, and stands on the page all the same.
pub(super) async fn keep(
    state: &AppState,
    headers: &HeaderMap,
    asked: &SignedIn,
    form: &BookingForm,
    kind: Kind,
) -> Result<bool, AppError> {
    let phone = asked.keeps_forms_of(kind)?;
    let kept = state.store.keep_draft(phone, kind == Kind::OnBehalf, form, state.clock.now()).await?;
    if kept {
        unsent::sent(state, headers, form).await?;
    }
    Ok(kept)
}

/// The form is a booking now, or is not wanted.
pub(super) async fn sent(
    state: &AppState,
    headers: &HeaderMap,
    asked: &SignedIn,
    form: &BookingForm,
    kind: Kind,
) -> Result<(), AppError> {
    state.store.forget_draft(asked.keeps_forms_of(kind)?, kind == Kind::OnBehalf, form).await?;
    unsent::sent(state, headers, form).await
}
