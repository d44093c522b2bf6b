//! A secret that a provider shows when it calls, in the address or a header: all that some of them can prove themselves by.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Fewer characters might be guessed.
const LEAST: usize = 32;

/// Kept as its hash, so that comparing tells nothing of how far two agree.
pub struct DoorToken([u8; 32]);

impl DoorToken {
    /// None of what is too short, or could not stand in an address as it is.
    #[must_use]
    pub fn new(secret: &str) -> Option<Self> {
        let plain = secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        (plain && secret.len() >= LEAST).then(|| Self(hash(secret)))
    }

    #[must_use]
    pub fn is(&self, shown: &str) -> bool {
        hash(shown) == self.0
    }
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

impl fmt::Debug for DoorToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DoorToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_plain_and_shown_whole() {
        let text = "a1-B".repeat(8);
        let token = DoorToken::new(&text).unwrap();
        assert!(token.is(&text));
        assert!(!token.is(&text[1..]) && !token.is(""));
        assert_eq!(format!("{token:?}"), "DoorToken(…)");
        for wrong in ["", &text[1..], &text.replace('-', "/"), &text.replace('-', " ")] {
            assert!(DoorToken::new(wrong).is_none(), "{wrong}");
        }
    }
}
