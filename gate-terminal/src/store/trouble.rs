//! What is wrong with this store's second copy, kept where an officer's page finds it.
//!
//! The gate goes on: whatever stands here was not worth closing it. So a failure to write it down is a line in the log.

use rusqlite::{Connection, params};
use shared::sync::pull::Ailment;

use super::StoreError;

const fn name(what: Ailment) -> &'static str {
    match what {
        Ailment::JournalUnwritten => "journal",
        Ailment::JournalAltered => "lines",
        Ailment::JournalDiffers => "another",
    }
}

/// Over, when it says nothing.
pub(super) fn note(connection: &Connection, what: Ailment, says: Option<&str>) {
    let noted = match says {
        Some(says) => connection
            .prepare_cached("insert into trouble (what, says) values (?1, ?2) on conflict (what) do update set says = ?2 where says <> ?2")
            .and_then(|mut note| note.execute(params![name(what), says])),
        None => connection
            .prepare_cached("delete from trouble where what = ?1")
            .and_then(|mut over| over.execute([name(what)])),
    };
    if let Err(error) = noted {
        tracing::error!(%error, "trouble with the journal was not written down");
    }
}

/// In the order of the words; what cannot be read now is told another time.
pub(super) fn ails(connection: &Connection) -> Vec<Ailment> {
    let stands = |what: &Ailment| {
        let select = connection.prepare_cached("select 1 from trouble where what = ?1");
        select.and_then(|mut select| select.exists([name(*what)])).unwrap_or(false)
    };
    Ailment::ALL.into_iter().filter(stands).collect()
}

pub(super) fn all(connection: &Connection) -> Result<Option<String>, StoreError> {
    let mut select = connection.prepare("select says from trouble order by what")?;
    let says = select.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    Ok((!says.is_empty()).then(|| says.join("；")))
}

/// Numbers as people say them: 3, 7–9.
pub(super) fn numbers(seqs: &[u64]) -> String {
    let mut sorted = seqs.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut spans: Vec<(u64, u64)> = Vec::new();
    for seq in sorted {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == seq => *last = seq,
            Some(_) | None => spans.push((seq, seq)),
        }
    }
    let span = |(first, last): &(u64, u64)| if first == last { first.to_string() } else { format!("{first}–{last}") };
    spans.iter().map(span).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_said_together() {
        assert_eq!(numbers(&[9, 3, 8, 7, 3]), "3, 7–9");
        assert_eq!(numbers(&[]), "");
    }
}
