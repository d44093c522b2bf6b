//! Tokens: random bits that are a right in themselves, to a session, a decision or a pass.
//!
//! Whoever holds one may; so the database keeps only the SHA-256, and nothing here prints one by accident. Those that travel in
//! text messages have 192 bits instead of 256, because a template's variable holds at most 35 characters; the longer ones that were
//! sent before are read as ever. Of an approval link's the first 64 say where its row lies, and 128 are the right.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use shared::time::Moment;

use crate::office::ApprovalCode;

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

macro_rules! sent_token {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Sent);

        impl $name {
            #[must_use]
            pub const fn from_random(bits: [u8; SENT_BYTES]) -> Self {
                Self(Sent::Short(bits))
            }

            /// Reads the 32 characters of [`text`](Self::text), or the 43 of one that was sent by an older version.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                read(text).map(Sent::Short).or_else(|| read(text).map(Sent::Long)).map(Self)
            }

            /// The token itself, for an address. Never for a log.
            #[must_use]
            pub fn text(&self) -> String {
                URL_SAFE_NO_PAD.encode(self.bytes())
            }

            /// What the database knows it by.
            pub(super) fn hash(&self) -> [u8; 32] {
                Sha256::digest(self.bytes()).into()
            }

            pub(super) const fn bytes(&self) -> &[u8] {
                match &self.0 {
                    Sent::Short(bits) => bits,
                    Sent::Long(bits) => bits,
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

const SENT_BYTES: usize = 24;
/// Of a link, the number of its row.
const NUMBER_BYTES: usize = 8;

#[derive(Clone, PartialEq, Eq)]
enum Sent {
    Short([u8; SENT_BYTES]),
    /// Of an older version.
    Long([u8; 32]),
}

sent_token!(
    /// The right to decide one booking once; lives in an approval link.
    LinkToken
);
sent_token!(
    /// The right to see one pass; lives in the address of its page.
    PageToken
);

token!(
    /// Who is signed in; lives in a cookie.
    SessionToken
);
token!(
    /// Which browser asked for a sign-in code; lives in its cookie.
    BrowserToken
);
token!(
    /// Whom a visitor was invited by; lives in the link that a host hands out.
    InvitationToken
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

/// What the database knows a link by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct KnownLink {
    /// Where its row lies; no secret.
    pub(super) number: i64,
    pub(super) hash: [u8; 32],
}

impl LinkToken {
    pub(super) fn known(&self) -> KnownLink {
        let number = self.bytes().first_chunk().copied().unwrap_or_default();
        KnownLink { number: i64::from_be_bytes(number) & i64::MAX, hash: self.hash() }
    }

    /// With the number of another: 128 bits are left that nobody can guess.
    pub(super) fn beside(mut self, other: &Self) -> Self {
        self.begin_with(other.bytes().get(..NUMBER_BYTES).unwrap_or_default());
        self
    }

    /// With a number that follows those of the seconds before.
    pub(super) fn made_at(mut self, now: Moment) -> Self {
        let [_, _, _, _, seconds @ ..] = now.unix_s().to_be_bytes();
        self.begin_with(&seconds);
        self
    }

    fn begin_with(&mut self, bytes: &[u8]) {
        if let Sent::Short(bits) = &mut self.0
            && let Some(head) = bits.get_mut(..bytes.len())
        {
            head.copy_from_slice(bytes);
        }
    }

    /// What a text message holds that may hold no personal link; see [`Store::with_codes`](super::Store::with_codes).
    #[must_use]
    pub fn approval_code(&self) -> ApprovalCode {
        let [a, b, c, d, e, ..] = derived("approval-code", self.bytes());
        ApprovalCode::from_bytes([a, b, c, d, e])
    }

    #[must_use]
    pub fn form_token(&self) -> FormToken {
        FormToken(derived("link", self.bytes()))
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
    /// As it was sealed.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let sent = match <[u8; SENT_BYTES]>::try_from(bytes) {
            Ok(bits) => Sent::Short(bits),
            Err(_) => Sent::Long(bytes.try_into().ok()?),
        };
        Some(Self(sent))
    }
}

fn read<const N: usize>(text: &str) -> Option<[u8; N]> {
    // Longer than any token: not worth decoding.
    (text.len() <= 43).then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten()?.try_into().ok()
}

fn derived(of: &str, token: &[u8]) -> [u8; 32] {
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
        let token = SessionToken::from_random([0xfb; 32]);
        assert_eq!(SessionToken::parse(&token.text()), Some(token.clone()));
        assert_eq!(format!("{token:?}"), "SessionToken(…)");
        for wrong in ["", "x", &format!("{}=", token.text()), &token.text().replace('-', "+"), &token.text()[1..]] {
            assert_eq!(SessionToken::parse(wrong), None, "{wrong}");
        }
        // The last character carries two bits too many; only zeros there are ours.
        let mut twin = token.text();
        twin.pop();
        assert_eq!(SessionToken::parse(&format!("{twin}t")), None);
    }

    #[test]
    fn what_is_sent_fits_a_template_s_variable_and_what_was_sent_before_still_opens() {
        let token = LinkToken::from_random([0xfb; 24]);
        assert_eq!(token.text().len(), 32);
        assert_eq!(LinkToken::parse(&token.text()), Some(token.clone()));
        assert_eq!(format!("{token:?}"), "LinkToken(…)");
        for wrong in ["", "x", &format!("{}=", token.text()), &token.text().replace('-', "+"), &token.text()[1..]] {
            assert_eq!(LinkToken::parse(wrong), None, "{wrong}");
        }
        let before = SessionToken::from_random([7; 32]);
        let sent = LinkToken::parse(&before.text()).unwrap();
        assert_eq!((sent.text(), sent.hash()), (before.text(), before.hash()));
        let page = PageToken::parse(&before.text()).unwrap();
        assert_eq!(PageToken::from_bytes(page.bytes()), Some(page));
        assert_eq!(PageToken::from_bytes(&[7; 31]), None);
    }

    #[test]
    fn a_form_token_belongs_to_one_session_or_link() {
        let session = SessionToken::from_random([1; 32]).form_token();
        let link = LinkToken::from_random([1; 24]).form_token();
        assert!(session.is(&session.text()));
        assert!(!session.is(&link.text()));
        assert!(!session.is(&SessionToken::from_random([2; 32]).form_token().text()));
        assert!(!session.is(""));
    }
}
