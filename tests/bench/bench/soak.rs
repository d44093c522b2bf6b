//! `bench soak`: a working day of camera frames and visitors, as fast as it will go, and what it does to the memory.
//!
//! The frames go the whole way: the fake camera, faster than any reader, the real camera code and reader in their own process, the pipe,
//! the camera thread, the gate thread, an entry on the disk for each visitor. Only frames that were looked at are counted:
//! those that a newer one overlaid cost nothing. A phone with the next pass is held up every few hundred frames.

use std::{io::Write, path::PathBuf, thread, time::Duration};

use gate_terminal::{
    camera::source::{Choice, Source},
    camera_thread::{self, COMMAND, CameraGauge, ReaderProgram},
    clock::SystemClock,
};
use gatehouse::{
    Trouble,
    fake_camera::{FakeCamera, Fault},
    frames::{self, Pose},
    machine::{now, resident_kib},
    office::Office,
    program,
};
use image::{
    GrayImage, ImageFormat, Luma, RgbImage,
    imageops::{self, FilterType},
};
use qrcode::{Color, EcLevel, QrCode};

use crate::terminal::Terminal;

/// Caches fill, allocators find their size.
const WARM_UP_SHARE: u64 = 10;

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Nobody came for so long: something is broken.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(crate) struct Wanted {
    /// How many frames are looked at; 432000 are eight hours at 15 a second
    #[arg(long, default_value_t = 5_400)]
    frames: u64,
    /// How many frames there are from one visitor to the next
    #[arg(long, default_value_t = 450)]
    frames_per_visitor: u64,
    /// Passes on the terminal
    #[arg(long, default_value_t = 10_000)]
    passes: u64,
    /// Of a camera as wide as this; eight hours of 1280 take more than one
    #[arg(long, default_value_t = 1280)]
    width: u32,
    /// Where the terminal's folder is made for the time; by default the system's place for such
    #[arg(long)]
    within: Option<PathBuf>,
}

pub(crate) fn run(wanted: &Wanted, out: &mut dyn Write) -> Result<(), Trouble> {
    let Wanted { frames, frames_per_visitor, passes, width, .. } = *wanted;
    let minutes = frames / 15 / 60;
    writeln!(
        out,
        "Soak: {frames} frames {width} px wide ({minutes} min at 15 a second), a visitor every {frames_per_visitor}"
    )?;
    let office = Office::today();
    let terminal = Terminal::with(&office, passes, &wanted.within.clone().unwrap_or_else(std::env::temp_dir))?;
    let camera = FakeCamera::new()?;
    camera.sees(&narrowed(&frames::empty(1), width))?;
    camera.suffers(Fault::Fast)?;
    let thread = camera_thread::spawn(reader(&camera)?, SystemClock, terminal.gate.events(), |_picture| {})?;
    let gauge = thread.gauge();
    let (since, mut begin, mut came) = (now(), None, 0);
    loop {
        let seen = looked_at(&gauge);
        if begin.is_none() && seen * WARM_UP_SHARE >= frames {
            begin = Some(Memory::of_both()?);
        }
        if seen >= frames {
            break;
        }
        if seen >= came * frames_per_visitor && came < passes {
            let picture = code(&office.pass(came)?)?;
            came += 1;
            let phone = frames::phone(&picture, Pose { seed: came, ..Pose::default() })?;
            camera.sees(&narrowed(&phone, width))?;
            let entered = u64::from(terminal.gate.snapshot().status.entered_today);
            let wanted = entered + 1;
            terminal
                .until(&format!("visitor {came}"), |snapshot| u64::from(snapshot.status.entered_today) >= wanted)?;
            camera.sees(&narrowed(&frames::empty(came), width))?;
        }
        if since.elapsed() > PATIENCE && seen == 0 {
            return Err(Trouble::Waited("the first frame".to_owned()));
        }
        thread::sleep(LOOK_EVERY);
    }
    let (end, stats, took) = (Memory::of_both()?, gauge.stats(), since.elapsed());
    let begin = begin.unwrap_or(end);
    let seen = looked_at(&gauge);
    writeln!(
        out,
        "{seen} frames looked at and {came} visitors admitted in {} s, {} frames a second;",
        took.as_secs(),
        seen / took.as_secs().max(1)
    )?;
    writeln!(
        out,
        "{} more frames were overlaid by newer ones, {} were corrupt, the camera process was started again {} times",
        stats.total.overlaid, stats.total.corrupt, stats.restarts
    )?;
    writeln!(out, "resident, KiB        after a tenth      at the end")?;
    writeln!(
        out,
        "gate                 {:13} {:15} {:+6.1} %",
        begin.gate_kib,
        end.gate_kib,
        grown(begin.gate_kib, end.gate_kib)
    )?;
    writeln!(
        out,
        "camera process       {:13} {:15} {:+6.1} %",
        begin.reader_kib,
        end.reader_kib,
        grown(begin.reader_kib, end.reader_kib)
    )?;
    let both = |memory: &Memory| memory.gate_kib + memory.reader_kib;
    writeln!(
        out,
        "both                 {:13} {:15} {:+6.1} %   (at most 5 is wanted)",
        both(&begin),
        both(&end),
        grown(both(&begin), both(&end))
    )?;
    Ok(())
}

/// As a camera with fewer pixels would see it.
fn narrowed(frame: &RgbImage, width: u32) -> RgbImage {
    imageops::resize(frame, width, width * frame.height() / frame.width(), FilterType::Triangle)
}

/// The terminal's own program reads, and sees the fake camera. `env` becomes it.
fn reader(camera: &FakeCamera) -> Result<ReaderProgram, Trouble> {
    let source = serde_json::to_string(&Source::Usb(Choice::default()))?;
    let preload = format!("LD_PRELOAD={}", camera.library().display());
    let program = program::built()?.to_string_lossy().into_owned();
    Ok(ReaderProgram::of("env", [preload, program, COMMAND.to_owned(), source]))
}

fn looked_at(gauge: &CameraGauge) -> u64 {
    let total = gauge.stats().total;
    total.frames.saturating_sub(total.overlaid)
}

#[derive(Debug, Clone, Copy)]
struct Memory {
    /// This process, in which the gate runs.
    gate_kib: u64,
    reader_kib: u64,
}

impl Memory {
    fn of_both() -> Result<Self, Trouble> {
        let gate = std::process::id();
        Ok(Self { gate_kib: resident_kib(gate)?, reader_kib: resident_kib(program::reader_of(gate)?)? })
    }
}

fn grown(from: u64, to: u64) -> f64 {
    let kib = |kib: u64| u32::try_from(kib).map_or(f64::MAX, f64::from);
    (kib(to) / kib(from).max(1.0) - 1.0) * 100.0
}

/// As the pass page shows it.
fn code(text: &str) -> Result<Vec<u8>, Trouble> {
    const MODULE_PX: u32 = 8;
    const QUIET: u32 = 4;
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|error| told(&error))?;
    let modules = u32::try_from(code.width()).map_err(|error| told(&error))?;
    let colours = code.to_colors();
    let side = (modules + 2 * QUIET) * MODULE_PX;
    let picture = GrayImage::from_fn(side, side, |x, y| {
        let inside = |px: u32| (px / MODULE_PX).checked_sub(QUIET).filter(|module| *module < modules);
        let at = inside(x).zip(inside(y)).and_then(|(x, y)| usize::try_from(y * modules + x).ok());
        Luma([if at.and_then(|at| colours.get(at)) == Some(&Color::Dark) { 0 } else { 255 }])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

fn told(error: &dyn std::fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
