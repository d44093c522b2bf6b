//! Halls that fetch: nothing is sent, and what is open is read from the store when the hall asks (`providers/hall.rs`).

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    notify::{About, Accepted, Pace, Sender, Sending},
    office::Channel,
    store::Notice,
};

/// Nothing to do: the hall finds it where it asks.
pub(super) struct Fetched;

impl Sender for Fetched {
    fn about(&self) -> About {
        About { adapter: "pull", channel: Some(Channel::Hall), pace: Pace::UNHURRIED }
    }

    fn send<'a>(&'a self, _notice: &'a Notice) -> Sending<'a> {
        Box::pin(std::future::ready(Ok(Accepted::default())))
    }
}

/// By which a hall that fetches proves itself.
pub struct PullCode(Zeroizing<String>);

impl PullCode {
    #[must_use]
    pub const fn new(code: Zeroizing<String>) -> Self {
        Self(code)
    }

    /// Whether `said` is the code. What is compared, in a time that tells nothing, is a digest under the code itself.
    #[must_use]
    pub fn is(&self, said: &[u8]) -> bool {
        let digest = |of: &[u8]| {
            let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).ok()?;
            mac.update(of);
            Some(mac)
        };
        let Some((said, code)) = digest(said).zip(digest(self.0.as_bytes())) else { return false };
        said.verify_slice(&code.finalize().into_bytes()).is_ok()
    }
}

impl std::fmt::Debug for PullCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PullCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_is_the_code_and_it_does_not_print_itself() {
        let code = PullCode::new(Zeroizing::new("made-up".to_owned()));
        assert!(code.is(b"made-up"));
        for wrong in ["", "made-u", "made-up ", "Made-up", "made-up\0"] {
            assert!(!code.is(wrong.as_bytes()), "{wrong:?}");
        }
        assert_eq!(format!("{code:?}"), "PullCode(…)");
    }
}
