//! The schema's history. Migrations are only ever added: a terminal may come back from a cupboard after a year.

use rusqlite::Connection;

use super::StoreError;

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_begin.sql"),
    include_str!("migrations/0002_went_through.sql"),
    include_str!("migrations/0003_party.sql"),
    include_str!("migrations/0004_asked_and_sent_away.sql"),
    include_str!("migrations/0005_spare_root.sql"),
    include_str!("migrations/0006_oblivion.sql"),
    include_str!("migrations/0007_trouble.sql"),
    include_str!("migrations/0008_countersigned.sql"),
];

/// Brings the schema up to this program's; each step is one transaction.
pub(super) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let done: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let steps = || (1_u32..).zip(MIGRATIONS);
    if done > 0 && steps().all(|(step, _)| step != done) {
        return Err(StoreError::NewerSchema { found: done });
    }
    for (step, sql) in steps().filter(|(step, _)| *step > done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", step)?;
        transaction.commit()?;
    }
    Ok(())
}
