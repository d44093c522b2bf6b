//! What was read and still holds: rows that many requests ask for are read once.
//!
//! Something held holds only for as long as nothing has been committed, to whatever table and by whatever process. Every look asks the
//! database's own files for that before it is answered ([`super::head`]); so nothing that was changed or taken back is ever shown from
//! here. Held is what was read and never what was made of it: what depends on the time is judged by who asks, and what rests sealed is
//! held sealed. Our own commits empty it at once, so that what was erased is gone from here, too.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rusqlite::Connection;
use shared::{identity::Phone, ids::BookingId, time::CampusDay};

use super::{
    Background, StoreError,
    booking_rows::Resting,
    drafts,
    head::{self, Head},
    links,
    notices::NoticeStatus,
    sessions,
    token::KnownLink,
};

/// Of one kind; beyond that all of the kind are let go, and those that are asked for come back.
const HELD_AT_MOST: usize = 1024;

#[derive(Default)]
pub(super) struct Held(Mutex<Shelves>);

#[derive(Default)]
pub(super) struct Shelves {
    /// Grows with every commit that was noticed.
    commits: u64,
    pub(super) sessions: Shelf<[u8; 32], Option<sessions::Found>>,
    pub(super) bookings: Shelf<BookingId, Option<(Resting, Vec<NoticeStatus>)>>,
    pub(super) links: Shelf<(KnownLink, CampusDay), Option<links::Seen>>,
    pub(super) backgrounds: Shelf<(BookingId, CampusDay), Background>,
    pub(super) drafts: Shelf<(Phone, bool), Option<drafts::Kept>>,
}

pub(super) struct Shelf<K, V>(HashMap<K, Arc<V>>);

/// Which of them.
pub(super) type Of<K, V> = fn(&mut Shelves) -> &mut Shelf<K, V>;

/// How much had been committed when something was read. The next looks of the same answer need not ask again, if it is made at
/// once: what has changed since has changed while it was on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf(u64);

impl Held {
    /// `changed`: whether anything was committed since the one who asks last asked.
    pub(super) fn find<K: Eq + Hash, V>(&self, changed: bool, of: Of<K, V>, key: &K) -> (Option<Arc<V>>, AsOf) {
        let mut shelves = self.open();
        if changed {
            shelves.empty();
        }
        (of(&mut shelves).0.get(key).cloned(), AsOf(shelves.commits))
    }

    /// What is held of that time, if no commit was noticed since.
    pub(super) fn find_as_of<K: Eq + Hash, V>(&self, as_of: AsOf, of: Of<K, V>, key: &K) -> Option<Arc<V>> {
        let mut shelves = self.open();
        if shelves.commits == as_of.0 { of(&mut shelves).0.get(key).cloned() } else { None }
    }

    /// What was read after that. If a commit was noticed meanwhile nobody can say on which side of it the reading was.
    pub(super) fn keep<K: Eq + Hash, V>(&self, after: AsOf, of: Of<K, V>, key: K, read: &Arc<V>) {
        let mut shelves = self.open();
        if shelves.commits != after.0 {
            return;
        }
        let Shelf(held) = of(&mut shelves);
        if held.len() >= HELD_AT_MOST {
            held.clear();
        }
        held.insert(key, Arc::clone(read));
    }

    pub(super) fn empty(&self) {
        self.open().empty();
    }

    fn open(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held(…)")
    }
}

impl Shelves {
    fn empty(&mut self) {
        let Self { commits, sessions, bookings, links, backgrounds, drafts } = self;
        *commits = commits.wrapping_add(1);
        sessions.0.clear();
        bookings.0.clear();
        links.0.clear();
        backgrounds.0.clear();
        drafts.0.clear();
    }
}

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

/// Who looks: a connection, and the state of the database that it last saw.
pub(super) struct Looker {
    pub(super) db: Connection,
    head: Option<Head>,
    seen: Option<Seen>,
}

#[derive(PartialEq)]
enum Seen {
    Head(head::State),
    /// Where the head cannot be read SQLite is asked.
    Version(i64),
}

impl Looker {
    pub(super) const fn new(db: Connection, head: Option<Head>) -> Self {
        Self { db, head, seen: None }
    }

    /// Whether anybody has committed anything since this was last asked.
    pub(super) fn has_changed(&mut self) -> Result<bool, StoreError> {
        let now = match self.head.and_then(Head::state) {
            Some(state) => Seen::Head(state),
            None => Seen::Version(self.db.prepare_cached("pragma data_version")?.query_row([], |row| row.get(0))?),
        };
        let changed = self.seen.as_ref() != Some(&now);
        self.seen = Some(now);
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use shared::identity::{Document, DocumentKind};

    use super::*;
    use crate::{
        office::{Choice, Revision, RevokedBy},
        store::{
            SessionToken, Store, Target,
            office_days::{Office, form, key, staff, today},
        },
    };

    const BOOKINGS: Of<BookingId, Option<(Resting, Vec<NoticeStatus>)>> = |shelves| &mut shelves.bookings;

    #[tokio::test]
    async fn what_nobody_changed_is_read_once_and_any_commit_has_it_read_anew() {
        let office = Office::with_host().await;
        let (id, _) = office.submit(&form(), 1).await;
        let look = async || office.store.booking(id).await.unwrap().unwrap();
        let first = look().await;
        assert!(Arc::ptr_eq(&first, &look().await));
        office.store.forget_draft(&office.host.phone, false, &form()).await.unwrap();
        let second = look().await;
        assert!(!Arc::ptr_eq(&first, &second), "our own commit, to whatever table");
        // As the command line or an operator's shell would, beside the server.
        let stranger = rusqlite::Connection::open(&office.path).unwrap();
        stranger.execute("update booking set reason = 'else'", []).unwrap();
        assert_eq!(look().await.facts.reason.to_string(), "else");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_another_process_ends_is_ended_at_the_very_next_look_of_every_reader() {
        let office = Arc::new(Office::with_host().await);
        let now = office.now;
        let other = Store::open(&office.path, key()).unwrap();
        let document = Document::parse(DocumentKind::ResidentId, &form().document_number, today().date()).unwrap();
        for seed in 1..=8 {
            let (id, links) = office.submit(&form(), seed).await;
            let token = SessionToken::from_random([seed; 32]);
            let expires = now.plus(TimeDelta::days(1));
            let phone = staff("T2", "李娜", "13800130002").phone;
            other.open_session(&token, phone.clone(), now, expires, TimeDelta::days(1)).await.unwrap();
            // Whoever looks, and wherever it runs, has seen it and holds it.
            let everybody = async |standing: &str, signed_in: bool, drafted: bool, watched: bool| {
                let looks = (0..8).map(|_| {
                    let (office, links, token, phone) = (office.clone(), links.clone(), token.clone(), phone.clone());
                    tokio::spawn(async move {
                        let store = &office.store;
                        let view = store.booking(id).await.unwrap().unwrap();
                        let link = store.link(&links.hall, now).await.unwrap().unwrap();
                        let session = store.session(&token, now).await.unwrap();
                        let draft = store.draft(&phone, false, now, None).await.unwrap();
                        let background = store.background(id, today(), None).await.unwrap();
                        let standings = (view.standing.name(), link.booking.standing.name());
                        (standings, session.is_some(), draft.is_some(), background.ask_security)
                    })
                });
                for look in looks.collect::<Vec<_>>() {
                    assert_eq!(look.await.unwrap(), ((standing, standing), signed_in, drafted, watched), "{seed}");
                }
            };
            everybody("waiting", true, false, false).await;
            let approve = Choice::Approve.on(Revision::FIRST);
            other.decide(&links.sms, approve, office.issuing(seed), now).await.unwrap();
            everybody("approved", true, false, false).await;
            let page = office.issuing(seed).page;
            assert!(office.store.pass_page(&page).await.unwrap().unwrap().text.is_some());
            let reason = crate::office::Reason::parse("遗失").unwrap();
            other.revoke(Target::Booking(id), RevokedBy::Officer { reason }, now).await.unwrap();
            everybody("revoked", true, false, false).await;
            assert!(office.store.pass_page(&page).await.unwrap().unwrap().text.is_none());
            other.close_session(token.clone()).await.unwrap();
            everybody("revoked", false, false, false).await;
            other.keep_draft(&phone, false, &form(), now).await.unwrap();
            other.watch(&document, "", now).await.unwrap();
            everybody("revoked", false, true, true).await;
            other.forget_draft(&phone, false, &form()).await.unwrap();
            other.unwatch(&document, now).await.unwrap();
            everybody("revoked", false, false, false).await;
        }
    }

    #[tokio::test]
    async fn what_the_clock_ends_is_ended_though_it_is_held() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        let (_, links) = office.submit(&form(), 1).await;
        let token = SessionToken::from_random([1; 32]);
        let hour = TimeDelta::hours(1);
        store.open_session(&token, office.host.phone.clone(), *now, now.plus(hour), hour * 9).await.unwrap();
        store.keep_draft(&office.host.phone, true, &form(), *now).await.unwrap();
        let shown = async |now| {
            let link = store.link(&links.sms, now).await.unwrap().unwrap();
            let session = store.session(&token, now).await.unwrap();
            let draft = store.draft(&office.host.phone, true, now, None).await.unwrap();
            (link.open, session.is_some(), draft.is_some())
        };
        assert_eq!(shown(*now).await, (true, true, true));
        assert_eq!(shown(now.plus(hour)).await, (true, false, true));
        assert_eq!(shown(today().end()).await, (false, false, true));
        assert_eq!(shown(now.plus(super::super::DRAFT_FOR)).await, (false, false, false));
        assert_eq!(shown(*now).await, (true, true, true));
    }

    #[test]
    fn what_was_read_before_a_commit_that_was_noticed_meanwhile_is_not_held() {
        let held = Held::default();
        let (id, nothing) = (BookingId::new(1), Arc::new(None));
        let is_held = || held.find(false, BOOKINGS, &id).0.is_some();
        let (_, before) = held.find(false, BOOKINGS, &id);
        // Another reader notices, and only then the slow one comes with what it read before.
        let (_, after) = held.find(true, BOOKINGS, &id);
        held.keep(before, BOOKINGS, id, &nothing);
        assert!(!is_held());
        held.keep(after, BOOKINGS, id, &nothing);
        assert!(is_held());
        assert!(held.find_as_of(after, BOOKINGS, &id).is_some());
        assert!(held.find_as_of(before, BOOKINGS, &id).is_none());
        held.empty();
        assert!(!is_held() && held.find_as_of(after, BOOKINGS, &id).is_none());
        for number in 0..2000 {
            let (_, now) = held.find(false, BOOKINGS, &BookingId::new(number));
            held.keep(now, BOOKINGS, BookingId::new(number), &nothing);
        }
        assert!(held.open().bookings.0.len() <= HELD_AT_MOST);
    }
}
