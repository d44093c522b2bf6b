//! Who is inside, for the lists of the officers and the roll-call of an emergency.

use std::sync::Arc;

use shared::{
    ids::{GateIndex, PassId},
    sync::change::PassRecord,
    time::Moment,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// Absent for a paper case.
    pub pass: Option<PassId>,
    /// In full where the list has it, else as the pass masks it.
    pub name: String,
    /// Absent when the list no longer holds the pass.
    pub record: Option<Arc<PassRecord>>,
    pub party: u8,
    pub since: Moment,
    pub gate: GateIndex,
    /// The time of the visit is over.
    pub overdue: bool,
}
