//! Whether a request that changes something was sent from our own pages.
//!
//! Checked once for every method that is not safe, so that no route can forget it. Browsers say where a request comes from in
//! `Sec-Fetch-Site`, older ones in `Origin`; a program that is no browser sends neither, and carries nobody's cookies either. A
//! page without a referrer makes an older browser say `Origin: null`; then the form's own token has to do ([`super::form`]).

use axum::http::{HeaderMap, HeaderName, Method, header::ORIGIN};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sender {
    OurPage,
    /// A browser that would not say: only a form with a token may be believed.
    #[default]
    Unsaid,
    Elsewhere,
}

pub(super) fn sender(method: &Method, headers: &HeaderMap, public_url: &str) -> Sender {
    if method.is_safe() {
        return Sender::OurPage;
    }
    let said = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (said(SEC_FETCH_SITE), said(ORIGIN)) {
        (Some("same-origin" | "none"), _) | (None, None) => Sender::OurPage,
        (Some(_), _) => Sender::Elsewhere,
        (None, Some("null")) => Sender::Unsaid,
        (None, Some(origin)) if origin.eq_ignore_ascii_case(public_url.trim_end_matches('/')) => Sender::OurPage,
        (None, Some(_)) => Sender::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_post() {
        let url = "https://visit.example.edu.cn/";
        for (site, origin, expected) in [
            (Some("same-origin"), None, Sender::OurPage),
            (Some("same-origin"), Some("null"), Sender::OurPage),
            (Some("none"), None, Sender::OurPage),
            (Some("cross-site"), None, Sender::Elsewhere),
            (Some("same-site"), Some("https://visit.example.edu.cn"), Sender::Elsewhere),
            (None, Some("https://visit.example.edu.cn"), Sender::OurPage),
            (None, Some("https://evil.example"), Sender::Elsewhere),
            (None, Some("https://visit.example.edu.cn.evil.example"), Sender::Elsewhere),
            (None, Some("http://visit.example.edu.cn"), Sender::Elsewhere),
            (None, Some("null"), Sender::Unsaid),
            (None, None, Sender::OurPage),
        ] {
            let mut headers = HeaderMap::new();
            headers.extend(site.map(|site| (SEC_FETCH_SITE, site.parse().unwrap())));
            headers.extend(origin.map(|origin| (ORIGIN, origin.parse().unwrap())));
            assert_eq!(sender(&Method::POST, &headers, url), expected, "{site:?} {origin:?}");
            assert_eq!(sender(&Method::GET, &headers, url), Sender::OurPage);
        }
    }
}
