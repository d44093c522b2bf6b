//! Turns over a real store: what is told, shown and sent, and a store that fails.

mod nights;

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use shared::{
    chain::{Head, Link},
    entry::{Direction, Entry, EntryId, GuardReason, Outcome},
    identity::{Document, DocumentKind, PersonName, Phone},
    sync::{
        change::{Change, WalkInOutcome},
        pull::PullRequest,
        push::PushRequest,
        walk_in::{WalkInAnswer, WalkInNumber, WalkInRequest},
    },
    time::{CampusDay, Moment},
    verdict::{RefuseReason, Verdict},
};
use tempfile::TempDir;

use super::*;
use crate::{
    clock::SetClock,
    gate::{
        CameraState, CardQuestion, Held, Post, Receipt, Signal, SyncFailure,
        small_campus::{Office, TERMINAL, day, morning, pass_id, record},
    },
    store::{DATABASE_FILE, SqliteStore, StoreError},
    ui::snapshot,
};

/// All that went out of the controller's doors.
#[derive(Debug, Clone, Default)]
struct Outside(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    told: Vec<Told>,
    signals: Vec<Signal>,
    pulls: Vec<PullRequest>,
    pushes: Vec<PushRequest>,
    walk_ins: Vec<WalkInRequest>,
    cards: Vec<CardQuestion>,
}

impl Outside {
    fn doors(&self, clock: &SetClock) -> Doors {
        Doors {
            clock: Box::new(clock.clone()),
            line: Box::new(self.clone()),
            cards: Box::new(self.clone()),
            lamp: Box::new(self.clone()),
            observer: Box::new(self.clone()),
            key: SigningKey::from_bytes(&[5; 32]),
        }
    }

    fn take<T>(&self, take: impl FnOnce(&mut Seen) -> T) -> T {
        take(&mut self.0.lock().unwrap())
    }
}

impl Line for Outside {
    fn pull(&mut self, request: PullRequest) {
        self.take(|seen| seen.pulls.push(request));
    }

    fn push(&mut self, request: PushRequest) {
        self.take(|seen| seen.pushes.push(request));
    }

    fn walk_in(&mut self, request: WalkInRequest) -> bool {
        self.take(|seen| seen.walk_ins.push(request));
        true
    }
}

impl Cards for Outside {
    fn look_up(&mut self, question: CardQuestion) {
        self.take(|seen| seen.cards.push(question));
    }
}

impl Lamp for Outside {
    fn shine(&mut self, signal: Signal) {
        self.take(|seen| seen.signals.push(signal));
    }
}

impl Observer for Outside {
    fn hear(&mut self, told: &Told) {
        self.take(|seen| seen.told.push(told.clone()));
    }
}

/// The real store, until its disk is full.
#[derive(Debug)]
struct Failing {
    inner: SqliteStore,
    full: Arc<AtomicBool>,
}

#[derive(Debug, thiserror::Error)]
enum FailingError {
    #[error("no space left")]
    Full(#[source] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failing {
    fn room(&self) -> Result<(), FailingError> {
        let full = self.full.load(Ordering::Relaxed);
        if full { Err(FailingError::Full(io::ErrorKind::StorageFull.into())) } else { Ok(()) }
    }
}

impl Store for Failing {
    type Error = FailingError;

    fn post(&self) -> Result<Option<Post>, FailingError> {
        Ok(self.inner.post()?)
    }

    fn keep_post(&mut self, post: &Post, server_time: Moment) -> Result<(), FailingError> {
        Ok(self.inner.keep_post(post, server_time)?)
    }

    fn load(&mut self) -> Result<Held, FailingError> {
        Ok(self.inner.load()?)
    }

    fn append(&mut self, entry: &Entry) -> Result<EntryId, FailingError> {
        self.room()?;
        Ok(self.inner.append(entry)?)
    }

    fn entries_after(&mut self, after: u64, limit: usize) -> Result<(Vec<Link>, Head), FailingError> {
        Ok(self.inner.entries_after(after, limit)?)
    }

    fn keep_receipt(&mut self, receipt: &Receipt) -> Result<(), FailingError> {
        self.room()?;
        Ok(self.inner.keep_receipt(receipt)?)
    }

    fn keep_news(&mut self, news: &News) -> Result<(), FailingError> {
        self.room()?;
        Ok(self.inner.keep_news(news)?)
    }

    fn forget(&mut self, before: CampusDay) -> Result<(), FailingError> {
        Ok(self.inner.forget(before)?)
    }

    fn forget_all(&mut self, why: crate::ports::Oblivion) -> Result<(), FailingError> {
        Ok(self.inner.forget_all(why)?)
    }

    fn keep_floor(&mut self, floor: Moment) -> Result<(), FailingError> {
        self.room()?;
        Ok(self.inner.keep_floor(floor)?)
    }

    fn keep_walk_ins(&mut self, walk_ins: &[WalkIn]) -> Result<(), FailingError> {
        self.room()?;
        Ok(self.inner.keep_walk_ins(walk_ins)?)
    }
}

struct Story {
    directory: TempDir,
    office: Office,
    outside: Outside,
    clock: SetClock,
    full: Arc<AtomicBool>,
}

impl Story {
    fn begin() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let office = Office::open();
        let mut store = SqliteStore::open(&directory.path().join(DATABASE_FILE)).unwrap();
        store.keep_post(&office.post(), morning()).unwrap();
        Self { directory, office, outside: Outside::default(), clock: SetClock::at(morning()), full: Arc::default() }
    }

    fn terminal(&self) -> Controller<Failing> {
        let inner = SqliteStore::open(&self.directory.path().join(DATABASE_FILE)).unwrap();
        let store = Failing { inner, full: Arc::clone(&self.full) };
        Controller::open(store, self.outside.doors(&self.clock), Direction::In).unwrap()
    }

    /// The office answers the pull that was last asked for.
    fn answer_pull(&self, controller: &mut Controller<Failing>) {
        let request = self.outside.take(|seen| seen.pulls.pop()).expect("no pull was asked for");
        let now = self.clock.read().wall;
        controller.turn(Event::Pulled(Box::new(self.office.answer(&request, now))));
    }
}

#[test]
fn a_turn_goes_from_the_code_to_the_record_to_the_light() {
    let mut story = Story::begin();
    let code = story.office.issue(1);
    let mut terminal = story.terminal();
    terminal.turn(Event::Tick);
    story.answer_pull(&mut terminal);
    terminal.turn(Event::code(code));
    let told = story.outside.take(|seen| std::mem::take(&mut seen.told));
    let [Told::News { seq: 1, .. }, Told::Link { up: true }, Told::Recorded { id, entry }, Told::Verdict(shown)] =
        &told[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!((id.seq, &entry.outcome, &shown.verdict), (1, &Outcome::Passed, &Verdict::Admit));
    assert_eq!(story.outside.take(|seen| seen.signals.clone()), [Signal::Admit]);
    let snapshot = terminal.snapshot();
    let snapshot::Panel::Shown(shown) = snapshot.panel else { panic!("{snapshot:?}") };
    assert_eq!(shown.record.unwrap().visitor.as_str(), "张䶮明");
    assert_eq!((snapshot.status.unsent, snapshot.status.link), (1, snapshot::Link::Up));
}

#[test]
fn what_is_pushed_is_signed_and_leads_to_its_head() {
    let story = Story::begin();
    let mut terminal = story.terminal();
    terminal.turn(Event::Tick);
    story.answer_pull(&mut terminal);
    terminal.turn(Event::code("FOREIGN"));
    let push = story.outside.take(|seen| seen.pushes.pop()).unwrap();
    let key = shared::seal::PublicKey::of(&SigningKey::from_bytes(&[5; 32]));
    let signed = push.head.open(&key).unwrap();
    let name = shared::chain::ChainName::Entries { terminal: push.terminal };
    let end = push.links.iter().try_fold(Head::START, |head, link| head.follow(name, link)).unwrap();
    assert_eq!((signed.terminal, signed.head), (push.terminal, end));
    terminal.turn(Event::Pushed(story.office.receipt(end, morning())));
    assert_eq!(terminal.snapshot().status.unsent, 0);
    let other = Head { hash: shared::chain::ChainHash::START, ..end };
    terminal.turn(Event::code("ANOTHER"));
    terminal.turn(Event::Pushed(story.office.receipt(Head { seq: 2, ..other }, morning())));
    assert_eq!(terminal.snapshot().status.unsent, 1, "a receipt for another chain is not kept");
}

#[test]
fn a_store_that_fails_admits_nobody() {
    let mut story = Story::begin();
    let code = story.office.issue(1);
    let mut terminal = story.terminal();
    terminal.turn(Event::Tick);
    story.answer_pull(&mut terminal);
    story.full.store(true, Ordering::Relaxed);
    terminal.turn(Event::code(&code));
    let gate::Panel::Shown(shown) = terminal.view().panel else { panic!("nothing is shown") };
    terminal.turn(Event::Guard(gate::GuardAct::LetIn { case: shown.case, reason: GuardReason::CardChecked }));
    assert_eq!(story.outside.take(|seen| seen.signals.clone()), [Signal::Refuse, Signal::Refuse]);
    let snapshot = terminal.snapshot();
    let snapshot::Panel::Shown(shown) = snapshot.panel else { panic!("{snapshot:?}") };
    assert_eq!(shown.verdict, Verdict::Refuse(RefuseReason::NotRecorded));
    assert_eq!(snapshot.status.alarm, Some(snapshot::Alarm::NotRecording));
    assert_eq!(terminal.store_mut().inner.load().unwrap().recorded, 0);
}

#[test]
fn a_restart_knows_who_is_inside() {
    let mut story = Story::begin();
    let code = story.office.issue(1);
    let mut terminal = story.terminal();
    terminal.turn(Event::Tick);
    story.answer_pull(&mut terminal);
    terminal.turn(Event::code(&code));
    drop(terminal);
    story.clock.advance_ms(5_000);
    let mut terminal = story.terminal();
    assert_eq!((terminal.snapshot().status.inside_now, terminal.snapshot().status.entered_today), (3, 3));
    terminal.turn(Event::code(&code));
    let view = terminal.view();
    let gate::Panel::Shown(shown) = view.panel else { panic!("{view:?}") };
    assert!(matches!(shown.verdict, Verdict::Refuse(RefuseReason::Inside { .. })), "before any news came");
    assert!(view.clock_trusted && view.freshness == shared::sync::beacon::Freshness::Fresh);
}

fn ask_host(terminal: &mut Controller<Failing>) -> WalkInNumber {
    let form = gate::WalkInForm {
        visitor: PersonName::parse("李四").unwrap(),
        phone: Phone::parse("13800130000").unwrap(),
        document: Document::parse(DocumentKind::ResidentId, "11010519491231002X", day().date()).unwrap(),
        host: "T2001".into(),
        purpose: "送样品".into(),
        party: 2,
        plates: Vec::new(),
    };
    terminal.turn(Event::Guard(gate::GuardAct::AskHost(Box::new(form))));
    terminal.view().walk_ins[0].number
}

fn standings(terminal: &Controller<Failing>) -> Vec<gate::WalkInStanding> {
    terminal.view().walk_ins.iter().map(|walk_in| walk_in.standing.clone()).collect()
}

#[test]
fn whom_a_guard_asked_for_waits_across_a_restart_until_they_have_gone_in() {
    use gate::WalkInStanding::{Approved, Declined, Unreached, Waiting};
    let mut story = Story::begin();
    let mut terminal = story.terminal();
    terminal.turn(Event::Tick);
    story.answer_pull(&mut terminal);
    let asked = ask_host(&mut terminal);
    terminal.turn(Event::HostAsked { number: asked, answer: WalkInAnswer::Accepted });
    let on_its_way = ask_host(&mut terminal);
    drop(terminal);

    let pass = pass_id(6);
    let decided = |number, outcome| Change::WalkInDecided { terminal: TERMINAL, number, outcome };
    story.office.say(&Change::PassIssued(record(6).into()));
    story.office.say(&decided(asked, WalkInOutcome::Approved { pass }));
    let mut terminal = story.terminal();
    assert_eq!(standings(&terminal), [Unreached, Waiting]);
    terminal.turn(Event::Tick);
    story.answer_pull(&mut terminal);
    assert_eq!(standings(&terminal), [Unreached, Approved { pass }], "the host's word of meanwhile");
    story.office.say(&decided(on_its_way, WalkInOutcome::Declined));
    story.answer_pull(&mut terminal);
    assert_eq!(standings(&terminal), [Declined, Approved { pass }]);
    assert!(ask_host(&mut terminal) > on_its_way);
    terminal.turn(Event::Guard(gate::GuardAct::Choose(pass)));
    let gate::Panel::Shown(shown) = terminal.view().panel else { panic!("nothing is shown") };
    terminal.turn(Event::Guard(gate::GuardAct::LetIn { case: shown.case, reason: GuardReason::CardChecked }));
    assert_eq!(standings(&terminal), [gate::WalkInStanding::Sending, Declined]);
    drop(terminal);
    assert_eq!(standings(&story.terminal()), [Unreached, Declined]);
}

#[test]
fn whoever_was_stopped_after_the_light_is_not_inside_after_a_restart_either() {
    let mut story = Story::begin();
    let code = story.office.issue(1);
    let mut terminal = story.terminal();
    terminal.turn(Event::Tick);
    story.answer_pull(&mut terminal);
    terminal.turn(Event::code(&code));
    let gate::Panel::Shown(shown) = terminal.view().panel else { panic!("nothing is shown") };
    terminal.turn(Event::Guard(gate::GuardAct::SendAway { case: shown.case, reason: GuardReason::CardDiffers }));
    drop(terminal);
    story.clock.advance_ms(5_000);
    let mut terminal = story.terminal();
    assert_eq!((terminal.snapshot().status.inside_now, terminal.snapshot().status.entered_today), (0, 0));
    terminal.turn(Event::code(&code));
    let gate::Panel::Shown(shown) = terminal.view().panel else { panic!("nothing is shown") };
    assert!(matches!(shown.verdict, Verdict::Refuse(RefuseReason::Used { .. })), "its entry stays spent");
}

#[test]
fn a_change_of_the_line_is_told_once() {
    let story = Story::begin();
    let mut terminal = story.terminal();
    let down = || Event::PullFailed(SyncFailure::Unreachable("cut".into()));
    terminal.turn(down());
    terminal.turn(down());
    story.answer_pull(&mut terminal);
    let links = |told: &Told| if let Told::Link { up } = told { Some(*up) } else { None };
    let told: Vec<_> = story.outside.take(|seen| seen.told.iter().filter_map(links).collect());
    assert_eq!(told, [false, true]);
}

#[test]
fn the_thread_takes_turns_and_wakes_the_window() {
    let story = Story::begin();
    let woken = Arc::new(AtomicUsize::new(0));
    let wake = Arc::clone(&woken);
    let handle = story.terminal().spawn(move || _ = wake.fetch_add(1, Ordering::Relaxed)).unwrap();
    assert_eq!(handle.snapshot().panel, snapshot::Panel::Waiting);
    handle.events().send(Event::Camera(CameraState::Running)).unwrap();
    handle.events().send(Event::code("FOREIGN")).unwrap();
    let case = |handle: &Handle| match &handle.snapshot().panel {
        snapshot::Panel::Shown(shown) => Some(shown.case),
        snapshot::Panel::Waiting | snapshot::Panel::Checking => None,
    };
    let shown = |handle: &Handle| case(handle).is_some();
    for _ in 0..500 {
        if shown(&handle) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(shown(&handle) && handle.is_running());
    assert_eq!(handle.snapshot().status.camera, snapshot::Camera::Running);
    assert!(handle.act(Command::Dismiss { case: case(&handle).unwrap() }));
    for _ in 0..500 {
        if !shown(&handle) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!shown(&handle));
    assert!(woken.load(Ordering::Relaxed) >= 2);
    let events = handle.events();
    drop(handle);
    assert!(events.send(Event::Tick).is_err(), "the thread has ended and let go of its store");
    story.terminal();
}

#[test]
fn a_gate_that_was_stopped_records_nothing_more_whoever_still_holds_it() {
    let story = Story::begin();
    let woken = Arc::new(AtomicUsize::new(0));
    let wake = Arc::clone(&woken);
    let handle = story.terminal().spawn(move || _ = wake.fetch_add(1, Ordering::Relaxed)).unwrap();
    let events = handle.events();
    events.send(Event::Camera(CameraState::Running)).unwrap();
    for _ in 0..500 {
        if handle.snapshot().status.camera == snapshot::Camera::Running {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    // By then it waits for the next event, which it must not act on.
    std::thread::sleep(Duration::from_millis(20));
    let before = woken.load(Ordering::Relaxed);
    handle.stop();
    events.send(Event::code("FOREIGN")).ok();
    for _ in 0..500 {
        if !handle.is_running() && woken.load(Ordering::Relaxed) > before {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!handle.is_running());
    assert!(woken.load(Ordering::Relaxed) > before, "the window is woken to see the end");
    assert!(events.send(Event::Tick).is_err(), "who hands it something does not wait for ever");
    assert_eq!(story.terminal().store_mut().inner.load().unwrap().recorded, 0);
    drop(handle);
}
