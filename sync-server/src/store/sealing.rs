//! What lies in the database but may not be read from a stolen copy of it: document numbers, live passes, page addresses.
//!
//! XChaCha20-Poly1305 under a key that lives in a file beside the database; a keyed index (HMAC-SHA-256 under a key of its own)
//! finds the same document again without opening any. Sign-in codes have six digits, so they too are kept under a keyed hash.

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use shared::identity::{Document, Phone};
use zeroize::Zeroizing;

use super::{LinkToken, StoreError};
use crate::office::{ApprovalCode, holder::holders_part};

const NONCE_BYTES: usize = 24;

/// What a sealed value is for; one cannot be opened as another.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Document,
    Companions,
    Page,
    Pass,
    UnsentForm,
    Draft,
    Invitation,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Document => b"campus-gate/sealed/document/v1",
            Self::Companions => b"campus-gate/sealed/companions/v1",
            Self::Page => b"campus-gate/sealed/page/v1",
            Self::Pass => b"campus-gate/sealed/pass/v1",
            Self::UnsentForm => b"campus-gate/sealed/unsent-form/v1",
            Self::Draft => b"campus-gate/sealed/draft/v1",
            Self::Invitation => b"campus-gate/sealed/invitation/v1",
        }
    }
}

/// The key that document numbers rest under, and the two derived from it.
#[derive(Clone)]
pub struct IdentityKey {
    cipher: XChaCha20Poly1305,
    index: Zeroizing<[u8; 32]>,
    codes: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdentityKey(…)")
    }
}

impl IdentityKey {
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        let seal = Zeroizing::new(keyed(bytes, &[b"campus-gate/identity/seal/v1"]));
        Self {
            cipher: XChaCha20Poly1305::new((&*seal).into()),
            index: Zeroizing::new(keyed(bytes, &[b"campus-gate/identity/index/v1"])),
            codes: Zeroizing::new(keyed(bytes, &[b"campus-gate/identity/codes/v1"])),
        }
    }

    pub(super) fn seal(&self, purpose: Purpose, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(StoreError::Random)?;
        let payload = Payload { msg: plain, aad: purpose.label() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| StoreError::Sealed)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    pub(super) fn open(&self, purpose: Purpose, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(StoreError::Sealed)?;
        let payload = Payload { msg: sealed, aad: purpose.label() };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| StoreError::Sealed)
    }

    /// The same for the same document, and says nothing to who lacks the key.
    pub(super) fn blind_index(&self, document: &Document) -> [u8; 32] {
        keyed(&self.index, &[&[document.kind().code()], document.number().as_bytes()])
    }

    /// The same for every way to write one holder's number, of whatever kind it is said to be.
    pub(super) fn number_index(&self, document: &Document) -> [u8; 32] {
        keyed(&self.index, &[b"number", &[0], holders_part(document.number()).as_bytes()])
    }

    /// The same for the same code; without the key nobody comes from one to the other.
    pub(super) fn link_of_code(&self, code: ApprovalCode) -> LinkToken {
        // No telephone number is a word, so no code to sign in is ever hashed to the same.
        let [bits @ .., _, _, _, _, _, _, _, _] = keyed(&self.codes, &[b"approval", &[0], code.bytes()]);
        LinkToken::from_random(bits)
    }

    /// The code that follows the one of this hash, where one is not enough.
    pub(super) fn second_code(&self, first: &[u8; 32], browser: &[u8; 32]) -> String {
        let bytes = keyed(&self.codes, &[b"second", &[0], first, browser]);
        let number = bytes.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{:06}", number % 1_000_000)
    }

    pub(super) fn code_hash(&self, phone: &Phone, code: &str) -> [u8; 32] {
        keyed(&self.codes, &[phone.as_str().as_bytes(), &[0], code.as_bytes()])
    }
}

fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // A key shorter than the block is padded with zeros: that is HMAC's own rule (RFC 2104), and it leaves nothing to fail.
    let mut block = Zeroizing::new([0; 64]);
    let (head, _) = block.split_at_mut(key.len());
    head.copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new((&*block).into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use shared::identity::DocumentKind;

    use super::*;

    fn document(kind: DocumentKind, number: &str) -> Document {
        Document::parse(kind, number, NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()).unwrap()
    }

    #[test]
    fn sealed_values_open_only_with_their_key_purpose_and_every_byte() {
        let key = IdentityKey::from_bytes(&[1; 32]);
        let sealed = key.seal(Purpose::Document, b"11010519491231002X").unwrap();
        assert_eq!(key.open(Purpose::Document, &sealed).unwrap().as_slice(), b"11010519491231002X");
        assert_ne!(sealed, key.seal(Purpose::Document, b"11010519491231002X").unwrap());
        assert!(!sealed.windows(6).any(|window| window == b"110105"));
        assert!(key.open(Purpose::Page, &sealed).is_err());
        assert!(IdentityKey::from_bytes(&[2; 32]).open(Purpose::Document, &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open(Purpose::Document, &changed).is_err(), "byte {at}");
        }
        assert!(key.open(Purpose::Document, &sealed[..20]).is_err());
    }

    #[test]
    fn keyed_is_hmac_sha_256() {
        // RFC 4231, case 4: its key of 25 bytes is the same key with zeros behind it.
        let mut key = [0; 32];
        for (byte, number) in key.iter_mut().zip(1..=25) {
            *byte = number;
        }
        let hex: String = keyed(&key, &[&[0xcd; 20], &[0xcd; 30]]).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    }

    #[test]
    fn the_index_is_of_kind_and_number_under_its_key() {
        let key = IdentityKey::from_bytes(&[1; 32]);
        let passport = document(DocumentKind::Passport, "12345678");
        assert_eq!(key.blind_index(&passport), key.blind_index(&document(DocumentKind::Passport, "１２３４ 5678")));
        assert_ne!(key.blind_index(&passport), key.blind_index(&document(DocumentKind::TaiwanPermit, "12345678")));
        assert_ne!(key.blind_index(&passport), IdentityKey::from_bytes(&[2; 32]).blind_index(&passport));
        assert_eq!(key.number_index(&passport), key.number_index(&document(DocumentKind::TaiwanPermit, "1234567801")));
        assert_ne!(key.number_index(&passport), key.blind_index(&passport));
        assert_ne!(key.number_index(&passport), IdentityKey::from_bytes(&[2; 32]).number_index(&passport));
    }
}
