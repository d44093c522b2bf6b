//! What both programs say about a mistake in their settings: its line, its whole name and what is wrong, Chinese first.
//!
//! Here, because whoever mends one file at eight in the morning may mend the other at nine, and reads the same sentences.

mod misread;
pub mod place;

pub use misread::Misread;
