//! Whose turn it is on the line: one pull and one push at a time, and what stands wrong with either.
//!
//! A pull follows the last at once, held open by the server when there is nothing to tell; a push follows whenever entries are
//! not countersigned. Failures of the line have been waited out by whoever reports them. What the line cannot know, a disk that
//! is full or an answer that proves nothing, is waited out here.

use std::sync::Arc;

use shared::{
    ids::KeyId,
    planted,
    seal::Unopened,
    sync::{
        Refusal,
        pull::PullRequest,
        push::{EntryReceipt, PushAnswer},
    },
};

use super::{
    HELD_CALL_S,
    effect::{Alarm, Effect, Receipt},
    event::SyncFailure,
    local_state::LocalState,
    news::{self, News},
    view::Link,
};

/// A full disk or a confused server is not asked more often.
const RETRY_MS: u64 = 5_000;

#[derive(Debug)]
pub(super) struct Exchange {
    pull: Call<Keeping>,
    push: Call<u64>,
    /// Whether the last news was all there was, so that the next call may be held.
    up_to_date: bool,
    /// The pull under way was asked before everything was forgotten.
    outdated: bool,
    recorded: u64,
    receipted: u64,
    /// The server asked for entries from further back than the receipt.
    push_again_after: Option<u64>,
    /// How often news was asked for, and the last time that brought any.
    asked: u64,
    heard: u64,
    /// A receipt came under a key that is not known here, when news had been asked for so often.
    unknown_key: Option<(KeyId, u64)>,
    link: Link,
    pull_alarm: Option<Alarm>,
    push_alarm: Option<Alarm>,
}

/// Believed news on its way to the disk, and when it came.
#[derive(Debug)]
pub(super) struct Keeping {
    pub news: Arc<News>,
    pub since_boot_ms: u64,
}

#[derive(Debug)]
enum Call<T> {
    Idle {
        not_before_ms: u64,
    },
    UnderWay,
    /// Answered; the answer is being stored.
    Keeping(T),
}

impl<T> Call<T> {
    const NEXT: Self = Self::Idle { not_before_ms: 0 };

    const fn is_due(&self, since_boot_ms: u64) -> bool {
        match self {
            Self::Idle { not_before_ms } => since_boot_ms >= *not_before_ms,
            Self::UnderWay | Self::Keeping(_) => false,
        }
    }

    const fn later(since_boot_ms: u64) -> Self {
        Self::Idle { not_before_ms: since_boot_ms + RETRY_MS }
    }
}

impl Exchange {
    #[must_use]
    pub(super) const fn new(recorded: u64, receipted: u64) -> Self {
        Self {
            pull: Call::NEXT,
            push: Call::NEXT,
            up_to_date: false,
            outdated: false,
            recorded,
            receipted,
            // As of a server that begins anew, in case that was heard just before the power went.
            push_again_after: receipted.checked_sub(1),
            asked: 0,
            heard: 0,
            unknown_key: None,
            link: Link::NotYet,
            pull_alarm: None,
            push_alarm: None,
        }
    }

    /// The calls whose turn it is.
    pub(super) fn due(&mut self, local: &LocalState, withdrawn: bool, since_boot_ms: u64) -> Vec<Effect> {
        let mut effects = Vec::new();
        if !withdrawn && self.pull.is_due(since_boot_ms) {
            self.pull = Call::UnderWay;
            self.asked += 1;
            self.outdated = false;
            effects.push(Effect::Pull(PullRequest {
                terminal: local.post().terminal,
                cursor: local.cursor(),
                key_set: local.keys().map_or(0, |keys| keys.number()),
                wait_s: if self.up_to_date { HELD_CALL_S } else { 0 },
                snapshot: local.snapshot(),
                ails: Vec::new(),
            }));
        }
        // Without keys a receipt could not be checked; whoever is withdrawn is given none.
        let after = self.push_after();
        if self.recorded > after && (withdrawn || local.keys().is_some()) && self.push.is_due(since_boot_ms) {
            self.push = Call::UnderWay;
            effects.push(Effect::Push { after });
        }
        effects
    }

    /// The feed is followed from its start: what is on its way leads on from what is here no more.
    pub(super) fn begin_anew(&mut self) {
        self.up_to_date = false;
        self.outdated = matches!(self.pull, Call::UnderWay);
        if matches!(self.pull, Call::Keeping(_)) {
            self.pull = Call::NEXT;
        }
    }

    #[must_use]
    pub(super) const fn is_outdated(&self) -> bool {
        self.outdated
    }

    /// An answer that is of no use any more, and says nothing against the server.
    pub(super) fn pulled_in_vain(&mut self) {
        self.link = Link::Up;
        self.pull = Call::NEXT;
    }

    pub(super) const fn recorded(&mut self, seq: u64) {
        self.recorded = seq;
    }

    #[must_use]
    pub(super) const fn unsent(&self) -> u64 {
        self.recorded.saturating_sub(self.receipted)
    }

    #[must_use]
    pub(super) const fn link(&self) -> &Link {
        &self.link
    }

    /// An entry that the server holds differently weighs more than news that is late.
    #[must_use]
    pub(super) fn alarm(&self) -> Option<&Alarm> {
        self.push_alarm.as_ref().or(self.pull_alarm.as_ref())
    }

    pub(super) fn pulled(&mut self, believed: Result<News, Alarm>, since_boot_ms: u64) -> Vec<Effect> {
        self.link = Link::Up;
        match believed {
            Ok(news) => {
                let news = Arc::new(news);
                self.pull = Call::Keeping(Keeping { news: Arc::clone(&news), since_boot_ms });
                vec![Effect::KeepNews(news)]
            }
            Err(alarm) => {
                self.pull = Call::later(since_boot_ms);
                self.up_to_date = false;
                raise(&mut self.pull_alarm, alarm)
            }
        }
    }

    pub(super) fn pull_failed(&mut self, failure: SyncFailure) -> Vec<Effect> {
        self.pull = Call::NEXT;
        self.up_to_date = false;
        match failure {
            SyncFailure::Unreachable(why) => {
                self.link = Link::Down { why };
                Vec::new()
            }
            SyncFailure::Refused(refusal) => {
                let alarm = refused(&refusal);
                self.link = Link::Refused(refusal);
                raise(&mut self.pull_alarm, alarm)
            }
        }
    }

    /// The news is durable; it may be applied.
    pub(super) fn news_kept(&mut self) -> (Option<Keeping>, Vec<Effect>) {
        let keeping = match std::mem::replace(&mut self.pull, Call::NEXT) {
            Call::Keeping(keeping) => keeping,
            // It was forgotten meanwhile.
            other @ (Call::Idle { .. } | Call::UnderWay) => {
                self.pull = other;
                return (None, Vec::new());
            }
        };
        self.up_to_date = keeping.news.as_of.is_some();
        self.heard = self.asked;
        self.pull_alarm = None;
        if keeping.news.restarts {
            self.show_the_last_again();
        }
        let links = keeping.news.not_understood;
        let told = (links > 0).then_some(Effect::Alarm(Alarm::NewsNotUnderstood { links }));
        (Some(keeping), told.into_iter().collect())
    }

    /// A server that begins anew may have come back from a copy. Shown what it has countersigned, it says what it misses; otherwise a
    /// quiet gate would be asked weeks later.
    fn show_the_last_again(&mut self) {
        if let (None, Some(before)) = (self.push_again_after, self.receipted.checked_sub(1)) {
            self.push_again_after = Some(before);
        }
    }

    pub(super) fn news_not_kept(&mut self, since_boot_ms: u64) -> Vec<Effect> {
        self.pull = Call::later(since_boot_ms);
        raise(&mut self.pull_alarm, Alarm::StoreFailing)
    }

    pub(super) fn pushed(&mut self, answer: PushAnswer, local: &LocalState, since_boot_ms: u64) -> Vec<Effect> {
        self.link = Link::Up;
        match news::receipt(answer.receipt, local) {
            Ok(receipt) if receipt.proven.head.seq <= self.recorded => self.keep(receipt),
            // Asked for before everything was forgotten, and once more when it can be checked again.
            Err(Unopened::NoKey) if local.keys().is_none() => {
                self.push = Call::later(since_boot_ms);
                Vec::new()
            }
            Err(Unopened::UnknownKey(key)) if planted!("a new key is an alarm", false, !self.heard_since(key)) => {
                self.push = Call::later(since_boot_ms);
                Vec::new()
            }
            Ok(_) | Err(_) => {
                self.push = Call::later(since_boot_ms);
                raise(&mut self.push_alarm, Alarm::ReceiptUnproven)
            }
        }
    }

    /// The office signs with a new key from one moment to the next, and the key set comes with the news: whether news that was asked
    /// for after the first receipt under this key has come, and the key is not known all the same.
    fn heard_since(&mut self, key: KeyId) -> bool {
        let since = self.unknown_key.filter(|(known, _)| *known == key).map_or(self.asked, |(_, since)| since);
        self.unknown_key = Some((key, since));
        self.heard > since
    }

    fn keep(&mut self, receipt: Receipt) -> Vec<Effect> {
        let EntryReceipt { head, .. } = receipt.proven;
        self.push = Call::Keeping(head.seq);
        vec![Effect::KeepReceipt(Box::new(receipt))]
    }

    pub(super) fn push_failed(&mut self, failure: SyncFailure, withdrawn: bool, since_boot_ms: u64) -> Vec<Effect> {
        self.push = Call::NEXT;
        let SyncFailure::Refused(refusal) = failure else { return Vec::new() };
        if let Refusal::Gap { expected } = refusal {
            return self.server_expects(expected);
        }
        // Nothing is set aside of a terminal that the office did not withdraw, nor what was not written yet.
        if let Refusal::SetAside { through } = refusal
            && withdrawn
            && through <= self.recorded
        {
            if through > self.push_after() {
                self.push_again_after = Some(through);
            } else {
                // There is no room for more.
                self.push = Call::later(since_boot_ms);
            }
        }
        raise(&mut self.push_alarm, refused(&refusal))
    }

    fn server_expects(&mut self, expected: u64) -> Vec<Effect> {
        if expected > self.recorded.saturating_add(1) {
            return raise(&mut self.push_alarm, Alarm::Fork { seq: expected.saturating_sub(1) });
        }
        let again = self.push_again_after.replace(expected.saturating_sub(1));
        // Asked for once more, it is not here either.
        if expected > self.receipted && again != self.push_again_after {
            return Vec::new();
        }
        raise(&mut self.push_alarm, Alarm::EntriesMissing { expected })
    }

    pub(super) fn receipt_kept(&mut self, since_boot_ms: u64) {
        let Call::Keeping(seq) = self.push else { return };
        // A receipt that brings nothing further must not make the next push follow at once.
        let further = seq > self.push_after();
        self.push = if further { Call::NEXT } else { Call::later(since_boot_ms) };
        self.receipted = self.receipted.max(seq);
        self.push_again_after = None;
        self.unknown_key = None;
        self.push_alarm = None;
    }

    pub(super) fn receipt_not_kept(&mut self, since_boot_ms: u64) -> Vec<Effect> {
        let was_read = matches!(self.push, Call::Keeping(_));
        self.push = Call::later(since_boot_ms);
        raise(&mut self.push_alarm, if was_read { Alarm::ReceiptUnproven } else { Alarm::StoreFailing })
    }

    pub(super) fn entry_altered(&mut self, seq: u64, since_boot_ms: u64) -> Vec<Effect> {
        self.push = Call::later(since_boot_ms);
        raise(&mut self.push_alarm, Alarm::EntryAltered { seq })
    }

    fn push_after(&self) -> u64 {
        self.push_again_after.unwrap_or(self.receipted)
    }
}

/// An alarm that stands is told once.
pub(super) fn raise(slot: &mut Option<Alarm>, alarm: Alarm) -> Vec<Effect> {
    if slot.as_ref() == Some(&alarm) {
        return Vec::new();
    }
    *slot = Some(alarm.clone());
    vec![Effect::Alarm(alarm)]
}

fn refused(refusal: &Refusal) -> Alarm {
    match *refusal {
        Refusal::CursorAhead => Alarm::CursorAhead,
        Refusal::Fork { seq } => Alarm::Fork { seq },
        Refusal::Gap { expected } => Alarm::EntriesMissing { expected },
        Refusal::Altered { seq } => Alarm::EntryAltered { seq },
        Refusal::Withdrawn { .. } | Refusal::SetAside { .. } => Alarm::Withdrawn,
        Refusal::Unauthenticated => Alarm::Unauthenticated,
        Refusal::Clock { server_time } => Alarm::ClockRefused { server_time },
        Refusal::Malformed | Refusal::Replayed | Refusal::Head | Refusal::Code => Alarm::Misunderstood,
    }
}

#[cfg(test)]
mod tests;
