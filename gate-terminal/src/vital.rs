//! Threads without which a gate is half a gate, and nobody would notice before the next guest.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::abort,
};

/// Runs what such a thread does. If it panics the program ends, so that whatever keeps it running begins it anew; nothing that was
/// answered is lost by it. (The gate's own thread ends it in order.)
pub(crate) fn work(what: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(what)).is_err() {
        tracing::error!("a thread has panicked that the gate cannot do without: the program ends");
        abort();
    }
}
