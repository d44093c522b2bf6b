//! A terminal of the story: the real gate, controller, store and HTTP, taken turn by turn under the story's own clock.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use gate_terminal::{
    camera::{frame::Frame, qr::Reader},
    card,
    clock::SetClock,
    controller::{Controller, Doors},
    enrol,
    gate::{Event, GuardAct, Panel, ScannedText, Shown, Signal, SyncFailure, View},
    ports::{Lamp, Observer, Told},
    store::SqliteStore,
    sync::{
        self, Lanes,
        http::{Http, HttpError, Signer},
        round::{pull_once, push_once, walk_in_once},
    },
};
use shared::{
    entry::Direction,
    ids::{CampusId, GateIndex},
    sync::{
        Protocol as _, Refusal,
        enrol::InviteCode,
        push::{PushAnswer, PushRequest},
    },
};

use crate::{Trouble, campus::Campus};

/// Longer than a code must be away to be a new sighting.
const NEXT_PERSON_MS: u32 = 3_000;

pub struct Terminal {
    pub controller: Controller<SqliteStore>,
    pub clock: SetClock,
    /// Pulled: nothing gets through, either way.
    pub cable: Cable,
    /// What the light showed and what was told, in order.
    pub witness: Witness,
    lanes: Lanes,
    cards: card::Asked,
    http: Http,
    url: String,
    directory: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cable {
    In,
    Pulled,
    /// What goes up arrives; what comes back does not.
    AnswersLost,
}

impl Terminal {
    /// Enrolled at a gate of 长安校区 with a code of the office, and up to date.
    pub async fn enrolled(campus: &Campus, gate: u8) -> Result<Self, Trouble> {
        Self::enrolled_at(campus, CampusId::new(1), gate).await
    }

    pub async fn enrolled_at(campus: &Campus, at: CampusId, gate: u8) -> Result<Self, Trouble> {
        let gate = GateIndex::new(gate).ok_or_else(|| Trouble::NotHeld("no such gate".to_owned()))?;
        let directory = campus.room().join(format!("terminal-{at}-{gate}"));
        std::fs::create_dir_all(&directory)?;
        let [high, low] = at.get().to_be_bytes();
        let code = InviteCode::from_random([high, low, gate.get() + 1, 0, 0, 0, 0, 0, 0, 0]);
        let now = campus.now();
        let until = now.plus(chrono::TimeDelta::minutes(10));
        campus.state.store.invite(at, gate, &code, until, now).await.map_err(told)?;
        let clock = SetClock::at(campus.now());
        campus.takes_along(clock.clone());
        let http = Http::new(&campus.url, None, Arc::new(clock.clone())).map_err(told)?;
        let mut store = SqliteStore::open(&directory.join("terminal.sqlite3")).map_err(told)?;
        enrol::enrol(&http, &mut store, &directory, code, None).await.map_err(told)?;
        drop(store);
        let mut terminal = Self::start(&campus.url, directory, clock)?;
        terminal.sync().await;
        Ok(terminal)
    }

    /// The plug is pulled and put in again: only the files are left.
    pub fn restarted(self) -> Result<Self, Trouble> {
        let Self { url, directory, clock, controller, .. } = self;
        drop(controller);
        Self::start(&url, directory, clock)
    }

    /// Only the files are left, for another to go on with.
    pub(crate) fn put_down(self) -> (String, PathBuf, SetClock) {
        let Self { url, directory, clock, .. } = self;
        (url, directory, clock)
    }

    fn start(url: &str, directory: PathBuf, clock: SetClock) -> Result<Self, Trouble> {
        let key = enrol::load_key(&directory).map_err(told)?;
        let mut store = SqliteStore::open(&directory.join("terminal.sqlite3")).map_err(told)?;
        let post = {
            use gate_terminal::ports::Store as _;
            store.load().map_err(told)?.post
        };
        let signer = Signer { terminal: post.terminal, key: key.clone() };
        let http = Http::new(url, Some(signer), Arc::new(clock.clone())).map_err(told)?;
        store.keep_journal(&key).map_err(told)?;
        let (calls, lanes) = sync::line();
        let (questions, cards) = card::desk();
        let witness = Witness::default();
        let doors = Doors {
            clock: Box::new(clock.clone()),
            line: Box::new(calls),
            cards: Box::new(questions),
            lamp: Box::new(witness.clone()),
            observer: Box::new(witness.clone()),
            key,
        };
        let mut controller = Controller::open(store, doors, Direction::In).map_err(told)?;
        controller.turn(Event::Tick);
        Ok(Self { controller, clock, cable: Cable::In, witness, lanes, cards, http, url: url.to_owned(), directory })
    }

    /// Talks to the server until neither side has anything new.
    pub async fn sync(&mut self) {
        for _ in 0..50 {
            self.controller.turn(Event::Tick);
            let pulled = self.pull().await;
            let pushed = self.push().await;
            let asked = self.ask_hosts().await;
            if !pulled && !pushed && !asked {
                break;
            }
        }
    }

    /// Whether the answer brought anything.
    async fn pull(&mut self) -> bool {
        let Some(mut request) = self.lanes.next_pull() else { return false };
        request.wait_s = 0;
        let event = match self.cable {
            Cable::In => pull_once(&self.http, request, Http::meaning).await,
            Cable::Pulled | Cable::AnswersLost => Event::PullFailed(unreachable()),
        };
        let news = matches!(&event, Event::Pulled(answer) if !answer.links.is_empty() || answer.snapshot.is_some() || answer.key_set.is_some());
        self.controller.turn(event);
        news
    }

    async fn push(&mut self) -> bool {
        let Some(request) = self.lanes.next_push() else { return false };
        let event = match self.cable {
            Cable::In => push_once(&self.http, request, Http::meaning).await,
            Cable::Pulled => Event::PushFailed(unreachable()),
            Cable::AnswersLost => {
                let answered = push_once(&self.http, request, Http::meaning).await;
                assert!(matches!(answered, Event::Pushed(_)), "the push itself must arrive: {answered:?}");
                Event::PushFailed(unreachable())
            }
        };
        let through = matches!(event, Event::Pushed(_));
        self.controller.turn(event);
        through
    }

    /// Whoever has its key says this in its name.
    #[expect(clippy::panic, reason = "a story that cannot go on has failed")]
    pub async fn say(&self, request: PushRequest) -> Result<PushAnswer, Refusal> {
        match self.http.push(request).await {
            Ok(answer) => Ok(answer),
            Err(HttpError::Refused(refusal)) => Err(refusal),
            Err(other) => panic!("{other}"),
        }
    }

    /// Whether there was somebody to ask for.
    async fn ask_hosts(&mut self) -> bool {
        let Some(request) = self.lanes.next_walk_in() else { return false };
        let number = request.number;
        let event = match self.cable {
            Cable::In => walk_in_once(&self.http, request, Http::meaning).await,
            Cable::Pulled => Event::HostNotAsked { number, failure: unreachable() },
            Cable::AnswersLost => {
                walk_in_once(&self.http, request, Http::meaning).await;
                Event::HostNotAsked { number, failure: unreachable() }
            }
        };
        self.controller.turn(event);
        true
    }

    pub fn guard(&mut self, act: GuardAct) -> View {
        self.controller.turn(Event::Guard(act));
        self.controller.view()
    }

    /// A keyboard-wedge scanner or card reader types a whole text; cards are looked up.
    pub fn scan(&mut self, text: &str) -> View {
        self.guard(GuardAct::Scanned(ScannedText(text.to_owned())));
        if let Some(event) = self.cards.answer() {
            self.controller.turn(event);
        }
        self.controller.view()
    }

    /// The next person holds a code before the camera.
    pub fn show(&mut self, text: &str) -> View {
        self.controller.turn(Event::NoCode);
        self.wait_ms(NEXT_PERSON_MS);
        self.controller.turn(Event::code(text));
        self.controller.view()
    }

    /// Nothing happens for a while.
    pub fn wait_ms(&mut self, ms: u32) {
        self.clock.advance_ms(ms);
        self.controller.turn(Event::Tick);
    }

    pub fn view(&self) -> View {
        self.controller.view()
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Terminal({})", self.directory.display())
    }
}

/// The verdict on the screen; a story that asks for it expects one.
#[expect(clippy::panic, reason = "a story that cannot go on has failed")]
pub fn shown(view: &View) -> &Shown {
    let Panel::Shown(shown) = &view.panel else { panic!("no verdict on the screen: {:?}", view.panel) };
    shown
}

/// What the terminal's own reader sees in a picture.
pub fn read(picture: &[u8]) -> Result<String, Trouble> {
    let frame = Frame::from_picture(image::load_from_memory(picture)?).map_err(told)?;
    let symbols = Reader::thorough().read(&frame.grey);
    symbols
        .into_iter()
        .next()
        .map(|symbol| symbol.text)
        .ok_or_else(|| Trouble::NotHeld("no code in the picture".to_owned()))
}

/// Remembers lights and what was told.
#[derive(Debug, Clone, Default)]
pub struct Witness(Arc<Mutex<Vec<Seen>>>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    Light(Signal),
    Told(Box<Told>),
}

impl Witness {
    /// Everything since the last call; what was before a story's point of interest may be let go.
    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, seen: Seen) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }
}

impl Lamp for Witness {
    fn shine(&mut self, signal: Signal) {
        self.note(Seen::Light(signal));
    }
}

impl Observer for Witness {
    fn hear(&mut self, told: &Told) {
        self.note(Seen::Told(Box::new(told.clone())));
    }
}

fn unreachable() -> SyncFailure {
    SyncFailure::Unreachable("the cable is pulled".to_owned())
}

fn told(error: impl std::fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
