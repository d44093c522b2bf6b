//! Which way somebody goes who stands here.
//!
//! At most gates that is how the gate faces. At one of both ways the pass tells: whoever is inside leaves, whoever is not comes
//! in. It tells wrongly in three moments, and there nobody is moved on a guess: just after somebody went through, seen again
//! because they turned round or held the code up twice; when no entry is left, so that they may be on their way out unseen; and
//! when part of a party has left, so that the rest may be leaving or the others coming back.
//!
//! How many they are, unless the guard counts otherwise: whoever leaves takes along all who are inside with the pass, and whoever
//! comes brings those of the party who are not.

use chrono::TimeDelta;
use shared::{
    entry::{Direction, Way},
    ids::PassId,
    verdict::Verdict,
};

use super::{
    Gate, desk::Case, effect::Effect, local_state::LocalState, timekeeper::BestTime, verdict::at_both_ways,
    view::Subject, visits::Movement,
};

/// So soon after they went through, whoever is seen again is still going the same way.
const STILL_GOING: TimeDelta = TimeDelta::minutes(1);

impl Gate {
    /// A pass stands here, by its code or by the guard's choice.
    pub(super) fn meet(
        &mut self,
        pass: PassId,
        subject: Subject,
        say: impl FnOnce(&LocalState, Direction, BestTime) -> Verdict,
    ) -> Vec<Effect> {
        if let Some(left) = self.just_left(pass) {
            let seq = (left.entry.terminal == self.local.post().terminal).then_some(left.entry.seq);
            let case = Case::new(Verdict::Admit, subject, left.direction).of(left.party);
            return self.desk.show_again(case, seq, self.now);
        }
        let direction = self.direction_of(Some(pass));
        let verdict = say(&self.local, direction, self.now.best);
        let (verdict, direction) = match self.way {
            Way::Both => at_both_ways(verdict, direction, self.local.visits().left_behind(pass)),
            Way::In | Way::Out => (verdict, direction),
        };
        let party = self.party(pass, subject.party(), direction);
        self.desk.receive(Case::new(verdict, subject, direction).of(party), self.now)
    }

    fn party(&self, pass: PassId, booked: u8, direction: Direction) -> u8 {
        let inside = self.local.visits().stay(pass).map_or(0, |stay| stay.party);
        match direction {
            Direction::Out if inside > 0 => inside,
            Direction::In if inside < booked => booked - inside,
            Direction::In | Direction::Out => booked,
        }
    }

    pub(super) fn direction_of(&self, pass: Option<PassId>) -> Direction {
        match self.way {
            Way::In => Direction::In,
            Way::Out => Direction::Out,
            Way::Both => {
                let visits = self.local.visits();
                let inside = pass.is_some_and(|pass| visits.stay(pass).is_some());
                let last = pass.and_then(|pass| visits.last(pass));
                let coming = last.is_some_and(|last| last.direction == Direction::In && self.is_fresh(last));
                if inside && !coming { Direction::Out } else { Direction::In }
            }
        }
    }

    /// Only here: seen at another gate a moment later, it is a copy.
    fn just_left(&self, pass: PassId) -> Option<Movement> {
        let last = self.local.visits().last(pass).filter(|_| self.way == Way::Both)?;
        let here = last.gate == self.local.post().gate;
        (here && last.direction == Direction::Out && self.is_fresh(last)).then_some(*last)
    }

    /// A clock that was ahead must not make it fresh for hours.
    fn is_fresh(&self, movement: &Movement) -> bool {
        self.now.best.at.since(movement.at).abs() < STILL_GOING
    }
}

#[cfg(test)]
mod tests {
    use shared::{
        entry::{GuardReason, Outcome},
        pass::EntriesAllowed,
        sync::change::{Change, PassRecord},
        verdict::{AskReason, RefuseReason},
    };

    use super::{
        super::{
            Event, GuardAct, Signal,
            small_campus::{Office, Terminal, claims, pass_id, record, shown, signals, written},
        },
        *,
    };

    /// A gate of both ways that knows pass 1, which is good for so many entries, and its code.
    fn gate(entries: u8) -> (Terminal, String) {
        let entries = EntriesAllowed::new(entries).unwrap();
        let mut office = Office::open();
        office.say(&Change::PassIssued(PassRecord { entries, ..record(1) }.into()));
        let code = office.seal(&shared::pass::Claims { entries, ..claims(1) });
        let mut terminal = Terminal::at(office);
        terminal.tell(Event::Guard(GuardAct::Face(Way::Both)));
        (terminal, code)
    }

    /// In at eight, out an hour later.
    fn came_and_left(entries: u8) -> (Terminal, String) {
        let (mut terminal, code) = gate(entries);
        terminal.tell(Event::code(&code));
        terminal.wait_ms(3_600_000);
        terminal.news_arrives();
        let left = written(&terminal.tell(Event::code(&code))).remove(0);
        assert_eq!((left.direction, left.outcome), (Direction::Out, Outcome::Passed));
        (terminal, code)
    }

    #[test]
    fn whoever_has_just_left_and_is_seen_again_has_left() {
        for entries in [1, 2] {
            for by_hand in [false, true] {
                let (mut terminal, code) = came_and_left(entries);
                terminal.wait_ms(2_000);
                let again = if by_hand { Event::Guard(GuardAct::Choose(pass_id(1))) } else { Event::code(&code) };
                let effects = terminal.tell(again);
                assert_eq!((written(&effects), signals(&effects)), (vec![], vec![Signal::Admit]), "{entries} entries");
                let shown = shown(&terminal);
                assert_eq!((shown.direction, shown.outcome, shown.count), (Direction::Out, Some(Outcome::Passed), 3));
                let visits = terminal.gate.local().visits();
                assert_eq!((visits.times_in(pass_id(1)), terminal.gate.view().inside_now), (1, 0));
            }
        }
    }

    #[test]
    fn how_many_left_can_still_be_corrected_when_they_are_seen_again() {
        let (mut terminal, code) = came_and_left(1);
        let left = terminal.recorded;
        terminal.wait_ms(10_000);
        terminal.tell(Event::code(&code));
        let case = shown(&terminal).case;
        let corrected = written(&terminal.tell(Event::Guard(GuardAct::Count { case, party: 2 }))).remove(0);
        assert_eq!((corrected.outcome, corrected.party), (Outcome::Corrected { entry: left }, 2));
    }

    #[test]
    fn a_minute_later_an_entry_that_is_left_brings_them_in_again() {
        let (mut terminal, code) = came_and_left(2);
        terminal.wait_ms(60_000);
        let again = written(&terminal.tell(Event::code(&code))).remove(0);
        assert_eq!((again.direction, again.outcome), (Direction::In, Outcome::Passed));
    }

    #[test]
    fn without_an_entry_left_the_guard_is_asked_whether_they_leave() {
        let (mut terminal, code) = came_and_left(1);
        terminal.wait_ms(60_000);
        let effects = terminal.tell(Event::code(&code));
        assert_eq!((written(&effects), signals(&effects)), (vec![], vec![Signal::Ask]), "leaving is never refused");
        let asked = shown(&terminal);
        let because_used =
            matches!(asked.verdict, Verdict::Ask(AskReason::LeavingWith { instead: RefuseReason::Used { .. } }));
        assert!(because_used && asked.direction == Direction::Out, "{asked:?}");
        let reason = GuardReason::CardChecked;
        let entry = written(&terminal.tell(Event::Guard(GuardAct::LetIn { case: asked.case, reason }))).remove(0);
        assert_eq!((entry.direction, terminal.gate.view().inside_now), (Direction::Out, 0));
    }

    #[test]
    fn when_part_of_a_party_has_left_the_guard_is_asked_whether_the_rest_leaves() {
        for entries in [1, 2] {
            let (mut terminal, code) = came_and_left(entries);
            let case = shown(&terminal).case;
            terminal.tell(Event::Guard(GuardAct::Count { case, party: 1 }));
            assert_eq!(terminal.gate.view().inside_now, 2);
            terminal.wait_ms(60_000);
            assert_eq!(signals(&terminal.tell(Event::code(&code))), [Signal::Ask], "{entries} entries");
            let asked = shown(&terminal);
            let leaves =
                matches!(asked.verdict, Verdict::Ask(AskReason::LeavingWith { instead: RefuseReason::Inside { .. } }));
            assert!(leaves && (asked.direction, asked.count) == (Direction::Out, 2), "{asked:?}");
            let reason = GuardReason::CardChecked;
            terminal.tell(Event::Guard(GuardAct::LetIn { case: asked.case, reason }));
            assert_eq!(terminal.gate.view().inside_now, 0);
        }
    }

    #[test]
    fn whoever_comes_back_to_the_rest_of_a_party_is_counted_with_it_if_an_entry_is_left() {
        for (entries, comes, inside) in [(1, false, 2), (2, true, 3)] {
            let (mut terminal, code) = came_and_left(entries);
            let case = shown(&terminal).case;
            terminal.tell(Event::Guard(GuardAct::Count { case, party: 1 }));
            terminal.tell(Event::Guard(GuardAct::Face(Way::In)));
            terminal.wait_ms(60_000);
            let entry = written(&terminal.tell(Event::code(&code))).remove(0);
            assert_eq!((entry.outcome == Outcome::Passed, entry.party), (comes, u8::from(comes)));
            assert_eq!(terminal.gate.view().inside_now, inside);
        }
    }

    #[test]
    fn where_it_is_not_known_who_is_inside_as_many_are_counted_as_were_booked() {
        let (mut terminal, code) = gate(2);
        terminal.tell(Event::Guard(GuardAct::Face(Way::Out)));
        terminal.tell(Event::code(&code));
        assert_eq!((shown(&terminal).direction, shown(&terminal).count), (Direction::Out, 3), "nobody saw them come");
        let (mut terminal, code) = gate(2);
        terminal.tell(Event::Guard(GuardAct::Face(Way::In)));
        for time in ["first", "second, and nobody saw them leave"] {
            terminal.tell(Event::code(&code));
            assert_eq!((shown(&terminal).direction, shown(&terminal).count), (Direction::In, 3), "{time}");
            terminal.wait_ms(60_000);
            terminal.news_arrives();
        }
    }

    #[test]
    fn whoever_was_stopped_after_the_light_is_not_taken_for_somebody_inside() {
        let (mut terminal, code) = gate(2);
        terminal.tell(Event::code(&code));
        assert_eq!(terminal.gate.view().inside_now, 3);
        let case = shown(&terminal).case;
        terminal.tell(Event::Guard(GuardAct::SendAway { case, reason: GuardReason::CardDiffers }));
        assert_eq!((terminal.gate.view().inside_now, terminal.gate.view().entered_today), (0, 0));
        terminal.wait_ms(120_000);
        let owner = written(&terminal.tell(Event::code(&code))).remove(0);
        assert_eq!((owner.direction, owner.outcome), (Direction::In, Outcome::Passed), "the rightful owner comes in");
        assert_eq!(terminal.gate.view().inside_now, 3);
    }
}
