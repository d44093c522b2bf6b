//! Forms on their way to be bookings: the host looked for, the booking with its links and notices, and what the form was until then,
//! all in one transaction; a form that comes twice is one booking.

use std::net::IpAddr;

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{identity::Phone, ids::BookingId, time::Moment};

use super::{
    BookingLimit, HostLinks, InvitationToken, Issuing, Outcome, Store, StoreError, bookings, decisions, drafts,
    host_search::{self, HostSearch},
    links, notices,
    writer::Writing,
};
use crate::office::{
    Approver, Booking, BookingLimits, Channel, Choice, Revision, Staff, Via,
    notice::{self, Message},
};

/// The form that a booking was.
#[derive(Debug, Clone)]
pub struct Sent {
    pub id: String,
    /// What a repeat of the same form is known by; see [`BookingForm::mark`](crate::office::BookingForm::mark).
    pub mark: Option<[u8; 32]>,
}

/// A visitor's booking on its way in.
#[derive(Debug)]
pub struct Submission {
    pub booking: Booking,
    /// By whose link it was filled in; without one the booking itself says whom it asks for.
    pub invitation: Option<InvitationToken>,
    /// Who is signed in, and from where.
    pub by: (Phone, IpAddr),
    pub limits: BookingLimits,
    /// The version of the notice on personal data that was agreed to.
    pub notice: &'static str,
    pub links: HostLinks,
    pub form: Sent,
}

/// What came of it. Whoever is not booked has asked for a host, and that was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    Booked(BookingId),
    /// Nobody answers to everything that was said of the host, or several do.
    HostUnknown,
    InvitationOver,
    Limited {
        why: BookingLimit,
        retry_at: Moment,
    },
}

/// A host's booking for a visitor: made and approved in one.
#[derive(Debug)]
pub struct OnBehalf {
    pub booking: Booking,
    pub host: Staff,
    pub limits: BookingLimits,
    pub notice: &'static str,
    pub issuing: Issuing,
    pub form: Sent,
}

impl Store {
    pub async fn submit(&self, submission: Submission, now: Moment) -> Result<Submitted, StoreError> {
        let Submission { booking, invitation, by: (phone, address), limits, notice, links, form } = submission;
        let (ready, together) = (self.prepare(booking)?, self.together());
        let submit = move |db: &mut Writing<'_>| {
            if let Some(id) = submitted(db, &form)? {
                return Ok(Submitted::Booked(id));
            }
            let searched = match (&invitation, ready.booking.host()) {
                (Some(invitation), _) => host_search::invited(db, invitation, &phone, limits, now)?,
                (None, Some(asked)) => host_search::search(db, asked, &phone, address, limits, now)?,
                // A form that is right has one of them.
                (None, None) => HostSearch::Unknown,
            };
            let host = match searched {
                HostSearch::Found(host) => host,
                HostSearch::Unknown if invitation.is_some() => return Ok(Submitted::InvitationOver),
                HostSearch::Unknown => return Ok(Submitted::HostUnknown),
                HostSearch::Limited { why, retry_at } => return Ok(Submitted::Limited { why, retry_at }),
            };
            let id = bookings::insert(db, &ready, &host, (Some(&phone), notice), now)?;
            let facts = ready.booking.facts();
            links::add(db, id, (&notice::approval_asked(facts, facts.phone != phone), together), &host, &links, now)?;
            // Only who is signed in with this phone: nobody's phone is to be written to by who merely knows it.
            if facts.phone == phone {
                tell_visitor(db, id, &phone, &notice::submitted(facts, &host), now)?;
            }
            keep_mark(db, &form, id)?;
            drafts::sent(db, &phone, false, &form.id)?;
            Ok(Submitted::Booked(id))
        };
        self.0.writer.write(submit).await
    }

    pub async fn submit_on_behalf(&self, on_behalf: OnBehalf, now: Moment) -> Result<Submitted, StoreError> {
        let OnBehalf { booking, host, limits, notice, issuing, form } = on_behalf;
        let (sent, phone) = (form.clone(), host.phone.clone());
        let known = self.0.readers.look(move |db| known_on_behalf(db, &sent, &phone, limits, now)).await?;
        if let Some(known) = known {
            return Ok(known);
        }
        let facts = booking.facts();
        let tag = self.tag(booking.document().clone(), facts.campus, facts.day).await?;
        let ready = self.prepare(booking)?;
        let key = self.key().clone();
        let submit = move |db: &mut Writing<'_>| {
            if let Some(id) = submitted(db, &form)? {
                return Ok(Submitted::Booked(id));
            }
            if let Some(retry_at) = host_search::count_on_behalf(db, &host.phone, limits, now)? {
                return Ok(Submitted::Limited { why: BookingLimit::Bookings, retry_at });
            }
            let id = bookings::insert(db, &ready, &host, (None, notice), now)?;
            decisions::keep_tag(db, id, Revision::FIRST, &tag)?;
            let by = Approver { number: host.number.clone(), name: host.name.clone(), via: Via::OnBehalf };
            match decisions::settle(db, &key, id, Choice::Approve.on(Revision::FIRST), by, &issuing, now)? {
                Outcome::Decided(_) => {
                    keep_mark(db, &form, id)?;
                    drafts::sent(db, &host.phone, true, &form.id)?;
                    Ok(Submitted::Booked(id))
                }
                // The day ended while the form was on its way: better no booking than one that nobody can decide.
                Outcome::TooLate | Outcome::AlreadyDecided(_) | Outcome::Changed | Outcome::NotFound => {
                    Err(StoreError::Unissuable)
                }
            }
        };
        self.0.writer.write(submit).await
    }
}

fn tell_visitor(
    db: &mut Writing<'_>,
    id: BookingId,
    phone: &Phone,
    message: &Message,
    now: Moment,
) -> Result<(), StoreError> {
    let path = format!("/bookings/{id}");
    let (to, path) = (phone.as_str(), Some(path.as_str()));
    notices::add(db, &notices::New { booking: Some(id), channel: Channel::Sms, to, message, path }, now)?;
    Ok(())
}

/// The booking that this very form has become already.
fn submitted(db: &Connection, form: &Sent) -> Result<Option<BookingId>, StoreError> {
    let Some(mark) = form.mark else { return Ok(None) };
    let mut select = db.prepare_cached(
        "select s.booking from submitted s join booking b on b.id = s.booking where s.mark = ?1 and not b.anonymous",
    )?;
    Ok(select.query_row([mark], |row| row.get(0)).optional()?.map(BookingId::new))
}

/// What a host's form is before its document's long tag is computed: a booking already, or one too many.
fn known_on_behalf(
    db: &Connection,
    form: &Sent,
    host: &Phone,
    limits: BookingLimits,
    now: Moment,
) -> Result<Option<Submitted>, StoreError> {
    if let Some(id) = submitted(db, form)? {
        return Ok(Some(Submitted::Booked(id)));
    }
    let retry_at = host_search::on_behalf_again_at(db, host, limits, now)?;
    Ok(retry_at.map(|retry_at| Submitted::Limited { why: BookingLimit::Bookings, retry_at }))
}

fn keep_mark(db: &Connection, form: &Sent, id: BookingId) -> Result<(), StoreError> {
    if let Some(mark) = form.mark {
        db.prepare_cached("insert or replace into submitted (mark, booking) values (?1, ?2)")?
            .execute(params![mark, id.get()])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Config,
        office::{BookingForm, Standing},
        store::office_days::{Office, form},
    };

    #[tokio::test]
    async fn on_behalf_is_booked_approved_and_issued_in_one() {
        let office = Office::with_host().await;
        let typed = BookingForm { phone: "+85291234567".to_owned(), ..form() };
        let booking = typed.check_on_behalf(&office.rules(), office.now).unwrap();
        let on_behalf = OnBehalf {
            booking,
            host: office.host.clone(),
            limits: Config::default().booking.limits(),
            notice: "1",
            issuing: office.issuing(1),
            form: Sent { id: String::new(), mark: None },
        };
        let Submitted::Booked(id) = office.store.submit_on_behalf(on_behalf, office.now).await.unwrap() else {
            panic!("it is booked")
        };
        let view = office.store.booking(id).await.unwrap().unwrap();
        assert!(matches!(&view.standing, Standing::Approved { by, .. } if by.via == Via::OnBehalf));
        assert!(view.pass.is_some());
        assert_eq!(view.booked_by, None);
        assert_eq!(office.look("select count(*) from feed"), 1);
        assert_eq!(office.look("select count(*) from approval_link"), 0);
        // An SMS does not reach a foreign number; the host hands the link on.
        assert_eq!(office.look("select count(*) from notice"), 0);
    }

    #[tokio::test]
    async fn a_form_that_comes_twice_is_one_booking_and_counts_once() {
        let office = Office::with_host().await;
        let typed = BookingForm { form_id: "a".repeat(32), ..form() };
        let (first, _) = office.submit(&typed, 1).await;
        assert_eq!(office.submit(&typed, 2).await.0, first);
        let on_behalf = || OnBehalf {
            booking: typed.check_on_behalf(&office.rules(), office.now).unwrap(),
            host: office.host.clone(),
            limits: Config::default().booking.limits(),
            notice: "1",
            issuing: office.issuing(1),
            form: Sent { id: typed.form_id.clone(), mark: Some([1; 32]) },
        };
        let made = office.store.submit_on_behalf(on_behalf(), office.now).await.unwrap();
        assert_eq!(office.store.submit_on_behalf(on_behalf(), office.now).await.unwrap(), made);
        for what in ["booking", "booking_on_behalf"] {
            assert_eq!(office.look(&format!("select count(*) from attempt where what = '{what}'")), 1, "{what}");
        }
        // Erased, it is no booking any more, and the form may become one again.
        let visitor = Phone::parse(&form().phone).unwrap();
        let tomorrow = crate::store::office_days::today().plus_days(1).at_minute(1);
        office.store.erase_mine(&visitor, tomorrow).await.unwrap();
        assert!(office.submit(&typed, 3).await.0 != first);
    }
}
