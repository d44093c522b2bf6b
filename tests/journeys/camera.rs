//! A camera that stalls, is pulled out, is taken by another program, or sends rubbish: the gate says so, and reads again by itself.
//!
//! The whole program runs, as a process, on a camera that is not there. What is told is what happens and in what order; how
//! long it took is printed, because on a busy machine it says little.

use std::{fs, path::PathBuf, thread, time::Duration};

use gate_terminal::{
    camera::wire::{self, Message, WireError},
    ports::CameraFault,
};
use image::{GrayImage, ImageFormat, Luma};
use qrcode::{Color, EcLevel, QrCode};
use serde_json::Value;
use tempfile::TempDir;
use world::{
    Trouble,
    campus::{Campus, today},
    fake_camera::{FakeCamera, Fault},
    frames::{self, Pose},
    people::Form,
    program::{self, Program},
    terminal::Terminal,
};

/// A gate with a camera on a plug.
struct Post {
    gate: Program,
    camera: FakeCamera,
    campus: Campus,
    shown: u32,
}

impl Post {
    async fn manned(settings: &str, fault: Fault) -> Result<Self, Trouble> {
        let campus = Campus::open().await?;
        let data = Terminal::enrolled(&campus, 0).await?.directory().to_owned();
        let camera = FakeCamera::new()?;
        camera.sees(&frames::empty(1))?;
        camera.suffers(fault)?;
        let gate = Program::gate(&data, &campus.url, settings, &camera.library())?;
        gate.next("the gate", |line| line["event"] == "ready")?;
        Ok(Self { gate, camera, campus, shown: 0 })
    }

    /// Until the gate says this of its camera.
    fn camera_is(&self, state: &str, why: Option<&str>) -> Result<Duration, Trouble> {
        let what = format!("the camera to be {state} {why:?}");
        let wanted = |line: &Value| line["event"] == "camera" && line["state"] == state && line["why"].as_str() == why;
        let (_, took) = self.gate.next(&what, wanted)?;
        told(&what, took);
        Ok(took)
    }

    /// Somebody holds a code before the camera that it has not seen, and the gate says what it is.
    fn reads(&mut self) -> Result<(), Trouble> {
        self.shown += 1;
        let code = format!("https://example.edu.cn/menu/{}", self.shown);
        self.camera.sees(&frames::phone(&png(&code)?, Pose::default())?)?;
        let (line, took) = self.gate.next("a verdict", |line| line["event"] == "verdict")?;
        assert_eq!(line.pointer("/reason/why").and_then(Value::as_str), Some("not_ours"));
        told("read", took);
        self.camera.sees(&frames::empty(1))
    }
}

#[expect(clippy::print_stdout, reason = "a figure for whoever runs the story to see it")]
fn told(what: &str, took: Duration) {
    println!("{what}: {} ms", took.as_millis());
}

fn png(text: &str) -> Result<Vec<u8>, Trouble> {
    let code =
        QrCode::with_error_correction_level(text, EcLevel::M).map_err(|error| Trouble::NotHeld(error.to_string()))?;
    let modules = u32::try_from(code.width()).map_err(|_| Trouble::NotHeld("a small code".to_owned()))?;
    let colours = code.to_colors();
    let side = (modules + 8) * 8;
    let picture = GrayImage::from_fn(side, side, |x, y| {
        let inside = |px: u32| (px / 8).checked_sub(4).filter(|&module| module < modules);
        let at = inside(x).zip(inside(y)).and_then(|(x, y)| usize::try_from(y * modules + x).ok());
        Luma([if at.and_then(|at| colours.get(at)) == Some(&Color::Dark) { 0 } else { 255 }])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_stalls_is_said_to_and_reads_again() -> Result<(), Trouble> {
    let mut post = Post::manned("kind = 'usb'", Fault::None).await?;
    post.camera_is("running", None)?;
    post.reads()?;
    post.camera.suffers(Fault::Stall)?;
    post.camera_is("failed", Some("stalled"))?;
    // Meanwhile the gate does what else it has to do.
    let approved = post.campus.approved(&Form::good(today())).await?;
    post.gate.next("news", |line| line["event"] == "news")?;
    post.camera.suffers(Fault::None)?;
    post.camera_is("running", None)?;
    post.reads()?;

    post.camera.sees(&frames::phone(&approved.picture, Pose::default())?)?;
    let (line, _) = post.gate.next("the pass", |line| line["event"] == "verdict")?;
    assert!(line["pass"].is_string(), "a pass, whatever is said to it under this machine's clock: {line}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_is_pulled_out_and_put_in_again_needs_nobody() -> Result<(), Trouble> {
    let mut post = Post::manned("kind = 'usb'\nname = 'UVC'", Fault::None).await?;
    post.camera_is("running", None)?;
    post.reads()?;
    post.camera.unplug(0)?;
    post.camera_is("failed", Some("unplugged"))?;
    // On another plug, behind another camera.
    post.camera.plug(0, "Built-in")?;
    post.camera.plug(3, "Fake UVC Camera")?;
    post.camera_is("running", None)?;
    post.reads()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_in_other_hands_or_out_of_reach_is_waited_for() -> Result<(), Trouble> {
    let mut post = Post::manned("kind = 'usb'", Fault::Busy).await?;
    post.camera_is("failed", Some("busy"))?;
    post.camera.suffers(Fault::Denied)?;
    post.camera_is("failed", Some("not_allowed"))?;
    post.camera.unplug(0)?;
    post.camera_is("failed", Some("not_found"))?;
    post.camera.plug(0, "Fake UVC Camera")?;
    post.camera.suffers(Fault::None)?;
    post.camera_is("running", None)?;
    post.reads()
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_from_the_camera_is_survived() -> Result<(), Trouble> {
    let mut post = Post::manned("kind = 'usb'", Fault::None).await?;
    post.camera_is("running", None)?;
    for fault in [Fault::Truncated, Fault::Noise] {
        post.camera.suffers(fault)?;
        post.camera_is("failed", Some("stalled"))?;
        post.camera.suffers(Fault::None)?;
        post.camera_is("running", None)?;
        post.reads()?;
    }
    // Rubbish between good frames is nothing the gate need know, and neither is a slow camera.
    post.camera.sees_bytes("MJPG_1280x720", "1.jpg", b"\xff\xd8 no picture")?;
    post.reads()?;
    post.camera.suffers(Fault::Slow)?;
    post.reads()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_killed_is_replaced_and_the_gate_goes_on() -> Result<(), Trouble> {
    let mut post = Post::manned("kind = 'usb'", Fault::None).await?;
    post.camera_is("running", None)?;
    for _ in 0..3 {
        let reader = program::reader_of(post.gate.pid())?;
        program::kill(reader)?;
        post.camera_is("failed", Some("reader_crashed"))?;
        post.camera_is("running", None)?;
        post.reads()?;
        assert!(!program::is_running(reader));
    }
    let reader = program::reader_of(post.gate.pid())?;
    drop(post.gate);
    let gone = (0..500).any(|_| {
        thread::sleep(Duration::from_millis(20));
        !program::is_running(reader)
    });
    assert!(gone, "a reader whose gate was killed ends by itself");
    Ok(())
}

/// The reading process alone, heard as the gate hears it.
struct Alone {
    child: std::process::Child,
    output: std::process::ChildStdout,
    camera: FakeCamera,
}

impl Alone {
    fn reading(source: &str, camera: FakeCamera) -> Result<Self, Trouble> {
        let mut command = std::process::Command::new(program::built()?);
        command.args(["camera-child", source]).env("LD_PRELOAD", camera.library());
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = command.spawn()?;
        let mut output = child.stdout.take().ok_or_else(|| Trouble::NotHeld("an output".to_owned()))?;
        wire::hear_opening(&mut output).map_err(|error| Trouble::NotHeld(error.to_string()))?;
        Ok(Self { child, output, camera })
    }

    fn next(&mut self, wanted: impl Fn(&Message) -> bool) -> Result<Message, Trouble> {
        loop {
            let message = wire::hear(&mut self.output).map_err(|error| Trouble::NotHeld(error.to_string()))?;
            if wanted(&message) {
                return Ok(message);
            }
        }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Two pixels of grey in four bytes, without colour.
fn yuyv(code: &str) -> Result<Vec<u8>, Trouble> {
    let phone = frames::phone(&png(code)?, Pose::default())?;
    let grey = image::imageops::grayscale(&image::imageops::crop_imm(&phone, 320, 120, 640, 480).to_image());
    Ok(grey.as_raw().iter().flat_map(|&light| [light, 128]).collect())
}

#[test]
fn of_several_formats_the_best_is_taken_and_each_can_be_read() -> Result<(), Trouble> {
    let opened = |message: &Message| matches!(message, Message::Opened(_));
    let codes = |message: &Message| matches!(message, Message::Codes(_));

    let camera = FakeCamera::new()?;
    camera.sees_bytes("YUYV_640x480", "0.yuyv", &yuyv("raw")?)?;
    let mut alone = Alone::reading(r#"{"kind":"usb"}"#, camera)?;
    let Message::Opened(raw) = alone.next(opened)? else { unreachable!() };
    assert_eq!((raw.layout.as_str(), raw.width, raw.height, raw.name.as_str()), ("YUYV", 640, 480, "Fake UVC Camera"));
    assert_eq!(alone.next(codes)?, Message::Codes(vec!["raw".to_owned()]));

    let camera = FakeCamera::new()?;
    camera.sees_bytes("YUYV_640x480", "0.yuyv", &yuyv("raw")?)?;
    camera.sees(&frames::phone(&png("compressed")?, Pose::default())?)?;
    let mut alone = Alone::reading(r#"{"kind":"usb","index":0}"#, camera)?;
    let Message::Opened(best) = alone.next(opened)? else { unreachable!() };
    assert_eq!((best.layout.as_str(), best.width, best.height), ("MJPEG", 1280, 720));
    assert_eq!(alone.next(codes)?, Message::Codes(vec!["compressed".to_owned()]));

    let torn = fs::read(program::built()?)?;
    alone.camera.sees_bytes("MJPG_1280x720", "1.jpg", &torn[..20_000])?;
    let Message::Tally(tally) =
        alone.next(|message| matches!(message, Message::Tally(tally) if tally.corrupt > 0 && tally.read > 5))?
    else {
        unreachable!()
    };
    assert!(tally.frames >= tally.read + tally.corrupt + tally.overlaid, "{tally:?}");

    alone.camera.unplug(0)?;
    alone.next(|message| *message == Message::Failed(CameraFault::Unplugged))?;
    assert!(matches!(wire::hear(&mut alone.output), Err(WireError::Ended)), "that was its last word");
    assert!(alone.child.wait()?.success());
    Ok(())
}

#[test]
fn a_reading_process_ends_with_its_input() -> Result<(), Trouble> {
    let frames: TempDir = tempfile::tempdir()?;
    let folder: PathBuf = frames.path().to_owned();
    let source = format!(r#"{{"kind":"replay","dir":{folder:?},"fps":5.0,"looping":false}}"#);
    let mut alone = Alone::reading(&source, FakeCamera::new()?)?;
    alone.next(|message| *message == Message::Nothing)?;
    drop(alone.child.stdin.take());
    assert!(alone.child.wait()?.success());
    Ok(())
}
