//! Sessions: who is signed in, until it ends by time, by idling or by leaving.
//!
//! A session speaks for what was proven when it was opened, and for no more: a phone, by its code, or a member of staff, by the word of
//! another house. Whoever has proven the phone of a member of staff is that member, too, because codes are how staff sign in; but whom a
//! house has named has not shown that the phone in the directory is theirs.
//!
//! That a session was used is remembered here and written down once a minute: looking at a page changes no row.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::TimeDelta;
use rusqlite::{Connection, params};
use shared::{identity::Phone, ids::StaffNumber, time::Moment};

use super::{AsOf, FormToken, SessionToken, Store, StoreError, UNSENT_FOR, directory, rows, writer::Writing};
use crate::office::Staff;

/// What was proven when somebody signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proven {
    Phone(Phone),
    Staff(StaffNumber),
}

impl From<Phone> for Proven {
    fn from(phone: Phone) -> Self {
        Self::Phone(phone)
    }
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct Session {
    /// `None`: a house has said who it is, and nobody whose phone it is.
    pub phone: Option<Phone>,
    pub form_token: FormToken,
    /// Whom the directory knows by what was proven.
    pub staff: Option<Staff>,
    pub as_of: Option<AsOf>,
}

/// A session's last use is noted no more often than this.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(10);

/// Uses of live sessions that are not written down yet, by the hash of their token.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<HashMap<[u8; 32], Moment>>);

impl Seen {
    fn last(&self, token: &[u8; 32]) -> Option<Moment> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(token).copied()
    }

    fn note(&self, token: [u8; 32], at: Moment) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token, at);
    }

    fn take(&self) -> HashMap<[u8; 32], Moment> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Those that ended are kept on for a little: whose they were says whose the form is that arrives too late.
pub(super) fn forget(db: &Writing<'_>, now: Moment) -> Result<(), StoreError> {
    db.execute("delete from session where expires_at <= ?1", [now.minus(UNSENT_FOR).unix_ms()])?;
    Ok(())
}

impl Store {
    pub async fn open_session(
        &self,
        token: &SessionToken,
        proven: impl Into<Proven>,
        now: Moment,
        expires_at: Moment,
        idle: TimeDelta,
    ) -> Result<(), StoreError> {
        let token = token.hash();
        let (phone, staff) = match proven.into() {
            Proven::Phone(phone) => (Some(phone), None),
            Proven::Staff(number) => (None, Some(number)),
        };
        let open = move |db: &mut Writing<'_>| {
            db.execute(
                "insert into session (token, phone, staff, expires_at, idle_ms, seen_at) values (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    token,
                    phone.as_ref().map(Phone::as_str),
                    staff.as_ref().map(StaffNumber::as_str),
                    expires_at.unix_ms(),
                    idle.num_milliseconds(),
                    now.unix_ms()
                ],
            )?;
            Ok(())
        };
        self.0.writer.write(open).await
    }

    pub async fn session(&self, token: &SessionToken, now: Moment) -> Result<Option<Session>, StoreError> {
        let hash = token.hash();
        let (found, as_of) =
            self.0.readers.look_held(|shelves| &mut shelves.sessions, hash, None, move |db| find(db, hash)).await?;
        let Some(Found { phone, staff, expires_at, seen_at, idle }) = &*found else { return Ok(None) };
        let seen_at = self.0.seen.last(&hash).map_or(*seen_at, |last| last.max(*seen_at));
        if now >= *expires_at || now >= seen_at.plus(*idle) {
            return Ok(None);
        }
        if now.since(seen_at) > SEEN_EVERY {
            self.0.seen.note(hash, now);
        }
        Ok(Some(Session { phone: phone.clone(), form_token: token.form_token(), staff: staff.clone(), as_of }))
    }

    /// Writes down which sessions were used since the last time.
    pub async fn keep_seen(&self) -> Result<(), StoreError> {
        let seen = self.0.seen.take();
        if seen.is_empty() {
            return Ok(());
        }
        let keep = move |db: &mut Writing<'_>| {
            let mut update = db.prepare_cached("update session set seen_at = ?1 where token = ?2")?;
            for (token, at) in &seen {
                update.execute(params![at.unix_ms(), token])?;
            }
            Ok(())
        };
        self.0.writer.write(keep).await
    }

    pub async fn close_session(&self, token: SessionToken) -> Result<(), StoreError> {
        let close = move |db: &mut Writing<'_>| {
            db.execute("delete from session where token = ?1", [token.hash()])?;
            Ok(())
        };
        self.0.writer.write(close).await
    }
}

/// A session, whether or not its time is over.
pub(super) struct Found {
    phone: Option<Phone>,
    staff: Option<Staff>,
    expires_at: Moment,
    seen_at: Moment,
    idle: TimeDelta,
}

fn find(db: &Connection, token: [u8; 32]) -> Result<Option<Found>, StoreError> {
    let mut query =
        db.prepare_cached("select phone, staff, expires_at, seen_at, idle_ms from session where token = ?1")?;
    let mut rows = query.query([token])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let number: Option<String> = row.get("staff")?;
    let idle = TimeDelta::milliseconds(row.get("idle_ms")?);
    let (phone, staff) = match number {
        // Who has left speaks for nobody.
        Some(number) => match directory::by_number(db, &rows::stored("staff", StaffNumber::parse(&number))?)? {
            Some(staff) => (None, Some(staff)),
            None => return Ok(None),
        },
        None => {
            let phone = rows::phone(row, "phone")?;
            let staff = directory::by_phone(db, &phone)?;
            (Some(phone), staff)
        }
    };
    let (expires_at, seen_at) = (rows::moment(row, "expires_at")?, rows::moment(row, "seen_at")?);
    Ok(Some(Found { phone, staff, expires_at, seen_at, idle }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::office_days::{Office, staff};

    fn phone(last: u16) -> Phone {
        Phone::parse(&format!("1380013{last:04}")).unwrap()
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
        assert_eq!(found.phone, Some(phone(1)));
        assert!(store.session(&visitor, *now).await.unwrap().unwrap().staff.is_none());
        let seen_at = || office.look("select seen_at from session where phone = '13800130001'");
        for day in 1..10 {
            let before = seen_at();
            assert!(store.session(&host, after(day)).await.unwrap().is_some(), "day {day}");
            assert_eq!(seen_at(), before, "looking changes no row");
            if day % 2 == 0 {
                store.keep_seen().await.unwrap();
                assert_eq!(seen_at(), after(day).unix_ms());
            }
        }
        assert!(store.session(&host, after(10)).await.unwrap().is_none());
        assert!(store.session(&visitor, after(2)).await.unwrap().is_none());
        let third = open(3, 3).await;
        store.close_session(third.clone()).await.unwrap();
        assert!(store.session(&third, *now).await.unwrap().is_none());
        assert!(store.session(&SessionToken::from_random([9; 32]), *now).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn whom_a_house_has_named_is_a_member_of_staff_and_no_phone_s_owner_until_they_leave() {
        let office = Office::open();
        let Office { store, now, .. } = &office;
        store.import_directory(vec![staff("T1", "张伟", "13800130001")], *now).await.unwrap();
        let (token, day) = (SessionToken::from_random([1; 32]), TimeDelta::days(1));
        let named = Proven::Staff(StaffNumber::parse("T1").unwrap());
        store.open_session(&token, named, *now, now.plus(day), day).await.unwrap();
        let found = store.session(&token, *now).await.unwrap().unwrap();
        assert_eq!((found.phone, found.staff.unwrap().number.as_str()), (None, "T1"));
        store.import_directory(vec![staff("T2", "李娜", "13800130001")], *now).await.unwrap();
        assert!(store.session(&token, *now).await.unwrap().is_none());
    }
}
