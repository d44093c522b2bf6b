//! Conflicts: one pass let in twice without leaving between, at two gates or at one. Gates that cannot reach each other cannot
//! prevent the first, and a guard may overrule the terminal and so cause the second; here both are found, once all have reported.

use rusqlite::{Connection, ToSql, params};
use shared::{
    entry::{Direction, EntryId},
    ids::PassId,
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

/// Walks all a pass did, as the gates' clocks have it. Gates report in any order, so a conflict found from half the story goes
/// again when the exit that lay between is told of.
pub(super) fn look_again(db: &Writing<'_>, pass: PassId, now: Moment) -> Result<(), StoreError> {
    let found: Vec<_> = moves(db, pass)?
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

/// Every time somebody went through a gate with this pass.
fn moves(db: &Connection, pass: PassId) -> Result<Vec<(EntryId, Direction)>, StoreError> {
    let mut query = db.prepare_cached(
        "select terminal, seq, direction from entry where pass = ?1 and went_through order by at, terminal, seq",
    )?;
    let mut found = query.query([pass.as_bytes()])?;
    let mut moves = Vec::new();
    while let Some(row) = found.next()? {
        let direction = rows::parsed(row, "direction", |name: String| {
            [Direction::In, Direction::Out].into_iter().find(|direction| rows::direction_name(*direction) == name)
        })?;
        moves.push((rows::entry_id(row, "terminal", "seq")?, direction));
    }
    Ok(moves)
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
