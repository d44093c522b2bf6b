//! What there is to see of a gate at one moment, as plain data.

use std::sync::Arc;

use shared::{
    entry::{Direction, Outcome, Way},
    identity::MaskedName,
    ids::PassId,
    pass::Claims,
    sync::{
        Refusal,
        beacon::Freshness,
        change::{PassRecord, Places},
    },
    time::Moment,
    verdict::Verdict,
};

use super::{effect::Alarm, event::CameraState, find::Found, inside::Inside, local_state::Post, walk_in::WalkIn};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub now: Moment,
    pub clock_trusted: bool,
    pub post: Post,
    pub way: Way,
    /// Of the case on the panel; without one, the way a stranger would go.
    pub direction: Direction,
    pub places: Option<Arc<Places>>,
    pub panel: Panel,
    /// A code that had its turn is still held before the camera.
    pub code_stays: bool,
    /// Codes and choices change nothing before the panel's visitor is dealt with.
    pub busy: bool,
    /// While the guard looks for somebody.
    pub found: Option<Arc<Found>>,
    /// The newest first.
    pub walk_ins: Arc<[WalkIn]>,
    /// While it is asked for.
    pub inside: Option<Arc<[Inside]>>,
    pub camera: CameraState,
    pub link: Link,
    pub freshness: Freshness,
    pub news_as_of: Option<Moment>,
    /// Entries the server has not countersigned.
    pub unsent: u64,
    pub entered_today: u32,
    pub inside_now: u32,
    /// The gravest thing that is wrong and has not been put right.
    pub alarm: Option<Alarm>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Panel {
    Waiting,
    /// A code was read and its entry is being written down; nothing is promised yet.
    Checking,
    Shown(Box<Shown>),
}

/// Which visitor a panel is about, never the same twice, not even across a restart of the program. What a guard presses names it, so that a press still on its way when
/// the panel changes does not meet the next visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseNumber(u64);

impl CaseNumber {
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub case: CaseNumber,
    pub verdict: Verdict,
    pub subject: Subject,
    pub direction: Direction,
    /// How many people go through: as many as are to come or to leave by the pass, or as the guard counted.
    pub count: u8,
    /// What was written down; `None` while the guard is asked, and when nothing could be written.
    pub outcome: Option<Outcome>,
    /// When the panel goes, or the question counts as unanswered.
    pub until: Moment,
}

/// Who stands there, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// From the pass itself; absent for a code that is no pass of ours.
    pub claims: Option<Claims>,
    /// From the feed; absent when the list does not hold the pass.
    pub record: Option<Arc<PassRecord>>,
    /// What tells two foreign codes apart.
    pub foreign_code: Option<String>,
}

impl Subject {
    /// Found on the list, not by its signed code.
    #[must_use]
    pub const fn is_by_hand(&self) -> bool {
        self.claims.is_none() && self.record.is_some()
    }

    #[must_use]
    pub fn pass(&self) -> Option<PassId> {
        let listed = || self.record.as_ref().map(|record| record.pass);
        self.claims.as_ref().map(|claims| claims.pass).or_else(listed)
    }

    /// As the entry log keeps it.
    #[must_use]
    pub fn masked_name(&self) -> Option<MaskedName> {
        let listed = || self.record.as_ref().map(|record| record.visitor.masked());
        self.claims.as_ref().map(|claims| claims.name.clone()).or_else(listed)
    }

    /// How many were booked. After the approval a party only ever becomes smaller: of a code and a list that differ, the smaller
    /// is the newer.
    #[must_use]
    pub fn party(&self) -> u8 {
        let signed = self.claims.as_ref().map(|claims| claims.party);
        let listed = self.record.as_ref().map(|record| record.party);
        signed.into_iter().chain(listed).map(shared::pass::PartySize::get).min().unwrap_or(1)
    }

    /// The name in full where the list has it, else as the pass masks it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let full = self.record.as_ref().map(|record| record.visitor.as_str());
        full.or_else(|| self.claims.as_ref().map(|claims| claims.name.as_str()))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// No answer and no failure yet.
    NotYet,
    Up,
    Down {
        why: String,
    },
    Refused(Refusal),
}
