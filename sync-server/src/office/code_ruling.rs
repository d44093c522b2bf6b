//! Whether a sign-in code leaves, and what who asked for it is told.
//!
//! The two are not the same, because the answer must not tell whether the office knows a phone. What a stranger is told goes by the
//! network they ask from and by how the office stands, as if the phone were unknown; a phone that is known may be sent a code all the
//! same. A browser in which the phone has signed in before is no stranger, and has a reserve of its own.
//!
//! When strangers' share of the hour or the day is used up, or messages fail one after the other, strangers' codes pause for a
//! while: the pages then point to the gate and to the host. There is no puzzle to solve first. Machines solve those for less than
//! a message costs, and people who cannot are turned away; the one proof that is dear in bulk is the code itself, typed.
//!
//! Ten thousand addresses of which no two share a network cannot be told from as many guests at home, and there is no money for all
//! of them. But whoever can read a text message has a telephone in the hand, and its carrier's networks are few, shared by
//! thousands and known for codes that are used. So who asks from a network without a name while its share is short is told to leave
//! the Wi-Fi and ask again by mobile data, at once: that is one press for a guest, and for an attacker other addresses, which are
//! few and have tabs like all others.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use shared::time::Moment;

use super::{
    CodeLimits,
    code_ledger::{Asker, Full, Ledger, Room, Span},
    code_tab::{Refused, Tab},
};

/// So many messages in a row that failed mean that the channel does.
pub const FAILED_IN_A_ROW: u32 = 5;
/// For how long strangers' codes pause when the channel fails.
const CHANNEL_RESTS: TimeDelta = TimeDelta::minutes(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub why: PauseReason,
    pub since: Moment,
    pub until: Moment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// The share of the hour or the day is used up.
    Budget,
    /// Messages failed in a row.
    Channel,
}

/// What the office remembers of its codes, beside the codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeBook {
    pub ledger: Ledger,
    /// The last pause for strangers from cold networks, and from warm ones.
    cold: Option<Pause>,
    warm: Option<Pause>,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    /// The browser has signed in with this phone before.
    pub proven: bool,
    /// The office knows the phone.
    pub known: bool,
    /// Of the address and of the network around it.
    pub tabs: [Tab; 2],
    /// Whether the last messages, since the last pause, all failed.
    pub failing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling {
    pub told: CodeTold,
    /// For whom a message leaves, if one does.
    pub leaves: Option<Asker>,
    /// Begun by this very question.
    pub pause: Option<Pause>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeTold {
    OnItsWay,
    /// It may come or not; whoever waits in vain is told where else to go.
    Uncertain,
    /// The same, because of the network alone: from one where codes are used it would come.
    UncertainHere,
    /// The network owes too many.
    Wait {
        until: Moment,
    },
}

impl CodeBook {
    #[must_use]
    pub fn new(now: Moment) -> Self {
        Self { ledger: Ledger::new(now), cold: None, warm: None }
    }

    #[must_use]
    pub fn at(self, now: Moment) -> Self {
        Self { ledger: self.ledger.at(now), ..self }
    }

    /// The pause that holds for a stranger from such a network.
    #[must_use]
    pub fn pause(&self, asker: Asker, now: Moment) -> Option<Pause> {
        let held = match asker {
            Asker::Cold => self.cold,
            Asker::Warm => self.warm,
            Asker::KnownFromAfar | Asker::Known | Asker::Proven => None,
        };
        held.filter(|pause| pause.since <= now && now < pause.until)
    }

    /// From when on failures count: those before a pause have been answered by it.
    #[must_use]
    pub fn failures_count_from(&self) -> Option<Moment> {
        let failed = [self.cold, self.warm].into_iter().flatten().filter(|pause| pause.why == PauseReason::Channel);
        failed.map(|pause| pause.until).max()
    }

    /// Rules on one question. The book says afterwards whether codes pause; what leaves is for the caller to write down.
    pub fn rule(&mut self, limits: &CodeLimits, heard: &Heard, now: Moment) -> Ruling {
        if heard.proven {
            let leaves = self.ledger.admits(Asker::Proven, &limits.budget, now).ok().map(|_| Asker::Proven);
            let told = if leaves.is_some() { CodeTold::OnItsWay } else { CodeTold::Uncertain };
            return Ruling { told, leaves, pause: None };
        }
        if let Some(until) = owing(limits, &heard.tabs) {
            return Ruling { told: CodeTold::Wait { until }, leaves: None, pause: None };
        }
        let [_, network] = heard.tabs;
        let stranger = network.asker();
        let mut pause = None;
        if heard.failing {
            pause = self.begin(
                Pause { why: PauseReason::Channel, since: now, until: now.plus(CHANNEL_RESTS) },
                &[Asker::Cold, Asker::Warm],
            );
        }
        let as_a_stranger = match self.ledger.admits(stranger, &limits.budget, now) {
            _ if self.pause(stranger, now).is_some() => None,
            Ok(room) => lent(limits, &heard.tabs, room).then_some(stranger),
            Err(Full { span: Span::Minute, .. }) => None,
            Err(Full { until, .. }) => {
                pause = self.begin(Pause { why: PauseReason::Budget, since: now, until }, &[stranger]);
                None
            }
        };
        let told = match as_a_stranger {
            Some(_) => CodeTold::OnItsWay,
            None if stranger == Asker::Cold && self.serves_warm(limits, now) => CodeTold::UncertainHere,
            None => CodeTold::Uncertain,
        };
        let known = if stranger == Asker::Warm { Asker::Known } else { Asker::KnownFromAfar };
        let as_known = heard.known && self.ledger.admits(known, &limits.budget, now).is_ok();
        Ruling { told, leaves: if as_known { Some(known) } else { as_a_stranger }, pause }
    }

    /// Whether a stranger from a network where codes are used would be sent one.
    #[must_use]
    pub fn serves_warm(&self, limits: &CodeLimits, now: Moment) -> bool {
        self.pause(Asker::Warm, now).is_none() && self.ledger.admits(Asker::Warm, &limits.budget, now).is_ok()
    }

    /// The pause, if it is news for any of these.
    fn begin(&mut self, pause: Pause, askers: &[Asker]) -> Option<Pause> {
        let paused = askers.iter().all(|asker| self.pause(*asker, pause.since).is_some());
        for asker in askers {
            match asker {
                Asker::Cold => self.cold = Some(pause),
                Asker::Warm => self.warm = Some(pause),
                Asker::KnownFromAfar | Asker::Known | Asker::Proven => {}
            }
        }
        (!paused).then_some(pause)
    }
}

/// Until when one of the tabs lends nothing to anybody.
fn owing(limits: &CodeLimits, tabs: &[Tab; 2]) -> Option<Moment> {
    let refused = tabs.iter().zip(limits.unused).filter_map(|(tab, fresh)| match tab.lends(fresh, Room(1000)) {
        Err(Refused::Owing { until }) => Some(until),
        Err(Refused::Short) | Ok(()) => None,
    });
    refused.max()
}

/// Whose address owes nothing, in a network where codes are used, does not answer for a neighbour who pumps while codes are short.
fn lent(limits: &CodeLimits, [address, network]: &[Tab; 2], room: Room) -> bool {
    let [of_address, of_network] = limits.unused;
    let around = if address.owed == 0 && network.asker() == Asker::Warm { Room(1000) } else { room };
    address.lends(of_address, room).is_ok() && network.lends(of_network, around).is_ok()
}

#[cfg(test)]
mod tests {
    use shared::time::CampusDay;

    use super::*;
    use crate::config::SignIn;

    fn morning() -> Moment {
        CampusDay::parse("2026-11-23").unwrap().at_minute(8 * 60)
    }

    fn limits() -> CodeLimits {
        SignIn { per_minute: 100, per_hour: 100, per_day: 100, ..SignIn::default() }.limits()
    }

    fn heard() -> Heard {
        Heard { proven: false, known: false, tabs: [Tab::new(morning()); 2], failing: false }
    }

    fn warm() -> Heard {
        Heard { tabs: [Tab { earned: 9, ..Tab::new(morning()) }; 2], ..heard() }
    }

    /// Everything for askers up to this one has left.
    fn spent(asker: Asker) -> CodeBook {
        let mut book = CodeBook::new(morning());
        for asker in Asker::ALL.into_iter().filter(|each| *each <= asker) {
            while book.ledger.admits(asker, &limits().budget, morning()).is_ok() {
                book.ledger.sent(asker);
            }
        }
        book
    }

    #[test]
    fn what_a_stranger_is_told_never_depends_on_whether_the_phone_is_known() {
        let owing = Tab { owed: 60, ..Tab::new(morning()) };
        let books = [CodeBook::new(morning()), spent(Asker::Cold), spent(Asker::Warm), spent(Asker::Known)];
        let mut told = Vec::new();
        for book in books {
            for tabs in [heard().tabs, warm().tabs, [owing; 2], [Tab { owed: 5, ..owing }; 2]] {
                for failing in [false, true] {
                    let rule = |known| {
                        let mut book = book;
                        let ruling = book.rule(&limits(), &Heard { known, tabs, failing, ..heard() }, morning());
                        (ruling.told, ruling.pause, book)
                    };
                    assert_eq!(rule(true), rule(false));
                    told.push(rule(true).0);
                }
            }
        }
        for kind in [CodeTold::OnItsWay, CodeTold::Uncertain, CodeTold::UncertainHere] {
            assert!(told.contains(&kind), "{kind:?}");
        }
        assert!(told.iter().any(|told| matches!(told, CodeTold::Wait { .. })));
    }

    #[test]
    fn who_asks_from_a_network_without_a_name_is_told_of_another_while_that_one_is_served() {
        let told = |asker, heard| spent(asker).rule(&limits(), &heard, morning()).told;
        assert_eq!(told(Asker::Cold, heard()), CodeTold::UncertainHere);
        assert_eq!(told(Asker::Warm, heard()), CodeTold::Uncertain);
        assert_eq!(told(Asker::Warm, warm()), CodeTold::Uncertain);
        assert_eq!(told(Asker::Cold, Heard { failing: true, ..heard() }), CodeTold::Uncertain);
    }

    #[test]
    fn while_codes_are_short_who_owes_nothing_answers_for_no_neighbour_where_codes_are_used() {
        let limits = limits();
        let network = |earned, owed| Tab { earned, owed, ..Tab::new(morning()) };
        let short = Room(100);
        for (own, around, is_lent) in [
            (network(0, 0), network(8, 8), true),
            (network(0, 1), network(8, 8), false),
            (network(0, 0), network(8, 20), false),
            (network(0, 0), network(2, 8), false),
        ] {
            assert_eq!(lent(&limits, &[own, around], short), is_lent, "{own:?} {around:?}");
        }
    }

    #[test]
    fn those_better_known_go_on_when_strangers_pause() {
        let leaves = |asker, heard: Heard| spent(asker).rule(&limits(), &heard, morning()).leaves;
        let known = Heard { known: true, ..heard() };
        let proven =
            Heard { proven: true, tabs: [Tab { owed: 999, ..Tab::new(morning()) }; 2], failing: true, ..heard() };
        assert_eq!(leaves(Asker::Cold, heard()), None);
        assert_eq!(leaves(Asker::Cold, warm()), Some(Asker::Warm));
        assert_eq!(leaves(Asker::Warm, warm()), None);
        assert_eq!(leaves(Asker::Cold, known), Some(Asker::KnownFromAfar));
        assert_eq!(leaves(Asker::KnownFromAfar, known), None);
        let near = Heard { known: true, ..warm() };
        assert_eq!(leaves(Asker::Warm, near), Some(Asker::Known));
        assert_eq!(leaves(Asker::Known, near), None);
        assert_eq!(leaves(Asker::Known, proven), Some(Asker::Proven));
        assert_eq!(leaves(Asker::Proven, proven), None);
    }

    #[test]
    fn a_budget_s_pause_begins_once_and_ends_with_its_hour() {
        let mut book = spent(Asker::Cold);
        let begun = book.rule(&limits(), &heard(), morning()).pause.unwrap();
        assert_eq!((begun.why, begun.since), (PauseReason::Budget, morning()));
        assert_eq!(begun.until, CampusDay::of(morning()).end());
        assert_eq!(book.rule(&limits(), &heard(), morning()).pause, None);
        assert_eq!((book.pause(Asker::Cold, morning()), book.pause(Asker::Warm, morning())), (Some(begun), None));
        assert_eq!(book.pause(Asker::Cold, begun.until), None);
        let kept: CodeBook = serde_json::from_str(&serde_json::to_string(&book).unwrap()).unwrap();
        assert_eq!(kept, book);
    }

    #[test]
    fn a_channel_that_fails_pauses_strangers_and_is_tried_again_after_a_while() {
        let mut book = CodeBook::new(morning());
        let failing = Heard { failing: true, ..warm() };
        let ruling = book.rule(&limits(), &failing, morning());
        assert_eq!((ruling.told, ruling.leaves), (CodeTold::Uncertain, None));
        let pause = ruling.pause.unwrap();
        assert_eq!((pause.why, book.failures_count_from()), (PauseReason::Channel, Some(pause.until)));
        assert!(book.pause(Asker::Cold, morning()).is_some());
        let known = Heard { known: true, ..warm() };
        assert_eq!(book.rule(&limits(), &known, morning()).leaves, Some(Asker::Known));
        let again = book.at(pause.until).rule(&limits(), &warm(), pause.until);
        assert_eq!(again.told, CodeTold::OnItsWay);
    }
}
