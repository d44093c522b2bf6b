//! The two programs as processes: where they are, how their lines are read, and that they end with the demo.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

use world::Trouble;

/// The program built beside this one.
pub(crate) fn beside(name: &str) -> Result<PathBuf, Trouble> {
    let here = std::env::current_exe()?;
    Ok(here.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// A process that is stopped when the demo lets go of it.
#[derive(Debug)]
pub(crate) struct Running(Child);

impl Running {
    /// Starts `command` and hands each line it prints to `line`, on a thread of its own.
    pub(crate) fn start(
        mut command: Command,
        name: &str,
        mut line: impl FnMut(&str) + Send + 'static,
    ) -> Result<Self, Trouble> {
        let program = PathBuf::from(command.get_program());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Trouble::File(program, error))?;
        if let Some(output) = child.stdout.take() {
            thread::Builder::new().name(format!("lines of {name}")).spawn(move || {
                BufReader::new(output).lines().map_while(Result::ok).for_each(|text| line(&text));
            })?;
        }
        Ok(Self(child))
    }

    /// Pulls the plug: no farewell, no flush.
    pub(crate) fn stop(&mut self) -> Result<(), Trouble> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is over.
        self.stop().ok();
    }
}

/// Runs a command to its end, with `input` on its standard input, and returns what it printed.
pub(crate) fn run<S: AsRef<OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = S>,
    input: &str,
) -> Result<String, Trouble> {
    let path = beside(program)?;
    let mut child = Command::new(&path)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Trouble::File(path, error))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(printed)
    } else {
        Err(Trouble::NotHeld(format!("{program} ended with {}: {printed}", output.status)))
    }
}
