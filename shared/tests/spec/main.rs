//! The specification, held from outside: what a turnstile vendor relies on.
//!
//! Everything here uses the public names only, and the golden files beside it are the wire formats themselves.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod campus;
mod golden;
mod pass;
mod roots;
