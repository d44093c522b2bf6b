//! What the officers' thread has of the rest of the terminal: the gate, the camera, the loudspeaker, the end of it all.
//!
//! The camera is here because an officer may choose another; it ends with the officers' thread.

use std::{
    io,
    path::Path,
    process::{Command as Program, Stdio},
    sync::Arc,
};

use chrono::TimeDelta;
use shared::time::Moment;

use super::{Bell, Pictures, RunError, start_camera};
use crate::{
    camera_thread::CameraThread,
    clock::SystemClock,
    config::{self, Config},
    controller::Handle,
    officer::{self, Cost, Desk, Officer, SettingsFile, Terminal, with_causes},
    ports::{CameraState, Clock as _, Event, Lamp as _, Signal},
    sound::{self, Speaker},
    store::{DATABASE_FILE, SqliteLog},
    ui::{
        command::Command,
        records::{
            CameraChoice, CameraHealth, CameraOffered, Language, PaperForm, Settings, ThemeChoice, Tone, Way,
        },
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
    let premises = Premises { gate: Arc::clone(gate), camera, speaker: sound::spawn()?, bell: Arc::clone(bell) };
    let desk = Desk {
        data_dir: config.data_dir.clone(),
        settings: settings(config),
        may_set_first_pin: enrolled_just_now,
        cost: Cost::default(),
    };
    let bell = Arc::clone(bell);
    Ok(Officer::new(log, premises, Box::new(SystemClock), desk).spawn(move || bell.ring())?)
}

fn settings(config: &Config) -> Settings {
    Settings {
        camera: CameraChoice::AsConfigured,
        way: Way::from(config.direction),
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
        CameraHealth::default()
    }

    fn cameras(&self) -> Vec<CameraOffered> {
        Vec::new()
    }

    fn apply(&mut self, before: Option<&Settings>, settings: &Settings) {
        if before.is_none_or(|before| before.way != settings.way) && !self.gate.act(Command::Face(settings.way)) {
            tracing::warn!("the gate did not take which way it faces");
        }
        if before.is_none_or(|before| before.camera != settings.camera) {
            self.camera.start(&settings.camera);
        }
    }

    fn paper(&mut self, form: PaperForm) -> bool {
        self.gate.paper(form)
    }

    fn sound(&mut self, tone: Tone) {
        self.speaker.shine(match tone {
            Tone::Admit => Signal::Admit,
            Tone::Ask => Signal::Ask,
            Tone::Refuse => Signal::Refuse,
        });
    }

    fn show(&mut self, file: &Path) {
        let file = file.to_owned();
        let shown = std::thread::Builder::new().name("show".to_owned()).spawn(move || {
            if let Err(error) = opened("xdg-open", &file).or_else(|_| opened("lp", &file)) {
                tracing::info!(%error, "nothing here shows or prints a file");
            }
        });
        if let Err(error) = shown {
            tracing::warn!(%error, "a file could not be shown");
        }
    }

    fn end(&mut self) {
        self.bell.ring_for_the_end();
    }
}

/// Waits until the program has taken the file.
fn opened(program: &str, file: &Path) -> io::Result<()> {
    let quiet = || Stdio::null();
    let status = Program::new(program).arg(file).stdin(quiet()).stdout(quiet()).stderr(quiet()).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{program} ended with {status}"))) }
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
                let why = with_causes(&error);
                tracing::error!(why, "the camera does not start");
                self.gate.events().send(Event::Camera(CameraState::Failed { why })).ok();
            }
        }
    }
}

fn chosen(configured: &config::Camera, choice: &CameraChoice) -> config::Camera {
    match choice {
        CameraChoice::AsConfigured => configured.clone(),
        CameraChoice::Off => config::Camera::Off,
        CameraChoice::Device(id) => {
            tracing::warn!(id, "a chosen camera is none this program can open; the configured one is used");
            configured.clone()
        }
    }
}
