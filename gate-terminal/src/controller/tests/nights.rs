//! Nights and restarts over a real store: what is still known the next morning, and what a clock set back must not undo.

use chrono::TimeDelta;
use shared::verdict::AskReason;

use super::*;
use crate::gate::small_campus::claims;

impl Story {
    /// The program starts, and whatever the office has to say is heard.
    fn starts_and_hears(&self) -> Controller<Failing> {
        let mut terminal = self.terminal();
        terminal.turn(Event::Tick);
        self.answer_pull(&mut terminal);
        terminal
    }

    fn until(&self, then: Moment) {
        let ms = then.since(self.clock.read().wall).num_milliseconds();
        self.clock.advance_ms(u32::try_from(ms).unwrap());
    }
}

fn said(terminal: &mut Controller<Failing>, code: &str) -> Verdict {
    terminal.turn(Event::code(code));
    let gate::Panel::Shown(shown) = terminal.view().panel else { panic!("nothing is shown") };
    shown.verdict
}

/// Booked for the third day after, revoked at once; the office tells of it on the eve, without a record, as it was three days ago.
#[test]
fn a_pass_revoked_before_anybody_was_told_of_it_is_refused_on_its_day() {
    let mut story = Story::begin();
    story.clock = SetClock::at(day().minus_days(1).at_minute(480));
    let code = story.office.seal(&claims(1));
    story.office.say(&Change::PassRevoked { pass: pass_id(1), at: day().minus_days(3).at_minute(600) });
    let known = |terminal: &Controller<Failing>| terminal.gate.local().is_revoked(pass_id(1));
    let terminal = story.starts_and_hears();
    assert!(known(&terminal), "on the eve");
    drop(terminal);
    let mut terminal = story.terminal();
    assert!(known(&terminal), "after a restart before any news");
    story.until(day().start());
    terminal.turn(Event::Tick);
    story.answer_pull(&mut terminal);
    drop(terminal);
    let mut terminal = story.starts_and_hears();
    story.until(morning());
    terminal.turn(Event::Tick);
    assert_eq!(said(&mut terminal, &code), Verdict::Refuse(RefuseReason::Revoked));
    drop(terminal);

    let mut new = Story::begin();
    new.office = story.office.clone();
    let mut terminal = new.starts_and_hears();
    assert_eq!(said(&mut terminal, &code), Verdict::Refuse(RefuseReason::Revoked), "at a gate enrolled this morning");
    drop(terminal);
    assert_eq!(said(&mut new.terminal(), &code), Verdict::Refuse(RefuseReason::Revoked));
}

#[test]
fn a_clock_set_back_before_a_restart_makes_no_old_news_fresh() {
    for (set_back_s, trusted) in [(0, true), (535, false)] {
        let mut story = Story::begin();
        let code = story.office.issue(1);
        let mut terminal = story.starts_and_hears();
        for _ in 0..9 {
            story.clock.advance_ms(60_000);
            terminal.turn(Event::Tick);
        }
        drop(terminal);
        story.clock.set_wall(story.clock.read().wall.minus(TimeDelta::seconds(set_back_s)));
        let mut terminal = story.terminal();
        let verdict = said(&mut terminal, &code);
        let asked = if trusted { AskReason::NewsStale { since: morning() } } else { AskReason::ClockUntrusted };
        assert_eq!(verdict, Verdict::Ask(asked), "set back by {set_back_s} s");
        let view = terminal.view();
        assert_eq!((view.clock_trusted, view.freshness), (trusted, shared::sync::beacon::Freshness::Stale));
    }
}

#[test]
fn whoever_went_in_days_ago_is_not_counted_at_a_gate_that_starts_without_the_office() {
    let mut story = Story::begin();
    let code = story.office.issue(1);
    let mut terminal = story.starts_and_hears();
    assert_eq!(said(&mut terminal, &code), Verdict::Admit);
    assert_eq!(terminal.view().inside_now, 3);
    drop(terminal);
    story.until(day().plus_days(5).at_minute(480));
    let mut terminal = story.terminal();
    terminal.turn(Event::Guard(gate::GuardAct::ListInside(true)));
    let view = terminal.view();
    assert_eq!((view.inside_now, view.entered_today), (0, 0));
    assert_eq!(view.inside.map(|inside| inside.len()), Some(0));
}
