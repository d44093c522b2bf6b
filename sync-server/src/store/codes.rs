//! Sign-in codes: sent by SMS, and good once, for a few minutes and a few guesses, in the browser that asked.
//!
//! A code is kept for a phone and a browser, which proves itself by a secret in its cookie. Whoever lacks that secret can neither
//! use the code nor use up its guesses, so nobody can void a visitor's code by typing five wrong ones, and is told the same whether
//! there is one or not. Asking again in the same browser voids the code before; another browser's stands.
//!
//! Wrong guesses are counted nowhere but at the code they were made at: a count by phone or by address would let a stranger lock
//! out its owner or everybody behind one address. What bounds guessing is how many codes are sent, see
//! [`CodeLimits`](crate::office::CodeLimits).

use std::net::IpAddr;

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{identity::Phone, time::Moment};

use super::{
    BrowserToken, Store, StoreError,
    attempts::{self, By, Counted},
    notices,
    writer::Writing,
};
use crate::office::{Channel, CodeLimits, notice};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeIssued {
    Sent,
    /// Too many were asked for; from `retry_at` on there may be another.
    Limited {
        retry_at: Moment,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeCheck {
    Right,
    Wrong {
        left: u8,
    },
    /// Used, void, out of time, never sent, or sent to another browser: which is not told.
    Gone,
}

/// Who signs in, from where. Without its secret a browser is a stranger.
#[derive(Debug, Clone)]
pub struct Caller<B> {
    pub phone: Phone,
    pub browser: B,
    pub address: IpAddr,
}

impl Store {
    /// Keeps `code` for the caller and puts its message into the outbox, in one transaction.
    pub async fn issue_code(
        &self,
        caller: &Caller<BrowserToken>,
        code: &str,
        now: Moment,
        limits: &CodeLimits,
    ) -> Result<CodeIssued, StoreError> {
        let kept = Kept { browser: caller.browser.hash(), code: self.key().code_hash(&caller.phone, code) };
        let (phone, address) = (caller.phone.clone(), caller.address);
        let (code, limits) = (code.to_owned(), *limits);
        let issue = move |db: &mut Writing<'_>| {
            if let Some(retry_at) = sent_too_many(db, &phone, address, &limits, now)? {
                return Ok(CodeIssued::Limited { retry_at });
            }
            attempts::count(db, Counted::CodeSent, By::Phone(&phone), now)?;
            attempts::count(db, Counted::CodeSent, By::Address(address), now)?;
            issue(db, &phone, &kept, &code, &limits, now)?;
            Ok(CodeIssued::Sent)
        };
        self.0.writer.write(issue).await
    }

    /// When this browser, which has been sent a code, may have another, if not now. Others are told nothing.
    pub async fn next_code_at(
        &self,
        caller: &Caller<BrowserToken>,
        now: Moment,
        limits: &CodeLimits,
    ) -> Result<Option<Moment>, StoreError> {
        let Caller { phone, browser, address } = caller.clone();
        let (browser, limits) = (browser.hash(), *limits);
        let next = move |db: &Connection| {
            let asked = db
                .prepare_cached("select 1 from sign_in_code where phone = ?1 and browser = ?2")?
                .exists(params![phone.as_str(), browser])?;
            if asked { sent_too_many(db, &phone, address, &limits, now) } else { Ok(None) }
        };
        self.0.readers.read(next).await
    }

    pub async fn check_code(
        &self,
        caller: &Caller<Option<BrowserToken>>,
        code: &str,
        now: Moment,
    ) -> Result<CodeCheck, StoreError> {
        let Some(browser) = &caller.browser else { return Ok(CodeCheck::Gone) };
        let typed = Kept { browser: browser.hash(), code: self.key().code_hash(&caller.phone, code) };
        let phone = caller.phone.clone();
        self.0.writer.write(move |db| check(db, &phone, &typed, now)).await
    }
}

/// A code as the database has it: two hashes.
struct Kept {
    browser: [u8; 32],
    code: [u8; 32],
}

fn sent_too_many(
    db: &Connection,
    phone: &Phone,
    address: IpAddr,
    limits: &CodeLimits,
    now: Moment,
) -> Result<Option<Moment>, StoreError> {
    let mut retry_at = attempts::again_at(db, Counted::CodeSent, By::Address(address), limits.per_address, now)?;
    for limit in limits.per_phone {
        retry_at = retry_at.max(attempts::again_at(db, Counted::CodeSent, By::Phone(phone), limit, now)?);
    }
    Ok(retry_at)
}

fn issue(
    db: &mut Writing<'_>,
    phone: &Phone,
    kept: &Kept,
    code: &str,
    limits: &CodeLimits,
    now: Moment,
) -> Result<(), StoreError> {
    let minutes = u16::try_from(limits.good_for.num_minutes()).unwrap_or(u16::MAX);
    let notice = notices::New {
        booking: None,
        channel: Channel::Sms,
        to: phone.as_str(),
        message: &notice::sign_in_code(code, minutes),
        path: None,
    };
    notices::add(db, &notice, now)?;
    let notice = db.last_insert_rowid();
    db.execute("delete from sign_in_code where expires_at <= ?1", [now.unix_ms()])?;
    db.execute(
        "insert or replace into sign_in_code (phone, browser, code, expires_at, left, notice)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
        params![phone.as_str(), kept.browser, kept.code, now.plus(limits.good_for).unix_ms(), limits.attempts, notice],
    )?;
    Ok(())
}

/// Of a browser that has shown its secret.
fn check(db: &Writing<'_>, phone: &Phone, typed: &Kept, now: Moment) -> Result<CodeCheck, StoreError> {
    let held: Option<([u8; 32], u8)> = db
        .prepare_cached("select code, left from sign_in_code where phone = ?1 and browser = ?2 and expires_at > ?3")?
        .query_row(params![phone.as_str(), typed.browser, now.unix_ms()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((code, left)) = held else { return Ok(CodeCheck::Gone) };
    let right = code == typed.code;
    let left = left.saturating_sub(1);
    if right || left == 0 {
        db.execute(
            "delete from sign_in_code where phone = ?1 and browser = ?2",
            params![phone.as_str(), typed.browser],
        )?;
    } else {
        db.execute(
            "update sign_in_code set left = ?1 where phone = ?2 and browser = ?3",
            params![left, phone.as_str(), typed.browser],
        )?;
    }
    if right {
        return Ok(CodeCheck::Right);
    }
    Ok(if left == 0 { CodeCheck::Gone } else { CodeCheck::Wrong { left } })
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use chrono::TimeDelta;

    use super::*;
    use crate::{config::SignIn, office::Limit, store::office_days::Office};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn phone(last: u16) -> Phone {
        Phone::parse(&format!("1380013{last:04}")).unwrap()
    }

    fn limits() -> CodeLimits {
        SignIn::default().limits()
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
        office.store.check_code(&Caller { phone: phone(last), browser, address: HERE }, code, at).await.unwrap()
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
        // Ten codes a day, five guesses each: one in 20,000.
        assert_eq!(looked_at, 50);
        for _ in 0..100 {
            assert_eq!(try_with(office, None, 1, "000000", minute(24 * 60)).await, CodeCheck::Gone);
        }
        VISITOR.ask(office, 1, "111111", minute(24 * 60)).await;
        assert_eq!(VISITOR.try_code(office, 1, "111111", minute(24 * 60)).await, CodeCheck::Right);
        assert_eq!(office.look("select count(*) from attempt where what <> 'code_sent'"), 0);
    }

    #[tokio::test]
    async fn neither_code_nor_secret_can_be_read_from_the_file() {
        let office = &Office::open();
        VISITOR.ask(office, 1, "111111", office.now).await;
        let text = "select count(*) from sign_in_code where code = x'313131313131' or browser = unhex('";
        assert_eq!(office.look(&format!("{text}{}')", "01".repeat(32))), 0);
        assert_eq!(
            office.look("select count(*) from sign_in_code where length(browser) = 32 and length(code) = 32"),
            1
        );
    }

    #[tokio::test]
    async fn codes_are_limited_by_minute_hour_and_day_for_a_phone() {
        let office = &Office::open();
        let at = |minute| office.now.plus(TimeDelta::minutes(minute));
        let ask = async |minute: i64| VISITOR.ask(office, 1, "111111", at(minute)).await;
        assert_eq!(ask(0).await, CodeIssued::Sent);
        let soon = STRANGER.ask(office, 1, "1", office.now.plus(TimeDelta::seconds(59))).await;
        assert_eq!(soon, CodeIssued::Limited { retry_at: at(1) });
        for minute in 1..5 {
            assert_eq!(ask(minute).await, CodeIssued::Sent);
        }
        assert_eq!(ask(10).await, CodeIssued::Limited { retry_at: at(60) });
        for minute in 60..65 {
            assert_eq!(ask(minute).await, CodeIssued::Sent);
        }
        assert_eq!(ask(200).await, CodeIssued::Limited { retry_at: at(24 * 60) });
        assert_eq!(ask(24 * 60).await, CodeIssued::Sent);
        assert_eq!(VISITOR.ask(office, 2, "1", office.now).await, CodeIssued::Sent);
    }

    #[tokio::test]
    async fn one_address_cannot_ask_for_everybody() {
        let office = &Office::open();
        let limits = CodeLimits { per_address: Limit::per_hour(2), ..limits() };
        let six = |host: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xda8, 0, 1, 0, 0, 0, host));
        for (last, address, sent) in [(1, six(1), true), (2, six(2), true), (3, six(3), false), (4, HERE, true)] {
            let caller = Caller { phone: phone(last), browser: VISITOR.secret(), address };
            let issued = office.store.issue_code(&caller, "1", office.now, &limits).await.unwrap();
            assert_eq!(issued == CodeIssued::Sent, sent, "{last}");
        }
    }
}
