//! `bench codes`: a day of the sign-in page under attack, for each way to go about it: what it costs, what guessing reaches, and
//! how many guests still come in.

use std::{io::Write, path::PathBuf};

use gatehouse::{Trouble, machine::now};
use tokio::runtime::Builder;
use world::siege::{Siege, Strategy, Tally};

#[derive(Debug, clap::Args)]
pub(crate) struct Wanted {
    /// Requests of the attackers on each day, from 10,000 addresses
    #[arg(long, default_value_t = 1_000_000)]
    requests: u64,
    /// Chance repeats itself for each
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the office's folder is made for the time; by default in memory
    #[arg(long)]
    within: Option<PathBuf>,
}

pub(crate) fn run(wanted: &Wanted, out: &mut dyn Write) -> Result<(), Trouble> {
    let Wanted { requests, seed, .. } = *wanted;
    let folder = wanted.within.as_ref().map_or_else(Siege::folder, |within| Ok(tempfile::tempdir_in(within)?))?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    writeln!(
        out,
        "Sign-in codes: {requests} requests a day from 10,000 addresses, and 2,000 guests who wait 3 minutes"
    )?;
    writeln!(out, "(wanted: messages within the budget, chance at most 1e-4, served at least 99 %)")?;
    writeln!(out, "(who is told to leave the Wi-Fi asks again by mobile data, but for one in twenty)")?;
    let siege = runtime.block_on(Siege::prepared(folder.path(), seed))?;
    writeln!(out, "{}", Tally::HEADING)?;
    let calm = runtime.block_on(siege.withstands(None, 0))?;
    writeln!(out, "{calm}")?;
    for strategy in Strategy::ALL {
        let since = now();
        let tally = runtime.block_on(siege.withstands(Some(strategy), requests))?;
        writeln!(out, "{tally}   {:.0} s", since.elapsed().as_secs_f64())?;
    }
    writeln!(out, "{} more with numbers from abroad were sent to their hosts each day", calm.foreign)?;
    Ok(())
}
