//! Passes that the office has issued for today, and how many movements by them it told the gates of.
//!
//! By passes that the office does not know a terminal may move few people a day, and all it says beyond is kept and told to nobody
//! (see `store/telling.rs` of the server): entries that name such passes cost less than those of a gate. So one visitor books and is
//! approved like everybody, and each of the others has rows of the same size under a number of their own. What was told is counted
//! afterwards, in the feed and in the office's own books.

use std::fmt;

use chrono::TimeDelta;
use gatehouse::{Trouble, office::pass_id};
use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};
use shared::sync::change::Change;
use tokio::runtime::Runtime;
use world::{
    campus::{Campus, today},
    people::Form,
};

use super::{caller::CAMPUS, told};

/// Of one terminal on one day, as the office has it.
const TOLD_A_DAY: u64 = 20_000;

/// Rows are written anywhere in large tables, each page once.
const CACHE_KIB: u32 = 512 * 1024;

/// The visitors numbered from 0 have their passes, and it is evening: what entries of today say has happened.
pub(super) fn until_evening(outside: &Runtime, campus: &Campus, passes: u64) -> Result<(), Trouble> {
    outside.block_on(campus.approved(&Form::good(today())))?;
    let mut db = Connection::open(campus.database()).map_err(told)?;
    db.busy_timeout(std::time::Duration::from_secs(10)).map_err(told)?;
    copy(&mut db, passes).map_err(told)?;
    campus.later(TimeDelta::hours(12));
    Ok(())
}

fn copy(db: &mut Connection, passes: u64) -> rusqlite::Result<()> {
    db.execute_batch(&format!("pragma cache_size = -{CACHE_KIB}"))?;
    let one: i64 =
        db.query_row("select booking from pass where published and ended_at is null", [], |row| row.get(0))?;
    let (booking, pass) = (columns(db, "booking")?, columns(db, "pass")?);
    let transaction = db.transaction()?;
    {
        let of_booking =
            booking.iter().filter(|column| *column != "id").map(String::as_str).collect::<Vec<_>>().join(", ");
        let mut book = transaction
            .prepare(&format!("insert into booking ({of_booking}) select {of_booking} from booking where id = ?1"))?;
        let of_pass = pass.iter().map(|column| match column.as_str() {
            "id" => "?2",
            "booking" => "?3",
            "page" => "?4",
            other => other,
        });
        let (of_pass, pass) = (of_pass.collect::<Vec<_>>().join(", "), pass.join(", "));
        let mut issue =
            transaction.prepare(&format!("insert into pass ({pass}) select {of_pass} from pass where booking = ?1"))?;
        for number in 0..passes {
            book.execute([one])?;
            let page: [u8; 32] = Sha256::digest(number.to_be_bytes()).into();
            issue.execute(params![one, pass_id(number).as_bytes(), transaction.last_insert_rowid(), page])?;
        }
    }
    transaction.commit()?;
    // Or the server would write it all back in the middle of what is measured.
    db.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
}

fn columns(db: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let all = db.prepare(&format!("select * from {table} limit 0"))?;
    Ok(all.column_names().map(str::to_owned).collect())
}

/// Entries, and how many of them the other gates were told of.
pub(super) struct Heard {
    pub(super) entries: u64,
    pub(super) told: u64,
    of_each: u64,
}

impl Heard {
    /// What the office must hold of so many terminals with as many entries each; what it told stands behind this link of the feed.
    pub(super) fn checked(campus: &Campus, (terminals, of_each): (u64, u64), link: u64) -> Result<Self, Trouble> {
        let wanted = Self { entries: terminals * of_each, told: terminals * of_each.min(TOLD_A_DAY), of_each };
        let db = Connection::open(campus.database()).map_err(told)?;
        let counted = counted(&db, of_each).map_err(told)?;
        if counted != (terminals, terminals) {
            return Err(told(format!(
                "{} terminals pushed, and {} of them {of_each} entries each, told up to {TOLD_A_DAY} as of known passes; wanted: {terminals}",
                counted.0, counted.1
            )));
        }
        let movements = movements(&db, link)?;
        if movements == wanted.told {
            Ok(wanted)
        } else {
            Err(told(format!("the gates were told of {movements} movements, wanted: {}", wanted.told)))
        }
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entries, told, of_each } = self;
        write!(
            f,
            "{told} of {entries} entries were told to the other gates, each of a pass that the office had issued"
        )?;
        match of_each.checked_sub(TOLD_A_DAY) {
            None | Some(0) => Ok(()),
            Some(more) => write!(
                f,
                "\n  NOTE: of a terminal's day {TOLD_A_DAY} are told; of each gate's {of_each} the last {more} were only kept, which costs less"
            ),
        }
    }
}

/// How many terminals pushed, and how many of them what was wanted.
fn counted(db: &Connection, of_each: u64) -> rusqlite::Result<(u64, u64)> {
    db.query_row(
        "select count(*), count(*) filter (where entries = ?1 and known = min(?1, ?2) and unknown = 0)
         from (select terminal, count(*) as entries from entry group by terminal) left join told using (terminal)",
        params![of_each.cast_signed(), TOLD_A_DAY.cast_signed()],
        |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, i64>(1)?.unsigned_abs())),
    )
}

fn movements(db: &Connection, link: u64) -> Result<u64, Trouble> {
    let mut query = db.prepare("select body from feed where campus = ?1 and seq > ?2").map_err(told)?;
    let bodies = query.query_map(params![CAMPUS.get(), link.cast_signed()], |row| row.get::<_, String>(0));
    let mut movements = 0;
    for body in bodies.map_err(told)? {
        movements += u64::from(matches!(serde_json::from_str(&body.map_err(told)?)?, Change::PassMoved { .. }));
    }
    Ok(movements)
}
