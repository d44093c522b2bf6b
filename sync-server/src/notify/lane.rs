//! One channel's way out, a stranger to the others: notices are taken, sent so many at once and so soon one after another as the
//! provider takes them, and what came of each is kept.
//!
//! Taking, sending and keeping go on side by side, so that neither waits for the disk of the other; what lies between them is
//! bounded, and so is what a queue of any length takes of the memory.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
    time::{self, Instant},
};

use super::{Sender, attempt::Attempt, throttle::Throttle};
use crate::{
    clock::Clock,
    office::{Channel, Quiet},
    store::{Came, Store, StoreError, Taken},
};

/// Notices of other processes and tries that fell due are found by looking; a second is soon enough for a person.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A disk that is full is not emptied by asking.
const DISK_AGAIN: Duration = Duration::from_secs(1);
/// Kept in one commit at most.
const KEPT_AT_ONCE: usize = 256;
/// A sync to the disk costs as much for one as for all that come so soon after it.
const KEPT_TOGETHER: Duration = Duration::from_millis(5);
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
        let (hand, taken) = mpsc::channel(at_once);
        let (done, came) = mpsc::channel(KEPT_AT_ONCE);
        tokio::select! {
            () = self.take(hand) => {}
            () = self.send_each(taken, done) => {}
            () = self.keep(came) => {}
        }
    }

    pub(super) async fn take_due(&self, limit: usize) -> Result<Vec<Taken>, StoreError> {
        let now = self.clock.now();
        self.store.take_notices(self.channel, self.quiet.ends(now), limit, now).await
    }

    async fn is_due(&self) -> Result<bool, StoreError> {
        let now = self.clock.now();
        self.store.any_notice_due(self.channel, self.quiet.ends(now), now).await
    }

    pub(super) async fn attempt(&self, taken: &Taken) -> Result<Came, StoreError> {
        let lot = (self.lot)();
        Attempt { store: &self.store, clock: self.clock.as_ref(), sender: self.sender.as_ref(), lot }.of(taken).await
    }

    async fn take(&self, hand: mpsc::Sender<Taken>) {
        let mut written: watch::Receiver<u64> = self.store.notice_signal();
        let lot = self.sender.about().pace.at_once.saturating_mul(4).clamp(1, TAKEN_AT_ONCE);
        let mut is_all = true;
        loop {
            written.mark_unchanged();
            let look = async || match is_all {
                true if !self.is_due().await? => Ok(Vec::new()),
                _ => self.take_due(lot).await,
            };
            let taken = look().await.unwrap_or_else(|cause: StoreError| {
                tracing::error!(cause = &cause as &dyn std::error::Error, "the outbox cannot be read");
                Vec::new()
            });
            is_all = taken.len() < lot;
            for one in taken {
                if hand.send(one).await.is_err() {
                    return;
                }
            }
            if is_all {
                // `changed` fails only when the store is gone, and this lane holds it.
                time::timeout(LOOK_EVERY, written.changed()).await.ok();
            }
        }
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

    async fn keep(&self, mut came: mpsc::Receiver<(i64, Came)>) {
        let (mut some, mut is_busy) = (Vec::new(), false);
        while came.recv_many(&mut some, KEPT_AT_ONCE).await > 0 {
            // In a queue more will come; one alone is kept at once, or a server that is killed sends it again.
            if is_busy {
                time::sleep(KEPT_TOGETHER).await;
                while some.len() < KEPT_AT_ONCE
                    && let Ok(more) = came.try_recv()
                {
                    some.push(more);
                }
            }
            is_busy = some.len() > 2;
            while let Err(cause) = self.store.keep_notices(some.clone(), self.clock.now()).await {
                tracing::error!(cause = &cause as &dyn std::error::Error, "what came of notices cannot be kept");
                if !cause.is_passing() {
                    break;
                }
                time::sleep(DISK_AGAIN).await;
            }
            some.clear();
        }
    }
}
