//! The office's keys: what signs passes, what signs beacons, what seals document numbers at rest.
//!
//! They are read at the start and when their set is replaced, and live in the server's process alone; none is in the configuration or
//! the database, so neither a copied settings file nor a copied backup can make a pass. The root keys that vouch for them are needed
//! only by the commands that sign a set ([`renewal`]) and belong on two media in two drawers.

mod door_token;
mod keyring;
mod places;
mod provider_secret;
pub mod renewal;
mod secret_file;
mod set_file;

use std::{path::Path, sync::Arc};

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use shared::{
    ids::KeyId,
    pass::{KeySet, KeyUse, PassSigner, Roots, SealedKeySet},
    seal::PublicKey,
    time::Moment,
};

use crate::{random::NoRandomness, store::IdentityKey};
pub use door_token::DoorToken;
pub use keyring::{Keyring, Lookout};
use places::Places;
pub use places::{root_path, roots_left, spare_path};
pub use provider_secret::{provider_line, provider_secret};
pub use secret_file::SecretFault;
use secret_file::read;
pub use set_file::SetFault;
use set_file::{KeySetFile, Signing};

const PASS_KEY: KeyId = KeyId::new(1);
const BEACON_KEY: KeyId = KeyId::new(2);

/// How long a key signs before the next one is to take its place.
pub const ROTATE_AFTER: TimeDelta = TimeDelta::days(30);

/// Until then a rotation is due, and from then on overdue.
pub const ROTATE_LATEST: TimeDelta = TimeDelta::days(37);

/// A new key signs at the latest after so long: a gate that has not been heard of for a week waits for nobody.
pub const SWITCH_WITHIN: TimeDelta = TimeDelta::days(7);

const WARN_BEFORE: TimeDelta = TimeDelta::days(30);

#[derive(Clone)]
pub struct Keys {
    pub signs: Signs,
    /// Who signs next, as soon as every gate knows them.
    pub next: Option<Signs>,
    pub key_set: SealedKeySet,
    /// The same, opened.
    pub opened: KeySet,
    /// The number of `key_set`, so that nobody opens it only to compare.
    pub key_set_number: u32,
    pub roots: Roots,
    pub identity: IdentityKey,
}

/// A signing key for each use.
#[derive(Clone)]
pub struct Signs {
    /// Shared, because the store seals a pass inside the transaction that issues it.
    pub pass: Arc<PassSigner>,
    pub beacon_id: KeyId,
    pub beacon: SigningKey,
    /// The first set that names both, and when it was signed.
    pub set: u32,
    pub since: Moment,
    /// When the first of the two ends.
    pub hold_until: Moment,
}

impl Keys {
    pub fn load(data_dir: &Path) -> Result<Self, KeysFault> {
        let places = Places::of(data_dir);
        set_is_there(data_dir, &places)?;
        let (file, opened) = KeySetFile::read(&places.set)?;
        let next = file.next.map(|next| Signs::load(&places, &opened, next)).transpose()?;
        Ok(Self {
            signs: Signs::load(&places, &opened, signing(&file, &opened))?,
            next,
            key_set_number: opened.number(),
            key_set: file.set,
            roots: *opened.roots(),
            opened,
            identity: load_identity(data_dir)?,
        })
    }

    /// For the demo: what is missing is made, the roots beside the others.
    pub fn load_or_init(data_dir: &Path, now: Moment) -> Result<Self, KeysFault> {
        if !Places::of(data_dir).set.exists() {
            renewal::init(data_dir, &root_path(data_dir), &spare_path(data_dir), now)?;
        }
        Self::load(data_dir)
    }

    /// The same with the next keys signing, when it is their turn: `held` is the lowest key set among the gates that are heard of,
    /// where there are any.
    #[must_use]
    pub fn switched(&self, held: Option<u32>, now: Moment) -> Option<Self> {
        let next = self.next.as_ref()?;
        is_due(next.set, next.since, held, now).then(|| Self { signs: next.clone(), next: None, ..self.clone() })
    }

    #[must_use]
    pub fn rotation(&self, now: Moment) -> Rotation {
        let newest = self.next.as_ref().unwrap_or(&self.signs);
        let age = now.since(newest.since);
        if now >= newest.hold_until.minus(WARN_BEFORE) || age >= ROTATE_LATEST {
            Rotation::Overdue
        } else if age >= ROTATE_AFTER {
            Rotation::Due
        } else {
            Rotation::NotYet { from: newest.since.plus(ROTATE_AFTER) }
        }
    }
}

/// Whether somebody should fetch the root key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    NotYet { from: Moment },
    Due,
    Overdue,
}

impl Signs {
    fn load(places: &Places, set: &KeySet, signing: Signing) -> Result<Self, KeysFault> {
        let load = |id, r#use| {
            let path = places.secret(id, r#use);
            let key = SigningKey::from_bytes(&*read(&path)?);
            let named = set.find(id, r#use).filter(|named| named.public == PublicKey::of(&key));
            // A secret restored beside another set signs what no terminal opens.
            let until = named.map(|named| named.not_after).ok_or(KeysFault::Stranger { path })?;
            Ok::<_, KeysFault>((key, until))
        };
        let (pass, pass_until) = load(signing.pass, KeyUse::Pass)?;
        let (beacon, beacon_until) = load(signing.beacon, KeyUse::Beacon)?;
        Ok(Self {
            pass: Arc::new(PassSigner::new(signing.pass, pass)),
            beacon_id: signing.beacon,
            beacon,
            set: signing.set,
            since: signing.since,
            hold_until: pass_until.min(beacon_until),
        })
    }
}

impl std::fmt::Debug for Signs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signs(pass {}, beacon {})", self.pass.id(), self.beacon_id)
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys(set {}, roots {})", self.key_set_number, self.roots.fingerprint())
    }
}

/// Whether keys that a set of this number named first sign by now: every gate that is heard of holds it, or it has been long enough.
fn is_due(set: u32, since: Moment, held: Option<u32>, now: Moment) -> bool {
    held.is_none_or(|held| held >= set) || now >= since.plus(SWITCH_WITHIN)
}

/// Which keys sign; in an office that never changed them, its first.
fn signing(file: &KeySetFile, set: &KeySet) -> Signing {
    let first = || set.find(PASS_KEY, KeyUse::Pass).map_or(Moment::from_unix_s(0), |key| key.not_before);
    file.signing.unwrap_or_else(|| Signing { pass: PASS_KEY, beacon: BEACON_KEY, set: set.number(), since: first() })
}

/// Whoever has put the secrets back and not the set is not sent to make other keys: every gate would have to be enrolled anew.
fn set_is_there(data_dir: &Path, places: &Places) -> Result<(), KeysFault> {
    // What may not be looked at is not taken for what is not there.
    let is_there = |path: &Path| path.try_exists().map_err(|cause| SecretFault::Io { path: path.to_owned(), cause });
    if is_there(&places.set)? {
        return Ok(());
    }
    let (set, data_dir) = (places.set.clone(), data_dir.to_owned());
    Err(if is_there(&places.identity)? { KeysFault::SetGone { set } } else { KeysFault::None { data_dir } })
}

/// What the command line needs: the store's key alone, not the signing keys.
pub fn load_identity(data_dir: &Path) -> Result<IdentityKey, KeysFault> {
    let places = Places::of(data_dir);
    set_is_there(data_dir, &places)?;
    Ok(IdentityKey::from_bytes(&*read(&places.identity)?))
}

/// The roots that terminals are enrolled with.
pub fn load_roots(data_dir: &Path) -> Result<Roots, KeysFault> {
    Ok(*KeySetFile::read(&Places::of(data_dir).set)?.1.roots())
}

#[derive(Debug, thiserror::Error)]
pub enum KeysFault {
    #[error("{} 中还没有密钥，请先运行一次 sync-server keys init。There are no keys yet", .data_dir.display())]
    None { data_dir: std::path::PathBuf },
    #[error(
        "密钥都在，只少了密钥集 {}：请从另外保存的备份里放回，不要重新生成密钥。The keys are there and their set is not: put it back from \
         where it was saved, and make no other keys",
        .set.display()
    )]
    SetGone { set: std::path::PathBuf },
    #[error("{} 已存在；密钥只生成一次，不会被覆盖。Keys are made once and never overwritten", .path.display())]
    Exists { path: std::path::PathBuf },
    #[error(
        "{} 要写两把密钥：根密钥和备用根密钥要各有自己的文件，最好在两个介质上。Nothing was made: each key needs a file of its own",
        .path.display()
    )]
    Twice { path: std::path::PathBuf },
    #[error("没有文件夹 {}，介质插好了吗？没有生成任何密钥。There is no such folder; nothing was made", .path.display())]
    NoFolder { path: std::path::PathBuf },
    #[error("{} 不是文件名。It names no file", .path.display())]
    NoFile { path: std::path::PathBuf },
    #[error("{} 不是密钥集所指的密钥。It is not the key that the key set names", .path.display())]
    Stranger { path: std::path::PathBuf },
    #[error("{} 不是本单位现在信任的根密钥。It is no root key that this office trusts", .path.display())]
    NoRoot { path: std::path::PathBuf },
    #[error("密钥集里没有 {0} 号密钥，请看 sync-server keys status。No such key is in the key set")]
    UnknownKey(KeyId),
    #[error(
        "上一次轮换的新密钥还没有启用，请看 sync-server keys status。The keys of the last rotation do not sign yet"
    )]
    StillSwitching,
    #[error("密钥号用完了。There are no more key numbers")]
    NoMoreIds,
    #[error(transparent)]
    Secret(#[from] SecretFault),
    #[error(transparent)]
    Set(#[from] SetFault),
    #[error("密钥集无法写成 JSON。The key set cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use shared::time::CampusDay;

    use super::*;

    const NOW: Moment = Moment::from_unix_s(1_795_363_200);

    #[test]
    fn keys_are_made_once_and_hold_together() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(Keys::load(dir.path()), Err(KeysFault::None { .. })));
        let [root, spare, other] = ["root.key", "spare.key", "other.key"].map(|name| dir.path().join(name));
        let roots = renewal::init(dir.path(), &root, &spare, NOW).unwrap();
        let again = renewal::init(dir.path(), &other, &other, NOW);
        assert!(matches!(again, Err(KeysFault::Exists { .. })));
        let keys = Keys::load(dir.path()).unwrap();
        assert_eq!(keys.roots, roots);
        let (set, aside) = (Places::of(dir.path()).set, dir.path().join("aside"));
        std::fs::rename(&set, &aside).unwrap();
        for told in [Keys::load(dir.path()).map(drop), load_identity(dir.path()).map(drop)] {
            let told = told.unwrap_err().to_string();
            assert!(told.contains("key-set.json") && told.contains("不要重新生成"), "{told}");
        }
        std::fs::rename(&aside, &set).unwrap();
        let set = KeySet::open(&keys.key_set, roots).unwrap();
        assert_eq!((set.number(), set.roots()), (keys.key_set_number, &roots));
        assert!(set.find(PASS_KEY, KeyUse::Pass).unwrap().holds_at(CampusDay::of(NOW).start()));
        assert!(roots.spare.is_some());
        for (days, due) in [(29, false), (30, true), (36, true)] {
            let due = if due { Rotation::Due } else { Rotation::NotYet { from: NOW.plus(ROTATE_AFTER) } };
            assert_eq!(keys.rotation(NOW.plus(TimeDelta::days(days))), due, "{days} days");
        }
        assert_eq!(keys.rotation(NOW.plus(ROTATE_LATEST)), Rotation::Overdue);
    }

    #[test]
    fn no_secret_is_printed() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::load_or_init(dir.path(), NOW).unwrap();
        for name in ["root", "spare-root", "pass", "beacon", "identity"] {
            let secret = fs::read_to_string(dir.path().join(format!("secrets/{name}.key"))).unwrap();
            assert!(!format!("{keys:?}").contains(secret.trim()), "{name}");
        }
    }

    #[test]
    fn the_server_refuses_secrets_that_others_may_read() {
        for name in ["pass", "beacon", "identity"] {
            let dir = tempfile::tempdir().unwrap();
            Keys::load_or_init(dir.path(), NOW).unwrap();
            let path = dir.path().join(format!("secrets/{name}.key"));
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            let told = Keys::load(dir.path()).unwrap_err().to_string();
            assert!(told.contains(&format!("chmod 600 {}", path.display())), "{told}");
        }
    }

    #[test]
    fn a_secret_beside_another_set_is_a_stranger() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        Keys::load_or_init(dir.path(), NOW).unwrap();
        Keys::load_or_init(other.path(), NOW).unwrap();
        fs::copy(other.path().join("secrets/pass.key"), dir.path().join("secrets/pass.key")).unwrap();
        assert!(matches!(Keys::load(dir.path()), Err(KeysFault::Stranger { .. })));
    }

    #[test]
    fn a_set_another_root_signed_is_refused() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        Keys::load_or_init(dir.path(), NOW).unwrap();
        Keys::load_or_init(other.path(), NOW).unwrap();
        let path = dir.path().join("key-set.json");
        let (mut file, _) = KeySetFile::read(&path).unwrap();
        let (stranger, _) = KeySetFile::read(&other.path().join("key-set.json")).unwrap();
        (file.root, file.spare) = (stranger.root, stranger.spare);
        file.put(&path).unwrap();
        assert!(matches!(Keys::load(dir.path()), Err(KeysFault::Set(SetFault::Unproven { .. }))));
    }
}
