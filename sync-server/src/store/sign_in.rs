//! Signing in: a code by SMS, then a session.
//!
//! A code is good once, for a few minutes and a few guesses, all counted in the database so that a restart forgives nothing. There
//! is one code per phone: asking again voids the one before.

use std::net::IpAddr;

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{identity::Phone, time::Moment};

use super::{FormToken, SessionToken, Store, StoreError, directory, notices, rows, writer::Writing};
use crate::office::{
    Channel, CodeLimits, Staff,
    notice::{self, NoticeKind},
};

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
    /// Used, void, out of time, or never sent.
    Gone,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct Session {
    pub phone: Phone,
    pub form_token: FormToken,
    /// Whom the directory knows under this phone.
    pub staff: Option<Staff>,
}

/// A session's last use is written down no more often than this.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(10);
/// Requests older than every limit's window are forgotten.
const LONGEST_WINDOW: TimeDelta = TimeDelta::days(1);

impl Store {
    /// Keeps `code` for `phone` and puts its message into the outbox, in one transaction.
    pub async fn issue_code(
        &self,
        phone: &Phone,
        address: IpAddr,
        code: &str,
        now: Moment,
        limits: &CodeLimits,
    ) -> Result<CodeIssued, StoreError> {
        let hash = self.key().code_hash(phone, code);
        let (phone, code, limits) = (phone.clone(), code.to_owned(), *limits);
        self.0.writer.write(move |db| issue(db, &phone, address, &code, hash, now, &limits)).await
    }

    pub async fn check_code(&self, phone: &Phone, code: &str, now: Moment) -> Result<CodeCheck, StoreError> {
        let hash = self.key().code_hash(phone, code);
        let phone = phone.clone();
        self.0.writer.write(move |db| check(db, &phone, hash, now)).await
    }

    pub async fn open_session(
        &self,
        token: &SessionToken,
        phone: Phone,
        now: Moment,
        expires_at: Moment,
        idle: TimeDelta,
    ) -> Result<(), StoreError> {
        let token = token.hash();
        let open = move |db: &mut Writing<'_>| {
            db.execute("delete from session where expires_at <= ?1", [now.unix_ms()])?;
            db.execute(
                "insert into session (token, phone, expires_at, idle_ms, seen_at) values (?1, ?2, ?3, ?4, ?5)",
                params![token, phone.as_str(), expires_at.unix_ms(), idle.num_milliseconds(), now.unix_ms()],
            )?;
            Ok(())
        };
        self.0.writer.write(open).await
    }

    pub async fn session(&self, token: &SessionToken, now: Moment) -> Result<Option<Session>, StoreError> {
        let hash = token.hash();
        let found = self.0.readers.read(move |db| find(db, hash, now)).await?;
        let Some((phone, staff, seen_at)) = found else { return Ok(None) };
        if now.since(seen_at) > SEEN_EVERY {
            let seen = move |db: &mut Writing<'_>| {
                Ok(db.execute("update session set seen_at = ?1 where token = ?2", params![now.unix_ms(), hash])?)
            };
            self.0.writer.write(seen).await?;
        }
        Ok(Some(Session { phone, form_token: token.form_token(), staff }))
    }

    pub async fn close_session(&self, token: SessionToken) -> Result<(), StoreError> {
        let close = move |db: &mut Writing<'_>| {
            db.execute("delete from session where token = ?1", [token.hash()])?;
            Ok(())
        };
        self.0.writer.write(close).await
    }
}

fn issue(
    db: &mut Writing<'_>,
    phone: &Phone,
    address: IpAddr,
    code: &str,
    hash: [u8; 32],
    now: Moment,
    limits: &CodeLimits,
) -> Result<CodeIssued, StoreError> {
    let address = network(address);
    let mut retry_at = None;
    for limit in limits.per_phone {
        retry_at = retry_at.max(reached(db, "phone", phone.as_str(), limit, now)?);
    }
    retry_at = retry_at.max(reached(db, "address", &address, limits.per_address, now)?);
    if let Some(retry_at) = retry_at {
        return Ok(CodeIssued::Limited { retry_at });
    }
    let long_ago = now.minus(LONGEST_WINDOW).unix_ms();
    db.execute("delete from code_request where at <= ?1", [long_ago])?;
    db.execute(
        "insert into code_request (phone, address, at) values (?1, ?2, ?3)",
        params![phone.as_str(), address, now.unix_ms()],
    )?;
    db.execute("delete from sign_in_code where expires_at <= ?1", [now.unix_ms()])?;
    db.execute(
        "insert or replace into sign_in_code (phone, code, expires_at, left) values (?1, ?2, ?3, ?4)",
        params![phone.as_str(), hash, now.plus(limits.good_for).unix_ms(), limits.attempts],
    )?;
    let minutes = u16::try_from(limits.good_for.num_minutes()).unwrap_or(u16::MAX);
    let notice = notices::New {
        booking: None,
        kind: NoticeKind::SignInCode,
        channel: Channel::Sms,
        to: phone.as_str(),
        text: &notice::sign_in_code(code, minutes),
        path: None,
    };
    notices::add(db, &notice, now)?;
    Ok(CodeIssued::Sent)
}

/// When the limit allows another, if it has been reached.
fn reached(
    db: &Connection,
    column: &'static str,
    key: &str,
    (count, window): (u16, TimeDelta),
    now: Moment,
) -> Result<Option<Moment>, StoreError> {
    let Some(before) = count.checked_sub(1) else { return Ok(Some(now.plus(window))) };
    let sql = format!("select at from code_request where {column} = ?1 and at > ?2 order by at desc limit 1 offset ?3");
    let nth: Option<i64> = db
        .prepare_cached(&sql)?
        .query_row(params![key, now.minus(window).unix_ms(), before], |row| row.get(0))
        .optional()?;
    Ok(nth.map(|at| Moment::from_unix_ms(at).plus(window)))
}

/// Whoever has one IPv6 address has the whole /64.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(four) => four.to_string(),
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn check(db: &Writing<'_>, phone: &Phone, hash: [u8; 32], now: Moment) -> Result<CodeCheck, StoreError> {
    let held: Option<([u8; 32], u8)> = db
        .prepare_cached("select code, left from sign_in_code where phone = ?1 and expires_at > ?2")?
        .query_row(params![phone.as_str(), now.unix_ms()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((code, left)) = held else { return Ok(CodeCheck::Gone) };
    let left = left.saturating_sub(1);
    if code == hash || left == 0 {
        db.execute("delete from sign_in_code where phone = ?1", [phone.as_str()])?;
    } else {
        db.execute("update sign_in_code set left = ?1 where phone = ?2", params![left, phone.as_str()])?;
    }
    Ok(match left {
        _ if code == hash => CodeCheck::Right,
        0 => CodeCheck::Gone,
        left => CodeCheck::Wrong { left },
    })
}

type Found = (Phone, Option<Staff>, Moment);

fn find(db: &Connection, token: [u8; 32], now: Moment) -> Result<Option<Found>, StoreError> {
    let mut query = db.prepare_cached(
        "select phone, seen_at from session where token = ?1 and expires_at > ?2 and seen_at + idle_ms > ?2",
    )?;
    let mut rows = query.query(params![token, now.unix_ms()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let phone = rows::phone(row, "phone")?;
    let staff = directory::by_phone(db, &phone)?;
    Ok(Some((phone, staff, rows::moment(row, "seen_at")?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::SignIn,
        store::office_days::{Office, staff},
    };

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn phone(last: u16) -> Phone {
        Phone::parse(&format!("1380013{last:04}")).unwrap()
    }

    fn limits() -> CodeLimits {
        SignIn::default().limits()
    }

    #[tokio::test]
    async fn a_code_is_good_once_and_its_message_is_written_with_it() {
        let Office { store, now, .. } = &Office::open();
        assert_eq!(store.issue_code(&phone(1), HERE, "042042", *now, &limits()).await.unwrap(), CodeIssued::Sent);
        let due = store.due_notices(*now, 10).await.unwrap();
        assert_eq!(due.len(), 1);
        assert!(due[0].text.contains("042042") && due[0].to == "13800130001");
        assert_eq!(store.check_code(&phone(2), "042042", *now).await.unwrap(), CodeCheck::Gone);
        assert_eq!(store.check_code(&phone(1), "042042", *now).await.unwrap(), CodeCheck::Right);
        assert_eq!(store.check_code(&phone(1), "042042", *now).await.unwrap(), CodeCheck::Gone);
    }

    #[tokio::test]
    async fn guesses_are_counted_and_time_runs_out() {
        let Office { store, now, .. } = &Office::open();
        store.issue_code(&phone(1), HERE, "111111", *now, &limits()).await.unwrap();
        for left in (1..=4).rev() {
            assert_eq!(store.check_code(&phone(1), "000000", *now).await.unwrap(), CodeCheck::Wrong { left });
        }
        assert_eq!(store.check_code(&phone(1), "000000", *now).await.unwrap(), CodeCheck::Gone);
        assert_eq!(store.check_code(&phone(1), "111111", *now).await.unwrap(), CodeCheck::Gone);
        store.issue_code(&phone(2), HERE, "111111", *now, &limits()).await.unwrap();
        let late = now.plus(TimeDelta::minutes(5));
        assert_eq!(store.check_code(&phone(2), "111111", late).await.unwrap(), CodeCheck::Gone);
    }

    #[tokio::test]
    async fn codes_are_limited_by_minute_hour_and_day_for_a_phone() {
        let Office { store, now, .. } = &Office::open();
        let ask = async |minute: i64| {
            let at = now.plus(TimeDelta::minutes(minute));
            store.issue_code(&phone(1), HERE, "111111", at, &limits()).await.unwrap()
        };
        assert_eq!(ask(0).await, CodeIssued::Sent);
        let soon = store.issue_code(&phone(1), HERE, "1", now.plus(TimeDelta::seconds(59)), &limits()).await.unwrap();
        assert_eq!(soon, CodeIssued::Limited { retry_at: now.plus(TimeDelta::minutes(1)) });
        for minute in 1..5 {
            assert_eq!(ask(minute).await, CodeIssued::Sent);
        }
        assert_eq!(ask(10).await, CodeIssued::Limited { retry_at: now.plus(TimeDelta::hours(1)) });
        for minute in 60..65 {
            assert_eq!(ask(minute).await, CodeIssued::Sent);
        }
        assert_eq!(ask(200).await, CodeIssued::Limited { retry_at: now.plus(TimeDelta::days(1)) });
        assert_eq!(ask(24 * 60).await, CodeIssued::Sent);
        assert_eq!(store.issue_code(&phone(2), HERE, "1", *now, &limits()).await.unwrap(), CodeIssued::Sent);
    }

    #[tokio::test]
    async fn one_address_cannot_ask_for_everybody() {
        let Office { store, now, .. } = &Office::open();
        let limits = CodeLimits { per_address: (2, TimeDelta::hours(1)), ..limits() };
        let six = |host: u16| IpAddr::V6(std::net::Ipv6Addr::new(0x2001, 0xda8, 0, 1, 0, 0, 0, host));
        for (last, sent) in [(1, true), (2, true), (3, false)] {
            let issued = store.issue_code(&phone(last), six(last), "1", *now, &limits).await.unwrap();
            assert_eq!(issued == CodeIssued::Sent, sent, "{last}");
        }
        assert_eq!(store.issue_code(&phone(4), HERE, "1", *now, &limits).await.unwrap(), CodeIssued::Sent);
    }

    #[tokio::test]
    async fn a_session_ends_by_time_by_idling_and_by_leaving() {
        let office = Office::open();
        let Office { store, now, .. } = &office;
        store.import_directory(vec![staff("T1", "张伟", "13800130001")], *now).await.unwrap();
        let open = async |seed: u8, last: u16| {
            let token = SessionToken::from_random([seed; 32]);
            let expires = now.plus(TimeDelta::days(10));
            store.open_session(&token, phone(last), *now, expires, TimeDelta::days(2)).await.unwrap();
            token
        };
        let (host, visitor) = (open(1, 1).await, open(2, 2).await);
        let after = |days| now.plus(TimeDelta::days(days));
        let found = store.session(&host, *now).await.unwrap().unwrap();
        assert_eq!(found.staff.unwrap().number.as_str(), "T1");
        assert!(found.form_token.is(&host.form_token().text()));
        assert!(store.session(&visitor, *now).await.unwrap().unwrap().staff.is_none());
        for day in 1..10 {
            assert!(store.session(&host, after(day)).await.unwrap().is_some(), "day {day}");
        }
        assert!(store.session(&host, after(10)).await.unwrap().is_none());
        assert!(store.session(&visitor, after(2)).await.unwrap().is_none());
        let third = open(3, 3).await;
        store.close_session(third.clone()).await.unwrap();
        assert!(store.session(&third, *now).await.unwrap().is_none());
        assert!(store.session(&SessionToken::from_random([9; 32]), *now).await.unwrap().is_none());
    }
}
