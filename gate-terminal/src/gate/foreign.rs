//! What a code that is no pass leaves in the log: a mark that tells two of them apart and says nothing else.
//!
//! People hold up health codes, payment codes and identity cards, and an ID number has so little entropy that a plain hash of it
//! is searched in minutes. So the mark is keyed. The secret is the terminal's alone: the server, and whoever reads its log,
//! can neither compute a mark nor compare those of two terminals; a thief of the terminal's key can guess as before.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

const LABEL: &[u8] = b"campus-gate/foreign-code/v1";

/// Enough to tell the foreign codes of a gate apart.
const MARK_BYTES: usize = 8;

/// Given to a gate at its start, like everything else it knows.
pub struct ForeignCodeSecret(Zeroizing<[u8; 32]>);

impl ForeignCodeSecret {
    /// HMAC-SHA-256 of the label under the 32 secret bytes of the terminal's own key. They are not kept.
    #[must_use]
    pub fn derived_from(terminal_key: &[u8; 32]) -> Self {
        Self(Zeroizing::new(hmac_sha_256(terminal_key, LABEL)))
    }

    /// As [`Said::foreign_code`](shared::entry::Said::foreign_code) wants it.
    pub(super) fn mark(&self, code: &str) -> String {
        let mac = hmac_sha_256(&self.0, code.as_bytes());
        mac.iter().take(MARK_BYTES).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::fmt::Debug for ForeignCodeSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ForeignCodeSecret(…)")
    }
}

fn hmac_sha_256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    // A key shorter than the block is padded with zeros: that is HMAC's own rule (RFC 2104), and it leaves nothing to fail.
    let mut block = Zeroizing::new([0; 64]);
    let (head, _) = block.split_at_mut(key.len());
    head.copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new((&*block).into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use sha2::Digest as _;

    use super::*;

    const ID_NUMBER: &str = "11010519491231002X";

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn it_is_hmac_sha_256() {
        // RFC 4231, case 1: its key of 20 bytes is the same key with zeros behind it.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let mac = hex(&hmac_sha_256(&key, b"Hi There"));
        assert_eq!(mac, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    }

    #[test]
    fn the_mark_is_as_the_entry_specifies_it() {
        // Computed elsewhere, by a vendor's road: HMAC of the label, then HMAC of the code.
        assert_eq!(ForeignCodeSecret::derived_from(&[7; 32]).mark(ID_NUMBER), "a858c4b76c69459b");
    }

    #[test]
    fn marks_tell_codes_apart_and_are_of_one_terminal() {
        let (south, east) = (ForeignCodeSecret::derived_from(&[1; 32]), ForeignCodeSecret::derived_from(&[2; 32]));
        assert_eq!(south.mark(ID_NUMBER), south.mark(ID_NUMBER));
        assert_ne!(south.mark(ID_NUMBER), south.mark("110105194912310038"));
        assert_ne!(south.mark(ID_NUMBER), east.mark(ID_NUMBER));
        assert_ne!(south.mark(ID_NUMBER), hex(&Sha256::digest(ID_NUMBER)[..8]), "nobody searches it without the key");
    }

    #[test]
    fn the_secret_is_not_printed() {
        assert_eq!(format!("{:?}", ForeignCodeSecret::derived_from(&[1; 32])), "ForeignCodeSecret(…)");
    }
}
