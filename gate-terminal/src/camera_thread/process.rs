//! The reading process from the gate's side: started, listened to, killed.
//!
//! Nothing here waits for the process itself: one that hangs in a driver cannot even be killed, and then it is left behind and
//! another is started. What it says arrives through a thread and a short queue; when the queue is full the process waits at its
//! pipe, and its camera's frames overtake each other there.

use std::{
    ffi::OsString,
    io::{self, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
};

use crate::camera::{
    source::Source,
    wire::{self, Message, WireError},
};

/// The hidden command of this program that reads; `main` knows it by the same name.
pub const COMMAND: &str = "camera-child";

/// What the process may know of the gate's surroundings: where the system's libraries are, and how much to log.
const INHERITED: [&str; 7] =
    ["LD_LIBRARY_PATH", "LD_PRELOAD", "PATH", "RUST_BACKTRACE", "RUST_LOG", "SystemRoot", "windir"];

/// Messages between the pipe and the camera thread.
const MESSAGES_WAITING: usize = 4;

/// What to start, each time.
#[derive(Debug, Clone)]
pub struct ReaderProgram {
    program: PathBuf,
    arguments: Vec<OsString>,
}

impl ReaderProgram {
    /// This very program, also when its file has been replaced by a newer one since it was started.
    pub fn this(source: &Source) -> io::Result<Self> {
        let program =
            if cfg!(target_os = "linux") { PathBuf::from("/proc/self/exe") } else { std::env::current_exe()? };
        Ok(Self::of(program, [COMMAND.to_owned(), serde_json::to_string(source)?]))
    }

    pub fn of(program: impl Into<PathBuf>, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().map(Into::into).collect() }
    }

    pub(super) fn start(&self) -> io::Result<Process> {
        let known = INHERITED.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
        let mut command = Command::new(&self.program);
        // Its log goes where ours goes.
        command.args(&self.arguments).env_clear().envs(known).stdin(Stdio::piped()).stdout(Stdio::piped());
        // The list of processes names the program, not how it was found.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::arg0(&mut command, env!("CARGO_PKG_NAME"));
        let mut child = command.spawn()?;
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let child = Arc::new(Mutex::new(child));
        let (sender, heard) = sync_channel(MESSAGES_WAITING);
        let buried = Arc::clone(&child);
        std::thread::Builder::new().name("camera pipe".to_owned()).spawn(move || {
            listen(BufReader::new(output), &sender);
            drop(sender);
            end(&buried);
            if let Ok(mut child) = buried.lock() {
                child.wait().inspect_err(|error| tracing::debug!(%error, "the reading process is not ours")).ok();
            }
        })?;
        Ok(Process { child, heard })
    }
}

/// Dropped, it is killed. Its standard input stays open as long as the gate lives, which is how it learns that the gate died.
#[derive(Debug)]
pub(super) struct Process {
    child: Arc<Mutex<Child>>,
    /// Ends with the first error.
    pub heard: Receiver<Result<Message, WireError>>,
}

impl Drop for Process {
    fn drop(&mut self) {
        end(&self.child);
    }
}

/// If the other thread holds the lock, it is burying the process already.
fn end(child: &Mutex<Child>) {
    if let Ok(mut child) = child.try_lock() {
        child.kill().ok();
    }
}

fn listen(mut output: impl io::Read, sender: &SyncSender<Result<Message, WireError>>) {
    let mut opening = Some(wire::hear_opening(&mut output));
    loop {
        let heard = match opening.take() {
            Some(Ok(())) | None => wire::hear(&mut output),
            Some(Err(error)) => Err(error),
        };
        let last = heard.is_err();
        if sender.send(heard).is_err() || last {
            return;
        }
    }
}
