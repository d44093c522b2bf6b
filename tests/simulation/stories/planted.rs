//! Each wrong line that can be planted in the products, found by the first seed that falls over it.
//!
//! Which there are is read from the sources, so that none can be planted and not looked for.

use std::{
    collections::BTreeSet,
    fs,
    panic::catch_unwind,
    path::{Path, PathBuf},
};

use shared::planted::plant;

use crate::world::{Plan, run};

/// Fewer would be too few for a proof.
const AT_LEAST: usize = 20;

/// None has needed more than a few of these.
const SEEDS: u64 = 60;

#[test]
fn every_wrong_line_is_found() {
    let names = planted();
    assert!(names.len() >= AT_LEAST, "{names:?}");
    let only = std::env::var("ONLY").ok();
    let mut missed = Vec::new();
    for name in names.into_iter().filter(|name| only.as_ref().is_none_or(|only| only == name)) {
        plant(Some(name.clone().leak()));
        let found = (0..SEEDS).find_map(|seed| {
            // Short, and every other one with disks that come back.
            let plan = Plan { days: 4, turned_back: seed % 2 == 1, ..Plan::of(seed) };
            match catch_unwind(|| run(seed, plan)) {
                Ok(run) => run
                    .tally
                    .violations
                    .first()
                    .map(|violation| (violation.seed, violation.step, violation.what.clone())),
                Err(_) => Some((seed, 0, "a panic".to_owned())),
            }
        });
        plant(None);
        match found {
            Some((seed, step, what)) => println!("{name}: seed {seed}, step {step}: {what}"),
            None => {
                println!("{name}: NOT FOUND in {SEEDS} seeds");
                missed.push(name);
            }
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}

fn planted() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut names = BTreeSet::new();
    for krate in ["shared", "gate-terminal", "sync-server"] {
        for path in sources(&root.join(krate).join("src")) {
            let text = fs::read_to_string(path).unwrap();
            let after = text.split("planted!(").skip(1).map(str::trim_start);
            let after = after.filter_map(|rest| rest.strip_prefix('"')?.split('"').next());
            names.extend(after.map(str::to_owned));
        }
    }
    names
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
