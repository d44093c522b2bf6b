//! `bench reader`: reading rate and CPU time of the gate's reader beside others, on the same pictures in the same run.
//!
//! Every time is CPU time of the reading thread, so that a busy machine measures the same. The gate's reader was tuned on
//! frames of seed 1; what is reported is another seed.

mod clips;
mod frames;
mod peers;
mod photographs;
mod pipe;
mod tally;

use std::io::{self, Write};
use std::path::PathBuf;

use gate_frames::DrawError;

pub(crate) use peers::PeerName;
pub(crate) use pipe::serve;

#[derive(Debug, clap::Args)]
pub(crate) struct Wanted {
    /// A folder of photographs: category/*.jpg and markers.tsv (photo, number of symbols)
    #[arg(long)]
    photos: Option<PathBuf>,
    /// A fraction of the pictures, in a minute or two
    #[arg(long)]
    quick: bool,
    /// What the drawn pictures are drawn from; 1 is the one the reader was tuned on
    #[arg(long, default_value_t = 2)]
    seed: u64,
}

pub(crate) fn run(wanted: &Wanted, out: &mut dyn Write) -> Result<(), BenchError> {
    writeln!(out, "QR readers, seed {} (tuned on seed 1); CPU time of the reading thread in ms.", wanted.seed)?;
    writeln!(
        out,
        "gate: one look, {} ms of CPU at most. gate, thorough: a single picture without that limit,",
        BUDGET_MS
    )?;
    writeln!(
        out,
        "as if it were fed again until every strategy had its turn. Each reader runs in a process of its own:"
    )?;
    writeln!(out, "a panic or {} s without an answer is a picture not read, and counted.", pipe::PATIENCE.as_secs())?;
    let mut stable = pipe::Stable::start(&PeerName::ALL)?;
    frames::report(&mut stable, wanted.seed, wanted.quick, out)?;
    clips::report(wanted.seed, wanted.quick, out)?;
    if let Some(folder) = &wanted.photos {
        photographs::report(&mut stable, folder, wanted.quick, out)?;
    }
    stable.confess(out)?;
    Ok(())
}

const BUDGET_MS: u128 = gate_terminal::camera::qr::FRAME_BUDGET.as_millis();

#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error("input or output failed")]
    Io(#[from] io::Error),
    #[error("a frame cannot be drawn")]
    Draw(#[from] DrawError),
    #[error("{} cannot be read", path.display())]
    Photographs {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("{} cannot be opened", path.display())]
    Photograph {
        path: PathBuf,
        #[source]
        cause: image::ImageError,
    },
    #[error("{} line {line} is not a photograph and a number", path.display())]
    Markers { path: PathBuf, line: usize },
    #[error("a reader's process says what it should not")]
    Protocol(#[from] serde_json::Error),
}
