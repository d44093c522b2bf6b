//! Signatures: Ed25519 over a label that names the kind of object, then the object's bytes.
//!
//! Every signed kind has its own label, so a signature made for one kind never verifies as another. Verification is
//! `verify_strict`, and keys of small order are refused when they are loaded: plain `verify` accepts one such key for *every*
//! message.
//!
//! Signed bytes of label `L` and message `m`: the ASCII text of `L`, one zero byte, then `m`.
//!
//! Objects other than the pass travel as [`Sealed`]: the exact JSON text that was signed, and the signature beside it. What
//! was signed is never re-serialised, so there is nothing to make canonical.

use std::{fmt, marker::PhantomData};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::ids::KeyId;

/// What kind of object a signature is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    Pass,
    KeySet,
    Beacon,
    Enrolment,
    EntryHead,
    EntryReceipt,
    /// Where a terminal stands, as it writes it down for itself.
    Place,
    /// That a terminal is not to be trusted any more.
    Withdrawal,
    /// An entry that it writes down where nothing before it is left.
    Alone,
    Snapshot,
}

impl Label {
    pub const ALL: [Self; 10] = [
        Self::Pass,
        Self::KeySet,
        Self::Beacon,
        Self::Enrolment,
        Self::EntryHead,
        Self::EntryReceipt,
        Self::Place,
        Self::Withdrawal,
        Self::Alone,
        Self::Snapshot,
    ];

    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Pass => "campus-gate/pass/v1",
            Self::KeySet => "campus-gate/keyset/v1",
            Self::Beacon => "campus-gate/beacon/v1",
            Self::Enrolment => "campus-gate/enrolment/v1",
            Self::EntryHead => "campus-gate/entry-head/v1",
            Self::EntryReceipt => "campus-gate/entry-receipt/v1",
            Self::Place => "campus-gate/place/v1",
            Self::Withdrawal => "campus-gate/withdrawal/v1",
            Self::Alone => "campus-gate/alone/v1",
            Self::Snapshot => "campus-gate/snapshot/v1",
        }
    }

    fn message(self, bytes: &[u8]) -> Vec<u8> {
        let label = self.text().as_bytes();
        let mut message = Vec::with_capacity(label.len() + 1 + bytes.len());
        message.extend_from_slice(label);
        message.push(0);
        message.extend_from_slice(bytes);
        message
    }
}

#[must_use]
pub fn sign(label: Label, key: &SigningKey, bytes: &[u8]) -> [u8; 64] {
    key.sign(&label.message(bytes)).to_bytes()
}

#[must_use]
pub fn verifies(label: Label, key: &PublicKey, bytes: &[u8], signature: &[u8; 64]) -> bool {
    let (message, signature) = (label.message(bytes), Signature::from_bytes(signature));
    crate::planted!(
        "plain verify",
        ed25519_dalek::Verifier::verify(&key.0, &message, &signature),
        key.0.verify_strict(&message, &signature)
    )
    .is_ok()
}

/// An Ed25519 public key that is known not to be of small order. Written as standard base64.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, WeakKey> {
        match VerifyingKey::from_bytes(bytes) {
            Ok(key) if !key.is_weak() => Ok(Self(key)),
            Ok(_) | Err(_) => Err(WeakKey),
        }
    }

    #[must_use]
    pub fn of(key: &SigningKey) -> Self {
        Self(key.verifying_key())
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// For the one format whose signed text is given by a standard and has no room for a label (RFC 9421).
    pub(crate) fn verifies_unlabelled(&self, message: &[u8], signature: &Signature) -> bool {
        self.0.verify_strict(message, signature).is_ok()
    }

    /// Eight groups of four hex digits of the key's SHA-256: what two people compare over the telephone.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&[self.as_bytes()])
    }
}

/// Of several parts laid end to end.
pub(crate) fn fingerprint(parts: &[&[u8]]) -> String {
    use sha2::Digest as _;
    let hashed = parts.iter().fold(sha2::Sha256::new(), |hash, part| hash.chain_update(part)).finalize();
    let hex: String = hashed.iter().take(16).map(|b| format!("{b:02x}")).collect();
    let groups: Vec<&str> = (0..8).filter_map(|i| hex.get(i * 4..i * 4 + 4)).collect();
    groups.join(" ")
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

impl TryFrom<String> for PublicKey {
    type Error = WeakKey;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = STANDARD.decode(text).map_err(|_| WeakKey)?;
        Self::from_bytes(bytes.as_slice().try_into().map_err(|_| WeakKey)?)
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        STANDARD.encode(key.as_bytes())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a usable Ed25519 public key (malformed, or of small order)")]
pub struct WeakKey;

/// An object that is signed as JSON under one label.
pub trait Sealable: Serialize + DeserializeOwned {
    const LABEL: Label;
}

/// The exact JSON text of a `T`, who signed it, and the signature in base64. Nothing inside may be believed before [`open`](Self::open).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed<T> {
    pub body: String,
    /// Which key of the key set signed; absent where only one key can have (the root, or the terminal's own).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    pub signature: String,
    #[serde(skip)]
    kind: PhantomData<T>,
}

impl<T: Sealable> Sealed<T> {
    pub fn seal(object: &T, key: Option<KeyId>, signer: &SigningKey) -> Result<Self, serde_json::Error> {
        let body = serde_json::to_string(object)?;
        let signature = STANDARD.encode(sign(T::LABEL, signer, body.as_bytes()));
        Ok(Self { body, key, signature, kind: PhantomData })
    }

    pub fn open(&self, key: &PublicKey) -> Result<T, Unopened> {
        let signature = STANDARD.decode(&self.signature).map_err(|_| Unopened::BadSignature)?;
        let signature: [u8; 64] = signature.as_slice().try_into().map_err(|_| Unopened::BadSignature)?;
        if !crate::planted!("a seal by anybody's hand", true, verifies(T::LABEL, key, self.body.as_bytes(), &signature))
        {
            return Err(Unopened::BadSignature);
        }
        serde_json::from_str(&self.body).map_err(Unopened::Unreadable)
    }
}

/// Why a [`Sealed`] object was not opened.
#[derive(Debug, thiserror::Error)]
pub enum Unopened {
    #[error("the signature does not verify")]
    BadSignature,
    #[error("signed by key {0}, which is not in the key set for this use")]
    UnknownKey(KeyId),
    #[error("no key is named")]
    NoKey,
    #[error("well signed, but not understood: {0}")]
    Unreadable(#[source] serde_json::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Note(String);

    impl Sealable for Note {
        const LABEL: Label = Label::Beacon;
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    #[test]
    fn a_signature_holds_for_its_own_label_only() {
        for made in Label::ALL {
            let signature = sign(made, &key(1), b"body");
            for read in Label::ALL {
                let holds = verifies(read, &PublicKey::of(&key(1)), b"body", &signature);
                assert_eq!(holds, made == read, "{made:?} read as {read:?}");
            }
        }
    }

    #[test]
    fn small_order_keys_are_refused() {
        // The eight canonical points of small order, and the identity's non-canonical twin.
        let points = [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ];
        for point in points {
            let bytes: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&point[i * 2..i * 2 + 2], 16).unwrap()).collect();
            assert_eq!(PublicKey::from_bytes(bytes.as_slice().try_into().unwrap()), Err(WeakKey), "{point}");
        }
        assert!(PublicKey::from_bytes(PublicKey::of(&key(1)).as_bytes()).is_ok());
    }

    #[test]
    fn a_key_is_written_down_and_read_out_by_its_own_bytes() {
        // The first example of RFC 8032.
        let text = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
        let key = PublicKey::try_from(text.to_owned()).unwrap();
        assert_eq!(key.as_bytes().first_chunk(), Some(&[0xd7, 0x5a, 0x98, 0x01]));
        assert_eq!(String::from(key), text);
        assert_eq!(key.fingerprint(), "21fe 31df a154 a261 626b f854 046f d227");
    }

    #[test]
    fn a_changed_body_or_another_key_does_not_open() {
        let sealed = Sealed::seal(&Note("早上好".into()), Some(KeyId::new(2)), &key(1)).unwrap();
        assert_eq!(sealed.open(&PublicKey::of(&key(1))).unwrap(), Note("早上好".into()));
        assert!(matches!(sealed.open(&PublicKey::of(&key(2))), Err(Unopened::BadSignature)));
        let changed = Sealed { body: sealed.body.replace('早', "晚"), ..sealed };
        assert!(matches!(changed.open(&PublicKey::of(&key(1))), Err(Unopened::BadSignature)));
    }
}
