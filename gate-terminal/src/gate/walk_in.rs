//! Visitors without a booking: asked for by the guard, answered by their host, and between the two a line on the screen.
//!
//! The document's number goes out in the one request and is not kept here, so what is lost on the way is typed again. Whoever was
//! asked for stands there waiting, so the list outlives the program; who has gone in is off it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use shared::{
    entry::{Direction, Remark},
    identity::{Document, PersonName, Phone, Plate},
    ids::{PassId, TerminalId},
    pass::PartySize,
    planted,
    sync::{
        Refusal,
        change::{Change, WalkInOutcome},
        walk_in::{WalkInAnswer, WalkInFault, WalkInNumber, WalkInRequest},
    },
    time::{CampusDay, Moment},
};

use super::{event::SyncFailure, visits::Visits};

/// More would not be looked through; the oldest that are settled go first.
const MOST: usize = 30;

/// What the guard took down.
#[derive(Clone, PartialEq, Eq)]
pub struct WalkInForm {
    pub visitor: PersonName,
    pub phone: Phone,
    pub document: Document,
    /// Staff number, name or telephone number.
    pub host: String,
    pub purpose: String,
    pub party: u8,
    pub plates: Vec<Plate>,
}

/// It holds a document number.
impl std::fmt::Debug for WalkInForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WalkInForm(…)")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WalkIn {
    pub number: WalkInNumber,
    pub visitor: PersonName,
    pub host: String,
    pub since: Moment,
    pub standing: WalkInStanding,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WalkInStanding {
    /// On its way to the server.
    Sending,
    /// The host has been asked.
    Waiting,
    Approved {
        pass: PassId,
    },
    Declined,
    HostUnknown,
    NotAllowed {
        why: Vec<WalkInFault>,
    },
    /// Too many were asked for.
    Limited {
        retry_at: Moment,
    },
    Unreached,
    Refused(Refusal),
}

impl WalkInStanding {
    const fn is_settled(&self) -> bool {
        !matches!(self, Self::Sending | Self::Waiting)
    }
}

impl From<WalkInOutcome> for WalkInStanding {
    fn from(outcome: WalkInOutcome) -> Self {
        match outcome {
            WalkInOutcome::Approved { pass } => Self::Approved { pass },
            WalkInOutcome::Declined => Self::Declined,
        }
    }
}

/// All of this terminal's, the newest first.
#[derive(Debug, Default)]
pub(super) struct WalkIns {
    list: Arc<[WalkIn]>,
    /// As the store has it.
    kept: Arc<[WalkIn]>,
    last: Option<WalkInNumber>,
}

impl WalkIns {
    /// After a restart. A request that was on its way may have been lost with its answer; the host's word finds it all the same.
    pub(super) fn held(held: Vec<WalkIn>, visits: &Visits) -> Self {
        let kept: Arc<[WalkIn]> = held.into();
        let mut list: Vec<_> = kept.to_vec();
        list.retain(
            |walk_in| !matches!(walk_in.standing, WalkInStanding::Approved { pass } if visits.times_in(pass) > 0),
        );
        for walk_in in &mut list {
            if walk_in.standing == WalkInStanding::Sending {
                walk_in.standing = WalkInStanding::Unreached;
            }
        }
        Self { last: list.iter().map(|walk_in| walk_in.number).max(), list: list.into(), kept }
    }

    /// The list, when it is another than the store has.
    pub(super) fn unkept(&mut self) -> Option<Arc<[WalkIn]>> {
        (self.kept != self.list).then(|| {
            self.kept = Arc::clone(&self.list);
            Arc::clone(&self.list)
        })
    }

    /// Here or at another gate: nobody waits for them any more.
    pub(super) fn went_in(&mut self, pass: PassId) {
        let standing = WalkInStanding::Approved { pass };
        if self.list.iter().any(|walk_in| walk_in.standing == standing) {
            self.list = self.list.iter().filter(|walk_in| walk_in.standing != standing).cloned().collect();
        }
    }

    pub(super) fn list(&self) -> Arc<[WalkIn]> {
        Arc::clone(&self.list)
    }

    /// What is to be asked of the server; `None` when the form itself will not do, which its line then says.
    pub(super) fn ask(&mut self, form: WalkInForm, terminal: TerminalId, now: Moment) -> Option<WalkInRequest> {
        let WalkInForm { visitor, phone, document, host, purpose, party, plates } = form;
        let number = self.next_number(now);
        // What could be a document's number or a code is not even kept in the line that refuses it.
        let may_be_kept = Remark::parse(&host).is_some() || PersonName::parse(&host).is_ok();
        let host = if may_be_kept { host } else { String::new() };
        let line = |standing| WalkIn { number, visitor: visitor.clone(), host: host.clone(), since: now, standing };
        let (party, mut why) = (PartySize::new(party), Vec::new());
        why.extend((!may_be_kept).then_some(WalkInFault::Host));
        why.extend(party.is_none().then_some(WalkInFault::Party));
        let Some(party) = party.filter(|_| why.is_empty()) else {
            self.add(line(WalkInStanding::NotAllowed { why }));
            return None;
        };
        self.add(line(WalkInStanding::Sending));
        Some(WalkInRequest { terminal, number, visitor, document, phone, host, reason: purpose, party, plates })
    }

    pub(super) fn answered(&mut self, number: WalkInNumber, answer: WalkInAnswer) {
        self.settle(
            number,
            match answer {
                WalkInAnswer::Accepted => WalkInStanding::Waiting,
                WalkInAnswer::HostUnknown => WalkInStanding::HostUnknown,
                WalkInAnswer::NotAllowed { why } => WalkInStanding::NotAllowed { why },
                WalkInAnswer::Limited { retry_at } => WalkInStanding::Limited { retry_at },
            },
        );
    }

    pub(super) fn failed(&mut self, number: WalkInNumber, failure: SyncFailure) {
        self.settle(
            number,
            match failure {
                SyncFailure::Unreachable(_) => WalkInStanding::Unreached,
                SyncFailure::Refused(refusal) => WalkInStanding::Refused(refusal),
            },
        );
    }

    /// The host's word, whatever stood there before: the answer to the request may be lost, or come later than this.
    pub(super) fn hear(&mut self, changes: &[Change], own: TerminalId) {
        for change in changes {
            if let Change::WalkInDecided { terminal, number, outcome } = change
                && *terminal == own
            {
                let is_meant =
                    |walk_in: &WalkIn| planted!("the host's word for whoever waits", true, walk_in.number == *number);
                self.change(is_meant, (*outcome).into());
            } else if let Change::PassMoved { pass, direction: Direction::In, .. } = change {
                self.went_in(*pass);
            }
        }
    }

    pub(super) fn forget(&mut self, number: WalkInNumber) {
        self.list = self.list.iter().filter(|walk_in| walk_in.number != number).cloned().collect();
    }

    /// Nobody waits overnight.
    pub(super) fn turn_day(&mut self, today: CampusDay) {
        self.list = self.list.iter().filter(|walk_in| CampusDay::of(walk_in.since) >= today).cloned().collect();
    }

    /// An answer changes what was on its way, and nothing that is known better.
    fn settle(&mut self, number: WalkInNumber, standing: WalkInStanding) {
        let on_its_way = |walk_in: &WalkIn| walk_in.number == number && walk_in.standing == WalkInStanding::Sending;
        self.change(on_its_way, standing);
    }

    fn change(&mut self, which: impl Fn(&WalkIn) -> bool, standing: WalkInStanding) {
        let changed = |walk_in: &WalkIn| {
            let standing = if which(walk_in) { &standing } else { &walk_in.standing };
            WalkIn { standing: standing.clone(), ..walk_in.clone() }
        };
        self.list = self.list.iter().map(changed).collect();
    }

    fn add(&mut self, walk_in: WalkIn) {
        let mut list: Vec<_> = std::iter::once(walk_in).chain(self.list.iter().cloned()).collect();
        if list.len() > MOST {
            let oldest = list.iter().rposition(|walk_in| walk_in.standing.is_settled()).unwrap_or(MOST);
            list.remove(oldest);
        }
        self.list = list.into();
    }

    /// The moment it was asked, so that no restart gives a number out again; and no two at once.
    fn next_number(&mut self, now: Moment) -> WalkInNumber {
        let moment = u64::try_from(now.unix_ms()).unwrap_or_default();
        let number = WalkInNumber::new(self.last.map_or(moment, |last| moment.max(last.get() + 1)));
        self.last = Some(number);
        number
    }
}
