//! What a fault leaves behind, and what the gateway's list says of it.

use std::time::Duration;

use chrono::TimeDelta;
use doubles::{Fault, Message, aliyun, tencent};
use sync_server::notify::{Failure, Fate};

use crate::house::{By, House, asked, listen};

/// What happens on its own takes a moment; nobody waits longer than for it.
async fn until(seen: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if seen() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to that");
}

#[tokio::test]
async fn after_a_cut_the_list_says_that_it_was_taken() {
    for by in By::ALL {
        let house = House::new().await;
        let sender = house.sender(by);
        let notice = asked(1, "13800130001", "学术报告");
        house.doubles.dials.next(by.double(), [Some(Fault::CutAfterAccept)]);
        let why = sender.send(&notice).await.unwrap_err();
        assert_eq!(why.kind, Failure::Unknown, "{why}");
        assert_eq!(house.doubles.shown.all().len(), 1);
        let delivered = |message: &Message| message.state.ends_with("已送达");
        until(|| house.doubles.shown.all().iter().all(delivered)).await;
        let Fate::Taken(accepted) = sender.ask(&notice).await.unwrap() else { panic!("{by:?}: it was taken") };
        assert!(accepted.handle.is_some());
    }
}

#[tokio::test]
async fn what_fell_over_before_it_was_taken_is_sent_again_once_the_list_can_be_believed() {
    for (by, within) in [(By::Acs3, 10), (By::Rpc, 10), (By::Tencent, 120)] {
        let house = House::new().await;
        let sender = house.sender(by);
        let notice = asked(1, "13800130001", "学术报告");
        house.doubles.dials.next(by.double(), [Some(Fault::Broken)]);
        assert_eq!(sender.send(&notice).await.unwrap_err().kind, Failure::Unknown, "a 500 says nothing");
        let why = sender.ask(&notice).await.unwrap_err();
        assert_eq!(why.kind, Failure::Later { after: Some(Duration::from_secs(within)) }, "{by:?}");
        house.pass(TimeDelta::seconds(i64::try_from(within).unwrap()));
        assert_eq!(sender.ask(&notice).await.unwrap(), Fate::NotTaken);
        sender.send(&notice).await.unwrap();
        assert_eq!(house.doubles.shown.all().len(), 1);
    }
}

#[tokio::test]
async fn another_s_message_to_the_same_number_is_not_taken_for_ours() {
    for by in By::ALL {
        let house = House::new().await;
        let sender = house.sender(by);
        sender.send(&asked(1, "13800130001", "学术报告")).await.unwrap();
        let mine = asked(2, "13800130001", "商谈合作");
        house.doubles.dials.next(by.double(), [Some(Fault::Broken)]);
        sender.send(&mine).await.unwrap_err();
        house.pass(TimeDelta::minutes(3));
        assert_eq!(sender.ask(&mine).await.unwrap(), Fate::NotTaken, "{by:?}");
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_had_leaves_the_doubt() {
    for (by, queries) in [(By::Acs3, aliyun::QUERIES), (By::Tencent, tencent::QUERIES)] {
        let house = House::new().await;
        let sender = house.sender(by);
        let notice = asked(1, "13800130001", "学术报告");
        house.doubles.dials.next(by.double(), [Some(Fault::CutAfterAccept)]);
        sender.send(&notice).await.unwrap_err();
        for fault in [Fault::Broken, Fault::CutAfterAccept] {
            house.doubles.dials.next(queries, [Some(fault)]);
            assert_eq!(sender.ask(&notice).await.unwrap_err().kind, Failure::Unknown, "{by:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_message_sent_before_midnight_is_found_after_it() {
    let house = House::new().await;
    house.pass(TimeDelta::seconds(15 * 3600 - 1));
    let sender = house.sender(By::Acs3);
    let notice = asked(1, "13800130001", "学术报告");
    house.doubles.dials.next("aliyun", [Some(Fault::CutAfterAccept)]);
    sender.send(&notice).await.unwrap_err();
    house.pass(TimeDelta::seconds(2));
    assert!(matches!(sender.ask(&notice).await.unwrap(), Fate::Taken(_)));
}

#[tokio::test]
async fn slow_is_no_fault_and_a_silent_drop_looks_like_success() {
    for by in By::ALL {
        let house = House::new().await;
        let sender = house.sender(by);
        house.doubles.dials.next(by.double(), [Some(Fault::Slow(Duration::from_millis(300))), Some(Fault::SilentDrop)]);
        sender.send(&asked(1, "13800130001", "学术报告")).await.unwrap();
        sender.send(&asked(2, "13800130002", "学术报告")).await.unwrap();
        assert_eq!(house.doubles.shown.all().len(), 1, "{by:?}");
    }
}

#[tokio::test]
async fn an_address_that_the_gateway_denies_waits_for_somebody_and_nothing_was_taken() {
    let mut house = House::new().await;
    let denied = vec![std::net::Ipv4Addr::LOCALHOST.into()];
    house.doubles.aliyun = std::sync::Arc::new(aliyun::Aliyun { denied, ..aliyun::Aliyun::default() });
    house.address = listen(house.doubles.router()).await;
    let unsent = house.sender(By::Acs3).send(&asked(1, "13800130001", "学术报告")).await.unwrap_err();
    assert_eq!(unsent.kind, Failure::Later { after: Some(Duration::from_secs(600)) }, "{unsent}");
    assert_eq!(house.doubles.shown.all(), []);
}

#[tokio::test]
async fn what_is_taken_in_time_and_worked_off_late_is_overtaken_by_the_next() {
    for by in By::ALL {
        let house = House::new().await;
        let sender = house.sender(by);
        house.doubles.dials.next(by.double(), [Some(Fault::Overtaken(Duration::from_secs(2)))]);
        sender.send(&asked(1, "13800130001", "学术报告")).await.unwrap();
        sender.send(&asked(2, "13800130002", "学术报告")).await.unwrap();
        let shown = || house.doubles.shown.all().into_iter().map(|it| it.to).collect::<Vec<_>>();
        until(|| shown().len() == 2).await;
        assert!(shown()[1].ends_with("13800130001"), "{by:?}");
    }
}
