//! In which language a page speaks: Chinese first, English on a switch.
//!
//! Both wordings of a sentence stand side by side where it is shown, so that neither can be forgotten or grow old alone.
//! The switch is `?lang=en` on any address; a cookie keeps it; without either the browser's own preference counts.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, header::ACCEPT_LANGUAGE},
};

use super::cookie::{Cookies, Life};

const COOKIE: &str = "lang";
const KEPT_S: i64 = 365 * 24 * 3600;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Language {
    #[default]
    Chinese,
    English,
}

impl Language {
    pub(super) fn say<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    pub(super) fn is_chinese(self) -> bool {
        self == Self::Chinese
    }

    /// For `<html lang>`.
    pub(super) fn tag(self) -> &'static str {
        self.say("zh-CN", "en")
    }

    fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("zh") {
            Some(Self::Chinese)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Self::English)
        } else {
            None
        }
    }
}

/// Finds the language once per request and keeps what was asked for.
/// The language of the answer, and the cookie that keeps it where it was asked for just now.
pub(super) fn settled(cookies: Cookies, request: &Request) -> (Language, Option<HeaderValue>) {
    let asked = asked_for(request.uri().query().unwrap_or_default());
    let language = asked
        .or_else(|| cookies.get(request.headers(), COOKIE).and_then(Language::from_tag))
        .unwrap_or_else(|| preferred(request.headers()));
    (language, asked.and_then(|asked| cookies.set(COOKIE, asked.say("zh", "en"), Life::For(KEPT_S))))
}

fn asked_for(query: &str) -> Option<Language> {
    query.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Language::from_tag)
}

/// The first language of the list that is spoken here, the list's weights respected; Chinese for everybody else.
fn preferred(headers: &HeaderMap) -> Language {
    let list = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = (0.0, Language::default());
    for choice in list.split(',') {
        let (tag, weight) = choice.split_once(";q=").unwrap_or((choice, "1"));
        let weight = weight.trim().parse::<f32>().unwrap_or(0.0);
        if let Some(language) = Language::from_tag(tag.trim())
            && weight > best.0
        {
            best = (weight, language);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(list: &'static str) -> Language {
        preferred(&HeaderMap::from_iter([(ACCEPT_LANGUAGE, list.parse().unwrap())]))
    }

    #[test]
    fn the_browser_is_heard_and_chinese_is_for_everybody_else() {
        for (list, language) in [
            ("", Language::Chinese),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en-GB,en;q=0.9,zh;q=0.8", Language::English),
            ("fr,en;q=0.5,zh;q=0.7", Language::Chinese),
            ("fr", Language::Chinese),
            ("en;q=0", Language::Chinese),
            ("en;q=abc", Language::Chinese),
        ] {
            assert_eq!(of(list), language, "{list}");
        }
    }

    #[test]
    fn the_switch_is_found_among_other_questions() {
        assert_eq!(asked_for("next=/book&lang=en"), Some(Language::English));
        assert_eq!(asked_for("lang=zh-TW"), Some(Language::Chinese));
        assert_eq!(asked_for("lang=fr"), None);
        assert_eq!(asked_for("slang=en"), None);
    }
}
