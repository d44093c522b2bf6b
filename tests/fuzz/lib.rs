//! Whatever reads bytes or text from outside, given bytes of every kind.
//!
//! A target is a plain function over bytes. It hands them to the products' own readers and panics where one does what it must not: it
//! panics itself, reads what it wrote as something else, gives more than its bound, or believes what nobody signed. The engine calls
//! it with inputs that it makes (`./run fuzz`); an ordinary test calls it with those that were kept, so that none is ever read in vain.
//!
//! The first byte of an input chooses the reader within a target: what few lines read is found out in seconds, and a target for each
//! would spend its ten minutes on nothing.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a target says what it found by a panic"
)]

pub mod corpus;
mod doors;
mod gate;
mod office;
mod office_keys;
pub mod pack;
mod passes;
mod wire;
mod words;

pub type Target = fn(&[u8]);

/// Each with what its readers read.
const TARGETS: &[(&str, Target)] = &[
    ("passes", passes::look),
    ("wire", wire::look),
    ("words", words::look),
    ("gate", gate::look),
    ("office", office::look),
    ("doors", doors::look),
];

pub fn names() -> impl Iterator<Item = &'static str> {
    TARGETS.iter().map(|(name, _)| *name)
}

#[must_use]
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, target)| *target)
}

/// The number of the reader, of so many, and what it is to read.
fn chosen(bytes: &[u8], of: u8) -> Option<(u8, &[u8])> {
    bytes.split_first().map(|(&first, rest)| (first % of, rest))
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
