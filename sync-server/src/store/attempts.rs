//! Attempts: what people did that is limited, counted in the database so that a restart forgives nothing.
//!
//! Asked and counted in the writer's own transaction: a thousand requests at once are counted one after the other.

use std::net::IpAddr;

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{identity::Phone, ids::TerminalId, time::Moment};

use super::{StoreError, writer::Writing};
use crate::office::Limit;

#[derive(Debug, Clone, Copy)]
pub(super) enum Counted {
    /// To a browser that could be anybody's, in a network where codes are used.
    CodeSent,
    /// The same, in any other.
    CodeSentAfar,
    /// To a browser in which the phone has signed in before.
    OwnCodeSent,
    Booking,
    BookingOnBehalf,
    /// Of a booking that waits: the host is told of none, but each is kept.
    Change,
    HostUnknown,
    /// By a form that was wrong elsewhere.
    HostFoundEarly,
    WalkIn,
    FormKept,
    DeputyNamed,
    ApprovalCodeWrong,
}

impl Counted {
    const fn name(self) -> &'static str {
        match self {
            Self::CodeSent => "code_sent",
            Self::CodeSentAfar => "code_sent_afar",
            Self::OwnCodeSent => "own_code_sent",
            Self::Booking => "booking",
            Self::BookingOnBehalf => "booking_on_behalf",
            Self::Change => "change",
            Self::HostUnknown => "host_unknown",
            Self::HostFoundEarly => "host_found_early",
            Self::WalkIn => "walk_in",
            Self::FormKept => "form_kept",
            Self::DeputyNamed => "deputy_named",
            Self::ApprovalCodeWrong => "approval_code_wrong",
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum By<'a> {
    Phone(&'a Phone),
    Address(IpAddr),
    /// The network around an address.
    Around(IpAddr),
    Terminal(TerminalId),
    /// All together.
    Everybody,
}

impl By<'_> {
    fn who(self) -> String {
        match self {
            Self::Phone(phone) => phone.as_str().to_owned(),
            Self::Address(address) => network(address),
            Self::Around(address) => around(address),
            Self::Terminal(terminal) => format!("terminal {terminal}"),
            Self::Everybody => "everybody".to_owned(),
        }
    }
}

/// Older ones are in no limit's view.
const LONGEST_VIEW: TimeDelta = TimeDelta::days(1);

/// Requests wait in line, so that one may be counted a little before another that was made before it. What is further ahead than
/// that was written by a clock that was wrong, and binds nobody.
const AHEAD_AT_MOST: TimeDelta = TimeDelta::minutes(1);

/// From when on there may be another, if not now.
pub(super) fn again_at(
    db: &Connection,
    what: Counted,
    by: By<'_>,
    limit: Limit,
    now: Moment,
) -> Result<Option<Moment>, StoreError> {
    // All that matters is the first of as many as are allowed; the later ones are passed over.
    let later = i64::from(limit.most) - 1;
    let mut query = db.prepare_cached(
        "select at from attempt where what = ?1 and who = ?2 and at > ?3 and at <= ?4 order by at desc limit 1 offset ?5",
    )?;
    let since = now.minus(limit.within).unix_ms();
    let through = now.plus(AHEAD_AT_MOST).unix_ms();
    let first = query.query_row(params![what.name(), by.who(), since, through, later], |row| row.get(0)).optional()?;
    Ok(limit.again_at(first.map(Moment::from_unix_ms), now))
}

/// The same where several kinds are counted as one.
pub(super) fn together_again_at(
    db: &Connection,
    what: &[Counted],
    by: By<'_>,
    limit: Limit,
    now: Moment,
) -> Result<Option<Moment>, StoreError> {
    let mut query = db.prepare_cached(
        "select at from attempt where what = ?1 and who = ?2 and at > ?3 and at <= ?4 order by at desc limit ?5",
    )?;
    let (since, through) = (now.minus(limit.within).unix_ms(), now.plus(AHEAD_AT_MOST).unix_ms());
    let mut latest: Vec<i64> = Vec::new();
    for one in what {
        let found = query.query_map(params![one.name(), by.who(), since, through, limit.most], |row| row.get(0))?;
        latest.extend(found.collect::<Result<Vec<i64>, _>>()?);
    }
    latest.sort_unstable_by(|a, b| b.cmp(a));
    let first = usize::from(limit.most).checked_sub(1).and_then(|later| latest.get(later));
    Ok(limit.again_at(first.copied().map(Moment::from_unix_ms), now))
}

pub(super) fn count(db: &Writing<'_>, what: Counted, by: By<'_>, now: Moment) -> Result<(), StoreError> {
    db.prepare_cached(
        "insert into attempt (what, who, at, nth) values (?1, ?2, ?3, ifnull(
             (select nth + 1 from attempt where what = ?1 and who = ?2 and at = ?3 order by nth desc limit 1), 0))",
    )?
    .execute(params![what.name(), by.who(), now.unix_ms()])?;
    Ok(())
}

pub(super) fn forget(db: &Writing<'_>, now: Moment) -> Result<(), StoreError> {
    let (since, through) = (now.minus(LONGEST_VIEW).unix_ms(), now.plus(AHEAD_AT_MOST).unix_ms());
    db.execute("delete from attempt where at <= ?1 or at > ?2", [since, through])?;
    Ok(())
}

/// What counts as one address: whoever has one IPv6 address has the whole /64.
#[must_use]
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(four) => four.to_string(),
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// What one renter or one house is usually given whole.
pub(super) fn around(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(four) => {
            let [a, b, c, _] = four.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(six) => {
            let [a, b, c, ..] = six.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::office_days::Office;

    #[test]
    fn a_network_has_one_name_however_its_address_is_written() {
        for (address, own, wider) in [
            ("192.0.2.77", "192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!((network(address).as_str(), around(address).as_str()), (own, wider));
        }
    }

    #[tokio::test]
    async fn what_a_wrong_clock_counted_binds_nobody_and_is_dropped() {
        let office = Office::open();
        let now = office.now;
        let ask = async |ahead: TimeDelta| {
            let phone = Phone::parse("13800130001").unwrap();
            let job = move |db: &mut Writing<'_>| {
                let limit = Limit::per_day(1);
                let again_at = again_at(db, Counted::Booking, By::Phone(&phone), limit, now)?;
                count(db, Counted::Booking, By::Phone(&phone), now.plus(ahead))?;
                forget(db, now)?;
                Ok(again_at)
            };
            office.store.0.writer.write(job).await.unwrap()
        };
        assert_eq!(ask(TimeDelta::hours(7)).await, None);
        assert_eq!(office.look("select count(*) from attempt"), 0);
        assert_eq!(ask(TimeDelta::seconds(1)).await, None);
        // Two that crossed on the way to the writer still count.
        assert!(ask(TimeDelta::zero()).await.is_some());
        assert_eq!(office.look("select count(*) from attempt"), 2);
    }

    #[tokio::test]
    async fn the_first_of_as_many_as_are_allowed_says_when_there_may_be_another() {
        let office = Office::open();
        let now = office.now;
        let minutes = TimeDelta::minutes;
        let job = move |db: &mut Writing<'_>| {
            let phone = Phone::parse("13800130001").unwrap();
            let by = By::Phone(&phone);
            for ago in [50, 40, 30, 70] {
                count(db, Counted::Booking, by, now.minus(minutes(ago)))?;
            }
            (0..=5).map(|most| again_at(db, Counted::Booking, by, Limit::per_hour(most), now)).collect()
        };
        let found: Vec<Option<Moment>> = office.store.0.writer.write(job).await.unwrap();
        let after = |of_an_hour: i64| Some(now.plus(minutes(of_an_hour)));
        assert_eq!(found, [after(60), after(30), after(20), after(10), None, None]);
    }

    #[tokio::test]
    async fn what_lies_ahead_binds_nobody_even_before_it_is_dropped() {
        let office = Office::open();
        let now = office.now;
        let job = move |db: &mut Writing<'_>| {
            let by = By::Address(std::net::Ipv4Addr::LOCALHOST.into());
            count(db, Counted::HostUnknown, by, now.plus(TimeDelta::hours(7)))?;
            again_at(db, Counted::HostUnknown, by, Limit::per_day(1), now)
        };
        assert_eq!(office.store.0.writer.write(job).await.unwrap(), None);
    }
}
