//! Walk-ins: bookings that a guard took down, and the host's word on its way back to the gate.
//!
//! What makes one of a kind is what the terminal calls it. A request that comes again is known by that and books nothing twice,
//! also when both come at once: the number is asked again inside the transaction that books.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{
    identity::Document,
    ids::{BookingId, CampusId, TerminalId},
    planted,
    sync::{
        change::{Change, WalkInOutcome},
        walk_in::WalkInNumber,
    },
    time::Moment,
};

use super::{
    HostLinks, Store, StoreError,
    attempts::{self, By, Counted},
    bookings, directory, feed, links, rows,
    writer::Writing,
};
use crate::office::{Booking, BookingLimits, HostSaid, Staff, notice::Message, walk_in::CONSENT_AT_THE_GATE};

/// A walk-in whose host is known, on its way in.
#[derive(Debug)]
pub struct WalkInAsked {
    pub terminal: TerminalId,
    pub number: WalkInNumber,
    pub booking: Booking,
    pub host: Staff,
    /// What the host is told.
    pub message: Message,
    pub links: HostLinks,
}

/// What looking for a walk-in's host came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalkInHost {
    /// There they are, and the walk-in is counted.
    Found(Staff),
    Unknown,
    Limited {
        retry_at: Moment,
    },
}

impl Store {
    /// Whether this was asked before, of a visitor with this document; `None` when under the same number somebody else was.
    pub async fn knows_walk_in(
        &self,
        terminal: TerminalId,
        number: WalkInNumber,
        document: &Document,
    ) -> Result<Option<bool>, StoreError> {
        let index = self.key().blind_index(document);
        let known = move |db: &Connection| {
            Ok(match find(db, terminal, number)? {
                None => Some(false),
                Some((_, booked)) => (booked == Some(index)).then_some(true),
            })
        };
        self.0.readers.look(known).await
    }

    pub async fn find_walk_in_host(
        &self,
        said: &HostSaid,
        terminal: TerminalId,
        limits: BookingLimits,
        now: Moment,
    ) -> Result<WalkInHost, StoreError> {
        let said = said.clone();
        self.0.writer.write(move |db| search(db, &said, By::Terminal(terminal), limits, now)).await
    }

    /// Books it, or finds that it is booked.
    pub async fn submit_walk_in(&self, asked: WalkInAsked, now: Moment) -> Result<BookingId, StoreError> {
        let WalkInAsked { terminal, number, booking, host, message, links } = asked;
        let ready = self.prepare(booking)?;
        let submit = move |db: &mut Writing<'_>| {
            if let Some((known, _)) = find(db, terminal, number)? {
                return Ok(known);
            }
            let id = bookings::insert(db, &ready, &host, (None, CONSENT_AT_THE_GATE), now)?;
            let insert = planted!(
                "a walk-in sent again is booked again",
                "insert or replace into walk_in (terminal, number, booking) values (?1, ?2, ?3)",
                "insert into walk_in (terminal, number, booking) values (?1, ?2, ?3)",
            );
            db.prepare_cached(insert)?.execute(params![terminal.get(), rows::number(number.get()), id.get()])?;
            // Who stands at a gate is told of alone.
            links::add(db, id, (&message, None), &host, &links, now)?;
            Ok(id)
        };
        self.0.writer.write(submit).await
    }
}

/// Tells the gate, if this booking was taken down at one.
pub(super) fn decided(db: &mut Writing<'_>, booking: BookingId, outcome: WalkInOutcome) -> Result<(), StoreError> {
    let asked: Option<(u32, i64, u16)> = db
        .prepare_cached(
            "select w.terminal, w.number, b.campus from walk_in w join booking b on b.id = w.booking where w.booking = ?1",
        )?
        .query_row([booking.get()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((terminal, number, campus)) = asked else { return Ok(()) };
    let number = rows::stored("number", u64::try_from(number).ok())?;
    let (terminal, number) = (TerminalId::new(terminal), WalkInNumber::new(number));
    feed::append(db, CampusId::new(campus), &Change::WalkInDecided { terminal, number, outcome })
}

type Known = (BookingId, Option<[u8; 32]>);

fn find(db: &Connection, terminal: TerminalId, number: WalkInNumber) -> Result<Option<Known>, StoreError> {
    if planted!("a walk-in sent again is booked again", true, false) {
        return Ok(None);
    }
    let found = db
        .prepare_cached(
            "select w.booking, b.document_index from walk_in w join booking b on b.id = w.booking
             where w.terminal = ?1 and w.number = ?2",
        )?
        .query_row(params![terminal.get(), rows::number(number.get())], |row| {
            Ok((BookingId::new(row.get(0)?), row.get(1)?))
        })
        .optional()?;
    Ok(found)
}

fn search(
    db: &Writing<'_>,
    said: &HostSaid,
    terminal: By<'_>,
    limits: BookingLimits,
    now: Moment,
) -> Result<WalkInHost, StoreError> {
    for (what, limit) in
        [(Counted::WalkIn, limits.walk_ins_per_terminal), (Counted::HostUnknown, limits.unknown_hosts_per_terminal)]
    {
        if let Some(retry_at) = attempts::again_at(db, what, terminal, limit, now)? {
            return Ok(WalkInHost::Limited { retry_at });
        }
    }
    for asked in said.each() {
        if let Some(host) = directory::find(db, asked)? {
            attempts::count(db, Counted::WalkIn, terminal, now)?;
            return Ok(WalkInHost::Found(host));
        }
    }
    attempts::count(db, Counted::HostUnknown, terminal, now)?;
    Ok(WalkInHost::Unknown)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use ed25519_dalek::SigningKey;
    use shared::{
        identity::{DocumentKind, Phone},
        ids::{GateIndex, PassId},
        seal::PublicKey,
        sync::enrol::InviteCode,
    };

    use super::*;
    use crate::{
        office::{BookingForm, Choice, Limit, Revision, notice},
        store::{
            Outcome, Target,
            office_days::{CAMPUS, Office, form, links, today},
        },
    };

    async fn terminal(office: &Office, seed: u8) -> TerminalId {
        let code = InviteCode::from_random([seed; 10]);
        let soon = office.now.plus(TimeDelta::minutes(1));
        office.store.invite(CAMPUS, GateIndex::new(seed).unwrap(), &code, soon, office.now).await.unwrap();
        let public = PublicKey::of(&SigningKey::from_bytes(&[seed; 32]));
        office.store.enrol(&code, public, office.now).await.unwrap().unwrap().id
    }

    fn asked(office: &Office, terminal: TerminalId, number: u64, seed: u8) -> WalkInAsked {
        let booking = form().check_on_behalf(&office.rules(), office.now).unwrap();
        WalkInAsked {
            terminal,
            number: WalkInNumber::new(number),
            message: notice::walk_in_asked(booking.facts(), "南门"),
            booking,
            host: office.host.clone(),
            links: links(seed),
        }
    }

    fn decision(terminal: TerminalId, number: u64, outcome: WalkInOutcome) -> Change {
        Change::WalkInDecided { terminal, number: WalkInNumber::new(number), outcome }
    }

    #[tokio::test]
    async fn asked_again_and_at_once_it_is_one_booking() {
        let office = std::sync::Arc::new(Office::with_host().await);
        let (south, east) = (terminal(&office, 1).await, terminal(&office, 2).await);
        let mut ids = Vec::new();
        let asking: Vec<_> = (0..8)
            .map(|seed| {
                let office = std::sync::Arc::clone(&office);
                let one = asked(&office, south, 7, seed);
                tokio::spawn(async move { office.store.submit_walk_in(one, office.now).await.unwrap() })
            })
            .collect();
        for one in asking {
            ids.push(one.await.unwrap());
        }
        ids.dedup();
        assert_eq!((ids.len(), office.look("select count(*) from notice")), (1, 3));
        office.store.submit_walk_in(asked(&office, east, 7, 9), office.now).await.unwrap();
        office.store.submit_walk_in(asked(&office, south, 8, 10), office.now).await.unwrap();
        assert_eq!(office.look("select count(distinct booking) from consent where notice = 'gate'"), 3);

        let document = |number: &str| Document::parse(DocumentKind::ResidentId, number, today().date()).unwrap();
        let knows = async |number, document: &Document| {
            office.store.knows_walk_in(south, WalkInNumber::new(number), document).await.unwrap()
        };
        let BookingForm { document_number, .. } = form();
        assert_eq!(knows(7, &document(&document_number)).await, Some(true));
        assert_eq!(knows(9, &document(&document_number)).await, Some(false));
        assert_eq!(knows(7, &document("110105194912310038")).await, None, "somebody else under the same number");
    }

    #[tokio::test]
    async fn the_gate_is_told_after_the_pass_and_of_a_no_as_well() {
        let office = Office::with_host().await;
        let south = terminal(&office, 1).await;
        for (number, seed) in [(1, 1), (2, 2), (3, 3), (4, 4)] {
            office.store.submit_walk_in(asked(&office, south, number, seed), office.now).await.unwrap();
        }
        let link = |seed: u8| links(seed).own.hall;
        let decide = async |seed, choice: Choice| {
            let outcome = office
                .store
                .decide(&link(seed), choice.on(Revision::FIRST), office.issuing(seed), office.now)
                .await
                .unwrap();
            assert!(matches!(outcome, Outcome::Decided(_)));
        };
        decide(1, Choice::Approve).await;
        let pass = PassId::from_bytes([1; 8]);
        let changes = office.changes().await;
        assert!(matches!(&changes[0], Change::PassIssued(record) if record.pass == pass), "{changes:?}");
        assert_eq!(changes[1..], [decision(south, 1, WalkInOutcome::Approved { pass })]);
        decide(2, Choice::Decline { reason: None }).await;
        let third = office.store.submit_walk_in(asked(&office, south, 3, 3), office.now).await.unwrap();
        let by = crate::office::RevokedBy::Host { number: office.host.number.clone(), name: office.host.name.clone() };
        let visitor = Phone::parse(&form().phone).unwrap();
        office.store.cancel(third, &visitor, office.now).await.unwrap();
        let declined = |number| decision(south, number, WalkInOutcome::Declined);
        assert_eq!(office.changes().await[2..], [declined(2), declined(3)], "withdrawn while they wait is a no");
        office.store.revoke(Target::Pass(pass), by, office.now).await.unwrap();
        assert_eq!(office.changes().await.len(), 5, "a pass revoked later is told as a revocation and as nothing else");
        // An ordinary booking has nobody waiting at a gate.
        let (_, links) = office.submit(&form(), 9).await;
        office
            .store
            .decide(&links.sms, Choice::Decline { reason: None }.on(Revision::FIRST), office.issuing(9), office.now)
            .await
            .unwrap();
        assert_eq!(office.changes().await.len(), 5);
    }

    #[tokio::test]
    async fn a_terminal_asks_for_so_many_and_finds_so_few_in_vain() {
        let office = Office::with_host().await;
        let limits = BookingLimits {
            walk_ins_per_terminal: Limit::per_hour(2),
            unknown_hosts_per_terminal: Limit::per_hour(1),
            ..crate::config::BookingSettings::default().limits()
        };
        let ask = async |terminal: u32, said: &str, minute: i64| {
            let said = HostSaid::parse(said).unwrap();
            let now = office.now.plus(TimeDelta::minutes(minute));
            office.store.find_walk_in_host(&said, TerminalId::new(terminal), limits, now).await.unwrap()
        };
        let found = WalkInHost::Found(office.host.clone());
        assert_eq!(ask(1, "T1", 0).await, found);
        assert_eq!(ask(1, "13800130100", 1).await, found);
        let retry_at = office.now.plus(TimeDelta::hours(1));
        assert_eq!(ask(1, "李文", 2).await, WalkInHost::Limited { retry_at });
        assert_eq!(ask(2, "李文", 2).await, found);
        assert_eq!(ask(1, "李文", 60).await, found);
        assert_eq!(ask(3, "T9", 0).await, WalkInHost::Unknown);
        assert_eq!(ask(3, "T1", 1).await, WalkInHost::Limited { retry_at });
    }
}
