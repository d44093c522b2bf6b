//! The reading process: takes frames, reads them, and says on its standard output what it saw.
//!
//! Capture and reading are native code fed by strangers: drivers, plugs, and whatever a visitor holds up. Here they can stall, crash
//! or be killed, and the gate goes on. The process holds no key, no list and no connection; it ends when the gate does. Between
//! the thread that captures and the one that reads lies a place for one frame, so what is read is what is there now.

use std::{
    error::Error,
    io::{self, Read, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use cpu_time::ProcessTime;

use super::{
    device::{Device, DeviceError},
    frame::{Frame, GreyFrame, Preview},
    qr::{Reader, Symbol},
    raw::Raw,
    replay::{Replay, ReplayError},
    slot::{Putter, Taken, Taker, slot},
    source::{Choice, Source},
    wire::{self, Message, Tally},
};
use crate::ports::{CameraFault, Clock};

/// How often a camera that is not there, or not free, is looked for; and the least often something is said.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Fifteen pictures a second look alive and leave a PC without a graphics card cool.
const PREVIEW_EVERY_MS: u64 = 66;

const TALLY_EVERY_MS: u64 = 1_000;

/// Reads until the camera is gone or nobody listens; either ends the process, and the gate starts a new one.
pub fn run<W: Write + Send + 'static>(source: &Source, clock: &dyn Clock, mut out: W) -> io::Result<()> {
    wire::open(&mut out)?;
    let mouth = Mouth(Arc::new(Mutex::new(out)));
    mouth.say(&Message::Alive)?;
    let look = Look::new(clock, mouth.clone());
    match source {
        Source::Usb(choice) => watch_camera(choice.clone(), look, mouth),
        Source::Replay { dir, fps, looping } => play(dir, *fps, *looping, look, &mouth),
    }
}

/// Returns when the gate has let go of its end. Nothing is ever sent this way.
pub fn outlived_by(mut gate: impl Read) {
    io::copy(&mut gate, &mut io::sink()).ok();
}

fn watch_camera<W: Write + Send + 'static>(choice: Choice, mut look: Look<'_, W>, mouth: Mouth<W>) -> io::Result<()> {
    let (putter, frames) = slot();
    let last_word = mouth.clone();
    let capturing =
        thread::Builder::new().name("capture".to_owned()).spawn(move || capture(&choice, &putter, &mouth))?;
    loop {
        match frames.take(Duration::MAX) {
            Taken::New(raw) => look.at_raw(&raw, &frames)?,
            Taken::Nothing => {}
            Taken::Closed => break,
        }
    }
    // Said here, after all that was still seen. Of a panic there is nothing to say: that the process ends says it.
    match capturing.join() {
        Ok(error) => {
            let error = error?;
            last_word.say_failed(error.fault(), &error, &mut None)
        }
        Err(_panic) => Ok(()),
    }
}

/// Until the camera fails, and with what.
fn capture<W: Write>(choice: &Choice, putter: &Putter<Raw>, mouth: &Mouth<W>) -> io::Result<DeviceError> {
    let mut known = None;
    let mut device = loop {
        match Device::open(choice) {
            Ok(device) => break device,
            Err(error) => mouth.say_failed(error.fault(), &error, &mut known)?,
        }
        thread::sleep(LOOK_AGAIN);
    };
    mouth.say(&Message::Opened(device.opened().clone()))?;
    let error = loop {
        match device.frame() {
            Ok(raw) => putter.put(raw),
            Err(error) => break error,
        }
    };
    // The process is about to end: nothing of a camera that failed is touched again, not even to close it.
    std::mem::forget(device);
    Ok(error)
}

fn play<W: Write>(dir: &Path, fps: f64, looping: bool, mut look: Look<'_, W>, mouth: &Mouth<W>) -> io::Result<()> {
    let mut known = None;
    let mut replay = loop {
        match Replay::open(dir, fps, looping) {
            Ok(replay) => break replay,
            Err(error) => mouth.say_failed(replay_fault(&error), &error, &mut known)?,
        }
        thread::sleep(LOOK_AGAIN);
    };
    let mut due_ms = look.now_ms();
    loop {
        match replay.next_frame() {
            Some(Ok(frame)) => look.at_frame(frame)?,
            // An empty folder is a camera before which nobody stands.
            None => mouth.say(&Message::Nothing)?,
            Some(Err(ReplayError::Picture(error))) => {
                tracing::warn!(%error, "a picture was skipped");
                look.corrupt()?;
                mouth.say(&Message::Nothing)?;
            }
            Some(Err(error @ (ReplayError::Folder { .. } | ReplayError::Rate { .. }))) => {
                mouth.say_failed(replay_fault(&error), &error, &mut known)?;
            }
        }
        let interval_ms = u64::try_from(replay.interval().as_millis()).unwrap_or(u64::MAX);
        // Behind by more than a frame, it does not catch up: frames are to be new, not many.
        due_ms = due_ms.saturating_add(interval_ms).max(look.now_ms());
        loop {
            let left = Duration::from_millis(due_ms.saturating_sub(look.now_ms()));
            thread::sleep(left.min(LOOK_AGAIN));
            if left <= LOOK_AGAIN {
                break;
            }
            mouth.say(&Message::Alive)?;
        }
    }
}

const fn replay_fault(error: &ReplayError) -> CameraFault {
    match error {
        ReplayError::Folder { .. } => CameraFault::NotFound,
        ReplayError::Rate { .. } | ReplayError::Picture(_) => CameraFault::Unusable,
    }
}

/// The process's output, of which both threads say their part.
#[derive(Debug)]
struct Mouth<W>(Arc<Mutex<W>>);

impl<W> Clone for Mouth<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W: Write> Mouth<W> {
    fn say(&self, message: &Message) -> io::Result<()> {
        wire::say(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), message)
    }

    /// Said every time, as a sign of life; the whole story goes to the log, once.
    fn say_failed(
        &self,
        fault: CameraFault,
        error: &(dyn Error + 'static),
        known: &mut Option<CameraFault>,
    ) -> io::Result<()> {
        if known.replace(fault) != Some(fault) {
            tracing::warn!(error, "no picture");
        }
        self.say(&Message::Failed(fault))
    }
}

/// What is done with each frame, and the count of it.
struct Look<'c, W> {
    clock: &'c dyn Clock,
    mouth: Mouth<W>,
    reader: Reader,
    tally: Tally,
    cpu: Option<ProcessTime>,
    preview_due_ms: u64,
    tally_due_ms: u64,
}

impl<'c, W: Write> Look<'c, W> {
    fn new(clock: &'c dyn Clock, mouth: Mouth<W>) -> Self {
        Self {
            clock,
            mouth,
            reader: Reader::new(),
            tally: Tally::default(),
            cpu: ProcessTime::try_now().ok(),
            preview_due_ms: 0,
            tally_due_ms: 0,
        }
    }

    fn now_ms(&self) -> u64 {
        self.clock.read().since_boot_ms
    }

    /// A corrupt frame is counted and nothing is said of it: if none but such come, the gate finds the camera stalled.
    fn at_raw(&mut self, raw: &Raw, frames: &Taker<Raw>) -> io::Result<()> {
        (self.tally.frames, self.tally.overlaid) = frames.counts();
        match raw.decode().and_then(|decoded| Ok((decoded.grey()?, decoded))) {
            Ok((grey, decoded)) => {
                let preview = self.preview_is_due().then(|| decoded.preview());
                self.at(&grey, preview)
            }
            Err(error) => {
                tracing::debug!(%error, "skipped");
                self.corrupt()
            }
        }
    }

    fn at_frame(&mut self, Frame { grey, preview }: Frame) -> io::Result<()> {
        self.tally.frames += 1;
        let preview = self.preview_is_due().then_some(preview);
        self.at(&grey, preview)
    }

    /// The picture first: it is seen before the verdict on what is in it.
    fn at(&mut self, grey: &GreyFrame, preview: Option<Preview>) -> io::Result<()> {
        if let Some(preview) = preview {
            self.mouth.say(&Message::Preview(preview))?;
        }
        let texts: Vec<String> = self.reader.read(grey).into_iter().map(|Symbol { text, .. }| text).collect();
        if texts.is_empty() {
            self.mouth.say(&Message::Nothing)?;
        } else {
            self.tally.read += 1;
            self.mouth.say(&Message::Codes(texts))?;
        }
        self.say_tally()
    }

    fn corrupt(&mut self) -> io::Result<()> {
        self.tally.corrupt += 1;
        self.say_tally()
    }

    fn preview_is_due(&mut self) -> bool {
        let now_ms = self.now_ms();
        let due = now_ms >= self.preview_due_ms;
        if due {
            self.preview_due_ms = now_ms + PREVIEW_EVERY_MS;
        }
        due
    }

    fn say_tally(&mut self) -> io::Result<()> {
        let now_ms = self.now_ms();
        if now_ms < self.tally_due_ms {
            return Ok(());
        }
        self.tally_due_ms = now_ms + TALLY_EVERY_MS;
        let spent = self.cpu.and_then(|began| began.try_elapsed().ok()).unwrap_or_default();
        self.tally.cpu_ms = u64::try_from(spent.as_millis()).unwrap_or(u64::MAX);
        self.mouth.say(&Message::Tally(self.tally))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;
    use crate::{
        camera::{drawn, mjpeg, raw::Layout},
        clock::SystemClock,
    };

    /// A pipe whose reader may let go.
    struct Pipe(SyncSender<Vec<u8>>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Heard(Receiver<Vec<u8>>, Vec<u8>);

    impl Read for Heard {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            if self.1.is_empty() {
                self.1 = self.0.recv_timeout(Duration::from_secs(60)).map_err(io::Error::other)?;
            }
            let length = bytes.len().min(self.1.len());
            bytes[..length].copy_from_slice(&self.1[..length]);
            self.1.drain(..length);
            Ok(length)
        }
    }

    fn playing(dir: &Path, looping: bool) -> (thread::JoinHandle<io::Result<()>>, Heard) {
        let (sender, receiver) = sync_channel(64);
        let source = Source::Replay { dir: dir.to_owned(), fps: 50.0, looping };
        let run = move || run(&source, &SystemClock, Pipe(sender));
        let mut heard = Heard(receiver, Vec::new());
        let thread = thread::Builder::new().name("child".into()).spawn(run).unwrap();
        wire::hear_opening(&mut heard).unwrap();
        (thread, heard)
    }

    fn next(heard: &mut Heard, wanted: impl Fn(&Message) -> bool) -> Message {
        loop {
            let message = wire::hear(heard).unwrap();
            if wanted(&message) {
                return message;
            }
        }
    }

    #[test]
    fn a_picture_becomes_a_preview_and_a_code_and_then_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let text = drawn::pass_text(1);
        let picture = drawn::placed(drawn::white(400, 400), &drawn::symbol(&text, 4), 60, 60);
        drawn::saved(&picture, folder.path(), "pass.png");
        let (thread, mut heard) = playing(folder.path(), false);
        assert_eq!(next(&mut heard, |_| true), Message::Alive);
        let Message::Preview(preview) = next(&mut heard, |_| true) else { panic!("the picture comes first") };
        assert_eq!(preview.width, 400);
        assert_eq!(next(&mut heard, |_| true), Message::Codes(vec![text]));
        let Message::Tally(tally) = next(&mut heard, |_| true) else { panic!("the count follows") };
        assert_eq!((tally.frames, tally.read, tally.corrupt, tally.overlaid), (1, 1, 0, 0));
        assert_eq!(next(&mut heard, |_| true), Message::Nothing);
        drop(heard);
        assert!(thread.join().unwrap().is_err(), "it ends when nobody listens");
    }

    #[test]
    fn a_broken_picture_is_counted_and_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.png"), b"no picture").unwrap();
        let picture = drawn::placed(drawn::white(400, 400), &drawn::symbol("hello", 4), 60, 60);
        drawn::saved(&picture, folder.path(), "b.png");
        let (_thread, mut heard) = playing(folder.path(), true);
        next(&mut heard, |message| matches!(message, Message::Codes(_)));
        next(&mut heard, |message| matches!(message, Message::Tally(tally) if tally.corrupt > 0));
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_camera_that_is_not_found_until_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let frames = folder.path().join("frames");
        let (_thread, mut heard) = playing(&frames, true);
        let not_found = |message: &Message| *message == Message::Failed(CameraFault::NotFound);
        next(&mut heard, not_found);
        next(&mut heard, not_found);
        std::fs::create_dir(&frames).unwrap();
        next(&mut heard, |message| *message == Message::Nothing);
        std::fs::remove_dir(&frames).unwrap();
        next(&mut heard, not_found);
    }

    #[test]
    fn a_torn_frame_of_a_camera_is_counted_and_not_spoken_of() {
        let (sender, receiver) = sync_channel(64);
        let mut heard = Heard(receiver, Vec::new());
        let mut look = Look::new(&SystemClock, Mouth(Arc::new(Mutex::new(Pipe(sender)))));
        let text = drawn::pass_text(2);
        let picture = drawn::placed(drawn::white(400, 400), &drawn::symbol(&text, 4), 60, 60);
        let bytes = mjpeg::tests::jpeg(&image::DynamicImage::from(picture).into_rgb8());
        let (_putter, frames) = slot();
        let torn = bytes[..bytes.len() / 2].to_vec();
        look.at_raw(&Raw { layout: Layout::Mjpeg, width: 400, height: 400, bytes: torn }, &frames).unwrap();
        look.tally_due_ms = 0;
        look.at_raw(&Raw { layout: Layout::Mjpeg, width: 400, height: 400, bytes }, &frames).unwrap();
        assert!(matches!(next(&mut heard, |_| true), Message::Tally(tally) if tally.corrupt == 1));
        assert!(matches!(next(&mut heard, |_| true), Message::Preview(_)));
        assert_eq!(next(&mut heard, |_| true), Message::Codes(vec![text]));
        assert!(matches!(next(&mut heard, |_| true), Message::Tally(tally) if tally.corrupt == 1 && tally.read == 1));
    }

    #[test]
    fn a_camera_is_read_within_the_budget_of_a_frame() {
        let (sender, _receiver) = sync_channel(1);
        let look = Look::new(&SystemClock, Mouth(Arc::new(Mutex::new(Pipe(sender)))));
        assert_eq!(format!("{:?}", look.reader), "Reader { limit: Some(33ms), .. }");
    }

    #[test]
    fn it_is_outlived_only_by_a_gate_that_is_there() {
        outlived_by(io::empty());
    }
}
