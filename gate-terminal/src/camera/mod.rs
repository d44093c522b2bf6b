//! The camera: frames come in, the texts of the codes in them go out.
//!
//! Everything in this room is fed by strangers: whatever a visitor holds up, and whatever lies in a folder. So sizes are
//! checked once, when a frame is made, and no foreign reader or decoder can take the caller's thread down with a panic.

mod budget;
pub mod child;
mod closeup;
mod device;
#[cfg(test)]
pub(crate) mod drawn;
mod edges;
mod formats;
pub mod frame;
mod mjpeg;
pub mod picture;
pub mod qr;
pub mod raw;
mod rendition;
pub mod replay;
mod second_opinion;
mod slot;
pub mod source;
mod strategies;
mod tiles;
pub mod wire;
mod zxing;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code from other hands; a panic in it is `None`. What it was working on is dropped with it.
fn contained<T>(foreign: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(foreign)).ok()
}

#[cfg(test)]
mod tests {
    use super::contained;

    #[test]
    fn a_panic_in_foreign_code_is_contained() {
        assert_eq!(contained(|| 7), Some(7));
        let nothing: [u8; 0] = [];
        assert_eq!(contained(|| nothing.first().copied().expect("a foreign mistake")), None);
    }
}
