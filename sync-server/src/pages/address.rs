//! Addresses that a request brings along: where to go after signing in, and from where it comes.
//!
//! Both are said by strangers. A way back is followed only to a page of ours, and a client's address is taken from a header only
//! where a proxy of ours is known to have written it.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, Method, Uri, request::Parts},
};

use crate::state::AppState;

const FRONT_PAGE: &str = "/bookings";
const LONGEST: usize = 200;
/// What the sign-in page has to say to who has signed in already.
pub(super) const BY_PHONE: &str = "phone";

/// The sign-in page, which leads back to `asked`: the page itself, or for a form that was sent the page it stood on.
pub(super) fn sign_in_and_back(method: &Method, asked: &Uri) -> String {
    let path = asked.path();
    if method.is_safe() || matches!(path, "/book" | "/host/book") {
        format!("/sign-in?next={path}")
    } else {
        "/sign-in".to_owned()
    }
}

/// The same for who is signed in, but not by a phone.
pub(super) fn prove_phone_and_back(method: &Method, asked: &Uri) -> String {
    let page = sign_in_and_back(method, asked);
    format!("{page}{}said={BY_PHONE}", if page.contains('?') { '&' } else { '?' })
}

/// `next`, where it is a path of ours, else the visitor's bookings.
pub(super) fn way_back(next: &str) -> &str {
    let ours = next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= LONGEST
        // No page: nobody signs in to be signed out.
        && next != "/sign-out"
        && next.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_'));
    if ours { next } else { FRONT_PAGE }
}

/// From which address a request comes; limits go by it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client(pub(super) IpAddr);

impl FromRequestParts<AppState> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let peer = parts.extensions.get().map(|ConnectInfo(peer): &ConnectInfo<SocketAddr>| peer.ip());
        let told = state.config.behind_proxy.then(|| forwarded_for(&parts.headers)).flatten();
        Ok(Self(told.or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}

/// The last address of the list: the one that our own proxy saw; those before it are the client's own words.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").into_iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_to_our_own_pages_only() {
        for own in ["/book", "/bookings/12", "/host/book", "/decide/a_B-9"] {
            assert_eq!(way_back(own), own);
        }
        for foreign in [
            "",
            "book",
            "/sign-out",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nX: y",
            "/a?b=c",
            "/%2f",
        ] {
            assert_eq!(way_back(foreign), FRONT_PAGE, "{foreign}");
        }
        assert_eq!(way_back(&format!("/{}", "a".repeat(LONGEST))), FRONT_PAGE);
    }

    #[test]
    fn only_what_our_proxy_wrote_is_believed() {
        let headers = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            headers
        };
        let at = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        assert_eq!(forwarded_for(&headers(&["6.6.6.6, 203.0.113.9"])), at("203.0.113.9"));
        assert_eq!(forwarded_for(&headers(&["6.6.6.6", "2001:db8::1"])), at("2001:db8::1"));
        assert_eq!(forwarded_for(&headers(&["6.6.6.6, unknown"])), None);
        assert_eq!(forwarded_for(&headers(&[])), None);
    }
}
