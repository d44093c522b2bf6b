//! The cable is out, or the answers are lost.

use chrono::TimeDelta;
use gate_terminal::{
    enrol,
    gate::{Alarm, Event, GuardAct},
    ports::Store as _,
};
use shared::{
    chain::{ChainName, Head, Link},
    entry::GuardReason,
    seal::Sealed,
    sync::push::{EntryHead, PushRequest},
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
async fn neither_a_refused_push_nor_a_bad_row_holds_up_a_revocation() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let host = Person::signed_in(&campus.url, HOST_PHONE, &campus.mailbox).await?;
    let revoked = async |south: &mut Terminal, number| -> Result<Verdict, Trouble> {
        campus.mailbox.clear();
        let form = Form::good(today()).with("document_number", resident_number(number));
        let approved = campus.approved(&form).await?;
        south.sync().await;
        host.press(&approved.booking, &format!("{}/revoke", approved.booking)).await?;
        south.sync().await;
        Ok(shown(&south.show(&approved.text)).verdict.clone())
    };
    // Whoever has its key was first: from now on every push of its own is a fork.
    let id = south.controller.store_mut().post().unwrap().unwrap().terminal;
    let (key, body) = (enrol::load_key(south.directory()).unwrap(), r#"{"poison":true}"#);
    let head = Head::START.extend(ChainName::Entries { terminal: id }, body);
    let link = Link { seq: 1, body: serde_json::value::RawValue::from_string(body.to_owned()).unwrap() };
    let head = Sealed::seal(&EntryHead { terminal: id, head }, None, &key).unwrap();
    let request = PushRequest { terminal: id, links: vec![link], head, marks: String::new() };
    south.say(request).await.unwrap();
    south.show("A STRANGER'S CODE");
    assert_eq!(revoked(&mut south, 21).await?, Verdict::Refuse(RefuseReason::Revoked));
    assert_eq!(south.view().alarm, Some(Alarm::Fork { seq: 1 }));

    // And a row that was altered on its disk, in its journal, too: nothing can be pushed at all.
    let db = rusqlite::Connection::open(south.directory().join("terminal.sqlite3")).unwrap();
    db.execute("update entry set body = '{}' where seq = 1", []).unwrap();
    std::fs::write(south.directory().join("entries.journal"), "no journal\n").unwrap();
    south.wait_ms(60_000);
    assert_eq!(revoked(&mut south, 22).await?, Verdict::Refuse(RefuseReason::Revoked));
    south.wait_ms(60_000);
    assert_eq!(south.view().alarm, Some(Alarm::EntryAltered { seq: 1 }));
    assert_eq!(campus.state.store.push_faults().await.unwrap()[0].seq, 1, "the office sees which");
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
