//! What terminals complain of themselves: told with every pull, written down when it changes.

use rusqlite::{Connection, params};
use shared::{ids::TerminalId, sync::pull::Ailment, time::Moment};

use super::{Store, StoreError, rows, writer::Writing};

impl Store {
    /// What a terminal says of itself now. Most say nothing, again and again.
    pub async fn keep_ailments(&self, terminal: TerminalId, ails: Vec<Ailment>, now: Moment) -> Result<(), StoreError> {
        let known = self.0.readers.look(move |db| of(db, terminal)).await?;
        if known.iter().map(|(what, _)| what).eq(&ails) {
            return Ok(());
        }
        let keep = move |db: &mut Writing<'_>| {
            for (gone, _) in of(db, terminal)?.iter().filter(|(what, _)| !ails.contains(what)) {
                db.execute(
                    "delete from ailment where terminal = ?1 and what = ?2",
                    params![terminal.get(), name(*gone)],
                )?;
            }
            for what in &ails {
                db.execute(
                    "insert or ignore into ailment (terminal, what, since) values (?1, ?2, ?3)",
                    params![terminal.get(), name(*what), now.unix_ms()],
                )?;
            }
            Ok(())
        };
        self.0.writer.write(keep).await
    }

    pub async fn ailments(&self, terminal: TerminalId) -> Result<Vec<(Ailment, Moment)>, StoreError> {
        self.0.readers.read(move |db| of(db, terminal)).await
    }
}

/// In the order of the words.
fn of(db: &Connection, terminal: TerminalId) -> Result<Vec<(Ailment, Moment)>, StoreError> {
    let mut query = db.prepare_cached("select what, since from ailment where terminal = ?1")?;
    let mut found = query.query([terminal.get()])?;
    let mut ails = Vec::new();
    while let Some(row) = found.next()? {
        let what = rows::parsed(row, "what", |text: String| Ailment::ALL.into_iter().find(|what| name(*what) == text))?;
        ails.push((what, rows::moment(row, "since")?));
    }
    ails.sort_unstable_by_key(|(what, _)| *what);
    Ok(ails)
}

const fn name(what: Ailment) -> &'static str {
    match what {
        Ailment::JournalUnwritten => "journal_unwritten",
        Ailment::JournalAltered => "journal_altered",
        Ailment::JournalDiffers => "journal_differs",
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use shared::{ids::GateIndex, seal::PublicKey, sync::enrol::InviteCode};

    use super::*;
    use crate::store::office_days::{CAMPUS, Office};

    #[tokio::test]
    async fn what_a_terminal_says_of_itself_stands_until_it_says_it_no_more() {
        let Office { store, now, .. } = &Office::open();
        let (code, key) = (InviteCode::from_random([1; 10]), SigningKey::from_bytes(&[1; 32]));
        let soon = now.plus(chrono::TimeDelta::minutes(1));
        store.invite(CAMPUS, GateIndex::new(0).unwrap(), &code, soon, *now).await.unwrap();
        let id = store.enrol(&code, PublicKey::of(&key), *now).await.unwrap().unwrap().id;
        store.keep_ailments(id, vec![Ailment::JournalAltered], *now).await.unwrap();
        let both = vec![Ailment::JournalUnwritten, Ailment::JournalAltered];
        store.keep_ailments(id, both, soon).await.unwrap();
        let told = store.ailments(id).await.unwrap();
        assert_eq!(told, [(Ailment::JournalUnwritten, soon), (Ailment::JournalAltered, *now)]);
        store.keep_ailments(id, Vec::new(), soon).await.unwrap();
        assert_eq!(store.ailments(id).await.unwrap(), []);
    }
}
