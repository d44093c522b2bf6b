//! The files around the pages: sheet, script, seal. They are the same for everybody and their addresses say their content, so
//! browsers may keep them; an address of before leads nowhere.
//!
//! They alone are sent packed. A page holds secrets beside what its address or a form said, and packed together their length
//! would tell a stranger on the line how alike the two are, letter by letter (BREACH).

use axum::{
    extract::{Path, State},
    http::{
        HeaderMap,
        header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY},
    },
    response::{AppendHeaders, IntoResponse as _, Response},
};

use crate::{
    error::{AppError, Told},
    state::AppState,
};

pub(super) async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let asset = state.assets.named(&name).ok_or(AppError::told(Told::NotFound))?;
    let kept = "public, max-age=31536000, immutable";
    let about = [(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, kept), (VARY, "accept-encoding")];
    Ok(match asset.packed.as_ref().filter(|_| takes_gzip(&headers)) {
        Some(packed) => (about, AppendHeaders([(CONTENT_ENCODING, "gzip")]), packed.clone()).into_response(),
        None => (about, asset.content.clone()).into_response(),
    })
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(ACCEPT_ENCODING).into_iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|choice| {
        let (name, weight) = choice.split_once(";q=").unwrap_or((choice, "1"));
        name.trim().eq_ignore_ascii_case("gzip") && weight.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_whoever_takes_it() {
        for (list, takes) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("gzip;q=0, identity", false),
            ("gzip;q=0.000", false),
            ("deflate, br", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, list.parse().unwrap())]);
            assert_eq!(takes_gzip(&headers), takes, "{list}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
