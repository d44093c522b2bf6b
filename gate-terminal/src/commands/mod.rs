//! What `gate-terminal` does, one file per command.
//!
//! Each is a plain function that writes to what it is given, so that tests call it without a process.

mod arguments;
pub mod camera_child;
pub mod enrol;
pub mod inspect;
pub mod pin;
pub mod read;
pub mod run;
pub mod wizard;

pub use arguments::{Arguments, Command};
