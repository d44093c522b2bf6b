//! Threads without which nobody is answered.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::abort,
};

/// A job that panics is caught where it runs. If anything else of the thread does, the process ends, so that whoever watches over it
/// starts it anew: a server that goes on refusing everybody is noticed by nobody.
pub(super) fn work(what: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(what)).is_err() {
        tracing::error!("a thread of the database has panicked: the server ends");
        abort();
    }
}
