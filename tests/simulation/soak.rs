//! `sync-soak`: seed after seed, for as long as is wanted, and what came of it. The first violation ends it, with the line that
//! tells it again.

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use simulation::{
    tally::Tally,
    world::{Plan, run},
};

#[derive(Debug, Parser)]
#[command(about = "One server and its gates on simulated time, with faults drawn from seeds")]
struct Wanted {
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// The first seed; the test takes those from 0
    #[arg(long, default_value_t = 1_000)]
    from: u64,
}

/// How often it says how far it is.
const SAID_EVERY: u64 = 50;

#[expect(clippy::print_stdout, reason = "a command that says what it found")]
fn main() -> ExitCode {
    let Wanted { minutes, from } = Wanted::parse();
    let (begin, span) = (now(), Duration::from_secs(minutes * 60));
    let mut all = Tally::default();
    for seed in from.. {
        let one = run(seed, Plan::of(seed));
        let failed = !one.tally.violations.is_empty();
        if failed {
            one.led_to_it.iter().for_each(|line| println!("{line}"));
        }
        all.add(one.tally);
        let over = begin.elapsed() >= span || failed;
        if over || (seed - from + 1).is_multiple_of(SAID_EVERY) {
            println!("seeds {from} to {seed}, {} s: {all}", begin.elapsed().as_secs());
        }
        if over {
            break;
        }
    }
    if all.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::disallowed_methods, reason = "how long it has run, and nothing else, goes by the machine's clock")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}
