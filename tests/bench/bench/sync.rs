//! `bench sync`: what a terminal waits for, and what it costs to let it.
//!
//! One server with a thousand gates held open, whose callers share the machine with it: so a revocation's way to the last of them
//! holds what all of their requests take here, too. A first sync and a backlog are taken by the terminal as it is, with its gate's
//! thread, its store on the disk and its line, through a proxy that counts the bytes and can be thin. Entries are counted by the CPU
//! time of the server's threads, beside the same rows put into the same tables by nobody who knows anything.

mod caller;
mod entries;
mod feed;
mod gate;
mod held;
mod issued;
mod proxy;

use std::{io::Write, path::PathBuf};

use gatehouse::Trouble;
use tokio::runtime::{Builder, Runtime};
use world::campus::Campus;

use crate::spread::Spread;

#[derive(Debug, clap::Args)]
pub(crate) struct Wanted {
    /// Gates held open
    #[arg(long, default_value_t = 1_000)]
    gates: u32,
    /// Revocations on their way to all of them
    #[arg(long, default_value_t = 100)]
    revocations: u16,
    /// Passes of the first sync
    #[arg(long, default_value_t = 100_000)]
    passes: u64,
    /// Entries of one gate
    #[arg(long, default_value_t = 5_000)]
    entries: u64,
    /// Where the terminals' folders are made; should lie on a real disk
    #[arg(long, default_value = "target")]
    within: PathBuf,
}

/// How the names of the server's threads begin, those of its store too.
const SERVER: &str = "office";

/// All gates call from here.
const OPEN_HOUSE: &str = "behind_proxy = true\n[booking]\nper_phone_day = 65535\n[sign_in]\nunused_per_address = 65535\n\
    unused_per_network = 65535\n[notify.together]\nmore_than = 0\n";

pub(crate) fn run(wanted: &Wanted, out: &mut dyn Write) -> Result<(), Trouble> {
    let (office, outside) = (threads(SERVER)?, threads("callers")?);
    let campus = office.block_on(Campus::with(OPEN_HOUSE))?;
    held::run(&outside, &campus, (wanted.gates, wanted.revocations), out)?;
    let office_of_entries = office.block_on(Campus::with(OPEN_HOUSE))?;
    entries::run(&outside, &office_of_entries, wanted.entries, &wanted.within, out)?;
    let office_of_many = office.block_on(Campus::with(OPEN_HOUSE))?;
    gate::first(&outside, &office_of_many, wanted.passes, &wanted.within, out)?;
    let office_of_a_day = office.block_on(Campus::with(OPEN_HOUSE))?;
    gate::backlog(&outside, &office_of_a_day, wanted.entries, &wanted.within, out)?;
    Ok(())
}

fn threads(name: &str) -> Result<Runtime, Trouble> {
    Ok(Builder::new_multi_thread().worker_threads(2).thread_name(name).enable_all().build()?)
}

fn told(error: impl std::fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
