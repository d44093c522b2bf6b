//! `bench kills`: the journey of the pulled plug on the program as it is delivered, more often and with a full list.

use std::{io::Write, path::PathBuf};

use gatehouse::{
    Trouble,
    kills::{self, Kills},
    office::Office,
};

use crate::spread::Spread;

#[derive(Debug, clap::Args)]
pub(crate) struct Wanted {
    /// How often the program is killed
    #[arg(long, default_value_t = 1_000)]
    times: u32,
    /// Passes on the terminal; the more, the longer a start takes
    #[arg(long, default_value_t = 1_000)]
    passes: u64,
    /// What the moments are drawn from
    #[arg(long, default_value_t = 2)]
    seed: u64,
    /// Where the terminal's folder is made for the time; by default the system's place for such
    #[arg(long)]
    within: Option<PathBuf>,
}

pub(crate) fn run(wanted: &Wanted, out: &mut dyn Write) -> Result<(), Trouble> {
    let Wanted { times, passes, seed, .. } = *wanted;
    writeln!(out, "Killed -9 {times} times at moments drawn from seed {seed}, {passes} passes on the terminal")?;
    let folder = tempfile::tempdir_in(wanted.within.clone().unwrap_or_else(std::env::temp_dir))?;
    let office = Office::today();
    office.enrol(folder.path(), passes)?;
    let survived = kills::survive(&office, folder.path(), Kills { times, seed })?;
    let mut to_ready = Spread::default();
    to_ready.extend(survived.to_ready.iter().copied());
    writeln!(out, "                        {}", Spread::HEADING)?;
    writeln!(out, "start until ready, ms   {to_ready}")?;
    writeln!(out, "killed before it was ready: {}", survived.in_the_start)?;
    writeln!(
        out,
        "entries said to be recorded {}, all in the log once; in the log {}:",
        survived.acknowledged, survived.recorded
    )?;
    writeln!(out, "no number missing, no pass twice, every link of the chain holds")?;
    Ok(())
}
