//! Every page, by day and by night, on a phone and at a desk, as the rules of access read it.

use browsing::{
    axe,
    browser::Browser,
    device::Device,
    eyes::Theme,
    sights::{Sight, Sights},
    town::Town,
};
use world::Trouble;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_in_anybodys_way_on_a_phone() -> Result<(), Trouble> {
    nothing_is_in_anybodys_way(Device::phone()).await
}

/// In the other language, whose words are longer.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_in_anybodys_way_at_a_desk() -> Result<(), Trouble> {
    nothing_is_in_anybodys_way(Device::desktop().speaking("en-GB,en")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_in_an_elders_way() -> Result<(), Trouble> {
    let town = Town::apart().await?;
    let phone = Browser::open(&town, Device::phone()).await?;
    phone.goes_to("/?elder=yes").await?;
    nothing_is_in_the_way_of(phone, town, &[Theme::Light]).await
}

async fn nothing_is_in_anybodys_way(device: Device) -> Result<(), Trouble> {
    let town = Town::apart().await?;
    let browser = Browser::open(&town, device).await?;
    nothing_is_in_the_way_of(browser, town, &Theme::BOTH).await
}

async fn nothing_is_in_the_way_of(browser: Browser, town: Town, themes: &[Theme]) -> Result<(), Trouble> {
    let sights = Sights::laid_out(town, &browser).await?;
    let mut found = Vec::new();
    let mut look = async |sight: &Sight| {
        for &theme in themes {
            browser.wears(theme).await?;
            let violations = axe::violations(&browser).await?;
            found.extend(violations.into_iter().map(|said| format!("{} ({}): {said}", sight.name, theme.name())));
        }
        let sideways = browser.runs(SIDEWAYS, serde_json::json!([])).await?;
        if sideways != serde_json::json!(true) {
            found.push(format!("{}: wider than the screen", sight.name));
        }
        Ok(())
    };
    sights.walked_past(&browser, &mut look).await?;
    sights.walked_past_tomorrow(&browser, &mut look).await?;
    assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

const SIDEWAYS: &str = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
