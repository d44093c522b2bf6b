//! What a host should know besides the form itself: whether this visitor was here before, and whether to ask first.

use rusqlite::{Connection, params};
use shared::{ids::BookingId, time::CampusDay};

use super::{AsOf, Store, StoreError, rows, watchlist::BOOKING_IS_WATCHED};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Background {
    /// On how many visits of earlier days this document was let in to see the same host. Who was approved and never came is not one.
    pub earlier: u32,
    pub last: Option<CampusDay>,
    /// Somebody of the party is on the watchlist. Who, and why, is the security office's to say.
    pub ask_security: bool,
}

impl Store {
    pub async fn background(
        &self,
        booking: BookingId,
        today: CampusDay,
        as_of: Option<AsOf>,
    ) -> Result<Background, StoreError> {
        let look = move |db: &Connection| background(db, booking, today);
        let which = (booking, today);
        let (held, _) = self.0.readers.look_held(|shelves| &mut shelves.backgrounds, which, as_of, look).await?;
        Ok(*held)
    }
}

fn background(db: &Connection, booking: BookingId, today: CampusDay) -> Result<Background, StoreError> {
    let (earlier, last): (u32, Option<String>) = db
        .prepare_cached(
            "select count(*), max(e.day) from booking b join booking e
                 on e.document_index = b.document_index and e.host = b.host and e.day < b.day and e.day <= ?2
             where b.id = ?1 and not e.anonymous and exists (
                 select 1 from pass p join entry n on n.pass = p.id
                 where p.booking = e.id and n.went_through and n.direction = 'in')",
        )?
        .query_row(params![booking.get(), today.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let last = last.map(|day| rows::stored("day", CampusDay::parse(&day))).transpose()?;
    Ok(Background { earlier, last, ask_security: asks_security(db, booking)? })
}

pub(super) fn asks_security(db: &Connection, booking: BookingId) -> Result<bool, StoreError> {
    let sql = format!("select {BOOKING_IS_WATCHED} from booking b where b.id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([booking.get()], |row| row.get(0))?)
}

#[cfg(test)]
impl Store {
    /// Whoever has a pass by now was let in with it, on the day it is for.
    pub(crate) async fn everybody_comes(&self) {
        let come = |db: &mut super::writer::Writing<'_>| {
            db.execute_batch(
                "insert or ignore into terminal (id, campus, gate, public, enrolled_at, head_hash) values (1, 1, 1, '', 0, x'');
                 insert into entry (terminal, seq, body, hash, received_at, at, day, pass, direction, went_through)
                     select 1, row_number() over () + (select count(*) from entry), '', x'', 0, 0, day, id, 'in', true
                     from pass where id not in (select pass from entry where pass is not null)",
            )?;
            Ok(())
        };
        self.0.writer.write(come).await.unwrap();
    }
}

#[cfg(test)]
mod tests {
    use shared::identity::{Document, DocumentKind};

    use super::*;
    use crate::{
        office::{BookingForm, Choice, Revision},
        store::office_days::{Office, form, today},
    };

    #[tokio::test]
    async fn earlier_visits_are_counted_by_the_document_and_a_watched_party_says_only_whom_to_ask() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        let on = |days: u16| BookingForm { day: today().plus_days(days).to_string(), ..form() };
        for (seed, days) in [(1, 0), (2, 1)] {
            let (_, links) = office.submit(&on(days), seed).await;
            store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(seed), *now).await.unwrap();
        }
        let (booking, _) = office.submit(&on(3), 6).await;
        let approved_only = store.background(booking, today().plus_days(2), None).await.unwrap();
        assert_eq!(approved_only.earlier, 0, "nobody has come");
        store.everybody_comes().await;
        let (declined, links) = office.submit(&on(2), 3).await;
        store
            .decide(&links.sms, Choice::Decline { reason: None }.on(Revision::FIRST), office.issuing(3), *now)
            .await
            .unwrap();
        let other = BookingForm { document_number: "440524188001010014".to_owned(), ..on(3) };
        let (stranger, _) = office.submit(&other, 4).await;
        let (booking, _) = office.submit(&on(3), 5).await;
        let later = today().plus_days(2);
        let expected = Background { earlier: 2, last: Some(today().plus_days(1)), ask_security: false };
        assert_eq!(store.background(booking, later, None).await.unwrap(), expected);
        assert_eq!(
            store.background(booking, today(), None).await.unwrap().earlier,
            1,
            "what is still to come is no visit"
        );
        assert_eq!(store.background(stranger, later, None).await.unwrap(), Background::default());
        assert_eq!(store.background(declined, later, None).await.unwrap().earlier, 2);
        let document = Document::parse(DocumentKind::ResidentId, &form().document_number, today().date()).unwrap();
        store.watch(&document, "纠纷", *now).await.unwrap();
        assert!(store.background(booking, later, None).await.unwrap().ask_security);
        assert!(!store.background(stranger, later, None).await.unwrap().ask_security);
    }
}
