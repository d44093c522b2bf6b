//! Gate frames: what a camera at a gate sees of a pass on a phone, drawn by arithmetic from a seed.
//!
//! Photographs of codes belong to whoever took them and hold whatever their codes say. These pictures belong to nobody, and
//! the same seed draws the same ones, so that a figure measured today can be measured again.

mod clip;
mod condition;
mod dice;
mod frame;
mod light;
mod phone;
mod pose;
mod scene;

pub use clip::Clip;
pub use condition::Class;
pub use frame::{DrawError, GateFrame, Size};
