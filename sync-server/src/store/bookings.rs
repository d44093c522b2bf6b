//! Bookings: written once, with the consent and the links that go with them, and read with everything a page shows.

use rusqlite::{Connection, OptionalExtension as _, ToSql, params};
use shared::{
    identity::{Document, DocumentTag, Phone},
    ids::{BookingId, PassId, StaffNumber},
    time::{CampusDay, Moment},
};
use zeroize::Zeroizing;

use super::{
    HostLinks, IdentityKey, Issuing, Outcome, PageToken, Store, StoreError, booking_rows, decisions, deputies::DECIDES,
    links, party, party::Party, sealing::Purpose, writer::Writing,
};
use crate::office::{Approver, Booking, Choice, Facts, Revision, Staff, Standing, Via, notice};

/// A visitor's booking on its way in.
#[derive(Debug)]
pub struct Submission {
    pub booking: Booking,
    pub host: Staff,
    /// Who is signed in.
    pub booked_by: Phone,
    /// The version of the privacy text that was agreed to.
    pub consent: String,
    pub links: HostLinks,
    /// What a repeat of the same form is known by; see [`BookingForm::mark`](crate::office::BookingForm::mark).
    pub mark: Option<[u8; 32]>,
}

/// A host's booking for a visitor: made and approved in one.
#[derive(Debug)]
pub struct OnBehalf {
    pub booking: Booking,
    pub host: Staff,
    pub consent: String,
    pub issuing: Issuing,
    pub mark: Option<[u8; 32]>,
}

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

impl BookingView {
    /// Whether somebody who has proven this phone may see and cancel it: who booked, or the visitor.
    #[must_use]
    pub fn belongs_to(&self, phone: &Phone) -> bool {
        self.booked_by.as_ref() == Some(phone) || self.facts.phone == *phone
    }
}

impl Store {
    pub async fn submit(&self, submission: Submission, now: Moment) -> Result<BookingId, StoreError> {
        let Submission { booking, host, booked_by, consent, links, mark } = submission;
        let ready = self.prepare(booking).await?;
        let submit = move |db: &mut Writing<'_>| {
            if let Some(id) = submitted(db, mark)? {
                return Ok(id);
            }
            let id = insert(db, &ready, &host, Some(&booked_by), &consent, now)?;
            links::add(db, id, &notice::approval_asked(ready.booking.facts()), &host, &links, now)?;
            keep_mark(db, mark, id)?;
            Ok(id)
        };
        self.0.writer.write(submit).await
    }

    pub async fn submit_on_behalf(&self, on_behalf: OnBehalf, now: Moment) -> Result<BookingId, StoreError> {
        let OnBehalf { booking, host, consent, issuing, mark } = on_behalf;
        let ready = self.prepare(booking).await?;
        let key = self.key().clone();
        let submit = move |db: &mut Writing<'_>| {
            if let Some(id) = submitted(db, mark)? {
                return Ok(id);
            }
            let id = insert(db, &ready, &host, None, &consent, now)?;
            let by = Approver { number: host.number.clone(), name: host.name.clone(), via: Via::OnBehalf };
            match decisions::settle(db, &key, id, Choice::Approve.on(Revision::FIRST), by, &issuing, now)? {
                Outcome::Decided(_) => {
                    keep_mark(db, mark, id)?;
                    Ok(id)
                }
                // The day ended while the form was on its way: better no booking than one that nobody can decide.
                Outcome::TooLate | Outcome::AlreadyDecided(_) | Outcome::Changed | Outcome::NotFound => {
                    Err(StoreError::Unissuable)
                }
            }
        };
        self.0.writer.write(submit).await
    }

    pub async fn booking(&self, id: BookingId) -> Result<Option<BookingView>, StoreError> {
        let key = self.key().clone();
        self.0.readers.read(move |db| by_id(db, &key, id)).await
    }

    /// Those this phone booked or is to come with, the latest day first.
    pub async fn bookings_of(&self, phone: &Phone) -> Result<Vec<BookingView>, StoreError> {
        let (key, phone) = (self.key().clone(), phone.clone());
        let of = move |db: &Connection| {
            let which =
                "(b.booked_by = ?1 or b.phone = ?1) order by b.day desc, b.from_minute desc, b.id desc limit 200";
            several(db, &key, which, &[&phone.as_str()])
        };
        self.0.readers.read(of).await
    }

    /// Those that wait for the word of this member of staff today, as their host or for one who is away; the next day first.
    pub async fn bookings_waiting_for(
        &self,
        staff: &StaffNumber,
        today: CampusDay,
    ) -> Result<Vec<BookingView>, StoreError> {
        let (key, staff) = (self.key().clone(), staff.clone());
        let waiting = move |db: &Connection| {
            let which = format!("{DECIDES} and b.standing = 'waiting' order by b.day, b.from_minute, b.id limit 500");
            several(db, &key, &which, &[&staff.as_str(), &today.to_string()])
        };
        self.0.readers.read(waiting).await
    }

    /// Those this host has had to decide, the latest day first.
    pub async fn bookings_hosted_by(&self, host: &StaffNumber) -> Result<Vec<BookingView>, StoreError> {
        let (key, host) = (self.key().clone(), host.clone());
        let hosted = move |db: &Connection| {
            let which = "b.host = ?1 and b.standing <> 'waiting'
                order by b.day desc, b.from_minute desc, b.id desc limit 200";
            several(db, &key, which, &[&host.as_str()])
        };
        self.0.readers.read(hosted).await
    }

    /// The slow part, done before the writer is asked: tag and seals.
    pub(super) async fn prepare(&self, booking: Booking) -> Result<Ready, StoreError> {
        let place = self.0.tags.acquire().await.map_err(|_| StoreError::Stopped)?;
        let (document, campus, day) = (booking.document().clone(), booking.facts().campus, booking.facts().day);
        let tag = tokio::task::spawn_blocking(move || DocumentTag::of(&document, campus, day))
            .await
            .map_err(|_| StoreError::Stopped)?
            .ok_or(StoreError::Tag)?;
        drop(place);
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
        Ok(Ready {
            tag,
            document: key.seal(Purpose::Document, document.as_bytes())?,
            index: key.blind_index(booking.document()),
            companions,
            party,
            booking,
        })
    }
}

/// A booking with all that is costly to make of it.
pub(super) struct Ready {
    pub(super) booking: Booking,
    tag: DocumentTag,
    document: Vec<u8>,
    pub(super) index: [u8; 32],
    companions: Option<Vec<u8>>,
    party: Party,
}

pub(super) fn insert(
    db: &Writing<'_>,
    ready: &Ready,
    host: &Staff,
    booked_by: Option<&Phone>,
    consent: &str,
    now: Moment,
) -> Result<BookingId, StoreError> {
    let facts = ready.booking.facts();
    db.prepare_cached(
        "insert into booking (made_at, booked_by, consent, host, campus, day, from_minute, until_minute, visitor, phone, reason,
             companions, plates, document_kind, last_four, document, companion_documents, document_index, document_tag, unnamed,
             standing)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, 'waiting')",
    )?
    .execute(params![
        now.unix_ms(),
        booked_by.map(Phone::as_str),
        consent,
        host.number.as_str(),
        facts.campus.get(),
        facts.day.to_string(),
        facts.from.minutes(),
        facts.until.minutes(),
        facts.visitor.as_str(),
        facts.phone.as_str(),
        facts.reason.as_str(),
        serde_json::to_string(&facts.companions)?,
        serde_json::to_string(&facts.plates)?,
        facts.document_kind.code(),
        facts.last_four.bits(),
        ready.document,
        ready.companions,
        ready.index,
        ready.tag.to_string(),
        facts.unnamed,
    ])?;
    let id = db.last_insert_rowid();
    party::index(db, id, &ready.party)?;
    Ok(BookingId::new(id))
}

/// Has a booking say what is ready, in a new state of its facts. Its host, its standing and who booked it stay.
pub(super) fn rewrite(db: &Writing<'_>, id: BookingId, ready: &Ready, consent: &str) -> Result<(), StoreError> {
    let facts = ready.booking.facts();
    db.prepare_cached(
        "update booking set revision = revision + 1, consent = ?2, campus = ?3, day = ?4, from_minute = ?5, until_minute = ?6,
             visitor = ?7, phone = ?8, reason = ?9, companions = ?10, plates = ?11, document_kind = ?12, last_four = ?13,
             document = ?14, companion_documents = ?15, document_index = ?16, document_tag = ?17
         where id = ?1 and standing in ('waiting', 'approved')",
    )?
    .execute(params![
        id.get(),
        consent,
        facts.campus.get(),
        facts.day.to_string(),
        facts.from.minutes(),
        facts.until.minutes(),
        facts.visitor.as_str(),
        facts.phone.as_str(),
        facts.reason.as_str(),
        serde_json::to_string(&facts.companions)?,
        serde_json::to_string(&facts.plates)?,
        facts.document_kind.code(),
        facts.last_four.bits(),
        ready.document,
        ready.companions,
        ready.index,
        ready.tag.to_string(),
    ])?;
    party::forget(db, id.get())?;
    party::index(db, id.get(), &ready.party)
}

/// The booking that this very form has become already.
fn submitted(db: &Connection, mark: Option<[u8; 32]>) -> Result<Option<BookingId>, StoreError> {
    let Some(mark) = mark else { return Ok(None) };
    let mut select = db.prepare_cached("select booking from submitted where mark = ?1")?;
    Ok(select.query_row([mark], |row| row.get(0)).optional()?.map(BookingId::new))
}

fn keep_mark(db: &Connection, mark: Option<[u8; 32]>, id: BookingId) -> Result<(), StoreError> {
    if let Some(mark) = mark {
        db.prepare_cached("insert into submitted (mark, booking) values (?1, ?2)")?.execute(params![mark, id.get()])?;
    }
    Ok(())
}

pub(super) fn by_id(db: &Connection, key: &IdentityKey, id: BookingId) -> Result<Option<BookingView>, StoreError> {
    Ok(several(db, key, "b.id = ?1", &[&id.get()])?.pop())
}

/// Made anonymous, a booking is nobody's any more and is not found.
pub(super) fn several(
    db: &Connection,
    key: &IdentityKey,
    which: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<BookingView>, StoreError> {
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
        bookings.push(booking_rows::view(row, key)?);
    }
    Ok(bookings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::office_days::{Office, form, today, with_companions};

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
        assert_eq!(ids(store.bookings_waiting_for(host, today()).await.unwrap()), [first, second]);
        store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(2), office.now).await.unwrap();
        assert_eq!(ids(store.bookings_waiting_for(host, today()).await.unwrap()), [first]);
        assert_eq!(ids(store.bookings_hosted_by(host).await.unwrap()), [second]);
        let phone = Phone::parse(&form().phone).unwrap();
        assert_eq!(ids(store.bookings_of(&phone).await.unwrap()), [second, first]);
        assert_eq!(ids(store.bookings_of(&office.host.phone).await.unwrap()), []);
    }

    #[tokio::test]
    async fn on_behalf_is_booked_approved_and_issued_in_one() {
        let office = Office::with_host().await;
        let typed = crate::office::BookingForm { phone: "+85291234567".to_owned(), ..form() };
        let booking = typed.check_on_behalf(&office.rules(), office.now).unwrap();
        let on_behalf = OnBehalf {
            booking,
            host: office.host.clone(),
            consent: "1".to_owned(),
            issuing: office.issuing(1),
            mark: None,
        };
        let id = office.store.submit_on_behalf(on_behalf, office.now).await.unwrap();
        let view = office.store.booking(id).await.unwrap().unwrap();
        assert!(matches!(&view.standing, Standing::Approved { by, .. } if by.via == Via::OnBehalf));
        assert!(view.pass.is_some());
        assert_eq!(view.booked_by, None);
        assert_eq!(office.look("select count(*) from feed"), 1);
        assert_eq!(office.look("select count(*) from approval_link"), 0);
        // An SMS does not reach a foreign number; the host hands the link on.
        assert_eq!(office.look("select count(*) from notice"), 0);
    }
}
