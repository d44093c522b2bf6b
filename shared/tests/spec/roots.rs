//! Two roots: either signs, a lost one is replaced by the other, and one that was retired never comes back.

use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use shared::{
    pass::{KeySet, KeySetFault, RootKey, Roots, SealedKeySet, keyset::KeySetBody},
    seal::{PublicKey, Sealed},
};

use crate::campus;

fn root(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> RootKey {
    PublicKey::of(&root(seed))
}

fn pair(one: u8, other: u8) -> Roots {
    Roots { root: public(one), spare: Some(public(other)) }
}

/// A set signed by one root that names the roots of the future and those that are over.
fn set(number: u32, signer: u8, roots: Option<Roots>, retired: &[u8]) -> SealedKeySet {
    let retired = retired.iter().map(|seed| public(*seed)).collect();
    let body = KeySetBody { number, roots, retired, ..campus::key_set_body() };
    Sealed::seal(&body, None, &root(signer)).unwrap()
}

#[test]
fn either_root_signs_and_a_stranger_does_not() {
    for signer in [1, 2] {
        let opened = KeySet::open(&set(2, signer, Some(pair(1, 2)), &[]), pair(1, 2)).unwrap();
        assert_eq!(opened.roots(), &pair(1, 2), "signed by {signer}");
        assert_eq!(opened.keys(), campus::key_set_body().keys);
    }
    for stranger in [3, 4] {
        let opened = KeySet::open(&set(2, stranger, Some(pair(stranger, 1)), &[]), pair(1, 2));
        assert!(matches!(opened, Err(KeySetFault::Unopened(_))), "signed by {stranger}");
    }
}

/// An office of one root makes a spare; then the stick is lost; then it is found again by somebody.
#[test]
fn a_spare_is_introduced_and_takes_the_place_of_a_lost_root() {
    let first = KeySet::open(&set(1, 1, None, &[]), &public(1)).unwrap();
    assert_eq!(first.roots(), &Roots::from(&public(1)));
    let with_spare = KeySet::open(&set(2, 1, Some(pair(1, 2)), &[]), first.roots()).unwrap();
    with_spare.may_follow(&first).unwrap();
    let without_first = KeySet::open(&set(3, 2, Some(pair(2, 3)), &[1]), with_spare.roots()).unwrap();
    without_first.may_follow(&with_spare).unwrap();
    assert_eq!(without_first.retired(), [public(1)]);
    let by_the_lost_one = KeySet::open(&set(4, 1, Some(pair(1, 2)), &[]), without_first.roots());
    assert!(matches!(by_the_lost_one, Err(KeySetFault::Unopened(_))));
    let brought_back = KeySet::open(&set(4, 2, Some(pair(1, 2)), &[]), without_first.roots()).unwrap();
    assert!(matches!(brought_back.may_follow(&without_first), Err(KeySetFault::Roots)), "whoever signs it");
    // What a reader holds it can open again with the roots that it keeps.
    KeySet::open(&set(3, 2, Some(pair(2, 3)), &[1]), without_first.roots()).unwrap();
}

#[test]
fn a_set_that_contradicts_itself_is_none() {
    for (what, roots, retired) in [
        ("its signer is not among the roots", pair(2, 3), vec![]),
        ("its signer is retired", pair(1, 2), vec![1]),
        ("its spare is retired", pair(1, 2), vec![2]),
    ] {
        let opened = KeySet::open(&set(2, 1, Some(roots), &retired), pair(1, 2));
        assert!(matches!(opened, Err(KeySetFault::Roots)), "{what}");
    }
}

#[test]
fn what_is_compared_over_the_telephone_covers_the_spare() {
    assert_eq!(Roots::from(&public(1)).fingerprint(), public(1).fingerprint());
    let all = [pair(1, 2), pair(1, 3), pair(2, 1), Roots::from(&public(1)), Roots::from(&public(2))];
    let different: std::collections::HashSet<String> = all.iter().map(Roots::fingerprint).collect();
    assert_eq!(different.len(), all.len());
}

#[test]
fn each_root_knows_the_other() {
    let alone = Roots::from(&public(1));
    assert_eq!((pair(1, 2).other(&public(1)), pair(1, 2).other(&public(2))), (Some(public(2)), Some(public(1))));
    assert_eq!((alone.other(&public(1)), alone.each().count(), pair(1, 2).each().count()), (None, 1, 2));
    assert!(pair(1, 2).holds(&public(1)) && pair(1, 2).holds(&public(2)) && !pair(1, 2).holds(&public(3)));
}

proptest! {
    /// Whatever sets an office signs and in whichever order they arrive: number and suite never fall, and no root comes back.
    #[test]
    fn a_reader_never_goes_back(
        offered in prop::collection::vec((0_u32..9, 1_u8..4, 1_u8..5, 1_u8..5, prop::collection::vec(1_u8..5, 0..3)), 1..40)
    ) {
        let mut held = KeySet::open(&set(0, 1, Some(pair(1, 2)), &[]), pair(1, 2)).unwrap();
        let mut over: Vec<RootKey> = Vec::new();
        for (number, min_suite, signer, other, retired) in offered {
            let retired = retired.iter().map(|seed| public(*seed)).collect();
            let roots = Some(pair(signer, other));
            let body = KeySetBody { number, min_suite, roots, retired, ..campus::key_set_body() };
            let sealed = Sealed::seal(&body, None, &root(signer)).unwrap();
            let Ok(opened) = KeySet::open(&sealed, held.roots()) else { continue };
            if opened.may_follow(&held).is_err() {
                continue;
            }
            prop_assert!(opened.number() > held.number() && opened.min_suite() >= held.min_suite());
            prop_assert!(held.roots().holds(&public(signer)) && !over.contains(&public(signer)));
            over.extend(opened.retired());
            held = opened;
            prop_assert!(held.roots().each().all(|root| !over.contains(root)));
            prop_assert!(held.is_above(&held.floor()).is_ok());
        }
    }
}
