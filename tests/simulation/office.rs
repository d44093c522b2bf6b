//! The office's machine: the real server without a socket, on a disk that can lose its power, with a clock that can leap.
//!
//! Requests come in as they do over the wire, signed and as bytes, through the server's own routes. Its people book and take back
//! through the store, as its pages do.

use std::{fmt, fs, net::SocketAddr, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use power_cut::{cut::Cut, disk::Image};
use shared::{
    ids::{CampusId, GateIndex, KeyId, TerminalId},
    pass::{KeyUse, NamedKey, SUITE_1, keyset::KeySetBody},
    seal::{PublicKey, Sealed},
    sync::{
        ENROL_PATH,
        enrol::{EnrolAnswer, EnrolClaim, EnrolRequest, InviteCode},
        http_signature::{CONTENT_DIGEST, SIGNATURE, SIGNATURE_INPUT, SignatureHeaders},
    },
    time::{CampusDay, Moment},
};
use sync_server::{
    clock::{Clock as _, SetClock},
    config::Config,
    keys::Lookout,
    serve,
    state::AppState,
    store, sync,
};
use tokio::{
    runtime::Runtime,
    sync::watch,
    task::{JoinHandle, yield_now},
    time::timeout,
};
use tower::ServiceExt as _;

use crate::{Stopped, dice::Dice, machine::Machine, people, told};

const DATABASE: &str = "office.sqlite3";

/// Enough for a call to come to where it waits.
const TURNS: usize = 2_000;

/// An answer takes milliseconds; held calls are let go after half a minute.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

#[derive(Debug)]
pub struct Office {
    pub clock: Arc<SetClock>,
    /// As whoever holds it could use it.
    pub pass_key: SigningKey,
    pub root: SigningKey,
    config: Config,
    machine: Machine,
    runtime: Arc<Runtime>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    state: AppState,
    router: Router,
    lookout: Lookout,
    _close: watch::Sender<bool>,
}

/// An answer that is waited for.
pub type Call = JoinHandle<Result<Said, Stopped>>;

/// What the server said, as bytes.
#[derive(Clone)]
pub struct Said {
    pub status: u16,
    pub body: Vec<u8>,
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, String::from_utf8_lossy(&self.body))
    }
}

impl Office {
    pub fn new(begin: Moment, dice: &mut Dice, runtime: Arc<Runtime>) -> Result<Self, Stopped> {
        let machine = Machine::new()?;
        let listen: SocketAddr = ([127, 0, 0, 1], 8460).into();
        let config = Config { listen, data_dir: machine.folder().to_owned(), ..Config::default() };
        let (pass_key, root) = put_keys(machine.folder(), begin, dice)?;
        let clock = Arc::new(SetClock::at(begin));
        let mut office = Self { clock, pass_key, root, config, machine, runtime, open: None };
        office.start()?;
        let now = office.now();
        let import = office.state()?.store.import_directory(people::directory(), now);
        office.wait(import)?.map_err(told)?;
        Ok(office)
    }

    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    pub const fn config(&self) -> &Config {
        &self.config
    }

    #[must_use]
    pub const fn is_up(&self) -> bool {
        self.open.is_some()
    }

    pub fn state(&self) -> Result<&AppState, Stopped> {
        self.open.as_ref().map(|open| &open.state).ok_or_else(|| Stopped("the office is closed".to_owned()))
    }

    /// Whoever is never answered is told so, or a long run would stand still and nobody would know.
    pub fn wait<T>(&self, what: impl Future<Output = T>) -> Result<T, Stopped> {
        let answered = self.runtime.block_on(async { timeout(ANSWERED_WITHIN, what).await });
        answered.map_err(|_| Stopped(format!("the office does not answer within {ANSWERED_WITHIN:?} of real time")))
    }

    pub fn start(&mut self) -> Result<(), Stopped> {
        let opened = self.wait(serve::open(self.config.clone(), self.clock.clone()))?;
        let state = opened.map_err(|fault| Stopped(format!("the office does not start: {fault}")))?;
        let (close, closing) = watch::channel(false);
        let router = sync::router(state.clone(), closing);
        let lookout = Lookout::new(&self.config.data_dir);
        self.open = Some(Open { state, router, lookout, _close: close });
        self.machine.settle();
        Ok(())
    }

    /// The power goes; what nobody had synced is lost.
    pub fn crash(&mut self, cut: Cut) -> Result<(), Stopped> {
        let left = self.machine.cut(cut);
        self.open = None;
        self.machine.put(left)
    }

    /// What the server does by itself every second: it looks whether its keys are others.
    pub fn second(&mut self) -> Result<(), Stopped> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        let looked = self.wait(serve::second_round(&open.state, &mut open.lookout));
        self.open = Some(open);
        self.machine.settle();
        looked
    }

    /// What it does every minute.
    pub fn minute(&mut self) -> Result<(), Stopped> {
        if let Some(open) = &self.open {
            // While the clock is in doubt it does nothing, and says so in its log.
            drop(self.wait(serve::minute_round(&open.state))?);
            self.machine.settle();
        }
        Ok(())
    }

    /// A POST of these bytes; `None` when nobody is there.
    pub fn post(
        &mut self,
        path: &str,
        body: Vec<u8>,
        signature: Option<&SignatureHeaders>,
    ) -> Result<Option<Said>, Stopped> {
        let Some(open) = &self.open else { return Ok(None) };
        let said = self.wait(ask(open.router.clone(), request(path, body, signature)?))??;
        self.machine.settle();
        Ok(Some(said))
    }

    /// The same, with the call left open.
    pub fn call(&mut self, path: &str, body: Vec<u8>, signature: &SignatureHeaders) -> Result<Option<Call>, Stopped> {
        let Some(open) = &self.open else { return Ok(None) };
        let call = self.runtime.spawn(ask(open.router.clone(), request(path, body, Some(signature))?));
        // As far as it gets: whether it waits by then or not makes no difference to what it is to be told.
        self.runtime.block_on(async {
            for _ in 0..TURNS {
                yield_now().await;
            }
        });
        Ok(Some(call))
    }

    /// What an open call is told in the end, and whether before so much real time was over.
    pub fn answer(&mut self, mut call: Call, within: Duration) -> Result<(Said, bool), Stopped> {
        let soon = self.runtime.block_on(async { timeout(within, &mut call).await });
        let (said, is_soon) = match soon {
            Ok(said) => (said, true),
            Err(_) => (self.wait(call)?, false),
        };
        self.machine.settle();
        Ok((said.map_err(told)??, is_soon))
    }

    pub fn enrol(
        &mut self,
        campus: CampusId,
        gate: GateIndex,
        key: &SigningKey,
        code: [u8; 10],
    ) -> Result<EnrolAnswer, Stopped> {
        let (code, now) = (InviteCode::from_random(code), self.now());
        let invite = self.state()?.store.invite(campus, gate, &code, now.plus(TimeDelta::minutes(10)), now);
        self.wait(invite)?.map_err(told)?;
        let public = PublicKey::of(key);
        let claim = Sealed::seal(&EnrolClaim { code, public }, None, key).map_err(told)?;
        let body = serde_json::to_vec(&EnrolRequest { public, claim }).map_err(told)?;
        let said = self.post(ENROL_PATH, body, None)?;
        let said = said.ok_or_else(|| Stopped("nobody enrols terminals".to_owned()))?;
        serde_json::from_slice(&said.body).map_err(told)
    }

    pub fn withdraw(&mut self, terminal: TerminalId) -> Result<(), Stopped> {
        let now = self.now();
        self.wait(self.state()?.store.withdraw(terminal, now))?.map_err(told)?;
        self.machine.settle();
        Ok(())
    }

    /// A copy, as the server's own command makes it.
    pub fn copy(&mut self) -> Result<Vec<u8>, Stopped> {
        self.machine.settle();
        let (room, image) = (tempfile::tempdir().map_err(told)?, self.machine.cut(Cut::Kept));
        lay_out(room.path(), &image)?;
        let to = room.path().join("copy.sqlite3");
        store::backup(&room.path().join(DATABASE), &to).map_err(told)?;
        fs::read(to).map_err(told)
    }

    /// The copy comes back, with the server stopped meanwhile.
    pub fn restore(&mut self, copy: &[u8]) -> Result<(), Stopped> {
        let image = self.machine.cut(Cut::Kept);
        self.open = None;
        let room = tempfile::tempdir().map_err(told)?;
        lay_out(room.path(), &image)?;
        let (from, database) = (room.path().join("copy.sqlite3"), room.path().join(DATABASE));
        fs::write(&from, copy).map_err(told)?;
        store::restore(&from, &database, self.now(), store::Reached::default()).map_err(told)?;
        let restored = fs::read(&database).map_err(told)?;
        self.machine.put(Image::from([(DATABASE.to_owned(), restored)]))?;
        self.start()
    }
}

fn request(path: &str, body: Vec<u8>, signature: Option<&SignatureHeaders>) -> Result<Request<Body>, Stopped> {
    let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    if let Some(SignatureHeaders { content_digest, signature_input, signature }) = signature {
        request = request
            .header(CONTENT_DIGEST, content_digest)
            .header(SIGNATURE_INPUT, signature_input)
            .header(SIGNATURE, signature);
    }
    request.body(Body::from(body)).map_err(told)
}

async fn ask(router: Router, request: Request<Body>) -> Result<Said, Stopped> {
    let answer = router.oneshot(request).await.map_err(told)?;
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), LARGEST_ANSWER).await.map_err(told)?;
    Ok(Said { status, body: body.to_vec() })
}

/// As files of the real disk, for commands that rename and copy.
fn lay_out(room: &Path, image: &Image) -> Result<(), Stopped> {
    image
        .iter()
        .filter(|(name, _)| !name.ends_with("-shm"))
        .try_for_each(|(name, bytes)| fs::write(room.join(name), bytes).map_err(told))
}

/// Drawn and not random, so that every byte of a run comes again.
fn put_keys(folder: &Path, begin: Moment, dice: &mut Dice) -> Result<(SigningKey, SigningKey), Stopped> {
    let secrets = folder.join("secrets");
    fs::create_dir_all(&secrets).map_err(told)?;
    let mut put = |name: &str| -> Result<SigningKey, Stopped> {
        let (path, bytes) = (secrets.join(name), dice.bytes::<32>());
        fs::write(&path, format!("{}\n", STANDARD.encode(bytes))).map_err(told)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(told)?;
        Ok(SigningKey::from_bytes(&bytes))
    };
    let (pass, beacon, _) = (put("pass.key")?, put("beacon.key")?, put("identity.key")?);
    let root = put("root.key")?;
    let not_before = CampusDay::of(begin).minus_days(1).start();
    let named = |id, r#use, key: &SigningKey| NamedKey {
        id: KeyId::new(id),
        r#use,
        suite: SUITE_1,
        public: PublicKey::of(key),
        not_before,
        not_after: not_before.plus(TimeDelta::days(400)),
    };
    let keys = vec![named(1, KeyUse::Pass, &pass), named(2, KeyUse::Beacon, &beacon)];
    let set = Sealed::seal(
        &KeySetBody { number: 1, min_suite: SUITE_1, roots: None, retired: Vec::new(), keys },
        None,
        &root,
    )
    .map_err(told)?;
    let file = serde_json::json!({ "root": PublicKey::of(&root), "set": set });
    fs::write(folder.join("key-set.json"), file.to_string()).map_err(told)?;
    Ok((pass, root))
}
