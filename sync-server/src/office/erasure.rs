//! What may be erased when somebody asks for it (PIPL article 47): whatever no visit needs any more.

use shared::time::Moment;

use super::{Facts, Standing};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasable {
    /// Nothing depends on it.
    Now,
    /// Somebody is asked about it, or it would still open a gate: it is cancelled first.
    AfterCancelling,
    /// Today's visitor may be on campus, and a roll-call must know them: from tomorrow on.
    AfterTheVisit,
}

#[must_use]
pub fn erasable(facts: &Facts, standing: &Standing, now: Moment) -> Erasable {
    let (over, today) = (now >= facts.over_at(), now >= facts.day.start());
    match standing {
        _ if over => Erasable::Now,
        // Also one that has ended since: they may have come in before.
        Standing::Approved { .. } | Standing::Revoked { .. } | Standing::Cancelled { .. } if today => {
            Erasable::AfterTheVisit
        }
        Standing::Waiting | Standing::Approved { .. } => Erasable::AfterCancelling,
        Standing::Declined { .. } | Standing::Revoked { .. } | Standing::Cancelled { .. } => Erasable::Now,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use shared::{
        identity::{DocumentKind, LastFour, PersonName, Phone},
        ids::{CampusId, StaffNumber},
        time::CampusDay,
    };

    use super::*;
    use crate::office::{Approver, Reason, RevokedBy, TimeOfDay, Via};

    #[test]
    fn nothing_is_erased_that_a_gate_or_a_roll_call_still_needs() {
        let day = CampusDay::parse("2026-11-23").unwrap();
        let time = |hour| TimeOfDay::of(hour, 0).unwrap();
        let facts = Facts {
            visitor: PersonName::parse("张晓明").unwrap(),
            document_kind: DocumentKind::Passport,
            last_four: LastFour::from_bits(0).unwrap(),
            phone: Phone::parse("13800130000").unwrap(),
            reason: Reason::parse("学术报告").unwrap(),
            campus: CampusId::new(1),
            day,
            from: time(9),
            until: time(10),
            companions: Vec::new(),
            unnamed: 0,
            plates: Vec::new(),
        };
        let at = day.start();
        let number = StaffNumber::parse("T1").unwrap();
        let by = Approver { number, name: PersonName::parse("李文").unwrap(), via: Via::SignedIn };
        let approved = Standing::Approved { by: by.clone(), at };
        let declined = Standing::Declined { by, at, reason: None };
        let cancelled = Standing::Cancelled { at };
        let revoked = Standing::Revoked { by: RevokedBy::Visitor, at };
        let [before, during, after] = [day.start().minus(TimeDelta::hours(1)), day.at_minute(12 * 60), day.end()];
        for (standing, expected) in [
            (&Standing::Waiting, [Erasable::AfterCancelling, Erasable::AfterCancelling, Erasable::Now]),
            (&approved, [Erasable::AfterCancelling, Erasable::AfterTheVisit, Erasable::Now]),
            (&declined, [Erasable::Now, Erasable::Now, Erasable::Now]),
            (&cancelled, [Erasable::Now, Erasable::AfterTheVisit, Erasable::Now]),
            (&revoked, [Erasable::Now, Erasable::AfterTheVisit, Erasable::Now]),
        ] {
            assert_eq!([before, during, after].map(|now| erasable(&facts, standing, now)), expected, "{standing:?}");
        }
    }
}
