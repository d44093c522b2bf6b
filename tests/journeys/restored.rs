//! The office comes back from a copy that was made in the morning.

use chrono::TimeDelta;
use shared::{
    time::Moment,
    verdict::{RefuseReason, Verdict},
};
use sync_server::store;
use world::{
    Trouble,
    campus::{Campus, today},
    people::{Form, HOST_PHONE, resident_number},
    person::Person,
    terminal::{Terminal, shown},
};

#[tokio::test(flavor = "multi_thread")]
async fn gates_follow_an_office_that_came_back_and_forget_no_revocation() -> Result<(), Trouble> {
    let mut campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let first = campus.approved(&Form::good(today())).await?;
    let second = campus.approved(&Form::good(today()).with("document_number", resident_number(2))).await?;
    let late = campus.approved(&Form::good(today()).with("document_number", resident_number(4))).await?;
    south.sync().await;
    let (database, copy) = (campus.state.config.database(), campus.room().join("copy.sqlite3"));
    let told = |fault: store::BackupFault| Trouble::NotHeld(fault.to_string());
    store::backup(&database, &copy).map_err(told)?;

    // None of this is in the copy.
    let third = campus.approved(&Form::good(today()).with("document_number", resident_number(3))).await?;
    let host = Person::signed_in(&campus.url, HOST_PHONE, &campus.mailbox).await?;
    host.press(&second.booking, &format!("{}/revoke", second.booking)).await?;
    south.sync().await;
    assert_eq!(shown(&south.show(&first.text)).verdict, Verdict::Admit);
    south.sync().await;
    assert_eq!(campus.log().await?.len(), 1);
    campus.close_office().await?;
    store::restore(&copy, &database, Moment::from_unix_s(1), store::Reached::default()).map_err(told)?;
    campus.reopen_office().await?;
    assert_eq!(campus.log().await?.len(), 0, "as in the morning");

    for _ in 0..3 {
        campus.later(TimeDelta::minutes(1));
        south.sync().await;
    }
    assert_eq!(south.view().alarm, None);
    assert_eq!(shown(&south.show(&second.text)).verdict, Verdict::Refuse(RefuseReason::Revoked), "ended is ended");
    assert_eq!(shown(&south.show(&late.text)).verdict, Verdict::Admit, "told again under the new numbering");
    let verdict = shown(&south.show(&third.text)).verdict.clone();
    assert!(matches!(verdict, Verdict::Ask(_)), "well signed, and not on the list any more: {verdict:?}");
    for _ in 0..3 {
        campus.later(TimeDelta::minutes(1));
        south.sync().await;
    }
    let numbers: Vec<u64> = campus.log().await?.iter().map(|(id, _)| id.seq).collect();
    assert_eq!((numbers[0], south.view().unsent), (1, 0), "what was pushed after the copy is pushed again");
    assert_eq!(south.view().alarm, None);
    Ok(())
}
