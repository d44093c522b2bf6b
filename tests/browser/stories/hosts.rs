//! A host at the desk: books for a visitor and hands the pass on, declines and says why.

use browsing::{
    booked::{Booked, asked_on_a_phone},
    browser::{Browser, Remember},
    device::Device,
    form::visit_on_behalf,
    town::Town,
};
use shared::verdict::Verdict;
use world::{
    Trouble,
    terminal::{Terminal, shown},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_host_books_for_a_visitor_who_needs_only_the_address() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let (visitor, host) = (town.visitor()?, town.host()?);
    let desk = Browser::open(&town, Device::desktop()).await?;
    desk.signs_in(&town, &host, Remember::NotHere).await?;
    desk.sees("等我审核").await?;
    desk.presses("为访客代办").await?;
    desk.fills_in(&visit_on_behalf(&visitor)).await?;
    desk.sends_the_form_of("privacy").await?;
    desk.sees("已通过").await?;

    let forwarded = town.told(&visitor.phone).await?;
    let drivers_phone = Browser::open(&town, Device::phone()).await?;
    drivers_phone.follows(&forwarded).await?;
    drivers_phone.sees(&visitor.name).await?;
    let code = drivers_phone.code_on_the_screen().await?;
    let mut east = Terminal::enrolled(&town.campus, 1).await?;
    east.sync().await;
    let view = east.show(&code);
    assert_eq!(shown(&view).verdict, Verdict::Admit);
    assert_eq!(shown(&view).subject.record.as_ref().unwrap().host.as_str(), host.name);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_visitor_reads_why_and_has_no_code() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let Booked { phone, address: booking, notices: [.., wecom], .. } = Booked::with_a_host(&town).await?;
    let hosts_phone = asked_on_a_phone(&town, &wecom).await?;
    hosts_phone.presses("谢绝来访…").await?;
    hosts_phone.types("reason", "见 www.example.com").await?;
    hosts_phone.presses_on("button[value='decline']").await?;
    hosts_phone.is_told_at("reason", "这里不能写网址").await?;
    hosts_phone.types("reason", "当天出差，请改约下周").await?;
    hosts_phone.presses_on("button[value='decline']").await?;
    hosts_phone.sees("已谢绝").await?;

    for address in [booking.as_str(), "/bookings"] {
        phone.goes_to(address).await?;
        phone.sees("未通过").await?;
        assert!(!phone.has("img[src*='/pass/']").await?, "{address}");
        assert!(phone.code_on_the_screen().await.is_err(), "{address}");
    }
    phone.goes_to(&booking).await?;
    phone.sees("当天出差，请改约下周").await
}

/// What waits for a signed-in host is decided without any link, and the link then says who was first.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_decides_from_the_list_and_the_links_die() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let Booked { visitor, host, address: booking, notices: [sms, ..], .. } = Booked::with_a_host(&town).await?;
    let desk = Browser::open(&town, Device::desktop()).await?;
    desk.signs_in(&town, &host, Remember::NotHere).await?;
    desk.presses(&visitor.name).await?;
    assert_eq!(desk.address().await?, booking);
    desk.presses("同意来访").await?;
    desk.sees("已通过").await?;

    let late = Browser::open(&town, Device::phone()).await?;
    late.follows(&sms).await?;
    for said in ["不再需要审核", &host.name, "本系统"] {
        late.sees(said).await?;
    }
    assert!(!late.has("main button").await?);
    Ok(())
}
