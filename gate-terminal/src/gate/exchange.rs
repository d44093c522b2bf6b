//! Whose turn it is on the line: one pull and one push at a time, and what stands wrong with either.
//!
//! A pull follows the last at once, held open by the server when there is nothing to tell; a push follows whenever entries are
//! not countersigned. Failures of the line have been waited out by whoever reports them. What the line cannot know, a disk that
//! is full or an answer that proves nothing, is waited out here.

use std::sync::Arc;

use shared::{
    ids::KeyId,
    planted,
    seal::Unopened,
    sync::{
        Refusal,
        pull::PullRequest,
        push::{EntryReceipt, PushAnswer},
    },
};

use super::{
    HELD_CALL_S,
    effect::{Alarm, Effect, Receipt},
    event::SyncFailure,
    local_state::LocalState,
    news::{self, News},
    view::Link,
};

/// A full disk or a confused server is not asked more often.
const RETRY_MS: u64 = 5_000;

#[derive(Debug)]
pub(super) struct Exchange {
    pull: Call<Keeping>,
    push: Call<u64>,
    /// Whether the last news was all there was, so that the next call may be held.
    up_to_date: bool,
    /// The pull under way was asked before everything was forgotten.
    outdated: bool,
    recorded: u64,
    receipted: u64,
    /// The server asked for entries from further back than the receipt.
    push_again_after: Option<u64>,
    /// How often news was asked for, and the last time that brought any.
    asked: u64,
    heard: u64,
    /// A receipt came under a key that is not known here, when news had been asked for so often.
    unknown_key: Option<(KeyId, u64)>,
    link: Link,
    pull_alarm: Option<Alarm>,
    push_alarm: Option<Alarm>,
}

/// Believed news on its way to the disk, and when it came.
#[derive(Debug)]
pub(super) struct Keeping {
    pub news: Arc<News>,
    pub since_boot_ms: u64,
}

#[derive(Debug)]
enum Call<T> {
    Idle {
        not_before_ms: u64,
    },
    UnderWay,
    /// Answered; the answer is being stored.
    Keeping(T),
}

impl<T> Call<T> {
    const NEXT: Self = Self::Idle { not_before_ms: 0 };
    /// Not before the next start.
    const NEVER: Self = Self::Idle { not_before_ms: u64::MAX };

    const fn is_due(&self, since_boot_ms: u64) -> bool {
        match self {
            Self::Idle { not_before_ms } => since_boot_ms >= *not_before_ms,
            Self::UnderWay | Self::Keeping(_) => false,
        }
    }

    const fn later(since_boot_ms: u64) -> Self {
        Self::Idle { not_before_ms: since_boot_ms + RETRY_MS }
    }
}

impl Exchange {
    #[must_use]
    pub(super) const fn new(recorded: u64, receipted: u64) -> Self {
        Self {
            pull: Call::NEXT,
            push: Call::NEXT,
            up_to_date: false,
            outdated: false,
            recorded,
            receipted,
            push_again_after: None,
            asked: 0,
            heard: 0,
            unknown_key: None,
            link: Link::NotYet,
            pull_alarm: None,
            push_alarm: None,
        }
    }

    /// The calls whose turn it is.
    pub(super) fn due(&mut self, local: &LocalState, withdrawn: bool, since_boot_ms: u64) -> Vec<Effect> {
        let mut effects = Vec::new();
        if !withdrawn && self.pull.is_due(since_boot_ms) {
            self.pull = Call::UnderWay;
            self.asked += 1;
            self.outdated = false;
            effects.push(Effect::Pull(PullRequest {
                terminal: local.post().terminal,
                cursor: local.cursor(),
                key_set: local.keys().map_or(0, |keys| keys.number()),
                wait_s: if self.up_to_date { HELD_CALL_S } else { 0 },
                snapshot: local.snapshot(),
                ails: Vec::new(),
            }));
        }
        // Without keys a receipt could not be checked; whoever is withdrawn is given none.
        let after = self.push_after();
        if self.recorded > after && (withdrawn || local.keys().is_some()) && self.push.is_due(since_boot_ms) {
            self.push = Call::UnderWay;
            effects.push(Effect::Push { after });
        }
        effects
    }

    /// The feed is followed from its start: what is on its way leads on from what is here no more.
    pub(super) fn begin_anew(&mut self) {
        self.up_to_date = false;
        self.outdated = matches!(self.pull, Call::UnderWay);
        if matches!(self.pull, Call::Keeping(_)) {
            self.pull = Call::NEXT;
        }
    }

    #[must_use]
    pub(super) const fn is_outdated(&self) -> bool {
        self.outdated
    }

    /// An answer that is of no use any more, and says nothing against the server.
    pub(super) fn pulled_in_vain(&mut self) {
        self.link = Link::Up;
        self.pull = Call::NEXT;
    }

    pub(super) const fn recorded(&mut self, seq: u64) {
        self.recorded = seq;
    }

    #[must_use]
    pub(super) const fn unsent(&self) -> u64 {
        self.recorded.saturating_sub(self.receipted)
    }

    #[must_use]
    pub(super) const fn link(&self) -> &Link {
        &self.link
    }

    /// An entry that the server holds differently weighs more than news that is late.
    #[must_use]
    pub(super) fn alarm(&self) -> Option<&Alarm> {
        self.push_alarm.as_ref().or(self.pull_alarm.as_ref())
    }

    pub(super) fn pulled(&mut self, believed: Result<News, Alarm>, since_boot_ms: u64) -> Vec<Effect> {
        self.link = Link::Up;
        match believed {
            Ok(news) => {
                let news = Arc::new(news);
                self.pull = Call::Keeping(Keeping { news: Arc::clone(&news), since_boot_ms });
                vec![Effect::KeepNews(news)]
            }
            Err(alarm) => {
                self.pull = Call::later(since_boot_ms);
                self.up_to_date = false;
                raise(&mut self.pull_alarm, alarm)
            }
        }
    }

    pub(super) fn pull_failed(&mut self, failure: SyncFailure) -> Vec<Effect> {
        self.pull = Call::NEXT;
        self.up_to_date = false;
        match failure {
            SyncFailure::Unreachable(why) => {
                self.link = Link::Down { why };
                Vec::new()
            }
            SyncFailure::Refused(refusal) => {
                let alarm = refused(&refusal);
                self.link = Link::Refused(refusal);
                raise(&mut self.pull_alarm, alarm)
            }
        }
    }

    /// The news is durable; it may be applied.
    pub(super) fn news_kept(&mut self) -> (Option<Keeping>, Vec<Effect>) {
        let keeping = match std::mem::replace(&mut self.pull, Call::NEXT) {
            Call::Keeping(keeping) => keeping,
            // It was forgotten meanwhile.
            other @ (Call::Idle { .. } | Call::UnderWay) => {
                self.pull = other;
                return (None, Vec::new());
            }
        };
        self.up_to_date = keeping.news.as_of.is_some();
        self.heard = self.asked;
        self.pull_alarm = None;
        let links = keeping.news.not_understood;
        let told = (links > 0).then_some(Effect::Alarm(Alarm::NewsNotUnderstood { links }));
        (Some(keeping), told.into_iter().collect())
    }

    pub(super) fn news_not_kept(&mut self, since_boot_ms: u64) -> Vec<Effect> {
        self.pull = Call::later(since_boot_ms);
        raise(&mut self.pull_alarm, Alarm::StoreFailing)
    }

    pub(super) fn pushed(&mut self, answer: PushAnswer, local: &LocalState, since_boot_ms: u64) -> Vec<Effect> {
        self.link = Link::Up;
        match news::receipt(answer.receipt, local) {
            Ok(receipt) if receipt.proven.head.seq <= self.recorded => self.keep(receipt),
            // Asked for before everything was forgotten, and once more when it can be checked again.
            Err(Unopened::NoKey) if local.keys().is_none() => {
                self.push = Call::later(since_boot_ms);
                Vec::new()
            }
            Err(Unopened::UnknownKey(key)) if planted!("a new key is an alarm", false, !self.heard_since(key)) => {
                self.push = Call::later(since_boot_ms);
                Vec::new()
            }
            Ok(_) | Err(_) => {
                self.push = Call::later(since_boot_ms);
                raise(&mut self.push_alarm, Alarm::ReceiptUnproven)
            }
        }
    }

    /// The office signs with a new key from one moment to the next, and the key set comes with the news: whether news that was asked
    /// for after the first receipt under this key has come, and the key is not known all the same.
    fn heard_since(&mut self, key: KeyId) -> bool {
        let since = self.unknown_key.filter(|(known, _)| *known == key).map_or(self.asked, |(_, since)| since);
        self.unknown_key = Some((key, since));
        self.heard > since
    }

    fn keep(&mut self, receipt: Receipt) -> Vec<Effect> {
        let EntryReceipt { head, .. } = receipt.proven;
        self.push = Call::Keeping(head.seq);
        vec![Effect::KeepReceipt(Box::new(receipt))]
    }

    pub(super) fn push_failed(&mut self, failure: SyncFailure, withdrawn: bool) -> Vec<Effect> {
        self.push = Call::NEXT;
        let SyncFailure::Refused(refusal) = failure else { return Vec::new() };
        if let Refusal::Gap { expected } = refusal {
            return self.server_expects(expected);
        }
        // Nothing is set aside of a terminal that the office did not withdraw, nor what was not written yet.
        if let Refusal::SetAside { through } = refusal
            && withdrawn
            && through <= self.recorded
        {
            if through <= self.push_after() {
                // No more of it is kept.
                self.push = Call::NEVER;
            }
            self.push_again_after = Some(through.max(self.push_after()));
        }
        raise(&mut self.push_alarm, refused(&refusal))
    }

    fn server_expects(&mut self, expected: u64) -> Vec<Effect> {
        if expected > self.recorded.saturating_add(1) {
            return raise(&mut self.push_alarm, Alarm::Fork { seq: expected.saturating_sub(1) });
        }
        let again = self.push_again_after.replace(expected.saturating_sub(1));
        // Asked for once more, it is not here either.
        if expected > self.receipted && again != self.push_again_after {
            return Vec::new();
        }
        raise(&mut self.push_alarm, Alarm::EntriesMissing { expected })
    }

    pub(super) fn receipt_kept(&mut self, since_boot_ms: u64) {
        let Call::Keeping(seq) = self.push else { return };
        // A receipt that brings nothing further must not make the next push follow at once.
        let further = seq > self.push_after();
        self.push = if further { Call::NEXT } else { Call::later(since_boot_ms) };
        self.receipted = self.receipted.max(seq);
        self.push_again_after = None;
        self.unknown_key = None;
        self.push_alarm = None;
    }

    pub(super) fn receipt_not_kept(&mut self, since_boot_ms: u64) -> Vec<Effect> {
        let was_read = matches!(self.push, Call::Keeping(_));
        self.push = Call::later(since_boot_ms);
        raise(&mut self.push_alarm, if was_read { Alarm::ReceiptUnproven } else { Alarm::StoreFailing })
    }

    pub(super) fn entry_altered(&mut self, seq: u64, since_boot_ms: u64) -> Vec<Effect> {
        self.push = Call::later(since_boot_ms);
        raise(&mut self.push_alarm, Alarm::EntryAltered { seq })
    }

    fn push_after(&self) -> u64 {
        self.push_again_after.unwrap_or(self.receipted)
    }
}

/// An alarm that stands is told once.
pub(super) fn raise(slot: &mut Option<Alarm>, alarm: Alarm) -> Vec<Effect> {
    if slot.as_ref() == Some(&alarm) {
        return Vec::new();
    }
    *slot = Some(alarm.clone());
    vec![Effect::Alarm(alarm)]
}

fn refused(refusal: &Refusal) -> Alarm {
    match *refusal {
        Refusal::CursorAhead => Alarm::CursorAhead,
        Refusal::Fork { seq } => Alarm::Fork { seq },
        Refusal::Gap { expected } => Alarm::EntriesMissing { expected },
        Refusal::Altered { seq } => Alarm::EntryAltered { seq },
        Refusal::Withdrawn { .. } | Refusal::SetAside { .. } => Alarm::Withdrawn,
        Refusal::Unauthenticated => Alarm::Unauthenticated,
        Refusal::Clock { server_time } => Alarm::ClockRefused { server_time },
        Refusal::Malformed | Refusal::Replayed | Refusal::Head | Refusal::Code => Alarm::Misunderstood,
    }
}

#[cfg(test)]
mod tests {
    use shared::{
        chain::{ChainHash, Head},
        sync::push::PushAnswer,
    };

    use super::{
        super::{
            Event, Held,
            small_campus::{Office, Terminal, morning},
        },
        *,
    };

    /// A gate that recorded `entries` foreign codes, and what it last wanted pushed.
    fn gate_with_entries(entries: u32) -> (Terminal, Option<u64>) {
        let mut terminal = Terminal::at(Office::open());
        let mut pushes = Vec::new();
        for n in 0..entries {
            pushes.extend(pushed_after(&terminal.tell(Event::code(format!("FOREIGN {n}")))));
            terminal.wait_ms(3_000);
        }
        (terminal, pushes.first().copied())
    }

    fn pushed_after(effects: &[Effect]) -> Option<u64> {
        effects.iter().find_map(|effect| if let Effect::Push { after } = effect { Some(*after) } else { None })
    }

    fn alarm(effects: &[Effect]) -> Option<&Alarm> {
        effects.iter().find_map(|effect| if let Effect::Alarm(alarm) = effect { Some(alarm) } else { None })
    }

    fn receipt(terminal: &Terminal, seq: u64) -> Event {
        let head = Head { seq, hash: ChainHash::from_bytes([1; 32]) };
        Event::Pushed(terminal.office.receipt(head, morning()))
    }

    fn refusal(refusal: Refusal) -> Event {
        Event::PushFailed(SyncFailure::Refused(refusal))
    }

    #[test]
    fn one_push_at_a_time_and_the_next_takes_what_came_meanwhile() {
        let (mut terminal, first) = gate_with_entries(3);
        assert_eq!(first, Some(0));
        assert_eq!(terminal.gate.view().unsent, 3);
        let effects = terminal.tell(receipt(&terminal, 1));
        assert_eq!(pushed_after(&effects), Some(1));
        let effects = terminal.tell(receipt(&terminal, 3));
        assert_eq!((pushed_after(&effects), terminal.gate.view().unsent), (None, 0));
    }

    #[test]
    fn a_lost_reply_is_asked_for_again() {
        let (mut terminal, _) = gate_with_entries(2);
        let effects = terminal.tell(Event::PushFailed(SyncFailure::Unreachable("cut".into())));
        assert_eq!((pushed_after(&effects), alarm(&effects)), (Some(0), None));
    }

    #[test]
    fn nothing_is_pushed_before_a_receipt_could_be_checked() {
        let office = Office::open();
        let held = Held { recorded: 5, ..Held::fresh(office.post(), morning()) };
        let mut terminal = Terminal::stopped(office, held);
        terminal.line_is_up = false;
        assert_eq!(pushed_after(&terminal.tell(Event::Tick)), None);
        assert_eq!(pushed_after(&terminal.news_arrives()), Some(0), "what was left from before the restart");
    }

    #[test]
    fn a_receipt_that_comes_when_all_is_forgotten_is_no_alarm_and_is_asked_for_again() {
        let (mut terminal, _) = gate_with_entries(1);
        terminal.line_is_up = false;
        terminal.wait_ms(14 * 24 * 3_600_000);
        terminal.tell(Event::Tick);
        let effects = terminal.tell(receipt(&terminal, 1));
        assert_eq!((alarm(&effects), terminal.gate.view().unsent), (None, 1));
        terminal.wait_ms(5_000);
        assert_eq!(pushed_after(&terminal.tell(Event::Tick)), None, "there are no keys");
        terminal.line_is_up = true;
        let effects = terminal.tell(Event::PullFailed(SyncFailure::Unreachable("cut".into())));
        assert_eq!((pushed_after(&effects), alarm(&effects)), (Some(0), None));
    }

    #[test]
    fn a_receipt_by_another_key_for_another_terminal_or_from_the_future_is_none() {
        let forged = |office: &Office| {
            let forger = Office { beacon_key: office.pass_key.clone(), ..office.clone() };
            Event::Pushed(forger.receipt(Head { seq: 1, hash: ChainHash::START }, morning()))
        };
        let other_terminal = |office: &Office| {
            let receipt = EntryReceipt {
                terminal: shared::ids::TerminalId::new(99),
                head: Head { seq: 1, hash: ChainHash::START },
                at: morning(),
            };
            let key = Some(shared::ids::KeyId::new(2));
            let receipt = shared::seal::Sealed::seal(&receipt, key, &office.beacon_key).unwrap();
            Event::Pushed(PushAnswer { receipt })
        };
        let (terminal, _) = gate_with_entries(2);
        for event in [forged(&terminal.office), other_terminal(&terminal.office), receipt(&terminal, 3)] {
            let (mut terminal, _) = gate_with_entries(2);
            let effects = terminal.tell(event);
            assert_eq!(alarm(&effects), Some(&Alarm::ReceiptUnproven));
            assert!(!effects.iter().any(|effect| matches!(effect, Effect::KeepReceipt(_))));
            assert_eq!((pushed_after(&effects), terminal.gate.view().unsent), (None, 2), "and it is not asked at once");
            terminal.wait_ms(5_000);
            assert_eq!(pushed_after(&terminal.tell(Event::Tick)), Some(0));
        }
    }

    #[test]
    fn a_receipt_under_a_key_that_is_new_waits_for_the_news_of_it_and_is_an_alarm_only_after_that() {
        let (mut terminal, _) = gate_with_entries(1);
        let head = Head { seq: 1, hash: ChainHash::from_bytes([1; 32]) };
        let by_the_next_key = |terminal: &Terminal| {
            let proven = EntryReceipt { terminal: terminal.office.post().terminal, head, at: morning() };
            let (key, signer) = (Some(KeyId::new(9)), &terminal.office.pass_key);
            Event::Pushed(PushAnswer { receipt: shared::seal::Sealed::seal(&proven, key, signer).unwrap() })
        };
        for _ in 0..2 {
            let effects = terminal.tell(by_the_next_key(&terminal));
            assert_eq!((alarm(&effects), pushed_after(&effects)), (None, None));
            terminal.wait_ms(5_000);
            assert_eq!(pushed_after(&terminal.tell(Event::Tick)), Some(0), "it is asked for again");
        }
        terminal.news_arrives();
        assert_eq!(alarm(&terminal.tell(by_the_next_key(&terminal))), None, "this was asked for before");
        terminal.wait_ms(5_000);
        terminal.tell(Event::Tick);
        terminal.news_arrives();
        assert_eq!(alarm(&terminal.tell(by_the_next_key(&terminal))), Some(&Alarm::ReceiptUnproven), "no news of it");
        terminal.wait_ms(5_000);
        terminal.tell(Event::Tick);
        terminal.tell(receipt(&terminal, 1));
        assert_eq!((terminal.gate.view().unsent, terminal.gate.view().alarm), (0, None));
    }

    #[test]
    fn a_receipt_that_the_store_does_not_take_counts_for_nothing() {
        let (mut terminal, _) = gate_with_entries(1);
        let event = receipt(&terminal, 1);
        terminal.only(event);
        let effects = terminal.only(Event::ReceiptNotKept);
        assert_eq!(alarm(&effects), Some(&Alarm::ReceiptUnproven));
        assert_eq!(terminal.gate.view().unsent, 1);
    }

    #[test]
    fn the_server_says_where_to_go_on() {
        let (mut terminal, _) = gate_with_entries(3);
        let effects = terminal.tell(refusal(Refusal::Gap { expected: 3 }));
        assert_eq!((pushed_after(&effects), alarm(&effects)), (Some(2), None), "it has two: an answer was lost");
        terminal.tell(receipt(&terminal, 3));
        terminal.tell(Event::code("ONE MORE"));
        let effects = terminal.tell(refusal(Refusal::Gap { expected: 2 }));
        assert_eq!(pushed_after(&effects), Some(1));
        assert_eq!(alarm(&effects), Some(&Alarm::EntriesMissing { expected: 2 }), "it had countersigned three");
        terminal.tell(receipt(&terminal, 4));
        assert_eq!((terminal.gate.view().unsent, terminal.gate.view().alarm), (0, None));
    }

    #[test]
    fn entries_the_server_has_and_we_do_not_mean_a_store_turned_back() {
        let (mut terminal, _) = gate_with_entries(2);
        let effects = terminal.tell(refusal(Refusal::Gap { expected: 9 }));
        assert_eq!(alarm(&effects), Some(&Alarm::Fork { seq: 8 }));
        let effects = terminal.tell(refusal(Refusal::Fork { seq: 2 }));
        assert_eq!(alarm(&effects), Some(&Alarm::Fork { seq: 2 }));
    }

    #[test]
    fn a_server_that_has_all_of_it_holds_no_more_than_we_do() {
        let (mut terminal, _) = gate_with_entries(2);
        let effects = terminal.tell(refusal(Refusal::Gap { expected: 3 }));
        assert_eq!((alarm(&effects), pushed_after(&effects)), (None, None), "only its answer was lost");
    }

    #[test]
    fn an_entry_that_was_countersigned_and_is_asked_for_again_is_missing() {
        let (mut terminal, _) = gate_with_entries(3);
        terminal.tell(receipt(&terminal, 3));
        terminal.tell(Event::code("ONE MORE"));
        let effects = terminal.tell(refusal(Refusal::Gap { expected: 3 }));
        assert_eq!(alarm(&effects), Some(&Alarm::EntriesMissing { expected: 3 }));
    }

    #[test]
    fn a_receipt_that_brings_nothing_further_is_no_reason_to_ask_at_once() {
        let (mut terminal, _) = gate_with_entries(2);
        assert_eq!(pushed_after(&terminal.tell(receipt(&terminal, 1))), Some(1));
        assert_eq!(pushed_after(&terminal.tell(receipt(&terminal, 1))), None);
        terminal.wait_ms(5_000);
        assert_eq!(pushed_after(&terminal.tell(Event::Tick)), Some(1));
    }

    #[test]
    fn an_entry_that_was_altered_here_is_told_and_the_rest_is_tried_later() {
        let (mut terminal, _) = gate_with_entries(2);
        let effects = terminal.tell(Event::EntryAltered { seq: 2 });
        assert_eq!((alarm(&effects), pushed_after(&effects)), (Some(&Alarm::EntryAltered { seq: 2 }), None));
        terminal.wait_ms(5_000);
        assert_eq!(pushed_after(&terminal.tell(Event::Tick)), Some(0));
    }

    #[test]
    fn news_that_this_gate_does_not_understand_is_told_with_its_number() {
        let mut terminal = Terminal::at(Office::open());
        terminal.office.issue(1);
        assert_eq!(alarm(&terminal.news_arrives()), None);
        for kind in ["not", "yet", "known"] {
            terminal.office.say_raw(serde_json::value::to_raw_value(&serde_json::json!({"change": kind})).unwrap());
        }
        assert_eq!(alarm(&terminal.news_arrives()), Some(&Alarm::NewsNotUnderstood { links: 3 }));
    }
}
