//! A hall that takes calls of our own making: every notice is a POST of JSON to one address, signed with a key that both hold.
//!
//! This is what such a hall implements.
//!
//! **Headers.** `X-Gate-Timestamp`: seconds since 1970. `X-Gate-Nonce`: 32 hexadecimal digits, new for every call.
//! `X-Gate-Signature`: the HMAC-SHA256, in lower hexadecimal, over `timestamp.nonce.body` (with the two full stops, the body byte for
//! byte as it came) under the key in `<data_dir>/secrets/hall-webhook.key` (the line itself, as UTF-8). `Idempotency-Key`: the
//! notice's name, the same at every try. Refuse a signature that differs, a timestamp more than five minutes off and a
//! nonce seen within that time; a second call with the same `Idempotency-Key` is the same notice, and is answered like the first.
//!
//! **Body.** `{"kind":"created","key":"1795363200000-7","notice":"approval_asked","user":"T2001","subject":"访客预约待审核",
//! "text":"访客 …","url":"https://…/decide/…","at":"2026-11-23 08:00:00","facts":{"visitor":"…","when":"…"}}`. `user` is the hall's name
//! for the member of staff, `url` leads phones and desktops alike, `at` is campus time. `notice` is `approval_asked` where
//! something is to be decided; everything else only tells. `{"kind":"settled","key":"…","closes":"1795363200000-7",…}` says that nothing
//! is asked any more by the notice that `closes` names, and `facts` how it stands; a hall closes its to-do. All texts are plain, as visitors
//! wrote them: a page that shows them escapes them.
//!
//! **Answers.** 2xx: it is taken, and where the body is `{"id":"…"}` that is the hall's own name for it. 409: it was taken before.
//! 400 or 422: it never will be, as for a user nobody knows. Anything else: later. That a `settled` comes before its `created`
//! can happen only where the hall answered the first one with "later" for good; it says 2xx to it and shows nothing.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{StatusCode, header::CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Way, refused, subject};
use crate::{
    config::{HallAdapter, ProviderUrl},
    notify::{About, Accepted, Pace, Sender, Sending, Unsent},
    office::{Channel, notice::NoticeKind},
    random,
    store::Notice,
};

pub(super) struct Webhook {
    pub(super) url: ProviderUrl,
    pub(super) key: Zeroizing<String>,
    pub(super) pace: Pace,
    pub(super) way: Way,
}

impl Sender for Webhook {
    fn about(&self) -> About {
        About { adapter: "webhook", channel: Some(Channel::Hall), pace: self.pace }
    }

    fn send<'a>(&'a self, notice: &'a Notice) -> Sending<'a> {
        Box::pin(async move {
            let body = serde_json::to_vec(&self.told(notice))
                .map_err(|cause| Unsent::permanent("通知无法写成 JSON。It cannot be written as JSON").caused(cause))?;
            let timestamp = self.way.clock.now().unix_ms().div_euclid(1000).to_string();
            let nonce: [u8; 16] = random::bytes()
                .map_err(|cause| Unsent::later("系统没有给出随机数。There is no randomness").caused(cause))?;
            let nonce = hex(&nonce);
            let signature = self.signature(&timestamp, &nonce, &body)?;
            let request = self.way.line.client().post(self.url.as_str()).header(CONTENT_TYPE, "application/json");
            let request = request.header("X-Gate-Timestamp", timestamp).header("X-Gate-Nonce", nonce);
            let request = request.header("X-Gate-Signature", signature);
            let request = request.header("Idempotency-Key", notice.key().to_string());
            let answer = self.way.line.call(request.body(body)).await?;
            if answer.status == StatusCode::CONFLICT {
                return Ok(Accepted::default());
            }
            refused(answer.status, HallAdapter::Webhook).map_or(Ok(()), Err)?;
            let named: Named = serde_json::from_slice(&answer.body).unwrap_or_default();
            Ok(Accepted { handle: named.id })
        })
    }
}

impl Webhook {
    fn told<'a>(&self, notice: &'a Notice) -> Told<'a> {
        let settled = notice.kind == NoticeKind::Settled;
        Told {
            kind: if settled { "settled" } else { "created" },
            key: notice.key().to_string(),
            closes: notice.follows.as_ref().filter(|_| settled).map(|first| first.key.to_string()),
            notice: notice.kind.name(),
            user: &notice.to,
            subject: subject(notice.kind),
            text: &notice.text,
            url: self.way.link(notice),
            at: notice.made_at.campus_date_and_clock(),
            facts: notice.facts.iter().map(|(fact, value)| (fact.name(), value.as_str())).collect(),
        }
    }

    fn signature(&self, timestamp: &str, nonce: &str, body: &[u8]) -> Result<String, Unsent> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_bytes()).map_err(|cause| {
            Unsent::later("密钥不能用（secrets/hall-webhook.key）。The key is no key").caused(cause)
        })?;
        mac.update(format!("{timestamp}.{nonce}.").as_bytes());
        mac.update(body);
        Ok(hex(&mac.finalize().into_bytes()))
    }
}

#[derive(Serialize)]
struct Told<'a> {
    kind: &'static str,
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    closes: Option<String>,
    notice: &'static str,
    user: &'a str,
    subject: &'static str,
    text: &'a str,
    url: String,
    at: String,
    facts: BTreeMap<&'static str, &'a str>,
}

#[derive(Default, Deserialize)]
struct Named {
    id: Option<String>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::SystemClock, notify::Line};

    #[test]
    fn the_signature_is_what_openssl_says() {
        let key = Zeroizing::new("made-up".to_owned());
        let way = Way { site: String::new(), clock: std::sync::Arc::new(SystemClock), line: Line::open().unwrap() };
        let url = ProviderUrl::try_from("http://127.0.0.1:1".to_owned()).unwrap();
        let webhook = Webhook { url, key, pace: Pace::UNHURRIED, way };
        // printf '1795363200.00ff.{}' | openssl dgst -sha256 -hmac made-up
        assert_eq!(
            webhook.signature("1795363200", "00ff", b"{}").unwrap(),
            "cbf3c37991ea95e1d7b7a9f16adba169a98b8ebad12d9279cee65c25f69fd5a5"
        );
    }
}
