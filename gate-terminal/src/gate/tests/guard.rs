//! What a guard presses: for whom it counts, and how long a panel waits for it.

use super::*;

#[test]
fn a_question_waits_for_the_guard_and_nobody_displaces_it() {
    let (mut terminal, known) = gate_with_a_pass();
    let unknown = terminal.office.seal(&claims(9));
    let effects = terminal.tell(Event::code(&unknown));
    assert_eq!((written(&effects), signals(&effects)), (vec![], vec![Signal::Ask]));
    assert_eq!(shown(&terminal).verdict, Verdict::Ask(AskReason::UnknownToFreshNews));
    assert_eq!(written(&terminal.tell(Event::Codes(vec![known.clone(), unknown.clone()]))), []);
    terminal.tell(dismiss(case(&terminal)));
    assert!(shown(&terminal).outcome.is_none(), "a question is answered, not dismissed");
    let effects = terminal.tell(let_in(case(&terminal)));
    assert_eq!(written(&effects)[0].outcome, Outcome::LetIn { reason: GuardReason::CardChecked });
    assert_eq!(written(&effects)[0].party, 3);
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
    assert_eq!(written(&terminal.tell(Event::NoCode)), []);
    terminal.wait_ms(1);
    let effects = terminal.tell(Event::NoCode);
    assert_eq!(written(&effects)[0].outcome, Outcome::Unanswered);
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
    let refused = written(&terminal.tell(Event::code(&code)));
    assert_eq!(refused[0].said.verdict, Verdict::Refuse(RefuseReason::Revoked));
    let reason = GuardReason::Other { text: Remark::parse("保卫处电话同意").unwrap() };
    let effects = terminal.tell(Event::Guard(GuardAct::LetIn { case: case(&terminal), reason: reason.clone() }));
    let entry = written(&effects).remove(0);
    assert_eq!(
        (entry.said.verdict, entry.outcome),
        (Verdict::Refuse(RefuseReason::Revoked), Outcome::LetIn { reason })
    );
    assert_eq!(signals(&effects), [Signal::Admit]);
    assert_eq!(written(&terminal.tell(let_in(case(&terminal)))), [], "once");
}

#[test]
fn a_key_pressed_for_one_visitor_does_nothing_to_the_next() {
    let mut office = Office::open();
    let (known, unknown, another) = (office.issue(1), office.seal(&claims(9)), office.seal(&claims(8)));
    // A stranger, somebody admitted, somebody who was sent away.
    for (first, sent_away) in [("FOREIGN", false), (&known, false), (&another, true)] {
        let mut terminal = Terminal::at(office.clone());
        terminal.tell(Event::code(first));
        let first = case(&terminal);
        if sent_away {
            terminal.tell(send_away(first));
        }
        terminal.tell(Event::code(&unknown));
        let asked = shown(&terminal);
        assert_eq!(asked.verdict, Verdict::Ask(AskReason::UnknownToFreshNews));
        assert_ne!(asked.case, first);
        for late in [let_in, send_away, dismiss, hold, let_go] {
            let effects = terminal.tell(late(first));
            assert_eq!((written(&effects), signals(&effects)), (vec![], vec![]));
            assert_eq!(shown(&terminal), asked, "the question stands as before");
        }
        let effects = terminal.tell(let_in(asked.case));
        assert_eq!(written(&effects)[0].said.pass, Some(pass_id(9)), "a press for this visitor counts");
    }
}

#[test]
fn a_key_pressed_for_one_panel_does_not_clear_the_next() {
    let (mut terminal, _) = gate_with_a_pass();
    terminal.tell(Event::code("FOREIGN"));
    let first = case(&terminal);
    terminal.tell(Event::code("ANOTHER"));
    let second = shown(&terminal);
    for late in [let_in, send_away, dismiss] {
        assert_eq!(written(&terminal.tell(late(first))), []);
        assert_eq!(shown(&terminal), second);
    }
    terminal.tell(dismiss(second.case));
    assert_eq!(terminal.gate.view().panel, Panel::Waiting);
    terminal.wait_ms(5_000);
    terminal.tell(Event::code("FOREIGN"));
    assert!(![first, second.case].contains(&case(&terminal)), "the same code again is another case");
}

#[test]
fn a_panel_stays_while_the_guard_writes_and_the_next_visitor_waits() {
    let (mut terminal, pass) = gate_with_a_pass();
    terminal.tell(Event::code("FOREIGN"));
    let refused = case(&terminal);
    for _ in 0..2 {
        terminal.wait_ms(9_999);
        terminal.tell(hold(refused));
    }
    assert_eq!(shown(&terminal).until, terminal.wall.plus(chrono::TimeDelta::seconds(60)));
    terminal.wait_ms(59_999);
    let effects = terminal.tell(Event::code(&pass));
    assert_eq!((written(&effects), case(&terminal)), (vec![], refused));
    let reason = GuardReason::Other { text: Remark::parse("送样品").unwrap() };
    let effects = terminal.tell(Event::Guard(GuardAct::LetIn { case: refused, reason: reason.clone() }));
    assert_eq!(written(&effects)[0].outcome, Outcome::LetIn { reason });
    assert_eq!(signals(&terminal.tell(Event::code(&pass))), [Signal::Admit], "the next in the queue is still there");
}

#[test]
fn a_panel_nobody_holds_any_more_goes() {
    let (mut terminal, pass) = gate_with_a_pass();
    terminal.tell(Event::code("FOREIGN"));
    let refused = case(&terminal);
    terminal.tell(hold(refused));
    terminal.wait_ms(60_000);
    terminal.tell(Event::Tick);
    assert_eq!(terminal.gate.view().panel, Panel::Waiting, "a minute after the last sign of the guard");
    terminal.tell(hold(refused));
    assert_eq!(terminal.gate.view().panel, Panel::Waiting, "what is gone is not held");

    terminal.tell(Event::code("FOREIGN"));
    let refused = case(&terminal);
    terminal.tell(hold(refused));
    terminal.wait_ms(1_000);
    terminal.tell(let_go(refused));
    assert_eq!(signals(&terminal.tell(Event::code(&pass))), [Signal::Admit], "let go, it gives way at once");
}

#[test]
fn a_stuck_key_does_not_close_the_gate() {
    let (mut terminal, _) = gate_with_a_pass();
    let unknown = terminal.office.seal(&claims(9));
    for (code, outcomes) in [("FOREIGN", vec![]), (unknown.as_str(), vec![Outcome::Unanswered])] {
        terminal.tell(Event::code(code));
        let held = case(&terminal);
        let mut ended = Vec::new();
        for second in 0..300 {
            assert_eq!((case(&terminal), &ended[..]), (held, &[][..]), "{second} s");
            terminal.wait_ms(1_000);
            ended = written(&terminal.tell(hold(held)));
        }
        assert_eq!(ended.into_iter().map(|entry| entry.outcome).collect::<Vec<_>>(), outcomes);
        terminal.wait_ms(10_000);
        terminal.tell(Event::Tick);
        assert_eq!(terminal.gate.view().panel, Panel::Waiting);
    }
}

#[test]
fn a_question_is_held_the_same_way_and_never_ends_under_the_guards_eyes() {
    let (mut terminal, _) = gate_with_a_pass();
    let unknown = terminal.office.seal(&claims(9));
    terminal.tell(Event::code(&unknown));
    let asked = case(&terminal);
    terminal.tell(hold(asked));
    terminal.tell(let_go(asked));
    assert_eq!(shown(&terminal).until, terminal.wall.plus(chrono::TimeDelta::seconds(30)), "its own time is not cut");
    terminal.wait_ms(29_000);
    terminal.tell(hold(asked));
    terminal.wait_ms(30_000);
    terminal.tell(let_go(asked));
    terminal.tell(let_go(asked));
    terminal.wait_ms(9_999);
    assert_eq!(written(&terminal.tell(Event::Tick)), []);
    terminal.tell(let_go(asked));
    terminal.wait_ms(1);
    assert_eq!(written(&terminal.tell(Event::Tick))[0].outcome, Outcome::Unanswered);
}

#[test]
fn a_guard_may_stop_somebody_who_was_admitted_and_the_pass_stays_used() {
    let (mut terminal, code) = gate_with_a_pass();
    terminal.tell(Event::code(&code));
    let effects = terminal.tell(send_away(case(&terminal)));
    assert_eq!(written(&effects)[0].outcome, Outcome::SentAway { reason: GuardReason::CardDiffers });
    assert_eq!((written(&effects)[0].party, signals(&effects)), (0, vec![Signal::Refuse]));
    terminal.wait_ms(20_000);
    assert_eq!((terminal.gate.view().inside_now, terminal.gate.view().entered_today), (0, 0), "they did not go in");
    terminal.tell(Event::code(&code));
    assert!(matches!(shown(&terminal).verdict, Verdict::Refuse(RefuseReason::Used { .. })));
}

#[test]
fn a_case_number_of_before_a_restart_never_comes_again() {
    let office = Office::open();
    let code = office.seal(&claims(1));
    let mut terminal = Terminal::at(office);
    terminal.line_is_up = false;
    terminal.wait_ms(3_600_000);
    terminal.tell(Event::code(&code));
    let before = case(&terminal);
    terminal.wait_ms(1_000);
    let held = Held { recorded: terminal.recorded, ..Held::fresh(terminal.office.post(), morning()) };
    terminal.gate = Gate::new(held, Way::In, ForeignCodeSecret::derived_from(&[4; 32]));
    terminal.tell(Event::code(&code));
    assert!(case(&terminal).get() > before.get());
}
