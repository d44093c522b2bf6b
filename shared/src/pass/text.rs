//! The text in the QR code: base45 (RFC 9285), upper case, one spelling only.
//!
//! Base45 is the alphabet of a QR symbol's alphanumeric mode, so 102 bytes fit version 6, and a keyboard-wedge scanner can type
//! it without knowing about letter case. Two bytes become three characters, a last odd byte two; a group that stands for more
//! than its bytes can hold is refused, so no two texts decode to the same bytes.

use std::fmt;

use super::{MAX_PASS_BYTES, MIN_PASS_BYTES, PassFault};

const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// A text that could be a pass: right alphabet, right length. Says nothing yet about who made it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PassText(String);

impl PassText {
    pub fn parse(text: &str) -> Result<Self, PassFault> {
        let fits = (encoded_len(MIN_PASS_BYTES)..=encoded_len(MAX_PASS_BYTES)).contains(&text.len());
        if fits && text.bytes().all(|byte| value(byte).is_some()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PassFault::NotOurs)
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn encode(bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(encoded_len(bytes.len()));
        for group in bytes.chunks(2) {
            let (mut rest, digits) = match *group {
                [high, low] => (u32::from(high) << 8 | u32::from(low), 3),
                [only] => (u32::from(only), 2),
                _ => continue,
            };
            for _ in 0..digits {
                text.extend(ALPHABET.get((rest % 45) as usize).map(|&byte| char::from(byte)));
                rest /= 45;
            }
        }
        Self(text)
    }

    pub(super) fn decode(&self) -> Result<Vec<u8>, PassFault> {
        let mut bytes = Vec::with_capacity(MAX_PASS_BYTES);
        for group in self.0.as_bytes().chunks(3) {
            let mut number = 0;
            for &byte in group.iter().rev() {
                number = number * 45 + value(byte).ok_or(PassFault::NotOurs)?;
            }
            match group.len() {
                3 => bytes.extend(u16::try_from(number).map_err(|_| PassFault::NotOurs)?.to_be_bytes()),
                2 => bytes.push(u8::try_from(number).map_err(|_| PassFault::NotOurs)?),
                _ => return Err(PassFault::NotOurs),
            }
        }
        Ok(bytes)
    }
}

impl fmt::Display for PassText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A whole text opens gates, so it stays out of logs.
impl fmt::Debug for PassText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PassText({} characters)", self.0.len())
    }
}

const fn encoded_len(bytes: usize) -> usize {
    bytes / 2 * 3 + bytes % 2 * 2
}

fn value(byte: u8) -> Option<u32> {
    ALPHABET.iter().position(|&symbol| symbol == byte).and_then(|at| u32::try_from(at).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_9285() {
        for (plain, text) in
            [("AB", "BB8"), ("Hello!!", "%69 VD92EX0"), ("base-45", "UJCLQE7W581"), ("ietf!", "QED8WEX0")]
        {
            assert_eq!(PassText::encode(plain.as_bytes()).as_str(), text);
            assert_eq!(PassText(text.to_owned()).decode().unwrap(), plain.as_bytes());
        }
    }

    #[test]
    fn groups_beyond_their_bytes_are_refused() {
        for text in ["GGW", "::", "A", ":::"] {
            assert_eq!(PassText(text.to_owned()).decode(), Err(PassFault::NotOurs), "{text}");
        }
    }

    #[test]
    fn lower_case_white_space_and_other_lengths_are_not_ours() {
        let good = PassText::encode(&[1; MAX_PASS_BYTES]);
        assert!(PassText::parse(good.as_str()).is_ok());
        assert_eq!(good.to_string(), good.as_str());
        let shortest = PassText::encode(&[1; MIN_PASS_BYTES]);
        assert!(PassText::parse(shortest.as_str()).is_ok());
        for wrong in [
            good.as_str().to_lowercase(),
            format!("{good}\n"),
            format!("\u{feff}{good}"),
            format!("{good}0"),
            shortest.as_str().get(1..).unwrap().to_owned(),
            "https://example.edu.cn/pass".to_owned(),
            String::new(),
        ] {
            assert_eq!(PassText::parse(&wrong), Err(PassFault::NotOurs), "{wrong}");
        }
    }
}
