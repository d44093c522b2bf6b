//! The dials: how a double fails next, and how often.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// One way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Takes it and answers, but late.
    Slow(Duration),
    /// Says 500 and has taken nothing.
    Broken,
    /// Takes it and cuts the line before it answers.
    CutAfterAccept,
    /// Says yes and shows nothing to anybody.
    SilentDrop,
    /// The receipt comes late.
    LateReceipt(Duration),
    /// The receipt never comes.
    NoReceipt,
    /// It is taken and reaches nobody, and the receipt says so.
    FailedReceipt,
    /// A token dies before its time.
    TokenDies,
    /// A callback comes twice.
    ReplayedCallback,
    /// Says yes, and is so long at it that what comes later overtakes it.
    Overtaken(Duration),
}

/// By double ("aliyun", "wecom", ...): faults for the calls to come, and one for all of them.
#[derive(Debug, Default)]
pub struct Dials(Mutex<BTreeMap<String, Dial>>);

#[derive(Debug, Default)]
struct Dial {
    next: std::collections::VecDeque<Option<Fault>>,
    always: Option<Fault>,
}

/// The name of the dial that only calls about this person meet, by the name the provider has for them.
#[must_use]
pub fn own_dial(double: &str, person: &str) -> String {
    format!("{double} {person}")
}

impl Dials {
    /// The next calls meet these, one each; `None` is a call that goes well.
    pub fn next(&self, double: &str, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.of(double, |dial| dial.next.extend(faults));
    }

    /// Every call that has no fault of its own meets this one.
    pub fn always(&self, double: &str, fault: Option<Fault>) {
        self.of(double, |dial| dial.always = fault);
    }

    /// What the call that just came in meets.
    pub fn take(&self, double: &str) -> Option<Fault> {
        self.of(double, |dial| dial.next.pop_front().unwrap_or(dial.always))
    }

    /// The same of a call about one person, whose own dial is asked first.
    pub fn take_of(&self, double: &str, person: &str) -> Option<Fault> {
        let own = self.of(&own_dial(double, person), |dial| dial.next.pop_front().or(dial.always.map(Some)));
        own.unwrap_or_else(|| self.take(double))
    }

    /// How each dial stands, for people to see: what comes once, and what always.
    pub fn standing(&self) -> BTreeMap<String, (Vec<Option<Fault>>, Option<Fault>)> {
        let dials = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let turned = dials.iter().filter(|(_, dial)| dial.always.is_some() || !dial.next.is_empty());
        turned.map(|(double, dial)| (double.clone(), (dial.next.iter().copied().collect(), dial.always))).collect()
    }

    /// As if no dial had ever been turned.
    pub fn reset(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn of<T>(&self, double: &str, turn: impl FnOnce(&mut Dial) -> T) -> T {
        let mut dials = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turn(dials.entry(double.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_s_own_dial_goes_before_the_one_of_all() {
        let dials = Dials::default();
        dials.always("wecom", Some(Fault::Broken));
        dials.next(&own_dial("wecom", "lina"), [None, Some(Fault::SilentDrop)]);
        let taken = |who: &str| dials.take_of("wecom", who);
        assert_eq!((taken("lina"), taken("lina")), (None, Some(Fault::SilentDrop)));
        assert_eq!((taken("lina"), taken("wangjg")), (Some(Fault::Broken), Some(Fault::Broken)));
        dials.always(&own_dial("wecom", "lina"), Some(Fault::TokenDies));
        assert_eq!((taken("lina"), taken("wangjg")), (Some(Fault::TokenDies), Some(Fault::Broken)));
    }
}
