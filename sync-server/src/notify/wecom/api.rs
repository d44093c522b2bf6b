//! Calls to WeCom: each with the token in its address, judged by `errcode` alone, because `errmsg` changes.
//!
//! A token that died early is fetched anew and the call made once more. What is told of a failure names code and meaning; WeCom's own
//! words follow, cut and without anything that is secret.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use reqwest::{RequestBuilder, StatusCode, Url};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::super::{Line, Unsent};
use super::token::{Fetched, NoToken, Token};
use crate::{
    clock::Clock,
    office::{harmless, visible},
};

pub(super) struct Api {
    pub(super) line: Line,
    pub(super) base: String,
    pub(super) corp_id: String,
    pub(super) secret: Zeroizing<String>,
    pub(super) token: Token,
    pub(super) clock: Arc<dyn Clock>,
}

/// What any of the calls may answer.
#[derive(Deserialize)]
pub(super) struct Reply {
    pub(super) errcode: i64,
    #[serde(default)]
    pub(super) errmsg: String,
    access_token: Option<String>,
    expires_in: Option<i64>,
    /// Names with `|` between them, or a list of them.
    #[serde(default)]
    pub(super) invaliduser: Value,
    #[serde(default)]
    pub(super) unlicenseduser: Value,
    pub(super) msgid: Option<String>,
    pub(super) response_code: Option<String>,
    #[serde(alias = "UserId")]
    pub(super) userid: Option<String>,
}

/// The token is none, or none any more.
const TOKEN_DEAD: [i64; 3] = [40014, 42001, 41001];
/// Secret, corporation or the caller's address are not taken.
const NOT_US: [i64; 4] = [40001, 40013, 40091, 60020];

impl Api {
    pub(super) async fn post(&self, path: &str, body: &(impl Serialize + Sync)) -> Result<Reply, Unsent> {
        self.call(|token| Some(self.line.client().post(self.address(path, &[("access_token", token)])?).json(body)))
            .await
    }

    pub(super) async fn get(&self, path: &str, query: (&str, &str)) -> Result<Reply, Unsent> {
        self.call(|token| Some(self.line.client().get(self.address(path, &[("access_token", token), query])?))).await
    }

    /// There is a token, so that a call can be made at once.
    pub(super) async fn ready(&self) -> Result<(), Unsent> {
        self.token.get(self.clock.running(), || self.fetch()).await.map(drop)
    }

    async fn call(&self, request: impl Fn(&str) -> Option<RequestBuilder> + Send + Sync) -> Result<Reply, Unsent> {
        let mut again = true;
        loop {
            let token = self.token.get(self.clock.running(), || self.fetch()).await?;
            let reply = self.ask(request(&token), &token).await?;
            if NOT_US.contains(&reply.errcode) {
                let told = told(&reply);
                let wait = self.token.refused(self.clock.running(), &told).await;
                return Err(Unsent::later_after(wait, told).for_somebody());
            }
            if !TOKEN_DEAD.contains(&reply.errcode) {
                self.token.welcome().await;
                return Ok(reply);
            }
            self.token.forget(&token).await;
            if !std::mem::take(&mut again) {
                return Ok(reply);
            }
        }
    }

    async fn fetch(&self) -> Result<Fetched, NoToken> {
        let query = [("corpid", self.corp_id.as_str()), ("corpsecret", self.secret.as_str())];
        let request = self.address("gettoken", &query).map(|address| self.line.client().get(address));
        let reply = self.ask(request, &self.secret).await.map_err(NoToken::Trouble)?;
        match (reply.errcode, reply.access_token, reply.expires_in) {
            (0, Some(token), Some(lasts_s)) if !token.is_empty() => {
                let token = Zeroizing::new(token);
                Ok(Fetched { token, lasts: TimeDelta::seconds(lasts_s.clamp(0, 86_400)) })
            }
            (0, ..) => Err(NoToken::Trouble(Unsent::later("企业微信未给出 access_token。WeCom gave no token"))),
            (-1 | 45009 | 45033, ..) => Err(NoToken::Trouble(unsent(&Reply { access_token: None, ..reply }))),
            _ => Err(NoToken::Refused(told(&Reply { access_token: None, ..reply }))),
        }
    }

    /// `secret` stands in the request, and so must not stand in what is told of the answer.
    async fn ask(&self, request: Option<RequestBuilder>, secret: &str) -> Result<Reply, Unsent> {
        let request = request.ok_or_else(|| Unsent::later("notify.wecom.api_url 不是地址。It is no address"))?;
        let answer = self.line.call(request).await?;
        let read = serde_json::from_slice::<Reply>(&answer.body);
        match (answer.status, read) {
            (StatusCode::OK, Ok(mut reply)) => {
                reply.errmsg = without(&[secret, self.secret.as_str()], &reply.errmsg);
                Ok(reply)
            }
            (StatusCode::OK, Err(_)) => Err(Unsent::unknown("企业微信的应答无法理解。The answer is not understood")),
            // It may have been taken before something between us broke.
            (status, _) if status.is_server_error() => Err(Unsent::unknown(format!("企业微信应答 {status}"))),
            (status, _) => Err(Unsent::later(format!("企业微信应答 {status}"))),
        }
    }

    fn address(&self, path: &str, query: &[(&str, &str)]) -> Option<Url> {
        Url::parse_with_params(&format!("{}/cgi-bin/{path}", self.base), query).ok()
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Api(of {} at {})", self.corp_id, self.base)
    }
}

/// What a refusal means for the next try.
pub(super) fn unsent(reply: &Reply) -> Unsent {
    let told = told(reply);
    match reply.errcode {
        -1 => Unsent::later(told),
        45009 => Unsent::later_after(COOL_DOWN, told),
        45033 => Unsent::later_after(Duration::from_secs(2), told),
        code if TOKEN_DEAD.contains(&code) => Unsent::later(told),
        code if is_the_app_s(code) => Unsent::later_after(FOR_AN_OPERATOR, told).for_somebody(),
        code if meaning(code).is_some() => Unsent::permanent(told),
        // Unknown to us: perhaps it passes; the outbox does not try for ever.
        _ => Unsent::later(told),
    }
}

pub(super) fn told(reply: &Reply) -> String {
    let Reply { errcode, errmsg, .. } = reply;
    let meant = meaning(*errcode).map_or(String::new(), |meant| format!(" {meant}"));
    if errmsg.is_empty() {
        format!("企业微信 {errcode}{meant}")
    } else {
        format!("企业微信 {errcode}{meant}（{errmsg}）")
    }
}

/// A minute: the shortest window that WeCom counts calls by.
const COOL_DOWN: Duration = Duration::from_secs(60);
/// Nothing gets better by itself.
const FOR_AN_OPERATOR: Duration = Duration::from_secs(15 * 60);

/// Whether it is wrong with our app and not with the message: mended, every message may go.
const fn is_the_app_s(code: i64) -> bool {
    matches!(code, 40056 | 301_002 | 48002 | 50003 | 43012)
}

/// What WeCom means by the codes we know.
const fn meaning(code: i64) -> Option<&'static str> {
    Some(match code {
        -1 => "系统繁忙",
        40001 => "secret 不对（secrets/wecom.secret）",
        40003 | 46004 | 60021 | 60111 => "没有这个成员",
        40008 => "消息类型不对",
        40013 => "企业 ID 不对（notify.wecom.corp_id）",
        40014 | 41001 | 42001 => "access_token 失效",
        40029 => "code 无效",
        40056 | 301_002 => "AgentId 与 secret 不是同一应用（notify.wecom.agent_id）",
        40058 => "参数不合要求",
        40091 => "secret 属于别的企业（secrets/wecom.secret）",
        42014 => "task_id 重复或不合法",
        42015 | 42016 => "没有这张卡片",
        42017..=42020 => "按钮不合要求",
        42022 => "卡片的更新码已用过",
        43012 => "应用未配置回调地址",
        44004 => "内容为空",
        45002 => "内容过长",
        45009 => "调用过频",
        45033 => "并发过多",
        45034 => "链接没有协议头",
        48002 => "应用没有此权限",
        50003 => "应用已停用",
        60011 => "成员不在应用可见范围",
        60020 => "本机出口 IP 不在企业可信 IP 中",
        81013 => "接收者全部无效",
        _ => return None,
    })
}

/// Their words without our secrets, which could otherwise hide behind what is dropped.
fn without(secrets: &[&str], errmsg: &str) -> String {
    let seen: String = visible(errmsg).collect();
    let hidden =
        secrets.iter().filter(|secret| !secret.is_empty()).fold(seen, |said, secret| said.replace(*secret, "…"));
    harmless(&hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::Failure;

    fn reply(errcode: i64) -> Reply {
        serde_json::from_value(serde_json::json!({ "errcode": errcode, "errmsg": "made up" })).unwrap()
    }

    #[test]
    fn each_code_means_its_kind() {
        let later = |after: Option<u64>| Failure::Later { after: after.map(Duration::from_secs) };
        for (code, kind) in [
            (-1, later(None)),
            (45009, later(Some(60))),
            (45033, later(Some(2))),
            (40014, later(None)),
            (42001, later(None)),
            (41001, later(None)),
            (301_002, later(Some(900))),
            (40056, later(Some(900))),
            (48002, later(Some(900))),
            (50003, later(Some(900))),
            (43012, later(Some(900))),
            (81013, Failure::Permanent),
            (60111, Failure::Permanent),
            (60011, Failure::Permanent),
            (40058, Failure::Permanent),
            (45002, Failure::Permanent),
            (44004, Failure::Permanent),
            (42022, Failure::Permanent),
            (99999, later(None)),
        ] {
            let unsent = unsent(&reply(code));
            assert_eq!(unsent.somebody, is_the_app_s(code), "{code}");
            assert_eq!(unsent.kind, kind, "{code}");
            assert!(unsent.why.contains(&code.to_string()), "{}", unsent.why);
        }
    }

    #[test]
    fn words_of_theirs_are_short_and_name_no_secret() {
        let said = without(&["tok-1", "sec-1", ""], "bad tok-1, hint\n: sec\u{1b}-1 ");
        assert_eq!(said, "bad …, hint: … ");
        assert_eq!(without(&[], &"长".repeat(500)).chars().count(), 200);
    }
}
