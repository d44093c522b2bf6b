//! A form that is begun and gone on with later: rows added to it, drafts kept of it.

use super::*;
use crate::{config::BookingSettings, office::CompanionDocuments};

#[tokio::test]
async fn a_row_more_keeps_everything_and_judges_nothing() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let page = visitor.get(&office, "/book").await;
    for (id, there) in [("companion_name-2", true), ("companion_name-3", false), ("plate-2", true), ("plate-3", false)]
    {
        assert_eq!(page.text().contains(&format!("id=\"{id}\"")), there, "{id}");
    }
    assert!(!page.text().contains("companion_number"), "what the policy does not ask for is not asked");
    assert_eq!(page.text().matches("data-plate").count(), 2);
    let typed = [("visitor_name", "<1>"), ("plate", "京"), ("privacy", ""), ("add", "companion")];
    let page = visitor.send_booking(&office, &page, &typed).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text().contains("class=\"problem\""));
    for kept in ["&#60;1&#62;", "value=\"京\"", "张三", "李四", "11010519491231002X", "id=\"companion_name-3\""] {
        assert!(page.text().contains(kept), "{kept}: {}", page.text());
    }
    let page = visitor.send_booking(&office, &page, &[("add", "vehicle")]).await;
    assert!(page.text().contains("id=\"plate-2\""));
    assert!(office.links().await.is_empty());
}

#[tokio::test]
async fn rows_end_at_the_limit_and_each_has_its_own_message() {
    let booking = BookingSettings {
        max_companions: 3,
        max_vehicles: 1,
        companion_documents: CompanionDocuments::Required,
        ..BookingSettings::default()
    };
    let office = Office::with(Config { booking, ..Config::default() }).await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let page = visitor.get(&office, "/book").await;
    assert!(!page.text().contains("value=\"vehicle\""), "no second vehicle may be added");
    let rows = [("companion_name", "张三"), ("companion_name", ""), ("companion_name", "李4")];
    let numbers = [("companion_number", ""), ("companion_number", ""), ("companion_number", "110105194912310021")];
    let page = visitor.book(&office, &[&rows[..], &numbers[..]].concat()).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (id, label) in [
        ("companion_number-1", "随行人员 1 证件号码"),
        ("companion_name-3", "随行人员 3 姓名"),
        ("companion_number-3", "随行人员 3 证件号码"),
    ] {
        assert!(page.text().contains(&format!("<a href=\"#{id}\">{label}")), "{id}: {}", page.text());
        assert!(page.text().contains(&format!("aria-describedby=\"problem-{id}\"")), "{id}");
        assert!(page.text().contains(&format!("<input id=\"{id}\"")), "{id}");
    }
    assert_eq!(page.text().matches("<p class=\"problem\"").count(), 3);
    assert!(!page.text().contains("value=\"companion\""), "no fourth may be added");
    let many = [("plate", "京A12341"), ("plate", "京A12342"), ("companion_name", ""), ("companion_number", "")];
    let page = visitor.book(&office, &many).await;
    assert!(page.text().contains("最多 1 辆") && page.text().contains("京A12342"));
}

#[tokio::test]
async fn rows_without_end_are_read_to_an_end() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let page = visitor.book(&office, &[("plate", "a"); 5_000]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text().contains("最多 3 辆"), "{}", page.text());
    assert!(page.text().len() < 200_000, "{} bytes", page.text().len());
}

#[tokio::test]
async fn a_draft_is_there_wherever_its_phone_signs_in_until_it_is_sent_or_cleared() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let page = visitor.get(&office, "/book").await;
    assert!(!page.text().contains("id=\"draft\""));
    let kept = visitor.send_booking(&office, &page, &[("press", "draft"), ("reason", "")]).await;
    assert_eq!(kept.location(), "/book");
    office.clock.advance(TimeDelta::days(1));
    let mut elsewhere = Browser::signed_in(&office, VISITOR).await;
    let mut other = Browser::signed_in(&office, "13800130099").await;
    assert!(!other.get(&office, "/book").await.text().contains("id=\"draft\""));
    let page = elsewhere.get(&office, "/book").await;
    assert!(page.text().contains("id=\"draft\"") && page.text().contains("11010519491231002X"));
    assert!(!page.text().contains("value=\"yes\" checked"), "one agrees when it is sent");
    assert!(!elsewhere.get(&office, "/host/book").await.text().contains("11010519491231002X"));
    elsewhere.send_booking(&office, &page, &[]).await.location();
    assert!(!visitor.get(&office, "/book").await.text().contains("id=\"draft\""), "once sent, it is gone");

    assert_eq!(visitor.book(&office, &[("reason", "")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = visitor.get(&office, "/book").await;
    assert!(page.text().contains("id=\"draft\""), "a form that was refused is a draft");
    assert_eq!(visitor.send_booking(&office, &page, &[("press", "clear")]).await.location(), "/book");
    assert!(!visitor.get(&office, "/book").await.text().contains("11010519491231002X"));
    visitor.book(&office, &[("add", "companion")]).await;
    office.clock.advance(TimeDelta::days(7));
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    assert!(!visitor.get(&office, "/book").await.text().contains("11010519491231002X"), "after a week it is gone");
}

#[tokio::test]
async fn a_form_goes_along_into_the_other_language_and_the_larger_letters() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let page = visitor.get(&office, "/book").await;
    for (switch, there) in [("elder=yes", "/book?elder=yes"), ("lang=en", "/book?lang=en"), ("lang=fr", "/book")] {
        let switched = visitor.send_booking(&office, &page, &[("press", switch), ("reason", "")]).await;
        assert_eq!(switched.location(), there);
        assert!(visitor.get(&office, there).await.text().contains("11010519491231002X"), "{switch}");
    }
}

#[tokio::test]
async fn what_is_booked_elsewhere_is_said_on_a_page_of_its_own() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    assert!(Browser::default().get(&office, "/").await.text().contains("href=\"/elsewhere\""));
    for (lang, said) in [
        ("zh", "学校办公室，电话 <a class=\"alone\" href=\"tel:02988460000\">029-8846-0000</a>"),
        ("en", "the University Office, phone <a class=\"alone\" href=\"tel:02988460000\">029-8846-0000</a>"),
    ] {
        let page = Browser::default().get(&office, &format!("/elsewhere?lang={lang}")).await;
        assert!(page.text().contains(said) && page.text().contains("029-8846-0001"), "{}", page.text());
    }
    for kind in ["group", "family"] {
        let page = visitor.book(&office, &[("visit_kind", kind)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.text().contains("href=\"/elsewhere\"") && page.text().contains("id=\"problem-visit_kind\""));
    }
}
