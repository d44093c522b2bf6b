//! What each hall takes and refuses when nothing is broken: signs, people, names, and the order of opening and closing.

use doubles::hall::{message_centre, weaver, webhook};
use sync_server::{
    notify::{Accepted, Failure, Line},
    office::notice::NoticeKind,
    store::Notice,
};

use super::{NOW, NOW_S, PUSHED, SITE, Still, Town, asked, secret, settled};

const LATER: Failure = Failure::Later { after: None };

#[tokio::test]
async fn each_hall_shows_who_is_asked_what_and_where_to_answer() {
    for adapter in PUSHED {
        let town = Town::open().await;
        town.sender(adapter).send(&asked(1)).await.unwrap();
        let [message] = <[_; 1]>::try_from(town.shown()).unwrap();
        assert_eq!(message.double, format!("hall/{adapter}"));
        assert_eq!(message.to, "T2001");
        assert!(message.text.starts_with("访客预约待审核") && message.text.contains("欧阳娜"), "{}", message.text);
        assert_eq!(message.link.as_deref(), Some(format!("{SITE}/decide/a_B-9").as_str()), "{adapter}");
    }
}

/// What a hall shows on its own pages it may take for markup; the webhook says that its text is none.
#[tokio::test]
async fn a_visitors_words_are_no_markup_on_a_halls_page() {
    let written = "<img src=x onerror=alert(1)> & more";
    for adapter in ["wisedu", "message_centre", "weaver"] {
        let town = Town::open().await;
        let asked = asked(1);
        let facts = asked.facts.iter().map(|(fact, _)| (*fact, written.to_owned())).collect();
        town.sender(adapter).send(&Notice { text: written.to_owned(), facts, ..asked }).await.unwrap();
        let [message] = <[_; 1]>::try_from(town.shown()).unwrap();
        assert!(message.text.contains("＜img src=x"), "{adapter}: {}", message.text);
        assert!(!message.text.contains(['<', '>', '&']), "{adapter}: {}", message.text);
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused_and_may_be_put_right() {
    for adapter in ["wisedu", "message_centre", "webhook"] {
        let town = Town::open().await;
        let line = || Line::open().unwrap();
        let stranger = town.sender_with(adapter, "another-secret", line(), Still::at(NOW));
        let refused = stranger.send(&asked(1)).await.unwrap_err();
        assert_eq!(refused.kind, LATER, "{adapter}: {refused}");
        assert!(!refused.to_string().contains("another-secret"));
        assert_eq!(town.shown(), []);
        town.sender_with(adapter, secret(adapter), line(), Still::at(NOW)).send(&asked(1)).await.unwrap();
        assert_eq!(town.shown().len(), 1);
    }
}

#[tokio::test]
async fn who_is_nobody_there_is_never_written_to_again() {
    for adapter in PUSHED {
        let town = Town::open().await;
        let nobody = Notice { to: "T9999".to_owned(), ..asked(1) };
        let refused = town.sender(adapter).send(&nobody).await.unwrap_err();
        assert_eq!(refused.kind, Failure::Permanent, "{adapter}: {refused}");
        assert_eq!(town.shown(), []);
    }
}

#[tokio::test]
async fn what_is_sent_twice_is_shown_once_where_the_hall_knows_names() {
    for (adapter, shown) in [("wisedu", 2), ("message_centre", 1), ("weaver", 1), ("webhook", 1)] {
        let town = Town::open().await;
        let sender = town.sender(adapter);
        let first = sender.send(&asked(1)).await.unwrap();
        assert_eq!(sender.send(&asked(1)).await.unwrap(), first, "{adapter}");
        assert_eq!(town.shown().len(), shown, "{adapter}");
        // Another notice is another one.
        sender.send(&asked(2)).await.unwrap();
        assert_eq!(town.shown().len(), shown + 1, "{adapter}");
    }
}

#[tokio::test]
async fn what_is_settled_is_closed_where_that_can_be_and_else_nobody_is_called() {
    for (adapter, closed) in
        [("wisedu", "消息"), ("message_centre", "消息"), ("weaver", weaver::DONE), ("webhook", webhook::DONE)]
    {
        let town = Town::open().await;
        let sender = town.sender(adapter);
        let first = asked(1);
        let Accepted { handle } = sender.send(&first).await.unwrap();
        let done = settled(2, &first, handle);
        for _ in 0..2 {
            sender.send(&done).await.unwrap();
            assert_eq!(town.states(), [closed], "{adapter}");
        }
    }
}

#[tokio::test]
async fn a_hall_that_cannot_close_is_not_called_to_close() {
    for adapter in ["wisedu", "message_centre"] {
        let town = Town::open().await;
        let sender = town.sender(adapter);
        // Whatever it would be asked, it would fail.
        town.doubles.dials.always(&format!("hall/{adapter}"), Some(doubles::Fault::Broken));
        assert_eq!(sender.send(&settled(2, &asked(1), None)).await.unwrap(), Accepted::default());
    }
}

#[tokio::test]
async fn a_to_do_is_closed_after_it_was_made_even_if_that_came_late() {
    let town = Town::open().await;
    let sender = town.sender("weaver");
    let first = asked(1);
    town.doubles.dials.next(weaver::NAME, [Some(doubles::Fault::Broken)]);
    assert_eq!(sender.send(&first).await.unwrap_err().kind, LATER);
    // The close comes first, and is told that there is nothing to close: it comes again.
    let title = format!("访客预约待审核 欧阳娜 {} 09:00-11:00", shared::time::CampusDay::of(NOW));
    let done = settled(2, &first, Some(title.clone()));
    let early = sender.send(&done).await.unwrap_err();
    assert_eq!(early.kind, LATER);
    assert!(early.to_string().contains("不存在"), "{early}");
    assert_eq!(sender.send(&first).await.unwrap().handle, Some(title));
    assert_eq!(town.states(), [weaver::TO_DO]);
    sender.send(&done).await.unwrap();
    assert_eq!(town.states(), [weaver::DONE]);
}

#[tokio::test]
async fn a_to_do_of_another_title_is_another_one() {
    let town = Town::open().await;
    let sender = town.sender("weaver");
    let first = asked(1);
    sender.send(&first).await.unwrap();
    let wrong = settled(2, &first, Some("另一个标题".to_owned()));
    assert_eq!(sender.send(&wrong).await.unwrap_err().kind, LATER);
    assert_eq!(town.states(), [weaver::TO_DO]);
}

#[tokio::test]
async fn a_settled_webhook_that_comes_first_is_taken_and_shows_nothing() {
    let town = Town::open().await;
    town.sender("webhook").send(&settled(2, &asked(1), None)).await.unwrap();
    assert_eq!(town.shown(), []);
}

#[tokio::test]
async fn news_asks_for_nothing_and_leads_to_the_booking() {
    for (adapter, state) in
        [("wisedu", "消息"), ("message_centre", "消息"), ("weaver", weaver::TO_READ), ("webhook", webhook::NEWS)]
    {
        let town = Town::open().await;
        let news = Notice { kind: NoticeKind::Cancelled, path: None, ..asked(1) };
        town.sender(adapter).send(&news).await.unwrap();
        let [message] = <[_; 1]>::try_from(town.shown()).unwrap();
        assert_eq!(message.state, state, "{adapter}");
        assert_eq!(message.link.as_deref(), Some(format!("{SITE}/bookings/7").as_str()), "{adapter}");
    }
}

#[tokio::test]
async fn one_token_serves_until_it_is_about_to_end() {
    let town = Town::open().await;
    let clock = Still::at(NOW);
    let sender = town.sender_with("message_centre", secret("message_centre"), Line::open().unwrap(), clock.clone());
    let granted = || town.doubles.halls.centre().granted();
    let (first, second) = (asked(1), asked(2));
    let (one, other) = tokio::join!(sender.send(&first), sender.send(&second));
    one.and(other).unwrap();
    assert_eq!(granted(), 1, "two at once wait for one token");
    let lasts = i64::from(message_centre::TOKEN_LASTS_S);
    for (seconds, tokens) in [(lasts - 61, 1), (1, 2), (lasts, 3)] {
        clock.later(seconds);
        let now = town.doubles.halls.clone();
        now.set_clock(Some(sync_server::clock::Clock::now(&*clock).unix_ms() / 1000));
        sender.send(&asked(100 + seconds)).await.unwrap();
        assert_eq!(granted(), tokens, "{seconds}");
    }
}

#[tokio::test]
async fn a_webhook_is_only_believed_now_and_once() {
    let town = Town::open().await;
    let sender = town.sender("webhook");
    for (off, taken) in [(-301, false), (301, false), (-300, true), (300, true)] {
        town.doubles.halls.set_clock(Some(NOW_S + off));
        let sent = sender.send(&asked(1000 + off)).await;
        assert_eq!(sent.as_ref().map_err(|unsent| unsent.kind).err(), (!taken).then_some(LATER), "{off}");
    }
}
