//! Stories of one gate: what is seen, recorded and shown, in which order.

mod guard;

use shared::{
    entry::{Direction, EntryId, GuardReason, Outcome, Remark, Way},
    ids::TerminalId,
    pass::{Claims, PartySize},
    sync::{
        Refusal,
        beacon::Freshness,
        change::{Change, PassRecord},
    },
    verdict::{AskReason, RefuseReason, Verdict},
};

use super::{
    Alarm, CaseNumber, Effect, Event, ForeignCodeSecret, Gate, GuardAct, Held, Link, Panel, Signal, SyncFailure,
    small_campus::{Office, Terminal, claims, day, gate_index, morning, pass_id, record, shown, signals, written},
};

fn alarms(effects: &[Effect]) -> Vec<Alarm> {
    let alarm = |effect: &Effect| if let Effect::Alarm(alarm) = effect { Some(alarm.clone()) } else { None };
    effects.iter().filter_map(alarm).collect()
}

fn let_in(case: CaseNumber) -> Event {
    Event::Guard(GuardAct::LetIn { case, reason: GuardReason::CardChecked })
}

fn send_away(case: CaseNumber) -> Event {
    Event::Guard(GuardAct::SendAway { case, reason: GuardReason::CardDiffers })
}

fn dismiss(case: CaseNumber) -> Event {
    Event::Guard(GuardAct::Dismiss { case })
}

fn hold(case: CaseNumber) -> Event {
    Event::Guard(GuardAct::Hold { case })
}

fn let_go(case: CaseNumber) -> Event {
    Event::Guard(GuardAct::LetGo { case })
}

/// The case on the screen.
fn case(terminal: &Terminal) -> CaseNumber {
    shown(terminal).case
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
    assert_eq!(written(&effects).len(), 1);
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
fn a_pass_that_is_told_again_is_what_was_told_last() {
    let (mut terminal, old_code) = gate_with_a_pass();
    let alone = PartySize::new(1).unwrap();
    let changed = PassRecord { companions: Vec::new(), plates: vec!["陕A54321".into()], party: alone, ..record(1) };
    terminal.office.say(&Change::PassIssued(changed.clone().into()));
    terminal.news_arrives();
    for (plate, found) in [("54321", 1), ("12345", 0)] {
        terminal.tell(Event::Guard(GuardAct::Find(plate.into())));
        assert_eq!(terminal.gate.view().found.unwrap().hits.len(), found, "{plate}");
    }
    let entries = written(&terminal.tell(Event::code(&old_code)));
    assert_eq!((entries.len(), entries[0].party), (1, 1), "a picture of the code that was saved before says three");
    assert_eq!(shown(&terminal).subject.record.as_deref(), Some(&changed));
}

#[test]
fn a_code_made_anew_counts_before_the_gate_has_heard_of_it() {
    let mut office = Office::open();
    office.issue(1);
    let code = office.seal(&Claims { party: PartySize::new(2).unwrap(), ..claims(1) });
    let mut terminal = Terminal::at(office);
    assert_eq!(written(&terminal.tell(Event::code(&code)))[0].party, 2);
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
    let effects = terminal.tell(let_in(case(&terminal)));
    assert_eq!(signals(&effects), [Signal::Refuse], "nor by the guard");
    terminal.store_works = true;
    let effects = terminal.tell(let_in(case(&terminal)));
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
    assert_eq!(written(&all).len(), 1);
    terminal.wait_ms(2_000);
    let second = written(&terminal.tell(Event::code(&code)));
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
    assert_eq!(written(&effects), [], "also when the pass was seen first");
    terminal.wait_ms(500);
    assert_eq!(signals(&terminal.tell(Event::code("ALONE"))), [Signal::Refuse]);
}

#[test]
fn an_entry_holds_no_scanned_code() {
    let (mut terminal, _) = gate_with_a_pass();
    let entry = written(&terminal.tell(Event::code("SOMETHING FOREIGN"))).remove(0);
    assert_eq!(entry.said.foreign_code.as_ref().unwrap().len(), 16);
    assert!(!serde_json::to_string(&entry).unwrap().contains("FOREIGN"));
}

#[test]
fn somebody_leaves_and_may_not_come_again() {
    let (mut terminal, code) = gate_with_a_pass();
    terminal.tell(Event::code(&code));
    terminal.wait_ms(60_000);
    terminal.tell(Event::Guard(GuardAct::Face(Way::Out)));
    let left = written(&terminal.tell(Event::code(&code))).remove(0);
    assert_eq!((left.direction, left.outcome, left.party), (Direction::Out, Outcome::Passed, 3));
    assert_eq!(terminal.gate.view().inside_now, 0);
    terminal.wait_ms(60_000);
    terminal.tell(Event::Guard(GuardAct::Face(Way::In)));
    terminal.tell(Event::code(&code));
    assert!(matches!(shown(&terminal).verdict, Verdict::Refuse(RefuseReason::Used { .. })));
}

#[test]
fn an_entry_at_another_gate_counts_here() {
    let (mut terminal, code) = gate_with_a_pass();
    let entry = shared::entry::EntryId { terminal: shared::ids::TerminalId::new(8), seq: 1 };
    let gate = super::small_campus::gate_index(1);
    let (pass, direction, party) = (pass_id(1), Direction::In, None);
    let moved = Change::PassMoved { pass, direction, at: morning(), gate, entry, party };
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

/// Days without a line, told in three answers: the first is believed, and with it the day turns; the rest comes after.
#[test]
fn what_is_told_late_of_a_day_that_is_over_is_forgotten_too() {
    let mut office = Office { batch: 2, ..Office::open() };
    for (n, days_ago) in [(1, 0), (2, 0), (3, 2), (4, 1)] {
        office.say(&Change::PassIssued(PassRecord { day: day().minus_days(days_ago), ..record(n) }.into()));
    }
    let moved = |seq, direction| Change::PassMoved {
        pass: pass_id(4),
        direction,
        at: day().minus_days(1).at_minute(15 * 60),
        gate: gate_index(1),
        entry: EntryId { terminal: TerminalId::new(9), seq },
        party: None,
    };
    office.say(&moved(1, Direction::In));
    let mut terminal = Terminal::at(office);
    let held = |terminal: &Terminal| [1, 2, 3, 4].map(|n| terminal.gate.local().record(pass_id(n)).is_some());
    assert_eq!(held(&terminal), [true, true, false, true], "who went in yesterday may be inside");
    terminal.office.issue(5);
    let effects = terminal.news_arrives();
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Forget { .. })), "once is enough: {effects:?}");
    terminal.office.say(&Change::PassIssued(PassRecord { day: day().minus_days(1), ..record(6) }.into()));
    terminal.office.say(&moved(2, Direction::Out));
    terminal.news_arrives();
    assert_eq!(held(&terminal), [true, true, false, false], "and who is told late to have left is not");
    assert_eq!(terminal.gate.local().visits().still_inside().count(), 0);
}

#[test]
fn what_another_gate_says_of_a_time_to_come_or_long_ago_is_forgotten_when_it_is_told() {
    let (mut terminal, _) = gate_with_a_pass();
    let [long_ago, yesterday] = [2, 1].map(|days| day().minus_days(days).start());
    let [tomorrow, later] = [1, 2].map(|days| day().plus_days(days).start());
    for (n, (at, stays)) in (1..).zip([(yesterday, true), (tomorrow, true), (later, false), (long_ago, false)]) {
        let (entry, pass) = (EntryId { terminal: TerminalId::new(9), seq: u64::from(n) }, pass_id(100 + n));
        let (direction, gate, party) = (Direction::In, gate_index(1), Some(99));
        terminal.office.say(&Change::PassMoved { pass, direction, at, gate, entry, party });
        let effects = terminal.news_arrives();
        let forgets = effects.iter().any(|effect| matches!(effect, Effect::Forget { .. }));
        assert_eq!((forgets, terminal.gate.local().visits().knows(pass, entry)), (!stays, stays), "{at:?}");
    }
}

#[test]
fn after_a_restart_a_wrong_clock_forgets_nothing() {
    let mut office = Office::open();
    office.issue(1);
    let mut held = Held::fresh(office.post(), morning());
    held.news.proven = Some(morning());
    held.news.changes = vec![Change::PassIssued(super::small_campus::record(1).into())];
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
        (Refusal::Withdrawn { proof: None }, Alarm::Withdrawn),
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
