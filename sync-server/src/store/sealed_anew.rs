//! Passes whose key has left the key set are sealed anew, so that whoever opens their page has a code that opens a gate.
//!
//! Only the signature is another: the pass, its id and all it says stay. The feed tells nothing of it, for its records carry no
//! signature; gates refuse the old code by the new key set alone. Those of today come first and in one transaction: people stand at the
//! gates. Those of later days follow in the same breath, a batch at a time, because nobody should find out on the day that a page
//! which they saved is stale.

use std::sync::Arc;

use rusqlite::{Connection, params};
use shared::{
    ids::{KeyId, PassId},
    pass::{KeySet, KeyUse, PassSigner, SealedPass},
    planted,
    time::{CampusDay, Moment},
};

use super::{IdentityKey, Store, StoreError, rows, sealing::Purpose, writer::Writing};

/// Seals and opens beside the bookings that wait for the writer.
const BATCH: usize = 500;

/// How many were sealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SealedAnew {
    pub today: usize,
    pub later: usize,
}

impl Store {
    /// Seals with `signer` every pass of today and later whose key does not hold on its day, says `keys`. Costs one look when there
    /// is none.
    pub async fn seal_anew(
        &self,
        keys: &KeySet,
        signer: &Arc<PassSigner>,
        now: Moment,
    ) -> Result<SealedAnew, StoreError> {
        let today = CampusDay::of(now);
        let mut done = SealedAnew::default();
        let set = keys.clone();
        let stale = self.0.readers.read(move |db| stale(db, &set, today)).await?;
        for (key, from, through) in stale {
            loop {
                let (identity, signer) = (self.key().clone(), Arc::clone(signer));
                let seal = move |db: &mut Writing<'_>| {
                    let of_today = seal(db, &identity, &signer, key, (from.max(today), today), usize::MAX)?;
                    if of_today > 0 {
                        return Ok((of_today, 0));
                    }
                    Ok((0, seal(db, &identity, &signer, key, (from.max(today), through), BATCH)?))
                };
                let (of_today, later) = self.0.writer.write(seal).await?;
                done.today += of_today;
                done.later += later;
                if of_today == 0 && later < BATCH {
                    break;
                }
            }
        }
        Ok(done)
    }
}

/// Keys that sealed passes of days on which they do not hold, and the first and the last of those days.
fn stale(db: &Connection, keys: &KeySet, today: CampusDay) -> Result<Vec<(KeyId, CampusDay, CampusDay)>, StoreError> {
    let mut query =
        db.prepare_cached("select distinct key, day from pass where ended_at is null and day >= ?1 order by key, day")?;
    let mut found = query.query([today.to_string()])?;
    let mut stale: Vec<(KeyId, CampusDay, CampusDay)> = Vec::new();
    while let Some(row) = found.next()? {
        let key = KeyId::new(row.get(0)?);
        let day = rows::stored("day", CampusDay::parse(&row.get::<_, String>(1)?))?;
        let named = keys.find(key, KeyUse::Pass);
        if planted!("nothing is sealed anew", true, named.is_some_and(|named| named.holds_at(day.start()))) {
            continue;
        }
        match stale.last_mut() {
            Some((last, _, through)) if *last == key => *through = day,
            Some(_) | None => stale.push((key, day, day)),
        }
    }
    // Whoever comes today is waited for.
    stale.sort_by_key(|(key, from, _)| (*from, *key));
    Ok(stale)
}

fn seal(
    db: &mut Writing<'_>,
    identity: &IdentityKey,
    signer: &PassSigner,
    key: KeyId,
    (from, through): (CampusDay, CampusDay),
    limit: usize,
) -> Result<usize, StoreError> {
    let passes: Vec<(PassId, Vec<u8>)> = {
        let mut query = db.prepare_cached(
            "select id, sealed from pass where key = ?1 and day between ?2 and ?3 and ended_at is null and sealed is not null
             order by day limit ?4",
        )?;
        let mut found = query.query(params![key.get(), from.to_string(), through.to_string(), rows::limit(limit)])?;
        let mut passes = Vec::new();
        while let Some(row) = found.next()? {
            passes.push((rows::pass(row, "id")?, row.get("sealed")?));
        }
        passes
    };
    for (pass, sealed) in &passes {
        let old = SealedPass::from_bytes(identity.open(Purpose::Pass, sealed)?.to_vec());
        let new = old.ok().and_then(|old| signer.seal_again(&old));
        let sealed = identity.seal(Purpose::Pass, rows::stored("pass", new)?.as_bytes())?;
        db.prepare_cached("update pass set sealed = ?2, key = ?3 where id = ?1")?.execute(params![
            pass.as_bytes(),
            sealed,
            signer.id().get()
        ])?;
    }
    Ok(passes.len())
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use shared::{
        pass::{NamedKey, SUITE_1, keyset::KeySetBody},
        seal::{PublicKey, Sealed},
    };

    use super::*;
    use crate::{
        office::{BookingForm, Choice, Revision},
        store::{
            PageToken,
            office_days::{Office, form, today},
        },
    };

    const NEW: u8 = 9;

    /// The set after the first key was revoked, or before: `until` its last day.
    fn keys(first_until: Option<CampusDay>) -> KeySet {
        let root = SigningKey::from_bytes(&[1; 32]);
        let named = |id, seed: u8, until: CampusDay| NamedKey {
            id: KeyId::new(id),
            r#use: KeyUse::Pass,
            suite: SUITE_1,
            public: PublicKey::of(&SigningKey::from_bytes(&[seed; 32])),
            not_before: today().minus_days(1).start(),
            not_after: until.end(),
        };
        let first = first_until.map(|until| named(1, 7, until));
        let keys = first.into_iter().chain([named(3, NEW, today().plus_days(400))]).collect();
        let body = KeySetBody { number: 2, min_suite: SUITE_1, roots: None, retired: Vec::new(), keys };
        KeySet::open(&Sealed::seal(&body, None, &root).unwrap(), &PublicKey::of(&root)).unwrap()
    }

    async fn approve(office: &Office, day: CampusDay, seed: u8) {
        let typed = BookingForm { day: day.to_string(), ..form() };
        let (_, links) = office.submit(&typed, seed).await;
        let approve = Choice::Approve.on(Revision::FIRST);
        office.store.decide(&links.sms, approve, office.issuing(seed), office.now).await.unwrap();
    }

    /// What the page of each pass shows, opened with these keys.
    async fn opens(office: &Office, keys: &KeySet, seeds: &[u8]) -> Vec<bool> {
        let mut opens = Vec::new();
        for seed in seeds {
            let page = office.store.pass_page(&PageToken::from_random([*seed; 24])).await.unwrap().unwrap();
            let opened = page.text.map(|text| SealedPass::from_text(&text).unwrap().open(keys));
            opens.push(opened.is_some_and(|opened| opened.is_ok()));
        }
        opens
    }

    #[tokio::test]
    async fn passes_of_a_key_that_is_gone_are_sealed_anew_and_others_left_alone() {
        let office = Office::with_host().await;
        for (ahead, seed) in [(0, 1), (0, 2), (1, 3), (10, 4)] {
            approve(&office, today().plus_days(ahead), seed).await;
        }
        let signer = Arc::new(PassSigner::new(KeyId::new(3), SigningKey::from_bytes(&[NEW; 32])));
        let anew = async |keys: KeySet| office.store.seal_anew(&keys, &signer, office.now).await;
        let told = office.fed().await.links.len();
        assert_eq!(anew(keys(Some(today().plus_days(30)))).await.unwrap(), SealedAnew::default());
        assert_eq!(anew(keys(Some(today().plus_days(1)))).await.unwrap(), SealedAnew { today: 0, later: 1 });
        let gone = keys(None);
        assert_eq!(opens(&office, &gone, &[1, 2, 3, 4]).await, [false, false, false, true]);
        assert_eq!(anew(gone.clone()).await.unwrap(), SealedAnew { today: 2, later: 1 });
        assert_eq!(opens(&office, &gone, &[1, 2, 3, 4]).await, [true; 4]);
        assert_eq!(anew(gone).await.unwrap(), SealedAnew::default());
        assert_eq!(office.fed().await.links.len(), told, "the gates need no record of it");
    }

    #[tokio::test]
    async fn more_than_a_batch_of_later_days_are_all_sealed() {
        let office = Office::with_host().await;
        approve(&office, today(), 1).await;
        approve(&office, today().plus_days(2), 2).await;
        let db = rusqlite::Connection::open(&office.path).unwrap();
        // Straight into the table: what is counted is the batches.
        db.execute_batch(
            "pragma foreign_keys = off;
             with recursive n (i) as (select 1 union all select i + 1 from n where i < 1200)
             insert into pass (id, booking, campus, day, issued_at, page, sealed, key)
                 select unhex(printf('%016x', i)), 1000 + i, campus, day, issued_at, unhex(printf('%064x', i)), sealed, key
                 from n, pass p where p.id = x'0202020202020202'",
        )
        .unwrap();
        let signer = Arc::new(PassSigner::new(KeyId::new(3), SigningKey::from_bytes(&[NEW; 32])));
        let done = office.store.seal_anew(&keys(None), &signer, office.now).await.unwrap();
        assert_eq!(done, SealedAnew { today: 1, later: 1201 });
        assert_eq!(office.look("select count(*) from pass where key = 1"), 0);
    }
}
