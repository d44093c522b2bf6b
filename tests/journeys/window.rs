//! The window as a guard has it: on a screen, with a camera on a plug, and colours that say what to do.
//!
//! What is looked at is one pixel of the verdict's ground. How long each thing took is printed and not judged: a busy machine
//! without a graphics card says little about a gate's.

use std::{path::PathBuf, sync::Arc, time::Duration};

use gate_terminal::{enrol::KEY_FILE, ui::theme};
use gatehouse::machine;
use shared::time::CampusDay;
use sync_server::clock::{Clock as _, SystemClock};
use world::{
    Trouble,
    campus::{Approved, Campus},
    fake_camera::FakeCamera,
    frames::{self, Pose},
    keyboard::Keyboard,
    monitor::Monitor,
    people::Form,
    terminal::Terminal,
    window::Window,
};

const SCREEN: (u32, u32) = (1280, 800);
/// On the ground of the verdict, left of its sign.
const GROUND: (u32, u32) = (540, 180);

const NEUTRAL: [u8; 3] = rgb(theme::NEUTRAL.to_array());
const GREEN: [u8; 3] = rgb(theme::GREEN.to_array());
const AMBER: [u8; 3] = rgb(theme::AMBER.to_array());
const RED: [u8; 3] = rgb(theme::RED.to_array());
/// On the ground of what is said where the gate cannot begin.
const STOPPED: (u32, u32) = (200, 200);

const fn rgb([red, green, blue, _]: [u8; 4]) -> [u8; 3] {
    [red, green, blue]
}

#[expect(clippy::print_stdout, reason = "a figure for whoever runs the story to see it")]
fn told(what: &str, took: Duration) {
    println!("{what}: {} ms", took.as_millis());
}

/// A campus on the machine's own clock, with two visitors of today and a terminal that knows them.
async fn two_visitors() -> Result<(Campus, [Approved; 2], PathBuf), Trouble> {
    machine::wait_for_a_day_that_lasts(Duration::from_secs(900));
    let campus = Campus::of_today().await?;
    let today = Form::good(CampusDay::of(campus.now())).with("from", "00:00").with("until", "24:00");
    let visitors = [campus.approved(&today).await?, campus.approved(&today).await?];
    // They waited a minute for each code, which the machine's own clock did not.
    campus.clock.leap(SystemClock.now().since(campus.now()));
    let clock = Arc::clone(&campus.clock);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            clock.advance(SystemClock.now().since(clock.now()));
        }
    });
    // Enrolled when all of it is known, so that the first verdict waits for no news.
    let data = Terminal::enrolled(&campus, 0).await?.directory().to_owned();
    Ok((campus, visitors, data))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_sees_green_and_sees_the_camera_go_and_come_back() -> Result<(), Trouble> {
    let (campus, [first, second], data) = two_visitors().await?;
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

/// Here its key is gone; a disk that is full is said and tried again alike.
#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_cannot_begin_says_so_on_its_screen_and_begins_by_itself() -> Result<(), Trouble> {
    let (campus, _, data) = two_visitors().await?;
    let (camera, monitor) = (FakeCamera::new()?, Monitor::lit(SCREEN.0, SCREEN.1)?);
    camera.sees(&frames::empty(1))?;
    let (key, aside) = (data.join(KEY_FILE), data.join("aside"));
    std::fs::rename(&key, &aside)?;
    let _window = Window::open(&data, &campus.url, &camera, &monitor)?;
    told("said", monitor.shows("本机现在不能核验通行码", RED, STOPPED)?);
    std::fs::rename(&aside, &key)?;
    told("begun by itself", monitor.shows("the window, waiting", NEUTRAL, GROUND)?);
    Ok(())
}

/// Real keys at a real window, which is slow to draw, and nobody had to click anywhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_wedge_scanner_types_a_pass_on_any_screen() -> Result<(), Trouble> {
    let (campus, [first, second], data) = two_visitors().await?;
    let (camera, monitor) = (FakeCamera::new()?, Monitor::lit(SCREEN.0, SCREEN.1)?);
    camera.sees(&frames::empty(1))?;
    let window = Window::open(&data, &campus.url, &camera, &monitor)?;
    monitor.shows("the window, waiting", NEUTRAL, GROUND)?;
    window.logs("line to the server")?;
    let keyboard = Keyboard::at(&monitor)?;

    told("typed, and green", scanned(&keyboard, &monitor, &first)?);
    monitor.shows("the next person's turn", NEUTRAL, GROUND)?;
    // On the screen for finding, whose field must not get a letter of it.
    keyboard.presses_f(4)?;
    scanned(&keyboard, &monitor, &second)?;
    Ok(())
}

/// A machine that stands still between two keys takes a scanner for a hand, and a guard scans again.
fn scanned(keyboard: &Keyboard, monitor: &Monitor, visitor: &Approved) -> Result<Duration, Trouble> {
    for _ in 0..3 {
        keyboard.scans(&visitor.text)?;
        if let Some(took) = monitor.shows_within(Duration::from_secs(10), GREEN, GROUND)? {
            return Ok(took);
        }
    }
    monitor.shows("通行", GREEN, GROUND)
}
