//! 长辈版: the same pages larger still, with fewer words and one thing at a time.
//!
//! The switch is `?elder=yes` on any address and stands on every page; a cookie keeps it. It is a person's choice alone: nothing a
//! browser says of itself tells who would be glad of it.

use axum::{extract::Request, http::HeaderValue};

use super::cookie::{Cookies, Life};

const NAME: &str = "elder";
const KEPT_S: i64 = 365 * 24 * 3600;

/// Whether the elder version was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Elder(pub(super) bool);

impl Elder {
    fn from_text(text: &str) -> Option<Self> {
        match text {
            "yes" => Some(Self(true)),
            "no" => Some(Self(false)),
            _ => None,
        }
    }

    pub(super) fn text(self) -> &'static str {
        if self.0 { "yes" } else { "no" }
    }
}

/// Finds the choice once per request and keeps what was asked for.
/// Which version is answered with, and the cookie that keeps it where it was asked for just now.
pub(super) fn settled(cookies: Cookies, request: &Request) -> (Elder, Option<HeaderValue>) {
    let asked = asked_for(request.uri().query().unwrap_or_default());
    let elder = asked.or_else(|| cookies.get(request.headers(), NAME).and_then(Elder::from_text)).unwrap_or_default();
    let life = |elder: Elder| if elder.0 { Life::For(KEPT_S) } else { Life::Over };
    (elder, asked.and_then(|asked| cookies.set(NAME, asked.text(), life(asked))))
}

fn asked_for(query: &str) -> Option<Elder> {
    query.split('&').find_map(|pair| pair.strip_prefix("elder=")).and_then(Elder::from_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_yes_or_no_is_a_choice() {
        assert_eq!(asked_for("next=/book&elder=yes"), Some(Elder(true)));
        assert_eq!(asked_for("elder=no&lang=en"), Some(Elder(false)));
        for nothing in ["", "elder=", "elder=1", "welder=yes"] {
            assert_eq!(asked_for(nothing), None, "{nothing}");
        }
    }
}
