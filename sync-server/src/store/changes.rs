//! Changes of a booking by who made it: at once while the host has not decided, and as far as the host need not be asked again; else
//! as a new booking that takes the old one's place once it is approved.
//!
//! How much is changed is asked inside the transaction, of what stands there then: a form may have been filled in while the host
//! decided.

use rusqlite::{Connection, params};
use shared::{
    identity::{Document, Phone},
    ids::BookingId,
    time::Moment,
};

use super::{
    BookingView, HostLinks, IdentityKey, Issuing, Store, StoreError,
    attempts::{self, By, Counted},
    bookings,
    bookings::Ready,
    decisions, links, notices, passes,
    sealing::Purpose,
    writer::Writing,
};
use crate::office::{
    Approved, Booking, BookingForm, BookingLimits, Channel, Companion, Standing,
    change::{Extent, Stated, extent},
    notice,
};

/// What a booking is to say from now on.
#[derive(Debug)]
pub struct Changing {
    pub booking: Booking,
    /// Who is signed in; only who booked may change.
    pub by: Phone,
    /// The version of the notice on personal data that was agreed to.
    pub notice: &'static str,
    /// Should the host have to decide anew.
    pub links: HostLinks,
    /// For the campus that it says, should the pass stay.
    pub issuing: Issuing,
    pub limits: BookingLimits,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It says so already.
    Nothing,
    /// The host sees it when they decide.
    WhileWaiting(BookingId),
    /// The pass says so, and the host is told.
    AtOnce,
    /// This new booking waits for the host, who is asked; until then the old one stands.
    Asked(BookingId),
    /// Every change that the host is told of counts as a booking does.
    Limited {
        retry_at: Moment,
    },
    /// It has ended, or its day is over.
    TooLate,
    NotFound,
}

/// A booking, and the form that would say it.
#[derive(Debug, Clone)]
pub struct Said {
    pub view: BookingView,
    pub form: BookingForm,
}

impl Store {
    /// A booking as its own form, for who may cancel it. The document's number is in it for who booked, while it is kept.
    pub async fn booking_said(&self, id: BookingId, phone: &Phone) -> Result<Option<Said>, StoreError> {
        let (key, phone) = (self.key().clone(), phone.clone());
        let said = move |db: &Connection| {
            let view = bookings::by_id(db, &key, id)?.filter(|view| view.belongs_to(&phone));
            let Some(view) = view else { return Ok(None) };
            let opened = if view.booked_by.as_ref() == Some(&phone) { opened(db, &key, &view)? } else { None };
            let form = match &opened {
                Some(Opened { document, companions }) => BookingForm::of(&view.facts, Some(document), companions),
                None => BookingForm::of(&view.facts, None, &unproven(&view)),
            };
            Ok(Some(Said { view, form }))
        };
        self.0.readers.look(said).await
    }

    pub async fn change_booking(&self, id: BookingId, changing: Changing, now: Moment) -> Result<Changed, StoreError> {
        let Changing { booking, by, notice: agreed, links, issuing, limits } = changing;
        let ready = self.prepare(booking)?;
        let (key, together) = (self.key().clone(), self.together());
        let change = move |db: &mut Writing<'_>| {
            let view = bookings::by_id(db, &key, id)?.filter(|view| view.booked_by.as_ref() == Some(&by));
            let Some(view) = view else { return Ok(Changed::NotFound) };
            if now >= view.facts.over_at() {
                return Ok(Changed::TooLate);
            }
            let Some(extent) = extent_of(db, &key, &view, &ready)? else { return Ok(Changed::TooLate) };
            let Some(approved) = Approved::from_store(id, &view.standing) else {
                return match (view.standing, extent) {
                    (Standing::Waiting, Extent::Nothing) => Ok(Changed::Nothing),
                    (Standing::Waiting, Extent::Small | Extent::Large) => {
                        while_waiting(db, id, (&ready, agreed), (&by, &limits), now)
                    }
                    _ => Ok(Changed::TooLate),
                };
            };
            if extent == Extent::Nothing {
                return Ok(Changed::Nothing);
            }
            if extent == Extent::Large
                && let Some(asked) = waiting_successor(db, &key, &view, now)?
            {
                // The same once more is no news to the host.
                return match extent_of(db, &key, &asked, &ready)? {
                    Some(Extent::Nothing) => Ok(Changed::WhileWaiting(asked.id)),
                    Some(Extent::Small | Extent::Large) | None => {
                        while_waiting(db, asked.id, (&ready, agreed), (&by, &limits), now)
                    }
                };
            }
            let phone = By::Phone(&by);
            if let Some(retry_at) = attempts::again_at(db, Counted::Booking, phone, limits.per_phone, now)? {
                return Ok(Changed::Limited { retry_at });
            }
            attempts::count(db, Counted::Booking, phone, now)?;
            match extent {
                Extent::Nothing => Ok(Changed::Nothing),
                Extent::Small => {
                    at_once(db, &key, &view, &approved, (&ready, agreed), &issuing, now)?;
                    Ok(Changed::AtOnce)
                }
                Extent::Large => {
                    let new = bookings::insert(db, &ready, &view.host, (Some(&by), agreed), now)?;
                    db.prepare_cached("update booking set replaces = ?2 where id = ?1")?
                        .execute(params![new.get(), id.get()])?;
                    let message = notice::change_asked(ready.booking.facts());
                    links::add(db, new, (&message, together), &view.host, &links, now)?;
                    Ok(Changed::Asked(new))
                }
            }
        };
        self.0.writer.write(change).await
    }
}

fn while_waiting(
    db: &mut Writing<'_>,
    id: BookingId,
    (ready, agreed): (&Ready, &str),
    (by, limits): (&Phone, &BookingLimits),
    now: Moment,
) -> Result<Changed, StoreError> {
    let phone = By::Phone(by);
    if let Some(retry_at) = attempts::again_at(db, Counted::Change, phone, limits.per_phone, now)? {
        return Ok(Changed::Limited { retry_at });
    }
    attempts::count(db, Counted::Change, phone, now)?;
    bookings::rewrite(db, id, ready, agreed, now)?;
    Ok(Changed::WhileWaiting(id))
}

fn at_once(
    db: &mut Writing<'_>,
    key: &IdentityKey,
    view: &BookingView,
    approved: &Approved,
    (ready, agreed): (&Ready, &str),
    issuing: &Issuing,
    now: Moment,
) -> Result<(), StoreError> {
    let was_watched = passes::brings_watched(db, view.id)?;
    bookings::rewrite(db, view.id, ready, agreed, now)?;
    let facts = ready.booking.facts();
    passes::reissue(db, key, approved, (facts, &view.host), issuing, was_watched)?;
    let notice = notices::New {
        booking: Some(view.id),
        channel: Channel::Sms,
        to: view.host.address(Channel::Sms),
        message: &notice::changed(facts),
        path: None,
    };
    notices::add(db, &notice, now)?;
    decisions::tell_visitor(db, view, &notice::changed_for_visitor(facts, &view.host), None, now)?;
    Ok(())
}

/// The booking that already asks to take this one's place.
fn waiting_successor(
    db: &Connection,
    key: &IdentityKey,
    view: &BookingView,
    now: Moment,
) -> Result<Option<BookingView>, StoreError> {
    let Some(successor) = view.successor else { return Ok(None) };
    let successor = bookings::by_id(db, key, successor)?;
    Ok(successor.filter(|one| one.standing == Standing::Waiting && now < one.facts.over_at()))
}

/// How much would be changed; `None` when the numbers are forgotten already, which is after the day.
fn extent_of(
    db: &Connection,
    key: &IdentityKey,
    view: &BookingView,
    ready: &Ready,
) -> Result<Option<Extent>, StoreError> {
    let Some(Opened { document, companions }) = opened(db, key, view)? else { return Ok(None) };
    let stated = Stated { facts: &view.facts, document: &document, companions: &companions };
    Ok(Some(extent(stated, &ready.booking)))
}

struct Opened {
    document: Document,
    companions: Vec<Companion>,
}

fn opened(db: &Connection, key: &IdentityKey, view: &BookingView) -> Result<Option<Opened>, StoreError> {
    type Sealed = (Option<Vec<u8>>, Option<Vec<u8>>);
    let (document, companions): Sealed = db
        .prepare_cached("select document, companion_documents from booking where id = ?1")?
        .query_row([view.id.get()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some(document) = document else { return Ok(None) };
    let document = document_in(key, &document)?;
    let companions = match companions {
        None => unproven(view),
        Some(sealed) => {
            let documents: Vec<Option<Document>> = serde_json::from_slice(&key.open(Purpose::Companions, &sealed)?)?;
            let named = view.facts.companions.iter().cloned().zip(documents);
            named.map(|(name, document)| Companion { name, document }).collect()
        }
    };
    Ok(Some(Opened { document, companions }))
}

/// The visitor's document; `None` once it is forgotten.
pub(super) fn document(db: &Connection, key: &IdentityKey, id: BookingId) -> Result<Option<Document>, StoreError> {
    let sealed: Option<Vec<u8>> =
        db.prepare_cached("select document from booking where id = ?1")?.query_row([id.get()], |row| row.get(0))?;
    sealed.map(|sealed| document_in(key, &sealed)).transpose()
}

fn document_in(key: &IdentityKey, sealed: &[u8]) -> Result<Document, StoreError> {
    let opened = key.open(Purpose::Document, sealed)?;
    let document = std::str::from_utf8(&opened).ok().and_then(|text| Document::try_from(text.to_owned()).ok());
    document.ok_or(StoreError::Stored { what: "document" })
}

fn unproven(view: &BookingView) -> Vec<Companion> {
    view.facts.companions.iter().map(|name| Companion { name: name.clone(), document: None }).collect()
}

#[cfg(test)]
mod tests;
