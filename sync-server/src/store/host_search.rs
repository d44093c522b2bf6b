//! The way from a form to its host: limits first, then the directory, and what came of it is counted.
//!
//! A form that is wrong elsewhere may learn that its host is unknown, so that everything is mended in one round; that its host was
//! found is counted then as well, or wrong forms would read out the directory without ever making a booking.
//!
//! All in one transaction, so that asking for a hundred hosts at once is no way round a limit; and behind a limit nothing is looked
//! up, so that an answer says nothing about who works here.

use std::net::IpAddr;

use rusqlite::Connection;
use shared::{identity::Phone, time::Moment};

use super::{
    InvitationToken, Store, StoreError,
    attempts::{self, By, Counted},
    directory, invitations,
    writer::Writing,
};
use crate::office::{BookingLimits, HostAsked, Limit, Staff};

/// What asking for a host came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostSearch {
    /// There they are, and the booking that asked for them is counted.
    Found(Staff),
    /// Nobody answers to everything that was given, or several do.
    Unknown,
    /// Too many were booked, or asked for in vain.
    Limited { why: BookingLimit, retry_at: Moment },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookingLimit {
    Bookings,
    UnknownHosts,
}

impl Store {
    /// Whether nobody answers to the host of a form that is wrong elsewhere. Behind a limit nobody is looked for, and it is said
    /// once all the rest is right.
    pub async fn host_is_unknown_within(
        &self,
        asked: &HostAsked,
        (phone, address): (&Phone, IpAddr),
        limits: BookingLimits,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let (asked, phone) = (asked.clone(), phone.clone());
        let ask = move |db: &mut Writing<'_>| {
            let by = By::Phone(&phone);
            if limited(db, by, By::Address(address), limits, now)?.is_some()
                || attempts::again_at(db, Counted::HostFoundEarly, by, limits.per_phone, now)?.is_some()
            {
                return Ok(false);
            }
            let unknown = directory::find(db, &asked)?.is_none();
            if unknown {
                count_unknown(db, by, By::Address(address), now)?;
            } else {
                attempts::count(db, Counted::HostFoundEarly, by, now)?;
            }
            Ok(unknown)
        };
        self.0.writer.write(ask).await
    }
}

/// Counts one booking that a host is about to make for a visitor; or says when there may be another.
pub(super) fn count_on_behalf(
    db: &Writing<'_>,
    host: &Phone,
    limits: BookingLimits,
    now: Moment,
) -> Result<Option<Moment>, StoreError> {
    count_one(db, Counted::BookingOnBehalf, host, limits.on_behalf_per_phone, now)
}

/// When a host who has booked too often may book for a visitor again.
pub(super) fn on_behalf_again_at(
    db: &Connection,
    host: &Phone,
    limits: BookingLimits,
    now: Moment,
) -> Result<Option<Moment>, StoreError> {
    attempts::again_at(db, Counted::BookingOnBehalf, By::Phone(host), limits.on_behalf_per_phone, now)
}

/// The host that a visitor, signed in with `phone`, was invited by; nobody when the invitation has ended. Whoever is invited tries no
/// names, so that only their bookings are counted, and no look-ups in vain keep them out.
pub(super) fn invited(
    db: &Writing<'_>,
    by: &InvitationToken,
    phone: &Phone,
    limits: BookingLimits,
    now: Moment,
) -> Result<HostSearch, StoreError> {
    let Some(host) = invitations::host_of(db, by.hash(), now)? else { return Ok(HostSearch::Unknown) };
    Ok(match count_one(db, Counted::Booking, phone, limits.per_phone, now)? {
        Some(retry_at) => HostSearch::Limited { why: BookingLimit::Bookings, retry_at },
        None => HostSearch::Found(host),
    })
}

fn count_one(
    db: &Writing<'_>,
    what: Counted,
    phone: &Phone,
    limit: Limit,
    now: Moment,
) -> Result<Option<Moment>, StoreError> {
    let by = By::Phone(phone);
    let again_at = attempts::again_at(db, what, by, limit, now)?;
    if again_at.is_none() {
        attempts::count(db, what, by, now)?;
    }
    Ok(again_at)
}

/// The host that a visitor, signed in with `phone`, asks for in a form that is otherwise good.
pub(super) fn search(
    db: &Writing<'_>,
    asked: &HostAsked,
    phone: &Phone,
    address: IpAddr,
    limits: BookingLimits,
    now: Moment,
) -> Result<HostSearch, StoreError> {
    let (phone, address) = (By::Phone(phone), By::Address(address));
    if let Some((why, retry_at)) = limited(db, phone, address, limits, now)? {
        return Ok(HostSearch::Limited { why, retry_at });
    }
    if let Some(host) = directory::find(db, asked)? {
        attempts::count(db, Counted::Booking, phone, now)?;
        return Ok(HostSearch::Found(host));
    }
    count_unknown(db, phone, address, now)?;
    Ok(HostSearch::Unknown)
}

fn limited(
    db: &Writing<'_>,
    phone: By<'_>,
    address: By<'_>,
    limits: BookingLimits,
    now: Moment,
) -> Result<Option<(BookingLimit, Moment)>, StoreError> {
    for (why, what, by, limit) in [
        (BookingLimit::Bookings, Counted::Booking, phone, limits.per_phone),
        (BookingLimit::UnknownHosts, Counted::HostUnknown, phone, limits.unknown_hosts_per_phone),
        (BookingLimit::UnknownHosts, Counted::HostUnknown, address, limits.unknown_hosts_per_address),
    ] {
        if let Some(retry_at) = attempts::again_at(db, what, by, limit, now)? {
            return Ok(Some((why, retry_at)));
        }
    }
    Ok(None)
}

fn count_unknown(db: &Writing<'_>, phone: By<'_>, address: By<'_>, now: Moment) -> Result<(), StoreError> {
    attempts::count(db, Counted::HostUnknown, phone, now)?;
    attempts::count(db, Counted::HostUnknown, address, now)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use chrono::TimeDelta;
    use shared::ids::StaffNumber;

    use super::*;
    use crate::{office::Limit, store::office_days::Office};

    const LIMITS: BookingLimits = BookingLimits {
        per_phone: Limit::per_day(2),
        on_behalf_per_phone: Limit::per_day(1),
        unknown_hosts_per_phone: Limit::per_day(2),
        unknown_hosts_per_address: Limit::per_hour(3),
        walk_ins_per_terminal: Limit::per_hour(2),
        unknown_hosts_per_terminal: Limit::per_hour(1),
    };

    fn phone(last: u16) -> Phone {
        Phone::parse(&format!("1380013{last:04}")).unwrap()
    }

    async fn ask(office: &Office, number: &str, by: (u16, u8), after: TimeDelta) -> HostSearch {
        let asked = HostAsked::of(StaffNumber::parse(number), None, None).unwrap();
        let (phone, address) = (phone(by.0), IpAddr::V4(Ipv4Addr::new(10, 0, 0, by.1)));
        let now = office.now.plus(after);
        office.store.0.writer.write(move |db| search(db, &asked, &phone, address, LIMITS, now)).await.unwrap()
    }

    fn limited(office: &Office, why: BookingLimit, after: TimeDelta) -> HostSearch {
        HostSearch::Limited { why, retry_at: office.now.plus(after) }
    }

    #[tokio::test]
    async fn bookings_are_counted_and_behind_the_limit_nobody_is_looked_up() {
        let office = Office::with_host().await;
        let minute = TimeDelta::minutes;
        let found = HostSearch::Found(office.host.clone());
        assert_eq!(ask(&office, "T1", (1, 1), minute(0)).await, found);
        assert_eq!(ask(&office, "T1", (1, 1), minute(1)).await, found);
        let stop = limited(&office, BookingLimit::Bookings, TimeDelta::days(1));
        for number in ["T1", "T9"] {
            assert_eq!(ask(&office, number, (1, 1), minute(2)).await, stop, "{number}");
        }
        assert_eq!(ask(&office, "T1", (2, 1), minute(2)).await, found, "somebody else may");
        assert_eq!(ask(&office, "T1", (1, 1), TimeDelta::days(1)).await, found, "and tomorrow so may they");
        assert_eq!(office.look("select count(*) from attempt where what = 'host_unknown'"), 0);
    }

    #[tokio::test]
    async fn hosts_asked_for_in_vain_are_counted_by_phone_and_by_address() {
        let office = Office::with_host().await;
        let minute = TimeDelta::minutes;
        assert_eq!(ask(&office, "T8", (1, 1), minute(0)).await, HostSearch::Unknown);
        assert_eq!(ask(&office, "T9", (1, 1), minute(1)).await, HostSearch::Unknown);
        let stop = limited(&office, BookingLimit::UnknownHosts, TimeDelta::days(1));
        for number in ["T1", "T9"] {
            assert_eq!(ask(&office, number, (1, 2), minute(2)).await, stop, "from any address: {number}");
        }
        assert_eq!(ask(&office, "T9", (2, 1), minute(2)).await, HostSearch::Unknown);
        let stop = limited(&office, BookingLimit::UnknownHosts, TimeDelta::hours(1));
        for number in ["T1", "T9"] {
            assert_eq!(ask(&office, number, (3, 1), minute(3)).await, stop, "by any phone: {number}");
        }
        assert_eq!(ask(&office, "T9", (3, 2), minute(3)).await, HostSearch::Unknown);
        assert_eq!(ask(&office, "T1", (3, 1), minute(60)).await, HostSearch::Found(office.host.clone()));
    }

    #[tokio::test]
    async fn wrong_forms_learn_no_more_hosts_than_right_ones() {
        let office = Office::with_host().await;
        let ask_early = async |number: &str, by: u16| {
            let asked = HostAsked::of(StaffNumber::parse(number), None, None).unwrap();
            let who = (&phone(by), IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));
            office.store.host_is_unknown_within(&asked, who, LIMITS, office.now).await.unwrap()
        };
        for (by, number, said) in [(1, "T1", false), (1, "T9", true), (1, "T1", false), (1, "T9", false)] {
            assert_eq!(ask_early(number, by).await, said, "{number}: two that are known are all that is said");
        }
        for said in [true, true, false] {
            assert_eq!(ask_early("T9", 2).await, said);
        }
        let stop = limited(&office, BookingLimit::UnknownHosts, TimeDelta::days(1));
        assert_eq!(ask(&office, "T1", (2, 2), TimeDelta::zero()).await, stop, "one count for both ways of asking");
        assert_eq!(office.look("select count(*) from attempt where what = 'booking'"), 0);
    }

    #[tokio::test]
    async fn of_many_at_once_no_more_are_answered_than_of_many_in_turn() {
        let office = std::sync::Arc::new(Office::with_host().await);
        let asked: Vec<_> = (0..20)
            .map(|_| {
                let office = office.clone();
                tokio::spawn(async move { ask(&office, "T9", (1, 1), TimeDelta::zero()).await })
            })
            .collect();
        let mut answered = 0;
        for one in asked {
            answered += usize::from(one.await.unwrap() == HostSearch::Unknown);
        }
        assert_eq!(answered, 2);
    }

    #[tokio::test]
    async fn a_host_s_bookings_for_visitors_are_counted_apart() {
        let office = Office::with_host().await;
        let book = async |after| {
            let (host, now) = (office.host.phone.clone(), office.now.plus(after));
            office.store.0.writer.write(move |db| count_on_behalf(db, &host, LIMITS, now)).await.unwrap()
        };
        assert_eq!(book(TimeDelta::zero()).await, None);
        assert_eq!(book(TimeDelta::minutes(1)).await, Some(office.now.plus(TimeDelta::days(1))));
        assert_eq!(book(TimeDelta::days(1)).await, None);
    }
}
