//! Calls under way and calls that fail: what is asked for again, and what is an alarm.

use shared::{
    chain::{ChainHash, Head},
    sync::push::PushAnswer,
};

use super::{
    super::{
        Event, Held,
        small_campus::{Office, Terminal, morning},
    },
    *,
};

/// A gate that recorded `entries` foreign codes, and what it last wanted pushed.
fn gate_with_entries(entries: u32) -> (Terminal, Option<u64>) {
    let mut terminal = Terminal::at(Office::open());
    let mut pushes = Vec::new();
    for n in 0..entries {
        pushes.extend(pushed_after(&terminal.tell(Event::code(format!("FOREIGN {n}")))));
        terminal.wait_ms(3_000);
    }
    (terminal, pushes.first().copied())
}

fn pushed_after(effects: &[Effect]) -> Option<u64> {
    effects.iter().find_map(|effect| if let Effect::Push { after } = effect { Some(*after) } else { None })
}

fn alarm(effects: &[Effect]) -> Option<&Alarm> {
    effects.iter().find_map(|effect| if let Effect::Alarm(alarm) = effect { Some(alarm) } else { None })
}

fn receipt(terminal: &Terminal, seq: u64) -> Event {
    let head = Head { seq, hash: ChainHash::from_bytes([1; 32]) };
    Event::Pushed(terminal.office.receipt(head, morning()))
}

fn refusal(refusal: Refusal) -> Event {
    Event::PushFailed(SyncFailure::Refused(refusal))
}

#[test]
fn one_push_at_a_time_and_the_next_takes_what_came_meanwhile() {
    let (mut terminal, first) = gate_with_entries(3);
    assert_eq!(first, Some(0));
    assert_eq!(terminal.gate.view().unsent, 3);
    let effects = terminal.tell(receipt(&terminal, 1));
    assert_eq!(pushed_after(&effects), Some(1));
    let effects = terminal.tell(receipt(&terminal, 3));
    assert_eq!((pushed_after(&effects), terminal.gate.view().unsent), (None, 0));
}

#[test]
fn a_lost_reply_is_asked_for_again() {
    let (mut terminal, _) = gate_with_entries(2);
    let effects = terminal.tell(Event::PushFailed(SyncFailure::Unreachable("cut".into())));
    assert_eq!((pushed_after(&effects), alarm(&effects)), (Some(0), None));
}

#[test]
fn nothing_is_pushed_before_a_receipt_could_be_checked() {
    let office = Office::open();
    let held = Held { recorded: 5, ..Held::fresh(office.post(), morning()) };
    let mut terminal = Terminal::stopped(office, held);
    terminal.line_is_up = false;
    assert_eq!(pushed_after(&terminal.tell(Event::Tick)), None);
    assert_eq!(pushed_after(&terminal.news_arrives()), Some(0), "what was left from before the restart");
}

#[test]
fn a_receipt_that_comes_when_all_is_forgotten_is_no_alarm_and_is_asked_for_again() {
    let (mut terminal, _) = gate_with_entries(1);
    terminal.line_is_up = false;
    terminal.wait_ms(14 * 24 * 3_600_000);
    terminal.tell(Event::Tick);
    let effects = terminal.tell(receipt(&terminal, 1));
    assert_eq!((alarm(&effects), terminal.gate.view().unsent), (None, 1));
    terminal.wait_ms(5_000);
    assert_eq!(pushed_after(&terminal.tell(Event::Tick)), None, "there are no keys");
    terminal.line_is_up = true;
    let effects = terminal.tell(Event::PullFailed(SyncFailure::Unreachable("cut".into())));
    assert_eq!((pushed_after(&effects), alarm(&effects)), (Some(0), None));
}

#[test]
fn a_receipt_by_another_key_or_none_for_another_terminal_or_from_the_future_is_none() {
    let forged = |office: &Office| {
        let forger = Office { beacon_key: office.pass_key.clone(), ..office.clone() };
        Event::Pushed(forger.receipt(Head { seq: 1, hash: ChainHash::START }, morning()))
    };
    let signed = |office: &Office, terminal, key| {
        let receipt = EntryReceipt { terminal, head: Head { seq: 1, hash: ChainHash::START }, at: morning() };
        let receipt = shared::seal::Sealed::seal(&receipt, key, &office.beacon_key).unwrap();
        Event::Pushed(PushAnswer { receipt })
    };
    let (terminal, _) = gate_with_entries(2);
    let office = &terminal.office;
    let other_terminal = signed(office, shared::ids::TerminalId::new(99), Some(KeyId::new(2)));
    let under_no_key = signed(office, office.post().terminal, None);
    for event in [forged(office), other_terminal, under_no_key, receipt(&terminal, 3)] {
        let (mut terminal, _) = gate_with_entries(2);
        let effects = terminal.tell(event);
        assert_eq!(alarm(&effects), Some(&Alarm::ReceiptUnproven));
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::KeepReceipt(_))));
        assert_eq!((pushed_after(&effects), terminal.gate.view().unsent), (None, 2), "and it is not asked at once");
        terminal.wait_ms(5_000);
        assert_eq!(pushed_after(&terminal.tell(Event::Tick)), Some(0));
    }
}

#[test]
fn a_receipt_under_a_key_that_is_new_waits_for_the_news_of_it_and_is_an_alarm_only_after_that() {
    let (mut terminal, _) = gate_with_entries(1);
    let head = Head { seq: 1, hash: ChainHash::from_bytes([1; 32]) };
    let by_the_next_key = |terminal: &Terminal| {
        let proven = EntryReceipt { terminal: terminal.office.post().terminal, head, at: morning() };
        let (key, signer) = (Some(KeyId::new(9)), &terminal.office.pass_key);
        Event::Pushed(PushAnswer { receipt: shared::seal::Sealed::seal(&proven, key, signer).unwrap() })
    };
    for _ in 0..2 {
        let effects = terminal.tell(by_the_next_key(&terminal));
        assert_eq!((alarm(&effects), pushed_after(&effects)), (None, None));
        terminal.wait_ms(5_000);
        assert_eq!(pushed_after(&terminal.tell(Event::Tick)), Some(0), "it is asked for again");
    }
    terminal.news_arrives();
    assert_eq!(alarm(&terminal.tell(by_the_next_key(&terminal))), None, "this was asked for before");
    terminal.wait_ms(5_000);
    terminal.tell(Event::Tick);
    terminal.news_arrives();
    assert_eq!(alarm(&terminal.tell(by_the_next_key(&terminal))), Some(&Alarm::ReceiptUnproven), "no news of it");
    terminal.wait_ms(5_000);
    terminal.tell(Event::Tick);
    terminal.tell(receipt(&terminal, 1));
    assert_eq!((terminal.gate.view().unsent, terminal.gate.view().alarm), (0, None));
}

#[test]
fn a_receipt_that_the_store_does_not_take_counts_for_nothing() {
    let (mut terminal, _) = gate_with_entries(1);
    let event = receipt(&terminal, 1);
    terminal.only(event);
    let effects = terminal.only(Event::ReceiptNotKept);
    assert_eq!(alarm(&effects), Some(&Alarm::ReceiptUnproven));
    assert_eq!(terminal.gate.view().unsent, 1);
}

#[test]
fn the_server_says_where_to_go_on() {
    let (mut terminal, _) = gate_with_entries(3);
    let effects = terminal.tell(refusal(Refusal::Gap { expected: 3 }));
    assert_eq!((pushed_after(&effects), alarm(&effects)), (Some(2), None), "it has two: an answer was lost");
    terminal.tell(receipt(&terminal, 3));
    terminal.tell(Event::code("ONE MORE"));
    let effects = terminal.tell(refusal(Refusal::Gap { expected: 2 }));
    assert_eq!(pushed_after(&effects), Some(1));
    assert_eq!(alarm(&effects), Some(&Alarm::EntriesMissing { expected: 2 }), "it had countersigned three");
    terminal.tell(receipt(&terminal, 4));
    assert_eq!((terminal.gate.view().unsent, terminal.gate.view().alarm), (0, None));
}

#[test]
fn entries_the_server_has_and_we_do_not_mean_a_store_turned_back() {
    let (mut terminal, _) = gate_with_entries(2);
    let effects = terminal.tell(refusal(Refusal::Gap { expected: 9 }));
    assert_eq!(alarm(&effects), Some(&Alarm::Fork { seq: 8 }));
    let effects = terminal.tell(refusal(Refusal::Fork { seq: 2 }));
    assert_eq!(alarm(&effects), Some(&Alarm::Fork { seq: 2 }));
}

#[test]
fn a_server_that_has_all_of_it_holds_no_more_than_we_do() {
    let (mut terminal, _) = gate_with_entries(2);
    let effects = terminal.tell(refusal(Refusal::Gap { expected: 3 }));
    assert_eq!((alarm(&effects), pushed_after(&effects)), (None, None), "only its answer was lost");
}

#[test]
fn an_entry_that_was_countersigned_and_is_asked_for_again_is_missing() {
    let (mut terminal, _) = gate_with_entries(3);
    terminal.tell(receipt(&terminal, 3));
    terminal.tell(Event::code("ONE MORE"));
    let effects = terminal.tell(refusal(Refusal::Gap { expected: 3 }));
    assert_eq!(alarm(&effects), Some(&Alarm::EntriesMissing { expected: 3 }));
}

#[test]
fn a_server_that_begins_anew_is_shown_what_it_had_countersigned_and_once() {
    let (mut terminal, _) = gate_with_entries(3);
    terminal.tell(receipt(&terminal, 3));
    terminal.office.issue(1);
    assert_eq!(pushed_after(&terminal.news_arrives()), None, "it goes on");
    let anew = |epoch| Office { epoch, ..Office::open() };
    terminal.office = anew(2);
    assert_eq!(pushed_after(&terminal.news_arrives()), Some(2));
    let effects = terminal.tell(refusal(Refusal::Gap { expected: 2 }));
    assert_eq!(pushed_after(&effects), Some(1), "it came back from a copy");
    assert_eq!(pushed_after(&terminal.tell(receipt(&terminal, 3))), None);
    terminal.office = anew(3);
    assert_eq!(pushed_after(&terminal.news_arrives()), Some(2));
    assert_eq!(pushed_after(&terminal.tell(receipt(&terminal, 3))), None, "it has all");
    let (mut fresh, _) = gate_with_entries(0);
    fresh.office = anew(2);
    assert_eq!(pushed_after(&fresh.news_arrives()), None);
}

#[test]
fn a_receipt_that_brings_nothing_further_is_no_reason_to_ask_at_once() {
    let (mut terminal, _) = gate_with_entries(2);
    assert_eq!(pushed_after(&terminal.tell(receipt(&terminal, 1))), Some(1));
    assert_eq!(pushed_after(&terminal.tell(receipt(&terminal, 1))), None);
    terminal.wait_ms(5_000);
    assert_eq!(pushed_after(&terminal.tell(Event::Tick)), Some(1));
}

#[test]
fn an_entry_that_was_altered_here_is_told_and_the_rest_is_tried_later() {
    let (mut terminal, _) = gate_with_entries(2);
    let effects = terminal.tell(Event::EntryAltered { seq: 2 });
    assert_eq!((alarm(&effects), pushed_after(&effects)), (Some(&Alarm::EntryAltered { seq: 2 }), None));
    terminal.wait_ms(5_000);
    assert_eq!(pushed_after(&terminal.tell(Event::Tick)), Some(0));
}

#[test]
fn news_that_this_gate_does_not_understand_is_told_with_its_number() {
    let mut terminal = Terminal::at(Office::open());
    terminal.office.issue(1);
    assert_eq!(alarm(&terminal.news_arrives()), None);
    for kind in ["not", "yet", "known"] {
        terminal.office.say_raw(serde_json::value::to_raw_value(&serde_json::json!({"change": kind})).unwrap());
    }
    assert_eq!(alarm(&terminal.news_arrives()), Some(&Alarm::NewsNotUnderstood { links: 3 }));
}
