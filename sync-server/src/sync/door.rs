//! The conversation with the terminals, by doing: the server's half of [`Protocol`].
//!
//! Every answer leaves after the commit it speaks of. A pull that has nothing new is held until there is, so that a revocation
//! reaches the gates in the time of one network round trip.

use std::{sync::Arc, time::Duration};

use shared::{
    ids::TerminalId,
    planted,
    seal::{Sealable, Sealed},
    sync::{
        Protocol, Refusal,
        beacon::Beacon,
        enrol::{EnrolAnswer, EnrolRequest},
        pull::{MAX_WAIT_S, PULL_BATCH, PullAnswer, PullRequest},
        push::{EntryReceipt, PUSH_BATCH, PushAnswer, PushRequest},
        snapshot::{SnapshotHead, SnapshotPart},
        walk_in::{WalkInAnswer, WalkInRequest},
        withdrawal::{Proof, Withdrawal},
    },
    time::Moment,
};
use tokio::{sync::watch, time};

use super::{DoorFault, holding::Holding};
use crate::{
    office::{notice, walk_in},
    random,
    state::AppState,
    store::{Fed, HostLinks, Store, Terminal, WalkInAsked, WalkInHost},
};

/// Turns true when the server is about to stop: held calls are then answered at once.
pub type Closing = watch::Receiver<bool>;

#[derive(Debug, Clone)]
pub struct Door {
    state: AppState,
    closing: Closing,
    holding: Arc<Holding>,
}

impl Door {
    #[must_use]
    pub fn new(state: AppState, closing: Closing) -> Self {
        Self { state, closing, holding: Arc::default() }
    }

    pub(super) fn store(&self) -> &Store {
        &self.state.store
    }

    /// While the clock is in doubt nobody is told the time, nor judged by it.
    pub(super) fn now(&self) -> Result<Moment, DoorFault> {
        Ok(self.state.timekeeper.now()?)
    }

    /// Asked anew before every answer: a terminal may be withdrawn while its call is held.
    async fn welcome(&self, id: TerminalId) -> Result<Terminal, DoorFault> {
        let terminal = self.store().terminal(id).await?.ok_or(Refusal::Unauthenticated)?;
        match planted!("a withdrawn terminal is heard", None, terminal.withdrawn) {
            Some(since) => Err(self.withdrawn(id, since)?.into()),
            None => Ok(terminal),
        }
    }

    /// Signed anew for every answer: the terminal may know no older key.
    pub(super) fn withdrawn(&self, terminal: TerminalId, since: Moment) -> Result<Refusal, DoorFault> {
        let withdrawal = self.sealed(&Withdrawal { terminal, since, at: self.now()? })?;
        let proof = Proof { withdrawal, key_set: self.state.keys.now().key_set.clone() };
        Ok(Refusal::Withdrawn { proof: Some(Box::new(proof)) })
    }

    fn sealed<T: Sealable>(&self, object: &T) -> Result<Sealed<T>, DoorFault> {
        let keys = self.state.keys.now();
        Ok(Sealed::seal(object, Some(keys.signs.beacon_id), &keys.signs.beacon)?)
    }

    /// What follows the terminal's cursor, once there is something or `request.wait_s` is over.
    async fn news(&self, request: &PullRequest) -> Result<(Terminal, Fed), DoorFault> {
        // Subscribed before the first look: what is committed between look and wait must end the wait.
        let mut signal = self.store().feed_signal();
        let mut keys = self.state.keys.signal();
        let mut closing = self.closing.clone();
        let hold_s = request.wait_s.min(MAX_WAIT_S).min(self.state.config.sync.hold_s);
        let held_long_enough = time::sleep(Duration::from_secs(u64::from(hold_s)));
        tokio::pin!(held_long_enough);
        let (mut held, mut is_over) = (None, false);
        loop {
            let terminal = self.welcome(request.terminal).await?;
            let (cursor, place) = (request.cursor, request.snapshot);
            let fed = self.store().feed_from(terminal.campus, cursor, place, PULL_BATCH).await??;
            if !fed.links.is_empty()
                || fed.snapshot.is_some()
                || fed.epoch != request.cursor.epoch
                || self.has_newer_keys(request)
                || is_over
            {
                return Ok((terminal, fed));
            }
            let held = held.get_or_insert_with(|| Arc::clone(&self.holding).hold(request.terminal));
            // Looked once more however it ends: what the answer's beacon says of now must be so. A sender that is gone is a server that
            // stops.
            is_over = tokio::select! {
                () = held.is_followed() => true,
                changed = signal.changed() => changed.is_err(),
                changed = keys.changed() => changed.is_err(),
                _ = closing.wait_for(|closing| *closing) => true,
                () = &mut held_long_enough => true,
            };
        }
    }

    /// What a withdrawn terminal had not sent yet is of use to the office, and proven by nobody.
    pub(super) async fn set_aside(&self, request: PushRequest) -> Result<Refusal, DoorFault> {
        if request.links.len() > PUSH_BATCH {
            return Ok(Refusal::Malformed);
        }
        let terminal = request.terminal;
        let through = self.store().set_aside(terminal, request.links, self.now()?).await?;
        tracing::warn!(%terminal, through, "entries of a withdrawn terminal were set aside");
        Ok(Refusal::SetAside { through })
    }

    fn has_newer_keys(&self, request: &PullRequest) -> bool {
        self.state.keys.now().key_set_number > request.key_set
    }

    fn beacon(&self, terminal: &Terminal, fed: &Fed) -> Result<Sealed<Beacon>, DoorFault> {
        let beacon = Beacon {
            campus: terminal.campus,
            epoch: fed.epoch,
            head: fed.head,
            latest: fed.latest,
            server_time: self.now()?,
            valid_for_s: self.state.config.sync.beacon_valid_s,
            key_set: self.state.keys.now().key_set_number,
        };
        self.sealed(&beacon)
    }

    fn snapshot(&self, terminal: &Terminal, fed: &Fed) -> Result<Option<SnapshotPart>, DoorFault> {
        let Some(told) = &fed.snapshot else { return Ok(None) };
        let head = SnapshotHead {
            campus: terminal.campus,
            epoch: fed.epoch,
            head: told.head,
            parts: told.parts.clone(),
            at: self.now()?,
        };
        Ok(Some(SnapshotPart { head: self.sealed(&head)?, part: told.part, changes: told.changes.clone() }))
    }
}

impl Protocol for Door {
    type Error = DoorFault;

    async fn enrol(&self, request: EnrolRequest) -> Result<EnrolAnswer, DoorFault> {
        let claim = request.claim.open(&request.public).map_err(|_| Refusal::Unauthenticated)?;
        if claim.public != request.public {
            return Err(Refusal::Unauthenticated.into());
        }
        let now = self.now()?;
        let enrolled = self.store().enrol(&claim.code, request.public, now).await?.ok_or(Refusal::Code)?;
        // Its machine makes a new key.
        if let Some(since) = enrolled.withdrawn {
            return Err(self.withdrawn(enrolled.id, since)?.into());
        }
        tracing::info!(
            terminal = %enrolled.id, campus = %enrolled.campus, gate = %enrolled.gate,
            fingerprint = request.public.fingerprint(), "a terminal enrolled"
        );
        let roots = self.state.keys.now().roots;
        Ok(EnrolAnswer {
            terminal: enrolled.id,
            campus: enrolled.campus,
            gate: enrolled.gate,
            root: roots.root,
            spare: roots.spare,
            server_time: now,
        })
    }

    async fn pull(&self, request: PullRequest) -> Result<PullAnswer, DoorFault> {
        self.store().keep_ailments(request.terminal, request.ails.clone(), self.now()?).await?;
        let (terminal, fed) = self.news(&request).await?;
        // A set that was never made says nothing of those that were, and an old key stays until every terminal holds a newer.
        if request.key_set > terminal.key_set && request.key_set <= self.state.keys.now().key_set_number {
            self.store().holds_key_set(terminal.id, request.key_set).await?;
        }
        let ours = self.state.keys.now().key_set_number;
        if request.key_set > ours {
            tracing::error!(
                %terminal.id, held = request.key_set, ours,
                "这台终端的密钥集比本服务的新：secrets 和 key-set.json 可能是旧的 a terminal says that it holds a newer key set than ours"
            );
        }
        let beacon = self.beacon(&terminal, &fed)?;
        let key_set = self.has_newer_keys(&request).then(|| self.state.keys.now().key_set.clone());
        let snapshot = self.snapshot(&terminal, &fed)?.map(Box::new);
        Ok(PullAnswer { key_set, links: fed.links, snapshot, beacon })
    }

    async fn push(&self, request: PushRequest) -> Result<PushAnswer, DoorFault> {
        if request.links.len() > PUSH_BATCH {
            return Err(Refusal::Malformed.into());
        }
        let (terminal, now) = (request.terminal, self.now()?);
        let head = match self.store().push(terminal, &request, now).await? {
            Err(Refusal::Withdrawn { .. }) => return Err(self.set_aside(request).await?.into()),
            taken => taken?,
        };
        let receipt = EntryReceipt { terminal, head, at: now };
        Ok(PushAnswer { receipt: self.sealed(&receipt)? })
    }

    async fn walk_in(&self, request: WalkInRequest) -> Result<WalkInAnswer, DoorFault> {
        let terminal = self.welcome(request.terminal).await?;
        match self.store().knows_walk_in(terminal.id, request.number, &request.document).await? {
            Some(true) => return Ok(WalkInAnswer::Accepted),
            Some(false) => {}
            // A number given out twice: the other visitor's decision must not be taken for this one's.
            None => return Err(Refusal::Malformed.into()),
        }
        let (config, now) = (&self.state.config, self.now()?);
        let asked = match walk_in::check(&request, terminal.campus, &config.rules(), now) {
            Ok(asked) => asked,
            Err(why) => return Ok(WalkInAnswer::NotAllowed { why }),
        };
        let limits = config.booking.limits();
        let host = match self.store().find_walk_in_host(&asked.host, terminal.id, limits, now).await? {
            WalkInHost::Found(host) => host,
            WalkInHost::Unknown => return Ok(WalkInAnswer::HostUnknown),
            WalkInHost::Limited { retry_at } => return Ok(WalkInAnswer::Limited { retry_at }),
        };
        let gate = config.campus(terminal.campus).and_then(|campus| campus.gate(terminal.gate));
        let gate = gate.map_or("校门", |gate| gate.name.as_str());
        let links = HostLinks::from_random([fresh()?, fresh()?, fresh()?], [fresh()?, fresh()?, fresh()?]);
        let mut links = links.made_at(now);
        if config.notify.texts_hold_codes() {
            links = self.store().with_codes(links);
        }
        let walk_in = WalkInAsked {
            terminal: terminal.id,
            number: request.number,
            message: notice::walk_in_asked(asked.booking.facts(), gate),
            booking: asked.booking,
            host,
            links,
        };
        let booking = self.store().submit_walk_in(walk_in, now).await?;
        tracing::info!(terminal = %terminal.id, %booking, "a walk-in was taken down");
        Ok(WalkInAnswer::Accepted)
    }
}

/// Of a link that decides.
fn fresh() -> Result<[u8; 24], DoorFault> {
    Ok(random::bytes()?)
}
