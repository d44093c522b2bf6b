//! Visitors who have no code to show: what a guard types, scans or picks from the list, and the lists they look at.
//!
//! Whoever is chosen stands before the same desk as whoever showed a code, under the same policy; only the guard has to compare
//! the card. A text from a scanner is tried as what it proves to be: a pass, a short code, a document number; else it is a
//! stranger's code. Lists are made anew when something in them has changed, not when they are drawn.

use std::sync::Arc;

use shared::{
    ids::PassId,
    pass::{PassFault, PassText, SealedPass, ShortCode},
    sync::change::PassRecord,
    time::{CampusDay, Moment},
};

use super::{
    Gate,
    card::{self, Card, CardAnswer, CardQuestion},
    effect::Effect,
    find::{Found, FoundBy, Hit},
    inside::{self, Inside},
    local_state::LocalState,
    verdict::verdict_by_hand,
    view::{Panel, Subject},
};

/// Nobody types more; a scanner that does means something else.
const LONGEST_QUERY: usize = 64;

#[derive(Debug, Default)]
pub(super) struct ByHand {
    looking: Option<Looking>,
    found: Option<Arc<Found>>,
    lists_inside: bool,
    inside: Option<Arc<[Inside]>>,
    /// What the lists were made of: the version of the news, and the minute.
    made_of: (u64, i64),
    card: Option<Card>,
    cards: u64,
}

#[derive(Debug)]
enum Looking {
    For(String),
    /// Several visits of one card's holder, which only the card can find again.
    AtVisitsOf(String, Vec<PassId>),
}

impl ByHand {
    pub(super) fn found(&self) -> Option<Arc<Found>> {
        self.found.clone()
    }

    pub(super) fn inside(&self) -> Option<Arc<[Inside]>> {
        self.inside.clone()
    }

    pub(super) fn look_for(&mut self, typed: String, local: &LocalState) {
        let nothing = typed.trim().is_empty() || typed.chars().count() > LONGEST_QUERY;
        self.looking = (!nothing).then_some(Looking::For(typed));
        self.look(local);
    }

    fn look_at_visits(&mut self, of: String, passes: Vec<PassId>, local: &LocalState) {
        self.looking = Some(Looking::AtVisitsOf(of, passes));
        self.look(local);
    }

    pub(super) const fn list_inside(&mut self, wanted: bool) {
        self.lists_inside = wanted;
        // Any other than this moment's.
        self.made_of.1 = i64::MIN;
    }

    pub(super) fn refresh(&mut self, local: &LocalState, now: Moment) {
        let made_of = (local.version(), now.unix_s().div_euclid(60));
        if self.made_of == made_of {
            return;
        }
        if self.made_of.0 != made_of.0 {
            self.look(local);
        }
        self.inside = self.lists_inside.then(|| inside::list(local, now));
        self.made_of = made_of;
    }

    fn look(&mut self, local: &LocalState) {
        self.found = self.looking.as_ref().map(|looking| {
            let (query, hits, all) = match looking {
                Looking::For(typed) => {
                    let (hits, all) = local.index().find(typed);
                    (typed, hits, all)
                }
                Looking::AtVisitsOf(card, passes) => {
                    let held = passes.iter().filter_map(|pass| local.record(*pass));
                    let hits: Vec<_> = held.map(|record| (Arc::clone(record), FoundBy::Card)).collect();
                    let all = hits.len();
                    (card, hits, all)
                }
            };
            let more = all - hits.len();
            let hits = hits.into_iter().map(|(record, by)| hit(record, by, local)).collect();
            Arc::new(Found { query: query.clone(), hits, more })
        });
    }
}

fn hit(record: Arc<PassRecord>, by: FoundBy, local: &LocalState) -> Hit {
    let visits = local.visits();
    let inside = visits.stay(record.pass).is_some();
    let used = !inside && visits.times_in(record.pass) >= usize::from(record.entries.get());
    Hit { by, inside, spent: used || local.is_revoked(record.pass), record }
}

impl Gate {
    /// The guard knows who stands there.
    pub(super) fn choose(&mut self, pass: PassId) -> Vec<Effect> {
        if self.desk.is_busy() || self.is_shown_by_hand(pass) {
            return Vec::new();
        }
        let Some(record) = self.local.record(pass).map(Arc::clone) else { return Vec::new() };
        let subject = Subject { claims: None, record: Some(Arc::clone(&record)), foreign_code: None };
        self.meet(pass, subject, |local, direction, now| verdict_by_hand(&record, local, direction, now))
    }

    /// A key that was pressed twice.
    fn is_shown_by_hand(&self, pass: PassId) -> bool {
        match self.desk.panel() {
            Panel::Shown(shown) => shown.subject.is_by_hand() && shown.subject.pass() == Some(pass),
            Panel::Waiting | Panel::Checking => false,
        }
    }

    pub(super) fn scanned(&mut self, text: &str) -> Vec<Effect> {
        let text = text.trim();
        // A keyboard may have its capitals locked either way; a pass has only the one.
        let upper = text.to_ascii_uppercase();
        if PassText::parse(&upper).and_then(|text| SealedPass::from_text(&text)).is_ok() {
            return self.codes(vec![upper]);
        }
        if let Some(code) = ShortCode::parse(text) {
            match self.local.index().with_short_code(code).as_slice() {
                [] => {}
                [only] => return self.choose(*only),
                [..] => {
                    self.by_hand.look_for(code.to_string(), &self.local);
                    return Vec::new();
                }
            }
        }
        let today = CampusDay::of(self.now.best.at);
        let documents = card::documents(text, today);
        match documents.first() {
            Some(document) if !self.desk.is_busy() => {
                let (mark, last_four) = (self.foreign_codes.mark(document.number()), document.last_four());
                if self.by_hand.card.as_ref().is_some_and(|card| card.is_looked_up(&mark, &self.now)) {
                    return Vec::new();
                }
                self.by_hand.cards += 1;
                let number = self.by_hand.cards;
                let asked_boot_ms = self.now.since_boot_ms;
                self.by_hand.card = Some(Card { number, mark, last_four, asked_boot_ms });
                let days = [today, today.plus_days(1)];
                let campus = self.local.post().campus;
                vec![Effect::LookUpCard(Box::new(CardQuestion { number, documents, campus, days }))]
            }
            Some(_) => Vec::new(),
            None if text.is_empty() => Vec::new(),
            None => self.codes(vec![text.to_owned()]),
        }
    }

    pub(super) fn card_hashed(&mut self, answer: &CardAnswer) -> Vec<Effect> {
        let Some(card) = self.by_hand.card.take_if(|card| card.number == answer.number) else { return Vec::new() };
        let visits: Vec<_> =
            self.local.index().with_document(&answer.tags).into_iter().map(|record| record.pass).collect();
        match visits.as_slice() {
            [] if self.desk.is_busy() => Vec::new(),
            [] => self.stranger(card.mark, PassFault::NotOurs),
            [only] => self.choose(*only),
            [..] => {
                self.by_hand.look_at_visits(format!("**{}", card.last_four), visits, &self.local);
                Vec::new()
            }
        }
    }
}

#[cfg(test)]
mod tests;
