//! Pushes that did not hold, and where each stopped holding; and entries that were kept and told to no gate: for people to look at.

use rusqlite::{Connection, params};
use shared::{entry::EntryId, ids::TerminalId, sync::Refusal, time::Moment};

use super::{Store, StoreError, rows, writer::Writing};

/// A push that was refused because it did not hold, or entries that were told to nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushFault {
    pub terminal: TerminalId,
    /// `fork`, `altered` or `head`; of entries that were told to nobody `gate`, `party`, `many` or `unknown`.
    pub what: String,
    /// The first number that does not hold; of a head, its own; of entries the first that was told to nobody. 0 for all that are
    /// more than `NUMBERS_KEPT`.
    pub seq: u64,
    pub first_at: Moment,
    pub last_at: Moment,
    pub times: u64,
}

/// Of one kind and terminal: whoever holds its key makes numbers up.
const NUMBERS_KEPT: u32 = 100;

impl Store {
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
        | Refusal::Withdrawn { .. }
        | Refusal::SetAside { .. }
        | Refusal::Replayed
        | Refusal::Clock { .. }
        | Refusal::CursorAhead
        | Refusal::Gap { .. } => return Ok(()),
    };
    db.prepare_cached(
        "insert into push_fault (terminal, what, seq, first_at, last_at, times)
             select ?1, ?2, iif(
                 exists (select 1 from push_fault where terminal = ?1 and what = ?2 and seq = ?3)
                     or (select count(*) from push_fault where terminal = ?1 and what = ?2 and seq <> 0) < ?5,
                 ?3, 0
             ), ?4, ?4, 1
             where true
         on conflict (terminal, what, seq) do update set last_at = excluded.last_at, times = times + 1",
    )?
    .execute(params![terminal.get(), what, rows::number(seq), now.unix_ms(), NUMBERS_KEPT])?;
    Ok(())
}

/// Writes down that entries were told to nobody: of each kind once, however many there are.
pub(super) fn told_to_nobody(
    db: &Writing<'_>,
    first: EntryId,
    what: &'static str,
    times: u32,
    now: Moment,
) -> Result<(), StoreError> {
    let known = db
        .prepare_cached("update push_fault set last_at = ?3, times = times + ?4 where terminal = ?1 and what = ?2")?
        .execute(params![first.terminal.get(), what, now.unix_ms(), times])?;
    if known == 0 {
        db.prepare_cached(
            "insert into push_fault (terminal, what, seq, first_at, last_at, times) values (?1, ?2, ?3, ?4, ?4, ?5)",
        )?
        .execute(params![first.terminal.get(), what, rows::number(first.seq), now.unix_ms(), times])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use shared::{ids::GateIndex, seal::PublicKey, sync::enrol::InviteCode};

    use super::*;
    use crate::store::office_days::{CAMPUS, Office};

    #[tokio::test]
    async fn however_many_numbers_are_made_up_so_many_are_kept_and_the_rest_are_counted() {
        let Office { store, now, .. } = &Office::open();
        let (code, now) = (InviteCode::from_random([1; 10]), *now);
        store
            .invite(CAMPUS, GateIndex::new(0).unwrap(), &code, now.plus(chrono::TimeDelta::minutes(1)), now)
            .await
            .unwrap();
        let public = PublicKey::of(&SigningKey::from_bytes(&[1; 32]));
        let terminal = store.enrol(&code, public, now).await.unwrap().unwrap().id;
        let made_up = move |db: &mut Writing<'_>| {
            for seq in (1..=300).chain([7, 7]) {
                refused(db, terminal, &Refusal::Head, seq, now)?;
            }
            refused(db, terminal, &Refusal::Fork { seq: 5000 }, 0, now)
        };
        store.0.writer.write(made_up).await.unwrap();
        let faults = store.push_faults().await.unwrap();
        let times = |what: &str, seq| {
            let found = faults.iter().find(|fault| fault.what == what && fault.seq == seq);
            found.map(|fault| fault.times)
        };
        assert_eq!(faults.len(), 102, "a hundred numbers, the rest, and of another kind its own");
        assert_eq!((times("head", 7), times("head", 0), times("fork", 5000)), (Some(3), Some(200), Some(1)));
    }
}
