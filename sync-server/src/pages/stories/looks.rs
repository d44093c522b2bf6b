//! How the pages are dressed and switched, and what they leave to the script.

use super::*;

/// Every kind of page that a visitor and a host meet, with a booking that waits.
async fn every_page(office: &Office) -> Vec<(String, Answer)> {
    let mut visitor = Browser::signed_in(office, VISITOR).await;
    let mut host = Browser::signed_in(office, HOST).await;
    let address = visitor.book(office, &[]).await.location().to_owned();
    let link = office.links().await.pop().unwrap();
    let mut pages = Vec::new();
    for path in ["/", "/sign-in", "/book", "/bookings", "/privacy", "/nowhere", &address, &link] {
        pages.push((path.to_owned(), visitor.get(office, path).await));
    }
    for path in ["/host/book", "/bookings", &address] {
        pages.push((format!("{path} (host)"), host.get(office, path).await));
    }
    pages.push(("/book refused".to_owned(), visitor.book(office, &[("reason", "")]).await));
    pages
}

async fn pass_of(office: &Office, visitor: &mut Browser) -> (String, String) {
    let address = visitor.book(office, &[]).await.location().to_owned();
    let mut host = Browser::signed_in(office, HOST).await;
    let token = host.get(office, &address).await.form_token();
    let approve = [("form_token", token.as_str()), ("choice", "approve"), ("revision", "1")];
    host.post(office, &format!("{address}/decide"), &approve).await.location();
    let pass = format!("/pass/{}", visitor.get(office, &address).await.after("<a href=\"/pass/"));
    (address, pass)
}

#[tokio::test]
async fn each_answer_has_a_nonce_of_its_own_and_nothing_else_runs() {
    let office = Office::new().await;
    let script = office.state.assets.script.address();
    let mut nonces = std::collections::BTreeSet::new();
    for (path, page) in every_page(&office).await {
        let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        let nonce = page.after("nonce=\"");
        assert!(policy.contains(&format!("script-src 'nonce-{nonce}'")) && nonce.len() >= 22, "{path}: {policy}");
        assert!(!policy.contains("unsafe") && policy.contains("base-uri 'none'"), "{path}: {policy}");
        assert!(nonces.insert(nonce.to_owned()), "{path}: a nonce twice");
        assert_eq!(page.text().matches("<script").count(), 1, "{path}");
        assert!(page.text().contains(&format!("<script src=\"{script}\" nonce=\"{nonce}\" defer></script>")), "{path}");
        for inline in [" style=", "<style", " onclick=", " onload=", "javascript:", "http://", "https://"] {
            assert!(!page.text().contains(inline), "{path}: {inline}");
        }
    }
}

#[tokio::test]
async fn the_elder_version_is_one_tap_away_on_every_page_and_is_remembered() {
    let office = Office::new().await;
    for (path, page) in every_page(&office).await {
        assert!(page.text().contains("?elder=yes\">长辈版</a>"), "{path}");
        assert!(!page.text().contains("data-elder"), "{path}");
    }
    let mut visitor = Browser::default();
    let page = visitor.get(&office, "/sign-in?next=/book&elder=yes").await;
    assert!(page.text().contains("<html lang=\"zh-CN\" data-elder>"));
    assert!(page.text().contains("href=\"?next=/book&#38;elder=no\">标准版</a>"), "{}", page.text());
    assert!(page.text().contains("href=\"?next=/book&#38;elder=yes&#38;lang=en\""), "{}", page.text());
    assert!(visitor.get(&office, "/nowhere").await.text().contains("data-elder"));
    visitor.get(&office, "/?lang=en").await;
    assert!(visitor.get(&office, "/").await.text().contains("<html lang=\"en\" data-elder>"));
    assert!(!visitor.get(&office, "/?elder=no").await.text().contains("data-elder"));
    assert!(!visitor.get(&office, "/").await.text().contains("data-elder"));
}

#[tokio::test]
async fn assets_are_kept_for_a_year_and_go_by_their_content() {
    let dir = tempfile::tempdir().unwrap();
    let seal = dir.path().join("seal.svg");
    std::fs::write(&seal, "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
    let university = crate::config::University { seal: Some(seal), ..crate::config::University::default() };
    let office = Office::with(Config { university, ..Config::default() }).await;
    let mut browser = Browser::default();
    let front = browser.get(&office, "/").await;
    let (sheet, seal) = (front.after("rel=\"stylesheet\" href=\""), front.after("class=\"seal\" src=\""));
    for (address, kind) in [
        (sheet, "text/css; charset=utf-8"),
        (front.after("<script src=\""), "text/javascript; charset=utf-8"),
        (seal, "image/svg+xml"),
    ] {
        let file = browser.get(&office, address).await;
        assert_eq!(file.status, StatusCode::OK, "{address}");
        assert_eq!(file.headers[header::CONTENT_TYPE], kind);
        assert_eq!(file.headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(file.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(!file.body.is_empty() && !file.headers.contains_key(header::SET_COOKIE));
    }
    let other = sheet.replace("site-", "site-A");
    for gone in ["/assets/site.css", "/assets/seal", "/assets/", "/assets/..%2Fsite.css", other.as_str()] {
        assert_eq!(browser.get(&office, gone).await.status, StatusCode::NOT_FOUND, "{gone}");
    }
}

#[tokio::test]
async fn the_button_for_another_code_knows_how_long_to_wait() {
    let office = Office::new().await;
    let mut visitor = Browser::default();
    visitor.post(&office, "/sign-in/code", &[("phone", VISITOR)]).await.location();
    assert_eq!(visitor.get(&office, "/sign-in").await.after("data-wait=\""), "60");
    office.clock.advance(TimeDelta::seconds(18));
    assert_eq!(visitor.get(&office, "/sign-in").await.after("data-wait=\""), "42");
    assert_eq!(visitor.post(&office, "/sign-in/code", &[("phone", VISITOR)]).await.after("data-wait=\""), "42");
    let wrong = visitor.post(&office, "/sign-in", &[("phone", VISITOR), ("code", "12")]).await;
    assert_eq!(wrong.after("data-wait=\""), "42");
    // Another browser that names the phone learns nothing of it.
    let mut stranger = visitor.clone();
    let forged = format!("{VISITOR}.{}", "A".repeat(43));
    stranger.cookies.insert("signing_in".to_owned(), forged);
    let page = stranger.get(&office, "/sign-in").await;
    assert!(page.text().contains("name=\"code\"") && !page.text().contains("data-wait"));
    office.clock.advance(TimeDelta::seconds(42));
    assert!(!visitor.get(&office, "/sign-in").await.text().contains("data-wait"));
}

#[tokio::test]
async fn foreign_numbers_sign_in_only_where_a_channel_reaches_them() {
    let sign_in = crate::config::SignIn { foreign: true, ..crate::config::SignIn::default() };
    let office = Office::with(Config { sign_in, ..Config::default() }).await;
    let mut visitor = Browser::default();
    assert!(visitor.get(&office, "/sign-in").await.text().contains("其他国家或地区的号码请以 + 和代码开头"));
    visitor.post(&office, "/sign-in/code", &[("phone", "+85291234567")]).await.location();
    let code = office.code_for("+85291234567").await;
    let fields = [("phone", "+85291234567"), ("code", code.as_str())];
    assert_eq!(visitor.post(&office, "/sign-in", &fields).await.location(), "/bookings");
    let address = visitor.book(&office, &[("phone", "+85291234567")]).await.location().to_owned();
    let mut host = Browser::signed_in(&office, HOST).await;
    let token = host.get(&office, &address).await.form_token();
    let approve = [("form_token", token.as_str()), ("choice", "approve"), ("revision", "1")];
    host.post(&office, &format!("{address}/decide"), &approve).await.location();
    assert!(office.notices().await.iter().any(|notice| notice.to == "+85291234567" && notice.text.contains("短码")));
    let usual = Office::new().await;
    let refused = Browser::default().post(&usual, "/sign-in/code", &[("phone", "+85291234567")]).await;
    assert!(refused.text().contains("请由被访人为您代办预约"));
}

#[tokio::test]
async fn a_waiting_booking_looks_again_by_itself_and_a_decided_one_no_more() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let mut host = Browser::signed_in(&office, HOST).await;
    let address = visitor.book(&office, &[]).await.location().to_owned();
    let page = visitor.get(&office, &address).await;
    assert!(page.text().contains("data-standing=\"waiting\" data-live=\""));
    let again = format!("<noscript><meta http-equiv=\"refresh\" content=\"20; url={address}\"></noscript>");
    assert!(page.text().contains(&again), "also where the page answers a form");
    for said in ["已提交", "通知被访人", "等待审核", "短信：等待发送"] {
        assert!(page.text().contains(said), "{said}");
    }
    let page = host.get(&office, &address).await;
    assert!(!page.text().contains("data-live") && !page.text().contains("refresh"), "a reason half typed stays");
    let token = page.form_token();
    host.post(
        &office,
        &format!("{address}/decide"),
        &[("form_token", &token), ("choice", "approve"), ("revision", "1")],
    )
    .await
    .location();
    let page = visitor.get(&office, &address).await;
    assert!(page.text().contains("data-standing=\"approved\">") && !page.text().contains("refresh"));
    assert!(page.text().contains("审核通过") && page.text().contains("通行码已生成"));
}

#[tokio::test]
async fn the_pass_shows_one_code_and_after_its_day_none() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let (_, pass) = pass_of(&office, &mut visitor).await;
    let page = visitor.get(&office, &pass).await;
    assert_eq!(page.text().matches(".png\"").count(), 1);
    for said in [
        "<p class=\"when\">11月23日 星期一</p>",
        "<p class=\"where\">长安校区</p>",
        "短码",
        "屏幕调亮",
        "href=\"#code\"",
        "李文 · 计算机学院",
    ] {
        assert!(page.text().contains(said), "{said}: {}", page.text());
    }
    assert_eq!(page.headers[header::REFERRER_POLICY], "no-referrer");
    office.clock.advance(TimeDelta::hours(16));
    let page = visitor.get(&office, &pass).await;
    assert!(page.text().contains("已过期") && !page.text().contains("短码") && !page.text().contains(".png"));
    assert!(!page.text().contains("已通过"), "{}", page.text());
    assert_eq!(visitor.get(&office, &format!("{pass}.png")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_pass_that_another_process_revokes_is_gone_with_the_very_next_look() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let (address, pass) = pass_of(&office, &mut visitor).await;
    for _ in 0..3 {
        assert!(visitor.get(&office, &address).await.text().contains(&pass));
    }
    // As `sync-server pass revoke` does beside the server: a store of its own on the same file.
    let data = &office.state.config.data_dir;
    let beside = crate::store::Store::open(&office.state.config.database(), crate::keys::load_identity(data).unwrap());
    let (target, now) = (address.strip_prefix("/bookings/").unwrap().parse().unwrap(), office.state.clock.now());
    let by = crate::office::RevokedBy::Officer { reason: crate::office::Reason::parse("遗失").unwrap() };
    let target = crate::store::Target::Booking(shared::ids::BookingId::new(target));
    beside.unwrap().revoke(target, by, now).await.unwrap();
    let page = visitor.get(&office, &address).await;
    assert!(page.text().contains("data-standing=\"revoked\"") && !page.text().contains(&pass), "{}", page.text());
    assert_eq!(visitor.get(&office, &format!("{pass}.png")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_pass_of_another_day_says_that_it_is_not_for_today() {
    let office = Office::new().await;
    let mut host = Browser::signed_in(&office, HOST).await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let address = visitor.book(&office, &[("day", "2026-11-24")]).await.location().to_owned();
    let token = host.get(&office, &address).await.form_token();
    let approve = [("form_token", token.as_str()), ("choice", "approve"), ("revision", "1")];
    host.post(&office, &format!("{address}/decide"), &approve).await.location();
    let pass = format!("/pass/{}", visitor.get(&office, &address).await.after("<a href=\"/pass/"));
    let early = visitor.get(&office, &pass).await;
    assert!(early.text().contains("不是今天：今天是 11月23日 星期一，11月24日 星期二 才能入校"), "{}", early.text());
    office.clock.advance(TimeDelta::days(1));
    let on_its_day = visitor.get(&office, &pass).await;
    assert!(!on_its_day.text().contains("不是今天"), "{}", on_its_day.text());
    assert_ne!(early.after("data-code=\""), on_its_day.after("data-code=\""), "an open page turns with the day");
}

#[tokio::test]
async fn an_office_s_number_is_dialled_by_a_tap() {
    let office = Office::new().await;
    let booking = &office.state.config.booking;
    let mut anybody = Browser::default();
    for path in ["/", "/elsewhere", "/privacy"] {
        let page = anybody.get(&office, path).await;
        let digits: String = booking.group_office.phone.chars().filter(char::is_ascii_digit).collect();
        let link = format!("<a class=\"alone\" href=\"tel:{digits}\">{}</a>", booking.group_office.phone);
        assert!(page.text().contains(&link), "{path}: no {link}");
    }
}

#[tokio::test]
async fn a_letter_in_a_passport_s_last_four_is_said_to_be_one() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let passport = [("document_kind", "passport"), ("document_number", "AB120C47")];
    let address = visitor.book(&office, &passport).await.location().to_owned();
    assert!(visitor.get(&office, &address).await.text().contains("后四位 0*47（* 是字母）"));
    let plain = visitor.book(&office, &[("reason", "另一次")]).await.location().to_owned();
    assert!(!visitor.get(&office, &plain).await.text().contains("是字母"));
}

#[tokio::test]
async fn who_is_waited_for_sees_that_first_and_no_button_that_asks_for_another_sign_in() {
    let office = Office::new().await;
    let mut host = Browser::signed_in(&office, HOST).await;
    let page = host.get(&office, "/bookings").await;
    let place = |said: &str| page.text().find(said).unwrap_or_else(|| panic!("{said}: {}", page.text()));
    assert!(place("等我审核") < place("href=\"/host/book\"") && place("href=\"/host/book\"") < place("href=\"/book\""));
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    assert!(visitor.get(&office, "/bookings").await.text().contains("<a class=\"button\" href=\"/book\">"));
}

#[tokio::test]
async fn paper_is_not_told_to_be_pressed() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let (_, pass) = pass_of(&office, &mut visitor).await;
    let page = visitor.get(&office, &pass).await;
    // Hints are not printed.
    assert!(page.text().contains("<p class=\"hint\">可以截图或长按保存图片"), "{}", page.text());
    assert_eq!(page.text().matches("长按").count(), 1);
}
