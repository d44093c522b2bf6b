//! The gate thread: event -> gate -> effects -> ports -> snapshot.
//!
//! It decides nothing. It owns the gate, the store and the clock, so no lock stands between a code and its record; a turn
//! carries every effect out and hands the answers back to the gate before the next event is looked at. A story in a test takes
//! turns by hand ([`Controller::turn`]); at a gate a named thread does ([`Controller::spawn`]).

use std::{
    collections::VecDeque,
    error::Error,
    fmt, io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use shared::{
    causes,
    entry::{Entry, Outcome, Way},
    planted,
    seal::Sealed,
    sync::{
        pull::PullRequest,
        push::{EntryHead, PUSH_BATCH, PushRequest},
    },
};

use crate::{
    gate::{self, Effect, Event, ForeignCodeSecret, Found, Gate, News, SyncFailure, View, WalkIn},
    ports::{Cards, Clock, Lamp, Line, Observer, Store, Told},
    ui::{command::Command, records::PaperForm, snapshot::Snapshot},
};

mod seen;

/// How often time passes at an idle gate: a question's end and a panel's are not felt to be late.
const TICK: Duration = Duration::from_millis(200);

/// Camera frames and answers that may wait for a slow disk; what comes beyond is dropped at its source.
const EVENTS_WAITING: usize = 64;

/// What a controller acts through, beside its store.
pub struct Doors {
    pub clock: Box<dyn Clock + Send>,
    pub line: Box<dyn Line + Send>,
    pub cards: Box<dyn Cards + Send>,
    pub lamp: Box<dyn Lamp + Send>,
    pub observer: Box<dyn Observer + Send>,
    /// The terminal's own key: signs the head of what is pushed, and marks foreign codes by a secret derived from it.
    pub key: SigningKey,
}

impl fmt::Debug for Doors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Doors")
    }
}

#[derive(Debug)]
pub struct Controller<S: Store> {
    gate: Gate,
    store: S,
    doors: Doors,
    heard: Heard,
}

/// What was last told, so that only a change is told.
#[derive(Debug)]
struct Heard {
    link_up: Option<bool>,
    found: Option<Arc<Found>>,
    walk_ins: Arc<[WalkIn]>,
}

impl<S: Store> Controller<S> {
    /// Fails when the terminal has not been enrolled, or its store cannot be read.
    pub fn open(mut store: S, doors: Doors, way: impl Into<Way>) -> Result<Self, S::Error> {
        let held = store.load()?;
        let foreign_codes = ForeignCodeSecret::derived_from(doors.key.as_bytes());
        let heard = Heard { link_up: None, found: None, walk_ins: Arc::new([]) };
        Ok(Self { gate: Gate::new(held, way.into(), foreign_codes), store, doors, heard })
    }

    /// See [`Gate::silent_at_most`].
    #[must_use]
    pub fn silent_at_most(mut self, span: TimeDelta) -> Self {
        self.gate.silent_at_most(span);
        self
    }

    /// One event and everything that follows from it.
    pub fn turn(&mut self, event: Event) {
        if let Event::Camera(state) = &event {
            self.tell(&Told::Camera(state.clone()));
        }
        let mut waiting = VecDeque::from([event]);
        while let Some(event) = waiting.pop_front() {
            let reading = self.doors.clock.read();
            let effects = self.gate.handle(reading, event);
            waiting.extend(effects.into_iter().filter_map(|effect| self.carry_out(effect)));
        }
        self.tell_link();
        self.tell_lists();
    }

    #[must_use]
    pub fn view(&self) -> View {
        self.gate.view()
    }

    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        seen::snapshot(self.view())
    }

    pub const fn store_mut(&mut self) -> &mut S {
        &mut self.store
    }

    /// The effect's answer, where it has one.
    fn carry_out(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Record(entry) => Some(self.record(entry)),
            Effect::KeepNews(news) => Some(self.keep_news(&news)),
            Effect::KeepReceipt(receipt) => Some(match self.store.keep_receipt(&receipt) {
                Ok(()) => {
                    self.tell(&Told::Receipt { seq: receipt.proven.head.seq });
                    Event::ReceiptKept
                }
                Err(error) => failed(&error, "a receipt was not kept", Event::ReceiptNotKept),
            }),
            Effect::Push { after } => self.push(after),
            Effect::Pull(request) => {
                self.doors.line.pull(PullRequest { ails: self.store.ails(), ..request });
                None
            }
            Effect::Forget { before } => {
                // Old days lie in the store a little longer; nothing is decided by them.
                self.store.forget(before).inspect_err(|error| log(error, "old days were not forgotten")).ok();
                None
            }
            Effect::ForgetAll(why) => {
                tracing::error!(?why, "passes and keys are forgotten");
                let forgotten = self.store.forget_all(why);
                forgotten.inspect_err(|error| log(error, "not all was forgotten")).ok().map(|()| Event::AllForgotten)
            }
            Effect::KeepFloor(floor) => {
                self.store.keep_floor(floor).inspect_err(|error| log(error, "the time was not kept")).ok();
                None
            }
            Effect::KeepWalkIns(walk_ins) => {
                let kept = self.store.keep_walk_ins(&walk_ins);
                kept.inspect_err(|error| log(error, "whom the hosts were asked about was not kept")).ok();
                None
            }
            Effect::AskHost(request) => {
                let number = request.number;
                let failure = || SyncFailure::Unreachable("too many are asked for at once".to_owned());
                let taken = self.doors.line.walk_in(*request);
                (!taken).then(|| Event::HostNotAsked { number, failure: failure() })
            }
            Effect::LookUpCard(question) => {
                self.doors.cards.look_up(*question);
                None
            }
            Effect::Shine(signal) => {
                self.doors.lamp.shine(signal);
                self.tell_verdict();
                None
            }
            Effect::Alarm(alarm) => {
                tracing::warn!(?alarm, "alarm");
                self.tell(&Told::Alarm(alarm));
                None
            }
        }
    }

    fn record(&mut self, entry: Box<Entry>) -> Event {
        match self.store.append(&entry) {
            Ok(id) => {
                self.tell(&Told::Recorded { id, entry });
                Event::Recorded(id)
            }
            Err(error) => {
                self.tell(&Told::NotRecorded { entry });
                failed(&error, "an entry was not written down", Event::RecordFailed)
            }
        }
    }

    fn keep_news(&mut self, news: &News) -> Event {
        match planted!("news acted on and not stored", Ok(()), self.store.keep_news(news)) {
            Ok(()) => {
                let as_of = news.as_of.map(|as_of| as_of.server_time);
                self.tell(&Told::News { seq: news.head.seq, as_of });
                Event::NewsKept
            }
            Err(error) => failed(&error, "news was not stored", Event::NewsNotKept),
        }
    }

    /// The head is signed here and not in the gate: signing is doing, and the key stays out of the deciding room.
    fn push(&mut self, after: u64) -> Option<Event> {
        let (links, head) = match self.store.entries_after(after, PUSH_BATCH) {
            Ok(read) => read,
            Err(error) => {
                let event = S::altered(&error).map_or(Event::ReceiptNotKept, |seq| Event::EntryAltered { seq });
                return Some(failed(&error, "entries could not be read", event));
            }
        };
        let marks = self.store.marks(after, links.len()).unwrap_or_default();
        let terminal = self.gate.post().terminal;
        match Sealed::seal(&EntryHead { terminal, head }, None, &self.doors.key) {
            Ok(head) => {
                self.doors.line.push(PushRequest { terminal, links, head, marks });
                None
            }
            Err(error) => Some(failed(&error, "the head of the entries could not be signed", Event::ReceiptNotKept)),
        }
    }

    /// Only a verdict of the terminal itself is told here; what a guard did of it is told as the entry it became.
    fn tell_verdict(&mut self) {
        let gate::Panel::Shown(shown) = self.gate.view().panel else { return };
        let by_guard = match &shown.outcome {
            Some(
                Outcome::LetIn { .. } | Outcome::SentAway { .. } | Outcome::Unanswered | Outcome::Corrected { .. },
            ) => true,
            Some(Outcome::Passed | Outcome::Refused) | None => false,
        };
        if !by_guard {
            self.tell(&Told::Verdict(shown));
        }
    }

    fn tell_link(&mut self) {
        let up = match self.gate.link() {
            gate::Link::NotYet => None,
            gate::Link::Up => Some(true),
            gate::Link::Down { .. } | gate::Link::Refused(_) => Some(false),
        };
        if self.heard.link_up != up {
            self.heard.link_up = up;
            if let Some(up) = up {
                self.tell(&Told::Link { up });
            }
        }
    }

    fn tell_lists(&mut self) {
        let found = self.gate.found();
        if self.heard.found != found {
            self.heard.found.clone_from(&found);
            found.into_iter().for_each(|found| self.tell(&Told::Found(found)));
        }
        let walk_ins = self.gate.walk_ins();
        if !Arc::ptr_eq(&self.heard.walk_ins, &walk_ins) {
            let before = std::mem::replace(&mut self.heard.walk_ins, Arc::clone(&walk_ins));
            let new = walk_ins.iter().filter(|walk_in| !before.contains(walk_in));
            new.for_each(|walk_in| self.tell(&Told::WalkIn(Box::new(walk_in.clone()))));
        }
    }

    fn tell(&mut self, told: &Told) {
        self.doors.observer.hear(told);
    }
}

impl<S: Store + Send + 'static> Controller<S> {
    /// The thread "gate"; `wake` is called whenever there is a new snapshot.
    pub fn spawn(mut self, wake: impl Fn() + Send + 'static) -> io::Result<Handle> {
        let (sender, events) = sync_channel(EVENTS_WAITING);
        self.turn(Event::Tick);
        let published = Arc::new(Published {
            snapshot: Mutex::new(Arc::new(self.snapshot())),
            stop: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        });
        let thread = {
            let ending = Ending { published: Arc::clone(&published), wake };
            std::thread::Builder::new().name("gate".to_owned()).spawn(move || {
                // Let go of in this order: who sees the end finds that nothing is taken any more.
                let (ending, events) = (ending, events);
                self.run(&events, &ending.published, &ending.wake);
            })?
        };
        Ok(Handle { events: sender, published, thread: Some(thread) })
    }

    fn run(mut self, events: &Receiver<Event>, published: &Published, wake: &impl Fn()) {
        let mut last = published.newest();
        while !published.stop.load(Ordering::Acquire) {
            let event = match events.recv_timeout(TICK) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => Event::Tick,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            // It may have been stopped while it waited.
            if published.stop.load(Ordering::Acquire) {
                break;
            }
            self.turn(event);
            let snapshot = self.snapshot();
            if *last != snapshot {
                last = Arc::new(snapshot);
                published.publish(Arc::clone(&last));
                wake();
            }
        }
    }
}

/// The gate thread from outside. Dropping it ends the thread after the turn it is in.
#[derive(Debug)]
pub struct Handle {
    events: SyncSender<Event>,
    published: Arc<Published>,
    thread: Option<JoinHandle<()>>,
}

impl Handle {
    /// For the camera and the sync thread.
    #[must_use]
    pub fn events(&self) -> SyncSender<Event> {
        self.events.clone()
    }

    /// Never waits for a turn.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.published.newest()
    }

    /// Never blocks; `false` when the gate is so far behind, or has ended, that the guard must press again.
    #[must_use]
    pub fn act(&self, command: Command) -> bool {
        self.events.try_send(Event::Guard(seen::act(command))).is_ok()
    }

    /// A visitor taken down by an officer. Never blocks; `false` when the gate does not take it now.
    #[must_use]
    pub fn paper(&self, form: &PaperForm) -> bool {
        seen::paper(form).is_some_and(|event| self.events.try_send(event).is_ok())
    }

    /// No further turn is begun: what was asked for is written down, and what comes from now on is not.
    pub fn stop(&self) {
        self.published.stop.store(true, Ordering::Release);
    }

    /// Whether the gate thread still takes turns.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.published.ended.load(Ordering::Acquire)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the gate thread had panicked");
        }
    }
}

#[derive(Debug)]
struct Published {
    snapshot: Mutex<Arc<Snapshot>>,
    stop: AtomicBool,
    ended: AtomicBool,
}

/// However the gate thread ends, whoever watches is woken to see it: a last verdict must not stay on the screen.
struct Ending<W: Fn()> {
    published: Arc<Published>,
    wake: W,
}

impl<W: Fn()> Drop for Ending<W> {
    fn drop(&mut self) {
        self.published.ended.store(true, Ordering::Release);
        (self.wake)();
    }
}

impl Published {
    /// A snapshot is whole even when somebody panicked while holding it.
    fn newest(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn publish(&self, snapshot: Arc<Snapshot>) {
        *self.snapshot.lock().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }
}

fn failed(error: &dyn Error, what: &'static str, event: Event) -> Event {
    log(error, what);
    event
}

fn log(error: &dyn Error, what: &'static str) {
    tracing::error!(error = causes::in_one_line(error), "{what}");
}

#[cfg(test)]
mod tests;
