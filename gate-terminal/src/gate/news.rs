//! From a pull's answer to news that may be believed: proven first, stored next, applied last.
//!
//! The key set must open under one of the roots that are trusted and follow every one that was ever held; the beacon must open under the key set, be
//! for this campus and not go back in time; the links must lead from the head held to the head the beacon proves. Only then is a
//! link read at all. A link that is proven but not understood is passed over and counted: a newer office must not stop an older
//! gate from hearing of revocations.

use shared::{
    chain::Head,
    pass::{KeySet, KeySetFault, KeyUse, SealedKeySet},
    planted,
    seal::{Sealed, Unopened},
    sync::{
        beacon::Beacon,
        change::Change,
        pull::{PullAnswer, Unproven, prove},
        push::EntryReceipt,
        snapshot::SnapshotPlace,
    },
    time::Moment,
};

use super::{
    effect::{Alarm, Receipt},
    local_state::{AsOf, LocalState},
    snapshot,
};

/// A proven step along the feed.
#[derive(Debug, Clone)]
pub struct News {
    pub key_set: Option<NewerKeySet>,
    pub epoch: u32,
    pub head: Head,
    pub server_time: Moment,
    /// Present when this was all there was to know.
    pub as_of: Option<AsOf>,
    /// A new epoch or a snapshot begins here: what was said of passes before is void.
    pub restarts: bool,
    pub changes: Vec<Change>,
    pub not_understood: usize,
    /// The part of a snapshot that comes next; until then the feed is followed no further.
    pub snapshot: Option<SnapshotPlace>,
}

/// A key set whose root signature and order have been checked, and its text for the store.
#[derive(Debug, Clone)]
pub struct NewerKeySet {
    pub sealed: SealedKeySet,
    pub opened: KeySet,
}

/// Believes an answer, or says why not. `may_be` knows whether the server's time may be what the beacon says.
pub(super) fn believe(
    answer: PullAnswer,
    local: &LocalState,
    may_be: impl FnOnce(Moment) -> bool,
) -> Result<News, Alarm> {
    let PullAnswer { key_set, links, snapshot: part, beacon } = answer;
    let key_set = key_set.map(|sealed| newer(sealed, local)).transpose().map_err(unproven)?.flatten();
    let keys = key_set.as_ref().map(|newer| &newer.opened).or(local.keys());
    let keys = keys.ok_or_else(|| unproven("no key set is known yet"))?;
    let beacon = Beacon::open(&beacon, keys).map_err(unproven)?;
    if planted!("another campus's news", false, beacon.campus != local.post().campus) {
        return Err(unproven("the beacon is for another campus"));
    }
    if !may_be(beacon.server_time) {
        return Err(Alarm::NewsBackwards);
    }
    let as_of = AsOf { server_time: beacon.server_time, valid_for_s: beacon.valid_for_s };
    if let Some(part) = part {
        let told = snapshot::told(&part, &beacon, keys, local)?;
        return Ok(News {
            epoch: told.epoch,
            head: told.head,
            server_time: beacon.server_time,
            as_of: (told.next.is_none() && beacon.is_complete()).then_some(as_of),
            restarts: told.begins,
            changes: told.changes,
            not_understood: told.not_understood,
            snapshot: told.next,
            key_set,
        });
    }
    let head = prove(local.head(), local.epoch(), &links, &beacon).map_err(|fault| match fault {
        Unproven::Backwards => Alarm::NewsBackwards,
        Unproven::Gap(_) | Unproven::OtherHead => unproven(fault),
    })?;
    let changes: Vec<Change> = links.iter().filter_map(|link| serde_json::from_str(link.body.get()).ok()).collect();
    Ok(News {
        key_set,
        epoch: beacon.epoch,
        head,
        server_time: beacon.server_time,
        as_of: beacon.is_complete().then_some(as_of),
        restarts: beacon.epoch > local.epoch(),
        not_understood: links.len() - changes.len(),
        changes,
        snapshot: None,
    })
}

/// Opens a receipt with the keys held.
pub(super) fn receipt(sealed: Sealed<EntryReceipt>, local: &LocalState) -> Result<Receipt, Unopened> {
    let keys = local.keys().ok_or(Unopened::NoKey)?;
    let proven = keys.open_sealed(&sealed, KeyUse::Beacon, |receipt| receipt.at)?;
    if proven.terminal == local.post().terminal { Ok(Receipt { proven, sealed }) } else { Err(Unopened::BadSignature) }
}

/// The set already held is no news and no fault.
fn newer(sealed: SealedKeySet, local: &LocalState) -> Result<Option<NewerKeySet>, KeySetFault> {
    let opened = KeySet::open(&sealed, local.post().roots)?;
    if let Some(held) = local.keys() {
        if held == &opened {
            return Ok(None);
        }
        opened.may_follow(held)?;
    }
    opened.is_above(local.key_floor())?;
    Ok(Some(NewerKeySet { sealed, opened }))
}

pub(super) fn unproven(why: impl ToString) -> Alarm {
    Alarm::NewsUnproven { why: why.to_string() }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use serde_json::value::RawValue;
    use shared::{
        ids::KeyId,
        pass::Roots,
        seal::PublicKey,
        sync::pull::{Cursor, PullRequest},
    };

    use super::{
        super::{
            local_state::HeldNews,
            small_campus::{OTHER_CAMPUS, Office, TERMINAL, morning, pass_id},
        },
        *,
    };

    /// An office with five passes, and a terminal that knows the first three.
    fn office_and_terminal() -> (Office, LocalState) {
        let mut office = Office { key_set_number: 5, ..Office::open() };
        let mut local = LocalState::new(office.post(), HeldNews::NONE, &[]);
        for n in 1..=3 {
            office.issue(n);
        }
        local.take(believe(asked(&office, &local), &local, |_| true).unwrap());
        office.issue(4);
        office.issue(5);
        (office, local)
    }

    fn asked(office: &Office, local: &LocalState) -> PullAnswer {
        let key_set = local.keys().map_or(0, KeySet::number);
        office.answer(
            &PullRequest {
                terminal: TERMINAL,
                cursor: local.cursor(),
                key_set,
                wait_s: 0,
                snapshot: local.snapshot(),
                ails: Vec::new(),
            },
            morning(),
        )
    }

    fn unbelieved(name: &str, answer: PullAnswer, local: &LocalState, backwards: bool) {
        match (believe(answer, local, |_| true), backwards) {
            (Err(Alarm::NewsBackwards), true) | (Err(Alarm::NewsUnproven { .. }), false) => {}
            (other, _) => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn what_proves_itself_is_believed() {
        let (office, mut local) = office_and_terminal();
        let news = believe(asked(&office, &local), &local, |_| true).unwrap();
        assert_eq!((news.changes.len(), news.not_understood, news.restarts), (2, 0, false));
        assert_eq!(news.as_of.map(|as_of| as_of.server_time), Some(morning()));
        assert!(news.key_set.is_none(), "the set held is no news");
        local.take(news);
        assert_eq!(local.cursor(), Cursor { epoch: 1, seq: 5 });
        assert!(local.record(pass_id(5)).is_some());
    }

    #[test]
    fn attacks_on_the_beacon() {
        let (office, local) = office_and_terminal();
        let good = asked(&office, &local);
        let with = |beacon| PullAnswer { beacon, ..good.clone() };
        let beacon = office.beacon(5, morning());
        let stranger = SigningKey::from_bytes(&[9; 32]);
        let by = |id, key| with(Sealed::seal(&beacon, id, key).unwrap());
        unbelieved("a stranger's signature", by(Some(KeyId::new(2)), &stranger), &local, false);
        unbelieved("the pass key's signature", by(Some(KeyId::new(1)), &office.pass_key), &local, false);
        unbelieved("an unknown key's", by(Some(KeyId::new(7)), &stranger), &local, false);
        unbelieved("no key named", by(None, &office.beacon_key), &local, false);
        let mut altered = good.clone();
        altered.beacon.body = altered.beacon.body.replace("\"valid_for_s\":300", "\"valid_for_s\":999");
        unbelieved("an altered body", altered, &local, false);
        let fresh = LocalState::new(office.post(), HeldNews::NONE, &[]);
        let mut elsewhere = Office { campus: OTHER_CAMPUS, ..Office::open() };
        elsewhere.issue(1);
        unbelieved("another campus, all of it well signed", asked(&elsewhere, &fresh), &fresh, false);
        let low = PullAnswer { links: Vec::new(), ..with(office.seal_beacon(&office.beacon(2, morning()))) };
        unbelieved("less than was seen", low, &local, true);
        let old_epoch = Beacon { epoch: 0, ..beacon.clone() };
        unbelieved("an epoch that is over", with(office.seal_beacon(&old_epoch)), &local, true);
        let beyond = Beacon { latest: 4, ..beacon };
        unbelieved("more than there is", with(office.seal_beacon(&beyond)), &local, true);
        assert_eq!(believe(good, &local, |_| false).unwrap_err(), Alarm::NewsBackwards, "an older time");
    }

    #[test]
    fn attacks_on_the_links() {
        let (office, local) = office_and_terminal();
        let good = asked(&office, &local);
        let with = |links| PullAnswer { links, ..good.clone() };
        unbelieved("the first is missing", with(good.links[1..].to_vec()), &local, false);
        unbelieved("the last is missing", with(good.links[..1].to_vec()), &local, false);
        unbelieved("nothing", with(Vec::new()), &local, false);
        unbelieved("turned round", with(good.links.iter().rev().cloned().collect()), &local, false);
        let mut altered = good.links.clone();
        altered[0].body = RawValue::from_string(altered[0].body.get().replace("赵六", "孙七")).unwrap();
        unbelieved("altered", with(altered), &local, false);
        unbelieved("from the start again", with(office.links.clone()), &local, false);
        let mut other_past = Office { key_set_number: 5, ..Office::open() };
        for n in 11..=15 {
            other_past.issue(n);
        }
        unbelieved("another past, well signed", asked(&other_past, &local), &local, false);
    }

    #[test]
    fn attacks_on_the_key_set() {
        let (office, local) = office_and_terminal();
        let with = |key_set| PullAnswer { key_set: Some(key_set), ..asked(&office, &local) };
        let usurper = Office { root: SigningKey::from_bytes(&[9; 32]), key_set_number: 6, ..office.clone() };
        unbelieved("another root", with(usurper.key_set()), &local, false);
        let older = Office { key_set_number: 4, ..office.clone() };
        unbelieved("an older set", with(older.key_set()), &local, false);
        let doubled = Office { beacon_key: office.pass_key.clone(), ..office.clone() };
        unbelieved("another set of the same number", with(doubled.key_set()), &local, false);
        assert!(believe(with(office.key_set()), &local, |_| true).is_ok(), "the one held does no harm");
        let newer = Office { key_set_number: 6, ..office.clone() };
        let news = believe(asked(&newer, &local), &local, |_| true).unwrap();
        assert_eq!(news.key_set.map(|newer| newer.opened.number()), Some(6));
        let fresh = LocalState::new(office.post(), HeldNews::NONE, &[]);
        let without = PullAnswer { key_set: None, ..asked(&office, &fresh) };
        unbelieved("no set at all", without, &fresh, false);
    }

    /// The suite was raised because the old one is broken: no set may lower it again, not even where none is held any more.
    #[test]
    fn the_least_suite_never_falls() {
        let (office, _) = office_and_terminal();
        let raised = Office { key_set_number: 6, min_suite: 2, ..office.clone() };
        let held = HeldNews { key_set: Some(raised.key_set()), ..HeldNews::NONE };
        let knows = LocalState::new(office.post(), held, &[]);
        let key_floor = knows.keys().unwrap().floor();
        let forgot = LocalState::new(office.post(), HeldNews { key_floor, ..HeldNews::NONE }, &[]);
        let lowered = Office { key_set_number: 7, ..office.clone() };
        let higher = Office { key_set_number: 7, min_suite: 2, ..office.clone() };
        for (name, local) in [("held", &knows), ("forgotten", &forgot)] {
            let asks = |office: &Office| PullAnswer { key_set: Some(office.key_set()), ..asked(office, local) };
            unbelieved(name, asks(&lowered), local, false);
            assert!(believe(asks(&higher), local, |_| true).is_ok(), "{name}");
        }
        unbelieved(
            "an old set for one that forgot",
            asked(&Office { key_set_number: 5, ..higher.clone() }, &forgot),
            &forgot,
            false,
        );
    }

    /// A terminal of an office with one root hears of the spare; the root is lost; whoever finds it is not believed.
    #[test]
    fn a_spare_root_takes_over() {
        let (office, mut local) = office_and_terminal();
        let spare = SigningKey::from_bytes(&[8; 32]);
        let (lost, next) = (PublicKey::of(&office.root), PublicKey::of(&SigningKey::from_bytes(&[7; 32])));
        let pair = |root, other| Some(Roots { root, spare: Some(other) });
        let with_spare = Office { key_set_number: 6, roots: pair(lost, PublicKey::of(&spare)), ..office };
        local.take(believe(asked(&with_spare, &local), &local, |_| true).unwrap());
        let by_spare = Office {
            key_set_number: 7,
            root: spare.clone(),
            roots: pair(PublicKey::of(&spare), next),
            retired: vec![lost],
            ..with_spare.clone()
        };
        local.take(believe(asked(&by_spare, &local), &local, |_| true).unwrap());
        let found = Office { key_set_number: 8, ..with_spare };
        unbelieved("by the one that was lost", asked(&found, &local), &local, false);
        let brought_back =
            Office { key_set_number: 8, roots: pair(PublicKey::of(&spare), lost), retired: Vec::new(), ..by_spare };
        unbelieved("which nobody brings back", asked(&brought_back, &local), &local, false);
    }

    #[test]
    fn a_link_from_a_newer_office_does_not_hide_the_revocation_behind_it() {
        let (mut office, mut local) = office_and_terminal();
        office.say_raw(RawValue::from_string(r#"{"change":"weather","rain":true}"#.into()).unwrap());
        office.say(&Change::PassRevoked { pass: pass_id(1), at: morning() });
        let news = believe(asked(&office, &local), &local, |_| true).unwrap();
        assert_eq!((news.changes.len(), news.not_understood), (3, 1));
        local.take(news);
        assert!(local.is_revoked(pass_id(1)));
        assert_eq!(local.cursor().seq, 7);
    }

    #[test]
    fn a_new_epoch_voids_the_passes_but_no_revocation() {
        let (mut office, mut local) = office_and_terminal();
        office.say(&Change::PassRevoked { pass: pass_id(2), at: morning() });
        local.take(believe(asked(&office, &local), &local, |_| true).unwrap());
        let mut restored = Office { epoch: 2, key_set_number: 5, ..Office::open() };
        restored.issue(2);
        let news = believe(asked(&restored, &local), &local, |_| true).unwrap();
        assert!(news.restarts);
        local.take(news);
        assert!(local.record(pass_id(1)).is_none());
        assert!(local.record(pass_id(2)).is_some() && local.is_revoked(pass_id(2)));
        assert_eq!(local.cursor(), Cursor { epoch: 2, seq: 1 });
    }
}
