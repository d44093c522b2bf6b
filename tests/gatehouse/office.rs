//! An office of three keys: it signs passes and enrols a terminal by writing its files, without a server.
//!
//! Keys and people are made from numbers, so that two runs measure the same; the signatures are real.

use std::{fs, io::Write as _, path::Path};

use ed25519_dalek::SigningKey;
use gate_terminal::{
    clock::SystemClock,
    enrol::KEY_FILE,
    ports::{AsOf, Clock as _, HeldNews, NewerKeySet, News, Post, Store as _},
    store::{DATABASE_FILE, SqliteStore},
};
use shared::{
    chain::{ChainHash, Head},
    identity::{DocumentKind, DocumentTag, LastFour, MaskedName, PersonName},
    ids::{CampusId, GateIndex, GateMask, KeyId, PassId, TerminalId},
    pass::{
        Claims, EntriesAllowed, Flags, KeySet, KeySetFloor, KeyUse, NamedKey, PartySize, PassSigner, Roots, SUITE_1,
        SealedKeySet, SealedPass, Validity, keyset::KeySetBody,
    },
    seal::{PublicKey, Sealed},
    sync::change::{Change, PassRecord},
    time::{CampusDay, Moment},
};

use crate::Trouble;

const CAMPUS: CampusId = CampusId::new(1);
const PASS_KEY: KeyId = KeyId::new(1);
const BEACON_KEY: KeyId = KeyId::new(2);
pub const TERMINAL: TerminalId = TerminalId::new(7);

/// No server renews what a measurement was given, so it stays fresh for its whole day.
const FRESH_FOR_S: u32 = 86_400;

#[derive(Debug)]
pub struct Office {
    day: CampusDay,
    root: SigningKey,
    signer: PassSigner,
    pass_key: PublicKey,
    beacon_key: PublicKey,
}

impl Office {
    /// Everybody comes today.
    #[must_use]
    pub fn today() -> Self {
        let key = |seed| SigningKey::from_bytes(&[seed; 32]);
        Self {
            day: CampusDay::of(now()),
            root: key(1),
            signer: PassSigner::new(PASS_KEY, key(2)),
            pass_key: PublicKey::of(&key(2)),
            beacon_key: PublicKey::of(&key(3)),
        }
    }

    #[must_use]
    pub const fn pass_key(&self) -> &PublicKey {
        &self.pass_key
    }

    pub fn post(&self) -> Result<Post, Trouble> {
        let gate = GateIndex::new(0).ok_or_else(|| not_made("a gate"))?;
        Ok(Post { terminal: TERMINAL, campus: CAMPUS, gate, roots: Roots::from(&PublicKey::of(&self.root)) })
    }

    /// The pass of the visitor of this number.
    pub fn seal(&self, number: u64) -> Result<SealedPass, Trouble> {
        let name = person(number)?;
        Ok(self.signer.seal(&Claims {
            campus: CAMPUS,
            pass: pass_id(number),
            validity: Validity::whole_day(self.day).ok_or_else(|| not_made("a day"))?,
            gates: GateMask::EVERY,
            entries: EntriesAllowed::ONE,
            party: PartySize::ONE,
            flags: Flags::NONE,
            last_four: LastFour::parse("002X").map_err(told)?,
            name: MaskedName::parse(name.masked().as_str()).map_err(told)?,
        }))
    }

    /// What its QR code says.
    pub fn pass(&self, number: u64) -> Result<String, Trouble> {
        Ok(self.seal(number)?.text().to_string())
    }

    /// What the list says of the visitor of this number: one in four comes by car, one in ten with somebody.
    pub fn record(&self, number: u64) -> Result<PassRecord, Trouble> {
        let with = number.is_multiple_of(10).then(|| person(number + 7_001)).transpose()?;
        let plate = number.is_multiple_of(4).then(|| format!("陕A{:05}", number * 7_919 % 100_000));
        Ok(PassRecord {
            pass: pass_id(number),
            day: self.day,
            visit_from: self.day.at_minute(8 * 60),
            visit_until: self.day.at_minute(18 * 60),
            visitor: person(number)?,
            phone_tail: phone_tail(number),
            document: DocumentKind::ResidentId,
            last_four: LastFour::parse("002X").map_err(told)?,
            document_tag: DocumentTag::try_from(format!("{number:032x}")).map_err(told)?,
            companions: with.into_iter().collect(),
            plates: plate.into_iter().collect(),
            party: PartySize::ONE,
            entries: EntriesAllowed::ONE,
            gates: GateMask::EVERY,
            host: person(number % 5_000 + 300_000)?,
            department: "计算机科学与技术学院".to_owned(),
            reason: "学术交流".to_owned(),
        })
    }

    /// What a terminal that follows the feed knows by now: the visitors numbered from 0.
    pub fn held(&self, passes: u64) -> Result<HeldNews, Trouble> {
        let changes = (0..passes).map(|number| Ok(Change::PassIssued(self.record(number)?.into())));
        Ok(HeldNews {
            key_set: Some(self.key_set()?),
            key_floor: KeySetFloor::default(),
            epoch: 1,
            head: Head { seq: passes, hash: ChainHash::from_bytes([1; 32]) },
            proven: Some(now()),
            as_of: Some(AsOf { server_time: now(), valid_for_s: FRESH_FOR_S }),
            changes: changes.collect::<Result<_, Trouble>>()?,
        })
    }

    /// Makes the folder of a terminal that was enrolled here and has followed the feed.
    pub fn enrol(&self, folder: &Path, passes: u64) -> Result<(), Trouble> {
        fs::create_dir_all(folder)?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(folder.join(KEY_FILE))?.write_all(&[9; 32])?;
        let mut store = SqliteStore::open(&folder.join(DATABASE_FILE)).map_err(told)?;
        store.keep_post(&self.post()?, now()).map_err(told)?;
        let HeldNews { key_set, epoch, head, as_of, changes, .. } = self.held(passes)?;
        let opened = |sealed: SealedKeySet| -> Result<NewerKeySet, Trouble> {
            let opened = KeySet::open(&sealed, &PublicKey::of(&self.root)).map_err(told)?;
            Ok(NewerKeySet { sealed, opened })
        };
        let key_set = key_set.map(opened).transpose()?;
        let server_time = now();
        let news = News {
            key_set,
            epoch,
            head,
            server_time,
            as_of,
            restarts: false,
            changes,
            not_understood: 0,
            snapshot: None,
        };
        store.keep_news(&news).map_err(told)
    }

    fn key_set(&self) -> Result<SealedKeySet, Trouble> {
        let named = |id, r#use, public: &PublicKey| NamedKey {
            id,
            r#use,
            suite: SUITE_1,
            public: *public,
            not_before: self.day.minus_days(30).start(),
            not_after: self.day.plus_days(30).start(),
        };
        let keys =
            vec![named(PASS_KEY, KeyUse::Pass, &self.pass_key), named(BEACON_KEY, KeyUse::Beacon, &self.beacon_key)];
        let body = KeySetBody { number: 1, min_suite: SUITE_1, roots: None, retired: Vec::new(), keys };
        Sealed::seal(&body, None, &self.root).map_err(told)
    }
}

/// The key a terminal enrolled here has.
#[must_use]
pub fn terminal_key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

/// Looks drawn by lot, and no two numbers share one: the factor is odd.
#[must_use]
pub fn pass_id(number: u64) -> PassId {
    PassId::from_bytes(number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes())
}

fn phone_tail(number: u64) -> String {
    format!("{:04}", number * 7 % 10_000)
}

/// Of a hundred names and two hundred syllables; one in fifty is not Chinese.
fn person(number: u64) -> Result<PersonName, Trouble> {
    const FAMILY: &str =
        "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈";
    const GIVEN: &str = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰红梅建国志远晓东海燕春雪松柏子涵浩然雨欣怡佳宁思嘉俊宇轩博文";
    let letter = |letters: &str, at: u64| {
        let letters: Vec<char> = letters.chars().collect();
        let at = usize::try_from(at).unwrap_or(0);
        letters.get(at % letters.len().max(1)).copied().unwrap_or('明')
    };
    let scattered = number.wrapping_mul(0xD1B5_4A32_D192_ED03) >> 16;
    let name = if number % 50 == 49 {
        format!("José Müller {}", letter("ABCDEFGHIJKLMNOPQRSTUVWXYZ", scattered))
    } else {
        let (family, first) = (letter(FAMILY, scattered), letter(GIVEN, scattered / 64));
        let second = if number.is_multiple_of(3) { None } else { Some(letter(GIVEN, scattered / 4_096)) };
        [Some(family), Some(first), second].into_iter().flatten().collect()
    };
    PersonName::parse(&name).map_err(told)
}

fn now() -> Moment {
    SystemClock.read().wall
}

fn not_made(what: &str) -> Trouble {
    Trouble::NotHeld(format!("{what} could not be made"))
}

fn told(error: impl std::fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
