//! What leaves for WeCom: a card for each notice, and the end of a card whose question is settled.

use std::sync::Arc;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Wecom, api, card, spacing};
use crate::{
    config::WecomCard,
    notify::{About, Accepted, Failure, Pace, Sender, Sending, Unsent},
    office::{Channel, notice::NoticeKind},
    store::{Followed, Notice},
};

/// An old card is not worth more: the page behind its link says what was decided.
const TRIES_TO_SETTLE: u32 = 5;

/// The task of this card is known already.
const TASK_KNOWN: i64 = 42014;

#[derive(Debug, Clone)]
pub struct WecomSender(pub(super) Arc<Wecom>);

/// What WeCom calls a message, kept as JSON.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Handle {
    #[serde(skip_serializing_if = "Option::is_none")]
    msgid: Option<String>,
    /// Changes the card, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

impl Sender for WecomSender {
    fn about(&self) -> About {
        let settings = &self.0.settings;
        About {
            adapter: "wecom",
            channel: Some(Channel::Wecom),
            pace: Pace { at_once: usize::from(settings.at_once), per_second: settings.per_second },
        }
    }

    fn send<'a>(&'a self, notice: &'a Notice) -> Sending<'a> {
        Box::pin(async move {
            match (notice.kind, &notice.follows) {
                (NoticeKind::Settled, Some(first)) => self.0.settle(notice, first).await,
                _ => self.0.tell(notice).await,
            }
        })
    }

    // `ask` stays as it is: WeCom tells nothing, and knows the same message again.
}

impl Wecom {
    async fn tell(&self, notice: &Notice) -> Result<Accepted, Unsent> {
        let member = member(&notice.to)?;
        let link = self.link(notice, true)?;
        let settings = &self.settings;
        let mut message = json!({
            "touser": member,
            "agentid": settings.agent_id,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": settings.duplicates_known_s,
        });
        let (kind, card) = if settings.card == WecomCard::Button && notice.kind == NoticeKind::ApprovalAsked {
            ("template_card", card::button_card(notice, &self.link(notice, false)?))
        } else {
            ("textcard", card::text_card(notice, &link))
        };
        put(&mut message, "msgtype", kind.into());
        put(&mut message, kind, card);
        // First, so that nobody's place is taken for a message that cannot leave.
        self.api.ready().await?;
        self.recall_earlier_life().await?;
        self.spacing.take(member, self.api.clock.running()).map_err(|wait| {
            Unsent::later_after(wait, "对同一成员发送过密，稍后再发。So many to one member would be dropped")
        })?;
        let reply = self.api.post("message/send", &message).await?;
        match reply.errcode {
            0 => {}
            // A task has its notice's own key, so nobody but an earlier try of ours can have used it.
            TASK_KNOWN => {
                tracing::warn!(
                    notice = notice.id,
                    "a card is known to WeCom from an earlier try; it cannot be changed later"
                );
                return Ok(Accepted::default());
            }
            _ => return Err(api::unsent(&reply)),
        }
        for (named, why) in [
            (&reply.invaliduser, "不是企业微信成员或不在应用可见范围"),
            (&reply.unlicenseduser, "没有企业微信接口许可"),
        ] {
            if names(named, member) {
                return Err(Unsent::permanent(format!("{member} {why}。Not a member that can be reached")));
            }
        }
        let handle = Handle { msgid: reply.msgid, code: reply.response_code };
        Ok(Accepted { handle: serde_json::to_string(&handle).ok() })
    }

    /// Ends the card of `first`. Nothing depends on it, so it is tried a few times and then reported.
    async fn settle(&self, notice: &Notice, first: &Followed) -> Result<Accepted, Unsent> {
        let handle: Handle =
            first.handle.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let agent_id = self.settings.agent_id;
        let reply = match handle {
            Handle { code: Some(code), .. } => {
                let card = card::settled_card(notice, &self.link(notice, false)?);
                let body = json!({
                    "userids": [member(&notice.to)?],
                    "agentid": agent_id,
                    "response_code": code,
                    "template_card": card,
                });
                self.api.post("message/update_template_card", &body).await
            }
            Handle { msgid: Some(msgid), code: None } if self.settings.recall => {
                self.api.post("message/recall", &json!({ "msgid": msgid })).await
            }
            // A text card that stays: its link says what was decided.
            Handle { code: None, .. } => return Ok(Accepted::default()),
        };
        let failed = match reply {
            Ok(reply) if reply.errcode == 0 && !names(&reply.invaliduser, &notice.to) => return Ok(Accepted::default()),
            Ok(reply) if reply.errcode == 0 => {
                Unsent::permanent("卡片不是发给此成员的。The card was never this member's")
            }
            Ok(reply) => api::unsent(&reply),
            Err(unsent) => unsent,
        };
        let last = notice.failed.saturating_add(1) >= TRIES_TO_SETTLE;
        Err(if last { Unsent { kind: Failure::Permanent, ..failed } } else { failed })
    }

    /// Where a card leads. With the notice's key behind the `#`, which no server is told, no two are the same.
    fn link(&self, notice: &Notice, keyed: bool) -> Result<String, Unsent> {
        let Self { site, .. } = self;
        let path = notice.path.as_deref().unwrap_or("/");
        let link = if keyed { format!("{site}{path}#{}", notice.key()) } else { format!("{site}{path}") };
        if link.len() > card::LONGEST_LINK {
            return Err(Unsent::permanent("链接过长。The link is longer than WeCom takes"));
        }
        Ok(link)
    }

    /// Counts what was sent shortly before this process began.
    async fn recall_earlier_life(&self) -> Result<(), Unsent> {
        let recall = || async {
            let (running, opened_at) = (self.api.clock.running(), self.opened_at);
            let since_opened = self.api.clock.now().since(opened_at).max(TimeDelta::zero());
            let before = self.store.handed_over(Channel::Wecom, opened_at.plus(-spacing::MINUTE), opened_at).await;
            for (member, at) in before.map_err(|cause| Unsent::later("the store cannot be read").caused(cause))? {
                self.spacing.remember(&member, running - since_opened - opened_at.since(at));
            }
            Ok::<(), Unsent>(())
        };
        self.recalled.get_or_try_init(recall).await.map(|&()| ())
    }
}

/// A name for one member: `|` would name several and `@all` everybody.
fn member(to: &str) -> Result<&str, Unsent> {
    let is_one = (1..=64).contains(&to.len())
        && to.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-@".contains(&b))
        && to.starts_with(|first: char| first.is_ascii_alphanumeric());
    is_one.then_some(to).ok_or_else(|| Unsent::permanent("名录中的企业微信账号不合规则。It names no single member"))
}

/// Whether a list of WeCom's, in whichever way it is written, names the member.
fn names(list: &Value, member: &str) -> bool {
    let is_it = |one: &str| one.eq_ignore_ascii_case(member);
    match list {
        Value::String(joined) => joined.split('|').any(is_it),
        Value::Array(all) => all.iter().filter_map(Value::as_str).any(is_it),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_member_and_never_everybody() {
        for good in ["zhangwei", "T2019001", "zhang.wei-1_a@b"] {
            assert_eq!(member(good).unwrap(), good);
        }
        for wrong in ["", "@all", "@ALL", "_a", "a|b", "张伟", "a b", "a\"", &"a".repeat(65)] {
            assert_eq!(member(wrong).unwrap_err().kind, Failure::Permanent, "{wrong}");
        }
    }

    #[test]
    fn a_member_is_found_in_either_kind_of_list() {
        for (list, found) in [
            (json!("lina|zhangwei"), true),
            (json!(["ZHANGWEI"]), true),
            (json!("zhangwei2"), false),
            (json!([]), false),
            (json!(""), false),
            (Value::Null, false),
        ] {
            assert_eq!(names(&list, "ZhangWei"), found, "{list}");
        }
    }

    #[test]
    fn a_handle_is_read_back_and_a_stranger_s_is_none() {
        let handle = Handle { msgid: Some("m".to_owned()), code: Some("c".to_owned()) };
        let text = serde_json::to_string(&handle).unwrap();
        assert_eq!(text, r#"{"msgid":"m","code":"c"}"#);
        let read: Handle = serde_json::from_str(&text).unwrap();
        assert_eq!((read.msgid.as_deref(), read.code.as_deref()), (Some("m"), Some("c")));
    }
}
