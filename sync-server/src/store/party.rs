//! A party's documents as the watchlist finds them: keyed indices beside the booking, of the visitor's number and of each
//! companion who gave one.
//!
//! Written with the booking. Bookings that an older version took have none; only the key that opens their sealed documents can
//! make them, so it is no step of the schema but done when the server starts, and the gates hear of whom it finds on the list.

use rusqlite::{Connection, params};
use shared::{identity::Document, sync::change::Change, time::Moment};

use super::{
    IdentityKey, Store, StoreError, feed, rows, sealing::Purpose, watchlist, watchlist::PARTY_IS_WATCHED,
    writer::Writing,
};

impl Store {
    /// How many bookings could not be found before; none, from the second start on.
    pub async fn index_parties(&self, now: Moment) -> Result<usize, StoreError> {
        let key = self.key().clone();
        self.0.writer.write(move |db| catch_up(db, &key, now)).await
    }
}

/// What a party is found by.
pub(super) struct Party {
    companions: Vec<[u8; 32]>,
    numbers: Vec<[u8; 32]>,
}

impl Party {
    pub(super) fn of(key: &IdentityKey, visitor: &Document, companions: &[Option<&Document>]) -> Self {
        let companions = || companions.iter().flatten().copied();
        let everybody = std::iter::once(visitor).chain(companions());
        Self {
            companions: companions().map(|document| key.blind_index(document)).collect(),
            numbers: everybody.map(|document| key.number_index(document)).collect(),
        }
    }
}

pub(super) fn index(db: &Connection, booking: i64, party: &Party) -> Result<(), StoreError> {
    // Two companions with one number are a slip of the pen, not a reason to refuse.
    let mut documents =
        db.prepare_cached("insert or ignore into companion_document (booking, document_index) values (?1, ?2)")?;
    for document in &party.companions {
        documents.execute(params![booking, document])?;
    }
    let mut numbers =
        db.prepare_cached("insert or ignore into party_number (booking, number_index) values (?1, ?2)")?;
    for number in &party.numbers {
        numbers.execute(params![booking, number])?;
    }
    Ok(())
}

pub(super) fn forget(db: &Connection, booking: i64) -> Result<(), StoreError> {
    db.prepare_cached("delete from companion_document where booking = ?1")?.execute([booking])?;
    db.prepare_cached("delete from party_number where booking = ?1")?.execute([booking])?;
    Ok(())
}

fn catch_up(db: &mut Writing<'_>, key: &IdentityKey, now: Moment) -> Result<usize, StoreError> {
    let missing = missing(db)?;
    for (booking, visitor, companions) in &missing {
        let visitor = String::from_utf8(key.open(Purpose::Document, visitor)?.to_vec()).ok();
        let visitor = rows::stored("document", visitor.and_then(|text| Document::try_from(text).ok()))?;
        let companions: Vec<Option<Document>> = match companions {
            Some(sealed) => serde_json::from_slice(&key.open(Purpose::Companions, sealed)?)?,
            None => Vec::new(),
        };
        let companions: Vec<Option<&Document>> = companions.iter().map(Option::as_ref).collect();
        let mut completed = db.prepare_cached(
            "update watched set number_index = ?2 where document_index = ?1 and number_index is null",
        )?;
        for document in companions.iter().flatten().copied().chain([&visitor]) {
            completed.execute(params![key.blind_index(document), key.number_index(document)])?;
        }
        drop(completed);
        let which = format!("p.booking = ?1 and not {PARTY_IS_WATCHED}");
        let unnamed = watchlist::live_passes(db, &which, &[booking], now)?;
        index(db, *booking, &Party::of(key, &visitor, &companions))?;
        let which = format!("p.booking = ?1 and {PARTY_IS_WATCHED}");
        for (pass, campus) in watchlist::live_passes(db, &which, &[booking], now)? {
            if unnamed.contains(&(pass, campus)) {
                feed::append(db, campus, &Change::PassWatched { pass, watched: true })?;
            }
        }
    }
    Ok(missing.len())
}

type Sealed = (i64, Vec<u8>, Option<Vec<u8>>);

fn missing(db: &Connection) -> Result<Vec<Sealed>, StoreError> {
    let mut query = db.prepare(
        "select id, document, companion_documents from booking where document is not null
             and id not in (select booking from party_number)",
    )?;
    let found = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(found.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use shared::{identity::DocumentKind, ids::PassId};

    use super::*;
    use crate::{
        office::{BookingForm, Choice, Revision},
        store::{
            office_days::{Office, form, today, with_companions},
            watchlist::Watched,
        },
    };

    #[tokio::test]
    async fn bookings_of_an_older_version_are_indexed_once_and_whom_that_finds_is_named() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        let number = "440524188001010014";
        for (seed, companion) in [(1, ("王五", number)), (2, ("李䶮", ""))] {
            let (_, links) = office.submit(&with_companions(&[companion]), seed).await;
            store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(seed), *now).await.unwrap();
        }
        // As it was before there was an index.
        rusqlite::Connection::open(&office.path)
            .unwrap()
            .execute_batch("delete from companion_document; delete from party_number")
            .unwrap();
        let document = Document::parse(DocumentKind::ResidentId, number, today().date()).unwrap();
        assert_eq!(store.watch(&document, "纠纷", *now).await.unwrap(), Watched { added: true, passes: 0 });
        assert_eq!(store.index_parties(*now).await.unwrap(), 2);
        let named = Change::PassWatched { pass: PassId::from_bytes([1; 8]), watched: true };
        assert_eq!(office.changes().await[2..], [named]);
        assert_eq!(store.index_parties(*now).await.unwrap(), 0);
        assert_eq!(office.changes().await.len(), 3);
    }

    #[tokio::test]
    async fn who_was_watched_before_numbers_were_kept_is_completed_by_a_booking_and_named_once() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        let number = &form().document_number;
        let document = Document::parse(DocumentKind::ResidentId, number, today().date()).unwrap();
        store.watch(&document, "纠纷", *now).await.unwrap();
        let (_, links) = office.submit(&form(), 1).await;
        store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(1), *now).await.unwrap();
        let told = office.changes().await.len();
        rusqlite::Connection::open(&office.path)
            .unwrap()
            .execute_batch("delete from party_number; update watched set number_index = null")
            .unwrap();
        assert_eq!(store.watched_by_kind_alone().await.unwrap(), 1);
        assert_eq!(store.index_parties(*now).await.unwrap(), 1);
        assert_eq!(store.watched_by_kind_alone().await.unwrap(), 0);
        assert_eq!(office.changes().await.len(), told, "it was named already");
        // The same number, said to be a passport's.
        let passport = BookingForm {
            document_kind: "passport".to_owned(),
            document_number: "E12345678".to_owned(),
            ..with_companions(&[("王五", number)])
        };
        let (_, links) = office.submit(&passport, 2).await;
        store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(2), *now).await.unwrap();
        let named = Change::PassWatched { pass: PassId::from_bytes([2; 8]), watched: true };
        assert_eq!(office.changes().await.last(), Some(&named));
    }
}
