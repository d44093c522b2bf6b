//! The empty form that is laid out once a day: letter by letter what would have been drawn for the one who asks, and nothing of anybody
//! who asked before.

use super::*;

/// The same page drawn for this one request: an address that asks something has no layout.
async fn drawn(office: &Office, browser: &mut Browser) -> String {
    let page = browser.get(office, "/book?laid=out").await;
    alike(&page).replace("?laid=out&amp;", "?").replace("?laid=out&#38;", "?")
}

/// But for what no two answers share.
fn alike(page: &Answer) -> String {
    page.without_nonce().replace(page.after("name=\"form_id\" value=\""), "").replace(&page.form_token(), "")
}

#[tokio::test]
async fn the_empty_form_is_the_one_that_would_be_drawn_for_everybody_and_every_day() {
    let office = Office::new().await;
    let phones = [VISITOR, "13800130003"];
    let mut visitors = [Browser::signed_in(&office, phones[0]).await, Browser::signed_in(&office, phones[1]).await];
    for day in ["2026-11-23", "2026-11-24"] {
        for lang in ["zh", "en"] {
            let mut seen = std::collections::HashSet::new();
            for (visitor, phone) in visitors.iter_mut().zip(phones) {
                visitor.cookies.insert("lang".to_owned(), lang.to_owned());
                let session_s = visitor.get(&office, "/book?laid=out").await.form_token();
                for _ in 0..2 {
                    let page = visitor.get(&office, "/book").await;
                    assert_eq!(alike(&page), drawn(&office, visitor).await, "{lang} {phone}");
                    assert!(page.text().contains(&format!("min=\"{day}\"")) && page.text().contains(phone));
                    assert!(phones.iter().all(|other| *other == phone || !page.text().contains(other)));
                    assert_eq!(page.form_token(), session_s, "of their own session");
                    let nonce = page.after("nonce=\"").to_owned();
                    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
                    assert!(policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
                    assert!(seen.insert(nonce) && seen.insert(page.after("name=\"form_id\" value=\"").to_owned()));
                    assert_eq!(page.headers[header::REFERRER_POLICY], "same-origin");
                }
            }
        }
        office.clock.advance(TimeDelta::days(1));
    }
}
