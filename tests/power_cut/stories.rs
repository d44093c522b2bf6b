//! Told on the disk of memory: all that both stores ever write, a cut at each boundary of it, and controls that must be caught.

mod controls;
mod journal;
mod journey;
mod kinds;
mod office;
mod outcome;
#[cfg(feature = "planted")]
mod planted;
mod terminal;
mod trial;

/// How many torn disks are made at each boundary; `POWER_CUT_SEEDS=100` asks for more.
fn seeds() -> u64 {
    std::env::var("POWER_CUT_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(2)
}
