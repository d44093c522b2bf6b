//! A snapshot in place of links: believed part by part, each by the hash that is signed for it.
//!
//! Until the last part the cursor stays where it was: whatever interrupts it, the next pull begins it anew. The first part voids
//! what was known of passes, as a new epoch does; what was revoked stays revoked.

use serde_json::value::RawValue;
use shared::{
    chain::Head,
    pass::KeySet,
    sync::{
        beacon::Beacon,
        change::Change,
        snapshot::{SnapshotHead, SnapshotPart, SnapshotPlace},
    },
};

use super::{effect::Alarm, local_state::LocalState, news::unproven};

/// What a part says, and how far the feed is followed by it.
pub(super) struct Told {
    pub(super) epoch: u32,
    pub(super) head: Head,
    pub(super) begins: bool,
    pub(super) next: Option<SnapshotPlace>,
    pub(super) changes: Vec<Change>,
    pub(super) not_understood: usize,
}

/// `beacon` is believed by now, of this campus and of no earlier time.
pub(super) fn told(part: &SnapshotPart, beacon: &Beacon, keys: &KeySet, local: &LocalState) -> Result<Told, Alarm> {
    let snapshot = SnapshotHead::open(&part.head, keys).map_err(unproven)?;
    if snapshot.campus != beacon.campus || snapshot.epoch != beacon.epoch || snapshot.head != beacon.head {
        return Err(unproven("the snapshot is not the one that the beacon proves"));
    }
    let held = (local.epoch(), local.head().seq);
    if (beacon.epoch, beacon.head.seq) < held || beacon.latest < beacon.head.seq {
        return Err(Alarm::NewsBackwards);
    }
    let before = part.part.checked_sub(1);
    if before.is_some_and(|before| snapshot.after(before) != local.snapshot()) {
        return Err(unproven("the part of the snapshot is not the one that was asked for"));
    }
    if !snapshot.proves(part.part, part.changes.get()) {
        return Err(unproven("the part of the snapshot is not what was signed"));
    }
    let texts: Vec<&RawValue> = serde_json::from_str(part.changes.get()).map_err(unproven)?;
    let changes: Vec<Change> = texts.iter().filter_map(|text| serde_json::from_str(text.get()).ok()).collect();
    let next = snapshot.after(part.part);
    let (epoch, head) = if next.is_some() { (local.epoch(), local.head()) } else { (snapshot.epoch, snapshot.head) };
    let not_understood = texts.len() - changes.len();
    Ok(Told { epoch, head, begins: before.is_none(), next, changes, not_understood })
}

#[cfg(test)]
mod tests;
