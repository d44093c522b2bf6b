//! A small campus to tell stories on: real server, real HTTP, real SQLite files, real signatures, invented people.
//!
//! The journeys drive it step by step with a clock of their own; the demo drives the same people against real processes.

pub mod campus;
pub mod fake_camera;
pub mod frames;
pub mod lively;
pub mod mailbox;
pub mod page;
pub mod people;
pub mod person;
pub mod program;
pub mod terminal;
pub mod trouble;

pub use trouble::Trouble;
