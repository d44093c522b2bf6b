//! Gates are enrolled, ask for walk-ins, push what they saw, and are withdrawn; then a day ends.

use std::sync::Arc;

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use serde_json::value::to_raw_value;
use shared::{
    chain::{ChainName, Head, Link},
    entry::{Direction, Entry, Outcome, Said},
    ids::{GateIndex, KeyId, PassId, TerminalId},
    pass::{KeySet, KeyUse, NamedKey, PassSigner, SUITE_1, keyset::KeySetBody},
    seal::{PublicKey, Sealed},
    sync::{
        enrol::InviteCode,
        pull::Ailment,
        push::{EntryHead, PushRequest},
        walk_in::WalkInNumber,
    },
    verdict::Verdict,
};
use sync_server::{
    office::{BookingForm, Choice, HostSaid, Revision, notice},
    store::WalkInAsked,
};

use super::days::{CAMPUS, Day, form, links, phone, today, told};

pub(super) async fn report(day: &mut Day) {
    let code = InviteCode::from_random([1; 10]);
    let gate = GateIndex::new(1).unwrap();
    told!(day, invite(CAMPUS, gate, &code, day.later(10), day.now));
    let key = SigningKey::from_bytes(&[9; 32]);
    let terminal = told!(day, enrol(&code, PublicKey::of(&key), day.now)).unwrap().id;
    let nonce = nonce();
    told!(day, remember_nonce(terminal, &nonce, day.now));
    let request = pushed(day, terminal, &key);
    told!(day, push(terminal, &request, day.now)).unwrap();
    told!(day, keep_ailments(terminal, vec![Ailment::JournalUnwritten], day.now));
    let said = HostSaid::parse("T1").unwrap();
    told!(day, find_walk_in_host(&said, terminal, day.config.booking.limits(), day.now));
    let booking = form().check_on_behalf(&day.rules(), day.now).unwrap();
    let asked = WalkInAsked {
        terminal,
        number: WalkInNumber::new(1),
        message: notice::walk_in_asked(booking.facts(), "南门"),
        booking,
        host: day.host.clone(),
        links: links(20),
    };
    told!(day, submit_walk_in(asked, day.now));
    let no = Choice::Decline { reason: None }.on(Revision::FIRST);
    told!(day, decide(&links(20).own.hall, no, day.issuing(20), day.now));
    told!(day, holds_key_set(terminal, 2));
    let (keys, signer) = (other_keys(), Arc::new(PassSigner::new(KeyId::new(3), SigningKey::from_bytes(&[8; 32]))));
    told!(day, seal_anew(&keys, &signer, day.now));
    told!(day, withdraw(terminal, day.now));
    told!(day, set_aside(terminal, pushed(day, terminal, &key).links, day.now));
}

/// A set from which the key is gone that sealed everything so far.
fn other_keys() -> KeySet {
    let root = SigningKey::from_bytes(&[1; 32]);
    let named = NamedKey {
        id: KeyId::new(3),
        r#use: KeyUse::Pass,
        suite: SUITE_1,
        public: PublicKey::of(&SigningKey::from_bytes(&[8; 32])),
        not_before: today().minus_days(1).start(),
        not_after: today().plus_days(90).start(),
    };
    let body = KeySetBody { number: 2, min_suite: SUITE_1, roots: None, retired: Vec::new(), keys: vec![named] };
    KeySet::open(&Sealed::seal(&body, None, &root).unwrap(), &PublicKey::of(&root)).unwrap()
}

fn nonce() -> shared::sync::http_signature::Nonce {
    shared::sync::http_signature::Nonce::from_random([4; 16])
}

fn pushed(day: &Day, terminal: TerminalId, key: &SigningKey) -> PushRequest {
    let name = ChainName::Entries { terminal };
    let links: Vec<Link> = (1..=5_u8)
        .map(|seq| {
            let entry = Entry {
                at: day.later(i64::from(seq)),
                clock_trusted: true,
                gate: GateIndex::new(1).unwrap(),
                // In twice without leaving, which is told.
                direction: Direction::In,
                said: Said {
                    verdict: Verdict::Admit,
                    pass: Some(PassId::from_bytes([1 + seq / 2; 8])),
                    name: None,
                    foreign_code: None,
                    paper: None,
                },
                outcome: Outcome::Passed,
                party: 1,
            };
            Link { seq: u64::from(seq), body: to_raw_value(&entry).unwrap() }
        })
        .collect();
    let head = links.iter().fold(Head::START, |head, link| head.extend(name, link.body.get()));
    let head = Sealed::seal(&EntryHead { terminal, head }, None, key).unwrap();
    PushRequest { terminal, links, head, marks: String::new() }
}

impl Day {
    pub(super) async fn end_is_near(&mut self) {
        let tomorrow = BookingForm { day: today().plus_days(3).to_string(), ..form() };
        self.submits(&tomorrow, 30).await;
        told!(self, decide(&links(30).own.sms, Choice::Approve.on(Revision::FIRST), self.issuing(30), self.now));
        self.log_written_back().await;
        self.submits(&form(), 31).await;
        self.by_hand("delete from party_number");
        told!(self, index_parties(self.now));
        told!(self, publish_due(today().plus_days(2).start()));
        told!(self, settle_days_over(today().plus_days(1).start()));
        told!(self, erase_mine(&phone(), self.now));
        let later = self.now.plus(TimeDelta::days(3));
        told!(self, erase_due(self.config.retention, later));
        told!(self, keep_snapshots(later));
        told!(self, chores_done(later));
        told!(self, accept_clock(self.now));
    }
}
