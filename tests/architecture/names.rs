//! Every room has a name of its own, and the top level holds only what was agreed.
//!
//! A line that fits nowhere is a missing word; a room called after nothing collects such lines.

use syn::visit::{self, Visit};

use crate::source::Source;
use crate::violation::{Rule, Violation};

const NAMELESS: &[&str] = &["util", "helper", "common", "misc", "manager", "service"];

/// Beside these only dotfiles; `target` is cargo's.
const TOP_LEVEL: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "LICENSE",
    "run",
    "assets",
    "shared",
    "sync-server",
    "gate-terminal",
    "tests",
    "target",
];

const ROOMS: Rule = Rule {
    says: "no file, folder or module is called utils, helpers, common, misc, manager or service",
    remedy: "name it after what it knows, or move each line to the room whose word it uses",
};

const TOP: Rule = Rule {
    says: "the top level holds only the names listed in tests/architecture/names.rs and dotfiles",
    remedy: "move it into the room it belongs to",
};

pub(crate) fn nameless(source: &Source) -> Vec<Violation> {
    let parts = source.path.trim_end_matches(".rs").split('/');
    let files = parts.filter(|part| is_nameless(part)).map(|part| ROOMS.broken(&source.path, 1, format!("`{part}`")));
    let mut modules = Modules::default();
    modules.visit_file(&source.syntax);
    let modules = modules.0.into_iter().filter(|(name, _)| is_nameless(name));
    files.chain(modules.map(|(name, line)| ROOMS.broken(&source.path, line, format!("`mod {name}`")))).collect()
}

pub(crate) fn strangers(top_level: &[String]) -> Vec<Violation> {
    let strange = top_level.iter().filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str()));
    strange.map(|name| TOP.broken(name, 0, format!("`{name}` at the top level"))).collect()
}

/// `string_utils` is no better than `utils`; `service_hall` is a place.
fn is_nameless(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or(name);
    NAMELESS.iter().any(|word| last.strip_prefix(word).is_some_and(|ending| matches!(ending, "" | "s")))
}

#[derive(Default)]
struct Modules(Vec<(String, usize)>);

impl<'ast> Visit<'ast> for Modules {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.0.push((module.ident.to_string(), module.ident.span().start().line));
        visit::visit_item_mod(self, module);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caught(path: &str, text: &str) -> bool {
        !nameless(&Source::parse(path, text).unwrap()).is_empty()
    }

    #[test]
    fn a_planted_nameless_room_is_caught() {
        for (path, text) in [
            ("shared/src/utils.rs", ""),
            ("shared/src/util/text.rs", ""),
            ("sync-server/src/key_manager.rs", ""),
            ("tests/common/mod.rs", ""),
            ("shared/src/ids.rs", "mod outer { mod helpers {} }"),
        ] {
            assert!(caught(path, text), "{path} {text}");
        }
        for path in ["sync-server/src/notify/service_hall.rs", "shared/src/pass/text.rs"] {
            assert!(!caught(path, ""), "{path}");
        }
    }

    #[test]
    fn a_planted_stranger_at_the_top_is_caught() {
        let names = ["Cargo.toml", ".clippy.toml", "target", "notes.txt"].map(str::to_owned);
        let found = strangers(&names);
        assert_eq!(found.iter().map(|violation| violation.path.as_str()).collect::<Vec<_>>(), ["notes.txt"]);
    }
}
