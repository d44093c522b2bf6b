//! `bench`: how the gate does beside its peers, in one run and on one machine.

mod reader;

use std::process::ExitCode;

use clap::Parser;

#[derive(Debug, Parser)]
#[command(about = "Measures the gate beside its peers")]
enum Bench {
    /// QR readers on drawn gate frames, on clips, and on a folder of photographs
    Reader(reader::Wanted),
    /// One reader of the comparison, fed by this program through a pipe
    #[command(hide = true)]
    Peer { name: reader::PeerName },
}

fn main() -> ExitCode {
    let mut out = std::io::stdout().lock();
    let done = match Bench::parse() {
        Bench::Reader(wanted) => reader::run(&wanted, &mut out),
        Bench::Peer { name } => reader::serve(name, &mut std::io::stdin().lock(), &mut out),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            #[expect(clippy::print_stderr, reason = "this is where a program says why it failed")]
            {
                eprintln!("bench: {error}{cause}");
            }
            ExitCode::FAILURE
        }
    }
}
