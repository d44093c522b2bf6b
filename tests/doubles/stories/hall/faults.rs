//! Every dial of every hall: what the office understands of it, and that trying again ends well.

use std::time::Duration;

use doubles::Fault;
use sync_server::notify::{Failure, Line};

use super::{NOW, PUSHED, Still, Town, asked, secret, settled};

const LATER: Failure = Failure::Later { after: None };

#[tokio::test]
async fn what_was_not_taken_comes_later_and_what_was_cut_off_nobody_knows() {
    for adapter in PUSHED {
        for (fault, kind, taken) in [(Fault::Broken, LATER, 0), (Fault::CutAfterAccept, Failure::Unknown, 1)] {
            let town = Town::open().await;
            let sender = town.sender(adapter);
            town.doubles.dials.next(&format!("hall/{adapter}"), [Some(fault)]);
            let unsent = sender.send(&asked(1)).await.unwrap_err();
            assert_eq!(unsent.kind, kind, "{adapter} {fault:?}: {unsent}");
            assert_eq!(town.shown().len(), taken, "{adapter} {fault:?}");
            sender.send(&asked(1)).await.unwrap();
            // Only a hall that knows no names shows twice what was cut off.
            let twice = usize::from(adapter == "wisedu" && fault == Fault::CutAfterAccept);
            assert_eq!(town.shown().len(), 1 + twice, "{adapter} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_slow_hall_is_waited_for_but_not_for_ever() {
    for adapter in PUSHED {
        let town = Town::open().await;
        let name = format!("hall/{adapter}");
        town.doubles.dials.next(&name, [Some(Fault::Slow(Duration::from_millis(100)))]);
        town.sender(adapter).send(&asked(1)).await.unwrap();
        // Longer than any test: only the caller's patience ends it.
        town.doubles.dials.next(&name, [Some(Fault::Slow(Duration::from_secs(3600)))]);
        let line = Line::patient(Duration::from_secs(2)).unwrap();
        let hasty = town.sender_with(adapter, secret(adapter), line, Still::at(NOW));
        assert_eq!(hasty.send(&asked(2)).await.unwrap_err().kind, Failure::Unknown, "{adapter}");
    }
}

#[tokio::test]
async fn a_hall_that_is_not_there_has_taken_nothing() {
    for adapter in PUSHED {
        let town = Town::open().await;
        let sender = town.sender(adapter);
        town.serving.abort();
        // The listener goes with its task.
        while tokio::net::TcpStream::connect(town.at).await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert_eq!(sender.send(&asked(1)).await.unwrap_err().kind, LATER, "{adapter}");
    }
}

#[tokio::test]
async fn a_hall_that_drops_in_silence_cannot_be_told_from_one_that_shows() {
    for adapter in PUSHED {
        let town = Town::open().await;
        town.doubles.dials.next(&format!("hall/{adapter}"), [Some(Fault::SilentDrop)]);
        town.sender(adapter).send(&asked(1)).await.unwrap();
        assert_eq!(town.shown(), [], "{adapter}");
    }
}

#[tokio::test]
async fn a_token_that_dies_early_is_fetched_anew_within_the_same_try() {
    let town = Town::open().await;
    let sender = town.sender("message_centre");
    sender.send(&asked(1)).await.unwrap();
    town.doubles.dials.next("hall/message_centre", [Some(Fault::TokenDies)]);
    sender.send(&asked(2)).await.unwrap();
    assert_eq!((town.shown().len(), town.doubles.halls.centre().granted()), (2, 2));
    // One that dies each time is no reason to go round for ever.
    town.doubles.dials.always("hall/message_centre", Some(Fault::TokenDies));
    assert_eq!(sender.send(&asked(3)).await.unwrap_err().kind, LATER);
}

#[tokio::test]
async fn without_a_token_the_message_itself_was_surely_not_sent() {
    for fault in [Fault::Broken, Fault::CutAfterAccept] {
        let town = Town::open().await;
        town.doubles.dials.next("hall/message_centre/token", [Some(fault)]);
        let sender = town.sender("message_centre");
        assert_eq!(sender.send(&asked(1)).await.unwrap_err().kind, LATER, "{fault:?}");
        sender.send(&asked(1)).await.unwrap();
        assert_eq!(town.shown().len(), 1);
    }
}

#[tokio::test]
async fn a_close_that_was_cut_off_is_closed_by_the_next_try() {
    for adapter in ["weaver", "webhook"] {
        let town = Town::open().await;
        let sender = town.sender(adapter);
        let first = asked(1);
        let handle = sender.send(&first).await.unwrap().handle;
        let done = settled(2, &first, handle);
        for fault in [Fault::Broken, Fault::CutAfterAccept] {
            town.doubles.dials.next(&format!("hall/{adapter}"), [Some(fault)]);
            sender.send(&done).await.unwrap_err();
        }
        sender.send(&done).await.unwrap();
        assert_eq!(town.states(), ["已办"], "{adapter}");
    }
}

#[tokio::test]
async fn a_to_do_that_is_closed_before_it_was_made_is_closed_once_it_is() {
    for adapter in ["weaver", "webhook"] {
        let town = Town::open().await;
        let sender = town.sender(adapter);
        town.doubles.dials.next(&format!("hall/{adapter}"), [Some(Fault::Overtaken(Duration::from_secs(2)))]);
        let first = asked(1);
        let handle = sender.send(&first).await.unwrap().handle;
        assert_eq!(town.states(), Vec::<String>::new(), "{adapter}: taken, and not there yet");
        let closing = settled(2, &first, handle);
        let closed = sender.send(&closing).await;
        // One hall says that there is none; the other remembers what it was told of it.
        assert_eq!(closed.is_ok(), adapter == "webhook", "{closed:?}");
        while town.states().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if let Err(unsent) = closed {
            assert_eq!(unsent.kind, LATER);
            sender.send(&closing).await.unwrap();
        }
        assert_eq!(town.states(), ["已办"], "{adapter}");
    }
}
