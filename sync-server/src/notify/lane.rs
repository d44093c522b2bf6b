//! One channel's way out, a stranger to the others: notices are taken, sent so many at once and so soon one after another as the
//! provider takes them, and what came of each is kept.
//!
//! The disk and the sending go on side by side, so that neither waits for the other; what lies between them is bounded, and so is
//! what a queue of any length takes of the memory.

use std::sync::Arc;

use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::{self, Instant},
};

use super::{
    Sender,
    attempt::Attempt,
    desk::{Desk, KEPT_AT_ONCE},
    throttle::Throttle,
};
use crate::{
    clock::Clock,
    office::{Channel, Quiet},
    store::{Came, Store, StoreError, Taken},
};

/// Taken in one commit at most, or four times what is sent at once: what was taken and not sent yet is asked after when the server is
/// killed.
const TAKEN_AT_ONCE: usize = 64;

/// A number by lot, for the waits.
pub(super) type Lot = dyn Fn() -> u16 + Send + Sync;

#[derive(Clone)]
pub(super) struct Lane {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) channel: Channel,
    pub(super) sender: Arc<dyn Sender>,
    pub(super) quiet: Quiet,
    pub(super) lot: Arc<Lot>,
}

impl Lane {
    /// Sends for as long as it is polled.
    pub(super) async fn run(self) {
        let at_once = self.sender.about().pace.at_once.max(1);
        let lot = at_once.saturating_mul(4).min(TAKEN_AT_ONCE);
        // The next lot is asked for while as many are left as are sent at once.
        let (hand, taken) = mpsc::channel(lot.saturating_add(at_once));
        let (done, came) = mpsc::channel(KEPT_AT_ONCE);
        tokio::select! {
            () = Desk::new(self.clone(), lot).work(hand, came) => {}
            () = self.send_each(taken, done) => {}
        }
    }

    pub(super) async fn take_due(&self, limit: usize) -> Result<Vec<Taken>, StoreError> {
        let now = self.clock.now();
        self.store.take_notices(self.channel, self.quiet.ends(now), limit, now).await
    }

    pub(super) async fn keep_and_take(&self, came: Vec<(i64, Came)>, limit: usize) -> Result<Vec<Taken>, StoreError> {
        let now = self.clock.now();
        self.store.keep_and_take_notices(came, (self.channel, self.quiet.ends(now), limit), now).await
    }

    pub(super) async fn attempt(&self, taken: &Taken) -> Result<Came, StoreError> {
        let lot = (self.lot)();
        Attempt { store: &self.store, clock: self.clock.as_ref(), sender: self.sender.as_ref(), lot }.of(taken).await
    }

    async fn send_each(&self, mut taken: mpsc::Receiver<Taken>, done: mpsc::Sender<(i64, Came)>) {
        let pace = self.sender.about().pace;
        let places = Arc::new(Semaphore::new(pace.at_once.max(1)));
        let mut throttle = Throttle::per_second(pace.per_second);
        let (start, mut under_way) = (Instant::now(), JoinSet::new());
        while let Some(one) = taken.recv().await {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let wait = throttle.wait(start.elapsed());
            if !wait.is_zero() {
                time::sleep(wait).await;
            }
            let (lane, done) = (self.clone(), done.clone());
            under_way.spawn(async move {
                match lane.attempt(&one).await {
                    Ok(came) => drop(done.send((one.notice.id, came)).await),
                    // It is found again when its time in hand is over.
                    Err(cause) => tracing::error!(
                        notice = one.notice.id,
                        cause = &cause as &dyn std::error::Error,
                        "a notice could not be tried"
                    ),
                }
                drop(place);
            });
            while let Some(ended) = under_way.try_join_next() {
                if let Err(cause) = ended {
                    tracing::error!(%cause, "a sender broke down");
                }
            }
        }
    }
}
