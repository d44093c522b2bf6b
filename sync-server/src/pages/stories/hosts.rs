//! What a host can do besides deciding on one visitor.

use super::*;

const DEPUTY: &str = "13900130088";

/// The host, a deputy to be, and a visitor.
pub(super) async fn cast(office: &Office) -> [Browser; 3] {
    let staff = vec![member("T1", "李文", HOST), member("T2", "王芳", DEPUTY)];
    office.state.store.import_directory(staff, office.state.clock.now()).await.unwrap();
    [
        Browser::signed_in(office, HOST).await,
        Browser::signed_in(office, DEPUTY).await,
        Browser::signed_in(office, VISITOR).await,
    ]
}

pub(super) async fn token_of(browser: &mut Browser, office: &Office) -> String {
    browser.get(office, "/bookings").await.form_token()
}

/// For today.
pub(super) async fn names_a_deputy(host: &mut Browser, office: &Office) {
    let token = token_of(host, office).await;
    let away = [("form_token", &*token), ("deputy", "T2"), ("from", "2026-11-23"), ("through", "2026-11-23")];
    host.post(office, "/host/deputy", &away).await.location();
}

#[tokio::test]
async fn a_deputy_is_told_sees_the_visitor_decides_and_may_take_that_back() {
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
    let named = |told: &[crate::store::Notice]| {
        told.iter().filter(|notice| notice.text.contains("请您在 2026-11-23 至")).count()
    };
    assert_eq!(named(&office.notices().await), 3);
    assert_eq!(host.post(&office, "/host/deputy", &right).await.location(), "/host/deputy");
    assert_eq!(named(&office.notices().await), 3, "the same once more is no news");

    let address = visitor.book(&office, &[]).await.location().to_owned();
    assert_eq!(office.links().await.len(), 6);
    let told = office.notices().await;
    assert!(told.iter().any(|notice| notice.to == DEPUTY && notice.text.starts_with("【代 李文 审核】")));
    assert!(deputy.get(&office, "/bookings").await.text().contains(&address));
    let page = deputy.get(&office, &address).await;
    let fields = [("form_token", &*page.form_token()), ("revision", "1"), ("choice", "approve")];
    assert_eq!(deputy.post(&office, &format!("{address}/decide"), &fields).await.location(), address);
    let read = visitor.get(&office, &address).await;
    assert!(read.text().contains("王芳已于") && !read.names("T2"), "{}", read.text());
    let theirs = host.get(&office, &address).await;
    assert!(theirs.text().contains("王芳（工号 T2）") && theirs.names("T2"));
    let done = deputy.get(&office, &address).await;
    assert!(done.text().contains("/revoke") && done.text().contains("您已于 11月23日 08:00 通过本系统同意来访"));

    let token = token_of(&mut host, &office).await;
    assert_eq!(host.post(&office, "/host/deputy/end", &[("form_token", &token)]).await.location(), "/host/deputy");
    assert!(deputy.get(&office, "/bookings").await.text().contains(&address));
    let token = deputy.get(&office, &address).await.form_token();
    let revoke = deputy.post(&office, &format!("{address}/revoke"), &[("form_token", &token)]).await;
    assert_eq!(revoke.location(), address);
    let told = office.notices().await;
    assert!(told.iter().any(|notice| notice.to == HOST && notice.text.starts_with("王芳 代您撤销了")));
    for browser in [&mut deputy, &mut visitor, &mut host] {
        assert!(browser.get(&office, &address).await.text().contains("data-standing=\"revoked\""));
    }
    office.clock.advance(TimeDelta::hours(16));
    assert_eq!(deputy.get(&office, &address).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_deputy_sees_no_pass_and_after_their_days_no_visitor() {
    let office = Office::new().await;
    let [mut host, mut deputy, mut visitor] = cast(&office).await;
    names_a_deputy(&mut host, &office).await;
    let token = token_of(&mut host, &office).await;
    let on_behalf = on_behalf(&token);
    let made = host.post(&office, "/host/book", &on_behalf).await.location().to_owned();
    let page = host.get(&office, &made).await;
    assert!(page.text().contains("<img src=\"/pass/"));
    for said in ["谁也没有通知到", "没有通知访客：对方的手机号收不到短信", "请您告诉访客"]
    {
        assert!(page.text().contains(said), "{said}: {}", page.text());
    }
    assert!(!page.text().contains("访客会收到"), "{}", page.text());
    let reached: Vec<_> = on_behalf.map(|(name, typed)| (name, if name == "phone" { VISITOR } else { typed })).into();
    let reached = host.post(&office, "/host/book", &reached).await.location().to_owned();
    let page = host.get(&office, &reached).await;
    assert!(
        page.text().contains("访客会收到短信，里面有通行码") && !page.text().contains("没有通知"),
        "{}",
        page.text()
    );
    assert_eq!(deputy.get(&office, &made).await.status, StatusCode::NOT_FOUND, "neither decided by them nor to be");

    visitor.book(&office, &[]).await.location();
    let link = office.links().await.pop().unwrap();
    let mut anybody = Browser::default();
    assert!(anybody.get(&office, &link).await.text().contains("欧阳𬭎䶮"));
    let token = token_of(&mut host, &office).await;
    host.post(&office, "/host/deputy/end", &[("form_token", &token)]).await.location();
    let after = anybody.get(&office, &link).await;
    assert!(after.text().contains("这个链接已不能审核") && !after.text().contains("不再需要审核"));
    assert!(!after.text().contains("欧阳𬭎䶮"), "{}", after.text());
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
    let sign_in = stranger.get(&office, &address).await.location().to_owned();
    assert_eq!(sign_in, format!("/sign-in?next={address}"));
    assert!(stranger.get(&office, &sign_in).await.text().contains("李文（计算机学院）邀请您来访"));
    assert!(!stranger.get(&office, "/sign-in?next=/invited/AAAA").await.text().contains("邀请您来访"));
    let form = visitor.get(&office, &address).await;
    assert!(form.text().contains("value=\"李文\"") && !form.names("T1"), "whoever is invited learns no number");
    let invitation = form.after("name=\"invitation\" value=\"").to_owned();
    let invited = [("invitation", invitation.as_str()), ("host_number", "")];
    // Names tried in vain keep nobody out who has no name to try.
    let limit = office.state.config.booking.unknown_hosts_per_phone_day;
    for _ in 0..limit {
        assert!(visitor.book(&office, &[("host_name", "李雯")]).await.text().contains("没有找到"));
    }
    assert_eq!(visitor.book(&office, &[]).await.status, StatusCode::TOO_MANY_REQUESTS);
    let booked = visitor.send_booking(&office, &form, &invited).await;
    assert!(visitor.get(&office, booked.location()).await.text().contains("李文"));
    let other = visitor.send_booking(&office, &form, &[invited[0], ("press", "uninvited")]).await;
    let page = visitor.get(&office, other.location()).await;
    assert!(page.text().contains("name=\"host_number\"") && !page.text().contains("name=\"invitation\""));

    let token = token_of(&mut host, &office).await;
    host.post(&office, "/host/invite/end", &[("form_token", &token)]).await.location();
    let gone = visitor.get(&office, &address).await;
    assert_eq!(gone.status, StatusCode::GONE);
    assert!(gone.text().contains("这个邀请已失效") && !gone.text().contains("value=\"李文\""));
    let late = [invited[0], invited[1], ("reason", "再谈一次")];
    for late in [late, [("invitation", "made up"), late[1], late[2]]] {
        let asked = visitor.send_booking(&office, &form, &late).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(asked.text().contains("这个邀请已失效") && asked.text().contains("再谈一次"), "nothing is lost");
    }
}

#[tokio::test]
async fn several_are_decided_with_one_press_each_for_itself() {
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
        ("choice", "approve"),
    ];
    let done = host.post(&office, "/host/decisions", &ticked).await;
    assert_eq!(done.status, StatusCode::OK);
    for said in ["已同意 1 份预约", "谢绝来访", "访客刚修改了预约"] {
        assert!(done.text().contains(said), "{said}: {}", done.text());
    }
    for (address, standing) in [(first, "approved"), (second, "declined"), (third, "waiting"), (fourth, "waiting")] {
        let page = visitor.get(&office, address).await;
        assert!(page.text().contains(&format!("data-standing=\"{standing}\"")), "{address}");
    }
    let rest = [value(third, 1), value(fourth, 1)];
    let mut ticked = vec![("form_token", token.as_str()), ("booking", &rest[0]), ("booking", &rest[1])];
    assert_eq!(host.post(&office, "/host/decisions", &ticked).await.status, StatusCode::BAD_REQUEST);
    ticked.push(("choice", "decline-1"));
    let done = host.post(&office, "/host/decisions", &ticked).await;
    assert!(done.text().contains("已谢绝 2 份预约"), "{}", done.text());
    for address in [third, fourth] {
        assert!(visitor.get(&office, address).await.text().contains("请先打电话联系我"), "{address}");
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
    let missed = visitor.book(&office, &[("day", "2026-11-24")]).await.location().to_owned();
    assert!(!host.get(&office, &missed).await.text().contains("此前来访您"), "nobody has come");
    office.state.store.everybody_comes().await;
    let next = visitor.book(&office, &[("day", "2026-11-24")]).await.location().to_owned();
    let link = office.links().await.pop().unwrap();
    for address in [&next, &link] {
        let page = host.get(&office, address).await;
        assert!(
            page.text().contains("此前来访您") && page.text().contains("1 次，最近 11月23日"),
            "{address}: {}",
            page.text()
        );
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
    assert!(!list.text().contains(&format!("value=\"{value}\"")), "there is nothing to tick");
    let ticked = [("form_token", &*list.form_token()), ("booking", &value), ("choice", "approve")];
    let done = host.post(&office, "/host/decisions", &ticked).await;
    assert!(done.text().contains("没有作出审核") && done.text().contains("请打开核对"), "{}", done.text());
    assert!(!visitor.get(&office, &next).await.text().contains("保卫处"));
}

#[tokio::test]
async fn a_deputy_who_presses_second_is_told_who_was_first() {
    let office = Office::new().await;
    let [mut host, mut deputy, mut visitor] = cast(&office).await;
    names_a_deputy(&mut host, &office).await;
    let address = visitor.book(&office, &[]).await.location().to_owned();
    let page = deputy.get(&office, &address).await;
    let token = token_of(&mut host, &office).await;
    let decline = [("form_token", &*token), ("revision", "1"), ("choice", "decline-0")];
    host.post(&office, &format!("{address}/decide"), &decline).await.location();
    let approve = [("form_token", &*page.form_token()), ("revision", "1"), ("choice", "approve")];
    let second = deputy.post(&office, &format!("{address}/decide"), &approve).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert!(second.text().contains("李文（工号 T1）"), "{}", second.text());
    let token = page.form_token();
    let ticked = format!("{}.1", address.rsplit('/').next().unwrap());
    let fields = [("form_token", &*token), ("booking", &ticked), ("choice", "approve")];
    let several = deputy.post(&office, "/host/decisions", &fields).await;
    assert!(several.text().contains("别人已先审核：1"), "{}", several.text());
    for said in [&second, &several] {
        assert!(!said.text().contains("欧阳𬭎䶮") && !said.text().contains("当天不在校"), "{}", said.text());
    }
    let unasked = [("form_token", "x"), ("revision", "1"), ("choice", "approve")];
    assert_eq!(deputy.post(&office, &format!("{address}/decide"), &unasked).await.status, StatusCode::NOT_FOUND);
    assert!(visitor.get(&office, &address).await.text().contains("data-standing=\"declined\""));
}

#[tokio::test]
async fn nobody_learns_of_a_colleague_s_visitors_by_ticking_numbers() {
    let office = Office::new().await;
    let [mut host, mut other, mut visitor] = cast(&office).await;
    let now = office.state.clock.now();
    let document = shared::identity::Document::parse(
        shared::identity::DocumentKind::ResidentId,
        "11010519491231002X",
        CampusDay::of(now).date(),
    );
    office.state.store.watch(&document.unwrap(), "纠纷", now).await.unwrap();
    let address = visitor.book(&office, &[]).await.location().to_owned();
    let ticked = format!("{}.1", address.rsplit('/').next().unwrap());
    for (browser, sees) in [(&mut other, false), (&mut host, true)] {
        let token = token_of(browser, &office).await;
        let fields = [("form_token", &*token), ("booking", &ticked), ("choice", "approve")];
        let done = browser.post(&office, "/host/decisions", &fields).await;
        assert_eq!(done.text().contains("欧阳𬭎䶮"), sees, "{}", done.text());
    }
}

#[tokio::test]
async fn who_booked_for_a_friend_takes_their_phone_along_masked() {
    let office = Office::new().await;
    let [_, _, mut visitor] = cast(&office).await;
    visitor.book(&office, &[("phone", "13700137000")]).await.location();
    let file = visitor.get(&office, "/my-data.json").await;
    assert!(file.text().contains(VISITOR) && !file.text().contains("13700137000"), "{}", file.text());
    let given = [
        "\"consents\":[{",
        "\"to\":\"privacy\"",
        "\"given_at\":\"2026-11-23 08:",
        "\"known_browsers\":1",
        "\"outcome\":null",
        "\"kind\":\"approval_asked\",\"channel\":\"hall\"",
    ];
    for said in given {
        assert!(file.text().contains(said), "{said}: {}", file.text());
    }
    let link = office.links().await.pop().unwrap();
    let page = visitor.get(&office, &link).await;
    let fields = [("form_token", page.after("name=\"form_token\" value=\"")), ("revision", "1"), ("choice", "decline")];
    assert_eq!(visitor.post(&office, &link, &fields).await.status, StatusCode::SEE_OTHER);
    let file = visitor.get(&office, "/my-data.json").await;
    assert!(file.text().contains("\"outcome\":\"李文"), "{}", file.text());
    let page = visitor.get(&office, "/my-data").await;
    for said in ["谢绝来访", "网办大厅：", "1 个浏览器"] {
        assert!(page.text().contains(said), "{said}: {}", page.text());
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_deputy_is_said_beside_the_field_in_both_languages() {
    let office = Office::new().await;
    let [mut host, _, _] = cast(&office).await;
    let token = token_of(&mut host, &office).await;
    for (lang, said) in [
        (
            "zh",
            [
                "请填写",
                "工号只含字母和数字",
                "没有这个工号",
                "另一位教职工",
                "2026-11-23 这样",
                "日期已经过去",
                "不能早于第一天",
                "最长三个月",
            ],
        ),
        (
            "en",
            [
                "Please fill this in",
                "letters and digits only",
                "Nobody has this staff number",
                "another person",
                "A day is written",
                "This day is over",
                "cannot be before the first",
                "Three months at the longest",
            ],
        ),
    ] {
        host.get(&office, &format!("/?lang={lang}")).await;
        let typed = [
            ("deputy", "", "2026-11-23", "2026-11-23"),
            ("deputy", "？", "2026-11-23", "2026-11-23"),
            ("deputy", "T9", "2026-11-23", "2026-11-23"),
            ("deputy", "T1", "2026-11-23", "2026-11-23"),
            ("from", "T2", "soon", "2026-11-23"),
            ("from", "T2", "2026-11-22", "2026-11-23"),
            ("through", "T2", "2026-11-24", "2026-11-23"),
            ("through", "T2", "2026-11-23", "2027-11-23"),
        ];
        for ((field, deputy, from, through), said) in typed.into_iter().zip(said) {
            let form = [("form_token", &*token), ("deputy", deputy), ("from", from), ("through", through)];
            let refused = host.post(&office, "/host/deputy", &form).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            let beside = refused.text().split(&format!("id=\"problem-{field}\"")).nth(1).unwrap_or_default().to_owned();
            assert!(beside.contains(said), "{said}: {}", refused.text());
        }
    }
}
