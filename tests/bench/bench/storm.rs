//! `bench storm`: bookings whose providers fail by lot, as many as wanted: whether every channel that lives tells, and every decision
//! stands. A seed that fails is said in a line that tells it again.

use std::io::Write;

use gatehouse::{Trouble, machine::now};
use tokio::runtime::Runtime;
use world::storm;

/// So many share the sixteen campuses of a turn.
const AT_ONCE: u64 = 1_000;

#[derive(Debug, clap::Args)]
pub(crate) struct Wanted {
    /// Bookings, each with faults of its own
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first of them; the test takes those from 0
    #[arg(long, default_value_t = 1_000)]
    from: u64,
}

pub(crate) fn run(wanted: &Wanted, out: &mut dyn Write) -> Result<(), Trouble> {
    let Wanted { seeds, from } = *wanted;
    writeln!(out, "Bookings through providers that fail by lot: seeds {from} to {}", from + seeds)?;
    let runtime = Runtime::new()?;
    let end = from + seeds;
    let mut next = from;
    while next < end {
        let turn = next..end.min(next + AT_ONCE);
        next = turn.end;
        let since = now();
        let tally = runtime.block_on(storm::withstood(turn))?;
        writeln!(out, "{tally}; {:.0} s", since.elapsed().as_secs_f64())?;
    }
    Ok(())
}
