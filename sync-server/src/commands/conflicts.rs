//! `conflicts list`: one pass let in at two terminals without leaving between.
//!
//! Gates that are cut off from each other cannot prevent it; what they can do is never let it go unseen.

use std::io::Write;

use super::{Failure, Office, table};

pub(super) async fn list(office: &Office, out: &mut dyn Write) -> Result<(), Failure> {
    let conflicts = office.store.conflicts().await?;
    if conflicts.is_empty() {
        writeln!(out, "No pass was let in twice")?;
        return Ok(());
    }
    let rows: Vec<[String; 4]> = conflicts
        .iter()
        .map(|conflict| {
            let entry = |id: shared::entry::EntryId| format!("{}/{}", id.terminal, id.seq);
            [
                conflict.found_at.campus_date_and_clock(),
                conflict.pass.to_string(),
                entry(conflict.first),
                entry(conflict.second),
            ]
        })
        .collect();
    table::print(out, ["found", "pass", "first entry", "second entry"], &rows)?;
    Ok(())
}
