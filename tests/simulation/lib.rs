//! One server and its terminals on simulated time, with faults drawn from a seed, beside a plain model of what must hold.
//!
//! Everything that decides is the product's own: the stores on disks that can lose their power ([`machine`]), the gate and its
//! controller ([`terminal`]), the server's routes, signatures and all ([`office`]). What lies between them, and time, is the
//! simulation's: it has one thread and takes one step after another, so that a seed does the same in every run, byte for byte, and
//! a failure comes again from one line. Beside each terminal it keeps what that terminal can know ([`knowledge`]), and judges what
//! the gate does by that alone ([`watch`]). At the end all faults are mended and everybody must agree ([`healing`]).

pub mod acts;
pub mod clones;
pub mod dice;
pub mod faults;
pub mod flight;
pub mod forged;
pub mod fuse;
pub mod healing;
pub(crate) mod held;
pub mod knowledge;
pub mod machine;
pub mod office;
pub mod people;
pub mod renewals;
pub mod talk;
pub mod tally;
pub mod terminal;
pub mod trace;
pub mod walk_ins;
pub mod watch;
pub mod weak;
pub mod world;

#[cfg(test)]
mod stories;

/// Why a run cannot go on at all, which is a violation, too.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Stopped(pub String);

pub(crate) fn told(error: impl std::fmt::Display) -> Stopped {
    Stopped(error.to_string())
}
