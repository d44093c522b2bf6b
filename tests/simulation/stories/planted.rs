//! Each wrong line that can be planted in the products, found by the seed that the list says; else by the first that does, which the
//! list is to say from then on.
//!
//! The same seeds are told without any: what they find is the line and nothing else.

use std::{collections::BTreeSet, panic::catch_unwind};

use power_cut::wrong_lines::{self, By};
use shared::planted::plant;

use crate::world::{Plan, run};

/// Most need no more than a few of these.
const SEEDS: u64 = NEWER;

/// From here on runs have clones, keys that are renewed, and walk-ins.
const NEWER: u64 = 100;

/// At which step, and what.
fn seen(seed: u64) -> Option<(u64, String)> {
    match catch_unwind(|| run(seed, Plan::short(seed))) {
        Ok(run) => run.tally.violations.first().map(|violation| (violation.step, violation.what.clone())),
        Err(_) => Some((0, "a panic".to_owned())),
    }
}

#[test]
fn every_wrong_line_is_found_by_the_simulation() {
    let listed: BTreeSet<String> = wrong_lines::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(wrong_lines::planted().unwrap(), listed, "what is planted, and what is listed");
    assert!(wrong_lines::ALL.len() >= wrong_lines::AT_LEAST);
    let only = std::env::var("ONLY").ok();
    let wanted = wrong_lines::ALL.iter().filter(|(name, _)| only.as_ref().is_none_or(|only| only == name));
    let (mut told, mut missed, mut elsewhere) = (Vec::new(), Vec::new(), Vec::new());
    for (name, by) in wanted {
        let By::Seed(first) = *by else { continue };
        plant(Some(name));
        // What was added later has seeds of its own.
        let begin = first / NEWER * NEWER;
        let others = (begin..begin + SEEDS).filter(|seed| *seed != first);
        let found = std::iter::once(first).chain(others).find_map(|seed| Some((seed, seen(seed)?)));
        plant(None);
        if let Some((seed, (step, what))) = found {
            told.push(seed);
            elsewhere.extend((seed != first).then_some((name, seed)));
            println!("{name:<44} | seed {seed}, step {step:<3} | {what}");
        } else {
            println!("{name:<44} | NOT FOUND      | {SEEDS} seeds");
            missed.push(name);
        }
    }
    told.sort_unstable();
    told.dedup();
    let false_alarms: Vec<_> = told.iter().filter_map(|seed| Some((seed, seen(*seed)?))).collect();
    println!("{:<44} | {:<14} | {} violations", "no wrong line", format!("{} seeds", told.len()), false_alarms.len());
    assert!(missed.is_empty(), "not found: {missed:?}");
    assert!(elsewhere.is_empty(), "found by other seeds than the list says: {elsewhere:?}");
    let again = "again with SHORT=1 SEED=.. cargo test -p simulation again -- --nocapture";
    assert!(false_alarms.is_empty(), "without a wrong line: {false_alarms:#?}; {again}");
}
