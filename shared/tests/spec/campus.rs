//! Keys, a key set and passes of an invented campus, all from fixed seeds.

use ed25519_dalek::SigningKey;
use shared::{
    identity::{LastFour, MaskedName},
    ids::{CampusId, GateMask, KeyId, PassId},
    pass::{
        Claims, EntriesAllowed, Flags, KeySet, KeyUse, NamedKey, PartySize, PassSigner, Roots, SUITE_1, SealedKeySet,
        Validity, keyset::KeySetBody,
    },
    seal::{PublicKey, Sealed},
    time::{CampusDay, Moment},
};

pub(crate) const PASS_KEY: KeyId = KeyId::new(1);
pub(crate) const BEACON_KEY: KeyId = KeyId::new(2);

pub(crate) fn root() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

pub(crate) fn pass_key() -> SigningKey {
    SigningKey::from_bytes(&[2; 32])
}

pub(crate) fn beacon_key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

pub(crate) fn terminal_key() -> SigningKey {
    SigningKey::from_bytes(&[4; 32])
}

pub(crate) fn signer() -> PassSigner {
    PassSigner::new(PASS_KEY, pass_key())
}

pub(crate) fn day() -> CampusDay {
    CampusDay::parse("2026-11-23").unwrap()
}

pub(crate) fn key_set_body() -> KeySetBody {
    let key = |id, r#use, key: &SigningKey| NamedKey {
        id,
        r#use,
        suite: SUITE_1,
        public: PublicKey::of(key),
        not_before: day().minus_days(7).start(),
        not_after: day().plus_days(30).start(),
    };
    KeySetBody {
        number: 1,
        min_suite: SUITE_1,
        roots: None,
        retired: Vec::new(),
        keys: vec![key(PASS_KEY, KeyUse::Pass, &pass_key()), key(BEACON_KEY, KeyUse::Beacon, &beacon_key())],
    }
}

pub(crate) fn spare() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

pub(crate) fn roots() -> Roots {
    Roots { root: PublicKey::of(&root()), spare: Some(PublicKey::of(&spare())) }
}

pub(crate) fn sealed_key_set(body: &KeySetBody) -> SealedKeySet {
    Sealed::seal(body, None, &root()).unwrap()
}

pub(crate) fn key_set() -> KeySet {
    KeySet::open(&sealed_key_set(&key_set_body()), &PublicKey::of(&root())).unwrap()
}

pub(crate) fn now() -> Moment {
    day().at_minute(8 * 60)
}

/// A pass of the greatest size: a masked name of twelve bytes.
pub(crate) fn greatest() -> Claims {
    Claims {
        campus: CampusId::new(1),
        pass: PassId::from_bytes(*b"\x01\x23\x45\x67\x89\xab\xcd\xef"),
        validity: Validity::whole_day(day()).unwrap(),
        gates: GateMask::new(0b111).unwrap(),
        entries: EntriesAllowed::ONE,
        party: PartySize::new(3).unwrap(),
        flags: Flags::VEHICLE.with(Flags::CHECK_CARD),
        last_four: LastFour::parse("002X").unwrap(),
        name: MaskedName::parse("𬭎**䶮䶮").unwrap(),
    }
}

/// A pass of the smallest size: a masked name of one byte.
pub(crate) fn smallest() -> Claims {
    Claims { name: MaskedName::parse("A").unwrap(), flags: Flags::NONE, party: PartySize::ONE, ..greatest() }
}
