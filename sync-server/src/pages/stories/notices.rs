//! What people are told besides what they asked for, and what a booking's page knows of it.

use super::*;
use crate::{
    notify::{Console, Outbox},
    office::{Channel, notice::NoticeKind},
    store::{Came, Receipt},
};

async fn minute(office: &Office) {
    serve::minute_round(&office.state).await.unwrap();
}

#[tokio::test]
async fn who_booked_is_told_that_it_was_sent_in() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let address = visitor.book(&office, &[]).await.location().to_owned();
    let told = |notices: &[crate::store::Notice]| {
        let submitted = notices.iter().filter(|notice| notice.kind == NoticeKind::Submitted);
        submitted.map(|notice| (notice.to.clone(), notice.path.clone())).collect::<Vec<_>>()
    };
    assert_eq!(told(&office.notices().await), [(VISITOR.to_owned(), Some(address))]);
    // Somebody else's phone is written to when the host has said something, and not because a stranger typed it.
    visitor.book(&office, &[("phone", "13800130055")]).await.location();
    assert_eq!(told(&office.notices().await).len(), 1);
}

#[tokio::test]
async fn a_host_is_asked_again_off_the_half_hour_and_by_new_links() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    visitor.book(&office, &[]).await.location();
    for (minutes, links) in [(0, 3), (30, 3), (2, 6), (5, 6), (90, 9)] {
        office.clock.advance(TimeDelta::minutes(minutes));
        minute(&office).await;
        assert_eq!(office.links().await.len(), links, "after {minutes} more");
    }
    let again = office.links().await.pop().unwrap();
    let page = Browser::default().get(&office, &again).await;
    assert!(page.text().contains("data-standing=\"waiting\"") && page.text().contains("<button"));
    let console = Box::new(Console::new("", std::io::sink()));
    Outbox::new(office.state.store.clone(), office.clock.clone(), vec![console]).send_due().await.unwrap();
    // Next day the to-dos and cards that were shown are closed.
    office.clock.advance(TimeDelta::days(1));
    minute(&office).await;
    let settled = office.notices().await.into_iter().filter(|notice| notice.kind == NoticeKind::Settled).count();
    assert_eq!(settled, 6, "of hall and WeCom three each");
}

#[tokio::test]
async fn the_booking_s_page_says_how_far_each_notice_came() {
    let office = Office::new().await;
    let mut visitor = Browser::signed_in(&office, VISITOR).await;
    let address = visitor.book(&office, &[]).await.location().to_owned();
    let (store, now) = (&office.state.store, office.clock.clone());
    let now = crate::clock::Clock::now(now.as_ref());
    let fresh = visitor.get(&office, &address).await;
    assert!(fresh.text().contains("正在通知被访人") && !fresh.text().contains("已通知被访人"), "{}", fresh.text());
    for channel in Channel::ALL {
        for taken in store.take_notices(channel, None, 99, now).await.unwrap() {
            let handle = (taken.notice.kind == NoticeKind::ApprovalAsked).then(|| channel.name().to_owned());
            store.keep_notices(vec![(taken.notice.id, Came::Sent { adapter: "post", handle })], now).await.unwrap();
        }
    }
    store.receipt("post", "sms", Receipt::Delivered, now).await.unwrap();
    store.receipt("post", "hall", Receipt::Failed("<停机>".to_owned()), now).await.unwrap();
    store.receipt("post", "wecom", Receipt::Read, now).await.unwrap();
    let page = visitor.get(&office, &address).await;
    for said in [
        "已通知被访人，请等待审核",
        "短信：已发送 08:00，已送达 08:00",
        "网办大厅：已发送 08:00，未能送达 08:00",
        "企业微信：已发送 08:00，已读 08:00",
    ] {
        assert!(page.text().contains(said), "{said}: {}", page.text());
    }
    assert!(!page.text().contains("停机"), "the provider's words are the office's to read");
}
