//! Bookings as they are written and read, with everything a page shows.

use std::sync::{Arc, LazyLock};

use rusqlite::{Connection, Row, ToSql, params_from_iter, types::Value};
use shared::{
    identity::{Document, Phone},
    ids::{BookingId, PassId, StaffNumber},
    time::{CampusDay, Moment},
};
use zeroize::Zeroizing;

use super::{
    AsOf, IdentityKey, NoticeStatus, PageToken, Store, StoreError, background,
    booking_rows::{self, Resting},
    consents,
    deputies::DECIDES,
    notices, party,
    party::Party,
    sealing::Purpose,
    writer::Writing,
};
use crate::office::{Booking, Facts, Revision, Staff, Standing};

/// A booking as its page shows it.
#[derive(Debug, Clone)]
pub struct BookingView {
    pub id: BookingId,
    pub made_at: Moment,
    /// `None` when the host booked.
    pub booked_by: Option<Phone>,
    pub facts: Facts,
    pub host: Staff,
    pub standing: Standing,
    pub revision: Revision,
    /// The approved booking whose place this one takes with its own approval.
    pub replaces: Option<BookingId>,
    /// The one that is to take this one's place, or has.
    pub successor: Option<BookingId>,
    pub pass: Option<IssuedPass>,
}

#[derive(Debug, Clone)]
pub struct IssuedPass {
    pub pass: PassId,
    pub page: PageToken,
}

/// That a host is shown at once, and may approve at once.
pub const WAITING_AT_MOST: usize = 100;

impl BookingView {
    /// Whether somebody who has proven this phone may see and cancel it: who booked, or the visitor.
    #[must_use]
    pub fn belongs_to(&self, phone: &Phone) -> bool {
        self.booked_by.as_ref() == Some(phone) || self.facts.phone == *phone
    }

    /// Who booked, where that is not the visitor's own phone, which has proven nothing then.
    #[must_use]
    pub fn booker(&self) -> Option<&Phone> {
        self.booked_by.as_ref().filter(|by| **by != self.facts.phone)
    }

    /// Whether an SMS can reach the visitor: a foreign number is reached if it was once, to sign in.
    #[must_use]
    pub fn reaches_the_visitor(&self) -> bool {
        self.facts.phone.is_mainland() || self.booked_by.as_ref() == Some(&self.facts.phone)
    }
}

impl Store {
    /// Whether the key is the one that the newest bookings' numbers rest under; one of them may have been damaged by itself.
    pub async fn opens_what_it_sealed(&self) -> Result<bool, StoreError> {
        let key = self.key().clone();
        let newest = "select document from booking where document is not null order by id desc limit 3";
        let opens = move |db: &Connection| {
            let mut query = db.prepare(newest)?;
            let sealed = query.query_map([], |row| row.get(0))?.collect::<Result<Vec<Vec<u8>>, _>>()?;
            Ok(sealed.is_empty() || sealed.iter().any(|sealed| key.open(Purpose::Document, sealed).is_ok()))
        };
        self.0.readers.read(opens).await
    }

    pub async fn booking(&self, id: BookingId) -> Result<Option<Arc<BookingView>>, StoreError> {
        Ok(self.booking_with_notices(id, None).await?.map(|(view, _)| view))
    }

    /// The same with what was written about it, oldest first.
    pub async fn booking_with_notices(
        &self,
        id: BookingId,
        as_of: Option<AsOf>,
    ) -> Result<Option<(Arc<BookingView>, Vec<NoticeStatus>)>, StoreError> {
        let look = move |db: &Connection| match resting(db, id)? {
            Some(view) => Ok(Some((view, notices::of(db, id)?))),
            None => Ok(None),
        };
        let (held, _) = self.0.readers.look_held(|shelves| &mut shelves.bookings, id, as_of, look).await?;
        match &*held {
            Some((view, notices)) => Ok(Some((view.opened(self.key())?, notices.clone()))),
            None => Ok(None),
        }
    }

    /// Those this phone booked or is to come with, the latest day first.
    pub async fn bookings_of(&self, phone: &Phone) -> Result<Vec<BookingView>, StoreError> {
        let (key, phone) = (self.key().clone(), phone.clone());
        let of = move |db: &Connection| {
            let which = "(b.phone = ?1 or b.booked_by = ?1 and b.booked_by is not b.phone) order by b.day desc, b.from_minute desc, b.id desc limit 200";
            several(db, &key, which, &[&phone.as_str()])
        };
        self.0.readers.read(of).await
    }

    /// Those that wait for the word of this member of staff today, as their host or for one who is away, the next day first; and of
    /// each whether the security office is to be asked before.
    pub async fn bookings_waiting_for(
        &self,
        staff: &StaffNumber,
        today: CampusDay,
    ) -> Result<Vec<(BookingView, bool)>, StoreError> {
        let (key, staff) = (self.key().clone(), staff.clone());
        let waiting = move |db: &Connection| {
            let which = format!(
                "{DECIDES} and b.standing = 'waiting' and b.day >= ?2 order by b.day, b.from_minute, b.id limit {WAITING_AT_MOST}"
            );
            let views = several(db, &key, &which, &[&staff.as_str(), &today.to_string()])?;
            let with_hint = |view: BookingView| background::asks_security(db, view.id).map(|asks| (view, asks));
            views.into_iter().map(with_hint).collect()
        };
        self.0.readers.read(waiting).await
    }

    /// Those this host has had to decide, the latest day first; also what nobody decided in time, and what they approved for
    /// somebody else and may take back.
    pub async fn bookings_hosted_by(
        &self,
        host: &StaffNumber,
        today: CampusDay,
    ) -> Result<Vec<BookingView>, StoreError> {
        let (key, host) = (self.key().clone(), host.clone());
        let hosted = move |db: &Connection| {
            let which = "(b.host = ?1 and (b.standing <> 'waiting' or b.day < ?2)
                or b.decided_number = ?1 and b.standing = 'approved' and b.day >= ?2)
                order by b.day desc, b.from_minute desc, b.id desc limit 200";
            several(db, &key, which, &[&host.as_str(), &today.to_string()])
        };
        self.0.readers.read(hosted).await
    }

    /// Seals and searchable hashes, made before the writer is asked.
    pub(super) fn prepare(&self, booking: Booking) -> Result<Ready, StoreError> {
        let key = self.key();
        let companions: Vec<Option<&Document>> =
            booking.companions().iter().map(|companion| companion.document.as_ref()).collect();
        let party = Party::of(key, booking.document(), &companions);
        let companions = if companions.iter().any(Option::is_some) {
            let json = Zeroizing::new(serde_json::to_vec(&companions)?);
            Some(key.seal(Purpose::Companions, &json)?)
        } else {
            None
        };
        let document = Zeroizing::new(String::from(booking.document().clone()));
        let document = (key.seal(Purpose::Document, document.as_bytes())?, key.blind_index(booking.document()));
        Ok(Ready { row: row(booking.facts(), document, companions)?, party, booking })
    }
}

/// A booking with all that is costly to make of it.
pub(super) struct Ready {
    pub(super) booking: Booking,
    row: [Value; COLUMNS.len()],
    party: Party,
}

const COLUMNS: [&str; 15] = [
    "campus",
    "day",
    "from_minute",
    "until_minute",
    "visitor",
    "phone",
    "reason",
    "companions",
    "plates",
    "document_kind",
    "last_four",
    "document",
    "companion_documents",
    "document_index",
    "unnamed",
];

fn row(
    facts: &Facts,
    (document, index): (Vec<u8>, [u8; 32]),
    companion_documents: Option<Vec<u8>>,
) -> Result<[Value; COLUMNS.len()], StoreError> {
    let text = |text: &str| Value::from(text.to_owned());
    Ok([
        facts.campus.get().into(),
        facts.day.to_string().into(),
        facts.from.minutes().into(),
        facts.until.minutes().into(),
        text(facts.visitor.as_str()),
        text(facts.phone.as_str()),
        text(facts.reason.as_str()),
        serde_json::to_string(&facts.companions)?.into(),
        serde_json::to_string(&facts.plates)?.into(),
        facts.document_kind.code().into(),
        facts.last_four.bits().into(),
        document.into(),
        companion_documents.into(),
        index.to_vec().into(),
        facts.unnamed.into(),
    ])
}

/// `signed`: who is signed in, unless it is the host, and the notice to which the ticks say yes.
pub(super) fn insert(
    db: &Writing<'_>,
    ready: &Ready,
    host: &Staff,
    signed: (Option<&Phone>, &str),
    now: Moment,
) -> Result<BookingId, StoreError> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let places = "?, ".repeat(COLUMNS.len());
        let columns = COLUMNS.join(", ");
        format!(
            "insert into booking ({columns}, made_at, booked_by, host, standing) values ({places}?, ?, ?, 'waiting')"
        )
    });
    let (booked_by, notice) = signed;
    let own: [&dyn ToSql; 3] = [&now.unix_ms(), &booked_by.map(Phone::as_str), &host.number.as_str()];
    let row = ready.row.iter().map(|value| -> &dyn ToSql { value }).chain(own);
    db.prepare_cached(&SQL)?.execute(params_from_iter(row))?;
    let id = BookingId::new(db.last_insert_rowid());
    party::index(db, id.get(), &ready.party)?;
    consents::keep(db, id, ready.booking.agreed(), notice, now)?;
    Ok(id)
}

/// Has a booking say what is ready, in a new state of its facts. Its host, its standing and who booked it stay; so does the tag of
/// an approved one, whose document and day cannot change.
pub(super) fn rewrite(
    db: &Writing<'_>,
    id: BookingId,
    ready: &Ready,
    notice: &str,
    now: Moment,
) -> Result<(), StoreError> {
    let columns = COLUMNS.map(|column| format!("{column} = ?")).join(", ");
    let sql = format!(
        "update booking set revision = revision + 1, document_tag = iif(standing = 'approved', document_tag, null), {columns}
         where id = ? and standing in ('waiting', 'approved')"
    );
    let id_value = Value::from(id.get());
    db.prepare_cached(&sql)?.execute(params_from_iter(ready.row.iter().chain([&id_value])))?;
    party::forget(db, id.get())?;
    party::index(db, id.get(), &ready.party)?;
    consents::keep(db, id, ready.booking.agreed(), notice, now)
}

pub(super) fn by_id(db: &Connection, key: &IdentityKey, id: BookingId) -> Result<Option<BookingView>, StoreError> {
    Ok(several(db, key, "b.id = ?1", &[&id.get()])?.pop())
}

pub(super) fn resting(db: &Connection, id: BookingId) -> Result<Option<Resting>, StoreError> {
    Ok(each(db, "b.id = ?1", &[&id.get()], booking_rows::resting)?.pop())
}

pub(super) fn several(
    db: &Connection,
    key: &IdentityKey,
    which: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<BookingView>, StoreError> {
    each(db, which, values, |row| booking_rows::view(row, key))
}

/// Made anonymous, a booking is nobody's any more and is not found.
fn each<T>(
    db: &Connection,
    which: &str,
    values: &[&dyn ToSql],
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let sql = format!(
        "select b.*, s.number as staff_number, s.name as staff_name, s.department as staff_department, s.phone as staff_phone,
             s.wecom_id, s.hall_id, p.id as pass, p.page_token,
             (select max(r.id) from booking r where r.replaces = b.id and r.standing in ('waiting', 'approved')) as successor
         from booking b join staff s on s.number = b.host left join pass p on p.booking = b.id
         where not b.anonymous and {which}"
    );
    let mut query = db.prepare_cached(&sql)?;
    let mut found = query.query(values)?;
    let mut bookings = Vec::new();
    while let Some(row) = found.next()? {
        bookings.push(read(row)?);
    }
    Ok(bookings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        office::Choice,
        store::office_days::{Office, form, today, with_companions},
    };

    #[tokio::test]
    async fn what_was_booked_is_what_is_read_and_the_number_lies_sealed() {
        let office = Office::with_host().await;
        let typed = crate::office::BookingForm {
            visitor_name: "王𬭎".to_owned(),
            plate: vec!["京A12345".to_owned()],
            reason: "<script>alert(1)</script>".to_owned(),
            ..with_companions(&[("李䶮", "11010519491231002X"), ("赵㼆", "")])
        };
        let (id, _) = office.submit(&typed, 1).await;
        let booking = typed.check(&office.rules(), office.now).unwrap();
        let view = office.store.booking(id).await.unwrap().unwrap();
        assert_eq!(view.facts, *booking.facts());
        assert_eq!(view.standing, Standing::Waiting);
        assert_eq!(view.host, office.host);
        assert!(view.pass.is_none());
        assert!(view.belongs_to(&Phone::parse("13800130009").unwrap()));
        assert!(view.belongs_to(&Phone::parse(&typed.phone).unwrap()));
        assert!(!view.belongs_to(&office.host.phone));
        assert!(office.store.opens_what_it_sealed().await.unwrap());
        let theirs = crate::store::IdentityKey::from_bytes(&[9; 32]);
        let stranger = crate::store::Store::open(&office.path, theirs).unwrap();
        assert!(!stranger.opens_what_it_sealed().await.unwrap(), "the secrets of another office");
        drop(stranger);
        let file: Vec<u8> = ["", "-wal"]
            .into_iter()
            .flat_map(|end| std::fs::read(format!("{}{end}", office.path.display())).unwrap_or_default())
            .collect();
        let holds = |text: &str| file.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("王𬭎"));
        assert!(!holds("11010519491231002X"));
    }

    #[tokio::test]
    async fn each_list_holds_its_own() {
        let office = Office::with_host().await;
        let ids = |views: Vec<BookingView>| views.into_iter().map(|view| view.id).collect::<Vec<_>>();
        let (first, _) = office.submit(&form(), 1).await;
        let (second, links) = office.submit(&form(), 2).await;
        let store = &office.store;
        let host = &office.host.number;
        let waiting = async |day| {
            let waiting = store.bookings_waiting_for(host, day).await.unwrap();
            ids(waiting.into_iter().map(|(view, _)| view).collect())
        };
        assert_eq!(waiting(today()).await, [first, second]);
        store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(2), office.now).await.unwrap();
        assert_eq!(waiting(today()).await, [first]);
        assert_eq!(ids(store.bookings_hosted_by(host, today()).await.unwrap()), [second]);
        let tomorrow = today().plus_days(1);
        assert_eq!(waiting(tomorrow).await, []);
        assert_eq!(ids(store.bookings_hosted_by(host, tomorrow).await.unwrap()), [second, first], "nobody decided");
        let phone = Phone::parse(&form().phone).unwrap();
        assert_eq!(ids(store.bookings_of(&phone).await.unwrap()), [second, first]);
        assert_eq!(ids(store.bookings_of(&office.host.phone).await.unwrap()), []);
    }
}
