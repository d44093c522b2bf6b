//! What a page weighs with all that it loads, and that it loads nothing from anywhere else.
//!
//! The browser's own record of requests says what was loaded. What the server sends packed counts as it is sent; what it sends
//! plain counts as gzip would make it, because pages that carry secrets are left unpacked on purpose.

use std::{cell::RefCell, collections::BTreeSet, io::Write as _};

use browsing::{
    browser::Browser,
    device::Device,
    sights::{Sight, Sights},
    town::Town,
};
use flate2::{Compression, write::GzEncoder};
use reqwest::{Client, header};
use serde_json::json;
use world::Trouble;

const MOST_BYTES: usize = 30 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_with_all_it_loads_is_light_and_asks_nobody_else() -> Result<(), Trouble> {
    let town = Town::apart().await?;
    let phones = Browser::two(&town, Device::phone()).await?;
    let sights = Sights::laid_out(town).await?;
    let site = format!("{}/", sights.town.campus.url);
    let http = Client::builder().no_proxy().build()?;
    for phone in &phones {
        phone.keeps_nothing().await?;
        phone.asked_for().await?;
    }
    let weighed = RefCell::new(Vec::new());
    let look = async |phone: &Browser, sight: &Sight| {
        let asked = phone.asked_for().await?;
        if let Some(foreign) = asked.iter().find(|asked| !asked.url.starts_with(&site)) {
            return Err(Trouble::NotHeld(format!("nobody else is asked: {foreign:?}")));
        }
        let page = phone.runs("return document.documentElement.outerHTML", json!([])).await?;
        let mut bytes = packed(page.as_str().unwrap_or_default().as_bytes())?;
        let beside: BTreeSet<&str> =
            asked.iter().filter(|asked| asked.kind != "Document").map(|asked| asked.url.as_str()).collect();
        assert!(beside.iter().any(|url| url.ends_with(".css")), "{}: {beside:?}", sight.name);
        for url in beside {
            bytes += weight(&http, url).await?;
        }
        weighed.borrow_mut().push((bytes, sight.name));
        Ok(())
    };
    sights.walked_past(&phones, &look).await?;
    sights.walked_past_tomorrow(&phones, &look).await?;
    let mut weighed = weighed.into_inner();
    weighed.sort_unstable();
    println!("bytes, heaviest last: {weighed:?}");
    let (bytes, name) = *weighed.last().unwrap();
    assert!(bytes <= MOST_BYTES, "{name} weighs {bytes} bytes of {MOST_BYTES}");
    Ok(())
}

async fn weight(http: &Client, url: &str) -> Result<usize, Trouble> {
    let answer = http.get(url).header(header::ACCEPT_ENCODING, "gzip").send().await?.error_for_status()?;
    let says = |name, what: &[u8]| answer.headers().get(name).is_some_and(|value| value.as_bytes() == what);
    let as_it_is = says(header::CONTENT_ENCODING, b"gzip") || says(header::CONTENT_TYPE, b"image/png");
    let text = url.ends_with(".css") || url.ends_with(".js");
    assert!(as_it_is || !text, "{url} is sent packed");
    let bytes = answer.bytes().await?;
    if as_it_is { Ok(bytes.len()) } else { packed(&bytes) }
}

fn packed(bytes: &[u8]) -> Result<usize, Trouble> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes)?;
    Ok(packed.finish()?.len())
}
