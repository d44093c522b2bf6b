//! Every telephone of the story in one place: the notices the server sent, by SMS, service hall and WeCom.
//!
//! They come as lines that the server prints, or from what the providers' doubles show.

use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doubles::{Message, Shown};
use serde::Deserialize;

use crate::Trouble;

const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(10);

#[derive(Debug, Clone, Deserialize)]
pub struct Notice {
    pub channel: String,
    pub to: String,
    pub text: String,
    #[serde(default)]
    pub link: Option<String>,
}

/// As its reader sees it: by which channel, to whom, the text and the link.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { channel, to, text, link } = self;
        write!(f, "{channel:<6}{to}  {text}")?;
        link.as_ref().map_or(Ok(()), |link| write!(f, " {link}"))
    }
}

impl Notice {
    /// From a line of the console channel.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line.strip_prefix("notice ")?).ok()
    }

    /// From what a double shows.
    #[must_use]
    pub fn of(shown: &Message) -> Self {
        let Message { double, to, text, link, .. } = shown;
        let channel = match double.split(['/', '.']).next() {
            Some("hall") => "hall",
            Some("wecom") => "wecom",
            _ => "sms",
        };
        // One of the gateways writes numbers with their country.
        let to = to.strip_prefix("+86").unwrap_or(to).to_owned();
        Self { channel: channel.to_owned(), to, text: text.clone(), link: link.clone() }
    }

    /// Whether its link leads to where a host decides.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.link.as_deref().is_some_and(|link| link.contains("/decide/") || link.contains("/d/"))
    }

    /// The first run of at least four digits: a sign-in code.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() >= 4)
    }
}

#[derive(Debug, Clone, Default)]
pub struct Mailbox(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    notices: Vec<Notice>,
    /// What doubles show, and how much of it has been read.
    shown: Option<(Arc<Shown>, usize)>,
}

impl Inner {
    fn read_shown(&mut self) {
        if let Some((shown, read)) = &mut self.shown {
            let all = shown.all();
            self.notices.extend(all.iter().skip(*read).map(Notice::of));
            *read = all.len();
        }
    }
}

impl Mailbox {
    /// Also holds whatever these doubles show.
    #[must_use]
    pub fn watching(shown: Arc<Shown>) -> Self {
        Self(Arc::new(Mutex::new(Inner { notices: Vec::new(), shown: Some((shown, 0)) })))
    }

    /// Where the server's console channel writes.
    #[must_use]
    pub fn slot(&self) -> Slot {
        Slot { mailbox: self.clone(), line: Vec::new() }
    }

    /// Takes the oldest notice that is `wanted`, waiting for it if need be.
    pub async fn take(&self, what: &str, wanted: impl Fn(&Notice) -> bool) -> Result<Notice, Trouble> {
        let mut waited = Duration::ZERO;
        loop {
            if let Some(notice) = self.take_now(&wanted) {
                return Ok(notice);
            }
            if waited > PATIENCE {
                return Err(Trouble::Waited(what.to_owned()));
            }
            tokio::time::sleep(GLANCE).await;
            waited += GLANCE;
        }
    }

    /// The three notices of one booking to one host, by whatever channel and address.
    pub async fn take_three(&self) -> Result<[Notice; 3], Trouble> {
        Ok([self.from("sms").await?, self.from("hall").await?, self.from("wecom").await?])
    }

    /// Nobody will read what lies here.
    pub fn clear(&self) {
        let mut inner = self.inner();
        inner.read_shown();
        inner.notices.clear();
    }

    async fn from(&self, channel: &str) -> Result<Notice, Trouble> {
        self.take(&format!("a notice by {channel}"), |notice| notice.channel == channel && notice.asks()).await
    }

    fn take_now(&self, wanted: impl Fn(&Notice) -> bool) -> Option<Notice> {
        let mut inner = self.inner();
        inner.read_shown();
        let at = inner.notices.iter().position(wanted)?;
        Some(inner.notices.remove(at))
    }

    fn put(&self, notice: Notice) {
        self.inner().notices.push(notice);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes lines; those that begin with `notice ` are put into the mailbox.
#[derive(Debug)]
pub struct Slot {
    mailbox: Mailbox,
    line: Vec<u8>,
}

impl Slot {
    /// Reads one line as the server printed it.
    pub fn read(&self, line: &str) {
        if let Some(notice) = Notice::parse(line) {
            self.mailbox.put(notice);
        }
    }
}

impl Write for Slot {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for &byte in bytes {
            if byte == b'\n' {
                let line = String::from_utf8_lossy(&self.line).into_owned();
                self.read(&line);
                self.line.clear();
            } else {
                self.line.push(byte);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
