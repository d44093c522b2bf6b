//! The main job on two phones: a form, a tap, a code on the screen, a gate; and what can become of a booking besides.

use browsing::{
    booked::{Booked, asked_on_a_phone},
    browser::{Browser, Remember},
    device::Device,
    form::visit,
    town::Town,
};
use shared::verdict::Verdict;
use world::{
    Trouble,
    terminal::{Terminal, shown},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_becomes_a_code_that_the_gate_admits() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let (visitor, host) = (town.visitor()?, town.host()?);
    let phone = Browser::open(&town, Device::phone()).await?;
    phone.signs_in(&town, &visitor, Remember::Me).await?;
    phone.goes_to("/").await?;
    phone.presses("去预约").await?;
    phone.fills_in(&visit(&visitor, &host)).await?;
    phone.sends_the_form_of("privacy").await?;
    phone.sees("等待审核").await?;
    phone.sees("陕AD12345").await?;
    assert_eq!(phone.standing().await?, "waiting");

    let [sms, ..] = town.asked(&visitor).await?;
    phone.sees("短信：已发送").await?;
    let hosts_phone = asked_on_a_phone(&town, &sms).await?;
    for asked in [visitor.name.as_str(), "𬭎䶮", "阿卜杜拉·艾山", "陕AD12345", "学术交流"] {
        hosts_phone.sees(asked).await?;
    }
    hosts_phone.approves().await?;
    assert!(hosts_phone.cookie("session").await?.is_none(), "the link is the right to decide; nobody signed in");

    // Nothing is pressed and nothing reloaded: the visitor's page has turned to the pass by itself.
    phone.sees("已通过").await?;
    let code = phone.opens_the_pass().await?;

    let mut south = Terminal::enrolled(&town.campus, 0).await?;
    south.sync().await;
    let view = south.show(&code);
    assert_eq!(shown(&view).verdict, Verdict::Admit);
    let record = shown(&view).subject.record.as_ref().unwrap();
    assert_eq!(record.visitor.as_str(), visitor.name);
    let companions: Vec<&str> = record.companions.iter().map(|name| name.as_str()).collect();
    assert_eq!(companions, ["𬭎䶮", "阿卜杜拉·艾山"]);
    assert_eq!(record.plates, ["陕AD12345"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_nobody_elses_to_see() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let Booked { visitor, phone, address: booking, .. } = Booked::with_a_host(&town).await?;
    let bystander = Browser::open(&town, Device::desktop()).await?;
    bystander.goes_to(&booking).await?;
    assert!(bystander.address().await?.starts_with("/sign-in?next=/bookings/"), "a stranger is asked who they are");
    bystander.does_not_see(&visitor.name).await?;
    bystander.enters(&town, &town.visitor()?, Remember::NotHere).await?;
    bystander.sees("没有这个页面").await?;
    bystander.does_not_see(&visitor.name).await?;

    // And to its own visitor it still is there.
    phone.reloads().await?;
    phone.sees(&visitor.name).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_booking_shows_no_code_any_more() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let Booked { phone, address: booking, notices: [_, hall, _], .. } = Booked::with_a_host(&town).await?;
    let desk = Browser::open(&town, Device::desktop()).await?;
    desk.follows(&hall).await?;
    desk.approves().await?;
    phone.goes_to(&booking).await?;
    phone.opens_the_pass().await?;
    let pass = phone.address().await?;
    phone.goes_to(&booking).await?;
    phone.presses("取消这次预约…").await?;
    phone.presses("确认取消").await?;
    phone.sees("已取消").await?;
    for address in [booking, pass] {
        phone.goes_to(&address).await?;
        assert!(!phone.has("img[src*='/pass/']").await?, "{address}");
        assert!(phone.code_on_the_screen().await.is_err(), "{address}");
    }
    Ok(())
}
