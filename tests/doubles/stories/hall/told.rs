//! What the doubles themselves refuse: a stand-in that takes everything would prove nothing.

use doubles::hall::{message_centre, webhook, wisedu};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Client;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{NOW_S, Town};

const WISEDU: &str =
    "mp_message_pocket_web-mp-restful-message-send/ProxyService/message_pocket_web-mp-restful-message-sendProxyService";

#[tokio::test]
async fn wisedu_checks_header_school_sign_and_people() {
    let town = Town::open().await;
    // echo -n 'double-wisedu-token19999T2001' | md5sum
    let right = json!({"appId": wisedu::APP_ID, "subject": "s", "content": "c", "pcUrl": "p", "mobileUrl": "m", "sendType": 0,
        "receivers": [{"userId": "T2001"}], "schoolCode": "19999", "sign": "a9e99352c27ba4b08afeaeed4c2bc988"});
    let send = async |app: &str, token: &str, body: &Value| -> String {
        let address = format!("http://{}/hall/wisedu/{WISEDU}", town.at);
        let request = Client::new().post(address).header("appId", app).header("accessToken", token).json(body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(send(wisedu::APP_ID, wisedu::TOKEN, &right).await, "200");
    assert_eq!(send("other", wisedu::TOKEN, &right).await, "401");
    assert_eq!(send(wisedu::APP_ID, "other", &right).await, "401");
    for (field, value, status) in [
        ("sign", json!("00000000000000000000000000000000"), "403"),
        ("sign", json!("a9e99352c27ba4b08afeaeed4c2bc988".to_uppercase()), "403"),
        ("schoolCode", json!("10699"), "403"),
        ("receivers", json!([]), "400"),
        ("receivers", json!([{"userId": "T2001"}, {"userId": "T9999"}]), "500"),
        ("sendType", json!(6), "400"),
        ("content", json!(""), "400"),
    ] {
        let mut wrong = right.clone();
        wrong[field] = value;
        assert_eq!(send(wisedu::APP_ID, wisedu::TOKEN, &wrong).await, status, "{wrong}");
    }
    assert_eq!(town.shown().len(), 1);
}

#[tokio::test]
async fn the_message_centre_checks_client_scope_token_and_names() {
    let town = Town::open().await;
    let token = async |form: &[(&str, &str)]| {
        let address = format!("http://{}/hall/message_centre/oauth2/token", town.at);
        Client::new().post(address).form(form).send().await.unwrap()
    };
    let right = [
        ("grant_type", "client_credentials"),
        ("client_id", message_centre::CLIENT),
        ("client_secret", message_centre::SECRET),
        ("scope", message_centre::SCOPE),
    ];
    for (at, wrong, status) in
        [(0, "password", 400), (1, "other", 401), (2, "other", 401), (3, "messagecenter:v1:other", 400)]
    {
        let mut form = right;
        form[at].1 = wrong;
        assert_eq!(token(&form).await.status(), status, "{form:?}");
    }
    let granted: Value = token(&right).await.json().await.unwrap();
    let granted = granted["access_token"].as_str().unwrap();
    let send = async |bearer: &str, body: &Value| -> i64 {
        let address = format!("http://{}/hall/message_centre/apis/messagecenter/v1/poaMessage/messageSend", town.at);
        let answer = Client::new().post(address).bearer_auth(bearer).json(body).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["code"].as_i64().unwrap()
    };
    let message = json!({"appId": message_centre::APP_ID, "sendId": "1-1", "sendType": ["WEBSITE"], "messageTypeCode": "visit",
        "toPersons": "T2001", "data": {"title": "t", "url": "u", "mobileUrl": "u", "paramValueJson": {}}});
    assert_eq!(send("double-token-9", &message).await, 401);
    assert_eq!(send(granted, &message).await, 0);
    assert_eq!(send(granted, &message).await, 40009);
    for (field, value, code) in [
        ("appId", json!("other"), 40001),
        ("messageTypeCode", json!("other"), 40001),
        ("sendType", json!(["PIGEON"]), 40002),
        ("toPersons", json!("T2001,T9999"), 40004),
    ] {
        let mut wrong = message.clone();
        wrong[field] = value;
        assert_eq!(send(granted, &wrong).await, code, "{wrong}");
    }
    town.doubles.halls.set_clock(Some(NOW_S + i64::from(message_centre::TOKEN_LASTS_S)));
    assert_eq!(send(granted, &message).await, 401, "a token ends");
}

#[tokio::test]
async fn weaver_checks_system_people_dates_and_states() {
    let town = Town::open().await;
    let tell = async |operation: &str, body: &Value| -> (String, String) {
        let address = format!("http://{}/hall/weaver/rest/ofs/{operation}", town.at);
        let answer: Value = Client::new().post(address).json(body).send().await.unwrap().json().await.unwrap();
        let said = |field: &str| answer[field].as_str().unwrap().to_owned();
        (said("operResult"), said("message"))
    };
    let right = json!({"syscode": "visitor", "flowid": "1-1", "requestname": "t", "workflowname": "w", "nodename": "n",
        "pcurl": "p", "appurl": "a", "creator": "sysadmin", "createdatetime": "2026-11-23 08:00:00", "receiver": "T2001",
        "receivedatetime": "2026-11-23 08:00:00"});
    assert_eq!(tell("ProcessDoneRequestByJson", &right).await.0, "0", "there is none yet");
    for (field, value, said) in [
        ("syscode", json!("other"), "未注册"),
        ("flowid", json!(""), "未填写"),
        ("receiver", json!("T9999"), "接收人不存在"),
        ("creator", json!("nobody"), "创建人不存在"),
        ("createdatetime", json!("2026-11-23T08:00:00"), "日期"),
        ("isremark", json!("3"), "isremark"),
    ] {
        let mut wrong = right.clone();
        wrong[field] = value;
        let (result, message) = tell("ReceiveTodoRequestByJson", &wrong).await;
        assert!(result == "0" && message.contains(said), "{wrong}: {message}");
    }
    assert_eq!(town.shown(), []);
    assert_eq!(tell("ReceiveTodoRequestByJson", &right).await.0, "1");
    for field in ["requestname", "nodename", "receiver", "flowid"] {
        let mut other = right.clone();
        other[field] = json!("T2002");
        assert_eq!(tell("ProcessDoneRequestByJson", &other).await.0, "0", "{field}");
    }
    assert_eq!(tell("ProcessDoneRequestByJson", &right).await.0, "1");
    assert_eq!(town.states(), ["已办"]);
}

#[tokio::test]
async fn the_webhook_checks_signature_clock_nonce_and_names() {
    let town = Town::open().await;
    let right = json!({"kind": "created", "key": "1-1", "notice": "approval_asked", "user": "T2001", "subject": "s", "text": "t",
        "url": "u", "at": "2026-11-23 08:00:00", "facts": {}})
    .to_string();
    let call = async |key: &str, timestamp: i64, nonce: &str, name: &str, body: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(format!("{timestamp}.{nonce}.{body}").as_bytes());
        let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let request = Client::new().post(format!("http://{}/hall/webhook", town.at)).body(body.to_owned());
        let request = request.header("X-Gate-Timestamp", timestamp).header("X-Gate-Nonce", nonce);
        let request = request.header("X-Gate-Signature", signature).header("Idempotency-Key", name);
        request.send().await.unwrap().status().as_u16()
    };
    let [first, second, third] = [1, 2, 3].map(|digit: u8| format!("{digit:032x}"));
    assert_eq!(call(webhook::KEY, NOW_S, &first, "1-1", &right).await, 201);
    assert_eq!(call(webhook::KEY, NOW_S, &first, "1-1", &right).await, 401, "the nonce was used");
    assert_eq!(call("other", NOW_S, &second, "1-1", &right).await, 401);
    assert_eq!(call(webhook::KEY, NOW_S - 301, &second, "1-1", &right).await, 401);
    assert_eq!(call(webhook::KEY, NOW_S, "short", "1-1", &right).await, 401);
    assert_eq!(call(webhook::KEY, NOW_S, &second, "1-2", &right).await, 400, "the header names another notice");
    assert_eq!(call(webhook::KEY, NOW_S, &third, "1-1", &right).await, 201, "the same once more");
    assert_eq!(town.shown().len(), 1);
}
