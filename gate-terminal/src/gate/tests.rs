//! Stories of one gate: what is seen, recorded and shown, in which order.

use shared::{
    entry::{Direction, Entry, GuardReason, Outcome},
    sync::{Refusal, beacon::Freshness, change::Change},
    verdict::{AskReason, RefuseReason, Verdict},
};

use super::{
    Alarm, Effect, Event, GuardAct, Held, Link, Panel, Shown, Signal, SyncFailure,
    small_campus::{Office, Terminal, claims, day, morning, pass_id},
};

fn entries(effects: &[Effect]) -> Vec<Entry> {
    let entry = |effect: &Effect| if let Effect::Record(entry) = effect { Some((**entry).clone()) } else { None };
    effects.iter().filter_map(entry).collect()
}

fn signals(effects: &[Effect]) -> Vec<Signal> {
    let signal = |effect: &Effect| if let Effect::Shine(signal) = effect { Some(*signal) } else { None };
    effects.iter().filter_map(signal).collect()
}

fn alarms(effects: &[Effect]) -> Vec<Alarm> {
    let alarm = |effect: &Effect| if let Effect::Alarm(alarm) = effect { Some(alarm.clone()) } else { None };
    effects.iter().filter_map(alarm).collect()
}

fn shown(terminal: &Terminal) -> Shown {
    match terminal.gate.view().panel {
        Panel::Shown(shown) => *shown,
        other @ (Panel::Waiting | Panel::Checking) => panic!("nothing is shown: {other:?}"),
    }
}

fn let_in() -> Event {
    Event::Guard(GuardAct::LetIn { reason: GuardReason::CardChecked })
}

fn send_away() -> Event {
    Event::Guard(GuardAct::SendAway { reason: GuardReason::CardDiffers })
}

/// A gate that knows pass 1, and its code.
fn gate_with_a_pass() -> (Terminal, String) {
    let mut office = Office::open();
    let code = office.issue(1);
    (Terminal::at(office), code)
}

#[test]
fn nothing_shines_before_it_is_recorded() {
    let (mut terminal, code) = gate_with_a_pass();
    let effects = terminal.only(Event::code(&code));
    assert_eq!(entries(&effects).len(), 1);
    assert_eq!(signals(&effects), []);
    assert_eq!(terminal.gate.view().panel, Panel::Checking);
    let id = shared::entry::EntryId { terminal: super::small_campus::TERMINAL, seq: 1 };
    let effects = terminal.only(Event::Recorded(id));
    assert_eq!(signals(&effects), [Signal::Admit]);
    assert_eq!(shown(&terminal).outcome, Some(Outcome::Passed));
    assert_eq!(shown(&terminal).subject.name(), Some("张䶮明"));
    assert_eq!((terminal.gate.view().entered_today, terminal.gate.view().inside_now), (3, 3));
}

#[test]
fn nobody_is_admitted_off_the_record() {
    let (mut terminal, code) = gate_with_a_pass();
    terminal.store_works = false;
    let effects = terminal.tell(Event::code(&code));
    assert_eq!(signals(&effects), [Signal::Refuse]);
    assert_eq!(alarms(&effects), [Alarm::StoreFailing]);
    assert_eq!(shown(&terminal).verdict, Verdict::Refuse(RefuseReason::NotRecorded));
    assert_eq!(terminal.gate.view().inside_now, 0);
    let effects = terminal.tell(let_in());
    assert_eq!(signals(&effects), [Signal::Refuse], "nor by the guard");
    terminal.store_works = true;
    let effects = terminal.tell(let_in());
    assert_eq!(signals(&effects), [Signal::Admit], "until it can be written again");
    assert_eq!(terminal.gate.view().alarm, None);
}

#[test]
fn a_refusal_that_cannot_be_written_stays_what_it_was() {
    let (mut terminal, _) = gate_with_a_pass();
    terminal.store_works = false;
    terminal.tell(Event::code("HTTPS://EXAMPLE.EDU.CN"));
    assert_eq!(shown(&terminal).verdict, Verdict::Refuse(RefuseReason::NotOurs));
}

#[test]
fn a_code_held_up_for_long_is_one_entry() {
    let (mut terminal, code) = gate_with_a_pass();
    let mut all = Vec::new();
    for _ in 0..300 {
        all.extend(terminal.tell(Event::code(&code)));
        terminal.wait_ms(66);
    }
    assert_eq!(entries(&all).len(), 1);
    terminal.wait_ms(2_000);
    let second = entries(&terminal.tell(Event::code(&code)));
    assert!(matches!(second[0].said.verdict, Verdict::Refuse(RefuseReason::Inside { .. })), "{second:?}");
    assert_eq!((&second[0].outcome, second[0].party), (&Outcome::Refused, 0));
}

#[test]
fn of_two_codes_in_one_picture_the_pass_wins() {
    let (mut terminal, code) = gate_with_a_pass();
    let effects = terminal.tell(Event::Codes(vec!["HTTP://POSTER".into(), code.clone()]));
    assert_eq!(signals(&effects), [Signal::Admit]);
    terminal.wait_ms(500);
    let effects = terminal.tell(Event::Codes(vec!["STICKER ON THE PHONE".into(), code]));
    assert_eq!(entries(&effects), [], "also when the pass was seen first");
    terminal.wait_ms(500);
    assert_eq!(signals(&terminal.tell(Event::code("ALONE"))), [Signal::Refuse]);
}

#[test]
fn an_entry_holds_no_scanned_code() {
    let (mut terminal, _) = gate_with_a_pass();
    let entry = entries(&terminal.tell(Event::code("SOMETHING FOREIGN"))).remove(0);
    assert_eq!(entry.said.foreign_code.as_ref().unwrap().len(), 16);
    assert!(!serde_json::to_string(&entry).unwrap().contains("FOREIGN"));
}

#[test]
fn a_question_waits_for_the_guard_and_nobody_displaces_it() {
    let (mut terminal, known) = gate_with_a_pass();
    let unknown = terminal.office.seal(&claims(9));
    let effects = terminal.tell(Event::code(&unknown));
    assert_eq!((entries(&effects), signals(&effects)), (vec![], vec![Signal::Ask]));
    assert_eq!(shown(&terminal).verdict, Verdict::Ask(AskReason::UnknownToFreshNews));
    assert_eq!(entries(&terminal.tell(Event::Codes(vec![known.clone(), unknown.clone()]))), []);
    terminal.tell(Event::Guard(GuardAct::Dismiss));
    assert!(shown(&terminal).outcome.is_none(), "a question is answered, not dismissed");
    let effects = terminal.tell(let_in());
    assert_eq!(entries(&effects)[0].outcome, Outcome::LetIn { reason: GuardReason::CardChecked });
    assert_eq!(entries(&effects)[0].party, 3);
    assert_eq!(signals(&effects), [Signal::Admit]);
    let effects = terminal.tell(Event::Codes(vec![known, unknown]));
    assert_eq!(signals(&effects), [Signal::Admit], "the next in the queue is still there");
}

#[test]
fn a_question_nobody_answers_is_an_entry_too() {
    let (mut terminal, _) = gate_with_a_pass();
    let unknown = terminal.office.seal(&claims(9));
    terminal.tell(Event::code(&unknown));
    terminal.wait_ms(29_999);
    assert_eq!(entries(&terminal.tell(Event::NoCode)), []);
    terminal.wait_ms(1);
    let effects = terminal.tell(Event::NoCode);
    assert_eq!(entries(&effects)[0].outcome, Outcome::Unanswered);
    assert_eq!(signals(&effects), [Signal::Refuse]);
}

#[test]
fn panels_go_by_themselves() {
    for (code, ms) in [(None, 6_000), (Some("FOREIGN"), 10_000)] {
        let (mut terminal, pass) = gate_with_a_pass();
        terminal.tell(Event::code(code.unwrap_or(&pass)));
        terminal.wait_ms(ms - 1);
        terminal.tell(Event::Tick);
        shown(&terminal);
        terminal.wait_ms(1);
        terminal.tell(Event::Tick);
        assert_eq!(terminal.gate.view().panel, Panel::Waiting);
    }
}

#[test]
fn a_guard_may_override_a_refusal_and_says_why() {
    let (mut terminal, code) = gate_with_a_pass();
    terminal.office.say(&Change::PassRevoked { pass: pass_id(1), at: morning() });
    terminal.news_arrives();
    let refused = entries(&terminal.tell(Event::code(&code)));
    assert_eq!(refused[0].said.verdict, Verdict::Refuse(RefuseReason::Revoked));
    let reason = GuardReason::Other { text: "保卫处电话同意".into() };
    let effects = terminal.tell(Event::Guard(GuardAct::LetIn { reason: reason.clone() }));
    let entry = entries(&effects).remove(0);
    assert_eq!(
        (entry.said.verdict, entry.outcome),
        (Verdict::Refuse(RefuseReason::Revoked), Outcome::LetIn { reason })
    );
    assert_eq!(signals(&effects), [Signal::Admit]);
    assert_eq!(entries(&terminal.tell(let_in())), [], "once");
}

#[test]
fn a_guard_may_stop_somebody_who_was_admitted_and_the_pass_stays_used() {
    let (mut terminal, code) = gate_with_a_pass();
    terminal.tell(Event::code(&code));
    let effects = terminal.tell(send_away());
    assert_eq!(entries(&effects)[0].outcome, Outcome::SentAway { reason: GuardReason::CardDiffers });
    assert_eq!((entries(&effects)[0].party, signals(&effects)), (0, vec![Signal::Refuse]));
    terminal.wait_ms(20_000);
    terminal.tell(Event::code(&code));
    assert!(matches!(shown(&terminal).verdict, Verdict::Refuse(RefuseReason::Inside { .. })));
}

#[test]
fn somebody_leaves_and_may_not_come_again() {
    let (mut terminal, code) = gate_with_a_pass();
    terminal.tell(Event::code(&code));
    terminal.wait_ms(60_000);
    terminal.tell(Event::Guard(GuardAct::Direction(Direction::Out)));
    let left = entries(&terminal.tell(Event::code(&code))).remove(0);
    assert_eq!((left.direction, left.outcome, left.party), (Direction::Out, Outcome::Passed, 3));
    assert_eq!(terminal.gate.view().inside_now, 0);
    terminal.wait_ms(60_000);
    terminal.tell(Event::Guard(GuardAct::Direction(Direction::In)));
    terminal.tell(Event::code(&code));
    assert!(matches!(shown(&terminal).verdict, Verdict::Refuse(RefuseReason::Used { .. })));
}

#[test]
fn an_entry_at_another_gate_counts_here() {
    let (mut terminal, code) = gate_with_a_pass();
    let entry = shared::entry::EntryId { terminal: shared::ids::TerminalId::new(8), seq: 1 };
    let gate = super::small_campus::gate_index(1);
    let moved = Change::PassMoved { pass: pass_id(1), direction: Direction::In, at: morning(), gate, entry };
    terminal.office.say(&moved);
    terminal.news_arrives();
    terminal.tell(Event::code(&code));
    assert_eq!(shown(&terminal).verdict, Verdict::Refuse(RefuseReason::Inside { since: morning(), gate }));
}

#[test]
fn old_news_asks_and_a_wrong_wall_clock_asks() {
    for (wait_ms, set_ahead_ms, expected) in [
        (300_000, 0, None),
        (301_000, 0, Some(AskReason::NewsStale { since: morning() })),
        (0, 600_000, Some(AskReason::ClockUntrusted)),
    ] {
        let (mut terminal, code) = gate_with_a_pass();
        terminal.wait_ms(wait_ms);
        terminal.wall = terminal.wall.plus(chrono::TimeDelta::milliseconds(set_ahead_ms));
        terminal.tell(Event::code(&code));
        assert_eq!(shown(&terminal).verdict, expected.map_or(Verdict::Admit, Verdict::Ask));
    }
}

#[test]
fn news_is_applied_only_when_it_is_durable() {
    let mut office = Office::open();
    office.issue(1);
    let mut terminal = Terminal::stopped(office.clone(), Held::fresh(office.post(), morning()));
    terminal.store_works = false;
    let effects = terminal.tell(Event::Tick);
    assert_eq!(alarms(&effects), [Alarm::StoreFailing]);
    assert!(terminal.gate.local().record(pass_id(1)).is_none());
    let pulls = |effects: &[Effect]| effects.iter().filter(|effect| matches!(effect, Effect::Pull(_))).count();
    assert_eq!(pulls(&effects), 1, "a full disk is not asked again at once");
    terminal.store_works = true;
    terminal.wait_ms(5_000);
    assert_eq!(pulls(&terminal.tell(Event::Tick)), 2, "the catching up, then the held call");
    assert!(terminal.gate.local().record(pass_id(1)).is_some());
    assert_eq!((terminal.gate.view().freshness, terminal.gate.view().link), (Freshness::Fresh, Link::Up));
}

#[test]
fn a_long_feed_comes_in_batches_and_is_fresh_only_at_its_end() {
    let mut office = Office { batch: 3, ..Office::open() };
    for n in 0..8 {
        office.issue(n);
    }
    let mut terminal = Terminal::stopped(office.clone(), Held::fresh(office.post(), morning()));
    let waits: Vec<_> = terminal
        .tell(Event::Tick)
        .into_iter()
        .filter_map(|effect| if let Effect::Pull(request) = effect { Some(request.wait_s) } else { None })
        .collect();
    assert_eq!(waits, [0, 0, 0, 25]);
    assert_eq!(terminal.gate.local().cursor().seq, 8);
    assert_eq!(terminal.gate.view().freshness, Freshness::Fresh);
}

#[test]
fn a_day_that_is_over_is_forgotten_but_not_by_a_wrong_clock() {
    let (mut terminal, _) = gate_with_a_pass();
    terminal.wall = day().plus_days(3).start();
    let effects = terminal.tell(Event::Tick);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Forget { .. })));
    assert!(terminal.gate.local().record(pass_id(1)).is_some());
    terminal.wait_ms(16 * 3_600_000);
    let effects = terminal.tell(Event::Tick);
    let forgets = |e: &Effect| matches!(e, Effect::Forget { before } if *before == day().plus_days(1));
    assert!(effects.iter().any(forgets), "by the boot clock it is past midnight: {effects:?}");
    assert!(terminal.gate.local().record(pass_id(1)).is_none());
}

#[test]
fn after_a_restart_a_wrong_clock_forgets_nothing() {
    let mut office = Office::open();
    office.issue(1);
    let mut held = Held::fresh(office.post(), morning());
    held.news.proven = Some(morning());
    held.news.changes = vec![Change::PassIssued(Box::new(super::small_campus::record(1)))];
    let mut terminal = Terminal::stopped(office, held);
    terminal.line_is_up = false;
    terminal.wall = day().plus_days(3).start();
    let effects = terminal.tell(Event::Tick);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Forget { .. })), "{effects:?}");
    assert!(terminal.gate.local().record(pass_id(1)).is_some());
    terminal.wall = morning();
    let effects = terminal.news_arrives();
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Forget { before } if *before == day())));
    assert!(terminal.gate.local().record(pass_id(1)).is_some());
}

#[test]
fn the_server_says_no() {
    for (refusal, alarm) in [
        (Refusal::CursorAhead, Alarm::CursorAhead),
        (Refusal::Withdrawn, Alarm::Withdrawn),
        (Refusal::Unauthenticated, Alarm::Unauthenticated),
    ] {
        let (mut terminal, _) = gate_with_a_pass();
        terminal.line_is_up = false;
        let effects = terminal.tell(Event::PullFailed(SyncFailure::Refused(refusal.clone())));
        assert_eq!(alarms(&effects).first(), Some(&alarm));
        assert_eq!(terminal.gate.view().link, Link::Refused(refusal.clone()));
        let effects = terminal.tell(Event::PullFailed(SyncFailure::Refused(refusal)));
        assert_eq!(alarms(&effects), [], "told once");
        assert_eq!(terminal.gate.view().alarm, Some(alarm));
        assert!(terminal.gate.local().record(pass_id(1)).is_some(), "what is held is kept");
        terminal.news_arrives();
        assert_eq!((terminal.gate.view().alarm, terminal.gate.view().link), (None, Link::Up));
    }
}
