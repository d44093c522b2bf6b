//! Which kinds of transactions there are, read from the sources of both stores: one that is new has no story yet, and is named.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// They need `&mut` and write nothing.
const TERMINAL_READS: [&str; 2] = ["load", "entries_after"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What the gate asks of its store that may change it.
pub(super) fn of_terminal() -> BTreeSet<String> {
    let ports = fs::read_to_string(root().join("gate-terminal/src/ports.rs")).unwrap();
    let (_, port) = ports.split_once("pub trait Store {").unwrap();
    let (port, _) = port.split_once("\n}\n").unwrap();
    let names = port.split("fn ").skip(1).filter(|text| text.split_once(')').unwrap().0.contains("&mut self"));
    let names: BTreeSet<String> = names.map(name).filter(|name| !TERMINAL_READS.contains(&name.as_str())).collect();
    assert!(names.contains("append") && names.len() > 5, "the port is read wrongly: {names:?}");
    names
}

/// The methods of the server's store that end at its writer, be it by way of another.
pub(super) fn of_server() -> BTreeSet<String> {
    let mut methods = Vec::new();
    for file in fs::read_dir(root().join("sync-server/src/store")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") || path.ends_with("writer.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        // What only tests call is nobody's transaction.
        let of_tests = ["#[cfg(test)]\nmod tests", "#[cfg(test)]\nimpl Store"];
        let product = of_tests.iter().fold(text.as_str(), |text, tests| text.split(tests).next().unwrap()).to_owned();
        for text in product.split("async fn ").skip(1) {
            // A method of an `impl` ends with a brace four spaces in.
            methods.push((name(text), text.split("\n    }\n").next().unwrap().to_owned()));
        }
    }
    let mut writing: BTreeSet<String> = BTreeSet::new();
    loop {
        let more: Vec<String> = methods
            .iter()
            .filter(|(name, body)| {
                let by_way_of = || writing.iter().any(|other| body.contains(&format!("self.{other}(")));
                !writing.contains(name) && (body.contains(".writer.write") || by_way_of())
            })
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            break;
        }
        writing.extend(more);
    }
    // Private; both public ways to it have their story.
    assert!(writing.remove("decided"));
    assert!(writing.contains("submit") && writing.contains("decide"), "the store is read wrongly: {writing:?}");
    writing
}

fn name(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

/// Every kind has a story in which something was committed and could be cut.
pub(super) fn assert_all_told(kinds: &BTreeSet<String>, told: &std::collections::BTreeMap<&'static str, usize>) {
    let told: BTreeSet<&str> = told.iter().filter(|(_, commits)| **commits > 0).map(|(name, _)| *name).collect();
    let missing: Vec<_> = kinds.iter().filter(|kind| !told.contains(kind.as_str())).collect();
    assert!(missing.is_empty(), "these transactions have no story of a power cut: {missing:?}");
}
