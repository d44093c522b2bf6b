//! The readers: connections that cannot write.
//!
//! What costs a few rows by their key is looked up where it is asked for: handing it to a thread and back costs several times as
//! much as the rows do. Lists go to a few threads, or a long one would hold up whoever shares its thread. Either way a read sees one
//! consistent moment, however many statements it takes, and never waits for the writer. What pages show again and again is read once
//! for as long as it holds (see [`super::held`]).

use std::{
    fmt,
    hash::Hash,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, SyncSender},
    },
    thread::{self, JoinHandle},
};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{
    StoreError, connection,
    head::Head,
    held::{AsOf, Held, Looker, Of},
    vital,
};

/// Enough that one slow list does not hold up every gate's pull.
const READERS: usize = 4;
/// How many questions may wait.
const QUEUE: usize = 1024;
/// As many as ever look at once on a machine of this size; whoever finds none asks a thread.
const LOOKING: usize = 16;

type Question = Box<dyn FnOnce(&Connection) + Send>;

pub(super) struct Readers {
    queue: Option<SyncSender<Question>>,
    places: Arc<Semaphore>,
    threads: Vec<JoinHandle<()>>,
    spare: Mutex<Vec<Looker>>,
    held: Arc<Held>,
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").field("free", &self.places.available_permits()).finish_non_exhaustive()
    }
}

impl Readers {
    pub(super) fn open(path: &Path, held: Arc<Held>) -> Result<Self, StoreError> {
        let (queue, questions) = mpsc::sync_channel::<Question>(QUEUE);
        let questions = Arc::new(Mutex::new(questions));
        let threads = (0..READERS).map(|number| {
            let db = connection::reading(path)?;
            let questions = Arc::clone(&questions);
            thread::Builder::new()
                .name(format!("office-reader-{number}"))
                .spawn(move || vital::work(move || work(db, &questions)))
                .map_err(StoreError::Thread)
        });
        let threads = threads.collect::<Result<_, _>>()?;
        let head = Head::of(path);
        if head.is_none() {
            tracing::warn!("the head of the log's index cannot be read: pages ask the database each time");
        }
        let looker = |db| Looker::new(db, head);
        let spare = (0..LOOKING).map(|_| connection::reading(path).map(looker)).collect::<Result<_, _>>()?;
        let places = Arc::new(Semaphore::new(QUEUE));
        Ok(Self { queue: Some(queue), places, threads, spare: Mutex::new(spare), held })
    }

    /// For a few rows that are found by their key.
    pub(super) async fn look<T, F>(&self, ask: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let Some(looker) = self.take() else { return self.read(ask).await };
        let answer = catch_unwind(AssertUnwindSafe(|| in_one_moment(&looker.db, ask))).unwrap_or(Err(StoreError::Lost));
        self.give_back(looker);
        answer
    }

    /// The same for what many ask for; `ask` says the same until something is committed.
    pub(super) async fn look_held<K, V, F>(
        &self,
        of: Of<K, V>,
        key: K,
        as_of: Option<AsOf>,
        ask: F,
    ) -> Result<(Arc<V>, Option<AsOf>), StoreError>
    where
        K: Eq + Hash,
        V: Send + 'static,
        F: FnOnce(&Connection) -> Result<V, StoreError> + Send + 'static,
    {
        if let Some(held) = as_of.and_then(|as_of| self.held.find_as_of(as_of, of, &key)) {
            return Ok((held, as_of));
        }
        let Some(mut looker) = self.take() else { return Ok((Arc::new(self.read(ask).await?), None)) };
        let answer = catch_unwind(AssertUnwindSafe(|| match self.held.find(looker.has_changed()?, of, &key) {
            (Some(held), now) => Ok((held, Some(now))),
            (None, now) => {
                let read = Arc::new(in_one_moment(&looker.db, ask)?);
                self.held.keep(now, of, key, &read);
                Ok((read, Some(now)))
            }
        }));
        self.give_back(looker);
        answer.unwrap_or(Err(StoreError::Lost))
    }

    fn take(&self) -> Option<Looker> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn give_back(&self, looker: Looker) {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(looker);
    }

    pub(super) async fn read<T, F>(&self, ask: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| StoreError::Stopped)?;
        let (reply, answer) = oneshot::channel();
        let question = Box::new(move |db: &Connection| {
            let _place: OwnedSemaphorePermit = place;
            let answer = catch_unwind(AssertUnwindSafe(|| in_one_moment(db, ask))).unwrap_or(Err(StoreError::Lost));
            // Whoever asked may have gone.
            drop(reply.send(answer));
        });
        let queue = self.queue.as_ref().ok_or(StoreError::Stopped)?;
        queue.try_send(question).map_err(|_| StoreError::Stopped)?;
        answer.await.unwrap_or(Err(StoreError::Lost))
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        drop(self.queue.take());
        for thread in self.threads.drain(..) {
            // A panic there has been logged by the hook; there is nobody left to tell.
            drop(thread.join());
        }
    }
}

/// A transaction that ends as it is left, also by a panic.
struct OneMoment<'a>(&'a Connection);

impl Drop for OneMoment<'_> {
    fn drop(&mut self) {
        // There is nothing to lose: what reads cannot write.
        drop(self.0.prepare_cached("rollback").and_then(|mut end| end.execute([])));
    }
}

fn in_one_moment<T>(db: &Connection, ask: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
    db.prepare_cached("begin")?.execute([])?;
    let moment = OneMoment(db);
    ask(moment.0)
}

fn work(db: Connection, questions: &Mutex<Receiver<Question>>) {
    loop {
        // The lock is held while waiting, and only then: whoever gets a question lets the next one wait.
        let next = questions.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(question) => question(&db),
            Err(mpsc::RecvError) => break,
        }
    }
}
