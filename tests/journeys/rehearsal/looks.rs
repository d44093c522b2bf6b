//! Previews of links and scanners of mail look at everything and decide nothing, whatever they ask for and how often.

use reqwest::Method;
use world::Trouble;

use super::town::Town;

#[tokio::test(flavor = "multi_thread")]
async fn head_twenty_gets_and_options_on_every_link_approve_nothing() -> Result<(), Trouble> {
    let town = Town::usual().await?;
    let asked = town.asked().await?;
    let scanner = town.host()?;
    let mut links = vec!["/a".to_owned()];
    for notice in asked.all() {
        links.push(scanner.path_of(notice)?.split('#').next().unwrap_or_default().to_owned());
    }
    assert!(links.iter().any(|link| link.starts_with("/d/")) && links.iter().any(|link| link.starts_with("/decide/")));
    for link in &links {
        let at = format!("{}{link}", town.campus.url);
        for (method, times, well) in [(Method::HEAD, 2, true), (Method::GET, 20, true), (Method::OPTIONS, 2, false)] {
            for _ in 0..times {
                let status = scanner.http().request(method.clone(), &at).send().await?.status();
                assert_eq!(status.is_success(), well, "{method} {link}: {status}");
            }
        }
        // One that guesses at the form, and one that repeats the address with what a form would say.
        for body in ["choice=approve", ""] {
            let guess = scanner.http().post(&at).header("content-type", "application/x-www-form-urlencoded");
            let status = guess.body(body).send().await?.status();
            assert!(status.is_client_error(), "POST {link} {body}: {status}");
        }
        assert!(scanner.get(&format!("{link}?choice=approve")).await?.status == 200);
    }
    assert_eq!(town.visitor.get(&asked.booking).await?.standing(), Some("waiting"));
    town.all_quiet().await?;
    assert_eq!(town.texts("已通过审核").len(), 0);
    assert!(town.by("hall")[0].state == "待办" && town.by("wecom")[0].state == "delivered");
    // And the links are as good as before.
    assert_eq!(town.host()?.decide(&asked.sms, "approve").await?.status, 303);
    Ok(())
}
