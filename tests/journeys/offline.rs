//! The cable is out, or the answers are lost.

use chrono::TimeDelta;
use gate_terminal::gate::{Event, GuardAct};
use shared::{
    entry::GuardReason,
    verdict::{AskReason, RefuseReason, Verdict},
};
use world::{
    Trouble,
    campus::{Campus, today},
    people::{Form, HOST_PHONE, resident_number},
    person::Person,
    terminal::{Cable, Terminal, shown},
};

#[tokio::test(flavor = "multi_thread")]
async fn offline_day() -> Result<(), Trouble> {
    let mut campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let first = campus.approved(&Form::good(today())).await?.text;
    let second = campus.approved(&Form::good(today()).with("document_number", resident_number(2))).await?.text;
    let third = campus.approved(&Form::good(today()).with("document_number", resident_number(3))).await?.text;
    south.sync().await;
    campus.close_office().await?;

    south.sync().await;
    assert_eq!(shown(&south.show(&first)).verdict, Verdict::Admit, "within five minutes the news is fresh");

    campus.later(TimeDelta::hours(3));
    south.sync().await;
    let view = south.show(&second);
    assert!(matches!(shown(&view).verdict, Verdict::Ask(AskReason::NewsStale { .. })), "{:?}", shown(&view).verdict);
    south.controller.turn(Event::Guard(GuardAct::LetIn { case: shown(&view).case, reason: GuardReason::CardChecked }));
    let view = south.show(&third);
    assert!(matches!(shown(&view).verdict, Verdict::Ask(_)));
    south
        .controller
        .turn(Event::Guard(GuardAct::SendAway { case: shown(&view).case, reason: GuardReason::CardDiffers }));

    campus.reopen_office().await?;
    south.wait_ms(60_000);
    south.sync().await;
    let entries = campus.log().await?;
    let through: Vec<bool> = entries.iter().map(|(_, entry)| entry.outcome.went_through()).collect();
    assert_eq!(through, [true, true, false], "the whole day arrives, each entry once");
    assert_eq!(south.view().unsent, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_while_away() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let approved = campus.approved(&Form::good(today())).await?;
    south.sync().await;
    south.cable = Cable::Pulled;
    let host = Person::signed_in(&campus.url, HOST_PHONE, &campus.mailbox).await?;
    let page = host.press(&approved.booking, &format!("{}/revoke", approved.booking)).await?;
    assert_eq!(page.status, 303, "{}", page.body);
    assert_eq!(approved.visitor.get(&approved.booking).await?.standing(), Some("revoked"));
    assert_eq!(approved.visitor.get(&approved.booking).await?.pass_picture(), None);
    south.sync().await;

    south.cable = Cable::In;
    south.sync().await;
    assert_eq!(shown(&south.show(&approved.text)).verdict, Verdict::Refuse(RefuseReason::Revoked));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_before_the_gates_had_heard_of_it() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let approved = campus.approved(&Form::good(today().plus_days(3))).await?;
    let host = Person::signed_in(&campus.url, HOST_PHONE, &campus.mailbox).await?;
    host.press(&approved.booking, &format!("{}/revoke", approved.booking)).await?;
    campus.later(TimeDelta::days(3));
    campus.state.store.publish_due(campus.now()).await.unwrap();
    south.sync().await;
    assert_eq!(shown(&south.show(&approved.text)).verdict, Verdict::Refuse(RefuseReason::Revoked));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_reply() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let good = campus.approved(&Form::good(today())).await?.text;
    south.sync().await;
    south.cable = Cable::AnswersLost;
    south.show(&good);
    south.sync().await;
    assert_eq!(campus.log().await?.len(), 1, "it arrived");
    assert_eq!(south.view().unsent, 1, "but the terminal cannot know");

    south.cable = Cable::In;
    south.show(&good);
    south.wait_ms(60_000);
    south.sync().await;
    let entries = campus.log().await?;
    let numbers: Vec<u64> = entries.iter().map(|(id, _)| id.seq).collect();
    assert_eq!(numbers, [1, 2], "no entry twice");
    assert_eq!(south.view().unsent, 0);
    Ok(())
}
