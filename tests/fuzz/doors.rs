//! The server's three doors, with everything behind them: its own routes over a database, request by request.
//!
//! Nobody may make the server fail, whatever they send, signed in or not: no answer is of the 500s, and none is longer than a page
//! may be. The office is made anew after some thousand requests, so that what one leaves behind is not carried along for ever.

use std::{
    cell::{Cell, RefCell},
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::Arc,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, header},
};
use chrono::TimeDelta;
use shared::{
    identity::{PersonName, Phone},
    ids::{CampusId, GateIndex, StaffNumber, TerminalId},
    seal::PublicKey,
    sync::{
        ENROL_PATH, PULL_PATH, PUSH_PATH, WALK_IN_PATH,
        enrol::InviteCode,
        http_signature::{self, CONTENT_DIGEST, Nonce, Parameters, SIGNATURE, SIGNATURE_INPUT},
    },
    time::{CampusDay, Moment},
};
use sync_server::{
    clock::SetClock,
    config::Config,
    office::Staff,
    pages, providers, serve,
    state::AppState,
    store::{Proven, SessionToken},
    sync,
};
use tokio::{runtime::Runtime, sync::watch};
use tower::ServiceExt as _;

use crate::{office_keys as keys, text};

/// A page with all that a booking may hold is a tenth of it.
const LONGEST_ANSWER_BYTES: usize = 1024 * 1024;

const REQUESTS_OF_ONE_OFFICE: u32 = 2_000;

const RECEIPTS: &str = "made-up-secret-of-a-door-0123456789";

pub(crate) fn look(bytes: &[u8]) {
    let Some(([door, who], rest)) = bytes.split_first_chunk().map(|(first, rest)| (*first, rest)) else { return };
    OFFICE.with_borrow_mut(|office| {
        if office.as_ref().is_none_or(|office| office.answered.get() >= REQUESTS_OF_ONE_OFFICE) {
            *office = None;
            *office = Some(Office::open());
        }
        if let Some(office) = office {
            office.asked(door, who, rest);
        }
    });
}

thread_local! {
    static OFFICE: RefCell<Option<Office>> = const { RefCell::new(None) };
}

/// Each with its form's token where there is a session.
const FORMS: [&str; 22] = [
    "/sign-in",
    "/sign-in/code",
    "/sign-out",
    "/book",
    "/host/book",
    "/host/decisions",
    "/host/deputy",
    "/host/deputy/end",
    "/host/invite",
    "/host/invite/end",
    "/my-data",
    "/bookings/1/edit",
    "/bookings/1/cancel",
    "/bookings/1/revoke",
    "/bookings/1/decide",
    "/decide/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "/d/AAAAAAAAAAAAAAAAAAAAAAAA",
    "/a",
    "/sign-on/cas/back",
    "/receipts/aliyun/made-up-secret-of-a-door-0123456789",
    "/receipts/tencent/made-up-secret-of-a-door-0123456789",
    "/providers/wecom?msg_signature=0&timestamp=1795363200&nonce=n",
];

const SIGNED: [&str; 3] = [PULL_PATH, PUSH_PATH, WALK_IN_PATH];

#[derive(Debug)]
struct Office {
    router: Router,
    runtime: Runtime,
    /// A visitor's and a host's.
    sessions: [SessionToken; 2],
    now: Moment,
    answered: Cell<u32>,
    _close: watch::Sender<bool>,
    _dir: tempfile::TempDir,
}

impl Office {
    fn open() -> Self {
        // A disk that is memory: what is synced here is not to be kept.
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let now = CampusDay::parse("2026-11-23").expect("a day").at_minute(8 * 60);
        let sessions = [1, 2].map(|byte| SessionToken::from_random([byte; 32]));
        let state = runtime.block_on(opened(dir.path(), now, &sessions));
        let (close, closing) = watch::channel(false);
        let router =
            pages::router(state.clone()).merge(providers::router(state.clone())).merge(sync::router(state, closing));
        Self { router, runtime, sessions, now, answered: Cell::new(0), _close: close, _dir: dir }
    }

    fn asked(&self, door: u8, who: u8, rest: &[u8]) {
        let door = usize::from(door);
        let session = self.sessions.get(usize::from(who % 3));
        let mut request = Request::builder();
        if let Some(session) = session {
            request = request.header(header::COOKIE, format!("session={}", session.text()));
        }
        let request = if let Some(path) = FORMS.get(door) {
            let is_form = !path.starts_with("/receipts") && !path.starts_with("/providers");
            let token = session.filter(|_| is_form).map(|session| session.form_token().text());
            let body =
                token.map_or_else(|| rest.to_vec(), |token| [b"form_token=", token.as_bytes(), b"&", rest].concat());
            let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            request.method(Method::POST).uri(*path).body(Body::from(body))
        } else if let Some(path) = SIGNED.get(door - FORMS.len()) {
            let mut nonce = [0; 16];
            nonce[..4].copy_from_slice(&self.answered.get().to_be_bytes());
            let (created_s, nonce) = (self.now.unix_s(), Nonce::from_random(nonce));
            let parameters = Parameters { created_s, nonce, terminal: TerminalId::new(1) };
            let signed = http_signature::sign(&parameters, "POST", path, rest, &keys::TERMINAL);
            let request =
                request.header(CONTENT_DIGEST, signed.content_digest).header(header::ACCEPT_ENCODING, "deflate");
            let request = request.header(SIGNATURE_INPUT, signed.signature_input).header(SIGNATURE, signed.signature);
            request.method(Method::POST).uri(*path).body(Body::from(rest.to_vec()))
        } else if door == FORMS.len() + SIGNED.len() {
            request.method(Method::POST).uri(ENROL_PATH).body(Body::from(rest.to_vec()))
        } else {
            // An address, and a header after it.
            let Some(said) = text(rest) else { return };
            let (address, value) = said.split_once('\n').unwrap_or((said, ""));
            let name =
                [header::COOKIE, header::ACCEPT_LANGUAGE, header::REFERER, header::IF_NONE_MATCH, header::ORIGIN];
            let name = &name[usize::from(who) % name.len()];
            let method = if door.is_multiple_of(2) { Method::GET } else { Method::POST };
            request.method(method).uri(address).header(name, value).body(Body::empty())
        };
        // What is no request never comes so far.
        if let Ok(request) = request {
            self.answer(request);
        }
    }

    fn answer(&self, request: Request<Body>) {
        self.answered.set(self.answered.get() + 1);
        let (address, router) = (request.uri().clone(), self.router.clone());
        self.runtime.block_on(async move {
            let answer = router.oneshot(request).await.unwrap();
            let status = answer.status();
            assert!(!status.is_server_error(), "{address}: {status}");
            to_bytes(answer.into_body(), LONGEST_ANSWER_BYTES).await.expect("no longer than a page may be");
        });
    }
}

async fn opened(dir: &Path, now: Moment, sessions: &[SessionToken; 2]) -> AppState {
    let secrets = dir.join("secrets");
    fs::create_dir_all(&secrets).expect("a folder");
    for (name, secret) in [
        ("sms-receipts.secret", RECEIPTS),
        ("wecom.secret", "made-up"),
        ("wecom-callback.token", "made-up-token"),
        ("wecom-callback.aes", "bWFkZS11cC1rZXktb2YtMzItYnl0ZXMtMDEyMzQ1Njc"),
    ] {
        let path = secrets.join(name);
        fs::write(&path, secret).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a file of ours");
    }
    let sample = include_str!("../../sync-server/sync-server.sample.toml");
    let lines =
        sample.lines().filter_map(|line| line.strip_prefix("#:")).map(|line| format!("{}\n", line.trim_start()));
    let text = lines.collect::<String>().replace("provider = \"aliyun\"", "provider = \"aliyun\"\nreceipts = true");
    let wecom = "\n[notify.wecom]\ncorp_id = 'ww01'\nagent_id = 7\ncallback = true\n[sync]\nhold_s = 0\n";
    let config = Config::parse(&(text + wecom)).expect("the sample is understood");
    let config = Config { data_dir: dir.to_owned(), demo: true, ..config };
    let state = serve::open(config, Arc::new(SetClock::at(now))).await.expect("the office opens").with_texts(true);
    let host = Staff {
        number: StaffNumber::parse("T1").expect("a number"),
        name: PersonName::parse("李文").expect("a name"),
        department: "计算机学院".to_owned(),
        phone: Phone::parse("13900130002").expect("a phone"),
        wecom_id: None,
        hall_id: None,
    };
    state.store.import_directory(vec![host.clone()], now).await.expect("written");
    let visitor = Proven::Phone(Phone::parse("13800130001").expect("a phone"));
    for (token, proven) in sessions.iter().zip([visitor, Proven::Staff(host.number)]) {
        let expires_at = now.plus(TimeDelta::days(1));
        state.store.open_session(token, proven, now, expires_at, TimeDelta::days(1)).await.expect("written");
    }
    let code = InviteCode::from_random([5; 10]);
    let (campus, gate) = (CampusId::new(1), GateIndex::new(0).expect("a gate"));
    state.store.invite(campus, gate, &code, now.plus(TimeDelta::minutes(10)), now).await.expect("written");
    let enrolled = state.store.enrol(&code, PublicKey::of(&keys::TERMINAL), now).await.expect("written");
    assert_eq!(enrolled.map(|terminal| terminal.id), Some(TerminalId::new(1)));
    state
}
