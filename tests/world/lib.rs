//! A small campus to tell stories on: real server, real HTTP, real SQLite files, real signatures, invented people.
//!
//! The journeys drive it step by step with a clock of their own; the demo drives the same people against real processes.

pub mod campus;
pub mod lively;
pub mod mailbox;
pub mod page;
pub mod people;
pub mod person;
pub mod siege;
pub mod storm;
pub mod terminal;

pub use gatehouse::{Trouble, fake_camera, frames, keyboard, monitor, program, trouble, window};
