//! What goes before what.

use chrono::TimeDelta;

use super::*;
use crate::office::{Choice, Revision, notice::NoticeKind};

#[tokio::test]
async fn a_card_is_closed_after_it_was_shown_even_when_that_came_late() {
    let desk = Desk::open().await;
    let (_, links) = desk.submit([1, 0]).await;
    let post = Post::new(Channel::Wecom, true, &[Does::Later(None)]);
    let outbox = desk.outbox(post.sender());
    outbox.send_due().await.unwrap();
    let no = Choice::Decline { reason: None }.on(Revision::FIRST);
    desk.store().decide(&links.sms, no, Desk::issuing([1, 0]), desk.clock.now()).await.unwrap();
    assert_eq!(outbox.send_due().await.unwrap(), 0, "what is to be closed is not there yet");
    desk.clock.advance(TimeDelta::seconds(2));
    assert_eq!(outbox.send_due().await.unwrap(), 2);
    let [asked, settled] = post.taken().try_into().unwrap();
    assert_eq!((asked.kind, settled.kind), (NoticeKind::ApprovalAsked, NoticeKind::Settled));
    let follows = settled.follows.unwrap();
    assert_eq!((follows.key, follows.handle), (asked.key(), Post::handle(&asked).handle));
}

#[tokio::test]
async fn nothing_to_the_same_person_about_the_same_overtakes_and_others_do() {
    let desk = Desk::open().await;
    let (first, _) = desk.submit([1, 0]).await;
    let post = Post::new(Channel::Sms, true, &[Does::Later(None)]);
    let outbox = desk.outbox(post.sender());
    outbox.send_due().await.unwrap();
    // That it was cancelled goes to the host, whose first notice is still under way.
    desk.store().cancel(first, &Phone::parse(&form().phone).unwrap(), desk.clock.now()).await.unwrap();
    let (second, _) = desk.submit([2, 0]).await;
    assert_eq!(outbox.send_due().await.unwrap(), 1);
    assert_eq!(post.taken()[0].booking, Some(second));
    desk.clock.advance(TimeDelta::seconds(2));
    outbox.send_due().await.unwrap();
    let told: Vec<_> = post.taken().iter().skip(1).map(|notice| (notice.booking, notice.kind)).collect();
    assert_eq!(told, [(Some(first), NoticeKind::ApprovalAsked), (Some(first), NoticeKind::Cancelled)]);
}
