//! Headers that stand on every answer, errors included.
//!
//! The pages need nothing from other hosts and one script, so the policy can forbid the rest: text that slipped through as markup
//! would still be dead, because it does not know the nonce of its page. Nothing is kept by browsers or by what stands between,
//! because nearly every page shows a person; files that show nobody choose otherwise.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::random;

/// `connect-src` is for the script alone, which asks after a booking that waits.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                              form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
];

/// Where a page chose otherwise, its choice stands.
const UNLESS_CHOSEN: [(HeaderName, &str); 2] =
    [(header::REFERRER_POLICY, "no-referrer"), (header::CACHE_CONTROL, "no-store")];

/// A year, as browsers' lists want it.
const ONLY_HTTPS: &str = "max-age=31536000";

/// What a script must name to be run, new for every answer.
#[derive(Debug, Clone)]
pub(super) struct Nonce(pub(super) String);

impl Nonce {
    /// None where the machine has no randomness: then no script runs, and every page works without.
    pub(super) fn new() -> Option<Self> {
        let bytes: [u8; 16] = random::bytes().ok()?;
        Some(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    fn policy(&self) -> Option<HeaderValue> {
        format!("{CONTENT_POLICY}; script-src 'nonce-{}'", self.0).parse().ok()
    }
}

pub(super) fn put_on(response: &mut Response, nonce: Option<&Nonce>, https: bool) {
    let policy = nonce.and_then(Nonce::policy).unwrap_or(HeaderValue::from_static(CONTENT_POLICY));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in UNLESS_CHOSEN {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_HTTPS));
    }
}
