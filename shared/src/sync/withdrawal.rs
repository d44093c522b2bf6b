//! That a terminal is withdrawn, in words that it can believe.
//!
//! A terminal that was stolen, or that the office gave up, forgets its passes and keys and keeps only what it has not sent. Nobody but
//! the office may make it do so: on a line without a pinned certificate anyone could write "withdrawn". So the refusal carries this,
//! signed with a beacon key. It is made for every answer anew and holds for good.

use serde::{Deserialize, Serialize};

use crate::{
    ids::TerminalId,
    pass::{KeySet, KeySetFault, KeySetFloor, KeyUse, Roots, SealedKeySet},
    seal::{Label, Sealable, Sealed},
    time::Moment,
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    pub terminal: TerminalId,
    /// Since when.
    pub since: Moment,
    /// When this was signed, by a key that was good then.
    pub at: Moment,
}

impl Sealable for Withdrawal {
    const LABEL: Label = Label::Withdrawal;
}

/// The office's word, and the key set to read it with: whoever is withdrawn is sent no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    pub withdrawal: Sealed<Withdrawal>,
    pub key_set: SealedKeySet,
}

impl Proof {
    /// By the keys of its own set, which must be one that a terminal with these roots and this floor may hold.
    pub fn open(&self, roots: &Roots, floor: &KeySetFloor) -> Result<Withdrawal, KeySetFault> {
        let keys = KeySet::open(&self.key_set, roots)?;
        keys.is_above(floor)?;
        Ok(keys.open_sealed(&self.withdrawal, KeyUse::Beacon, |withdrawal| withdrawal.at)?)
    }
}
