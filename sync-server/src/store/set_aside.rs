//! What gates pushed and the log did not take: where it stopped holding, and what came from a terminal that was withdrawn.
//!
//! Whoever took a terminal away has its key and may write what they like. It is no entry of the log and no gate hears of it, but it
//! may be true all the same: so it is kept, up to a bound, and shown.

use rusqlite::{Connection, params};
use shared::{
    ids::TerminalId,
    sync::{Refusal, push::PushRequest},
    time::Moment,
};

use super::{Store, StoreError, rows, writer::Writing};

/// A line of a withdrawn terminal, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    pub terminal: TerminalId,
    pub seq: u64,
    pub body: String,
    pub received_at: Moment,
}

/// A push that was refused because it did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushFault {
    pub terminal: TerminalId,
    /// `fork`, `altered` or `head`.
    pub what: String,
    /// The first number that does not hold; of a head, its own.
    pub seq: u64,
    pub first_at: Moment,
    pub last_at: Moment,
    pub times: u64,
}

/// More than a gate sees in a week.
const LINES_OF_ONE: i64 = 20_000;

impl Store {
    /// Keeps the lines of a terminal that was withdrawn, each once. Its signature on the request was checked by the door.
    pub async fn set_aside(&self, terminal: TerminalId, request: &PushRequest, now: Moment) -> Result<(), StoreError> {
        let links = request.links.clone();
        let keep = move |db: &mut Writing<'_>| {
            let mut insert = db.prepare_cached(
                "insert or ignore into set_aside (terminal, seq, body, received_at)
                 select ?1, ?2, ?3, ?4 where (select count(*) from set_aside where terminal = ?1) < ?5",
            )?;
            for link in &links {
                let (seq, body) = (rows::number(link.seq), link.body.get());
                insert.execute(params![terminal.get(), seq, body, now.unix_ms(), LINES_OF_ONE])?;
            }
            Ok(())
        };
        self.0.writer.write(keep).await
    }

    pub async fn lines_set_aside(&self) -> Result<Vec<SetAside>, StoreError> {
        let all = |db: &Connection| {
            let mut query = db.prepare_cached("select * from set_aside order by terminal, seq, received_at")?;
            let mut found = query.query([])?;
            let mut lines = Vec::new();
            while let Some(row) = found.next()? {
                lines.push(SetAside {
                    terminal: rows::terminal(row, "terminal")?,
                    seq: rows::seq(row, "seq")?,
                    body: rows::text(row, "body")?,
                    received_at: rows::moment(row, "received_at")?,
                });
            }
            Ok(lines)
        };
        self.0.readers.read(all).await
    }

    pub async fn push_faults(&self) -> Result<Vec<PushFault>, StoreError> {
        let all = |db: &Connection| {
            let mut query = db.prepare_cached("select * from push_fault order by last_at, terminal, seq")?;
            let mut found = query.query([])?;
            let mut faults = Vec::new();
            while let Some(row) = found.next()? {
                faults.push(PushFault {
                    terminal: rows::terminal(row, "terminal")?,
                    what: rows::text(row, "what")?,
                    seq: rows::seq(row, "seq")?,
                    first_at: rows::moment(row, "first_at")?,
                    last_at: rows::moment(row, "last_at")?,
                    times: rows::seq(row, "times")?,
                });
            }
            Ok(faults)
        };
        self.0.readers.read(all).await
    }
}

/// Writes down that a push did not hold, where that is more than a lost answer.
pub(super) fn refused(
    db: &Writing<'_>,
    terminal: TerminalId,
    refusal: &Refusal,
    claimed: u64,
    now: Moment,
) -> Result<(), StoreError> {
    let (what, seq) = match refusal {
        Refusal::Fork { seq } => ("fork", *seq),
        Refusal::Altered { seq } => ("altered", *seq),
        Refusal::Head => ("head", claimed),
        Refusal::Code
        | Refusal::Malformed
        | Refusal::Unauthenticated
        | Refusal::Withdrawn
        | Refusal::Replayed
        | Refusal::Clock { .. }
        | Refusal::CursorAhead
        | Refusal::Gap { .. } => return Ok(()),
    };
    db.prepare_cached(
        "insert into push_fault (terminal, what, seq, first_at, last_at, times) values (?1, ?2, ?3, ?4, ?4, 1)
         on conflict (terminal, what, seq) do update set last_at = excluded.last_at, times = times + 1",
    )?
    .execute(params![terminal.get(), what, rows::number(seq), now.unix_ms()])?;
    Ok(())
}
