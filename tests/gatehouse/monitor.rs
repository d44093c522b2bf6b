//! A screen for windows where there is none: Xvfb, which keeps what it shows in a file that can be looked at.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use image::{Rgb, RgbImage};
use tempfile::TempDir;

use crate::{Trouble, machine::now, trouble::hold};

/// Far longer than anything here takes on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Monitor {
    server: Child,
    room: TempDir,
    display: String,
}

impl Monitor {
    /// Black, until a window opens on it.
    pub fn lit(width: u32, height: u32) -> Result<Self, Trouble> {
        let room = tempfile::Builder::new().prefix("monitor-").tempdir()?;
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", &format!("{width}x{height}x24")]);
        command.arg("-fbdir").arg(room.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = command.spawn()?;
        let mut number = String::new();
        if let Some(output) = server.stdout.take() {
            BufReader::new(output).read_line(&mut number)?;
        }
        let display = format!(":{}", number.trim());
        // From here on whatever fails ends the server as well.
        let monitor = Self { server, room, display };
        hold(monitor.display.len() > 1, "Xvfb says which display it is")?;
        Ok(monitor)
    }

    pub(crate) fn display(&self) -> &str {
        &self.display
    }

    /// Lets a program open its window here and draw it without a graphics card.
    pub fn before<'a>(&self, program: &'a mut Command) -> &'a mut Command {
        program.env("DISPLAY", &self.display).env_remove("WAYLAND_DISPLAY").env("LIBGL_ALWAYS_SOFTWARE", "1")
    }

    /// Until this pixel has this colour, and how long it took.
    pub fn shows(&self, what: &str, colour: [u8; 3], (x, y): (u32, u32)) -> Result<Duration, Trouble> {
        if let Some(took) = self.shows_within(PATIENCE, colour, (x, y))? {
            return Ok(took);
        }
        let seen = std::env::temp_dir().join("monitor.png");
        self.picture()?.save(&seen)?;
        Err(Trouble::Waited(format!("{what}; what is shown instead: {}", seen.display())))
    }

    /// The same, if it comes so soon.
    pub fn shows_within(
        &self,
        patience: Duration,
        colour: [u8; 3],
        (x, y): (u32, u32),
    ) -> Result<Option<Duration>, Trouble> {
        let since = now();
        while since.elapsed() < patience {
            if self.picture()?.get_pixel_checked(x, y) == Some(&Rgb(colour)) {
                return Ok(Some(since.elapsed()));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(None)
    }

    /// What is on the screen at this moment.
    pub fn picture(&self) -> Result<RgbImage, Trouble> {
        let dump = fs::read(self.room.path().join("Xvfb_screen0"))?;
        picture(&dump).ok_or_else(|| Trouble::NotHeld("a screen dump of 32 bits a pixel".to_owned()))
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

/// An X window dump: a header of big-endian words, a table of colours, rows of blue, green, red and a spare byte.
fn picture(dump: &[u8]) -> Option<RgbImage> {
    let word = |index: usize| Some(u32::from_be_bytes(*dump.get(index * 4..)?.first_chunk()?));
    let (header, width, height) = (word(0)?, word(4)?, word(5)?);
    let (bits, row, colours) = (word(11)?, word(12)?, word(19)?);
    let pixels = dump.get(usize::try_from(header.checked_add(colours.checked_mul(12)?)?).ok()?..)?;
    if bits != 32 {
        return None;
    }
    let mut picture = RgbImage::new(width, height);
    for (y, line) in picture.rows_mut().zip(pixels.chunks(usize::try_from(row).ok()?)) {
        for (pixel, seen) in y.zip(line.chunks_exact(4)) {
            if let [blue, green, red, _] = *seen {
                *pixel = Rgb([red, green, blue]);
            }
        }
    }
    Some(picture)
}
