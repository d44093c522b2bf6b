//! Attempts: what people did that is limited, counted in the database so that a restart forgives nothing.
//!
//! Asked and counted in the writer's own transaction: a thousand requests at once are counted one after the other.

use std::net::IpAddr;

use chrono::TimeDelta;
use rusqlite::{Connection, params};
use shared::{identity::Phone, ids::TerminalId, time::Moment};

use super::{StoreError, writer::Writing};
use crate::office::Limit;

#[derive(Debug, Clone, Copy)]
pub(super) enum Counted {
    CodeSent,
    CodeWrong,
    Booking,
    BookingOnBehalf,
    HostUnknown,
    WalkIn,
}

impl Counted {
    const fn name(self) -> &'static str {
        match self {
            Self::CodeSent => "code_sent",
            Self::CodeWrong => "code_wrong",
            Self::Booking => "booking",
            Self::BookingOnBehalf => "booking_on_behalf",
            Self::HostUnknown => "host_unknown",
            Self::WalkIn => "walk_in",
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum By<'a> {
    Phone(&'a Phone),
    Address(IpAddr),
    Terminal(TerminalId),
}

impl By<'_> {
    fn who(self) -> String {
        match self {
            Self::Phone(phone) => phone.as_str().to_owned(),
            Self::Address(address) => network(address),
            Self::Terminal(terminal) => format!("terminal {terminal}"),
        }
    }
}

/// Older ones are in no limit's view.
const LONGEST_VIEW: TimeDelta = TimeDelta::days(1);

/// From when on there may be another, if not now.
pub(super) fn again_at(
    db: &Connection,
    what: Counted,
    by: By<'_>,
    limit: Limit,
    now: Moment,
) -> Result<Option<Moment>, StoreError> {
    let mut query =
        db.prepare_cached("select at from attempt where what = ?1 and who = ?2 and at > ?3 order by at desc limit ?4")?;
    let found = query
        .query_map(params![what.name(), by.who(), now.minus(limit.within).unix_ms(), limit.most], |row| row.get(0))?;
    let before: Vec<Moment> = found.map(|at| at.map(Moment::from_unix_ms)).collect::<Result<_, _>>()?;
    Ok(limit.again_at(before, now))
}

pub(super) fn count(db: &Writing<'_>, what: Counted, by: By<'_>, now: Moment) -> Result<(), StoreError> {
    db.prepare_cached("insert into attempt (what, who, at) values (?1, ?2, ?3)")?.execute(params![
        what.name(),
        by.who(),
        now.unix_ms()
    ])?;
    Ok(())
}

pub(super) fn forget(db: &Writing<'_>, now: Moment) -> Result<(), StoreError> {
    db.execute("delete from attempt where at <= ?1", [now.minus(LONGEST_VIEW).unix_ms()])?;
    Ok(())
}

/// Whoever has one IPv6 address has the whole /64.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(four) => four.to_string(),
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
