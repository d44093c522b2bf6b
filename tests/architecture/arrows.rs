//! The arrows inside the two apps: which room may name which.
//!
//! Read the tables as sentences: "the controller may name gate, ports, and of ui only the snapshot and the commands".
//! Every room may name itself and the crate `shared`. A room that is in no table may not exist: whoever adds one writes
//! its line here and thereby says what it may know. What stands at a crate's root (`crate::Thing`) belongs to no room,
//! so no room may name it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::source::Source;
use crate::uses;
use crate::violation::{Rule, Violation};

/// (room, rooms it may name)
type Arrows = &'static [(&'static str, &'static [&'static str])];

/// Rooms that put the others together.
const EVERYTHING: &[&str] = &["crate"];

const TERMINAL: Arrows = &[
    // decides
    ("gate", &[]),
    // says what the outside world looks like
    ("ports", &["gate"]),
    // adapters, strangers to each other
    ("camera", &["ports"]),
    ("card", &["ports", "vital"]),
    ("clock", &["ports"]),
    ("enrol", &["ports"]),
    ("sound", &["ports"]),
    ("store", &["ports"]),
    ("sync", &["ports", "vital"]),
    // keeps the camera running
    ("camera_thread", &["camera", "ports", "vital"]),
    // does what was decided
    ("controller", &["gate", "ports", "ui::snapshot", "ui::command", "ui::records"]),
    // tells a wedge scanner from a hand
    ("scanner", &[]),
    // answers the officers, beside the gate
    ("officer", &["ports", "ui::records", "ui::words", "vital"]),
    // faces: a window that draws snapshots, and lines for machines
    ("ui", &["scanner"]),
    ("headless", &["gate", "ports", "ui::snapshot", "ui::command", "ui::words"]),
    // small rooms
    ("config", &[]),
    ("vital", &[]),
    // puts it together
    ("commands", EVERYTHING),
];

const SERVER: Arrows = &[
    // decides
    ("office", &[]),
    // remembers
    ("store", &["office", "owner"]),
    // small rooms
    ("clock", &[]),
    ("random", &[]),
    ("knocks", &[]),
    ("owner", &[]),
    ("config", &["office"]),
    ("headers", &["random"]),
    ("assets", &["config"]),
    ("layout", &[]),
    ("keys", &["owner", "random", "store"]),
    ("error", &["store"]),
    ("timekeeper", &["clock", "office"]),
    // tells people
    ("notify", &["office", "store", "clock", "config", "error", "random"]),
    // is told by other houses who somebody is
    ("sign_on", &["config", "notify", "store"]),
    // what every door is given
    ("state", &["assets", "clock", "config", "keys", "layout", "notify", "sign_on", "store", "timekeeper"]),
    // the three doors, strangers to each other
    ("sync", &["office", "store", "state", "random", "timekeeper", "knocks"]),
    ("pages", &["office", "store", "state", "error", "random", "headers", "layout", "sign_on"]),
    ("providers", &["office", "store", "state", "notify", "config", "error", "knocks"]),
    // keeps connections
    ("listening", &["headers"]),
    // puts it together
    ("serve", EVERYTHING),
    ("commands", EVERYTHING),
];

const RULE: Rule = Rule {
    says: "a room names only the rooms its line in tests/architecture/arrows.rs allows",
    remedy: "move the code to the room that may know both, pass the value in, or argue for a new arrow in that table",
};

const NEW_ROOM: Rule = Rule {
    says: "every room of an app has its line in tests/architecture/arrows.rs",
    remedy: "put the file into the room it belongs to, or add a line saying which rooms the new one may name",
};

pub(crate) fn crossed(source: &Source) -> Vec<Violation> {
    let (Some(arrows), Some(room)) = (table(source), source.room()) else { return Vec::new() };
    if source.only_tests {
        return Vec::new();
    }
    let Some((_, allowed)) = arrows.iter().find(|(name, _)| *name == room) else {
        return vec![NEW_ROOM.broken(&source.path, 1, format!("`{room}` has no line"))];
    };
    if *allowed == EVERYTHING {
        return Vec::new();
    }
    uses::of(source)
        .into_iter()
        .filter_map(|named| {
            let (krate, target) = named.path.split_first()?;
            let own = target.first().is_some_and(|first| first == room);
            let may = own || allowed.iter().any(|allowed| starts_with(target, allowed));
            (krate == "crate" && !may).then(|| {
                let may = if allowed.is_empty() { "`shared`".to_owned() } else { format!("{allowed:?} and `shared`") };
                let found =
                    format!("`{room}` names `{}`; besides itself it may name only {may}", named.path.join("::"));
                RULE.broken(&source.path, named.line, found)
            })
        })
        .collect()
}

/// How many files were read in which room, and which rooms of the tables are not there yet.
pub(crate) fn rooms_read(sources: &[Source]) -> String {
    let mut said = String::new();
    for krate in ["shared", "gate-terminal", "sync-server"] {
        let mut files: BTreeMap<&str, usize> = BTreeMap::new();
        for source in sources.iter().filter(|source| source.krate == krate && source.is_product()) {
            *files.entry(source.room().unwrap_or("(root)")).or_default() += 1;
        }
        let rooms: Vec<String> = files.iter().map(|(room, count)| format!("{room} {count}")).collect();
        writeln!(said, "{krate}: {}", rooms.join(", ")).ok();
        let absent: Vec<&str> =
            of(krate).into_iter().flatten().map(|(room, _)| *room).filter(|room| !files.contains_key(room)).collect();
        if !absent.is_empty() {
            writeln!(said, "{krate}, absent: {}", absent.join(", ")).ok();
        }
    }
    said
}

fn table(source: &Source) -> Option<Arrows> {
    of(&source.krate).filter(|_| source.is_product())
}

fn of(krate: &str) -> Option<Arrows> {
    match krate {
        "gate-terminal" => Some(TERMINAL),
        "sync-server" => Some(SERVER),
        _ => None,
    }
}

fn starts_with(path: &[String], room: &str) -> bool {
    let mut path = path.iter();
    room.split("::").all(|part| path.next().is_some_and(|segment| segment == part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caught(path: &str, text: &str) -> bool {
        !crossed(&Source::parse(path, text).unwrap()).is_empty()
    }

    #[test]
    fn a_planted_arrow_is_caught() {
        for (path, text) in [
            ("gate-terminal/src/gate/verdict.rs", "use crate::ports::Clock;"),
            ("gate-terminal/src/camera/qr.rs", "use super::super::store::Store;"),
            ("gate-terminal/src/store/mod.rs", "use super::camera::Frame;"),
            ("gate-terminal/src/sync/round.rs", "fn f() { tracing::info!(\"{}\", crate::store::count()) }"),
            ("gate-terminal/src/ui/scan_view.rs", "use crate::gate::Gate;"),
            ("gate-terminal/src/controller.rs", "use crate::ui::theme::RED;"),
            ("gate-terminal/src/controller.rs", "use crate::ui;"),
            ("gate-terminal/src/config.rs", "use gate_terminal::store::Store;"),
            ("gate-terminal/src/gate/mod.rs", "use super::*;"),
            ("gate-terminal/src/gate/mod.rs", "use crate::Anything;"),
            ("sync-server/src/pages/book.rs", "use crate::sync;"),
            ("sync-server/src/sync/pull.rs", "type A = crate::pages::Session;"),
            ("sync-server/src/office/issue.rs", "use crate::store as memory;"),
            ("sync-server/src/store/mod.rs", "use crate::{office::Booking, notify::Outbox};"),
            ("sync-server/src/state.rs", "use crate::pages::Session;"),
            ("sync-server/src/cellar/mod.rs", ""),
        ] {
            assert!(caught(path, text), "{path} got away with {text}");
        }
    }

    #[test]
    fn what_is_agreed_passes() {
        for (path, text) in [
            ("gate-terminal/src/gate/verdict.rs", "use shared::verdict::Verdict; use super::event::Event;"),
            ("gate-terminal/src/controller.rs", "use crate::{gate::Gate, ui::{command::Command, snapshot::Snapshot}};"),
            ("gate-terminal/src/commands/run.rs", "use crate::{store::Store, sync, ui::theme};"),
            ("gate-terminal/src/main.rs", "use gate_terminal::{store, ui};"),
            ("gate-terminal/src/sync/http.rs", "#[cfg(test)] mod tests { use crate::store::Store; }"),
            (
                "sync-server/src/pages/book.rs",
                "use crate::{office, state::State, store::Bookings}; use super::session;",
            ),
            ("shared/src/pass/text.rs", "use crate::ids::CampusId;"),
            ("tests/journeys/main.rs", "use sync_server::store; use gate_terminal::gate;"),
        ] {
            assert!(!caught(path, text), "{path} may not say {text}");
        }
    }

    #[test]
    fn arrows_point_only_at_rooms_that_have_a_line() {
        for arrows in [TERMINAL, SERVER] {
            for (room, targets) in arrows.iter().filter(|(_, targets)| *targets != EVERYTHING) {
                for target in *targets {
                    let first = target.split("::").next().unwrap();
                    assert!(arrows.iter().any(|(room, _)| *room == first), "{room} -> {target}");
                }
            }
        }
    }

    #[test]
    fn the_report_counts_files_and_says_what_is_absent() {
        let source = Source::parse("sync-server/src/office/issue.rs", "").unwrap();
        let said = rooms_read(&[source]);
        assert!(said.contains("sync-server: office 1"), "{said}");
        assert!(said.contains("sync-server, absent: store,"), "{said}");
    }
}
