//! The binary: reads the command line, runs it, and says what went wrong.

use std::{io::Write as _, process::ExitCode, sync::Arc, time::Duration};

use clap::Parser as _;
use shared::causes;
use sync_server::{
    clock::SystemClock,
    commands::{self, Arguments, Command, Failure},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long threads that work apart, on a copy of the database, say, may go on after the end. What they leave half done counts for
/// nothing.
const LAST_THREADS: Duration = Duration::from_secs(1);

/// As a shell says it of a program that wrote into a pipe nobody reads any more.
const CLOSED_PIPE: u8 = 141;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(misuse) => {
            if misuse.use_stderr() {
                writeln!(std::io::stderr(), "命令写得不对，用法见 sync-server --help。").ok();
            }
            misuse.exit()
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(cause) => {
            writeln!(std::io::stderr(), "sync-server: 程序启动不了。It cannot start: {cause}").ok();
            return ExitCode::FAILURE;
        }
    };
    let (mut input, mut out) = (std::io::stdin().lock(), std::io::stdout());
    let serves = matches!(arguments.command, Command::Serve { .. });
    let ended = runtime.block_on(commands::run(arguments, Arc::new(SystemClock), &mut input, &mut out));
    runtime.shutdown_timeout(LAST_THREADS);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has read enough.
        Err(failure) if !serves && failure.is_of_a_closed_pipe() => ExitCode::from(CLOSED_PIPE),
        Err(failure) => {
            // Where standard error is gone too, the exit code is all that is left to say.
            writeln!(std::io::stderr(), "sync-server: {}", told(&failure)).ok();
            ExitCode::FAILURE
        }
    }
}

/// The failure and its causes, one a line.
fn told(failure: &Failure) -> String {
    causes::of(failure).iter().map(|said| said.trim_end()).collect::<Vec<_>>().join("\n  原因 because: ")
}
