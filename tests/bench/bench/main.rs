//! `bench`: how the gate does beside its peers and its aims, in one run and on one machine.

mod codes;
mod find;
mod kills;
mod latency;
mod notify;
mod reader;
mod soak;
mod spread;
mod start;
mod storm;
mod sync;
mod terminal;
mod verdict;
mod web;

use std::{error::Error, process::ExitCode};

use clap::Parser;

/// As the server's program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
#[command(about = "Measures the gate beside its peers and its aims")]
enum Bench {
    /// QR readers on drawn gate frames, on clips, and on a folder of photographs
    Reader(reader::Wanted),
    /// The whole verdict beside its bare signature
    Verdict(verdict::Wanted),
    /// From a frame's codes to the verdict drawn and its entry on the disk
    Latency(latency::Wanted),
    /// Looking visitors up in a full list, key by key
    Find(find::Wanted),
    /// From the program's start to the camera's picture in the window, and its memory
    Start(start::Wanted),
    /// Hours of frames and visitors, and whether the memory grows
    Soak(soak::Wanted),
    /// The program killed at random moments, and its log of entries checked
    Kills(kills::Wanted),
    /// The people's pages and bookings beside the least that could answer
    Web(web::Wanted),
    /// Notices through the outbox beside bare posts of the same bodies, and a long queue's memory
    Notify(notify::Wanted),
    /// Bookings through providers that fail by lot
    Storm(storm::Wanted),
    /// A thousand gates held open, a first sync, entries, a day's backlog over a thin line
    Sync(sync::Wanted),
    /// Sign-in codes under attack: cost, guesses, and guests who come in all the same
    Codes(codes::Wanted),
    /// One reader of the comparison, fed by this program through a pipe
    #[command(hide = true)]
    Peer { name: reader::PeerName },
}

fn main() -> ExitCode {
    match measure(&Bench::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            #[expect(clippy::print_stderr, reason = "this is where a program says why it failed")]
            {
                eprintln!("bench: {error}{cause}");
            }
            ExitCode::FAILURE
        }
    }
}

fn measure(bench: &Bench) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    match bench {
        Bench::Reader(wanted) => reader::run(wanted, &mut out)?,
        Bench::Verdict(wanted) => verdict::run(wanted, &mut out)?,
        Bench::Latency(wanted) => latency::run(wanted, &mut out)?,
        Bench::Find(wanted) => find::run(wanted, &mut out)?,
        Bench::Start(wanted) => start::run(wanted, &mut out)?,
        Bench::Soak(wanted) => soak::run(wanted, &mut out)?,
        Bench::Kills(wanted) => kills::run(wanted, &mut out)?,
        Bench::Web(wanted) => web::run(wanted, &mut out)?,
        Bench::Notify(wanted) => notify::run(wanted, &mut out)?,
        Bench::Storm(wanted) => storm::run(wanted, &mut out)?,
        Bench::Sync(wanted) => sync::run(wanted, &mut out)?,
        Bench::Codes(wanted) => codes::run(wanted, &mut out)?,
        Bench::Peer { name } => reader::serve(*name, &mut std::io::stdin().lock(), &mut out)?,
    }
    Ok(())
}
