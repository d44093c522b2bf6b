//! What stands around every page, and how a template becomes an answer.

use askama::Template;
use axum::{
    http::Uri,
    response::{Html, IntoResponse as _, Response},
};

use super::{around::Settled, language::Language};
use crate::{
    error::{AppError, Told},
    headers::Nonce,
    state::AppState,
};

#[derive(Clone)]
pub(super) struct Shell {
    pub(super) lang: Language,
    /// Larger still, fewer words, one thing at a time.
    pub(super) elder: bool,
    pub(super) signed_in: bool,
    /// This page in the other language.
    pub(super) switch: String,
    /// This page in the elder version, or out of it.
    pub(super) elder_switch: String,
    /// Without one the page has no script.
    pub(super) nonce: Option<Nonce>,
    pub(super) state: AppState,
}

impl Shell {
    /// `settled` is what was found out about the request before its page was reached.
    pub(super) fn of_stranger(state: &AppState, settled: &Settled, address: &Uri) -> Self {
        let Settled { lang, elder, nonce } = settled;
        let query = address.query().unwrap_or_default();
        Self {
            lang: *lang,
            elder: elder.0,
            signed_in: false,
            switch: switch(query, "lang", lang.say("en", "zh")),
            elder_switch: switch(query, "elder", elder.other().text()),
            nonce: nonce.clone(),
            state: state.clone(),
        }
    }

    pub(super) fn university(&self) -> &str {
        let university = &self.state.config.university;
        self.say(&university.name, &university.name_en)
    }

    pub(super) fn sheet(&self) -> &str {
        self.state.assets.sheet.address()
    }

    pub(super) fn script(&self) -> &str {
        self.state.assets.script.address()
    }

    pub(super) fn seal(&self) -> &str {
        self.state.assets.seal.address()
    }

    /// For a page that also answers forms of other addresses: its switches lead to the page itself.
    pub(super) fn at(self, address: &str) -> Self {
        let [switch, elder_switch] = [&self.switch, &self.elder_switch].map(|query| [address, query].concat());
        Self { switch, elder_switch, ..self }
    }

    pub(super) fn say<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        self.lang.say(chinese, english)
    }
}

/// The longest page that most people see: what is written into room enough is not moved while it grows.
const PAGE_BYTES: usize = 12 * 1024;

pub(super) fn page(template: &impl Template) -> Response {
    let mut text = String::with_capacity(PAGE_BYTES);
    match template.render_into(&mut text) {
        Ok(()) => Html(text).into_response(),
        Err(cause) => AppError::caused(Told::Broken, cause).into_response(),
    }
}

/// Keeps the rest of the address's question, so that a switch loses nothing.
fn switch(query: &str, name: &str, value: &str) -> String {
    let of_others = |pair: &&str| !pair.is_empty() && pair.split('=').next() != Some(name);
    let mut switch = "?".to_owned();
    for pair in query.split('&').filter(of_others) {
        switch.extend([pair, "&"]);
    }
    switch.extend([name, "=", value]);
    switch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_keeps_the_question() {
        for (query, expected) in [
            ("", "?lang=en"),
            ("next=%2Fbook", "?next=%2Fbook&lang=en"),
            ("lang=zh&next=%2Fbook", "?next=%2Fbook&lang=en"),
            ("lang=zh&elder=yes", "?elder=yes&lang=en"),
        ] {
            assert_eq!(switch(query, "lang", "en"), expected);
        }
        assert_eq!(switch("again=7&elder=yes", "elder", "no"), "?again=7&elder=no");
    }
}
