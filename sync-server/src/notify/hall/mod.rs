//! The service hall (网办大厅): one of several adapters, because no two universities have the same.
//!
//! Some halls take messages, which nobody can take back; some keep to-dos, which are closed once somebody has decided; some fetch.
//! What is common stands here: what a notice is called, where it leads, and what an answer's status alone says.

mod message_centre;
mod pull;
mod weaver;
mod webhook;
mod wisedu;

use std::sync::Arc;

use reqwest::{RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use self::{message_centre::MessageCentre, pull::Fetched, weaver::Weaver, webhook::Webhook, wisedu::Wisedu};
use super::{Line, Pace, Sender, Unsent, line::Answer};
use crate::{
    clock::Clock,
    config::{ConfigError, Hall, HallAdapter, HallChosen},
    office::notice::NoticeKind,
    store::Notice,
};

/// The adapter that the settings chose; `secret` is what its file holds, if it has one.
pub fn open(settings: &Hall, secret: Option<Zeroizing<String>>, way: Way) -> Result<Box<dyn Sender>, Misconfigured> {
    let pace = Pace { at_once: usize::from(settings.at_once), per_second: u32::from(settings.per_second) };
    let secret = || secret.ok_or(Misconfigured::NoSecret(settings.adapter.name()));
    Ok(match settings.chosen()? {
        HallChosen::Wisedu(chosen) => Box::new(Wisedu { settings: chosen.clone(), token: secret()?, pace, way }),
        HallChosen::MessageCentre(chosen) => Box::new(MessageCentre::new(chosen.clone(), secret()?, pace, way)),
        HallChosen::Weaver(chosen) => Box::new(Weaver { settings: chosen.clone(), pace, way }),
        HallChosen::Webhook(chosen) => Box::new(Webhook { url: chosen.url.clone(), key: secret()?, pace, way }),
        HallChosen::Pull(_) => Box::new(Fetched),
    })
}

#[derive(Debug, thiserror::Error)]
pub enum Misconfigured {
    #[error(transparent)]
    Settings(#[from] ConfigError),
    #[error("notify.hall.adapter = \"{0}\" 没有密钥。It has no secret")]
    NoSecret(&'static str),
}

/// From our site to the hall.
#[derive(Debug, Clone)]
pub struct Way {
    /// What links begin with.
    pub site: String,
    pub clock: Arc<dyn Clock>,
    pub line: Line,
}

impl Way {
    /// Where a notice leads, absolute: a hall shows it on pages of its own.
    fn link(&self, notice: &Notice) -> String {
        match (&notice.path, notice.booking) {
            (Some(path), _) => format!("{}{path}", self.site),
            (None, Some(booking)) => format!("{}/bookings/{booking}", self.site),
            (None, None) => format!("{}/bookings", self.site),
        }
    }

    /// What came back, where its status does not say that it was for nothing.
    async fn call(&self, request: RequestBuilder, adapter: HallAdapter) -> Result<Answer, Unsent> {
        let answer = self.line.call(request).await?;
        refused(answer.status, adapter).map_or(Ok(answer), Err)
    }
}

/// The name of a notice, as lists show it.
fn subject(kind: NoticeKind) -> &'static str {
    SUBJECTS.into_iter().find(|(named, _)| *named == kind).map_or("访客预约", |(_, subject)| subject)
}

const SUBJECTS: [(NoticeKind, &str); 6] = [
    (NoticeKind::ApprovalAsked, "访客预约待审核"),
    (NoticeKind::Cancelled, "访客取消了预约"),
    (NoticeKind::Changed, "访客修改了预约"),
    (NoticeKind::Deputy, "代为审核访客预约"),
    (NoticeKind::Revoked, "访客通行码已撤销"),
    (NoticeKind::Settled, "访客预约已处理"),
];

/// What a status alone says. A server that failed says it took nothing; a gateway before it does not know.
fn refused(status: StatusCode, adapter: HallAdapter) -> Option<Unsent> {
    let why = format!("大厅应答 HTTP {}", status.as_u16());
    if status.is_success() {
        return None;
    }
    Some(match status {
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
            Unsent::permanent(why)
        }
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => Unsent::unknown(why),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let file = adapter.secret().map(|file| format!("（secrets/{file}）")).unwrap_or_default();
            Unsent::later(why).to_mend(&format!("密钥{file}不对，或本机没有权限。Our secret or address is not taken"))
        }
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            Unsent::later(why).to_mend(&format!("notify.hall.{} 的地址不对。Its address is wrong", adapter.name()))
        }
        // Also what is ours to mend: a wrong address or secret is no fault of the notice, which leaves once it is put right.
        _ => Unsent::later(why),
    })
}

/// The body of a success. One that cannot be read says nothing of what was taken.
fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Unsent> {
    serde_json::from_slice(&answer.body)
        .map_err(|cause| Unsent::unknown("应答无法理解。The answer is not understood").caused(cause))
}

/// What a hall that says no means by it: it words that as it likes, so the settings say which words are the last.
fn said_no(said: &str, last_words: &str) -> Unsent {
    let why: String = said.chars().take(200).collect();
    if !last_words.is_empty() && said.contains(last_words) { Unsent::permanent(why) } else { Unsent::later(why) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::Failure;

    #[test]
    fn a_status_says_whether_to_try_again() {
        let later = Failure::Later { after: None };
        for (status, kind) in [
            (200, None),
            (204, None),
            (400, Some(Failure::Permanent)),
            (401, Some(later)),
            (404, Some(later)),
            (422, Some(Failure::Permanent)),
            (429, Some(later)),
            (500, Some(later)),
            (502, Some(Failure::Unknown)),
            (503, Some(later)),
            (504, Some(Failure::Unknown)),
            (302, Some(later)),
        ] {
            let found = refused(StatusCode::from_u16(status).unwrap(), HallAdapter::Webhook).map(|unsent| unsent.kind);
            assert_eq!(found, kind, "{status}");
        }
    }

    #[test]
    fn a_secret_that_is_not_taken_is_somebody_s_to_mend_and_its_file_is_named() {
        for (adapter, file) in
            [(HallAdapter::Webhook, "secrets/hall-webhook.key"), (HallAdapter::Wisedu, "secrets/hall-wisedu.token")]
        {
            let told = refused(StatusCode::UNAUTHORIZED, adapter).unwrap();
            assert!(told.somebody && told.why.contains(file) && told.why.ends_with("HTTP 401"), "{}", told.why);
        }
        assert!(!refused(StatusCode::SERVICE_UNAVAILABLE, HallAdapter::Webhook).unwrap().somebody);
    }

    #[test]
    fn only_the_words_of_the_settings_are_the_last() {
        assert_eq!(said_no("流程数据【x】检测接收人不存在", "接收人不存在").kind, Failure::Permanent);
        assert_eq!(said_no("流程数据【x】不存在", "接收人不存在").kind, Failure::Later { after: None });
        assert_eq!(said_no("任何话", "").kind, Failure::Later { after: None });
    }
}
