//! Who is inside, by what all gates know.

use super::*;

#[test]
fn the_roll_call_which_anybody_may_ask_for_does_not_keep_the_lock_open() {
    let mut post = Post::opened();
    for _ in 0..3 {
        post.around.clock.advance_ms(99_000);
        post.ask(Ask::RollCall);
    }
    assert!(post.officer.records().lock.is_open());
    post.around.clock.advance_ms(3_000);
    post.ask(Ask::RollCall);
    assert_eq!(post.officer.records().lock, Lock::Locked { retry_at: None });
}

#[test]
fn a_roll_call_is_forgotten_when_whoever_is_on_it_is() {
    let mut post = Post::new();
    let Some(OfficerSaid::RollCall { path, .. }) = post.ask(Ask::RollCall) else { panic!("none was written") };
    for (days, there) in [(0, true), (1, true), (2, false)] {
        post.around.clock.set_wall(morning().plus(TimeDelta::days(days)));
        post.officer.turn(None);
        assert_eq!(path.exists(), there, "{days} days later");
    }
}

#[test]
fn the_roll_call_has_everybody_inside_and_nobody_else() {
    let mut post = Post::new();
    let told = |n, direction, minute, seq| Change::PassMoved {
        pass: pass_id(n),
        direction,
        at: at(minute),
        gate: gate_index(1),
        entry: EntryId { terminal: TerminalId::new(8), seq },
        party: None,
    };
    post.learn(vec![
        Change::PassIssued(booked(1, "张晓明", "<b>京A12345").into()),
        Change::PassIssued(booked(3, "李四", "").into()),
        Change::PassIssued(booked(4, "孙八", "").into()),
        told(3, Direction::In, 450, 1),
        told(4, Direction::In, 450, 2),
    ]);
    let yesterday = day().minus_days(1);
    post.write(&went(pass_id(7), Direction::In, yesterday.at_minute(1_300)));
    post.write(&went(pass_id(8), Direction::In, yesterday.at_minute(1_300)));
    post.write(&went(pass_id(8), Direction::Out, yesterday.at_minute(1_310)));
    post.write(&went(pass_id(9), Direction::In, yesterday.minus_days(1).at_minute(600)));
    post.write(&went(pass_id(1), Direction::In, at(470)));
    post.write(&Entry { party: 3, ..went(pass_id(4), Direction::Out, at(471)) });
    post.write(&let_in(at(472), "维修"));
    post.write(&refused(at(473)));

    let said = post.ask(Ask::RollCall);
    let Some(OfficerSaid::RollCall { path, people }) = said else { panic!("{said:?}") };
    let three = 2 + 2 + 1 + usize::from(record(3).party.get());
    assert_eq!(people, three, "the overnight guest, both of Zhang's, the one let in by hand, and Li at the other gate");
    assert_eq!(post.around.told.lock().unwrap().shown.as_slice(), std::slice::from_ref(&path));
    let page = fs::read_to_string(&path).unwrap();
    for there in [
        "应急点名册",
        "张晓明",
        "李四",
        "昨天 21:40",
        "张*明",
        &format!("<b>{three}</b> 人"),
        "没有通行码放行的",
        "&#60;b&#62;京A12345",
    ] {
        assert!(page.contains(there), "{there} is not in\n{page}");
    }
    for absent in ["孙八", "<b>京"] {
        assert!(!page.contains(absent), "{absent} is in\n{page}");
    }
}

#[test]
fn the_roll_call_counts_as_the_guard_did_and_knows_who_came_on_paper() {
    let mut post = Post::new();
    post.learn(vec![Change::PassIssued(booked(1, "张晓明", "").into())]);
    let on_paper = |name: &str, direction, minute| {
        let paper = PaperCase {
            visitor: PersonName::parse(name).unwrap(),
            phone_tail: "0102".into(),
            host: Remark::parse("后勤王师傅").unwrap(),
            reason: Remark::parse("抢修水管").unwrap(),
            plates: Vec::new(),
        };
        let said = Said {
            verdict: Verdict::Ask(AskReason::NoBooking),
            pass: None,
            name: None,
            foreign_code: None,
            paper: Some(Box::new(paper)),
        };
        let outcome = Outcome::LetIn { reason: GuardReason::OfficerAgreed };
        Entry { said, outcome, party: 3, ..went(pass_id(1), direction, at(minute)) }
    };
    let of = |n, minute, entry| {
        let outcome = Outcome::Corrected { entry };
        Entry { outcome, party: n, ..went(pass_id(1), Direction::In, at(minute)) }
    };
    post.write(&went(pass_id(1), Direction::In, at(470)));
    post.write(&of(9, 471, 1));
    post.write(&of(5, 472, 1));
    post.write(&on_paper("古丽·买买提", Direction::In, 473));
    post.write(&on_paper("钱七", Direction::In, 474));
    post.write(&on_paper("钱七", Direction::Out, 475));
    let said = post.ask(Ask::RollCall);
    let Some(OfficerSaid::RollCall { path, people }) = said else { panic!("{said:?}") };
    assert_eq!(people, 5 + 3);
    let page = fs::read_to_string(path).unwrap();
    assert!(page.contains("古丽·买买提") && page.contains("后勤王师傅") && !page.contains("钱七"), "{page}");

    let mut post = Post::opened();
    post.write(&on_paper("古丽·买买提", Direction::In, 473));
    let filter = LogFilter { text: "glmmt".into(), ..LogFilter::day(day()) };
    post.ask(Ask::Look(filter));
    let page = post.officer.records().page.clone().unwrap();
    assert_eq!(page.lines[0].visitor.as_ref().unwrap().as_str(), "古丽·买买提");
    assert_eq!(page.lines[0].host.as_deref(), Some("后勤王师傅"));
}

fn sent_away(pass: PassId, at: Moment) -> Entry {
    let outcome = Outcome::SentAway { reason: GuardReason::CardDiffers };
    Entry { outcome, party: 0, ..went(pass, Direction::In, at) }
}

#[test]
fn whoever_was_stopped_after_the_light_is_on_no_roll_call_and_in_no_conflict() {
    let mut post = Post::opened();
    post.write(&went(pass_id(1), Direction::In, at(470)));
    post.write(&sent_away(pass_id(1), at(470)));
    post.write(&went(pass_id(1), Direction::In, at(480)));
    post.write(&went(pass_id(2), Direction::In, at(490)));
    post.write(&sent_away(pass_id(2), at(490)));
    post.write(&sent_away(pass_id(1), at(491)));
    post.write(&let_in(at(492), "维修"));
    let without_pass = let_in(at(492), "维修");
    post.write(&Entry { outcome: sent_away(pass_id(1), at(493)).outcome, party: 0, ..without_pass });
    assert!(
        matches!(post.ask(Ask::RollCall), Some(OfficerSaid::RollCall { people: 2, .. })),
        "the rightful owner's two, whoever else tried with a copy"
    );
    assert_eq!(post.seqs(LogFilter { only_conflicts: true, ..LogFilter::day(day()) }), [0; 0]);
}

#[test]
fn whoever_a_guard_lets_in_beside_a_party_is_counted_with_it_and_is_no_conflict() {
    let mut post = Post::opened();
    post.write(&Entry { party: 3, ..went(pass_id(1), Direction::In, at(470)) });
    let outcome = Outcome::LetIn { reason: GuardReason::HostCalled };
    post.write(&Entry { outcome, party: 1, ..went(pass_id(1), Direction::In, at(480)) });
    assert!(matches!(post.ask(Ask::RollCall), Some(OfficerSaid::RollCall { people: 4, .. })));
    assert_eq!(post.seqs(LogFilter { only_conflicts: true, ..LogFilter::day(day()) }), [0; 0]);
    post.write(&Entry { party: 4, ..went(pass_id(1), Direction::Out, at(490)) });
    assert!(matches!(post.ask(Ask::RollCall), Some(OfficerSaid::RollCall { people: 0, .. })));
}

#[test]
fn whoever_stays_when_part_of_a_party_leaves_is_on_the_roll_call_by_whichever_gate_they_left() {
    let mut post = Post::new();
    let people = |post: &mut Post| match post.ask(Ask::RollCall) {
        Some(OfficerSaid::RollCall { people, .. }) => people,
        other => panic!("{other:?}"),
    };
    let told = |direction, minute, seq, party| Change::PassMoved {
        pass: pass_id(2),
        direction,
        at: at(minute),
        gate: gate_index(1),
        entry: EntryId { terminal: TerminalId::new(8), seq },
        party: Some(party),
    };
    post.write(&Entry { party: 3, ..went(pass_id(1), Direction::In, at(470)) });
    let left = post.write(&Entry { party: 3, ..went(pass_id(1), Direction::Out, at(480)) });
    assert_eq!(people(&mut post), 0);
    let outcome = Outcome::Corrected { entry: left };
    post.write(&Entry { outcome, party: 1, ..went(pass_id(1), Direction::Out, at(480)) });
    assert_eq!(people(&mut post), 2);
    post.learn(vec![told(Direction::In, 470, 1, 3), told(Direction::Out, 480, 2, 3)]);
    assert_eq!(people(&mut post), 2);
    post.learn(vec![told(Direction::Out, 480, 2, 1)]);
    assert_eq!(people(&mut post), 2 + 2);
}
