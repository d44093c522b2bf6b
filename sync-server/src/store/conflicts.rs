//! Conflicts: one pass let in twice without leaving between, at two gates or at one. Gates that cannot reach each other cannot
//! prevent the first, and a guard may overrule the terminal and so cause the second; here both are found, once all have reported.
//!
//! A terminal writes what it likes, a made-up pass ten thousand times among it. So only what a pass did last is walked: what that
//! costs does not grow with what is kept of it.

use rusqlite::{Connection, params};
use shared::{
    entry::{Direction, EntryId},
    ids::{PassId, TerminalId},
    time::Moment,
};

use super::{Store, StoreError, rows, writer::Writing};

/// One pass let in twice without leaving between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    pub pass: PassId,
    pub first: EntryId,
    pub second: EntryId,
    pub found_at: Moment,
}

/// Twice as often as a pass may go in and out again, and then some: more are looked through by people, in the log.
const LOOKED_AT: usize = 64;

impl Store {
    pub async fn conflicts(&self) -> Result<Vec<Conflict>, StoreError> {
        self.0.readers.read(all).await
    }
}

/// Walks what a pass did last. Gates report in any order, so a conflict found from half the story goes
/// again when the exit that lay between is told of. Of one movement alone there never was a conflict: movements are only ever added.
pub(super) fn look_again(db: &Writing<'_>, pass: PassId, now: Moment) -> Result<(), StoreError> {
    let mut forget = db.prepare_cached(
        "delete from conflict where pass = ?1 and first_terminal = ?2 and first_seq = ?3
             and (second_terminal, second_seq) is not (?4, ?5)",
    )?;
    let mut find = db.prepare_cached(
        "insert or ignore into conflict (pass, first_terminal, first_seq, second_terminal, second_seq, found_at)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let moves = moves(db, pass)?;
    let next = moves.iter().skip(1).map(Some).chain([None]);
    for ((first, direction), next) in moves.iter().zip(next) {
        let second = match (direction, next) {
            (Direction::In, Some((second, Direction::In))) => Some(second),
            _ => None,
        };
        let (terminal, seq) = (second.map(|id| id.terminal.get()), second.map(|id| rows::number(id.seq)));
        let first = (first.terminal.get(), rows::number(first.seq));
        forget.execute(params![pass.as_bytes(), first.0, first.1, terminal, seq])?;
        if second.is_some() {
            find.execute(params![pass.as_bytes(), first.0, first.1, terminal, seq, now.unix_ms()])?;
        }
    }
    Ok(())
}

/// When somebody went through a gate with this pass: the last [`LOOKED_AT`] times, in the order it happened.
fn moves(db: &Connection, pass: PassId) -> Result<Vec<(EntryId, Direction)>, StoreError> {
    let mut query = db.prepare_cached(
        "select terminal, seq, at, direction from entry where pass = ?1 and went_through = 1 and terminal = (
             select max(terminal) from entry where pass = ?1 and went_through = 1 and terminal < ?2
         ) order by seq desc limit ?3",
    )?;
    // Each terminal's last hold all that are last among all: what happened before another at its own gate is not later anywhere.
    let mut moves: Vec<Move> = Vec::new();
    let mut below = i64::MAX;
    loop {
        let before = moves.len();
        let mut found = query.query(params![pass.as_bytes(), below, rows::limit(LOOKED_AT)])?;
        while let Some(row) = found.next()? {
            let direction = rows::parsed(row, "direction", |name: String| {
                [Direction::In, Direction::Out].into_iter().find(|direction| rows::direction_name(*direction) == name)
            })?;
            let entry = rows::entry_id(row, "terminal", "seq")?;
            below = entry.terminal.get().into();
            moves.push((entry, rows::moment(row, "at")?, direction));
        }
        if moves.len() == before {
            break;
        }
    }
    moves.reverse();
    let mut moves = in_order(moves);
    let last = moves.split_off(moves.len().saturating_sub(LOOKED_AT));
    Ok(last.into_iter().map(|(entry, _, direction)| (entry, direction)).collect())
}

type Move = (EntryId, Moment, Direction);

/// `moves` come by terminal and number. A terminal knows what it did first, whatever its clock said; only between terminals
/// moments decide. Where they contradict the numbers the clock was put right in between, so the later word counts: nothing
/// happened after what the same terminal did next.
fn in_order(mut moves: Vec<Move>) -> Vec<Move> {
    let mut next: Option<(TerminalId, Moment)> = None;
    for (entry, at, _) in moves.iter_mut().rev() {
        if let Some((terminal, then)) = next
            && terminal == entry.terminal
        {
            *at = (*at).min(then);
        }
        next = Some((entry.terminal, *at));
    }
    moves.sort_by_key(|(entry, at, _)| (*at, *entry));
    moves
}

fn all(db: &Connection) -> Result<Vec<Conflict>, StoreError> {
    let mut query = db.prepare_cached("select * from conflict order by found_at, pass")?;
    let mut found = query.query([])?;
    let mut conflicts = Vec::new();
    while let Some(row) = found.next()? {
        conflicts.push(Conflict {
            pass: rows::pass(row, "pass")?,
            first: rows::entry_id(row, "first_terminal", "first_seq")?,
            second: rows::entry_id(row, "second_terminal", "second_seq")?,
            found_at: rows::moment(row, "found_at")?,
        });
    }
    Ok(conflicts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_order_one_terminal_and_moments_order_two() {
        use Direction::{In, Out};
        let entry = |terminal, seq| EntryId { terminal: TerminalId::new(terminal), seq };
        let order = |moves: &[(u32, u64, i64)]| -> Vec<(u32, u64)> {
            let moves = moves.iter().map(|(terminal, seq, minute)| {
                (entry(*terminal, *seq), Moment::from_unix_s(minute * 60), if *seq % 2 == 0 { Out } else { In })
            });
            in_order(moves.collect()).iter().map(|(id, _, _)| (id.terminal.get(), id.seq)).collect()
        };
        // The clock was two hours ahead at first, and put right.
        assert_eq!(order(&[(1, 1, 120), (1, 2, 1), (1, 3, 2)]), [(1, 1), (1, 2), (1, 3)]);
        assert_eq!(order(&[(1, 1, 120), (1, 2, 5), (1, 3, 10)]), [(1, 1), (1, 2), (1, 3)]);
        // Nor does it carry what another gate saw meanwhile along.
        assert_eq!(order(&[(1, 1, 120), (1, 2, 5), (2, 1, 3), (2, 2, 60)]), [(2, 1), (1, 1), (1, 2), (2, 2)]);
        assert_eq!(order(&[(1, 1, 1), (1, 2, 30), (2, 1, 10), (2, 2, 20)]), [(1, 1), (2, 1), (2, 2), (1, 2)]);
    }
}
