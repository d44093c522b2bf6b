//! The message centre with OAuth2 (树维 and its like): a bearer token for an hour, then messages, each under a name of ours.
//!
//! The centre takes one message a name, so a message whose answer was lost may be sent again under the same name. Nothing it
//! took can be closed. A token may die before its time; one that is refused is fetched anew, once a message.

use std::sync::PoisonError;

use chrono::TimeDelta;
use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{Way, read, refused, said_no, subject};
use crate::{
    config::{self, HallAdapter},
    notify::{About, Accepted, Failure, Pace, Sender, Sending, Unsent, plain::plain},
    office::{Channel, notice::NoticeKind},
    store::Notice,
};

/// A token that ends while a message is on its way is as bad as none.
const ENDS_EARLY: TimeDelta = TimeDelta::seconds(60);

pub(super) struct MessageCentre {
    settings: config::MessageCentre,
    secret: Zeroizing<String>,
    pace: Pace,
    way: Way,
    token: std::sync::Mutex<Option<Token>>,
    /// Held while a token is fetched: the others wait for it instead of fetching theirs.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Token {
    text: Zeroizing<String>,
    /// By the time the machine has run, which nobody puts back.
    until: TimeDelta,
}

impl Sender for MessageCentre {
    fn about(&self) -> About {
        About { adapter: "message_centre", channel: Some(Channel::Hall), pace: self.pace }
    }

    fn send<'a>(&'a self, notice: &'a Notice) -> Sending<'a> {
        Box::pin(async move {
            if notice.kind == NoticeKind::Settled {
                return Ok(Accepted::default());
            }
            let token = self.token().await?;
            match self.deliver(notice, &token).await? {
                Delivered::Taken(accepted) => Ok(accepted),
                Delivered::TokenRefused => {
                    self.forget(&token);
                    match self.deliver(notice, &self.token().await?).await? {
                        Delivered::Taken(accepted) => Ok(accepted),
                        Delivered::TokenRefused => Err(Unsent::later("HTTP 401").to_mend(NOT_ALLOWED)),
                    }
                }
            }
        })
    }
}

enum Delivered {
    Taken(Accepted),
    TokenRefused,
}

impl MessageCentre {
    pub(super) fn new(settings: config::MessageCentre, secret: Zeroizing<String>, pace: Pace, way: Way) -> Self {
        let (token, fetching) = (std::sync::Mutex::new(None), tokio::sync::Mutex::new(()));
        Self { settings, secret, pace, way, token, fetching }
    }

    async fn token(&self) -> Result<Token, Unsent> {
        if let Some(token) = self.kept() {
            return Ok(token);
        }
        let _fetching = self.fetching.lock().await;
        // Somebody else may have fetched it meanwhile.
        if let Some(token) = self.kept() {
            return Ok(token);
        }
        let token = self.fetch().await.map_err(not_sent)?;
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(token)
    }

    fn kept(&self) -> Option<Token> {
        let now = self.way.clock.running();
        let kept = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|token| now < token.until).cloned()
    }

    /// The one that was refused, and no newer one.
    fn forget(&self, refused: &Token) {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).take_if(|kept| kept.text == refused.text);
    }

    async fn fetch(&self) -> Result<Token, Unsent> {
        let config::MessageCentre { url, token_path, scope, client_id, .. } = &self.settings;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", self.secret.as_str()),
            ("scope", scope),
        ];
        let asked = self.way.clock.running();
        let answer = self
            .way
            .call(self.way.line.client().post(format!("{url}{token_path}")).form(&form), HallAdapter::MessageCentre)
            .await?;
        let granted: Granted = read(&answer)?;
        let good_for = TimeDelta::seconds(i64::from(granted.expires_in)) - ENDS_EARLY;
        Ok(Token { text: Zeroizing::new(granted.access_token), until: asked + good_for })
    }

    async fn deliver(&self, notice: &Notice, token: &Token) -> Result<Delivered, Unsent> {
        let config::MessageCentre { url, send_path, nobody, known, .. } = &self.settings;
        let link = self.way.link(notice);
        let key = notice.key().to_string();
        let request = self.way.line.client().post(format!("{url}{send_path}")).bearer_auth(token.text.as_str());
        let answer = self.way.line.call(request.json(&self.message(notice, &key, &link))).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            return Ok(Delivered::TokenRefused);
        }
        if let Some(unsent) = refused(answer.status, HallAdapter::MessageCentre) {
            return Err(unsent);
        }
        let Verdict { code, message } = read(&answer)?;
        let message = message.unwrap_or_default();
        if code == 0 || !known.is_empty() && message.contains(known.as_str()) {
            Ok(Delivered::Taken(Accepted { handle: Some(key) }))
        } else {
            Err(said_no(&format!("code {code} {message}"), nobody))
        }
    }

    fn message<'a>(&'a self, notice: &'a Notice, key: &'a str, link: &'a str) -> Message<'a> {
        let facts = notice.facts.iter().map(|(fact, value)| (fact.name().to_owned(), Value::from(plain(value))));
        let mut params: Map<String, Value> = facts.collect();
        params.insert("text".to_owned(), Value::from(plain(&notice.text)));
        Message {
            app_id: &self.settings.app_id,
            send_id: key,
            send_type: &self.settings.send_type,
            message_type_code: &self.settings.message_type,
            to_persons: &notice.to,
            data: Data { title: subject(notice.kind), url: link, mobile_url: link, param_value_json: params },
        }
    }
}

/// Whatever became of the call for a token, the message itself has not been sent.
fn not_sent(unsent: Unsent) -> Unsent {
    // A client that is not known is also answered as a bad request.
    let unsent = if unsent.kind == Failure::Permanent { unsent.to_mend(NO_CLIENT) } else { unsent };
    let why = format!("没有取得令牌。No token: {}", unsent.why);
    Unsent { kind: Failure::Later { after: None }, why, ..unsent }
}

const NO_CLIENT: &str =
    "密钥或 notify.hall.message_centre.client_id 不对（secrets/hall-message-centre.secret）。The client is not known";
const NOT_ALLOWED: &str = "新取的令牌也被拒绝，请消息中心给 client_id 发消息的权限。A fresh token is refused";

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: u32,
}

#[derive(Deserialize)]
struct Verdict {
    code: i64,
    #[serde(default)]
    message: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    app_id: &'a str,
    send_id: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    send_type: &'a [String],
    message_type_code: &'a str,
    to_persons: &'a str,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    title: &'a str,
    url: &'a str,
    mobile_url: &'a str,
    /// What the templates of its message type fill in.
    param_value_json: Map<String, Value>,
}
