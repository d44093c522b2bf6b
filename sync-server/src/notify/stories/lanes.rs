//! The outbox as it runs: every channel on its own.

use std::time::Duration;

use super::*;
use crate::store::unreadable::Other;

async fn until(what: impl Fn() -> bool) {
    let wait = async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.unwrap();
}

#[tokio::test]
async fn a_provider_that_hangs_holds_up_no_other() {
    let desk = Desk::open().await;
    let hanging = Post::new(Channel::Sms, true, &[Does::Crash { taken: false }; 100]);
    let busy = Post::new(Channel::Hall, true, &[]);
    let senders = hanging.sender().into_iter().chain(busy.sender()).collect();
    for seed in 0..20 {
        desk.submit([seed, 0]).await;
    }
    let running = tokio::spawn(desk.outbox(senders).run());
    until(|| busy.taken().len() == 20).await;
    assert_eq!(hanging.calls(), 4, "no more than its pace at once");
    desk.submit([20, 0]).await;
    until(|| busy.taken().len() == 21).await;
    running.abort();
    let mut keys: Vec<_> = busy.taken().iter().map(|notice| notice.key().to_string()).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 21, "each once");
}

#[tokio::test]
async fn what_came_is_kept_when_no_more_can_be_taken() {
    let desk = Desk::open().await;
    for seed in 0..40 {
        desk.submit([seed, 0]).await;
    }
    let post = Post::slow(Channel::Sms);
    let running = tokio::spawn(desk.outbox(post.sender()).run());
    until(|| post.calls() > 0).await;
    let other = Other::open(&desk.path);
    other.hides_what_notices_say();
    until(|| other.counts_sent() >= 16).await;
    let reached = post.calls();
    assert!(reached < 40, "the others could not be read");
    other.shows_it_again();
    until(|| other.counts_sent() == 40).await;
    running.abort();
    assert_eq!(post.calls(), 40, "each once");
}

#[tokio::test]
async fn what_was_in_hand_at_the_end_is_asked_after_at_the_start() {
    let mut desk = Desk::open().await;
    desk.submit([1, 0]).await;
    let post = Post::new(Channel::Sms, true, &[Does::Crash { taken: true }]);
    let running = tokio::spawn(desk.outbox(post.sender()).run());
    post.crashed.notified().await;
    running.abort();
    assert!(running.await.is_err());
    desk.reopen().await;
    let running = tokio::spawn(desk.outbox(post.sender()).run());
    until(|| post.asked() == 1).await;
    let sent = async {
        while desk.store().notices_listed(99).await.unwrap().1.waiting > 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), sent).await.unwrap();
    running.abort();
    assert_eq!(post.calls(), 1, "hall and WeCom have nobody here");
}
