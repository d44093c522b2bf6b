//! The terminal's program as a process of its own, without a window: lines come out, and it can be killed.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, sync_channel},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::{Trouble, machine::now};

/// Far longer than anything here takes on a quiet machine: what is told is that it happens at all, and in what order.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Program {
    child: Child,
    lines: Receiver<Value>,
}

impl Program {
    /// Runs the gate of an enrolled terminal's folder, with a camera as its settings say and a library preloaded.
    pub fn gate(data: &Path, url: &str, camera: &str, preload: &Path) -> Result<Self, Trouble> {
        let settings = format!("server_url = {url:?}\n[camera]\n{camera}\n");
        Self::start(data, &settings, |command| command.env("LD_PRELOAD", preload))
    }

    /// Runs a gate by which everybody leaves, without a camera or a server.
    pub fn leaving(data: &Path) -> Result<Self, Trouble> {
        // What goes wrong is looked for in the log of entries; a killed program's own log is noise.
        let settings = "direction = \"out\"\nserver_url = \"http://127.0.0.1:9\"\n";
        Self::start(data, settings, |command| command.env("RUST_LOG", "off"))
    }

    fn start(
        data: &Path,
        settings: &str,
        surround: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<Self, Trouble> {
        let file = data.join("gate-terminal.toml");
        fs::write(&file, format!("data_dir = {data:?}\n{settings}"))?;
        let mut command = Command::new(built()?);
        command.arg("--config").arg(file).arg("--headless");
        let mut child = surround(&mut command).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (sender, lines) = sync_channel(10_000);
        if let Some(output) = child.stdout.take() {
            thread::Builder::new().name("lines of the gate".to_owned()).spawn(move || {
                let lines = BufReader::new(output).lines().map_while(Result::ok);
                let parsed = lines.filter_map(|line| serde_json::from_str(&line).ok());
                parsed.for_each(|line: Value| drop(sender.send(line)));
            })?;
        }
        Ok(Self { child, lines })
    }

    /// The next line that is wanted, and how long it took to come. What comes before it is let go.
    pub fn next(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<(Value, Duration), Trouble> {
        let since = now();
        loop {
            let left = PATIENCE.saturating_sub(since.elapsed());
            let line = self.lines.recv_timeout(left).map_err(|_| Trouble::Waited(what.to_owned()))?;
            if wanted(&line) {
                return Ok((line, since.elapsed()));
            }
        }
    }

    /// The next line, if it comes in time.
    #[must_use]
    pub fn within(&self, patience: Duration) -> Option<Value> {
        self.lines.recv_timeout(patience).ok()
    }

    /// A program that is gone hears nothing, and that is seen by what it does not answer.
    pub fn say(&mut self, act: &Value) {
        if let Some(input) = &mut self.child.stdin {
            input.write_all(format!("{act}\n").as_bytes()).ok();
        }
    }

    /// Kill -9, and what it had still said before.
    pub fn kill(mut self) -> Vec<Value> {
        self.child.kill().ok();
        self.lines.iter().collect()
    }

    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is over.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The program as this build made it. Cargo builds it for the tests of its own package, before any test is run.
pub fn built() -> Result<PathBuf, Trouble> {
    built_as("gate-terminal")
}

/// Another program of the workspace.
pub fn built_as(name: &str) -> Result<PathBuf, Trouble> {
    let here = std::env::current_exe()?;
    let folders = here.ancestors().skip(1).take(2);
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let found = folders.map(|folder| folder.join(&name)).find(|path| path.is_file());
    found.ok_or_else(|| Trouble::NotHeld(format!("{name} is not built: test the whole workspace")))
}

/// The reading process a gate has started.
pub fn reader_of(gate: u32) -> Result<u32, Trouble> {
    let since = now();
    while since.elapsed() < PATIENCE {
        for process in fs::read_dir("/proc")? {
            let folder = process?.path();
            let pid = folder.file_name().and_then(OsStr::to_str).and_then(|name| name.parse().ok());
            if let Some(pid) = pid
                && parent(&folder) == Some(gate)
                && fs::read_to_string(folder.join("cmdline")).is_ok_and(|line| line.contains("camera-child"))
            {
                return Ok(pid);
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(Trouble::Waited(format!("the reading process of {gate}")))
}

#[must_use]
pub fn is_running(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().next());
    state.is_some_and(|state| state != "Z")
}

/// Kill -9.
pub fn kill(pid: u32) -> Result<(), Trouble> {
    let killed = Command::new("kill").args(["-9", &pid.to_string()]).status()?;
    crate::trouble::hold(killed.success(), "the process could be killed")
}

fn parent(process: &Path) -> Option<u32> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
}
