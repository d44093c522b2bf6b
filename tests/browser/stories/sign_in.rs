//! Signing in: the code, its limits and their messages, and being remembered.

use browsing::{
    browser::{Browser, Remember},
    device::Device,
    town::{Known, Town},
};
use world::Trouble;

const DAY_S: u64 = 24 * 3600;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_to_be_remembered_is_for_a_month_and_others_until_the_browser_closes() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let phone = Browser::open(&town, Device::phone()).await?;
    phone.signs_in(&town, &town.visitor()?, Remember::Me).await?;
    let cookie = phone.cookie("session").await?.unwrap();
    let until = cookie["expiry"].as_u64().unwrap();
    let now = phone.runs("return Math.floor(Date.now() / 1000)", serde_json::json!([])).await?.as_u64().unwrap();
    assert!((29 * DAY_S..=30 * DAY_S).contains(&(until - now)), "{cookie}");
    assert_eq!(cookie["httpOnly"], true);

    let desk = Browser::open(&town, Device::desktop()).await?;
    desk.signs_in(&town, &town.visitor()?, Remember::NotHere).await?;
    assert!(desk.cookie("session").await?.unwrap().get("expiry").is_none());
    desk.goes_to("/bookings").await?;
    desk.presses("退出登录").await?;
    desk.sees("来校访问，请先预约").await?;
    desk.goes_to("/bookings").await?;
    desk.sees("获取验证码").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_number_or_a_code_is_said_at_it() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let Known { phone: number, .. } = town.visitor()?;
    let phone = Browser::open(&town, Device::phone()).await?;
    phone.goes_to("/sign-in").await?;
    for (typed, said) in [
        ("", "请填写手机号"),
        ("1380000", "大陆手机号是 11 位，现在填了 7 位"),
        ("12800000001", "请填写大陆手机号"),
        ("138abc00001", "手机号里不能有「a」"),
        ("+85291234567", "请由被访人为您代办预约"),
    ] {
        phone.types("phone", typed).await?;
        phone.sends_the_form_of("phone").await?;
        phone.is_told_at("phone", said).await?;
        assert_eq!(phone.value_of("phone").await?, typed, "what was typed is kept");
    }
    phone.types("phone", &number).await?;
    phone.sends_the_form_of("phone").await?;
    let code = town.code(&number).await?;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for (typed, said) in [("12", "验证码是 6 位数字"), (wrong, "还可以再试 4 次")] {
        phone.types("code", typed).await?;
        phone.sends_the_form_of("code").await?;
        phone.is_told_at("code", said).await?;
    }
    // Another browser knows the number and even the code, and that is not enough.
    let thief = Browser::open(&town, Device::desktop()).await?;
    thief.goes_to("/sign-in").await?;
    thief.types("phone", &number).await?;
    thief.sends_the_form_of("phone").await?;
    thief.is_told_at("phone", "刚刚发送过").await?;
    phone.types("code", &code).await?;
    phone.sends_the_form_of("code").await?;
    phone.sees("您还没有预约").await
}
