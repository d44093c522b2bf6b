//! Booking forms that arrived after their sign-in had ended: kept, so that nobody types one twice.
//!
//! A form rests sealed, because it holds document numbers, and for half an hour. It is found by a secret of the browser that sent
//! it and shown to one phone only: that of the session that had ended or, where that one is forgotten, the first to sign in there.
//! Strangers can make rows here, so their number, their size and how many one network makes are bounded.

use std::net::IpAddr;

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{identity::Phone, time::Moment};

use super::{
    BrowserToken, SessionToken, Store, StoreError,
    attempts::{self, By, Counted},
    sealing::Purpose,
    writer::Writing,
};
use crate::office::{BookingForm, FormKind, Limit};

/// A form that could not be heard.
#[derive(Debug, Clone)]
pub struct Unsent {
    pub browser: BrowserToken,
    /// The session that the browser still names, ended or not.
    pub session: Option<SessionToken>,
    pub kind: FormKind,
    pub form: BookingForm,
}

/// Time to fetch a code, also on the second try.
pub const UNSENT_FOR: TimeDelta = TimeDelta::minutes(30);
/// Far more than the offices of a university send within half an hour; at the longest it is 32 MiB.
const MOST: i64 = 2000;
/// A form with every companion and plate is a tenth of this.
pub(super) const LONGEST_BYTES: usize = 16 * 1024;
const PER_ADDRESS: Limit = Limit::per_hour(60);
/// As much as requests overtake each other; what lies further ahead was written by a wrong clock.
pub(super) const AHEAD_AT_MOST: TimeDelta = TimeDelta::minutes(1);

impl Store {
    /// Whether it could be kept.
    pub async fn keep_unsent(&self, unsent: Unsent, address: IpAddr, now: Moment) -> Result<bool, StoreError> {
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(&unsent.form)?);
        if plain.len() > LONGEST_BYTES {
            return Ok(false);
        }
        let sealed = self.key().seal(Purpose::UnsentForm, &plain)?;
        self.0.writer.write(move |db| keep(db, &unsent, &sealed, address, now)).await
    }

    /// What this browser sent before anybody was signed in there is `phone`'s from now on.
    pub async fn claim_unsent(&self, browser: &BrowserToken, phone: &Phone) -> Result<(), StoreError> {
        let (browser, phone) = (browser.hash(), phone.clone());
        let claim = move |db: &mut Writing<'_>| {
            db.execute(
                "update unsent_form set phone = ?2 where browser = ?1 and phone is null",
                params![browser, phone.as_str()],
            )?;
            Ok(())
        };
        self.0.writer.write(claim).await
    }

    /// Whether something waits for who signs in at this browser.
    pub async fn has_unsent(&self, browser: &BrowserToken, now: Moment) -> Result<bool, StoreError> {
        let browser = browser.hash();
        let look = move |db: &Connection| {
            let mut query = db.prepare_cached("select 1 from unsent_form where browser = ?1 and kept_at > ?2")?;
            Ok(query.exists(params![browser, now.minus(UNSENT_FOR).unix_ms()])?)
        };
        self.0.readers.look(look).await
    }

    /// The newest that `phone` sent from this browser.
    pub async fn unsent(
        &self,
        browser: &BrowserToken,
        phone: &Phone,
        kind: FormKind,
        now: Moment,
    ) -> Result<Option<BookingForm>, StoreError> {
        let (browser, phone) = (browser.hash(), phone.clone());
        let find = move |db: &Connection| {
            let mut query = db.prepare_cached(
                "select sealed from unsent_form where browser = ?1 and phone = ?2 and kind = ?3 and kept_at > ?4
                 order by kept_at desc limit 1",
            )?;
            let since = now.minus(UNSENT_FOR).unix_ms();
            Ok(query.query_row(params![browser, phone.as_str(), kind.name(), since], |row| row.get(0)).optional()?)
        };
        let sealed: Option<Vec<u8>> = self.0.readers.look(find).await?;
        let Some(sealed) = sealed else { return Ok(None) };
        Ok(Some(serde_json::from_slice(&self.key().open(Purpose::UnsentForm, &sealed)?)?))
    }

    /// The form became a booking after all.
    pub async fn forget_unsent(&self, browser: &BrowserToken, form: &BookingForm) -> Result<(), StoreError> {
        let (browser, form_id) = (browser.hash(), form.form_id.clone());
        let forget = move |db: &mut Writing<'_>| {
            db.execute("delete from unsent_form where browser = ?1 and form_id = ?2", params![browser, form_id])?;
            Ok(())
        };
        self.0.writer.write(forget).await
    }
}

pub(super) fn forget(db: &Writing<'_>, now: Moment) -> Result<(), StoreError> {
    let (since, through) = (now.minus(UNSENT_FOR).unix_ms(), now.plus(AHEAD_AT_MOST).unix_ms());
    db.execute("delete from unsent_form where kept_at <= ?1 or kept_at > ?2", [since, through])?;
    Ok(())
}

fn keep(db: &Writing<'_>, unsent: &Unsent, sealed: &[u8], address: IpAddr, now: Moment) -> Result<bool, StoreError> {
    let Unsent { browser, session, kind, form } = unsent;
    let by = By::Address(address);
    if attempts::again_at(db, Counted::FormKept, by, PER_ADDRESS, now)?.is_some() {
        return Ok(false);
    }
    forget(db, now)?;
    if db.query_row("select count(*) from unsent_form", [], |row| row.get::<_, i64>(0))? >= MOST {
        return Ok(false);
    }
    let session = session.as_ref().map(SessionToken::hash);
    // What whoever is not signed in by a phone types for others is kept with their work.
    let phone: Option<String> = db
        .prepare_cached(
            "select ifnull(o.phone, (select phone from staff where number = o.staff and ?2)) from session o where token = ?1",
        )?
        .query_row(params![session, matches!(kind, FormKind::OnBehalf)], |row| row.get(0))
        .optional()?
        .flatten();
    // Nobody pressed anything: whoever left the page may have left the browser to somebody else.
    if phone.is_none() && form.is_left() {
        return Ok(false);
    }
    attempts::count(db, Counted::FormKept, by, now)?;
    db.execute(
        "insert or replace into unsent_form (browser, form_id, kind, phone, sealed, kept_at) values (?1, ?2, ?3, ?4, ?5, ?6)",
        params![browser.hash(), form.form_id, kind.name(), phone, sealed, now.unix_ms()],
    )?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use FormKind::{Change, OnBehalf, OwnVisit};
    use shared::ids::BookingId;

    use super::*;
    use crate::store::office_days::{Office, form};

    fn unsent(browser: u8, form: BookingForm) -> Unsent {
        Unsent { browser: BrowserToken::from_random([browser; 32]), session: None, kind: OwnVisit, form }
    }

    async fn keep(office: &Office, unsent: Unsent, address: u8) -> bool {
        office.store.keep_unsent(unsent, IpAddr::from([10, 0, 0, address]), office.now).await.unwrap()
    }

    #[tokio::test]
    async fn only_the_browser_and_the_phone_that_sent_it_find_a_form_and_only_for_a_while() {
        let office = Office::open();
        let store = &office.store;
        let [own, other] = ["13800130001", "13800130002"].map(|text| Phone::parse(text).unwrap());
        let [browser, elsewhere] = [1, 2].map(|byte| BrowserToken::from_random([byte; 32]));
        assert!(keep(&office, unsent(1, form()), 1).await);
        assert_eq!(store.unsent(&browser, &own, OwnVisit, office.now).await.unwrap(), None, "nobody has signed in");
        store.claim_unsent(&elsewhere, &other).await.unwrap();
        store.claim_unsent(&browser, &own).await.unwrap();
        store.claim_unsent(&browser, &other).await.unwrap();
        let find = async |browser, phone, kind, after| {
            store.unsent(browser, phone, kind, office.now.plus(after)).await.unwrap()
        };
        let last = UNSENT_FOR - TimeDelta::milliseconds(1);
        assert_eq!(find(&browser, &own, OwnVisit, last).await, Some(form()));
        for (browser, phone, kind, after) in [
            (&elsewhere, &own, OwnVisit, last),
            (&browser, &other, OwnVisit, last),
            (&browser, &own, OnBehalf, last),
            (&browser, &own, Change(BookingId::new(1)), last),
            (&browser, &own, OwnVisit, UNSENT_FOR),
        ] {
            assert_eq!(find(browser, phone, kind, after).await, None);
        }
        let number = form().document_number;
        let bytes = std::fs::read(&office.path).unwrap();
        let log = std::fs::read(office.path.with_extension("sqlite3-wal")).unwrap();
        for file in [bytes, log] {
            assert!(!file.windows(number.len()).any(|window| window == number.as_bytes()), "it rests sealed");
        }
        let later = office.now.plus(UNSENT_FOR);
        store.erase_due(crate::office::Retention::default(), later).await.unwrap();
        assert_eq!(office.look("select count(*) from unsent_form"), 0);
    }

    #[tokio::test]
    async fn an_ended_session_still_says_whose_it_was() {
        let office = Office::open();
        let phone = Phone::parse("13800130001").unwrap();
        let token = SessionToken::from_random([9; 32]);
        let day = TimeDelta::days(1);
        office.store.open_session(&token, phone.clone(), office.now, office.now.plus(day), day).await.unwrap();
        let then = office.now.plus(day);
        let unsent = Unsent { session: Some(token), ..unsent(1, form()) };
        let browser = unsent.browser.clone();
        assert!(office.store.keep_unsent(unsent, IpAddr::from([10, 0, 0, 1]), then).await.unwrap());
        assert_eq!(office.store.unsent(&browser, &phone, OwnVisit, then).await.unwrap(), Some(form()));
        office.store.forget_unsent(&browser, &form()).await.unwrap();
        assert_eq!(office.store.unsent(&browser, &phone, OwnVisit, then).await.unwrap(), None);
    }

    /// Whoever signed out has left, and the page they had open tells of it when it is closed.
    #[tokio::test]
    async fn a_page_that_is_left_after_signing_out_hands_nothing_to_who_comes_next() {
        let office = Office::open();
        let left = || BookingForm { press: "draft".to_owned(), ..form() };
        assert!(!keep(&office, unsent(1, left()), 1).await);
        assert_eq!(office.look("select count(*) from unsent_form"), 0);
        // That of a session which ended by itself is its own phone's, also after a while.
        let (token, day) = (SessionToken::from_random([9; 32]), TimeDelta::days(1));
        let phone = Phone::parse("13800130001").unwrap();
        office.store.open_session(&token, phone.clone(), office.now, office.now.plus(day), day).await.unwrap();
        let then = office.now.plus(day + UNSENT_FOR - TimeDelta::minutes(1));
        office.store.erase_due(crate::office::Retention::default(), then).await.unwrap();
        assert!(office.store.session(&token, then).await.unwrap().is_none());
        let unsent = Unsent { session: Some(token), ..unsent(1, left()) };
        let browser = unsent.browser.clone();
        assert!(office.store.keep_unsent(unsent, IpAddr::from([10, 0, 0, 1]), then).await.unwrap());
        assert!(office.store.unsent(&browser, &phone, OwnVisit, then).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn strangers_fill_no_disk() {
        let office = Office::open();
        let long = BookingForm { reason: "长".repeat(LONGEST_BYTES / 3), ..form() };
        assert!(!keep(&office, unsent(1, long), 1).await);
        for browser in 0..60 {
            assert!(keep(&office, unsent(browser, form()), 1).await);
        }
        assert!(!keep(&office, unsent(60, form()), 1).await, "that is enough from one address");
        assert!(keep(&office, unsent(60, form()), 2).await);
    }
}
