//! The terminal of the demo: enrolled by the command, run without a window, its camera a folder of pictures.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc::{Receiver, sync_channel},
    time::{Duration, Instant},
};

use image::RgbImage;
use serde_json::Value;
use world::{
    Trouble,
    frames::{self, Pose},
};

use crate::{
    office::{Office, write},
    programs::{Running, beside, run},
};

const PATIENCE: Duration = Duration::from_secs(90);

/// A code that was away for two seconds is a new sighting.
const AWAY: Duration = Duration::from_millis(2_500);

#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) settings: PathBuf,
    camera: PathBuf,
    frames: u32,
    /// How far the feed was when it was last asked for.
    news: u64,
    process: Option<Running>,
    events: Option<Receiver<Value>>,
}

impl Gate {
    /// Writes settings and enrols with the code the office gives out.
    pub(crate) fn enrol(room: &Path, office: &Office) -> Result<Self, Trouble> {
        let invitation = office.command(&["terminal", "invite", "--campus", "1", "--gate", "0"])?;
        let code = invitation.split_whitespace().find(|word| word.len() == 19 && word.matches('-').count() == 3);
        let code = code.ok_or_else(|| Trouble::NotHeld(format!("no code in {invitation:?}")))?;
        let (settings, camera, data) = (room.join("gate-terminal.toml"), room.join("camera"), room.join("terminal"));
        fs::create_dir_all(&camera).map_err(|error| Trouble::File(camera.clone(), error))?;
        let url = &office.url;
        write(
            &settings,
            &format!(
                "data_dir = {data:?}\nserver_url = \"{url}\"\n\n[camera]\nkind = \"replay\"\ndir = {camera:?}\nfps = 10\nlooping = false\n"
            ),
        )?;
        run("gate-terminal", ["enrol", "--config", &settings.display().to_string()], &format!("{code}\nyes\n"))?;
        Ok(Self { settings, camera, frames: 0, news: 0, process: None, events: None })
    }

    pub(crate) fn start(&mut self) -> Result<(), Trouble> {
        let mut command = Command::new(beside("gate-terminal")?);
        command.arg("--config").arg(&self.settings).arg("--headless");
        let (sender, events) = sync_channel(10_000);
        self.process = Some(Running::start(command, "the terminal", move |line| {
            if let Ok(event) = serde_json::from_str(line) {
                sender.try_send(event).ok();
            }
        })?);
        self.events = Some(events);
        self.wait("ready").map(drop)
    }

    pub(crate) fn stop(&mut self) -> Result<(), Trouble> {
        self.process.take().map_or(Ok(()), |mut process| process.stop())
    }

    /// Holds a phone with `code` before the camera and returns what the terminal said, once that is written down.
    pub(crate) fn show(&mut self, code: &[u8]) -> Result<Seen, Trouble> {
        std::thread::sleep(AWAY);
        for seed in 0..3 {
            let frame = frames::phone(code, Pose { seed, ..Pose::default() })?;
            self.drop_frame(&frame)?;
        }
        self.drop_frame(&frames::empty(9))?;
        let recorded = self.wait("recorded")?;
        let verdict = self.wait("verdict")?;
        Ok(Seen { verdict, seq: number(&recorded, "seq") })
    }

    /// Waits until the terminal's feed has grown by `links` since the last time it was asked.
    pub(crate) fn catch_up(&mut self, links: u64) -> Result<(), Trouble> {
        self.news += links;
        self.reach("news", self.news)
    }

    /// Waits until the server has countersigned entry `seq`.
    pub(crate) fn acknowledged(&mut self, seq: u64) -> Result<(), Trouble> {
        self.reach("receipt", seq)
    }

    fn reach(&mut self, kind: &str, seq: u64) -> Result<(), Trouble> {
        while number(&self.wait(kind)?, "seq") < seq {}
        Ok(())
    }

    /// Waits for the terminal's next line of this kind.
    fn wait(&mut self, kind: &str) -> Result<Value, Trouble> {
        let in_vain = || Trouble::Waited(format!("the terminal's line {kind:?}"));
        let events = self.events.as_ref().ok_or_else(in_vain)?;
        let until = now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(now());
            let event = events.recv_timeout(left).map_err(|_| in_vain())?;
            if text(&event, "/event") == kind {
                return Ok(event);
            }
        }
    }

    /// Takes the story's pictures away, so that a window opened later does not see them again.
    pub(crate) fn clear_camera(&self) -> Result<(), Trouble> {
        let failed = |error| Trouble::File(self.camera.clone(), error);
        for picture in fs::read_dir(&self.camera).map_err(failed)? {
            fs::remove_file(picture.map_err(failed)?.path()).map_err(failed)?;
        }
        Ok(())
    }

    fn drop_frame(&mut self, frame: &RgbImage) -> Result<(), Trouble> {
        self.frames += 1;
        Ok(frames::drop_into(&self.camera, &format!("{:05}", self.frames), frame)?)
    }
}

/// What the terminal said to one code.
#[derive(Debug)]
pub(crate) struct Seen {
    verdict: Value,
    pub(crate) seq: u64,
}

impl Seen {
    pub(crate) fn verdict(&self) -> &str {
        text(&self.verdict, "/verdict")
    }

    pub(crate) fn why(&self) -> &str {
        text(&self.verdict, "/reason/why")
    }

    pub(crate) fn sentence(&self) -> &str {
        text(&self.verdict, "/reason_zh")
    }
}

#[expect(clippy::disallowed_methods, reason = "patience with another process is real time")]
fn now() -> Instant {
    Instant::now()
}

/// The text at `pointer` of a line of JSON, empty where there is none.
pub(crate) fn text<'a>(line: &'a Value, pointer: &str) -> &'a str {
    line.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn number(line: &Value, field: &str) -> u64 {
    line.get(field).and_then(Value::as_u64).unwrap_or_default()
}
