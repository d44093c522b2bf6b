//! What is kept about a visitor, for themselves: to see, to take along, and to have erased, at the gates as well.

use std::{fs, time::Duration};

use browsing::{
    browser::Browser,
    town::{Town, form},
};
use chrono::TimeDelta;
use serde_json::Value;
use shared::verdict::{RefuseReason, Verdict};
use world::{
    Trouble,
    campus::today,
    mailbox::Notice,
    person::Person,
    terminal::{Terminal, shown},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_shown_taken_along_and_erased_down_to_the_gate() -> Result<(), Trouble> {
    // Whose clock is turned.
    let town = Town::apart().await?;
    let (visitor, host) = (town.visitor()?, town.host()?);
    let tomorrow = today().plus_days(1).to_string();
    let person = town.person(&visitor).await?;
    let booking = person.booked(&form(&visitor, &host).with("day", tomorrow)).await?;
    let [sms, ..] = town.asked(&visitor).await?;
    Person::new(&town.campus.url)?.decide(&sms, "approve").await?;
    let phone = Browser::phone_of(&town, &visitor).await?;
    phone.goes_to(&booking).await?;
    let code = phone.opens_the_pass().await?;
    let mut south = Terminal::enrolled(&town.campus, 0).await?;
    south.sync().await;
    let early = |verdict: &Verdict| matches!(verdict, Verdict::Refuse(RefuseReason::Early { .. }));
    assert!(early(&shown(&south.show(&code)).verdict), "the pass is known here, and for tomorrow");

    phone.goes_to("/bookings").await?;
    phone.presses("我的数据").await?;
    phone.presses("已通过").await?;
    for kept in [visitor.name.as_str(), &visitor.phone[7..], &visitor.number[14..], "学术交流", "加密保存中"] {
        phone.sees(kept).await?;
    }
    for masked in [&visitor.phone, &visitor.number] {
        phone.does_not_see(masked).await?;
    }
    let file = taken_along(&phone).await?;
    assert!(!file.contains(&visitor.number), "a whole number is nowhere but in its own form");
    let file: Value = serde_json::from_str(&file)?;
    assert_eq!(file["phone"], *visitor.phone);
    let [mine] = file["bookings"].as_array().unwrap().as_slice() else { panic!("{file}") };
    for (field, value) in [
        ("visitor", visitor.name.as_str()),
        ("document_last_four", &visitor.number[14..]),
        ("host", &host.name),
        ("day", "2026-11-24"),
        ("standing", "approved"),
    ] {
        assert_eq!(mine[field], value, "{file}");
    }

    phone.presses_on("form button.danger").await?;
    phone.sees("请先勾选").await?;
    assert_eq!(person.get(&booking).await?.standing(), Some("approved"));
    phone.presses_on("#sure").await?;
    phone.presses_on("form button.danger").await?;
    phone.sees("您的数据已删除").await?;
    phone.goes_to(&booking).await?;
    phone.sees("获取验证码").await?;
    phone.is_held_by(Some(&town.session_of(&visitor).await?)).await?;
    phone.goes_to(&booking).await?;
    phone.sees("没有这个页面").await?;
    phone.goes_to("/my-data").await?;
    phone.does_not_see(&visitor.name).await?;
    let told = |notice: &Notice| notice.to == host.phone && notice.text.contains("已取消");
    town.campus.mailbox.take("the host's notice", told).await?;

    town.campus.later(TimeDelta::days(1));
    south.sync().await;
    assert_eq!(shown(&south.show(&code)).verdict, Verdict::Refuse(RefuseReason::Revoked));
    Ok(())
}

/// The file that the page hands out.
async fn taken_along(phone: &Browser) -> Result<String, Trouble> {
    let room = tempfile::tempdir()?;
    phone.keeps_files_in(room.path()).await?;
    phone.presses("下载（JSON）").await?;
    let file = room.path().join("my-data.json");
    for _ in 0..200 {
        if file.is_file() {
            return Ok(fs::read_to_string(&file)?);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(Trouble::Waited(format!("{}", file.display())))
}
