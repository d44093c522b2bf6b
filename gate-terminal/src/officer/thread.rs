//! The thread "officer" and its handle.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use super::{Officer, Terminal};
use crate::{
    ports::EntryLog,
    ui::records::{Ask, Records},
    vital,
};

/// How soon the page shows a new entry, and a lock closes.
const TICK: Duration = Duration::from_secs(1);

/// An officer who presses on while an export runs is not answered twenty times afterwards.
const ASKS_WAITING: usize = 4;

impl<L, T> Officer<L, T>
where
    L: EntryLog + Send + 'static,
    T: Terminal + Send + 'static,
{
    /// `wake` is called whenever there are new records.
    pub fn spawn(mut self, wake: impl Fn() + Send + 'static) -> io::Result<Handle> {
        let (sender, asks) = sync_channel(ASKS_WAITING);
        let newest = Mutex::new(Arc::new(self.records().clone()));
        let published = Arc::new(Published { newest, stop: AtomicBool::new(false) });
        let thread = {
            let published = Arc::clone(&published);
            let work = move || vital::work(|| self.run(&asks, &published, wake));
            std::thread::Builder::new().name("officer".to_owned()).spawn(work)?
        };
        Ok(Handle { asks: sender, published, thread: Some(thread) })
    }

    fn run(&mut self, asks: &Receiver<Ask>, published: &Published, wake: impl Fn()) {
        while !published.stop.load(Ordering::Acquire) {
            match asks.recv_timeout(TICK) {
                Ok(ask) => self.turn(Some(ask)),
                Err(RecvTimeoutError::Timeout) => self.turn(None),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if *published.newest() != *self.records() {
                published.publish(Arc::new(self.records().clone()));
                wake();
            }
        }
    }
}

/// The officer thread from outside. Dropping it ends the thread after the turn it is in.
#[derive(Debug)]
pub struct Handle {
    asks: SyncSender<Ask>,
    published: Arc<Published>,
    thread: Option<JoinHandle<()>>,
}

impl Handle {
    #[must_use]
    pub fn records(&self) -> Arc<Records> {
        self.published.newest()
    }

    /// Never blocks; `false` when the officer must ask again.
    #[must_use]
    pub fn ask(&self, ask: Ask) -> bool {
        self.asks.try_send(ask).is_ok()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.published.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the officer thread had panicked");
        }
    }
}

#[derive(Debug)]
struct Published {
    newest: Mutex<Arc<Records>>,
    stop: AtomicBool,
}

impl Published {
    fn newest(&self) -> Arc<Records> {
        Arc::clone(&self.newest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn publish(&self, records: Arc<Records>) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = records;
    }
}
