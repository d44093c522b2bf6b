//! What a visitor is told, on the telephone and on the booking's page; and a host who comes from the hall without another password.

use world::{Trouble, mailbox::Notice, person::Person};

use super::town::Town;

#[tokio::test(flavor = "multi_thread")]
async fn approved_by_text_with_the_short_code_and_a_pass_behind_the_link_then_revoked() -> Result<(), Trouble> {
    let town = Town::usual().await?;
    let asked = town.asked().await?;
    town.comes_about("submitted", || town.texts("已提交").len() == 1).await?;
    town.host()?.decide(&asked.wecom, "approve").await?;
    town.comes_about("approved", || town.texts("已通过审核").len() == 1).await?;
    let text = &town.texts("已通过审核")[0];
    let (_, short) = text.text.split_once("报短码").ok_or_else(|| Trouble::NotHeld(text.text.clone()))?;
    let short: String = short.chars().take_while(char::is_ascii_alphanumeric).collect();
    assert!(short.len() >= 4, "{}", text.text);
    // Anybody who holds the telephone sees the pass.
    let telephone = Person::new(&town.campus.url)?;
    let pass = telephone.get(&telephone.path_of(&Notice::of(text))?).await?;
    assert!(pass.status == 200 && pass.says(&short), "{}", pass.body);
    let picture = pass.pass_picture().ok_or_else(|| Trouble::NotHeld(pass.body.clone()))?;
    assert!(telephone.picture(picture).await?.starts_with(b"\x89PNG"));

    // The carrier's receipts are on the booking's page: of the host's text and of the visitor's.
    town.page_says(&asked.booking, "已送达").await?;
    town.comes_about("both were delivered", || town.texts("已通过审核")[0].state.contains("已送达")).await?;
    let delivered = |body: &str| body.matches("已送达").count();
    for _ in 0..200 {
        if delivered(&town.visitor.get(&asked.booking).await?.body) >= 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(delivered(&town.visitor.get(&asked.booking).await?.body), 2);

    // The host, at the hall, is known to the university and takes it back.
    let host = from_the_hall(&town, "/bookings").await?;
    let page = host.get(&asked.booking).await?;
    assert!(page.says("欧阳娜"), "{}", page.body);
    let page = host.press(&asked.booking, &format!("{}/revoke", asked.booking)).await?;
    assert_eq!(page.status, 303, "{}", page.body);
    assert_eq!(town.visitor.get(&asked.booking).await?.standing(), Some("revoked"));
    town.comes_about("revoked", || town.texts("已撤销").len() == 1).await?;
    town.all_quiet().await?;
    assert_eq!(town.texts("已通过审核").len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn declined_with_the_reason_that_was_given() -> Result<(), Trouble> {
    let town = Town::usual().await?;
    let asked = town.asked().await?;
    let host = town.host()?;
    let address = host.path_of(&asked.hall)?;
    let page = host.get(&address).await?;
    let fields = [
        ("choice", "decline"),
        ("reason", "当天有考试"),
        ("form_token", page.form_token().unwrap_or_default()),
        ("revision", page.revision().unwrap_or_default()),
    ];
    assert_eq!(host.post(&address, &fields).await?.status, 303);
    town.comes_about("declined", || town.texts("未通过审核。原因：当天有考试").len() == 1).await?;
    let page = town.visitor.get(&asked.booking).await?;
    assert!(page.standing() == Some("declined") && page.says("当天有考试"), "{}", page.body);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_on_the_card_tells_that_it_was_seen_and_decides_nothing_however_often_it_is_told() -> Result<(), Trouble>
{
    let town = Town::usual().await?;
    let asked = town.asked().await?;
    let card = town.by("wecom")[0].clone();
    town.doubles.dials.next("wecom.callback", [Some(doubles::Fault::ReplayedCallback)]);
    let answers = town.doubles.wecom_click("wangjg", &card.key, "seen").await;
    assert_eq!(answers, [200, 200, 200, 200]);
    let page = town.page_says(&asked.booking, "已读").await?;
    assert_eq!((page.standing(), page.body.matches("已读").count()), (Some("waiting"), 1));
    Ok(())
}

/// To the sign-in page, to the university's CAS, and back to where they were going.
async fn from_the_hall(town: &Town, going: &str) -> Result<Person, Trouble> {
    town.doubles.cas.sign_in("T2001");
    let host = town.host()?;
    let door = host.get(going).await?.location.unwrap_or_default();
    let page = host.get(&door).await?;
    let offer = page.body.split("href=\"/sign-on/cas").nth(1).and_then(|rest| rest.split('"').next());
    let offer = offer.ok_or_else(|| Trouble::NotHeld(page.body.clone()))?;
    let away = host.get(&format!("/sign-on/cas{offer}")).await?.location.unwrap_or_default();
    let back = host.http().get(away).send().await?;
    let back = back.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let back = back.strip_prefix(&town.campus.url).ok_or_else(|| Trouble::NotHeld(back.to_owned()))?;
    let arrived = host.get(back).await?;
    assert_eq!((arrived.status, arrived.location.as_deref()), (303, Some(going)), "{}", arrived.body);
    Ok(host)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_goes_from_the_hall_to_their_bookings_by_the_university_s_own_sign_on() -> Result<(), Trouble> {
    let town = Town::usual().await?;
    let asked = town.asked().await?;
    let host = from_the_hall(&town, "/bookings").await?;
    let page = host.get("/bookings").await?;
    assert!(page.says("欧阳娜") && page.says(&asked.booking), "{}", page.body);
    // The link of the to-do is theirs as well.
    let review = host.open(&asked.hall).await?;
    assert_eq!(host.get(&review.address).await?.standing(), Some("waiting"));
    Ok(())
}
