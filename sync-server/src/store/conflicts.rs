//! Conflicts: one pass let in twice without leaving between, at two gates or at one. Gates that cannot reach each other cannot
//! prevent the first, and a guard may overrule the terminal and so cause the second; here both are found, once all have reported.

use rusqlite::{Connection, ToSql, params};
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

impl Conflict {
    const fn pair(self) -> (EntryId, EntryId) {
        (self.first, self.second)
    }
}

impl Store {
    pub async fn conflicts(&self) -> Result<Vec<Conflict>, StoreError> {
        self.0.readers.read(|db| conflicts_where(db, "true", &[])).await
    }
}

/// Walks all a pass did. Gates report in any order, so a conflict found from half the story goes
/// again when the exit that lay between is told of. Of one movement alone there never was a conflict: movements are only ever added.
pub(super) fn look_again(db: &Writing<'_>, pass: PassId, now: Moment) -> Result<(), StoreError> {
    let moves = moves(db, pass)?;
    let found: Vec<_> = moves
        .windows(2)
        .filter_map(|pair| match pair {
            [(first, Direction::In), (second, Direction::In)] => Some((*first, *second)),
            _ => None,
        })
        .collect();
    let known: Vec<_> = conflicts_where(db, "pass = ?1", &[pass.as_bytes()])?.into_iter().map(Conflict::pair).collect();
    for (first, second) in known.iter().filter(|pair| !found.contains(pair)) {
        db.execute(
            "delete from conflict where pass = ?1 and first_terminal = ?2 and first_seq = ?3
                 and second_terminal = ?4 and second_seq = ?5",
            params![
                pass.as_bytes(),
                first.terminal.get(),
                rows::number(first.seq),
                second.terminal.get(),
                rows::number(second.seq)
            ],
        )?;
    }
    for (first, second) in found.iter().filter(|pair| !known.contains(pair)) {
        db.execute(
            "insert into conflict (pass, first_terminal, first_seq, second_terminal, second_seq, found_at)
             values (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                pass.as_bytes(),
                first.terminal.get(),
                rows::number(first.seq),
                second.terminal.get(),
                rows::number(second.seq),
                now.unix_ms()
            ],
        )?;
    }
    Ok(())
}

/// Every time somebody went through a gate with this pass, in the order it happened.
fn moves(db: &Connection, pass: PassId) -> Result<Vec<(EntryId, Direction)>, StoreError> {
    let mut query = db.prepare_cached(
        "select terminal, seq, at, direction from entry where pass = ?1 and went_through order by terminal, seq",
    )?;
    let mut found = query.query([pass.as_bytes()])?;
    let mut moves = Vec::new();
    while let Some(row) = found.next()? {
        let direction = rows::parsed(row, "direction", |name: String| {
            [Direction::In, Direction::Out].into_iter().find(|direction| rows::direction_name(*direction) == name)
        })?;
        moves.push((rows::entry_id(row, "terminal", "seq")?, rows::moment(row, "at")?, direction));
    }
    Ok(in_order(moves).into_iter().map(|(entry, _, direction)| (entry, direction)).collect())
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

fn conflicts_where(db: &Connection, which: &'static str, values: &[&dyn ToSql]) -> Result<Vec<Conflict>, StoreError> {
    let mut query = db.prepare_cached(&format!("select * from conflict where {which} order by found_at, pass"))?;
    let mut found = query.query(values)?;
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
