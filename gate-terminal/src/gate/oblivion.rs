//! When a terminal forgets: its passes, its keys and whoever went through, and keeps only what it has not sent.
//!
//! The office's word that it is withdrawn ends it for good; that word must be proven, or anyone on the line could blind a gate. A
//! terminal that has heard nothing for a fortnight forgets as well, since it may stand in somebody's cellar; it comes back with the
//! next news. Only time that has surely passed counts: a clock set forward must not empty a gate whose line is cut.

use chrono::TimeDelta;
use shared::{
    planted,
    sync::{Refusal, withdrawal::Proof},
    time::Moment,
};

use super::{event::SyncFailure, local_state::LocalState};

/// Unless the settings say otherwise.
pub const SILENT_AT_MOST: TimeDelta = TimeDelta::days(14);

/// A disk that does not forget is told again, but not with every frame.
const RETRY_MS: u64 = 5_000;

/// Why everything is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oblivion {
    /// Since when, says the office. For good.
    Withdrawn { since: Moment },
    /// Until the office is heard again.
    Silent,
}

#[derive(Debug)]
pub(super) struct Forgetting {
    pub(super) silent_at_most: TimeDelta,
    withdrawn: bool,
    /// Told to the disk, which has not answered for it yet; and when it is told again.
    due: Option<(Oblivion, u64)>,
    /// It is silent and has forgotten.
    silent: bool,
}

impl Forgetting {
    pub(super) const fn new(withdrawn: bool) -> Self {
        Self { silent_at_most: SILENT_AT_MOST, withdrawn, due: None, silent: false }
    }

    pub(super) const fn is_withdrawn(&self) -> bool {
        self.withdrawn
    }

    pub(super) fn withdraw(&mut self, since: Moment) {
        if !self.withdrawn {
            self.withdrawn = true;
            self.due = planted!("withdrawn and nothing forgotten", None, Some((Oblivion::Withdrawn { since }, 0)));
        }
    }

    /// `silent_for`: as long as has surely passed since the last beacon, where there ever was one. Whether all is to be forgotten now.
    pub(super) fn heard_nothing(&mut self, silent_for: Option<TimeDelta>) -> bool {
        let silent = planted!(
            "silent for a fortnight and nothing forgotten",
            false,
            silent_for.is_some_and(|span| span >= self.silent_at_most)
        );
        if !silent || self.silent || self.withdrawn {
            return false;
        }
        self.silent = true;
        self.due = Some((Oblivion::Silent, 0));
        true
    }

    pub(super) const fn heard(&mut self) {
        self.silent = false;
    }

    /// What the disk is to forget now.
    pub(super) fn due(&mut self, since_boot_ms: u64) -> Option<Oblivion> {
        let (oblivion, not_before_ms) = self.due.as_mut()?;
        if since_boot_ms < *not_before_ms {
            return None;
        }
        *not_before_ms = since_boot_ms.saturating_add(RETRY_MS);
        Some(*oblivion)
    }

    pub(super) const fn done(&mut self) {
        self.due = None;
    }
}

/// Since when this terminal is withdrawn, if the refusal proves it.
pub(super) fn withdrawn(failure: &SyncFailure, local: &LocalState) -> Option<Moment> {
    let SyncFailure::Refused(Refusal::Withdrawn { proof: Some(proof) }) = failure else { return None };
    let proven = Proof::open(proof, &local.post().roots, local.key_floor()).ok()?;
    (proven.terminal == local.post().terminal).then_some(proven.since)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use shared::{
        ids::{KeyId, TerminalId},
        seal::Sealed,
        sync::withdrawal::Withdrawal,
        verdict::{RefuseReason, Verdict},
    };

    use super::{
        super::{
            Alarm, Effect, Event, Held,
            small_campus::{Office, TERMINAL, Terminal, claims, morning, shown},
        },
        *,
    };

    fn word(office: &Office, terminal: TerminalId, key: &SigningKey) -> Event {
        let withdrawal = Withdrawal { terminal, since: morning(), at: morning() };
        let withdrawal = Sealed::seal(&withdrawal, Some(KeyId::new(2)), key).unwrap();
        let proof = Some(Box::new(Proof { withdrawal, key_set: office.key_set() }));
        Event::PullFailed(SyncFailure::Refused(Refusal::Withdrawn { proof }))
    }

    fn forgets(effects: &[Effect]) -> Option<Oblivion> {
        effects.iter().find_map(|effect| if let Effect::ForgetAll(why) = effect { Some(*why) } else { None })
    }

    fn pushes(effects: &[Effect]) -> Option<u64> {
        effects.iter().find_map(|effect| if let Effect::Push { after } = effect { Some(*after) } else { None })
    }

    fn gate_with_a_pass() -> (Terminal, String) {
        let mut office = Office::open();
        let code = office.issue(1);
        (Terminal::at(office), code)
    }

    #[test]
    fn the_office_s_proven_word_empties_the_gate_before_anything_else() {
        let (mut terminal, code) = gate_with_a_pass();
        let word = word(&terminal.office, TERMINAL, &terminal.office.beacon_key);
        let effects = terminal.only(word);
        assert!(matches!(effects[0], Effect::ForgetAll(Oblivion::Withdrawn { .. })), "{effects:?}");
        terminal.only(Event::AllForgotten);
        terminal.tell(Event::code(code));
        assert_eq!(shown(&terminal).verdict, Verdict::Refuse(RefuseReason::UnknownKey));
        assert_eq!(terminal.gate.view().alarm, Some(Alarm::Withdrawn));
        terminal.wait_ms(60_000);
        let effects = terminal.only(Event::Tick);
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Pull(_))), "it asks for nothing any more");
    }

    #[test]
    fn anybody_else_s_word_empties_nothing() {
        let (terminal, _) = gate_with_a_pass();
        let office = &terminal.office;
        let old = Office { key_set_number: 0, ..office.clone() };
        let usurper = Office { root: SigningKey::from_bytes(&[9; 32]), ..office.clone() };
        for (what, word) in [
            ("another key's", word(office, TERMINAL, &office.pass_key)),
            ("of another terminal", word(office, TerminalId::new(99), &office.beacon_key)),
            ("by an older key set", word(&old, TERMINAL, &office.beacon_key)),
            ("by another root's key set", word(&usurper, TERMINAL, &office.beacon_key)),
            ("bare", Event::PullFailed(SyncFailure::Refused(Refusal::Withdrawn { proof: None }))),
        ] {
            let (mut terminal, code) = gate_with_a_pass();
            assert_eq!(forgets(&terminal.only(word)), None, "{what}");
            terminal.tell(Event::code(code));
            assert_eq!(shown(&terminal).verdict, Verdict::Admit, "{what}");
        }
    }

    #[test]
    fn what_was_not_sent_still_goes_up_and_is_not_asked_for_twice() {
        let office = Office::open();
        let held = Held { recorded: 3, withdrawn: true, ..Held::fresh(office.post(), morning()) };
        let mut terminal = Terminal::stopped(office, held);
        assert_eq!(pushes(&terminal.only(Event::Tick)), Some(0));
        let aside = |through| Event::PushFailed(SyncFailure::Refused(Refusal::SetAside { through }));
        assert_eq!(pushes(&terminal.only(aside(u64::MAX))), Some(0), "it has not written so many");
        assert_eq!(pushes(&terminal.only(aside(2))), Some(2));
        assert_eq!(pushes(&terminal.only(aside(3))), None);
        assert_eq!(pushes(&terminal.only(Event::Tick)), None);
    }

    #[test]
    fn what_the_office_has_no_room_for_is_asked_again_later_and_nobody_else_ends_what_goes_up() {
        let office = Office::open();
        for (withdrawn, through, pushed) in [
            (true, 1, [Some(1), None, Some(1)]),
            (true, 0, [None, None, Some(0)]),
            (false, 1, [Some(0), Some(0), Some(0)]),
            (false, 0, [Some(0), Some(0), Some(0)]),
        ] {
            let held = Held { recorded: 3, withdrawn, ..Held::fresh(office.post(), morning()) };
            let mut terminal = Terminal::stopped(office.clone(), held);
            terminal.news_arrives();
            terminal.only(Event::Tick);
            let aside = || Event::PushFailed(SyncFailure::Refused(Refusal::SetAside { through }));
            let now = [pushes(&terminal.only(aside())), pushes(&terminal.only(aside()))];
            terminal.wait_ms(RETRY_MS.try_into().unwrap());
            let later = pushes(&terminal.only(Event::Tick)).or(now[1]);
            assert_eq!([now[0], now[1], later], pushed, "{withdrawn}: {through}");
        }
    }

    #[test]
    fn a_fortnight_without_a_word_empties_the_gate_until_there_is_one() {
        let (mut terminal, _) = gate_with_a_pass();
        let code = terminal.office.seal(&claims(1));
        terminal.line_is_up = false;
        let day_ms = 24 * 3_600_000;
        for _ in 0..13 {
            terminal.wait_ms(day_ms);
            assert_eq!(forgets(&terminal.tell(Event::Tick)), None);
        }
        terminal.wait_ms(day_ms - 60_000);
        assert!(terminal.gate.local().keys().is_some());
        terminal.wait_ms(60_000);
        assert_eq!(forgets(&terminal.tell(Event::Tick)), Some(Oblivion::Silent));
        assert!(terminal.gate.local().keys().is_none());
        terminal.tell(Event::code(code));
        assert_eq!(shown(&terminal).verdict, Verdict::Refuse(RefuseReason::UnknownKey));
        let told = terminal.gate.local();
        assert_eq!((told.cursor().seq, told.key_floor().number), (0, 1), "from the start, and no older set");
    }

    #[test]
    fn what_was_asked_before_it_forgot_raises_no_alarm_and_is_asked_anew() {
        let (mut terminal, code) = gate_with_a_pass();
        let asked = terminal.asks();
        terminal.office.issue(2);
        // Asleep for three weeks with a call open: nothing happens, and then all at once.
        terminal.wait_ms(21 * 24 * 3_600_000);
        let late = Event::Pulled(Box::new(terminal.office.answer(&asked, terminal.wall)));
        let effects = terminal.only(late);
        assert_eq!(forgets(&effects), Some(Oblivion::Silent));
        terminal.only(Event::AllForgotten);
        assert_eq!(terminal.gate.view().alarm, None);
        let again =
            effects.iter().find_map(|effect| if let Effect::Pull(request) = effect { Some(request) } else { None });
        let again = again.expect("it asks at once");
        assert_eq!((again.cursor.seq, again.key_set), (0, 0), "from the start");
        let answer = terminal.office.answer(again, terminal.wall);
        terminal.tell(Event::Pulled(Box::new(answer)));
        terminal.tell(Event::code(code));
        assert!(
            matches!(shown(&terminal).verdict, Verdict::Refuse(RefuseReason::Expired { .. })),
            "it has the keys again"
        );
    }

    #[test]
    fn news_on_its_way_to_the_disk_is_forgotten_with_all_else() {
        let (mut terminal, _) = gate_with_a_pass();
        terminal.office.issue(2);
        let news = Event::Pulled(Box::new(terminal.office.answer(&terminal.asks(), terminal.wall)));
        let effects = terminal.only(news);
        assert!(effects.iter().any(|effect| matches!(effect, Effect::KeepNews(_))), "{effects:?}");
        terminal.wait_ms(14 * 24 * 3_600_000);
        let effects = terminal.only(Event::NewsKept);
        assert_eq!(forgets(&effects), Some(Oblivion::Silent));
        assert_eq!(terminal.gate.local().cursor().seq, 0, "else it would miss for ever what came before");
    }

    #[test]
    fn a_disk_that_fails_is_told_again() {
        let (mut terminal, _) = gate_with_a_pass();
        let word = word(&terminal.office, TERMINAL, &terminal.office.beacon_key);
        assert!(forgets(&terminal.only(word)).is_some());
        assert!(forgets(&terminal.only(Event::Tick)).is_none());
        terminal.wait_ms(RETRY_MS.try_into().unwrap());
        let again = forgets(&terminal.only(Event::Tick));
        terminal.only(Event::AllForgotten);
        terminal.wait_ms((2 * RETRY_MS).try_into().unwrap());
        assert!(forgets(&terminal.only(Event::Tick)).is_none(), "{again:?}");
    }
}
