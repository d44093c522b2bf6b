//! A place for one thing between two threads: the newest wins, nobody queues.
//!
//! The one who puts never waits, the one who takes always gets the latest. What was never taken is counted.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub(super) fn slot<T>() -> (Putter<T>, Taker<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State { newest: None, put: 0, overlaid: 0, closed: false }),
        changed: Condvar::new(),
    });
    (Putter(Arc::clone(&shared)), Taker(shared))
}

#[derive(Debug)]
pub(super) struct Putter<T>(Arc<Shared<T>>);

#[derive(Debug)]
pub(super) struct Taker<T>(Arc<Shared<T>>);

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken<T> {
    New(T),
    /// Nothing came within the time given.
    Nothing,
    /// Nothing will come any more.
    Closed,
}

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    newest: Option<T>,
    put: u64,
    overlaid: u64,
    closed: bool,
}

impl<T> Putter<T> {
    pub(super) fn put(&self, new: T) {
        let mut state = self.0.lock();
        state.put += 1;
        if state.newest.replace(new).is_some() {
            state.overlaid += 1;
        }
        drop(state);
        self.0.changed.notify_one();
    }
}

impl<T> Drop for Putter<T> {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_one();
    }
}

impl<T> Taker<T> {
    pub(super) fn take(&self, patience: Duration) -> Taken<T> {
        let state = self.0.lock();
        let idle = |state: &mut State<T>| state.newest.is_none() && !state.closed;
        let (mut state, _) =
            self.0.changed.wait_timeout_while(state, patience, idle).unwrap_or_else(PoisonError::into_inner);
        match state.newest.take() {
            Some(new) => Taken::New(new),
            None if state.closed => Taken::Closed,
            None => Taken::Nothing,
        }
    }

    /// How many were put, and how many of them were never taken.
    pub(super) fn counts(&self) -> (u64, u64) {
        let state = self.0.lock();
        (state.put, state.overlaid)
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_wins_and_the_others_are_counted() {
        let (putter, taker) = slot();
        assert_eq!(taker.take(Duration::ZERO), Taken::Nothing);
        (1..=5).for_each(|number| putter.put(number));
        assert_eq!(taker.take(Duration::ZERO), Taken::New(5));
        assert_eq!(taker.take(Duration::ZERO), Taken::Nothing);
        assert_eq!(taker.counts(), (5, 4));
    }

    #[test]
    fn what_was_put_last_is_taken_before_the_end_is_seen() {
        let (putter, taker) = slot();
        putter.put('a');
        drop(putter);
        assert_eq!(taker.take(Duration::ZERO), Taken::New('a'));
        assert_eq!(taker.take(Duration::from_secs(60)), Taken::Closed);
    }

    #[test]
    fn a_waiting_taker_is_woken() {
        let (putter, taker) = slot();
        let waiting = std::thread::Builder::new()
            .name("taker".into())
            .spawn(move || taker.take(Duration::from_secs(60)))
            .unwrap();
        putter.put(7);
        assert_eq!(waiting.join().unwrap(), Taken::New(7));
    }
}
