//! The files around the pages: sheet, script, seal. They are the same for everybody and their addresses say their content, so
//! browsers may keep them; an address of before leads nowhere.

use axum::{
    extract::{Path, State},
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse as _, Response},
};

use crate::{
    error::{AppError, Told},
    state::AppState,
};

pub(super) async fn show(State(state): State<AppState>, Path(name): Path<String>) -> Result<Response, AppError> {
    let asset = state.assets.named(&name).ok_or(AppError::told(Told::NotFound))?;
    let kept = "public, max-age=31536000, immutable";
    Ok(([(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, kept)], asset.content.clone()).into_response())
}
