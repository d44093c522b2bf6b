//! The browser's driver: chromedriver as a child process, and what it is told, one request a step, as the WebDriver standard says.
//!
//! Written here, because the crates that speak it turn on `serde_json`'s `preserve_order`, and features are shared: with them in
//! the build the tests would judge another server than the one that is shipped.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    mem,
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::Duration,
};

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use world::{Trouble, program::kill, trouble::hold};

use crate::device::Device;

/// How long the driver may take over one step: a browser starts within seconds even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The driver of this process; the last one who lets go of it ends it, also by a panic.
#[derive(Debug)]
pub struct Driver {
    process: Child,
    port: u16,
    /// Open as long as it may have something to say.
    _output: Option<BufReader<ChildStdout>>,
    /// Browsers that nobody holds now: to start one takes longer than most of what is done with it.
    idle: Mutex<Vec<Running>>,
    /// Where browsers keep their profiles, so that none is left behind.
    room: TempDir,
}

static DRIVER: Mutex<Weak<Driver>> = Mutex::new(Weak::new());

impl Driver {
    /// One for all stories told at the same time.
    pub fn shared() -> Result<Arc<Self>, Trouble> {
        let mut shared = DRIVER.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(driver) = shared.upgrade() {
            return Ok(driver);
        }
        let driver = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&driver);
        Ok(driver)
    }

    fn start() -> Result<Self, Trouble> {
        let room = tempfile::Builder::new().prefix("browsers-").tempdir()?;
        let mut command = Command::new("chromedriver");
        // Port 0: the system chooses a free one, and the driver says which.
        command.arg("--port=0").env("TMPDIR", room.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().map_err(|error| Trouble::File("chromedriver".into(), error))?;
        let mut output = process.stdout.take().map(BufReader::new);
        let lines = output.iter_mut().flat_map(|output| output.lines().map_while(Result::ok));
        let port = lines.into_iter().find_map(|line| line.strip_prefix(STARTED)?.trim_end_matches('.').parse().ok());
        let driver = Self { process, port: port.unwrap_or_default(), _output: output, idle: Mutex::default(), room };
        hold(driver.port != 0, "chromedriver says on which port it listens")?;
        Ok(driver)
    }
}

impl Driver {
    fn idle(&self) -> MutexGuard<'_, Vec<Running>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle_one(&self, device: Device) -> Option<Running> {
        let mut idle = self.idle();
        let at = idle.iter().position(|browser| browser.device == device)?;
        Some(idle.swap_remove(at))
    }

    /// A browser outlives its driver, so one that does not close is ended by force.
    fn end(&self, browser: &Running) {
        if let (Err(_), Some(process)) = (self.close(&browser.id), browser.process) {
            kill(process).ok();
        }
    }

    /// By hand and at once: whoever lets go of a browser cannot wait for a future.
    fn close(&self, session: &str) -> std::io::Result<()> {
        let port = self.port;
        let mut line = TcpStream::connect(("127.0.0.1", port))?;
        line.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(line, "DELETE /session/{session} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n")?;
        // The answer comes when the browser is gone.
        line.read_exact(&mut [0; 8])
    }
}

const STARTED: &str = "ChromeDriver was started successfully on port ";

impl Drop for Driver {
    fn drop(&mut self) {
        // Whoever holds a browser holds on to its driver, so that all are idle now.
        let idle = mem::take(&mut *self.idle());
        for browser in &idle {
            self.end(browser);
        }
        self.process.kill().ok();
        self.process.wait().ok();
        // A browser that is ending may still write its last into its profile.
        for _ in 0..20 {
            if fs::remove_dir_all(self.room.path()).is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A browser's process, which is a device of its own.
#[derive(Debug)]
struct Running {
    device: Device,
    /// The driver's name for it.
    id: String,
    process: Option<u32>,
    /// The driver's names for what runs on every page.
    scripts: Vec<Value>,
}

/// One browser with a profile of its own.
#[derive(Debug)]
pub struct Session {
    driver: Arc<Driver>,
    http: Client,
    browser: Option<Running>,
    /// The driver's names for what runs on every page.
    scripts: Mutex<Vec<Value>>,
}

impl Session {
    pub async fn open(driver: Arc<Driver>, device: Device) -> Result<Self, Trouble> {
        // The driver hangs up on lines that rest, now and then in the moment of the next call.
        let http = Client::builder().no_proxy().timeout(PATIENCE).pool_max_idle_per_host(0).build()?;
        if let Some(mut browser) = driver.idle_one(device) {
            let scripts = Mutex::new(mem::take(&mut browser.scripts));
            let session = Self { driver, http, browser: Some(browser), scripts };
            session.forgets_everything().await?;
            return Ok(session);
        }
        let address = format!("http://127.0.0.1:{}/session", driver.port);
        let opened = value("opening a browser", http.post(address).json(&device.capabilities()).send().await?).await?;
        let id = opened.get("sessionId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let process = opened.pointer("/capabilities/goog:processID").and_then(Value::as_u64);
        let process = process.and_then(|process| process.try_into().ok());
        let browser = Running { device, id, process, scripts: Vec::new() };
        Ok(Self { driver, http, browser: Some(browser), scripts: Mutex::default() })
    }

    /// As new: no page, no history, no cookies, and nothing of what it had been told to be.
    async fn forgets_everything(&self) -> Result<(), Trouble> {
        self.tell("url", json!({"url": "about:blank"})).await?;
        for (command, with) in [
            ("Network.clearBrowserCookies", json!({})),
            ("Network.clearBrowserCache", json!({})),
            ("Network.setCacheDisabled", json!({"cacheDisabled": false})),
            ("Emulation.setEmulatedMedia", json!({"media": "", "features": []})),
            ("Page.resetNavigationHistory", json!({})),
        ] {
            self.tell_chromium(command, with).await?;
        }
        let scripts = mem::take(&mut *self.scripts());
        for script in scripts {
            self.tell_chromium("Page.removeScriptToEvaluateOnNewDocument", json!({"identifier": script})).await?;
        }
        self.tell("se/log", json!({"type": "performance"})).await.map(drop)
    }

    /// From now on, on every page that is opened, before the page's own.
    pub async fn runs_everywhere(&self, script: &str) -> Result<(), Trouble> {
        let mut added = self.tell_chromium("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await?;
        self.scripts().extend(added.get_mut("identifier").map(Value::take));
        Ok(())
    }

    /// What a command of the session answers.
    pub async fn ask(&self, command: &str) -> Result<Value, Trouble> {
        value(command, self.http.get(self.at(command)).send().await?).await
    }

    /// Does something.
    pub async fn tell(&self, command: &str, with: Value) -> Result<Value, Trouble> {
        value(command, self.http.post(self.at(command)).json(&with).send().await?).await
    }

    pub async fn drop_all(&self, what: &str) -> Result<Value, Trouble> {
        value(what, self.http.delete(self.at(what)).send().await?).await
    }

    /// A command of Chromium's own protocol.
    pub async fn tell_chromium(&self, command: &str, with: Value) -> Result<Value, Trouble> {
        self.tell("goog/cdp/execute", json!({"cmd": command, "params": with})).await
    }

    fn scripts(&self) -> MutexGuard<'_, Vec<Value>> {
        self.scripts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at(&self, command: &str) -> String {
        let id = self.browser.as_ref().map(|browser| browser.id.as_str()).unwrap_or_default();
        format!("http://127.0.0.1:{}/session/{id}/{command}", self.driver.port)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(mut browser) = self.browser.take() else { return };
        browser.scripts = mem::take(&mut *self.scripts());
        if thread::panicking() {
            // Whoever knows in which state it is left.
            self.driver.end(&browser);
        } else {
            self.driver.idle().push(browser);
        }
    }
}

/// The driver's answer, or in its own words why not.
async fn value(what: &str, answer: reqwest::Response) -> Result<Value, Trouble> {
    let fine = answer.status().is_success();
    let mut answer: Value = answer.json().await?;
    let value = answer.get_mut("value").map(Value::take).unwrap_or_default();
    if fine {
        return Ok(value);
    }
    let said = |part: &str| value.get(part).and_then(Value::as_str).unwrap_or_default().to_owned();
    Err(Trouble::NotHeld(format!("{what}: {}: {}", said("error"), said("message"))))
}
