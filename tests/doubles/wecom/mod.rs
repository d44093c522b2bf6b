//! WeCom 企业微信 as its documents describe it, below `/wecom`: tokens, messages, cards, callbacks, and who is at the browser.
//!
//! Where the documents are silent it takes the harder reading: a duplicate is answered without a code to change the card, and what one
//! member may be sent is counted over any sixty seconds. Ids, names and secrets are invented.
//!
//! Dials: `wecom` for messages and cards, `wecom.token` for tokens, `wecom.oauth` for codes, `wecom.callback` for clicks.

mod api;
mod callback;
mod envelope;
mod message;
mod oauth;
mod tokens;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};

pub use self::callback::Call;
use self::tokens::Tokens;
use crate::Doubles;

/// Seconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

#[derive(Default)]
pub struct Wecom(Mutex<State>);

/// What the university's administrator has set up, and who is there.
#[derive(Clone)]
pub struct Settings {
    pub corp_id: String,
    pub apps: Vec<App>,
    pub callback: Option<Callback>,
    /// From where the interface may be called.
    pub ip_list: Vec<IpAddr>,
    /// Who is no member; everybody else is.
    pub strangers: BTreeSet<String>,
    pub unlicensed: BTreeSet<String>,
    /// Host, with the port where there is one.
    pub trusted_domain: String,
    /// Who holds the telephone that the authorize page is opened on.
    pub at_the_phone: Person,
    /// Whether the authorize page asks who that is.
    pub asks_who: bool,
    pub clock: Clock,
}

#[derive(Debug, Clone)]
pub struct App {
    pub agent_id: u32,
    pub secret: String,
}

/// Where the app is called back, and how its envelope is sealed.
#[derive(Debug, Clone)]
pub struct Callback {
    pub url: String,
    pub token: String,
    /// 43 characters.
    pub aes_key: String,
}

#[derive(Debug, Clone)]
pub enum Person {
    Member(String),
    /// Follows the app and is none of the university's.
    Outsider(String),
}

/// A message that was taken, whether or not it was delivered.
#[derive(Debug, Clone)]
pub struct Taken {
    pub to: String,
    pub msgid: String,
    /// What the sender calls it.
    pub key: String,
    pub agent_id: u32,
    pub delivered: bool,
    pub at: i64,
}

#[derive(Default)]
struct State {
    settings: Settings,
    tokens: Tokens,
    /// Answered before anything else is looked at.
    answers: VecDeque<i64>,
    calls: BTreeMap<&'static str, usize>,
    taken: Vec<Taken>,
    tasks: BTreeSet<String>,
    /// By everything a message says: when it came and what it was called.
    duplicates: HashMap<String, (i64, String)>,
    /// Of cards: to whom, by which app, when, and whether it was used.
    codes: HashMap<String, Code>,
    oauth: HashMap<String, oauth::Issued>,
    shortened: usize,
    counter: u64,
    /// To call the app back.
    line: Option<reqwest::Client>,
}

struct Code {
    to: Vec<String>,
    agent_id: u32,
    key: String,
    at: i64,
    used: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            corp_id: "ww00112233445566aa".to_owned(),
            apps: vec![
                App { agent_id: 1_000_002, secret: "invented-wecom-secret".to_owned() },
                App { agent_id: 1_000_003, secret: "invented-other-secret".to_owned() },
            ],
            callback: Some(Callback {
                url: "http://127.0.0.1:8460/providers/wecom".to_owned(),
                token: "invented-callback-token".to_owned(),
                aes_key: "aW52ZW50ZWQtYWVzLWtleS1vZi0zMi1ieXRlcy0wMDE".to_owned(),
            }),
            ip_list: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            strangers: BTreeSet::new(),
            unlicensed: BTreeSet::new(),
            trusted_domain: "127.0.0.1:8460".to_owned(),
            at_the_phone: Person::Outsider("o-invented".to_owned()),
            asks_who: false,
            clock: Arc::new(machine_clock),
        }
    }
}

impl Wecom {
    /// Changes what is set up.
    pub fn set<T>(&self, change: impl FnOnce(&mut Settings) -> T) -> T {
        change(&mut self.state().settings)
    }

    #[must_use]
    pub fn settings(&self) -> Settings {
        self.state().settings.clone()
    }

    /// The next calls of messages and cards are answered so, one each, and nothing is taken.
    pub fn answer_next(&self, errcodes: impl IntoIterator<Item = i64>) {
        self.state().answers.extend(errcodes);
    }

    /// Every token given so far dies; calls with one are answered by `errcode`, 40014 or 42001.
    pub fn tokens_die(&self, errcode: i64) {
        self.state().tokens.die(errcode);
    }

    /// How often a call of that name came: `gettoken`, `send`, `update`, `recall`, `getuserinfo`.
    #[must_use]
    pub fn calls(&self, name: &str) -> usize {
        self.state().calls.get(name).copied().unwrap_or_default()
    }

    #[must_use]
    pub fn taken(&self) -> Vec<Taken> {
        self.state().taken.clone()
    }

    /// How many messages were above a member's limit, and so were answered well and shown to nobody.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.state().taken.iter().filter(|taken| !taken.delivered).count()
    }

    /// How many texts were longer than WeCom shows, and so were cut.
    #[must_use]
    pub fn shortened(&self) -> usize {
        self.state().shortened
    }

    fn line(&self) -> reqwest::Client {
        self.state().line.get_or_insert_default().clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn now(&self) -> i64 {
        (self.settings.clock)()
    }

    fn count(&mut self, call: &'static str) {
        *self.calls.entry(call).or_default() += 1;
    }

    /// A name nobody else has.
    fn fresh(&mut self, kind: &str) -> String {
        self.counter += 1;
        format!("{kind}-{:06}", self.counter)
    }
}

/// More than any message of ours.
const LARGEST_BODY_BYTES: usize = 2 * 1024 * 1024;

pub(crate) fn router() -> Router<Doubles> {
    Router::new()
        .route("/wecom/cgi-bin/gettoken", get(api::gettoken))
        .route("/wecom/cgi-bin/message/send", post(api::send))
        .route("/wecom/cgi-bin/message/update_template_card", post(api::update))
        .route("/wecom/cgi-bin/message/recall", post(api::recall))
        .route("/wecom/cgi-bin/auth/getuserinfo", get(oauth::getuserinfo))
        .route("/wecom/connect/oauth2/authorize", get(oauth::authorize))
        .layer(DefaultBodyLimit::max(LARGEST_BODY_BYTES))
}

#[expect(clippy::disallowed_methods, reason = "a double has the machine's clock until a story gives it another")]
fn machine_clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl std::fmt::Debug for Wecom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wecom(double)")
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Settings(of {})", self.corp_id)
    }
}
