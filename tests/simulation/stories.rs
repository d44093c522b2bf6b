//! The simulation itself, and what it is worth.

#[cfg(feature = "planted")]
mod planted;

use crate::{
    tally::Tally,
    world::{Plan, World, run},
};

#[test]
fn again() {
    let Some(seed) = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()) else { return };
    let plan = if std::env::var("SHORT").is_ok() { Plan::short(seed) } else { Plan::of(seed) };
    let mut world = World::new(seed, plan, true).unwrap();
    let run = world.live();
    println!("{}\n{}", run.mark, run.tally);
    assert!(run.tally.violations.is_empty());
}

/// Nothing goes wrong that is not told of here.
const CALM: Plan = Plan {
    days: 4,
    steps_a_day: 40,
    faults: false,
    turned_back: false,
    clones: false,
    renewals: false,
    walk_ins: false,
};

fn lived(seed: u64, plan: Plan) -> Tally {
    let tally = run(seed, plan).tally;
    assert!(tally.violations.is_empty(), "{tally}");
    tally
}

#[test]
fn two_machines_with_one_disk_are_told_apart_and_a_terminal_that_is_one_is_never_taken_for_two() {
    let (two, one) = (lived(2, Plan { clones: true, ..CALM }), lived(2, CALM));
    assert_eq!(two.faults.get("terminals cloned"), Some(&1));
    for what in ["forks told at the office", "entries set aside"] {
        assert!(two.counts.contains_key(what), "{what}");
        assert!(!one.counts.contains_key(what), "{what}");
    }
    assert!(!one.counts.contains_key("alarms"));
}

#[test]
fn keys_are_renewed_under_gates_that_listen_and_none_raises_an_alarm() {
    let mut all = lived(0, Plan { renewals: true, ..CALM });
    all.add(lived(1, Plan { renewals: true, ..CALM }));
    assert!(all.counts.contains_key("keys rotated") && all.faults.contains_key("keys stolen and revoked"), "{all}");
    assert!(!all.counts.contains_key("alarms"), "{all}");
}

#[test]
fn a_walk_in_at_every_gate_where_people_come_in_reaches_the_office() {
    let tally = lived(1, Plan { walk_ins: true, ..CALM });
    assert_eq!(tally.counts.get("walk-ins followed to the office"), Some(&4));
    assert!(!tally.counts.contains_key("alarms"), "{tally}");
}

/// 40 campuses of ten days and five gates.
const SEEDS: u64 = 40;

/// So many of them are told twice.
const TWICE: u64 = 4;

#[test]
fn two_thousand_terminal_days_without_a_violation() {
    let mut all = Tally::default();
    let mut marks = Vec::new();
    for seed in 0..SEEDS {
        let one = run(seed, Plan::of(seed));
        if all.violations.is_empty() && !one.tally.violations.is_empty() {
            one.led_to_it.iter().for_each(|line| println!("{line}"));
        }
        marks.push(one.mark);
        all.add(one.tally);
    }
    println!("{all}");
    assert!(all.violations.is_empty());
    assert!(all.terminal_days >= 2_000);
    for kind in FAULTS {
        assert!(all.faults.contains_key(kind), "no seed had {kind}");
    }
    for what in COUNTS {
        assert!(all.counts.contains_key(what), "no seed had {what}");
    }
    for (seed, mark) in (0..TWICE).zip(&marks) {
        assert_eq!(&run(seed, Plan::of(seed)).mark, mark, "seed {seed} did something else the second time");
    }
}

/// Without these the days would prove little.
const FAULTS: [&str; 26] = [
    "a key set whose suite falls",
    "a link with another number",
    "a revoked key's beacon",
    "a revoked key's beacon and its old key set",
    "an old answer",
    "an altered link",
    "another campus's answer",
    "answers lost on the way back",
    "answers that came too late",
    "answers to walk-ins lost",
    "calls lost on the way",
    "clocks put at a gate",
    "databases put back beside their journal",
    "disks put back",
    "keys stolen and revoked",
    "leaps of the office's clock",
    "lines cut",
    "messages that came twice",
    "power gone before a write",
    "power gone before an answer",
    "starts with a wrong clock",
    "terminals cloned",
    "terminals stolen",
    "the office restored",
    "the office without power",
    "walk-ins lost on the way",
];

/// Nor these that are done and checked.
const COUNTS: [&str; 9] = [
    "codes of revoked keys",
    "codes sealed anew",
    "entries set aside",
    "forks told at the office",
    "keys rotated",
    "walk-ins approved",
    "walk-ins declined",
    "walk-ins followed to the office",
    "walk-ins let in",
];
