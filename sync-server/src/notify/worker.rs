//! The outbox: a lane for every channel that somebody carries.

use std::{fmt, sync::Arc};

use tokio::task::JoinSet;

use super::{
    Sender,
    lane::{Lane, Lot},
};
use crate::{
    clock::Clock,
    office::{Channel, Quiet},
    random,
    store::{Store, StoreError},
};

pub struct Outbox {
    store: Store,
    clock: Arc<dyn Clock>,
    senders: Vec<Arc<dyn Sender>>,
    quiet: Quiet,
    lot: Arc<Lot>,
}

impl Outbox {
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, senders: Vec<Box<dyn Sender>>) -> Self {
        let senders = senders.into_iter().map(Arc::from).collect();
        // A machine without randomness sends all the same, only less spread out.
        let lot = || random::bytes().map_or(u16::MAX, u16::from_be_bytes);
        Self { store, clock, senders, quiet: Quiet::NONE, lot: Arc::new(lot) }
    }

    /// With hours in which what can wait does.
    #[must_use]
    pub fn quiet(self, quiet: Quiet) -> Self {
        Self { quiet, ..self }
    }

    /// With lots of somebody's own, for stories that are to come out the same again.
    #[must_use]
    pub fn drawing(self, lot: impl Fn() -> u16 + Send + Sync + 'static) -> Self {
        Self { lot: Arc::new(lot), ..self }
    }

    /// Sends for as long as it is polled.
    pub async fn run(self) {
        if self.senders.is_empty() {
            tracing::warn!("no channel is configured: notices are kept in the outbox and nobody receives them");
            return std::future::pending().await;
        }
        while let Err(cause) = self.store.notices_let_go(self.clock.now()).await {
            tracing::error!(cause = &cause as &dyn std::error::Error, "the outbox cannot be written");
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        let mut lanes = JoinSet::new();
        for lane in self.lanes() {
            lanes.spawn(lane.run());
        }
        if let Some(Err(cause)) = lanes.join_next().await {
            tracing::error!(%cause, "a lane broke down");
        }
    }

    /// Tries every notice due now, once and one after another; how many were tried. Each answer is kept before the next one is taken.
    pub async fn send_due(&self) -> Result<usize, StoreError> {
        let mut tried = 0;
        for lane in self.lanes() {
            while let Some(taken) = lane.take_due(1).await?.pop() {
                let came = lane.attempt(&taken).await?;
                self.store.keep_notices(vec![(taken.notice.id, came)], self.clock.now()).await?;
                tried += 1;
            }
        }
        Ok(tried)
    }

    fn lanes(&self) -> impl Iterator<Item = Lane> {
        Channel::ALL.into_iter().filter_map(|channel| {
            let sender = self.senders.iter().find(|sender| sender.about().carries(channel))?;
            Some(Lane {
                store: self.store.clone(),
                clock: self.clock.clone(),
                channel,
                sender: sender.clone(),
                quiet: self.quiet,
                lot: self.lot.clone(),
            })
        })
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outbox({} senders)", self.senders.len())
    }
}
