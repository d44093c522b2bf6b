//! Pull: what has changed in the terminal's campus since its cursor.
//!
//! The terminal says how far it is; the server answers with the links that follow (at most a batch), the newest key set if the
//! terminal's is older, and a beacon that proves the last link sent. If there is nothing new the server may hold the call up to
//! `wait_s` seconds and answer the moment there is: that is how a revocation arrives in seconds. A cursor is (epoch, number);
//! the terminal never accepts one lower than it has seen. A new epoch starts again at number 1 and only when the server says so.
//! Whoever begins, or was away for longer than links are kept, is told a [snapshot](super::snapshot) instead of links, part by part.

use serde::{Deserialize, Serialize};

use super::{
    beacon::Beacon,
    snapshot::{SnapshotPart, SnapshotPlace},
};
use crate::{
    chain::{ChainName, Head, Link},
    ids::TerminalId,
    pass::SealedKeySet,
    seal::Sealed,
};

/// At most this many links in one answer.
pub const PULL_BATCH: usize = 2_000;

/// The longest a server holds a call.
pub const MAX_WAIT_S: u16 = 30;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PullRequest {
    pub terminal: TerminalId,
    pub cursor: Cursor,
    /// The number of the key set the terminal holds; 0 for none.
    pub key_set: u32,
    pub wait_s: u16,
    /// The part of a snapshot that comes next, while one is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<SnapshotPlace>,
    /// What the terminal complains of itself, in the order of the words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ails: Vec<Ailment>,
}

/// What is wrong with a terminal and does not close its gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ailment {
    /// The second copy of its entries cannot be written.
    JournalUnwritten,
    /// Lines of it did not hold when they were read.
    JournalAltered,
    /// It told of other entries than the database, and was set aside.
    JournalDiffers,
}

impl Ailment {
    pub const ALL: [Self; 3] = [Self::JournalUnwritten, Self::JournalAltered, Self::JournalDiffers];
}

/// How far a terminal has followed the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    pub epoch: u32,
    pub seq: u64,
}

impl Cursor {
    pub const START: Self = Self { epoch: 0, seq: 0 };
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PullAnswer {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_set: Option<SealedKeySet>,
    pub links: Vec<Link>,
    /// In place of links; the beacon then proves the link up to which it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Box<SnapshotPart>>,
    pub beacon: Sealed<Beacon>,
}

/// Checks that `links` lead from `held` to exactly what `beacon` proves.
pub fn prove(held: Head, held_epoch: u32, links: &[Link], beacon: &Beacon) -> Result<Head, Unproven> {
    let start = match beacon.epoch.cmp(&held_epoch) {
        std::cmp::Ordering::Less => return Err(Unproven::Backwards),
        std::cmp::Ordering::Equal => held,
        std::cmp::Ordering::Greater => Head::START,
    };
    if beacon.head.seq < start.seq || beacon.latest < beacon.head.seq {
        return Err(Unproven::Backwards);
    }
    let name = ChainName::Feed { campus: beacon.campus, epoch: beacon.epoch };
    let end = links.iter().try_fold(start, |head, link| head.follow(name, link))?;
    if crate::planted!("links not held against the beacon", true, end == beacon.head) {
        Ok(end)
    } else {
        Err(Unproven::OtherHead)
    }
}

/// Why an answer is not believed. The terminal keeps what it has and says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    #[error("the beacon is older than what this terminal has already seen")]
    Backwards,
    #[error(transparent)]
    Gap(#[from] crate::chain::Gap),
    #[error("the links do not lead to the head that the beacon proves")]
    OtherHead,
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::{ids::CampusId, time::Moment};

    const CAMPUS: CampusId = CampusId::new(1);

    fn links(range: std::ops::RangeInclusive<u64>) -> Vec<Link> {
        range.map(|seq| Link { seq, body: RawValue::from_string(format!("{{\"n\":{seq}}}")).unwrap() }).collect()
    }

    fn head(epoch: u32, links: &[Link]) -> Head {
        let name = ChainName::Feed { campus: CAMPUS, epoch };
        links.iter().fold(Head::START, |head, link| head.follow(name, link).unwrap())
    }

    fn beacon(epoch: u32, head: Head) -> Beacon {
        let server_time = Moment::from_unix_s(1_795_363_200);
        Beacon { campus: CAMPUS, epoch, head, latest: head.seq, server_time, valid_for_s: 300, key_set: 1 }
    }

    #[test]
    fn a_beacon_proves_exactly_its_links() {
        let all = links(1..=5);
        let held = head(1, &all[..2]);
        let end = head(1, &all);
        assert_eq!(prove(held, 1, &all[2..], &beacon(1, end)), Ok(end));
        assert_eq!(prove(held, 1, &all[3..], &beacon(1, end)), Err(crate::chain::Gap { expected: 3, got: 4 }.into()));
        assert_eq!(prove(held, 1, &all[2..4], &beacon(1, end)), Err(Unproven::OtherHead));
        let mut altered = all[2..].to_vec();
        altered[1].body = RawValue::from_string("{}".into()).unwrap();
        assert_eq!(prove(held, 1, &altered, &beacon(1, end)), Err(Unproven::OtherHead));
    }

    #[test]
    fn the_cursor_never_goes_back() {
        let all = links(1..=5);
        let held = head(2, &all);
        assert_eq!(prove(held, 2, &[], &beacon(2, head(2, &all[..4]))), Err(Unproven::Backwards));
        assert_eq!(prove(held, 2, &all, &beacon(1, head(1, &all))), Err(Unproven::Backwards));
        let beyond_the_latest = Beacon { latest: 4, ..beacon(2, held) };
        assert_eq!(prove(held, 2, &[], &beyond_the_latest), Err(Unproven::Backwards));
        assert_eq!(prove(held, 2, &[], &Beacon { latest: 6, ..beacon(2, held) }), Ok(held));
        assert_eq!(prove(held, 2, &all[..1], &beacon(3, head(3, &all[..1]))), Ok(head(3, &all[..1])));
    }
}
