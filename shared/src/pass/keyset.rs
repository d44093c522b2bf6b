//! The key set: which keys may sign what, and when. Signed by the root key, which is kept offline.
//!
//! A reader keeps the newest set it has seen and accepts a successor only if its number is higher and its `min_suite` not
//! lower ([`KeySet::may_follow`]): an old set, replayed, cannot bring a retired key or a broken suite back. Keys are matched by
//! id *and* use; rotation is an overlap of two entries' validity.

use serde::{Deserialize, Serialize};

use crate::{
    ids::KeyId,
    seal::{Label, PublicKey, Sealable, Sealed, Unopened},
    time::Moment,
};

/// The root's public key: trusted from enrolment on.
pub type RootKey = PublicKey;

pub type SealedKeySet = Sealed<KeySetBody>;

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

/// What the root signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySetBody {
    /// Grows with every set that is signed.
    pub number: u32,
    pub min_suite: u8,
    pub keys: Vec<NamedKey>,
}

impl Sealable for KeySetBody {
    const LABEL: Label = Label::KeySet;
}

/// A key set whose root signature has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet(KeySetBody);

impl KeySet {
    pub fn open(sealed: &SealedKeySet, root: &RootKey) -> Result<Self, KeySetFault> {
        let body = sealed.open(root)?;
        let doubled = body.keys.iter().enumerate().any(|(i, key)| body.keys.iter().skip(i + 1).any(|k| k.id == key.id));
        if doubled { Err(KeySetFault::DoubledKey) } else { Ok(Self(body)) }
    }

    #[must_use]
    pub const fn number(&self) -> u32 {
        self.0.number
    }

    #[must_use]
    pub const fn min_suite(&self) -> u8 {
        self.0.min_suite
    }

    #[must_use]
    pub fn find(&self, id: KeyId, r#use: KeyUse) -> Option<&NamedKey> {
        self.0.keys.iter().find(|key| key.id == id && key.r#use == r#use)
    }

    /// Whether this set may replace `previous`.
    pub fn may_follow(&self, previous: &Self) -> Result<(), KeySetFault> {
        if self.0.number <= previous.0.number {
            return Err(KeySetFault::NotNewer { held: previous.0.number, offered: self.0.number });
        }
        if self.0.min_suite < previous.0.min_suite {
            return Err(KeySetFault::SuiteFalls);
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
}
