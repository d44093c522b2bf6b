//! Which of WeCom's calls were heard already: it calls up to three times more when it hears no answer, and anybody who overheard a
//! call can make it again.
//!
//! A call whose time is too far from ours is refused, so only those of that span are remembered, in memory: what a call changes
//! here is the same however often it comes, a restart between the two included.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, PoisonError},
};

use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};
use shared::time::Moment;

/// More than staff click within the span; the oldest are forgotten first.
const MOST: usize = 20_000;

/// A call's name is as long as its writer likes, and says who clicked on what: only its hash is remembered.
type Name = [u8; 32];

#[derive(Debug)]
pub struct Seen {
    skew: TimeDelta,
    heard: Mutex<Heard>,
}

#[derive(Debug, Default)]
struct Heard {
    names: HashSet<Name>,
    order: VecDeque<(Moment, Name)>,
}

impl Seen {
    pub(super) fn new(skew_s: u16) -> Self {
        Self { skew: TimeDelta::seconds(i64::from(skew_s)), heard: Mutex::default() }
    }

    /// Whether a call of `timestamp`, in seconds, can be of now.
    #[must_use]
    pub fn is_of_now(&self, timestamp: &str, now: Moment) -> bool {
        let called = timestamp.parse::<i64>().ok().and_then(|s| s.checked_mul(1000)).map(Moment::from_unix_ms);
        called.is_some_and(|called| now.since(called).abs() <= self.skew)
    }

    /// Whether a call of this name was heard to its end.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).names.contains(&hash(name))
    }

    pub fn put(&self, name: &str, now: Moment) {
        let name = hash(name);
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        // Twice the skew: a call may be as much ahead of us as another is behind.
        let span = self.skew * 2;
        while heard.order.front().is_some_and(|(at, _)| now.since(*at) > span) || heard.order.len() >= MOST {
            let Some((_, old)) = heard.order.pop_front() else { break };
            heard.names.remove(&old);
        }
        if heard.names.insert(name) {
            heard.order.push_back((now, name));
        }
    }
}

fn hash(name: &str) -> Name {
    Sha256::digest(name).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_unix_s(1_795_363_200);

    #[test]
    fn a_call_is_of_now_or_it_is_old() {
        let seen = Seen::new(600);
        for (timestamp, of_now) in [
            ("1795363200", true),
            ("1795362600", true),
            ("1795363800", true),
            ("1795362599", false),
            ("1795363801", false),
            ("", false),
            ("now", false),
            ("9223372036854775807", false),
            ("-9223372036854775808", false),
        ] {
            assert_eq!(seen.is_of_now(timestamp, NOW), of_now, "{timestamp}");
        }
    }

    #[test]
    fn what_was_heard_is_known_while_it_could_come_again_and_no_longer() {
        let seen = Seen::new(600);
        assert!(!seen.has("a"));
        seen.put("a", NOW);
        seen.put("b", NOW.plus(TimeDelta::seconds(1200)));
        assert!(seen.has("a") && seen.has("b"));
        seen.put("c", NOW.plus(TimeDelta::seconds(1201)));
        assert!(!seen.has("a") && seen.has("b"));
        for count in 0..MOST {
            seen.put(&format!("n{count}"), NOW.plus(TimeDelta::seconds(1202)));
        }
        let heard = seen.heard.lock().unwrap();
        assert_eq!((heard.names.len(), heard.order.len()), (MOST, MOST));
    }

    #[test]
    fn who_clicked_on_what_is_not_remembered() {
        let seen = Seen::new(600);
        seen.put("WangWei|1795363200|made-up", NOW);
        assert!(seen.has("WangWei|1795363200|made-up"));
        assert!(!format!("{seen:?}").contains("WangWei"));
    }
}
