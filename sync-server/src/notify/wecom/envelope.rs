//! The envelope of WeCom's callbacks: who sent it, and what is inside.
//!
//! A call proves itself by a SHA-1 over the token that only WeCom and we know; inside, AES-256-CBC hides the text and the name of the
//! house it is for. The signature is checked before anything is opened, so what is broken inside tells a stranger nothing.

use aes::{
    Aes256,
    cipher::{Array, BlockModeDecrypt as _, KeyIvInit as _},
};
use base64::{
    Engine as _,
    alphabet::STANDARD as ALPHABET,
    engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD},
};
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

pub struct Envelope {
    token: Zeroizing<String>,
    key: Zeroizing<[u8; 32]>,
    receiver: String,
}

/// What stands in a callback's address.
#[derive(Debug, Clone, Copy)]
pub struct Proof<'a> {
    pub signature: &'a str,
    pub timestamp: &'a str,
    pub nonce: &'a str,
}

/// For the log; whoever called is told only that it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    #[error("签名不是企业微信的。The signature is not WeCom's")]
    Signature,
    #[error("内容损坏。What is inside is broken")]
    Broken,
    #[error("不是发给本企业的。It is for another house")]
    OtherHouse,
}

/// 43 characters of base64 are 258 bits: the last two are anything.
const LAST_BITS_FREE: GeneralPurpose =
    GeneralPurpose::new(&ALPHABET, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

const BLOCK: usize = 16;
/// Random bytes before the length.
const RANDOM: usize = 16;
const LONGEST_PADDING: u8 = 32;

impl Envelope {
    /// None when `aes` is not WeCom's EncodingAESKey of 43 characters.
    #[must_use]
    pub fn new(token: Zeroizing<String>, aes: &str, receiver: &str) -> Option<Self> {
        let whole = Zeroizing::new(format!("{aes}="));
        let bytes = Zeroizing::new(LAST_BITS_FREE.decode(whole.as_bytes()).ok()?);
        let key = <[u8; 32]>::try_from(bytes.as_slice()).ok()?;
        Some(Self { token, key: Zeroizing::new(key), receiver: receiver.to_owned() })
    }

    /// The text inside `sealed`, if it is from WeCom and for us.
    pub fn open(&self, proof: Proof<'_>, sealed: &str) -> Result<String, NotOpened> {
        let expected = self.signature(proof.timestamp, proof.nonce, sealed);
        if !bool::from(expected.as_bytes().ct_eq(proof.signature.as_bytes())) {
            return Err(NotOpened::Signature);
        }
        let plain = self.decrypted(sealed).ok_or(NotOpened::Broken)?;
        let (text, receiver) = parted(&plain).ok_or(NotOpened::Broken)?;
        if receiver != self.receiver.as_bytes() {
            return Err(NotOpened::OtherHouse);
        }
        String::from_utf8(text.to_vec()).map_err(|_| NotOpened::Broken)
    }

    fn signature(&self, timestamp: &str, nonce: &str, sealed: &str) -> String {
        let mut parts = [self.token.as_str(), timestamp, nonce, sealed];
        parts.sort_unstable();
        let hash = parts.into_iter().fold(Sha1::new(), |hash, part| hash.chain_update(part));
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn decrypted(&self, sealed: &str) -> Option<Vec<u8>> {
        let mut bytes = STANDARD.decode(sealed).ok()?;
        if bytes.is_empty() || bytes.len() % BLOCK != 0 {
            return None;
        }
        let iv = self.key.first_chunk::<BLOCK>()?;
        let mut cipher = cbc::Decryptor::<Aes256>::new(&Array::from(*self.key), &Array::from(*iv));
        for block in bytes.chunks_exact_mut(BLOCK) {
            cipher.decrypt_block(block.try_into().ok()?);
        }
        let padding = *bytes.last()?;
        let length = bytes.len().checked_sub(usize::from(padding))?;
        let padded = bytes.get(length..)?;
        let whole = (1..=LONGEST_PADDING).contains(&padding) && padded.iter().all(|byte| *byte == padding);
        whole.then(|| {
            bytes.truncate(length);
            bytes
        })
    }
}

/// The text and whom it is for.
fn parted(plain: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = plain.get(RANDOM..)?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Envelope(for {})", self.receiver)
    }
}

#[cfg(test)]
mod tests {
    use aes::cipher::BlockModeEncrypt as _;

    use super::*;

    const TOKEN: &str = "made-up-token";
    const AES: &str = "bWFkZS11cC1rZXktb2YtMzItYnl0ZXMtMDEyMzQ1Njc";
    const CORP: &str = "ww0123456789abcdef";

    fn envelope() -> Envelope {
        Envelope::new(Zeroizing::new(TOKEN.to_owned()), AES, CORP).unwrap()
    }

    /// As WeCom seals it; `padding` as PKCS#7 of 32 has it unless a test wants another.
    fn sealed(key: &[u8; 32], text: &[u8], corp: &str, padding: Option<(usize, u8)>) -> String {
        let mut plain = vec![b'r'; RANDOM];
        plain.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
        plain.extend(text);
        plain.extend(corp.as_bytes());
        let usual = 32 - plain.len() % 32;
        let (count, byte) = padding.unwrap_or((usual, u8::try_from(usual).unwrap()));
        plain.resize(plain.len() + count, byte);
        let iv: [u8; 16] = key[..16].try_into().unwrap();
        let mut cipher = cbc::Encryptor::<Aes256>::new(&Array::from(*key), &Array::from(iv));
        for block in plain.chunks_exact_mut(BLOCK) {
            cipher.encrypt_block(block.try_into().unwrap());
        }
        STANDARD.encode(plain)
    }

    fn opened(envelope: &Envelope, sealed: &str) -> Result<String, NotOpened> {
        let signature = envelope.signature("1795363200", "nonce", sealed);
        envelope.open(Proof { signature: &signature, timestamp: "1795363200", nonce: "nonce" }, sealed)
    }

    #[test]
    fn the_checked_signature_is_ours() {
        let envelope = Envelope::new(Zeroizing::new("kjr2TKI8umCBfVF3wAHk8JiPwma5VBme".to_owned()), AES, CORP).unwrap();
        let sealed = "6KmUQuPVu7UhjyVqRdbo5SfcRqaHvbUlKSHFvBV2ZuR6TIlKsygcfeSd1GDplg1C5KSKr6UPHCaC/nIX3ZNt9w==";
        let signature = envelope.signature("1583940690", "VHh7ymSeb0jc4lSb", sealed);
        assert_eq!(signature, "1ba3cb09c0d2c2b3ed6900d37f91a6efae6cb011");
        let proof = |signature| Proof { signature, timestamp: "1583940690", nonce: "VHh7ymSeb0jc4lSb" };
        assert_eq!(
            envelope.open(proof(&signature), sealed),
            Err(NotOpened::Broken),
            "right, but under a key of its own"
        );
        let mut wrong = signature.clone();
        wrong.replace_range(..1, "0");
        for wrong in [wrong.as_str(), "", &signature[..39], &signature.to_uppercase()] {
            assert_eq!(envelope.open(proof(wrong), sealed), Err(NotOpened::Signature), "{wrong}");
        }
    }

    #[test]
    fn texts_of_every_length_come_out_as_they_went_in() {
        let envelope = envelope();
        for length in 0..200 {
            let text = "x".repeat(length);
            assert_eq!(opened(&envelope, &sealed(&envelope.key, text.as_bytes(), CORP, None)), Ok(text));
        }
        let text = "<xml>企业微信</xml>";
        assert_eq!(opened(&envelope, &sealed(&envelope.key, text.as_bytes(), CORP, None)).as_deref(), Ok(text));
    }

    #[test]
    fn what_is_corrupted_cut_or_for_another_house_is_refused() {
        let envelope = envelope();
        let good = sealed(&envelope.key, b"hello", CORP, None);
        assert_eq!(opened(&envelope, &sealed(&envelope.key, b"hello", "ww-other", None)), Err(NotOpened::OtherHouse));
        assert_eq!(opened(&envelope, &sealed(&envelope.key, b"hello", "", None)), Err(NotOpened::OtherHouse));
        assert_eq!(opened(&envelope, &sealed(&[9; 32], b"hello", CORP, None)), Err(NotOpened::Broken));
        assert_eq!(opened(&envelope, &sealed(&envelope.key, b"\xff\xfe", CORP, None)), Err(NotOpened::Broken));
        // 16 + 4 + 5 + 18 are 43: a padding of 5 ends the block.
        for padding in [(5, 0), (5, 33), (5, 4), (5, 6)] {
            let inside = opened(&envelope, &sealed(&envelope.key, b"hello", CORP, Some(padding)));
            assert!(inside.is_err(), "{padding:?}: {inside:?}");
        }
        let bytes = STANDARD.decode(&good).unwrap();
        for length in 0..bytes.len() {
            let cut = opened(&envelope, &STANDARD.encode(&bytes[..length]));
            assert!(cut.is_err(), "{length}: {cut:?}");
        }
        for (wrong, name) in [("", "nothing"), ("*", "no base64"), (&good[1..], "shifted")] {
            assert_eq!(opened(&envelope, wrong), Err(NotOpened::Broken), "{name}");
        }
        // Every flipped bit breaks the signature; whoever could sign again still cannot move the text past its end.
        let proof_of = |sealed: &str| envelope.signature("1795363200", "nonce", sealed);
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            let flipped = STANDARD.encode(flipped);
            let signature = proof_of(&good);
            let proof = Proof { signature: &signature, timestamp: "1795363200", nonce: "nonce" };
            assert_eq!(envelope.open(proof, &flipped), Err(NotOpened::Signature), "{at}");
        }
    }

    #[test]
    fn a_length_that_lies_reaches_no_further_than_the_text() {
        let mut plain = vec![b'r'; RANDOM];
        plain.extend(u32::MAX.to_be_bytes());
        plain.extend(b"hello");
        assert_eq!(parted(&plain), None);
        assert_eq!(parted(&plain[..19]), None);
        assert_eq!(parted(&[]), None);
    }

    #[test]
    fn time_and_nonce_are_signed() {
        let envelope = envelope();
        let sealed = sealed(&envelope.key, b"hello", CORP, None);
        let signature = envelope.signature("1795363200", "nonce", &sealed);
        for (timestamp, nonce) in [("1795363201", "nonce"), ("1795363200", "nonce2"), ("", "")] {
            let proof = Proof { signature: &signature, timestamp, nonce };
            assert_eq!(envelope.open(proof, &sealed), Err(NotOpened::Signature));
        }
    }

    #[test]
    fn a_key_is_43_characters_whatever_its_last_bits_and_is_not_printed() {
        let token = || Zeroizing::new(TOKEN.to_owned());
        for last in ["c", "d", "e", "f"] {
            assert!(Envelope::new(token(), &format!("{}{last}", &AES[..42]), CORP).is_some(), "{last}");
        }
        for wrong in ["", &AES[..42], &format!("{AES}A"), &format!("{AES}="), &"*".repeat(43)] {
            assert!(Envelope::new(token(), wrong, CORP).is_none(), "{wrong}");
        }
        assert!(!format!("{:?}", envelope()).contains("made-up"));
    }
}
