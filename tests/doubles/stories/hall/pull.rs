//! A hall that fetches: what is open is what waits, at the time of asking, and only for who has the code.

use reqwest::Client;
use serde_json::Value;

use super::{
    Town,
    office::{Browser, Office},
};

const CODE: &str = "made-up-code-of-a-hall-that-fetches";

async fn ask(office: &Office, user: &str, code: Option<&str>) -> (u16, Value) {
    let mut request = Client::new().get(format!("{}/providers/hall/todos?user={user}", office.url));
    if let Some(code) = code {
        request = request.header("authCode", code);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn what_waits_is_fetched_until_it_is_decided_and_opens_through_cas() {
    let town = Town::open().await;
    let settings = format!(
        "[notify.hall]\nadapter = 'pull'\n[notify.hall.pull]\nsystem_code = 'visits'\n[sign_on.cas]\nurl = 'http://{}/cas'\n",
        town.at
    );
    let office = Office::open(&settings, &[("hall-pull.code", CODE)]).await;
    assert_eq!(ask(&office, "T2001", Some(CODE)).await.1["count"], 0);
    let booking = office.booked().await;
    let (status, todos) = ask(&office, "t2001", Some(CODE)).await;
    assert_eq!((status, &todos["code"], &todos["count"]), (200, &200.into(), &1.into()));
    let todo = &todos["data"][0];
    assert_eq!(todo["systemCode"], "visits");
    assert_eq!(todo["date"], "2026-11-23 09:00:00");
    assert!(todo["title"].as_str().unwrap().contains("欧阳娜"));
    assert_eq!(booking, format!("/bookings/{}", todo["id"].as_str().unwrap()));
    for (user, code, status, count) in [
        ("T2001", None, 401, 0),
        ("T2001", Some(&CODE[1..]), 401, 0),
        ("T2001", Some(""), 401, 0),
        ("T2003", Some(CODE), 200, 0),
        ("lism", Some(CODE), 200, 0),
        ("T9999", Some(CODE), 200, 0),
        ("%27%20or%201=1", Some(CODE), 200, 0),
    ] {
        let (said, todos) = ask(&office, user, code).await;
        assert_eq!((said, &todos["count"]), (status, &count.into()), "{user} {code:?}");
    }
    // The host opens it: CAS knows them already, and the page asks for their word.
    town.doubles.cas.sign_in("T2001");
    let host = Browser::new();
    let away = host.get(todo["detailUrl"].as_str().unwrap()).await.location();
    let back = host.get(&away).await.location();
    assert_eq!(host.get(&back).await.location(), booking);
    let page = host.get(&format!("{}{booking}", office.url)).await;
    let fields = [
        ("form_token", &*page.between("name=\"form_token\" value=\"", "\"")),
        ("choice", "decline"),
        ("revision", "1"),
    ];
    assert_eq!(host.post(&format!("{}{booking}/decide", office.url), &fields).await.status, 303);
    assert_eq!(ask(&office, "T2001", Some(CODE)).await.1["count"], 0);
}

#[tokio::test]
async fn a_to_do_whose_day_is_over_is_none_and_without_the_adapter_there_is_no_address() {
    let office = Office::open("[notify.hall]\nadapter = 'pull'\n", &[("hall-pull.code", CODE)]).await;
    let booking = office.booked().await;
    let todos = ask(&office, "T2001", Some(CODE)).await.1;
    assert_eq!(todos["data"][0]["detailUrl"], format!("{}{booking}", office.url));
    office.clock.later(24 * 3600);
    assert_eq!(ask(&office, "T2001", Some(CODE)).await.1["count"], 0);
    let other = Office::open("", &[]).await;
    assert_eq!(ask(&other, "T2001", Some(CODE)).await.0, 404);
}

#[tokio::test]
async fn a_secret_that_is_missing_keeps_the_server_down_and_is_named() {
    use sync_server::{clock::SystemClock, config::Config, keys::Keys, serve};
    for adapter in ["pull", "webhook", "wisedu", "message_centre"] {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let town = Town::open().await;
        let hall =
            if adapter == "pull" { "[notify.hall]\nadapter = 'pull'\n".to_owned() } else { town.settings(adapter) };
        let config = Config::parse(&format!("data_dir = '{}'\n{hall}", data.display())).unwrap();
        let clock = std::sync::Arc::new(SystemClock);
        Keys::load_or_init(&data, sync_server::clock::Clock::now(&*clock)).unwrap();
        let fault = match serve::open(config, clock).await {
            Err(fault) => fault,
            Ok(state) => serve::channels(&state).err().unwrap(),
        };
        let causes = std::iter::successors(Some(&fault as &dyn std::error::Error), |error| error.source());
        let told = causes.map(ToString::to_string).collect::<String>();
        assert!(told.contains("notify.hall.adapter") && told.contains("secrets/hall-"), "{adapter}: {told}");
    }
}
