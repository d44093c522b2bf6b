//! A booking that is changed, before and after its host's word; asked for again; and put into a calendar.

use super::*;

/// Sends the form of `page` as it stands there, with what is `changed`.
async fn send_change(browser: &mut Browser, office: &Office, address: &str, changed: &[(&str, &str)]) -> Answer {
    let edit = format!("{address}/edit");
    let page = browser.get(office, &edit).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let token = page.form_token();
    let typed = page.inputs();
    let mut fields: Vec<_> = typed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.retain(|(name, _)| *name != "form_token" && !changed.iter().any(|(other, _)| other == name));
    fields.extend([
        ("form_token", token.as_str()),
        ("document_kind", "resident_id"),
        ("campus", "1"),
        ("privacy", "yes"),
        ("document_consent", "yes"),
    ]);
    fields.push(("reason", "商谈合作"));
    fields.retain(|(name, _)| !changed.iter().any(|(other, _)| other == name));
    fields.extend(changed.iter().copied());
    browser.post(office, &edit, &fields).await
}

async fn approve(office: &Office, link: &str) -> Answer {
    let mut host = Browser::default();
    let page = host.get(office, link).await;
    let (token, revision) = (page.form_token(), page.after("name=\"revision\" value=\"").to_owned());
    let fields = [("form_token", token.as_str()), ("revision", revision.as_str()), ("choice", "approve")];
    host.post(office, link, &fields).await
}

#[tokio::test]
async fn nobody_approves_what_they_did_not_see() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let address = visitor.book(&office, &[]).await.location().to_owned();
    let link = office.links().await.pop().unwrap();
    let mut host = Browser::default();
    let seen = host.get(&office, &link).await;
    let form = visitor.get(&office, &format!("{address}/edit")).await;
    assert!(form.text().contains("value=\"11010519491231002X\"") && form.text().contains("value=\"京A12345\""));
    assert!(!form.text().contains("name=\"host_number\""), "the host stays");
    let changed = [("reason", "安装设备"), ("document_number", "440524188001010014")];
    assert_eq!(send_change(&mut visitor, &office, &address, &changed).await.location(), address);
    let token = seen.form_token();
    let stale = [("form_token", token.as_str()), ("revision", "1"), ("choice", "approve")];
    let again = host.post(&office, &link, &stale).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text().contains("访客刚修改了预约") && again.text().contains("安装设备"), "{}", again.text());
    let without = [("form_token", token.as_str()), ("choice", "approve")];
    assert_eq!(host.post(&office, &link, &without).await.status, StatusCode::CONFLICT);
    assert!(visitor.get(&office, &address).await.text().contains("data-standing=\"waiting\""));
    // The same on the host's own page.
    let mut signed_in = Browser::signed_in(&office, HOST).await;
    let token = signed_in.get(&office, &address).await.form_token();
    let stale = [("form_token", token.as_str()), ("revision", "1"), ("choice", "decline"), ("reason", "当天出差")];
    let page = signed_in.post(&office, &format!("{address}/decide"), &stale).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.text().contains("访客刚修改了预约") && page.text().contains("当天出差"), "what was typed is kept");
    approve(&office, &link).await.location();
    assert!(visitor.get(&office, &address).await.text().contains("data-standing=\"approved\""));
}

#[tokio::test]
async fn a_small_change_takes_effect_and_a_large_one_waits_beside_the_old() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let address = visitor.book(&office, &[]).await.location().to_owned();
    approve(&office, &office.links().await.pop().unwrap()).await.location();
    let pass = visitor.get(&office, &address).await.after("<a href=\"/pass/").to_owned();
    let small = [("plate", "京AD12345"), ("plate_kind", "new_energy"), ("until", "12:00")];
    assert_eq!(send_change(&mut visitor, &office, &address, &small).await.location(), address);
    let page = visitor.get(&office, &address).await;
    assert!(page.text().contains("data-standing=\"approved\"") && page.text().contains("京AD12345"));
    assert!(page.text().contains(&pass), "the pass keeps its page");
    let asked = office.links().await.len();

    let new = send_change(&mut visitor, &office, &address, &[("day", "2026-11-24")]).await.location().to_owned();
    assert_ne!(new, address);
    let page = visitor.get(&office, &new).await;
    assert!(page.text().contains("data-standing=\"waiting\"") && page.text().contains("通过后代替原预约"));
    let old = visitor.get(&office, &address).await;
    assert!(old.text().contains("通过之前这份预约仍然有效") && old.text().contains(&pass));
    assert_eq!(visitor.get(&office, &format!("{address}/edit")).await.location(), format!("{new}/edit"));
    let links = office.links().await;
    assert_eq!(links.len(), asked + 3);
    let review = Browser::default().get(&office, links.last().unwrap()).await;
    assert!(review.text().contains("通过后代替原预约") && review.text().contains("11月23日 星期一 09:00–12:00"));
    approve(&office, links.last().unwrap()).await.location();
    let old = visitor.get(&office, &address).await;
    assert!(old.text().contains("data-standing=\"cancelled\"") && old.text().contains("已由修改后的预约代替"));
    assert_eq!(visitor.get(&office, &format!("/pass/{pass}.png")).await.status, StatusCode::NOT_FOUND);
    assert!(visitor.get(&office, &new).await.text().contains("<img src=\"/pass/"));
}

#[tokio::test]
async fn the_own_form_is_nobody_else_s() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let address = visitor.book(&office, &[("phone", "13800130088")]).await.location().to_owned();
    let edit = format!("{address}/edit");
    let mut other = Browser::signed_in(&office, "13800130088").await;
    assert_eq!(other.get(&office, &address).await.status, StatusCode::OK, "whom the visitor booked for sees it");
    let mut host = Browser::signed_in(&office, HOST).await;
    let mut stranger = Browser::signed_in(&office, "13800130099").await;
    for browser in [&mut other, &mut host, &mut stranger] {
        assert_eq!(browser.get(&office, &edit).await.status, StatusCode::NOT_FOUND);
        let token = browser.get(&office, "/bookings").await.form_token();
        let sent = browser.post(&office, &edit, &[("form_token", &token)]).await;
        assert_eq!(sent.status, StatusCode::NOT_FOUND);
    }
    let form = visitor.get(&office, &edit).await;
    let wrong = visitor.post(&office, &edit, &[("form_token", "x"), ("visitor_name", "王五")]).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    assert!(wrong.text().contains("王五") && wrong.text().contains("<form id=\"booking-form\""));
    let token = form.form_token();
    let wrong = [("form_token", token.as_str()), ("visitor_name", "王五1"), ("companion_name", "李4")];
    let page = visitor.post(&office, &edit, &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text().contains("id=\"problem-companion_name-1\"") && page.text().contains("王五1"));
    let grown = [("form_token", token.as_str()), ("visitor_name", "王五1"), ("add", "companion")];
    let page = visitor.post(&office, &edit, &grown).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("id=\"companion_name-3\"") && page.text().contains("王五1"));
    assert!(!visitor.get(&office, "/book").await.text().contains("王五1"), "a change is no draft");
}

#[tokio::test]
async fn booked_again_with_everything_but_the_day_and_the_consent() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let address = visitor.book(&office, &[]).await.location().to_owned();
    let again = visitor.get(&office, &address).await.after("href=\"/book?again=").to_owned();
    let again = format!("/book?again={again}");
    let page = visitor.get(&office, &again).await;
    let inputs = page.inputs();
    let typed = |name: &str| {
        inputs.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(typed("companion_name")[..2], ["张三", "李四"]);
    for (name, value) in [
        ("document_number", "11010519491231002X"),
        ("plate", "京A12345"),
        ("from", "09:00"),
        ("host_name", "李文"),
        ("host_department", "计算机学院"),
        ("host_number", ""),
        ("day", ""),
    ] {
        assert_eq!(typed(name).first(), Some(&value), "{name}");
    }
    assert!(!page.text().contains("value=\"yes\" checked"));
    // While the number is kept, and to who booked alone.
    let mut stranger = Browser::signed_in(&office, "13800130099").await;
    assert_eq!(stranger.get(&office, &again).await.status, StatusCode::NOT_FOUND);
    assert_eq!(visitor.get(&office, "/book?again=x").await.status, StatusCode::NOT_FOUND);
    office.clock.advance(TimeDelta::days(2));
    office.state.store.erase_due(office.state.config.retention, office.state.clock.now()).await.unwrap();
    let page = visitor.get(&office, &again).await;
    assert!(page.text().contains("欧阳𬭎䶮") && !page.text().contains("11010519491231002X"));
}

#[tokio::test]
async fn an_approved_visit_goes_into_a_calendar_and_out_of_it_again() {
    let office =
        Office::with(Config { public_url: "https://visit.example.edu.cn".to_owned(), ..Config::default() }).await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let address = visitor.book(&office, &[]).await.location().to_owned();
    let file = format!("{address}/visit.ics");
    assert_eq!(visitor.get(&office, &file).await.status, StatusCode::NOT_FOUND, "nobody has agreed yet");
    approve(&office, &office.links().await.pop().unwrap()).await.location();
    let answer = visitor.get(&office, &file).await;
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/calendar; charset=utf-8");
    assert_eq!(answer.text(), include_str!("visit.ics"));
    assert!(!answer.text().contains("/pass/"));
    send_change(&mut visitor, &office, &address, &[("until", "12:30")]).await.location();
    let changed = visitor.get(&office, &file).await;
    let later = changed.text().replace("SEQUENCE:1", "SEQUENCE:0").replace("T043000Z", "T030000Z");
    assert_eq!(later, include_str!("visit.ics"), "the same visit, later: {}", changed.text());
    let token = visitor.get(&office, &address).await.form_token();
    visitor.post(&office, &format!("{address}/cancel"), &[("form_token", &token)]).await.location();
    let ended = visitor.get(&office, &file).await;
    for line in
        ["METHOD:CANCEL\r\n", "STATUS:CANCELLED\r\n", "SEQUENCE:2\r\n", "UID:booking-1@visit.example.edu.cn\r\n"]
    {
        assert!(ended.text().contains(line), "{line}: {}", ended.text());
    }
    assert!(visitor.get(&office, &address).await.text().contains("从日历中删除"));
    for phone in ["13800130099", HOST] {
        let mut other = Browser::signed_in(&office, phone).await;
        assert_eq!(other.get(&office, &file).await.status, StatusCode::NOT_FOUND, "{phone}");
    }
}

#[tokio::test]
async fn a_page_that_was_open_for_too_long_is_there_again_with_its_form() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let address = visitor.book(&office, &[]).await.location().to_owned();
    let page = visitor.post(&office, &format!("{address}/cancel"), &[("form_token", "old")]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.text().contains("页面已过期") && page.text().contains("data-standing=\"waiting\""));
    let mut host = Browser::signed_in(&office, HOST).await;
    let typed = [("form_token", "old"), ("choice", "decline"), ("reason", "当天出差")];
    for path in [format!("{address}/decide"), office.links().await.pop().unwrap()] {
        let page = host.post(&office, &path, &typed).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert!(page.text().contains("页面已过期") && page.text().contains("当天出差"), "{path}: {}", page.text());
    }
    let forged = Request::post(format!("{address}/cancel"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ORIGIN, "null");
    let answer = visitor.send(&office, forged, Body::from("form_token=old")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(!answer.text().contains("data-standing"), "what may come from elsewhere is shown nothing");
    assert!(visitor.get(&office, &address).await.text().contains("data-standing=\"waiting\""));
}
