//! What of a feed still matters on a day: which of all that was told a gate would still remember.
//!
//! It forgets as terminals do: passes with their day, but for who is inside since yesterday; revocations when no pass can be shown
//! any more that they could be about. Told in an order in which each makes sense after those before it, and revocations first.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use shared::{
    entry::{Direction, EntryId},
    ids::PassId,
    sync::change::{Change, PassRecord, Places, REVOCATION_KEPT_DAYS, movements_kept},
    time::{CampusDay, Moment},
};

/// What was told so far, each thing as it was told last.
#[derive(Debug, Default)]
pub struct Gathered {
    places: Option<Places>,
    revoked: BTreeMap<PassId, Moment>,
    passes: BTreeMap<PassId, Arc<PassRecord>>,
    watched: BTreeSet<PassId>,
    moved: BTreeMap<EntryId, Moved>,
    /// Of visitors who wait at a gate: each is told once, and concerns nobody the day after.
    decided: Vec<Change>,
}

#[derive(Debug)]
struct Moved {
    pass: PassId,
    direction: Direction,
    at: Moment,
    told: Change,
}

impl Gathered {
    /// From a snapshot of an earlier day, whose visitors wait at no gate any more.
    pub fn next_day(&mut self) {
        self.decided.clear();
    }

    pub fn learn(&mut self, change: Change) {
        match change {
            Change::Places(places) => self.places = Some(places),
            Change::PassIssued(record) => {
                self.passes.insert(record.pass, record);
            }
            Change::PassRevoked { pass, at } => {
                self.revoked.insert(pass, at);
            }
            Change::PassWatched { pass, watched: true } => {
                self.watched.insert(pass);
            }
            Change::PassWatched { pass, watched: false } => {
                self.watched.remove(&pass);
            }
            Change::PassMoved { pass, direction, at, entry, .. } => {
                self.moved.insert(entry, Moved { pass, direction, at, told: change });
            }
            Change::WalkInDecided { .. } => self.decided.push(change),
        }
    }

    /// As a feed would tell it that began on `today`.
    #[must_use]
    pub fn told(mut self, today: CampusDay) -> Vec<Change> {
        let yesterday = today.minus_days(1);
        self.moved.retain(|_, moved| movements_kept(today).contains(&moved.at));
        let inside = self.inside();
        self.passes.retain(|pass, record| record.day >= today || (record.day == yesterday && inside.contains(pass)));
        let kept_from = today.minus_days(REVOCATION_KEPT_DAYS);
        let passes = &self.passes;
        self.revoked.retain(|pass, at| passes.contains_key(pass) || CampusDay::of(*at) >= kept_from);
        self.watched.retain(|pass| passes.contains_key(pass));
        let revoked = self.revoked.into_iter().map(|(pass, at)| Change::PassRevoked { pass, at });
        let watched = self.watched.into_iter().map(|pass| Change::PassWatched { pass, watched: true });
        (self.places.into_iter().map(Change::Places))
            .chain(revoked)
            .chain(self.passes.into_values().map(Change::PassIssued))
            .chain(watched)
            .chain(self.moved.into_values().map(|moved| moved.told))
            .chain(self.decided)
            .collect()
    }

    /// Whose last movement was inwards.
    fn inside(&self) -> BTreeSet<PassId> {
        let mut last: BTreeMap<PassId, (Moment, Direction)> = BTreeMap::new();
        for Moved { pass, direction, at, .. } in self.moved.values() {
            let of = last.entry(*pass).or_insert((*at, *direction));
            if *at >= of.0 {
                *of = (*at, *direction);
            }
        }
        let inside = last.into_iter().filter(|(_, (_, direction))| *direction == Direction::In);
        inside.map(|(pass, _)| pass).collect()
    }
}

#[cfg(test)]
mod tests {
    use shared::ids::{GateIndex, TerminalId};

    use super::*;

    fn today() -> CampusDay {
        CampusDay::parse("2026-11-23").unwrap()
    }

    fn pass(seed: u8) -> PassId {
        PassId::from_bytes([seed; 8])
    }

    fn issued(seed: u8, day: CampusDay) -> Change {
        let record = serde_json::json!({
            "pass": pass(seed), "day": day, "visit_from": day.start(), "visit_until": day.start(), "visitor": "张晓明",
            "phone_tail": "0001", "document": "resident_id", "last_four": "002X", "document_tag": format!("{seed:032x}"),
            "companions": [], "plates": [], "party": 1, "entries": 1, "gates": 65535, "host": "李文", "department": "院",
            "reason": "访"
        });
        Change::PassIssued(serde_json::from_value::<PassRecord>(record).unwrap().into())
    }

    fn moved(seed: u8, seq: u64, direction: Direction, at: Moment, party: u8) -> Change {
        let entry = EntryId { terminal: TerminalId::new(1), seq };
        let gate = GateIndex::new(0).unwrap();
        Change::PassMoved { pass: pass(seed), direction, at, gate, entry, party: Some(party) }
    }

    fn told(changes: Vec<Change>) -> Vec<Change> {
        let mut gathered = Gathered::default();
        changes.into_iter().for_each(|change| gathered.learn(change));
        gathered.told(today())
    }

    #[test]
    fn today_and_tomorrow_stay_and_of_yesterday_who_is_inside() {
        let yesterday = today().minus_days(1);
        let noon = yesterday.at_minute(12 * 60);
        let (stays, left) = (moved(2, 1, Direction::In, noon, 1), moved(3, 2, Direction::In, noon, 1));
        let leaves = moved(3, 3, Direction::Out, yesterday.at_minute(13 * 60), 1);
        let old = moved(1, 9, Direction::In, yesterday.minus_days(1).start(), 1);
        let never_over = moved(4, 10, Direction::In, Moment::from_unix_ms(i64::MAX), 255);
        let told = told(vec![
            issued(1, yesterday.minus_days(1)),
            old,
            never_over,
            issued(2, yesterday),
            issued(3, yesterday),
            issued(4, today()),
            issued(5, today().plus_days(1)),
            stays.clone(),
            left.clone(),
            leaves.clone(),
        ]);
        let expected = [issued(2, yesterday), issued(4, today()), issued(5, today().plus_days(1)), stays, left, leaves];
        assert_eq!(told, expected);
    }

    #[test]
    fn revocations_come_first_and_stay_as_long_as_a_pass_can_be_shown() {
        let revoked = |seed, days| Change::PassRevoked { pass: pass(seed), at: today().minus_days(days).start() };
        let [old, kept] = [REVOCATION_KEPT_DAYS + 1, REVOCATION_KEPT_DAYS];
        let told = told(vec![issued(4, today()), revoked(1, old), revoked(2, kept), revoked(4, old)]);
        assert_eq!(told, [revoked(2, kept), revoked(4, old), issued(4, today())]);
    }

    #[test]
    fn the_last_word_counts() {
        let watch = |watched| Change::PassWatched { pass: pass(4), watched };
        let at = today().at_minute(9 * 60);
        let corrected = moved(4, 1, Direction::In, at, 3);
        let first = vec![issued(4, today()), watch(true), moved(4, 1, Direction::In, at, 1), corrected.clone()];
        assert_eq!(told(first.clone()), [issued(4, today()), watch(true), corrected.clone()]);
        let cleared = first.into_iter().chain([watch(false)]).collect();
        assert_eq!(told(cleared), [issued(4, today()), corrected]);
    }
}
