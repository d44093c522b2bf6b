//! `gate-terminal inspect`: what a pass text says, field by field, for support.
//!
//! The frame is read here by the table in `shared::pass` alone, because support wants to see what a code *claims* also where
//! it does not verify; nothing read here can open a gate. Whether it verifies is said beside it, by the key set this terminal
//! holds, and "unverified" where it holds none. A control character in a name is printed escaped.

use std::io::{self, Write};

use shared::{
    identity::LastFour,
    ids::{GateIndex, GateMask, PassId},
    pass::{Flags, KeySet, PassText, SealedPass, Validity},
};

/// Whether the text is a pass that verifies, or one that could not be verified for want of keys.
pub fn run(text: &str, keys: Option<&KeySet>, out: &mut dyn Write) -> io::Result<bool> {
    // A text copied from a terminal or a mail has a line's end; a gate that reads white space in a code takes it for no pass.
    let line = text.trim_end_matches(['\r', '\n']);
    let text = line.trim();
    let stands_free = line == text;
    if !stands_free {
        writeln!(out, "前后有空格，门岗不认这样的码 white space around it: a gate refuses this text")?;
    }
    let sealed = PassText::parse(text).and_then(|text| SealedPass::from_text(&text));
    let sealed = match sealed {
        Ok(sealed) => sealed,
        Err(fault) => {
            writeln!(out, "不是通行码 no pass: {fault}")?;
            writeln!(
                out,
                "  {} 个字符 characters; 通行码为 a pass has 137 to 153 of 0-9 A-Z $%*+-./: and space",
                text.chars().count()
            )?;
            return Ok(false);
        }
    };
    let bytes = sealed.as_bytes();
    writeln!(out, "通行码 pass: {} 字符 characters, {} 字节 bytes", text.len(), bytes.len())?;
    if write_fields(bytes, out)?.is_none() {
        writeln!(out, "  其余内容不合格式 the rest does not follow the layout")?;
    }
    match keys.map(|keys| (sealed.open(keys), keys.number())) {
        None => {
            writeln!(out, "签名 signature: 未验证，本机没有密钥集 unverified, no key set here")?;
            Ok(stands_free)
        }
        Some((Ok(pass), number)) => {
            writeln!(out, "签名 signature: 有效 valid, 密钥 key {}, 密钥集 key set {number}", pass.key())?;
            Ok(stands_free)
        }
        Some((Err(fault), number)) => {
            writeln!(out, "签名 signature: 无效 not valid ({fault}), 密钥集 key set {number}")?;
            Ok(false)
        }
    }
}

/// `None` when the bytes end early.
fn write_fields(bytes: &[u8], out: &mut dyn Write) -> io::Result<Option<()>> {
    let mut rest = bytes;
    let mut numbers = [0_u64; 10];
    for (number, size) in numbers.iter_mut().zip([1, 2, 2, 8, 4, 2, 2, 1, 1, 2]) {
        let Some((field, after)) = rest.split_at_checked(size) else { return Ok(None) };
        *number = field.iter().fold(0, |number, &byte| number << 8 | u64::from(byte));
        rest = after;
    }
    let [suite, key, campus, pass, from_s, minutes, gates, counts, flags, last_four] = numbers;
    let Some((&name_length, rest)) = rest.split_first() else { return Ok(None) };
    let Some((name, signature)) = rest.split_at_checked(usize::from(name_length)) else { return Ok(None) };

    writeln!(out, "  格式 suite: {suite:#04x}")?;
    writeln!(out, "  密钥 key: {key}")?;
    writeln!(out, "  校区 campus: {campus}")?;
    writeln!(out, "  编号 pass id: {}", PassId::from_bytes(pass.to_be_bytes()))?;
    writeln!(out, "  有效 valid: {}", validity(from_s, minutes))?;
    writeln!(out, "  校门 gates: {}", gates_open(gates))?;
    writeln!(out, "  次数 entries: {}, 人数 party: {}", counts >> 4, counts & 0x0f)?;
    writeln!(out, "  标记 flags: {}", flag_names(flags))?;
    let shown = u16::try_from(last_four).ok().and_then(LastFour::from_bits);
    writeln!(out, "  证件后四位 last four: {}", shown.map_or_else(|| broken(last_four), |shown| shown.to_string()))?;
    writeln!(out, "  姓名 name: {}", String::from_utf8_lossy(name).escape_debug())?;
    writeln!(out, "  签名 signature: {} 字节 bytes", signature.len())?;
    Ok(Some(()))
}

fn validity(from_s: u64, minutes: u64) -> String {
    let validity = u32::try_from(from_s).ok().zip(u16::try_from(minutes).ok());
    validity.and_then(|(from_s, minutes)| Validity::new(from_s, minutes)).map_or_else(
        || format!("{} {}", broken(from_s), broken(minutes)),
        |validity| {
            format!("{} – {}", validity.from().campus_date_and_clock(), validity.until().campus_date_and_clock())
        },
    )
}

fn gates_open(bits: u64) -> String {
    let Some(mask) = u16::try_from(bits).ok().and_then(GateMask::new) else { return broken(bits) };
    if mask == GateMask::EVERY {
        return "全部 all".to_owned();
    }
    let open = (0..=GateIndex::MAX).filter_map(GateIndex::new).filter(|gate| mask.holds(*gate));
    open.map(|gate| gate.to_string()).collect::<Vec<_>>().join(", ")
}

fn flag_names(bits: u64) -> String {
    let Some(flags) = u8::try_from(bits).ok().and_then(Flags::from_bits) else { return broken(bits) };
    let named = [
        (Flags::VEHICLE, "有车 by vehicle"),
        (Flags::ESCORT, "须由被访人接 escort needed"),
        (Flags::CHECK_CARD, "核对证件 check the card"),
    ];
    let set: Vec<&str> = named.into_iter().filter(|(flag, _)| flags.has(*flag)).map(|(_, name)| name).collect();
    if set.is_empty() { "无 none".to_owned() } else { set.join(", ") }
}

fn broken(value: u64) -> String {
    format!("不合规则 breaks its rule ({value:#x})")
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use shared::{
        identity::MaskedName,
        ids::{CampusId, KeyId},
        pass::{
            Claims, EntriesAllowed, KeySetFault, KeyUse, NamedKey, PartySize, PassSigner, SUITE_1, keyset::KeySetBody,
        },
        seal::{PublicKey, Sealed},
        time::{CampusDay, Moment},
    };

    use super::*;

    fn pass_key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn sealed() -> SealedPass {
        let day = CampusDay::parse("2026-11-23").unwrap();
        let claims = Claims {
            campus: CampusId::new(3),
            pass: PassId::parse("00010203abcdefff").unwrap(),
            validity: Validity::whole_day(day).unwrap(),
            gates: GateMask::new(0b101).unwrap(),
            entries: EntriesAllowed::new(2).unwrap(),
            party: PartySize::new(4).unwrap(),
            flags: Flags::VEHICLE,
            last_four: LastFour::of("123X"),
            name: MaskedName::parse("张*明").unwrap(),
        };
        PassSigner::new(KeyId::new(5), pass_key()).seal(&claims)
    }

    fn keys(signing: &SigningKey) -> Result<KeySet, KeySetFault> {
        let root = SigningKey::from_bytes(&[1; 32]);
        let key = NamedKey {
            id: KeyId::new(5),
            r#use: KeyUse::Pass,
            suite: SUITE_1,
            public: PublicKey::of(signing),
            not_before: Moment::from_unix_s(0),
            not_after: Moment::from_unix_s(i64::from(u32::MAX)),
        };
        let body = KeySetBody { number: 9, min_suite: SUITE_1, roots: None, retired: Vec::new(), keys: vec![key] };
        KeySet::open(&Sealed::seal(&body, None, &root).unwrap(), &PublicKey::of(&root))
    }

    fn told(text: &str, keys: Option<&KeySet>) -> (bool, String) {
        let mut out = Vec::new();
        let held = run(text, keys, &mut out).unwrap();
        (held, String::from_utf8(out).unwrap())
    }

    #[test]
    fn each_field_of_a_pass_is_told() {
        let keys = keys(&pass_key()).unwrap();
        let (held, told) = told(&format!("{}\n", sealed().text()), Some(&keys));
        assert!(held);
        for part in [
            "suite: 0x01",
            "key: 5",
            "campus: 3",
            "pass id: 00010203abcdefff",
            "2026-11-23 00:00:00 – 2026-11-24 00:00:00",
            "gates: 0, 2",
            "entries: 2, 人数 party: 4",
            "by vehicle",
            "last four: 123X",
            "name: 张*明",
            "valid, 密钥 key 5, 密钥集 key set 9",
        ] {
            assert!(told.contains(part), "{part} is not in\n{told}");
        }
    }

    #[test]
    fn without_keys_it_is_unverified_and_with_others_it_is_not_valid() {
        let text = sealed().text();
        let (held, without) = told(text.as_str(), None);
        assert!(held && without.contains("unverified"), "{without}");
        let others = keys(&SigningKey::from_bytes(&[8; 32])).unwrap();
        let (held, forged) = told(text.as_str(), Some(&others));
        assert!(!held && forged.contains("the signature does not verify"), "{forged}");
    }

    #[test]
    fn white_space_around_a_pass_is_told_and_a_line_s_end_is_not() {
        let text = sealed().text();
        let (held, line) = told(&format!("{}\r\n", text.as_str()), None);
        assert!(held && !line.contains("white space"), "{line}");
        for spaced in [format!(" {}", text.as_str()), format!("{}\u{3000}\n", text.as_str())] {
            let (held, told) = told(&spaced, None);
            assert!(!held && told.contains("white space") && told.contains("name: 张*明"), "{told}");
        }
    }

    #[test]
    fn garbage_in_a_good_frame_is_explained_and_does_not_panic() {
        for byte in [0, 0x0f, 0x7f, 0xff] {
            for length in shared::pass::MIN_PASS_BYTES..=shared::pass::MAX_PASS_BYTES {
                let text = SealedPass::from_bytes(vec![byte; length]).unwrap().text();
                assert!(!told(text.as_str(), None).1.is_empty());
            }
        }
        let (held, other) = told("https://example.edu.cn", None);
        assert!(!held && other.contains("no pass"), "{other}");
    }
}
