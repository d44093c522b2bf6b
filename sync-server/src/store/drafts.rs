//! Booking forms that were begun and not sent: one for each phone and kind of form, sealed because it holds document numbers.
//!
//! A newer one takes the place of the older. What was agreed to is not kept: it is agreed to when the form is sent.

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::{identity::Phone, time::Moment};
use zeroize::Zeroizing;

use super::{
    AsOf, Store, StoreError,
    sealing::Purpose,
    unsent::{AHEAD_AT_MOST, LONGEST_BYTES},
    writer::Writing,
};
use crate::office::BookingForm;

/// As the notice on personal data says.
pub const DRAFT_FOR: TimeDelta = TimeDelta::days(7);

impl Store {
    /// Whether it could be kept.
    pub async fn keep_draft(
        &self,
        phone: &Phone,
        on_behalf: bool,
        form: &BookingForm,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let form = form.clone().without_consent();
        let plain = Zeroizing::new(serde_json::to_vec(&form)?);
        if plain.len() > LONGEST_BYTES {
            return Ok(false);
        }
        let sealed = self.key().seal(Purpose::Draft, &plain)?;
        let phone = phone.clone();
        let keep = move |db: &mut Writing<'_>| {
            db.prepare_cached(
                "insert or replace into draft (phone, on_behalf, form_id, sealed, kept_at) values (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![phone.as_str(), on_behalf, form.form_id, sealed, now.unix_ms()])?;
            Ok(true)
        };
        self.0.writer.write(keep).await
    }

    pub async fn draft(
        &self,
        phone: &Phone,
        on_behalf: bool,
        now: Moment,
        as_of: Option<AsOf>,
    ) -> Result<Option<BookingForm>, StoreError> {
        let whose = (phone.clone(), on_behalf);
        let phone = phone.clone();
        let find = move |db: &Connection| {
            let mut query =
                db.prepare_cached("select sealed, kept_at from draft where phone = ?1 and on_behalf = ?2")?;
            let kept = |row: &Row<'_>| Ok(Kept { sealed: row.get(0)?, at_ms: row.get(1)? });
            Ok(query.query_row(params![phone.as_str(), on_behalf], kept).optional()?)
        };
        let (kept, _) = self.0.readers.look_held(|shelves| &mut shelves.drafts, whose, as_of, find).await?;
        let (since, through) = kept_between(now);
        match &*kept {
            Some(Kept { sealed, at_ms }) if *at_ms > since && *at_ms <= through => {
                Ok(Some(serde_json::from_slice(&self.key().open(Purpose::Draft, sealed)?)?))
            }
            Some(_) | None => Ok(None),
        }
    }

    /// The form was sent, or is not wanted any more. Another that was begun meanwhile stays.
    pub async fn forget_draft(&self, phone: &Phone, on_behalf: bool, form: &BookingForm) -> Result<(), StoreError> {
        let (phone, form_id) = (phone.clone(), form.form_id.clone());
        let forget = move |db: &mut Writing<'_>| sent(db, &phone, on_behalf, &form_id);
        self.0.writer.write(forget).await
    }
}

/// A draft, whether or not its time is over.
pub(super) struct Kept {
    sealed: Vec<u8>,
    at_ms: i64,
}

pub(super) fn sent(db: &Writing<'_>, phone: &Phone, on_behalf: bool, form_id: &str) -> Result<(), StoreError> {
    db.prepare_cached("delete from draft where phone = ?1 and on_behalf = ?2 and form_id = ?3")?.execute(params![
        phone.as_str(),
        on_behalf,
        form_id
    ])?;
    Ok(())
}

pub(super) fn forget(db: &Writing<'_>, now: Moment) -> Result<(), StoreError> {
    let (since, through) = kept_between(now);
    db.execute("delete from draft where kept_at <= ?1 or kept_at > ?2", [since, through])?;
    Ok(())
}

/// What lies further ahead was written by a wrong clock.
fn kept_between(now: Moment) -> (i64, i64) {
    (now.minus(DRAFT_FOR).unix_ms(), now.plus(AHEAD_AT_MOST).unix_ms())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        office::Retention,
        store::office_days::{Office, form},
    };

    #[tokio::test]
    async fn a_draft_is_its_phone_s_for_a_week_and_rests_sealed_and_without_consent() {
        let office = Office::open();
        let Office { store, now, .. } = &office;
        let [own, other] = ["13800130001", "13800130002"].map(|text| Phone::parse(text).unwrap());
        let typed = BookingForm { form_id: "a".repeat(32), ..form() };
        assert!(store.keep_draft(&own, false, &typed, *now).await.unwrap());
        let kept = typed.clone().without_consent();
        let last = now.plus(DRAFT_FOR - TimeDelta::milliseconds(1));
        assert_eq!(store.draft(&own, false, last, None).await.unwrap(), Some(kept));
        for (phone, on_behalf, at) in [(&other, false, last), (&own, true, last), (&own, false, now.plus(DRAFT_FOR))] {
            assert_eq!(store.draft(phone, on_behalf, at, None).await.unwrap(), None);
        }
        for end in ["", "-wal"] {
            let bytes = std::fs::read(format!("{}{end}", office.path.display())).unwrap();
            let number = typed.document_number.as_bytes();
            assert!(!bytes.windows(number.len()).any(|window| window == number), "it rests sealed");
        }
        store.erase_due(Retention::default(), last).await.unwrap();
        assert_eq!(office.look("select count(*) from draft"), 1);
        store.erase_due(Retention::default(), now.plus(DRAFT_FOR)).await.unwrap();
        assert_eq!(office.look("select count(*) from draft"), 0);
    }

    #[tokio::test]
    async fn a_newer_draft_takes_the_older_s_place_and_only_it_is_forgotten_when_sent() {
        let office = Office::open();
        let Office { store, now, .. } = &office;
        let own = Phone::parse("13800130001").unwrap();
        let [first, second] = ["a", "b"].map(|id| BookingForm { form_id: id.repeat(32), ..form() });
        for form in [&first, &second] {
            assert!(store.keep_draft(&own, false, form, *now).await.unwrap());
        }
        store.forget_draft(&own, false, &first).await.unwrap();
        assert_eq!(store.draft(&own, false, *now, None).await.unwrap().map(|form| form.form_id), Some("b".repeat(32)));
        store.forget_draft(&own, false, &second).await.unwrap();
        assert_eq!(store.draft(&own, false, *now, None).await.unwrap(), None);
        let long = BookingForm { reason: "长".repeat(LONGEST_BYTES / 3), ..form() };
        assert!(!store.keep_draft(&own, false, &long, *now).await.unwrap());
    }
}
