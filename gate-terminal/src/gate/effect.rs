//! What a gate wants done: plain data, carried out in order by the controller.
//!
//! A light never stands before the record it depends on: [`Effect::Shine`] for an admission is only ever an answer to
//! [`Event::Recorded`](super::Event::Recorded), or says again what was recorded a moment ago.

use std::sync::Arc;

use shared::{
    entry::Entry,
    seal::Sealed,
    sync::{pull::PullRequest, push::EntryReceipt, walk_in::WalkInRequest},
    time::{CampusDay, Moment},
};

use super::{card::CardQuestion, news::News, oblivion::Oblivion, walk_in::WalkIn};

#[derive(Debug, Clone)]
pub enum Effect {
    /// Write it down durably, then say [`Recorded`](super::Event::Recorded) or [`RecordFailed`](super::Event::RecordFailed).
    Record(Box<Entry>),
    /// Store before it is acted on, then say [`NewsKept`](super::Event::NewsKept) or [`NewsNotKept`](super::Event::NewsNotKept).
    KeepNews(Arc<News>),
    /// Keep a receipt whose signature has been checked, if it is for our own chain.
    KeepReceipt(Box<Receipt>),
    /// What concerns days before this one is over. Only ever asked under a proven clock.
    Forget {
        before: CampusDay,
    },
    /// Before anything else: passes, keys and who went through leave the disk, and only what was not sent stays. Then say
    /// [`AllForgotten`](super::Event::AllForgotten); where nothing is said it is asked for again.
    ForgetAll(Oblivion),
    KeepFloor(Moment),
    /// The whole list, after a change of it.
    KeepWalkIns(Arc<[WalkIn]>),
    Pull(PullRequest),
    /// Send entries numbered above `after`.
    Push {
        after: u64,
    },
    /// Then say [`HostAsked`](super::Event::HostAsked) or [`HostNotAsked`](super::Event::HostNotAsked). It holds a document number:
    /// hand it on and keep nothing.
    AskHost(Box<WalkInRequest>),
    /// Hash the number of a card, which is slow, beside this thread, and say [`CardHashed`](super::Event::CardHashed).
    LookUpCard(Box<CardQuestion>),
    Shine(Signal),
    Alarm(Alarm),
}

/// The light and the sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Admit,
    Ask,
    Refuse,
}

/// The server's countersignature on our entries: what it says, and the signed text itself as evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub proven: EntryReceipt,
    pub sealed: Sealed<EntryReceipt>,
}

/// What somebody in the office must hear of. The gate goes on with what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alarm {
    /// The answer does not prove itself: a wrong signature, another campus, a gap, another head.
    NewsUnproven {
        why: String,
    },
    /// The server's word is older than what this terminal has already seen.
    NewsBackwards,
    /// Proven links this terminal does not understand; it is older than the office.
    NewsNotUnderstood {
        links: usize,
    },
    /// The server has forgotten what it once told; it was restored from a backup.
    CursorAhead,
    /// The server holds another entry under one of our numbers: this store was copied or turned back.
    Fork {
        seq: u64,
    },
    /// The server misses entries that it once acknowledged.
    EntriesMissing {
        expected: u64,
    },
    /// An entry was altered on this machine's disk before the server had it.
    EntryAltered {
        seq: u64,
    },
    ReceiptUnproven,
    Withdrawn,
    Unauthenticated,
    /// This machine's time is too far from the server's.
    ClockRefused {
        server_time: Moment,
    },
    /// The server calls our requests malformed.
    Misunderstood,
    /// The store does not take what it must: use the paper log.
    StoreFailing,
}
