//! The thread "camera": keeps a reading process alive, tells the gate what it saw, and lays its pictures down for the window.
//!
//! The process may stall, crash or talk nonsense; each time it is killed and started again, and until frames come the gate knows why
//! they do not. A frame with codes is always handed over, one without is dropped when the gate is busy: the next says the same.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use crate::{
    camera::{
        frame::Preview,
        wire::{Message, Opened, WireError},
    },
    ports::{CameraFault, CameraState, Clock, Event},
    vital,
};

mod pause;
mod process;
mod stats;

use pause::Pause;
use process::Process;
pub use process::{COMMAND, ReaderProgram};
pub use stats::CameraStats;
use stats::Meter;

/// A camera that gives no frame for so long has stalled.
const PATIENCE_MS: u64 = 2_000;

/// Until the first frame more is allowed: programs load and cameras warm up.
const PATIENCE_AT_FIRST_MS: u64 = 6_000;

/// How soon the thread notices that it is to end while nothing comes.
const LOOK_UP: Duration = Duration::from_millis(200);

/// The thread from outside. Dropping it ends the thread and kills the process.
#[derive(Debug)]
pub struct CameraThread {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    gauge: CameraGauge,
}

impl CameraThread {
    #[must_use]
    pub fn gauge(&self) -> CameraGauge {
        self.gauge.clone()
    }
}

/// How well the camera does, to be looked at whenever a page wants to.
#[derive(Debug, Clone, Default)]
pub struct CameraGauge(Arc<Mutex<Meter>>);

impl CameraGauge {
    #[must_use]
    pub fn stats(&self) -> CameraStats {
        self.meter().stats().clone()
    }

    fn meter(&self) -> MutexGuard<'_, Meter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for CameraThread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the camera thread had panicked");
        }
    }
}

/// `show` gets the small pictures, fifteen a second at most; it must not wait.
pub fn spawn(
    program: ReaderProgram,
    clock: impl Clock + Send + 'static,
    events: SyncSender<Event>,
    show: impl Fn(Preview) + Send + 'static,
) -> io::Result<CameraThread> {
    let (stop, stopped) = sync_channel(0);
    let gauge = CameraGauge::default();
    let watch = Watch {
        program,
        clock,
        events,
        show,
        stopped,
        gauge: gauge.clone(),
        state: CameraState::Starting,
        first_frame_ms: None,
        alive_ms: 0,
    };
    let thread = std::thread::Builder::new().name("camera".to_owned()).spawn(move || {
        vital::work(|| {
            let Over = watch.run();
        });
    })?;
    Ok(CameraThread { stop: Some(stop), thread: Some(thread), gauge })
}

struct Watch<C, S> {
    program: ReaderProgram,
    clock: C,
    events: SyncSender<Event>,
    show: S,
    stopped: Receiver<()>,
    gauge: CameraGauge,
    state: CameraState,
    /// Of the process that runs now.
    first_frame_ms: Option<u64>,
    /// When it last had a frame, or said why it has none. That it counts torn frames is no sign of life.
    alive_ms: u64,
}

/// The thread is to end: the gate has, or nobody wants it any more.
struct Over;

impl<C: Clock, S: Fn(Preview)> Watch<C, S> {
    fn run(mut self) -> Over {
        let mut pause = Pause::new();
        loop {
            self.first_frame_ms = None;
            if let Err(over) = self.one_process() {
                return over;
            }
            let frames_for_ms = self.first_frame_ms.map_or(0, |since_ms| self.now_ms().saturating_sub(since_ms));
            match self.stopped.recv_timeout(pause.after(frames_for_ms)) {
                Err(RecvTimeoutError::Timeout) => self.metered(Meter::restarted),
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return Over,
            }
        }
    }

    /// From its start to its end, whatever ends it.
    fn one_process(&mut self) -> Result<(), Over> {
        let process = match self.program.start() {
            Ok(process) => process,
            Err(error) => {
                tracing::error!(%error, "the reading process cannot be started");
                return self.fail(CameraFault::ReaderCrashed);
            }
        };
        let mut explained = false;
        self.alive_ms = self.now_ms();
        loop {
            match self.listen(&process)? {
                Heard::Message(message) => {
                    explained = matches!(message, Message::Failed(_));
                    let says_little = matches!(message, Message::Preview(_) | Message::Tally(_));
                    self.take(message)?;
                    // After the gate has taken it: while it is busy, nobody listens and nobody is silent.
                    if !says_little {
                        self.alive_ms = self.now_ms();
                    }
                }
                Heard::Silence => {
                    tracing::warn!("no frame comes: the reading process is killed");
                    return self.fail(CameraFault::Stalled);
                }
                // It said why before it ended.
                Heard::Error(WireError::Ended) if explained => {
                    self.metered(Meter::stopped);
                    return Ok(());
                }
                Heard::Error(error) => {
                    tracing::warn!(%error, "the reading process has failed");
                    return self.fail(CameraFault::ReaderCrashed);
                }
            }
        }
    }

    fn listen(&self, process: &Process) -> Result<Heard, Over> {
        let patience_ms = if self.first_frame_ms.is_some() { PATIENCE_MS } else { PATIENCE_AT_FIRST_MS };
        let until_ms = self.alive_ms.saturating_add(patience_ms);
        loop {
            // Before each message: a camera that never falls silent must not keep the thread.
            match self.stopped.try_recv() {
                Err(TryRecvError::Empty) => {}
                Ok(()) | Err(TryRecvError::Disconnected) => return Err(Over),
            }
            let left = Duration::from_millis(until_ms.saturating_sub(self.now_ms()));
            match process.heard.recv_timeout(left.min(LOOK_UP)) {
                Ok(Ok(message)) => return Ok(Heard::Message(message)),
                Ok(Err(error)) => return Ok(Heard::Error(error)),
                Err(RecvTimeoutError::Disconnected) => return Ok(Heard::Error(WireError::Ended)),
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Ok(Heard::Silence),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn take(&mut self, message: Message) -> Result<(), Over> {
        match message {
            Message::Alive => Ok(()),
            Message::Failed(fault) => self.fail(fault),
            Message::Opened(opened) => {
                let opened = readable(opened);
                tracing::info!(?opened, "camera opened");
                self.metered(|meter| meter.opened(opened));
                Ok(())
            }
            Message::Preview(preview) => {
                (self.show)(preview);
                Ok(())
            }
            Message::Tally(tally) => {
                let now_ms = self.now_ms();
                self.metered(|meter| meter.tally(tally, now_ms));
                Ok(())
            }
            Message::Nothing => {
                self.seen()?;
                self.metered(|meter| meter.looked(false));
                self.tell_nothing()
            }
            Message::Codes(texts) => {
                self.seen()?;
                self.metered(|meter| meter.looked(true));
                self.tell(Event::Codes(texts))
            }
        }
    }

    /// A frame came and was read.
    fn seen(&mut self) -> Result<(), Over> {
        if self.first_frame_ms.is_none() {
            self.first_frame_ms = Some(self.now_ms());
        }
        self.tell_state(CameraState::Running)
    }

    fn fail(&mut self, why: CameraFault) -> Result<(), Over> {
        self.metered(Meter::stopped);
        // That it is not found is no news of a camera that was unplugged.
        let known = matches!(self.state, CameraState::Failed { why: CameraFault::Unplugged });
        if known && why == CameraFault::NotFound {
            return Ok(());
        }
        self.tell_state(CameraState::Failed { why })
    }

    fn tell_state(&mut self, state: CameraState) -> Result<(), Over> {
        if self.state == state {
            return Ok(());
        }
        tracing::info!(?state, "camera");
        self.state = state.clone();
        self.tell(Event::Camera(state))
    }

    fn tell_nothing(&self) -> Result<(), Over> {
        match self.events.try_send(Event::NoCode) {
            Ok(()) | Err(TrySendError::Full(_)) => Ok(()),
            Err(TrySendError::Disconnected(_)) => Err(Over),
        }
    }

    fn tell(&self, event: Event) -> Result<(), Over> {
        self.events.send(event).map_err(|_| Over)
    }

    fn metered(&self, change: impl FnOnce(&mut Meter)) {
        change(&mut self.gauge.meter());
    }

    fn now_ms(&self) -> u64 {
        self.clock.read().since_boot_ms
    }
}

enum Heard {
    Message(Message),
    Silence,
    Error(WireError),
}

/// A camera's name is what its maker, or somebody with a programmable plug, wrote into it.
fn readable(opened: Opened) -> Opened {
    let visible = |text: String| text.chars().filter(|char| !char.is_control()).collect();
    Opened { name: visible(opened.name), layout: visible(opened.layout), ..opened }
}

#[cfg(test)]
mod tests;
