//! Signing in by the word of another house, with a CAS on a port of its own that counts what it is asked: who has it asked, how many
//! at once, and for what the session speaks that comes of it.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::{extract::Query, http::Method, routing::get};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};

use super::*;
use crate::sign_on::BEGUN_FOR;

/// Knows one good ticket, and takes its time over all others until it is let go.
struct House {
    url: String,
    asked: AtomicUsize,
    unhurried: Semaphore,
}

#[derive(serde::Deserialize)]
struct AskedAbout {
    ticket: String,
}

impl House {
    async fn open() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/cas", listener.local_addr().unwrap());
        let house = Arc::new(Self { url, asked: AtomicUsize::new(0), unhurried: Semaphore::new(0) });
        let held = house.clone();
        let validate = async move |Query(AskedAbout { ticket }): Query<AskedAbout>| {
            held.asked.fetch_add(1, Ordering::SeqCst);
            let said = if ticket == "ST-good" {
                "<cas:authenticationSuccess><cas:user>T1</cas:user></cas:authenticationSuccess>"
            } else {
                drop(held.unhurried.acquire().await);
                "<cas:authenticationFailure code=\"INVALID_TICKET\">no</cas:authenticationFailure>"
            };
            format!("<cas:serviceResponse xmlns:cas=\"http://www.yale.edu/tp/cas\">{said}</cas:serviceResponse>")
        };
        let router = Router::new().route("/cas/p3/serviceValidate", get(validate));
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        house
    }

    fn let_go(&self) {
        self.unhurried.add_permits(10_000);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    async fn office(&self) -> Office {
        let config = Config::parse(&format!("behind_proxy = true\n[sign_on.cas]\nurl = '{}'", self.url)).unwrap();
        Office::with(config).await
    }
}

async fn send(browser: &mut Browser, office: &Office, method: Method, path: &str, from: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).header("x-forwarded-for", from);
    browser.send(office, request, Body::empty()).await
}

/// The state that a browser is sent away with.
async fn leave(browser: &mut Browser, office: &Office) -> String {
    let away = browser.get(office, "/sign-on/cas?next=/bookings").await.location().to_owned();
    away.rsplit("%3D").next().unwrap().to_owned()
}

async fn come_back(browser: &mut Browser, office: &Office, state: &str, ticket: &str, from: &str) -> Answer {
    send(browser, office, Method::GET, &format!("/sign-on/cas/back?state={state}&ticket={ticket}"), from).await
}

async fn signed_on(office: &Office) -> Browser {
    let mut browser = Browser::default();
    let state = leave(&mut browser, office).await;
    assert_eq!(come_back(&mut browser, office, &state, "ST-good", "192.0.2.7").await.location(), "/bookings");
    browser
}

#[tokio::test]
async fn a_state_that_is_made_up_another_s_used_or_old_asks_nobody() {
    let house = House::open().await;
    let office = house.office().await;
    let from = "192.0.2.1";
    let mut made_up = Browser::default();
    let (secret, state) = ("0".repeat(32), "0".repeat(32));
    made_up.cookies.insert("sign_on".to_owned(), format!("cas.{secret}./bookings"));
    for state in [state.as_str(), &"0".repeat(80), "", &format!("{state}&state={state}")] {
        let answer = come_back(&mut made_up.clone(), &office, state, "ST-good", from).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{state}");
    }
    let (mut own, mut other) = (Browser::default(), Browser::default());
    let state = leave(&mut own, &office).await;
    leave(&mut other, &office).await;
    assert_eq!(come_back(&mut other, &office, &state, "ST-good", from).await.status, StatusCode::FORBIDDEN);
    let back = format!("/sign-on/cas/back?state={state}&ticket=ST-good");
    assert_eq!(send(&mut own, &office, Method::HEAD, &back, from).await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.asked(), 0);
    let mut kept = own.clone();
    assert_eq!(come_back(&mut own, &office, &state, "ST-good", from).await.location(), "/bookings");
    // With the cookie as it was before.
    assert_eq!(come_back(&mut kept, &office, &state, "ST-good", from).await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.asked(), 1);
    let state = leave(&mut kept, &office).await;
    office.clock.advance(BEGUN_FOR);
    let late = come_back(&mut kept, &office, &state, "ST-good", from).await;
    assert!(late.status == StatusCode::FORBIDDEN && late.text().contains("15 分钟"), "{}", late.text());
    assert_eq!(house.asked(), 1);
}

#[tokio::test]
async fn tickets_that_are_made_up_have_a_share_of_the_house_s_time_and_keep_nobody_out() {
    let house = House::open().await;
    let office = Arc::new(house.office().await);
    let mut junk = JoinSet::new();
    for _ in 0..20 {
        let office = office.clone();
        junk.spawn(async move {
            let mut browser = Browser::default();
            let state = leave(&mut browser, &office).await;
            come_back(&mut browser, &office, &state, "ST-junk", "192.0.2.1").await.status
        });
    }
    while house.asked() < 4 {
        tokio::task::yield_now().await;
    }
    signed_on(&office).await;
    assert_eq!(house.asked(), 5);
    house.let_go();
    for status in junk.join_all().await {
        assert_eq!(status, StatusCode::FORBIDDEN, "who waited was asked about in the end");
    }
    assert_eq!(house.asked(), 21);
}

#[tokio::test]
async fn an_address_that_brings_nothing_else_is_not_asked_about_for_a_while() {
    let house = House::open().await;
    house.let_go();
    let office = house.office().await;
    let junk = async |from| {
        let mut browser = Browser::default();
        let state = leave(&mut browser, &office).await;
        come_back(&mut browser, &office, &state, "ST-junk", from).await
    };
    for _ in 0..30 {
        assert_eq!(junk("2001:db8::1").await.status, StatusCode::FORBIDDEN);
    }
    let refused = junk("2001:db8::2").await;
    assert!(refused.status == StatusCode::TOO_MANY_REQUESTS && refused.text().contains("十分钟后再试"));
    assert_eq!(house.asked(), 30);
    signed_on(&office).await;
    office.clock.advance(TimeDelta::minutes(10));
    assert_eq!(junk("2001:db8::1").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn whom_a_house_names_works_as_staff_and_sees_nothing_of_the_directory_s_phone_until_its_code_is_typed() {
    let house = House::open().await;
    let office = house.office().await;
    // Whoever has the phone has booked a visit of their own, and has begun another form.
    office
        .state
        .store
        .import_directory(
            vec![member("T1", "李文", HOST), member("T2", "王芳", "13900130003")],
            office.state.clock.now(),
        )
        .await
        .unwrap();
    let mut owner = Browser::signed_in(&office, HOST).await;
    let to_colleague = [("host_number", "T2"), ("host_name", "王芳"), ("phone", HOST)];
    let own = owner.book(&office, &to_colleague).await.location().to_owned();
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let asked = visitor.book(&office, &[]).await.location().to_owned();

    let mut host = signed_on(&office).await;
    let page = host.get(&office, "/bookings").await;
    assert!(page.text().contains(&asked) && !page.text().contains(&own), "{}", page.text());
    assert!(page.text().contains("李文（T1）") && !page.text().contains("139****0002"));
    for (path, next) in [
        (own.as_str(), own.as_str()),
        ("/my-data", "/my-data"),
        ("/my-data.json", "/my-data.json"),
        ("/book", "/book"),
        (&format!("/book?again={}", own.rsplit('/').next().unwrap()), "/book"),
        (&format!("{own}/edit"), &format!("{own}/edit")),
        (&format!("{own}/visit.ics"), &format!("{own}/visit.ics")),
        ("/bookings/999", "/bookings/999"),
    ] {
        assert_eq!(host.get(&office, path).await.location(), format!("/sign-in?next={next}&said=phone"));
    }
    let token = page.form_token();
    for (path, fields) in [("/my-data", vec![("sure", "yes")]), (&format!("{own}/cancel"), vec![])] {
        let fields: Vec<_> = fields.into_iter().chain([("form_token", token.as_str())]).collect();
        assert_eq!(host.post(&office, path, &fields).await.location(), "/sign-in?said=phone");
    }
    assert!(owner.get(&office, &own).await.text().contains("data-standing=\"waiting\""));
    // What was typed for a visit of one's own waits until the phone is proven.
    let typed = [("form_token", token.as_str()), ("form_id", "f1"), ("visitor_name", "赵六")];
    assert_eq!(host.post(&office, "/book", &typed).await.location(), "/sign-in?next=/book");

    // The work of staff is theirs.
    let review = host.get(&office, &asked).await;
    let approve = [("form_token", review.form_token()), ("choice", "approve".to_owned()), ("revision", "1".to_owned())];
    let approve: Vec<_> = approve.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(host.post(&office, &format!("{asked}/decide"), &approve).await.location(), asked);
    assert!(host.get(&office, &asked).await.text().contains("data-standing=\"approved\""));
    assert_eq!(host.get(&office, "/host/book").await.status, StatusCode::OK);
    let begun = [("form_token", token.as_str()), ("form_id", "f2"), ("visitor_name", "钱七"), ("press", "draft")];
    host.post(&office, "/host/book", &begun).await;
    assert!(host.get(&office, "/host/book").await.text().contains("钱七"), "a draft for others is kept");

    let told = host.get(&office, "/sign-in?next=/bookings&said=phone").await;
    assert!(told.text().contains("属于您的手机号"), "{}", told.text());
    office.clock.advance(TimeDelta::seconds(61));
    host.post(&office, "/sign-in/code", &[("phone", HOST), ("next", "/bookings")]).await.location();
    let code = office.code_for(HOST).await;
    host.post(&office, "/sign-in", &[("phone", HOST), ("code", &code), ("next", "/bookings")]).await.location();
    let page = host.get(&office, "/bookings").await;
    assert!(page.text().contains(&own) && page.text().contains("139****0002"));
    assert!(host.get(&office, "/book").await.text().contains("赵六"));
}
