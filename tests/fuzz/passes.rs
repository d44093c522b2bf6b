//! What is believed because of a signature: the pass in the QR code, key sets, beacons, heads, receipts, withdrawals, claims.
//!
//! What opens has one spelling, and what was altered by a bit after it was signed opens nowhere.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::SigningKey;
use serde_json::json;
use shared::{
    identity::{LastFour, MaskedName},
    ids::{CampusId, GateMask, PassId},
    pass::{
        Claims, EntriesAllowed, Flags, KeySet, KeyUse, PartySize, PassFault, PassText, SealedPass, Validity,
        keyset::KeySetBody,
    },
    seal::{Label, PublicKey, Sealable, Sealed, Unopened, sign},
    sync::{
        beacon::Beacon,
        enrol::EnrolClaim,
        push::{EntryHead, EntryReceipt},
        snapshot::SnapshotHead,
        withdrawal::Withdrawal,
    },
    time::CampusDay,
};

use crate::{chosen, office_keys as keys, text};

pub(crate) fn look(bytes: &[u8]) {
    let Some((reader, bytes)) = chosen(bytes, 10) else { return };
    match reader {
        0 => scanned(bytes),
        1 => sealed_by_the_office(bytes),
        2 => altered(bytes),
        3 => key_set(bytes),
        4 => signed::<Beacon>(bytes),
        5 => signed::<SnapshotHead>(bytes),
        6 => signed::<EntryHead>(bytes),
        7 => signed::<EntryReceipt>(bytes),
        8 => signed::<Withdrawal>(bytes),
        _ => signed::<EnrolClaim>(bytes),
    }
}

/// What a camera reads.
fn scanned(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let Ok(parsed) = PassText::parse(text) else { return };
    assert_eq!(parsed.as_str(), text, "a text was taken as another");
    let Ok(sealed) = SealedPass::from_text(&parsed) else { return };
    assert_eq!(sealed.text(), parsed, "two texts of one pass");
    if let Ok(pass) = sealed.open(&keys::KEY_SET) {
        assert_eq!(keys::SIGNER.seal(pass.claims()), sealed, "two spellings of one pass");
    }
}

/// Any bytes under the office's own signature: only the rules of the fields stand in their way.
fn sealed_by_the_office(body: &[u8]) {
    let bytes = [body, &sign(Label::Pass, &keys::PASS, body)].concat();
    let Ok(sealed) = SealedPass::from_bytes(bytes) else { return };
    match sealed.open(&keys::KEY_SET) {
        Ok(pass) => {
            let claims: &Claims = pass.claims();
            assert_eq!(&keys::SIGNER.seal(claims), &sealed, "two spellings of one pass");
            assert_eq!(claims.validity.day(), CampusDay::of(claims.validity.from()));
            assert!(claims.validity.until() <= claims.validity.day().end(), "good beyond its day");
        }
        Err(PassFault::BadSignature) => panic!("the office's own signature was not known"),
        Err(PassFault::NotOurs | PassFault::UnknownSuite | PassFault::UnknownKey) => {}
    }
}

/// A good pass, over which the input is laid as a mask.
fn altered(mask: &[u8]) {
    let mut bytes = GOOD.as_bytes().to_vec();
    bytes.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    bytes.extend(mask.iter().skip(bytes.len()));
    let Ok(sealed) = SealedPass::from_bytes(bytes) else { return };
    assert_eq!(sealed.open(&keys::KEY_SET).is_ok(), sealed == *GOOD, "altered and believed, or not and refused");
}

static GOOD: LazyLock<SealedPass> = LazyLock::new(|| {
    keys::SIGNER.seal(&Claims {
        campus: CampusId::new(1),
        pass: PassId::from_bytes(*b"\x01\x23\x45\x67\x89\xab\xcd\xef"),
        validity: Validity::whole_day(CampusDay::parse("2026-11-23").expect("a day")).expect("within 32 bits"),
        gates: GateMask::EVERY,
        entries: EntriesAllowed::ONE,
        party: PartySize::ONE,
        flags: Flags::VEHICLE,
        last_four: LastFour::parse("002X").expect("four symbols"),
        name: MaskedName::parse("欧*娜").expect("short"),
    })
});

fn key_set(bytes: &[u8]) {
    let Some(sealed) = seal::<KeySetBody>(bytes, &keys::ROOT) else { return };
    let root = PublicKey::of(&keys::ROOT);
    assert!(KeySet::open(&sealed, &PublicKey::of(&keys::PASS)).is_err(), "signed by no root and believed");
    let Ok(set) = KeySet::open(&sealed, &root) else { return };
    assert!(set.may_follow(&set).is_err(), "a set followed itself");
    assert!(set.is_above(&set.floor()).is_ok(), "a set is below its own floor");
    assert!(set.roots().holds(&root), "a set left its signer out");
    for key in set.keys() {
        let other = if key.r#use == KeyUse::Pass { KeyUse::Beacon } else { KeyUse::Pass };
        assert_eq!(set.find(key.id, key.r#use), Some(key), "one number, two keys");
        assert_eq!(set.find(key.id, other), None, "one key for two uses");
        assert!(PublicKey::from_bytes(key.public.as_bytes()).is_ok(), "a key of small order");
    }
}

/// The text under a good signature, and with one of its letters changed after that.
fn signed<T: Sealable>(bytes: &[u8]) {
    let key = &keys::TERMINAL;
    let Some(sealed) = seal::<T>(bytes, key) else { return };
    let public = PublicKey::of(key);
    assert!(matches!(sealed.open(&PublicKey::of(&keys::ROOT)), Err(Unopened::BadSignature)), "by anybody's key");
    match sealed.open(&public) {
        Err(Unopened::Unreadable(_)) => return,
        Err(other) => panic!("a good signature was not known: {other}"),
        Ok(read) => {
            let again = Sealed::seal(&read, None, key).expect("what was read is JSON");
            let opened = again.open(&public).expect("what was written is read");
            assert_eq!(Sealed::seal(&opened, None, key).expect("JSON").body, again.body, "read as something else");
        }
    }
    let at = usize::from(bytes[0]) % sealed.body.len();
    let mut changed = sealed;
    let mut body = changed.body.into_bytes();
    body[at] ^= 1;
    let Ok(body) = String::from_utf8(body) else { return };
    changed.body = body;
    assert!(matches!(changed.open(&public), Err(Unopened::BadSignature)), "altered and believed");
}

/// By the wire's own door, for there is no other to a sealed text that is not of its kind.
fn seal<T: Sealable>(bytes: &[u8], key: &SigningKey) -> Option<Sealed<T>> {
    let body = text(bytes).filter(|body| !body.is_empty())?;
    let signature = STANDARD.encode(sign(T::LABEL, key, body.as_bytes()));
    Some(serde_json::from_value(json!({"body": body, "signature": signature})).expect("a sealed text"))
}
