//! The keys of an invented office, so that a target can sign what a stranger could not: rules that stand behind a signature are
//! looked at, too.

use std::sync::LazyLock;

use ed25519_dalek::SigningKey;
use shared::{
    ids::KeyId,
    pass::{KeySet, KeyUse, NamedKey, PassSigner, SUITE_1, SealedKeySet, keyset::KeySetBody},
    seal::{PublicKey, Sealed},
    time::Moment,
};

pub(crate) const PASS_KEY: KeyId = KeyId::new(1);
pub(crate) const BEACON_KEY: KeyId = KeyId::new(2);

pub(crate) static ROOT: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[1; 32]));
pub(crate) static PASS: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[2; 32]));
pub(crate) static BEACON: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[3; 32]));
pub(crate) static TERMINAL: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[4; 32]));
pub(crate) static SIGNER: LazyLock<PassSigner> = LazyLock::new(|| PassSigner::new(PASS_KEY, PASS.clone()));

/// Good for all the moments that a pass can name.
pub(crate) static SEALED_KEY_SET: LazyLock<SealedKeySet> = LazyLock::new(|| {
    let key = |id, r#use, key: &SigningKey| NamedKey {
        id,
        r#use,
        suite: SUITE_1,
        public: PublicKey::of(key),
        not_before: Moment::from_unix_ms(i64::MIN),
        not_after: Moment::from_unix_ms(i64::MAX),
    };
    let keys = vec![key(PASS_KEY, KeyUse::Pass, &PASS), key(BEACON_KEY, KeyUse::Beacon, &BEACON)];
    let body = KeySetBody { number: 1, min_suite: SUITE_1, roots: None, retired: Vec::new(), keys };
    Sealed::seal(&body, None, &ROOT).expect("a key set is JSON")
});

pub(crate) static KEY_SET: LazyLock<KeySet> =
    LazyLock::new(|| KeySet::open(&SEALED_KEY_SET, &PublicKey::of(&ROOT)).expect("the root signed it"));
