//! Links are opened by mail scanners, previews and impatient thumbs before their reader comes: nothing is decided by it.

use browsing::{booked::Booked, browser::Browser, device::Device, town::Town};
use reqwest::{Client, Method, redirect::Policy};
use world::Trouble;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_opens_a_link_decides_nothing() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let Booked { visitor, phone, notices: links, .. } = Booked::with_a_host(&town).await?;
    let machine = Client::builder().no_proxy().redirect(Policy::none()).build()?;
    for link in &links {
        let url = link.link.as_deref().unwrap_or_default();
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            for address in [url.to_owned(), format!("{url}?choice=approve"), format!("{url}?lang=en")] {
                machine.request(method.clone(), address).send().await?;
            }
        }
    }
    // A browser that runs every script on the page, and follows every link that stands on it.
    let scanner = Browser::open(&town, Device::desktop()).await?;
    for link in &links {
        scanner.follows(link).await?;
        scanner.sees(&visitor.name).await?;
        let script = "return [...document.links].map((link) => link.getAttribute('href'))";
        for found in scanner.runs(script, serde_json::json!([])).await?.as_array().into_iter().flatten() {
            if let Some(path) = found.as_str().filter(|path| path.starts_with('/')) {
                scanner.goes_to(path).await?;
            }
        }
    }
    phone.reloads().await?;
    assert_eq!(phone.standing().await?, "waiting");

    // And the links have not died of it.
    scanner.follows(&links[2]).await?;
    scanner.approves().await?;
    phone.reloads().await?;
    assert_eq!(phone.standing().await?, "approved");
    Ok(())
}
