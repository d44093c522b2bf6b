//! What a database that makes way for a copy of it can still say: how far it had told the feed, and of its terminals.
//!
//! A copy does not know who was withdrawn since, and a stolen terminal must not be welcome again; nor may a number be given to a second
//! terminal, because entries are known by it.

use std::path::Path;

use rusqlite::{Connection, Transaction, params};
use shared::chain::ChainHash;

use super::super::{Reached, StoreError, connection, feed};

/// Where nobody knows which numbers were given since, so many are passed over.
const LEAP: i64 = 1000;

pub(super) struct Gone {
    reached: Reached,
    terminals: Vec<Known>,
    last_number: i64,
    /// Of the last minutes: what was signed before must not be heard twice.
    nonces: Vec<(i64, String, i64)>,
}

struct Known {
    id: i64,
    campus: i64,
    gate: i64,
    public: String,
    enrolled_at: i64,
    withdrawn_at: Option<i64>,
    key_set: i64,
}

impl Gone {
    /// All of it, or nothing.
    pub(super) fn read(database: &Path) -> Result<Self, StoreError> {
        Self::of(&connection::copying(database)?)
    }

    fn of(db: &Connection) -> Result<Self, StoreError> {
        let mut terminals =
            db.prepare("select id, campus, gate, public, enrolled_at, withdrawn_at, key_set from terminal")?;
        let terminals = terminals.query_map([], |row| {
            Ok(Known {
                id: row.get(0)?,
                campus: row.get(1)?,
                gate: row.get(2)?,
                public: row.get(3)?,
                enrolled_at: row.get(4)?,
                withdrawn_at: row.get(5)?,
                key_set: row.get(6)?,
            })
        })?;
        let mut nonces = db.prepare("select terminal, nonce, at from nonce")?;
        let nonces = nonces.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(Self {
            reached: feed::reached(db)?,
            terminals: terminals.collect::<Result<_, _>>()?,
            last_number: last_number(db)?,
            nonces: nonces.collect::<Result<_, _>>()?,
        })
    }

    /// Whether it is what became of the copied office: it knows every terminal that the copy knows, and is not itself an older one that
    /// was put back by hand.
    fn came_of(&self, copy: &Self, heard: Reached) -> bool {
        let knows = |one: &Known| self.terminals.iter().any(|it| (it.id, &it.public) == (one.id, &one.public));
        !self.terminals.is_empty()
            && !self.reached.is_behind(heard)
            && self.last_number >= copy.last_number
            && copy.terminals.iter().all(knows)
    }

    pub(super) const fn epoch(&self) -> u32 {
        self.reached.epoch
    }

    /// Into the copy. Whether all of the terminals that there are is known with it.
    pub(super) fn carry_over(&self, copy: &Transaction<'_>, heard: Reached) -> Result<bool, StoreError> {
        let is_known = self.came_of(&Self::of(copy)?, heard);
        // Whoever was withdrawn stays so, and no older keys are served with, whatever else is known.
        for Known { id, public, withdrawn_at, key_set, .. } in &self.terminals {
            copy.execute(
                "update terminal set withdrawn_at = coalesce(?3, withdrawn_at), key_set = max(key_set, ?4)
                 where id = ?1 and public = ?2",
                params![id, public, withdrawn_at, key_set],
            )?;
        }
        if is_known {
            self.carry_over_the_rest(copy)?;
        }
        Ok(is_known)
    }

    fn carry_over_the_rest(&self, db: &Transaction<'_>) -> Result<(), StoreError> {
        let start = ChainHash::START;
        for one in &self.terminals {
            // One that the copy does not know tells all of its entries anew.
            db.execute(
                "insert into terminal (id, campus, gate, public, enrolled_at, withdrawn_at, key_set, head_seq, head_hash)
                     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8)
                 on conflict (id) do nothing",
                params![
                    one.id,
                    one.campus,
                    one.gate,
                    one.public,
                    one.enrolled_at,
                    one.withdrawn_at,
                    one.key_set,
                    start.as_bytes()
                ],
            )?;
        }
        for (terminal, nonce, at) in &self.nonces {
            db.execute(
                "insert or ignore into nonce (terminal, nonce, at) values (?1, ?2, ?3)",
                params![terminal, nonce, at],
            )?;
        }
        number_from(db, self.last_number)
    }
}

pub(super) fn leap(db: &Transaction<'_>) -> Result<(), StoreError> {
    number_from(db, last_number(db)?.saturating_add(LEAP))
}

fn last_number(db: &Connection) -> Result<i64, StoreError> {
    let sql = "select coalesce(max(seq), 0) from sqlite_sequence where name = 'terminal'";
    Ok(db.query_row(sql, [], |row| row.get(0))?)
}

/// No terminal gets a number up to this one.
fn number_from(db: &Transaction<'_>, last: i64) -> Result<(), StoreError> {
    let given = last_number(db)?.max(last);
    db.execute("delete from sqlite_sequence where name = 'terminal'", [])?;
    db.execute("insert into sqlite_sequence (name, seq) values ('terminal', ?1)", [given])?;
    Ok(())
}
