//! One channel's side towards the disk: what is due is taken, a lot at a time, and what came of it is kept.
//!
//! A sync to the disk costs as much for one notice as for a hundred, so a queue is taken and kept in the same commits; one alone is
//! kept at once, or a server that is killed sends it again.

use std::{future::pending, time::Duration};

use tokio::{
    sync::{
        mpsc::{PermitIterator, Receiver, Sender},
        watch,
    },
    time::{self, Instant},
};

use super::lane::Lane;
use crate::store::{Came, StoreError, Taken};

/// Notices of other processes and tries that fell due are found by looking; a second is soon enough for a person.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A disk that is full is not emptied by asking.
const DISK_AGAIN: Duration = Duration::from_secs(1);
/// Kept in one commit at most.
pub(super) const KEPT_AT_ONCE: usize = 256;
/// What comes so soon after another in a queue is kept with it.
const KEPT_TOGETHER: Duration = Duration::from_millis(5);

pub(super) struct Desk {
    lane: Lane,
    /// Taken at once.
    lot: usize,
    written: watch::Receiver<u64>,
    look_at: Instant,
    /// Whether more may be due than was taken.
    is_due: bool,
}

impl Desk {
    pub(super) fn new(lane: Lane, lot: usize) -> Self {
        Self { written: lane.store.notice_signal(), lane, lot, look_at: Instant::now(), is_due: false }
    }

    /// Works for as long as it is polled. `hand` has room for a lot.
    pub(super) async fn work(mut self, hand: Sender<Taken>, mut came: Receiver<(i64, Came)>) {
        let (mut some, mut is_busy) = (Vec::new(), false);
        loop {
            let room = tokio::select! {
                room = room_for(&hand, self.lot, self.is_due) => Some(room),
                more = came.recv_many(&mut some, KEPT_AT_ONCE) => if more > 0 { None } else { return },
                _ = time::timeout_at(self.look_at, self.written.changed()), if !self.is_due => {
                    self.look().await;
                    continue;
                }
            };
            let room = match room {
                None if is_busy => time::timeout(KEPT_TOGETHER, room_for(&hand, self.lot, self.is_due)).await.ok(),
                room => room,
            };
            while some.len() < KEPT_AT_ONCE
                && let Ok(more) = came.try_recv()
            {
                some.push(more);
            }
            is_busy = some.len() > 2;
            self.write(&mut some, room).await;
        }
    }

    async fn look(&mut self) {
        self.look_at = Instant::now() + LOOK_EVERY;
        let now = self.lane.clock.now();
        let is_due = self.lane.store.any_notice_due(self.lane.channel, self.lane.quiet.ends(now), now);
        self.is_due = is_due.await.unwrap_or_else(|cause| {
            tracing::error!(cause = &cause as &dyn std::error::Error, "the outbox cannot be read");
            false
        });
    }

    /// Keeps `came` and, where there is `room`, takes what is due.
    async fn write(&mut self, came: &mut Vec<(i64, Came)>, mut room: Option<PermitIterator<'_, Taken>>) {
        while room.is_some() || !came.is_empty() {
            let cause: StoreError = match &mut room {
                Some(room) => match self.lane.keep_and_take(came.clone(), self.lot).await {
                    Ok(taken) => {
                        self.is_due = taken.len() == self.lot;
                        room.zip(taken).for_each(|(place, one)| place.send(one));
                        break;
                    }
                    Err(cause) => cause,
                },
                None => match self.lane.store.keep_notices(came.clone(), self.lane.clock.now()).await {
                    Ok(()) => break,
                    Err(cause) => cause,
                },
            };
            tracing::error!(cause = &cause as &dyn std::error::Error, "the outbox cannot be written");
            if cause.is_passing() {
                time::sleep(DISK_AGAIN).await;
            } else if room.is_none() {
                break;
            }
            // What came is kept all the same; what is due is looked for again.
            (room, self.is_due) = (None, false);
        }
        came.clear();
    }
}

/// Room for a lot, once there is; where nothing is due, never.
async fn room_for(hand: &Sender<Taken>, lot: usize, is_due: bool) -> PermitIterator<'_, Taken> {
    match is_due {
        true => match hand.reserve_many(lot).await {
            Ok(room) => room,
            // Nobody sends any more.
            Err(_) => pending().await,
        },
        false => pending().await,
    }
}
