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
use serde_json::json;
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
        let (own, _) = browser.screen.size();
        for (width, letters) in [(own, 100)].into_iter().chain(WIDTHS) {
            browser.is_as_wide_as(width).await?;
            if browser.runs(SIDEWAYS, json!([letters])).await? != json!(true) {
                note(format!("{}: wider than {width} px with letters of {letters} %", sight.name));
            }
        }
        browser.is_as_wide_as(own).await?;
        let small = browser.runs(SMALL, json!([])).await?;
        for small in small.as_array().into_iter().flatten() {
            note(format!("{}: no finger meets {small}", sight.name));
        }
        Ok(())
    };
    sights.walked_past(&browsers, &look).await?;
    sights.walked_past_tomorrow(&browsers, &look).await?;
    let found = found.into_inner();
    assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

/// The narrowest phone and the usual ones, with the largest letters of WeChat's settings besides; and a wide desk.
const WIDTHS: [(u32, u32); 8] =
    [(320, 100), (320, 200), (375, 130), (375, 160), (375, 200), (414, 100), (414, 200), (1440, 100)];

/// Letters grow with the root, as the browser's own setting has it, or all by themselves, as WeChat has it.
const SIDEWAYS: &str = "const root = document.documentElement;
    return ['fontSize', 'webkitTextSizeAdjust'].every((grows) => {
        root.style[grows] = arguments[0] === 100 ? '' : arguments[0] + '%';
        const fits = root.scrollWidth <= root.clientWidth;
        root.style[grows] = '';
        return fits;
    })";

/// What is pressed and stands alone has 44 px each way; a tick has its whole line, and a link in a sentence the sentence's height.
const SMALL: &str = "const alone = (link) => getComputedStyle(link).display !== 'inline'
        || link.parentElement.textContent.trim() === link.textContent.trim();
    const pressed = [...document.querySelectorAll('button, summary, select, textarea, input, a[href]')];
    return pressed.filter((one) => one.checkVisibility() && one.type !== 'hidden' && !one.matches('.skip') && (one.tagName !== 'A' || alone(one)))
        .map((one) => (['checkbox', 'radio'].includes(one.type) && one.closest('label')) || one)
        .filter((one) => { const {width, height} = one.getBoundingClientRect(); return width && Math.min(width, height) < 43.5; })
        .map((one) => one.outerHTML.slice(0, 120))";
