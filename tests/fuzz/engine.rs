//! libFuzzer's program: it makes inputs, looks which of them reach new lines, and hands each to the target that `FUZZ_TARGET` names.
//!
//! One program for all targets, because each would be linked with both products again.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<fuzz::Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    fuzz::target(&name).unwrap_or_else(|| {
        eprintln!("FUZZ_TARGET 应为其中之一 is one of: {}", fuzz::names().collect::<Vec<_>>().join(" "));
        std::process::exit(2)
    })
});

fuzz_target!(|bytes: &[u8]| TARGET(bytes));
