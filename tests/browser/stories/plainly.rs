//! For whom the pages must be plain: a browser without scripts, a reader without Chinese, somebody who is asked one thing at a time.

use browsing::{
    axe,
    booked::asked_on_a_phone,
    browser::{Browser, Remember},
    device::Device,
    form::visit,
    town::Town,
};
use world::Trouble;

#[tokio::test(flavor = "multi_thread")]
async fn without_a_single_script_the_whole_way_is_open() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let (visitor, host) = (town.visitor()?, town.host()?);
    let phone = Browser::open(&town, Device::phone().without_scripts()).await?;
    phone.goes_to("/sign-in?next=/book").await?;
    phone.enters(&town, &visitor, Remember::Me).await?;
    assert_eq!(phone.address().await?, "/book");
    phone.fills_in(&visit(&visitor, &host)).await?;
    phone.presses("再加一人").await?;
    assert_eq!(phone.value_of("visitor_name").await?, visitor.name, "another row costs nothing that was typed");
    phone.fills("companion_name", 2, "Ana Müller").await?;
    phone.sends_the_form_of("privacy").await?;
    phone.sees("等待审核").await?;
    let booking = phone.address().await?;

    let [sms, ..] = town.asked(&visitor).await?;
    let hosts_phone = Browser::open(&town, Device::phone().without_scripts()).await?;
    hosts_phone.follows(&sms).await?;
    hosts_phone.sees("Ana Müller").await?;
    hosts_phone.approves().await?;

    phone.goes_to(&booking).await?;
    assert!(!phone.opens_the_pass().await?.is_empty());
    phone.goes_to(&booking).await?;
    phone.presses("取消这次预约…").await?;
    phone.presses("确认取消").await?;
    phone.sees("已取消").await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_english_is_spoken_to_in_english_throughout() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let (visitor, host) = (town.visitor()?, town.host()?);
    // By what the browser asks for, without a switch.
    let desk = Browser::open(&town, Device::desktop().speaking("en-GB,en")).await?;
    desk.goes_to("/").await?;
    desk.presses("Book a visit").await?;
    desk.enters(&town, &visitor, Remember::NotHere).await?;
    desk.fills_in(&visit(&visitor, &host)).await?;
    desk.presses("Send the booking").await?;
    desk.sees("Waiting for the host").await?;

    // By the switch, on a phone that asks for Chinese; it stays.
    let [sms, ..] = town.asked(&visitor).await?;
    let hosts_phone = asked_on_a_phone(&town, &sms).await?;
    hosts_phone.presses("English").await?;
    hosts_phone.presses("Approve").await?;
    hosts_phone.sees("You approved at").await?;

    desk.reloads().await?;
    desk.sees("Approved").await?;
    desk.presses("Open the pass").await?;
    desk.sees("Short code").await?;
    desk.presses("中文").await?;
    desk.sees("短码").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_elder_is_asked_one_thing_at_a_time() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let (visitor, host) = (town.visitor()?, town.host()?);
    let phone = Browser::open(&town, Device::phone()).await?;
    phone.goes_to("/sign-in?next=/book").await?;
    phone.presses("长辈版").await?;
    assert!(phone.has("html[data-elder]").await?);
    phone.enters(&town, &visitor, Remember::Me).await?;
    let form = visit(&visitor, &host);
    for question in 1..10 {
        phone.sees(&format!("{question} / 10")).await?;
        assert_eq!(axe::violations(&phone).await?, [""; 0], "question {question}");
        phone.answers(&form).await?;
        phone.presses("下一步").await?;
    }
    // Back and forth again, and a question answered otherwise from the end: nothing is lost.
    for (pressed, question) in [("上一步", 9), ("下一步", 10), ("修改事由", 8)] {
        phone.presses(pressed).await?;
        phone.sees(&format!("{question} / 10")).await?;
    }
    phone.types("reason", "看望老师").await?;
    for question in [9, 10] {
        phone.presses("下一步").await?;
        phone.sees(&format!("{question} / 10")).await?;
    }
    for said in [visitor.name.as_str(), "𬭎䶮", "陕AD12345", "看望老师"] {
        phone.sees(said).await?;
    }
    phone.presses("提交预约").await?;
    phone.is_told_at("privacy", "请阅读告知").await?;
    phone.agrees().await?;
    phone.presses("提交预约").await?;
    phone.sees("等待审核").await?;

    let [sms, ..] = town.asked(&visitor).await?;
    let hosts_phone = asked_on_a_phone(&town, &sms).await?;
    hosts_phone.sees("看望老师").await?;
    hosts_phone.approves().await?;
    phone.sees("已通过").await?;
    assert!(!phone.opens_the_pass().await?.is_empty());
    Ok(())
}
