//! How a callback is sealed: written out from the block cipher up, so that no mistake is shared with who opens it.

use aes::{
    Aes256,
    cipher::{Array, BlockCipherEncrypt as _, KeyInit as _},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha1::{Digest as _, Sha1};

const BLOCK: usize = 16;

/// 32 bytes from 43 letters, bit by bit; the two bits that are left over say nothing.
pub(super) fn key_of(letters: &str) -> Option<[u8; 32]> {
    let mut bits = Vec::with_capacity(258);
    for letter in letters.bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits.extend((0..6).rev().map(|bit| (six >> bit) & 1));
    }
    let bytes: Vec<u8> = bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| (byte << 1) | bit)).collect();
    if bits.len() == 258 { bytes.try_into().ok() } else { None }
}

/// Base64 of the sealed text, for the house called `receiver`.
pub(super) fn seal(key: &[u8; 32], random: [u8; 16], text: &str, receiver: &str) -> String {
    let mut plain = random.to_vec();
    plain.extend(u32::try_from(text.len()).unwrap_or_default().to_be_bytes());
    plain.extend(text.as_bytes());
    plain.extend(receiver.as_bytes());
    let padding = 32 - plain.len() % 32;
    plain.resize(plain.len() + padding, u8::try_from(padding).unwrap_or_default());
    let cipher = Aes256::new(&Array::from(*key));
    let mut last: Vec<u8> = key.iter().take(BLOCK).copied().collect();
    let mut sealed = Vec::with_capacity(plain.len());
    for block in plain.chunks_exact(BLOCK) {
        let mut mixed = Array::default();
        for (to, (from, before)) in mixed.iter_mut().zip(block.iter().zip(&last)) {
            *to = from ^ before;
        }
        cipher.encrypt_block(&mut mixed);
        last = mixed.to_vec();
        sealed.extend_from_slice(&last);
    }
    STANDARD.encode(sealed)
}

pub(super) fn sign(token: &str, timestamp: &str, nonce: &str, sealed: &str) -> String {
    let mut parts = [token, timestamp, nonce, sealed];
    parts.sort_unstable();
    let mut hash = Sha1::new();
    hash.update(parts.concat());
    let mut hex = String::new();
    for byte in hash.finalize() {
        hex.push_str(&format!("{byte:02x}"));
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checked_signature() {
        let sealed = "6KmUQuPVu7UhjyVqRdbo5SfcRqaHvbUlKSHFvBV2ZuR6TIlKsygcfeSd1GDplg1C5KSKr6UPHCaC/nIX3ZNt9w==";
        assert_eq!(
            sign("kjr2TKI8umCBfVF3wAHk8JiPwma5VBme", "1583940690", "VHh7ymSeb0jc4lSb", sealed),
            "1ba3cb09c0d2c2b3ed6900d37f91a6efae6cb011"
        );
    }

    /// Made with another program: `openssl enc -aes-256-cbc -nopad` of the padded text.
    #[test]
    fn another_program_seals_the_same() {
        let key = key_of("bWFkZS11cC1rZXktb2YtMzItYnl0ZXMtMDEyMzQ1Njc").unwrap();
        assert_eq!(&key, b"made-up-key-of-32-bytes-01234567");
        let sealed = seal(&key, *b"0123456789abcdef", "hello", "ww00112233445566aa");
        assert_eq!(sealed, "XxIOqO+n9JsXGlGFI9/n06qpQbWxdHM8GdPofMIrvWA2WNfe0lloXe/NqbCSKm/zTWLABP/Z+UfR0vuZPH5SVQ==");
        assert_eq!(key_of(&"A".repeat(42)), None);
        assert_eq!(key_of(&"*".repeat(43)), None);
    }
}
