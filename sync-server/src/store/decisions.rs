//! Decisions and endings: one conditional write each, with all that follows from it.
//!
//! The rules are the office's; here they are asked inside the transaction, so that of two hosts, or one host on two channels,
//! exactly one is first. The `where standing = …` of each update repeats the question to the database, which does not err.

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
                Some(view) => end(db, &view, by, now),
                None => Ok(EndOutcome::NotFound),
            }
        };
        self.0.writer.write(revoke).await
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
            if let Some(tag) = tag {
                keep_tag(db, view.id, word.seen, tag)?;
            }
            settle(db, &key, view.id, word, by, &issuing, now)
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
        let place = self.0.tags.acquire().await.map_err(|_| StoreError::Stopped)?;
        let tag = tokio::task::spawn_blocking(move || DocumentTag::of(&document, campus, day))
            .await
            .map_err(|_| StoreError::Stopped)?
            .ok_or(StoreError::Tag);
        drop(place);
        tag
    }
}

/// For the booking in this state alone: in another it may have another document or day, and a decision on this one is refused.
pub(super) fn keep_tag(
    db: &Writing<'_>,
    booking: BookingId,
    revision: Revision,
    tag: DocumentTag,
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

/// By SMS, where an SMS can reach: a foreign number is reached if it was once, to sign in. Whether it does.
pub(super) fn tell_visitor(
    db: &mut Writing<'_>,
    view: &BookingView,
    message: &Message,
    path: Option<&str>,
    now: Moment,
) -> Result<bool, StoreError> {
    if !view.facts.phone.is_mainland() && view.booked_by.as_ref() != Some(&view.facts.phone) {
        return Ok(false);
    }
    let to = view.facts.phone.as_str();
    let notice = notices::New { booking: Some(view.id), channel: Channel::Sms, to, message, path };
    notices::add(db, &notice, now)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        office::{Choice, Reason, Revision, notice::NoticeKind},
        store::office_days::{Office, form, today},
    };

    fn tomorrow() -> crate::office::BookingForm {
        crate::office::BookingForm { day: today().plus_days(1).to_string(), ..form() }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn of_a_hundred_decisions_over_three_links_exactly_one_is_first() {
        let office = Office::with_host().await;
        let (booking, links) = office.submit(&form(), 1).await;
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..100_u8 {
            let link = links.of(Channel::ALL[usize::from(number) % 3]).clone();
            let choice = if number % 2 == 0 { Choice::Approve } else { Choice::Decline { reason: None } };
            let (store, issuing, now) = (office.store.clone(), office.issuing(number), office.now);
            tasks.spawn(async move { store.decide(&link, choice.on(Revision::FIRST), issuing, now).await.unwrap() });
        }
        let outcomes = tasks.join_all().await;
        let firsts: Vec<_> = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Decided(_))).collect();
        let [Outcome::Decided(standing)] = firsts.as_slice() else { panic!("{} were first", firsts.len()) };
        for outcome in &outcomes {
            assert!(
                matches!(outcome, Outcome::Decided(s) | Outcome::AlreadyDecided(s) if s == standing),
                "{outcome:?}"
            );
        }
        let view = office.store.booking(booking).await.unwrap().unwrap();
        assert_eq!(view.standing, *standing);
        let approved = i64::from(matches!(standing, Standing::Approved { .. }));
        assert_eq!(office.look("select count(*) from pass"), approved);
        assert_eq!(office.look("select count(*) from feed"), approved);
        assert_eq!(office.look("select count(*) from notice where kind in ('approved', 'declined')"), 1);
        for channel in Channel::ALL {
            let link = office.store.link(links.of(channel), office.now).await.unwrap().unwrap();
            assert!(!link.open);
            assert_eq!((link.channel, &link.booking.standing), (channel, standing));
        }
    }

    #[tokio::test]
    async fn approving_issues_a_pass_that_its_page_shows() {
        let office = Office::with_host().await;
        let (booking, links) = office.submit(&form(), 1).await;
        let link = office.store.link(&links.wecom, office.now).await.unwrap().unwrap();
        assert!(link.open);
        let outcome = office
            .store
            .decide(&links.wecom, Choice::Approve.on(Revision::FIRST), office.issuing(5), office.now)
            .await
            .unwrap();
        let Outcome::Decided(Standing::Approved { by, at }) = outcome else { panic!("{outcome:?}") };
        assert_eq!((by.number, by.via, at), (office.host.number.clone(), Via::Link(Channel::Wecom), office.now));
        let view = office.store.booking(booking).await.unwrap().unwrap();
        let issued = view.pass.as_ref().unwrap();
        assert_eq!(issued.pass, PassId::from_bytes([5; 8]));
        let page = office.store.pass_page(&issued.page).await.unwrap().unwrap();
        let text = page.text.unwrap();
        assert!(shared::pass::SealedPass::from_text(&text).is_ok());
        assert_eq!(page.facts.visitor.as_str(), "张晓明");
        let due = office.store.due_notices(office.now, 10).await.unwrap();
        let told = due.iter().find(|notice| notice.kind == NoticeKind::Approved).unwrap();
        assert_eq!(told.path.as_deref(), Some(format!("/pass/{}", issued.page.text()).as_str()));
        assert_eq!(told.to, "13800130000");
    }

    #[tokio::test]
    async fn declining_issues_nothing_and_tells_why() {
        let office = Office::with_host().await;
        let (_, links) = office.submit(&form(), 1).await;
        let reason = Some(Reason::parse("当天出差").unwrap());
        let choice = Choice::Decline { reason: reason.clone() };
        let outcome =
            office.store.decide(&links.sms, choice.on(Revision::FIRST), office.issuing(1), office.now).await.unwrap();
        assert!(matches!(outcome, Outcome::Decided(Standing::Declined { reason: said, .. }) if said == reason));
        assert_eq!(office.look("select count(*) from pass"), 0);
        let due = office.store.due_notices(office.now, 10).await.unwrap();
        assert!(due.iter().any(|notice| notice.kind == NoticeKind::Declined && notice.text.contains("当天出差")));
    }

    #[tokio::test]
    async fn nobody_else_decides_and_nobody_decides_when_the_day_is_over() {
        let office = Office::with_host().await;
        let (booking, links) = office.submit(&form(), 1).await;
        let store = &office.store;
        let unknown = LinkToken::from_random([99; 24]);
        let outcome =
            store.decide(&unknown, Choice::Approve.on(Revision::FIRST), office.issuing(1), office.now).await.unwrap();
        assert_eq!(outcome, Outcome::NotFound);
        let yes = || Choice::Approve.on(Revision::FIRST);
        let other = crate::store::office_days::staff("T2", "李娜", "13800130102");
        let outcome = store.decide_signed_in(booking, &other, yes(), office.issuing(1), office.now).await;
        assert_eq!(outcome.unwrap(), Outcome::NotFound);
        store.import_directory(vec![other], office.now).await.unwrap();
        let gone = store.decide(&links.sms, yes(), office.issuing(1), office.now).await.unwrap();
        assert_eq!(gone, Outcome::NotFound);
        assert!(!store.link(&links.sms, office.now).await.unwrap().unwrap().open);
        store.import_directory(vec![office.host.clone()], office.now).await.unwrap();
        let late = store
            .decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(1), today().end())
            .await
            .unwrap();
        assert_eq!(late, Outcome::TooLate);
        assert!(!store.link(&links.sms, today().end()).await.unwrap().unwrap().open);
        let outcome = store.decide_signed_in(booking, &office.host, yes(), office.issuing(1), office.now).await;
        assert!(matches!(outcome.unwrap(), Outcome::Decided(Standing::Approved { by, .. }) if by.via == Via::SignedIn));
    }

    #[tokio::test]
    async fn a_deputy_gets_links_of_their_own_and_decides_in_their_own_name_on_their_days_only() {
        let office = Office::open();
        let Office { store, now, host, .. } = &office;
        let other = crate::store::office_days::staff("T2", "王芳", "13800130101");
        store.import_directory(vec![host.clone(), other.clone()], *now).await.unwrap();
        let yes = || Choice::Approve.on(Revision::FIRST);
        let away = crate::office::Away { deputy: other.number.clone(), from: today(), through: today() };
        store.name_deputy(&host.number, away, *now).await.unwrap();
        let tomorrow = crate::office::BookingForm { day: today().plus_days(1).to_string(), ..form() };
        let (booking, _) = office.submit(&tomorrow, 1).await;
        let (second, own) = office.submit(&tomorrow, 2).await;
        let deputys = crate::store::office_days::links(1).deputy;
        assert_eq!(
            office
                .look("select count(*) from notice where \"to\" in ('13800130101', 'T2') and kind = 'approval_asked'"),
            6
        );
        let waiting = store.bookings_waiting_for(&other.number, today()).await.unwrap();
        assert_eq!(waiting.iter().map(|(view, _)| view.id).collect::<Vec<_>>(), [booking, second]);
        // Past their days neither the link nor the page decides any more.
        let later = today().plus_days(1).at_minute(60);
        assert_eq!(store.decide(&deputys.sms, yes(), office.issuing(1), later).await.unwrap(), Outcome::NotFound);
        assert!(!store.link(&deputys.sms, later).await.unwrap().unwrap().open);
        let late = store.decide_signed_in(second, &other, yes(), office.issuing(1), later).await.unwrap();
        assert_eq!(late, Outcome::NotFound);
        assert!(store.bookings_waiting_for(&other.number, today().plus_days(1)).await.unwrap().is_empty());

        let outcome = store.decide(&deputys.hall, yes(), office.issuing(1), *now).await.unwrap();
        let Outcome::Decided(Standing::Approved { by, .. }) = outcome else { panic!("{outcome:?}") };
        assert_eq!((by.number, by.via), (other.number.clone(), Via::Link(Channel::Hall)));
        let outcome = store.decide_signed_in(second, &other, yes(), office.issuing(2), *now).await.unwrap();
        assert!(matches!(outcome, Outcome::Decided(Standing::Approved { by, .. }) if by.name == other.name));
        let after = store.decide(&own.sms, yes(), office.issuing(3), *now).await.unwrap();
        assert!(matches!(after, Outcome::AlreadyDecided(Standing::Approved { .. })));
    }

    #[tokio::test]
    async fn a_revoked_pass_is_named_to_those_who_know_it() {
        let office = Office::with_host().await;
        let (today_s, links) = office.submit(&form(), 1).await;
        office
            .store
            .decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(1), office.now)
            .await
            .unwrap();
        let host = RevokedBy::Host { number: office.host.number.clone(), name: office.host.name.clone() };
        let ended = office.store.revoke(Target::Booking(today_s), host.clone(), office.now).await.unwrap();
        let standing = Standing::Revoked { by: host.clone(), at: office.now };
        assert_eq!(ended, EndOutcome::Ended(standing.clone()));
        let view = office.store.booking(today_s).await.unwrap().unwrap();
        assert_eq!(view.standing, standing);
        assert!(office.store.pass_page(&view.pass.as_ref().unwrap().page).await.unwrap().unwrap().text.is_none());
        let revoked = shared::sync::change::Change::PassRevoked { pass: PassId::from_bytes([1; 8]), at: office.now };
        assert_eq!(office.changes().await.last(), Some(&revoked));
        let again = office.store.revoke(Target::Booking(today_s), host, office.now).await.unwrap();
        assert_eq!(again, EndOutcome::AlreadyEnded(standing));
        assert_eq!(office.fed().await.latest, 2);
    }

    #[tokio::test]
    async fn a_pass_revoked_before_it_was_told_is_told_as_revoked_on_the_eve() {
        let office = Office::with_host().await;
        let typed = crate::office::BookingForm { day: today().plus_days(3).to_string(), ..form() };
        let (_, links) = office.submit(&typed, 1).await;
        office
            .store
            .decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(1), office.now)
            .await
            .unwrap();
        let officer = RevokedBy::Officer { reason: Reason::parse("活动取消").unwrap() };
        let target = Target::Pass(PassId::from_bytes([1; 8]));
        let ended = office.store.revoke(target, officer, office.now).await.unwrap();
        assert!(matches!(ended, EndOutcome::Ended(Standing::Revoked { .. })));
        assert_eq!(office.fed().await.latest, 0);
        let later = today().plus_days(2).start();
        assert_eq!(office.store.publish_due(later).await.unwrap(), 1);
        assert_eq!(office.store.publish_due(later).await.unwrap(), 0);
        let revoked = shared::sync::change::Change::PassRevoked { pass: PassId::from_bytes([1; 8]), at: office.now };
        assert_eq!(office.changes().await, [revoked]);
        let unknown = Target::Pass(PassId::from_bytes([2; 8]));
        assert_eq!(office.store.revoke(unknown, RevokedBy::Visitor, later).await.unwrap(), EndOutcome::NotFound);
    }

    #[tokio::test]
    async fn a_day_that_is_over_is_not_undone() {
        let office = Office::with_host().await;
        let (id, links) = office.submit(&form(), 1).await;
        office
            .store
            .decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(1), office.now)
            .await
            .unwrap();
        let (over, visitor) = (today().end(), Phone::parse(&form().phone).unwrap());
        let by = RevokedBy::Host { number: office.host.number.clone(), name: office.host.name.clone() };
        for outcome in [
            office.store.cancel(id, &visitor, over).await.unwrap(),
            office.store.revoke(Target::Booking(id), by, over).await.unwrap(),
        ] {
            assert!(matches!(outcome, EndOutcome::AlreadyEnded(Standing::Approved { .. })), "{outcome:?}");
        }
        assert!(matches!(office.store.booking(id).await.unwrap().unwrap().standing, Standing::Approved { .. }));
    }

    #[tokio::test]
    async fn the_visitor_withdraws_their_own_and_the_host_is_told() {
        let office = Office::with_host().await;
        let (waiting, links) = office.submit(&tomorrow(), 1).await;
        let store = &office.store;
        let stranger = Phone::parse("13800139999").unwrap();
        assert_eq!(store.cancel(waiting, &stranger, office.now).await.unwrap(), EndOutcome::NotFound);
        let visitor = Phone::parse(&form().phone).unwrap();
        let cancelled = Standing::Cancelled { at: office.now };
        assert_eq!(store.cancel(waiting, &visitor, office.now).await.unwrap(), EndOutcome::Ended(cancelled.clone()));
        let outcome = store
            .decide(&links.hall, Choice::Approve.on(Revision::FIRST), office.issuing(1), office.now)
            .await
            .unwrap();
        assert_eq!(outcome, Outcome::AlreadyDecided(cancelled));
        assert_eq!(office.look("select count(*) from notice where kind = 'cancelled'"), 1);
        let (approved, links) = office.submit(&tomorrow(), 2).await;
        store.decide(&links.hall, Choice::Approve.on(Revision::FIRST), office.issuing(2), office.now).await.unwrap();
        let booker = Phone::parse("13800130009").unwrap();
        assert!(matches!(store.cancel(approved, &booker, office.now).await.unwrap(), EndOutcome::Ended(_)));
        assert_eq!(office.fed().await.latest, 2);
    }
}
