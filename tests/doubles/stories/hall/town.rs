//! The doubles on a port of their own, the settings that point at them, and a notice to send.

use std::{net::SocketAddr, sync::Arc};

use doubles::{Doubles, Message};
use shared::{
    ids::BookingId,
    time::{CampusDay, Moment},
};
use sync_server::{
    clock::Clock,
    config::Config,
    notify::{
        Line, Sender,
        hall::{self, Way},
    },
    office::{
        Channel,
        notice::{Fact, NoticeKind},
    },
    store::{Followed, Notice},
};
use tokio::{net::TcpListener, task::JoinHandle};

use super::clock::Still;

pub(crate) const SITE: &str = "https://visit.example.edu.cn";

/// All doubles on a port of their own.
pub(crate) struct Town {
    pub(crate) doubles: Doubles,
    pub(crate) at: SocketAddr,
    pub(crate) serving: JoinHandle<()>,
}

impl Drop for Town {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Town {
    pub(crate) async fn open() -> Self {
        let doubles = Doubles::default();
        doubles.halls.set_clock(Some(NOW_S));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let router = doubles.router();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { doubles, at, serving }
    }

    /// The settings of a hall that is this town's.
    pub(crate) fn settings(&self, adapter: &str) -> String {
        let at = self.at;
        let table = match adapter {
            "wisedu" => {
                format!("gateway = 'http://{at}/hall/wisedu'\napp_id = 'double-wisedu-app'\nschool_code = '19999'")
            }
            "message_centre" => format!(
                "url = 'http://{at}/hall/message_centre'\nclient_id = 'double-centre-client'\napp_id = 'double-centre-app'\n\
                 message_type = 'visit'\nsend_type = ['WEBSITE', 'SUPERAPP']"
            ),
            "weaver" => format!("url = 'http://{at}/hall/weaver'\nsyscode = 'visitor'\ncreator = 'sysadmin'"),
            _ => format!("url = 'http://{at}/hall/webhook'"),
        };
        format!("[notify.hall]\nadapter = '{adapter}'\n[notify.hall.{adapter}]\n{table}\n")
    }

    pub(crate) fn sender(&self, adapter: &str) -> Box<dyn Sender> {
        self.sender_with(adapter, secret(adapter), Line::open().unwrap(), Still::at(NOW))
    }

    pub(crate) fn sender_with(
        &self,
        adapter: &str,
        secret: &str,
        line: Line,
        clock: Arc<dyn Clock>,
    ) -> Box<dyn Sender> {
        let config = Config::parse(&self.settings(adapter)).unwrap();
        let way = Way { site: SITE.to_owned(), clock, line };
        hall::open(config.notify.hall.as_ref().unwrap(), Some(secret.to_owned().into()), way).unwrap()
    }

    pub(crate) fn shown(&self) -> Vec<Message> {
        self.doubles.shown.all()
    }

    /// What became of each, oldest first.
    pub(crate) fn states(&self) -> Vec<String> {
        self.shown().into_iter().map(|message| message.state).collect()
    }
}

pub(crate) const PUSHED: [&str; 4] = ["wisedu", "message_centre", "weaver", "webhook"];

pub(crate) fn secret(adapter: &str) -> &'static str {
    match adapter {
        "wisedu" => doubles::hall::wisedu::TOKEN,
        "message_centre" => doubles::hall::message_centre::SECRET,
        _ => doubles::hall::webhook::KEY,
    }
}

pub(crate) const NOW_S: i64 = 1_795_395_600;
pub(crate) const NOW: Moment = Moment::from_unix_s(NOW_S);

/// A visitor for T2001.
pub(crate) fn asked(id: i64) -> Notice {
    Notice {
        id,
        channel: Channel::Hall,
        to: "T2001".to_owned(),
        kind: NoticeKind::ApprovalAsked,
        booking: Some(BookingId::new(7)),
        text: "访客 欧阳娜 预约来访。请打开链接审核。".to_owned(),
        facts: vec![(Fact::Visitor, "欧阳娜".to_owned()), (Fact::When, format!("{} 09:00-11:00", CampusDay::of(NOW)))],
        path: Some("/decide/a_B-9".to_owned()),
        failed: 0,
        made_at: NOW,
        follows: None,
    }
}

/// Somebody has decided on what `first` asked.
pub(crate) fn settled(id: i64, first: &Notice, handle: Option<String>) -> Notice {
    Notice {
        kind: NoticeKind::Settled,
        text: "已处理。".to_owned(),
        facts: vec![(Fact::Standing, "approved".to_owned())],
        path: None,
        follows: Some(Followed { key: first.key(), handle }),
        ..asked(id)
    }
}
