//! The one stylesheet, carried inside the program: a server that runs has its looks with it.

use axum::{http::header, response::IntoResponse};

const SHEET: &str = include_str!("../../../assets/css/site.css");

pub(super) async fn show() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=600")], SHEET)
}
