//! Who went in and not out: for the guard, the security officer, and the roll-call of an emergency.
//!
//! Yesterday's are still on it for a day, marked as overdue: they are the ones somebody should look for.

use std::sync::Arc;

use chrono::TimeDelta;
use shared::{
    ids::{GateIndex, PassId},
    sync::change::PassRecord,
    time::{CampusDay, Moment},
};

use super::{
    local_state::LocalState,
    visits::{StillInside, Who},
};

/// A visit runs over; only then does anybody ask.
const GRACE: TimeDelta = TimeDelta::minutes(30);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// Absent for a paper case.
    pub pass: Option<PassId>,
    pub name: String,
    pub record: Option<Arc<PassRecord>>,
    pub party: u8,
    pub since: Moment,
    pub gate: GateIndex,
    pub overdue: bool,
}

/// The longest first. A terminal whose clock nothing proves forgets no day, so those of earlier days are passed over here.
pub(super) fn list(local: &LocalState, now: Moment) -> Arc<[Inside]> {
    let yesterday = CampusDay::of(now).minus_days(1);
    let still = local.visits().still_inside().filter(|still| CampusDay::of(still.movement.at) >= yesterday);
    let mut list: Vec<_> = still.map(|still| of(local, &still, now)).collect();
    list.sort_by(|one, other| (one.since, one.pass, &one.name).cmp(&(other.since, other.pass, &other.name)));
    list.into()
}

fn of(local: &LocalState, still: &StillInside<'_>, now: Moment) -> Inside {
    let movement = still.movement;
    let since_yesterday = CampusDay::of(movement.at) < CampusDay::of(now);
    let (pass, record, name) = match still.who {
        Who::Pass { pass, masked } => {
            let record = local.record(pass).map(Arc::clone);
            let full = record.as_ref().map(|record| record.visitor.as_str());
            let name = full.or(masked.map(shared::identity::MaskedName::as_str)).unwrap_or_default().to_owned();
            (Some(pass), record, name)
        }
        Who::Paper(paper) => (None, None, paper.visitor.as_str().to_owned()),
    };
    let ran_over = record.as_ref().is_some_and(|record| now > record.visit_until.plus(GRACE));
    let overdue = since_yesterday || ran_over;
    Inside { pass, name, record, party: movement.party, since: movement.at, gate: movement.gate, overdue }
}
