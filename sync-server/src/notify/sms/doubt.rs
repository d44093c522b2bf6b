//! Since when a notice is in doubt: a gateway's list says nothing for a while of what the gateway has taken.
//!
//! Kept in memory only: after a restart a doubt begins anew, and its notice waits a little longer.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use shared::time::Moment;

use crate::notify::{Fate, Unsent};

/// Notices are given up before that.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::days(2);

#[derive(Debug)]
pub(super) struct Doubt {
    listed_within: TimeDelta,
    since: Mutex<BTreeMap<String, Moment>>,
}

impl Doubt {
    pub(super) fn new(listed_within_s: u32) -> Self {
        Self { listed_within: TimeDelta::seconds(i64::from(listed_within_s)), since: Mutex::default() }
    }

    /// A call was made of which nothing is known.
    pub(super) fn begins(&self, key: &str, now: Moment) {
        self.of(|since| since.insert(key.to_owned(), now));
    }

    /// The list says nothing of it.
    pub(super) fn not_listed(&self, key: &str, now: Moment) -> Result<Fate, Unsent> {
        self.of(|since| {
            since.retain(|_, begun| now.since(*begun) < FORGOTTEN_AFTER);
            let listed_by = since.entry(key.to_owned()).or_insert(now).plus(self.listed_within);
            if now < listed_by {
                let wait = u64::try_from(listed_by.since(now).num_milliseconds()).unwrap_or_default();
                return Err(Unsent::later_after(
                    Duration::from_millis(wait),
                    "对方的列表里还没有。Not yet on the provider's list",
                ));
            }
            since.remove(key);
            Ok(Fate::NotTaken)
        })
    }

    fn of<T>(&self, turn: impl FnOnce(&mut BTreeMap<String, Moment>) -> T) -> T {
        turn(&mut self.since.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::Failure;

    #[test]
    fn what_is_not_listed_was_not_taken_only_after_a_while() {
        let doubt = Doubt::new(10);
        let at = |second: i64| Moment::from_unix_s(1_000 + second);
        doubt.begins("a", at(0));
        let wait = |second, key: &str| match doubt.not_listed(key, at(second)) {
            Ok(fate) => Err(fate),
            Err(Unsent { kind: Failure::Later { after }, .. }) => Ok(after.unwrap().as_secs()),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(wait(4, "a"), Ok(6));
        assert_eq!(wait(4, "b"), Ok(10), "begun before a restart");
        assert_eq!(wait(10, "a"), Err(Fate::NotTaken));
        assert_eq!(wait(10, "b"), Ok(4));
    }
}
