//! A whole office on a port of its own, with a hall and a CAS that are this town's, and the telephones of its people.

use std::sync::{Arc, Mutex};

use reqwest::{Client, RequestBuilder, header::LOCATION, redirect::Policy};
use shared::{
    identity::{PersonName, Phone},
    ids::StaffNumber,
};
use sync_server::{
    clock::Clock,
    config::Config,
    keys::Keys,
    notify::{About, Accepted, Pace, Sender, Sending},
    office::{Channel, Staff},
    serve,
    store::Notice,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{NOW, Still};

pub(crate) struct Office {
    pub(crate) url: String,
    pub(crate) clock: Arc<Still>,
    pub(crate) texts: Arc<Mutex<Vec<Notice>>>,
    _close: oneshot::Sender<()>,
    _serving: JoinHandle<()>,
    _dir: TempDir,
}

/// Every telephone of the story.
struct Telephones(Arc<Mutex<Vec<Notice>>>);

impl Sender for Telephones {
    fn about(&self) -> About {
        About { adapter: "telephones", channel: Some(Channel::Sms), pace: Pace::UNHURRIED }
    }

    fn send<'a>(&'a self, notice: &'a Notice) -> Sending<'a> {
        self.0.lock().unwrap().push(notice.clone());
        Box::pin(std::future::ready(Ok(Accepted::default())))
    }
}

impl Office {
    /// With further settings, and `secrets` in their files.
    pub(crate) async fn open(settings: &str, secrets: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let data = dir.path().join("data");
        let config =
            Config::parse(&format!("public_url = '{url}'\ndata_dir = '{}'\n{settings}", data.display())).unwrap();
        Keys::load_or_init(&data, NOW).unwrap();
        for (name, secret) in secrets {
            use std::os::unix::fs::PermissionsExt as _;
            let file = data.join("secrets").join(name);
            std::fs::write(&file, secret).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let clock = Still::at(NOW);
        let state = serve::open(config, clock.clone() as Arc<dyn Clock>).await.unwrap();
        state.store.import_directory(directory(), clock.now()).await.unwrap();
        let texts = Arc::new(Mutex::new(Vec::new()));
        let mut senders: Vec<Box<dyn Sender>> = vec![Box::new(Telephones(texts.clone()))];
        senders.extend(serve::channels(&state).unwrap());
        let (close, closed) = oneshot::channel::<()>();
        let until = async { closed.await.unwrap_or_default() };
        let answering = serve::answer(listener, state, senders, until);
        let serving = tokio::spawn(async { answering.await.unwrap() });
        Self { url, clock, texts, _close: close, _serving: serving, _dir: dir }
    }

    /// The newest text to `phone` that has, or has not, a link.
    pub(crate) async fn text(&self, phone: &str, with_link: bool) -> Notice {
        for _ in 0..1000 {
            let texts = self.texts.lock().unwrap().clone();
            let found = texts.into_iter().rev().find(|text| text.to == phone && text.path.is_some() == with_link);
            if let Some(found) = found {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("no text to {phone}")
    }

    /// A visitor signs in by a code and books with T2001.
    pub(crate) async fn booked(&self) -> String {
        let visitor = Browser::new();
        let at = |path: &str| format!("{}{path}", self.url);
        visitor.post(&at("/sign-in/code"), &[("phone", VISITOR)]).await;
        let code: String = self.text(VISITOR, false).await.text.chars().filter(char::is_ascii_digit).take(6).collect();
        assert_eq!(visitor.post(&at("/sign-in"), &[("phone", VISITOR), ("code", &code)]).await.status, 303);
        let form = visitor.get(&at("/book")).await;
        let day = shared::time::CampusDay::of(self.clock.now()).to_string();
        let token = form.between("name=\"form_token\" value=\"", "\"");
        let form_id = form.between("name=\"form_id\" value=\"", "\"");
        let booked = visitor
            .post(
                &at("/book"),
                &[
                    ("form_token", &token),
                    ("form_id", &form_id),
                    ("visitor_name", "欧阳娜"),
                    ("document_kind", "resident_id"),
                    ("document_number", "11010519491231002X"),
                    ("phone", VISITOR),
                    ("reason", "学术交流"),
                    ("campus", "1"),
                    ("day", &day),
                    ("from", "09:00"),
                    ("until", "21:00"),
                    ("host_number", "T2001"),
                    ("host_name", "王建国"),
                    ("privacy", "yes"),
                    ("document_consent", "yes"),
                    ("visit_kind", "ordinary"),
                ],
            )
            .await;
        booked.location()
    }
}

pub(crate) const VISITOR: &str = "13800000001";
pub(crate) const HOST: &str = "13900000001";

fn directory() -> Vec<Staff> {
    let member = |number: &str, name: &str, phone: &str, hall: Option<&str>| Staff {
        number: StaffNumber::parse(number).unwrap(),
        name: PersonName::parse(name).unwrap(),
        department: "计算机学院".to_owned(),
        phone: Phone::parse(phone).unwrap(),
        wecom_id: None,
        hall_id: hall.map(str::to_owned),
    };
    vec![
        member("T2001", "王建国", HOST, None),
        member("T2002", "李思敏", "13900000002", Some("lism")),
        member("T2003", "赵磊", "13900000003", None),
        // Two who share an office's telephone.
        member("T2004", "马云山", "13900000004", None),
        member("T2005", "王芳", "13900000004", None),
    ]
}

/// Keeps its cookies and follows nothing by itself.
pub(crate) struct Browser(Client);

pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) cookies: Vec<String>,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self(Client::builder().cookie_store(true).redirect(Policy::none()).no_proxy().build().unwrap())
    }

    pub(crate) async fn get(&self, address: &str) -> Page {
        read(self.0.get(address)).await
    }

    pub(crate) async fn head(&self, address: &str) -> Page {
        read(self.0.head(address)).await
    }

    pub(crate) async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Page {
        read(self.0.post(address).form(fields)).await
    }
}

async fn read(request: RequestBuilder) -> Page {
    let answer = request.send().await.unwrap();
    let location = answer.headers().get(LOCATION).map(|value| value.to_str().unwrap().to_owned());
    let cookies =
        answer.headers().get_all("set-cookie").into_iter().map(|it| it.to_str().unwrap().to_owned()).collect();
    Page { status: answer.status().as_u16(), location, cookies, body: answer.text().await.unwrap() }
}

impl Page {
    pub(crate) fn location(&self) -> String {
        self.location.clone().unwrap_or_else(|| panic!("{}: {}", self.status, self.body))
    }

    pub(crate) fn between(&self, before: &str, after: &str) -> String {
        let (_, rest) = self.body.split_once(before).unwrap_or_else(|| panic!("no {before} in {}", self.body));
        rest.split(after).next().unwrap().to_owned()
    }
}
