//! The notice on personal data (PIPL articles 14 and 17): who, what for, which kinds, how long, and how to use one's rights.
//!
//! Retention is read from the settings that the erasing itself obeys, so the notice cannot promise something else.

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    elsewhere::Elsewhere,
    session::Asked,
    shell::{Shell, page},
};
use crate::{office::Retention, state::AppState, store::DRAFT_FOR};

/// Kept with every booking: to which text somebody agreed. Changes whenever the text does.
pub(super) const VERSION: &str = "2026-11-29.6";

#[derive(Template)]
#[template(path = "privacy.html")]
struct Privacy {
    elsewhere: Elsewhere,
    retention: Retention,
    draft_days: i64,
    version: &'static str,
    shell: Shell,
}

pub(super) async fn show(State(state): State<AppState>, Asked { shell, .. }: Asked) -> Response {
    page(&Privacy {
        elsewhere: Elsewhere::of(&state, shell.lang),
        retention: state.config.retention,
        draft_days: DRAFT_FOR.num_days(),
        version: VERSION,
        shell,
    })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn another_text_is_another_version() {
        let text = Sha256::digest(include_bytes!("privacy.html"));
        let known = ("2026-11-29.6", "db6fc36bb5640fe1");
        let found: String = text.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((VERSION, found.as_str()), known, "give the notice a new version");
    }
}
