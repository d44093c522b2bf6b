//! Headers that stand on every answer, errors included, whoever gave it.
//!
//! The pages need nothing from other hosts and one script, so the policy can forbid the rest: text that slipped through as markup
//! would still be dead, because it does not know the nonce of its page. Nothing is kept by browsers or by what stands between,
//! because nearly every page shows a person; files that show nobody choose otherwise.

use std::sync::Arc;

use axum::response::Response;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderName, HeaderValue, header};

use crate::random;

/// `connect-src` is for the script alone, which asks after a booking that waits.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                              form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Where a page chose otherwise, its choice stands.
const UNLESS_CHOSEN: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (PERMISSIONS_POLICY, "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

/// A year, as browsers' lists want it.
const ONLY_HTTPS: &str = "max-age=31536000";

/// What a script must name to be run, new for every answer.
#[derive(Debug, Clone)]
pub struct Nonce(Arc<str>);

impl Nonce {
    /// None where the machine has no randomness: then no script runs, and every page works without.
    #[must_use]
    pub fn new() -> Option<Self> {
        let bytes: [u8; 16] = random::bytes().ok()?;
        Some(Self(URL_SAFE_NO_PAD.encode(bytes).into()))
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Lets the script that names it run on this page.
    pub fn admit(&self, response: &mut Response) {
        let policy = [CONTENT_POLICY, "; script-src 'nonce-", self.text(), "'"].concat();
        if let Ok(policy) = HeaderValue::try_from(policy) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}

pub fn put_on(response: &mut Response, https: bool) {
    let headers = response.headers_mut();
    // Once is enough; this one nobody chooses.
    if !headers.contains_key(PERMISSIONS_POLICY) {
        headers.reserve(2 * UNLESS_CHOSEN.len());
        for (name, value) in UNLESS_CHOSEN {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        }
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_HTTPS));
    }
}
