//! Where the script runs it helps: plates by thumb, the next code by the second, a code that fills the screen.

use browsing::{
    booked::{Booked, approved_on_a_phone},
    browser::Browser,
    device::Device,
    town::Town,
};
use serde_json::json;
use world::Trouble;

#[tokio::test(flavor = "multi_thread")]
async fn a_plate_is_typed_by_thumb_on_its_own_keyboard() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let phone = Browser::phone_of(&town, &town.visitor()?).await?;
    phone.goes_to("/book").await?;
    phone.presses_on("#plate-1").await?;
    for key in ["陕", "A", "D", "1", "2", "3", "4", "6", "⌫", "5"] {
        phone.presses(key).await?;
    }
    assert_eq!(phone.value_of("plate").await?, "陕AD12345");
    phone.presses("9").await?;
    assert_eq!(phone.value_of("plate").await?, "陕AD12345", "eight places are enough for any plate");
    assert!(!phone.has(".plate-keys button[aria-label=I], .plate-keys button[aria-label=O]").await?);
    let keys = phone.runs(
        "return [...document.querySelectorAll('.plate-keys button')].map((key) => {
            const {width, height} = key.getBoundingClientRect(); return Math.min(width, height); })",
        json!([]),
    );
    let keys = keys.await?;
    let smallest = keys.as_array().into_iter().flatten().filter_map(serde_json::Value::as_f64).fold(f64::MAX, f64::min);
    assert!(smallest >= 24.0, "a thumb meets a key of {smallest}");
    phone.presses("完成").await?;
    assert!(!phone.has(".plate-keys").await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_button_for_the_next_code_counts_down() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let visitor = town.visitor()?;
    let phone = Browser::open(&town, Device::phone()).await?;
    phone.goes_to("/sign-in").await?;
    phone.types("phone", &visitor.phone).await?;
    phone.sends_the_form_of("phone").await?;
    town.code(&visitor.phone).await?;
    phone.sees("秒后").await?;
    assert!(phone.has("button[data-wait]:disabled").await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_fills_the_screen_is_read_from_it() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let Booked { phone, notices: [sms, ..], .. } = Booked::with_a_host(&town).await?;
    approved_on_a_phone(&town, &sms).await?;
    phone.sees("已通过").await?;
    let plain = phone.opens_the_pass().await?;
    phone.presses("放大二维码").await?;
    assert_eq!(phone.code_on_the_screen().await?, plain);
    // At night as by day: black on white.
    phone.wears(browsing::eyes::Theme::Dark).await?;
    assert_eq!(phone.code_on_the_screen().await?, plain);
    phone.presses("关闭").await
}
