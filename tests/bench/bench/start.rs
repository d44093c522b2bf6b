//! `bench start`: the terminal's own program from its start to the first picture in its window, and the memory it settles at.
//!
//! The window is the real one on an X server without a monitor, the camera the fake one behind the real camera code. The moment is
//! told by the program's log: the line is written in the drawing after the one that had the picture, so the picture
//! has been painted and handed to the screen by then.

use std::{io::Write, thread, time::Duration};

use gatehouse::{
    Trouble,
    fake_camera::FakeCamera,
    frames,
    machine::{now, resident_kib},
    monitor::Monitor,
    office::Office,
    program,
    window::{IN_THE_WINDOW, Window},
};

use crate::spread::Spread;

const NO_SERVER: &str = "http://127.0.0.1:9";

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
    let monitor = Monitor::lit(1280, 800)?;
    let (mut took, mut gate_kib, mut reader_kib) = (Spread::default(), 0, 0);
    for _ in 0..times {
        let since = now();
        let window = Window::open(folder.path(), NO_SERVER, &camera, &monitor)?;
        window.logs(IN_THE_WINDOW)?;
        took.note(since.elapsed());
        thread::sleep(Duration::from_secs(settle_s));
        let gate = window.pid();
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
