//! The elder version's form: one question a page, back and forth, and in the end the same booking.

use super::*;

impl Answer {
    /// What the page's inputs hold, hidden ones too.
    pub(super) fn inputs(&self) -> Vec<(String, String)> {
        let tags = self.text().split("<input ").skip(1).filter_map(|rest| rest.split('>').next());
        let named = tags.filter(|tag| !tag.contains("type=\"radio\"") && !tag.contains("type=\"checkbox\""));
        let attribute = |tag: &str, name: &str| {
            let (_, rest) = tag.split_once(&format!("{name}=\""))?;
            rest.split('"').next().map(str::to_owned)
        };
        named
            .filter_map(|tag| {
                Some((attribute(tag, " name").or_else(|| attribute(tag, "name"))?, attribute(tag, "value")?))
            })
            .collect()
    }

    fn step(&self) -> &str {
        self.after("name=\"step\" value=\"")
    }
}

/// Answers the question of `page`, presses a button of it, and shows what comes then.
async fn press(browser: &mut Browser, office: &Office, page: &Answer, typed: &[(&str, &str)], button: &str) -> Answer {
    let inputs = page.inputs();
    let mut fields: Vec<_> = inputs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.retain(|(name, _)| !typed.iter().any(|(other, _)| other == name));
    fields.extend(typed.iter().copied());
    if !button.is_empty() {
        fields.push(("press", button));
    }
    let answer = browser.post(office, "/book", &fields).await;
    if answer.status == StatusCode::SEE_OTHER && answer.location() == "/book" {
        return browser.get(office, "/book").await;
    }
    answer
}

const ANSWERS: [(&str, &[(&str, &str)]); 9] = [
    ("who", &[("visit_kind", "ordinary"), ("visitor_name", "欧阳𬭎䶮")]),
    ("document", &[("document_kind", "resident_id"), ("document_number", "11010519491231002X")]),
    ("phone", &[]),
    ("companions", &[("companion_name", "张三"), ("companion_name", "李四")]),
    ("vehicles", &[("plate_kind", "new_energy"), ("plate", "京AD12345")]),
    ("place", &[("campus", "2"), ("day", "2026-11-24")]),
    ("times", &[("from", "09:00"), ("until", "11:00")]),
    ("reason", &[("reason", "商谈合作")]),
    ("host", &[("host_name", "李文"), ("host_number", "T1")]),
];

#[tokio::test]
async fn one_question_a_page_leads_to_the_same_booking() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    visitor.get(&office, "/?elder=yes").await;
    let mut page = visitor.get(&office, "/book").await;
    for (number, (step, answers)) in (1..).zip(ANSWERS) {
        assert_eq!(page.step(), step, "{}", page.text());
        assert!(page.text().contains(&format!("{number} / 10")));
        assert_eq!(page.text().contains("value=\"back\""), number > 1);
        page = press(&mut visitor, &office, &page, answers, "next").await;
    }
    assert_eq!(page.step(), "overview");
    for said in ["欧阳𬭎䶮", "11010519491231002X", "张三\n李四", "京AD12345", "2026-11-24", "09:00 – 11:00", "T1"]
    {
        assert!(page.text().contains(said), "{said}: {}", page.text());
    }
    // Back to any question and forth again: nothing is lost.
    page = press(&mut visitor, &office, &page, &[], "times").await;
    assert_eq!(page.step(), "times");
    page = press(&mut visitor, &office, &page, &[("until", "12:00")], "back").await;
    assert_eq!(page.step(), "place");
    for step in ["times", "reason", "host", "overview"] {
        page = press(&mut visitor, &office, &page, place(&page), "next").await;
        assert_eq!(page.step(), step, "{}", page.text());
    }
    let unagreed = press(&mut visitor, &office, &page, &[], "").await;
    assert_eq!(unagreed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unagreed.text().contains("id=\"problem-privacy\"") && unagreed.step() == "overview");
    let sent = press(&mut visitor, &office, &page, &[("privacy", "yes"), ("document_consent", "yes")], "").await;
    let booked = visitor.get(&office, sent.location()).await;
    for said in ["欧阳𬭎䶮", "张三\n李四", "京AD12345", "09:00–12:00", "雁塔校区", "李文"] {
        assert!(booked.text().contains(said), "{said}: {}", booked.text());
    }
    let twice = press(&mut visitor, &office, &page, &[("privacy", "yes"), ("document_consent", "yes")], "").await;
    assert_eq!(twice.location(), sent.location(), "pressed twice it is one booking");
}

/// A select is no input; its choice is sent with its own question.
fn place(page: &Answer) -> &'static [(&'static str, &'static str)] {
    match page.step() {
        "place" => &[("campus", "2")],
        "reason" => &[("reason", "商谈合作")],
        _ => &[],
    }
}

#[tokio::test]
async fn each_question_is_judged_by_itself_and_the_end_leads_back_to_the_first_that_is_wrong() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    visitor.get(&office, "/?elder=yes").await;
    let page = visitor.get(&office, "/book").await;
    let wrong = press(&mut visitor, &office, &page, &[("visitor_name", "<1>")], "next").await;
    assert_eq!((wrong.status, wrong.step()), (StatusCode::UNPROCESSABLE_ENTITY, "who"));
    assert_eq!(wrong.text().matches("<p class=\"problem\"").count(), 1, "nothing is said of what was not asked yet");
    // Whoever comes back later goes on where they were, on another device too.
    let right = press(&mut visitor, &office, &wrong, &[("visitor_name", "张三")], "next").await;
    assert_eq!(right.step(), "document");
    office.clock.advance(TimeDelta::minutes(2));
    let mut elsewhere = Browser::signed_in(&office, VISITOR).await;
    let whole = elsewhere.get(&office, "/book").await;
    assert!(
        whole.text().contains("id=\"draft\"")
            && whole.text().contains("value=\"张三\"")
            && whole.text().contains("id=\"reason\"")
    );
    elsewhere.get(&office, "/?elder=yes").await;
    let page = elsewhere.get(&office, "/book").await;
    assert_eq!(page.step(), "document");
    let end = press(&mut elsewhere, &office, &page, &[], "overview").await;
    assert_eq!(end.step(), "overview");
    let back = press(&mut elsewhere, &office, &end, &[("privacy", "yes"), ("document_consent", "yes")], "").await;
    assert_eq!((back.status, back.step()), (StatusCode::UNPROCESSABLE_ENTITY, "document"));
    assert!(back.text().contains("id=\"problem-document_number\""));
    let more = press(&mut elsewhere, &office, &back, &[], "companions").await;
    let more = press(&mut elsewhere, &office, &more, &[("add", "companion")], "").await;
    assert!(more.step() == "companions" && more.text().contains("id=\"companion_name-3\""));
    let cleared = press(&mut elsewhere, &office, &more, &[], "clear").await;
    assert!(cleared.step() == "who" && !cleared.text().contains("张三"));
}
