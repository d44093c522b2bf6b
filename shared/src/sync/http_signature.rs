//! Signed requests: a narrow profile of RFC 9421, HTTP Message Signatures.
//!
//! Covered, always and in this order: `@method`, `@path`, `content-digest` (RFC 9530, SHA-256). Parameters, all present and in
//! this order: `created` (seconds), `nonce` (22 characters base64url, 128 bits), `keyid` (the terminal's number), `alg`
//! `"ed25519"`, `tag` `"campus-gate"`. The label is `sig1`. The path and not the whole target is covered, because a reverse
//! proxy may rewrite scheme and host. Anything else is refused rather than interpreted.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ed25519_dalek::{Signature, Signer as _, SigningKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{ids::TerminalId, seal::PublicKey, time::Moment};

pub const CONTENT_DIGEST: &str = "content-digest";
pub const SIGNATURE_INPUT: &str = "signature-input";
pub const SIGNATURE: &str = "signature";

const COMPONENTS: &str = r#"("@method" "@path" "content-digest")"#;

/// How far a request's `created` may be from the server's time.
pub const MAX_SKEW_S: i64 = 300;

/// 128 bits that one terminal uses once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Nonce(String);

impl Nonce {
    #[must_use]
    pub fn from_random(bits: [u8; 16]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bits))
    }

    fn parse(text: &str) -> Option<Self> {
        let bits: [u8; 16] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        Some(Self::from_random(bits)).filter(|nonce| nonce.0 == text)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The three headers of a signed request, in the order they are set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureHeaders {
    pub content_digest: String,
    pub signature_input: String,
    pub signature: String,
}

impl SignatureHeaders {
    /// Whether `body` is the one they were made for.
    #[must_use]
    pub fn are_of(&self, body: &[u8]) -> bool {
        self.content_digest == digest(body)
    }
}

/// Who signed, when, and with what nonce: the parameters of the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    pub created_s: i64,
    pub nonce: Nonce,
    pub terminal: TerminalId,
}

impl Parameters {
    #[must_use]
    pub fn created(&self) -> Moment {
        Moment::from_unix_s(self.created_s)
    }

    fn text(&self) -> String {
        format!(
            r#"{COMPONENTS};created={};nonce="{}";keyid="{}";alg="ed25519";tag="campus-gate""#,
            self.created_s, self.nonce.0, self.terminal
        )
    }

    /// Reads a `Signature-Input` header of exactly this profile.
    #[must_use]
    pub fn parse(signature_input: &str) -> Option<Self> {
        let rest = signature_input.strip_prefix("sig1=")?.strip_prefix(COMPONENTS)?.strip_prefix(";created=")?;
        let (created, rest) = rest.split_once(r#";nonce=""#)?;
        let (nonce, rest) = rest.split_once(r#"";keyid=""#)?;
        let (terminal, _) = rest.split_once('"')?;
        let parameters = Self {
            created_s: created.parse().ok()?,
            nonce: Nonce::parse(nonce)?,
            terminal: TerminalId::new(terminal.parse().ok()?),
        };
        (signature_input.strip_prefix("sig1=") == Some(parameters.text().as_str())).then_some(parameters)
    }
}

#[must_use]
pub fn sign(parameters: &Parameters, method: &str, path: &str, body: &[u8], key: &SigningKey) -> SignatureHeaders {
    let content_digest = digest(body);
    let base = base(method, path, &content_digest, parameters);
    let signature = STANDARD.encode(key.sign(base.as_bytes()).to_bytes());
    SignatureHeaders {
        content_digest,
        signature_input: format!("sig1={}", parameters.text()),
        signature: format!("sig1=:{signature}:"),
    }
}

/// Whether `headers` sign this request under `key`. Freshness and re-use of the nonce are the caller's to check.
#[must_use]
pub fn verifies(
    parameters: &Parameters,
    headers: &SignatureHeaders,
    method: &str,
    path: &str,
    body: &[u8],
    key: &PublicKey,
) -> bool {
    headers.are_of(body) && head_verifies(parameters, headers, method, path, key)
}

/// Whether `headers` are signed under `key`, which can be said before any of the body has come; whether it is the body that was
/// signed, [`SignatureHeaders::are_of`] says once it has.
#[must_use]
pub fn head_verifies(
    parameters: &Parameters,
    headers: &SignatureHeaders,
    method: &str,
    path: &str,
    key: &PublicKey,
) -> bool {
    let Some(signature) = headers
        .signature
        .strip_prefix("sig1=:")
        .and_then(|rest| rest.strip_suffix(':'))
        .and_then(|text| STANDARD.decode(text).ok())
        .and_then(|bytes| <[u8; 64]>::try_from(bytes).ok())
    else {
        return false;
    };
    key.verifies_unlabelled(
        base(method, path, &headers.content_digest, parameters).as_bytes(),
        &Signature::from_bytes(&signature),
    )
}

fn digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
}

/// RFC 9421 section 2.5: one line a component, then the parameters, no newline at the end.
fn base(method: &str, path: &str, content_digest: &str, parameters: &Parameters) -> String {
    format!(
        "\"@method\": {method}\n\"@path\": {path}\n\"content-digest\": {content_digest}\n\"@signature-params\": {}",
        parameters.text()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters() -> Parameters {
        Parameters { created_s: 1_795_363_200, nonce: Nonce::from_random([7; 16]), terminal: TerminalId::new(3) }
    }

    fn signed() -> (SigningKey, SignatureHeaders) {
        let key = SigningKey::from_bytes(&[9; 32]);
        let headers = sign(&parameters(), "POST", "/sync/v1/push", b"{}", &key);
        (key, headers)
    }

    #[test]
    fn every_covered_part_is_held() {
        let (key, headers) = signed();
        let public = PublicKey::of(&key);
        let read = Parameters::parse(&headers.signature_input).unwrap();
        assert_eq!((&read, read.created()), (&parameters(), Moment::from_unix_s(1_795_363_200)));
        assert!(verifies(&read, &headers, "POST", "/sync/v1/push", b"{}", &public));
        assert!(!verifies(&read, &headers, "PUT", "/sync/v1/push", b"{}", &public));
        assert!(!verifies(&read, &headers, "POST", "/sync/v1/pull", b"{}", &public));
        assert!(!verifies(&read, &headers, "POST", "/sync/v1/push", b"{ }", &public));
        for other in [
            Parameters { created_s: 1, ..parameters() },
            Parameters { nonce: Nonce::from_random([8; 16]), ..parameters() },
            Parameters { terminal: TerminalId::new(4), ..parameters() },
        ] {
            assert!(!verifies(&other, &headers, "POST", "/sync/v1/push", b"{}", &public), "{other:?}");
        }
    }

    #[test]
    fn a_nonce_is_remembered_by_all_its_bits() {
        let nonce = Nonce::from_random([7; 16]);
        assert_eq!(Nonce::parse(nonce.as_str()), Some(nonce));
        assert_ne!(Nonce::from_random([7; 16]).as_str(), Nonce::from_random([8; 16]).as_str());
    }

    #[test]
    fn other_profiles_are_not_interpreted() {
        let (_, headers) = signed();
        let good = headers.signature_input;
        for wrong in [
            good.replace("sig1", "sig2"),
            good.replace(" \"content-digest\"", ""),
            good.replace("ed25519", "hmac-sha256"),
            good.replace("campus-gate", "other"),
            format!("{good};expires=1"),
            good.replace("created=1795363200", "created=+1795363200"),
            good.replace("keyid=\"3\"", "keyid=\"03\""),
        ] {
            assert_eq!(Parameters::parse(&wrong), None, "{wrong}");
        }
    }
}
