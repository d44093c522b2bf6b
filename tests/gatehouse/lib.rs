//! What stands at a gate, made for tests and measurements: a camera and a keyboard, the terminal's own program, a terminal
//! with a full list, and somebody who pulls its plug.
//!
//! The stories and the benchmarks share it. It knows no server: an office of three keys signs what a terminal needs, so that a
//! hundred thousand passes are on its disk in seconds.

pub mod chance;
pub mod fake_camera;
pub mod frames;
pub mod keyboard;
pub mod kills;
pub mod machine;
pub mod monitor;
pub mod office;
pub mod program;
pub mod trouble;
pub mod window;

pub use trouble::Trouble;
