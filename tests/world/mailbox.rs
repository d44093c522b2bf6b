//! Every telephone of the story in one place: the notices the server sent, by SMS, service hall and WeCom.

use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::Deserialize;

use crate::Trouble;

const PATIENCE: Duration = Duration::from_secs(15);
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

    /// The first run of at least four digits: a sign-in code.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() >= 4)
    }
}

#[derive(Debug, Clone, Default)]
pub struct Mailbox(Arc<Mutex<Vec<Notice>>>);

impl Mailbox {
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn from(&self, channel: &str) -> Result<Notice, Trouble> {
        self.take(&format!("a notice by {channel}"), |notice| {
            notice.channel == channel && notice.link.as_deref().is_some_and(|link| link.contains("/decide/"))
        })
        .await
    }

    fn take_now(&self, wanted: impl Fn(&Notice) -> bool) -> Option<Notice> {
        let mut notices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = notices.iter().position(wanted)?;
        Some(notices.remove(at))
    }

    fn put(&self, notice: Notice) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
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
