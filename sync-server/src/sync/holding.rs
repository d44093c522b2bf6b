//! Calls that are held open: one of a terminal. A newer one ends the older, which is answered as if there were nothing new.
//!
//! Each change wakes all that are held, and whoever has a terminal's key could hold thousands. A terminal whose line broke asks anew while
//! its old call is still held by nobody. Two machines with one key end each other's call by turns; a terminal whose call ended so early
//! waits before it asks again, so that neither drives the other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use shared::ids::TerminalId;
use tokio::sync::oneshot;

#[derive(Debug, Default)]
pub(super) struct Holding(Mutex<Calls>);

#[derive(Debug, Default)]
struct Calls {
    /// How many there have been: a call that ended long ago and is let go late takes no other for itself.
    begun: u64,
    newest: HashMap<TerminalId, Newest>,
}

#[derive(Debug)]
struct Newest {
    call: u64,
    /// Dropped when a newer one comes.
    _holds: oneshot::Sender<()>,
}

/// One held call, for as long as it is held.
#[derive(Debug)]
pub(super) struct HeldCall {
    holding: Arc<Holding>,
    terminal: TerminalId,
    call: u64,
    newer: oneshot::Receiver<()>,
}

impl Holding {
    pub(super) fn hold(self: Arc<Self>, terminal: TerminalId) -> HeldCall {
        let (holds, newer) = oneshot::channel();
        let call = {
            let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            calls.begun = calls.begun.wrapping_add(1);
            let call = calls.begun;
            calls.newest.insert(terminal, Newest { call, _holds: holds });
            call
        };
        HeldCall { holding: self, terminal, call, newer }
    }
}

impl HeldCall {
    /// Returns once the same terminal holds a newer one.
    pub(super) async fn is_followed(&mut self) {
        // Nothing is ever sent.
        (&mut self.newer).await.ok();
    }
}

impl Drop for HeldCall {
    fn drop(&mut self) {
        let mut calls = self.holding.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.newest.get(&self.terminal).is_some_and(|newest| newest.call == self.call) {
            calls.newest.remove(&self.terminal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_newer_call_ends_the_older_of_its_terminal_and_nothing_is_kept_of_those_that_ended() {
        let holding = Arc::new(Holding::default());
        let hold = |terminal| Arc::clone(&holding).hold(TerminalId::new(terminal));
        let (mut first, mut other) = (hold(1), hold(2));
        assert!(is_held(&mut first));
        let mut second = hold(1);
        first.is_followed().await;
        drop(first);
        assert!(is_held(&mut second) && is_held(&mut other));
        drop((second, other));
        assert!(holding.0.lock().unwrap().newest.is_empty());
    }

    #[test]
    fn a_call_that_is_let_go_late_ends_no_other() {
        let holding = Arc::new(Holding::default());
        let hold = || Arc::clone(&holding).hold(TerminalId::new(1));
        let late = hold();
        drop(hold());
        let mut newest = hold();
        drop(late);
        assert!(is_held(&mut newest));
    }

    fn is_held(call: &mut HeldCall) -> bool {
        call.newer.try_recv() == Err(oneshot::error::TryRecvError::Empty)
    }
}
