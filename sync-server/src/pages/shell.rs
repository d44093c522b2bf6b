//! What stands around every page, and how a template becomes an answer.

use std::{borrow::Cow, fmt};

use askama::{FastWritable, Template, Values, filters::HtmlSafe};
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
    pub(super) switch: Cow<'static, str>,
    /// This page in the elder version, or out of it.
    pub(super) elder_switch: Cow<'static, str>,
    /// Whether the address is a path and nothing behind it.
    pub(super) asks_nothing: bool,
    /// Without one the page has no script.
    pub(super) nonce: Option<Nonce>,
    pub(super) state: AppState,
}

impl Shell {
    /// `settled` is what was found out about the request before its page was reached.
    pub(super) fn of_stranger(state: &AppState, settled: Settled, address: &Uri) -> Self {
        let Settled { lang, elder, nonce, sender: _ } = settled;
        let query = address.query().unwrap_or_default();
        Self {
            lang,
            elder: elder.0,
            signed_in: false,
            asks_nothing: query.is_empty(),
            switch: switch(query, lang.say("?lang=en", "?lang=zh")),
            elder_switch: switch(query, if elder.0 { "?elder=no" } else { "?elder=yes" }),
            nonce,
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
        let [switch, elder_switch] = [&self.switch, &self.elder_switch].map(|query| [address, query].concat().into());
        Self { switch, elder_switch, ..self }
    }

    /// For templates, which say what is theirs.
    pub(super) fn words(&self, chinese: &'static str, english: &'static str) -> Words {
        Words(self.lang.say(chinese, english))
    }

    pub(super) fn say<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        self.lang.say(chinese, english)
    }
}

/// Words that stand in a template: what is ours from the beginning is not looked through for markup each time it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(&'static str);

impl Words {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl HtmlSafe for Words {}

impl FastWritable for Words {
    fn write_into(&self, to: &mut dyn fmt::Write, _values: &dyn Values) -> askama::Result<()> {
        Ok(to.write_str(self.0)?)
    }
}

/// The longest page that most people see: what is written into room enough is not moved while it grows.
const PAGE_BYTES: usize = 12 * 1024;

pub(super) fn page(template: &impl Template) -> Response {
    let mut text = String::with_capacity(PAGE_BYTES);
    match template.render_into(&mut text) {
        Ok(()) => ready(text),
        Err(cause) => AppError::caused(Told::Broken, cause).into_response(),
    }
}

/// A page that is written already.
pub(super) fn ready(text: String) -> Response {
    Html(text).into_response()
}

/// `asks` for one thing; the rest of the address's question is kept, so that a switch loses nothing.
fn switch(query: &str, asks: &'static str) -> Cow<'static, str> {
    let name = asks.trim_start_matches('?').split('=').next();
    let of_others = |pair: &&str| !pair.is_empty() && pair.split('=').next() != name;
    let mut kept = query.split('&').filter(of_others).peekable();
    if kept.peek().is_none() {
        return asks.into();
    }
    let mut switch = "?".to_owned();
    for pair in kept {
        switch.extend([pair, "&"]);
    }
    switch.push_str(asks.trim_start_matches('?'));
    switch.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_templates_hold_no_markup() {
        let templates = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/pages")).unwrap();
        let mut said = 0;
        for path in
            templates.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "html"))
        {
            let text = std::fs::read_to_string(&path).unwrap();
            for call in text.split("shell.words(").skip(1) {
                // Chinese, a comma, English: four quotes, and none within.
                let parts: Vec<_> = call.splitn(5, '"').collect();
                let [before, chinese, between, english, after] = parts[..] else { panic!("{path:?}: {call}") };
                assert!(before.is_empty() && between.trim() == "," && after.starts_with(')'), "{path:?}: {chinese}");
                assert!(!format!("{chinese}{english}").contains(['<', '>', '&', '\\']), "{path:?}: {chinese}");
                said += 1;
            }
        }
        assert!(said > 100, "{said}");
    }

    #[test]
    fn a_switch_keeps_the_question() {
        for (query, expected) in [
            ("", "?lang=en"),
            ("next=%2Fbook", "?next=%2Fbook&lang=en"),
            ("lang=zh&next=%2Fbook", "?next=%2Fbook&lang=en"),
            ("lang=zh&elder=yes", "?elder=yes&lang=en"),
        ] {
            assert_eq!(switch(query, "?lang=en"), expected);
        }
        assert_eq!(switch("again=7&elder=yes", "?elder=no"), "?again=7&elder=no");
    }
}
