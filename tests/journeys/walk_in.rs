//! Somebody without a booking stands at the gate: the host is asked, and the gate hears the answer.

use gate_terminal::gate::{GuardAct, WalkInForm, WalkInStanding};
use serde_json::{Value, json};
use shared::{
    identity::{Document, DocumentKind, PersonName, Phone},
    verdict::{AskReason, Verdict},
};
use world::{
    Trouble,
    campus::{Campus, today},
    lively::Lively,
    people::{HOST_NUMBER, resident_number},
    person::Person,
    terminal::{Cable, Terminal, shown},
};

const PHONE: &str = "13800000066";

fn ask(terminal: &mut Terminal, host: &str) -> Result<(), Trouble> {
    let wrong = |why: &dyn std::fmt::Display| Trouble::NotHeld(why.to_string());
    let number = resident_number(66);
    let document = Document::parse(DocumentKind::ResidentId, &number, today().date()).map_err(|why| wrong(&why))?;
    let form = WalkInForm {
        visitor: PersonName::parse("赵㼆").map_err(|why| wrong(&why))?,
        phone: Phone::parse(PHONE).map_err(|why| wrong(&why))?,
        document,
        host: host.to_owned(),
        purpose: "送样品".to_owned(),
        party: 2,
        plates: Vec::new(),
    };
    terminal.guard(GuardAct::AskHost(Box::new(form)));
    Ok(())
}

/// How it stands with the newest.
fn standing(terminal: &Terminal) -> Option<WalkInStanding> {
    terminal.view().walk_ins.first().map(|walk_in| walk_in.standing.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn walk_in_approved_in_seconds() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Lively::of(Terminal::enrolled(&campus, 0).await?)?;
    south.act(&json!({
        "act": "ask_host", "visitor": "赵㼆", "phone": PHONE, "document": format!("resident_id:{}", resident_number(66)),
        "host": HOST_NUMBER, "purpose": "送样品", "party": 2,
    }));
    let is = |line: &Value, standing: &str| line["event"] == "walk_in" && line["standing"] == standing;
    south.hears("the host was asked", |line| is(line, "waiting")).await?;
    let [sms, ..] = campus.mailbox.take_three().await?;
    assert!(sms.text.contains("赵㼆") && sms.text.contains("南门") && sms.text.contains("随行 1 人"), "{}", sms.text);
    let host = Person::new(&campus.url)?;
    let review = host.open(&sms).await?;
    host.tap(&review, "approve").await?;
    let approved = south.hears("the host's word", |line| is(line, "approved")).await?;

    south.act(&json!({"act": "choose", "pass": approved["detail"]}));
    let asked = south.hears("the card is to be compared", |line| line["event"] == "verdict").await?;
    assert_eq!((&asked["name"], &asked["reason"]["why"]), (&json!("赵㼆"), &json!("found_on_list")));
    assert_eq!(asked["count"], 2);
    south.act(&json!({"act": "let_in", "case": asked["case"], "reason": {"why": "card_checked"}}));
    south.hears("the entry", |line| line["event"] == "recorded" && line["party"] == 2).await?;
    let sms = campus.mailbox.take("the visitor's own pass", |notice| notice.to == PHONE).await?;
    assert!(sms.link.is_some_and(|link| link.contains("/pass/")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn walk_in_declined() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let mut east = Terminal::enrolled(&campus, 1).await?;
    ask(&mut south, "王建国")?;
    south.sync().await;
    assert_eq!(standing(&south), Some(WalkInStanding::Waiting));
    let [_, hall, _] = campus.mailbox.take_three().await?;
    Person::new(&campus.url)?.decide(&hall, "decline").await?;
    south.sync().await;
    east.sync().await;
    assert_eq!(standing(&south), Some(WalkInStanding::Declined));
    assert_eq!(east.view().walk_ins.len(), 0);
    let view = south.guard(GuardAct::Find("赵".to_owned()));
    assert_eq!(view.found.unwrap().hits.len(), 0, "no pass came of it");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_in_whose_answer_is_lost_is_booked_once_and_heard_of() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    south.cable = Cable::AnswersLost;
    ask(&mut south, HOST_NUMBER)?;
    south.sync().await;
    assert_eq!(standing(&south), Some(WalkInStanding::Unreached));
    south.cable = Cable::In;
    let [_, _, wecom] = campus.mailbox.take_three().await?;
    Person::new(&campus.url)?.decide(&wecom, "approve").await?;
    south.sync().await;
    let Some(WalkInStanding::Approved { pass }) = standing(&south) else { panic!("{:?}", standing(&south)) };
    let view = south.guard(GuardAct::Choose(pass));
    assert_eq!(shown(&view).verdict, Verdict::Ask(AskReason::FoundOnList));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_office_does_not_allow_is_said_at_the_gate() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    ask(&mut south, "T9999")?;
    south.sync().await;
    assert_eq!(standing(&south), Some(WalkInStanding::HostUnknown));
    south.cable = Cable::Pulled;
    ask(&mut south, HOST_NUMBER)?;
    south.sync().await;
    assert_eq!(standing(&south), Some(WalkInStanding::Unreached));
    south.cable = Cable::In;
    campus.later(chrono::TimeDelta::hours(15));
    ask(&mut south, HOST_NUMBER)?;
    south.sync().await;
    assert!(
        matches!(standing(&south), Some(WalkInStanding::NotAllowed { .. })),
        "{:?}: at eleven at night",
        standing(&south)
    );
    Ok(())
}
