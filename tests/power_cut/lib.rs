//! The power is cut at every write and sync of both databases, and what was acknowledged is looked for.
//!
//! The real SQLite and the products' own stores run on a disk of memory that writes down all that is asked of it ([`disk`], [`vfs`]).
//! From that record every disk is made that a cut could have left behind ([`cut`]): all of it there, what no sync had made durable
//! gone, or any part of it there in sectors, as a disk that reorders leaves it. The stories open each with the product's store and
//! compare. `kill -9` shows none of this: what a killed process has written stays in the kernel.

pub mod cut;
pub mod disk;
mod glue;
pub mod lot;
pub mod record;
pub mod shared_memory;
pub mod vfs;
#[cfg(feature = "planted")]
pub mod wrong_lines;

#[cfg(test)]
mod stories;
