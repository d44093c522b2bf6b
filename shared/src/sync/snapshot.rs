//! Snapshot: what of a campus's feed still matters at one of its links, so that nobody need follow it from its beginning.
//!
//! It comes in parts, each a JSON array of [`Change`](super::change::Change)s as the feed would tell them now: revocations first,
//! then today's passes and tomorrow's, and what became of them. A beacon's key signs the hash of every part together with the link,
//! so each part proves itself as it comes; and the beacon beside it names the same link. The feed goes on from there link by link.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::{
    chain::{ChainHash, Head},
    ids::CampusId,
    pass::{KeySet, KeyUse},
    seal::{Label, Sealable, Sealed, Unopened},
    time::Moment,
};

/// At most this many changes in one part.
pub const SNAPSHOT_PART: usize = 4_000;

/// What of a snapshot is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotPlace {
    pub epoch: u32,
    /// The link up to which it tells.
    pub seq: u64,
    /// Which of those that may be made up to it.
    pub whole: ChainHash,
    pub part: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotPart {
    pub head: Sealed<SnapshotHead>,
    pub part: u32,
    /// The text that was hashed.
    pub changes: Box<RawValue>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotHead {
    pub campus: CampusId,
    pub epoch: u32,
    /// The link up to which it tells.
    pub head: Head,
    /// The hash of each part.
    pub parts: Vec<ChainHash>,
    /// When it was signed.
    pub at: Moment,
}

impl Sealable for SnapshotHead {
    const LABEL: Label = Label::Snapshot;
}

impl SnapshotHead {
    pub fn open(sealed: &Sealed<Self>, keys: &KeySet) -> Result<Self, Unopened> {
        keys.open_sealed(sealed, KeyUse::Beacon, |head| head.at)
    }

    /// Whether `text` is its part of this number.
    #[must_use]
    pub fn proves(&self, part: u32, text: &str) -> bool {
        let hash = usize::try_from(part).ok().and_then(|part| self.parts.get(part));
        hash.is_some_and(|hash| *hash == part_hash(text))
    }

    /// What to ask for after `part`, if that was not the last one.
    #[must_use]
    pub fn after(&self, part: u32) -> Option<SnapshotPlace> {
        let next = part.checked_add(1)?;
        let more = usize::try_from(next).is_ok_and(|next| next < self.parts.len());
        let whole = whole(&self.parts);
        more.then_some(SnapshotPlace { epoch: self.epoch, seq: self.head.seq, whole, part: next })
    }
}

/// What tells a snapshot from another that was made up to the same link.
#[must_use]
pub fn whole(parts: &[ChainHash]) -> ChainHash {
    let sha = parts.iter().fold(Sha256::new(), |sha, part| sha.chain_update(part.as_bytes()));
    ChainHash::from_bytes(sha.finalize().into())
}

/// `SHA-256( campus-gate/snapshot-part/v1 ‖ 0x00 ‖ text )`; where a part belongs is said by what signs its hash.
#[must_use]
pub fn part_hash(text: &str) -> ChainHash {
    let mut sha = Sha256::new();
    sha.update(b"campus-gate/snapshot-part/v1\0");
    sha.update(text.as_bytes());
    ChainHash::from_bytes(sha.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_proves_itself_in_its_place_and_the_last_has_none_after_it() {
        let parts = vec![part_hash("[1]"), part_hash("[2]")];
        let head = Head { seq: 9, hash: ChainHash::START };
        let whole = whole(&parts);
        let snapshot = SnapshotHead { campus: CampusId::new(1), epoch: 3, head, parts, at: Moment::from_unix_s(0) };
        assert!(snapshot.proves(0, "[1]") && snapshot.proves(1, "[2]"));
        assert!(!snapshot.proves(1, "[1]") && !snapshot.proves(0, "[1] ") && !snapshot.proves(2, "[1]"));
        assert_eq!(snapshot.after(0), Some(SnapshotPlace { epoch: 3, seq: 9, whole, part: 1 }));
        assert_eq!((snapshot.after(1), snapshot.after(u32::MAX)), (None, None));
    }
}
