//! `gate-terminal`: puts the threads together and runs the gate, behind a window or without one.
//!
//! The order matters at both ends. The gate starts first; behind a window it begins no turn once the window has gone, and
//! what was asked for before is still written down. The window has the main thread, because graphics systems want it; a signal
//! ends both as a closed window would.

use std::{
    io::{self, BufReader},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::sync_channel,
    },
};

use chrono::TimeDelta;
use shared::causes;

use crate::{
    camera::{
        frame::Preview,
        source::{Choice, Source},
    },
    camera_thread::{self, CameraThread, ReaderProgram},
    card,
    clock::SystemClock,
    config::{self, Config},
    controller::{Controller, Doors, Handle},
    enrol::{KeyFileError, load_key},
    headless::{self, Ear, Heard, LINES_WAITING},
    officer,
    ports::{CameraState, Clock as _, Event, Observer, Store as _},
    sound,
    store::{DATABASE_FILE, SqliteStore, StoreError},
    sync::{
        self, SyncThread,
        http::{Http, HttpError, Signer},
    },
    ui::{
        command::Command,
        snapshot::{Picture, Snapshot},
        window::{self, StoppedSurroundings, Surroundings, Wake},
    },
};

mod enrolling;
mod logged;
mod opening;
mod premises;
mod showing;

pub fn run(config: &Config, headless: bool) -> Result<(), RunError> {
    if headless {
        return without_window(&premises::with_server_typed(config));
    }
    // One after the other in one process: each window has its own bell, and a signal ends whichever is open.
    let (at_first, bell) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
    {
        let (at_first, bell) = (Arc::clone(&at_first), Arc::clone(&bell));
        on_signal(move || {
            at_first.ring_for_the_end();
            bell.ring_for_the_end();
        })?;
    }
    let mut enrolled_just_now = false;
    loop {
        match with_windows(config, &at_first, &bell, &mut enrolled_just_now) {
            Err(error) if error.is_for_a_guard() => match stopped(config, &error, &at_first) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(_) => return Err(error),
            },
            ended => return ended,
        }
    }
}

fn with_windows(
    config: &Config,
    at_first: &Arc<Bell>,
    bell: &Arc<Bell>,
    enrolled_just_now: &mut bool,
) -> Result<(), RunError> {
    if !enrolling::is_enrolled(config)? {
        if !enrolling::enrol(config, at_first)? {
            return Ok(());
        }
        *enrolled_just_now = true;
    }
    with_window(&premises::with_server_typed(config), Arc::clone(bell), *enrolled_just_now)
}

/// A disk that was full may have room by then.
const TRIED_AGAIN_AFTER_MS: u64 = 30_000;

/// Says why the gate does not begin, where a guard looks: nobody at a gate reads what a program says on its standard error. Whether it
/// is to be tried again; not when somebody has closed the window.
fn stopped(config: &Config, error: &RunError, bell: &Arc<Bell>) -> Result<bool, RunError> {
    let why = causes::in_one_line(error);
    tracing::error!(error = why, "the gate does not begin");
    let since_ms = SystemClock.read().since_boot_ms;
    let is_time = move || SystemClock.read().since_boot_ms.saturating_sub(since_ms) >= TRIED_AGAIN_AFTER_MS;
    let (ending, started) = (Arc::clone(bell), Arc::clone(bell));
    window::stopped(
        premises::settings(config).language,
        StoppedSurroundings {
            why,
            ending: Box::new(move || ending.is_the_end() || is_time()),
            started: Box::new(move |wake| started.hang(wake)),
        },
    )
    .map_err(unopened)?;
    Ok(is_time() && !bell.is_the_end())
}

fn with_window(config: &Config, bell: Arc<Bell>, enrolled_just_now: bool) -> Result<(), RunError> {
    let pictures = Arc::new(Pictures::default());
    let Running { gate, sync } = {
        let bell = Arc::clone(&bell);
        start(config, Box::new(logged::Log), move || bell.ring())?
    };
    let gate = Arc::new(gate);
    let officer = Arc::new(premises::spawn_officer(config, &gate, &pictures, &bell, enrolled_just_now)?);
    let language = officer.records().settings.language;
    let ended = window::run(language, surroundings(&gate, &officer, &pictures, &bell));
    let survived = gate.is_running();
    // With the window: nobody is admitted, and nothing is written down, that nobody can see. Whoever was about to hand the gate
    // something is let go.
    gate.stop();
    drop(officer);
    drop(sync);
    drop(gate);
    ended.map_err(unopened)?;
    if survived { Ok(()) } else { Err(RunError::GateEnded) }
}

fn surroundings(
    gate: &Arc<Handle>,
    officer: &Arc<officer::Handle>,
    pictures: &Arc<Pictures>,
    bell: &Arc<Bell>,
) -> Surroundings {
    let (records, asked) = (Arc::clone(officer), Arc::clone(officer));
    let (seen, told, alive) = (Arc::clone(gate), Arc::clone(gate), Arc::clone(gate));
    let (pictures, ending, started) = (Arc::clone(pictures), Arc::clone(bell), Arc::clone(bell));
    Surroundings {
        snapshot: Box::new(move || seen.snapshot()),
        picture: Box::new(move || pictures.newest()),
        tell: Box::new(move |command| {
            if !told.act(command) {
                tracing::warn!("the gate did not take a key press");
            }
        }),
        records: Box::new(move || records.records()),
        ask: Box::new(move |ask| {
            if !asked.ask(ask) {
                tracing::warn!("the officers' thread did not take what was asked");
            }
        }),
        ending: Box::new(move || ending.is_the_end() || !alive.is_running()),
        started: Box::new(move |wake| started.hang(wake)),
    }
}

fn without_window(config: &Config) -> Result<(), RunError> {
    let (sender, heard) = sync_channel(LINES_WAITING);
    let Running { gate, sync } = start(config, Box::new(Ear(sender.clone())), || {})?;
    let camera = start_camera(config, &gate, |_preview| {})?;
    let quit = sender.clone();
    on_signal(move || {
        quit.send(Heard::Quit).ok();
    })?;
    // It ends with the process: nobody can wake a thread that waits for input.
    std::thread::Builder::new()
        .name("acts".to_owned())
        .spawn(move || headless::listen(BufReader::new(io::stdin()), &sender))?;
    let printed = headless::print(&gate, &heard, &mut io::stdout().lock());
    drop(camera);
    drop(sync);
    drop(gate);
    Ok(printed?)
}

impl headless::Desk for Handle {
    fn snapshot(&self) -> Snapshot {
        (*Self::snapshot(self)).clone()
    }

    fn act(&self, command: Command) -> bool {
        Self::act(self, command)
    }

    fn is_running(&self) -> bool {
        Self::is_running(self)
    }
}

/// Why is for the log: it names places in the source of a library.
fn unopened(error: eframe::Error) -> RunError {
    tracing::debug!(%error, "no window");
    RunError::Window
}

/// The gate and its line to the server.
struct Running {
    gate: Handle,
    sync: SyncThread,
}

fn start(
    config: &Config,
    observer: Box<dyn Observer + Send>,
    wake: impl Fn() + Send + 'static,
) -> Result<Running, RunError> {
    let database = config.data_dir.join(DATABASE_FILE);
    if !SqliteStore::is_there(&database)? {
        return Err(RunError::NotEnrolled);
    }
    let mut store = opening::open(config)?;
    let post = store.post()?.ok_or(RunError::NotEnrolled)?;
    let key = load_key(&config.data_dir).map_err(|fault| {
        if let KeyFileError::Absent { path } = fault {
            RunError::KeyGone { path, data_dir: config.data_dir.clone() }
        } else {
            RunError::Key(fault)
        }
    })?;
    opening::keep_journal(&mut store, &key);
    let signer = Signer { terminal: post.terminal, key: key.clone() };
    let http = Http::believing(config.server_ca.as_deref(), &config.server_url, Some(signer), Arc::new(SystemClock))?;
    let (calls, lanes) = sync::line();
    let (questions, asked) = card::desk();
    let doors = Doors {
        clock: Box::new(SystemClock),
        line: Box::new(calls),
        cards: Box::new(questions),
        lamp: Box::new(sound::spawn()?),
        observer,
        key,
    };
    let gate = Controller::open(store, doors, config.direction)?;
    let gate = gate.silent_at_most(TimeDelta::days(config.forget_after_days.get().into())).spawn(wake)?;
    card::spawn(asked, gate.events())?;
    let sync = sync::spawn(lanes, http, Http::meaning, gate.events())?;
    Ok(Running { gate, sync })
}

fn start_camera(
    config: &Config,
    gate: &Handle,
    show: impl Fn(Preview) + Send + 'static,
) -> Result<Option<CameraThread>, RunError> {
    let source = match config.camera.clone() {
        config::Camera::Off => {
            gate.events().send(Event::Camera(CameraState::Off)).ok();
            return Ok(None);
        }
        config::Camera::Usb { index, name } => Source::Usb(Choice { index, name }),
        config::Camera::Replay { dir, fps, looping } => Source::Replay { dir, fps, looping },
    };
    let program = ReaderProgram::this(&source)?;
    Ok(Some(camera_thread::spawn(program, SystemClock, gate.events(), show)?))
}

/// Calls `end` on the first signal that asks the process to end.
fn on_signal(end: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || match runtime.block_on(asked_to_end()) {
        Ok(()) => end(),
        Err(error) => tracing::error!(%error, "signals cannot be heard"),
    })?;
    Ok(())
}

#[cfg(unix)]
async fn asked_to_end() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn asked_to_end() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// Wakes the window, once there is one.
#[derive(Default)]
struct Bell {
    wake: Mutex<Option<Wake>>,
    the_end: AtomicBool,
}

impl Bell {
    /// In place of the window's before it.
    fn hang(&self, wake: Wake) {
        *self.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(wake);
        // What was rung before there was a window is rung now.
        self.ring();
    }

    fn ring(&self) {
        let wake = self.wake.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(wake) = wake {
            wake();
        }
    }

    fn ring_for_the_end(&self) {
        self.the_end.store(true, Ordering::Release);
        self.ring();
    }

    fn is_the_end(&self) -> bool {
        self.the_end.load(Ordering::Acquire)
    }
}

/// Where the camera lays its newest picture for the window.
#[derive(Default)]
struct Pictures {
    newest: Mutex<Option<Arc<Picture>>>,
    number: AtomicU64,
}

impl Pictures {
    fn lay_down(&self, Preview { width, height, rgb }: Preview) {
        let number = self.number.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let picture = Some(Arc::new(Picture { number, width, height, rgb }));
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = picture;
    }

    fn newest(&self) -> Option<Arc<Picture>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("本机还没有登记，请先运行 gate-terminal enrol. This terminal has not been enrolled")]
    NotEnrolled,
    #[error(
        "本机登记过，但密钥 {0} 不见了：从备份放回；没有备份就把 {1} 整个移到别处保存，请保卫处停用本机，再重新登记。\
         This terminal has its place and has lost its key: put it back, or move the folder away, have it withdrawn and enrol anew",
        path.display(), data_dir.display()
    )]
    KeyGone { path: PathBuf, data_dir: PathBuf },
    #[error("核验线程自己停了，原因在日志里 the gate thread has ended by itself; the log says why")]
    GateEnded,
    #[error("终端密钥用不了 the terminal's key cannot be used")]
    Key(#[from] KeyFileError),
    #[error("本机数据库用不了 the terminal's store cannot be used")]
    Store(#[from] StoreError),
    #[error("没法联系服务器 the server cannot be asked")]
    Http(#[from] HttpError),
    #[error("打不开窗口，本机没有可用的显示器 the window cannot be opened; gate-terminal --headless runs without one")]
    Window,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl RunError {
    /// What keeps a gate from beginning that has a screen. Of what ended a gate at work, and that there is no screen, no window tells;
    /// nor beside another that is at work.
    const fn is_for_a_guard(&self) -> bool {
        match self {
            Self::Store(StoreError::InUse { .. }) => false,
            Self::KeyGone { .. } | Self::Key(_) | Self::Store(_) | Self::Http(_) | Self::Io(_) => true,
            Self::NotEnrolled | Self::GateEnded | Self::Window => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_that_was_never_enrolled_says_so_and_makes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data_dir: folder.path().join("data"), ..Config::default() };
        assert!(matches!(run(&config, true), Err(RunError::NotEnrolled)));
        assert!(!config.data_dir.exists());
    }

    #[test]
    fn the_newest_picture_wins() {
        let pictures = Pictures::default();
        assert_eq!(pictures.newest(), None);
        for width in [1, 2] {
            pictures.lay_down(Preview { width, height: 1, rgb: vec![0; 6] });
        }
        let newest = pictures.newest().unwrap();
        assert_eq!((newest.number, newest.width), (2, 2));
    }

    #[test]
    fn a_bell_rung_before_it_hangs_is_heard_when_it_hangs() {
        let bell = Bell::default();
        bell.ring_for_the_end();
        let heard = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&heard);
        bell.hang(Arc::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        }));
        assert_eq!(heard.load(Ordering::Relaxed), 1);
        assert!(bell.is_the_end());
    }
}
