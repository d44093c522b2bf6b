//! What a host can do besides deciding on one visitor.

use super::*;

const DEPUTY: &str = "13900130088";

/// The host, a deputy to be, and a visitor.
async fn cast(office: &Office) -> [Browser; 3] {
    let staff = vec![member("T1", "李文", HOST), member("T2", "王芳", DEPUTY)];
    office.state.store.import_directory(staff, office.state.clock.now()).await.unwrap();
    [
        Browser::signed_in(office, HOST).await,
        Browser::signed_in(office, DEPUTY).await,
        Browser::signed_in(office, VISITOR).await,
    ]
}

async fn token_of(browser: &mut Browser, office: &Office) -> String {
    browser.get(office, "/bookings").await.form_token()
}

#[tokio::test]
async fn a_deputy_is_told_sees_the_visitor_and_decides_but_revokes_nothing() {
    let office = Office::new().await;
    let [mut host, mut deputy, mut visitor] = cast(&office).await;
    let token = token_of(&mut host, &office).await;
    let wrong = [("form_token", token.as_str()), ("deputy", "T9"), ("from", "2026-11-23"), ("through", "2026-11-23")];
    let refused = host.post(&office, "/host/deputy", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("没有这个工号的教职工") && refused.text().contains("value=\"T9\""));
    let right = wrong.map(|(name, typed)| (name, if name == "deputy" { "T2" } else { typed }));
    assert_eq!(host.post(&office, "/host/deputy", &right).await.location(), "/host/deputy");
    assert!(host.get(&office, "/host/deputy").await.text().contains("王芳 · 计算机学院"));

    let address = visitor.book(&office, &[]).await.location().to_owned();
    assert_eq!(office.links().await.len(), 6);
    let told = office.notices().await;
    assert!(told.iter().any(|notice| notice.to == DEPUTY && notice.text.starts_with("【代 李文 审核】")));
    assert!(deputy.get(&office, "/bookings").await.text().contains(&address));
    let page = deputy.get(&office, &address).await;
    let fields = [("form_token", &*page.form_token()), ("revision", "1"), ("choice", "approve")];
    assert_eq!(deputy.post(&office, &format!("{address}/decide"), &fields).await.location(), address);
    assert!(visitor.get(&office, &address).await.text().contains("王芳（工号 T2）"));
    assert!(!deputy.get(&office, &address).await.text().contains("/revoke"));
    let token = token_of(&mut deputy, &office).await;
    let revoke = deputy.post(&office, &format!("{address}/revoke"), &[("form_token", &token)]).await;
    assert_eq!(revoke.status, StatusCode::NOT_FOUND);

    let token = token_of(&mut host, &office).await;
    assert_eq!(host.post(&office, "/host/deputy/end", &[("form_token", &token)]).await.location(), "/host/deputy");
    assert_eq!(deputy.get(&office, &address).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_deputy_sees_no_pass_and_after_their_days_no_visitor() {
    let office = Office::new().await;
    let [mut host, mut deputy, mut visitor] = cast(&office).await;
    let token = token_of(&mut host, &office).await;
    let away = [("form_token", &*token), ("deputy", "T2"), ("from", "2026-11-23"), ("through", "2026-11-23")];
    host.post(&office, "/host/deputy", &away).await.location();
    let on_behalf = [
        ("form_token", &*token),
        ("visitor_name", "Anna-Lena O'Neill"),
        ("document_kind", "passport"),
        ("document_number", "AB1234567"),
        ("phone", "+85291234567"),
        ("reason", "学术报告"),
        ("campus", "1"),
        ("day", "2026-11-24"),
        ("from", "14:00"),
        ("until", "16:00"),
        ("privacy", "yes"),
        ("document_consent", "yes"),
    ];
    let made = host.post(&office, "/host/book", &on_behalf).await.location().to_owned();
    assert!(host.get(&office, &made).await.text().contains("<img src=\"/pass/"));
    assert_eq!(deputy.get(&office, &made).await.status, StatusCode::NOT_FOUND, "neither decided by them nor to be");

    visitor.book(&office, &[]).await.location();
    let link = office.links().await.pop().unwrap();
    let mut anybody = Browser::default();
    assert!(anybody.get(&office, &link).await.text().contains("欧阳𬭎䶮"));
    let token = token_of(&mut host, &office).await;
    host.post(&office, "/host/deputy/end", &[("form_token", &token)]).await.location();
    let after = anybody.get(&office, &link).await;
    assert!(after.text().contains("不再需要审核") && !after.text().contains("欧阳𬭎䶮"), "{}", after.text());
}

#[tokio::test]
async fn an_invitation_fills_in_the_host_until_it_is_ended() {
    let office = Office::new().await;
    let [mut host, mut other, mut visitor] = cast(&office).await;
    let token = token_of(&mut host, &office).await;
    assert_eq!(host.get(&office, "/host/invite.png").await.status, StatusCode::NOT_FOUND);
    assert_eq!(host.post(&office, "/host/invite", &[("form_token", &token)]).await.location(), "/host/invite");
    let page = host.get(&office, "/host/invite").await;
    let address = format!("/invited/{}", page.after("/invited/"));
    let picture = host.get(&office, "/host/invite.png").await;
    assert!(picture.body.starts_with(b"\x89PNG"));
    assert_eq!(other.get(&office, "/host/invite.png").await.status, StatusCode::NOT_FOUND, "each has their own");

    let mut stranger = Browser::default();
    assert_eq!(stranger.get(&office, &address).await.location(), format!("/sign-in?next={address}"));
    let form = visitor.get(&office, &address).await;
    assert!(form.text().contains("value=\"T1\"") && form.text().contains("value=\"李文\""));
    visitor.send_booking(&office, &form, &[]).await.location();

    let token = token_of(&mut host, &office).await;
    host.post(&office, "/host/invite/end", &[("form_token", &token)]).await.location();
    let gone = visitor.get(&office, &address).await;
    assert_eq!(gone.status, StatusCode::GONE);
    assert!(gone.text().contains("这个邀请已失效") && !gone.text().contains("value=\"T1\""));
}

#[tokio::test]
async fn several_are_approved_with_one_press_each_for_itself() {
    let office = Office::new().await;
    let [mut host, _, mut visitor] = cast(&office).await;
    let mut addresses = Vec::new();
    for reason in ["一", "二", "三", "四"] {
        addresses.push(visitor.book(&office, &[("reason", reason)]).await.location().to_owned());
    }
    let [first, second, third, fourth] = addresses.as_slice() else { panic!("{addresses:?}") };
    let value = |address: &str, revision: u32| format!("{}.{revision}", address.rsplit('/').next().unwrap());
    let list = host.get(&office, "/bookings").await;
    for address in &addresses {
        assert!(list.text().contains(&format!("value=\"{}\"", value(address, 1))), "{address}");
    }
    let token = list.form_token();
    let decline = [("form_token", token.as_str()), ("revision", "1"), ("choice", "decline-0")];
    host.post(&office, &format!("{second}/decide"), &decline).await.location();
    assert!(visitor.get(&office, second).await.text().contains("当天不在校，请另约时间"));
    let [one, two, stale] = [value(first, 1), value(second, 1), value(third, 7)];
    let ticked = [
        ("form_token", token.as_str()),
        ("booking", &one),
        ("booking", &two),
        ("booking", &stale),
        ("booking", "999.1"),
        ("booking", "x"),
    ];
    let done = host.post(&office, "/host/decisions", &ticked).await;
    assert_eq!(done.status, StatusCode::OK);
    for said in ["已同意 1 位访客来访", "不同意来访", "访客刚修改了预约"] {
        assert!(done.text().contains(said), "{said}: {}", done.text());
    }
    for (address, standing) in [(first, "approved"), (second, "declined"), (third, "waiting"), (fourth, "waiting")] {
        let page = visitor.get(&office, address).await;
        assert!(page.text().contains(&format!("data-standing=\"{standing}\"")), "{address}");
    }
}

#[tokio::test]
async fn the_host_sees_who_was_here_before_and_whom_to_ask() {
    let office = Office::new().await;
    let [mut host, _, mut visitor] = cast(&office).await;
    let first = visitor.book(&office, &[]).await.location().to_owned();
    assert!(!host.get(&office, &first).await.text().contains("此前来访您"));
    let token = token_of(&mut host, &office).await;
    let approve = [("form_token", token.as_str()), ("revision", "1"), ("choice", "approve")];
    host.post(&office, &format!("{first}/decide"), &approve).await.location();
    let next = visitor.book(&office, &[("day", "2026-11-24")]).await.location().to_owned();
    let link = office.links().await.pop().unwrap();
    for address in [&next, &link] {
        let page = host.get(&office, address).await;
        assert!(page.text().contains("1 次，最近 11月23日"), "{address}: {}", page.text());
        assert!(!page.text().contains("保卫处"));
    }
    assert!(!visitor.get(&office, &next).await.text().contains("此前来访您"));
    let document = shared::identity::Document::parse(
        shared::identity::DocumentKind::ResidentId,
        "11010519491231002X",
        CampusDay::of(office.state.clock.now()).date(),
    );
    office.state.store.watch(&document.unwrap(), "纠纷", office.state.clock.now()).await.unwrap();
    let page = Browser::default().get(&office, &link).await;
    assert!(page.text().contains("审核前请先与保卫处联系") && !page.text().contains("纠纷"));
    let list = host.get(&office, "/bookings").await;
    let value = format!("{}.1", next.rsplit('/').next().unwrap());
    assert!(list.text().contains("审核前请先与保卫处联系"));
    assert!(!list.text().contains(&value), "there is nothing to tick");
    let ticked = [("form_token", &*list.form_token()), ("booking", &value)];
    let done = host.post(&office, "/host/decisions", &ticked).await;
    assert!(done.text().contains("没有新的同意") && done.text().contains("请打开核对"), "{}", done.text());
    assert!(!visitor.get(&office, &next).await.text().contains("保卫处"));
}
