//! The campus of the journeys, shared by stories that are told at the same time: everybody in it is somebody else.
//!
//! The office stays open as long as anybody tells a story, so it runs on threads of its own and not on those of the story that
//! happened to come first.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicU16, Ordering},
};

use chrono::TimeDelta;
use serde_json::{Value, json};

use shared::{
    identity::{Document, DocumentKind, PersonName, Phone},
    ids::StaffNumber,
};
use sync_server::{office::Staff, store::SessionToken};
use tokio::{runtime::Runtime, sync::Mutex};
use world::{
    Trouble,
    campus::{Campus, today},
    mailbox::Notice,
    people::{self, Form, resident_number},
    person::Person,
};

use crate::driver::Driver;

/// Whoever tests all day from one address asks for more codes than a household does; and everything is asked that can be. Behind the house
/// of the university's accounts nobody is at home.
const SETTINGS: &str = "[sign_in]
per_phone_hour = 1000
per_phone_day = 1000
unused_per_address = 10000
unused_per_network = 10000
per_minute = 10000
per_hour = 60000
per_day = 60000
[booking]
per_phone_day = 1000
unknown_hosts_per_address_hour = 10000
companion_documents = \"optional\"
[sign_on.cas]
url = \"http://127.0.0.1:9/cas\"
";

/// Hosts and visitors have names that differ in their last character.
const GIVEN: &str = "安邦昌达恩方光海嘉凯兰明宁平秋仁山泰文贤亚泽芝舟竹远章义星温棠森柏楚冬帆冠航虹静珂朗";

const HOSTS: u16 = 30;

#[derive(Debug)]
pub struct Town {
    pub campus: Campus,
    driver: Arc<Driver>,
    /// Next visitor, next host.
    next: [AtomicU16; 2],
    sessions: AtomicU16,
    office: Option<Runtime>,
}

/// Somebody with a telephone.
#[derive(Debug, Clone)]
pub struct Known {
    pub name: String,
    pub phone: String,
    /// A host's staff number, a visitor's document.
    pub number: String,
}

static TOWN: Mutex<Weak<Town>> = Mutex::const_new(Weak::new());

impl Town {
    /// One for all stories told at the same time. Its clock stands still at 08:00: nobody may turn it.
    pub async fn shared() -> Result<Arc<Self>, Trouble> {
        let mut shared = TOWN.lock().await;
        if let Some(town) = shared.upgrade() {
            return Ok(town);
        }
        let town = Arc::new(Self::apart().await?);
        *shared = Arc::downgrade(&town);
        Ok(town)
    }

    /// One whose clock may be turned.
    pub async fn apart() -> Result<Self, Trouble> {
        let driver = Driver::shared()?;
        let office = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let opening = office.spawn(async {
            let campus = Campus::open_with(SETTINGS).await?;
            let hosts = (1..=HOSTS).filter_map(host).filter_map(|host| staff(&host));
            let everybody = people::directory().into_iter().chain(hosts).collect();
            campus.state.store.import_directory(everybody, campus.now()).await.map_err(told)?;
            Ok::<_, Trouble>(campus)
        });
        // Whatever became of it, the threads must not be waited for here.
        let town = opening.await.map_err(told).flatten();
        let (campus, office) = match town {
            Ok(campus) => (campus, office),
            Err(trouble) => {
                office.shutdown_background();
                return Err(trouble);
            }
        };
        let next = [AtomicU16::new(1), AtomicU16::new(1)];
        Ok(Self { campus, driver, next, sessions: AtomicU16::new(0), office: Some(office) })
    }

    pub(crate) fn driver(&self) -> Arc<Driver> {
        self.driver.clone()
    }

    /// Somebody who was never here.
    pub fn visitor(&self) -> Result<Known, Trouble> {
        let [next, _] = &self.next;
        let number = next.fetch_add(1, Ordering::Relaxed);
        let (phone, name) = (format!("1380001{number:04}"), format!("欧阳{}", given(number)?));
        Ok(Known { name, phone, number: resident_number(number) })
    }

    /// A member of staff whom nobody else visits.
    pub fn host(&self) -> Result<Known, Trouble> {
        let [_, next] = &self.next;
        host(next.fetch_add(1, Ordering::Relaxed)).ok_or_else(|| Trouble::NotHeld("there are more hosts".to_owned()))
    }

    /// Of somebody who signed in before the story begins, as a browser keeps it.
    pub async fn session_of(&self, who: &Known) -> Result<Value, Trouble> {
        let [high, low] = self.sessions.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let token = SessionToken::from_random(std::array::from_fn(|place| if place == 0 { high } else { low }));
        let phone = Phone::parse(&who.phone).map_err(told)?;
        let (now, month) = (self.campus.now(), TimeDelta::days(30));
        self.campus.state.store.open_session(&token, phone, now, now.plus(month), month).await.map_err(told)?;
        Ok(json!({"name": "session", "value": token.text(), "httpOnly": true, "sameSite": "Lax"}))
    }

    /// The same person, at work without a browser.
    pub async fn person(&self, who: &Known) -> Result<Person, Trouble> {
        let session = self.session_of(who).await?;
        let value = session.get("value").and_then(Value::as_str).unwrap_or_default();
        Person::carrying(&self.campus.url, &format!("session={value}"))
    }

    /// By the security office, for this reason.
    pub async fn is_watched(&self, visitor: &Known, note: &str) -> Result<(), Trouble> {
        let document = Document::parse(DocumentKind::ResidentId, &visitor.number, today().date()).map_err(told)?;
        self.campus.state.store.watch(&document, note, self.campus.now()).await.map(drop).map_err(told)
    }

    /// The code just sent to this telephone.
    pub async fn code(&self, phone: &str) -> Result<String, Trouble> {
        let sent = |notice: &Notice| notice.to == phone && notice.link.is_none() && notice.code().is_some();
        let notice = self.campus.mailbox.take("the sign-in code", sent).await?;
        Ok(notice.code().unwrap_or_default().to_owned())
    }

    /// The notices to a host that this visitor asks to come: by SMS, service hall and WeCom.
    pub async fn asked(&self, visitor: &Known) -> Result<[Notice; 3], Trouble> {
        self.notices(visitor, |_| true).await
    }

    /// The same, but only those to this member of staff.
    pub async fn asked_of(&self, staff: &Known, visitor: &Known) -> Result<[Notice; 3], Trouble> {
        self.notices(visitor, |to| to == staff.phone || to == staff.number).await
    }

    async fn notices(&self, visitor: &Known, to: impl Fn(&str) -> bool) -> Result<[Notice; 3], Trouble> {
        let by = async |channel| self.by(channel, visitor, &to).await;
        Ok([by("sms").await?, by("hall").await?, by("wecom").await?])
    }

    async fn by(&self, channel: &str, visitor: &Known, to: &impl Fn(&str) -> bool) -> Result<Notice, Trouble> {
        let about = |notice: &Notice| {
            let asks = notice.link.as_deref().is_some_and(|link| link.contains("/decide/"));
            asks && notice.channel == channel && notice.text.contains(&visitor.name) && to(&notice.to)
        };
        self.campus.mailbox.take(&format!("a notice by {channel} about {}", visitor.name), about).await
    }

    /// A notice to this telephone that leads somewhere.
    pub async fn told(&self, phone: &str) -> Result<Notice, Trouble> {
        self.campus.mailbox.take("a notice with a link", |notice| notice.to == phone && notice.link.is_some()).await
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        if let Some(office) = self.office.take() {
            office.shutdown_background();
        }
    }
}

/// The form of a good booking, as this visitor types it.
#[must_use]
pub fn form(visitor: &Known, host: &Known) -> Form {
    Form::good(today())
        .with("visitor_name", &visitor.name)
        .with("document_number", &visitor.number)
        .with("phone", &visitor.phone)
        .with("host_name", &host.name)
        .with("host_number", &host.number)
        .with("host_phone", &host.phone)
}

/// The same, as the host types it for the visitor.
#[must_use]
pub fn form_on_behalf(visitor: &Known, host: &Known) -> Form {
    ["host_name", "host_number", "host_phone"].iter().fold(form(visitor, host), |form, field| form.without(field))
}

fn host(number: u16) -> Option<Known> {
    let name = format!("诸葛{}", given(number).ok()?);
    (number <= HOSTS).then(|| Known { name, phone: format!("1390002{number:04}"), number: format!("T3{number:03}") })
}

fn staff(host: &Known) -> Option<Staff> {
    Some(Staff {
        number: StaffNumber::parse(&host.number)?,
        name: PersonName::parse(&host.name).ok()?,
        department: "计算机学院".to_owned(),
        phone: Phone::parse(&host.phone).ok()?,
        wecom_id: Some(host.number.clone()),
        hall_id: Some(host.number.clone()),
    })
}

fn given(number: u16) -> Result<char, Trouble> {
    GIVEN.chars().nth(usize::from(number)).ok_or_else(|| Trouble::NotHeld("there are more names".to_owned()))
}

fn told(error: impl std::fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
