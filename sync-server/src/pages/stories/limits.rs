//! What one person may do so often and no more, and what strangers may not do to others.

use super::*;
use crate::config::{BookingSettings, SignIn};

const UNKNOWN: [(&str, &str); 2] = [("host_number", "T2"), ("host_name", "李文")];

async fn office_with(booking: BookingSettings) -> Office {
    Office::with(Config { booking, ..Config::default() }).await
}

/// A page without what differs from one request to the next, and without what was typed as the host.
fn but_for_the_host(page: &Answer) -> String {
    let form_id = page.after("name=\"form_id\" value=\"");
    let text = page.without_nonce().replace(&page.form_token(), "").replace(form_id, "");
    ["T1", "T2", "李文"].iter().fold(text, |text, typed| text.replace(&format!("value=\"{typed}\""), "value=\"\""))
}

#[tokio::test]
async fn bookings_are_limited_and_the_answer_says_nothing_of_the_host_and_loses_nothing() {
    let office = office_with(BookingSettings { per_phone_day: 2, ..BookingSettings::default() }).await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    for _ in 0..2 {
        visitor.book(&office, &[]).await.location();
    }
    let page = visitor.book(&office, &[]).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.text().contains("预约次数太多，请 2026-11-24 08:00 后再提交。"), "{}", page.text());
    for kept in ["欧阳𬭎䶮", "11010519491231002X", "商谈合作", "李四", "京A·12345", "checked"] {
        assert!(page.text().contains(kept), "{kept}");
    }
    let unknown = visitor.book(&office, &UNKNOWN).await;
    assert_eq!(unknown.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(but_for_the_host(&unknown), but_for_the_host(&page));
    visitor.get(&office, "/?lang=en").await;
    let page = visitor.book(&office, &[]).await;
    assert!(page.text().contains("Too many bookings were made. Please send this again after 2026-11-24 08:00."));
    assert_eq!(office.links().await.len(), 6);
    office.clock.advance(TimeDelta::days(1));
    visitor.book(&office, &[]).await.location();
}

#[tokio::test]
async fn hosts_can_be_asked_for_in_vain_only_so_often() {
    let office = office_with(BookingSettings { unknown_hosts_per_phone_day: 2, ..BookingSettings::default() }).await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let page = visitor.book(&office, &UNKNOWN).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text().contains("没有找到相符的教职工"));
    // A form that is wrong elsewhere is told it too, and counts; behind the limit it is told the rest alone.
    for said in [true, false, false] {
        let page = visitor.book(&office, &[UNKNOWN[0], UNKNOWN[1], ("privacy", "")]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.text().contains("勾选同意"));
        assert_eq!(page.text().contains("没有找到相符的教职工"), said);
    }
    let unknown = visitor.book(&office, &UNKNOWN).await;
    let known = visitor.book(&office, &[]).await;
    for page in [&unknown, &known] {
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(
            page.text().contains("查找被访人失败的次数太多，2026-11-24 08:00 后再提交")
                && page.text().contains("邀请链接"),
            "{}",
            page.text()
        );
        assert!(page.text().contains("11010519491231002X"));
    }
    assert_eq!(but_for_the_host(&unknown), but_for_the_host(&known));
    assert!(office.links().await.is_empty());
    let mut other = Browser::signed_in(&office, "13800130002").await;
    other.book(&office, &[("phone", "13800130002")]).await.location();
}

#[tokio::test]
async fn a_host_s_bookings_for_visitors_have_a_limit_of_their_own() {
    let office = office_with(BookingSettings { on_behalf_per_phone_day: 1, ..BookingSettings::default() }).await;
    let mut host = Browser::signed_in(&office, HOST).await;
    host.book_on_behalf(&office).await.location();
    let page = host.book_on_behalf(&office).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.text().contains("预约次数太多") && page.text().contains("AB1234567"));
}

#[tokio::test]
async fn nobody_can_spend_or_use_another_s_code() {
    let office = Office::new().await;
    let mut visitor = Browser::default();
    visitor.post(&office, "/sign-in/code", &[("phone", VISITOR)]).await.location();
    let code = office.code_for(VISITOR).await;
    let mut stranger = Browser::default();
    let mut told = Vec::new();
    for typed in ["000000", "111111", "222222", "333333", "444444", "555555", &code] {
        let page = stranger.post(&office, "/sign-in", &[("phone", VISITOR), ("code", typed)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.text().contains("另一个浏览器中获取的"), "{}", page.text());
        told.push(page.without_nonce().replace(&format!("value=\"{typed}\""), ""));
    }
    let page = stranger.post(&office, "/sign-in", &[("phone", "13800139999"), ("code", "555555")]).await;
    let same = page
        .without_nonce()
        .replace("value=\"555555\"", "")
        .replace("13800139999", VISITOR)
        .replace("138****9999", "138****0001");
    assert!(told.iter().all(|told| *told == same), "whether a code is on its way is not told");
    // With a code and a secret of their own, for another phone, no more.
    stranger.post(&office, "/sign-in/code", &[("phone", "13800139999")]).await.location();
    let page = stranger.post(&office, "/sign-in", &[("phone", VISITOR), ("code", &code)]).await;
    assert!(page.text().contains("另一个浏览器中获取的"));
    let entered = visitor.post(&office, "/sign-in", &[("phone", VISITOR), ("code", &code)]).await;
    assert_eq!(entered.location(), "/bookings");
}

#[tokio::test]
async fn two_browsers_of_one_phone_sign_in_each_with_its_own_code() {
    let office = Office::new().await;
    let [mut laptop, mut phone] = [Browser::default(), Browser::default()];
    let mut codes = Vec::new();
    for browser in [&mut laptop, &mut phone] {
        browser.post(&office, "/sign-in/code", &[("phone", VISITOR)]).await.location();
        codes.push(office.code_for(VISITOR).await);
        office.clock.advance(TimeDelta::minutes(1));
    }
    for (browser, code) in [(&mut laptop, &codes[0]), (&mut phone, &codes[1])] {
        assert_eq!(
            browser.post(&office, "/sign-in", &[("phone", VISITOR), ("code", code)]).await.location(),
            "/bookings"
        );
    }
}

#[tokio::test]
async fn strangers_behind_the_same_address_lock_nobody_out() {
    let office = Office::new().await;
    let mut visitor = Browser::default();
    visitor.post(&office, "/sign-in/code", &[("phone", VISITOR)]).await.location();
    let code = office.code_for(VISITOR).await;
    let mut stranger = Browser::default();
    stranger.post(&office, "/sign-in/code", &[("phone", "13800139999")]).await.location();
    let wrong = if office.code_for("13800139999").await == "000000" { "000001" } else { "000000" };
    for browser in [&mut Browser::default(), &mut stranger] {
        for phone in ["13800139999", VISITOR] {
            for _ in 0..70 {
                let page = browser.post(&office, "/sign-in", &[("phone", phone), ("code", wrong)]).await;
                assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
            }
        }
    }
    let entered = visitor.post(&office, "/sign-in", &[("phone", VISITOR), ("code", &code)]).await;
    assert_eq!(entered.location(), "/bookings");
}

#[tokio::test]
async fn where_no_text_message_leaves_the_sign_in_page_says_so() {
    let office = Office::new().await;
    let state = office.state.with_texts(false);
    let office = Office { router: super::super::router(state), ..office };
    let mut browser = Browser::default();
    for lang in ["zh", "en"] {
        browser.get(&office, &format!("/?lang={lang}")).await;
        let shown = browser.get(&office, "/sign-in").await;
        let asked = browser.post(&office, "/sign-in/code", &[("phone", VISITOR)]).await;
        let typed = browser.post(&office, "/sign-in", &[("phone", VISITOR), ("code", "000000")]).await;
        for page in [&shown, &asked, &typed] {
            assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
            let said = match lang {
                "zh" => ["现在无法发送短信验证码", "请联系学校办公室，电话 029-8846-0000"],
                _ => ["nobody can sign in", "please contact the University Office, phone 029-8846-0000"],
            };
            assert!(said.iter().all(|said| page.text().contains(said)), "{}", page.text());
            assert!(!page.text().contains("/sign-in/code"));
        }
        assert!(!browser.cookies.contains_key("signing_in"));
    }
    assert!(office.notices().await.is_empty());
}

#[tokio::test]
async fn a_code_that_waits_is_taken_also_where_no_text_message_leaves_any_more() {
    let office = Office::new().await;
    let mut browser = Browser::default();
    browser.post(&office, "/sign-in/code", &[("phone", VISITOR)]).await.location();
    let code = office.code_for(VISITOR).await;
    let state = office.state.with_texts(false);
    let office = Office { router: super::super::router(state), ..office };
    let entered = browser.post(&office, "/sign-in", &[("phone", VISITOR), ("code", &code)]).await;
    assert_eq!(entered.location(), "/bookings");
}

#[tokio::test]
async fn who_has_asked_for_too_many_codes_is_told_when_the_next_may_be_sent() {
    let office = Office::new().await;
    let mut visitor = Browser::default();
    for _ in 0..3 {
        visitor.post(&office, "/sign-in/code", &[("phone", VISITOR)]).await.location();
        office.clock.advance(TimeDelta::minutes(2));
    }
    for (lang, said) in [("zh", "发送次数太多，请"), ("en", "Too many were sent; please try again")] {
        visitor.get(&office, &format!("/?lang={lang}")).await;
        let refused = visitor.post(&office, "/sign-in/code", &[("phone", VISITOR)]).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(refused.text().contains(said), "{}", refused.text());
    }
}

#[tokio::test]
async fn only_where_no_number_comes_from_abroad_the_field_says_so() {
    for foreign in [false, true] {
        let mut config = crate::config::Config::default();
        config.sign_in.foreign = foreign;
        let office = Office::with(config).await;
        let page = Browser::default().get(&office, "/sign-in").await;
        assert_eq!(page.text().contains(">+86</span>"), !foreign);
    }
}

#[tokio::test]
async fn where_codes_are_short_everybody_is_told_the_same_and_where_else_to_go() {
    let sign_in = crate::config::SignIn { per_hour: 10, ..crate::config::SignIn::default() };
    let office = Office::with(Config { sign_in, ..Config::default() }).await;
    let others = ["13800139997", "13800139998", "13800139999"];
    for phone in others {
        Browser::default().post(&office, "/sign-in/code", &[("phone", phone)]).await.location();
    }
    let mut told = Vec::new();
    for phone in [HOST, "13800138888"] {
        let mut browser = Browser::default();
        let to = browser.post(&office, "/sign-in/code", &[("phone", phone)]).await.location().to_owned();
        let page = browser.get(&office, &to).await;
        assert!(page.text().contains("可能收不到") && page.text().contains("到校门由门卫登记"), "{}", page.text());
        let masked = Phone::parse(phone).unwrap().masked();
        told.push((to, page.without_nonce().replace(phone, "").replace(&masked, "")));
    }
    assert_eq!(told[0], told[1]);
    let to_whom: Vec<_> = office.notices().await.into_iter().map(|notice| notice.to).collect();
    assert_eq!(to_whom, [others[0], others[1], others[2], HOST]);
    let mut stranger = Browser::default();
    for (lang, said) in [
        ("zh", "请直接到校门由门卫登记，或请被访人为您代办预约"),
        ("en", "go to the gate, where the guard can register you"),
    ] {
        stranger.get(&office, &format!("/?lang={lang}")).await;
        assert!(stranger.get(&office, "/sign-in").await.text().contains(said), "{lang}");
    }
}

#[tokio::test]
async fn strangers_who_ask_for_a_code_all_day_leave_the_owner_s_browser_its_own() {
    let office = Office::new().await;
    let mut owner = Browser::signed_in(&office, VISITOR).await;
    let mut stranger = Browser::default();
    for _ in 0..6 {
        office.clock.advance(TimeDelta::minutes(1));
        stranger.post(&office, "/sign-in/code", &[("phone", VISITOR)]).await;
    }
    let refused = stranger.post(&office, "/sign-in/code", &[("phone", VISITOR)]).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    owner.cookies.remove("session");
    owner.post(&office, "/sign-in/code", &[("phone", VISITOR)]).await.location();
    let code = office.code_for(VISITOR).await;
    let entered = owner.post(&office, "/sign-in", &[("phone", VISITOR), ("code", &code)]).await;
    assert_eq!(entered.location(), "/bookings");
}

/// What a browser was answered, but for the number it had typed itself.
async fn told(browser: &mut Browser, office: &Office, path: &str, fields: &[(&str, &str)]) -> String {
    let form = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("x-forwarded-for", "198.51.100.7");
    let answer = browser.send(office, form, Body::from(encoded(fields))).await;
    let page = if answer.text().contains("nonce=\"") { answer.without_nonce() } else { String::new() };
    let (_, phone) = fields.iter().find(|(name, _)| *name == "phone").unwrap();
    let typed = Phone::parse(phone).unwrap();
    let text = page.replace(typed.as_str(), "PHONE").replace(&typed.masked(), "MASKED");
    format!("{} {:?} {text}", answer.status, answer.headers.get(header::LOCATION))
}

#[tokio::test]
async fn while_codes_are_short_every_answer_about_a_known_phone_is_that_about_an_unknown_one() {
    let mut stories = Vec::new();
    for phone in [HOST, "13800130555"] {
        let sign_in = SignIn { per_hour: 10, ..SignIn::default() };
        let office = Office::with(Config { sign_in, behind_proxy: true, ..Config::default() }).await;
        for last in 0..3 {
            let filler = [("phone", format!("1380013080{last}"))];
            let fields: Vec<_> = filler.iter().map(|(name, value)| (*name, value.as_str())).collect();
            Browser::default().post(&office, "/sign-in/code", &fields).await.location();
        }
        let mut stranger = Browser::default();
        let mut heard = vec![told(&mut stranger, &office, "/sign-in/code", &[("phone", phone)]).await];
        assert!(heard[0].contains("said=short"), "{heard:?}");
        let left = office.notices().await.iter().any(|notice| notice.to == phone);
        assert_eq!(left, phone == HOST, "one of them was sent a code");
        // Guessed away, and again; then what the network is told of others' phones.
        for _ in 0..2 {
            for _ in 0..6 {
                let fields = [("phone", phone), ("code", "000000")];
                heard.push(told(&mut stranger, &office, "/sign-in", &fields).await);
            }
            office.clock.advance(TimeDelta::seconds(61));
            heard.push(told(&mut stranger, &office, "/sign-in/code", &[("phone", phone)]).await);
        }
        for other in 10..30 {
            let other = format!("138001307{other}");
            heard.push(told(&mut Browser::default(), &office, "/sign-in/code", &[("phone", &other)]).await);
        }
        stories.push(heard);
    }
    for (known, unknown) in stories[0].iter().zip(&stories[1]) {
        assert_eq!(known, unknown);
    }
    assert!(stories[0].last().unwrap().contains("429"), "{:?}", stories[0].last());
}
