//! What WeCom calls: believed only when its envelope is right, heard once, and a decision of nobody's.

use doubles::{Fault, wecom::Call};

use super::office::{NOW, Office, asked};

/// A notice that stands in the office's database and was sent.
async fn sent(office: &Office) -> String {
    let insert = "insert into notice (id, kind, channel, \"to\", made_at, sent_at) values (7, 'approval_asked', 'wecom', 'zhangwei', ?1, ?1)";
    office.database().execute(insert, [NOW.unix_ms()]).unwrap();
    let notice = asked(7, "zhangwei");
    office.send(&notice).await.unwrap();
    notice.key().to_string()
}

fn receipts(office: &Office) -> Vec<(String, i64)> {
    let db = office.database();
    let mut query = db.prepare("select receipt, receipt_at from notice where receipt is not null").unwrap();
    query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn wecom_sees_that_it_is_us() {
    let office = Office::with_buttons().await;
    assert!(office.doubles.wecom_accepts_callback().await);
    for change in ["token", "key", "corp"] {
        let set = office.doubles.wecom.settings();
        office.doubles.wecom.set(|set| {
            let callback = set.callback.as_mut().unwrap();
            match change {
                "token" => callback.token.push('x'),
                "key" => callback.aes_key.replace_range(..1, "b"),
                _ => set.corp_id.push('x'),
            }
        });
        assert!(!office.doubles.wecom_accepts_callback().await, "{change}");
        office.doubles.wecom.set(|changed| *changed = set);
    }
    assert!(office.doubles.wecom_accepts_callback().await);
}

#[tokio::test]
async fn a_click_tells_that_the_card_was_seen_and_nothing_more() {
    let office = Office::with_buttons().await;
    let task = sent(&office).await;
    assert_eq!(office.doubles.wecom_click("ZhangWei", &task, "seen").await, [200]);
    assert_eq!(receipts(&office), [("read".to_owned(), NOW.unix_ms())]);
    // Whoever else clicks, or on whatever else, is thanked and changes nothing.
    let office = Office::with_buttons().await;
    sent(&office).await;
    for (member, task) in
        [("lina", task.as_str()), ("zhangwei", "1795363200000-8"), ("zhangwei", "x"), ("zhangwei", ""), ("", &task)]
    {
        assert_eq!(office.doubles.wecom_click(member, task, "approve").await, [200], "{member} {task}");
    }
    assert_eq!(receipts(&office), []);
}

#[tokio::test]
async fn what_comes_again_is_answered_and_heard_once() {
    let office = Office::with_buttons().await;
    let task = sent(&office).await;
    office.doubles.dials.next("wecom.callback", [Some(Fault::ReplayedCallback)]);
    assert_eq!(office.doubles.wecom_click("zhangwei", &task, "seen").await, [200; 4]);
    let call = office.doubles.wecom_call("zhangwei", &task, "seen").unwrap();
    office.pass(300);
    assert_eq!(call.send().await, 200);
    assert_eq!(receipts(&office), [("read".to_owned(), NOW.unix_ms())], "the first time counts");
    // Overheard and made again when its time is over, it is not even opened.
    office.pass(301);
    assert_eq!(call.send().await, 403);
    office.doubles.dials.next("wecom.callback", [Some(Fault::NoReceipt)]);
    assert!(office.doubles.wecom_click("zhangwei", &task, "seen").await.is_empty());
}

#[tokio::test]
async fn a_call_that_is_not_wecom_s_is_refused_and_changes_nothing() {
    let office = Office::with_buttons().await;
    let task = sent(&office).await;
    let call = || office.doubles.wecom_call("zhangwei", &task, "seen").unwrap();
    let changed = |name: &str, value: &str| {
        let mut call = call();
        let at = call.query.iter().position(|(known, _)| *known == name).unwrap();
        value.clone_into(&mut call.query[at].1);
        call
    };
    let old = (NOW.unix_s() - 601).to_string();
    let without = |name: &str| {
        let mut call = call();
        call.query.retain(|(known, _)| *known != name);
        call
    };
    let body = |change: &dyn Fn(&str) -> String| {
        let call = call();
        Call { body: change(&call.body), ..call }
    };
    let sealed_at = |body: &str| body.find("<Encrypt><![CDATA[").unwrap() + 18;
    for (call, status, name) in [
        (changed("msg_signature", "1ba3cb09c0d2c2b3ed6900d37f91a6efae6cb011"), 403, "another's signature"),
        (changed("msg_signature", ""), 403, "no signature"),
        (changed("timestamp", &old), 403, "another time"),
        (changed("nonce", "another"), 403, "another nonce"),
        (without("msg_signature"), 400, "without signature"),
        (without("timestamp"), 400, "without time"),
        (without("nonce"), 400, "without nonce"),
        (body(&|body| body.replacen("<Encrypt>", "<Encrypted>", 1)), 400, "broken XML"),
        (body(&|_| "<xml></xml>".to_owned()), 403, "nothing inside"),
        (body(&|_| String::new()), 400, "nothing at all"),
        (body(&|body| format!("<!DOCTYPE xml [<!ENTITY x \"y\">]>{body}")), 400, "an entity"),
        (
            body(&|body| {
                let at = sealed_at(body);
                format!("{}{}", &body[..at], &body[at + 4..])
            }),
            403,
            "cut",
        ),
        (
            body(&|body| {
                let at = sealed_at(body);
                format!("{}AAAA{}", &body[..at], &body[at + 4..])
            }),
            403,
            "corrupted",
        ),
        (body(&|body| format!("{body}{}", " ".repeat(70_000))), 413, "endless"),
    ] {
        assert_eq!(call.send().await, status, "{name}");
    }
    // Signed rightly, but long ago, and ahead of us.
    for off in [-601, 601] {
        let theirs = office.doubles.wecom.settings().clock;
        office.doubles.wecom.set(|set| set.clock = std::sync::Arc::new(move || NOW.unix_s() + off));
        assert_eq!(call().send().await, 403, "{off}");
        office.doubles.wecom.set(|set| set.clock = theirs);
    }
    // For another house, which has our token and key.
    office.doubles.wecom.set(|set| set.corp_id = "ww-another".to_owned());
    assert_eq!(call().send().await, 403);
    office.doubles.wecom.set(|set| set.corp_id = "ww00112233445566aa".to_owned());
    assert_eq!(receipts(&office), []);
    assert_eq!(call().send().await, 200);
    assert_eq!(receipts(&office).len(), 1);
}

#[tokio::test]
async fn what_nobody_knows_is_acknowledged() {
    let office = Office::with_buttons().await;
    let task = sent(&office).await;
    let click = |agent: u32| {
        format!(
            "<xml><FromUserName>zhangwei</FromUserName><CreateTime>1</CreateTime><Event>template_card_event</Event><EventKey>seen</EventKey><TaskId>{task}</TaskId><AgentID>{agent}</AgentID></xml>"
        )
    };
    for text in [
        "<xml><MsgType>event</MsgType><Event>enter_agent</Event><AgentID>1000002</AgentID></xml>".to_owned(),
        "<xml><MsgType>text</MsgType><Content>同意</Content><AgentID>1000002</AgentID></xml>".to_owned(),
        "<xml></xml>".to_owned(),
        click(1_000_003),
    ] {
        assert_eq!(office.doubles.wecom_call_of(&text).unwrap().send().await, 200, "{text}");
    }
    assert_eq!(office.doubles.wecom_call_of("no XML").unwrap().send().await, 400);
    assert_eq!(receipts(&office), []);
    assert_eq!(office.doubles.wecom_call_of(&click(1_000_002)).unwrap().send().await, 200);
    assert_eq!(receipts(&office).len(), 1);
}

#[tokio::test]
async fn where_nobody_answers_wecom_calls_three_times_more() {
    let office = Office::with_buttons().await;
    let task = sent(&office).await;
    let door = office.doubles.wecom.set(|set| {
        let callback = set.callback.as_mut().unwrap();
        std::mem::replace(&mut callback.url, format!("http://{}/elsewhere", office.door))
    });
    assert_eq!(office.doubles.wecom_click("zhangwei", &task, "seen").await, [404; 4]);
    office.doubles.wecom.set(|set| set.callback.as_mut().unwrap().url = door);
    assert_eq!(office.doubles.wecom_click("zhangwei", &task, "seen").await, [200]);
    assert_eq!(receipts(&office).len(), 1);
}

#[tokio::test]
async fn without_a_callback_there_is_no_door() {
    let office = Office::plain().await;
    let url = format!("http://{}/providers/wecom", office.door);
    let query = ["msg_signature", "timestamp", "nonce"].map(|name| (name, "1".to_owned())).to_vec();
    let call = Call { url, query, body: "<xml></xml>".to_owned() };
    assert_eq!(call.send().await, 404);
}
