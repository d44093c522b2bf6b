//! The schema, as the list of steps that led to it. Steps are only ever added; none is edited once it has been released.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

const STEPS: &[&str] = &[
    include_str!("migrations/0001_directory.sql"),
    include_str!("migrations/0002_sign_in.sql"),
    include_str!("migrations/0003_bookings.sql"),
    include_str!("migrations/0004_feed.sql"),
    include_str!("migrations/0005_terminals.sql"),
    include_str!("migrations/0006_entries.sql"),
    include_str!("migrations/0007_notices.sql"),
    include_str!("migrations/0008_party.sql"),
    include_str!("migrations/0009_limits.sql"),
    include_str!("migrations/0010_submitted.sql"),
    include_str!("migrations/0011_walk_in.sql"),
    include_str!("migrations/0012_clock.sql"),
    include_str!("migrations/0013_numbers.sql"),
    include_str!("migrations/0014_unsent.sql"),
    include_str!("migrations/0015_draft.sql"),
    include_str!("migrations/0016_change.sql"),
    include_str!("migrations/0017_hosts.sql"),
    include_str!("migrations/0018_consent.sql"),
    include_str!("migrations/0019_decider.sql"),
    include_str!("migrations/0020_outbox.sql"),
    include_str!("migrations/0021_told.sql"),
    include_str!("migrations/0022_codes.sql"),
    include_str!("migrations/0023_less_to_write.sql"),
    include_str!("migrations/0024_whose_session.sql"),
    include_str!("migrations/0025_fewer_rows.sql"),
    include_str!("migrations/0026_keys.sql"),
    include_str!("migrations/0027_set_aside.sql"),
    include_str!("migrations/0028_said_once.sql"),
    include_str!("migrations/0029_snapshots.sql"),
    include_str!("migrations/0030_push_faults.sql"),
    include_str!("migrations/0031_ailments.sql"),
    include_str!("migrations/0032_found_by_an_index.sql"),
    include_str!("migrations/0033_of_number.sql"),
    include_str!("migrations/0034_moved_by_an_index.sql"),
    include_str!("migrations/0035_bounds_of_a_terminal.sql"),
    include_str!("migrations/0036_odd_times.sql"),
];

/// The newest there is.
pub(super) fn known() -> u32 {
    u32::try_from(STEPS.len()).unwrap_or(u32::MAX)
}

/// Brings the schema up to date, each step in a transaction of its own. Two processes may try at once.
pub(super) fn run(db: &mut Connection) -> Result<(), StoreError> {
    let known = known();
    // Who has nothing to do waits for nobody.
    if db.query_row("pragma user_version", [], |row| row.get(0)) == Ok(known) {
        return Ok(());
    }
    for (number, step) in (1..).zip(STEPS) {
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: u32 = transaction.query_row("pragma user_version", [], |row| row.get(0))?;
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        if found < number {
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "user_version", number)?;
            transaction.commit()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection;

    #[test]
    fn a_second_run_changes_nothing_and_a_newer_schema_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut db = connection::writing(&dir.path().join("office.sqlite3")).unwrap();
        run(&mut db).unwrap();
        run(&mut db).unwrap();
        let found: i64 = db.query_row("pragma user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(usize::try_from(found).unwrap(), STEPS.len());
        db.execute_batch("pragma user_version = 99").unwrap();
        assert!(matches!(run(&mut db), Err(StoreError::Newer { found: 99, .. })));
    }

    #[test]
    fn what_was_counted_before_is_still_counted() {
        let dir = tempfile::tempdir().unwrap();
        let mut db = connection::writing(&dir.path().join("office.sqlite3")).unwrap();
        for step in &STEPS[..7] {
            db.execute_batch(step).unwrap();
        }
        db.execute_batch("pragma user_version = 7; insert into code_request values ('13800130001', '10.0.0.1', 5)")
            .unwrap();
        run(&mut db).unwrap();
        for who in ["13800130001", "10.0.0.1"] {
            let sql = "select count(*) from attempt where what = 'code_sent' and who = ?1 and at = 5";
            assert_eq!(db.query_row(sql, [who], |row| row.get::<_, i64>(0)).unwrap(), 1, "{who}");
        }
    }

    #[test]
    fn what_did_not_hold_and_what_was_set_aside_before_is_still_known_and_counted() {
        let dir = tempfile::tempdir().unwrap();
        let mut db = connection::writing(&dir.path().join("office.sqlite3")).unwrap();
        for step in &STEPS[..34] {
            db.execute_batch(step).unwrap();
        }
        db.execute_batch(
            "pragma user_version = 34;
             insert into terminal (campus, gate, public, enrolled_at, head_hash) values (1, 0, '', 1, x'00');
             insert into push_fault values (1, 'fork', 7, 2, 3, 4);
             insert into set_aside values (1, 1, x'00', '四', 5), (1, 2, x'00', '44', 5)",
        )
        .unwrap();
        run(&mut db).unwrap();
        let fault = "select terminal = 1 and what = 'fork' and seq = 7 and first_at = 2 and last_at = 3 and times = 4 from push_fault";
        let held = "select terminal = 1 and entries = 2 and bytes = 5 from held_aside";
        for (what, sql) in [("fault", fault), ("held", held)] {
            assert!(db.query_row(sql, [], |row| row.get::<_, bool>(0)).unwrap(), "{what}");
        }
    }
}
