//! The window as a guard has it: on a screen, with a camera on a plug, and colours that say what to do.
//!
//! What is looked at is one pixel of the verdict's ground. How long each thing took is printed and not judged: a busy machine
//! without a graphics card says little about a gate's.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, sync_channel},
    thread,
    time::Duration,
};

use gate_terminal::ui::theme;
use shared::time::CampusDay;
use sync_server::clock::{Clock as _, SystemClock};
use world::{
    Trouble,
    campus::Campus,
    fake_camera::FakeCamera,
    frames::{self, Pose},
    monitor::Monitor,
    people::Form,
    program,
    terminal::Terminal,
};

const SCREEN: (u32, u32) = (1280, 800);
/// On the ground of the verdict, left of its sign.
const GROUND: (u32, u32) = (540, 180);

const NEUTRAL: [u8; 3] = rgb(theme::NEUTRAL.to_array());
const GREEN: [u8; 3] = rgb(theme::GREEN.to_array());
const AMBER: [u8; 3] = rgb(theme::AMBER.to_array());

const fn rgb([red, green, blue, _]: [u8; 4]) -> [u8; 3] {
    [red, green, blue]
}

/// The program with its window. What it logs can be waited for.
struct Window {
    child: Child,
    lines: Receiver<String>,
}

impl Window {
    fn open(data: &Path, url: &str, camera: &FakeCamera, monitor: &Monitor) -> Result<Self, Trouble> {
        let settings = data.join("gate-terminal.toml");
        fs::write(&settings, format!("data_dir = {data:?}\nserver_url = {url:?}\n[camera]\nkind = 'usb'\n"))?;
        let mut command = Command::new(program::built()?);
        command.arg("--config").arg(settings).env("LD_PRELOAD", camera.library()).env("RUST_LOG", "info");
        let mut child = monitor.before(&mut command).stderr(Stdio::piped()).spawn()?;
        let (sender, lines) = sync_channel(10_000);
        if let Some(log) = child.stderr.take() {
            thread::Builder::new().name("log of the gate".to_owned()).spawn(move || {
                BufReader::new(log).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
            })?;
        }
        Ok(Self { child, lines })
    }

    fn logs(&self, wanted: &str) -> Result<(), Trouble> {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(60));
            if line.map_err(|_| Trouble::Waited(wanted.to_owned()))?.contains(wanted) {
                return Ok(());
            }
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[expect(clippy::print_stdout, reason = "a figure for whoever runs the story to see it")]
fn told(what: &str, took: Duration) {
    println!("{what}: {} ms", took.as_millis());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_sees_green_and_sees_the_camera_go_and_come_back() -> Result<(), Trouble> {
    let campus = Campus::of_today().await?;
    let today = Form::good(CampusDay::of(campus.now())).with("from", "00:00").with("until", "24:00");
    let (first, second) = (campus.approved(&today).await?, campus.approved(&today).await?);
    // They waited a minute for each code, which the machine's own clock did not.
    campus.clock.leap(SystemClock.now().since(campus.now()));
    // Enrolled when all of it is known, so that the first verdict waits for no news.
    let data = Terminal::enrolled(&campus, 0).await?.directory().to_owned();
    let (camera, monitor) = (FakeCamera::new()?, Monitor::lit(SCREEN.0, SCREEN.1)?);
    camera.sees(&frames::empty(1))?;
    let window = Window::open(&data, &campus.url, &camera, &monitor)?;
    told("open", monitor.shows("the window, waiting", NEUTRAL, GROUND)?);
    window.logs("line to the server")?;

    camera.sees(&frames::phone(&first.picture, Pose::default())?)?;
    told("green", monitor.shows("通行", GREEN, GROUND)?);
    camera.sees(&frames::empty(1))?;
    monitor.shows("the next person's turn", NEUTRAL, GROUND)?;

    camera.unplug(0)?;
    told("the loss is said", monitor.shows("看不见", AMBER, GROUND)?);
    camera.plug(0, "Fake UVC Camera")?;
    camera.sees(&frames::phone(&second.picture, Pose::default())?)?;
    told("plugged in and read", monitor.shows("通行 again", GREEN, GROUND)?);
    Ok(())
}
