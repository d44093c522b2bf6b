//! The program of a gate terminal: reads the command line and the configuration, and hands over to a command.
//!
//! Errors end here: one line for people with all causes behind it, and an exit code.

use std::{
    error::Error,
    io::{self, BufReader, IsTerminal as _, Read as _, Write as _},
    path::Path,
    process::ExitCode,
};

use clap::Parser as _;
use gate_terminal::{
    commands::{self, Arguments, Command},
    config::Config,
    ports::Store as _,
    store::{DATABASE_FILE, SqliteStore},
};
use shared::{causes, pass::KeySet};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(misuse) => {
            if misuse.use_stderr() {
                writeln!(io::stderr(), "命令写得不对，用法见 gate-terminal --help。").ok();
            }
            misuse.exit()
        }
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // Internal errors would be said on standard error where that is full, with a panic.
    tracing_subscriber::fmt().with_env_filter(filter).log_internal_errors(false).with_writer(io::stderr).init();
    match obey(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Whoever read has seen enough.
        Err(error)
            if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) =>
        {
            ExitCode::FAILURE
        }
        Err(error) => {
            writeln!(io::stderr(), "gate-terminal: {}", causes::in_one_line(error.as_ref())).ok();
            ExitCode::FAILURE
        }
    }
}

/// `false` when what was asked for is answered with no: a picture that does not open, a pass that does not verify.
fn obey(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    // Read by every command: a file with a mistake in it is refused also where nothing of it is needed.
    let config = Config::load(arguments.config.as_deref())?;
    let mut out = io::stdout().lock();
    match &arguments.command {
        None => {
            drop(out);
            commands::run::run(&config, arguments.headless)?;
            Ok(true)
        }
        Some(Command::CameraChild { source }) => {
            drop(out);
            commands::camera_child::run(source)?;
            Ok(true)
        }
        Some(Command::Enrol { root_fingerprint }) => {
            let root_fingerprint = root_fingerprint.clone().or(config.root_fingerprint);
            let config = Config { root_fingerprint, ..config };
            let echoed = io::stdin().is_terminal();
            commands::enrol::run(&config, echoed, &mut BufReader::new(io::stdin()), &mut out)?;
            Ok(true)
        }
        Some(Command::Pin) => {
            let prompt = io::stdin().is_terminal();
            commands::pin::run(&config.data_dir, prompt, &mut BufReader::new(io::stdin()), &mut out)?;
            Ok(true)
        }
        Some(Command::Inspect { text }) => {
            let keys = keys_held(&config.data_dir)?;
            let text = if text == "-" { whole_input()? } else { text.clone() };
            Ok(commands::inspect::run(&text, keys.as_ref(), &mut out)?)
        }
        Some(Command::Read { json, pictures }) => Ok(commands::read::run(pictures, *json, &mut out)?),
    }
}

/// Far longer than any pass; support may paste what it likes.
const INPUT_MAX_BYTES: u64 = 64 * 1024;

fn whole_input() -> io::Result<String> {
    let mut text = Vec::new();
    io::stdin().lock().take(INPUT_MAX_BYTES).read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The key set this terminal holds, where it has been enrolled and has heard from the office.
fn keys_held(data_dir: &Path) -> Result<Option<KeySet>, Box<dyn Error>> {
    let database = data_dir.join(DATABASE_FILE);
    if !SqliteStore::is_there(&database)? {
        return Ok(None);
    }
    let mut store = SqliteStore::open_to_look(&database)?;
    if store.post()?.is_none() {
        return Ok(None);
    }
    let held = store.load()?;
    let opened = held.news.key_set.map(|sealed| KeySet::open(&sealed, held.post.roots));
    Ok(opened.transpose()?)
}
