//! What the officers' thread has of the rest of the terminal: the gate, the camera, the loudspeaker, the end of it all.
//!
//! The camera is here because an officer may choose another; it ends with the officers' thread.

use std::{fs, path::Path, sync::Arc};

use chrono::TimeDelta;
use shared::{causes, time::Moment};

use super::{Bell, Pictures, RunError, showing::Showing, start_camera};
use crate::{
    camera::wire::Opened,
    camera_thread::{CameraStats, CameraThread},
    clock::SystemClock,
    config::{self, Config},
    controller::Handle,
    officer::{self, Cost, Desk, Officer, SettingsFile, Terminal},
    ports::{CameraFault, CameraState, Clock as _, Event, Lamp as _, Signal},
    sound::{self, Speaker},
    store::{DATABASE_FILE, SqliteLog},
    ui::{
        command::Command,
        records::{CameraChoice, CameraHealth, CameraOffered, Language, PaperForm, Settings, ThemeChoice, Tone},
    },
};

/// The configuration, with the server's address as it was typed at enrolment.
pub(super) fn with_server_typed(config: &Config) -> Config {
    let mut file = SettingsFile::new(&config.data_dir, Settings::default());
    // What is wrong with it the officers' thread tells.
    file.load().ok();
    let typed = file.server_url().map(str::to_owned);
    Config { server_url: typed.unwrap_or_else(|| config.server_url.clone()), ..config.clone() }
}

pub(super) fn spawn_officer(
    config: &Config,
    gate: &Arc<Handle>,
    pictures: &Arc<Pictures>,
    bell: &Arc<Bell>,
    enrolled_just_now: bool,
) -> Result<officer::Handle, RunError> {
    let log = SqliteLog::open(&config.data_dir.join(DATABASE_FILE))?;
    let camera = CameraSlot {
        config: config.clone(),
        gate: Arc::clone(gate),
        pictures: Arc::clone(pictures),
        bell: Arc::clone(bell),
        running: None,
    };
    let (gate, speaker, bell_for_the_end) = (Arc::clone(gate), sound::spawn()?, Arc::clone(bell));
    let showing = Showing::default();
    let premises = Premises { gate, camera, speaker, bell: bell_for_the_end, showing, kiosk: false };
    let desk = Desk {
        data_dir: config.data_dir.clone(),
        settings: settings(config),
        may_set_first_pin: enrolled_just_now,
        cost: Cost::default(),
    };
    let bell = Arc::clone(bell);
    Ok(Officer::new(log, premises, Box::new(SystemClock), desk).spawn(move || bell.ring())?)
}

pub(super) fn settings(config: &Config) -> Settings {
    Settings {
        camera: CameraChoice::AsConfigured,
        way: config.direction,
        language: match config.language {
            config::Language::Zh => Language::Zh,
            config::Language::En => Language::En,
        },
        theme: ThemeChoice::Auto,
        kiosk: false,
        export_folder: None,
    }
}

struct Premises {
    gate: Arc<Handle>,
    camera: CameraSlot,
    speaker: Speaker,
    bell: Arc<Bell>,
    showing: Showing,
    kiosk: bool,
}

/// The snapshot counts whole seconds and the thread may have read it late: a smaller difference is none.
const OFFSET_SEEN_FROM_MS: i64 = 2_000;

impl Terminal for Premises {
    fn now(&self) -> Moment {
        self.gate.snapshot().now
    }

    fn clock_offset_ms(&self) -> Option<i64> {
        let snapshot = self.gate.snapshot();
        let middle = snapshot.now.plus(TimeDelta::milliseconds(500));
        let offset_ms = middle.since(SystemClock.read().wall).num_milliseconds();
        let seen_ms = if offset_ms.abs() < OFFSET_SEEN_FROM_MS { 0 } else { offset_ms };
        snapshot.status.clock_trusted.then_some(seen_ms)
    }

    fn camera(&self) -> CameraHealth {
        self.camera
            .running
            .as_ref()
            .map_or_else(CameraHealth::default, |running| camera_health(running.gauge().stats()))
    }

    fn cameras(&self) -> Vec<CameraOffered> {
        cameras_offered(Path::new("/sys/class/video4linux"))
    }

    fn apply(&mut self, before: Option<&Settings>, settings: &Settings) {
        self.kiosk = settings.kiosk;
        if before.is_none_or(|before| before.way != settings.way) && !self.gate.act(Command::Face(settings.way)) {
            tracing::warn!("the gate did not take which way it faces");
        }
        if before.is_none_or(|before| before.camera != settings.camera) {
            self.camera.start(&settings.camera);
        }
    }

    fn paper(&mut self, form: PaperForm) -> bool {
        self.gate.paper(&form)
    }

    fn sound(&mut self, tone: Tone) {
        self.speaker.shine(match tone {
            Tone::Admit => Signal::Admit,
            Tone::Ask => Signal::Ask,
            Tone::Refuse => Signal::Refuse,
        });
    }

    fn show(&mut self, file: &Path) {
        if !self.showing.show(file, self.kiosk, SystemClock.read().since_boot_ms) {
            tracing::info!("a list was written but not shown: one was, just now");
        }
    }

    fn end(&mut self) {
        self.bell.ring_for_the_end();
    }
}

fn camera_health(stats: CameraStats) -> CameraHealth {
    let CameraStats { camera, frames_per_second, reads_per_minute, read_rate_percent, total: _, restarts } = stats;
    CameraHealth {
        name: camera.map(|Opened { name, layout, width, height, .. }| format!("{name} {width}x{height} {layout}")),
        frames_per_s: whole(frames_per_second),
        reads_per_minute: u32::try_from(reads_per_minute).unwrap_or(u32::MAX),
        read_rate_percent,
        restarts: u32::try_from(restarts).unwrap_or(u32::MAX),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is small and not negative")]
const fn whole(per_second: f32) -> u32 {
    per_second.round() as u32
}

/// What is plugged in, as Linux lists it; asking the driver is the reading process's business. A camera has a node for its
/// pictures, with the index 0, and others for what it says beside them.
fn cameras_offered(list: &Path) -> Vec<CameraOffered> {
    let read = |node: &Path, file| fs::read_to_string(node.join(file)).map(|text| text.trim().to_owned());
    let offered = |node: &Path| {
        let number: u32 = node.file_name()?.to_str()?.strip_prefix("video")?.parse().ok()?;
        let pictures = read(node, "index").map_or(true, |index| index == "0");
        let name = read(node, "name").ok().filter(|_| pictures)?;
        Some((number, CameraOffered { id: format!("{number}:{name}"), name }))
    };
    let nodes = fs::read_dir(list).into_iter().flatten().flatten();
    let mut cameras: Vec<_> = nodes.filter_map(|node| offered(&node.path())).collect();
    cameras.sort_by_key(|(number, _)| *number);
    cameras.into_iter().map(|(_, camera)| camera).collect()
}

/// The camera that runs, and how another is started in its place.
struct CameraSlot {
    config: Config,
    gate: Arc<Handle>,
    pictures: Arc<Pictures>,
    bell: Arc<Bell>,
    running: Option<CameraThread>,
}

impl CameraSlot {
    /// The old one has let go of its device before the new one asks for it.
    fn start(&mut self, choice: &CameraChoice) {
        self.running = None;
        let config = Config { camera: chosen(&self.config.camera, choice), ..self.config.clone() };
        let (pictures, bell) = (Arc::clone(&self.pictures), Arc::clone(&self.bell));
        let started = start_camera(&config, &self.gate, move |preview| {
            pictures.lay_down(preview);
            bell.ring();
        });
        match started {
            Ok(running) => self.running = running,
            Err(error) => {
                tracing::error!(error = causes::in_one_line(&error), "the camera does not start");
                let why = CameraFault::Unusable;
                self.gate.events().send(Event::Camera(CameraState::Failed { why })).ok();
            }
        }
    }
}

/// By the [`CameraOffered::id`] of [`cameras_offered`]. The number is only a hint: plugged in again it may be another.
fn chosen(configured: &config::Camera, choice: &CameraChoice) -> config::Camera {
    match choice {
        CameraChoice::AsConfigured => configured.clone(),
        CameraChoice::Off => config::Camera::Off,
        CameraChoice::Device(id) => {
            let (number, name) = id.split_once(':').unwrap_or(("", id));
            config::Camera::Usb { index: number.parse().ok(), name: Some(name.to_owned()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::wire::Tally;

    #[test]
    fn cameras_are_listed_once_each_and_chosen_by_name() {
        let list = tempfile::tempdir().unwrap();
        for (node, name, index) in [
            ("video2", "门岗 Cam", "0\n"),
            ("video3", "门岗 Cam", "1\n"),
            ("video0", "Built-in", "0\n"),
            ("radio0", "FM", "0"),
        ] {
            let node = list.path().join(node);
            fs::create_dir(&node).unwrap();
            fs::write(node.join("name"), format!("{name}\n")).unwrap();
            fs::write(node.join("index"), index).unwrap();
        }
        let offered = cameras_offered(list.path());
        let ids: Vec<&str> = offered.iter().map(|camera| camera.id.as_str()).collect();
        assert_eq!(ids, ["0:Built-in", "2:门岗 Cam"]);
        assert_eq!(cameras_offered(&list.path().join("none")), []);
        let configured = config::Camera::Off;
        assert_eq!(
            chosen(&configured, &CameraChoice::Device(offered[1].id.clone())),
            config::Camera::Usb { index: Some(2), name: Some("门岗 Cam".into()) }
        );
        assert_eq!(chosen(&configured, &CameraChoice::AsConfigured), configured);
    }

    #[test]
    fn the_camera_s_rates_are_told_as_they_were_measured() {
        assert_eq!(camera_health(CameraStats::default()), CameraHealth::default());
        let total = Tally { frames: 300, overlaid: 90, corrupt: 10, read: 50, cpu_ms: 0 };
        let camera = Opened { name: "Cam".into(), layout: "MJPG".into(), width: 1280, height: 720, fps: 30 };
        let stats = CameraStats {
            camera: Some(camera),
            frames_per_second: 24.6,
            reads_per_minute: 12,
            read_rate_percent: Some(25),
            total,
            restarts: 1,
        };
        let told = camera_health(stats);
        assert_eq!(told.name.as_deref(), Some("Cam 1280x720 MJPG"));
        assert_eq!((told.frames_per_s, told.reads_per_minute, told.restarts), (25, 12, 1));
        assert_eq!(told.read_rate_percent, Some(25));
    }
}
