//! What gateways push and halls fetch, against the whole router.

use std::{
    os::unix::fs::PermissionsExt as _,
    sync::{Arc, LazyLock, Mutex},
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use shared::{causes, time::CampusDay};
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
    secret_in(dir, "sms-receipts.secret", text);
}

fn secret_in(dir: &tempfile::TempDir, file: &str, text: &str) {
    let path = dir.path().join("secrets").join(file);
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
                     {"phone_number":"13800130001","success":false,"err_code":"X"},
                     {"success":1},{"out_id":"1795363200000-8","success":false,"err_code":"\u001b[2J","err_msg":null}]"#;
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
    let told = causes::in_one_line(&open(config(&dir, "aliyun")).await.unwrap_err());
    assert!(told.contains("notify.sms.receipts") && told.contains("sms-receipts.secret"), "{told}");
    secret(&dir, "short");
    let told = open(config(&dir, "aliyun")).await.unwrap_err().to_string();
    assert!(told.contains("notify.sms.receipts") && told.contains("32"), "{told}");
}

/// What this thread logs, until the guard is dropped.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

/// Listens with everybody and keeps nothing. While there is but one listener, whichever thread comes to a line first
/// decides for all whether it is of interest, and a test beside ours has no listener; of two, both are asked.
static ANOTHER: LazyLock<tracing::Dispatch> =
    LazyLock::new(|| tracing_subscriber::fmt().with_writer(std::io::sink).finish().into());

impl Logged {
    fn listen() -> (Self, tracing::subscriber::DefaultGuard) {
        LazyLock::force(&ANOTHER);
        let logged = Self::default();
        let to = logged.clone();
        let listening = tracing_subscriber::fmt().with_ansi(false).with_writer(move || to.clone()).finish();
        (logged, tracing::subscriber::set_default(listening))
    }

    fn lines(&self, of: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains(of)).map(str::to_owned).collect()
    }
}

impl std::io::Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn odd_rows_are_one_line_in_the_log_and_nothing_of_theirs_is_in_it() {
    let dir = tempfile::tempdir().unwrap();
    secret(&dir, SECRET);
    let router = super::router(open(config(&dir, "aliyun")).await.unwrap());
    let (logged, _guard) = Logged::listen();
    let odd = r#"[{"out_id":"inside","success":null},{"out_id":7},["inside"]]"#;
    assert_eq!(push(&router, &format!("/receipts/aliyun/{SECRET}"), odd).await.0, StatusCode::OK);
    let lines = logged.lines("WARN");
    assert!(lines.len() == 1 && lines[0].contains("rows=3") && !lines[0].contains("inside"), "{lines:?}");
}

fn hall(dir: &tempfile::TempDir) -> Config {
    let text = "[notify.hall]\nadapter = 'pull'\n";
    Config { data_dir: dir.path().to_owned(), demo: true, ..Config::parse(text).unwrap() }
}

#[tokio::test]
async fn a_hall_s_code_that_could_be_guessed_is_said_at_start() {
    let dir = tempfile::tempdir().unwrap();
    for weak in ["x", &SECRET[..31], "made up secret of a door 0123456789"] {
        secret_in(&dir, "hall-pull.code", weak);
        let told = open(hall(&dir)).await.unwrap_err().to_string();
        assert!(told.starts_with("notify.hall.adapter = \"pull\" 的密钥文件 secrets/hall-pull.code"), "{told}");
    }
    secret_in(&dir, "hall-pull.code", SECRET);
    open(hall(&dir)).await.unwrap();
}

#[tokio::test]
async fn without_the_code_every_question_is_answered_alike_and_one_line_tells_of_it() {
    let dir = tempfile::tempdir().unwrap();
    secret_in(&dir, "hall-pull.code", SECRET);
    let router = super::router(open(hall(&dir)).await.unwrap());
    let ask = async |query: &str, code: &str| {
        let request = Request::get(format!("/providers/hall/todos{query}")).header("authCode", code);
        let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status();
        (status, axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap())
    };
    let (logged, _guard) = Logged::listen();
    let refused = ask("?user=T1", "x").await;
    assert_eq!(refused.0, StatusCode::UNAUTHORIZED);
    for (query, code) in
        [("", "x"), ("?user=%ff", "x"), ("?who=T1", ""), ("?user=T1&user=T2", &SECRET[1..]), ("", "文")]
    {
        assert_eq!(ask(query, code).await, refused, "{query} {code}");
    }
    assert_eq!(logged.lines("WARN").len(), 1, "{:?}", logged.lines(""));
    let (status, body) = ask("", SECRET).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let told: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert!(told["message"].as_str().unwrap().starts_with("缺少 user"), "{told}");
    assert_eq!(ask("?user=T1", SECRET).await.0, StatusCode::OK);
}

#[tokio::test]
async fn refused_calls_of_wecom_are_one_line_in_the_log() {
    let dir = tempfile::tempdir().unwrap();
    secret_in(&dir, "wecom.secret", "made-up");
    secret_in(&dir, "wecom-callback.token", "made-up");
    secret_in(&dir, "wecom-callback.aes", "bWFkZS11cC1rZXktb2YtMzItYnl0ZXMtMDEyMzQ1Njc");
    let parsed = Config::parse("[notify.wecom]\ncorp_id = 'ww01'\nagent_id = 7\ncallback = true").unwrap();
    let router = super::router(open(Config { data_dir: dir.path().to_owned(), demo: true, ..parsed }).await.unwrap());
    let (logged, _guard) = Logged::listen();
    for number in 0..50 {
        let query = format!("msg_signature=x{number}&timestamp=1795363200&nonce=1&echostr=x");
        let request = Request::get(format!("/providers/wecom?{query}")).body(Body::empty()).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(logged.lines("WARN").len(), 1, "{:?}", logged.lines(""));
}
