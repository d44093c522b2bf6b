//! The watchlist: documents whose holders are not to be admitted, kept as keyed hashes.
//!
//! Who is put on it while a pass brings them, as its visitor or as a companion who gave a document, is named to the terminals at
//! once; whoever is given such a pass while on it is named with it. Terminals are told of passes, not of people: a pass that brings
//! two watched people stays named until neither is.

use rusqlite::{Connection, ToSql, params};
use shared::{
    identity::{Document, DocumentKind, LastFour},
    ids::{CampusId, PassId},
    sync::change::Change,
    time::{CampusDay, Moment},
};

use super::{IdentityKey, Store, StoreError, feed, rows, writer::Writing};

/// What putting somebody on the list came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// `false` when they were on it; the note is renewed all the same.
    pub added: bool,
    /// How many passes already at the gates are refused from now on, which were not before.
    pub passes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedPerson {
    pub kind: DocumentKind,
    pub last_four: LastFour,
    pub note: String,
    pub since: Moment,
}

macro_rules! anybody_of {
    ($booking:literal) => {
        concat!(
            "(exists (select 1 from party_member m
                join watched w on w.document_index = m.document_index where m.booking = ",
            $booking,
            ") or exists (select 1 from party_number n
                join watched w on w.number_index = n.number_index where n.booking = ",
            $booking,
            "))"
        )
    };
}

/// Of a pass `p`: whether anybody it brings is on the list.
pub(super) const PARTY_IS_WATCHED: &str = anybody_of!("p.booking");
/// Of a booking `b`: the same.
pub(super) const BOOKING_IS_WATCHED: &str = anybody_of!("b.id");

/// How a person is found: by kind and whole number, as the list always had it, and by the holder's part of the number under
/// whatever kind.
#[derive(Clone, Copy)]
struct Indices {
    document: [u8; 32],
    number: [u8; 32],
}

impl Indices {
    fn of(key: &IdentityKey, document: &Document) -> Self {
        Self { document: key.blind_index(document), number: key.number_index(document) }
    }
}

impl Store {
    pub async fn watch(&self, document: &Document, note: &str, now: Moment) -> Result<Watched, StoreError> {
        let Indices { document: index, number } = Indices::of(self.key(), document);
        let (kind, last_four, note) = (document.kind(), document.last_four(), note.to_owned());
        let watch = move |db: &mut Writing<'_>| {
            let free = live_passes_not_watched(db, Indices { document: index, number }, now)?;
            let renewed = db.execute(
                "update watched set note = ?3, number_index = ?2 where document_index = ?1 or number_index = ?2",
                params![index, number, note],
            )?;
            if renewed == 0 {
                db.execute(
                    "insert into watched (document_index, number_index, kind, last_four, note, since)
                     values (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![index, number, kind.code(), last_four.bits(), note, now.unix_ms()],
                )?;
            }
            tell(db, &free, true)?;
            Ok(Watched { added: renewed == 0, passes: free.len() })
        };
        self.0.writer.write_first(watch).await
    }

    /// `false` when they were not on it.
    pub async fn unwatch(&self, document: &Document, now: Moment) -> Result<bool, StoreError> {
        let indices = Indices::of(self.key(), document);
        let unwatch = move |db: &mut Writing<'_>| {
            let removed = db.execute(
                "delete from watched where document_index = ?1 or number_index = ?2",
                params![indices.document, indices.number],
            )? > 0;
            if removed {
                let free = live_passes_not_watched(db, indices, now)?;
                tell(db, &free, false)?;
            }
            Ok(removed)
        };
        self.0.writer.write(unwatch).await
    }

    /// How many were put on the list before numbers were kept, and no booking has brought since.
    pub async fn watched_by_kind_alone(&self) -> Result<usize, StoreError> {
        let count = |db: &Connection| {
            let count: i64 =
                db.query_row("select count(*) from watched where number_index is null", [], |row| row.get(0))?;
            Ok(usize::try_from(count).unwrap_or(usize::MAX))
        };
        self.0.readers.read(count).await
    }

    pub async fn watchlist(&self) -> Result<Vec<WatchedPerson>, StoreError> {
        let all = |db: &Connection| {
            let mut query = db.prepare_cached("select kind, last_four, note, since from watched order by since")?;
            let mut found = query.query([])?;
            let mut people = Vec::new();
            while let Some(row) = found.next()? {
                people.push(WatchedPerson {
                    kind: rows::parsed(row, "kind", DocumentKind::from_code)?,
                    last_four: rows::parsed(row, "last_four", LastFour::from_bits)?,
                    note: row.get("note")?,
                    since: rows::moment(row, "since")?,
                });
            }
            Ok(people)
        };
        self.0.readers.read(all).await
    }
}

fn tell(db: &mut Writing<'_>, passes: &[(PassId, CampusId)], watched: bool) -> Result<(), StoreError> {
    for (pass, campus) in passes {
        feed::append(db, *campus, &Change::PassWatched { pass: *pass, watched })?;
    }
    Ok(())
}

/// Those at the gates that bring this person and nobody who is on the list.
fn live_passes_not_watched(
    db: &Connection,
    indices: Indices,
    now: Moment,
) -> Result<Vec<(PassId, CampusId)>, StoreError> {
    let which = format!(
        "(p.booking in (select booking from party_member where document_index = ?1)
          or p.booking in (select booking from party_number where number_index = ?2)) and not {PARTY_IS_WATCHED}"
    );
    live_passes(db, &which, &[&indices.document, &indices.number], now)
}

/// Those at the gates for which `which` holds of `p`.
pub(super) fn live_passes(
    db: &Connection,
    which: &str,
    values: &[&dyn ToSql],
    now: Moment,
) -> Result<Vec<(PassId, CampusId)>, StoreError> {
    let mut query = db.prepare_cached(&format!(
        "select p.id, p.campus, p.day from pass p where {which} and p.published = 1 and p.ended_at is null
         order by p.issued_at, p.id"
    ))?;
    let mut found = query.query(values)?;
    let mut passes = Vec::new();
    while let Some(row) = found.next()? {
        if rows::day(row, "day")? >= CampusDay::of(now) {
            passes.push((rows::pass(row, "id")?, rows::campus(row, "campus")?));
        }
    }
    Ok(passes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        office::{BookingForm, Choice, Revision},
        store::office_days::{Office, form, today, with_companions},
    };

    #[tokio::test]
    async fn live_passes_and_later_ones_are_named_and_others_are_not() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        let number = &form().document_number;
        let document = Document::parse(DocumentKind::ResidentId, number, today().date()).unwrap();
        let approve = async |seed: u8, typed: &BookingForm| {
            let (_, links) = office.submit(typed, seed).await;
            store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(seed), *now).await.unwrap();
        };
        approve(1, &form()).await;
        let passport =
            BookingForm { document_kind: "passport".to_owned(), document_number: "E12345678".to_owned(), ..form() };
        approve(2, &passport).await;
        let watched = |seed, watched| Change::PassWatched { pass: PassId::from_bytes([seed; 8]), watched };
        assert_eq!(store.watch(&document, "纠纷", *now).await.unwrap(), Watched { added: true, passes: 1 });
        assert_eq!(office.changes().await.last(), Some(&watched(1, true)));
        assert_eq!(store.watch(&document, "再次", *now).await.unwrap(), Watched { added: false, passes: 0 });
        approve(3, &form()).await;
        assert_eq!(office.changes().await.last(), Some(&watched(3, true)));
        let people = store.watchlist().await.unwrap();
        assert_eq!((people.len(), people[0].note.as_str()), (1, "再次"));
        assert_eq!(people[0].last_four.to_string(), "002X");
        assert!(store.unwatch(&document, *now).await.unwrap());
        assert!(!store.unwatch(&document, *now).await.unwrap());
        let changes = office.changes().await;
        assert_eq!(changes[changes.len() - 2..], [watched(1, false), watched(3, false)]);
    }

    fn document(number: &str) -> Document {
        Document::parse(DocumentKind::ResidentId, number, today().date()).unwrap()
    }

    const COMPANION: &str = "440524188001010014";

    fn with_companion() -> BookingForm {
        with_companions(&[("李䶮", ""), ("王五", COMPANION)])
    }

    #[tokio::test]
    async fn a_companion_on_the_list_is_named_with_the_pass() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        let on_list = store.watch(&document(COMPANION), "纠纷", *now).await.unwrap();
        assert_eq!(on_list, Watched { added: true, passes: 0 });
        let (_, links) = office.submit(&with_companion(), 1).await;
        store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(1), *now).await.unwrap();
        let named = Change::PassWatched { pass: PassId::from_bytes([1; 8]), watched: true };
        assert_eq!(office.changes().await.last(), Some(&named));
        // For a later day the pass is named when it is told.
        let later = BookingForm { day: today().plus_days(3).to_string(), ..with_companion() };
        let (_, links) = office.submit(&later, 2).await;
        store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(2), *now).await.unwrap();
        assert_eq!(store.publish_due(today().plus_days(2).start()).await.unwrap(), 1);
        let named = Change::PassWatched { pass: PassId::from_bytes([2; 8]), watched: true };
        assert_eq!(office.changes().await.last(), Some(&named));
    }

    #[tokio::test]
    async fn a_pass_that_brings_a_watched_companion_is_named_until_nobody_it_brings_is_watched() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        let (_, links) = office.submit(&with_companion(), 1).await;
        store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(1), *now).await.unwrap();
        let (visitor, companion) = (document(&form().document_number), document(COMPANION));
        let named = |watched| Change::PassWatched { pass: PassId::from_bytes([1; 8]), watched };
        let count = office.changes().await.len();
        assert_eq!(store.watch(&companion, "纠纷", *now).await.unwrap(), Watched { added: true, passes: 1 });
        assert_eq!(office.changes().await[count..], [named(true)]);
        assert_eq!(store.watch(&visitor, "纠纷", *now).await.unwrap(), Watched { added: true, passes: 0 });
        assert!(store.unwatch(&companion, *now).await.unwrap());
        assert_eq!(office.changes().await[count..], [named(true)], "the visitor is still on the list");
        assert!(store.unwatch(&visitor, *now).await.unwrap());
        assert_eq!(office.changes().await[count..], [named(true), named(false)]);
    }

    #[tokio::test]
    async fn a_watched_person_is_found_however_the_number_is_written_and_called() {
        use DocumentKind::{HkMacaoPermit, Passport, TaiwanPermit};
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        let document = |kind, number| Document::parse(kind, number, today().date()).unwrap();
        let mut seed = 0;
        for (watched, brought) in [
            ((HkMacaoPermit, "H12345678"), ("hk_macao_permit", "H1234567801")),
            ((HkMacaoPermit, "M9876543201"), ("hk_macao_permit", "M98765432")),
            ((HkMacaoPermit, "M1111111101"), ("hk_macao_permit", "M1111111102")),
            ((TaiwanPermit, "12345678"), ("taiwan_permit", "1234567801")),
            ((HkMacaoPermit, "H22222222"), ("passport", "h2222222201")),
            ((TaiwanPermit, "8765432101"), ("passport", "87654321")),
            ((Passport, "E12345678"), ("passport", "e12345678")),
            ((DocumentKind::ResidentId, "440524188001010014"), ("foreign_permanent_residence_old", "")),
        ] {
            let typed = match brought {
                (kind, number) if !number.is_empty() => {
                    BookingForm { document_kind: kind.to_owned(), document_number: number.to_owned(), ..form() }
                }
                _ => with_companion(),
            };
            for watched_before in [true, false] {
                seed += 1;
                let watched = document(watched.0, watched.1);
                if watched_before {
                    store.watch(&watched, "", *now).await.unwrap();
                }
                let (_, links) = office.submit(&typed, seed).await;
                store
                    .decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(seed), *now)
                    .await
                    .unwrap();
                if !watched_before {
                    assert_eq!(store.watch(&watched, "", *now).await.unwrap().passes, 2, "{brought:?}");
                }
                let named = |watched| Change::PassWatched { pass: PassId::from_bytes([seed; 8]), watched };
                assert_eq!(office.changes().await.last(), Some(&named(true)), "{brought:?}");
                // Taken off by the other way to write it.
                let other = typed.check(&office.rules(), *now).unwrap();
                let other = other
                    .companions()
                    .iter()
                    .find_map(|companion| companion.document.clone())
                    .unwrap_or(other.document().clone());
                assert!(store.unwatch(&other, *now).await.unwrap());
                assert_eq!(office.changes().await.last(), Some(&named(false)), "{brought:?}");
            }
        }
        assert!(store.watchlist().await.unwrap().is_empty());
    }
}
