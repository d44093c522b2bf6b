//! axe-core 4.14.1, which reads a page as the rules of access do: every rule of WCAG 2.0 to 2.2 at A and AA, and good practice.
//!
//! It is run by the driver, which the pages' own policy against foreign scripts does not bind.

use serde::Deserialize;
use serde_json::json;
use world::Trouble;

use crate::browser::Browser;

const AXE: &str = include_str!("axe/axe-core-4.14.1.min.js");

const TAGS: [&str; 7] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

const RUN: &str = "const [tags, done] = arguments;
    axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']}).then(
        ({violations, passes}) => done({rules: passes.length + violations.length, violations: violations.map(
            ({id, help, nodes}) => ({rule: id, help, nodes: nodes.map(
                ({html, failureSummary}) => html.slice(0, 200) + ' <- ' + failureSummary)}))}),
        (cause) => done({rules: 0, violations: [{rule: 'axe itself', help: String(cause), nodes: []}]}));";

#[derive(Debug, Deserialize)]
struct Found {
    /// That found something to look at.
    rules: usize,
    violations: Vec<Violation>,
}

#[derive(Debug, Deserialize)]
struct Violation {
    rule: String,
    help: String,
    nodes: Vec<String>,
}

/// Rule, help and place of everything on the open page that is wrong.
pub async fn violations(browser: &Browser) -> Result<Vec<String>, Trouble> {
    if browser.runs("return typeof axe", json!([])).await? != json!("object") {
        // On this page, and on every page that is opened from now on: it is half a megabyte to hand over.
        browser.runs(AXE, json!([])).await?;
        browser.session.runs_everywhere(AXE).await?;
    }
    let mut answer = browser.runs_to_the_end(RUN, json!([TAGS])).await;
    // Now and then a browser among many is not given its turn. Whoever is never answered is asked twice more.
    for _ in 0..2 {
        if !matches!(&answer, Err(Trouble::NotHeld(why)) if why.contains("script timeout")) {
            break;
        }
        browser.runs("axe._running = false", json!([])).await?;
        answer = browser.runs_to_the_end(RUN, json!([TAGS])).await;
    }
    let found: Found = serde_json::from_value(answer?)?;
    if found.rules == 0 && found.violations.is_empty() {
        return Err(Trouble::NotHeld("axe found nothing to look at".to_owned()));
    }
    let told = |Violation { rule, help, nodes }: Violation| format!("{rule}: {help}\n    {}", nodes.join("\n    "));
    Ok(found.violations.into_iter().map(told).collect())
}
