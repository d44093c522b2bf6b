//! The empty booking form, laid out once a day in each language: the first page of most visitors.
//!
//! The layout is drawn for nobody: where a person's own would stand, it has marks drawn by lot. What is filled in is the one's who
//! asks: the nonce of this answer, the token of this session, the number of this form and this phone.

use std::sync::Arc;

use askama::Template as _;
use axum::{http::StatusCode, response::Response};
use shared::time::CampusDay;

use super::{
    booking_form::{FormPage, opening_form},
    session::SignedIn,
    shell::{Shell, ready},
};
use crate::{
    error::{AppError, Told},
    headers::Nonce,
    layout::Layout,
    office::{BookingForm, FormKind},
    state::AppState,
};

/// The form as it opens for `asked`; `None` where this one's page is laid out in a way of its own.
pub(super) fn page(state: &AppState, asked: &SignedIn) -> Result<Option<Response>, AppError> {
    let Shell { lang, elder, asks_nothing, .. } = asked.shell;
    let (Some(nonce), false, true) = (&asked.shell.nonce, elder, asks_nothing) else { return Ok(None) };
    let (day, chinese) = (CampusDay::of(state.clock.now()), lang.is_chinese());
    let layout = match state.opening.of(day, chinese) {
        Some(layout) => layout,
        None => {
            let Some(layout) = laid_out(state, asked)?.map(Arc::new) else { return Ok(None) };
            state.opening.keep(day, chinese, Arc::clone(&layout));
            layout
        }
    };
    let (token, number) = (asked.form_token.text(), opening_form(state)?.form_id);
    // None of them has a letter that means something in markup.
    let text = layout.filled([nonce.text(), &token, &number, asked.phone()?.as_str()]);
    Ok(Some(FormPage::answered(StatusCode::OK, ready(text))))
}

fn laid_out(state: &AppState, asked: &SignedIn) -> Result<Option<Layout>, AppError> {
    let mark = || opening_form(state).map(|form| form.form_id);
    let (token, number, phone) = (mark()?, mark()?, mark()?);
    let Some(nonce) = Nonce::new() else { return Ok(None) };
    let form = BookingForm { form_id: number.clone(), phone: phone.clone(), ..opening_form(state)? };
    let shell = Shell { nonce: Some(nonce), ..asked.shell.clone() };
    let page = FormPage::with(state, (shell, token.clone()), form, FormKind::OwnVisit);
    let page = page.render().map_err(|cause| AppError::caused(Told::Broken, cause))?;
    Ok(Layout::cut(&page, [nonce.text(), &token, &number, &phone]))
}
