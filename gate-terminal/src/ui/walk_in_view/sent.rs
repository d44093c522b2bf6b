//! A form that has been handed over. It stays on the screen until the server has taken it: a refusal must not cost the typing.

use super::form::Form;
use crate::ui::snapshot::{Snapshot, WalkIn, WalkInNumber, WalkInStanding};

/// A form the gate has not listed by then never reached it.
const LOST_AFTER_S: f64 = 3.0;

#[derive(Debug)]
pub(super) struct Sent {
    pub form: Form,
    since_s: f64,
    /// The newest on the list when it was sent.
    before: Option<WalkInNumber>,
    listed: bool,
}

/// What has become of it.
pub(super) enum Standing {
    OnItsWay,
    Taken,
    /// It can be corrected and sent again; its line on the list says why.
    GivenBack,
}

impl Sent {
    pub(super) fn new(form: Form, snapshot: &Snapshot, now_s: f64) -> Self {
        let before = snapshot.walk_ins.iter().map(|walk_in| walk_in.number).max();
        Self { form, since_s: now_s, before, listed: false }
    }

    pub(super) fn standing(&mut self, snapshot: &Snapshot, now_s: f64) -> Standing {
        let newer = |walk_in: &&WalkIn| Some(walk_in.number) > self.before;
        let line = snapshot.walk_ins.iter().filter(newer).min_by_key(|walk_in| walk_in.number);
        let Some(line) = line else {
            let lost = self.listed || now_s - self.since_s > LOST_AFTER_S;
            return if lost { Standing::GivenBack } else { Standing::OnItsWay };
        };
        self.listed = true;
        match line.standing {
            WalkInStanding::Sending => Standing::OnItsWay,
            WalkInStanding::Waiting | WalkInStanding::Approved { .. } | WalkInStanding::Declined => Standing::Taken,
            WalkInStanding::HostUnknown | WalkInStanding::NotAllowed { .. } | WalkInStanding::Unsent { .. } => {
                Standing::GivenBack
            }
        }
    }
}
