//! Every page, by day and by night, on a phone and at a desk, as the rules of access read it.

use std::cell::RefCell;

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
    let phones = Browser::two(&town, Device::phone()).await?;
    for phone in &phones {
        phone.goes_to("/?elder=yes").await?;
    }
    nothing_is_in_the_way_of(phones, town, &[Theme::Light]).await
}

async fn nothing_is_in_anybodys_way(device: Device) -> Result<(), Trouble> {
    let town = Town::apart().await?;
    let browsers = Browser::two(&town, device).await?;
    nothing_is_in_the_way_of(browsers, town, &Theme::BOTH).await
}

async fn nothing_is_in_the_way_of(browsers: [Browser; 2], town: Town, themes: &[Theme]) -> Result<(), Trouble> {
    let sights = Sights::laid_out(town).await?;
    let found = RefCell::new(Vec::new());
    let note = |said: String| found.borrow_mut().push(said);
    let look = async |browser: &Browser, sight: &Sight| {
        for &theme in themes {
            browser.wears(theme).await?;
            for said in axe::violations(browser).await? {
                note(format!("{} ({}): {said}", sight.name, theme.name()));
            }
        }
        let sideways = browser.runs(SIDEWAYS, serde_json::json!([])).await?;
        if sideways != serde_json::json!(true) {
            note(format!("{}: wider than the screen", sight.name));
        }
        Ok(())
    };
    sights.walked_past(&browsers, &look).await?;
    sights.walked_past_tomorrow(&browsers, &look).await?;
    let found = found.into_inner();
    assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

const SIDEWAYS: &str = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
