//! What a host does besides deciding on one visitor: invites, is stood in for, approves several at once, declines with one tap, and
//! learns who was here before.

use browsing::{
    booked::{Booked, approved_on_a_phone, asked_on_a_phone},
    browser::{Browser, Remember},
    device::Device,
    form::visit_on_behalf,
    town::{Town, form},
};
use serde_json::json;
use world::{Trouble, campus::today, person::Person, terminal::Terminal};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_invited_finds_the_host_filled_in() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let (visitor, host) = (town.visitor()?, town.host()?);
    let desk = Browser::desk_of(&town, &host).await?;
    desk.goes_to("/bookings").await?;
    desk.presses("邀请访客").await?;
    desk.presses("生成邀请链接").await?;
    desk.sees("有效期至 12月7日 星期一 08:00").await?;
    let link = desk.code_on_the_screen().await?;
    desk.sees(&link).await?;

    let phone = Browser::open(&town, Device::phone()).await?;
    phone.scans(&link).await?;
    assert!(phone.address().await?.starts_with("/sign-in?next=/invited/"), "a stranger is asked who they are");
    phone.sees(&format!("{}（", host.name)).await?;
    phone.sees("邀请您来访").await?;
    phone.enters(&town, &visitor, Remember::Me).await?;
    assert_eq!(phone.value_of("host_name").await?, host.name);
    assert!(!phone.has("main [name='host_number']").await?, "it is not the visitor's to know");
    phone.fills_in(&visit_on_behalf(&visitor)).await?;
    phone.sends_the_form_of("privacy").await?;
    phone.sees("等待审核").await?;
    phone.sees(&host.name).await?;
    let [sms, ..] = town.asked(&visitor).await?;
    assert_eq!(sms.to, host.phone, "an invitation is no approval");

    desk.presses("停用这个邀请").await?;
    desk.sees("生成邀请链接").await?;
    desk.does_not_see(&link).await?;
    phone.scans(&link).await?;
    phone.sees("这个邀请已失效").await?;
    assert_eq!(phone.value_of("host_number").await?, "");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deputy_decides_by_links_of_their_own_and_then_all_links_are_dead() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let (visitor, host, deputy) = (town.visitor()?, town.host()?, town.host()?);
    let desk = Browser::desk_of(&town, &host).await?;
    desk.goes_to("/bookings").await?;
    desk.presses("不在校时由谁代您审核…").await?;
    desk.types("deputy", &host.number).await?;
    desk.presses("确定代审核人").await?;
    desk.is_told_at("deputy", "请填写另一位教职工的工号").await?;
    desk.types("deputy", &deputy.number).await?;
    desk.presses("确定代审核人").await?;
    desk.sees(&deputy.name).await?;

    let booking = town.person(&visitor).await?.booked(&form(&visitor, &host)).await?;
    let hosts = town.asked_of(&host, &visitor).await?;
    let deputys = town.asked_of(&deputy, &visitor).await?;
    for notice in &deputys {
        assert!(notice.text.starts_with(&format!("【代 {} 审核】", host.name)), "{notice}");
    }
    let [hosts_sms, ..] = &hosts;
    let [_, hall, _] = &deputys;
    let hosts_phone = asked_on_a_phone(&town, hosts_sms).await?;
    hosts_phone.sees(&visitor.name).await?;
    approved_on_a_phone(&town, hall).await?;

    // The host's page was still open, and comes too late.
    hosts_phone.presses("同意来访").await?;
    hosts_phone.sees("不再需要审核").await?;
    for link in hosts.iter().chain(&deputys) {
        hosts_phone.follows(link).await?;
        let is_used = std::ptr::eq(link, hall);
        let who = if is_used {
            ["您已于", "已同意", "撤销"]
        } else {
            ["不再需要审核", &deputy.name, &deputy.number]
        };
        for said in who.into_iter().chain(["网办大厅"]) {
            hosts_phone.sees(said).await?;
        }
        assert!(!hosts_phone.has("main button").await?, "{link}");
    }
    let phone = Browser::phone_of(&town, &visitor).await?;
    phone.goes_to(&booking).await?;
    phone.sees("已通过").await?;
    phone.sees(&deputy.name).await?;

    desk.presses("不再由其代审核").await?;
    desk.sees("确定代审核人").await?;
    desk.does_not_see(&deputy.name).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_approved_at_once_the_one_changed_meanwhile_waits_on() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let host = town.host()?;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let visitor = town.visitor()?;
        let person = town.person(&visitor).await?;
        let booking = person.booked(&form(&visitor, &host)).await?;
        waiting.push((visitor, person, booking));
    }
    let desk = Browser::desk_of(&town, &host).await?;
    desk.goes_to("/bookings").await?;
    let [first, (changes, person, booking), third] = waiting.as_slice() else { panic!("{waiting:?}") };
    person.change(booking, &form(changes, &host).with("reason", "安装设备")).await?;
    for row in 0..3 {
        desk.fills("booking", row, "yes").await?;
    }
    desk.presses("同意勾选的来访").await?;
    desk.sees("已同意 2 份预约").await?;
    desk.sees("访客刚修改了预约，请打开核对").await?;
    for (visitor, person, booking) in [first, third] {
        desk.sees(&visitor.name).await?;
        assert_eq!(person.get(booking).await?.standing(), Some("approved"));
    }
    assert_eq!(person.get(booking).await?.standing(), Some("waiting"), "nobody has agreed to what they did not see");

    desk.presses(&changes.name).await?;
    desk.sees("安装设备").await?;
    desk.presses("同意来访").await?;
    desk.sees("已通过").await?;
    assert_eq!(person.get(booking).await?.standing(), Some("approved"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tap_declines_and_says_why() -> Result<(), Trouble> {
    const WHY: &str = "请先打电话联系我";
    let town = Town::shared().await?;
    let Booked { visitor, phone, notices: [sms, ..], .. } = Booked::with_a_host(&town).await?;
    let hosts_phone = asked_on_a_phone(&town, &sms).await?;
    // Who, when, why and the yes on the first screen; a reason is pressed only once the word before it was.
    let first_screen = "const [approve, reason] = ['approve', 'decline-1'].map((value) => document.querySelector(`button[value=${value}]`));
        return [approve.getBoundingClientRect().bottom <= innerHeight, reason.checkVisibility()]";
    assert_eq!(hosts_phone.runs(first_screen, json!([])).await?, json!([true, false]));
    hosts_phone.presses("谢绝来访…").await?;
    assert_eq!(hosts_phone.runs(first_screen, json!([])).await?, json!([true, true]));
    hosts_phone.presses(WHY).await?;
    hosts_phone.sees("已谢绝").await?;
    hosts_phone.sees(WHY).await?;

    // Nothing is pressed: it has come by itself, and by a message besides.
    phone.sees("未通过").await?;
    phone.sees(WHY).await?;
    let told = |notice: &world::mailbox::Notice| notice.to == visitor.phone && notice.text.contains(WHY);
    town.campus.mailbox.take("the reason", told).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_sees_who_was_here_before_and_whom_to_ask_about_but_not_why() -> Result<(), Trouble> {
    let town = Town::apart().await?;
    let Booked { visitor, host, phone, notices: [sms, ..], .. } = Booked::with_a_host(&town).await?;
    let hosts_phone = asked_on_a_phone(&town, &sms).await?;
    hosts_phone.does_not_see("此前来访您").await?;
    hosts_phone.approves().await?;
    phone.sees("已通过").await?;
    let code = phone.opens_the_pass().await?;
    let mut gate = Terminal::enrolled(&town.campus, 1).await?;
    gate.sync().await;
    gate.show(&code);
    gate.sync().await;

    let tomorrow = today().plus_days(1).to_string();
    let booking = town.person(&visitor).await?.booked(&form(&visitor, &host).with("day", tomorrow)).await?;
    let [sms, ..] = town.asked(&visitor).await?;
    hosts_phone.follows(&sms).await?;
    hosts_phone.sees("此前来访您").await?;
    hosts_phone.sees("1 次，最近 11月23日").await?;
    hosts_phone.does_not_see("保卫处").await?;

    let watched = town.visitor()?;
    town.is_watched(&watched, "寻衅滋事").await?;
    let anothers = town.person(&watched).await?.booked(&form(&watched, &host)).await?;
    let [sms, ..] = town.asked(&watched).await?;
    hosts_phone.follows(&sms).await?;
    hosts_phone.sees("审核前请先与保卫处联系").await?;
    for kept in ["寻衅滋事", "黑名单", "此前来访您"] {
        hosts_phone.does_not_see(kept).await?;
    }
    // Neither of them is told what the host is told.
    for (who, booking) in [(&visitor, &booking), (&watched, &anothers)] {
        phone.is_held_by(Some(&town.session_of(who).await?)).await?;
        phone.goes_to(booking).await?;
        phone.sees("等待审核").await?;
        phone.does_not_see("此前来访您").await?;
        phone.does_not_see("保卫处").await?;
    }
    Person::new(&town.campus.url)?.decide(&sms, "decline").await.map(drop)
}
