//! How often one member is written to: WeCom drops what is above its limits and says that all went well.
//!
//! Nobody outside knows whether WeCom counts by the clock's minute or by any sixty seconds, nor when a message counts that was under
//! way for long. So ours is the stricter count, over any window that is longer than WeCom's by what a call may take. What is
//! refused here waits in the outbox and is not lost.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;

/// By so much longer than a minute, because no call is waited for longer: what left in one window may arrive in a shorter one.
pub(super) const MINUTE: TimeDelta = TimeDelta::seconds(60 + 15);
const HOUR: TimeDelta = TimeDelta::seconds(3600 + 15);

/// Members without messages are let go each time so many were written to.
const SWEEP_EVERY: usize = 1024;

#[derive(Debug)]
pub(super) struct Spacing {
    per_minute: usize,
    per_hour: usize,
    members: Mutex<Members>,
}

#[derive(Debug, Default)]
struct Members {
    /// When each was written to within the hour, oldest first.
    told: HashMap<String, VecDeque<TimeDelta>>,
    since_sweep: usize,
}

impl Spacing {
    pub(super) fn new(per_minute: u16, per_hour: u16) -> Self {
        Self { per_minute: usize::from(per_minute), per_hour: usize::from(per_hour), members: Mutex::default() }
    }

    /// Takes a place for one message to `member`, or says for how long there is none. `now` is the machine's running time.
    pub(super) fn take(&self, member: &str, now: TimeDelta) -> Result<(), Duration> {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.sweep(now);
        let told = members.told.entry(member.to_lowercase()).or_default();
        while told.front().is_some_and(|first| now - *first >= HOUR) {
            told.pop_front();
        }
        let wait = [(self.per_minute, MINUTE), (self.per_hour, HOUR)]
            .into_iter()
            .filter_map(|(most, window)| {
                // The one that must have left the window before another may enter.
                let leaves = *told.iter().rev().nth(most.checked_sub(1)?)?;
                (leaves + window - now).to_std().ok().filter(|wait| !wait.is_zero())
            })
            .max();
        match wait {
            Some(wait) => Err(wait),
            None => {
                told.push_back(now);
                Ok(())
            }
        }
    }

    /// What was sent before this process began.
    pub(super) fn remember(&self, member: &str, at: TimeDelta) {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        let told = members.told.entry(member.to_lowercase()).or_default();
        let place = told.partition_point(|other| *other <= at);
        told.insert(place, at);
    }
}

impl Members {
    fn sweep(&mut self, now: TimeDelta) {
        self.since_sweep += 1;
        if self.since_sweep >= SWEEP_EVERY {
            self.since_sweep = 0;
            self.told.retain(|_, told| told.back().is_some_and(|last| now - *last < HOUR));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> TimeDelta {
        TimeDelta::seconds(seconds)
    }

    #[test]
    fn no_window_of_either_length_holds_more_than_its_limit() {
        let spacing = Spacing::new(25, 900);
        let mut sent: Vec<TimeDelta> = Vec::new();
        let mut now = at(5000);
        while now < at(5000 + 2 * 3600) {
            match spacing.take("zhangwei", now) {
                Ok(()) => sent.push(now),
                Err(wait) => {
                    assert!(wait > Duration::ZERO);
                    now += TimeDelta::from_std(wait).unwrap() - TimeDelta::milliseconds(1);
                    assert!(spacing.take("ZhangWei", now).is_err(), "not a moment sooner, and by whatever spelling");
                    now += TimeDelta::milliseconds(1);
                }
            }
        }
        assert!(sent.len() > 1_500, "{}", sent.len());
        for (window, most) in [(MINUTE, 25), (HOUR, 900)] {
            let crowded = sent.windows(most + 1).find(|run| run[most] - run[0] < window);
            assert_eq!(crowded, None);
        }
    }

    #[test]
    fn one_member_s_many_keep_nobody_else_waiting() {
        let spacing = Spacing::new(2, 900);
        for _ in 0..2 {
            spacing.take("zhangwei", at(10)).unwrap();
        }
        assert_eq!(spacing.take("zhangwei", at(11)), Err(Duration::from_secs(74)));
        spacing.take("lina", at(11)).unwrap();
        spacing.take("zhangwei", at(85)).unwrap();
    }

    #[test]
    fn what_an_earlier_life_sent_counts_in_whatever_order_it_is_told() {
        let spacing = Spacing::new(2, 900);
        spacing.remember("zhangwei", at(-3));
        spacing.remember("ZHANGWEI", at(-40));
        assert_eq!(spacing.take("zhangwei", at(0)), Err(Duration::from_secs(35)));
        spacing.take("zhangwei", at(35)).unwrap();
    }

    #[test]
    fn members_are_not_kept_for_ever() {
        let spacing = Spacing::new(25, 900);
        for member in 0..5000 {
            spacing.take(&format!("m{member}"), at(member * 60)).unwrap();
        }
        assert!(spacing.members.lock().unwrap().told.len() <= SWEEP_EVERY + 61);
    }
}
