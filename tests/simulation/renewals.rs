//! Keys are rotated, and such as were stolen are revoked, while gates listen and while they do not.
//!
//! A gate is judged by the newest key set that it was told: under a key that is in it a pass goes on to open, also one that follows its
//! successor; under one that has left it none does, and no word is believed. Whoever has a key that was revoked tries it, on passes and
//! on the line. On the office's side: a rotation changes no code, after a revocation every page of today and later shows one that opens,
//! and those of past days stay as they are. The next keys are the product's own and drawn by nobody, so no line of the trace may tell of
//! them but by their numbers.

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use gate_terminal::gate::Panel;
use shared::{
    ids::{KeyId, PassId},
    pass::{KeyUse, PassText, SealedKeySet, SealedPass, keyset::KeySetBody},
    seal::Sealed,
    sync::{beacon::Beacon, pull::PullAnswer},
    time::CampusDay,
    verdict::{RefuseReason, Verdict},
};
use sync_server::keys::{KeysFault, SWITCH_WITHIN, renewal, root_path};

use crate::{
    Stopped,
    acts::Presented,
    office::Said,
    talk::read,
    told,
    world::{Pass, World},
};

#[derive(Debug, Default)]
pub struct Renewals {
    /// Beacon keys that were revoked, as whoever stole them has them.
    stolen: Vec<Stolen>,
    /// What the pages of past days showed.
    pub(crate) past: BTreeMap<PassId, String>,
}

#[derive(Debug, Clone)]
struct Stolen {
    id: KeyId,
    key: SigningKey,
    /// The last set that named it.
    set: SealedKeySet,
}

/// Suite and key begin a pass; the signature ends it.
const HEAD: usize = 3;
const SIGNATURE: usize = 64;

pub(crate) fn key_of(text: &str) -> Option<KeyId> {
    let sealed = SealedPass::from_text(&PassText::parse(text).ok()?).ok()?;
    let [_, high, low] = *sealed.as_bytes().first_chunk::<HEAD>()?;
    Some(KeyId::new(u16::from_be_bytes([high, low])))
}

/// All that it says to whoever does not look at the signature.
fn words_of(text: &str) -> Option<Vec<u8>> {
    let sealed = SealedPass::from_text(&PassText::parse(text).ok()?).ok()?;
    let words = sealed.as_bytes().get(HEAD..)?;
    Some(words.get(..words.len().checked_sub(SIGNATURE)?)?.to_vec())
}

impl World {
    pub(crate) fn perhaps_renewed(&mut self) -> Result<(), Stopped> {
        if !self.plan.renewals || self.trouble.leapt_s != 0 || !self.more_dice.of_thousand(15) {
            return Ok(());
        }
        let (folder, now) = (self.office.config().data_dir.clone(), self.office.now());
        let root = root_path(&folder);
        if self.more_dice.of_thousand(500) {
            let held = match self.office.state() {
                Ok(state) => {
                    let least = state.store.least_key_set(now.minus(SWITCH_WITHIN));
                    self.office.wait(least)?.map_err(told)?
                }
                // It is asked for what the server has counted.
                Err(_) => return Ok(()),
            };
            match renewal::rotate(&folder, &root, held, now) {
                Ok(renewed) => {
                    self.tally.count("keys rotated");
                    self.trace.note(format!("key set {}: {:?} are next", renewed.set.number(), renewed.made));
                }
                Err(KeysFault::StillSwitching) => return Ok(()),
                Err(fault) => return Err(told(fault)),
            }
        } else {
            self.keys_are_revoked()?;
        }
        // Within a second, or only with the next look: codes are sealed under the old key in between.
        if self.more_dice.of_thousand(500) {
            self.office.second()?;
        }
        Ok(())
    }

    fn keys_are_revoked(&mut self) -> Result<(), Stopped> {
        let (folder, now) = (self.office.config().data_dir.clone(), self.office.now());
        let Ok(state) = self.office.state() else { return Ok(()) };
        let keys = state.keys.now();
        let (all, signs) = (keys.opened.keys().to_vec(), keys.signs.clone());
        // Those that sign are what is stolen from a server that runs; the others lie there, too.
        let ids = match self.more_dice.below(4) {
            0 => vec![signs.pass.id()],
            1 => vec![signs.beacon_id],
            2 => vec![signs.pass.id(), signs.beacon_id],
            _ => self.more_dice.pick(&all).map(|key| key.id).into_iter().collect(),
        };
        let held = self.office.wait(state.store.least_key_set(now.minus(SWITCH_WITHIN)))?.map_err(told)?;
        let renewed = match renewal::revoke(&folder, &root_path(&folder), &ids, held, now) {
            // It was revoked a moment ago, and the server has not looked since.
            Err(KeysFault::UnknownKey(_)) => return Ok(()),
            renewed => renewed.map_err(told)?,
        };
        if ids.contains(&signs.beacon_id) {
            let set = keys.key_set.clone();
            self.renewals.stolen.push(Stolen { id: signs.beacon_id, key: signs.beacon, set });
        }
        self.tally.fault("keys stolen and revoked");
        self.trace.note(format!("key set {}: {ids:?} are revoked, {:?} made", renewed.set.number(), renewed.made));
        Ok(())
    }

    /// Whoever has a key that was revoked speaks for the office, to a gate that was told of it.
    pub(crate) fn perhaps_by_a_stolen_key(
        &mut self,
        at: usize,
        said: Said,
        forged: Option<&'static str>,
    ) -> Result<(Said, Option<&'static str>), Stopped> {
        if forged.is_some() || self.renewals.stolen.is_empty() || !self.trouble.faults || said.status != 200 {
            return Ok((said, forged));
        }
        if !self.more_dice.of_thousand(100) {
            return Ok((said, forged));
        }
        let (kind, stolen) = (self.more_dice.below(3), self.more_dice.pick(&self.renewals.stolen).cloned());
        let Some(known) = self.terminals.get(at).and_then(|terminal| terminal.knowledge.keys.clone()) else {
            return Ok((said, forged));
        };
        let Some(stolen) = stolen.filter(|stolen| known.keys.iter().all(|key| key.id != stolen.id)) else {
            return Ok((said, forged));
        };
        let stolen_set: KeySetBody = read(stolen.set.body.as_bytes())?;
        // Whose line was down while the key was in use has been told neither of it nor of its end, and no gate can know better.
        if stolen_set.number > known.number {
            return Ok((said, forged));
        }
        let mut answer: PullAnswer = read(&said.body)?;
        let mut beacon: Beacon = read(answer.beacon.body.as_bytes())?;
        beacon.valid_for_s = 86_400;
        let kind = match kind {
            0 => {
                answer.key_set = None;
                "a revoked key's beacon"
            }
            1 => {
                answer.key_set = Some(stolen.set);
                "a revoked key's beacon and its old key set"
            }
            _ => {
                // Such as nobody signs who has the root, and the only way to lower a suite.
                let (number, min_suite) = (known.number + 1, known.min_suite.saturating_sub(1));
                let set = KeySetBody { number, min_suite, ..stolen_set };
                answer.key_set = Some(Sealed::seal(&set, None, &self.office.root).map_err(told)?);
                "a key set whose suite falls"
            }
        };
        answer.beacon = Sealed::seal(&beacon, Some(stolen.id), &stolen.key).map_err(told)?;
        self.tally.fault(kind);
        self.trace.note(format!("{} is given {kind}", self.name(at)));
        Ok((Said { status: 200, body: serde_json::to_vec(&answer).map_err(told)? }, Some(kind)))
    }

    pub(crate) fn is_under_a_key_known_to(&self, at: usize, pass: &Pass) -> bool {
        let Some(terminal) = self.terminals.get(at) else { return false };
        // Who was found by hand has shown no code.
        self.shown_under.is_none_or(|key| terminal.knowledge.holds_key(key, KeyUse::Pass, pass.day.start()))
    }

    /// Whether its code names a key that is gone.
    pub(crate) fn is_stale(&self, pass: &Pass) -> bool {
        let Ok(state) = self.office.state() else { return false };
        let (keys, key) = (state.keys.now(), key_of(&pass.text));
        let named = key.and_then(|key| keys.opened.find(key, KeyUse::Pass));
        named.is_none_or(|named| !named.holds_at(pass.day.start()))
    }

    /// What a visitor holds up: who hears of a revocation looks at their page again, and some have printed it.
    pub(crate) fn code_of(&mut self, pass: &Pass) -> Result<String, Stopped> {
        if self.plan.renewals && self.is_stale(pass) && self.more_dice.of_thousand(700) {
            return Ok(self.refreshed(pass)?.text);
        }
        Ok(pass.text.clone())
    }

    /// The pass with what its page shows now.
    pub(crate) fn refreshed(&mut self, pass: &Pass) -> Result<Pass, Stopped> {
        let view = self.office.wait(self.office.state()?.store.pass_page(&pass.page))?.map_err(told)?;
        let Some(text) = view.and_then(|view| view.text).map(|text| text.to_string()) else { return Ok(pass.clone()) };
        if let Some(held) = self.passes.iter_mut().find(|held| held.id == pass.id) {
            held.text.clone_from(&text);
        }
        Ok(Pass { text, ..pass.clone() })
    }

    /// Every page beside the keys of the office, which has had its minute.
    pub(crate) fn pages_follow_the_keys(&mut self) -> Result<(), Stopped> {
        let today = CampusDay::of(self.true_time());
        let state = self.office.state()?.clone();
        let mut wrong = Vec::new();
        for pass in self.passes.iter().filter(|pass| !pass.lost && !pass.revoked) {
            let view = self.office.wait(state.store.pass_page(&pass.page))?.map_err(told)?;
            let Some(text) = view.and_then(|view| view.text).map(|text| text.to_string()) else { continue };
            let shown = Pass { text, ..pass.clone() };
            if words_of(&shown.text) != words_of(&pass.text) {
                wrong.push(format!("the page of {} says something else than it said", pass.id));
            }
            if pass.day >= today && self.is_stale(&shown) {
                wrong.push(format!("the page of {} shows a code whose key is gone", pass.id));
            }
            let changed = shown.text != pass.text && !self.trouble.office_turned_back;
            if changed && !self.is_stale(pass) {
                wrong.push(format!("the page of {} shows another code, and its key is not gone", pass.id));
            }
            if pass.day < today {
                let first = self.renewals.past.entry(pass.id).or_insert_with(|| shown.text.clone());
                if *first != shown.text {
                    wrong.push(format!("the page of {} of a past day shows another code", pass.id));
                }
            }
            if changed && pass.day >= today {
                self.tally.count("codes sealed anew");
            }
        }
        wrong.into_iter().for_each(|what| self.violated(what));
        Ok(())
    }

    /// At a gate that was told everything.
    pub(crate) fn stale_code_is_refused(&mut self, at: usize, pass: &Pass) -> Result<(), Stopped> {
        self.show(at, &pass.text, Some(Presented { pass: pass.id, genuine: true }))?;
        let said = match self.terminals.get(at).and_then(crate::terminal::Terminal::panel) {
            Some(Panel::Shown(shown)) => Some(shown.verdict),
            Some(_) | None => None,
        };
        self.tally.count("codes of revoked keys");
        if said != Some(Verdict::Refuse(RefuseReason::UnknownKey)) {
            let what = format!("{}, all mended: {} under a revoked key gets {said:?}", self.name(at), pass.id);
            self.violated(what);
        }
        Ok(())
    }
}
