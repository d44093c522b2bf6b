//! The rooms that decide are pure: what they say depends only on what they were told.
//!
//! Then every decision can be replayed in a test and argued about afterwards. Time, chance and stored facts come in as
//! arguments; what should happen goes out as a value. Logging counts as doing: the controller and the doors log.

use crate::source::Source;
use crate::uses::{self, Kind, Named};
use crate::violation::{Rule, Violation};

/// (crate, room); an empty room is the whole crate.
const PURE: &[(&str, &str)] = &[("shared", ""), ("gate-terminal", "gate"), ("sync-server", "office")];

/// Each with all that lies below it.
const FORBIDDEN: &[&str] = &[
    // the machine
    "std::env",
    "std::fs",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    // the moment
    "std::time::Instant",
    "std::time::SystemTime",
    "chrono::Local",
    "chrono::Utc::now",
    // chance
    "getrandom",
    "rand",
    "rand_core",
    // the doing crates
    "axum",
    "eframe",
    "egui",
    "reqwest",
    "rusqlite",
    "tokio",
    "tracing",
];

/// A clock by whatever road its type was imported.
const CLOCKS: &[&str] = &["Utc", "Local", "Instant", "SystemTime"];

const FORBIDDEN_MACROS: &[&str] = &["print", "println", "eprint", "eprintln", "dbg"];

const RULE: Rule = Rule {
    says: "shared, gate and office do no I/O, read no clock and draw no chance",
    remedy: "take the value as an argument, or return what should be done and let the room around it do that",
};

pub(crate) fn broken(source: &Source) -> Vec<Violation> {
    if !is_pure(source) {
        return Vec::new();
    }
    let mut found: Vec<_> = uses::of(source)
        .into_iter()
        .filter(is_forbidden)
        .map(|named| RULE.broken(&source.path, named.line, format!("`{}` in a pure room", named.path.join("::"))))
        .collect();
    found.dedup_by_key(|violation| violation.line);
    found
}

fn is_pure(source: &Source) -> bool {
    source.is_product()
        && PURE.iter().any(|(krate, room)| source.krate == *krate && (room.is_empty() || source.room() == Some(room)))
}

fn is_forbidden(named: &Named) -> bool {
    let path = named.path.iter().map(String::as_str).collect::<Vec<_>>();
    let full = path.join("::");
    let clock = matches!(path.as_slice(), [.., of, "now"] if CLOCKS.contains(of));
    let print = named.kind == Kind::Macro && path.last().is_some_and(|name| FORBIDDEN_MACROS.contains(name));
    // `use chrono::*` would bring in what the table forbids below it.
    let brings_in = |forbidden: &str| named.kind == Kind::Glob && below(forbidden, &full);
    clock || print || FORBIDDEN.iter().any(|forbidden| below(&full, forbidden) || brings_in(forbidden))
}

fn below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caught(path: &str, text: &str) -> bool {
        !broken(&Source::parse(path, text).unwrap()).is_empty()
    }

    #[test]
    fn planted_doing_is_caught() {
        for text in [
            "use std::fs;",
            "use std::{collections::HashMap, net::TcpStream};",
            "fn f() { std::env::var(\"X\"); }",
            "use std::time::*;",
            "use std::time; fn f() { time::Instant::now(); }",
            "use std::time::SystemTime as T;",
            "use chrono::prelude::*; fn f() { Utc::now(); }",
            "use chrono::Utc; fn f() { Utc::now(); }",
            "use chrono::*;",
            "use rand::Rng as _;",
            "fn f() { getrandom::fill(&mut b); }",
            "use tokio as t;",
            "#[tokio::main] async fn f() {}",
            "fn f() -> rusqlite::Result<()> { g() }",
            "fn f() { println!(\"x\") }",
            "fn f() { assert!({ eprintln!(\"x\"); true }) }",
            "fn f() { tracing::info!(\"x\") }",
            "use tracing::info; fn f() { info!(\"x\") }",
            "fn f() { std::thread::sleep(d) }",
        ] {
            for path in ["shared/src/ids.rs", "gate-terminal/src/gate/mod.rs", "sync-server/src/office/issue.rs"] {
                assert!(caught(path, text), "{path} got away with {text}");
            }
        }
    }

    #[test]
    fn plain_computing_and_tests_pass() {
        for text in [
            "use std::time::Duration; use chrono::{DateTime, NaiveDate, Utc};",
            "use std::io::Read; fn f(utc: DateTime<Utc>) { tokens::x(); random::y(); }",
            "#[cfg(test)] mod tests { use std::fs; fn f() { println!(\"x\"); } }",
        ] {
            assert!(!caught("shared/src/time.rs", text), "{text}");
        }
        assert!(!caught("gate-terminal/src/store/mod.rs", "use std::fs;"));
        assert!(!caught("shared/tests/golden.rs", "use std::fs;"));
    }
}
