//! Faults that the harness must find, or it finds nothing: the stores' own journeys on disks that lie, a plain connection with
//! less than FULL, answers given too early, and a call that takes two transactions.

use std::path::Path;

use gate_terminal::store::DATABASE_FILE;
use rusqlite::Connection;

use super::{journey::Journey, office, terminal, trial};
use crate::disk::Lie;

const PLAIN: &str = "plain.sqlite3";

fn start_plain(path: &Path) -> Result<(), String> {
    let look = |path: &Path| -> rusqlite::Result<String> {
        let db = Connection::open(path)?;
        db.query_row("pragma quick_check(1)", [], |row| row.get(0))
    };
    match look(path) {
        Ok(checked) if checked == "ok" => Ok(()),
        Ok(checked) => Err(checked),
        Err(cause) => Err(cause.to_string()),
    }
}

/// Rows of a plain connection, each answered for after its commit, or `early`.
fn plain(synchronous: &str, early: bool) -> trial::Found {
    let mut journey = Journey::begin(PLAIN, Lie::None);
    let db = Connection::open(journey.database()).unwrap();
    db.execute_batch("pragma journal_mode = wal; pragma wal_autocheckpoint = 0; create table line (number)").unwrap();
    db.execute_batch(&format!("pragma synchronous = {synchronous}")).unwrap();
    journey.started("a start");
    for number in 0..20 {
        if early {
            db.execute_batch("begin").unwrap();
            db.execute("insert into line values (?1)", [number]).unwrap();
            journey.answered("insert");
            db.execute_batch("commit").unwrap();
        } else {
            db.execute("insert into line values (?1)", [number]).unwrap();
            journey.answered("insert");
        }
        if number == 10 {
            db.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())).unwrap();
            journey.started("the log is written back");
        }
    }
    drop(db);
    journey.started("an orderly end");
    trial::cut_everywhere(journey, PLAIN, start_plain, super::seeds())
}

#[test]
fn a_plain_connection_keeps_its_word_with_full_and_breaks_it_with_normal() {
    let full = plain("full", false);
    full.show("plain, FULL");
    full.assert_clean();
    let normal = plain("normal", false);
    normal.show("plain, NORMAL");
    assert!(!normal.lost.is_empty(), "NORMAL must lose what was acknowledged");
    assert!(normal.corrupt.is_empty(), "but it breaks nothing: {:?}", normal.corrupt);
    let off = plain("off", false);
    off.show("plain, OFF");
    assert!(!off.lost.is_empty() && !off.corrupt.is_empty(), "OFF must lose, and break what is written back");
}

#[test]
fn an_answer_before_the_commit_is_found() {
    let early = plain("full", true);
    early.show("plain, answered early");
    assert_eq!(early.early.first().map(String::as_str), Some("insert was answered and nothing was committed"));
}

#[test]
fn the_stores_lose_on_a_disk_that_syncs_the_log_as_late_as_normal_does() {
    let gate = trial::cut_at_answers(terminal::journey(Lie::LateLog), DATABASE_FILE, terminal::start);
    gate.show("terminal, NORMAL");
    assert!(!gate.lost.is_empty(), "NORMAL must lose what was acknowledged");
    let server = trial::cut_at_answers(office::journey(Lie::LateLog), office::FILE, office::start);
    server.show("server, NORMAL");
    assert!(!server.lost.is_empty(), "NORMAL must lose what was acknowledged");
}

#[test]
fn the_terminal_s_store_breaks_on_a_disk_that_syncs_nothing() {
    let found = trial::cut_everywhere(terminal::journey(Lie::NoSync), DATABASE_FILE, terminal::start, 2);
    found.show("terminal, OFF");
    assert!(!found.lost.is_empty() && !found.corrupt.is_empty());
}

#[test]
fn a_call_of_two_transactions_is_found() {
    let mut journey = Journey::begin(PLAIN, Lie::None);
    let db = Connection::open(journey.database()).unwrap();
    db.execute_batch("pragma journal_mode = wal; create table line (number)").unwrap();
    journey.started("a start");
    db.execute("insert into line values (1)", []).unwrap();
    db.execute("insert into line values (2)", []).unwrap();
    journey.answered("two rows");
    let found = trial::cut_everywhere(journey, PLAIN, start_plain, 1);
    found.show("plain, two transactions in a call");
    assert_eq!(found.halves, ["two rows took 2 transactions"]);
    drop(db);
}
