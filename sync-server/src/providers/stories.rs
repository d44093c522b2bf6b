//! Receipts as the gateways push them, against the whole router.

use std::{os::unix::fs::PermissionsExt as _, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use shared::time::CampusDay;
use tower::ServiceExt as _;

use crate::{clock::SetClock, config::Config, serve, state::AppState};

const SECRET: &str = "made-up-secret-of-a-door-0123456789";

fn config(dir: &tempfile::TempDir, provider: &str) -> Config {
    let sample = include_str!("../../sync-server.sample.toml");
    let example: String = sample
        .lines()
        .filter_map(|line| line.strip_prefix("#:"))
        .map(|line| format!("{}\n", line.trim_start()))
        .collect();
    let receipts = format!("provider = \"{provider}\"\nreceipts = true");
    let text = example.replace("provider = \"aliyun\"", &receipts);
    Config { data_dir: dir.path().to_owned(), demo: true, ..Config::parse(&text).unwrap() }
}

fn secret(dir: &tempfile::TempDir, text: &str) {
    let path = dir.path().join("secrets/sms-receipts.secret");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

async fn open(config: Config) -> Result<AppState, serve::ServeFault> {
    let day = CampusDay::parse("2026-11-23").unwrap();
    serve::open(config, Arc::new(SetClock::at(day.at_minute(8 * 60)))).await
}

async fn push(router: &Router, path: &str, body: &str) -> (StatusCode, String) {
    let request = Request::post(path).body(Body::from(body.to_owned())).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn only_the_right_address_is_heard_and_every_push_as_often_as_it_comes() {
    let dir = tempfile::tempdir().unwrap();
    secret(&dir, SECRET);
    let router = super::router(open(config(&dir, "aliyun")).await.unwrap());
    let right = format!("/receipts/aliyun/{SECRET}");
    let report = r#"[{"phone_number":"13800130001","success":true,"err_code":"DELIVERED","out_id":"1795363200000-7","biz_id":"1","new_field":1},
                     {"phone_number":"13800130001","success":false,"err_code":"X"}]"#;
    for _ in 0..2 {
        assert_eq!(push(&router, &right, report).await, (StatusCode::OK, r#"{"code":0,"msg":"成功"}"#.to_owned()));
    }
    let too_long = " ".repeat(super::sms::LONGEST_BODY_BYTES + 1);
    for (path, body, status) in [
        (right.as_str(), "", StatusCode::BAD_REQUEST),
        (right.as_str(), "{}", StatusCode::BAD_REQUEST),
        (&right[..right.len() - 1], report, StatusCode::NOT_FOUND),
        ("/receipts/aliyun/x", report, StatusCode::NOT_FOUND),
        (&right.replace("aliyun", "tencent"), "[]", StatusCode::NOT_FOUND),
        (right.as_str(), &too_long, StatusCode::PAYLOAD_TOO_LARGE),
        ("/receipts/aliyun/x", &too_long, StatusCode::NOT_FOUND),
    ] {
        assert_eq!(push(&router, path, body).await, (status, String::new()), "{path} {body}");
    }
}

#[tokio::test]
async fn the_other_gateway_s_push_is_heard_in_its_own_words() {
    let dir = tempfile::tempdir().unwrap();
    secret(&dir, SECRET);
    let router = super::router(open(config(&dir, "aliyun")).await.unwrap());
    assert_eq!(push(&router, &format!("/receipts/tencent/{SECRET}"), "[]").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_secret_that_is_missing_or_weak_is_said_at_start() {
    let dir = tempfile::tempdir().unwrap();
    let told = open(config(&dir, "aliyun")).await.unwrap_err().to_string();
    assert!(told.contains("notify.sms.receipts") && told.contains("sms-receipts.secret"), "{told}");
    secret(&dir, "short");
    let told = open(config(&dir, "aliyun")).await.unwrap_err().to_string();
    assert!(told.contains("notify.sms.receipts") && told.contains("32"), "{told}");
}
