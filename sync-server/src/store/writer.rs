//! The one writer: many jobs, one commit, and no answer before it.
//!
//! A sync to disk costs milliseconds however much it carries, so jobs that wait together are committed together. One that fails takes
//! back its own changes and nobody else's: where one has failed halfway, all are taken back and done again, each behind a savepoint. If
//! the commit fails, all of them have failed. Jobs wait in a bounded queue; who finds it full waits too, without blocking a thread. What
//! takes a right back waits in none.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rusqlite::{Connection, Transaction};
use shared::{chain::Head, ids::CampusId, planted};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use super::{
    StoreError, connection,
    held::Held,
    migrations,
    turn::{self, Turn},
    vital,
};

/// How many jobs may wait.
const QUEUE: usize = 1024;
/// How many share a commit: enough to carry a rush, few enough that the first does not wait for long.
const BATCH: usize = 256;
/// How soon another process's commit is noticed.
const LOOK_AROUND: Duration = Duration::from_secs(1);
/// How large the log may grow, in pages of 4 KiB, before it is written back into the database: a page that many jobs touch is
/// written back once for all of them.
const LOG_PAGES: i64 = 4000;

/// What changed, for those who wait for it.
#[derive(Debug)]
pub(super) struct Signals {
    pub(super) feed: watch::Sender<u64>,
    pub(super) notices: watch::Sender<u64>,
}

impl Signals {
    fn bump(signal: &watch::Sender<u64>) {
        signal.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// A job's view of the transaction.
pub(super) struct Writing<'a> {
    db: &'a Transaction<'a>,
    touched: Touched,
    /// Where feeds end by what this job told, so that a job that tells much asks once.
    tails: Vec<(CampusId, u32, Head)>,
}

#[derive(Default, Clone, Copy)]
struct Touched {
    feed: bool,
    notices: bool,
    erased: bool,
}

impl Touched {
    const fn and(&mut self, other: Self) {
        self.feed |= other.feed;
        self.notices |= other.notices;
        self.erased |= other.erased;
    }
}

#[cfg(test)]
impl<'a> Writing<'a> {
    /// A job's view of a transaction that a test has begun.
    pub(super) const fn of(db: &'a Transaction<'a>) -> Self {
        Self { db, touched: Touched { feed: false, notices: false, erased: false }, tails: Vec::new() }
    }
}

impl Writing<'_> {
    pub(super) fn touch_feed(&mut self) {
        self.touched.feed = true;
    }

    pub(super) fn tail(&self, campus: CampusId) -> Option<(u32, Head)> {
        self.tails.iter().find(|(of, ..)| *of == campus).map(|(_, epoch, head)| (*epoch, *head))
    }

    pub(super) fn keep_tail(&mut self, campus: CampusId, epoch: u32, head: Head) {
        self.tails.retain(|(of, ..)| *of != campus);
        self.tails.push((campus, epoch, head));
    }

    pub(super) fn touch_notices(&mut self) {
        self.touched.notices = true;
    }

    /// Somebody was forgotten: what the log still says of them goes, too.
    pub(super) fn touch_erased(&mut self) {
        self.touched.erased = true;
    }
}

impl std::ops::Deref for Writing<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.db
    }
}

/// What came of a commit, as every job of it is told.
type Fate = Result<(), NotKept>;

enum NotKept {
    /// Another process wrote all the time.
    Busy,
    Failed(Arc<str>),
}

trait Job: Send {
    /// Does the work; done again, it is as if it had not been done before.
    fn run(&mut self, transaction: &Transaction<'_>) -> Ran;
    /// Tells who asked, once the fate of the whole is known.
    fn answer(self: Box<Self>, fate: &Fate);
    /// The same of one that was not begun.
    fn let_go(self: Box<Self>);
}

enum Ran {
    /// Well, or it failed before it had changed anything.
    Whole(Touched),
    /// What it changed has to be taken back.
    Halfway,
}

struct Work<F, T> {
    todo: F,
    done: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
    /// Held until the work is answered, even when nobody waits any more: so the queue is never full.
    place: Option<OwnedSemaphorePermit>,
}

impl<F, T> Job for Work<F, T>
where
    F: Fn(&mut Writing<'_>) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn run(&mut self, transaction: &Transaction<'_>) -> Ran {
        let before = transaction.total_changes();
        let mut writing = Writing { db: transaction, touched: Touched::default(), tails: Vec::new() };
        // A job that panics must not take the office with it; what it did is taken back like any other failure's.
        let done = catch_unwind(AssertUnwindSafe(|| (self.todo)(&mut writing))).unwrap_or(Err(StoreError::Lost));
        let touched = writing.touched;
        match self.done.insert(done) {
            Ok(_) => Ran::Whole(touched),
            Err(_) if transaction.total_changes() == before => Ran::Whole(Touched::default()),
            Err(_) => Ran::Halfway,
        }
    }

    fn answer(self: Box<Self>, fate: &Fate) {
        let done = self.done.unwrap_or(Err(StoreError::Lost));
        let answer = match fate {
            Ok(()) => done,
            Err(NotKept::Busy) => Err(StoreError::Busy),
            Err(NotKept::Failed(why)) => Err(StoreError::Commit(why.to_string())),
        };
        drop(self.place);
        // Whoever asked may have gone; the work is done all the same.
        drop(self.reply.send(answer));
    }

    fn let_go(self: Box<Self>) {
        drop(self.place);
        drop(self.reply.send(Err(StoreError::Stopped)));
    }
}

/// What comes in by the queue.
enum Asked {
    One(Box<dyn Job>),
    /// Look at what goes first.
    Look,
}

/// What the thread shares with those who ask.
#[derive(Default)]
struct Shared {
    /// What goes before the queue.
    first: Mutex<Vec<Box<dyn Job>>>,
    stopped: AtomicBool,
}

impl Shared {
    /// What goes before the queue is taken once the queue has been: whoever puts it there asks for a look afterwards, and that may be
    /// among what is taken here.
    fn batch(&self, asked: impl Iterator<Item = Asked>) -> Vec<Box<dyn Job>> {
        let mut queued: Vec<_> =
            asked.filter_map(|asked| if let Asked::One(job) = asked { Some(job) } else { None }).collect();
        let mut batch = std::mem::take(&mut *self.first());
        batch.append(&mut queued);
        batch
    }

    fn first(&self) -> MutexGuard<'_, Vec<Box<dyn Job>>> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

pub(super) struct Writer {
    queue: Option<SyncSender<Asked>>,
    shared: Arc<Shared>,
    places: Arc<Semaphore>,
    signals: Arc<Signals>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("free", &self.places.available_permits()).finish_non_exhaustive()
    }
}

impl Writer {
    /// Opens the database, brings its schema up to date and starts the thread.
    pub(super) fn open(path: &Path, held: Arc<Held>) -> Result<Self, StoreError> {
        let mut db = connection::writing(path)?;
        migrations::run(&mut db)?;
        let signals = Arc::new(Signals { feed: watch::Sender::new(0), notices: watch::Sender::new(0) });
        // A `Look` takes no place of a job.
        let (queue, jobs) = mpsc::sync_channel(2 * QUEUE);
        let shared = Arc::new(Shared::default());
        let turn = Turn::at(path);
        let desk =
            Desk { db, turn, shared: Arc::clone(&shared), signals: Arc::clone(&signals), held, has_erased: false };
        let thread = thread::Builder::new()
            .name("office-writer".to_owned())
            .spawn(move || vital::work(move || desk.work(&jobs)))
            .map_err(StoreError::Thread)?;
        Ok(Self { queue: Some(queue), shared, places: Arc::new(Semaphore::new(QUEUE)), signals, thread: Some(thread) })
    }

    pub(super) fn signals(&self) -> &Signals {
        &self.signals
    }

    /// Does `todo` in a transaction, and returns after its commit.
    pub(super) async fn write<T, F>(&self, todo: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Writing<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| StoreError::Stopped)?;
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work { todo, done: None, reply, place: Some(place) });
        let queue = self.queue.as_ref().ok_or(StoreError::Stopped)?;
        queue.try_send(Asked::One(job)).map_err(|_| StoreError::Stopped)?;
        answer.await.unwrap_or(Err(StoreError::Lost))
    }

    /// The same before all that waits: for what takes a right back, and is not asked for in numbers.
    pub(super) async fn write_first<T, F>(&self, todo: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Writing<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work { todo, done: None, reply, place: None });
        let queue = self.queue.as_ref().ok_or(StoreError::Stopped)?;
        self.shared.first().push(job);
        // Who finds the queue full need not wake anybody.
        drop(queue.try_send(Asked::Look));
        answer.await.unwrap_or(Err(StoreError::Lost))
    }

    /// What was not begun is let go.
    pub(super) fn stop(&self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been logged by the hook; there is nobody left to tell.
            drop(thread.join());
        }
    }
}

/// A full disk makes SQLite roll the whole transaction back by itself; what came before is gone too.
fn still_open(transaction: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    if transaction.is_autocommit() {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK),
            None,
        ));
    }
    Ok(())
}

/// The writer's thread.
struct Desk {
    db: Connection,
    turn: Turn,
    shared: Arc<Shared>,
    signals: Arc<Signals>,
    /// What was read before a commit.
    held: Arc<Held>,
    /// Whether the log holds what was erased since.
    has_erased: bool,
}

impl Desk {
    fn work(mut self, jobs: &Receiver<Asked>) {
        let mut seen = self.others_version();
        loop {
            match jobs.recv_timeout(LOOK_AROUND) {
                Ok(first) => {
                    let batch = self.shared.batch(std::iter::once(first).chain(jobs.try_iter().take(BATCH - 1)));
                    self.commit(batch);
                    self.write_back(LOG_PAGES);
                }
                Err(RecvTimeoutError::Timeout) => self.write_back(1),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.has_erased {
                self.empty_log();
            }
            let version = self.others_version();
            if version != seen {
                seen = version;
                self.held.empty();
                Signals::bump(&self.signals.feed);
                Signals::bump(&self.signals.notices);
            }
        }
        self.write_back(1);
    }

    fn commit(&mut self, mut batch: Vec<Box<dyn Job>>) {
        if batch.is_empty() {
            return;
        }
        let (fate, touched) = match self.run(&mut batch) {
            Ok(touched) => (Ok(()), touched),
            Err(error) => {
                tracing::error!(jobs = batch.len(), %error, "a commit failed; nothing of it was kept");
                let busy = turn::is_busy(&error);
                let not_kept = if busy { NotKept::Busy } else { NotKept::Failed(Arc::from(error.to_string())) };
                (Err(not_kept), Touched::default())
            }
        };
        self.held.empty();
        self.has_erased |= touched.erased;
        for job in batch {
            job.answer(&fate);
        }
        if planted!("open calls not woken", false, touched.feed) {
            Signals::bump(&self.signals.feed);
        }
        if touched.notices {
            Signals::bump(&self.signals.notices);
        }
    }

    fn run(&mut self, batch: &mut Vec<Box<dyn Job>>) -> Result<Touched, rusqlite::Error> {
        match self.together(batch)? {
            Some(touched) => Ok(touched),
            None => self.each_apart(batch),
        }
    }

    /// `None`, and nothing was done: one job failed halfway.
    fn together(&mut self, batch: &mut Vec<Box<dyn Job>>) -> Result<Option<Touched>, rusqlite::Error> {
        let mut all = Touched::default();
        let transaction = self.turn.begin(&self.db, || self.shared.is_stopped())?;
        let mut done = 0;
        for job in batch.iter_mut().take_while(|_| !self.shared.is_stopped()) {
            done += 1;
            match job.run(&transaction) {
                Ran::Whole(touched) => all.and(touched),
                Ran::Halfway => {
                    still_open(&transaction)?;
                    transaction.rollback()?;
                    return Ok(None);
                }
            }
            still_open(&transaction)?;
        }
        transaction.commit()?;
        batch.drain(done..).for_each(Job::let_go);
        Ok(Some(all))
    }

    /// Each job behind a savepoint of its own. That has every page that a job touches copied first, so it is kept for when a job fails.
    fn each_apart(&mut self, batch: &mut [Box<dyn Job>]) -> Result<Touched, rusqlite::Error> {
        let mut all = Touched::default();
        let transaction = self.turn.begin(&self.db, || self.shared.is_stopped())?;
        let say = |what| transaction.prepare_cached(what).and_then(|mut said| said.execute([]));
        for job in batch {
            say("savepoint job")?;
            match job.run(&transaction) {
                Ran::Whole(touched) => all.and(touched),
                Ran::Halfway => {
                    still_open(&transaction)?;
                    say("rollback to job")?;
                }
            }
            still_open(&transaction)?;
            say("release job")?;
        }
        transaction.commit()?;
        Ok(all)
    }

    /// Changes when another process has committed.
    fn others_version(&self) -> Option<i64> {
        let version = self.db.prepare_cached("pragma data_version");
        match version.and_then(|mut version| version.query_row([], |row| row.get(0))) {
            Ok(version) => Some(version),
            Err(error) => {
                tracing::warn!(%error, "cannot see whether another process wrote");
                None
            }
        }
    }

    /// Where a reader hinders it, it is tried again.
    fn empty_log(&mut self) {
        match connection::empty_log(&self.db) {
            Ok(is_empty) => self.has_erased = !is_empty,
            Err(error) => tracing::error!(%error, "the write-ahead log could not be emptied"),
        }
    }

    /// Writes the log back once it has `pages`, and says so when that fails: a log that only grows fills the disk.
    fn write_back(&self, pages: i64) {
        match connection::log_pages(&self.db) {
            Ok(held) if held < pages => {}
            Ok(_) => match connection::write_back(&self.db) {
                Ok(left) if left > 50 * LOG_PAGES => {
                    tracing::warn!(pages = left, "a long read keeps the write-ahead log from being written back");
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "the write-ahead log could not be written back"),
            },
            Err(error) => tracing::error!(%error, "the write-ahead log cannot be measured"),
        }
    }
}

#[cfg(test)]
mod tests;
