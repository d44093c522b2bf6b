//! The front page: what this is, where to begin, and what is booked elsewhere.

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    elsewhere::Elsewhere,
    session::Asked,
    shell::{Shell, page},
};
use crate::state::AppState;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    elsewhere: Elsewhere,
    shell: Shell,
}

pub(super) async fn show(State(state): State<AppState>, Asked { shell, .. }: Asked) -> Response {
    page(&Home { elsewhere: Elsewhere::of(&state, shell.lang), shell })
}
