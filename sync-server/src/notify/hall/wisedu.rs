//! Wisedu (金智): a message on the portal and in the app, signed with md5, which is how its gateway wants it.
//!
//! A message is not a to-do: it cannot be closed, and it has no name by which a second one would be known. So what was cut off may
//! come twice, and what settles a booking is not sent at all: the link in the first message says how it came.

use md5::{Digest as _, Md5};
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::{Way, read, said_no, subject};
use crate::{
    config::{self, HallAdapter},
    notify::{About, Accepted, Pace, Sender, Sending, Unsent, plain::plain},
    office::{Channel, notice::NoticeKind},
    store::Notice,
};

pub(super) struct Wisedu {
    pub(super) settings: config::Wisedu,
    pub(super) token: Zeroizing<String>,
    pub(super) pace: Pace,
    pub(super) way: Way,
}

impl Sender for Wisedu {
    fn about(&self) -> About {
        About { adapter: "wisedu", channel: Some(Channel::Hall), pace: self.pace }
    }

    fn send<'a>(&'a self, notice: &'a Notice) -> Sending<'a> {
        Box::pin(async move {
            if notice.kind == NoticeKind::Settled {
                return Ok(Accepted::default());
            }
            let link = self.way.link(notice);
            let body = self.message(notice, &link);
            let address = format!("{}{}", self.settings.gateway, self.settings.path);
            let request = self.way.line.client().post(address);
            let request = request.header("appId", &self.settings.app_id).header("accessToken", self.token.as_str());
            let answer = self.way.call(request.json(&body), HallAdapter::Wisedu).await?;
            self.understood(&read(&answer)?)
        })
    }
}

impl Wisedu {
    fn message<'a>(&'a self, notice: &'a Notice, link: &'a str) -> Message<'a> {
        let config::Wisedu { app_id, school_code, tag_id, send_type, .. } = &self.settings;
        Message {
            app_id,
            subject: subject(notice.kind),
            content: plain(&notice.text),
            pc_url: link,
            mobile_url: link,
            url_desc: "查看详情",
            send_type: *send_type,
            send_now: true,
            tag_id: *tag_id,
            receivers: [Receiver { user_id: &notice.to, flag: 0 }],
            school_code,
            sign: sign(&self.token, school_code, &notice.to),
        }
    }

    fn understood(&self, answer: &Value) -> Result<Accepted, Unsent> {
        let config::Wisedu { ok_field, ok_value, nobody, .. } = &self.settings;
        let said = |field: &str| answer.get(field).map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
        match said(ok_field) {
            Some(value) if value == *ok_value => Ok(Accepted { handle: said("msgId") }),
            Some(value) => Err(said_no(&format!("{ok_field} {value} {}", said("msg").unwrap_or_default()), nobody)),
            None => Err(Unsent::unknown(format!("应答里没有 {ok_field}。The answer has none"))),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    app_id: &'a str,
    subject: &'a str,
    content: String,
    pc_url: &'a str,
    mobile_url: &'a str,
    url_desc: &'a str,
    send_type: u8,
    send_now: bool,
    tag_id: u32,
    receivers: [Receiver<'a>; 1],
    school_code: &'a str,
    sign: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Receiver<'a> {
    user_id: &'a str,
    /// 0: to them, openly.
    flag: u8,
}

/// In lower hexadecimal.
fn sign(token: &str, school_code: &str, first_receiver: &str) -> String {
    let digest = Md5::new().chain_update(token).chain_update(school_code).chain_update(first_receiver).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_is_md5_of_token_school_and_first_receiver() {
        // echo -n 'made-up-token10699T2001' | md5sum
        assert_eq!(sign("made-up-token", "10699", "T2001"), "919f64ba3b009c0b779892d0056c71e7");
    }
}
