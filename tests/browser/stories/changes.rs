//! A booking is changed, before and after the host's word; asked for again; and begun without being sent.

use browsing::{
    booked::{Booked, approved_on_a_phone, asked_on_a_phone},
    browser::Browser,
    form::visit,
    town::Town,
};
use shared::verdict::Verdict;
use world::{
    Trouble,
    terminal::{Terminal, shown},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_host_does_not_approve_what_was_changed_meanwhile() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let Booked { phone, notices: [sms, ..], .. } = Booked::with_a_host(&town).await?;
    let hosts_phone = asked_on_a_phone(&town, &sms).await?;
    hosts_phone.sees("学术交流").await?;

    phone.presses("修改预约").await?;
    assert_eq!(phone.value_of("plate").await?, "陕AD12345", "it opens as it was sent");
    phone.types("reason", "安装设备").await?;
    phone.agrees().await?;
    phone.sends_the_form_of("privacy").await?;
    phone.sees("安装设备").await?;
    assert_eq!(phone.standing().await?, "waiting");

    hosts_phone.presses("同意来访").await?;
    hosts_phone.sees("访客刚修改了预约").await?;
    hosts_phone.sees("安装设备").await?;
    phone.reloads().await?;
    assert_eq!(phone.standing().await?, "waiting", "nobody has agreed to what they did not see");
    hosts_phone.approves().await?;
    phone.sees("已通过").await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_plate_is_at_once_the_gates_and_another_day_is_asked_for() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let Booked { visitor, phone, address, notices: [_, hall, _], .. } = Booked::with_a_host(&town).await?;
    let hosts_phone = approved_on_a_phone(&town, &hall).await?;
    phone.sees("已通过").await?;

    phone.presses("修改预约").await?;
    phone.types("plate", "陕AD54321").await?;
    phone.agrees().await?;
    phone.sends_the_form_of("privacy").await?;
    phone.sees("陕AD54321").await?;
    assert_eq!(phone.standing().await?, "approved", "a plate needs no second word");
    let code = phone.opens_the_pass().await?;
    let mut north = Terminal::enrolled(&town.campus, 2).await?;
    north.sync().await;
    let view = north.show(&code);
    assert_eq!(shown(&view).verdict, Verdict::Admit);
    assert_eq!(shown(&view).subject.record.as_ref().unwrap().plates, ["陕AD54321"]);

    phone.goes_to(&address).await?;
    phone.presses("修改预约").await?;
    phone.types("day", "2026-11-24").await?;
    phone.agrees().await?;
    phone.sends_the_form_of("privacy").await?;
    phone.sees("等待审核").await?;
    assert_ne!(phone.address().await?, address, "it waits beside the old one");
    let [sms, ..] = town.asked(&visitor).await?;
    hosts_phone.follows(&sms).await?;
    hosts_phone.sees("11月24日").await?;
    phone.goes_to(&address).await?;
    phone.sees("通过之前这份预约仍然有效").await?;
    hosts_phone.approves().await?;
    phone.reloads().await?;
    phone.sees("已由修改后的预约代替").await?;
    assert!(!phone.has("img[src*='/pass/']").await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_booking_is_booked_again_with_a_day_and_a_tick() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let Booked { visitor, phone, address, .. } = Booked::with_a_host(&town).await?;
    phone.presses("再次预约").await?;
    assert_eq!(phone.value_of("visitor_name").await?, visitor.name);
    assert_eq!(phone.value_of("document_number").await?, visitor.number);
    assert_eq!(phone.value_of("plate").await?, "陕AD12345");
    assert_eq!(phone.value_of("day").await?, "");
    phone.sends_the_form_of("privacy").await?;
    phone.is_told_at("day", "请填写").await?;
    phone.is_told_at("privacy", "请阅读告知").await?;
    phone.types("day", "2026-11-25").await?;
    phone.agrees().await?;
    phone.sends_the_form_of("privacy").await?;
    phone.sees("等待审核").await?;
    phone.sees("11月25日").await?;
    assert_ne!(phone.address().await?, address);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_on_the_phone_is_sent_from_the_desk() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let (visitor, host) = (town.visitor()?, town.host()?);
    let phone = Browser::phone_of(&town, &visitor).await?;
    phone.goes_to("/book").await?;
    phone.types("visitor_name", &visitor.name).await?;
    phone.types("reason", "学术交流").await?;
    phone.presses("先存草稿").await?;
    phone.sees("草稿").await?;

    let desk = Browser::desk_of(&town, &visitor).await?;
    desk.goes_to("/book").await?;
    desk.sees("草稿").await?;
    assert_eq!(desk.value_of("reason").await?, "学术交流");
    desk.fills_in(&visit(&visitor, &host)).await?;
    desk.sends_the_form_of("privacy").await?;
    desk.sees("等待审核").await?;
    phone.goes_to("/book").await?;
    phone.does_not_see("草稿：").await?;
    assert_eq!(phone.value_of("reason").await?, "", "sent is sent");
    Ok(())
}
