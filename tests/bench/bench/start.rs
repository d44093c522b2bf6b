//! `bench start`: the terminal's own program from its start to the first picture in its window, and the memory it settles at.
//!
//! The window is the real one on an X server without a monitor, the camera the fake one behind the real camera code. The moment is
//! told by the program's log: the line is written in the drawing after the one that had the picture, so the picture
//! has been painted and handed to the screen by then.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, sync_channel},
    thread,
    time::{Duration, Instant},
};

use gatehouse::{
    Trouble,
    fake_camera::FakeCamera,
    frames,
    machine::{now, resident_kib},
    office::Office,
    program,
};

use crate::spread::Spread;

/// What the program's log says when the window shows what the camera sees.
const IN_THE_WINDOW: &str = "the camera's picture is in the window";

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(crate) struct Wanted {
    /// Passes on the terminal
    #[arg(long, default_value_t = 100_000)]
    passes: u64,
    /// How often it is started
    #[arg(long, default_value_t = 5)]
    times: u32,
    /// How long it runs before its memory is looked at
    #[arg(long, default_value_t = 10)]
    settle_s: u64,
}

pub(crate) fn run(wanted: &Wanted, out: &mut dyn Write) -> Result<(), Trouble> {
    let Wanted { passes, times, settle_s } = *wanted;
    writeln!(out, "Start of the window with {passes} passes, {times} times; memory after {settle_s} s")?;
    let folder = tempfile::tempdir()?;
    Office::today().enrol(folder.path(), passes)?;
    let camera = FakeCamera::new()?;
    camera.sees(&frames::empty(1))?;
    let screen = Screen::on()?;
    let (mut took, mut gate_kib, mut reader_kib) = (Spread::default(), 0, 0);
    for _ in 0..times {
        let since = now();
        let window = Window::open(folder.path(), &camera, &screen.display)?;
        took.note(window.first_picture(since)?);
        thread::sleep(Duration::from_secs(settle_s));
        let gate = window.0.id();
        gate_kib = gate_kib.max(resident_kib(gate)?);
        reader_kib = reader_kib.max(resident_kib(program::reader_of(gate)?)?);
    }
    writeln!(out, "                                   {}", Spread::HEADING)?;
    writeln!(out, "start to the picture in the window {took}   (below 2000 ms is wanted)")?;
    let mib = |kib: u64| kib / 1024;
    writeln!(
        out,
        "resident: window {} MiB, camera process {} MiB, together {} MiB (below 250 is wanted)",
        mib(gate_kib),
        mib(reader_kib),
        mib(gate_kib + reader_kib)
    )?;
    Ok(())
}

struct Window(Child, Receiver<String>);

impl Window {
    fn open(folder: &Path, camera: &FakeCamera, display: &str) -> Result<Self, Trouble> {
        let settings = folder.join("gate-terminal.toml");
        let text = format!("data_dir = {folder:?}\nserver_url = \"http://127.0.0.1:9\"\n[camera]\nkind = 'usb'\n");
        fs::write(&settings, text)?;
        let mut child = Command::new(program::built()?)
            .arg("--config")
            .arg(settings)
            .env("DISPLAY", display)
            .env("LD_PRELOAD", camera.library())
            .env("RUST_LOG", "info")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let log = child.stderr.take().ok_or_else(|| Trouble::NotHeld("no log".to_owned()))?;
        Ok(Self(child, lines(log)?))
    }

    fn first_picture(&self, since: Instant) -> Result<Duration, Trouble> {
        let mut heard = Vec::new();
        loop {
            let left = PATIENCE.saturating_sub(since.elapsed());
            let Ok(line) = self.1.recv_timeout(left) else {
                return Err(Trouble::Waited(format!("a picture in the window; its log:\n{}", heard.join("\n"))));
            };
            if line.contains(IN_THE_WINDOW) {
                return Ok(since.elapsed());
            }
            heard.push(line);
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// An X server without a monitor, for as long as this lives.
struct Screen {
    server: Child,
    display: String,
}

impl Screen {
    fn on() -> Result<Self, Trouble> {
        let missing = |error| Trouble::NotHeld(format!("Xvfb could not be started (apt-get install xvfb): {error}"));
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(missing)?;
        let said = server.stdout.take().map(lines).transpose()?;
        let number = said.and_then(|said| said.recv_timeout(PATIENCE).ok());
        let number = number.ok_or_else(|| Trouble::Waited("Xvfb".to_owned()))?;
        Ok(Self { server, display: format!(":{number}") })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

/// Read to the end by a thread of their own, so that nobody waits at a full pipe.
fn lines(from: impl Read + Send + 'static) -> Result<Receiver<String>, Trouble> {
    let (sender, lines) = sync_channel(10_000);
    thread::Builder::new().name("lines".to_owned()).spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            // Once nobody listens any more, it is only read.
            sender.send(line).ok();
        }
    })?;
    Ok(lines)
}
