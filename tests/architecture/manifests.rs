//! The members' manifests: which crate may depend on which, and that all share one lint table.
//!
//! The two apps meet only in `shared`; one that could name the other would soon borrow its storage.

use toml::{Table, Value};

use crate::violation::{Rule, Violation};

/// (package, packages of this workspace it may depend on)
pub(crate) const CRATES: &[(&str, &[&str])] = &[
    ("shared", &[]),
    ("gate-terminal", &["shared"]),
    ("sync-server", &["shared"]),
    ("gatehouse", &["shared", "gate-terminal"]),
    ("journeys", &["shared", "gate-terminal", "sync-server", "gatehouse", "doubles"]),
    ("bench", &["shared", "gate-terminal", "sync-server", "gatehouse", "journeys"]),
    ("browser", &["shared", "gate-terminal", "sync-server", "journeys"]),
    ("doubles", &["shared", "sync-server"]),
    ("fuzz", &["shared", "gate-terminal", "sync-server"]),
    ("power-cut", &["shared", "gate-terminal", "sync-server"]),
    ("simulation", &["shared", "gate-terminal", "sync-server", "power-cut"]),
    ("architecture", &[]),
];

/// Crates that `shared` could only want in order to do something.
const DOING: &[&str] = &["axum", "eframe", "getrandom", "rand", "reqwest", "rusqlite", "tokio", "tracing", "ureq"];

const ARROWS: Rule = Rule {
    says: "the two apps depend on `shared` and never on each other, and `shared` on neither and on nothing that does",
    remedy: "put the word both sides need into `shared`, or argue for a new arrow in tests/architecture/manifests.rs",
};

const LINTS: Rule = Rule {
    says: "every member inherits the workspace's lint table",
    remedy: "add `[lints]` with `workspace = true`; an exception is an `#[expect(.., reason = \"..\")]` where it is needed",
};

#[derive(Debug)]
pub(crate) struct Manifest {
    path: String,
    text: String,
    table: Table,
}

impl Manifest {
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, String> {
        let table = text.parse().map_err(|cause| format!("{path}: {cause}"))?;
        Ok(Self { path: path.to_owned(), text: text.to_owned(), table })
    }

    pub(crate) fn name(&self) -> &str {
        at(&self.table, &["package", "name"]).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn folder(&self) -> &str {
        self.path.strip_suffix("/Cargo.toml").unwrap_or_default()
    }

    pub(crate) fn members(&self) -> Vec<&str> {
        let members = at(&self.table, &["workspace", "members"]).and_then(Value::as_array);
        members.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Package names, for whatever build and target they are wanted.
    fn dependencies(&self, workspace: &Self) -> Vec<(String, usize)> {
        let mut holders = vec![&self.table];
        let targets = at(&self.table, &["target"]).and_then(Value::as_table);
        holders.extend(targets.into_iter().flat_map(Table::values).filter_map(Value::as_table));
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        holders
            .into_iter()
            .flat_map(|holder| kinds.iter().filter_map(|kind| holder.get(*kind).and_then(Value::as_table)))
            .flat_map(Table::iter)
            .map(|(key, value)| {
                let own = value.get("package").and_then(Value::as_str);
                let inherited = || at(&workspace.table, &["workspace", "dependencies", key, "package"])?.as_str();
                (own.or_else(inherited).unwrap_or(key).to_owned(), self.line_of(key))
            })
            .collect()
    }

    fn line_of(&self, start: &str) -> usize {
        self.text.lines().position(|line| line.trim_start().starts_with(start)).map_or(1, |index| index + 1)
    }
}

pub(crate) fn crossed(manifest: &Manifest, workspace: &Manifest) -> Vec<Violation> {
    let name = manifest.name();
    let Some((_, allowed)) = CRATES.iter().find(|(krate, _)| *krate == name) else {
        let found = format!("`{name}` has no line in tests/architecture/manifests.rs");
        return vec![ARROWS.broken(&manifest.path, 1, found)];
    };
    let is_member = |package: &str| CRATES.iter().any(|(krate, _)| *krate == package);
    manifest
        .dependencies(workspace)
        .into_iter()
        .filter(|(package, _)| {
            is_member(package) && !allowed.contains(&package.as_str())
                || name == "shared" && DOING.contains(&package.as_str())
        })
        .map(|(package, line)| ARROWS.broken(&manifest.path, line, format!("`{name}` depends on `{package}`")))
        .collect()
}

/// It speaks C with SQLite in one file, which no table that forbids unsafe code can grant; its own denies it everywhere else.
const SPEAKS_C: &str = "power-cut";

pub(crate) fn without_lints(manifest: &Manifest) -> Option<Violation> {
    let inherited = at(&manifest.table, &["lints", "workspace"]).and_then(Value::as_bool).unwrap_or_default();
    let denied = at(&manifest.table, &["lints", "rust", "unsafe_code"]).and_then(Value::as_str) == Some("deny");
    let held = inherited || manifest.name() == SPEAKS_C && denied;
    (!held).then(|| LINTS.broken(&manifest.path, 1, format!("`{}` has its own lints or none", manifest.name())))
}

fn at<'a>(table: &'a Table, keys: &[&str]) -> Option<&'a Value> {
    let (first, rest) = keys.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, key| value.get(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: &str = "[workspace]\nmembers = [\"shared\"]\n[workspace.dependencies]\nserver = { package = \"sync-server\", path = \"sync-server\" }";

    fn found(text: &str) -> Vec<Violation> {
        let workspace = Manifest::parse("Cargo.toml", WORKSPACE).unwrap();
        crossed(&Manifest::parse("x/Cargo.toml", text).unwrap(), &workspace)
    }

    #[test]
    fn a_planted_dependency_is_caught_with_its_line() {
        for (name, dependency) in [
            ("gate-terminal", "[dependencies]\nsync-server.workspace = true"),
            ("gate-terminal", "[dev-dependencies]\nserver.workspace = true"),
            ("gate-terminal", "[target.'cfg(unix)'.dependencies]\nx = { package = \"sync-server\", version = \"1\" }"),
            ("sync-server", "[build-dependencies]\ngate-terminal = { path = \"../gate-terminal\" }"),
            ("shared", "[dependencies]\ngate-terminal.workspace = true"),
            ("shared", "[dependencies]\ntokio.workspace = true"),
            ("cellar", "[dependencies]\nserde = \"1\""),
        ] {
            let found = found(&format!("[package]\nname = \"{name}\"\n{dependency}\n"));
            assert_eq!(found.len(), 1, "{name} {dependency}");
            let line = if name == "cellar" { 1 } else { 4 };
            assert!(found.iter().all(|violation| violation.line == line), "{found:?}");
        }
    }

    #[test]
    fn agreed_dependencies_pass() {
        for (name, key) in [("gate-terminal", "shared"), ("sync-server", "tokio"), ("shared", "serde")] {
            assert!(found(&format!("[package]\nname = \"{name}\"\n[dependencies]\n{key}.workspace = true")).is_empty());
        }
    }

    #[test]
    fn a_manifest_without_the_lint_table_is_caught() {
        let table = |name, level| format!("[package]\nname = \"{name}\"\n[lints.rust]\nunsafe_code = \"{level}\"");
        for (text, caught) in [
            ("[package]".to_owned(), true),
            ("[lints.rust]\nunsafe_code = \"allow\"".to_owned(), true),
            ("[lints]\nworkspace = true".to_owned(), false),
            (table(SPEAKS_C, "deny"), false),
            (table(SPEAKS_C, "allow"), true),
            (table("bench", "deny"), true),
        ] {
            assert_eq!(without_lints(&Manifest::parse("x/Cargo.toml", &text).unwrap()).is_some(), caught, "{text}");
        }
    }
}
