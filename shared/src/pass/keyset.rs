//! The key set: which keys may sign what, and when. Signed by a root key, which is kept offline.
//!
//! A reader keeps the newest set it has seen and accepts a successor only if its number is higher and its `min_suite` not
//! lower ([`KeySet::may_follow`]): an old set, replayed, cannot bring a retired key or a broken suite back. Keys are matched by
//! id *and* use; rotation is an overlap of two entries' validity.
//!
//! There are two roots, the one in use and a spare in another drawer, and a set signed by either is as good ([`Roots`]). A set may
//! name the roots of the future and those that are retired: so a lost root is replaced by the spare, a reader of an office that had
//! one root hears of its spare, and a root that was retired once signs nothing ever again.

use serde::{Deserialize, Serialize};

use crate::{
    ids::KeyId,
    planted,
    seal::{Label, PublicKey, Sealable, Sealed, Unopened},
    time::Moment,
};

/// A root's public key: trusted from enrolment on, until a key set retires it.
pub type RootKey = PublicKey;

pub type SealedKeySet = Sealed<KeySetBody>;

/// Whose key sets are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roots {
    pub root: RootKey,
    /// An office of before 2026-12 has none until it makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spare: Option<RootKey>,
}

impl Roots {
    pub fn each(&self) -> impl Iterator<Item = &RootKey> {
        std::iter::once(&self.root).chain(&self.spare)
    }

    #[must_use]
    pub fn holds(&self, root: &RootKey) -> bool {
        self.each().any(|known| known == root)
    }

    /// The one beside `root`.
    #[must_use]
    pub fn other(&self, root: &RootKey) -> Option<RootKey> {
        self.each().find(|known| *known != root).copied()
    }

    /// What two people compare over the telephone. It covers both: a stranger's spare would be as good as a stranger's root.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let Some(spare) = &self.spare else { return self.root.fingerprint() };
        crate::seal::fingerprint(&[b"campus-gate/roots/v1\0".as_slice(), self.root.as_bytes(), spare.as_bytes()])
    }
}

impl From<&RootKey> for Roots {
    fn from(root: &RootKey) -> Self {
        Self { root: *root, spare: None }
    }
}

impl From<&Self> for Roots {
    fn from(roots: &Self) -> Self {
        *roots
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyUse {
    /// Signs passes.
    Pass,
    /// Signs beacons and entry receipts.
    Beacon,
}

/// One key of the set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedKey {
    pub id: KeyId,
    pub r#use: KeyUse,
    pub suite: u8,
    pub public: PublicKey,
    pub not_before: Moment,
    pub not_after: Moment,
}

impl NamedKey {
    #[must_use]
    pub fn holds_at(&self, moment: Moment) -> bool {
        (self.not_before..self.not_after).contains(&moment)
    }
}

/// What a root signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySetBody {
    /// Grows with every set that is signed.
    pub number: u32,
    pub min_suite: u8,
    /// Who may sign the sets that follow, the signer of this one among them. Absent: as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roots: Option<Roots>,
    /// Roots that sign nothing any more; nobody ever leaves this list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired: Vec<RootKey>,
    pub keys: Vec<NamedKey>,
}

impl Sealable for KeySetBody {
    const LABEL: Label = Label::KeySet;
}

/// The least that a successor must be, for a reader that no longer holds the set itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySetFloor {
    pub number: u32,
    pub min_suite: u8,
    pub retired: Vec<RootKey>,
}

/// A key set whose root signature has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    body: KeySetBody,
    /// Who is believed from this set on.
    roots: Roots,
}

impl KeySet {
    /// Opens a set that one of `roots` signed.
    pub fn open(sealed: &SealedKeySet, roots: impl Into<Roots>) -> Result<Self, KeySetFault> {
        let known: Roots = roots.into();
        let mut opened = Err(Unopened::BadSignature);
        let mut signer = known.root;
        for root in known.each() {
            signer = *root;
            opened = sealed.open(root);
            if !matches!(opened, Err(Unopened::BadSignature)) {
                break;
            }
        }
        let body = opened?;
        let doubled = body.keys.iter().enumerate().any(|(i, key)| body.keys.iter().skip(i + 1).any(|k| k.id == key.id));
        if doubled {
            return Err(KeySetFault::DoubledKey);
        }
        let roots = body.roots.unwrap_or(known);
        // Who signs stays known, or a reader that starts again could not open what it holds.
        if !roots.holds(&signer) || body.retired.iter().any(|retired| roots.holds(retired)) {
            return Err(KeySetFault::Roots);
        }
        Ok(Self { body, roots })
    }

    #[must_use]
    pub const fn number(&self) -> u32 {
        self.body.number
    }

    #[must_use]
    pub const fn min_suite(&self) -> u8 {
        self.body.min_suite
    }

    #[must_use]
    pub const fn roots(&self) -> &Roots {
        &self.roots
    }

    #[must_use]
    pub fn retired(&self) -> &[RootKey] {
        &self.body.retired
    }

    #[must_use]
    pub fn keys(&self) -> &[NamedKey] {
        &self.body.keys
    }

    #[must_use]
    pub fn find(&self, id: KeyId, r#use: KeyUse) -> Option<&NamedKey> {
        self.body.keys.iter().find(|key| key.id == id && key.r#use == r#use)
    }

    #[must_use]
    pub fn floor(&self) -> KeySetFloor {
        let KeySetBody { number, min_suite, ref retired, .. } = self.body;
        KeySetFloor { number, min_suite, retired: retired.clone() }
    }

    /// Whether this set may replace `previous`.
    pub fn may_follow(&self, previous: &Self) -> Result<(), KeySetFault> {
        let held = previous.number();
        if planted!("an older key set is taken", false, self.number() <= held) {
            return Err(KeySetFault::NotNewer { held, offered: self.number() });
        }
        self.is_above(&previous.floor())
    }

    /// Whether this may be the set that stood at `floor`, or one that followed it.
    pub fn is_above(&self, floor: &KeySetFloor) -> Result<(), KeySetFault> {
        if planted!("an older key set is taken", false, self.number() < floor.number) {
            return Err(KeySetFault::NotNewer { held: floor.number, offered: self.number() });
        }
        if planted!("a suite may fall", false, self.min_suite() < floor.min_suite) {
            return Err(KeySetFault::SuiteFalls);
        }
        if !floor.retired.iter().all(|retired| self.body.retired.contains(retired)) {
            return Err(KeySetFault::Roots);
        }
        Ok(())
    }

    /// Opens an object signed by one of this set's keys for `use`, valid at `when` says the object itself.
    pub fn open_sealed<T: Sealable>(
        &self,
        sealed: &Sealed<T>,
        r#use: KeyUse,
        when: impl FnOnce(&T) -> Moment,
    ) -> Result<T, Unopened> {
        let id = sealed.key.ok_or(Unopened::NoKey)?;
        let named = self.find(id, r#use).ok_or(Unopened::UnknownKey(id))?;
        let object = sealed.open(&named.public)?;
        if named.holds_at(when(&object)) { Ok(object) } else { Err(Unopened::UnknownKey(id)) }
    }
}

/// Why a key set is not taken.
#[derive(Debug, thiserror::Error)]
pub enum KeySetFault {
    #[error(transparent)]
    Unopened(#[from] Unopened),
    #[error("one key id stands twice")]
    DoubledKey,
    #[error("set {offered} is not newer than set {held}")]
    NotNewer { held: u32, offered: u32 },
    #[error("its min_suite is lower than the one already seen")]
    SuiteFalls,
    #[error("its roots leave out its signer, or bring back one that was retired")]
    Roots,
}
