//! What somebody reads who decides on a visitor, and what once they have; and in which order a list is read.

use super::{
    hosts::{cast, names_a_deputy},
    *,
};
use crate::office::notice::Fact;

#[tokio::test]
async fn who_decides_reads_first_who_when_and_why() {
    let office = Office::new().await;
    let [mut host, mut deputy, mut visitor] = cast(&office).await;
    names_a_deputy(&mut host, &office).await;
    let address = visitor.book(&office, &[]).await.location().to_owned();
    let link = office.links().await.remove(0);
    for (browser, path, is_host) in
        [(&mut host, &address, true), (&mut deputy, &address, false), (&mut Browser::default(), &link, true)]
    {
        let page = browser.get(&office, path).await;
        let (before, after) = page.text().split_once("value=\"approve\"").unwrap();
        for first in ["欧阳𬭎䶮", "11月23日 星期一", "商谈合作", "京A12345"] {
            assert!(before.contains(first), "{path}: {first}");
        }
        for later in ["居民身份证", "138****0001"] {
            assert!(after.contains(later) && !before.contains(later), "{path}: {later}");
        }
        let host_is_said = "<dt>被访人</dt>";
        assert_eq!(before.contains(host_is_said), !is_host, "{path}: who stands in has to know for whom");
        assert_eq!(after.contains(host_is_said), is_host, "{path}");
        // No reason is pressed by mistake: they are behind a word.
        let declining = after.split("<details class=\"decline\">").nth(1).unwrap().split("</details>").next().unwrap();
        assert_eq!(declining.matches("<button").count(), 5, "{path}");
        assert_eq!(page.text().matches("value=\"decline").count(), 5, "{path}");
    }
}

#[tokio::test]
async fn who_decides_reads_that_somebody_else_booked() {
    let office = Office::new().await;
    let [mut host, _, mut visitor] = cast(&office).await;
    visitor.book(&office, &[]).await;
    let for_another =
        visitor.book(&office, &[("phone", "13800130077"), ("reason", "送货")]).await.location().to_owned();
    let links = office.links().await;
    let said = "138****0001；访客的手机号未经本人验证";
    for (path, is_said) in [(&links[0], false), (links.last().unwrap(), true), (&for_another, true)] {
        let page = host.get(&office, path).await;
        let (before, _) = page.text().split_once("value=\"approve\"").unwrap();
        assert_eq!(before.contains(said), is_said, "{path}: {before}");
    }
    // Where it can be decided without that page, too: in the list, and in what is sent.
    assert_eq!(host.get(&office, "/bookings").await.text().matches("代约人 138****0001").count(), 1);
    let notices = office.notices().await;
    let of = |reason: &str| {
        notices.iter().find(|notice| notice.text.contains(reason) && notice.text.contains("审核")).unwrap()
    };
    let (own, other) = (of("商谈合作"), of("送货"));
    assert!(other.text.contains("（他人代约）") && !own.text.contains("代约"));
    assert_eq!(other.fact(Fact::Note), Some("由他人代约，访客的手机号未经本人验证"));
    assert_eq!(own.fact(Fact::Note), None);
}

#[tokio::test]
async fn who_has_decided_reads_what_they_did_however_often_they_look() {
    let office = Office::new().await;
    let [_, _, mut visitor] = cast(&office).await;
    for (choice, heading, said) in [
        ("approve", "<h1>已同意</h1>", "访客会收到短信，里面有通行码"),
        ("decline-0", "<h1>已谢绝</h1>", "原因：当天不在校，请另约时间"),
    ] {
        let address = visitor.book(&office, &[("reason", choice)]).await.location().to_owned();
        let links = office.links().await;
        let [.., other, link] = links.as_slice() else { panic!("{links:?}") };
        let mut host = Browser::default();
        let token = host.get(&office, link).await.form_token();
        let word = [("form_token", &*token), ("revision", "1"), ("choice", choice)];
        // A redirect, so that to load the page again sends nothing again.
        assert_eq!(host.post(&office, link, &word).await.location(), link);
        for _ in 0..2 {
            let page = host.get(&office, link).await;
            assert!(page.text().contains(heading) && page.text().contains(said), "{}", page.text());
            assert!(!page.text().contains("不再需要审核"), "{}", page.text());
            let revokes = page.text().contains(&format!("<a href=\"{address}\">登录并撤销通行码</a>"));
            assert_eq!(revokes, choice == "approve");
        }
        let other = host.get(&office, other).await;
        assert!(other.text().contains("不再需要审核") && other.text().contains("李文（工号 T1）"), "{}", other.text());
    }
}

#[tokio::test]
async fn what_is_for_staff_says_so_to_a_visitor() {
    let office = Office::new().await;
    let [_, _, mut visitor] = cast(&office).await;
    for path in ["/host/book", "/host/invite", "/host/deputy"] {
        let page = visitor.get(&office, path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.text().contains("这里只供教职工使用"), "{path}: {}", page.text());
    }
    assert!(visitor.get(&office, "/nowhere").await.text().contains("没有这个页面"));
}

#[tokio::test]
async fn today_s_visits_stand_first_and_what_is_over_last() {
    let office = Office::new().await;
    let [_, _, mut visitor] = cast(&office).await;
    for day in ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-23"] {
        visitor.book(&office, &[("day", day)]).await.location();
    }
    office.clock.advance(TimeDelta::days(1));
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let page = visitor.get(&office, "/bookings").await;
    let places = ["今天 11月24日", "11月25日", "11月26日", "11月23日"]
        .map(|day| page.text().find(&format!("<strong>{day}")).unwrap_or_else(|| panic!("{day}: {}", page.text())));
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(page.text().matches("今天").count(), 1);
}
