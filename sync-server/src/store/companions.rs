//! Companions' documents as the watchlist finds them: a keyed index beside the booking.
//!
//! Written with the booking. Bookings that an older version took have none; only the key that opens their sealed documents can
//! make it, so it is no step of the schema but done when the server starts, and the gates hear of whom it finds on the list.

use rusqlite::{Connection, params};
use shared::{identity::Document, sync::change::Change, time::Moment};

use super::{
    IdentityKey, Store, StoreError, feed, sealing::Purpose, watchlist, watchlist::PARTY_IS_WATCHED, writer::Writing,
};

impl Store {
    /// How many bookings had companions that could not be found; none, from the second start on.
    pub async fn index_companions(&self, now: Moment) -> Result<usize, StoreError> {
        let key = self.key().clone();
        self.0.writer.write(move |db| catch_up(db, &key, now)).await
    }
}

pub(super) fn index(db: &Connection, booking: i64, documents: &[[u8; 32]]) -> Result<(), StoreError> {
    // Two companions with one number are a slip of the pen, not a reason to refuse.
    let mut index =
        db.prepare_cached("insert or ignore into companion_document (booking, document_index) values (?1, ?2)")?;
    for document in documents {
        index.execute(params![booking, document])?;
    }
    Ok(())
}

fn catch_up(db: &mut Writing<'_>, key: &IdentityKey, now: Moment) -> Result<usize, StoreError> {
    let missing = missing(db)?;
    for (booking, sealed) in &missing {
        let documents: Vec<Option<Document>> = serde_json::from_slice(&key.open(Purpose::Companions, sealed)?)?;
        let documents: Vec<_> = documents.iter().flatten().map(|document| key.blind_index(document)).collect();
        index(db, *booking, &documents)?;
        let which = format!("p.booking = ?1 and {PARTY_IS_WATCHED}");
        for (pass, campus) in watchlist::live_passes(db, &which, &[booking], now)? {
            feed::append(db, campus, &Change::PassWatched { pass, watched: true })?;
        }
    }
    Ok(missing.len())
}

fn missing(db: &Connection) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let mut query = db.prepare(
        "select id, companion_documents from booking where companion_documents is not null
             and id not in (select booking from companion_document)",
    )?;
    let found = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use shared::{identity::DocumentKind, ids::PassId};

    use super::*;
    use crate::{
        office::{BookingForm, Choice},
        store::{
            office_days::{Office, form, today},
            watchlist::Watched,
        },
    };

    #[tokio::test]
    async fn bookings_of_an_older_version_are_indexed_once_and_whom_that_finds_is_named() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        let number = "440524188001010014";
        for (seed, companions) in [(1, format!("王五，{number}")), (2, "李䶮".to_owned())] {
            let (_, links) = office.submit(&BookingForm { companions, ..form() }, seed).await;
            store.decide(&links.sms, Choice::Approve, office.issuing(seed), *now).await.unwrap();
        }
        // As it was before there was an index.
        rusqlite::Connection::open(&office.path).unwrap().execute("delete from companion_document", []).unwrap();
        let document = Document::parse(DocumentKind::ResidentId, number, today().date()).unwrap();
        assert_eq!(store.watch(&document, "纠纷", *now).await.unwrap(), Watched { added: true, passes: 0 });
        assert_eq!(store.index_companions(*now).await.unwrap(), 1);
        let named = Change::PassWatched { pass: PassId::from_bytes([1; 8]), watched: true };
        assert_eq!(office.changes().await[2..], [named]);
        assert_eq!(store.index_companions(*now).await.unwrap(), 0);
        assert_eq!(office.changes().await.len(), 3);
    }
}
