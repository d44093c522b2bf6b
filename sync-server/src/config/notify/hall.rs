//! The service hall (网办大厅): one adapter is chosen, and has a table of its own beside the choice.
//!
//! No two halls are alike and few say in public what they take. What could not be confirmed is a setting here, with what is
//! most often seen as its default.

use serde::Deserialize;

use crate::config::{ConfigError, provider_url::ProviderUrl};

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hall {
    pub adapter: HallAdapter,
    /// How much the hall is asked at once, and how often.
    #[serde(default = "Hall::at_once")]
    pub at_once: u8,
    #[serde(default = "Hall::per_second")]
    pub per_second: u16,
    wisedu: Option<Wisedu>,
    message_centre: Option<MessageCentre>,
    weaver: Option<Weaver>,
    webhook: Option<Webhook>,
    #[serde(default)]
    pull: Pull,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum HallAdapter {
    Wisedu,
    MessageCentre,
    Weaver,
    Webhook,
    Pull,
}

/// The adapter with its table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HallChosen<'a> {
    Wisedu(&'a Wisedu),
    MessageCentre(&'a MessageCentre),
    Weaver(&'a Weaver),
    Webhook(&'a Webhook),
    Pull(&'a Pull),
}

/// Wisedu's (金智) message, behind its gateway.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wisedu {
    pub gateway: ProviderUrl,
    #[serde(default = "Wisedu::path")]
    pub path: String,
    pub app_id: String,
    pub school_code: String,
    #[serde(default = "Wisedu::tag_id")]
    pub tag_id: u32,
    /// 0: web and phone, 1: web, 2: phone.
    #[serde(default)]
    pub send_type: u8,
    /// The field of its answer that says whether the message was taken, and what it then holds.
    #[serde(default = "Wisedu::ok_field")]
    pub ok_field: String,
    #[serde(default = "Wisedu::ok_value")]
    pub ok_value: String,
    /// By which words in its answer a receiver is known not to exist.
    #[serde(default = "nobody")]
    pub nobody: String,
}

/// The message centre with OAuth2 client credentials (树维 and its like).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageCentre {
    pub url: ProviderUrl,
    #[serde(default = "MessageCentre::token_path")]
    pub token_path: String,
    #[serde(default = "MessageCentre::send_path")]
    pub send_path: String,
    #[serde(default = "MessageCentre::scope")]
    pub scope: String,
    pub client_id: String,
    pub app_id: String,
    pub message_type: String,
    /// `WEBSITE`, `SUPERAPP`, `WECHAT`, ...; none leaves it to the message type.
    #[serde(default)]
    pub send_type: Vec<String>,
    #[serde(default = "nobody")]
    pub nobody: String,
    /// By which words a message is known to have been taken before.
    #[serde(default = "MessageCentre::known")]
    pub known: String,
}

/// Weaver's (泛微) to-dos of other systems, OFS.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weaver {
    pub url: ProviderUrl,
    #[serde(default = "Weaver::path")]
    pub path: String,
    /// What the hall knows this office by.
    pub syscode: String,
    /// An account of the hall's that every to-do is made by.
    pub creator: String,
    #[serde(default = "Weaver::workflow")]
    pub workflow: String,
    /// Whether news that asks for nothing is sent as "to be read" (isremark 8), which older versions do not know.
    #[serde(default = "yes")]
    pub copies: bool,
    #[serde(default = "Weaver::nobody")]
    pub nobody: String,
}

/// A hall that takes our own signed calls; `notify/hall/webhook.rs` says what they look like.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    pub url: ProviderUrl,
}

/// A hall that fetches.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pull {
    /// By which the hall tells our to-dos from others'.
    pub system_code: String,
}

impl Hall {
    const fn at_once() -> u8 {
        4
    }

    const fn per_second() -> u16 {
        20
    }

    /// The adapter with its table, which must be there.
    pub fn chosen(&self) -> Result<HallChosen<'_>, ConfigError> {
        let chosen = match self.adapter {
            HallAdapter::Wisedu => self.wisedu.as_ref().map(HallChosen::Wisedu),
            HallAdapter::MessageCentre => self.message_centre.as_ref().map(HallChosen::MessageCentre),
            HallAdapter::Weaver => self.weaver.as_ref().map(HallChosen::Weaver),
            HallAdapter::Webhook => self.webhook.as_ref().map(HallChosen::Webhook),
            HallAdapter::Pull => Some(HallChosen::Pull(&self.pull)),
        };
        chosen.ok_or(ConfigError::NoHallTable(self.adapter.name()))
    }

    pub(in crate::config) fn check(&self) -> Result<(), ConfigError> {
        if self.at_once == 0 {
            return Err(ConfigError::NothingAllowed("notify.hall.at_once"));
        }
        if self.per_second == 0 {
            return Err(ConfigError::NothingAllowed("notify.hall.per_second"));
        }
        let filled = match self.chosen()? {
            HallChosen::Wisedu(it) => {
                vec![("wisedu.app_id", &it.app_id), ("wisedu.school_code", &it.school_code)]
            }
            HallChosen::MessageCentre(it) => vec![
                ("message_centre.client_id", &it.client_id),
                ("message_centre.app_id", &it.app_id),
                ("message_centre.message_type", &it.message_type),
            ],
            HallChosen::Weaver(it) => vec![("weaver.syscode", &it.syscode), ("weaver.creator", &it.creator)],
            HallChosen::Webhook(_) => Vec::new(),
            HallChosen::Pull(it) => vec![("pull.system_code", &it.system_code)],
        };
        let empty = filled.into_iter().find(|(_, value)| value.trim().is_empty());
        empty.map_or(Ok(()), |(name, _)| Err(ConfigError::EmptyHallSetting(name)))
    }
}

impl HallAdapter {
    const ALL: [Self; 5] = [Self::Wisedu, Self::MessageCentre, Self::Weaver, Self::Webhook, Self::Pull];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wisedu => "wisedu",
            Self::MessageCentre => "message_centre",
            Self::Weaver => "weaver",
            Self::Webhook => "webhook",
            Self::Pull => "pull",
        }
    }

    /// The file in `<data_dir>/secrets` that the adapter needs.
    #[must_use]
    pub const fn secret(self) -> Option<&'static str> {
        match self {
            Self::Wisedu => Some("hall-wisedu.token"),
            Self::MessageCentre => Some("hall-message-centre.secret"),
            Self::Weaver => None,
            Self::Webhook => Some("hall-webhook.key"),
            Self::Pull => Some("hall-pull.code"),
        }
    }
}

impl TryFrom<String> for HallAdapter {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::ALL.into_iter().find(|adapter| adapter.name() == name).ok_or_else(|| {
            let all = Self::ALL.map(Self::name).join("、");
            format!("没有 {name:?} 这种大厅，只能是 {all}。There is no such adapter")
        })
    }
}

impl Wisedu {
    fn path() -> String {
        "/mp_message_pocket_web-mp-restful-message-send/ProxyService/message_pocket_web-mp-restful-message-sendProxyService"
            .to_owned()
    }

    const fn tag_id() -> u32 {
        1012
    }

    fn ok_field() -> String {
        "status".to_owned()
    }

    fn ok_value() -> String {
        "200".to_owned()
    }
}

impl MessageCentre {
    fn token_path() -> String {
        "/oauth2/token".to_owned()
    }

    fn send_path() -> String {
        "/apis/messagecenter/v1/poaMessage/messageSend".to_owned()
    }

    fn scope() -> String {
        "messagecenter:v1:sendMessage".to_owned()
    }

    fn known() -> String {
        "重复".to_owned()
    }
}

impl Weaver {
    fn path() -> String {
        "/rest/ofs".to_owned()
    }

    fn workflow() -> String {
        "访客预约".to_owned()
    }

    fn nobody() -> String {
        "接收人不存在".to_owned()
    }
}

impl Default for Pull {
    fn default() -> Self {
        Self { system_code: "visitor".to_owned() }
    }
}

fn nobody() -> String {
    "不存在".to_owned()
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::HallAdapter;
    use crate::config::Config;

    #[test]
    fn every_adapter_of_the_sample_is_taken_once_it_is_uncommented() {
        let is_setting = |text: &&str| {
            let named = |(key, _): (&str, &str)| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            text.starts_with('[') || text.split_once(" = ").is_some_and(named)
        };
        let sample = include_str!("../../../sync-server.sample.toml");
        let lines = sample.lines().map(|line| line.strip_prefix("# ").filter(is_setting).unwrap_or(line));
        let text = lines.collect::<Vec<_>>().join("\n");
        for adapter in HallAdapter::ALL {
            let text = text.replace("adapter = \"webhook\"", &format!("adapter = \"{}\"", adapter.name()));
            let config = Config::parse(&text).unwrap();
            let hall = config.notify.hall.unwrap();
            assert!(hall.adapter == adapter && hall.chosen().is_ok());
            assert!(config.sign_on.cas.is_some());
        }
    }

    const WEBHOOK: &str = "[notify.hall.webhook]\nurl = 'https://hall.example.edu.cn/visits'";

    #[test]
    fn each_mistake_is_told_with_the_name_of_its_setting() {
        for (text, said) in [
            ("adapter = 'fax'".to_owned(), "notify.hall.adapter"),
            ("at_once = 1".to_owned(), "adapter"),
            ("adapter = 'webhook'".to_owned(), "[notify.hall.webhook]"),
            ("adapter = 'weaver'".to_owned(), "[notify.hall.weaver]"),
            (format!("adapter = 'webhook'\nat_once = 0\n{WEBHOOK}"), "notify.hall.at_once"),
            (format!("adapter = 'webhook'\nper_second = 0\n{WEBHOOK}"), "notify.hall.per_second"),
            (format!("adapter = 'webhook'\n{WEBHOOK}\nkey = 'x'"), "key"),
            ("adapter = 'webhook'\n[notify.hall.webhook]\nurl = 'http://hall.example.edu.cn'".to_owned(), "url"),
            ("adapter = 'pull'\n[notify.hall.pull]\nsystem_code = ' '".to_owned(), "notify.hall.pull.system_code"),
            (
                "adapter = 'weaver'\n[notify.hall.weaver]\nurl = 'https://oa.example.edu.cn'\nsyscode = ''\ncreator = 'x'"
                    .to_owned(),
                "notify.hall.weaver.syscode",
            ),
        ] {
            let told = Config::parse(&format!("[notify.hall]\n{text}")).unwrap_err().to_string();
            assert!(told.contains(said), "{text}: {told}");
        }
        for right in ["adapter = 'pull'".to_owned(), format!("adapter = 'webhook'\n{WEBHOOK}")] {
            assert!(Config::parse(&format!("[notify.hall]\n{right}")).is_ok(), "{right}");
        }
    }
}
