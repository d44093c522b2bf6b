//! Bad input gets a message at its field, in the reader's language, and nothing typed is lost.

use chrono::TimeDelta;
use world::{
    Trouble,
    campus::{Campus, today},
    people::{Form, VISITOR_PHONE, resident_number},
    person::Person,
    terminal::{Terminal, shown},
};

/// Wrong in its last place, right in every other.
fn wrong_check_digit() -> String {
    let number = resident_number(12);
    let last = if number.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &number[..17])
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_field_has_its_message_and_keeps_what_was_typed() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let visitor = Person::signed_in(&campus.url, VISITOR_PHONE, &campus.mailbox).await?;
    let long = "赵".repeat(300);
    let cases: [(&str, &'static str, &str); 12] = [
        ("document_number", "document_number", &wrong_check_digit()),
        ("document_number", "document_number", ""),
        ("day", "day", &today().minus_days(1).to_string()),
        ("day", "day", &today().plus_days(400).to_string()),
        ("day", "day", "tomorrow"),
        ("until", "until", "08:59"),
        ("host", "host_number", "T9999"),
        ("visitor_name", "visitor_name", &long),
        ("visitor_name", "visitor_name", "<script>alert(1)</script>"),
        ("phone", "phone", "12345"),
        ("companion_name-1", "companion_name", "12345"),
        ("campus", "campus", "77"),
    ];
    for (problem, field, typed) in cases {
        let page = visitor.book(&Form::good(today()).with(field, typed)).await?;
        assert_eq!(page.status, 422, "{field} = {typed}");
        let problems = page.problems();
        let message = problems.iter().find(|(at, _)| at.starts_with(problem)).map(|(_, message)| message.as_str());
        let message = message.unwrap_or_else(|| panic!("no message at {problem} for {typed:?}: {problems:?}"));
        assert!(message.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "in Chinese: {message}");
        assert_eq!(problems.len(), 1, "only the bad field is marked: {problems:?}");
        for kept in ["欧阳娜", "阿卜杜拉·艾山", "陕AD12345", "学术交流"].iter().filter(|kept| !typed_over(field, kept))
        {
            assert!(page.says(kept), "{kept} was typed and is lost after a bad {field}");
        }
        assert!(!page.body.contains("<script>alert"), "what was typed is text, never markup");
    }
    Ok(())
}

fn typed_over(field: &str, kept: &str) -> bool {
    matches!((field, kept), ("visitor_name", "欧阳娜") | ("companion_name", "阿卜杜拉·艾山"))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_privacy_tick_there_is_no_booking() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let visitor = Person::signed_in(&campus.url, VISITOR_PHONE, &campus.mailbox).await?;
    let page = visitor.book(&Form::good(today()).without("privacy")).await?;
    assert_eq!(page.status, 422);
    assert!(page.problems().contains_key("privacy"), "{:?}", page.problems());
    assert!(page.says("欧阳娜"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn all_bad_fields_are_marked_at_once() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let visitor = Person::signed_in(&campus.url, VISITOR_PHONE, &campus.mailbox).await?;
    let form = Form::good(today()).with("visitor_name", "").with("phone", "").with("reason", "").without("privacy");
    let problems = visitor.book(&form).await?.problems();
    for field in ["visitor_name", "phone", "reason", "privacy"] {
        assert!(problems.contains_key(field), "{field}: {problems:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn group_events_and_residents_families_are_sent_to_the_right_office() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let visitor = Person::signed_in(&campus.url, VISITOR_PHONE, &campus.mailbox).await?;
    for kind in ["group", "family"] {
        let page = visitor.book(&Form::good(today()).with("visit_kind", kind)).await?;
        assert_eq!(page.status, 422);
        assert!(page.problems().contains_key("visit_kind"), "{:?}", page.problems());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn rare_names_go_through() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    for name in ["𬭎䶮", "㼆𬀩", "阿依古丽·买买提", "O'Neill Anne-Marie", "José Müller"] {
        let approved = campus.approved(&Form::good(today()).with("visitor_name", name)).await?;
        let page = approved.visitor.get(&approved.booking).await?;
        assert!(page.says(&name.replace('\'', "&#39;")) || page.says(name), "{name} on {}", page.body);
        south.sync().await;
        let view = south.show(&approved.text);
        let known = shown(&view).subject.record.as_ref().map(|record| record.visitor.as_str());
        assert_eq!(known, Some(name), "at the gate");
        south.wait_ms(30_000);
        // So often nobody signs in with one phone within the hour.
        campus.later(TimeDelta::minutes(20));
    }
    Ok(())
}
