//! How a booking came to stand as it does, as each one may read it: who decided for those who look on, and for the one who did, what
//! comes of it.

use super::{language::Language, wording::clock};
use crate::office::{Approver, Channel, RevokedBy, Standing, Via};

/// Who reads how it came. Colleagues are told apart by their numbers, which are no visitor's to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Visitor,
    Colleague,
}

/// Who brought it to stand so, when and how: what a second link says after the first was used.
pub(super) fn how_it_came(standing: &Standing, reader: Reader, lang: Language) -> String {
    match standing {
        Standing::Waiting => lang.say("等待被访人审核。", "Waiting for the host's decision.").to_owned(),
        Standing::Approved { by, at } => decided(by, &clock(*at, lang), lang.say("同意来访", "approved"), reader, lang),
        Standing::Declined { by, at, reason } => {
            let decided = decided(by, &clock(*at, lang), lang.say("谢绝来访", "declined"), reader, lang);
            match reason {
                Some(reason) => format!("{decided}{}{reason}", lang.say("原因：", " Reason: ")),
                None => decided,
            }
        }
        Standing::Cancelled { at } => {
            format!("{} {}", lang.say("访客已取消预约：", "The visitor cancelled the booking:"), clock(*at, lang))
        }
        Standing::Revoked { by, at } => {
            let who = match by {
                RevokedBy::Visitor => lang.say("访客", "the visitor").to_owned(),
                RevokedBy::Host { name, .. } => name.to_string(),
                RevokedBy::Officer { reason } => {
                    format!("{}{reason}{}", lang.say("保卫处（", "the security office ("), lang.say("）", ")"))
                }
            };
            let at = clock(*at, lang);
            match lang {
                Language::Chinese => format!("通行码已于 {at} 由{who}撤销，不能再用于入校。"),
                Language::English => format!("The pass was revoked at {at} by {who} and opens no gate any more."),
            }
        }
    }
}

/// The same without the reasons, which are the visitor's to read.
pub(super) fn who_was_first(standing: &Standing, lang: Language) -> String {
    match standing {
        Standing::Declined { by, at, .. } => {
            how_it_came(&Standing::Declined { by: by.clone(), at: *at, reason: None }, Reader::Colleague, lang)
        }
        Standing::Revoked { at, .. } => {
            format!("{} {}", lang.say("通行码已撤销：", "The pass was revoked:"), clock(*at, lang))
        }
        Standing::Waiting | Standing::Approved { .. } | Standing::Cancelled { .. } => {
            how_it_came(standing, Reader::Colleague, lang)
        }
    }
}

/// To who has decided: what they did, and what comes of it for the visitor.
pub(super) struct Done {
    pub(super) heading: &'static str,
    pub(super) said: String,
}

/// `reached`: whether the visitor can be told.
pub(super) fn done(standing: &Standing, reached: bool, lang: Language) -> Option<Done> {
    let (by, at, heading) = match standing {
        Standing::Approved { by, at } => (by, at, lang.say("已同意", "Approved")),
        Standing::Declined { by, at, .. } => (by, at, lang.say("已谢绝", "Declined")),
        Standing::Waiting | Standing::Cancelled { .. } | Standing::Revoked { .. } => return None,
    };
    let (at, via) = (clock(*at, lang), via_said(by.via, lang));
    let told = match (standing, reached) {
        (Standing::Approved { .. }, true) => {
            lang.say("访客会收到短信，里面有通行码。", "The visitor gets a text message with the pass.")
        }
        (Standing::Approved { .. }, false) => lang.say(
            "访客的手机号收不到短信，谁也没有通知到：请打开通行码，把它转发给访客。",
            "The visitor's number receives no text messages, so nobody was told: open the pass and forward it to them.",
        ),
        (_, true) => lang.say("访客会收到短信。", "The visitor gets a text message."),
        (_, false) => lang.say(
            "访客的手机号收不到短信，请您告诉访客。",
            "The visitor's number receives no text messages: please tell them yourself.",
        ),
    };
    let said = match (standing, lang) {
        (Standing::Declined { reason, .. }, Language::Chinese) => {
            let why = reason.as_ref().map(|reason| format!("原因：{reason}。")).unwrap_or_default();
            format!("您已于 {at} 通过{via}谢绝来访。{why}{told}")
        }
        (Standing::Declined { reason, .. }, Language::English) => {
            let why = reason.as_ref().map(|reason| format!("Reason: {reason}. ")).unwrap_or_default();
            format!("You declined at {at}, {via}. {why}{told}")
        }
        (_, Language::Chinese) => format!("您已于 {at} 通过{via}同意来访。{told}"),
        (_, Language::English) => format!("You approved at {at}, {via}. {told}"),
    };
    Some(Done { heading, said })
}

fn decided(by: &Approver, at: &str, what: &str, reader: Reader, lang: Language) -> String {
    let Approver { number, name, via } = by;
    let via = via_said(*via, lang);
    let number = match (reader, lang) {
        (Reader::Visitor, _) => String::new(),
        (Reader::Colleague, Language::Chinese) => format!("（工号 {number}）"),
        (Reader::Colleague, Language::English) => format!(" (staff number {number})"),
    };
    match lang {
        Language::Chinese => format!("{name}{number}已于 {at} 通过{via}{what}。"),
        Language::English => format!("{name}{number} {what} at {at}, {via}."),
    }
}

fn via_said(via: Via, lang: Language) -> &'static str {
    match via {
        Via::Link(Channel::Sms) => lang.say("短信链接", "by the link sent as a text message"),
        Via::Link(Channel::Hall) => lang.say("网办大厅链接", "by the link in the online service hall"),
        Via::Link(Channel::Wecom) => lang.say("企业微信链接", "by the link in WeCom"),
        Via::OnBehalf => lang.say("代办预约", "by booking for the visitor"),
        Via::SignedIn => lang.say("本系统", "on this site"),
    }
}
