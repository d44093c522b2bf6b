//! The page to watch a rehearsal on, and its dials.

use doubles::Fault;
use reqwest::{Client, redirect::Policy};
use serde_json::Value;

use super::{Town, asked};

#[tokio::test]
async fn what_arrived_is_shown_and_the_dials_turn() {
    let town = Town::open().await;
    town.sender("webhook").send(&asked(1)).await.unwrap();
    let http = Client::builder().redirect(Policy::none()).build().unwrap();
    let at = |path: &str| format!("http://{}{path}", town.at);
    let page = http.get(at("/")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<html lang=\"zh-CN\">") && page.contains("网办大厅"));
    // Whoever rehearses may have no line to the world.
    for elsewhere in ["src=\"http", "href=\"http", "url(http", "@import"] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    for (fields, status) in [
        ([("double", "hall/webhook"), ("fault", "broken"), ("calls", "2")], 303),
        ([("double", "cas"), ("fault", "slow"), ("calls", "0")], 303),
        ([("double", "cas"), ("fault", "confetti"), ("calls", "1")], 422),
    ] {
        assert_eq!(http.post(at("/dials")).form(&fields).send().await.unwrap().status(), status);
    }
    let shown: Value = http.get(at("/shown")).send().await.unwrap().json().await.unwrap();
    assert_eq!(shown["messages"][0]["to"], "T2001");
    assert_eq!(shown["dials"][0]["always"], "slow");
    assert_eq!(shown["dials"][1]["next"], serde_json::json!(["broken", "broken"]));
    assert_eq!(town.doubles.dials.take("hall/webhook"), Some(Fault::Broken));
}
