//! Sealing and opening: the only door to a [`Pass`].

use ed25519_dalek::SigningKey;

use super::{Claims, KeySet, KeyUse, MAX_PASS_BYTES, MIN_PASS_BYTES, PassText, SUITE_1};
use crate::{
    ids::KeyId,
    seal::{Label, sign, verifies},
};

const SIGNATURE_BYTES: usize = 64;

/// Why a code is no pass. The order is the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassFault {
    #[error("not one of ours")]
    NotOurs,
    #[error("a suite or field this reader does not know")]
    UnknownSuite,
    #[error("signed by a key that is not in the key set for passes of that day")]
    UnknownKey,
    #[error("the signature does not verify")]
    BadSignature,
}

/// Bytes with the frame of a pass; nothing inside is believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPass(Vec<u8>);

impl SealedPass {
    pub fn from_text(text: &PassText) -> Result<Self, PassFault> {
        Self::from_bytes(text.decode()?)
    }

    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, PassFault> {
        if (MIN_PASS_BYTES..=MAX_PASS_BYTES).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(PassFault::NotOurs) }
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    #[must_use]
    pub fn text(&self) -> PassText {
        PassText::encode(&self.0)
    }

    /// The one way to a [`Pass`].
    pub fn open(&self, keys: &KeySet) -> Result<Pass, PassFault> {
        let (body, signature) = self.0.split_last_chunk::<SIGNATURE_BYTES>().ok_or(PassFault::NotOurs)?;
        let &[suite, key_high, key_low, ..] = body else { return Err(PassFault::NotOurs) };
        if suite != SUITE_1 || suite < keys.min_suite() {
            return Err(PassFault::UnknownSuite);
        }
        let key = KeyId::new(u16::from_be_bytes([key_high, key_low]));
        let named = keys.find(key, KeyUse::Pass).ok_or(PassFault::UnknownKey)?;
        if !crate::planted!("a pass by anybody's hand", true, verifies(Label::Pass, &named.public, body, signature)) {
            return Err(PassFault::BadSignature);
        }
        let (key, claims) = Claims::read(body)?;
        if !named.holds_at(claims.validity.from()) {
            return Err(PassFault::UnknownKey);
        }
        Ok(Pass { claims, key })
    }
}

/// A pass whose signature, key and fields have all been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    claims: Claims,
    key: KeyId,
}

impl Pass {
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    #[must_use]
    pub const fn key(&self) -> KeyId {
        self.key
    }
}

/// The office's pass key, and the only thing that can seal. Lives in the server's process alone.
pub struct PassSigner {
    id: KeyId,
    key: SigningKey,
}

impl PassSigner {
    #[must_use]
    pub const fn new(id: KeyId, key: SigningKey) -> Self {
        Self { id, key }
    }

    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// What the office sealed before, by this key: every word of it stays. Nothing is checked, so only what the office itself kept
    /// may come here.
    #[must_use]
    pub fn seal_again(&self, pass: &SealedPass) -> Option<SealedPass> {
        let (body, _) = pass.0.split_last_chunk::<SIGNATURE_BYTES>()?;
        let (_, claims) = Claims::read(body).ok()?;
        Some(self.seal(&claims))
    }

    #[must_use]
    pub fn seal(&self, claims: &Claims) -> SealedPass {
        let mut bytes = claims.body(self.id);
        let signature = sign(Label::Pass, &self.key, &bytes);
        bytes.extend(signature);
        SealedPass(bytes)
    }
}

impl std::fmt::Debug for PassSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PassSigner(key {})", self.id)
    }
}
