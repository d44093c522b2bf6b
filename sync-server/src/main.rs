//! The binary: reads the command line, runs it, and says what went wrong.

use std::{error::Error, fmt::Write as _, io::Write as _, process::ExitCode, sync::Arc};

use clap::Parser as _;
use sync_server::{
    clock::SystemClock,
    commands::{self, Arguments, Failure},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(misuse) => {
            if misuse.use_stderr() {
                writeln!(std::io::stderr(), "命令写得不对，用法见 sync-server --help。").ok();
            }
            misuse.exit()
        }
    };
    let (mut input, mut out) = (std::io::stdin().lock(), std::io::stdout());
    match commands::run(arguments, Arc::new(SystemClock), &mut input, &mut out).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Where standard error is gone too, the exit code is all that is left to say.
            writeln!(std::io::stderr(), "sync-server: {}", told(&failure)).ok();
            ExitCode::FAILURE
        }
    }
}

/// The failure and its causes, one a line; a cause that was said already is not said twice.
fn told(failure: &Failure) -> String {
    let mut text = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            write!(text, "\n  原因 because: {}", said.trim_end()).ok();
        }
        cause = error.source();
    }
    text
}
