//! The window at the gate: it draws the newest snapshot and returns what the guard asked for.
//!
//! It never waits: pictures, snapshots and records are laid down for it, it is woken, draws once and sleeps again. All that is
//! drawn follows from [`snapshot`] and [`records`], all that is done leaves as a [`command`] to the gate or an ask of the
//! officers, so every screen can be looked at in a test.

mod actions;
pub mod command;
mod counter;
pub mod enrol_view;
pub mod enrolment;
mod find_view;
mod header;
mod health_view;
mod keys;
mod kiosk;
mod locking;
mod log_view;
#[cfg(test)]
mod made;
#[cfg(test)]
mod painted;
mod pin_view;
mod preview;
mod rare;
pub mod records;
mod rows;
mod scan_view;
pub mod screens;
mod settings_view;
mod settling;
mod shapes;
pub mod snapshot;
mod status_bar;
mod stopped_view;
#[cfg(test)]
mod stories;
pub mod theme;
mod verdict_panel;
mod walk_in_view;
mod wedge;
pub mod window;
pub mod words;
