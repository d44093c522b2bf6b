//! The terminal's program with its window open, on a screen and before a camera that are not there.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, sync_channel},
    thread,
    time::Duration,
};

use crate::{Trouble, fake_camera::FakeCamera, machine::now, monitor::Monitor, program};

/// What the log says when the window shows what the camera sees.
pub const IN_THE_WINDOW: &str = "the camera's picture is in the window";

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Window {
    child: Child,
    log: Receiver<String>,
}

impl Window {
    /// Of an enrolled terminal's folder.
    pub fn open(data: &Path, url: &str, camera: &FakeCamera, monitor: &Monitor) -> Result<Self, Trouble> {
        let settings = data.join("gate-terminal.toml");
        fs::write(&settings, format!("data_dir = {data:?}\nserver_url = {url:?}\n[camera]\nkind = 'usb'\n"))?;
        let mut command = Command::new(program::built()?);
        command.arg("--config").arg(settings).env("LD_PRELOAD", camera.library()).env("RUST_LOG", "info");
        let mut child = monitor.before(&mut command).stdin(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let (sender, log) = sync_channel(10_000);
        if let Some(lines) = child.stderr.take() {
            thread::Builder::new().name("log of the window".to_owned()).spawn(move || {
                // Once nobody listens any more, it is only read.
                BufReader::new(lines).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
            })?;
        }
        Ok(Self { child, log })
    }

    /// Until it has logged this.
    pub fn logs(&self, wanted: &str) -> Result<(), Trouble> {
        let (since, mut heard) = (now(), Vec::new());
        loop {
            let Ok(line) = self.log.recv_timeout(PATIENCE.saturating_sub(since.elapsed())) else {
                return Err(Trouble::Waited(format!("{wanted:?} in the log:\n{}", heard.join("\n"))));
            };
            if line.contains(wanted) {
                return Ok(());
            }
            heard.push(line);
        }
    }

    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is over.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
