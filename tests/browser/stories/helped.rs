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
async fn what_was_typed_is_there_after_a_switch_and_after_leaving() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let phone = Browser::phone_of(&town, &town.visitor()?).await?;
    phone.goes_to("/book").await?;
    phone.types("reason", "谈到一半").await?;
    phone.presses("English").await?;
    phone.sees("Book a visit").await?;
    assert_eq!(phone.value_of("reason").await?, "谈到一半");
    phone.types("visitor_name", "欧阳娜").await?;
    phone.goes_to("/").await?;
    phone
        .until("the form to be kept", async || {
            phone.goes_to("/book").await?;
            Ok(phone.value_of("visitor_name").await? == "欧阳娜" && phone.value_of("reason").await? == "谈到一半")
        })
        .await
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
    let left = async || {
        let label = phone.runs("return document.querySelector('button[data-wait]').textContent", json!([])).await?;
        let digits: String = label.as_str().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
        digits.parse::<u32>().map_err(|_| Trouble::NotHeld(format!("{label} counts nothing")))
    };
    let before = left().await?;
    phone.until("the number falls", async || Ok(left().await? < before)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_fills_the_screen_is_read_from_it() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let Booked { phone, notices: [sms, ..], .. } = Booked::with_a_host(&town).await?;
    approved_on_a_phone(&town, &sms).await?;
    phone.sees("已通过").await?;
    let plain = phone.opens_the_pass().await?;
    let width = async || {
        let width = "return document.querySelector(\"img[src*='/pass/']\").getBoundingClientRect().width";
        Ok::<_, Trouble>(phone.runs(width, json!([])).await?.as_f64().unwrap_or_default())
    };
    let before = width().await?;
    phone.presses("放大二维码").await?;
    let larger = width().await?;
    assert!(larger > before, "{larger} after {before}");
    assert_eq!(phone.code_on_the_screen().await?, plain);
    // At night as by day: black on white.
    phone.wears(browsing::eyes::Theme::Dark).await?;
    assert_eq!(phone.code_on_the_screen().await?, plain);
    phone.presses("关闭").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printed_slip_has_the_code_and_nothing_to_press() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let Booked { phone, notices: [sms, ..], .. } = Booked::with_a_host(&town).await?;
    approved_on_a_phone(&town, &sms).await?;
    phone.sees("已通过").await?;
    phone.opens_the_pass().await?;
    phone.is_printed().await?;
    for (what, is_seen) in [
        (".slip", true),
        ("img[src*='/pass/']", true),
        (".short", true),
        ("dl.facts", true),
        (".masthead", false),
        (".actions", false),
        ("footer", false),
    ] {
        let seen = "const one = document.querySelector(arguments[0]); return one !== null && one.checkVisibility()";
        assert_eq!(phone.runs(seen, json!([what])).await?, json!(is_seen), "{what}");
    }
    Ok(())
}
