//! Every way in which a booking form can be wrong: the message stands at its field, in both languages, and nothing typed is lost.
//!
//! The page is never opened anew: one wrong field after the other is mended on the page that refused it, so whatever a refusal
//! loses is missed at once.

mod wrong;

use std::collections::BTreeSet;

use browsing::{browser::Browser, device::Device, form::visit, town::Town};
use serde_json::{Value, json};
use sync_server::office::{Consent, Problem};
use world::Trouble;

use self::wrong::{Wrong, every_wrong_thing};

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_every_message_stands_at_its_field() -> Result<(), Trouble> {
    every_message(Device::phone(), |[chinese, _]| chinese).await
}

#[tokio::test(flavor = "multi_thread")]
async fn in_english_every_message_stands_at_its_field() -> Result<(), Trouble> {
    every_message(Device::desktop().speaking("en-GB,en"), |[_, english]| english).await
}

type Said = [&'static str; 2];

/// Told in two browsers at the same time.
async fn every_message(device: Device, words: fn(Said) -> &'static str) -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let mut half = every_wrong_thing();
    let other_half = half.split_off(half.len() / 2);
    tokio::try_join!(messages(&town, device, words, half), messages(&town, device, words, other_half)).map(drop)
}

async fn messages(
    town: &Town,
    device: Device,
    words: fn(Said) -> &'static str,
    wrong_things: Vec<Wrong>,
) -> Result<(), Trouble> {
    let (visitor, host) = (town.visitor()?, town.host()?);
    let browser = Browser::open(town, device).await?;
    browser.is_held_by(Some(&town.session_of(&visitor).await?)).await?;
    browser.goes_to("/book").await?;
    let good = visit(&visitor, &host);
    browser.fills_in(&good).await?;
    for wrong in wrong_things {
        let id = wrong.at.id();
        let told = |trouble| Trouble::NotHeld(format!("{:?} at {id}: {trouble}", wrong.problem));
        let before = typed(&browser).await?;
        for (field, row, value) in &wrong.typed {
            if wrong.forced {
                browser.forces(field, *row, value).await.map_err(told)?;
            } else {
                browser.fills(field, *row, value).await.map_err(told)?;
            }
        }
        let sent = typed(&browser).await?;
        assert_ne!(sent, before, "{:?}: something was put in", wrong.problem);
        browser.sends_the_form_of("privacy").await.map_err(told)?;
        browser.is_told_at(&id, words(wrong.said)).await.map_err(told)?;
        let stand = browser.runs(MESSAGES, json!([])).await?;
        assert_eq!(
            stand,
            json!([[format!("#{id}")], [format!("problem-{id}")]]),
            "this alone is told: {:?}",
            wrong.problem
        );
        if !wrong.forced {
            assert_eq!(typed(&browser).await?, sent, "{:?}: what was typed is kept", wrong.problem);
        }
        for (field, row, _) in &wrong.typed {
            let mended = good.iter().filter(|(name, _)| name == field).nth(*row);
            browser.fills(field, *row, mended.map_or(opening(field), |(_, value)| value)).await.map_err(told)?;
        }
    }
    browser.sends_the_form_of("privacy").await?;
    browser.sees(words(["等待审核", "Waiting for the host"])).await
}

/// What stands in a field that a good booking leaves alone.
fn opening(field: &str) -> &'static str {
    match field {
        "visit_kind" => "ordinary",
        "document_kind" => "resident_id",
        _ => "",
    }
}

/// The links of the summary, and the messages at the fields.
const MESSAGES: &str = "return [
    [...document.querySelectorAll('.problems a')].map((link) => link.getAttribute('href')),
    [...document.querySelectorAll('main .problem')].map((message) => message.id)]";

/// Field by field as the form would send it.
async fn typed(browser: &Browser) -> Result<Value, Trouble> {
    let script = "const form = document.querySelector('main [name=privacy]').form;
        return [...new FormData(form)].filter(([name]) => !name.startsWith('form_'))";
    browser.runs(script, json!([])).await
}

/// Sent empty, and from there by keys alone: the summary leads to the fields, and fields follow each other as they stand.
#[tokio::test(flavor = "multi_thread")]
async fn keys_lead_through_what_is_wrong_in_the_order_of_the_page() -> Result<(), Trouble> {
    let town = Town::shared().await?;
    let desk = Browser::desk_of(&town, &town.visitor()?).await?;
    desk.goes_to("/book").await?;
    desk.sends_the_form_of("privacy").await?;
    desk.is_told_at("visitor_name", "请填写").await?;
    let empty =
        ["visitor_name", "document_number", "day", "from", "until", "reason", "host", "privacy", "document_consent"];
    let links: Vec<String> = empty.iter().map(|field| format!("#{field}")).collect();
    let ids: Vec<String> = empty.iter().map(|field| format!("problem-{field}")).collect();
    assert_eq!(
        desk.runs(MESSAGES, json!([])).await?,
        json!([links, ids]),
        "the summary, and the page from top to bottom"
    );

    // The title says it as well, before anything of the page is read out.
    let title = desk.runs("return document.title", json!([])).await?;
    assert!(title.as_str().unwrap_or_default().starts_with("请修改"), "{title}");

    let wanted = desk.runs(IN_ORDER, json!([])).await?;
    let wanted: Vec<&str> = wanted.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut visited: Vec<String> = Vec::new();
    while visited.last().map(String::as_str) != wanted.last().copied() && visited.len() < 100 {
        desk.tab().await?;
        let here = desk.runs(HERE, json!([])).await?;
        visited.extend(here.as_str().filter(|here| visited.last().is_none_or(|last| last != here)).map(str::to_owned));
    }
    let visited: Vec<&str> = visited.iter().map(String::as_str).filter(|here| wanted.contains(here)).collect();
    assert_eq!(visited, wanted);
    for field in empty {
        desk.presses_on(&format!(".problems a[href='#{field}']")).await?;
        let target = desk.runs("return document.querySelector(':target').id", json!([])).await?;
        assert_eq!(target, field);
    }
    Ok(())
}

const HERE: &str = "return document.activeElement.id || document.activeElement.name || ''";

/// The fields with names that keys can reach; of several that are one choice, the chosen one.
const IN_ORDER: &str = "
    return [...document.querySelectorAll('main input, main select, main textarea')]
        .filter((field) => field.type !== 'hidden' && (field.type !== 'radio' || field.checked))
        .map((field) => field.id || field.name)";

/// Whatever the office can find wrong is among the wrong things above; a new kind of problem does not compile without a place here.
#[test]
fn no_kind_of_problem_is_left_out() {
    let walked: BTreeSet<usize> = every_wrong_thing().iter().map(|wrong| place(&wrong.problem)).collect();
    assert_eq!(walked, (0..KINDS).collect::<BTreeSet<_>>());
}

const KINDS: usize = 26;

fn place(problem: &Problem) -> usize {
    match problem {
        Problem::Missing => 0,
        Problem::Name(_) => 1,
        Problem::DocumentKindUnknown => 2,
        Problem::Document(_) => 3,
        Problem::Phone(_) => 4,
        Problem::PhoneForeign => 5,
        Problem::Reason(_) => 6,
        Problem::DocumentElsewhere => 7,
        Problem::CampusUnknown => 8,
        Problem::DayUnreadable => 9,
        Problem::DayPast => 10,
        Problem::DayTooFar { .. } => 11,
        Problem::TimeUnreadable => 12,
        Problem::OutsideHours { .. } => 13,
        Problem::UntilNotAfterFrom => 14,
        Problem::TimePast => 15,
        Problem::TooMany { .. } => 16,
        Problem::Plate(_) => 17,
        Problem::PlateOfNoRule => 18,
        Problem::HostMissing => 19,
        Problem::HostUnknown => 20,
        Problem::NotAgreed(Consent::Notice) => 21,
        Problem::GroupVisit | Problem::FamilyVisit => 22,
        Problem::VisitKindUnknown => 23,
        Problem::NotAgreed(Consent::DocumentNumber) => 24,
        Problem::NotAgreed(Consent::Guardian) => 25,
    }
}
