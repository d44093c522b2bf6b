//! Reads the manifests and sources of the whole workspace and holds the shape that was agreed.
//!
//! A rule that only a page of prose holds is gone within a month. So each rule is a checker here, in a room of its own
//! (`arrows` and `purity` are tables: start there), and each checker has a test that plants the mistake and sees it
//! caught. A rule that the code proves wrong is changed in its table, in a commit that says why.

mod arrows;
mod doors;
mod length;
mod manifests;
mod names;
mod opening;
mod purity;
mod silenced;
mod source;
mod spoken;
mod sql;
mod tokens;
mod tree;
mod uses;
mod violation;

use tree::Tree;
use violation::Violation;

#[test]
fn every_crate_is_there_and_says_which_rooms_were_read() {
    let tree = Tree::read().unwrap();
    for (name, _) in manifests::CRATES {
        assert!(tree.crate_named(name).next().is_some(), "no source of crate `{name}` was found");
    }
    print!("{}", arrows::rooms_read(&tree.sources));
}

#[test]
fn crates_name_only_the_crates_they_may() {
    let tree = Tree::read().unwrap();
    hold(tree.manifests.iter().flat_map(|manifest| manifests::crossed(manifest, &tree.workspace)));
}

#[test]
fn every_member_inherits_the_lint_table() {
    hold(Tree::read().unwrap().manifests.iter().filter_map(manifests::without_lints));
}

#[test]
fn rooms_name_only_the_rooms_they_may() {
    hold(Tree::read().unwrap().sources.iter().flat_map(arrows::crossed));
}

#[test]
fn pure_rooms_are_pure() {
    hold(Tree::read().unwrap().sources.iter().flat_map(purity::broken));
}

#[test]
fn every_address_stands_in_its_list() {
    hold(Tree::read().unwrap().sources.iter().flat_map(doors::unlisted));
}

#[test]
fn sql_stays_in_the_store() {
    hold(Tree::read().unwrap().sources.iter().flat_map(sql::strayed));
}

#[test]
fn files_stay_short() {
    let tree = Tree::read().unwrap();
    println!("{}", length::summary(&tree.sources));
    hold(tree.sources.iter().filter_map(length::too_long).chain(length::median_too_long(&tree.sources)));
}

#[test]
fn every_file_says_what_it_is_for() {
    hold(Tree::read().unwrap().sources.iter().filter_map(opening::missing));
}

#[test]
fn every_room_has_a_name_of_its_own() {
    let tree = Tree::read().unwrap();
    hold(tree.sources.iter().flat_map(names::nameless).chain(names::strangers(&tree.top_level)));
}

#[test]
fn errors_are_told_in_chinese_first() {
    hold(Tree::read().unwrap().sources.iter().flat_map(spoken::only_english));
}

#[test]
fn nothing_is_silenced_skipped_or_left_to_do() {
    hold(Tree::read().unwrap().sources.iter().flat_map(silenced::found));
}

fn hold(violations: impl IntoIterator<Item = Violation>) {
    let found: Vec<String> = violations.into_iter().map(|violation| violation.to_string()).collect();
    assert!(found.is_empty(), "{} broken:\n\n{}\n", found.len(), found.join("\n\n"));
}
