//! The simulation itself, and what it is worth.

use crate::world::{Plan, World, run};

#[test]
fn again() {
    let Some(seed) = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()) else { return };
    let mut world = World::new(seed, Plan::of(seed), true).unwrap();
    let run = world.live();
    println!("{}\n{}", run.mark, run.tally);
    assert!(run.tally.violations.is_empty());
}

#[test]
fn a_few_seeds() {
    let mut all = crate::tally::Tally::default();
    let from = std::env::var("FROM").ok().and_then(|from| from.parse().ok()).unwrap_or(0);
    let seeds: u64 = std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(2);
    for seed in from..from + seeds {
        let one = run(seed, Plan::of(seed));
        if !one.tally.violations.is_empty() {
            one.led_to_it.iter().for_each(|line| println!("{line}"));
        }
        println!("{seed} {}", one.mark);
        all.add(one.tally);
    }
    println!("{all}");
    assert!(all.violations.is_empty());
}
