//! The service hall that fetches: what waits for the word of one member of staff, as it stands while it is asked.
//!
//! `GET /providers/hall/todos?user=…` with the hall's code in `authCode`. Nothing here decides or is remembered, and no link to
//! approve by is given away: a to-do leads to the booking's own page, where its host signs in, by CAS without another password.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use shared::time::CampusDay;
use tokio::time::Instant;

use crate::{
    config::HallChosen,
    error::{AppError, Told},
    knocks::Knocks,
    state::AppState,
    store::BookingView,
};

#[derive(Deserialize)]
pub(super) struct Asked {
    user: String,
}

pub(super) async fn todos(
    State(state): State<AppState>,
    Extension(knocks): Extension<Arc<Knocks>>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, AppError> {
    let (Some(code), Some(settings)) = (&state.hall_code, &state.config.notify.hall) else {
        return Err(AppError::told(Told::NotFound));
    };
    let Ok(HallChosen::Pull(pull)) = settings.chosen() else { return Err(AppError::told(Told::NotFound)) };
    let now = state.clock.now();
    // Before anything it asks: without the code nobody learns what may be asked here.
    if !headers.get("authCode").and_then(|said| said.to_str().ok()).is_some_and(|said| code.is(said)) {
        if let Some(count) = knocks.one(Instant::now()) {
            tracing::warn!(count, "the hall's to-dos were asked for without its code");
        }
        return Ok(Todos::refused(StatusCode::UNAUTHORIZED, "authCode 不对。It is not the code"));
    }
    let Ok(Query(Asked { user })) = asked else {
        return Ok(Todos::refused(
            StatusCode::BAD_REQUEST,
            "缺少 user 参数，或参数无法读取。The query does not say whose",
        ));
    };
    let waiting = match state.store.staff_by_hall_name(&user).await? {
        Some(staff) => state.store.bookings_waiting_for(&staff.number, CampusDay::of(now)).await?,
        None => Vec::new(),
    };
    let open = waiting.iter().filter(|(view, _)| now < view.facts.over_at());
    let data: Vec<_> = open.map(|(view, _)| todo(&state, view, &pull.system_code)).collect();
    Ok(Json(Todos { code: 200, count: data.len(), data, message: None }).into_response())
}

fn todo(state: &AppState, view: &BookingView, system_code: &str) -> Todo {
    let page = format!("/bookings/{}", view.id);
    let way = match state.sign_ons.named("cas") {
        Some(house) => format!("/sign-on/{}?next={page}", house.name()),
        None => page,
    };
    let facts = &view.facts;
    Todo {
        title: format!("访客 {} 预约 {} {}-{} 来访，请审核", facts.visitor, facts.day, facts.from, facts.until),
        id: view.id.to_string(),
        date: view.made_at.campus_date_and_clock(),
        detail_url: format!("{}{way}", state.config.public_url),
        system_code: system_code.to_owned(),
    }
}

#[derive(Serialize)]
struct Todos {
    code: u16,
    count: usize,
    data: Vec<Todo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

impl Todos {
    fn refused(status: StatusCode, message: &'static str) -> Response {
        let none = Self { code: status.as_u16(), count: 0, data: Vec::new(), message: Some(message) };
        (status, Json(none)).into_response()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Todo {
    title: String,
    id: String,
    date: String,
    detail_url: String,
    system_code: String,
}
