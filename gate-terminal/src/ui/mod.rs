//! The window at the gate: it draws the newest snapshot and returns what the guard asked for.
//!
//! It never waits: pictures and snapshots are laid down for it, it is woken, draws once and sleeps again. All that is drawn
//! follows from [`snapshot`], all that is done leaves as a [`command`], so every screen can be looked at in a test.

mod actions;
pub mod command;
pub mod enrolment;
#[cfg(test)]
mod made;
mod preview;
mod rare;
pub mod records;
pub mod scan_view;
mod shapes;
pub mod snapshot;
mod status_bar;
#[cfg(test)]
mod stories;
pub mod theme;
mod verdict_panel;
pub mod window;
pub mod words;
