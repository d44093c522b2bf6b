//! Visitors whose code is not read: found by what they say or by their card; and what the guard counts.

use chrono::TimeDelta;
use gate_terminal::gate::{Event, FoundBy, GuardAct, OfficerAct, Panel};
use shared::{
    entry::{Direction, GuardReason, Outcome, PaperCase, Remark, Way},
    identity::{PersonName, Plate},
    verdict::{AskReason, RefuseReason, Verdict},
};
use world::{
    Trouble,
    campus::{Campus, today},
    people::{Form, VISITOR_PHONE, resident_number},
    terminal::{Cable, Terminal, shown},
};

fn let_in(terminal: &mut Terminal) {
    let case = shown(&terminal.view()).case;
    terminal.guard(GuardAct::LetIn { case, reason: GuardReason::CardChecked });
}

#[tokio::test(flavor = "multi_thread")]
async fn found_by_name_and_let_in() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let mut east = Terminal::enrolled(&campus, 1).await?;
    campus.approved(&Form::good(today()).with("visitor_name", "单𬭎")).await?;
    let other =
        Form::good(today()).with("document_number", resident_number(2)).without("plate").without("companion_name");
    campus.approved(&other).await?;
    south.sync().await;
    for (typed, by) in [("shan", FoundBy::Name), ("𬭎", FoundBy::Name), ("d12", FoundBy::Plate)] {
        let view = south.guard(GuardAct::Find(typed.to_owned()));
        let found = view.found.unwrap();
        let hits: Vec<_> = found.hits.iter().map(|hit| (hit.record.visitor.as_str(), hit.by)).collect();
        assert_eq!(hits, [("单𬭎", by)], "{typed}");
    }
    let view = south.guard(GuardAct::Find(VISITOR_PHONE[7..].to_owned()));
    let found = view.found.unwrap();
    assert_eq!(found.hits.len(), 2, "both visits were booked with one phone");
    let pass = found.hits.iter().find(|hit| hit.record.visitor.as_str() == "单𬭎").unwrap().record.pass;

    let view = south.guard(GuardAct::Choose(pass));
    assert_eq!(shown(&view).verdict, Verdict::Ask(AskReason::FoundOnList));
    let_in(&mut south);
    south.sync().await;
    east.sync().await;
    let (_, entry) = campus.log().await?.remove(0);
    assert_eq!((entry.said.pass, entry.party), (Some(pass), 3));
    assert_eq!(entry.outcome, Outcome::LetIn { reason: GuardReason::CardChecked });
    let view = east.guard(GuardAct::Choose(pass));
    assert!(matches!(shown(&view).verdict, Verdict::Refuse(RefuseReason::Inside { .. })), "the other gate has heard");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn card_reader() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    campus.approved(&Form::good(today())).await?;
    south.sync().await;
    let view = south.scan(&resident_number(12));
    assert_eq!(shown(&view).verdict, Verdict::Ask(AskReason::FoundOnList));
    assert_eq!(shown(&view).subject.name(), Some("欧阳娜"));
    let_in(&mut south);
    south.wait_ms(10_000);
    let view = south.scan(&format!("某某,女,{},2020.01.01\r\n", resident_number(77)));
    assert_eq!(shown(&view).verdict, Verdict::Refuse(RefuseReason::NotOurs), "a card nobody booked with");
    south.sync().await;
    let told = format!("{:?}", campus.log().await?);
    assert!(!told.contains(&resident_number(12)) && !told.contains(&resident_number(77)));
    for name in ["terminal.sqlite3", "terminal.sqlite3-wal"] {
        let file = std::fs::read(south.directory().join(name)).unwrap_or_default();
        let holds = |number: String| file.windows(18).any(|window| window == number.as_bytes());
        assert!(!holds(resident_number(12)) && !holds(resident_number(77)), "{name}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_short_code_of_the_sms_and_of_the_page() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    campus.approved(&Form::good(today())).await?;
    south.sync().await;
    let sms = campus.mailbox.take("the approval", |notice| notice.text.contains("短码")).await?;
    let code = sms.text.split("短码").nth(1).unwrap().trim_end_matches('。').trim();
    assert_eq!(code.len(), 9, "two groups of four: {code}");
    let visitor = world::person::Person::new(&campus.url)?;
    let page = visitor.get(&visitor.path_of(&sms)?).await?;
    assert!(page.says(code), "{}", page.body);
    let view = south.scan(code);
    assert_eq!(shown(&view).verdict, Verdict::Ask(AskReason::FoundOnList));
    assert_eq!(shown(&view).subject.name(), Some("欧阳娜"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_corrects_how_many_they_were() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let mut east = Terminal::enrolled(&campus, 1).await?;
    let good = campus.approved(&Form::good(today())).await?.text;
    south.sync().await;
    let case = shown(&south.show(&good)).case;
    south.sync().await;
    east.sync().await;
    assert_eq!((south.view().inside_now, east.view().inside_now), (3, 3), "as booked");
    campus.later(TimeDelta::seconds(5));
    south.guard(GuardAct::Count { case, party: 2 });
    assert_eq!((south.view().inside_now, south.view().entered_today), (2, 2));
    south.sync().await;
    east.sync().await;
    assert_eq!((south.view().inside_now, east.view().inside_now), (2, 2), "every gate counts so");
    let south = south.restarted()?;
    let east = east.restarted()?;
    assert_eq!((south.view().inside_now, east.view().inside_now), (2, 2), "also after a restart");
    let log = campus.log().await?;
    let outcomes: Vec<_> = log.iter().map(|(_, entry)| (entry.outcome.clone(), entry.party)).collect();
    assert_eq!(outcomes, [(Outcome::Passed, 3), (Outcome::Corrected { entry: 1 }, 2)]);
    assert_eq!(campus.state.store.conflicts().await.unwrap().len(), 0, "nobody went in twice");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_at_one_gate() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let good = campus.approved(&Form::good(today())).await?.text;
    south.sync().await;
    south.guard(GuardAct::Face(Way::Both));
    assert_eq!(shown(&south.show(&good)).direction, Direction::In);
    south.wait_ms(3_600_000);
    let view = south.show(&good);
    assert_eq!((shown(&view).direction, &shown(&view).verdict), (Direction::Out, &Verdict::Admit));
    assert_eq!(south.view().inside_now, 0);
    let view = south.show("https://example.edu.cn/menu");
    assert_eq!(shown(&view).verdict, Verdict::Refuse(RefuseReason::NotOurs), "a stranger would come in");
    south.sync().await;
    let ways: Vec<_> = campus.log().await?.into_iter().map(|(_, entry)| entry.direction).collect();
    assert_eq!(ways, [Direction::In, Direction::Out, Direction::In]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_case_is_taken_down_offline_and_pushed_later() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    south.cable = Cable::Pulled;
    let paper = PaperCase {
        visitor: PersonName::parse("古丽·买买提").unwrap(),
        phone_tail: "0102".to_owned(),
        host: Remark::parse("后勤王师傅").unwrap(),
        reason: Remark::parse("抢修水管").unwrap(),
        plates: vec![Plate::parse("陕A12345").unwrap()],
    };
    let act = OfficerAct::Paper { paper: Box::new(paper.clone()), party: 2, direction: Direction::In };
    south.controller.turn(Event::Officer(act));
    south.sync().await;
    assert_eq!((south.view().panel, south.view().inside_now, south.view().unsent), (Panel::Waiting, 2, 1));
    let mut south = south.restarted()?;
    assert_eq!(south.view().inside_now, 2);
    south.sync().await;
    let (_, entry) = campus.log().await?.remove(0);
    assert_eq!((entry.said.paper.as_deref(), entry.party), (Some(&paper), 2));
    assert_eq!(entry.said.verdict, Verdict::Ask(AskReason::NoBooking));
    assert_eq!(entry.outcome, Outcome::LetIn { reason: GuardReason::OfficerAgreed });
    Ok(())
}
