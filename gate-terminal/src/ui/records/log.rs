//! The entry log as the officers look at it: what they let through, and the lines that came.

use std::sync::Arc;

use shared::{
    chain::ChainHash,
    entry::{Direction, Entry},
    identity::PersonName,
    ids::GateIndex,
    time::{CampusDay, Moment},
};

/// What is let through; what is `None` or empty lets everything through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter {
    pub from: CampusDay,
    /// The last day, included.
    pub to: CampusDay,
    /// Minutes of the day, from the first to before the second, on each day.
    pub minutes: Option<(u16, u16)>,
    pub gate: Option<GateIndex>,
    pub direction: Option<Direction>,
    pub verdict: Option<VerdictKind>,
    pub outcome: Option<OutcomeKind>,
    /// A piece of a name, its pinyin initials, a plate, a telephone tail, or of a written reason.
    pub text: String,
    pub only_conflicts: bool,
    /// So many of the newest lines are shown.
    pub most: usize,
}

impl LogFilter {
    /// Lines at first, and more for each time they are asked for.
    pub const STEP: usize = 500;

    #[must_use]
    pub const fn day(day: CampusDay) -> Self {
        Self {
            from: day,
            to: day,
            minutes: None,
            gate: None,
            direction: None,
            verdict: None,
            outcome: None,
            text: String::new(),
            only_conflicts: false,
            most: Self::STEP,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerdictKind {
    Admit,
    Ask,
    Refuse,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeKind {
    Passed,
    Refused,
    LetIn,
    SentAway,
    Unanswered,
    Corrected,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    pub filter: LogFilter,
    /// Newest first.
    pub lines: Vec<LogLine>,
    /// How many the filter lets through in all.
    pub total: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    pub seq: u64,
    pub entry: Arc<Entry>,
    pub proof: Proof,
    /// The head of the chain with this entry, for an officer who compares it with the server's.
    pub chain_hash: Option<ChainHash>,
    pub conflict: Option<Conflict>,
    /// In full while the terminal still holds the booking; the entry itself has the masked name.
    pub visitor: Option<PersonName>,
    pub host: Option<String>,
    pub plates: Vec<String>,
}

/// Who vouches for the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Only this terminal's chain has it yet.
    Unsent,
    /// The server holds it and has signed for it.
    Countersigned,
}

/// The same pass let somebody in elsewhere, or once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    pub gate: GateIndex,
    pub at: Moment,
}
