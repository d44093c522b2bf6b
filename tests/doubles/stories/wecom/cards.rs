//! What staff see: cards whole, changed and taken back.

use doubles::Fault;
use sync_server::{
    notify::{Accepted, Failure, Fate, Sender as _},
    office::notice::{Fact, NoticeKind},
};

use super::office::{LATER, Office, asked, settled};

#[tokio::test]
async fn a_text_card_arrives_with_its_words_and_its_link() {
    let office = Office::plain().await;
    let notice = asked(1, "zhangwei");
    let accepted = office.send(&notice).await.unwrap();
    assert_eq!(accepted.handle.as_deref(), Some(r#"{"msgid":"invented-msg-000002"}"#));
    let shown = office.shown();
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].to.as_str(), shown[0].key.as_str()), ("zhangwei", "1795363200000-1"));
    assert_eq!(shown[0].link.as_deref(), Some("http://127.0.0.1:8460/decide/link-1#1795363200000-1"));
    assert!(shown[0].text.starts_with("访客预约待审核\n2026-11-23 00:00\n访客 王芳"), "{}", shown[0].text);
    assert!(shown[0].text.ends_with("[去审核]"), "{}", shown[0].text);
}

#[tokio::test]
async fn a_card_with_buttons_leads_to_the_page_and_decides_nothing() {
    let office = Office::with_buttons().await;
    let notice = asked(1, "zhangwei");
    office.send(&notice).await.unwrap();
    // What is not asked has no buttons.
    office.send(&sync_server::store::Notice { kind: NoticeKind::Cancelled, ..asked(2, "zhangwei") }).await.unwrap();
    let shown = office.shown();
    assert_eq!(shown[0].key, notice.key().to_string());
    assert_eq!(shown[0].link.as_deref(), Some("http://127.0.0.1:8460/decide/link-1"));
    assert!(
        shown[0].text.ends_with("访客 王芳\n时间 2026-11-24 09:00-11:00\n事由 讲座\n[去审核]\n[已看到]"),
        "{}",
        shown[0].text
    );
    assert!(shown[1].text.starts_with("访客取消了预约\n") && shown[1].text.ends_with("[查看]"), "{}", shown[1].text);
}

#[tokio::test]
async fn nothing_of_ours_is_so_long_that_wecom_cuts_it() {
    for office in [Office::plain().await, Office::with_buttons().await] {
        let mut notice = asked(1, "zhangwei");
        notice.text = "<b>很长的事由</b>&🚗".repeat(200);
        notice.facts = Fact::ALL.into_iter().map(|fact| (fact, "很长的值".repeat(30))).collect();
        let accepted = office.send(&notice).await.unwrap();
        let mut end = settled(2, &notice, &accepted);
        (end.text, end.facts) = (notice.text.clone(), notice.facts.clone());
        office.send(&end).await.unwrap();
        assert_eq!(office.doubles.wecom.shortened(), 0);
        assert!(office.shown()[0].text.contains('…'));
    }
}

#[tokio::test]
async fn two_notices_with_the_same_words_are_two_and_one_sent_twice_is_one() {
    for office in [Office::plain().await, Office::with_buttons().await] {
        let (first, mut second) = (asked(1, "zhangwei"), asked(2, "zhangwei"));
        second.path.clone_from(&first.path);
        for notice in [&first, &second, &first] {
            office.send(notice).await.unwrap();
        }
        assert_eq!(office.shown().len(), 2);
    }
}

#[tokio::test]
async fn a_card_is_changed_once_it_is_settled() {
    let office = Office::with_buttons().await;
    let notice = asked(1, "zhangwei");
    let accepted = office.send(&notice).await.unwrap();
    let end = settled(2, &notice, &accepted);
    assert_eq!(office.send(&end).await.unwrap(), Accepted::default());
    let shown = office.shown();
    assert_eq!(shown.len(), 1);
    assert!(shown[0].state.starts_with("changed: 访客预约已处理\n"), "{}", shown[0].state);
    assert!(
        shown[0].state.contains("\n处理人 李娜\n结果 已通过") && !shown[0].state.contains("的预约已由"),
        "{}",
        shown[0].state
    );
    // Its code is used up; that is reported and ends it.
    assert_eq!(office.failure(&end).await, Failure::Permanent);
    assert_eq!(office.doubles.wecom.calls("update"), 2);
}

#[tokio::test]
async fn a_card_that_is_too_old_to_be_changed_stays_and_is_reported() {
    let office = Office::with_buttons().await;
    let notice = asked(1, "zhangwei");
    let accepted = office.send(&notice).await.unwrap();
    office.pass(72 * 3600 + 1);
    assert_eq!(office.failure(&settled(2, &notice, &accepted)).await, Failure::Permanent);
    assert_eq!(office.shown()[0].state, "delivered");
}

#[tokio::test]
async fn a_change_that_fails_is_tried_a_few_times_and_no_more() {
    let office = Office::with_buttons().await;
    let notice = asked(1, "zhangwei");
    let accepted = office.send(&notice).await.unwrap();
    let mut end = settled(2, &notice, &accepted);
    office.doubles.dials.always("wecom", Some(Fault::Broken));
    let mut kinds = Vec::new();
    for failed in 0..5 {
        end.failed = failed;
        kinds.push(office.failure(&end).await);
    }
    assert_eq!(kinds[..4], [Failure::Unknown; 4]);
    assert_eq!(kinds[4], Failure::Permanent);
    office.doubles.dials.always("wecom", None);
    office.doubles.wecom.tokens_die(40014);
    end.failed = 1;
    office.send(&end).await.unwrap();
    assert!(office.shown()[0].state.starts_with("changed"));
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_made_once_and_then_reported() {
    let office = Office::with_buttons().await;
    let notice = asked(1, "zhangwei");
    let accepted = office.send(&notice).await.unwrap();
    let mut end = settled(2, &notice, &accepted);
    office.doubles.dials.next("wecom", [Some(Fault::CutAfterAccept)]);
    assert_eq!(office.failure(&end).await, Failure::Unknown);
    end.failed = 1;
    assert_eq!(office.failure(&end).await, Failure::Permanent);
    assert!(office.shown()[0].state.starts_with("changed"));
}

#[tokio::test]
async fn a_card_whose_answer_was_lost_is_seen_once_and_cannot_be_changed() {
    let office = Office::with_buttons().await;
    let mut notice = asked(1, "zhangwei");
    office.doubles.dials.next("wecom", [Some(Fault::CutAfterAccept)]);
    assert_eq!(office.failure(&notice).await, Failure::Unknown);
    assert_eq!(office.wecom.sender().ask(&notice).await.unwrap(), Fate::Untold);
    notice.failed = 1;
    let again = office.send(&notice).await.unwrap();
    assert_eq!(office.shown().len(), 1);
    // Even after WeCom has forgotten the words, it knows the task.
    office.pass(5 * 3600);
    assert_eq!(office.send(&notice).await.unwrap(), Accepted::default());
    // A server that was killed before it could count the try finds the card just as well.
    notice.failed = 0;
    assert_eq!(office.send(&notice).await.unwrap(), Accepted::default());
    assert_eq!(office.shown().len(), 1);
    assert_eq!(office.send(&settled(2, &notice, &again)).await.unwrap(), Accepted::default());
    assert_eq!((office.doubles.wecom.calls("update"), office.shown()[0].state.as_str()), (0, "delivered"));
}

#[tokio::test]
async fn a_text_card_is_taken_back_where_the_settings_say_so_and_within_a_day() {
    let (keeps, recalls) = (Office::plain().await, Office::with("recall = true").await);
    for (office, calls, state) in [(keeps, 0, "delivered"), (recalls, 1, "recalled")] {
        let (notice, other) = (asked(1, "zhangwei"), asked(2, "lina"));
        let accepted = office.send(&notice).await.unwrap();
        office.send(&other).await.unwrap();
        assert_eq!(office.send(&settled(3, &notice, &accepted)).await.unwrap(), Accepted::default());
        assert_eq!(office.doubles.wecom.calls("recall"), calls);
        let states: Vec<_> = office.shown().into_iter().map(|message| message.state).collect();
        assert_eq!(states, [state, "delivered"]);
    }
    let office = Office::with("recall = true").await;
    let notice = asked(1, "zhangwei");
    let accepted = office.send(&notice).await.unwrap();
    office.pass(24 * 3600 + 1);
    assert_eq!(office.failure(&settled(2, &notice, &accepted)).await, Failure::Permanent);
    assert_eq!(office.shown()[0].state, "delivered");
}

#[tokio::test]
async fn another_app_s_card_cannot_be_changed_and_a_handle_that_is_none_closes_nothing() {
    let office = Office::with_buttons().await;
    let notice = asked(1, "zhangwei");
    let accepted = office.send(&notice).await.unwrap();
    for handle in [None, Some("not json".to_owned()), Some("{}".to_owned())] {
        let end = settled(2, &notice, &Accepted { handle });
        assert_eq!(office.send(&end).await.unwrap(), Accepted::default());
    }
    let unknown = Accepted { handle: Some(r#"{"msgid":"x","code":"stranger"}"#.to_owned()) };
    assert_eq!(office.failure(&settled(2, &notice, &unknown)).await, Failure::Permanent);
    office.doubles.wecom.answer_next([42015, -1]);
    assert_eq!(office.failure(&settled(2, &notice, &accepted)).await, Failure::Permanent);
    assert_eq!(office.failure(&settled(2, &notice, &accepted)).await, LATER);
    office.send(&settled(2, &notice, &accepted)).await.unwrap();
}
