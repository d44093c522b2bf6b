//! What the providers' signatures are made of: keyed hashes, hex, and Aliyun's way to write a name or value into an address.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Of SHA-1 and SHA-256 alike.
const BLOCK: usize = 64;

pub(super) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new((&*block(key, |key| Sha256::digest(key).to_vec())).into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

pub(super) fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new((&*block(key, |key| Sha1::digest(key).to_vec())).into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a String cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

/// RFC 3986: all but the unreserved characters, byte by byte.
pub(super) fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => {
                write!(encoded, "%{byte:02X}").ok();
            }
        }
        encoded
    })
}

/// Sorted by name, both sides encoded: what is signed, and as it is sent.
pub(super) fn canonical_query(parameters: &[(&str, String)]) -> String {
    let mut pairs: Vec<_> = parameters.iter().map(|(name, value)| (percent(name), percent(value))).collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Padded with zeros, or hashed first where it is too long: HMAC's own rule (RFC 2104), which leaves nothing to fail.
fn block(key: &[u8], hash: impl Fn(&[u8]) -> Vec<u8>) -> Zeroizing<[u8; BLOCK]> {
    let hashed = Zeroizing::new(if key.len() > BLOCK { hash(key) } else { Vec::new() });
    let key = if key.len() > BLOCK { &hashed } else { key };
    let mut block = Zeroizing::new([0; BLOCK]);
    block.iter_mut().zip(key).for_each(|(byte, key)| *byte = *key);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyed_hashes_are_those_of_rfc_2202_and_4231() {
        let message = b"what do ya want for nothing?";
        assert_eq!(hex(&hmac_sha1(b"Jefe", message)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        assert_eq!(
            hex(&hmac_sha256(b"Jefe", message)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(&hmac_sha1(&[0xaa; 80], b"Test Using Larger Than Block-Size Key - Hash Key First")),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112"
        );
        let long = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(
            hex(&hmac_sha256(&[0xaa; 131], long)),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn only_unreserved_characters_stay_as_they_are() {
        assert_eq!(percent("aZ09-_.~"), "aZ09-_.~");
        assert_eq!(percent("a b*c+d/e:{\"门\"}"), "a%20b%2Ac%2Bd%2Fe%3A%7B%22%E9%97%A8%22%7D");
        let parameters = [("b", "2".to_owned()), ("a", "1 ".to_owned()), ("B", String::new())];
        assert_eq!(canonical_query(&parameters), "B=&a=1%20&b=2");
    }
}
