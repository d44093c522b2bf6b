//! Three notices out; each of the three links decides; the other two channels are told that nothing is asked any more.

use doubles::{Fault, Gateway, Hall};
use world::{Trouble, mailbox::Notice};

use super::town::{Asked, Town};

#[derive(Debug, Clone, Copy)]
enum By {
    Sms,
    Wecom,
    Hall,
}

/// How the page names the channel that decided.
fn named(by: By) -> &'static str {
    match by {
        By::Sms => "短信",
        By::Wecom => "企业微信",
        By::Hall => "网办大厅",
    }
}

fn link(asked: &Asked, by: By) -> &Notice {
    match by {
        By::Sms => &asked.sms,
        By::Wecom => &asked.wecom,
        By::Hall => &asked.hall,
    }
}

/// From the three notices to the end of all three.
async fn decided(gateway: Gateway, hall: Hall, by: By, choice: &str) -> Result<(), Trouble> {
    let town = Town::open(gateway, hall).await?;
    let asked = town.asked().await?;
    let host = town.host()?;
    let mut open = Vec::new();
    for notice in asked.all() {
        let review = host.open(notice).await?;
        let page = host.get(&review.address).await?;
        assert!(page.status == 200 && page.says("欧阳娜") && page.says("学术交流"), "{by:?}: {}", page.body);
        open.push(review);
    }
    let won = host.decide(link(&asked, by), choice).await?;
    assert_eq!(won.status, 303, "{by:?}: {}", won.body);
    let standing = if choice == "approve" { "approved" } else { "declined" };
    assert_eq!(town.visitor.get(&asked.booking).await?.standing(), Some(standing));

    town.comes_about("the card is changed", || town.by("wecom")[0].state.starts_with("changed")).await?;
    town.comes_about("the to-do is done", || town.by("hall")[0].state == "已办").await?;
    let card = &town.by("wecom")[0].state;
    assert!(card.contains("王建国") && card.contains(if choice == "approve" { "已通过" } else { "未通过" }), "{card}");
    for dead in &open {
        let page = host.get(&dead.address).await?;
        assert_eq!(page.standing(), Some(standing));
        assert!(page.says("王建国") && page.says(named(by)), "{by:?}: {}", page.body);
        assert_eq!(host.tap(dead, if choice == "approve" { "decline" } else { "approve" }).await?.status, 409);
    }
    assert_eq!(town.visitor.get(&asked.booking).await?.standing(), Some(standing));
    town.all_quiet().await?;
    assert_eq!(town.asking().len(), 3, "each channel once");
    assert_eq!(town.counted_doubles().await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_a_text_message_decides_for_all_three() -> Result<(), Trouble> {
    decided(Gateway::Aliyun, Hall::Weaver, By::Sms, "approve").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_a_card_decides_for_all_three() -> Result<(), Trouble> {
    decided(Gateway::Aliyun, Hall::Weaver, By::Wecom, "decline").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_a_to_do_decides_for_all_three() -> Result<(), Trouble> {
    decided(Gateway::Aliyun, Hall::Weaver, By::Hall, "approve").await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_gateway_and_another_hall_do_the_same() -> Result<(), Trouble> {
    decided(Gateway::Tencent, Hall::Webhook, By::Hall, "approve").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_cannot_be_changed_undoes_no_decision() -> Result<(), Trouble> {
    let town = Town::usual().await?;
    let asked = town.asked().await?;
    let host = town.host()?;
    let card = host.open(&asked.wecom).await?;
    town.doubles.dials.always("wecom", Some(Fault::Broken));
    assert_eq!(host.decide(&asked.sms, "approve").await?.status, 303);
    town.comes_about("the to-do is done", || town.by("hall")[0].state == "已办").await?;
    town.comes_about("the visitor is told", || town.texts("已通过审核").len() == 1).await?;
    // Tried a few times and given up, which the office sees.
    town.all_quiet().await?;
    assert!(!town.by("wecom")[0].state.starts_with("changed"));
    let (listed, counts) = town.campus.state.store.notices_listed(10).await.map_err(super::town::told)?;
    assert_eq!(counts.given_up, 1, "{listed:?}");
    assert_eq!(town.visitor.get(&asked.booking).await?.standing(), Some("approved"));
    // The old card still leads to who decided, and decides nothing.
    let page = host.tap(&card, "decline").await?;
    assert!(page.status == 409 && page.says("王建国"), "{}", page.body);
    Ok(())
}
