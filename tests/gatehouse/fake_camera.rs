//! A camera that is not there, for programs that look for a real one.
//!
//! A small library in C is compiled when it is first wanted and preloaded into the program; it answers for the kernel, so
//! that the program's own camera code runs as it would at a gate. What there is to see, and what goes wrong, lies in a
//! folder and can be changed while the program runs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use image::{RgbImage, codecs::jpeg::JpegEncoder};
use tempfile::TempDir;

use crate::Trouble;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fake_camera/fake_camera.c");

#[derive(Debug)]
pub struct FakeCamera {
    room: TempDir,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// No frame comes, and no error.
    Stall,
    /// Another program has it.
    Busy,
    /// The user may not open it.
    Denied,
    /// Every frame ends in the middle.
    Truncated,
    /// Every frame is random bytes.
    Noise,
    /// Two frames a second.
    Slow,
    /// Five hundred frames a second: more than are looked at.
    Fast,
}

impl FakeCamera {
    /// "Fake UVC Camera" as /dev/video0, looking at nothing yet.
    pub fn new() -> Result<Self, Trouble> {
        let room = tempfile::Builder::new().prefix("fake-camera-").tempdir()?;
        fs::create_dir(room.path().join("dev"))?;
        fs::create_dir(room.path().join("frames"))?;
        let camera = Self { room };
        fs::write(camera.library(), compiled()?)?;
        camera.plug(0, "Fake UVC Camera")?;
        Ok(camera)
    }

    /// What to preload into the program that is to see the camera.
    #[must_use]
    pub fn library(&self) -> PathBuf {
        self.room.path().join("fake_camera.so")
    }

    pub fn plug(&self, number: u32, name: &str) -> Result<(), Trouble> {
        self.put(&format!("dev/video{number}"), name.as_bytes())
    }

    pub fn unplug(&self, number: u32) -> Result<(), Trouble> {
        Ok(fs::remove_file(self.room.path().join(format!("dev/video{number}")))?)
    }

    pub fn suffers(&self, fault: Fault) -> Result<(), Trouble> {
        let said = match fault {
            Fault::None => "",
            Fault::Stall => "stall",
            Fault::Busy => "busy",
            Fault::Denied => "denied",
            Fault::Truncated => "truncated",
            Fault::Noise => "noise",
            Fault::Slow => "slow",
            Fault::Fast => "fast",
        };
        self.put("fault", said.as_bytes())
    }

    /// From now on it sees this, as motion JPEG of its size; a camera keeps to one.
    pub fn sees(&self, frame: &RgbImage) -> Result<(), Trouble> {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, 85).encode_image(frame)?;
        self.sees_bytes(&format!("MJPG_{}x{}", frame.width(), frame.height()), "0.jpg", &jpeg)
    }

    /// Another frame of a format; a format's frames are shown in turn.
    pub fn sees_bytes(&self, format: &str, name: &str, bytes: &[u8]) -> Result<(), Trouble> {
        fs::create_dir_all(self.room.path().join("frames").join(format))?;
        self.put(&format!("frames/{format}/{name}"), bytes)
    }

    /// Whole, or not there yet.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Trouble> {
        let (hidden, place) = (self.room.path().join(".new"), self.room.path().join(name));
        fs::write(&hidden, bytes)?;
        Ok(fs::rename(hidden, place)?)
    }
}

/// The library's bytes; compiled once, however many cameras there are.
fn compiled() -> Result<Vec<u8>, Trouble> {
    static COMPILED: Mutex<Option<Vec<u8>>> = Mutex::new(None);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(library) = &*compiled {
        return Ok(library.clone());
    }
    let room = tempfile::tempdir()?;
    let library = room.path().join("fake_camera.so");
    let done = Command::new("cc")
        .args(["-std=c11", "-O2", "-shared", "-fPIC", "-o"])
        .args([&library, Path::new(SOURCE)])
        .args(["-ldl", "-lpthread"])
        .output()?;
    if !done.status.success() {
        return Err(Trouble::NotHeld(format!("cc: {}", String::from_utf8_lossy(&done.stderr))));
    }
    Ok(compiled.insert(fs::read(library)?).clone())
}
