//! Headers that stand on every answer, errors included, whoever gave it.
//!
//! The pages need nothing from other hosts and one script, so the policy can forbid the rest: text that slipped through as markup
//! would still be dead, because it does not know the nonce of its page. Nothing is kept by browsers or by what stands between,
//! because nearly every page shows a person; files that show nobody choose otherwise.

use std::{mem, sync::LazyLock};

use axum::response::Response;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::random;

/// `connect-src` is for the script alone, which asks after a booking that waits and keeps a form that is left.
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
#[derive(Debug, Clone, Copy)]
pub struct Nonce([u8; NONCE_LETTERS]);

/// Of 16 bytes.
const NONCE_LETTERS: usize = 22;

impl Nonce {
    /// None where the machine has no randomness: then no script runs, and every page works without.
    #[must_use]
    pub fn new() -> Option<Self> {
        let bytes: [u8; 16] = random::stocked().ok()?;
        let mut letters = [0; NONCE_LETTERS];
        URL_SAFE_NO_PAD.encode_slice(bytes, &mut letters).ok()?;
        Some(Self(letters))
    }

    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The policy that lets the script that names it run on this page.
    fn policy(&self) -> Option<HeaderValue> {
        [CONTENT_POLICY, "; script-src 'nonce-", self.text(), "'"].concat().try_into().ok()
    }
}

/// What stands on an answer of which nothing was chosen, without https and with it: copied whole, for the most part, because to put
/// in each by its name takes longer.
static UNCHOSEN: LazyLock<[HeaderMap; 2]> = LazyLock::new(|| {
    let plain: HeaderMap =
        UNLESS_CHOSEN.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect();
    let mut https = plain.clone();
    https.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_HTTPS));
    [plain, https]
});

/// `nonce`: of a page that may have a script.
pub fn put_on(response: &mut Response, nonce: Option<&Nonce>, https: bool) {
    let headers = response.headers_mut();
    // Once is enough; this one nobody chooses.
    if headers.contains_key(PERMISSIONS_POLICY) {
        return;
    }
    let [plain, with_https] = &*UNCHOSEN;
    let chosen = mem::replace(headers, if https { with_https.clone() } else { plain.clone() });
    headers.extend(chosen);
    if let Some(policy) = nonce.and_then(Nonce::policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}
