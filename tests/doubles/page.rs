//! The page at `/`: every telephone, WeCom and the hall side by side, as their readers would see them, and the dials to turn.
//!
//! The page asks for what is new every second and draws it; what it is told is `/shown`. `POST /dials` turns one
//! dial, `POST /click` presses a card's button that calls back.

use std::time::Duration;

use axum::{
    Form, Json, Router,
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Doubles, Fault};

pub(crate) fn router(doubles: &Doubles) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/shown", get(shown))
        .route("/dials", post(dials))
        .route("/click", post(click))
        .with_state(doubles.clone())
}

async fn page() -> Html<&'static str> {
    Html(include_str!("page.html"))
}

async fn shown(State(doubles): State<Doubles>) -> Json<Value> {
    let dials = doubles.dials.standing().into_iter().map(|(double, (next, always))| {
        let next: Vec<_> = next.into_iter().map(|fault| fault.map_or("well", name)).collect();
        json!({"double": double, "next": next, "always": always.map(name)})
    });
    Json(json!({"messages": doubles.shown.all(), "dials": dials.collect::<Vec<_>>()}))
}

/// One turn of a dial, as a form sends it.
#[derive(Deserialize)]
struct Turned {
    double: String,
    /// `well` for none.
    fault: String,
    /// For how many calls; 0: for all of them until it is turned back.
    #[serde(default)]
    calls: u32,
    /// Of faults that take time.
    #[serde(default)]
    ms: u64,
}

async fn dials(State(doubles): State<Doubles>, Form(turned): Form<Turned>) -> Response {
    let Turned { double, fault, calls, ms } = turned;
    if !DOUBLES.contains(&double.split(' ').next().unwrap_or_default()) {
        let told = format!("没有这个替身，有：{}。There is no such double", DOUBLES.join("、"));
        return (StatusCode::UNPROCESSABLE_ENTITY, told).into_response();
    }
    let fault = match (fault.as_str(), fault_of(&fault, Duration::from_millis(ms))) {
        ("well", _) => None,
        (_, Some(fault)) => Some(fault),
        (_, None) => {
            let told = "没有这种故障。There is no such fault";
            return (StatusCode::UNPROCESSABLE_ENTITY, told).into_response();
        }
    };
    if calls == 0 {
        doubles.dials.always(&double, fault);
    } else {
        doubles.dials.next(&double, (0..calls.min(MOST_CALLS)).map(|_| fault));
    }
    Redirect::to("/").into_response()
}

#[derive(Deserialize)]
struct Clicked {
    member: String,
    task: String,
    key: String,
}

async fn click(State(doubles): State<Doubles>, Form(clicked): Form<Clicked>) -> Redirect {
    doubles.wecom_click(&clicked.member, &clicked.task, &clicked.key).await;
    Redirect::to("/")
}

/// Whose dials can be turned, each for everybody or for one person behind a blank.
const DOUBLES: [&str; 14] = [
    "aliyun",
    "aliyun.query",
    "tencent",
    "tencent.query",
    "wecom",
    "wecom.token",
    "wecom.oauth",
    "wecom.callback",
    "hall/wisedu",
    "hall/message_centre",
    "hall/message_centre/token",
    "hall/weaver",
    "hall/webhook",
    "cas",
];

const MOST_CALLS: u32 = 1000;

fn fault_of(name: &str, span: Duration) -> Option<Fault> {
    Some(match name {
        "slow" => Fault::Slow(span),
        "broken" => Fault::Broken,
        "cut" => Fault::CutAfterAccept,
        "drop" => Fault::SilentDrop,
        "late_receipt" => Fault::LateReceipt(span),
        "no_receipt" => Fault::NoReceipt,
        "failed_receipt" => Fault::FailedReceipt,
        "token_dies" => Fault::TokenDies,
        "replay" => Fault::ReplayedCallback,
        "overtaken" => Fault::Overtaken(span),
        _ => return None,
    })
}

const fn name(fault: Fault) -> &'static str {
    match fault {
        Fault::Slow(_) => "slow",
        Fault::Broken => "broken",
        Fault::CutAfterAccept => "cut",
        Fault::SilentDrop => "drop",
        Fault::LateReceipt(_) => "late_receipt",
        Fault::NoReceipt => "no_receipt",
        Fault::FailedReceipt => "failed_receipt",
        Fault::TokenDies => "token_dies",
        Fault::ReplayedCallback => "replay",
        Fault::Overtaken(_) => "overtaken",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_double_that_has_a_dial_stands_on_the_page_and_every_choice_has_its_english() {
        let page = include_str!("page.html");
        let listed: Vec<_> =
            page.split("<option value=\"").skip(1).filter_map(|option| option.split_once("\">")).collect();
        for double in DOUBLES {
            assert!(listed.iter().any(|(value, _)| *value == double), "{double}");
        }
        assert_eq!(listed.len(), DOUBLES.len() + 11);
        for (value, rest) in listed {
            let words = rest.split('<').next().unwrap();
            assert!(
                words.ends_with(|last: char| last.is_ascii_alphanumeric()) && !words.is_ascii(),
                "{value}: {words}"
            );
        }
    }

    #[test]
    fn every_fault_can_be_dialled_by_the_name_it_is_shown_with() {
        for name_of in [
            "slow",
            "broken",
            "cut",
            "drop",
            "late_receipt",
            "no_receipt",
            "failed_receipt",
            "token_dies",
            "replay",
            "overtaken",
        ] {
            let fault = fault_of(name_of, Duration::from_secs(1)).unwrap();
            assert_eq!(name(fault), name_of);
            assert!(
                include_str!("page.html").contains(&format!("value=\"{name_of}\"")),
                "{name_of} is not on the page"
            );
        }
        assert_eq!(fault_of("well", Duration::ZERO), None);
    }
}
