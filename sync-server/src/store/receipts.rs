//! Receipts: what a provider says became of a notice after it took it.
//!
//! They come late, twice, in the wrong order, and now and then before the answer they belong to: then they wait for it here. What is
//! known never goes back, whatever comes after.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::time::Moment;

use super::{Store, StoreError, writer::Writing};

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// In the provider's words.
    Failed(String),
    Delivered,
    Read,
}

/// What a receipt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptKept {
    News,
    /// As much was known before.
    Known,
    /// No notice has this handle yet; should one get it, it gets the receipt, too.
    Early,
}

impl Receipt {
    /// The name in the database.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Failed(_) => "failed",
            Self::Delivered => "delivered",
            Self::Read => "read",
        }
    }

    pub(super) fn from_row(name: &str, why: Option<String>) -> Option<Self> {
        match name {
            "failed" => Some(Self::Failed(why.unwrap_or_default())),
            "delivered" => Some(Self::Delivered),
            "read" => Some(Self::Read),
            _ => None,
        }
    }
}

impl Store {
    /// Each of the notice that `adapter` calls by its handle, all of a push or none. Said once or a hundred times, it comes to the same.
    pub async fn receipts(
        &self,
        adapter: &'static str,
        told: Vec<(String, Receipt)>,
        at: Moment,
    ) -> Result<Vec<ReceiptKept>, StoreError> {
        let keep_each = move |db: &mut Writing<'_>| {
            let kept = told.iter().map(|(handle, receipt)| {
                let why = if let Receipt::Failed(why) = receipt { Some(why.as_str()) } else { None };
                keep(db, (adapter, handle), (receipt.name(), why), at)
            });
            kept.collect()
        };
        self.0.writer.write(keep_each).await
    }
}

/// How far a receipt goes: one that was not delivered at first may be in the end, and one that was read was delivered.
const RANK: &str = "case {} when 'failed' then 1 when 'delivered' then 2 when 'read' then 3 else 0 end";

fn keep(
    db: &Connection,
    (adapter, handle): (&str, &str),
    (receipt, why): (&str, Option<&str>),
    at: Moment,
) -> Result<ReceiptKept, StoreError> {
    let (new, old) = (RANK.replace("{}", "?3"), RANK.replace("{}", "receipt"));
    let further = db
        .prepare_cached(&format!(
            "update notice set receipt = ?3, receipt_why = ?4, receipt_at = ?5
             where adapter = ?1 and handle = ?2 and {new} > {old}"
        ))?
        .execute(params![adapter, handle, receipt, why, at.unix_ms()])?;
    if further > 0 {
        return Ok(ReceiptKept::News);
    }
    if db.prepare_cached("select 1 from notice where adapter = ?1 and handle = ?2")?.exists([adapter, handle])? {
        return Ok(ReceiptKept::Known);
    }
    db.prepare_cached(&format!(
        "insert into early_receipt (adapter, handle, receipt, why, at) values (?1, ?2, ?3, ?4, ?5)
         on conflict do update set receipt = ?3, why = ?4, at = ?5 where {new} > {old}"
    ))?
    .execute(params![adapter, handle, receipt, why, at.unix_ms()])?;
    Ok(ReceiptKept::Early)
}

/// Whether any wait for their notice to be known to have left: seldom.
pub(super) fn are_early(db: &Connection) -> Result<bool, StoreError> {
    Ok(db.prepare_cached("select 1 from early_receipt")?.exists([])?)
}

/// The receipt that came before the handle did.
pub(super) fn catch_up(db: &Connection, adapter: &str, handle: &str) -> Result<(), StoreError> {
    type Early = (String, Option<String>, i64);
    let early: Option<Early> = db
        .prepare_cached("delete from early_receipt where adapter = ?1 and handle = ?2 returning receipt, why, at")?
        .query_row([adapter, handle], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    if let Some((receipt, why, at)) = early {
        keep(db, (adapter, handle), (&receipt, why.as_deref()), Moment::from_unix_ms(at))?;
    }
    Ok(())
}

/// Of a handle that nobody got in days.
pub(super) fn forget(db: &Connection, now: Moment) -> Result<(), StoreError> {
    let days = chrono::TimeDelta::days(4);
    db.execute("delete from early_receipt where at < ?1", [now.minus(days).unix_ms()])?;
    Ok(())
}

#[cfg(test)]
impl Store {
    pub(crate) async fn receipt(
        &self,
        adapter: &'static str,
        handle: &str,
        receipt: Receipt,
        at: Moment,
    ) -> Result<ReceiptKept, StoreError> {
        Ok(self.receipts(adapter, vec![(handle.to_owned(), receipt)], at).await?[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        office::Channel,
        store::{
            Came, NoticeState,
            office_days::{Office, form},
        },
    };

    async fn seen(office: &Office, booking: shared::ids::BookingId) -> Option<(Receipt, Moment)> {
        let (_, notices) = office.store.booking_with_notices(booking, None).await.unwrap().unwrap();
        let sms = notices.into_iter().find(|notice| notice.channel == Channel::Sms).unwrap();
        assert_eq!(sms.state, NoticeState::Sent { at: office.now });
        sms.receipt
    }

    #[tokio::test]
    async fn what_is_known_never_goes_back() {
        let office = Office::with_host().await;
        let (booking, _) = office.submit(&form(), 1).await;
        let store = &office.store;
        let taken = store.take_notices(Channel::Sms, None, 9, office.now).await.unwrap();
        let sent = Came::Sent { adapter: "post", handle: Some("h1".to_owned()) };
        store.keep_notices(vec![(taken[0].notice.id, sent)], office.now).await.unwrap();
        assert_eq!(seen(&office, booking).await, None);
        let failed = || Receipt::Failed("停机".to_owned());
        let at = |minute| office.now.plus(chrono::TimeDelta::minutes(minute));
        for (minute, receipt, came, known) in [
            (1, failed(), ReceiptKept::News, (failed(), 1)),
            (2, failed(), ReceiptKept::Known, (failed(), 1)),
            (3, Receipt::Delivered, ReceiptKept::News, (Receipt::Delivered, 3)),
            (4, failed(), ReceiptKept::Known, (Receipt::Delivered, 3)),
            (5, Receipt::Read, ReceiptKept::News, (Receipt::Read, 5)),
            (6, Receipt::Delivered, ReceiptKept::Known, (Receipt::Read, 5)),
        ] {
            assert_eq!(store.receipt("post", "h1", receipt, at(minute)).await.unwrap(), came, "{minute}");
            assert_eq!(seen(&office, booking).await, Some((known.0, at(known.1))), "{minute}");
        }
        assert_eq!(store.receipt("pigeon", "h1", failed(), at(9)).await.unwrap(), ReceiptKept::Early);
        assert_eq!(seen(&office, booking).await, Some((Receipt::Read, at(5))));
    }

    #[tokio::test]
    async fn a_receipt_that_comes_before_the_answer_waits_for_it() {
        let office = Office::with_host().await;
        let (booking, _) = office.submit(&form(), 1).await;
        let store = &office.store;
        let taken = store.take_notices(Channel::Sms, None, 9, office.now).await.unwrap();
        for receipt in [Receipt::Delivered, Receipt::Failed(String::new())] {
            assert_eq!(store.receipt("post", "h1", receipt, office.now).await.unwrap(), ReceiptKept::Early);
        }
        let sent = Came::Sent { adapter: "post", handle: Some("h1".to_owned()) };
        store.keep_notices(vec![(taken[0].notice.id, sent)], office.now).await.unwrap();
        assert_eq!(seen(&office, booking).await, Some((Receipt::Delivered, office.now)));
        assert_eq!(office.look("select count(*) from early_receipt"), 0);
    }
}
