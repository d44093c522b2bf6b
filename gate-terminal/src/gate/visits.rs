//! Who went in and out, by pass: from own entries at once, from other gates through the feed.
//!
//! Own entries come back through the feed; a movement counts once, by its entry's id. Whoever goes out is taken off those who are
//! inside with the pass, and the others stay. Paper cases have no pass: they come and go by name and telephone.

use std::collections::HashMap;

use shared::{
    entry::{Direction, EntryId, PaperCase, is_stopped},
    identity::MaskedName,
    ids::{GateIndex, PassId, TerminalId},
    sync::change::movements_kept,
    time::{CampusDay, Moment},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    pub entry: EntryId,
    pub direction: Direction,
    pub at: Moment,
    pub gate: GateIndex,
    /// How many people; none when they were sent away after the light had been green.
    pub party: u8,
}

#[derive(Debug, Default)]
pub struct Visits {
    /// In the order of their moments, but for one terminal's in the order of their numbers: a clock can be wrong.
    by_pass: HashMap<PassId, Vec<Movement>>,
    /// Let in by a guard on a code that was no pass.
    without_pass: Vec<Movement>,
    /// Taken down by an officer.
    came_on_paper: Vec<Movement>,
    /// Paper cases that are inside.
    on_paper: Vec<(Box<PaperCase>, Movement)>,
    /// Went in yesterday and not out by its end.
    overnight: HashMap<PassId, Movement>,
    /// Of passes seen here, for when the list has lost the name.
    masked: HashMap<PassId, MaskedName>,
}

/// Somebody who is inside.
#[derive(Debug, Clone, Copy)]
pub struct StillInside<'a> {
    pub who: Who<'a>,
    pub movement: Movement,
}

#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    Pass { pass: PassId, masked: Option<&'a MaskedName> },
    Paper(&'a PaperCase),
}

impl Visits {
    pub fn moved(&mut self, pass: PassId, movement: Movement) {
        let movements = self.by_pass.entry(pass).or_default();
        if movements.iter().any(|known| known.entry == movement.entry) {
            return;
        }
        let place = place(movements, &movement);
        movements.insert(place, movement);
    }

    pub fn moved_without_pass(&mut self, movement: Movement) {
        self.without_pass.push(movement);
    }

    pub fn moved_on_paper(&mut self, paper: &PaperCase, movement: Movement) {
        self.came_on_paper.push(movement);
        match movement.direction {
            Direction::In => self.on_paper.push((Box::new(paper.clone()), movement)),
            Direction::Out => {
                let same =
                    |inside: &PaperCase| (&inside.visitor, &inside.phone_tail) == (&paper.visitor, &paper.phone_tail);
                self.on_paper.retain(|(inside, _)| !same(inside));
            }
        }
    }

    /// That movement was in truth of so many.
    pub fn correct(&mut self, pass: Option<PassId>, entry: EntryId, party: u8) {
        let of_pass = pass.and_then(|pass| self.by_pass.get_mut(&pass)).into_iter().flatten();
        let on_paper = self.on_paper.iter_mut().map(|(_, movement)| movement);
        let all = of_pass.chain(&mut self.without_pass).chain(&mut self.came_on_paper).chain(on_paper);
        all.filter(|movement| movement.entry == entry).for_each(|movement| movement.party = party);
    }

    /// Whoever went in last by that terminal just before was stopped, as `by` says, and did not go in after all. The pass stays
    /// used: it was in the wrong hands. A question that was answered by sending somebody away finds nobody who went in.
    pub fn sent_away(&mut self, pass: Option<PassId>, by: EntryId, at: Moment) {
        let movements = match pass {
            Some(pass) => self.by_pass.get_mut(&pass).map_or(&mut [][..], Vec::as_mut_slice),
            None => &mut self.without_pass,
        };
        let came = movements.iter_mut().rev().take_while(|movement| movement.direction == Direction::In);
        let own = |movement: &&mut Movement| movement.entry.terminal == by.terminal && movement.entry.seq < by.seq;
        let last = came.filter(own).take(1).filter(|movement| is_stopped(movement.at, at));
        last.for_each(|movement| movement.party = 0);
    }

    pub fn name(&mut self, pass: PassId, masked: &MaskedName) {
        self.masked.insert(pass, masked.clone());
    }

    #[must_use]
    pub fn knows(&self, pass: PassId, entry: EntryId) -> bool {
        self.by_pass.get(&pass).is_some_and(|movements| movements.iter().any(|known| known.entry == entry))
    }

    /// The last time anybody went in or out with this pass.
    #[must_use]
    pub fn last(&self, pass: PassId) -> Option<&Movement> {
        self.by_pass.get(&pass)?.last()
    }

    /// Who is inside with this pass: all who came in and have not gone out, told as the first of their movements.
    #[must_use]
    pub fn stay(&self, pass: PassId) -> Option<Movement> {
        stay(self.by_pass.get(&pass)?)
    }

    /// Who is inside still while others of the same pass have left.
    #[must_use]
    pub fn left_behind(&self, pass: PassId) -> Option<Movement> {
        self.last(pass).filter(|last| last.direction == Direction::Out).and_then(|_| self.stay(pass))
    }

    #[must_use]
    pub fn last_in(&self, pass: PassId) -> Option<&Movement> {
        self.by_pass.get(&pass)?.iter().rev().find(|movement| movement.direction == Direction::In)
    }

    #[must_use]
    pub fn times_in(&self, pass: PassId) -> usize {
        let movements = self.by_pass.get(&pass).map_or(&[][..], Vec::as_slice);
        movements.iter().filter(|movement| movement.direction == Direction::In).count()
    }

    /// People who went in on `day`.
    #[must_use]
    pub fn entered_on(&self, day: CampusDay) -> u32 {
        let (start, end) = (day.start(), day.end());
        let all = self.by_pass.values().flatten().chain(&self.without_pass).chain(&self.came_on_paper);
        all.filter(|m| m.direction == Direction::In && (start..end).contains(&m.at)).map(|m| u32::from(m.party)).sum()
    }

    /// People who went in with a pass or as a paper case and have not left; those of days before `today` are not counted, most of
    /// whom left without a word.
    #[must_use]
    pub fn inside(&self, today: CampusDay) -> u32 {
        let with_pass = self.by_pass.values().filter_map(stay);
        let all = with_pass.chain(self.on_paper.iter().map(|(_, movement)| *movement));
        all.filter(|m| CampusDay::of(m.at) >= today).map(|m| u32::from(m.party)).sum()
    }

    /// The same, one by one, and yesterday's too.
    pub fn still_inside(&self) -> impl Iterator<Item = StillInside<'_>> {
        let stays = self.by_pass.iter().filter_map(|(pass, movements)| {
            let since_yesterday = self.overnight.get(pass).into_iter().chain(movements);
            Some((*pass, stay(since_yesterday)?))
        });
        let unseen_today = self.overnight.iter().filter(|(pass, _)| !self.by_pass.contains_key(pass));
        let all = stays.chain(unseen_today.map(|(pass, movement)| (*pass, *movement)));
        let with_pass = all.map(|(pass, movement)| {
            let who = Who::Pass { pass, masked: self.masked.get(&pass) };
            StillInside { who, movement }
        });
        let on_paper = self.on_paper.iter();
        with_pass.chain(on_paper.map(|(paper, movement)| StillInside { who: Who::Paper(paper), movement: *movement }))
    }

    /// What another gate is said to have seen later than can be is let go as well. Whom `own` saw went in, whatever its clock said.
    pub fn forget(&mut self, before: CampusDay, own: TerminalId) {
        let too_late = movements_kept(before).end;
        let seen = |movement: &Movement| movement.entry.terminal == own || movement.at < too_late;
        self.by_pass.values_mut().for_each(|movements| movements.retain(seen));
        let stays = |movement: &Movement| CampusDay::of(movement.at) >= before;
        let yesterday = |movement: &Movement| CampusDay::of(movement.at) >= before.minus_days(1);
        self.overnight.retain(|_, movement| yesterday(movement));
        for (pass, movements) in self.by_pass.extract_if(|_, movements| !movements.iter().any(stays)) {
            // What is told late goes on from what was known, unless it tells that again.
            let known = self.overnight.remove(&pass);
            let known = known.filter(|known| !movements.iter().any(|movement| movement.entry == known.entry));
            let left_open = stay(known.iter().chain(&movements)).filter(yesterday);
            self.overnight.extend(left_open.map(|stay| (pass, stay)));
        }
        self.without_pass.retain(stays);
        self.came_on_paper.retain(stays);
        self.on_paper.retain(|(_, movement)| stays(movement));
        self.masked.retain(|pass, _| self.by_pass.contains_key(pass) || self.overnight.contains_key(pass));
    }

    /// Whether its record is still wanted when its day is over.
    #[must_use]
    pub fn stayed_overnight(&self, pass: PassId) -> bool {
        self.overnight.contains_key(&pass)
    }
}

fn stay<'a>(movements: impl IntoIterator<Item = &'a Movement>) -> Option<Movement> {
    let step = |stay: Option<Movement>, movement: &Movement| {
        let here = stay.map_or(0, |stay| stay.party);
        let party = movement.direction.counted(here, movement.party);
        Some(Movement { party, ..stay.unwrap_or(*movement) }).filter(|stay| stay.party > 0)
    };
    movements.into_iter().fold(None, step)
}

fn place(movements: &[Movement], new: &Movement) -> usize {
    let by_moment = movements.partition_point(|known| known.at <= new.at);
    let same = |known: &Movement| known.entry.terminal == new.entry.terminal;
    let after =
        movements.iter().rposition(|known| same(known) && known.entry.seq < new.entry.seq).map_or(0, |at| at + 1);
    let before = movements.iter().position(|known| same(known) && known.entry.seq > new.entry.seq);
    by_moment.max(after).min(before.unwrap_or(movements.len()))
}

#[cfg(test)]
mod tests {
    use shared::{entry::Remark, identity::PersonName};

    use super::*;

    const PASS: PassId = PassId::from_bytes([7; 8]);
    const OWN: TerminalId = TerminalId::new(1);

    fn today() -> CampusDay {
        CampusDay::parse("2026-11-23").unwrap()
    }

    fn movement(terminal: u32, seq: u64, direction: Direction, minute: u16) -> Movement {
        let at = today().at_minute(minute);
        let entry = EntryId { terminal: TerminalId::new(terminal), seq };
        Movement { entry, direction, at, gate: GateIndex::new(0).unwrap(), party: 2 }
    }

    #[test]
    fn an_own_entry_that_comes_back_through_the_feed_counts_once() {
        let mut visits = Visits::default();
        visits.moved(PASS, movement(1, 1, Direction::In, 480));
        visits.moved(PASS, movement(1, 1, Direction::In, 480));
        assert_eq!(visits.times_in(PASS), 1);
        visits.moved(PASS, movement(2, 1, Direction::In, 481));
        assert_eq!(visits.times_in(PASS), 2);
    }

    #[test]
    fn late_news_of_an_earlier_movement_does_not_become_the_last() {
        for number in [1, 9] {
            let mut visits = Visits::default();
            visits.moved(PASS, movement(1, 2, Direction::Out, 600));
            visits.moved(PASS, movement(2, number, Direction::In, 480));
            assert_eq!(visits.last(PASS).unwrap().direction, Direction::Out, "numbers of two gates say nothing");
            assert_eq!(visits.inside(today()), 0);
            assert_eq!(visits.entered_on(today()), 2);
        }
    }

    #[test]
    fn an_exit_counts_even_if_the_clock_was_ahead_at_the_entry() {
        let (entry, exit) = (movement(1, 1, Direction::In, 1_200), movement(1, 2, Direction::Out, 480));
        for told in [[entry, exit], [exit, entry]] {
            let mut visits = Visits::default();
            told.into_iter().for_each(|movement| visits.moved(PASS, movement));
            assert_eq!(visits.last(PASS).unwrap().direction, Direction::Out);
            assert_eq!(visits.inside(today()), 0);
        }
    }

    #[test]
    fn a_day_that_is_over_is_forgotten_but_for_who_never_left() {
        let day = |text| CampusDay::parse(text).unwrap();
        let mut visits = Visits::default();
        visits.moved(PASS, movement(1, 1, Direction::In, 480));
        visits.moved_without_pass(movement(1, 2, Direction::In, 481));
        visits.forget(day("2026-11-23"), OWN);
        assert_eq!((visits.inside(today()), visits.times_in(PASS)), (2, 1));
        assert_eq!(visits.entered_on(today()), 4, "who was let in without a pass came in, too");
        visits.forget(day("2026-11-24"), OWN);
        assert_eq!((visits.inside(today()), visits.times_in(PASS)), (0, 0));
        assert_eq!(visits.entered_on(day("2026-11-23")), 0);
        assert_eq!((visits.still_inside().count(), visits.stayed_overnight(PASS)), (1, true));
        let mut left = Visits::default();
        left.moved(PASS, movement(1, 1, Direction::In, 480));
        left.forget(day("2026-11-24"), OWN);
        left.moved(PASS, movement(1, 3, Direction::Out, 1_500));
        assert_eq!(left.still_inside().count(), 0, "the gate saw them leave this morning");
        visits.forget(day("2026-11-25"), OWN);
        assert_eq!(visits.still_inside().count(), 0, "a day later nobody looks for them any more");
    }

    #[test]
    fn what_another_gate_saw_at_a_time_to_come_is_forgotten_and_what_this_one_saw_by_a_wrong_clock_is_not() {
        for (terminal, days, stays) in [(1, 9_000, 1), (2, 1, 1), (2, 2, 0), (2, 9_000, 0)] {
            let at = today().plus_days(days).start();
            let mut visits = Visits::default();
            visits.moved(PASS, Movement { at, ..movement(terminal, 1, Direction::In, 0) });
            visits.forget(today(), OWN);
            let still = (visits.times_in(PASS), visits.still_inside().count());
            assert_eq!(still, (stays, stays), "{terminal}: {days}");
        }
    }

    #[test]
    fn what_is_told_late_of_a_day_that_is_over_goes_on_from_what_was_known_and_counts_nothing_twice() {
        let came = Movement { party: 3, ..movement(1, 1, Direction::In, 480) };
        let left = Movement { party: 1, ..movement(2, 1, Direction::Out, 600) };
        for (told, inside) in [(vec![left], 2), (vec![came], 3), (vec![came, left], 2)] {
            let mut visits = Visits::default();
            visits.moved(PASS, came);
            visits.forget(today().plus_days(1), OWN);
            told.iter().for_each(|late| visits.moved(PASS, *late));
            visits.forget(today().plus_days(1), OWN);
            let still = visits.still_inside().map(|still| still.movement.party);
            assert_eq!(still.collect::<Vec<_>>(), [inside], "{told:?}");
        }
    }

    #[test]
    fn who_is_inside_keeps_the_name_of_the_pass_and_who_is_forgotten_loses_it() {
        let name = MaskedName::parse("张*明").unwrap();
        let named = |visits: &Visits| {
            let of =
                |still: StillInside<'_>| matches!(still.who, Who::Pass { masked: Some(masked), .. } if *masked == name);
            visits.still_inside().map(of).collect::<Vec<_>>()
        };
        let mut visits = Visits::default();
        visits.name(PASS, &name);
        visits.moved(PASS, movement(1, 1, Direction::In, 480));
        assert_eq!(named(&visits), [true]);
        for (later, day) in [(0, "today"), (1, "tomorrow")] {
            visits.forget(today().plus_days(later), OWN);
            assert_eq!(named(&visits), [true], "{day}");
        }
        visits.forget(today().plus_days(2), OWN);
        visits.moved(PASS, movement(1, 2, Direction::In, 4_000));
        assert_eq!(named(&visits), [false]);
    }

    #[test]
    fn a_corrected_count_is_counted_everywhere_and_moves_nobody() {
        let mut visits = Visits::default();
        let went_in = movement(1, 1, Direction::In, 480);
        visits.moved(PASS, went_in);
        visits.correct(Some(PASS), went_in.entry, 5);
        assert_eq!((visits.inside(today()), visits.times_in(PASS)), (5, 1));
        assert_eq!(visits.entered_on(CampusDay::of(went_in.at)), 5);
        visits.correct(Some(PASS), movement(1, 9, Direction::In, 0).entry, 1);
        assert_eq!(visits.inside(today()), 5, "an entry nobody knows corrects nothing");
    }

    #[test]
    fn who_comes_in_after_others_on_one_pass_is_inside_beside_them_until_somebody_goes_out() {
        let mut visits = Visits::default();
        visits.moved(PASS, Movement { party: 3, ..movement(1, 1, Direction::In, 480) });
        visits.moved(PASS, Movement { party: 1, ..movement(1, 2, Direction::In, 490) });
        assert_eq!((visits.inside(today()), visits.times_in(PASS)), (4, 2));
        let stay = visits.still_inside().next().unwrap().movement;
        assert_eq!((stay.party, stay.at), (4, movement(1, 1, Direction::In, 480).at));
        visits.moved(PASS, Movement { party: 4, ..movement(1, 3, Direction::Out, 500) });
        assert_eq!((visits.inside(today()), visits.still_inside().count()), (0, 0));
        visits.moved(PASS, movement(1, 4, Direction::In, 510));
        assert_eq!(visits.inside(today()), 2);
    }

    #[test]
    fn whoever_stays_when_part_of_a_party_leaves_is_inside_still_tomorrow_too() {
        let mut visits = Visits::default();
        let inside = |visits: &Visits| visits.still_inside().map(|still| still.movement.party).collect::<Vec<_>>();
        visits.moved(PASS, Movement { party: 3, ..movement(1, 1, Direction::In, 480) });
        assert_eq!(visits.left_behind(PASS), None);
        let left = movement(1, 2, Direction::Out, 500);
        visits.moved(PASS, Movement { party: 3, ..left });
        assert_eq!((visits.inside(today()), visits.left_behind(PASS)), (0, None));
        visits.correct(Some(PASS), left.entry, 1);
        assert_eq!((visits.inside(today()), inside(&visits)), (2, vec![2]), "as the guard counted");
        assert_eq!(visits.left_behind(PASS).unwrap().at, movement(1, 1, Direction::In, 480).at);
        visits.forget(today().plus_days(1), OWN);
        visits.moved(PASS, Movement { party: 1, ..movement(1, 3, Direction::Out, 1_500) });
        assert_eq!((inside(&visits), visits.inside(today().plus_days(1))), (vec![1], 0));
        visits.moved(PASS, Movement { party: 1, ..movement(1, 4, Direction::Out, 1_510) });
        assert_eq!(inside(&visits), [0; 0]);
    }

    #[test]
    fn whoever_is_sent_away_after_the_light_is_not_inside_and_the_pass_is_used() {
        let of = |seq| movement(1, seq, Direction::In, 480).entry;
        let at = |minute| movement(1, 1, Direction::In, minute).at;
        let mut visits = Visits::default();
        visits.moved(PASS, movement(1, 1, Direction::In, 480));
        visits.moved(PASS, Movement { party: 1, ..movement(1, 2, Direction::In, 490) });
        visits.sent_away(Some(PASS), of(3), at(490));
        assert_eq!(
            (visits.inside(today()), visits.entered_on(today())),
            (2, 2),
            "the two who came before are inside still"
        );
        visits.moved(PASS, movement(1, 4, Direction::Out, 500));
        visits.sent_away(Some(PASS), of(5), at(500));
        assert_eq!(visits.entered_on(today()), 2, "sent away at a question, they had not gone in");
        visits.moved(PASS, movement(1, 6, Direction::In, 510));
        visits.sent_away(Some(PASS), of(7), at(511));
        assert_eq!(
            (visits.inside(today()), visits.times_in(PASS)),
            (2, 3),
            "a minute later it was another, with a copy"
        );
        visits.sent_away(Some(PASS), of(7), at(510));
        assert_eq!((visits.inside(today()), visits.stay(PASS), visits.times_in(PASS)), (0, None, 3));
        visits.moved_without_pass(movement(1, 8, Direction::In, 520));
        visits.sent_away(None, of(9), at(520));
        assert_eq!(visits.entered_on(today()), 2);
        let mut elsewhere = Visits::default();
        elsewhere.moved(PASS, movement(2, 1, Direction::In, 480));
        elsewhere.sent_away(Some(PASS), of(9), at(480));
        assert_eq!(elsewhere.inside(today()), 2, "who came in by another gate was not stopped here");
    }

    #[test]
    fn a_paper_case_is_inside_until_it_leaves_on_paper() {
        let paper = |name: &str| PaperCase {
            visitor: PersonName::parse(name).unwrap(),
            phone_tail: "0102".into(),
            host: Remark::parse("后勤").unwrap(),
            reason: Remark::parse("抢修").unwrap(),
            plates: Vec::new(),
        };
        let mut visits = Visits::default();
        visits.moved_on_paper(&paper("李四"), movement(1, 1, Direction::In, 480));
        visits.moved_on_paper(&paper("王五"), movement(1, 2, Direction::In, 490));
        visits.correct(None, movement(1, 2, Direction::In, 490).entry, 3);
        assert_eq!((visits.inside(today()), visits.entered_on(today())), (5, 5));
        visits.moved_on_paper(&paper("李四"), movement(1, 3, Direction::Out, 500));
        assert_eq!((visits.inside(today()), visits.still_inside().count()), (3, 1));
    }
}
