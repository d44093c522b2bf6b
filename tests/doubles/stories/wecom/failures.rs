//! What WeCom refuses, loses and delays, and what the office makes of it.

use std::{sync::Arc, time::Duration};

use doubles::Fault;
use sync_server::{
    notify::{Accepted, Failure, Fate, Sender as _},
    store::Notice,
};

use super::office::{LATER, NOW, Office, asked, later};

#[tokio::test]
async fn one_token_serves_however_many_send_at_once() {
    let office = Arc::new(Office::plain().await);
    let sending: Vec<_> = (0..40)
        .map(|id| {
            let office = office.clone();
            tokio::spawn(async move { office.send(&asked(id, &format!("member{id}"))).await.map(drop) })
        })
        .collect();
    for sent in sending {
        sent.await.unwrap().unwrap();
    }
    assert_eq!((office.doubles.wecom.calls("gettoken"), office.doubles.wecom.calls("send")), (1, 40));
    // It is renewed before its end: nobody meets a dead one.
    office.pass(7200 - 299);
    office.send(&asked(41, "zhangwei")).await.unwrap();
    assert_eq!((office.doubles.wecom.calls("gettoken"), office.doubles.wecom.calls("send")), (2, 41));
}

#[tokio::test]
async fn a_token_that_dies_early_is_replaced_once_and_the_message_goes() {
    let office = Office::plain().await;
    for (id, errcode) in [(1, 40014), (2, 42001)] {
        office.send(&asked(id * 10, "zhangwei")).await.unwrap();
        office.doubles.wecom.tokens_die(errcode);
        office.send(&asked(id, "zhangwei")).await.unwrap();
    }
    assert_eq!((office.shown().len(), office.doubles.wecom.calls("gettoken")), (4, 3));
    office.doubles.dials.next("wecom", [Some(Fault::TokenDies)]);
    office.send(&asked(3, "zhangwei")).await.unwrap();
    // Not for ever: a second dead one in a row waits in the outbox.
    office.doubles.dials.next("wecom", [Some(Fault::TokenDies), Some(Fault::TokenDies)]);
    assert_eq!(office.failure(&asked(4, "zhangwei")).await, LATER);
    office.send(&asked(4, "zhangwei")).await.unwrap();
    assert_eq!(office.shown().len(), 6);
}

#[tokio::test]
async fn a_wrong_secret_or_corporation_is_asked_about_ever_more_seldom() {
    for (errcode, corp, secret) in
        [("40001", "ww00112233445566aa", "invented-new-secret"), ("40013", "ww-other", "invented-wecom-secret")]
    {
        let office = Office::plain().await;
        office.doubles.wecom.set(|set| {
            corp.clone_into(&mut set.corp_id);
            secret.clone_into(&mut set.apps[0].secret);
        });
        let told = office.send(&asked(1, "zhangwei")).await.unwrap_err().to_string();
        assert!(told.contains(errcode) && !told.contains("invented"), "{told}");
        assert_eq!(office.failure(&asked(1, "zhangwei")).await, later(30));
        office.pass(10);
        assert_eq!(office.failure(&asked(2, "lina")).await, later(20));
        assert_eq!(office.doubles.wecom.calls("gettoken"), 1);
        office.pass(20);
        assert_eq!(office.failure(&asked(2, "lina")).await, later(60));
        office.doubles.wecom.set(|set| {
            "ww00112233445566aa".clone_into(&mut set.corp_id);
            "invented-wecom-secret".clone_into(&mut set.apps[0].secret);
        });
        office.pass(60);
        office.send(&asked(1, "zhangwei")).await.unwrap();
        assert_eq!(office.doubles.wecom.calls("gettoken"), 3);
    }
}

#[tokio::test]
async fn from_an_address_that_is_not_trusted_nothing_goes_and_little_is_asked() {
    let office = Office::plain().await;
    office.send(&asked(1, "zhangwei")).await.unwrap();
    let listed =
        office.doubles.wecom.set(|set| std::mem::replace(&mut set.ip_list, vec!["192.0.2.1".parse().unwrap()]));
    let told = office.send(&asked(2, "zhangwei")).await.unwrap_err();
    assert_eq!(told.kind, later(30));
    assert!(told.why.contains("60020") && told.why.contains("可信 IP"), "{}", told.why);
    assert_eq!(office.failure(&asked(3, "lina")).await, later(30));
    assert_eq!(office.doubles.wecom.calls("send"), 2);
    office.doubles.wecom.set(|set| set.ip_list = listed);
    office.pass(30);
    office.send(&asked(2, "zhangwei")).await.unwrap();
    assert_eq!(office.doubles.wecom.calls("gettoken"), 1);
}

#[tokio::test]
async fn an_agent_that_is_not_the_token_s_waits_for_an_operator() {
    for (agent_id, errcode) in [(1_000_003, "301002"), (7, "40056")] {
        let office = Office::plain().await;
        office.doubles.wecom.set(|set| {
            set.apps[0].agent_id = agent_id;
            if errcode == "301002" {
                set.apps[1].agent_id = 1_000_002;
            }
        });
        let unsent = office.send(&asked(1, "zhangwei")).await.unwrap_err();
        assert_eq!(unsent.kind, later(900));
        assert!(unsent.why.contains(errcode) && unsent.why.contains("notify.wecom.agent_id"), "{}", unsent.why);
    }
}

#[tokio::test]
async fn who_cannot_be_reached_is_given_up() {
    let office = Office::plain().await;
    office.doubles.wecom.set(|set| {
        set.strangers.insert("wangfang".to_owned());
        set.unlicensed.insert("ZhaoLei".to_owned());
    });
    for (to, said) in
        [("WangFang", "81013"), ("zhaolei", "接口许可"), ("@all", "账号"), ("zhangwei|lina", "账号"), ("张伟", "账号")]
    {
        let unsent = office.send(&asked(1, to)).await.unwrap_err();
        assert_eq!(unsent.kind, Failure::Permanent, "{to}");
        assert!(unsent.why.contains(said), "{}", unsent.why);
    }
    assert!(office.shown().is_empty());
}

#[tokio::test]
async fn every_refusal_has_its_kind_and_nothing_was_taken() {
    let office = Office::plain().await;
    for (errcode, kind) in [
        (-1, LATER),
        (45009, later(60)),
        (45033, later(2)),
        (48002, later(900)),
        (50003, later(900)),
        (43012, later(900)),
        (60011, Failure::Permanent),
        (60111, Failure::Permanent),
        (40058, Failure::Permanent),
        (45002, Failure::Permanent),
        (44004, Failure::Permanent),
        (99_999, LATER),
    ] {
        office.doubles.wecom.answer_next([errcode]);
        assert_eq!(office.failure(&asked(1, "zhangwei")).await, kind, "{errcode}");
        assert!(office.shown().is_empty());
    }
    office.send(&asked(1, "zhangwei")).await.unwrap();
}

#[tokio::test]
async fn what_broke_may_be_sent_again_and_is_seen_once() {
    let office = Office::plain().await;
    for (id, fault, seen_after) in [(1, Fault::Broken, 0), (2, Fault::CutAfterAccept, 1)] {
        let mut notice = asked(id, "zhangwei");
        let before = office.shown().len();
        office.doubles.dials.next("wecom", [Some(fault)]);
        assert_eq!(office.failure(&notice).await, Failure::Unknown, "{fault:?}");
        assert_eq!(office.shown().len() - before, seen_after);
        assert_eq!(office.wecom.sender().ask(&notice).await.unwrap(), Fate::Untold);
        notice.failed = 1;
        // Hours later, too.
        office.pass(3 * 3600);
        office.send(&notice).await.unwrap();
        assert_eq!(office.shown().len() - before, 1, "{fault:?}");
    }
    office.doubles.dials.next("wecom", [Some(Fault::Slow(Duration::from_millis(20)))]);
    office.send(&asked(3, "zhangwei")).await.unwrap();
    office.doubles.dials.next("wecom", [Some(Fault::SilentDrop)]);
    let dropped = office.send(&asked(4, "zhangwei")).await.unwrap();
    assert!(dropped.handle.is_some(), "a silent drop is told by nobody");
    assert_eq!(office.shown().len(), 3);
}

#[tokio::test]
async fn a_token_that_cannot_be_fetched_leaves_nothing_in_doubt() {
    let office = Office::plain().await;
    for fault in [Fault::CutAfterAccept, Fault::Broken] {
        office.doubles.dials.next("wecom.token", [Some(fault)]);
        assert_eq!(office.failure(&asked(1, "zhangwei")).await, LATER, "{fault:?}");
        assert_eq!(office.doubles.wecom.calls("send"), 0);
        office.pass(60);
    }
    office.send(&asked(1, "zhangwei")).await.unwrap();
}

#[tokio::test]
async fn nobody_listening_is_later_and_tells_no_secret() {
    let office = Office::with("at_once = 3").await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut settings = office.wecom.settings().clone();
    settings.api_url = format!("http://{free}");
    let secrets =
        sync_server::notify::wecom::WecomSecrets { app: "invented-wecom-secret".to_owned().into(), callback: None };
    let line = sync_server::notify::Line::open().unwrap();
    let store = office.state.store.clone();
    let gone = sync_server::notify::wecom::Wecom::open(
        settings,
        "http://127.0.0.1:8460",
        secrets,
        line,
        store,
        office.clock.clone(),
    );
    let unsent = gone.unwrap().sender().send(&asked(1, "zhangwei")).await.unwrap_err();
    assert_eq!(unsent.kind, LATER);
    assert!(!format!("{unsent:?}").contains("invented"), "{unsent:?}");
    assert_eq!(office.wecom.sender().about().pace.at_once, 3);
}

/// 200 notices to one member: 30 a minute would be delivered and the rest dropped without a word.
#[tokio::test]
async fn one_member_s_many_are_spread_so_that_none_is_dropped() {
    let office = Office::plain().await;
    let mut waiting: Vec<Notice> = (0..200).map(|id| asked(id, "zhangwei")).collect();
    let mut rounds = 0;
    while let Some(notice) = waiting.pop() {
        match office.send(&notice).await {
            Ok(_) => {}
            Err(unsent) => {
                let Failure::Later { after: Some(wait) } = unsent.kind else { panic!("{unsent:?}") };
                assert!(wait <= Duration::from_secs(75));
                office.pass(i64::try_from(wait.as_secs() + 1).unwrap());
                waiting.push(notice);
                rounds += 1;
            }
        }
    }
    assert_eq!((office.doubles.wecom.dropped(), office.shown().len()), (0, 200));
    assert!((7..=8).contains(&rounds), "{rounds}");
    // Nobody else had to wait.
    office.send(&asked(500, "lina")).await.unwrap();
}

/// A server that is killed and started again does not know what it sent, but its store does.
#[tokio::test]
async fn a_restart_forgets_no_member_s_minute() {
    let office = Office::plain().await;
    for id in 0..25 {
        office.send(&asked(id, "zhangwei")).await.unwrap();
        let insert = "insert into notice (kind, channel, \"to\", made_at, sent_at, taken_at) values ('changed', 'wecom', ?1, ?2, ?3, ?4)";
        let now = NOW.unix_ms();
        // The last was under way when the server was killed.
        let (sent, taken) = if id == 24 { (None, Some(now)) } else { (Some(now), None) };
        office.database().execute(insert, rusqlite::params!["ZHANGWEI", now, sent, taken]).unwrap();
    }
    office.pass(10);
    let office = office.started_again().await;
    assert_eq!(office.failure(&asked(26, "zhangwei")).await, later(65));
    office.send(&asked(27, "lina")).await.unwrap();
    office.pass(65);
    office.send(&asked(26, "zhangwei")).await.unwrap();
    assert_eq!(office.doubles.wecom.dropped(), 0);
    assert_ne!(office.send(&asked(28, "zhangwei")).await.unwrap(), Accepted::default());
}
