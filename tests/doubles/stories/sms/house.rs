//! A house for the stories: the doubles on a port, and a sender as the settings make it.

use std::sync::Arc;

use axum::Router;
use chrono::TimeDelta;
use doubles::{Doubles, TEMPLATES};
use shared::time::{CampusDay, Moment};
use sync_server::{
    clock::SetClock,
    config::{Config, Sms},
    notify::{Line, Sender, sms},
    office::{
        Channel,
        notice::{Fact, NoticeKind},
    },
    store::Notice,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Acs3,
    Rpc,
    Tencent,
}

impl By {
    pub(crate) const ALL: [Self; 3] = [Self::Acs3, Self::Rpc, Self::Tencent];

    pub(crate) fn double(self) -> &'static str {
        if self == Self::Tencent { "tencent" } else { "aliyun" }
    }
}

pub(crate) struct House {
    pub(crate) doubles: Doubles,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) address: String,
}

/// Nine in the morning, campus time.
pub(crate) fn morning() -> Moment {
    CampusDay::parse("2026-11-23").unwrap().at_minute(9 * 60)
}

pub(crate) async fn listen(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

impl House {
    pub(crate) async fn new() -> Self {
        let doubles = Doubles::default();
        let address = listen(doubles.router()).await;
        let house = Self { doubles, clock: Arc::new(SetClock::at(morning())), address };
        house.pass(TimeDelta::zero());
        house
    }

    /// Time passes for everybody.
    pub(crate) fn pass(&self, span: TimeDelta) {
        use sync_server::clock::Clock as _;
        self.clock.advance(span);
        self.doubles.time.set(self.clock.now().unix_s());
    }

    pub(crate) fn sender(&self, by: By) -> Box<dyn Sender> {
        self.sender_with(by, |text| text)
    }

    pub(crate) fn sender_with(&self, by: By, change: impl Fn(String) -> String) -> Box<dyn Sender> {
        let secret = match by {
            By::Tencent => &self.doubles.tencent.secret,
            By::Acs3 | By::Rpc => &self.doubles.aliyun.secret,
        };
        let settings = Config::parse(&change(self.settings(by, ""))).unwrap().notify.sms.unwrap();
        self.opened(&settings, secret)
    }

    pub(crate) fn opened(&self, settings: &Sms, secret: &str) -> Box<dyn Sender> {
        let secret = sms::SmsSecret(secret.to_owned().into());
        sms::open(settings, secret, Line::open().unwrap(), self.clock.clone()).unwrap()
    }

    pub(crate) fn settings(&self, by: By, more: &str) -> String {
        let Doubles { aliyun, tencent, .. } = &self.doubles;
        let (key_id, templates) = match by {
            By::Tencent => (&tencent.key_id, &tencent.templates),
            By::Acs3 | By::Rpc => (&aliyun.key_id, &aliyun.templates),
        };
        let provider = match by {
            By::Acs3 => "provider = 'aliyun'".to_owned(),
            By::Rpc => "provider = 'aliyun'\nsigning = 'rpc'".to_owned(),
            By::Tencent => format!("provider = 'tencent'\napp_id = '{}'", tencent.app_id),
        };
        let (address, double) = (&self.address, by.double());
        let mut text = format!(
            "[notify.sms]\n{provider}\nkey_id = '{key_id}'\nsign_name = '某某大学'\nendpoint = '{address}/{double}'\n{more}\n"
        );
        for ((kind, variables), template) in TEMPLATES.iter().zip(templates) {
            let (id, words) = (&template.id, &template.text);
            text.push_str(&format!(
                "[[notify.sms.template]]\nkind = '{kind}'\nid = '{id}'\nvariables = [{variables}]\ntext = '{words}'\n"
            ));
        }
        text
    }
}

pub(crate) fn code(id: i64, to: &str) -> Notice {
    let facts = vec![(Fact::Code, "042042".to_owned()), (Fact::Minutes, "5".to_owned())];
    notice(id, to, NoticeKind::SignInCode, facts, None)
}

pub(crate) fn asked(id: i64, to: &str, reason: &str) -> Notice {
    let facts = vec![
        (Fact::Visitor, "欧阳文".to_owned()),
        (Fact::When, "2026-11-23 10:00-11:00".to_owned()),
        (Fact::Party, "2".to_owned()),
        (Fact::Reason, reason.to_owned()),
    ];
    notice(id, to, NoticeKind::ApprovalAsked, facts, Some(&format!("/decide/{}", TOKEN)))
}

pub(crate) const TOKEN: &str = "AbCdEfGhIjKlMnOpQrStUvWxYz012345";

pub(crate) fn notice(id: i64, to: &str, kind: NoticeKind, facts: Vec<(Fact, String)>, path: Option<&str>) -> Notice {
    Notice {
        id,
        channel: Channel::Sms,
        to: to.to_owned(),
        kind,
        booking: None,
        text: String::new(),
        facts,
        path: path.map(str::to_owned),
        failed: 0,
        made_at: morning(),
        follows: None,
    }
}
