//! The office's keys: what signs passes, what signs beacons, what seals document numbers at rest.
//!
//! They are read once at start and live in the server's process alone; none is in the configuration or the database, so neither a
//! copied settings file nor a copied backup can make a pass. The root key that vouches for them is needed only by `keys init` and
//! belongs on a medium in a drawer.

mod door_token;
mod provider_secret;
mod secret_file;
mod set_file;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use shared::{
    ids::KeyId,
    pass::{KeySet, KeyUse, NamedKey, PassSigner, RootKey, SUITE_1, SealedKeySet, keyset::KeySetBody},
    seal::{PublicKey, Sealed},
    time::{CampusDay, Moment},
};
use zeroize::Zeroizing;

use crate::{
    random::{self, NoRandomness},
    store::IdentityKey,
};
pub use door_token::DoorToken;
pub use provider_secret::provider_secret;
pub use secret_file::SecretFault;
use secret_file::{Secret, create, create_dir, read};
use set_file::KeySetFile;
pub use set_file::SetFault;

const PASS_KEY: KeyId = KeyId::new(1);
const BEACON_KEY: KeyId = KeyId::new(2);

/// A year and some weeks: keys are renewed at leisure before the second autumn term, and the server warns a month ahead.
const KEYS_HOLD: TimeDelta = TimeDelta::days(400);
const WARN_BEFORE: TimeDelta = TimeDelta::days(30);

pub struct Keys {
    /// Shared, because the store seals a pass inside the transaction that issues it.
    pub pass: Arc<PassSigner>,
    pub beacon_id: KeyId,
    pub beacon: SigningKey,
    pub key_set: SealedKeySet,
    /// The number of `key_set`, so that nobody opens it only to compare.
    pub key_set_number: u32,
    pub root: RootKey,
    pub identity: IdentityKey,
    /// When the first of the two signing keys ends.
    pub hold_until: Moment,
}

impl Keys {
    pub fn load(data_dir: &Path) -> Result<Self, KeysFault> {
        let places = Places::of(data_dir);
        if !places.set.exists() {
            return Err(KeysFault::None { data_dir: data_dir.to_owned() });
        }
        let (file, set) = KeySetFile::read(&places.set)?;
        let pass = SigningKey::from_bytes(&*read(&places.pass)?);
        let beacon = SigningKey::from_bytes(&*read(&places.beacon)?);
        let (pass_id, pass_until) = named(&set, PASS_KEY, KeyUse::Pass, &pass, &places.pass)?;
        let (beacon_id, beacon_until) = named(&set, BEACON_KEY, KeyUse::Beacon, &beacon, &places.beacon)?;
        Ok(Self {
            pass: Arc::new(PassSigner::new(pass_id, pass)),
            beacon_id,
            beacon,
            key_set: file.set,
            key_set_number: set.number(),
            root: file.root,
            identity: load_identity(data_dir)?,
            hold_until: pass_until.min(beacon_until),
        })
    }

    /// Makes every key of a new office, the root's at `root_path`. Nothing that exists is overwritten.
    pub fn init(data_dir: &Path, root_path: &Path, now: Moment) -> Result<RootKey, KeysFault> {
        let places = Places::of(data_dir);
        if let Some(path) =
            [&places.set, &places.pass, &places.beacon, &places.identity].into_iter().find(|p| p.exists())
        {
            return Err(KeysFault::Exists { path: path.clone() });
        }
        let (root_secret, pass_secret, beacon_secret) = (secret()?, secret()?, secret()?);
        let root = SigningKey::from_bytes(&root_secret);
        let set = KeySetBody {
            number: 1,
            min_suite: SUITE_1,
            keys: vec![
                new_key(PASS_KEY, KeyUse::Pass, &pass_secret, now),
                new_key(BEACON_KEY, KeyUse::Beacon, &beacon_secret, now),
            ],
        };
        let file = KeySetFile { root: PublicKey::of(&root), set: Sealed::seal(&set, None, &root)? };
        create_dir(&places.secrets)?;
        create(root_path, &root_secret)?;
        create(&places.pass, &pass_secret)?;
        create(&places.beacon, &beacon_secret)?;
        create(&places.identity, &secret()?)?;
        // Last: its presence says that all the others are there.
        file.create(&places.set)?;
        Ok(file.root)
    }

    /// For the demo: what is missing is made, the root beside the others.
    pub fn load_or_init(data_dir: &Path, now: Moment) -> Result<Self, KeysFault> {
        if !Places::of(data_dir).set.exists() {
            Self::init(data_dir, &root_path(data_dir), now)?;
        }
        Self::load(data_dir)
    }

    /// Whether somebody should renew the keys soon.
    #[must_use]
    pub fn end_soon(&self, now: Moment) -> bool {
        self.hold_until.since(now) < WARN_BEFORE
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys(set {}, root {})", self.key_set_number, self.root.fingerprint())
    }
}

/// Where a root key stands unless somebody names a better place.
#[must_use]
pub fn root_path(data_dir: &Path) -> PathBuf {
    data_dir.join("secrets/root.key")
}

/// What the command line needs: the store's key alone, not the signing keys.
pub fn load_identity(data_dir: &Path) -> Result<IdentityKey, KeysFault> {
    let places = Places::of(data_dir);
    if !places.set.exists() {
        return Err(KeysFault::None { data_dir: data_dir.to_owned() });
    }
    Ok(IdentityKey::from_bytes(&*read(&places.identity)?))
}

/// The root that terminals are enrolled with.
pub fn load_root(data_dir: &Path) -> Result<RootKey, KeysFault> {
    Ok(KeySetFile::read(&Places::of(data_dir).set)?.0.root)
}

#[derive(Debug, thiserror::Error)]
pub enum KeysFault {
    #[error("{} 中还没有密钥，请先运行一次 sync-server keys init。There are no keys yet", .data_dir.display())]
    None { data_dir: PathBuf },
    #[error("{} 已存在；密钥只生成一次，不会被覆盖。Keys are made once and never overwritten", .path.display())]
    Exists { path: PathBuf },
    #[error("{} 不是密钥集所指的密钥。It is not the key that the key set names", .path.display())]
    Stranger { path: PathBuf },
    #[error(transparent)]
    Secret(#[from] SecretFault),
    #[error(transparent)]
    Set(#[from] SetFault),
    #[error("密钥集无法写成 JSON。The key set cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

struct Places {
    secrets: PathBuf,
    pass: PathBuf,
    beacon: PathBuf,
    identity: PathBuf,
    set: PathBuf,
}

impl Places {
    fn of(data_dir: &Path) -> Self {
        let secrets = data_dir.join("secrets");
        Self {
            pass: secrets.join("pass.key"),
            beacon: secrets.join("beacon.key"),
            identity: secrets.join("identity.key"),
            secrets,
            set: data_dir.join("key-set.json"),
        }
    }
}

fn secret() -> Result<Secret, NoRandomness> {
    Ok(Zeroizing::new(random::bytes()?))
}

fn new_key(id: KeyId, r#use: KeyUse, secret: &Secret, now: Moment) -> NamedKey {
    // From the start of yesterday: a pass is judged by the start of its day, and clocks differ.
    let not_before = CampusDay::of(now).minus_days(1).start();
    let public = PublicKey::of(&SigningKey::from_bytes(secret));
    NamedKey { id, r#use, suite: SUITE_1, public, not_before, not_after: not_before.plus(KEYS_HOLD) }
}

/// The set's entry for `key`, which must be this very key: a secret restored beside another set signs what no terminal opens.
fn named(set: &KeySet, id: KeyId, r#use: KeyUse, key: &SigningKey, path: &Path) -> Result<(KeyId, Moment), KeysFault> {
    set.find(id, r#use)
        .filter(|named| named.public == PublicKey::of(key))
        .map(|named| (named.id, named.not_after))
        .ok_or_else(|| KeysFault::Stranger { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    const NOW: Moment = Moment::from_unix_s(1_795_363_200);

    #[test]
    fn keys_are_made_once_and_hold_together() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(Keys::load(dir.path()), Err(KeysFault::None { .. })));
        let root = Keys::init(dir.path(), &dir.path().join("root.key"), NOW).unwrap();
        assert!(matches!(Keys::init(dir.path(), &dir.path().join("other.key"), NOW), Err(KeysFault::Exists { .. })));
        let keys = Keys::load(dir.path()).unwrap();
        assert_eq!(keys.root, root);
        let set = KeySet::open(&keys.key_set, &root).unwrap();
        assert_eq!(set.number(), keys.key_set_number);
        assert!(set.find(PASS_KEY, KeyUse::Pass).unwrap().holds_at(CampusDay::of(NOW).start()));
        assert!(!keys.end_soon(NOW));
        assert!(keys.end_soon(NOW.plus(TimeDelta::days(370))));
    }

    #[test]
    fn no_secret_is_printed() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::load_or_init(dir.path(), NOW).unwrap();
        for name in ["root", "pass", "beacon", "identity"] {
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
        file.root = stranger.root;
        fs::remove_file(&path).unwrap();
        file.create(&path).unwrap();
        assert!(matches!(Keys::load(dir.path()), Err(KeysFault::Set(SetFault::Unproven { .. }))));
    }
}
