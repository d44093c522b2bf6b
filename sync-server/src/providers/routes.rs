//! Every address that providers call.

use axum::{Router, routing::get};

use super::hall;
use crate::state::AppState;

pub fn router(state: AppState) -> Router {
    Router::new().route("/providers/hall/todos", get(hall::todos)).with_state(state)
}
