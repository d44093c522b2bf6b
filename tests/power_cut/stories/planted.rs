//! The wrong lines that only a cut shows, each found at the first boundary where something is wrong.

use gate_terminal::store::DATABASE_FILE;
use shared::planted::plant;

use super::{journal, office, terminal, trial};
use crate::{
    disk::Lie,
    wrong_lines::{ALL, By},
};

/// How many boundaries were cut, and what was wrong at the first that shows it.
fn cut(by: By) -> Option<(usize, Option<String>)> {
    let found = match by {
        By::Seed(_) => return None,
        // Between two answers, too: what should be one transaction may be two.
        By::CutAtGate => trial::cut_everywhere(terminal::journey(Lie::None), DATABASE_FILE, terminal::start, 0),
        By::CutAtServer => trial::cut_at_answers(office::journey(Lie::None), office::FILE, office::start),
        By::CutAtJournal => {
            let found = journal::cut_everywhere(Lie::None, 0);
            return Some((found.boundaries, found.lost.into_iter().next()));
        }
    };
    let lists = [found.lost, found.corrupt, found.halves, found.early];
    Some((found.boundaries.0, lists.into_iter().find_map(|found| found.into_iter().next())))
}

#[test]
fn every_wrong_line_of_a_store_is_found_by_a_cut() {
    let only = std::env::var("ONLY").ok();
    let mut missed = Vec::new();
    for (name, by) in ALL.iter().filter(|(name, _)| only.as_ref().is_none_or(|only| only == name)) {
        plant(Some(name));
        let found = cut(*by);
        plant(None);
        match found {
            None => {}
            Some((_, Some(what))) => println!("{name:<44} | a cut          | {what}"),
            Some((boundaries, None)) => {
                println!("{name:<44} | NOT FOUND      | {boundaries} boundaries");
                missed.push(name);
            }
        }
    }
    for by in [By::CutAtGate, By::CutAtServer, By::CutAtJournal] {
        let (boundaries, wrong) = cut(by).unwrap();
        println!(
            "{:<44} | {:<14} | {}",
            "no wrong line",
            format!("{boundaries} cuts"),
            wrong.as_deref().unwrap_or("nothing")
        );
        assert_eq!(wrong, None, "without a wrong line");
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}
