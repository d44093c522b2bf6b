//! Who is asking: the signature of a request, checked before its body is read, and its body before a byte of it is interpreted.
//!
//! The order is policy. Nothing is told to, nothing written for and nothing held of somebody whose signature does not verify: it
//! covers the digest of the body and not the body, so the head alone says whether there is anything to wait for. Only the terminal
//! itself learns that it was withdrawn, that its clock is off, or that its request was seen before.

use chrono::TimeDelta;
use http::{HeaderMap, HeaderValue, Uri};
use shared::{
    ids::TerminalId,
    planted,
    sync::{
        Refusal,
        http_signature::{
            CONTENT_DIGEST, MAX_SKEW_S, Parameters, SIGNATURE, SIGNATURE_INPUT, SignatureHeaders, head_verifies,
        },
    },
    time::Moment,
};

use super::DoorFault;
use crate::store::Store;

/// The head of a POST that a terminal signed, on time unless it is withdrawn.
#[derive(Debug)]
pub(super) struct Knock {
    headers: SignatureHeaders,
    parameters: Parameters,
    withdrawn: Option<Moment>,
}

/// Whose signature holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Caller {
    /// Known, on time and for the first time.
    Welcome(TerminalId),
    /// Once known: it learns that it is not any more, whatever its clock says and however often it asks.
    Withdrawn { terminal: TerminalId, since: Moment },
}

impl Knock {
    pub(super) async fn heard(store: &Store, uri: &Uri, headers: &HeaderMap, now: Moment) -> Result<Self, DoorFault> {
        // A query is not covered.
        if uri.query().is_some() {
            return Err(Refusal::Malformed.into());
        }
        let headers = signature_headers(headers).ok_or(Refusal::Unauthenticated)?;
        let parameters = Parameters::parse(&headers.signature_input).ok_or(Refusal::Unauthenticated)?;
        let terminal = store.terminal(parameters.terminal).await?.ok_or(Refusal::Unauthenticated)?;
        if !head_verifies(&parameters, &headers, "POST", uri.path(), &terminal.public) {
            return Err(Refusal::Unauthenticated.into());
        }
        let withdrawn = planted!("a withdrawn terminal is heard", None, terminal.withdrawn);
        let skew = now.since(parameters.created()).abs();
        if withdrawn.is_none() && planted!("old requests are answered", false, skew > TimeDelta::seconds(MAX_SKEW_S)) {
            return Err(Refusal::Clock { server_time: now }.into());
        }
        Ok(Self { headers, parameters, withdrawn })
    }

    pub(super) const fn terminal(&self) -> TerminalId {
        self.parameters.terminal
    }

    /// Who it is, if `body` is what was signed.
    pub(super) async fn caller(self, store: &Store, body: &[u8], now: Moment) -> Result<Caller, DoorFault> {
        let terminal = self.terminal();
        if !self.headers.are_of(body) {
            return Err(Refusal::Unauthenticated.into());
        }
        if let Some(since) = self.withdrawn {
            return Ok(Caller::Withdrawn { terminal, since });
        }
        let fresh = store.remember_nonce(terminal, &self.parameters.nonce, now).await?;
        if planted!("requests are answered twice", true, fresh) {
            Ok(Caller::Welcome(terminal))
        } else {
            Err(Refusal::Replayed.into())
        }
    }
}

/// Which terminal a request says it is from.
pub(super) fn claimed(signature_input: &HeaderValue) -> Option<TerminalId> {
    Some(Parameters::parse(signature_input.to_str().ok()?)?.terminal)
}

/// Each header once: of two that differ, somebody on the way might check one and we the other.
fn signature_headers(headers: &HeaderMap) -> Option<SignatureHeaders> {
    let only = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?.to_owned();
        values.next().is_none().then_some(value)
    };
    Some(SignatureHeaders {
        content_digest: only(CONTENT_DIGEST)?,
        signature_input: only(SIGNATURE_INPUT)?,
        signature: only(SIGNATURE)?,
    })
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use shared::sync::http_signature::{Nonce, sign};

    use super::*;

    #[test]
    fn a_request_says_which_terminal_it_is_from_whoever_signed_it() {
        let (terminal, nonce) = (TerminalId::new(7), Nonce::from_random([1; 16]));
        let parameters = Parameters { created_s: 0, nonce, terminal };
        let signed = sign(&parameters, "POST", "/", b"", &SigningKey::from_bytes(&[1; 32]));
        assert_eq!(claimed(&HeaderValue::from_str(&signed.signature_input).unwrap()), Some(terminal));
        assert_eq!(claimed(&HeaderValue::from_static("7")), None);
    }
}
