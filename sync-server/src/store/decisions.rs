//! Decisions and endings: one conditional write each, with all that follows from it.
//!
//! The rules are the office's; here they are asked inside the transaction, so that of two hosts, or one host on two channels,
//! exactly one is first. The `where standing = …` of each update repeats the question to the database, which does not err.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{
    identity::{Document, DocumentTag, Phone},
    ids::{BookingId, CampusId, PassId},
    pass::ShortCode,
    sync::change::WalkInOutcome,
    time::{CampusDay, Moment},
};

use super::{
    BookingView, IdentityKey, Issuing, LinkToken, Store, StoreError, bookings, changes, deputies, links, notices,
    passes, settled, token::KnownLink, walk_ins, writer::Writing,
};
use crate::office::{
    Approver, Channel, Choice, Decided, Ending, Revision, RevokedBy, Staff, Standing, Via, Word, decide,
    notice::{self, Message},
    revocation,
};

/// What came of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is the decision: the booking stands like this now.
    Decided(Standing),
    /// Somebody was first, or the visitor withdrew.
    AlreadyDecided(Standing),
    /// The visitor has changed the booking since it was looked at: it is to be looked at again.
    Changed,
    /// The day of the visit is over.
    TooLate,
    /// There is no such link, or the booking is not theirs to decide.
    NotFound,
}

/// What is to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Booking(BookingId),
    Pass(PassId),
}

/// What came of ending a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndOutcome {
    Ended(Standing),
    AlreadyEnded(Standing),
    NotTheirs,
    NotFound,
}

impl Store {
    /// By an approval link.
    pub async fn decide(
        &self,
        link: &LinkToken,
        word: Word,
        issuing: Issuing,
        now: Moment,
    ) -> Result<Outcome, StoreError> {
        let link = link.known();
        self.decided(word, issuing, now, move |db, key| by_link(db, key, link, now)).await
    }

    /// On the host's own page, by the host or who stands in for them.
    pub async fn decide_signed_in(
        &self,
        booking: BookingId,
        by: &Staff,
        word: Word,
        issuing: Issuing,
        now: Moment,
    ) -> Result<Outcome, StoreError> {
        let by = by.clone();
        self.decided(word, issuing, now, move |db, key| by_staff(db, key, booking, &by, now)).await
    }

    /// By the visitor, or whoever booked.
    pub async fn cancel(&self, booking: BookingId, phone: &Phone, now: Moment) -> Result<EndOutcome, StoreError> {
        let (phone, key) = (phone.clone(), self.key().clone());
        let cancel = move |db: &mut Writing<'_>| match bookings::by_id(db, &key, booking)? {
            Some(view) if !view.belongs_to(&phone) => Ok(EndOutcome::NotFound),
            // What has taken place is not undone.
            Some(view) if now >= view.facts.over_at() => Ok(EndOutcome::AlreadyEnded(view.standing)),
            Some(view) => {
                // A change of it that still waits is wanted no more than the visit itself.
                let waiting =
                    view.successor.map(|successor| bookings::by_id(db, &key, successor)).transpose()?.flatten();
                let is_wanted =
                    |change: &BookingView| change.standing == Standing::Waiting && now < change.facts.over_at();
                if let Some(change) = waiting.filter(is_wanted) {
                    end(db, &change, RevokedBy::Visitor, now)?;
                }
                end(db, &view, RevokedBy::Visitor, now)
            }
            None => Ok(EndOutcome::NotFound),
        };
        self.0.writer.write(cancel).await
    }

    /// By the host or a security officer.
    pub async fn revoke(&self, target: Target, by: RevokedBy, now: Moment) -> Result<EndOutcome, StoreError> {
        let key = self.key().clone();
        let revoke = move |db: &mut Writing<'_>| {
            let booking = match target {
                Target::Booking(booking) => Some(booking),
                Target::Pass(pass) => db
                    .query_row("select booking from pass where id = ?1", [pass.as_bytes()], |row| row.get(0))
                    .optional()?
                    .map(BookingId::new),
            };
            let Some(booking) = booking else { return Ok(EndOutcome::NotFound) };
            let host_asks = matches!(by, RevokedBy::Host { .. });
            match bookings::by_id(db, &key, booking)? {
                Some(view) if host_asks && now >= view.facts.over_at() => Ok(EndOutcome::AlreadyEnded(view.standing)),
                Some(view) => end(db, &view, by.clone(), now),
                None => Ok(EndOutcome::NotFound),
            }
        };
        self.0.writer.write_first(revoke).await
    }
}

/// A booking, and who would decide it.
type Asked = Option<(BookingView, Approver)>;

fn by_link(db: &Connection, key: &IdentityKey, link: KnownLink, now: Moment) -> Result<Asked, StoreError> {
    let Some(found) = links::find(db, link)? else { return Ok(None) };
    let Some(view) = bookings::by_id(db, key, found.booking)? else { return Ok(None) };
    let Some(holder) = links::holder(db, &found, &view.host.number, CampusDay::of(now))? else { return Ok(None) };
    let by = Approver { number: holder.number, name: holder.name, via: Via::Link(found.channel) };
    Ok(Some((view, by)))
}

fn by_staff(
    db: &Connection,
    key: &IdentityKey,
    booking: BookingId,
    staff: &Staff,
    now: Moment,
) -> Result<Asked, StoreError> {
    let Some(view) = bookings::by_id(db, key, booking)? else { return Ok(None) };
    let host = &view.host.number;
    if staff.number != *host && !deputies::stands_in(db, &staff.number, host, CampusDay::of(now))? {
        return Ok(None);
    }
    let by = Approver { number: staff.number.clone(), name: staff.name.clone(), via: Via::SignedIn };
    Ok(Some((view, by)))
}

impl Store {
    /// `who` is asked before the costly part, so that it is spent on nobody who may not decide, and again in the transaction.
    async fn decided(
        &self,
        word: Word,
        issuing: Issuing,
        now: Moment,
        who: impl Fn(&Connection, &IdentityKey) -> Result<Asked, StoreError> + Clone + Send + 'static,
    ) -> Result<Outcome, StoreError> {
        let tag = self.tag_for(&word, who.clone()).await?;
        let key = self.key().clone();
        let decide = move |db: &mut Writing<'_>| {
            let Some((view, by)) = who(db, &key)? else { return Ok(Outcome::NotFound) };
            if let Some(tag) = &tag {
                keep_tag(db, view.id, word.seen, tag)?;
            }
            settle(db, &key, view.id, word.clone(), by, &issuing, now)
        };
        self.0.writer.write(decide).await
    }

    /// What a yes needs and a no does not. None where there is nothing to say yes to, which the decision will tell.
    async fn tag_for(
        &self,
        word: &Word,
        who: impl FnOnce(&Connection, &IdentityKey) -> Result<Asked, StoreError> + Send + 'static,
    ) -> Result<Option<DocumentTag>, StoreError> {
        if !matches!(word.choice, Choice::Approve) {
            return Ok(None);
        }
        let (key, seen) = (self.key().clone(), word.seen);
        let look = move |db: &Connection| {
            let Some((view, _)) = who(db, &key)? else { return Ok(None) };
            if view.standing != Standing::Waiting || view.revision != seen {
                return Ok(None);
            }
            Ok(changes::document(db, &key, view.id)?.map(|document| (view, document)))
        };
        let Some((view, document)) = self.0.readers.look(look).await? else { return Ok(None) };
        Ok(Some(self.tag(document, view.facts.campus, view.facts.day).await?))
    }

    /// What a terminal compares a card with: slow on purpose, so it is made before the writer is asked, and for none that nobody
    /// approves.
    pub(super) async fn tag(
        &self,
        document: Document,
        campus: CampusId,
        day: CampusDay,
    ) -> Result<DocumentTag, StoreError> {
        let place = Arc::clone(&self.0.tags).acquire_owned().await.map_err(|_| StoreError::Stopped)?;
        let made = tokio::task::spawn_blocking(move || {
            let tag = DocumentTag::of(&document, campus, day);
            // Also when nobody waits for it any more.
            drop(place);
            tag
        });
        made.await.map_err(|_| StoreError::Stopped)?.ok_or(StoreError::Tag)
    }
}

/// For the booking in this state alone: in another it may have another document or day, and a decision on this one is refused.
pub(super) fn keep_tag(
    db: &Writing<'_>,
    booking: BookingId,
    revision: Revision,
    tag: &DocumentTag,
) -> Result<(), StoreError> {
    db.prepare_cached("update booking set document_tag = ?3 where id = ?1 and revision = ?2 and standing = 'waiting'")?
        .execute(params![booking.get(), revision.get(), tag.to_string()])?;
    Ok(())
}

/// Decides a booking inside a transaction, with pass, feed and notice.
pub(super) fn settle(
    db: &mut Writing<'_>,
    key: &IdentityKey,
    booking: BookingId,
    word: Word,
    by: Approver,
    issuing: &Issuing,
    now: Moment,
) -> Result<Outcome, StoreError> {
    let Some(view) = bookings::by_id(db, key, booking)? else { return Ok(Outcome::NotFound) };
    if view.standing == Standing::Waiting && now >= view.facts.over_at() {
        return Ok(Outcome::TooLate);
    }
    let standing = match decide(booking, (view.standing.clone(), view.revision), word, by, now) {
        Decided::AlreadyDecided(standing) => return Ok(Outcome::AlreadyDecided(standing)),
        Decided::Changed => return Ok(Outcome::Changed),
        Decided::Approved(approved) => {
            let standing = approved.standing();
            keep(db, booking, &standing)?;
            passes::issue(db, key, &approved, (&view.facts, &view.host), issuing, now)?;
            if let Some(replaced) = view.replaces {
                make_way(db, key, replaced, now)?;
            }
            let path = format!("/pass/{}", issuing.page.text());
            walk_ins::decided(db, booking, WalkInOutcome::Approved { pass: issuing.pass })?;
            let message = notice::approved(&view.facts, &view.host, ShortCode::of(issuing.pass));
            tell_visitor(db, &view, &message, Some(&path), now)?;
            standing
        }
        Decided::Declined(declined) => {
            let standing = declined.standing();
            keep(db, booking, &standing)?;
            let reason = match &standing {
                Standing::Declined { reason, .. } => reason.as_ref(),
                Standing::Waiting
                | Standing::Approved { .. }
                | Standing::Cancelled { .. }
                | Standing::Revoked { .. } => None,
            };
            walk_ins::decided(db, booking, WalkInOutcome::Declined)?;
            let message = notice::declined(&view.facts, &view.host, reason);
            tell_visitor(db, &view, &message, None, now)?;
            standing
        }
    };
    settled::tell(db, &view, &standing, now)?;
    Ok(Outcome::Decided(standing))
}

/// The booking whose place another has taken ends with its pass, and nobody need be told twice.
fn make_way(db: &mut Writing<'_>, key: &IdentityKey, replaced: BookingId, now: Moment) -> Result<(), StoreError> {
    match bookings::by_id(db, key, replaced)? {
        Some(old) if matches!(old.standing, Standing::Approved { .. }) => {
            keep(db, old.id, &Standing::Cancelled { at: now })?;
            passes::end(db, old.id.get(), now)
        }
        Some(_) | None => Ok(()),
    }
}

pub(super) fn end(
    db: &mut Writing<'_>,
    view: &BookingView,
    by: RevokedBy,
    now: Moment,
) -> Result<EndOutcome, StoreError> {
    let standing = match revocation::end(view.standing.clone(), &view.host.number, by, now) {
        Ending::Ends(standing) => standing,
        Ending::NotTheirs => return Ok(EndOutcome::NotTheirs),
        Ending::AlreadyEnded(standing) => return Ok(EndOutcome::AlreadyEnded(standing)),
    };
    keep(db, view.id, &standing)?;
    if view.standing == Standing::Waiting {
        walk_ins::decided(db, view.id, WalkInOutcome::Declined)?;
        settled::tell(db, view, &standing, now)?;
    }
    passes::end(db, view.id.get(), now)?;
    match &standing {
        Standing::Cancelled { .. } => {
            tell_host(db, view, &notice::cancelled(&view.facts), now)?;
        }
        Standing::Revoked { by, .. } => {
            let message = notice::revoked(&view.facts, &view.host);
            let is_told = tell_visitor(db, view, &message, None, now)?;
            if let RevokedBy::Host { number, name } = by
                && *number != view.host.number
            {
                let message = notice::revoked_by_deputy(&view.facts, name, is_told);
                tell_host(db, view, &message, now)?;
            }
        }
        Standing::Waiting | Standing::Approved { .. } | Standing::Declined { .. } => {}
    }
    Ok(EndOutcome::Ended(standing))
}

/// Writes the new standing, if the booking still stands where such a one may follow.
fn keep(db: &Writing<'_>, booking: BookingId, standing: &Standing) -> Result<(), StoreError> {
    let id = booking.get();
    let name = standing.name();
    let changed = match standing {
        Standing::Waiting => 0,
        Standing::Approved { by, at } => decided(db, id, name, by, *at, None)?,
        Standing::Declined { by, at, reason } => {
            decided(db, id, name, by, *at, reason.as_ref().map(crate::office::Reason::as_str))?
        }
        Standing::Cancelled { at } => ended(db, id, name, &RevokedBy::Visitor, *at)?,
        Standing::Revoked { by, at } => ended(db, id, name, by, *at)?,
    };
    if changed == 1 { Ok(()) } else { Err(StoreError::Stored { what: "standing" }) }
}

fn decided(
    db: &Writing<'_>,
    id: i64,
    name: &str,
    by: &Approver,
    at: Moment,
    reason: Option<&str>,
) -> Result<usize, rusqlite::Error> {
    db.prepare_cached(
        "update booking set standing = ?1, decided_at = ?2, decided_number = ?3, decided_name = ?4, decided_via = ?5,
             decline_reason = ?6
         where id = ?7 and standing = 'waiting'",
    )?
    .execute(params![name, at.unix_ms(), by.number.as_str(), by.name.as_str(), by.via.name(), reason, id])
}

fn ended(db: &Writing<'_>, id: i64, name: &str, by: &RevokedBy, at: Moment) -> Result<usize, rusqlite::Error> {
    let (number, person, reason) = match by {
        RevokedBy::Visitor => (None, None, None),
        RevokedBy::Host { number, name } => (Some(number.as_str()), Some(name.as_str()), None),
        RevokedBy::Officer { reason } => (None, None, Some(reason.as_str())),
    };
    db.prepare_cached(
        "update booking set standing = ?1, ended_at = ?2, ended_by = ?3, ended_number = ?4, ended_name = ?5, ended_reason = ?6
         where id = ?7 and standing in ('waiting', 'approved')",
    )?
    .execute(params![name, at.unix_ms(), by.name(), number, person, reason, id])
}

fn tell_host(db: &mut Writing<'_>, view: &BookingView, message: &Message, now: Moment) -> Result<(), StoreError> {
    let to = view.host.address(Channel::Sms);
    let notice = notices::New { booking: Some(view.id), channel: Channel::Sms, to, message, path: None };
    notices::add(db, &notice, now)?;
    Ok(())
}

/// By SMS, where an SMS can reach. Whether it does.
pub(super) fn tell_visitor(
    db: &mut Writing<'_>,
    view: &BookingView,
    message: &Message,
    path: Option<&str>,
    now: Moment,
) -> Result<bool, StoreError> {
    if !view.reaches_the_visitor() {
        return Ok(false);
    }
    let to = view.facts.phone.as_str();
    let notice = notices::New { booking: Some(view.id), channel: Channel::Sms, to, message, path };
    notices::add(db, &notice, now)?;
    Ok(true)
}

#[cfg(test)]
mod tests;
