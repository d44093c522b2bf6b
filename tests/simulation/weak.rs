//! A signature that only a careless reader takes.
//!
//! Its point is of small order, so it says nothing of the message beyond what the key's own holder can make it say afterwards: two
//! codes for one pass, or one that was never drawn by lot as signatures are. Plain `verify` takes it and `verify_strict` does not.

use curve25519_dalek::Scalar;
use ed25519_dalek::SigningKey;
use sha2::{Digest as _, Sha512};
use shared::{
    pass::{PassText, SealedPass},
    seal::Label,
};

const SIGNATURE_BYTES: usize = 64;

/// The neutral point, as it is written.
const NEUTRAL: [u8; 32] = {
    let mut bytes = [0; 32];
    bytes[0] = 1;
    bytes
};

/// The same pass with such a signature by the same key.
#[must_use]
pub fn signed_weakly(text: &str, key: &SigningKey) -> Option<String> {
    let sealed = SealedPass::from_text(&PassText::parse(text).ok()?).ok()?;
    let (body, _) = sealed.as_bytes().split_last_chunk::<SIGNATURE_BYTES>()?;
    let mut sha = Sha512::new();
    sha.update(NEUTRAL);
    sha.update(key.verifying_key().as_bytes());
    sha.update(Label::Pass.text().as_bytes());
    sha.update([0]);
    sha.update(body);
    let s = Scalar::from_bytes_mod_order_wide(&sha.finalize().into()) * key.to_scalar();
    let bytes = [body, &NEUTRAL, s.as_bytes()].concat();
    Some(SealedPass::from_bytes(bytes).ok()?.text().to_string())
}
