//! Each way to fail, and what the outbox makes of it.

use chrono::TimeDelta;

use super::*;
use crate::{
    office::Quiet,
    store::{GivenUp, NoticeState},
};

async fn state(desk: &Desk, booking: BookingId, channel: Channel) -> NoticeState {
    let (_, notices) = desk.store().booking_with_notices(booking, None).await.unwrap().unwrap();
    notices.into_iter().find(|notice| notice.channel == channel).unwrap().state
}

async fn doubles(desk: &Desk) -> u64 {
    desk.store().notices_listed(9).await.unwrap().1.doubles
}

#[tokio::test]
async fn a_notice_is_sent_once() {
    let desk = Desk::open().await;
    desk.submit([1, 0]).await;
    let post = Post::new(Channel::Sms, false, &[]);
    let outbox = desk.outbox(post.sender());
    assert_eq!(outbox.send_due().await.unwrap(), 1);
    desk.clock.advance(TimeDelta::days(1));
    assert_eq!(outbox.send_due().await.unwrap(), 0);
    assert_eq!((post.calls(), post.asked()), (1, 0));
}

#[tokio::test]
async fn what_is_refused_is_given_up_at_once_and_marked() {
    let desk = Desk::open().await;
    let (booking, _) = desk.submit([1, 0]).await;
    let post = Post::new(Channel::Sms, false, &[Does::Refuse]);
    let outbox = desk.outbox(post.sender());
    outbox.send_due().await.unwrap();
    desk.clock.advance(TimeDelta::hours(1));
    assert_eq!(outbox.send_due().await.unwrap(), 0);
    assert_eq!(state(&desk, booking, Channel::Sms).await, NoticeState::GivenUp(GivenUp::Refused));
}

#[tokio::test]
async fn what_failed_is_tried_again_later_and_not_sooner_than_the_provider_said() {
    let desk = Desk::open().await;
    let (booking, _) = desk.submit([1, 0]).await;
    let post = Post::new(Channel::Sms, true, &[Does::Later(None), Does::Later(Some(600))]);
    let outbox = desk.outbox(post.sender());
    for (seconds, calls) in [(0, 1), (1, 1), (1, 2), (599, 2), (6, 3), (9999, 3)] {
        desk.clock.advance(TimeDelta::seconds(seconds));
        outbox.send_due().await.unwrap();
        assert_eq!(post.calls(), calls, "{seconds}");
    }
    assert!(matches!(state(&desk, booking, Channel::Sms).await, NoticeState::Sent { .. }));
    assert_eq!(post.asked(), 0, "what was not taken is in no doubt");
}

#[tokio::test]
async fn after_a_cut_who_can_tell_is_asked_and_nothing_goes_twice() {
    for taken in [true, false] {
        let desk = Desk::open().await;
        let (booking, _) = desk.submit([1, 0]).await;
        let post = Post::new(Channel::Sms, true, &[Does::Cut { taken }]);
        let outbox = desk.outbox(post.sender());
        outbox.send_due().await.unwrap();
        assert_eq!(state(&desk, booking, Channel::Sms).await, NoticeState::Waiting { failed: 1 });
        desk.clock.advance(TimeDelta::seconds(2));
        outbox.send_due().await.unwrap();
        assert!(matches!(state(&desk, booking, Channel::Sms).await, NoticeState::Sent { .. }));
        assert_eq!((post.taken().len(), post.asked()), (1, 1), "{taken}");
        assert_eq!(doubles(&desk).await, 0);
    }
}

#[tokio::test]
async fn after_a_cut_who_cannot_tell_may_get_it_twice_and_that_is_counted() {
    let desk = Desk::open().await;
    desk.submit([1, 0]).await;
    let post = Post::new(Channel::Sms, false, &[Does::Cut { taken: true }, Does::Later(None)]);
    let outbox = desk.outbox(post.sender());
    for calls in 1..=3 {
        outbox.send_due().await.unwrap();
        assert_eq!(post.calls(), calls);
        desk.clock.advance(TimeDelta::seconds(4));
    }
    let keys: Vec<_> = post.taken().iter().map(Notice::key).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1], "by the same name");
    assert_eq!(doubles(&desk).await, 2, "the doubt outlives a busy line");
}

#[tokio::test]
async fn a_restart_between_taking_and_answering_asks_first() {
    for (taken, answers, deliveries, counted) in
        [(true, true, 1, 0), (false, true, 1, 0), (true, false, 2, 1), (false, false, 1, 1)]
    {
        let mut desk = Desk::open().await;
        desk.submit([1, 0]).await;
        let post = Post::new(Channel::Sms, answers, &[Does::Crash { taken }]);
        let outbox = desk.outbox(post.sender());
        tokio::select! {
            _ = outbox.send_due() => panic!("it went down"),
            () = post.crashed.notified() => {}
        }
        drop(outbox);
        desk.reopen().await;
        let outbox = desk.outbox(post.sender());
        assert_eq!(outbox.send_due().await.unwrap(), 1);
        assert_eq!(outbox.send_due().await.unwrap(), 0);
        assert_eq!((post.taken().len(), doubles(&desk).await), (deliveries, counted), "{taken} {answers}");
    }
}

#[tokio::test]
async fn a_try_that_was_lost_without_a_restart_is_found_again() {
    let desk = Desk::open().await;
    desk.submit([1, 0]).await;
    let post = Post::new(Channel::Sms, true, &[Does::Crash { taken: false }]);
    let outbox = desk.outbox(post.sender());
    tokio::select! {
        _ = outbox.send_due() => panic!("it hangs"),
        () = post.crashed.notified() => {}
    }
    assert_eq!(outbox.send_due().await.unwrap(), 0, "it is in hand");
    desk.clock.advance(TimeDelta::minutes(15));
    assert_eq!(outbox.send_due().await.unwrap(), 1);
    assert_eq!(post.taken().len(), 1);
}

#[tokio::test]
async fn what_nobody_takes_ages_out_in_a_day_and_is_marked() {
    let desk = Desk::open().await;
    let (booking, _) = desk.submit([1, 0]).await;
    let post = Post::new(Channel::Sms, false, &[Does::Later(None); 200]);
    let outbox = desk.outbox(post.sender());
    for _ in 0..(26 * 60) {
        outbox.send_due().await.unwrap();
        desk.clock.advance(TimeDelta::minutes(1));
    }
    assert_eq!(state(&desk, booking, Channel::Sms).await, NoticeState::GivenUp(GivenUp::Aged));
    assert!((90..150).contains(&post.calls()), "{}", post.calls());
}

#[tokio::test]
async fn the_night_is_quiet_for_what_can_wait() {
    let desk = Desk::open().await;
    desk.submit([1, 0]).await;
    let hour = |hour| crate::office::TimeOfDay::of(hour, 0).unwrap();
    let post = Post::new(Channel::Sms, false, &[]);
    // The visit is at eight in the evening.
    let until_nine = Quiet { from: hour(7), until: hour(9) };
    let outbox = desk.outbox(post.sender()).quiet(until_nine);
    assert_eq!(outbox.send_due().await.unwrap(), 0);
    desk.clock.advance(TimeDelta::hours(1));
    assert_eq!(outbox.send_due().await.unwrap(), 1);
    desk.submit([2, 0]).await;
    let over_the_visit = Quiet { from: hour(7), until: hour(21) };
    assert_eq!(desk.outbox(post.sender()).quiet(over_the_visit).send_due().await.unwrap(), 1, "it would come too late");
}

#[tokio::test]
async fn without_a_channel_a_notice_waits() {
    let desk = Desk::open().await;
    desk.submit([1, 0]).await;
    let post = Post::new(Channel::Sms, false, &[]);
    assert_eq!(desk.outbox(Vec::new()).send_due().await.unwrap(), 0);
    assert_eq!(desk.outbox(post.sender()).send_due().await.unwrap(), 1);
}
