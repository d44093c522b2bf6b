//! Three links, one decision.

use world::{
    Trouble,
    campus::{Campus, today},
    mailbox::Notice,
    people::{Form, VISITOR_PHONE},
    person::Person,
};

async fn booked(campus: &Campus) -> Result<(Person, String, [Notice; 3]), Trouble> {
    let visitor = Person::signed_in(&campus.url, VISITOR_PHONE, &campus.mailbox).await?;
    let booking = visitor.booked(&Form::good(today())).await?;
    Ok((visitor, booking, campus.mailbox.take_three().await?))
}

#[tokio::test(flavor = "multi_thread")]
async fn of_100_decisions_at_once_over_three_links_exactly_one_wins() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let (visitor, booking, notices) = booked(&campus).await?;
    let host = Person::new(&campus.url)?;
    // Every page is opened before the first button is pressed.
    let mut ready = Vec::new();
    for i in 0..100 {
        let review = host.open(&notices[i % 3]).await?;
        ready.push((review, if i % 2 == 0 { "approve" } else { "decline" }));
    }
    let presses = ready.into_iter().map(|(review, choice)| {
        let host = host.clone();
        tokio::spawn(async move { Ok::<_, Trouble>((choice, host.tap(&review, choice).await?)) })
    });
    let presses: Vec<_> = presses.collect();
    let mut won = Vec::new();
    let mut standings = Vec::new();
    for press in presses {
        let (choice, page) = press.await.unwrap()?;
        // The winner is sent on to the page that shows it; everybody else is told at once that it has been decided.
        if page.status == 303 {
            won.push(choice);
        } else {
            assert_eq!(page.status, 409, "{}", page.body);
            standings.push(page.standing().unwrap_or_default().to_owned());
        }
    }
    assert_eq!(won.len(), 1, "exactly one wins");
    assert_eq!(standings.len(), 99);
    let standing = if won[0] == "approve" { "approved" } else { "declined" };
    assert!(standings.iter().all(|told| told == standing), "{standings:?}");
    assert_eq!(visitor.get(&booking).await?.standing(), Some(standing));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_link_says_who_decided_and_when() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let (_, _, [sms, hall, wecom]) = booked(&campus).await?;
    let host = Person::new(&campus.url)?;
    let open = [host.open(&sms).await?, host.open(&hall).await?, host.open(&wecom).await?];
    host.tap(&open[1], "approve").await?;
    for dead in &open {
        let page = host.get(&dead.address).await?;
        assert_eq!(page.standing(), Some("approved"));
        for said in ["王建国", "08:00", "网办大厅"] {
            assert!(page.says(said), "{said} is missing on {}", page.body);
        }
        assert_eq!(host.tap(dead, "decline").await?.status, 409);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_decides_nothing() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let (visitor, booking, notices) = booked(&campus).await?;
    let scanner = Person::new(&campus.url)?;
    for notice in &notices {
        for _ in 0..20 {
            assert_eq!(scanner.get(&scanner.path_of(notice)?).await?.status, 200);
        }
    }
    assert_eq!(visitor.get(&booking).await?.standing(), Some("waiting"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_or_ends_another_visitors_booking() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let (_, booking, _) = booked(&campus).await?;
    let stranger = Person::signed_in(&campus.url, "13800000099", &campus.mailbox).await?;
    assert_eq!(stranger.get(&booking).await?.status, 404);
    let token = stranger.get("/bookings").await?.form_token().unwrap_or_default().to_owned();
    for action in ["cancel", "revoke"] {
        let page = stranger.post(&format!("{booking}/{action}"), &[("form_token", &token)]).await?;
        assert_eq!(page.status, 404, "{action}");
    }
    assert_eq!(Person::new(&campus.url)?.get(&booking).await?.status, 303, "signed out: to the sign-in page");
    Ok(())
}
