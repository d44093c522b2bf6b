//! What a run came to: days, faults by kind, what was checked, and what must not be.

use std::{collections::BTreeMap, fmt};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub terminal_days: u64,
    /// Drawn and done.
    pub faults: BTreeMap<&'static str, u64>,
    /// How often a gate or the office lost its power and began again from its disk.
    pub kills: u64,
    /// What the gates and the office did, and what was checked of it.
    pub counts: BTreeMap<&'static str, u64>,
    pub violations: Vec<Violation>,
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub seed: u64,
    pub step: u64,
    pub what: String,
}

impl Tally {
    pub fn fault(&mut self, kind: &'static str) {
        *self.faults.entry(kind).or_default() += 1;
    }

    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub fn add(&mut self, other: Self) {
        self.terminal_days += other.terminal_days;
        self.kills += other.kills;
        other.faults.into_iter().for_each(|(kind, count)| *self.faults.entry(kind).or_default() += count);
        other.counts.into_iter().for_each(|(what, count)| *self.counts.entry(what).or_default() += count);
        self.violations.extend(other.violations);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |of: &BTreeMap<&'static str, u64>| {
            of.iter().map(|(what, count)| format!("{what} {count}")).collect::<Vec<_>>().join(", ")
        };
        let (days, faults, violations) = (self.terminal_days, self.faults.values().sum::<u64>(), self.violations.len());
        writeln!(f, "{days} terminal-days, {faults} faults, {} kills, {violations} violations", self.kills)?;
        writeln!(f, "  faults: {}", listed(&self.faults))?;
        write!(f, "  done and checked: {}", listed(&self.counts))?;
        for violation in &self.violations {
            write!(f, "\n  {violation}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, step, what } = self;
        write!(
            f,
            "seed {seed}, step {step}: {what}; again with SEED={seed} cargo test -p simulation again -- --nocapture"
        )
    }
}
