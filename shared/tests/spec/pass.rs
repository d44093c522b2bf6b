//! A pass has one spelling, and every other one is refused.

use proptest::prelude::*;
use qrcode::{EcLevel, QrCode, Version};
use shared::{
    identity::{LastFour, MaskedName},
    ids::{CampusId, GateMask, KeyId, PassId},
    pass::{
        Claims, EntriesAllowed, Flags, KeySet, KeyUse, MAX_PASS_BYTES, PartySize, Pass, PassFault, PassSigner,
        PassText, SealedPass, Validity,
    },
    seal::{Label, PublicKey, verifies},
};

use crate::campus;

fn read(text: &str, keys: &KeySet) -> Result<Pass, PassFault> {
    SealedPass::from_text(&PassText::parse(text)?)?.open(keys)
}

fn full_size() -> SealedPass {
    campus::signer().seal(&campus::greatest())
}

fn claims() -> impl Strategy<Value = Claims> {
    let count = 1_u8..=15;
    let name = prop_oneof![Just("张*"), Just("欧*娜"), Just("𬭎*䶮"), Just("A"), Just("ABCDEFGHIJKL")];
    let counts = (count.clone(), count, 0_u8..8, 1_u16..);
    (any::<u16>(), any::<[u8; 8]>(), 0_u16..1440, 1_u16..=1440, counts, 0_u16..10_000, name).prop_map(
        |(campus, pass, start, minutes, (entries, party, flags, gates), four, name)| {
            let from_s = campus::day().at_minute(start).unix_s();
            let minutes = minutes.min(1440 - start);
            Claims {
                campus: CampusId::new(campus),
                pass: PassId::from_bytes(pass),
                validity: Validity::new(u32::try_from(from_s).unwrap(), minutes).unwrap(),
                gates: GateMask::new(gates).unwrap(),
                entries: EntriesAllowed::new(entries).unwrap(),
                party: PartySize::new(party).unwrap(),
                flags: Flags::from_bits(flags).unwrap(),
                last_four: LastFour::of(&format!("{four:04}")),
                name: MaskedName::parse(name).unwrap(),
            }
        },
    )
}

proptest! {
    #[test]
    fn parse_of_print_is_identity(claims in claims()) {
        let sealed = campus::signer().seal(&claims);
        let text = sealed.text();
        let pass = read(text.as_str(), &campus::key_set()).unwrap();
        prop_assert_eq!(pass.claims(), &claims);
        prop_assert_eq!(campus::signer().seal(pass.claims()).text(), text);
    }

    #[test]
    fn no_text_panics_the_reader(text in ".{0,200}", coded in "[0-9A-Z $%*+\\-./:]{134,156}") {
        prop_assert!(read(&text, &campus::key_set()).is_err());
        prop_assert!(read(&coded, &campus::key_set()).is_err());
    }
}

#[test]
fn the_greatest_pass_is_102_bytes_and_a_version_6_symbol_at_level_m() {
    let sealed = full_size();
    assert_eq!(sealed.as_bytes().len(), MAX_PASS_BYTES);
    assert_eq!(MAX_PASS_BYTES, 102);
    let code = QrCode::with_error_correction_level(sealed.text().as_str(), EcLevel::M).unwrap();
    assert_eq!(code.version(), Version::Normal(6));
    assert_eq!(code.width(), 41);
}

#[test]
fn each_of_the_816_single_bit_flips_is_refused() {
    let (sealed, keys) = (full_size(), campus::key_set());
    let bits = sealed.as_bytes().len() * 8;
    assert_eq!(bits, 816);
    for bit in 0..bits {
        let mut bytes = sealed.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let fault = SealedPass::from_bytes(bytes).unwrap().open(&keys).expect_err("a flipped bit opened");
        let expected = match bit / 8 {
            0 => PassFault::UnknownSuite,
            1 | 2 => PassFault::UnknownKey,
            _ => PassFault::BadSignature,
        };
        assert_eq!(fault, expected, "bit {bit}");
    }
}

#[test]
fn every_truncation_and_extension_is_refused() {
    let keys = campus::key_set();
    for sealed in [full_size(), campus::signer().seal(&campus::smallest())] {
        let bytes = sealed.as_bytes();
        for len in 0..bytes.len() {
            let opened = SealedPass::from_bytes(bytes[..len].to_vec()).and_then(|sealed| sealed.open(&keys));
            assert!(opened.is_err(), "cut to {len} bytes");
        }
        for extra in 0..=u8::MAX {
            for longer in [[bytes, &[extra]].concat(), [&[extra], bytes].concat()] {
                let opened = SealedPass::from_bytes(longer).and_then(|sealed| sealed.open(&keys));
                assert!(opened.is_err(), "lengthened by {extra:#04x}");
            }
        }
        for more in 2..=12 {
            let longer = [bytes, &bytes[..more]].concat();
            let opened = SealedPass::from_bytes(longer).and_then(|sealed| sealed.open(&keys));
            assert!(opened.is_err(), "lengthened by {more} bytes");
        }
        let text = sealed.text();
        for len in 0..text.as_str().len() {
            assert!(read(&text.as_str()[..len], &keys).is_err(), "cut to {len} characters");
        }
    }
}

#[test]
fn every_other_spelling_of_the_text_is_refused() {
    let keys = campus::key_set();
    let text = campus::signer().seal(&campus::smallest()).text();
    let text = text.as_str();
    assert!(read(text, &keys).is_ok());
    let mut spellings = vec![text.to_lowercase(), text.replacen('A', "a", 1)];
    for extra in [" ", "0", "A", "000", "\n", "\r\n", "\u{feff}", "\u{200b}", "%20", "=", "HC1:", "https://"] {
        spellings.push(format!("{extra}{text}"));
        spellings.push(format!("{text}{extra}"));
    }
    for spelling in spellings.iter().filter(|spelling| spelling.as_str() != text) {
        assert!(read(spelling, &keys).is_err(), "{spelling:?}");
    }
    for at in 0..text.len() {
        for symbol in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".chars() {
            let mut other = text.to_owned();
            other.replace_range(at..=at, &symbol.to_string());
            assert_eq!(read(&other, &keys).is_ok(), other == text, "{symbol} at {at}");
        }
    }
}

#[test]
fn a_pass_signature_verifies_under_no_other_label() {
    let sealed = full_size();
    let (body, signature) = sealed.as_bytes().split_last_chunk::<64>().unwrap();
    let key = PublicKey::of(&campus::pass_key());
    for label in Label::ALL {
        assert_eq!(verifies(label, &key, body, signature), label == Label::Pass, "{label:?}");
    }
}

#[test]
fn a_key_opens_only_what_it_is_named_for() {
    let claims = campus::greatest();
    let opened = |signer: PassSigner, keys: &KeySet| signer.seal(&claims).open(keys);
    let keys = campus::key_set();
    assert!(opened(campus::signer(), &keys).is_ok());
    let beacon = PassSigner::new(campus::BEACON_KEY, campus::beacon_key());
    assert_eq!(opened(beacon, &keys), Err(PassFault::UnknownKey), "a beacon key signs no pass");
    let stranger = PassSigner::new(KeyId::new(9), campus::pass_key());
    assert_eq!(opened(stranger, &keys), Err(PassFault::UnknownKey), "an id outside the set");
    let liar = PassSigner::new(campus::PASS_KEY, campus::root());
    assert_eq!(opened(liar, &keys), Err(PassFault::BadSignature), "another key under a known id");
}

#[test]
fn a_key_set_limits_the_suite_and_the_days() {
    let root = PublicKey::of(&campus::root());
    let with = |change: fn(&mut shared::pass::keyset::KeySetBody)| {
        let mut body = campus::key_set_body();
        change(&mut body);
        KeySet::open(&campus::sealed_key_set(&body), &root).unwrap()
    };
    let sealed = campus::signer().seal(&campus::greatest());
    assert_eq!(sealed.open(&with(|body| body.min_suite = 2)), Err(PassFault::UnknownSuite));
    let late = with(|body| body.keys[0].not_before = campus::day().end());
    assert_eq!(sealed.open(&late), Err(PassFault::UnknownKey));
    let over = with(|body| body.keys[0].not_after = campus::day().start());
    assert_eq!(sealed.open(&over), Err(PassFault::UnknownKey));
    assert!(
        KeySet::open(&campus::sealed_key_set(&campus::key_set_body()), &PublicKey::of(&campus::pass_key())).is_err()
    );
}

#[test]
fn a_key_set_never_goes_back() {
    let root = PublicKey::of(&campus::root());
    let set = |number, min_suite| {
        let body = shared::pass::keyset::KeySetBody { number, min_suite, ..campus::key_set_body() };
        KeySet::open(&campus::sealed_key_set(&body), &root).unwrap()
    };
    assert!(set(5, 1).may_follow(&set(4, 1)).is_ok());
    assert!(set(5, 2).may_follow(&set(4, 1)).is_ok());
    assert!(set(4, 1).may_follow(&set(4, 1)).is_err());
    assert!(set(3, 1).may_follow(&set(4, 1)).is_err());
    assert!(set(5, 1).may_follow(&set(4, 2)).is_err());
}

#[test]
fn a_pass_sealed_again_says_the_same_under_another_key() {
    let (old, new) = (campus::signer(), PassSigner::new(KeyId::new(3), campus::terminal_key()));
    let again = new.seal_again(&old.seal(&campus::greatest())).unwrap();
    assert_eq!(again, new.seal(&campus::greatest()));
    assert_eq!(again.open(&campus::key_set()), Err(PassFault::UnknownKey));
    assert_eq!(old.seal_again(&again).unwrap().open(&campus::key_set()).unwrap().claims(), &campus::greatest());
}

#[test]
fn a_small_order_key_never_enters_a_key_set() {
    let mut body = serde_json::to_value(campus::key_set_body()).unwrap();
    body["keys"][0]["public"] = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into();
    let refused = serde_json::from_value::<shared::pass::keyset::KeySetBody>(body);
    assert!(refused.unwrap_err().to_string().contains("small order"));
}

#[test]
fn a_key_holds_from_its_first_moment_to_before_its_last() {
    let key = campus::key_set().find(campus::PASS_KEY, KeyUse::Pass).cloned().unwrap();
    let moment = chrono::TimeDelta::milliseconds(1);
    assert!(key.holds_at(key.not_before) && key.holds_at(key.not_after.minus(moment)));
    assert!(!key.holds_at(key.not_before.minus(moment)) && !key.holds_at(key.not_after));
}

#[test]
fn a_doubled_key_id_is_refused() {
    let mut body = campus::key_set_body();
    body.keys[1].id = body.keys[0].id;
    assert!(KeySet::open(&campus::sealed_key_set(&body), &PublicKey::of(&campus::root())).is_err());
    assert_eq!(campus::key_set().find(campus::PASS_KEY, KeyUse::Beacon), None);
}

#[test]
fn the_same_pass_under_a_good_signature_but_with_a_broken_rule_is_refused() {
    // Signed by the real key, so only the field rules stand in the way.
    let good = full_size();
    let (body, _) = good.as_bytes().split_last_chunk::<64>().unwrap();
    type Breakage = (&'static str, fn(&mut Vec<u8>));
    let broken: [Breakage; 8] = [
        ("reserved flag", |body| body[22] |= 0x80),
        ("no gate", |body| body[19..21].fill(0)),
        ("no minutes", |body| body[17..19].fill(0)),
        ("past midnight", |body| body[16] += 60),
        ("no entries", |body| body[21] &= 0x0f),
        ("no people", |body| body[21] &= 0xf0),
        ("unused nibble of the last four", |body| body[23] = 0xb0),
        ("name is not UTF-8", |body| body[26] = 0xff),
    ];
    for (what, change) in broken {
        let mut body = body.to_vec();
        change(&mut body);
        let signature = shared::seal::sign(Label::Pass, &campus::pass_key(), &body);
        body.extend(signature);
        let opened = SealedPass::from_bytes(body).unwrap().open(&campus::key_set());
        assert_eq!(opened, Err(PassFault::UnknownSuite), "{what}");
    }
}
