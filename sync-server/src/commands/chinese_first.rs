//! What an operator reads is Chinese first, with a short English half: held for every error of this crate, whoever adds one.

use std::{fs, path::Path};

use clap::CommandFactory as _;

use super::Arguments;

fn is_han(symbol: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&symbol)
}

#[test]
fn every_command_and_argument_is_explained() {
    fn explained(command: &clap::Command) {
        let own = command.get_arguments().map(|argument| (argument.get_id().as_str(), argument.get_help()));
        for (name, text) in own.chain([("", command.get_about())]) {
            let text = text.map(ToString::to_string).unwrap_or_default();
            assert!(text.starts_with(is_han), "{} {name}: {text:?}", command.get_name());
        }
        command.get_subcommands().for_each(explained);
    }
    explained(&Arguments::command());
}

#[test]
fn every_error_is_said() {
    let mut said = 0;
    every_file(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |path, text| {
        let (machine, _tests) = text.split_once("#[cfg(test)]\nmod tests {").unwrap_or((text, ""));
        for error in machine.split("#[error(").skip(1) {
            let (words, _) = error.split_once(")]").unwrap();
            let handed_on = words.trim() == "transparent";
            assert!(handed_on || words.chars().any(is_han), "{}: only English: {words}", path.display());
            said += 1;
        }
    });
    assert!(said > 50, "the errors were found: {said}");
}

#[test]
fn every_line_a_command_prints_is_said() {
    let mut said = 0;
    every_file(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands"), &mut |path, text| {
        let (machine, _tests) = text.split_once("#[cfg(test)]\nmod tests {").unwrap_or((text, ""));
        for printed in machine.split("writeln!(").skip(1) {
            let printed = printed.trim_start().strip_prefix("out,").map(str::trim_start);
            let Some(printed) = printed.and_then(|rest| rest.strip_prefix('"')) else { continue };
            let printed = printed.replace("\\\"", "'");
            let (words, _) = printed.split_once('"').unwrap();
            // What programs wait for, what is to be typed, and a value alone.
            let typed = words.contains("--config") || words.trim().starts_with("printf ");
            let bare = words.starts_with("listening on ") || typed || !words.trim().contains(' ');
            assert!(bare || words.chars().any(is_han), "{}: only English: {words}", path.display());
            said += 1;
        }
    });
    assert!(said > 15, "the lines were found: {said}");
}

fn every_file(folder: &Path, look: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            every_file(&path, look);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("chinese_first.rs") {
            look(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}
