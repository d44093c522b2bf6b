//! Who is asking: the signature of a request, checked before a byte of its body is interpreted.
//!
//! The order is policy. Nothing is told to, and nothing written for, somebody whose signature does not verify; only the terminal
//! itself learns that it was withdrawn, that its clock is off, or that its request was seen before.

use chrono::TimeDelta;
use http::HeaderMap;
use shared::{
    ids::TerminalId,
    planted,
    sync::{
        Refusal,
        http_signature::{
            CONTENT_DIGEST, MAX_SKEW_S, Parameters, SIGNATURE, SIGNATURE_INPUT, SignatureHeaders, verifies,
        },
    },
    time::Moment,
};

use super::DoorFault;
use crate::store::Store;

/// A POST as it arrived.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posted<'a> {
    pub(super) path: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

/// Whose signature holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Caller {
    /// Known, on time and for the first time.
    Welcome(TerminalId),
    /// Once known: it learns that it is not any more, whatever its clock says and however often it asks.
    Withdrawn { terminal: TerminalId, since: Moment },
}

/// Who signed `posted`.
pub(super) async fn caller(store: &Store, posted: Posted<'_>, now: Moment) -> Result<Caller, DoorFault> {
    let headers = signature_headers(posted.headers).ok_or(Refusal::Unauthenticated)?;
    let parameters = Parameters::parse(&headers.signature_input).ok_or(Refusal::Unauthenticated)?;
    let terminal = store.terminal(parameters.terminal).await?.ok_or(Refusal::Unauthenticated)?;
    if !verifies(&parameters, &headers, "POST", posted.path, posted.body, &terminal.public) {
        return Err(Refusal::Unauthenticated.into());
    }
    if let Some(since) = planted!("a withdrawn terminal is heard", None, terminal.withdrawn) {
        return Ok(Caller::Withdrawn { terminal: terminal.id, since });
    }
    let skew = now.since(parameters.created()).abs();
    if planted!("old requests are answered", false, skew > TimeDelta::seconds(MAX_SKEW_S)) {
        return Err(Refusal::Clock { server_time: now }.into());
    }
    let fresh = store.remember_nonce(parameters.terminal, &parameters.nonce, now).await?;
    if planted!("requests are answered twice", true, fresh) {
        Ok(Caller::Welcome(parameters.terminal))
    } else {
        Err(Refusal::Replayed.into())
    }
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
