//! Stories of sign-in codes: who is sent one, who may use it, and what a stranger can find out or use up.

use std::net::{Ipv4Addr, Ipv6Addr};

use chrono::TimeDelta;

use super::*;
use crate::{
    config::SignIn,
    store::{Came, office_days::Office},
};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn phone(last: u16) -> Phone {
    Phone::parse(&format!("1380013{last:04}")).unwrap()
}

/// All day from one address.
fn limits() -> CodeLimits {
    CodeLimits { unused: [1000; 2], ..SignIn::default().limits() }
}

/// Somebody's browser, known by a number.
#[derive(Clone, Copy)]
struct Browser(u8);

impl Browser {
    fn secret(self) -> BrowserToken {
        BrowserToken::from_random([self.0; 32])
    }

    async fn ask(self, office: &Office, last: u16, code: &str, at: Moment) -> CodeIssued {
        let caller = Caller { phone: phone(last), browser: self.secret(), address: HERE };
        office.store.issue_code(&caller, code, at, &limits()).await.unwrap()
    }

    async fn try_code(self, office: &Office, last: u16, code: &str, at: Moment) -> CodeCheck {
        try_with(office, Some(self.secret()), last, code, at).await
    }
}

async fn try_with(office: &Office, browser: Option<BrowserToken>, last: u16, code: &str, at: Moment) -> CodeCheck {
    let caller = Caller { phone: phone(last), browser, address: HERE };
    office.store.check_code(&caller, code, at, &limits()).await.unwrap()
}

const VISITOR: Browser = Browser(1);
const STRANGER: Browser = Browser(2);

#[tokio::test]
async fn who_was_sent_a_code_is_told_when_there_may_be_another_and_nobody_else_is() {
    let office = &Office::open();
    let next = async |browser: Browser, seconds| {
        let caller = Caller { phone: phone(1), browser: browser.secret(), address: HERE };
        let now = office.now.plus(TimeDelta::seconds(seconds));
        office.store.next_code_at(&caller, now, &limits()).await.unwrap()
    };
    assert_eq!(next(VISITOR, 0).await, None);
    VISITOR.ask(office, 1, "042042", office.now).await;
    let minute = Some(office.now.plus(TimeDelta::minutes(1)));
    for (browser, seconds, expected) in
        [(VISITOR, 0, minute), (VISITOR, 59, minute), (VISITOR, 60, None), (STRANGER, 1, None)]
    {
        assert_eq!(next(browser, seconds).await, expected, "{seconds}");
    }
}

#[tokio::test]
async fn a_code_is_good_once_and_its_message_is_written_with_it() {
    let office = &Office::open();
    assert_eq!(VISITOR.ask(office, 1, "042042", office.now).await, CodeIssued::Sent);
    let due = office.store.due_notices(office.now, 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert!(due[0].text.contains("042042") && due[0].to == "13800130001");
    assert_eq!(VISITOR.try_code(office, 2, "042042", office.now).await, CodeCheck::Gone);
    assert_eq!(VISITOR.try_code(office, 1, "042042", office.now).await, CodeCheck::Right);
    assert_eq!(VISITOR.try_code(office, 1, "042042", office.now).await, CodeCheck::Gone);
}

#[tokio::test]
async fn guesses_are_counted_and_time_runs_out() {
    let office = &Office::open();
    VISITOR.ask(office, 1, "111111", office.now).await;
    for left in (1..=4).rev() {
        assert_eq!(VISITOR.try_code(office, 1, "000000", office.now).await, CodeCheck::Wrong { left });
    }
    assert_eq!(VISITOR.try_code(office, 1, "000000", office.now).await, CodeCheck::Gone);
    assert_eq!(VISITOR.try_code(office, 1, "111111", office.now).await, CodeCheck::Gone);
    VISITOR.ask(office, 2, "111111", office.now).await;
    let late = office.now.plus(TimeDelta::minutes(5));
    assert_eq!(VISITOR.try_code(office, 2, "111111", late).await, CodeCheck::Gone);
}

#[tokio::test]
async fn another_browser_can_neither_use_a_code_nor_use_it_up() {
    let office = &Office::open();
    VISITOR.ask(office, 1, "111111", office.now).await;
    for _ in 0..10 {
        for secret in [None, Some(STRANGER.secret())] {
            let wrong = try_with(office, secret.clone(), 1, "000000", office.now).await;
            let right = try_with(office, secret, 1, "111111", office.now).await;
            assert_eq!((wrong, right), (CodeCheck::Gone, CodeCheck::Gone));
        }
    }
    assert_eq!(VISITOR.try_code(office, 1, "000000", office.now).await, CodeCheck::Wrong { left: 4 });
    assert_eq!(VISITOR.try_code(office, 1, "111111", office.now).await, CodeCheck::Right);
}

#[tokio::test]
async fn each_browser_has_its_own_code_and_asking_again_voids_only_that() {
    let office = &Office::open();
    let minute = |minutes| office.now.plus(TimeDelta::minutes(minutes));
    VISITOR.ask(office, 1, "111111", minute(0)).await;
    assert_eq!(STRANGER.ask(office, 1, "222222", minute(1)).await, CodeIssued::Sent);
    assert_eq!(VISITOR.try_code(office, 1, "222222", minute(1)).await, CodeCheck::Wrong { left: 4 });
    assert_eq!(STRANGER.ask(office, 1, "333333", minute(2)).await, CodeIssued::Sent);
    assert_eq!(STRANGER.try_code(office, 1, "222222", minute(2)).await, CodeCheck::Wrong { left: 4 });
    assert_eq!(VISITOR.try_code(office, 1, "111111", minute(2)).await, CodeCheck::Right);
    assert_eq!(STRANGER.try_code(office, 1, "333333", minute(2)).await, CodeCheck::Right);
}

#[tokio::test]
async fn a_stranger_s_wrong_guesses_lock_nobody_out_and_are_five_for_each_code_sent() {
    let office = &Office::open();
    let minute = |minutes| office.now.plus(TimeDelta::minutes(minutes));
    let mut looked_at = 0;
    for round in (0..24 * 60).step_by(10) {
        let stranger = Browser(100);
        if stranger.ask(office, 1, "222222", minute(round)).await == CodeIssued::Sent {
            while let CodeCheck::Wrong { .. } = stranger.try_code(office, 1, "000000", minute(round)).await {
                looked_at += 1;
            }
            looked_at += 1;
        }
    }
    // Six codes a day, five guesses each: one in 33,000.
    assert_eq!(looked_at, 30);
    for _ in 0..100 {
        assert_eq!(try_with(office, None, 1, "000000", minute(24 * 60)).await, CodeCheck::Gone);
    }
    VISITOR.ask(office, 1, "111111", minute(24 * 60)).await;
    assert_eq!(VISITOR.try_code(office, 1, "111111", minute(24 * 60)).await, CodeCheck::Right);
    assert_eq!(office.look("select count(*) from attempt where what <> 'code_sent_afar'"), 0);
}

#[tokio::test]
async fn neither_code_nor_secret_can_be_read_from_the_file() {
    let office = &Office::open();
    VISITOR.ask(office, 1, "111111", office.now).await;
    let text = "select count(*) from sign_in_code where code = x'313131313131' or browser = unhex('";
    assert_eq!(office.look(&format!("{text}{}')", "01".repeat(32))), 0);
    assert_eq!(office.look("select count(*) from sign_in_code where length(browser) = 32 and length(code) = 32"), 1);
}

#[tokio::test]
async fn codes_are_limited_by_minute_hour_and_day_for_a_phone() {
    let office = &Office::open();
    let at = |minute| office.now.plus(TimeDelta::minutes(minute));
    let ask = async |minute: i64| VISITOR.ask(office, 1, "111111", at(minute)).await;
    assert_eq!(ask(0).await, CodeIssued::Sent);
    let soon = STRANGER.ask(office, 1, "1", office.now.plus(TimeDelta::seconds(59))).await;
    assert_eq!(soon, CodeIssued::LimitedHere { retry_at: at(1) });
    for minute in 1..3 {
        assert_eq!(ask(minute).await, CodeIssued::Sent);
    }
    assert_eq!(ask(10).await, CodeIssued::LimitedHere { retry_at: at(60) });
    for minute in 60..63 {
        assert_eq!(ask(minute).await, CodeIssued::Sent);
    }
    assert_eq!(ask(200).await, CodeIssued::LimitedHere { retry_at: at(24 * 60) });
    // Where codes are used there are some left.
    for last in 10..13 {
        VISITOR.ask(office, last, "111111", at(200)).await;
        assert_eq!(VISITOR.try_code(office, last, "111111", at(200)).await, CodeCheck::Right);
    }
    assert_eq!(ask(200).await, CodeIssued::Sent);
    assert_eq!(ask(200).await, CodeIssued::Limited { retry_at: at(201) });
    assert_eq!(ask(201).await, CodeIssued::Sent);
    assert_eq!(ask(202).await, CodeIssued::Limited { retry_at: at(24 * 60) });
    assert_eq!(ask(24 * 60).await, CodeIssued::Sent);
    assert_eq!(VISITOR.ask(office, 2, "1", office.now).await, CodeIssued::Sent);
}

#[tokio::test]
async fn what_an_address_does_not_use_it_owes_until_it_uses_some() {
    let office = &Office::open();
    let limits = CodeLimits { unused: [2, 3], ..SignIn::default().limits() };
    let six = |net: u16, host: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xda8, 7, net, 0, 0, 0, host));
    let ask = async |last, address| {
        let caller = Caller { phone: phone(last), browser: VISITOR.secret(), address };
        office.store.issue_code(&caller, "111111", office.now, &limits).await.unwrap()
    };
    let owing = CodeIssued::Owing { retry_at: office.now.plus(TimeDelta::hours(2)) };
    for (last, address, issued) in [
        (1, six(1, 1), CodeIssued::Sent),
        (2, six(1, 2), CodeIssued::Sent),
        (3, six(1, 3), owing),
        (4, six(2, 1), CodeIssued::Sent),
        (5, six(3, 1), owing),
        (6, HERE, CodeIssued::Sent),
    ] {
        assert_eq!(ask(last, address).await, issued, "{last}");
    }
    assert_eq!(VISITOR.try_code(office, 1, "111111", office.now).await, CodeCheck::Right);
    assert_eq!(ask(3, six(1, 3)).await, CodeIssued::Sent);
}

#[tokio::test]
async fn strangers_leave_some_of_what_the_gateway_takes_to_the_owner_s_browser() {
    let office = &Office::open();
    let minute = |minutes| office.now.plus(TimeDelta::minutes(minutes));
    VISITOR.ask(office, 1, "111111", minute(0)).await;
    assert_eq!(VISITOR.try_code(office, 1, "111111", minute(0)).await, CodeCheck::Right);
    for asked in 1..3 {
        assert_eq!(STRANGER.ask(office, 1, "222222", minute(asked)).await, CodeIssued::Sent);
    }
    assert!(matches!(STRANGER.ask(office, 1, "222222", minute(3)).await, CodeIssued::LimitedHere { .. }));
    // A second one within the minute would not be taken.
    let soon = VISITOR.ask(office, 1, "333333", minute(2).plus(TimeDelta::seconds(59))).await;
    assert_eq!(soon, CodeIssued::Limited { retry_at: minute(3) });
    for (asked, code) in [(4, "333333"), (6, "444444")] {
        assert_eq!(VISITOR.ask(office, 1, code, minute(asked)).await, CodeIssued::Sent);
        assert_eq!(VISITOR.try_code(office, 1, code, minute(asked)).await, CodeCheck::Right);
    }
    assert_eq!(
        VISITOR.ask(office, 1, "1", minute(8)).await,
        CodeIssued::Limited { retry_at: minute(60) },
        "the fifth was it"
    );
    // Known for this phone and no other.
    STRANGER.ask(office, 2, "222222", minute(6)).await;
    assert!(matches!(VISITOR.ask(office, 2, "1", minute(6)).await, CodeIssued::LimitedHere { .. }));
    let later = minute(181 * 24 * 60);
    office.store.erase_due(crate::office::Retention::default(), later).await.unwrap();
    assert_eq!(office.look("select count(*) from known_browser"), 0);
}

/// Everything the office wrote, but for whom and what about.
async fn written(office: &Office) -> Vec<(String, usize)> {
    let rows = office.store.every_row().await.unwrap();
    rows.into_iter()
        .filter(|(table, _)| !["notice", "said"].contains(&table.as_str()))
        .map(|(table, rows)| (table, rows.len()))
        .collect()
}

#[tokio::test]
async fn where_codes_are_short_a_known_phone_and_an_unknown_one_are_answered_and_written_alike() {
    let offices = [Office::with_host().await, Office::with_host().await];
    let tight =
        CodeLimits { budget: crate::office::Budget { per_minute: 100, per_hour: 10, per_day: 100 }, ..limits() };
    let mut stories = Vec::new();
    for (office, number) in offices.iter().zip(["13800130100", "13800130555"]) {
        let mut told = Vec::new();
        for seconds in 0..3 {
            // Of ten, strangers get three and a known phone one more.
            let stranger = Caller { phone: phone(seconds), browser: STRANGER.secret(), address: HERE };
            office.store.issue_code(&stranger, "111111", office.now, &tight).await.unwrap();
        }
        let asked = Caller { phone: Phone::parse(number).unwrap(), browser: VISITOR.secret(), address: HERE };
        for seconds in [0, 30, 60, 61] {
            let now = office.now.plus(TimeDelta::seconds(seconds));
            told.push(format!("{:?}", office.store.issue_code(&asked, "222222", now, &tight).await.unwrap()));
            told.push(format!("{:?}", office.store.next_code_at(&asked, now, &tight).await.unwrap()));
            told.push(format!("{:?}", written(office).await));
        }
        let typed = Caller { phone: asked.phone, browser: Some(asked.browser), address: HERE };
        for code in ["000000", "000001", "000002", "000003", "000004", "222222"] {
            told.push(format!("{:?}", office.store.check_code(&typed, code, office.now, &tight).await.unwrap()));
        }
        told.push(format!("{:?}", office.store.codes_paused(HERE, office.now).await.unwrap().is_some()));
        let left = office.look(&format!("select count(*) from notice where \"to\" = '{number}'"));
        stories.push((told, left));
    }
    assert!(stories[0].0[0].contains("Uncertain"), "{:?}", stories[0]);
    assert_eq!(stories[0].0, stories[1].0);
    assert_eq!([stories[0].1, stories[1].1], [1, 0], "the host's code left, the stranger's did not");
}

#[tokio::test]
async fn once_many_guesses_stand_open_a_stranger_types_two_codes_and_the_owner_s_browser_one() {
    let office = &Office::open();
    let later = office.now.plus(TimeDelta::minutes(2));
    VISITOR.ask(office, 1, "111111", office.now).await;
    assert_eq!(VISITOR.try_code(office, 1, "111111", office.now).await, CodeCheck::Right);
    for last in 100..110 {
        STRANGER.ask(office, last, "222222", office.now).await;
        while let CodeCheck::Wrong { .. } = STRANGER.try_code(office, last, "000000", office.now).await {}
    }
    assert_eq!(office.store.code_book(later).await.unwrap().ledger.guesses_open(), 50);
    let other = Browser(3);
    other.ask(office, 2, "333333", later).await;
    assert_eq!(other.try_code(office, 2, "333333", later).await, CodeCheck::OneMore);
    assert_eq!(other.try_code(office, 2, "333333", later).await, CodeCheck::Wrong { left: 4 });
    let due = office.store.due_notices(later, 99).await.unwrap();
    let second = due.last().unwrap();
    assert_eq!(second.to, "13800130002");
    let code = second.fact(crate::office::notice::Fact::Code).unwrap();
    assert_ne!(code, "333333");
    assert_eq!(other.try_code(office, 2, code, later).await, CodeCheck::Right);
    VISITOR.ask(office, 1, "444444", later).await;
    assert_eq!(VISITOR.try_code(office, 1, "444444", later).await, CodeCheck::Right);
}

#[tokio::test]
async fn a_right_code_stays_good_until_the_second_one_can_leave() {
    let office = &Office::open();
    let tight =
        CodeLimits { budget: crate::office::Budget { per_minute: 20, per_hour: 400, per_day: 400 }, ..limits() };
    let minute = |minutes| office.now.plus(TimeDelta::minutes(minutes));
    for last in 100..110 {
        STRANGER.ask(office, last, "222222", minute(0)).await;
        while let CodeCheck::Wrong { .. } = STRANGER.try_code(office, last, "000000", minute(0)).await {}
    }
    VISITOR.ask(office, 1, "111111", minute(2)).await;
    // In the minute in which it is typed, so many have left that a second one cannot.
    for last in 200..220 {
        Browser(9).ask(office, last, "1", minute(6)).await;
    }
    let caller = Caller { phone: phone(1), browser: Some(VISITOR.secret()), address: HERE };
    let typed = async |at| office.store.check_code(&caller, "111111", at, &tight).await.unwrap();
    let full = minute(7).minus(TimeDelta::seconds(1));
    assert_eq!(typed(full).await, CodeCheck::OneMoreLater { retry_at: minute(7) });
    assert_eq!(typed(minute(7)).await, CodeCheck::OneMore, "though its own five minutes are over");
}

#[tokio::test]
async fn asking_again_where_no_code_may_leave_voids_none_and_guesses_at_it_stay_as_few() {
    let office = &Office::open();
    let minute = |minutes| office.now.plus(TimeDelta::minutes(minutes));
    let none = CodeLimits { budget: crate::office::Budget { per_minute: 0, per_hour: 0, per_day: 0 }, ..limits() };
    let caller = Caller { phone: phone(1), browser: VISITOR.secret(), address: HERE };
    VISITOR.ask(office, 1, "111111", minute(0)).await;
    assert_eq!(VISITOR.try_code(office, 1, "000000", minute(0)).await, CodeCheck::Wrong { left: 4 });
    let again = async |code, at| office.store.issue_code(&caller, code, at, &none).await.unwrap();
    assert_eq!(again("222222", minute(1)).await, CodeIssued::Uncertain);
    assert_eq!(VISITOR.try_code(office, 1, "222222", minute(1)).await, CodeCheck::Wrong { left: 4 });
    assert_eq!(again("333333", minute(2)).await, CodeIssued::Uncertain);
    assert_eq!(VISITOR.try_code(office, 1, "111111", minute(2)).await, CodeCheck::Right);
    // Whoever never types it right has five guesses for each time they asked, ten times a day, as with new codes.
    let mut guesses = 0;
    for asked in 0..24 * 60 {
        let limits = if asked == 0 { limits() } else { none };
        let stranger = Caller { phone: phone(2), browser: STRANGER.secret(), address: HERE };
        office.store.issue_code(&stranger, "444444", minute(3 + asked), &limits).await.unwrap();
        for _ in 0..4 {
            let guess = STRANGER.try_code(office, 2, "000000", minute(3 + asked)).await;
            guesses += u32::from(matches!(guess, CodeCheck::Wrong { .. }));
        }
    }
    assert!(guesses <= 50, "{guesses}");
}

#[tokio::test]
async fn numbers_that_do_not_exist_and_those_that_had_too_many_pause_nobody_and_a_template_that_is_refused_does() {
    let office = &Office::open();
    let at = |seconds| office.now.plus(TimeDelta::seconds(seconds));
    let come = async |came: Came, now| {
        for notice in office.store.due_notices(now, 99).await.unwrap() {
            office.store.keep_notices(vec![(notice.id, came.clone())], now).await.unwrap();
        }
    };
    let refused = Came::GivenUp {
        how: crate::store::GivenUp::Refused,
        why: Some("no such".to_owned()),
        of_number: false,
        in_doubt: false,
    };
    let full = Came::Again { why: "day's limit".to_owned(), next_try: at(90_000), of_number: true, in_doubt: false };
    let aged = Came::GivenUp {
        how: crate::store::GivenUp::Aged,
        why: Some("hour's limit".to_owned()),
        of_number: true,
        in_doubt: false,
    };
    for last in 10..30 {
        STRANGER.ask(office, last, "1", at(1)).await;
    }
    come(refused.clone(), at(2)).await;
    // Anybody can ask often for as many numbers as there are.
    for last in 50..60 {
        assert_eq!(STRANGER.ask(office, last, "1", at(60)).await, CodeIssued::Sent);
    }
    come(full.clone(), at(60)).await;
    for last in 60..70 {
        assert_eq!(STRANGER.ask(office, last, "1", at(61)).await, CodeIssued::Sent);
    }
    come(aged, at(61)).await;
    assert_eq!(STRANGER.ask(office, 30, "1", at(303)).await, CodeIssued::Sent);
    come(Came::Sent { adapter: "post", handle: None }, at(303)).await;
    for last in 40..45 {
        VISITOR.ask(office, last, "111111", at(304)).await;
        assert_eq!(VISITOR.try_code(office, last, "111111", at(304)).await, CodeCheck::Right);
        come(refused.clone(), at(304)).await;
    }
    assert_eq!(STRANGER.ask(office, 31, "1", at(305)).await, CodeIssued::Uncertain, "these numbers do exist");
}

#[tokio::test]
async fn a_channel_that_fails_pauses_strangers_over_a_restart_and_not_the_owner() {
    let office = Office::open();
    let at = |seconds| office.now.plus(TimeDelta::seconds(seconds));
    VISITOR.ask(&office, 1, "111111", at(0)).await;
    assert_eq!(VISITOR.try_code(&office, 1, "111111", at(0)).await, CodeCheck::Right);
    for last in 10..15 {
        assert_eq!(STRANGER.ask(&office, last, "1", at(1)).await, CodeIssued::Sent);
    }
    for notice in office.store.due_notices(at(2), 9).await.unwrap() {
        let again = Came::Again { why: "no line".to_owned(), next_try: at(99), of_number: false, in_doubt: false };
        office.store.keep_notices(vec![(notice.id, again)], at(2)).await.unwrap();
    }
    assert_eq!(STRANGER.ask(&office, 15, "1", at(3)).await, CodeIssued::Uncertain);
    let Office { store, path, now, host, _dir } = office;
    drop(store);
    let store = Store::open(&path, super::super::office_days::key()).unwrap();
    let office = Office { store, path, now, host, _dir };
    let (pause, elsewhere) = office.store.codes_paused(HERE, at(4)).await.unwrap().unwrap();
    assert_eq!((pause.until, elsewhere), (at(3 + 5 * 60), false));
    assert_eq!(STRANGER.ask(&office, 16, "1", at(4)).await, CodeIssued::Uncertain);
    assert_eq!(VISITOR.ask(&office, 1, "222222", at(61)).await, CodeIssued::Sent);
    assert_eq!(STRANGER.ask(&office, 17, "1", at(3 + 5 * 60)).await, CodeIssued::Sent);
}
