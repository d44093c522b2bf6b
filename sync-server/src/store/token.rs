//! Tokens: 256 random bits that are a right in themselves, to a session, a decision or a pass.
//!
//! Whoever holds one may; so the database keeps only the SHA-256, and nothing here prints one by accident.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

macro_rules! token {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name([u8; 32]);

        impl $name {
            #[must_use]
            pub const fn from_random(bits: [u8; 32]) -> Self {
                Self(bits)
            }

            /// Reads the 43 characters of [`text`](Self::text).
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                read(text).map(Self)
            }

            /// The token itself, for an address or a cookie. Never for a log.
            #[must_use]
            pub fn text(&self) -> String {
                URL_SAFE_NO_PAD.encode(self.0)
            }

            /// What the database knows it by.
            pub(super) fn hash(&self) -> [u8; 32] {
                Sha256::digest(self.0).into()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

token!(
    /// Who is signed in; lives in a cookie.
    SessionToken
);
token!(
    /// Which browser asked for a sign-in code; lives in its cookie.
    BrowserToken
);
token!(
    /// The right to decide one booking once; lives in an approval link.
    LinkToken
);
token!(
    /// Whom a visitor was invited by; lives in the link that a host hands out.
    InvitationToken
);
token!(
    /// The right to see one pass; lives in the address of its page.
    PageToken
);
token!(
    /// Proof that a form came from our own page to this very browser or link.
    FormToken
);

impl SessionToken {
    #[must_use]
    pub fn form_token(&self) -> FormToken {
        FormToken(derived("session", &self.0))
    }
}

impl LinkToken {
    #[must_use]
    pub fn form_token(&self) -> FormToken {
        FormToken(derived("link", &self.0))
    }
}

impl FormToken {
    /// Whether a form brought this token. Tokens are compared by their hashes, so time tells nothing of how far they agree.
    #[must_use]
    pub fn is(&self, typed: &str) -> bool {
        Self::parse(typed).is_some_and(|typed| typed.hash() == self.hash())
    }
}

impl InvitationToken {
    pub(super) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PageToken {
    pub(super) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

fn read(text: &str) -> Option<[u8; 32]> {
    // Longer than any token: not worth decoding.
    (text.len() == 43).then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten()?.try_into().ok()
}

fn derived(of: &str, token: &[u8; 32]) -> [u8; 32] {
    let mut sha = Sha256::new();
    sha.update(b"campus-gate/form/v1/");
    sha.update(of.as_bytes());
    sha.update([0]);
    sha.update(token);
    sha.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_one_spelling_and_does_not_print_itself() {
        let token = LinkToken::from_random([0xfb; 32]);
        assert_eq!(LinkToken::parse(&token.text()), Some(token.clone()));
        assert_eq!(format!("{token:?}"), "LinkToken(…)");
        for wrong in ["", "x", &format!("{}=", token.text()), &token.text().replace('-', "+"), &token.text()[1..]] {
            assert_eq!(LinkToken::parse(wrong), None, "{wrong}");
        }
        // The last character carries two bits too many; only zeros there are ours.
        let mut twin = token.text();
        twin.pop();
        assert_eq!(LinkToken::parse(&format!("{twin}t")), None);
    }

    #[test]
    fn a_form_token_belongs_to_one_session_or_link() {
        let session = SessionToken::from_random([1; 32]).form_token();
        let link = LinkToken::from_random([1; 32]).form_token();
        assert!(session.is(&session.text()));
        assert!(!session.is(&link.text()));
        assert!(!session.is(&SessionToken::from_random([2; 32]).form_token().text()));
        assert!(!session.is(""));
    }
}
