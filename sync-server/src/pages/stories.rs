//! The pages as a browser meets them: the whole router over a real database, one request at a time.

mod access;
mod approval_codes;
mod changes;
mod deciding;
mod drafts;
mod hosts;
mod limits;
mod looks;
mod notices;
mod opening;
mod sign_on;
mod steps;
mod unsent;
mod visits;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use chrono::TimeDelta;
use shared::{
    identity::{PersonName, Phone},
    ids::StaffNumber,
    time::CampusDay,
};
use tower::ServiceExt as _;

use crate::{clock::SetClock, config::Config, office::Staff, serve, state::AppState};

const VISITOR: &str = "13800130001";
const HOST: &str = "13900130002";

struct Office {
    state: AppState,
    clock: Arc<SetClock>,
    router: Router,
    _dir: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Whether a member of staff's number stands on it. Its letters may stand inside a token, as any do.
    fn names(&self, number: &str) -> bool {
        let of_a_word = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        self.text().split(|letter| !of_a_word(letter)).any(|word| word == number)
    }

    fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text());
        self.headers[header::LOCATION].to_str().unwrap()
    }

    /// The page but for what differs from one answer to the next.
    fn without_nonce(&self) -> String {
        self.text().replace(self.after("nonce=\""), "")
    }

    /// What stands between `before` and the next quote.
    fn after(&self, before: &str) -> &str {
        let (_, rest) = self.text().split_once(before).unwrap_or_else(|| panic!("no {before} in {}", self.text()));
        rest.split('"').next().unwrap()
    }

    fn form_token(&self) -> String {
        self.after("name=\"form_token\" value=\"").to_owned()
    }
}

#[derive(Default, Clone)]
struct Browser {
    cookies: BTreeMap<String, String>,
}

impl Browser {
    async fn get(&mut self, office: &Office, path: &str) -> Answer {
        self.send(office, Request::get(path), Body::empty()).await
    }

    async fn post(&mut self, office: &Office, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(office, form, Body::from(encoded(fields))).await
    }

    async fn send(&mut self, office: &Office, request: axum::http::request::Builder, body: Body) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header(header::COOKIE, cookies.join("; ")).body(body).unwrap();
        let response = office.router.clone().oneshot(request).await.unwrap();
        for set in response.headers().get_all(header::SET_COOKIE) {
            let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap().to_owned());
        }
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn signed_in(office: &Office, phone: &str) -> Self {
        let mut browser = Self::default();
        browser.post(office, "/sign-in/code", &[("phone", phone)]).await.location();
        let code = office.code_for(phone).await;
        let fields = [("phone", phone), ("code", code.as_str()), ("remember", "yes")];
        assert_eq!(browser.post(office, "/sign-in", &fields).await.location(), "/bookings");
        browser
    }

    async fn book(&mut self, office: &Office, changed: &[(&str, &str)]) -> Answer {
        let page = self.get(office, "/book").await;
        self.send_booking(office, &page, changed).await
    }

    /// For a visitor from abroad.
    async fn book_on_behalf(&mut self, office: &Office) -> Answer {
        let token = self.get(office, "/host/book").await.form_token();
        self.post(office, "/host/book", &on_behalf(&token)).await
    }

    /// The form of `page` as it is sent once filled in.
    async fn send_booking(&mut self, office: &Office, page: &Answer, changed: &[(&str, &str)]) -> Answer {
        let day = CampusDay::of(office.state.clock.now()).to_string();
        let token = page.form_token();
        let typed = [
            ("form_token", token.as_str()),
            ("form_id", page.after("name=\"form_id\" value=\"")),
            ("visitor_name", "欧阳𬭎䶮"),
            ("document_kind", "resident_id"),
            ("document_number", "11010519491231002X"),
            ("phone", VISITOR),
            ("reason", "商谈合作"),
            ("campus", "1"),
            ("day", &day),
            ("from", "09:00"),
            ("until", "11:00"),
            ("companion_name", "张三"),
            ("companion_name", "李四"),
            ("plate_kind", "ordinary"),
            ("plate", "京A·12345"),
            ("host_number", "T1"),
            ("host_name", "李文"),
            ("privacy", "yes"),
            ("document_consent", "yes"),
            ("visit_kind", "ordinary"),
        ];
        let unchanged = typed.into_iter().filter(|(name, _)| !changed.iter().any(|(other, _)| other == name));
        let fields: Vec<_> = unchanged.chain(changed.iter().copied()).collect();
        self.post(office, "/book", &fields).await
    }
}

impl Office {
    async fn new() -> Self {
        Self::with(Config::default()).await
    }

    async fn with(config: Config) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let day = CampusDay::parse("2026-11-23").unwrap();
        let clock = Arc::new(SetClock::at(day.at_minute(8 * 60)));
        let config = Config { data_dir: dir.path().to_owned(), demo: true, ..config };
        let state = serve::open(config, clock.clone()).await.unwrap().with_texts(true);
        state.store.import_directory(vec![member("T1", "李文", HOST)], state.clock.now()).await.unwrap();
        Self { router: super::router(state.clone()), state, clock, _dir: dir }
    }

    async fn notices(&self) -> Vec<crate::store::Notice> {
        let far = self.state.clock.now().plus(TimeDelta::days(1));
        self.state.store.due_notices(far, 100).await.unwrap()
    }

    async fn code_for(&self, phone: &str) -> String {
        let notices = self.notices().await;
        let notice = notices.iter().rev().find(|notice| notice.to == phone && notice.path.is_none()).unwrap();
        notice.text.chars().filter(char::is_ascii_digit).take(6).collect()
    }

    async fn links(&self) -> Vec<String> {
        self.notices()
            .await
            .into_iter()
            .filter_map(|notice| notice.path)
            .filter(|path| path.starts_with("/decide"))
            .collect()
    }
}

fn member(number: &str, name: &str, phone: &str) -> Staff {
    Staff {
        number: StaffNumber::parse(number).unwrap(),
        name: PersonName::parse(name).unwrap(),
        department: "计算机学院".to_owned(),
        phone: Phone::parse(phone).unwrap(),
        wecom_id: None,
        hall_id: None,
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect::<Vec<_>>().join("&")
}

#[tokio::test]
async fn signing_in_counts_and_forgets() {
    let office = Office::new().await;
    let mut browser = Browser::default();
    for (phone, message) in [("110", "大陆手机号是 11 位"), ("+85291234567", "境外手机号收不到短信")] {
        let page = browser.post(&office, "/sign-in/code", &[("phone", phone)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.text().contains(message) && page.text().contains("aria-describedby=\"problem-phone"));
    }
    let sent = browser.post(&office, "/sign-in/code", &[("phone", VISITOR), ("next", "/book")]).await;
    assert_eq!(sent.location(), "/sign-in?next=/book");
    assert!(browser.get(&office, "/sign-in?next=/book").await.text().contains("138****0001"));
    assert!(browser.get(&office, "/sign-in?other=yes").await.text().contains("获取验证码"));
    let again = browser.post(&office, "/sign-in/code", &[("phone", VISITOR)]).await;
    assert_eq!(again.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(again.text().contains("请 60 秒后再试"));
    assert!(again.text().contains("name=\"code\""), "the code that was sent can still be typed");
    let other = browser.post(&office, "/sign-in/code", &[("phone", "13800130077")]).await;
    assert_eq!(other.location(), "/sign-in?next=/bookings");
    browser.cookies.clear();
    office.clock.advance(TimeDelta::seconds(61));
    browser.post(&office, "/sign-in/code", &[("phone", VISITOR)]).await.location();
    let letters = browser.post(&office, "/sign-in", &[("phone", VISITOR), ("code", "abc")]).await;
    assert!(letters.text().contains("验证码是 6 位数字"));
    let code = office.code_for(VISITOR).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let page = browser.post(&office, "/sign-in", &[("phone", VISITOR), ("code", wrong)]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text().contains("还可以再试 4 次"), "{}", page.text());
    let fields = [("phone", VISITOR), ("code", code.as_str()), ("next", "//evil.example")];
    let entered = browser.post(&office, "/sign-in", &fields).await;
    assert_eq!(entered.location(), "/bookings", "only our own pages are a way back");
    let used = Browser::default().post(&office, "/sign-in", &fields).await;
    assert!(used.text().contains("验证码已失效"));

    let token = browser.get(&office, "/bookings").await.form_token();
    let stolen = browser.clone();
    assert_eq!(browser.post(&office, "/sign-out", &[("form_token", &token)]).await.location(), "/");
    for mut gone in [browser, stolen] {
        assert_eq!(gone.get(&office, "/bookings").await.location(), "/sign-in?next=/bookings");
    }
    let mut visitor = Browser::signed_in(&Office::new().await, VISITOR).await;
    assert_eq!(
        visitor.get(&office, "/bookings").await.location(),
        "/sign-in?next=/bookings",
        "another office's session"
    );
}

#[tokio::test]
async fn every_answer_bears_the_headers_and_refusals_speak() {
    let office =
        Office::with(Config { public_url: "https://visit.example.edu.cn".to_owned(), ..Config::default() }).await;
    let mut browser = Browser::default();
    let big = "x".repeat(70_000);
    let mut answers = vec![("front page", StatusCode::OK, browser.get(&office, "/").await)];
    answers.push(("sheet", StatusCode::OK, browser.get(&office, office.state.assets.sheet.address()).await));
    answers.push(("old sheet", StatusCode::NOT_FOUND, browser.get(&office, "/assets/site.css").await));
    answers.push(("notice", StatusCode::OK, browser.get(&office, "/privacy").await));
    answers.push(("unknown", StatusCode::NOT_FOUND, browser.get(&office, "/nowhere").await));
    answers.push(("method", StatusCode::METHOD_NOT_ALLOWED, browser.post(&office, "/privacy", &[]).await));
    answers.push(("link", StatusCode::NOT_FOUND, browser.get(&office, "/decide/x").await));
    answers.push(("pass", StatusCode::NOT_FOUND, browser.get(&office, "/pass/x.png").await));
    answers.push((
        "large",
        StatusCode::PAYLOAD_TOO_LARGE,
        browser.post(&office, "/sign-in/code", &[("phone", &big)]).await,
    ));
    let json = Request::post("/sign-in/code").header(header::CONTENT_TYPE, "application/json");
    answers.push(("json", StatusCode::BAD_REQUEST, browser.send(&office, json, Body::from("{}")).await));
    answers.push(("path", StatusCode::BAD_REQUEST, browser.get(&office, "/pass/%ff").await));
    answers.push(("query", StatusCode::BAD_REQUEST, browser.get(&office, "/sign-in?next=a&next=b").await));
    let elsewhere = Request::post("/sign-in/code").header(header::ORIGIN, "https://evil.example");
    answers.push(("elsewhere", StatusCode::FORBIDDEN, browser.send(&office, elsewhere, Body::empty()).await));
    answers.push(("stranger", StatusCode::SEE_OTHER, browser.get(&office, "/bookings").await));
    for (what, status, answer) in &answers {
        assert_eq!(answer.status, *status, "{what}");
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{what}");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{what}");
        assert_eq!(answer.headers[header::REFERRER_POLICY], "no-referrer", "{what}");
        assert!(answer.headers[header::STRICT_TRANSPORT_SECURITY].to_str().unwrap().contains("31536000"), "{what}");
        assert!(answer.headers.contains_key("permissions-policy"), "{what}");
        if answer.status.is_client_error() {
            assert!(answer.text().contains("<h1>"), "{what} is a page");
            assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store", "{what}");
        }
    }
    let plain = Browser::default().get(&Office::new().await, "/").await;
    assert!(!plain.headers.contains_key(header::STRICT_TRANSPORT_SECURITY), "there is no TLS");
    let english = Request::get("/nowhere").header(header::ACCEPT_LANGUAGE, "en-GB");
    assert!(browser.send(&office, english, Body::empty()).await.text().contains("There is no such page"));
    browser.get(&office, "/?lang=en").await;
    assert_eq!(browser.cookies.get("__Host-lang").map(String::as_str), Some("en"));
    assert!(browser.get(&office, "/").await.text().contains("<html lang=\"en\">"));
}

/// The form of a host for a visitor from abroad.
fn on_behalf(token: &str) -> [(&str, &str); 12] {
    [
        ("form_token", token),
        ("visitor_name", "Anna-Lena O'Neill"),
        ("document_kind", "passport"),
        ("document_number", "AB1234567"),
        ("phone", "+85291234567"),
        ("reason", "学术报告"),
        ("campus", "2"),
        ("day", "2026-11-24"),
        ("from", "14:00"),
        ("until", "16:00"),
        ("privacy", "yes"),
        ("document_consent", "yes"),
    ]
}
