//! Reading processes that stall, die and lie, played by a shell: the gate hears why, and the next one is started.

use std::{
    fs,
    path::Path,
    sync::mpsc::{Receiver, sync_channel},
};

use super::*;
use crate::{
    camera::wire::{self, Tally},
    clock::SystemClock,
};

/// What a process says, in a file that a shell can print.
fn saying(folder: &Path, name: &str, messages: &[Message]) -> String {
    let mut bytes = Vec::new();
    wire::open(&mut bytes).unwrap();
    messages.iter().for_each(|message| wire::say(&mut bytes, message).unwrap());
    raw(folder, name, &bytes)
}

fn raw(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let file = folder.join(name);
    fs::write(&file, bytes).unwrap();
    file.display().to_string()
}

/// A shell that does `first` when it is started for the first time in this folder, and then `later`.
fn first_then(folder: &Path, first: &str, later: &str) -> ReaderProgram {
    let been = folder.join("been").display().to_string();
    let script = format!("if test -e {been}; then {later}; else : >{been}; {first}; fi");
    ReaderProgram::of("/bin/sh", ["-c", &script])
}

fn watched(program: ReaderProgram) -> (CameraThread, Receiver<Event>, Receiver<Preview>) {
    let (events, heard) = sync_channel(64);
    let (pictures, seen) = sync_channel(64);
    let show = move |preview| drop(pictures.try_send(preview));
    (spawn(program, SystemClock, events, show).unwrap(), heard, seen)
}

fn next(heard: &Receiver<Event>, wanted: impl Fn(&Event) -> bool) -> Event {
    loop {
        let event = heard.recv_timeout(Duration::from_secs(30)).expect("the event comes");
        if wanted(&event) {
            return event;
        }
    }
}

/// The next state, whatever frames come between.
fn state(heard: &Receiver<Event>) -> CameraState {
    let Event::Camera(state) = next(heard, |event| matches!(event, Event::Camera(_))) else { unreachable!() };
    state
}

const fn failed(why: CameraFault) -> CameraState {
    CameraState::Failed { why }
}

#[test]
fn what_the_process_says_reaches_the_gate_the_window_and_the_meter() {
    let folder = tempfile::tempdir().unwrap();
    let opened =
        Opened { name: "USB\u{7}\u{1b} 摄像头".into(), layout: "MJPEG".into(), width: 1280, height: 720, fps: 30 };
    let preview = Preview { width: 1, height: 1, rgb: vec![1, 2, 3] };
    let tally = Tally { frames: 9, corrupt: 2, ..Tally::default() };
    let says = [
        Message::Alive,
        Message::Opened(opened.clone()),
        Message::Preview(preview.clone()),
        Message::Tally(tally),
        Message::Codes(vec!["A".into(), "B".into()]),
        Message::Nothing,
    ];
    let file = saying(folder.path(), "says", &says);
    let (camera, heard, seen) = watched(ReaderProgram::of("/bin/sh", ["-c", &format!("cat {file}; exec sleep 100")]));
    assert_eq!(state(&heard), CameraState::Running);
    let Event::Codes(texts) = next(&heard, |_| true) else { panic!("the codes follow") };
    assert_eq!(texts, ["A", "B"]);
    next(&heard, |event| matches!(event, Event::NoCode));
    assert_eq!(seen.recv().unwrap(), preview);
    let stats = camera.gauge().stats();
    assert_eq!((stats.total, stats.restarts), (tally, 0));
    assert_eq!(stats.camera, Some(Opened { name: "USB 摄像头".into(), ..opened }));
}

#[test]
fn a_silent_process_has_stalled_and_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let file = saying(folder.path(), "frame", &[Message::Nothing]);
    let program =
        first_then(folder.path(), &format!("cat {file}; exec sleep 100"), &format!("cat {file}; exec sleep 100"));
    let (camera, heard, _seen) = watched(program);
    assert_eq!(state(&heard), CameraState::Running);
    assert_eq!(state(&heard), failed(CameraFault::Stalled));
    assert_eq!(state(&heard), CameraState::Running);
    assert_eq!(camera.gauge().stats().restarts, 1);
}

#[test]
fn a_process_that_only_counts_torn_frames_has_stalled() {
    let folder = tempfile::tempdir().unwrap();
    let frame = saying(folder.path(), "frame", &[Message::Nothing]);
    let torn = saying(folder.path(), "torn", &[Message::Tally(Tally { corrupt: 9, ..Tally::default() })]);
    let program = first_then(
        folder.path(),
        &format!("cat {frame}; while tail -c +6 {torn}; do sleep 0.1; done"),
        &format!("cat {frame}; exec sleep 100"),
    );
    let (_camera, heard, _seen) = watched(program);
    assert_eq!(state(&heard), CameraState::Running);
    assert_eq!(state(&heard), failed(CameraFault::Stalled));
    assert_eq!(state(&heard), CameraState::Running);
}

#[test]
fn a_process_that_dies_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let file = saying(folder.path(), "frame", &[Message::Nothing]);
    for death in ["kill -9 $$", "exit 101", "kill -SEGV $$"] {
        let folder = tempfile::tempdir().unwrap();
        let first = format!("cat {file}; {death}");
        let (_camera, heard, _seen) =
            watched(first_then(folder.path(), &first, &format!("cat {file}; exec sleep 100")));
        assert_eq!(state(&heard), CameraState::Running);
        assert_eq!(state(&heard), failed(CameraFault::ReaderCrashed), "{death}");
        assert_eq!(state(&heard), CameraState::Running);
    }
}

#[test]
fn a_process_that_says_what_makes_no_sense_is_killed_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let good = saying(folder.path(), "good", &[Message::Nothing]);
    let beginning = fs::read(&good).unwrap();
    for (number, nonsense) in
        [&b"\xff\xff\xff\xff"[..], b"\x02\0\0\0\x63\0", b"\x03\0\0\0\x04\xff\0", b"\x01\0\0\0\x05"]
            .into_iter()
            .enumerate()
    {
        let folder = tempfile::tempdir().unwrap();
        let bad = raw(folder.path(), &number.to_string(), &[&beginning, nonsense].concat());
        // It would go on for ever.
        let first = format!("cat {bad} /dev/zero");
        let (_camera, heard, _seen) =
            watched(first_then(folder.path(), &first, &format!("cat {good}; exec sleep 100")));
        assert_eq!(state(&heard), CameraState::Running);
        assert_eq!(state(&heard), failed(CameraFault::ReaderCrashed), "{nonsense:?}");
        assert_eq!(state(&heard), CameraState::Running);
    }
    let other = raw(folder.path(), "other", b"GCAM\xfe");
    let program = first_then(folder.path(), &format!("cat {other} /dev/zero"), &format!("cat {good}; exec sleep 100"));
    let (_camera, heard, _seen) = watched(program);
    assert_eq!(state(&heard), failed(CameraFault::ReaderCrashed), "another version");
    assert_eq!(state(&heard), CameraState::Running);
}

#[test]
fn an_unplugged_camera_stays_unplugged_until_frames_come() {
    let folder = tempfile::tempdir().unwrap();
    let fault = |why| saying(folder.path(), &format!("{why:?}"), &[Message::Failed(why)]);
    let frame = saying(folder.path(), "frame", &[Message::Nothing]);
    let unplugged = saying(folder.path(), "gone", &[Message::Nothing, Message::Failed(CameraFault::Unplugged)]);
    let not_found = fault(CameraFault::NotFound);
    let tail = format!("tail -c +6 {frame}");
    let program = first_then(
        folder.path(),
        &format!("cat {unplugged}"),
        &format!("cat {not_found}; sleep 1; tail -c +6 {not_found}; sleep 1; {tail}; exec sleep 100"),
    );
    let (_camera, heard, _seen) = watched(program);
    assert_eq!(state(&heard), CameraState::Running);
    assert_eq!(state(&heard), failed(CameraFault::Unplugged));
    assert_eq!(state(&heard), CameraState::Running, "that it is not found is not told");
}

#[test]
fn a_program_that_cannot_be_started_is_said_to_have_crashed() {
    let (_camera, heard, _seen) = watched(ReaderProgram::of("/nowhere/reader", ["x"]));
    assert_eq!(state(&heard), failed(CameraFault::ReaderCrashed));
}

#[test]
fn nothing_of_the_gates_surroundings_is_told_to_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let names = folder.path().join("names").display().to_string();
    let frame = saying(folder.path(), "frame", &[Message::Nothing]);
    let script = format!("/usr/bin/env | /usr/bin/cut -d= -f1 >{names}; cat {frame}; exec sleep 100");
    let (_camera, heard, _seen) = watched(ReaderProgram::of("/bin/sh", ["-c", &script]));
    assert_eq!(state(&heard), CameraState::Running);
    let names = fs::read_to_string(names).unwrap();
    // Cargo tells the test a lot; the shell adds three of its own.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let own = ["PWD", "SHLVL", "_"];
    let told = ["LD_LIBRARY_PATH", "LD_PRELOAD", "PATH", "RUST_BACKTRACE", "RUST_LOG"];
    assert!(names.lines().all(|name| own.contains(&name) || told.contains(&name)), "{names}");
}

#[test]
fn the_thread_ends_with_its_handle_and_with_the_gate_and_takes_the_process_along() {
    let folder = tempfile::tempdir().unwrap();
    let frame = saying(folder.path(), "frame", &[Message::Nothing]);
    let pid = folder.path().join("pid");
    let script = format!("echo $$ >{}; cat {frame}; exec sleep 100", pid.display());
    let (camera, heard, _seen) = watched(ReaderProgram::of("/bin/sh", ["-c", &script]));
    assert_eq!(state(&heard), CameraState::Running);
    let pid = fs::read_to_string(pid).unwrap();
    let alive = || Path::new("/proc").join(pid.trim()).exists();
    assert!(alive());
    drop(camera);
    assert!(heard.iter().all(|event| !matches!(event, Event::Codes(_))), "the channel is closed");
    let gone = (0..300).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        !alive()
    });
    assert!(gone, "the process was killed and buried");
    let (camera, heard, _seen) = watched(ReaderProgram::of("/bin/sh", ["-c", &script]));
    drop(heard);
    drop(camera);
}

#[test]
fn the_thread_ends_at_once_while_frames_keep_coming() {
    let folder = tempfile::tempdir().unwrap();
    let frame = saying(folder.path(), "frame", &[Message::Nothing]);
    let script = format!("cat {frame}; while tail -c +6 {frame}; do sleep 0.02; done");
    let (camera, heard, _seen) = watched(ReaderProgram::of("/bin/sh", ["-c", &script]));
    assert_eq!(state(&heard), CameraState::Running);
    for _ in 0..20 {
        next(&heard, |event| matches!(event, Event::NoCode));
    }
    let (gone, ended) = sync_channel(1);
    let drop_it = move || {
        drop(camera);
        gone.send(()).unwrap();
    };
    std::thread::Builder::new().name("dropping".to_owned()).spawn(drop_it).unwrap();
    ended.recv_timeout(Duration::from_secs(30)).expect("the thread ends, and the frames do not");
}
