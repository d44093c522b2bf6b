//! A terminal that runs by itself: its own threads, its own held line to the server, steered by lines as a machine would.
//!
//! For what is a matter of seconds: nobody takes turns here, so whatever holds something up holds the story up.

use std::{
    io::{self, Write},
    path::Path,
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use gate_terminal::{
    card,
    clock::SetClock,
    controller::{Controller, Doors},
    enrol,
    headless::{self, Ear, Heard, LINES_WAITING},
    ports::Store as _,
    store::SqliteStore,
    sync::{
        self, SyncThread,
        http::{Http, Signer},
    },
};
use serde_json::Value;
use shared::entry::Direction;
use tokio::sync::mpsc;

use crate::{
    Trouble,
    terminal::{Terminal, Witness},
};

/// Shorter than a call is held: what wakes none is not heard by the end of one.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Lively {
    acts: SyncSender<Heard>,
    lines: mpsc::Receiver<Value>,
    printer: Option<JoinHandle<()>>,
    _sync: SyncThread,
}

impl Lively {
    /// Takes over what an enrolled terminal has on its disk.
    pub fn of(terminal: Terminal) -> Result<Self, Trouble> {
        let (url, directory, clock) = terminal.put_down();
        let (acts, heard) = sync_channel(LINES_WAITING);
        let (store, doors, lanes, asked, http) = parts(&url, &directory, &clock, Ear(acts.clone()))?;
        let gate = Controller::open(store, doors, Direction::In).map_err(told)?.spawn(|| {})?;
        card::spawn(asked, gate.events())?;
        let sync = sync::spawn(lanes, http, Http::meaning, gate.events())?;
        let (sender, lines) = mpsc::channel(LINES_WAITING);
        let printer = std::thread::Builder::new().name("printer".to_owned()).spawn(move || {
            let mut out = Lines { sender, line: Vec::new() };
            // A story that is over reads no more lines.
            headless::print(&gate, &heard, &mut out).ok();
        })?;
        Ok(Self { acts, lines, printer: Some(printer), _sync: sync })
    }

    /// One line in.
    pub fn act(&self, act: &Value) {
        headless::listen(format!("{act}\n").as_bytes(), &self.acts);
    }

    /// The next line out that is `wanted`.
    pub async fn hears(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value, Trouble> {
        let hears = async {
            while let Some(line) = self.lines.recv().await {
                if wanted(&line) {
                    return Some(line);
                }
            }
            None
        };
        let heard = tokio::time::timeout(PATIENCE, hears).await;
        heard.ok().flatten().ok_or_else(|| Trouble::Waited(what.to_owned()))
    }
}

impl Drop for Lively {
    fn drop(&mut self) {
        self.acts.send(Heard::Quit).ok();
        self.lines.close();
        if let Some(printer) = self.printer.take() {
            printer.join().ok();
        }
    }
}

impl std::fmt::Debug for Lively {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lively")
    }
}

type Parts = (SqliteStore, Doors, sync::Lanes, card::Asked, Http);

fn parts(url: &str, directory: &Path, clock: &SetClock, ear: Ear) -> Result<Parts, Trouble> {
    let key = enrol::load_key(directory).map_err(told)?;
    let mut store = SqliteStore::open(&directory.join("terminal.sqlite3")).map_err(told)?;
    let terminal = store.load().map_err(told)?.post.terminal;
    let signer = Signer { terminal, key: key.clone() };
    let http = Http::new(url, Some(signer), Arc::new(clock.clone())).map_err(told)?;
    let (calls, lanes) = sync::line();
    let (questions, asked) = card::desk();
    let doors = Doors {
        clock: Box::new(clock.clone()),
        line: Box::new(calls),
        cards: Box::new(questions),
        lamp: Box::new(Witness::default()),
        observer: Box::new(ear),
        key,
    };
    Ok((store, doors, lanes, asked, http))
}

/// Hands whole lines on.
struct Lines {
    sender: mpsc::Sender<Value>,
    line: Vec<u8>,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let line = serde_json::from_slice(&std::mem::take(&mut self.line))?;
            self.sender.blocking_send(line).map_err(|_| io::ErrorKind::BrokenPipe)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn told(error: impl std::fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
