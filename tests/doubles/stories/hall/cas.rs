//! Hosts who come from the hall sign in by CAS: the way there and back, with the real pages and a CAS that is as strict as the
//! real one, and everything that must not sign anybody in.

use doubles::{Fault, cas::Spelling};

use super::{
    Town,
    office::{Browser, HOST, Office, Page},
};

/// What `settings` stands for CAS 3 and the user name.
async fn office(town: &Town, settings: &str) -> Office {
    Office::open(&format!("[sign_on.cas]\nurl = 'http://{}/cas'\n{settings}", town.at), &[]).await
}

/// To the door, through it, and back with a ticket.
async fn come_back(office: &Office, browser: &Browser, next: &str) -> String {
    let away = browser.get(&format!("{}/sign-on/cas?next={next}", office.url)).await;
    assert_eq!(away.status, 303);
    browser.get(&away.location()).await.location()
}

fn signs_in(page: &Page) -> bool {
    page.cookies.iter().any(|cookie| cookie.starts_with("session="))
}

#[tokio::test]
async fn a_host_comes_from_the_hall_decides_and_is_known_by_name() {
    let town = Town::open().await;
    let office = office(&town, "").await;
    let booking = office.booked().await;
    town.doubles.cas.sign_in("t2001");
    let host = Browser::new();
    // The sign-in page leads there, and knows where they were going.
    let asked = host.get(&format!("{}{booking}", office.url)).await;
    let page = host.get(&format!("{}{}", office.url, asked.location())).await;
    assert!(page.body.contains("用统一身份认证登录"), "{}", page.body);
    let offer = page.between("href=\"/sign-on/", "\"");
    assert_eq!(offer, format!("cas?next={booking}"));
    let away = host.get(&format!("{}/sign-on/{offer}", office.url)).await;
    let back = host.get(&away.location()).await.location();
    let arrived = host.get(&back).await;
    assert_eq!((arrived.status, arrived.location()), (303, booking.clone()));
    assert!(arrived.cookies.iter().any(|cookie| cookie.starts_with("sign_on=;")), "the state is over");
    let page = host.get(&format!("{}{booking}", office.url)).await;
    let fields = [
        ("form_token", &*page.between("name=\"form_token\" value=\"", "\"")),
        ("choice", "approve"),
        ("revision", "1"),
    ];
    let decided = host.post(&format!("{}{booking}/decide", office.url), &fields).await;
    assert_eq!(decided.status, 303, "{}", decided.body);
    let page = host.get(&format!("{}{booking}", office.url)).await;
    assert!(page.body.contains("data-standing=\"approved\"") && page.body.contains("王建国"), "{}", page.body);
}

#[tokio::test]
async fn every_spelling_of_the_answer_is_understood_but_for_the_clever_one() {
    for (settings, spelling, user, known) in [
        ("", Spelling::Usual, "T2001", true),
        ("", Spelling::OtherPrefix, "t2001", true),
        ("", Spelling::NoPrefix, "T2001", true),
        ("", Spelling::ForeignEntity, "T2001", false),
        ("validate = '/serviceValidate'", Spelling::Usual, "T2001", true),
        ("json = true", Spelling::Usual, "T2001", true),
        ("json = true\nstaff_number = 'staffNo'", Spelling::Usual, "T2001", true),
        ("staff_number = 'staffNo'", Spelling::Usual, "T2001", true),
        ("staff_number = 'staffNo'", Spelling::OtherPrefix, "T2001", true),
        ("staff_number = 'staffNo'", Spelling::Twice, "T2001", true),
        ("staff_number = 'staffNo'", Spelling::TwoNumbers, "T2001", false),
        ("staff_number = 'employeeNumber'", Spelling::Usual, "T2001", false),
        ("staff_number = 'staffNo'\nvalidate = '/serviceValidate'", Spelling::Usual, "T2001", false),
        ("", Spelling::Usual, "T9999", false),
        ("", Spelling::Usual, "T2004", false),
        ("", Spelling::Usual, "访客", false),
    ] {
        let town = Town::open().await;
        let office = office(&town, settings).await;
        town.doubles.cas.sign_in(user);
        town.doubles.cas.spell(spelling);
        let browser = Browser::new();
        let back = come_back(&office, &browser, "/bookings").await;
        let arrived = browser.get(&back).await;
        assert_eq!(signs_in(&arrived), known, "{settings} {spelling:?} {user}: {}", arrived.body);
        assert_eq!(arrived.status == 303, known);
        if !known {
            assert!(matches!(arrived.status, 403 | 503) && arrived.body.contains("没有登录"), "{}", arrived.body);
        }
    }
}

#[tokio::test]
async fn a_ticket_is_good_once_for_its_service_and_not_for_long() {
    let town = Town::open().await;
    let office = office(&town, "").await;
    town.doubles.cas.sign_in("T2001");
    // Used: by its own browser, which begins again with the same address.
    let browser = Browser::new();
    let back = come_back(&office, &browser, "/bookings").await;
    assert!(signs_in(&browser.get(&back).await));
    assert_eq!(browser.get(&back).await.status, 403);
    // Too old.
    let browser = Browser::new();
    let back = come_back(&office, &browser, "/bookings").await;
    town.doubles.cas.later(doubles::cas::TICKET_LASTS_S);
    let arrived = browser.get(&back).await;
    assert!(arrived.status == 403 && arrived.body.contains("已失效、已用过"), "{}", arrived.body);
    // Made for another service: a ticket that somebody caught elsewhere.
    let browser = Browser::new();
    let away = browser.get(&format!("{}/sign-on/cas", office.url)).await.location();
    let state = away.rsplit("%3D").next().unwrap().to_owned();
    let stolen = town.doubles.cas.ticket("T2001", "https://library.example.edu.cn/");
    let arrived = browser.get(&format!("{}/sign-on/cas/back?state={state}&ticket={stolen}", office.url)).await;
    assert!(arrived.status == 403 && !signs_in(&arrived));
    // Nothing that could be one, and none at all.
    for query in ["&ticket=PT-1-x", "&ticket=ST-1%26service%3Dx", ""] {
        let browser = Browser::new();
        let away = browser.get(&format!("{}/sign-on/cas", office.url)).await.location();
        let state = away.rsplit("%3D").next().unwrap();
        let arrived = browser.get(&format!("{}/sign-on/cas/back?state={state}{query}", office.url)).await;
        assert!(arrived.status == 403 && !signs_in(&arrived), "{query}");
    }
}

#[tokio::test]
async fn nobody_is_signed_in_by_an_address_they_were_sent() {
    let town = Town::open().await;
    let office = office(&town, "").await;
    town.doubles.cas.sign_in("T2001");
    let attacker = Browser::new();
    let back = come_back(&office, &attacker, "/bookings").await;
    // Another browser, with no state or with one of its own; a preview, a scanner.
    let victim = Browser::new();
    assert_eq!(victim.get(&back).await.status, 403);
    let own = come_back(&office, &victim, "/bookings").await;
    let arrived = victim.get(&back).await;
    assert!(arrived.status == 403 && !signs_in(&arrived), "{}", arrived.body);
    // Nor does it cost them what they had begun themselves.
    assert!(signs_in(&victim.get(&own).await));
    // Looking, even in the right browser, is not arriving; and the ticket has not been looked at either.
    assert_eq!(attacker.head(&back).await.status, 403);
    assert_eq!(Browser::new().head(&back).await.status, 403);
    assert!(signs_in(&attacker.get(&back).await));
}

#[tokio::test]
async fn the_way_back_is_a_page_of_ours() {
    let town = Town::open().await;
    let office = office(&town, "").await;
    town.doubles.cas.sign_in("T2001");
    for (next, leads) in [
        ("/decide/a_B-9", "/decide/a_B-9"),
        ("https://evil.example/", "/bookings"),
        ("//evil.example", "/bookings"),
        ("/a%0d%0ax:y", "/bookings"),
        ("", "/bookings"),
    ] {
        let browser = Browser::new();
        let back = come_back(&office, &browser, next).await;
        assert_eq!(browser.get(&back).await.location(), leads, "{next}");
    }
}

#[tokio::test]
async fn a_cas_that_is_down_slow_or_cut_off_signs_nobody_in_and_says_so() {
    let town = Town::open().await;
    let office = office(&town, "").await;
    town.doubles.cas.sign_in("T2001");
    for fault in [Fault::Broken, Fault::CutAfterAccept] {
        let browser = Browser::new();
        let back = come_back(&office, &browser, "/bookings").await;
        town.doubles.dials.next(doubles::cas::NAME, [Some(fault)]);
        let arrived = browser.get(&back).await;
        assert!(arrived.status == 503 && !signs_in(&arrived), "{fault:?}");
        assert!(arrived.body.contains("现在无法向对方核实"), "{}", arrived.body);
    }
    assert_eq!(Browser::new().get(&format!("{}/sign-on/oidc", office.url)).await.status, 404);
}

#[tokio::test]
async fn a_log_out_elsewhere_is_heard_politely() {
    let town = Town::open().await;
    let office = office(&town, "").await;
    town.doubles.cas.sign_in("T2001");
    let browser = Browser::new();
    let back = come_back(&office, &browser, "/bookings").await;
    browser.get(&back).await;
    assert_eq!(town.doubles.cas.log_out_everywhere().await, [204]);
    assert_eq!(browser.get(&format!("{}/bookings", office.url)).await.status, 200, "a session here is its own");
}

#[tokio::test]
async fn a_link_opened_through_cas_shows_its_page_and_who_is_somebody_else_decides_nothing_by_it() {
    let town = Town::open().await;
    let office = office(&town, "").await;
    let booking = office.booked().await;
    let link = format!("{}{}", office.url, office.text(HOST, true).await.path.unwrap());
    // A hall that wraps the link leaves its ticket in the address; nobody asks about it.
    let page = Browser::new().get(&format!("{link}?ticket=ST-1-x")).await;
    assert!(page.status == 200 && page.body.contains("data-standing=\"waiting\""));
    let fields = [
        ("form_token", &*page.between("name=\"form_token\" value=\"", "\"")),
        ("choice", "approve"),
        ("revision", "1"),
    ];
    // A colleague who is signed in as themselves.
    town.doubles.cas.sign_in("T2003");
    let colleague = Browser::new();
    let back = come_back(&office, &colleague, "/bookings").await;
    colleague.get(&back).await;
    let page = colleague.get(&link).await;
    assert!(page.body.contains("这个链接是发给别人的") && !page.body.contains("欧阳娜"), "{}", page.body);
    let refused = colleague.post(&link, &fields).await;
    assert!(refused.status == 403 && refused.body.contains("赵磊"), "{}", refused.body);
    // The holder, signed in or not, decides.
    town.doubles.cas.sign_in("T2001");
    let host = Browser::new();
    let back = come_back(&office, &host, &booking).await;
    host.get(&back).await;
    assert_eq!(host.post(&link, &fields).await.status, 303);
    // What is decided is nobody's to decide: everybody who has the link is told how it came.
    assert!(colleague.get(&link).await.body.contains("王建国"));
}
