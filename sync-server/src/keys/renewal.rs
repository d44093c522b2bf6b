//! What a root key is fetched for: the first set, the next keys, the end of a stolen one, another root.
//!
//! Every command here signs one new set with the root that it is shown and puts it in the place of the last, after the secrets that it
//! names. A power cut in between leaves a secret that nothing names, which the next command writes over.
//!
//! A rotation changes no pass: its old key holds on until every pass that it may have sealed has had its day, so what a visitor printed a
//! quarter of a year ahead opens on its day. Only a key that was stolen leaves the set at once, and the passes it had sealed are sealed
//! anew by whoever takes the set over ([`Store::seal_anew`](crate::store::Store::seal_anew)).

use std::{collections::BTreeSet, fs, path::Path};

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use shared::{
    ids::KeyId,
    pass::{KeySet, KeyUse, NamedKey, RootKey, Roots, SUITE_1, keyset::KeySetBody},
    seal::{PublicKey, Sealed},
    sync::change::MAX_DAYS_AHEAD,
    time::{CampusDay, Moment},
};
use zeroize::Zeroizing;

use super::{
    KeysFault, SWITCH_WITHIN, is_due,
    places::Places,
    secret_file::{Secret, SecretFault, create, create_dir, read_root, remove},
    set_file::{KeySetFile, Signing},
    set_is_there, signing,
};
use crate::random::{self, NoRandomness};

/// A key that nobody replaces goes on for a year and some weeks: a forgotten rotation is told every day and closes no gate.
const KEYS_HOLD: TimeDelta = TimeDelta::days(400);

/// Makes every key of a new office, its roots where they are wanted. Nothing that exists is overwritten.
pub fn init(data_dir: &Path, root: &Path, spare: &Path, now: Moment) -> Result<Roots, KeysFault> {
    let places = Places::of(data_dir);
    let first = Signing { pass: super::PASS_KEY, beacon: super::BEACON_KEY, set: 1, since: now };
    let (pass, beacon) = (places.secret(first.pass, KeyUse::Pass), places.secret(first.beacon, KeyUse::Beacon));
    if let Some(path) = [&places.set, &pass, &beacon, &places.identity].into_iter().find(|path| path.exists()) {
        return Err(KeysFault::Exists { path: path.clone() });
    }
    if let Some(path) = [root, spare].into_iter().find(|path| path.exists()) {
        return Err(KeysFault::Exists { path: path.to_owned() });
    }
    each_of_its_own(&places.secrets, [root, spare, &pass, &beacon, &places.identity])?;
    let (root_secret, spare_secret, pass_secret, beacon_secret) = (secret()?, secret()?, secret()?, secret()?);
    let roots = Roots { root: public(&root_secret), spare: Some(public(&spare_secret)) };
    let set = KeySetBody {
        number: 1,
        min_suite: SUITE_1,
        roots: Some(roots),
        retired: Vec::new(),
        keys: vec![
            named(first.pass, KeyUse::Pass, &pass_secret, now),
            named(first.beacon, KeyUse::Beacon, &beacon_secret, now),
        ],
    };
    create_dir(&places.secrets)?;
    create_all(&[
        (root, &root_secret),
        (spare, &spare_secret),
        (&pass, &pass_secret),
        (&beacon, &beacon_secret),
        (&places.identity, &secret()?),
    ])?;
    // Last: its presence says that all the others are there.
    let file = KeySetFile {
        root: roots.root,
        spare: roots.spare,
        set: Sealed::seal(&set, None, &SigningKey::from_bytes(&root_secret))?,
        signing: Some(first),
        next: None,
        last_id: super::BEACON_KEY.get(),
    };
    file.put(&places.set)?;
    Ok(roots)
}

/// Two secrets in one file would be one, and a stick that is not there is noticed before the other is written. `secrets` is still to be
/// made.
fn each_of_its_own<const N: usize>(secrets: &Path, paths: [&Path; N]) -> Result<(), KeysFault> {
    let mut taken = BTreeSet::new();
    for path in paths {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let to_be_made = || (folder == secrets).then(|| secrets.to_owned());
        let real = folder.canonicalize().ok().filter(|folder| folder.is_dir()).or_else(to_be_made);
        let real = real.ok_or_else(|| KeysFault::NoFolder { path: folder.to_owned() })?;
        let name = path.file_name().ok_or_else(|| KeysFault::NoFile { path: path.to_owned() })?;
        if !taken.insert(real.join(name)) {
            return Err(KeysFault::Twice { path: path.to_owned() });
        }
    }
    Ok(())
}

/// All of them or none: a stick that turns out to be full leaves no half of an office behind.
fn create_all(secrets: &[(&Path, &Secret)]) -> Result<(), KeysFault> {
    for (at, (path, secret)) in secrets.iter().enumerate() {
        if let Err(fault) = create(path, secret) {
            for (made, _) in secrets.iter().take(at) {
                remove(made)?;
            }
            return Err(fault.into());
        }
    }
    Ok(())
}

/// Makes the next keys. They sign once every gate can know them, and what they follow holds on beside them. `held` as in
/// [`Keys::switched`](super::Keys::switched).
pub fn rotate(data_dir: &Path, root: &Path, held: Option<u32>, now: Moment) -> Result<Renewed, KeysFault> {
    let mut draft = Draft::begin(data_dir, root, now)?;
    if let Some(next) = draft.file.next.take() {
        if !is_due(next.set, next.since, held, now) {
            return Err(KeysFault::StillSwitching);
        }
        draft.signing = next;
    }
    let last = CampusDay::of(now.plus(SWITCH_WITHIN)).plus_days(MAX_DAYS_AHEAD + 1).end();
    for key in &mut draft.body.keys {
        key.not_after = key.not_after.min(last);
    }
    let (pass, beacon) = (draft.new_key(KeyUse::Pass)?, draft.new_key(KeyUse::Beacon)?);
    draft.file.next = Some(Signing { pass, beacon, set: draft.body.number, since: now });
    draft.sign()
}

/// Ends keys at once. Where one of them signs, the next one does, or one that is made for it, from this moment on; none that a rotation
/// has retired signs again. `held` as in [`Keys::switched`](super::Keys::switched).
pub fn revoke(
    data_dir: &Path,
    root: &Path,
    ids: &[KeyId],
    held: Option<u32>,
    now: Moment,
) -> Result<Renewed, KeysFault> {
    let mut draft = Draft::begin(data_dir, root, now)?;
    // The server lets the next keys sign when it is their turn, and keeps that nowhere.
    if let Some(next) = draft.file.next.take_if(|next| is_due(next.set, next.since, held, now)) {
        draft.signing = next;
    }
    for id in ids {
        if draft.body.keys.iter().all(|key| key.id != *id) {
            return Err(KeysFault::UnknownKey(*id));
        }
    }
    draft.body.keys.retain(|key| !ids.contains(&key.id));
    let (old, next) = (draft.signing, draft.file.next.take());
    let pass = draft.after(old.pass, next.map(|next| next.pass), ids, KeyUse::Pass)?;
    let beacon = draft.after(old.beacon, next.map(|next| next.beacon), ids, KeyUse::Beacon)?;
    if (pass, beacon) == (old.pass, old.beacon) {
        // A rotation under way goes on, unless what it made is gone.
        draft.file.next = next.filter(|next| !ids.contains(&next.pass) && !ids.contains(&next.beacon));
    } else {
        draft.signing = Signing { pass, beacon, set: draft.body.number, since: now };
    }
    draft.sign()
}

/// Makes a spare root beside the one that is shown. The other, if there was one, is retired for good: lost, found or stolen, it signs
/// nothing any more.
pub fn replace_spare(data_dir: &Path, kept: &Path, spare: &Path, now: Moment) -> Result<Renewed, KeysFault> {
    if spare.exists() {
        return Err(KeysFault::Exists { path: spare.to_owned() });
    }
    let mut draft = Draft::begin(data_dir, kept, now)?;
    let secret = secret()?;
    let (kept, new) = (PublicKey::of(&draft.root), public(&secret));
    draft.body.retired.extend(draft.file.roots().other(&kept));
    (draft.file.root, draft.file.spare) = (kept, Some(new));
    create(spare, &secret)?;
    let set = draft.places.set.clone();
    draft.sign().inspect_err(|_| {
        // A key that no set names would be locked away for one that signs.
        if KeySetFile::read(&set).is_ok_and(|(file, _)| file.spare != Some(new)) {
            remove(spare).ok();
        }
    })
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Renewed {
    pub set: KeySet,
    pub made: Vec<KeyId>,
    pub retired: Vec<RootKey>,
}

impl Renewed {
    /// What else is believed until it runs out.
    pub fn kept(&self) -> impl Iterator<Item = KeyId> {
        self.set.keys().iter().map(|key| key.id).filter(|id| !self.made.contains(id))
    }
}

/// Waits for whoever makes a set just now.
fn alone(data_dir: &Path) -> Result<fs::File, KeysFault> {
    let locked = fs::File::open(data_dir).and_then(|folder| folder.lock().map(|()| folder));
    locked.map_err(|cause| SecretFault::Io { path: data_dir.to_owned(), cause }.into())
}

/// The set that is about to follow.
struct Draft {
    /// Two that follow one set would both have the next number, and the later one's would bring back what the other revoked.
    _alone: fs::File,
    places: Places,
    root: SigningKey,
    file: KeySetFile,
    signing: Signing,
    body: KeySetBody,
    made: Vec<(KeyId, KeyUse, Secret)>,
    now: Moment,
}

impl Draft {
    fn begin(data_dir: &Path, root: &Path, now: Moment) -> Result<Self, KeysFault> {
        let places = Places::of(data_dir);
        set_is_there(data_dir, &places)?;
        let alone = alone(data_dir)?;
        let secret = read_root(root)?;
        let key = SigningKey::from_bytes(&secret);
        let (mut file, set) = KeySetFile::read(&places.set)?;
        if !set.roots().holds(&PublicKey::of(&key)) {
            return Err(KeysFault::NoRoot { path: root.to_owned() });
        }
        (file.root, file.spare) = (set.roots().root, set.roots().spare);
        file.last_id = set.keys().iter().map(|key| key.id.get()).fold(file.last_id, u16::max);
        let signing = signing(&file, &set);
        let body = KeySetBody {
            number: set.number().saturating_add(1),
            min_suite: set.min_suite(),
            roots: None,
            retired: set.retired().to_vec(),
            keys: set.keys().iter().filter(|key| key.not_after > now).cloned().collect(),
        };
        Ok(Self { _alone: alone, places, root: key, file, signing, body, made: Vec::new(), now })
    }

    /// Who signs once `ids` are gone: whoever does, or the next one, or a new one.
    fn after(&mut self, id: KeyId, next: Option<KeyId>, ids: &[KeyId], r#use: KeyUse) -> Result<KeyId, KeysFault> {
        if !ids.contains(&id) {
            return Ok(id);
        }
        next.filter(|next| !ids.contains(next)).map_or_else(|| self.new_key(r#use), Ok)
    }

    fn new_key(&mut self, r#use: KeyUse) -> Result<KeyId, KeysFault> {
        self.file.last_id = self.file.last_id.checked_add(1).ok_or(KeysFault::NoMoreIds)?;
        let (id, secret) = (KeyId::new(self.file.last_id), secret()?);
        self.body.keys.push(named(id, r#use, &secret, self.now));
        self.made.push((id, r#use, secret));
        Ok(id)
    }

    fn sign(mut self) -> Result<Renewed, KeysFault> {
        let roots = self.file.roots();
        self.body.roots = Some(roots);
        self.file.signing = Some(self.signing);
        self.file.set = Sealed::seal(&self.body, None, &self.root)?;
        let set = KeySet::open(&self.file.set, roots)
            .map_err(|cause| super::SetFault::Unproven { path: self.places.set.clone(), cause })?;
        for (id, r#use, secret) in &self.made {
            let path = self.places.secret(*id, *r#use);
            // Left by a command that was cut off; no set names it.
            remove(&path)?;
            create(&path, secret)?;
        }
        self.file.put(&self.places.set)?;
        self.forget_old_secrets()?;
        let made = self.made.iter().map(|(id, ..)| *id).collect();
        Ok(Renewed { set, made, retired: self.body.retired })
    }

    /// Of a key that signs no more, only its public half is needed.
    fn forget_old_secrets(&self) -> Result<(), KeysFault> {
        let both = |signing: Signing| {
            [(signing.pass, KeyUse::Pass), (signing.beacon, KeyUse::Beacon)]
                .map(|(id, r#use)| self.places.secret(id, r#use))
        };
        let used: Vec<_> = [Some(self.signing), self.file.next].into_iter().flatten().flat_map(both).collect();
        for id in (1..=self.file.last_id).map(KeyId::new) {
            for path in [KeyUse::Pass, KeyUse::Beacon].map(|r#use| self.places.secret(id, r#use)) {
                if !used.contains(&path) {
                    remove(&path)?;
                }
            }
        }
        Ok(())
    }
}

fn secret() -> Result<Secret, NoRandomness> {
    Ok(Zeroizing::new(random::bytes()?))
}

fn public(secret: &Secret) -> PublicKey {
    PublicKey::of(&SigningKey::from_bytes(secret))
}

fn named(id: KeyId, r#use: KeyUse, secret: &Secret, now: Moment) -> NamedKey {
    // From the start of yesterday: a pass is judged by the start of its day, and clocks differ.
    let not_before = CampusDay::of(now).minus_days(1).start();
    NamedKey { id, r#use, suite: SUITE_1, public: public(secret), not_before, not_after: not_before.plus(KEYS_HOLD) }
}

#[cfg(test)]
mod tests;
