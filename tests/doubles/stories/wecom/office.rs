//! An office with a WeCom app, and the double it talks to: one clock for both.

use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use chrono::TimeDelta;
use doubles::{Doubles, Message, wecom::Callback};
use shared::time::Moment;
use sync_server::{
    clock::{Clock as _, SetClock},
    config::Config,
    notify::{Accepted, Failure, Sender as _, Unsent, wecom::Wecom},
    office::{
        Channel,
        notice::{Fact, NoticeKind},
    },
    providers, serve,
    state::AppState,
    store::{Followed, Notice},
};
use tokio::net::TcpListener;

pub(crate) const NOW: Moment = Moment::from_unix_s(1_795_363_200);
pub(crate) const TOKEN: &str = "invented-callback-token";
pub(crate) const AES_KEY: &str = "aW52ZW50ZWQtYWVzLWtleS1vZi0zMi1ieXRlcy0wMDE";

pub(crate) struct Office {
    pub(crate) doubles: Doubles,
    /// Where the double is.
    pub(crate) base: String,
    /// Where the providers' door is.
    pub(crate) door: SocketAddr,
    pub(crate) state: AppState,
    pub(crate) wecom: Arc<Wecom>,
    pub(crate) clock: Arc<SetClock>,
    dir: tempfile::TempDir,
}

impl Office {
    /// With these lines among its settings.
    pub(crate) async fn with(lines: &str) -> Self {
        let doubles = Doubles::default();
        let base = format!("http://{}/wecom", answering(doubles.router()).await);
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at(NOW));
        let theirs = clock.clone();
        doubles.wecom.set(|set| set.clock = Arc::new(move || theirs.now().unix_s()));
        for (name, text) in [
            ("wecom.secret", "invented-wecom-secret"),
            ("wecom-callback.token", TOKEN),
            ("wecom-callback.aes", AES_KEY),
        ] {
            secret(dir.path(), name, text);
        }
        let state = open(&dir, &base, lines, clock.clone()).await;
        let door = answering(providers::router(state.clone())).await;
        let url = format!("http://{door}/providers/wecom");
        let callback = Callback { url, token: TOKEN.to_owned(), aes_key: AES_KEY.to_owned() };
        let calls_back = state.config.notify.wecom.as_ref().unwrap().callback;
        doubles.wecom.set(|set| set.callback = calls_back.then_some(callback));
        let wecom = state.wecom.clone().unwrap();
        Self { doubles, base, door, state, wecom, clock, dir }
    }

    pub(crate) async fn plain() -> Self {
        Self::with("").await
    }

    pub(crate) async fn with_buttons() -> Self {
        Self::with("card = 'button'\ncallback = true").await
    }

    /// The same office after its server was started again.
    pub(crate) async fn started_again(self) -> Self {
        let lines = "";
        let state = open(&self.dir, &self.base, lines, self.clock.clone()).await;
        Self { wecom: state.wecom.clone().unwrap(), state, ..self }
    }

    pub(crate) async fn send(&self, notice: &Notice) -> Result<Accepted, Unsent> {
        self.wecom.sender().send(notice).await
    }

    /// Which kind of failure sending it meets.
    pub(crate) async fn failure(&self, notice: &Notice) -> Failure {
        let unsent = self.send(notice).await.unwrap_err();
        assert!(!format!("{unsent:?}").contains("invented-"), "a secret in {unsent:?}");
        unsent.kind
    }

    pub(crate) fn shown(&self) -> Vec<Message> {
        self.doubles.shown.all()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// A look into, or a hand upon, the office's own database.
    pub(crate) fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.dir.path().join("office.sqlite3")).unwrap()
    }
}

pub(crate) fn asked(id: i64, to: &str) -> Notice {
    Notice {
        id,
        channel: Channel::Wecom,
        to: to.to_owned(),
        kind: NoticeKind::ApprovalAsked,
        booking: None,
        text: "访客 王芳 预约 2026-11-24 09:00-11:00 来访，事由：讲座。请打开链接审核。".to_owned(),
        facts: vec![
            (Fact::Visitor, "王芳".to_owned()),
            (Fact::When, "2026-11-24 09:00-11:00".to_owned()),
            (Fact::Reason, "讲座".to_owned()),
        ],
        path: Some(format!("/decide/link-{id}")),
        failed: 0,
        made_at: NOW,
        follows: None,
    }
}

/// That `first`, which was accepted as told, asks nothing any more.
pub(crate) fn settled(id: i64, first: &Notice, accepted: &Accepted) -> Notice {
    Notice {
        id,
        kind: NoticeKind::Settled,
        text: "访客 王芳 的预约已由 李娜 通过。".to_owned(),
        facts: vec![(Fact::By, "李娜".to_owned()), (Fact::Standing, "已通过".to_owned())],
        path: None,
        follows: Some(Followed { key: first.key(), handle: accepted.handle.clone() }),
        ..first.clone()
    }
}

pub(crate) fn later(after_s: u64) -> Failure {
    Failure::Later { after: Some(std::time::Duration::from_secs(after_s)) }
}

pub(crate) const LATER: Failure = Failure::Later { after: None };

async fn open(dir: &tempfile::TempDir, base: &str, lines: &str, clock: Arc<SetClock>) -> AppState {
    let text = format!(
        "demo = true\ndata_dir = '{}'\n[notify.wecom]\ncorp_id = 'ww00112233445566aa'\nagent_id = 1000002\n\
         api_url = '{base}'\nauthorize_url = '{base}'\n{lines}",
        dir.path().display()
    );
    serve::open(Config::parse(&text).unwrap(), clock).await.unwrap()
}

fn secret(dir: &Path, name: &str, text: &str) {
    let dir = dir.join("secrets");
    fs::create_dir_all(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(dir.join(name), text).unwrap();
    fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o600)).unwrap();
}

async fn answering(router: axum::Router) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}
