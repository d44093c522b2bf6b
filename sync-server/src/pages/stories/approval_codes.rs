//! A host whose text message holds no link: the code is typed, the visit is there, and the decision ends it.

use axum::http::Method;

use super::*;
use crate::store::LinkToken;

/// With text messages as the sample's example has them, but for the fixed link.
fn with_codes() -> Config {
    let sample = include_str!("../../../sync-server.sample.toml");
    let example: String = sample
        .lines()
        .filter_map(|line| line.strip_prefix("#:"))
        .map(|line| format!("{}\n", line.trim_start()))
        .collect();
    let fixed = example
        .replace("\"reason\", \"token\"", "\"reason\", \"approval_code\"")
        .replace("/d/${token}审核", "/a输入审核码${code}");
    Config::parse(&fixed).unwrap()
}

async fn code(office: &Office) -> String {
    let links = office.links().await;
    let token = links.first().and_then(|link| link.strip_prefix("/decide/")).unwrap();
    LinkToken::parse(token).unwrap().approval_code().text()
}

#[tokio::test]
async fn a_typed_code_leads_to_the_visit_and_dies_with_the_decision() {
    let office = Office::with(with_codes()).await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    visitor.book(&office, &[]).await.location();
    let code = code(&office).await;
    let typed = format!(" {} {}", code[..4].to_lowercase(), &code[4..]);
    let mut host = Browser::default();
    let page = host.get(&office, "/a").await;
    assert!(page.text().contains("<h1>审核来访</h1>") && page.text().contains("action=\"/a\""));
    assert!(host.get(&office, "/a?lang=en").await.text().contains("Approval code"));
    host.get(&office, "/a?lang=zh").await;
    let link = host.post(&office, "/a", &[("code", &typed)]).await.location().to_owned();
    assert!(!office.links().await.contains(&link), "it is a link of its own");
    let review = host.get(&office, &link).await;
    assert!(review.text().contains("请审核来访") && review.text().contains("欧阳𬭎䶮"));
    // In few characters it is the same page.
    let short = link.replace("/decide/", "/d/");
    assert!(host.get(&office, &short).await.text().contains("请审核来访"));
    let fields = [("form_token", review.form_token()), ("choice", "approve".to_owned()), ("revision", "1".to_owned())];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(host.post(&office, &short, &fields).await.location(), link);

    let dead = host.post(&office, "/a", &[("code", &code)]).await;
    let wrong = host.post(&office, "/a", &[("code", "7777 7777")]).await;
    assert_eq!((dead.status, wrong.status), (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::UNPROCESSABLE_ENTITY));
    assert_eq!(dead.without_nonce().replace(&code, ""), wrong.without_nonce().replace("7777 7777", ""));
    let mut signed_in = Browser::signed_in(&office, HOST).await;
    let known = signed_in.post(&office, "/a", &[("code", &code)]).await.location().to_owned();
    assert!(signed_in.get(&office, &known).await.text().contains("您已于 11月23日 08:00 通过短信链接同意来访"));
    let unlike = host.post(&office, "/a", &[("code", "审核码")]).await;
    assert!(unlike.text().contains("审核码是 8 位字母和数字"));
}

#[tokio::test]
async fn after_too_many_wrong_codes_none_is_looked_at_for_a_while() {
    let mut config = with_codes();
    config.notify.approval_code.wrong_per_address_hour = 3;
    let office = Office::with(config).await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    visitor.book(&office, &[]).await.location();
    let code = code(&office).await;
    let mut guesser = Browser::default();
    for guess in ["00000001", "00000002", "00000003"] {
        assert_eq!(guesser.post(&office, "/a", &[("code", guess)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let held = guesser.post(&office, "/a", &[("code", &code)]).await;
    assert_eq!(held.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(held.text().contains("60 分钟后再试"));
    let mut host = Browser::signed_in(&office, HOST).await;
    assert!(host.post(&office, "/a", &[("code", &code)]).await.location().starts_with("/decide/"), "it is the host's");
    office.clock.advance(TimeDelta::hours(1));
    assert!(guesser.post(&office, "/a", &[("code", &code)]).await.location().starts_with("/decide/"));
}

#[tokio::test]
async fn the_pass_is_there_in_few_characters_too_with_its_picture() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let mut host = Browser::signed_in(&office, HOST).await;
    let address = visitor.book(&office, &[]).await.location().to_owned();
    let token = host.get(&office, &address).await.form_token();
    let approve = [("form_token", token.as_str()), ("choice", "approve"), ("revision", "1")];
    host.post(&office, &format!("{address}/decide"), &approve).await.location();
    let pass = visitor.get(&office, &address).await.after("<a href=\"/pass/").to_owned();
    assert_eq!(pass.len(), 32, "it fits a template's variable");
    for (long, short) in
        [(format!("/pass/{pass}"), format!("/p/{pass}")), (format!("/pass/{pass}.png"), format!("/p/{pass}.png"))]
    {
        let (long, short) = (host.get(&office, &long).await, host.get(&office, &short).await);
        assert_eq!((long.status, short.status), (StatusCode::OK, StatusCode::OK));
        if long.headers[header::CONTENT_TYPE] == "image/png" {
            assert_eq!(long.body, short.body);
        }
    }
    let head = Request::builder().method(Method::HEAD).uri(format!("/p/{pass}"));
    assert_eq!(host.send(&office, head, Body::empty()).await.status, StatusCode::OK);
}
