//! Who decides for a host who is away: one other member of staff, for some days.

use serde::Deserialize;
use shared::{
    ids::StaffNumber,
    time::{CampusDay, Moment},
};

use super::Limit;

/// Longer than any leave that is not also a change in the directory.
pub const LONGEST_DAYS: i64 = 92;

/// Of one host: plans change, but not all day.
pub const NAMED_AT_MOST: Limit = Limit::per_day(6);

/// What a host asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Away {
    pub deputy: StaffNumber,
    pub from: CampusDay,
    /// The last day, itself included.
    pub through: CampusDay,
}

/// The form as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AwayForm {
    pub deputy: String,
    pub from: String,
    pub through: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AwayField {
    Deputy,
    From,
    Through,
}

impl AwayField {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deputy => "deputy",
            Self::From => "from",
            Self::Through => "through",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwayProblem {
    Missing,
    NumberUnreadable,
    /// Nobody in the directory has this number.
    NumberUnknown,
    /// Nobody is their own deputy.
    Oneself,
    DayUnreadable,
    DayPast,
    ThroughBeforeFrom,
    TooLong,
}

impl AwayForm {
    /// Everything that is wrong with it at once; whether the deputy exists is the directory's to say.
    pub fn check(&self, host: &StaffNumber, now: Moment) -> Result<Away, Vec<(AwayField, AwayProblem)>> {
        let today = CampusDay::of(now);
        let mut problems = Vec::new();
        let deputy = noted(&mut problems, AwayField::Deputy, self.deputy(host));
        let from = noted(&mut problems, AwayField::From, day(&self.from, today));
        let through = noted(&mut problems, AwayField::Through, day(&self.through, today));
        if let (Some(from), Some(through)) = (from, through) {
            if through < from {
                problems.push((AwayField::Through, AwayProblem::ThroughBeforeFrom));
            } else if (through.date() - from.date()).num_days() >= LONGEST_DAYS {
                problems.push((AwayField::Through, AwayProblem::TooLong));
            }
        }
        match (deputy, from, through) {
            (Some(deputy), Some(from), Some(through)) if problems.is_empty() => Ok(Away { deputy, from, through }),
            _ => Err(problems),
        }
    }

    fn deputy(&self, host: &StaffNumber) -> Result<StaffNumber, AwayProblem> {
        let deputy = StaffNumber::parse(required(&self.deputy)?).ok_or(AwayProblem::NumberUnreadable)?;
        if deputy == *host { Err(AwayProblem::Oneself) } else { Ok(deputy) }
    }
}

fn day(typed: &str, today: CampusDay) -> Result<CampusDay, AwayProblem> {
    let day = CampusDay::parse(required(typed)?).ok_or(AwayProblem::DayUnreadable)?;
    if day < today { Err(AwayProblem::DayPast) } else { Ok(day) }
}

fn required(typed: &str) -> Result<&str, AwayProblem> {
    let typed = typed.trim();
    if typed.is_empty() { Err(AwayProblem::Missing) } else { Ok(typed) }
}

fn noted<T>(problems: &mut Vec<(AwayField, AwayProblem)>, field: AwayField, read: Result<T, AwayProblem>) -> Option<T> {
    read.map_err(|problem| problems.push((field, problem))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let host = StaffNumber::parse("T1").unwrap();
        let now = CampusDay::parse("2026-11-23").unwrap().at_minute(600);
        let check = |deputy: &str, from: &str, through: &str| {
            let form = AwayForm { deputy: deputy.to_owned(), from: from.to_owned(), through: through.to_owned() };
            form.check(&host, now)
        };
        let good = check(" T2 ", "2026-11-23", "2026-11-30").unwrap();
        assert_eq!((good.deputy.as_str(), good.through.to_string().as_str()), ("T2", "2026-11-30"));
        let (deputy, from, through) = (AwayField::Deputy, AwayField::From, AwayField::Through);
        for (typed, expected) in [
            (("T1", "2026-11-23", "2026-11-23"), vec![(deputy, AwayProblem::Oneself)]),
            (
                ("", "2026-11-22", "x"),
                vec![
                    (deputy, AwayProblem::Missing),
                    (from, AwayProblem::DayPast),
                    (through, AwayProblem::DayUnreadable),
                ],
            ),
            (
                ("？", "2026-11-24", "2026-11-23"),
                vec![(deputy, AwayProblem::NumberUnreadable), (through, AwayProblem::ThroughBeforeFrom)],
            ),
            (("T2", "2026-11-23", "2027-02-23"), vec![(through, AwayProblem::TooLong)]),
        ] {
            assert_eq!(check(typed.0, typed.1, typed.2), Err(expected), "{typed:?}");
        }
        assert!(check("T2", "2026-11-23", "2027-02-22").is_ok());
    }
}
