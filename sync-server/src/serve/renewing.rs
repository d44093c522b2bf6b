//! New keys in a running server: taken over within a second, told to the gates at once, and signing when every gate can know them.
//!
//! Passes whose key has left the set are sealed anew here and not by the command, so that one that was sealed by the old key while
//! the command ran is found by the next minute at the latest.

use std::time::Duration;

use shared::time::Moment;
use tokio::time::{self, MissedTickBehavior};

use crate::{
    config::Config,
    keys::{Keys, Lookout, Rotation, SWITCH_WITHIN, roots_left},
    office::leap::Erasing,
    state::AppState,
    store::{SealedAnew, StoreError},
};

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Looks for another key set, for as long as the server runs.
pub(super) async fn watch(state: AppState) {
    // A set that came between the start and now is found by its number.
    let mut lookout = Lookout::new(&state.config.data_dir);
    let mut tick = time::interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        second_round(&state, &mut lookout).await;
    }
}

/// One look, for a story that takes its seconds by hand, too.
pub async fn second_round(state: &AppState, lookout: &mut Lookout) {
    look(state, lookout).await;
    if let Err(cause) = switch(state).await {
        tracing::error!(cause = &cause as &dyn std::error::Error, "the next keys do not sign yet");
    }
}

async fn look(state: &AppState, lookout: &mut Lookout) {
    match lookout.look(&state.keys.now()) {
        Ok(None) => {}
        Ok(Some(keys)) => {
            tracing::warn!(set = keys.key_set_number, signs = %keys.signs.pass.id(), "a new key set is in use");
            state.keys.put(keys);
            if let Err(cause) = settle(state, state.clock.now()).await {
                tracing::error!(
                    cause = &cause as &dyn std::error::Error,
                    "passes of a revoked key were not sealed anew"
                );
            }
        }
        Err(cause) => {
            tracing::error!(cause = &cause as &dyn std::error::Error, "the new key set cannot be used; the old one is");
        }
    }
}

/// Lets the next keys sign when it is their turn. A leap of the clock would end the week in which gates fetch them, and make every gate
/// one that nobody has heard of: neither while it lasts nor after a gap that one could explain is it anybody's turn, until this server
/// has been there for a week itself. A key that does not hold any more signs nothing that a gate believes: it gives way at once.
async fn switch(state: &AppState) -> Result<(), StoreError> {
    let keys = state.keys.now();
    if keys.next.is_none() {
        return Ok(());
    }
    let Ok(now) = state.timekeeper.now() else { return Ok(()) };
    let has_seen_the_week = state.timekeeper.there_for() >= SWITCH_WITHIN || keys.signs.hold_until <= now;
    if !has_seen_the_week && Erasing::after(state.store.clock_kept().await?.chores, now) != Erasing::Due {
        return Ok(());
    }
    let held = state.store.least_key_set(now.minus(SWITCH_WITHIN)).await?;
    if let Some(keys) = keys.switched(held, now) {
        tracing::warn!(signs = %keys.signs.pass.id(), "every gate can know the new keys: they sign from now on");
        state.keys.put(keys);
    }
    Ok(())
}

/// The next keys sign when it is their turn, and what a key that is gone had sealed is sealed anew.
pub(super) async fn settle(state: &AppState, now: Moment) -> Result<(), StoreError> {
    switch(state).await?;
    let keys = state.keys.now();
    let done = state.store.seal_anew(&keys.opened, &keys.signs.pass, now).await?;
    if done != SealedAnew::default() {
        tracing::warn!(today = done.today, later = done.later, "passes of a key that is gone were sealed anew");
    }
    Ok(())
}

/// At the start and once a day: nobody looks at a calendar for this.
pub(super) fn warn(config: &Config, keys: &Keys, now: Moment) {
    let newest = keys.next.as_ref().unwrap_or(&keys.signs);
    let (since, until) = (newest.since.campus_date_and_clock(), newest.hold_until.campus_date_and_clock());
    match keys.rotation(now) {
        Rotation::NotYet { .. } => {}
        Rotation::Due => {
            tracing::warn!(since, "the signing keys are to be rotated: sync-server keys rotate --root FILE")
        }
        Rotation::Overdue => {
            tracing::error!(
                since,
                until,
                "the rotation of the signing keys is overdue: sync-server keys rotate --root FILE"
            );
        }
    }
    // A demo is to play with, and its roots lie there on purpose.
    if !config.demo {
        for path in roots_left(&config.data_dir) {
            tracing::warn!(path = %path.display(), "a root key lies beside the signing keys: move it away");
        }
    }
    if keys.roots.spare.is_none() {
        tracing::warn!("there is no spare root key: sync-server keys spare --root FILE --spare FILE");
    }
}
