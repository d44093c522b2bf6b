//! `[notify.wecom]`: the university's app in WeCom 企业微信, through which staff are told and known.
//!
//! WeCom's limits move, so each is a setting; the defaults stay below what is documented, because what is above is dropped without
//! a word. The app's secret lies in `secrets/wecom.secret`; with `callback`, its token in `secrets/wecom-callback.token` and its key in
//! `secrets/wecom-callback.aes`.

use serde::Deserialize;
use thiserror::Error;

use super::super::{host_of, is_loopback};

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wecom {
    pub corp_id: String,
    pub agent_id: u32,
    /// Where the interface is; another one for a rehearsal.
    #[serde(default = "defaults::api_url")]
    pub api_url: String,
    /// Where members are sent to say who they are.
    #[serde(default = "defaults::authorize_url")]
    pub authorize_url: String,
    /// What a host who is asked gets to see.
    #[serde(default)]
    pub card: WecomCard,
    /// Whether the app calls back at `/providers/wecom`.
    #[serde(default)]
    pub callback: bool,
    /// How far a call's time may be from ours.
    #[serde(default = "defaults::callback_skew_s")]
    pub callback_skew_s: u16,
    /// Whether a text card is taken back once it asks nothing any more; WeCom does so within 24 hours.
    #[serde(default)]
    pub recall: bool,
    /// Messages to one member; WeCom drops those above 30 and 1000.
    #[serde(default = "defaults::per_member_minute")]
    pub per_member_minute: u16,
    #[serde(default = "defaults::per_member_hour")]
    pub per_member_hour: u16,
    /// Of the whole app; WeCom takes 10,000 calls a minute.
    #[serde(default = "defaults::per_second")]
    pub per_second: u32,
    #[serde(default = "defaults::at_once")]
    pub at_once: u16,
    /// For how long WeCom knows a message that comes again; four hours at most.
    #[serde(default = "defaults::duplicates_known_s")]
    pub duplicates_known_s: u16,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WecomCard {
    /// A text card: needs nothing, and can only be taken back.
    #[default]
    Text,
    /// A card with buttons, which is changed once somebody has decided; WeCom wants a callback for it.
    Button,
}

/// Four hours.
const DUPLICATES_KNOWN_MOST_S: u16 = 4 * 60 * 60;
/// What WeCom delivers to one member.
const PER_MEMBER_MINUTE_MOST: u16 = 30;
const PER_MEMBER_HOUR_MOST: u16 = 1000;
/// 10,000 a minute.
const PER_SECOND_MOST: u32 = 166;

impl Wecom {
    pub(super) fn check(&self) -> Result<(), WecomMistake> {
        let is_word =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if !is_word(&self.corp_id) {
            return Err(WecomMistake::CorpId);
        }
        if self.agent_id == 0 {
            return Err(WecomMistake::AgentId);
        }
        for (name, url) in [("api_url", &self.api_url), ("authorize_url", &self.authorize_url)] {
            if !is_safe(url) {
                return Err(WecomMistake::Url(name));
            }
        }
        if self.card == WecomCard::Button && !self.callback {
            return Err(WecomMistake::ButtonsWithoutCallback);
        }
        let limits = [
            ("callback_skew_s", u32::from(self.callback_skew_s), 3600),
            ("per_member_minute", u32::from(self.per_member_minute), u32::from(PER_MEMBER_MINUTE_MOST)),
            ("per_member_hour", u32::from(self.per_member_hour), u32::from(PER_MEMBER_HOUR_MOST)),
            ("per_second", self.per_second, PER_SECOND_MOST),
            ("at_once", u32::from(self.at_once), 64),
            ("duplicates_known_s", u32::from(self.duplicates_known_s), u32::from(DUPLICATES_KNOWN_MOST_S)),
        ];
        let wrong = limits.into_iter().find(|(_, value, most)| *value == 0 || value > most);
        wrong.map_or(Ok(()), |(name, _, most)| Err(WecomMistake::Limit { name, most }))
    }
}

#[derive(Debug, Error)]
pub enum WecomMistake {
    #[error("notify.wecom.corp_id 应是企业 ID（字母和数字）。It is the corporation's id: letters and digits")]
    CorpId,
    #[error("notify.wecom.agent_id 应是应用的 AgentId，不能为 0。It is the app's AgentId and not 0")]
    AgentId,
    #[error(
        "notify.wecom.{0} 应以 https:// 开头（指本机时可用 http），末尾不带 /、? 或 #。It must be https unless it names this machine, without a slash, query or fragment at its end"
    )]
    Url(&'static str),
    #[error(
        "notify.wecom.card = \"button\" 需要 notify.wecom.callback = true：应用未配置回调时企业微信拒收按钮卡片。WeCom refuses cards with buttons of an app without a callback"
    )]
    ButtonsWithoutCallback,
    #[error("notify.wecom.{name} 应在 1 到 {most} 之间。It must be from 1 to {most}")]
    Limit { name: &'static str, most: u32 },
}

/// The app's secret is part of the address, so it may travel in the open only inside this machine.
fn is_safe(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let site = uri.authority().and_then(|authority| Some(format!("{}://{authority}", uri.scheme_str()?)));
    let host = site.as_deref().and_then(host_of);
    host.is_some_and(|(scheme, host)| scheme == "https" || is_loopback(host))
        && !url.ends_with('/')
        && !url.contains(['?', '#'])
}

mod defaults {
    pub(super) fn api_url() -> String {
        "https://qyapi.weixin.qq.com".to_owned()
    }

    pub(super) fn authorize_url() -> String {
        "https://open.weixin.qq.com".to_owned()
    }

    pub(super) const fn callback_skew_s() -> u16 {
        600
    }

    pub(super) const fn per_member_minute() -> u16 {
        25
    }

    pub(super) const fn per_member_hour() -> u16 {
        900
    }

    pub(super) const fn per_second() -> u32 {
        100
    }

    pub(super) const fn at_once() -> u16 {
        8
    }

    /// The longest: no two of our notices are alike, so only the same one can be taken for itself.
    pub(super) const fn duplicates_known_s() -> u16 {
        super::DUPLICATES_KNOWN_MOST_S
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn parsed(more: &str) -> Result<Wecom, String> {
        let text = format!("[notify.wecom]\n{more}");
        let config = Config::parse(&text).map_err(|mistake| mistake.to_string())?;
        Ok(config.notify.wecom.unwrap())
    }

    #[test]
    fn two_lines_are_enough_and_stay_below_what_is_dropped() {
        let least = parsed("corp_id = 'ww0123456789abcdef'\nagent_id = 1000002").unwrap();
        assert_eq!((least.card, least.callback, least.recall), (WecomCard::Text, false, false));
        assert!(least.per_member_minute < PER_MEMBER_MINUTE_MOST && least.per_member_hour < PER_MEMBER_HOUR_MOST);
        assert_eq!(least.duplicates_known_s, 14_400);
        assert!(least.api_url.starts_with("https://") && least.authorize_url.starts_with("https://"));
        assert_eq!(Config::default().notify.wecom, None);
    }

    /// The sample's lines are comments; without their `#` they say what the defaults are.
    #[test]
    fn the_sample_says_every_setting() {
        let sample = include_str!("../../../sync-server.sample.toml");
        let (_, table) = sample.split_once("# [notify.wecom]\n").unwrap();
        let lines: Vec<_> = table.lines().map_while(|line| line.strip_prefix("# ")).collect();
        let said = parsed(&lines.join("\n")).unwrap();
        assert_eq!(said, parsed("corp_id = 'ww0123456789abcdef'\nagent_id = 1000002").unwrap());
        let names =
            ["card", "callback", "callback_skew_s", "recall", "per_member_minute", "per_member_hour", "per_second"];
        assert!(names.iter().all(|name| lines.iter().any(|line| line.starts_with(&format!("{name} =")))));
    }

    #[test]
    fn every_mistake_names_its_setting() {
        let good = "corp_id = 'ww01'\nagent_id = 7\n";
        for (text, named) in [
            ("corp_id = ''\nagent_id = 7", "notify.wecom.corp_id"),
            ("corp_id = 'ww 1'\nagent_id = 7", "notify.wecom.corp_id"),
            ("corp_id = 'ww01'\nagent_id = 0", "notify.wecom.agent_id"),
            ("corp_id = 'ww01'", "agent_id"),
            (&format!("{good}card = 'button'"), "notify.wecom.card"),
            (&format!("{good}card = 'picture'"), "picture"),
            (&format!("{good}secret = 'x'"), "secret"),
            (&format!("{good}api_url = 'http://wecom.example'"), "notify.wecom.api_url"),
            (&format!("{good}api_url = 'https://wecom.example/'"), "notify.wecom.api_url"),
            (&format!("{good}authorize_url = 'wecom.example'"), "notify.wecom.authorize_url"),
            (&format!("{good}authorize_url = 'https://a@wecom.example'"), "notify.wecom.authorize_url"),
            (&format!("{good}per_member_minute = 31"), "notify.wecom.per_member_minute"),
            (&format!("{good}per_member_minute = 0"), "notify.wecom.per_member_minute"),
            (&format!("{good}per_member_hour = 1001"), "notify.wecom.per_member_hour"),
            (&format!("{good}per_second = 167"), "notify.wecom.per_second"),
            (&format!("{good}at_once = 0"), "notify.wecom.at_once"),
            (&format!("{good}duplicates_known_s = 14401"), "notify.wecom.duplicates_known_s"),
            (&format!("{good}callback_skew_s = 3601"), "notify.wecom.callback_skew_s"),
        ] {
            let told = parsed(text).unwrap_err();
            assert!(told.contains(named), "{text}: {told}");
        }
        for more in ["api_url = 'http://127.0.0.1:8470/wecom'", "card = 'button'\ncallback = true", "recall = true"] {
            assert!(parsed(&format!("{good}{more}")).is_ok(), "{more}");
        }
    }
}
