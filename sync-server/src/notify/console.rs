//! The demo's channel: every notice as one line of JSON on standard output, after the word `notice`.
//!
//! It shows sign-in codes and approval links to whoever looks over the shoulder, so only demo mode may use it.

use std::{
    io::{Stdout, Write},
    sync::{Mutex, PoisonError},
};

use serde::Serialize;

use super::{About, Accepted, Pace, Sender, Sending, Unsent};
use crate::store::Notice;

#[derive(Debug)]
pub struct Console<W> {
    site: String,
    out: Mutex<W>,
}

impl Console<Stdout> {
    /// `site` is what links begin with.
    #[must_use]
    pub fn stdout(site: &str) -> Self {
        Self::new(site, std::io::stdout())
    }
}

impl<W: Write + Send> Console<W> {
    pub fn new(site: &str, out: W) -> Self {
        Self { site: site.to_owned(), out: Mutex::new(out) }
    }

    fn print(&self, notice: &Notice) -> Result<Accepted, Unsent> {
        let line = serde_json::to_string(&Line {
            channel: notice.channel.name(),
            to: &notice.to,
            text: &notice.text,
            link: notice.path.as_ref().map(|path| format!("{}{path}", self.site)),
        })
        .map_err(|cause| Unsent::permanent("通知无法写成 JSON。It cannot be written as JSON").caused(cause))?;
        // A writer that panicked mid-line spoils one line of a demo, not the next.
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let printed = writeln!(out, "notice {line}").and_then(|()| out.flush());
        printed
            .map(|()| Accepted::default())
            .map_err(|cause| Unsent::later("无法写到控制台。The console cannot be written").caused(cause))
    }
}

impl<W: Write + Send> Sender for Console<W> {
    fn about(&self) -> About {
        About { adapter: "console", channel: None, pace: Pace::UNHURRIED }
    }

    fn send<'a>(&'a self, notice: &'a Notice) -> Sending<'a> {
        Box::pin(async move { self.print(notice) })
    }
}

#[derive(Serialize)]
struct Line<'a> {
    channel: &'a str,
    to: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

#[cfg(test)]
mod tests {
    use shared::time::Moment;

    use super::*;
    use crate::office::{Channel, notice::NoticeKind};

    #[tokio::test]
    async fn a_notice_is_one_line_of_json_with_a_whole_link() {
        let notice = |path: Option<&str>| Notice {
            id: 1,
            channel: Channel::Wecom,
            to: "zhangwei".to_owned(),
            kind: NoticeKind::ApprovalAsked,
            booking: None,
            text: "两行\n也是一行".to_owned(),
            facts: Vec::new(),
            path: path.map(str::to_owned),
            failed: 0,
            made_at: Moment::from_unix_s(1_795_363_200),
            follows: None,
        };
        let console = Console::new("http://127.0.0.1:8460", Vec::new());
        console.send(&notice(Some("/decide/abc"))).await.unwrap();
        console.send(&notice(None)).await.unwrap();
        let printed = String::from_utf8(console.out.into_inner().unwrap()).unwrap();
        assert_eq!(
            printed,
            "notice {\"channel\":\"wecom\",\"to\":\"zhangwei\",\"text\":\"两行\\n也是一行\",\"link\":\"http://127.0.0.1:8460/decide/abc\"}\n\
             notice {\"channel\":\"wecom\",\"to\":\"zhangwei\",\"text\":\"两行\\n也是一行\"}\n"
        );
    }
}
