//! What an office and its providers have agreed on: what the office writes into its settings to reach these doubles, and what they
//! have registered of the office.
//!
//! Registered texts hold the office's own address, and what calls back has to know it; so there is one contract for one office.

use std::sync::Arc;

use crate::{Doubles, aliyun::Aliyun, hall, sms::Registered, tencent::Tencent, wecom::Person};

/// Through whom texts leave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Gateway {
    #[default]
    Aliyun,
    Tencent,
}

/// Which hall the university has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Hall {
    Wisedu,
    MessageCentre,
    #[default]
    Weaver,
    Webhook,
    /// One that fetches: here nobody does by himself.
    Pull,
}

/// What each registered text tells and what stands for its variables, in the order of the doubles.
pub const TEMPLATES: [(&str, &str); 15] = [
    ("sign_in_code", "'code', 'minutes'"),
    ("approval_asked", "'visitor', 'when', 'party', 'reason', 'token'"),
    ("approval_asked", "'visitor', 'when', 'party', 'reason', 'approval_code'"),
    ("submitted", "'when', 'host'"),
    ("waiting", "'count'"),
    ("unanswered", "'visitor', 'when', 'host', 'department'"),
    ("approved", "'when', 'host', 'token', 'short_code'"),
    ("declined", "'when', 'host', 'because'"),
    ("revoked", "'when', 'host'"),
    ("revoked", "'by', 'visitor', 'when'"),
    ("cancelled", "'visitor', 'when'"),
    ("changed", "'host', 'when', 'party'"),
    ("changed", "'visitor', 'when', 'party', 'plates'"),
    ("deputy", "'host', 'department', 'from', 'through'"),
    ("deputy", "'host', 'department'"),
];

/// Where the default texts lead.
const USUAL_SITE: &str = "http://127.0.0.1:8460";
/// At the end of the address that receipts are pushed to.
const RECEIPTS: &str = "invented0receipts0door0of0the0doubles";

/// What a hall that fetches says to be let in.
pub const PULL_CODE: &str = "invented0code0of0the0pulling0hall";

impl Doubles {
    /// Those whose contract is with the office at `site`.
    #[must_use]
    pub fn of_office(site: &str) -> Self {
        let here = |templates: Vec<Registered>| {
            let moved = |it: Registered| Registered { text: it.text.replace(USUAL_SITE, site), ..it };
            templates.into_iter().map(moved).collect()
        };
        let (aliyun, tencent) = (Aliyun::default(), Tencent::default());
        let doubles = Self {
            aliyun: Arc::new(Aliyun { templates: here(aliyun.templates), ..aliyun }),
            tencent: Arc::new(Tencent { templates: here(tencent.templates), ..tencent }),
            ..Self::default()
        };
        doubles.aliyun.memory.receipts_to(&format!("{site}/receipts/aliyun/{RECEIPTS}"));
        doubles.tencent.memory.receipts_to(&format!("{site}/receipts/tencent/{RECEIPTS}"));
        doubles.wecom.set(|set| {
            set.trusted_domain = site.split_once("://").map_or(site, |(_, host)| host).to_owned();
            set.at_the_phone = Person::Member("wangjg".to_owned());
            if let Some(callback) = &mut set.callback {
                callback.url = format!("{site}/providers/wecom");
            }
        });
        doubles
    }

    /// The office's tables for its channels; the doubles are at `at`.
    #[must_use]
    pub fn settings(&self, at: &str, gateway: Gateway, hall: Hall) -> String {
        let wecom = self.wecom.settings();
        let agent = wecom.apps.first().map_or(0, |app| app.agent_id);
        let corp = wecom.corp_id;
        [
            self.sms(at, gateway),
            format!(
                "[notify.wecom]\ncorp_id = '{corp}'\nagent_id = {agent}\ncard = 'button'\ncallback = true\n\
                 api_url = '{at}/wecom'\nauthorize_url = '{at}/wecom'\n"
            ),
            hall.settings(at),
            format!("[sign_on.cas]\nurl = '{at}/cas'\n"),
        ]
        .concat()
    }

    /// Each secret's file and its line.
    #[must_use]
    pub fn secrets(&self) -> Vec<(&'static str, String)> {
        let wecom = self.wecom.settings();
        let mut secrets = vec![
            ("aliyun.secret", self.aliyun.secret.clone()),
            ("tencent.secret", self.tencent.secret.clone()),
            ("sms-receipts.secret", RECEIPTS.to_owned()),
            ("hall-wisedu.token", hall::wisedu::TOKEN.to_owned()),
            ("hall-message-centre.secret", hall::message_centre::SECRET.to_owned()),
            ("hall-webhook.key", hall::webhook::KEY.to_owned()),
            ("hall-pull.code", PULL_CODE.to_owned()),
        ];
        secrets.extend(wecom.apps.first().map(|app| ("wecom.secret", app.secret.clone())));
        if let Some(callback) = wecom.callback {
            secrets.push(("wecom-callback.token", callback.token));
            secrets.push(("wecom-callback.aes", callback.aes_key));
        }
        secrets
    }

    fn sms(&self, at: &str, gateway: Gateway) -> String {
        let (provider, key_id, sign_name, templates) = match gateway {
            Gateway::Aliyun => {
                let Aliyun { key_id, sign_name, templates, .. } = &*self.aliyun;
                ("provider = 'aliyun'".to_owned(), key_id, sign_name, templates)
            }
            Gateway::Tencent => {
                let Tencent { key_id, sign_name, templates, app_id, .. } = &*self.tencent;
                (format!("provider = 'tencent'\napp_id = '{app_id}'"), key_id, sign_name, templates)
            }
        };
        let path = gateway.name();
        let mut text = format!(
            "[notify.sms]\n{provider}\nkey_id = '{key_id}'\nsign_name = '{sign_name}'\nendpoint = '{at}/{path}'\nreceipts = true\n"
        );
        for ((kind, variables), Registered { id, text: words, .. }) in TEMPLATES.iter().zip(templates) {
            text.push_str(&format!(
                "[[notify.sms.template]]\nkind = '{kind}'\nid = '{id}'\nvariables = [{variables}]\ntext = '{words}'\n"
            ));
        }
        text
    }
}

impl Gateway {
    pub const ALL: [Self; 2] = [Self::Aliyun, Self::Tencent];

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gateway| gateway.name() == name)
    }

    /// As settings, dials and what is shown name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aliyun => "aliyun",
            Self::Tencent => "tencent",
        }
    }
}

impl Hall {
    pub const ALL: [Self; 5] = [Self::Weaver, Self::Wisedu, Self::MessageCentre, Self::Webhook, Self::Pull];

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hall| hall.name() == name)
    }

    /// As settings, dials and what is shown name it.
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

    fn settings(self, at: &str) -> String {
        use hall::{message_centre as centre, weaver, wisedu};
        let name = self.name();
        let more = match self {
            Self::Wisedu => {
                let (app, school) = (wisedu::APP_ID, wisedu::SCHOOL);
                format!("gateway = '{at}/hall/wisedu'\napp_id = '{app}'\nschool_code = '{school}'\n")
            }
            Self::MessageCentre => {
                let (client, app, kind) = (centre::CLIENT, centre::APP_ID, centre::MESSAGE_TYPE);
                format!(
                    "url = '{at}/hall/message_centre'\nclient_id = '{client}'\napp_id = '{app}'\nmessage_type = '{kind}'\n\
                     send_type = ['WEBSITE', 'SUPERAPP']\n"
                )
            }
            Self::Weaver => {
                let (system, creator) = (weaver::SYSCODE, weaver::CREATOR);
                format!("url = '{at}/hall/weaver'\nsyscode = '{system}'\ncreator = '{creator}'\n")
            }
            Self::Webhook => format!("url = '{at}/hall/webhook'\n"),
            Self::Pull => "system_code = 'visitor'\n".to_owned(),
        };
        format!("[notify.hall]\nadapter = '{name}'\n[notify.hall.{name}]\n{more}")
    }
}
