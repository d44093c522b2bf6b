//! That the double refuses what the real one refuses, whoever asks.

use serde_json::{Value, json};

use super::office::Office;

struct Caller {
    client: reqwest::Client,
    base: String,
    token: String,
}

impl Caller {
    async fn new(office: &Office) -> Self {
        let mut caller = Self { client: reqwest::Client::new(), base: office.base.clone(), token: String::new() };
        let given = caller.token_for("ww00112233445566aa", "invented-wecom-secret").await;
        given["access_token"].as_str().unwrap().clone_into(&mut caller.token);
        caller
    }

    async fn token_for(&self, corp: &str, secret: &str) -> Value {
        let url = format!("{}/cgi-bin/gettoken?corpid={corp}&corpsecret={secret}", self.base);
        self.client.get(url).send().await.unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/cgi-bin/message/{path}?access_token={}", self.base, self.token);
        self.client.post(url).json(body).send().await.unwrap().json().await.unwrap()
    }

    async fn send(&self, to: &str, words: &str, more: Value) -> Value {
        let mut body = json!({
            "touser": to, "agentid": 1_000_002, "msgtype": "text", "text": { "content": words },
        });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.post("send", &body).await
    }
}

#[tokio::test]
async fn tokens_are_their_secret_s_and_end() {
    let office = Office::plain().await;
    let mut caller = Caller::new(&office).await;
    let again = caller.token_for("ww00112233445566aa", "invented-wecom-secret").await;
    assert_eq!(
        (again["access_token"].as_str(), again["expires_in"].as_i64()),
        (Some(caller.token.as_str()), Some(7200))
    );
    let other = caller.token_for("ww00112233445566aa", "invented-other-secret").await;
    assert_ne!(other["access_token"], again["access_token"]);
    assert_eq!(caller.token_for("ww00112233445566aa", "x").await["errcode"], 40001);
    assert_eq!(caller.token_for("x", "invented-wecom-secret").await["errcode"], 40013);
    let send = async |caller: &Caller| caller.send("zhangwei", "words", json!({})).await["errcode"].clone();
    assert_eq!(send(&caller).await, 0);
    let good = std::mem::replace(&mut caller.token, "made-up".to_owned());
    assert_eq!(send(&caller).await, 40014);
    caller.token = String::new();
    assert_eq!(send(&caller).await, 41001);
    caller.token = other["access_token"].as_str().unwrap().to_owned();
    assert_eq!(send(&caller).await, 301_002);
    caller.token = good;
    office.pass(7200);
    assert_eq!(send(&caller).await, 42001);
}

#[tokio::test]
async fn who_asks_wrongly_for_long_is_shut_out_for_an_hour() {
    let office = Office::plain().await;
    let caller = Caller::new(&office).await;
    for _ in 0..2000 {
        caller.token_for("ww00112233445566aa", "x").await;
    }
    assert_eq!(caller.token_for("ww00112233445566aa", "invented-wecom-secret").await["errcode"], 45009);
    office.pass(3600);
    assert_eq!(caller.token_for("ww00112233445566aa", "invented-wecom-secret").await["errcode"], 0);
}

#[tokio::test]
async fn some_receivers_may_be_wrong_but_not_all() {
    let office = Office::plain().await;
    let caller = Caller::new(&office).await;
    office.doubles.wecom.set(|set| {
        set.strangers.insert("WangFang".to_owned());
        set.unlicensed.insert("zhaolei".to_owned());
    });
    let partly = caller.send("zhangwei|WangFang|zhaolei", "words", json!({})).await;
    assert_eq!(
        (&partly["errcode"], &partly["invaliduser"], &partly["unlicenseduser"]),
        (&json!(0), &json!("wangfang"), &json!("zhaolei"))
    );
    assert_eq!(office.shown().len(), 1);
    assert_eq!(caller.send("WangFang", "words", json!({})).await["errcode"], 81013);
    assert_eq!(caller.send("", "words", json!({})).await["errcode"], 40058);
    assert_eq!(caller.send("zhangwei", "words", json!({ "agentid": 5 })).await["errcode"], 40056);
    assert_eq!(caller.send("zhangwei", "words", json!({ "msgtype": "picture" })).await["errcode"], 40008);
}

#[tokio::test]
async fn above_thirty_a_minute_all_is_well_and_nothing_arrives() {
    let office = Office::plain().await;
    let caller = Caller::new(&office).await;
    for count in 0..40 {
        assert_eq!(caller.send("zhangwei", &format!("words {count}"), json!({})).await["errcode"], 0);
    }
    assert_eq!((office.shown().len(), office.doubles.wecom.dropped()), (30, 10));
    office.pass(60);
    caller.send("zhangwei", "words", json!({})).await;
    assert_eq!(office.shown().len(), 31);
}

#[tokio::test]
async fn a_duplicate_is_one_within_its_interval_where_that_was_asked_for() {
    let office = Office::plain().await;
    let caller = Caller::new(&office).await;
    let checked = || json!({ "enable_duplicate_check": 1, "duplicate_check_interval": 600 });
    for (more, pass, shown) in [
        (json!({}), 0, 1),
        (json!({}), 0, 2),
        (checked(), 0, 3),
        (checked(), 599, 3),
        (checked(), 2, 4),
        (checked(), 0, 4),
    ] {
        office.pass(pass);
        assert_eq!(caller.send("zhangwei", "words", more).await["errcode"], 0);
        assert_eq!(office.shown().len(), shown);
    }
}

#[tokio::test]
async fn a_change_names_members_in_a_list_and_uses_its_code_up() {
    let office = Office::with_buttons().await;
    let caller = Caller::new(&office).await;
    let card = json!({
        "card_type": "button_interaction", "task_id": "1-1", "main_title": { "title": "t" },
        "button_list": [{ "type": 0, "text": "a", "key": "a" }],
    });
    let sent = caller.send("zhangwei", "", json!({ "msgtype": "template_card", "template_card": card })).await;
    let change = |users: Value, agent: u32| json!({ "userids": users, "agentid": agent, "response_code": sent["response_code"], "button": { "replace_name": "已处理" } });
    for (body, errcode) in [
        (change(json!("zhangwei"), 1_000_002), 40058),
        (change(json!([7]), 1_000_002), 40058),
        (change(json!(["zhangwei"]), 1_000_003), 301_002),
        (change(json!(["zhangwei"]), 1_000_002), 0),
        (change(json!(["zhangwei"]), 1_000_002), 42022),
    ] {
        assert_eq!(caller.post("update_template_card", &body).await["errcode"], errcode, "{body}");
    }
    assert_eq!(office.shown()[0].state, "changed: 已处理");
    let again = caller.send("lina", "", json!({ "msgtype": "template_card", "template_card": card })).await;
    assert_eq!(again["errcode"], 42014, "a task is an app's own, once");
}

#[tokio::test]
async fn a_body_of_20_megabytes_is_not_taken() {
    let office = Office::plain().await;
    let caller = Caller::new(&office).await;
    let url = format!("{}/cgi-bin/message/send?access_token={}", office.base, caller.token);
    let sent = reqwest::Client::new().post(url).body("x".repeat(20 * 1024 * 1024)).send().await;
    // It answers without reading on, which a caller may also meet as a broken line.
    assert!(sent.map_or(true, |answer| answer.status() == 413));
    assert_eq!(office.doubles.wecom.calls("send"), 0);
}
