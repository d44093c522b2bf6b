//! The terminals: invited once, known by their key, withdrawn at once.

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sha2::{Digest as _, Sha256};
use shared::{
    chain::Head,
    ids::{CampusId, GateIndex, TerminalId},
    seal::PublicKey,
    sync::{
        enrol::InviteCode,
        http_signature::{MAX_SKEW_S, Nonce},
    },
    time::Moment,
};

use super::{Store, StoreError, rows, writer::Writing};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terminal {
    pub id: TerminalId,
    pub campus: CampusId,
    pub gate: GateIndex,
    pub public: PublicKey,
    pub enrolled: Moment,
    pub withdrawn: Option<Moment>,
    /// Its last signed request.
    pub seen: Option<Moment>,
    /// How far its entries are held here.
    pub head: Head,
    /// The newest key set that it said it holds; 0 before the first.
    pub key_set: u32,
}

/// A request may be signed this far ahead and arrive this far behind; beyond twice that its nonce cannot come again.
const NONCES_HELD: TimeDelta = TimeDelta::seconds(2 * MAX_SKEW_S + 60);

impl Store {
    /// Keeps a one-time code for a gate, by its hash: 80 random bits are not guessed.
    pub async fn invite(
        &self,
        campus: CampusId,
        gate: GateIndex,
        code: &InviteCode,
        expires_at: Moment,
        now: Moment,
    ) -> Result<(), StoreError> {
        let code = hash(code);
        let invite = move |db: &mut Writing<'_>| {
            db.execute("delete from invite where expires_at <= ?1 and terminal is null", [now.unix_ms()])?;
            db.execute(
                "insert into invite (code, campus, gate, expires_at) values (?1, ?2, ?3, ?4)",
                params![code, campus.get(), gate.get(), expires_at.unix_ms()],
            )?;
            Ok(())
        };
        self.0.writer.write(invite).await
    }

    /// Trades a code for a terminal's number. The same key may ask again with the same code: its first answer may have been lost. A
    /// terminal that was withdrawn is returned as that, whatever code its key comes with, and the code stands for another.
    pub async fn enrol(
        &self,
        code: &InviteCode,
        public: PublicKey,
        now: Moment,
    ) -> Result<Option<Terminal>, StoreError> {
        let code = hash(code);
        // Anybody may guess, and must not keep the writer from its work.
        if self.0.readers.look(move |db| invited(db, code, now)).await?.is_none() {
            return Ok(None);
        }
        self.0.writer.write(move |db| enrol(db, code, public, now)).await
    }

    pub async fn terminal(&self, id: TerminalId) -> Result<Option<Terminal>, StoreError> {
        self.0.readers.look(move |db| by_id(db, id)).await
    }

    pub async fn terminals(&self) -> Result<Vec<Terminal>, StoreError> {
        let all = |db: &Connection| {
            let mut query = db.prepare_cached("select * from terminal order by id")?;
            let mut found = query.query([])?;
            let mut terminals = Vec::new();
            while let Some(row) = found.next()? {
                terminals.push(read(row)?);
            }
            Ok(terminals)
        };
        self.0.readers.read(all).await
    }

    /// From now on nothing it says is heard. `false` when there is no such terminal.
    pub async fn withdraw(&self, id: TerminalId, now: Moment) -> Result<bool, StoreError> {
        let withdraw = move |db: &mut Writing<'_>| {
            let changed = db.execute(
                "update terminal set withdrawn_at = coalesce(withdrawn_at, ?1) where id = ?2",
                params![now.unix_ms(), id.get()],
            )?;
            // A held call is asked again whether its terminal is still welcome.
            db.touch_feed();
            Ok(changed == 1)
        };
        self.0.writer.write_first(withdraw).await
    }

    /// Which key set a terminal holds, as it says.
    pub async fn holds_key_set(&self, id: TerminalId, number: u32) -> Result<(), StoreError> {
        let holds = move |db: &mut Writing<'_>| {
            db.execute("update terminal set key_set = ?2 where id = ?1 and key_set < ?2", params![id.get(), number])?;
            Ok(())
        };
        self.0.writer.write(holds).await
    }

    /// The lowest key set among the terminals that were heard of since `since`; `None` when there is no such terminal.
    pub async fn least_key_set(&self, since: Moment) -> Result<Option<u32>, StoreError> {
        let least = move |db: &Connection| {
            let sql =
                "select min(key_set) from terminal where withdrawn_at is null and coalesce(seen_at, enrolled_at) >= ?1";
            Ok(db.prepare_cached(sql)?.query_row([since.unix_ms()], |row| row.get(0))?)
        };
        self.0.readers.read(least).await
    }

    /// `true` the first time this terminal brings this nonce. Call it only for a request whose signature holds.
    pub async fn remember_nonce(&self, terminal: TerminalId, nonce: &Nonce, now: Moment) -> Result<bool, StoreError> {
        let nonce = nonce.clone();
        let remember = move |db: &mut Writing<'_>| {
            db.prepare_cached("delete from nonce where at < ?1")?.execute([now.minus(NONCES_HELD).unix_ms()])?;
            let added = db
                .prepare_cached("insert or ignore into nonce (terminal, nonce, at) values (?1, ?2, ?3)")?
                .execute(params![terminal.get(), nonce.as_str(), now.unix_ms()])?;
            db.prepare_cached("update terminal set seen_at = ?1 where id = ?2")?
                .execute(params![now.unix_ms(), terminal.get()])?;
            Ok(added == 1)
        };
        self.0.writer.write(remember).await
    }
}

pub(super) fn by_id(db: &Connection, id: TerminalId) -> Result<Option<Terminal>, StoreError> {
    let mut query = db.prepare_cached("select * from terminal where id = ?1")?;
    let mut found = query.query([id.get()])?;
    found.next()?.map(read).transpose()
}

/// For which campus and gate a code that stands is, and who has used it.
type Invited = (u16, u8, Option<u32>);

fn invited(db: &Connection, code: [u8; 32], now: Moment) -> Result<Option<Invited>, StoreError> {
    let sql = "select campus, gate, terminal from invite where code = ?1 and expires_at > ?2";
    let mut query = db.prepare_cached(sql)?;
    let found = query.query_row(params![code, now.unix_ms()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    Ok(found.optional()?)
}

fn enrol(db: &Writing<'_>, code: [u8; 32], public: PublicKey, now: Moment) -> Result<Option<Terminal>, StoreError> {
    let Some((campus, gate, used_by)) = invited(db, code, now)? else { return Ok(None) };
    if let Some(withdrawn) = withdrawn_of(db, public)? {
        return Ok(Some(withdrawn));
    }
    if let Some(terminal) = used_by {
        return Ok(by_id(db, TerminalId::new(terminal))?.filter(|terminal| terminal.public == public));
    }
    db.execute(
        "insert into terminal (campus, gate, public, enrolled_at, head_hash) values (?1, ?2, ?3, ?4, ?5)",
        params![campus, gate, String::from(public), now.unix_ms(), Head::START.hash.as_bytes()],
    )?;
    let id = db.last_insert_rowid();
    db.execute("update invite set terminal = ?1 where code = ?2", params![id, code])?;
    by_id(db, TerminalId::new(rows::stored("terminal", u32::try_from(id).ok())?))
}

fn withdrawn_of(db: &Connection, public: PublicKey) -> Result<Option<Terminal>, StoreError> {
    let sql = "select * from terminal where public = ?1 and withdrawn_at is not null order by id desc limit 1";
    let mut query = db.prepare_cached(sql)?;
    let mut found = query.query([String::from(public)])?;
    found.next()?.map(read).transpose()
}

fn read(row: &Row<'_>) -> Result<Terminal, StoreError> {
    Ok(Terminal {
        id: rows::terminal(row, "id")?,
        campus: rows::campus(row, "campus")?,
        gate: rows::gate(row, "gate")?,
        public: rows::parsed(row, "public", |text: String| PublicKey::try_from(text).ok())?,
        enrolled: rows::moment(row, "enrolled_at")?,
        withdrawn: rows::maybe_moment(row, "withdrawn_at")?,
        seen: rows::maybe_moment(row, "seen_at")?,
        head: rows::head(row, "head_seq", "head_hash")?,
        key_set: row.get("key_set")?,
    })
}

fn hash(code: &InviteCode) -> [u8; 32] {
    Sha256::digest(code.as_str().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::store::office_days::{CAMPUS, Office};

    fn public(seed: u8) -> PublicKey {
        PublicKey::of(&SigningKey::from_bytes(&[seed; 32]))
    }

    #[tokio::test]
    async fn a_code_makes_one_terminal_in_time() {
        let Office { store, now, .. } = &Office::open();
        let gate = GateIndex::new(1).unwrap();
        let soon = now.plus(TimeDelta::minutes(10));
        let code = InviteCode::from_random([1; 10]);
        assert_eq!(store.enrol(&code, public(1), *now).await.unwrap(), None);
        store.invite(CAMPUS, gate, &code, soon, *now).await.unwrap();
        let terminal = store.enrol(&code, public(1), *now).await.unwrap().unwrap();
        assert_eq!((terminal.campus, terminal.gate, terminal.head), (CAMPUS, gate, Head::START));
        assert_eq!(store.enrol(&code, public(2), *now).await.unwrap(), None);
        // The answer was lost: the same key gets the same number.
        assert_eq!(store.enrol(&code, public(1), *now).await.unwrap(), Some(terminal.clone()));
        assert_eq!(store.terminals().await.unwrap(), [terminal]);
        let late = InviteCode::from_random([2; 10]);
        store.invite(CAMPUS, gate, &late, soon, *now).await.unwrap();
        assert_eq!(store.enrol(&late, public(3), soon).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_guessed_code_keeps_nobody_waiting_for_the_writer() {
        let Office { store, now, .. } = &Office::open();
        let (release, held) = std::sync::mpsc::sync_channel::<()>(0);
        let holding = tokio::spawn({
            let store = store.clone();
            async move { store.0.writer.write(move |_| Ok(held.recv().is_err())).await }
        });
        let code = InviteCode::from_random([7; 10]);
        let guess = store.enrol(&code, public(1), *now);
        let answered = tokio::time::timeout(std::time::Duration::from_secs(30), guess).await;
        drop(release);
        assert!(holding.await.unwrap().unwrap());
        assert_eq!(answered.expect("it waited").unwrap(), None);
    }

    #[tokio::test]
    async fn a_withdrawn_key_is_nobodys_any_more_and_spends_no_code() {
        let Office { store, now, .. } = &Office::open();
        let soon = now.plus(TimeDelta::minutes(10));
        let [code, other] = [1, 2].map(|seed| InviteCode::from_random([seed; 10]));
        for code in [&code, &other] {
            store.invite(CAMPUS, GateIndex::new(1).unwrap(), code, soon, *now).await.unwrap();
        }
        let terminal = store.enrol(&code, public(1), *now).await.unwrap().unwrap();
        store.withdraw(terminal.id, *now).await.unwrap();
        for code in [&code, &other] {
            let told = store.enrol(code, public(1), *now).await.unwrap().unwrap();
            assert_eq!((told.id, told.withdrawn), (terminal.id, Some(*now)));
        }
        let new = store.enrol(&other, public(2), *now).await.unwrap().unwrap();
        assert!(new.id != terminal.id && new.withdrawn.is_none());
    }

    #[tokio::test]
    async fn a_withdrawn_terminal_stays_withdrawn_and_ends_held_calls() {
        let Office { store, now, .. } = &Office::open();
        let code = InviteCode::from_random([1; 10]);
        store.invite(CAMPUS, GateIndex::new(0).unwrap(), &code, now.plus(TimeDelta::minutes(1)), *now).await.unwrap();
        let terminal = store.enrol(&code, public(1), *now).await.unwrap().unwrap();
        let mut signal = store.feed_signal();
        assert!(store.withdraw(terminal.id, *now).await.unwrap());
        signal.changed().await.unwrap();
        assert!(store.withdraw(terminal.id, now.plus(TimeDelta::days(1))).await.unwrap());
        assert_eq!(store.terminal(terminal.id).await.unwrap().unwrap().withdrawn, Some(*now));
        assert!(!store.withdraw(TerminalId::new(99), *now).await.unwrap());
    }

    #[tokio::test]
    async fn a_nonce_counts_once_for_each_terminal_as_long_as_it_could_come_again() {
        let Office { store, now, .. } = &Office::open();
        let (one, two) = (TerminalId::new(1), TerminalId::new(2));
        let nonce = Nonce::from_random([1; 16]);
        assert!(store.remember_nonce(one, &nonce, *now).await.unwrap());
        let last = now.plus(TimeDelta::seconds(2 * MAX_SKEW_S));
        assert!(!store.remember_nonce(one, &nonce, last).await.unwrap());
        assert!(store.remember_nonce(two, &nonce, last).await.unwrap());
        assert!(store.remember_nonce(one, &nonce, last.plus(TimeDelta::hours(1))).await.unwrap());
    }
}
