//! What stands around every page, and how a template becomes an answer.

use askama::Template;
use axum::{
    http::Uri,
    response::{Html, IntoResponse as _, Response},
};

use super::language::Language;
use crate::{
    error::{AppError, Told},
    state::AppState,
};

pub(super) struct Shell {
    pub(super) lang: Language,
    pub(super) university: String,
    pub(super) signed_in: bool,
    /// This page in the other language.
    pub(super) switch: String,
}

impl Shell {
    pub(super) fn of_stranger(state: &AppState, lang: Language, address: &Uri) -> Self {
        let university = &state.config.university;
        Self {
            lang,
            university: lang.say(&university.name, &university.name_en).to_owned(),
            signed_in: false,
            switch: switch(address.query().unwrap_or_default(), lang),
        }
    }

    pub(super) fn say<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        self.lang.say(chinese, english)
    }
}

pub(super) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(cause) => AppError::caused(Told::Broken, cause).into_response(),
    }
}

/// Keeps the rest of the address's question, so that a switch of language loses nothing.
fn switch(query: &str, lang: Language) -> String {
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang="));
    let other = lang.say("lang=en", "lang=zh");
    format!("?{}", kept.chain([other]).collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_keeps_the_question() {
        for (query, expected) in [
            ("", "?lang=en"),
            ("next=%2Fbook", "?next=%2Fbook&lang=en"),
            ("lang=zh&next=%2Fbook", "?next=%2Fbook&lang=en"),
        ] {
            assert_eq!(switch(query, Language::Chinese), expected);
        }
        assert_eq!(switch("lang=en", Language::English), "?lang=zh");
    }
}
