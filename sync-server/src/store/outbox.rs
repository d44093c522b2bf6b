//! Notices on their way out: taken, and what came of it.
//!
//! A notice is taken in a commit before it is handed to a provider, and its answer kept in another. What is found taken after a
//! restart may have arrived; whoever sends it again asks first. While it is in hand its next try lies behind the longest a try can
//! take, so that a try that was lost is found again by itself.
//!
//! Nothing about a booking overtakes anything about it that goes to the same person by the same channel, and a card is not closed
//! before it was shown or never will be.

use chrono::TimeDelta;
use rusqlite::{Connection, params};
use shared::time::{CampusDay, Moment};

use super::{
    Notice, Store, StoreError,
    notices::{self, NOTICE, OF_NOTICES, Stands},
    receipts, rows, settled, together,
    writer::Writing,
};
use crate::office::{Channel, notice::NoticeKind};

/// No try takes longer, with what it waits for others in hand.
const IN_HAND: TimeDelta = TimeDelta::minutes(15);

/// A notice that is in hand now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub notice: Notice,
    /// Whether it was in hand before and may have arrived.
    pub in_doubt: bool,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    Sent {
        adapter: &'static str,
        handle: Option<String>,
    },
    /// To be tried again; `in_doubt`: it may have arrived. `of_number`: because this number had enough for now.
    Again {
        why: String,
        next_try: Moment,
        of_number: bool,
        in_doubt: bool,
    },
    GivenUp {
        how: GivenUp,
        why: Option<String>,
        of_number: bool,
        in_doubt: bool,
    },
}

/// Why a notice is not sent any more, or never was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GivenUp {
    /// The provider will never take it.
    Refused,
    /// It is too old to be of use.
    Aged,
    /// There is nothing to tell any more.
    Needless,
    /// It was told together with others.
    Together,
}

impl GivenUp {
    pub const ALL: [Self; 4] = [Self::Refused, Self::Aged, Self::Needless, Self::Together];

    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Aged => "aged",
            Self::Needless => "needless",
            Self::Together => "together",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.name() == name)
    }
}

impl Store {
    /// Takes what is due on a channel, codes first. While it is quiet until `quiet`, only what cannot wait for its end.
    pub async fn take_notices(
        &self,
        channel: Channel,
        quiet: Option<Moment>,
        limit: usize,
        now: Moment,
    ) -> Result<Vec<Taken>, StoreError> {
        self.0.writer.write(move |db| take(db, channel, quiet, limit, now)).await
    }

    /// Whether there is anything to take: most of the time there is not, and who only looks lets nobody wait.
    pub async fn any_notice_due(
        &self,
        channel: Channel,
        quiet: Option<Moment>,
        now: Moment,
    ) -> Result<bool, StoreError> {
        self.0.readers.look(move |db| Ok(!due(db, channel, quiet, 1, now)?.is_empty())).await
    }

    pub async fn keep_notices(&self, came: Vec<(i64, Came)>, now: Moment) -> Result<(), StoreError> {
        self.0.writer.write(move |db| keep_all(db, &came, now)).await
    }

    /// Both in one commit, as a queue is emptied: a sync to the disk costs as much for one as for both.
    pub async fn keep_and_take_notices(
        &self,
        came: Vec<(i64, Came)>,
        (channel, quiet, limit): (Channel, Option<Moment>, usize),
        now: Moment,
    ) -> Result<Vec<Taken>, StoreError> {
        let keep_and_take = move |db: &mut Writing<'_>| {
            keep_all(db, &came, now)?;
            take(db, channel, quiet, limit, now)
        };
        self.0.writer.write(keep_and_take).await
    }

    /// Counts that a notice is sent again although it may have arrived.
    pub async fn notice_doubles(&self, id: i64) -> Result<(), StoreError> {
        let count = move |db: &mut Writing<'_>| {
            db.execute("update notice set doubles = doubles + 1 where id = ?1", [id])?;
            Ok(())
        };
        self.0.writer.write(count).await
    }

    /// After a start: whatever was in hand is in nobody's any more.
    pub async fn notices_let_go(&self, now: Moment) -> Result<usize, StoreError> {
        let let_go = move |db: &mut Writing<'_>| {
            let sql = "update notice set in_hand_until = null where next_try is not null and in_hand_until > ?1";
            Ok(db.execute(sql, [now.unix_ms()])?)
        };
        self.0.writer.write(let_go).await
    }
}

/// May go, as far as others are concerned: what it follows is settled, and nothing older about the same goes to the same.
const ITS_TURN: &str = r#"(n.follows is null or f.next_try is null)
    and not exists (select 1 from notice o where o.booking = n.booking and o.id < n.id and o.channel = n.channel
        and o."to" = n."to" and o.next_try is not null)"#;

/// Cannot wait for the end of the quiet, which is on the day `?4` at the minute `?5`.
const CANNOT_WAIT: &str =
    "(n.kind in ('sign_in_code', 'settled') or exists (select 1 from walk_in w where w.booking = n.booking)
    or exists (select 1 from booking b where b.id = n.booking and (b.day, b.from_minute) < (?4, ?5)))";

fn take(
    db: &mut Writing<'_>,
    channel: Channel,
    quiet: Option<Moment>,
    limit: usize,
    now: Moment,
) -> Result<Vec<Taken>, StoreError> {
    let mut taken: Vec<Taken> = Vec::new();
    for found in due(db, channel, quiet, limit, now)? {
        match found {
            Due::Notice(mut one) => {
                if one.notice.kind == NoticeKind::Waiting
                    && !one.in_doubt
                    && !together::recount(db, &mut one.notice, now)?
                {
                    give_up(db, one.notice.id, GivenUp::Needless, None, false)?;
                    continue;
                }
                taken.push(*one);
            }
            Due::Needless { id, in_doubt } => give_up(db, id, GivenUp::Needless, None, in_doubt)?,
            // One row that cannot be read must not hold up all others.
            Due::Unreadable(id, why) => {
                tracing::error!(notice = id, cause = &why as &dyn std::error::Error, "a notice cannot be read");
                give_up(db, id, GivenUp::Refused, Some(&why.to_string()), false)?;
            }
        }
    }
    let ids: Vec<i64> = taken.iter().map(|one| one.notice.id).collect();
    db.prepare_cached(
        "update notice set taken_at = ?1, in_hand_until = ?2 where id in (select value from json_each(?3))",
    )?
    .execute(params![now.unix_ms(), now.plus(IN_HAND).unix_ms(), serde_json::to_string(&ids)?])?;
    Ok(taken)
}

enum Due {
    Notice(Box<Taken>),
    /// Nothing was shown that would have to be closed, or nothing is asked any more.
    Needless {
        id: i64,
        in_doubt: bool,
    },
    Unreadable(i64, StoreError),
}

fn due(
    db: &Connection,
    channel: Channel,
    quiet: Option<Moment>,
    limit: usize,
    now: Moment,
) -> Result<Vec<Due>, StoreError> {
    let mut due = due_of(db, "n.kind = 'sign_in_code'", (channel, None), limit, now)?;
    let left = limit.saturating_sub(due.len());
    if left > 0 {
        due.extend(due_of(db, "n.kind <> 'sign_in_code'", (channel, quiet), left, now)?);
    }
    Ok(due)
}

fn due_of(
    db: &Connection,
    which: &str,
    (channel, quiet): (Channel, Option<Moment>),
    limit: usize,
    now: Moment,
) -> Result<Vec<Due>, StoreError> {
    let sql = format!(
        r#"select {NOTICE} {OF_NOTICES} where n.channel = ?1 and n.next_try is not null and n.next_try <= ?2
               and (n.in_hand_until is null or n.in_hand_until <= ?2) and {which} and {ITS_TURN}
               and (?4 is null or {CANNOT_WAIT})
           order by n.next_try, n.id limit ?3"#
    );
    let ends = quiet.map(|ends| (CampusDay::of(ends), ends));
    let (day, minute) =
        (ends.map(|(day, _)| day.to_string()), ends.map(|(day, ends)| ends.since(day.start()).num_minutes()));
    let mut query = db.prepare_cached(&sql)?;
    let mut found = query.query(params![channel.name(), now.unix_ms(), rows::limit(limit), day, minute])?;
    let mut due = Vec::new();
    while let Some(row) = found.next()? {
        due.push(match notices::read(row) {
            Ok((notice, Stands { was_followed_never: true, .. })) if notice.kind == NoticeKind::Settled => {
                Due::Needless { id: notice.id, in_doubt: false }
            }
            // What asked and is nobody's was forgotten while it was in hand.
            Ok((notice, Stands { in_doubt, .. }))
                if notice.kind == NoticeKind::ApprovalAsked && notice.booking.is_none() =>
            {
                Due::Needless { id: notice.id, in_doubt }
            }
            Ok((notice, Stands { in_doubt, .. })) => Due::Notice(Box::new(Taken { notice, in_doubt })),
            Err(why) => Due::Unreadable(row.get(0)?, why),
        });
    }
    Ok(due)
}

fn keep_all(db: &Writing<'_>, came: &[(i64, Came)], now: Moment) -> Result<(), StoreError> {
    let early = receipts::are_early(db)?;
    came.iter().try_for_each(|(id, came)| keep(db, *id, came, early, now))
}

/// `early`: whether there are receipts that came before their notice was known to have left.
fn keep(db: &Writing<'_>, id: i64, came: &Came, early: bool, now: Moment) -> Result<(), StoreError> {
    match came {
        Came::Sent { adapter, handle } => {
            let sent = |of: &str| -> Result<usize, StoreError> {
                // What was erased meanwhile stays erased.
                let sql = format!(
                    r#"update notice set next_try = null, sent_at = ?2, path = null, failure = null, adapter = ?3, handle = ?4
                       where id = ?1 and "to" <> '' {of}"#
                );
                Ok(db.prepare_cached(&sql)?.execute(params![id, now.unix_ms(), adapter, handle])?)
            };
            // Nothing is to be forgotten of most.
            if sent("and booking is not null")? == 0 {
                sent("")?;
                forget_code(db, id)?;
                settled::forget_of_nobody(db, id)?;
            }
            match handle {
                Some(handle) if early => receipts::catch_up(db, adapter, handle),
                _ => Ok(()),
            }
        }
        Came::Again { why, next_try, of_number, in_doubt } => {
            db.prepare_cached(
                "update notice set next_try = ?2, in_hand_until = null, tries = tries + 1, failure = ?3,
                     taken_at = iif(?4, taken_at, null), of_number = ?5
                 where id = ?1 and next_try is not null",
            )?
            .execute(params![id, next_try.unix_ms(), why, in_doubt, of_number])?;
            Ok(())
        }
        Came::GivenUp { how, why, of_number, in_doubt } => {
            db.prepare_cached(
                "update notice set of_number = ?2 where id = ?1 and next_try is not null and of_number <> ?2",
            )?
            .execute(params![id, of_number])?;
            give_up(db, id, *how, why.as_deref(), *in_doubt)
        }
    }
}

fn give_up(db: &Writing<'_>, id: i64, how: GivenUp, why: Option<&str>, in_doubt: bool) -> Result<(), StoreError> {
    db.prepare_cached(
        "update notice set next_try = null, given_up = ?2, failure = coalesce(?3, failure), path = null,
             tries = tries + iif(?3 is null, 0, 1), taken_at = iif(?4, taken_at, null)
         where id = ?1 and next_try is not null",
    )?
    .execute(params![id, how.name(), why, in_doubt])?;
    settled::forget_of_nobody(db, id)?;
    forget_code(db, id)
}

/// A code that has left, or never will, is nobody's to read.
fn forget_code(db: &Writing<'_>, id: i64) -> Result<(), StoreError> {
    notices::unsay(db, "id = ?1 and kind = ?2 and next_try is null", &[&id, &NoticeKind::SignInCode.name()])
}
