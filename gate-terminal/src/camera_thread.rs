//! The thread "camera": takes frames, reads them, tells the gate what it saw, and lays the picture down for the window.
//!
//! It never queues frames: the next one is taken when the last has been read, so what is read is what is there now. Reading is
//! native code fed by strangers; a panic in it costs one frame. A frame with codes is always handed over, one without is
//! dropped when the gate is busy: the next says the same.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    thread::JoinHandle,
    time::Duration,
};

use crate::{
    camera::{
        frame::{Frame, Preview},
        qr::{Reader, Symbol},
        replay::{Replay, ReplayError},
    },
    ports::{CameraState, Clock, Event},
};

/// The thread from outside. Dropping it ends the thread after the frame it is at.
#[derive(Debug)]
pub struct CameraThread {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
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

/// `show` gets every frame's small picture; it must not wait.
pub fn spawn(
    replay: Replay,
    clock: impl Clock + Send + 'static,
    events: SyncSender<Event>,
    show: impl Fn(Preview) + Send + 'static,
) -> io::Result<CameraThread> {
    let (stop, stopped) = sync_channel(0);
    let watch = Watch { replay, events, show, state: CameraState::Starting };
    let thread = std::thread::Builder::new().name("camera".to_owned()).spawn(move || watch.run(&clock, &stopped))?;
    Ok(CameraThread { stop: Some(stop), thread: Some(thread) })
}

struct Watch<S> {
    replay: Replay,
    events: SyncSender<Event>,
    show: S,
    state: CameraState,
}

/// The gate has ended; there is nobody to see for.
struct GateGone;

impl<S: Fn(Preview)> Watch<S> {
    fn run(mut self, clock: &dyn Clock, stopped: &Receiver<()>) {
        let mut reader = Reader::new();
        let interval_ms = u64::try_from(self.replay.interval().as_millis()).unwrap_or(u64::MAX);
        let mut due_ms = clock.read().since_boot_ms;
        loop {
            let looked = catch_unwind(AssertUnwindSafe(|| self.look(&mut reader)));
            let told = looked.unwrap_or_else(|_panic| {
                tracing::error!("the reader panicked; this frame is lost");
                reader = Reader::new();
                self.tell_state(CameraState::Failed { why: "the reader panicked".to_owned() })
            });
            if told.is_err() {
                return;
            }
            let now_ms = clock.read().since_boot_ms;
            // Behind by more than a frame, it does not catch up: frames are to be new, not many.
            due_ms = due_ms.saturating_add(interval_ms).max(now_ms);
            match stopped.recv_timeout(Duration::from_millis(due_ms - now_ms)) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn look(&mut self, reader: &mut Reader) -> Result<(), GateGone> {
        match self.replay.next_frame() {
            Some(Ok(Frame { grey, preview })) => {
                (self.show)(preview);
                let texts: Vec<String> = reader.read(&grey).into_iter().map(|Symbol { text, .. }| text).collect();
                self.tell_state(CameraState::Running)?;
                if texts.is_empty() { self.tell_nothing() } else { self.tell(Event::Codes(texts)) }
            }
            // An empty folder is a camera before which nobody stands.
            None => {
                self.tell_state(CameraState::Running)?;
                self.tell_nothing()
            }
            Some(Err(ReplayError::Picture(error))) => {
                tracing::warn!(%error, "a picture was skipped");
                self.tell_nothing()
            }
            Some(Err(error @ (ReplayError::Folder { .. } | ReplayError::Rate { .. }))) => {
                self.tell_state(CameraState::Failed { why: error.to_string() })
            }
        }
    }

    fn tell_state(&mut self, state: CameraState) -> Result<(), GateGone> {
        if self.state == state {
            return Ok(());
        }
        self.state = state.clone();
        self.tell(Event::Camera(state))
    }

    fn tell_nothing(&self) -> Result<(), GateGone> {
        match self.events.try_send(Event::NoCode) {
            Ok(()) | Err(TrySendError::Full(_)) => Ok(()),
            Err(TrySendError::Disconnected(_)) => Err(GateGone),
        }
    }

    fn tell(&self, event: Event) -> Result<(), GateGone> {
        self.events.send(event).map_err(|_| GateGone)
    }
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::mpsc};

    use super::*;
    use crate::{camera::drawn, clock::SystemClock};

    fn watched(folder: &Path, looping: bool) -> (CameraThread, mpsc::Receiver<Event>, mpsc::Receiver<Preview>) {
        let (events, heard) = sync_channel(64);
        let (pictures, seen) = sync_channel(64);
        let replay = Replay::open(folder, 50.0, looping).unwrap();
        let show = move |preview| drop(pictures.try_send(preview));
        (spawn(replay, SystemClock, events, show).unwrap(), heard, seen)
    }

    fn next(heard: &mpsc::Receiver<Event>, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = heard.recv_timeout(Duration::from_secs(30)).expect("the event comes");
            if wanted(&event) {
                return event;
            }
        }
    }

    #[test]
    fn a_picture_becomes_a_code_and_a_preview_and_then_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let text = drawn::pass_text(1);
        let picture = drawn::placed(drawn::white(400, 400), &drawn::symbol(&text, 4), 60, 60);
        drawn::saved(&picture, folder.path(), "pass.png");
        let (_camera, heard, seen) = watched(folder.path(), false);
        next(&heard, |event| matches!(event, Event::Camera(CameraState::Running)));
        let Event::Codes(texts) = next(&heard, |event| matches!(event, Event::Codes(_))) else { unreachable!() };
        assert_eq!(texts, [text]);
        assert_eq!(seen.recv().unwrap().width, 400);
        next(&heard, |event| matches!(event, Event::NoCode));
    }

    #[test]
    fn a_broken_picture_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.png"), b"no picture").unwrap();
        let picture = drawn::placed(drawn::white(400, 400), &drawn::symbol("hello", 4), 60, 60);
        drawn::saved(&picture, folder.path(), "b.png");
        let (_camera, heard, _seen) = watched(folder.path(), true);
        next(&heard, |event| matches!(event, Event::Codes(_)));
    }

    #[test]
    fn a_folder_that_goes_away_is_a_failed_camera_until_it_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let frames = folder.path().join("frames");
        std::fs::create_dir(&frames).unwrap();
        let (_camera, heard, _seen) = watched(&frames, true);
        std::fs::remove_dir(&frames).unwrap();
        next(&heard, |event| matches!(event, Event::Camera(CameraState::Failed { .. })));
        std::fs::create_dir(&frames).unwrap();
        next(&heard, |event| matches!(event, Event::Camera(CameraState::Running)));
    }

    #[test]
    fn the_thread_ends_with_its_handle_and_with_the_gate() {
        let folder = tempfile::tempdir().unwrap();
        let (camera, heard, _seen) = watched(folder.path(), true);
        drop(camera);
        assert!(heard.iter().all(|event| !matches!(event, Event::Codes(_))), "the channel is closed");
        let (camera, heard, _seen) = watched(folder.path(), true);
        drop(heard);
        drop(camera);
    }
}
