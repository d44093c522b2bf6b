//! A visit from the form to its day, as visitor and host see it.

use super::*;

#[tokio::test]
async fn from_the_form_to_the_picture() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let address = visitor.book(&office, &[]).await.location().to_owned();
    let waiting = visitor.get(&office, &address).await;
    assert!(waiting.text().contains("data-standing=\"waiting\""), "{}", waiting.text());
    assert!(!waiting.text().contains("/pass/"));

    // Anybody may look, many times; nothing is decided by looking.
    let links = office.links().await;
    assert_eq!(links.len(), 3);
    let mut host = Browser::default();
    for link in links.iter().chain(&links) {
        let page = host.get(&office, link).await;
        assert!(page.text().contains("data-standing=\"waiting\""));
        assert!(page.text().contains("欧阳𬭎䶮") && page.text().contains("京A12345"));
        assert!(!page.text().contains("11010519491231002X"));
    }
    let page = host.get(&office, &links[1]).await;
    let without_token = host.post(&office, &links[1], &[("choice", "approve"), ("revision", "1")]).await;
    assert_eq!(without_token.status, StatusCode::FORBIDDEN);
    let other_token = host.get(&office, &links[0]).await.form_token();
    let foreign =
        host.post(&office, &links[1], &[("choice", "approve"), ("revision", "1"), ("form_token", &other_token)]).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let token = page.form_token();
    let neither = host.post(&office, &links[1], &[("form_token", &token)]).await;
    assert_eq!(neither.status, StatusCode::UNPROCESSABLE_ENTITY);
    let decided =
        host.post(&office, &links[1], &[("choice", "approve"), ("revision", "1"), ("form_token", &token)]).await;
    assert_eq!(decided.location(), links[1]);

    // The other two are dead and say who, when and how.
    for link in &links {
        let page = host.get(&office, link).await;
        assert!(page.text().contains("data-standing=\"approved\""));
        let who = if *link == links[1] { "您已于" } else { "李文（工号 T1）" };
        for said in [who, "11月23日 08:00", "网办大厅链接"] {
            assert!(page.text().contains(said), "{said}: {}", page.text());
        }
        assert!(!page.text().contains("<button"));
    }
    let token = crate::store::LinkToken::parse(links[0].strip_prefix("/decide/").unwrap()).unwrap().form_token().text();
    let late = host.post(&office, &links[0], &[("choice", "decline"), ("revision", "1"), ("form_token", &token)]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text().contains("data-standing=\"approved\""));

    let approved = visitor.get(&office, &address).await;
    assert!(approved.text().contains("data-standing=\"approved\""));
    let pass = format!("/pass/{}", approved.after("<a href=\"/pass/"));
    assert!(approved.text().contains(&format!("<img src=\"{pass}.png\"")));
    let mut driver = Browser::default();
    let page = driver.get(&office, &pass).await;
    assert!(page.text().contains("data-standing=\"approved\"") && page.text().contains(&format!("src=\"{pass}.png\"")));
    let picture = driver.get(&office, &format!("{pass}.png")).await;
    assert_eq!(picture.headers[header::CONTENT_TYPE], "image/png");
    assert_eq!(picture.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(visitor.get(&office, &pass).await.headers[header::CACHE_CONTROL], "no-store");
    assert!(picture.body.starts_with(b"\x89PNG"));

    // Tomorrow it shows nothing that looks as if it opened a gate.
    office.clock.advance(TimeDelta::hours(16));
    assert!(driver.get(&office, &pass).await.text().contains("来访日期已过"));
    assert_eq!(driver.get(&office, &format!("{pass}.png")).await.status, StatusCode::NOT_FOUND);
    office.clock.advance(TimeDelta::hours(-16));

    // The host ends it; page and picture end with it.
    let mut host = Browser::signed_in(&office, HOST).await;
    let page = host.get(&office, &address).await;
    assert!(!page.text().contains("/pass/"), "the pass is the visitor's");
    let token = page.form_token();
    let revoke = format!("{address}/revoke");
    assert_eq!(host.post(&office, &revoke, &[("form_token", &token)]).await.location(), address);
    assert!(driver.get(&office, &pass).await.text().contains("data-standing=\"revoked\""));
    assert_eq!(driver.get(&office, &format!("{pass}.png")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn each_problem_stands_at_its_field_and_nothing_typed_is_lost() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let long = "长".repeat(300);
    for (field, typed, message) in [
        ("document_number", "110105194912310021", "校验码不符"),
        ("day", "2026-11-22", "日期已经过去"),
        ("day", "2026-12-31", "最晚可预约到 2026-12-07"),
        ("visitor_name", long.as_str(), "姓名最多 100 个字"),
        ("visitor_name", "<script>alert(1)</script>", "姓名里不能有「&#60;」"),
        ("visitor_name", "阿卜杜拉.艾山", "姓名中间的点请用「·」"),
        ("phone", "1380013", "大陆手机号是 11 位"),
        ("phone", "+85291234567", "境外手机号收不到短信"),
        ("reason", "", "请填写"),
        ("until", "08:30", "离开时间要晚于到访时间"),
        ("from", "05:00", "可预约的时间是 07:00–22:00"),
        ("campus", "9", "请从列表中选择校区"),
        ("companion_name", "王五5", "姓名里不能有「5」"),
        ("plate", "京A1234", "特殊车牌请选「其他」"),
        ("visit_kind", "group", "学校办公室，电话"),
        ("privacy", "", "勾选同意"),
    ] {
        let page = visitor.book(&office, &[(field, typed)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {typed}");
        let field = &match field {
            "companion_name" | "plate" => format!("{field}-1"),
            other => other.to_owned(),
        };
        let problem = page.text().split(&format!("<p class=\"problem\" id=\"problem-{field}\">")).nth(1);
        let problem = problem.unwrap_or_else(|| panic!("{field}: {}", page.text())).split("</p>").next().unwrap();
        assert!(problem.contains(message), "{field}: {problem}");
        assert_eq!(page.text().matches("<p class=\"problem\"").count(), 1, "{field}: {}", page.text());
        assert!(page.text().contains(&format!("aria-describedby=\"problem-{field}")), "{field}");
        assert!(!page.text().contains("<script>"));
        let kept = typed.replace('<', "&#60;").replace('>', "&#62;");
        if field != "campus" {
            assert!(page.text().contains(&kept), "{field}: {typed}");
        }
        assert!(page.text().contains("11010519491231002X") || field == "document_number", "{field}");
    }
    assert!(office.links().await.is_empty());
}

#[tokio::test]
async fn an_unknown_host_is_told_the_same_whatever_was_wrong() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let mut said = Vec::new();
    for changed in [
        [("host_number", "T2"), ("host_name", "李文"), ("host_phone", "")],
        [("host_number", "T1"), ("host_name", "王芳"), ("host_phone", "")],
        [("host_number", ""), ("host_name", "李文"), ("host_phone", "13900130003")],
        [("host_number", "???"), ("host_name", "李文"), ("host_phone", "")],
        [("host_number", ""), ("host_name", "李文"), ("host_department", "图书馆")],
        [("host_number", ""), ("host_name", "李武"), ("host_department", "计算机学院")],
    ] {
        let page = visitor.book(&office, &changed).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        let (_, problem) = page.text().split_once("id=\"problem-host\">").unwrap();
        said.push(problem.split("</p>").next().unwrap().to_owned());
    }
    assert!(said[0].contains("没有找到相符的教职工"));
    assert!(said.iter().all(|one| *one == said[0]));
    // With other fields wrong as well it is said in the same round, at its place.
    for (number, unknown) in [("T1", false), ("T2", true)] {
        let page = visitor.book(&office, &[("host_number", number), ("privacy", ""), ("reason", "")]).await;
        assert!(page.text().contains("id=\"problem-privacy\""), "{number}");
        assert_eq!(page.text().contains("id=\"problem-host\""), unknown, "{number}");
        assert_eq!(page.text().contains("href=\"#host\""), unknown, "{number}");
    }
    // By a name alone, or a number alone, nothing is told of whether it is anybody's.
    for part in [
        [("host_name", "李文"), ("host_number", ""), ("host_phone", "")],
        [("host_name", "李武"), ("host_number", ""), ("host_phone", "")],
        [("host_name", ""), ("host_number", "T1"), ("host_phone", "")],
        [("host_name", ""), ("host_number", "T2"), ("host_phone", "")],
        [("host_name", ""), ("host_number", ""), ("host_phone", HOST)],
        [("host_name", ""), ("host_number", "T1"), ("host_phone", HOST)],
    ] {
        let page = visitor.book(&office, &part).await;
        assert!(page.text().contains("请填写被访人的姓名，以及工号、手机号、部门中的任意一项"), "{part:?}");
    }
    let named = [("host_number", ""), ("host_name", "李文"), ("host_department", "计算机学院")];
    visitor.book(&office, &named).await.location();
}

#[tokio::test]
async fn the_host_books_and_the_pass_is_there_at_once() {
    let office = Office::new().await;
    let mut host = Browser::signed_in(&office, HOST).await;
    let address = host.book_on_behalf(&office).await.location().to_owned();
    let page = host.get(&office, &address).await;
    assert!(page.text().contains("data-standing=\"approved\"") && page.text().contains("代办预约"));
    assert!(page.text().contains("<img src=\"/pass/"), "a foreign phone gets no message: the host hands the pass on");
    let mut stranger = Browser::signed_in(&office, VISITOR).await;
    assert_eq!(stranger.get(&office, "/host/book").await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.get(&office, &address).await.status, StatusCode::NOT_FOUND);
    let unknown = stranger.get(&office, "/bookings/999").await.without_nonce();
    assert_eq!(unknown, stranger.get(&office, &address).await.without_nonce());
}

#[tokio::test]
async fn the_visitor_cancels_and_the_host_decides_signed_in() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let mut host = Browser::signed_in(&office, HOST).await;
    let address = visitor.book(&office, &[]).await.location().to_owned();
    assert!(host.get(&office, "/bookings").await.text().contains(&address));
    let token = host.get(&office, &address).await.form_token();
    let decline = [("form_token", token.as_str()), ("choice", "decline"), ("revision", "1"), ("reason", "当天出差")];
    assert_eq!(host.post(&office, &format!("{address}/decide"), &decline).await.location(), address);
    let page = visitor.get(&office, &address).await;
    assert!(page.text().contains("data-standing=\"declined\"") && page.text().contains("当天出差"));
    assert!(!page.text().contains("/pass/"));

    let address = visitor.book(&office, &[]).await.location().to_owned();
    let token = visitor.get(&office, &address).await.form_token();
    let foreign = host.get(&office, "/bookings").await.form_token();
    let cancel = format!("{address}/cancel");
    assert_eq!(visitor.post(&office, &cancel, &[("form_token", &foreign)]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(host.post(&office, &cancel, &[("form_token", &foreign)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(visitor.post(&office, &cancel, &[("form_token", &token)]).await.location(), address);
    assert!(visitor.get(&office, &address).await.text().contains("data-standing=\"cancelled\""));
    let link = office.links().await.pop().unwrap();
    assert!(host.get(&office, &link).await.text().contains("访客已取消预约"));
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_one_booking() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let form = visitor.get(&office, "/book").await;
    let first = visitor.send_booking(&office, &form, &[]).await.location().to_owned();
    assert_eq!(visitor.send_booking(&office, &form, &[]).await.location(), first);
    let edited = visitor.send_booking(&office, &form, &[("until", "12:00")]).await;
    assert_ne!(edited.location(), first, "after going back and changing it, it is another");
    assert_ne!(visitor.book(&office, &[]).await.location(), first, "a new form is a new booking");
}

#[tokio::test]
async fn after_the_visit_nothing_is_decided() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    visitor.book(&office, &[]).await.location();
    let link = office.links().await.pop().unwrap();
    office.clock.advance(TimeDelta::hours(16));
    let page = visitor.get(&office, &link).await;
    assert!(page.text().contains("来访日期已过") && !page.text().contains("<button"));
}
