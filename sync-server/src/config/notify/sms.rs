//! `[notify.sms]`: through which gateway text messages leave, as whom, and by which templates.
//!
//! All that a gateway would refuse at night is refused here when the server starts, with the setting's name: a kind of message
//! without a template, a variable that no message says, a text that gets too long, a link that leads elsewhere.

use serde::Deserialize;
use thiserror::Error;

use super::sms_template::{SmsTemplate, Template, TemplateFault, holds_address, is_forbidden, parts};
use crate::office::{
    notice::{Fact, NoticeKind},
    notice_facts,
};

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    pub provider: SmsProvider,
    /// The access key's name (Aliyun's `AccessKeyId`, Tencent's `SecretId`); the key itself is a file.
    pub key_id: String,
    /// As registered, without 【】.
    pub sign_name: String,
    /// Instead of the provider's own.
    pub endpoint: Option<String>,
    /// Aliyun's: which of its signatures.
    #[serde(default)]
    pub signing: AliyunSigning,
    /// Tencent's.
    #[serde(default)]
    pub app_id: String,
    #[serde(default = "guangzhou")]
    pub region: String,
    /// Whether the provider pushes receipts here; then their address has a secret of its own.
    #[serde(default)]
    pub receipts: bool,
    /// How long after a call that was cut off the provider's list may still say nothing of a message that it took.
    pub listed_within_s: Option<u32>,
    #[serde(default = "eight")]
    pub at_once: u16,
    #[serde(default = "fifty")]
    pub per_second: u32,
    /// Characters of one variable.
    #[serde(default = "thirty_five")]
    pub variable_limit: usize,
    /// Characters of a whole message, its signature with them.
    #[serde(default = "five_hundred")]
    pub longest: usize,
    #[serde(default)]
    pub template: Vec<SmsTemplate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmsProvider {
    Aliyun,
    Tencent,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AliyunSigning {
    #[default]
    Acs3,
    /// The older one, HMAC-SHA1.
    Rpc,
}

impl SmsProvider {
    /// In settings, logs and receipts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aliyun => "aliyun",
            Self::Tencent => "tencent",
        }
    }

    const fn endpoint(self) -> &'static str {
        match self {
            Self::Aliyun => "https://dysmsapi.aliyuncs.com",
            Self::Tencent => "https://sms.tencentcloudapi.com",
        }
    }

    /// Aliyun lists what it took within seconds; Tencent lists a message once its carrier has reported it.
    const fn listed_within_s(self) -> u32 {
        match self {
            Self::Aliyun => 10,
            Self::Tencent => 120,
        }
    }
}

impl Sms {
    /// Without a slash at the end.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.endpoint.as_deref().unwrap_or(self.provider.endpoint()).trim_end_matches('/')
    }

    /// The site, and the path at it.
    #[must_use]
    pub fn endpoint_parts(&self) -> (&str, &str) {
        let endpoint = self.endpoint();
        let host_at = endpoint.find("://").map_or(0, |at| at + 3);
        let path_at = endpoint.get(host_at..).and_then(|rest| rest.find('/')).map(|at| at + host_at);
        path_at.and_then(|at| endpoint.split_at_checked(at)).unwrap_or((endpoint, "/"))
    }

    #[must_use]
    pub fn listed_within_s(&self) -> u32 {
        self.listed_within_s.unwrap_or(self.provider.listed_within_s())
    }

    #[must_use]
    pub fn holds_codes(&self) -> bool {
        self.template.iter().any(SmsTemplate::holds_code)
    }

    /// The templates, read and found right.
    pub fn templates(&self) -> Result<Vec<Template>, SmsFault> {
        (1..).zip(&self.template).map(|(at, template)| self.template(at, template)).collect()
    }

    fn template(&self, at: usize, template: &SmsTemplate) -> Result<Template, SmsFault> {
        let fault = |(setting, fault)| SmsFault::Template { at, setting, fault };
        let read = Template::read(template, self.provider).map_err(fault)?;
        let chars = read.longest(self.variable_limit) + self.signature_chars();
        if chars > self.longest {
            let fault = TemplateFault::TooLong { chars, parts: parts(chars), longest: self.longest };
            return Err(SmsFault::Template { at, setting: "text", fault });
        }
        Ok(read)
    }

    /// The signature is a part of the text, its brackets with it.
    #[must_use]
    pub fn signature_chars(&self) -> usize {
        self.sign_name.chars().count() + 2
    }

    /// `site` is where links lead; `gates` are the names that a message may say.
    pub(in crate::config) fn check<'a>(
        &self,
        site: &str,
        gates: impl IntoIterator<Item = (String, &'a str)>,
    ) -> Result<(), SmsFault> {
        for (name, value) in [("key_id", &self.key_id), ("sign_name", &self.sign_name)] {
            if value.trim().is_empty() {
                return Err(SmsFault::Empty(name));
            }
        }
        if self.provider == SmsProvider::Tencent && self.app_id.trim().is_empty() {
            return Err(SmsFault::Empty("app_id"));
        }
        if self.provider == SmsProvider::Tencent && self.signing != AliyunSigning::Acs3 {
            return Err(SmsFault::NotTencents);
        }
        if let Some(symbol) = self.sign_name.chars().find(|symbol| is_forbidden(*symbol)) {
            return Err(SmsFault::SignName(symbol));
        }
        if !super::super::is_site(self.endpoint_parts().0) || self.endpoint_parts().1.contains(['?', '#']) {
            return Err(SmsFault::Endpoint);
        }
        let limits = [
            ("at_once", u64::from(self.at_once)),
            ("per_second", u64::from(self.per_second)),
            ("variable_limit", u64::try_from(self.variable_limit).unwrap_or(u64::MAX)),
        ];
        if let Some((name, _)) = limits.into_iter().find(|(_, most)| *most == 0) {
            return Err(SmsFault::Nothing(name));
        }
        let templates = self.templates()?;
        for (at, template) in (1..).zip(&templates) {
            template.leads_here(site, self.variable_limit).map_err(|(setting, fault)| SmsFault::Template {
                at,
                setting,
                fault,
            })?;
        }
        for kind in NoticeKind::ALL {
            for form in notice_facts::always(kind) {
                if !templates.iter().any(|template| template.kind == kind && template.says_only(form)) {
                    let facts = form.iter().map(|fact| fact.name()).collect::<Vec<_>>().join(", ");
                    return Err(SmsFault::Missing { kind: kind.name(), facts });
                }
            }
        }
        if templates.iter().any(|template| template.says(Fact::Gate)) {
            for (setting, name) in gates {
                if holds_address(name) || name.chars().any(is_forbidden) {
                    return Err(SmsFault::Gate { setting, name: name.to_owned() });
                }
            }
        }
        Ok(())
    }
}

#[derive(Debug, Error)]
pub enum SmsFault {
    #[error("notify.sms.{0} 没有填写。It is empty")]
    Empty(&'static str),
    #[error("notify.sms.signing 只用于阿里云。It is Aliyun's alone")]
    NotTencents,
    #[error(
        "notify.sms.sign_name 里不能有「{0}」，也不要写【】。The signature may not hold \"{0}\", nor its own brackets"
    )]
    SignName(char),
    #[error(
        "notify.sms.endpoint 应写成 https://主机[:端口]，指本机时可用 http。It must be https://host[:port], or http where it names this machine"
    )]
    Endpoint,
    #[error("notify.sms.{0} = 0 会让短信永远发不出去。With 0 nothing would ever be sent")]
    Nothing(&'static str),
    /// Counted from 1.
    #[error("notify.sms.template[{at}].{setting}（第 {at} 个模板）不对：{fault}")]
    Template { at: usize, setting: &'static str, fault: TemplateFault },
    #[error(
        "notify.sms.template：缺少 kind = \"{kind}\" 的模板，变量只能用 {facts}。There is no template of kind \"{kind}\" with no other variables than {facts}"
    )]
    Missing { kind: &'static str, facts: String },
    #[error(
        "{setting} = \"{name}\" 会写进短信，里面有短信模板变量不允许的字符或网址。It is said in text messages and holds what their variables may not"
    )]
    Gate { setting: String, name: String },
}

fn guangzhou() -> String {
    "ap-guangzhou".to_owned()
}

const fn eight() -> u16 {
    8
}

const fn fifty() -> u32 {
    50
}

const fn thirty_five() -> usize {
    35
}

const fn five_hundred() -> usize {
    500
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    /// The commented example of the sample, as an operator would uncomment it.
    fn example() -> String {
        let sample = include_str!("../../../sync-server.sample.toml");
        sample
            .lines()
            .filter_map(|line| line.strip_prefix("#:"))
            .map(|line| format!("{}\n", line.trim_start()))
            .collect()
    }

    fn told(text: &str) -> String {
        Config::parse(text).map(|_| "taken".to_owned()).unwrap_or_else(|cause| cause.to_string())
    }

    #[test]
    fn the_sample_s_example_is_taken_by_either_provider_and_in_either_way() {
        let by_link = Config::parse(&example()).unwrap();
        assert!(!by_link.notify.texts_hold_codes());
        let fixed = example()
            .replace("\"reason\", \"token\"", "\"reason\", \"approval_code\"")
            .replace("/d/${token}审核", "/a输入审核码${code}");
        assert!(Config::parse(&fixed).unwrap().notify.texts_hold_codes());
        let mut numbered = String::new();
        for line in example().lines() {
            let mut parts = line.split("${");
            numbered.push_str(parts.next().unwrap());
            for (number, part) in (1..).zip(parts) {
                numbered.push_str(&format!("{{{number}}}{}", part.split_once('}').unwrap().1));
            }
            numbered.push('\n');
        }
        let tencent = numbered.replace("provider = \"aliyun\"", "provider = \"tencent\"\napp_id = \"1400000000\"");
        assert_eq!(told(&tencent), "taken");
        let settings = Config::parse(&tencent).unwrap().notify.sms.unwrap();
        assert_eq!(settings.endpoint_parts(), ("https://sms.tencentcloudapi.com", "/"));
    }

    #[test]
    fn what_would_be_refused_at_night_is_refused_at_start_by_its_setting_s_name() {
        let long = format!("text = \"{}", "长".repeat(430));
        for (before, after, said) in [
            ("\"aliyun\"", "\"mailgun\"", "mailgun"),
            ("key_id = \"LTAI-made-up\"", "key_id = \"\"", "notify.sms.key_id"),
            ("sign_name = \"某某大学\"", "sign_name = \"【某某大学】\"", "notify.sms.sign_name"),
            ("provider = \"aliyun\"", "provider = \"tencent\"", "notify.sms.app_id"),
            ("provider = \"aliyun\"", "provider = \"aliyun\"\nper_second = 0", "notify.sms.per_second"),
            (
                "provider = \"aliyun\"",
                "provider = \"aliyun\"\nendpoint = \"http://sms.example.com\"",
                "notify.sms.endpoint",
            ),
            ("provider = \"aliyun\"", "provider = \"aliyun\"\nendpoint = \"sms\"", "notify.sms.endpoint"),
            ("provider = \"aliyun\"", "provider = \"aliyun\"\nendpoint = \"https://a.cn/x?y\"", "notify.sms.endpoint"),
            ("provider = \"aliyun\"", "provider = \"aliyun\"\nvariable_limit = 20", "notify.sms.template[2].variables"),
            ("kind = \"sign_in_code\"", "kind = \"sign_in\"", "notify.sms.template[1].kind"),
            ("kind = \"cancelled\"", "kind = \"settled\"", "settled"),
            ("id = \"SMS_1000000\"", "id = \"\"", "notify.sms.template[1].id"),
            ("[\"code\", \"minutes\"]", "[\"code\", \"visitor\"]", "notify.sms.template[1].variables"),
            ("[\"code\", \"minutes\"]", "[\"code\", \"token\"]", "notify.sms.template[1].variables"),
            ("[\"code\", \"minutes\"]", "[\"code\"]", "有 1 个变量，文字里有 2 个占位符"),
            ("${code}", "${code", "notify.sms.template[1].text"),
            ("${code}", "{1}", "notify.sms.template[1]"),
            ("text = \"您的", "text = \"【某某大学】您的", "notify.sms.template[1].text"),
            ("text = \"您的", "text = \"★您的", "notify.sms.template[1].text"),
            ("text = \"您的", &long, "按 8 条计费"),
            ("127.0.0.1:8460/d/$", "127.0.0.1:8460/p/$", "http://127.0.0.1:8460/d/"),
            ("127.0.0.1:8460/p/$", "visit.example.com/p/$", "http://127.0.0.1:8460/p/"),
            ("\"reason\", \"token\"]", "\"reason\", \"approval_code\"]", "固定链接 http://127.0.0.1:8460/a"),
            ("kind = \"cancelled\"", "kind = \"changed\"", "kind = \"cancelled\""),
            (
                "id = \"SMS_1000005\"\nvariables = [\"when\", \"host\"]",
                "id = \"SMS_1000005\"\nvariables = [\"when\", \"by\"]",
                "when, host",
            ),
        ] {
            let text = example().replacen(before, after, 1);
            assert_ne!(text, example(), "{before}");
            let told = told(&text);
            assert!(told.contains(said) && (told.starts_with("第 ") || said.is_empty()), "{after}: {told}");
        }
    }

    #[test]
    fn a_gate_s_name_that_no_message_may_hold_is_refused_where_one_says_it() {
        let gate = |name: &str| {
            format!(
                "{}\n[[campus]]\nid = 1\nname = 'x'\nname_en = 'x'\n[[campus.gate]]\nindex = 0\nname = '{name}'\nname_en = 'x'",
                example()
            )
        };
        let says = |text: String| {
            text.replace("[\"visitor\", \"when\", \"party\", \"reason\"", "[\"gate\", \"when\", \"party\", \"reason\"")
        };
        assert_eq!(told(&gate("★南门")), "taken", "no template says it");
        assert!(told(&says(gate("南门"))).contains("approval_asked"), "without a gate it cannot be filled");
        let both = gate("★南门").replacen("[[campus]]", "[[notify.sms.template]]\nkind = 'approval_asked'\nid = '1'\nvariables = ['gate']\ntext = '有人在${gate}等候。'\n[[campus]]", 1);
        assert!(told(&both).contains("campus[1].gate[1].name = \"★南门\""), "{}", told(&both));
        assert_eq!(told(&both.replace("★南门", "南门")), "taken");
    }
}
