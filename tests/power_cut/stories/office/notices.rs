//! Notices are taken, sent, sent again, receipted and read; hosts who do not answer are asked again.

use chrono::TimeDelta;
use sync_server::{
    office::{Channel, Ladder, Quiet},
    store::{Came, GivenUp, Receipt},
};

use super::days::{Day, form, links, told};

pub(super) async fn leave(day: &mut Day) {
    day.submits(&form(), 10).await;
    let taken = told!(day, take_notices(Channel::Sms, None, 3, day.now));
    let [first, second, third] = &taken[..] else { panic!("{}", taken.len()) };
    let sent = Came::Sent { adapter: "aliyun", handle: Some("h-1".to_owned()) };
    let again = Came::Again { why: "503".to_owned(), next_try: day.later(1), of_number: false, in_doubt: true };
    told!(day, keep_notices(vec![(first.notice.id, sent), (second.notice.id, again)], day.now));
    told!(day, notice_doubles(second.notice.id));
    told!(day, receipts("aliyun", vec![("h-1".to_owned(), Receipt::Delivered)], day.later(2)));
    told!(day, receipts("aliyun", vec![("h-2".to_owned(), Receipt::Delivered)], day.later(2)));
    let sent = Came::Sent { adapter: "aliyun", handle: Some("h-2".to_owned()) };
    told!(day, keep_notices(vec![(third.notice.id, sent)], day.later(2)));
    let key = third.notice.key();
    told!(day, notice_read(Channel::Sms, key, &third.notice.to, day.later(3)));
    let taken = told!(day, take_notices(Channel::Wecom, None, 3, day.now));
    let refused =
        Came::GivenUp { how: GivenUp::Refused, why: Some("60111".to_owned()), of_number: false, in_doubt: false };
    told!(day, keep_and_take_notices(vec![(taken[0].notice.id, refused)], (Channel::Hall, None, 3), day.now));
    told!(day, notices_let_go(day.now));
    let ladder = Ladder { host: vec![TimeDelta::minutes(30)], deputy: None, duty: None };
    let due = day.store().reminders_due(&ladder, Quiet::NONE, day.later(31)).await.unwrap();
    told!(day, remind(due[0].clone(), links(11).own, day.later(31)));
}
