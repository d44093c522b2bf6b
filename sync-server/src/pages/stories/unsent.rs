//! What was typed outlives the session it was typed in.

use super::*;

/// Signs in again from where the browser was led.
async fn sign_in_again(browser: &mut Browser, office: &Office, phone: &str, next: &str) -> Answer {
    office.clock.advance(TimeDelta::seconds(61));
    browser.post(office, "/sign-in/code", &[("phone", phone), ("next", next)]).await.location();
    let waiting = browser.get(office, &format!("/sign-in?next={next}")).await;
    assert!(waiting.text().contains("您填写的内容已保留 30 分钟"), "{}", waiting.text());
    let code = office.code_for(phone).await;
    let entered = browser.post(office, "/sign-in", &[("phone", phone), ("code", &code), ("next", next)]).await;
    assert_eq!(entered.location(), next);
    browser.get(office, next).await
}

fn bookings(page: &Answer) -> usize {
    page.text().matches("href=\"/bookings/").count()
}

#[tokio::test]
async fn a_form_sent_after_the_session_has_ended_is_there_again_after_signing_in() {
    let office = Office::new().await;
    // Ended by time, or forgotten by the browser, or both sides.
    for forgotten in [false, true] {
        office.clock.advance(TimeDelta::seconds(61));
        let mut visitor = Browser::signed_in(&office, VISITOR).await;
        let before = bookings(&visitor.get(&office, "/bookings").await);
        let page = visitor.get(&office, "/book").await;
        if forgotten {
            visitor.cookies.clear();
        } else {
            office.clock.advance(TimeDelta::days(31));
        }
        let day = CampusDay::of(office.state.clock.now()).to_string();
        let typed = [("reason", "商谈<合作>"), ("day", day.as_str())];
        let led = visitor.send_booking(&office, &page, &typed).await;
        assert_eq!(led.location(), "/sign-in?next=/book");
        assert!(!led.headers[header::SET_COOKIE].to_str().unwrap().contains("11010519491231002X"));
        let again = sign_in_again(&mut visitor, &office, VISITOR, "/book").await;
        assert!(again.text().contains("这份预约还没有提交"));
        for kept in ["欧阳𬭎䶮", "11010519491231002X", "商谈&#60;合作&#62;", "京A·12345", "李四"] {
            assert!(again.text().contains(kept), "{kept} was typed and is lost");
        }
        assert_eq!(bookings(&visitor.get(&office, "/bookings").await), before, "nothing is sent by itself");
        assert!(visitor.get(&office, "/book").await.text().contains("京A·12345"), "nor lost by a reload");
        visitor.send_booking(&office, &again, &typed).await.location();
        assert_eq!(bookings(&visitor.get(&office, "/bookings").await), before + 1);
        assert!(!visitor.get(&office, "/book").await.text().contains("京A·12345"), "once sent, it is gone");
    }
}

#[tokio::test]
async fn a_host_s_form_for_a_visitor_outlives_the_session_too() {
    let office = Office::new().await;
    let mut host = Browser::signed_in(&office, HOST).await;
    host.get(&office, "/host/book").await;
    office.clock.advance(TimeDelta::days(31));
    let fields = [("visitor_name", "欧阳𬭎䶮"), ("document_number", "11010519491231002X"), ("form_token", "old")];
    assert_eq!(host.post(&office, "/host/book", &fields).await.location(), "/sign-in?next=/host/book");
    let again = sign_in_again(&mut host, &office, HOST, "/host/book").await;
    assert!(again.text().contains("欧阳𬭎䶮") && again.text().contains("11010519491231002X"));
    assert!(!host.get(&office, "/book").await.text().contains("11010519491231002X"), "it is another form");
}

#[tokio::test]
async fn a_change_outlives_the_session_too_and_stays_a_change() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let day = "2026-12-05";
    let address = visitor.book(&office, &[("day", day)]).await.location().to_owned();
    let edit = format!("{address}/edit");
    visitor.get(&office, &edit).await;
    office.clock.advance(TimeDelta::days(8));
    let typed = [("form_token", "old"), ("visitor_name", "欧阳𬭎䶮"), ("plate", "京A54321"), ("plate", "沪B12345")];
    assert_eq!(visitor.post(&office, &edit, &typed).await.location(), format!("/sign-in?next={edit}"));
    let again = sign_in_again(&mut visitor, &office, VISITOR, &edit).await;
    assert!(
        again.text().contains("还没有提交") && again.text().contains("京A54321") && again.text().contains("沪B12345")
    );
    assert!(!visitor.get(&office, "/book").await.text().contains("京A54321"), "it is no new booking");
    let mut other = Browser::signed_in(&office, "13800130077").await;
    assert_eq!(other.post(&office, &edit, &[("form_token", "old")]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_else_who_signs_in_at_the_same_browser_sees_it() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let page = visitor.get(&office, "/book").await;
    office.clock.advance(TimeDelta::days(31));
    visitor.send_booking(&office, &page, &[]).await.location();
    let other = sign_in_again(&mut visitor, &office, "13800130077", "/book").await;
    assert!(!other.text().contains("11010519491231002X"));
}

#[tokio::test]
async fn a_form_of_an_earlier_session_is_shown_at_once_and_books_nothing() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let old = visitor.get(&office, "/book").await;
    office.clock.advance(TimeDelta::seconds(61));
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let again = visitor.send_booking(&office, &old, &[]).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN);
    assert!(again.text().contains("这份预约还没有提交") && again.text().contains("11010519491231002X"));
    assert_eq!(bookings(&visitor.get(&office, "/bookings").await), 0);
    visitor.send_booking(&office, &again, &[]).await.location();
}

#[tokio::test]
async fn another_site_puts_no_words_into_anybody_s_form() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let stranger = Browser::default();
    for origin in ["https://evil.example", "null"] {
        for browser in [&mut visitor, &mut stranger.clone()] {
            let forged = Request::post("/book")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::ORIGIN, origin);
            let answer = browser.send(&office, forged, Body::from(encoded(&[("reason", "forged")]))).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin}");
            assert!(!answer.text().contains("forged"));
            assert!(!browser.cookies.contains_key("unsent"));
        }
    }
    assert!(!visitor.get(&office, "/book").await.text().contains("forged"));
}
